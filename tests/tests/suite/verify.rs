//! Verification of certificates: yes or no for each claimed value, and nothing of the record.

use api::certificate::v1 as pb;
use api::certificate::v1::{Disposition, Verdict};
use api::value::v1::{ItemValue, item_value::Kind};
use kit::world::answer::refused;
use kit::world::story::Story;
use kit::world::terms::purpose;
use kit::world::{ask, new_id};
use ledger::entry::{Entry, Kind as EntryKind};
use prost::Message as _;
use sandbox::people::{self, Holder};
use tonic::{Response, Status};

/// Values of the husband's certificate as the sandbox holds it; the first two are granted.
const NUMBER: &str = "J430502-2022-000001";
const DAY: &str = "2022-02-22";

fn text(key: &str, value: &str) -> ItemValue {
    ItemValue {
        key: key.to_owned(),
        kind: Some(Kind::Text(value.to_owned())),
    }
}

fn day(key: &str, value: &str) -> ItemValue {
    ItemValue {
        key: key.to_owned(),
        kind: Some(Kind::Date(value.to_owned())),
    }
}

fn request(
    story: &Story,
    holder: &Holder,
    claimed: Vec<ItemValue>,
) -> pb::VerifyCertificateRequest {
    pb::VerifyCertificateRequest {
        certificate_type: story.resource.certificate_type.clone(),
        key: Some(pb::verify_certificate_request::Key::Holder(
            holder.to_wire(),
        )),
        purpose: Some(purpose()),
        claimed,
        request_id: new_id(),
        ..pb::VerifyCertificateRequest::default()
    }
}

async fn send(
    story: &Story,
    request: pb::VerifyCertificateRequest,
) -> Result<Response<pb::VerifyCertificateResponse>, Status> {
    story
        .platform
        .certificates()
        .verify_certificate(ask(request))
        .await
}

fn verdicts(answer: &pb::VerifyCertificateResponse) -> Vec<(&str, Verdict)> {
    let items = answer.items.iter();
    items
        .map(|item| (item.key.as_str(), item.verdict()))
        .collect()
}

/// The entries of one request id: the intent and the outcome.
async fn entries_of(story: &Story, request_id: &str) -> Vec<Entry> {
    let entries = story.auditor.entries().await;
    let of_it = entries.into_iter();
    of_it
        .filter(|entry| entry.request_id() == request_id)
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_claimed_value_gets_its_verdict_and_no_value_leaves() {
    let story = Story::of_marriages().await;
    let claimed = vec![
        text("registration_number", NUMBER),
        day("registration_date", "2022-02-21"),
        text("husband_name", people::WIFE.name.as_ref()),
    ];
    let asked = request(&story, &people::HUSBAND, claimed);
    let id = asked.request_id.clone();
    let answer = send(&story, asked).await.unwrap().into_inner();
    assert_eq!(answer.disposition(), Disposition::Verified);
    assert_eq!(answer.state(), pb::CertificateState::Valid);
    assert_eq!(
        verdicts(&answer),
        [
            ("registration_number", Verdict::Matches),
            ("registration_date", Verdict::Differs),
            ("husband_name", Verdict::Differs),
        ]
    );
    let entries = entries_of(&story, &id).await;
    let [intent, outcome] = entries.as_slice() else {
        panic!("{} entries", entries.len());
    };
    assert_eq!(*intent.kind(), EntryKind::Intent);
    assert_eq!(intent.facts().text("purpose"), Some("verify"));
    let facts = outcome.facts();
    assert_eq!(facts.text("disposition"), Some("verified"));
    assert_eq!(facts.flag("released"), Some(true));
    // Without a digest it proves no exchange of data.
    assert_eq!(facts.text("digest"), None);
    let receipt = answer.receipt.clone().unwrap();
    assert_eq!(
        u64::try_from(receipt.outcome_index).ok(),
        Some(outcome.index())
    );
    // What the record says and what was claimed: in neither the answer nor the ledger.
    let mut places = story.auditor.entry_bodies().await;
    places.push(answer.encode_to_vec());
    for bytes in places {
        let said = String::from_utf8_lossy(&bytes).into_owned();
        for value in [
            NUMBER,
            DAY,
            "2022-02-21",
            "邵阳市双清区民政局婚姻登记处",
            "J4305002022000001",
            people::HUSBAND.name.as_ref(),
            people::HUSBAND.code.as_ref(),
            people::WIFE.name.as_ref(),
        ] {
            assert!(!said.contains(value), "{value} is in {said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_certificate_says_so_and_what_it_does_not_hold_is_absent() {
    let story = Story::of_marriages().await;
    let claimed = vec![
        text("wife_name", people::WIFE.name.as_ref()),
        text("husband_name", people::ELDER.name.as_ref()),
    ];
    let asked = request(&story, &people::ELDER, claimed);
    let answer = send(&story, asked).await.unwrap().into_inner();
    assert_eq!(answer.state(), pb::CertificateState::Cancelled);
    assert_eq!(
        verdicts(&answer),
        [
            ("wife_name", Verdict::Absent),
            ("husband_name", Verdict::Matches)
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_certificates_none_is_guessed() {
    let story = Story::of_properties().await;
    let area = || ItemValue {
        key: "building_area".to_owned(),
        kind: Some(Kind::Decimal("118.360".to_owned())),
    };
    let asked = request(&story, &people::OWNER, vec![area()]);
    let answer = send(&story, asked).await.unwrap().into_inner();
    assert_eq!(answer.disposition(), Disposition::Ambiguous);
    assert!(answer.items.is_empty() && answer.receipt.is_some());
    // Where there is one, a zero behind makes no other number.
    let asked = request(&story, &people::HUSBAND, vec![area()]);
    let answer = send(&story, asked).await.unwrap().into_inner();
    assert_eq!(verdicts(&answer), [("building_area", Verdict::Matches)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_is_not_there_is_no_match() {
    let story = Story::of_marriages().await;
    let claimed = vec![text("registration_number", NUMBER)];
    let asked = request(&story, &people::STRANGER, claimed);
    let answer = send(&story, asked).await.unwrap().into_inner();
    assert_eq!(answer.disposition(), Disposition::NoMatch);
    assert_eq!(answer.state(), pb::CertificateState::Unspecified);
    assert!(answer.items.is_empty() && answer.receipt.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_item_that_is_not_granted_is_refused_before_the_issuer_is_asked() {
    let story = Story::of_marriages().await;
    let before = story.provider.running().asked();
    let claimed = vec![
        text("registration_number", NUMBER),
        text("wife_id_number", people::WIFE.code.as_ref()),
    ];
    let told = refused(send(&story, request(&story, &people::HUSBAND, claimed)).await);
    assert_eq!(told.reason, "ITEM_NOT_COVERED");
    assert!(!format!("{told:?}").contains(people::WIFE.code.as_ref()));
    assert_eq!(story.provider.running().asked(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_id_verifies_once() {
    let story = Story::of_marriages().await;
    let claimed = vec![text("registration_number", NUMBER)];
    let asked = request(&story, &people::HUSBAND, claimed);
    send(&story, asked.clone()).await.unwrap();
    let guess = pb::VerifyCertificateRequest {
        claimed: vec![text("registration_number", "J430502-2022-000002")],
        ..asked
    };
    assert_eq!(
        refused(send(&story, guess).await).reason,
        "REQUEST_ID_REUSED"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claimed_values_that_are_not_in_order_are_refused_and_not_repeated() {
    let story = Story::of_marriages().await;
    let before = story.provider.running().asked();
    let many = (0..17).map(|place| text(&format!("item_{place}"), NUMBER));
    let twice = vec![
        text("registration_number", NUMBER),
        text("registration_number", "J430502-2022-000002"),
    ];
    for (case, claimed, field, code) in [
        ("none", vec![], "claimed", "REQUIRED"),
        ("too many", many.collect(), "claimed", "TOO_MANY"),
        ("twice", twice, "claimed", "DUPLICATE"),
        (
            "another type",
            vec![text("registration_date", DAY)],
            "claimed[0]",
            "WRONG_TYPE",
        ),
    ] {
        let told = refused(send(&story, request(&story, &people::HUSBAND, claimed)).await);
        assert_eq!(told.reason, "REQUEST_INVALID", "{case}");
        let said = told.of_field(field);
        assert!(said.starts_with(code), "{case}: {said}");
        assert!(
            !said.contains(NUMBER) && !said.contains(DAY),
            "{case}: {said}"
        );
    }
    assert_eq!(story.provider.running().asked(), before);
}
