//! Who may do and read what, and what a bad request is told.

use api::sharing::v1 as pb;
use api::sharing::v1::complaint::State;
use kit::world::answer::refused;
use kit::world::story::Story;
use kit::world::{ask, new_id};

use super::{
    STATEMENT, answer, by_receipt, close, done, entered, entering, forward, get, listed, told_of,
    withdraw, wrong_data,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_portal_enters_and_reads_its_own_and_strangers_find_nothing() {
    let story = Story::of_marriages().await;
    let portal = story.world.enrol_system("enterprise-registry").await;
    let other_system = &story.provider.client;
    let stranger = story.world.enrol_officer("市教育局", "zhou").await;
    let about_marriages = || pb::Complaint {
        resource: story.resource.name.clone(),
        ..wrong_data()
    };
    let (made, receipt) = entered(&portal, about_marriages()).await;
    let name = made.name.as_str();
    assert_eq!(made.statement, STATEMENT);
    assert_eq!(done(get(&portal, name).await).statement, STATEMENT);
    // The system of the department that has to answer is no officer of it.
    for who in [&stranger, other_system] {
        assert_eq!(refused(get(who, name).await).reason, "NOT_FOUND");
        assert_eq!(refused(close(who, name).await).reason, "NOT_FOUND");
        assert_eq!(refused(withdraw(who, name).await).reason, "NOT_FOUND");
        assert!(listed(who).await.is_empty());
        let told = by_receipt(who, &receipt).await.unwrap().into_inner();
        assert_eq!(told.state(), State::Received);
    }
    assert_eq!(refused(answer(&stranger, name).await).reason, "NOT_FOUND");
    // Who oversees sees that there is one, and nothing that people wrote.
    for who in [&story.auditor, &story.world.operator] {
        let seen = done(get(who, name).await);
        assert_eq!((seen.statement.as_str(), seen.contact.as_str()), ("", ""));
        assert_eq!(refused(answer(who, name).await).reason, "ROLE_NOT_ALLOWED");
        assert_eq!(
            refused(by_receipt(who, &receipt).await).reason,
            "ROLE_NOT_ALLOWED"
        );
        let enter = entering(about_marriages());
        let told = refused(who.complaints().create_complaint(ask(enter)).await);
        assert_eq!(told.reason, "ROLE_NOT_ALLOWED");
    }
    // The competent department reads along and does not answer for others.
    let leader = &story.publisher;
    assert_eq!(done(get(leader, name).await).statement, STATEMENT);
    for told in [
        answer(leader, name).await,
        forward(leader, name, &made.entering_department).await,
        withdraw(leader, name).await,
        withdraw(&story.owner, name).await,
    ] {
        assert_eq!(refused(told).reason, "ROLE_NOT_ALLOWED");
    }
    for row in listed(leader).await {
        assert_eq!(
            (row.statement.as_str(), row.answer.as_str()),
            ("", ""),
            "in a list"
        );
    }
    let withdrawn = done(withdraw(&portal, name).await);
    assert_eq!(withdrawn.state(), State::Withdrawn);
    let told = refused(answer(&story.owner, name).await);
    assert_eq!(told.legal, ["withdrawn", ""]);
    assert_eq!(told_of(&portal).await, ["entered", "withdrawn"]);
    assert!(told_of(other_system).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_is_shown_once_and_is_not_guessed() {
    let story = Story::of_marriages().await;
    let window = &story.owner;
    let request = entering(wrong_data());
    let checked = pb::CreateComplaintRequest {
        request_id: new_id(),
        validate_only: true,
        ..request.clone()
    };
    let checked = window.complaints().create_complaint(ask(checked)).await;
    assert_eq!(checked.unwrap().into_inner().receipt, "");
    assert!(listed(window).await.is_empty());
    let made = window
        .complaints()
        .create_complaint(ask(request.clone()))
        .await;
    let made = made.unwrap().into_inner();
    let name = made.complaint.unwrap().name;
    let again = refused(window.complaints().create_complaint(ask(request)).await);
    assert_eq!(again.reason, "REQUEST_ID_REUSED");
    assert!(again.message.contains(&name), "{}", again.message);
    assert!(!again.message.contains(&made.receipt));
    assert_eq!(listed(window).await.len(), 1);

    let (_, other) = entered(window, wrong_data()).await;
    assert_ne!(other, made.receipt);
    // Of the right form, and nobody's: a use-code of the same bits is none either.
    let free = "000000000-000000000-000000000";
    assert_eq!(refused(by_receipt(window, free).await).reason, "NOT_FOUND");
    for (text, code) in [("", "NOT_A_RECEIPT"), ("ABC", "NOT_A_RECEIPT")] {
        let told = refused(by_receipt(window, text).await);
        assert!(told.of_field("receipt").starts_with(code), "{told:?}");
    }
    let mut mistyped = made.receipt.clone();
    let first = if mistyped.starts_with('1') { "2" } else { "1" };
    mistyped.replace_range(..1, first);
    let told = refused(by_receipt(window, &mistyped).await);
    assert!(
        told.of_field("receipt").starts_with("CHECK_CHARACTER"),
        "{told:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_request_is_told_every_fault_and_repeats_nothing_that_was_written() {
    let story = Story::of_marriages().await;
    let window = &story.owner;
    let create = async |complaint: pb::Complaint| {
        let request = entering(complaint);
        refused(window.complaints().create_complaint(ask(request)).await)
    };
    let empty = create(pb::Complaint::default()).await;
    assert_eq!(empty.fields(), ["complaint.kind", "complaint.statement"]);
    let long = "个人情况".repeat(501);
    let much = create(pb::Complaint {
        statement: long.clone(),
        contact: "x".repeat(201),
        grant: "grants/1".to_owned(),
        received_date: "soon".to_owned(),
        ..wrong_data()
    })
    .await;
    let fields = [
        "complaint.statement",
        "complaint.contact",
        "complaint.grant",
        "complaint.received_date",
    ];
    assert_eq!(much.fields(), fields);
    assert!(!format!("{much:?}").contains("个人情况"));
    let unknown = create(pb::Complaint {
        grant: format!("grants/{}", new_id()),
        resource: "resources/105001-000999".to_owned(),
        department: "departments/11430500XY00000206".to_owned(),
        received_date: "2021-01-04".to_owned(),
        ..wrong_data()
    })
    .await;
    let fields = [
        "complaint.grant",
        "complaint.resource",
        "complaint.department",
        "complaint.received_date",
    ];
    assert_eq!(unknown.fields(), fields);
    let (made, _) = entered(window, wrong_data()).await;
    let stale = pb::WithdrawComplaintRequest {
        name: made.name.clone(),
        request_id: new_id(),
        etag: "r9".to_owned(),
    };
    let told = refused(window.complaints().withdraw_complaint(ask(stale)).await);
    assert_eq!(told.reason, "ETAG_MISMATCH");
    let request = pb::WithdrawComplaintRequest {
        name: made.name,
        request_id: new_id(),
        etag: String::new(),
    };
    let take_back = async || {
        let request = ask(request.clone());
        done(window.complaints().withdraw_complaint(request).await)
    };
    let first = take_back().await;
    let again = take_back().await;
    assert!(again == first, "the same request is one withdrawal");
}
