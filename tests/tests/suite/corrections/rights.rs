//! Who may raise, answer and read a correction, and what of it.

use api::sharing::v1 as pb;
use api::sharing::v1::close_correction_request::Result as Closing;
use kit::city::owner_of;
use kit::world::answer::refused;
use kit::world::story::Story;
use kit::world::{Client, ask, new_id};
use sandbox::people;

use super::cast::{
    STATEMENT, accept, close, disputed, found, get, listed, marked, of_certificate, raise,
    raise_request, withdraw,
};
use super::marks::second;

async fn sees(who: &Client, name: &str) -> Option<pb::Correction> {
    match get(who, name).await {
        Ok(answer) => Some(answer.into_inner()),
        Err(status) => {
            let told = kit::world::answer::Told::of(&status);
            assert_eq!(told.reason, "NOT_FOUND", "{told:?}");
            None
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_said_is_for_both_sides_and_what_goes_on_for_who_oversees() {
    let story = Story::of_marriages().await;
    let (other, officer) = second(&story).await;
    let bystander = story.world.enrol_officer("市教育局", "zhou").await;
    let leader = &story.publisher;
    let raised = disputed(&story).await;
    let name = raised.name.as_str();
    accept(&story.owner, name).await.unwrap();
    close(&story.owner, name, Closing::Confirmed, "与档案一致")
        .await
        .unwrap();
    for (case, who, open) in [
        (
            "an officer of the raising department",
            &story.applicant,
            true,
        ),
        ("a colleague, of the competent one too", leader, true),
        ("the system that uses the data", &story.platform, true),
        ("an officer of the provider", &story.owner, true),
        ("the providing system", &story.provider.client, true),
        ("the auditor", &story.auditor, false),
        ("the operator", &story.world.operator, false),
    ] {
        let seen = sees(who, name).await.unwrap_or_else(|| panic!("{case}"));
        assert_eq!(seen.record.is_some(), open, "{case}");
        assert_eq!(seen.statement == STATEMENT, open, "{case}");
        assert_eq!(seen.answer == "与档案一致", open, "{case}");
        assert_eq!(
            (seen.statement.is_empty(), seen.answer.is_empty()),
            (!open, !open)
        );
        assert_eq!(seen.state(), pb::correction::State::Confirmed);
        let all = pb::ListCorrectionsRequest::default();
        assert_eq!(listed(who, all).await, [name], "{case}");
    }
    // Another system that holds a grant on the entry sees the mark, and not the correction.
    for who in [&other, &officer, &bystander] {
        assert!(sees(who, name).await.is_none());
        assert!(
            listed(who, pb::ListCorrectionsRequest::default())
                .await
                .is_empty()
        );
    }
    // The competent department leads, and reads of others without what is said.
    let identifier = found(&story, &people::HUSBAND)
        .await
        .certificate
        .unwrap()
        .identifier;
    let own = pb::Correction {
        consumer: "systems/realestate-registry".to_owned(),
        ..of_certificate(&story, &identifier)
    };
    let theirs = raise(&officer, own).await.unwrap().into_inner();
    let seen = sees(leader, &theirs.name).await.unwrap();
    assert!(seen.record.is_none() && seen.statement.is_empty());
    assert!(
        sees(&story.platform, &theirs.name).await.is_none(),
        "its systems do not"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_move_is_its_own_sides() {
    let story = Story::of_marriages().await;
    let bystander = story.world.enrol_officer("市教育局", "zhou").await;
    let raised = disputed(&story).await;
    let name = raised.name.as_str();
    let told = |answer| refused(answer).reason;
    for who in [
        &story.applicant,
        &story.platform,
        &story.auditor,
        &story.world.operator,
    ] {
        assert_eq!(told(accept(who, name).await), "ROLE_NOT_ALLOWED");
        let closed = close(who, name, Closing::Corrected, "").await;
        assert_eq!(told(closed), "ROLE_NOT_ALLOWED");
    }
    for who in [&story.owner, &story.provider.client, &story.auditor] {
        assert_eq!(told(withdraw(who, name).await), "ROLE_NOT_ALLOWED");
    }
    assert_eq!(told(accept(&bystander, name).await), "NOT_FOUND");
    assert_eq!(told(withdraw(&bystander, name).await), "NOT_FOUND");
    assert_eq!(marked(&story).await, [name]);
    // The providing system takes up and closes by itself.
    accept(&story.provider.client, name).await.unwrap();
    let reasonless = refused(close(&story.provider.client, name, Closing::Confirmed, " ").await);
    assert!(reasonless.of_field("answer").starts_with("REQUIRED"));
    let unsaid = refused(close(&story.owner, name, Closing::Unspecified, "").await);
    assert!(unsaid.of_field("result").starts_with("REQUIRED"));
    let long = "长".repeat(1001);
    let told = refused(close(&story.owner, name, Closing::Corrected, &long).await);
    assert!(told.of_field("answer").starts_with("TOO_LONG"));
    let said = &long[..3000];
    let closed = close(&story.provider.client, name, Closing::Corrected, said).await;
    assert_eq!(closed.unwrap().into_inner().answer, said);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_uses_the_data_under_a_grant_may_dispute_it_and_nobody_else() {
    let story = Story::of_marriages().await;
    let bystander = story.world.enrol_officer("市教育局", "zhou").await;
    let stranger = story.world.enrol_system("enterprise-registry").await;
    let seen = found(&story, &people::HUSBAND).await;
    let receipt = seen.receipt.unwrap();
    let identifier = seen.certificate.unwrap().identifier;
    let doubt = || of_certificate(&story, &identifier);
    for who in [
        &story.owner,
        &bystander,
        &story.auditor,
        &story.world.operator,
        &stranger,
    ] {
        assert_eq!(
            refused(raise(who, doubt()).await).reason,
            "ROLE_NOT_ALLOWED"
        );
    }
    let own = pb::Correction {
        consumer: String::new(),
        ..doubt()
    };
    let told = refused(raise(&stranger, own.clone()).await);
    assert_eq!(told.reason, "GRANT_MISSING");
    let told = refused(raise(&story.applicant, own.clone()).await);
    assert!(told.of_field("correction.consumer").starts_with("REQUIRED"));
    let elsewhere = pb::Correction {
        resource: "resources/105001-000999".to_owned(),
        ..doubt()
    };
    assert_eq!(
        refused(raise(&story.platform, elsewhere).await).reason,
        "NOT_FOUND"
    );
    let other_type = |kind: &str| {
        let mut other = pb::Correction {
            resource: story.resource.name.clone(),
            ..doubt()
        };
        let record = other.record.as_mut().unwrap().kind.as_mut().unwrap();
        let pb::disputed_record::Kind::Certificate(certificate) = record else {
            panic!("it is a certificate");
        };
        certificate.certificate_type = kind.to_owned();
        other
    };
    let wrong = other_type("certificateTypes/11100000MB0143028R001");
    let told = refused(raise(&story.platform, wrong).await);
    let field = "correction.record.certificate.certificate_type";
    assert!(told.of_field(field).starts_with("OTHER_TYPE"));
    // The entry of the ledger is that of a use of this certificate by this system.
    let elder = found(&story, &people::ELDER).await.receipt.unwrap();
    for (index, code) in [
        (receipt.intent_index, "NOT_A_USE"),
        (1, "NOT_A_USE"),
        (1_000_000, "NOT_A_USE"),
        (-1, "OUT_OF_RANGE"),
        (elder.outcome_index, "OTHER_RECORD"),
    ] {
        let wrong = pb::Correction {
            evidence_index: index,
            ..doubt()
        };
        let told = refused(raise(&story.platform, wrong).await);
        let fault = told.of_field("correction.evidence_index");
        assert!(fault.starts_with(code), "{index}: {fault}");
    }
    let empty = refused(raise(&story.platform, pb::Correction::default()).await);
    assert_eq!(
        empty.fields(),
        ["correction.record", "correction.statement"]
    );
    let wordy = pb::Correction {
        statement: "长".repeat(1001),
        items: (0..33).map(|number| format!("item_{number}")).collect(),
        ..doubt()
    };
    let told = refused(raise(&story.platform, wordy).await);
    assert!(told.of_field("correction.items").starts_with("TOO_MANY"));
    assert!(
        told.of_field("correction.statement")
            .starts_with("TOO_LONG")
    );
    let unknown = pb::Correction {
        items: vec!["wife_id_number".to_owned()],
        ..doubt()
    };
    let told = refused(raise(&story.platform, unknown).await);
    assert!(
        told.of_field("correction.items[0]")
            .starts_with("ITEM_NOT_GRANTED")
    );
    // A grant that is suspended does not take the doubt away; one that is revoked does.
    let suspend = pb::SuspendGrantRequest {
        name: story.grant.name.clone(),
        reason: "用途存疑".to_owned(),
        request_id: new_id(),
    };
    story
        .owner
        .grants()
        .suspend_grant(ask(suspend))
        .await
        .unwrap();
    let longest = pb::Correction {
        statement: "长".repeat(1000),
        evidence_index: receipt.outcome_index,
        ..own
    };
    let raised = raise(&story.platform, longest).await.unwrap().into_inner();
    assert_eq!(
        raised.raised_by,
        format!("systems/{}", kit::world::terms::PLATFORM)
    );
    withdraw(&story.applicant, &raised.name).await.unwrap();
    let revoke = pb::RevokeGrantRequest {
        name: story.grant.name.clone(),
        reason: "不再需要".to_owned(),
        request_id: new_id(),
        disposal_demand: String::new(),
    };
    story
        .owner
        .grants()
        .revoke_grant(ask(revoke))
        .await
        .unwrap();
    assert_eq!(
        refused(raise(&story.platform, doubt()).await).reason,
        "GRANT_MISSING"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_is_merged_hands_its_corrections_over_and_one_that_ends_answers_them_first()
{
    use api::registry::v1 as registry;
    let story = Story::of_marriages().await;
    let raised = disputed(&story).await;
    let before = owner_of("marriage-registry").to_string();
    let successor = story.world.register_department("市人社局").await;
    let heir = story.world.enrol_officer("市人社局", "qian").await;
    assert!(sees(&heir, &raised.name).await.is_none());
    let end = registry::EndDepartmentRequest {
        name: before.clone(),
        valid_until: "2026-01-31".to_owned(),
        document: "邵编发〔2026〕2号（虚构）".to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    let mut departments = story.world.operator.departments();
    let told = refused(departments.end_department(ask(end)).await);
    assert!(told.message.contains(&raised.name), "{}", told.message);
    let merge = registry::MergeDepartmentRequest {
        name: before,
        successor,
        valid_until: "2026-01-31".to_owned(),
        document: "邵编发〔2026〕1号（虚构）".to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    departments.merge_department(ask(merge)).await.unwrap();
    let seen = sees(&heir, &raised.name).await.unwrap();
    assert_eq!(seen.statement, STATEMENT);
    accept(&heir, &raised.name).await.unwrap();
    close(&heir, &raised.name, Closing::Corrected, "已更正")
        .await
        .unwrap();
    assert!(marked(&story).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_guesses_which_record_a_use_brought_is_stopped_in_a_dry_run_too() {
    let story = Story::of_marriages().await;
    let seen = found(&story, &people::HUSBAND).await;
    let index = seen.receipt.unwrap().outcome_index;
    let own = seen.certificate.unwrap().identifier;
    let elder = found(&story, &people::ELDER).await;
    let other = elder.certificate.unwrap().identifier;
    let dry = async |identifier: &str| {
        let guessed = pb::Correction {
            evidence_index: index,
            ..of_certificate(&story, identifier)
        };
        let request = pb::RaiseCorrectionRequest {
            validate_only: true,
            ..raise_request(guessed)
        };
        let mut corrections = story.platform.corrections();
        corrections.raise_correction(ask(request)).await
    };
    for _ in 0..crate::budgets::misses_of_a_case() {
        // What is right is no guess.
        dry(&own).await.unwrap();
        let told = refused(dry(&other).await);
        let fault = told.of_field("correction.evidence_index");
        assert!(fault.starts_with("OTHER_RECORD"), "{fault}");
    }
    let status = dry(&own).await.err().unwrap();
    let told = refused(dry(&own).await);
    assert_eq!((told.reason.as_str(), told.entry), ("BUDGET_SPENT", None));
    assert!(
        kit::world::answer::Told::of(&status).entry.is_some(),
        "once"
    );
    // Lookups go on, and so does whoever names no entry of the ledger.
    found(&story, &people::HUSBAND).await;
    let plain = raise(&story.platform, of_certificate(&story, &own)).await;
    plain.unwrap();
}
