//! Everything that a matter needs, in one call: what is found, what is missing and why.

use api::catalogue::v1::Resource;
use api::certificate::v1 as pb;
use api::certificate::v1::{AttemptResult, NeedState};
use kit::city;
use kit::world::answer::refused;
use kit::world::story::{Story, agree, publish};
use kit::world::terms::{application, purpose};
use kit::world::{ask, new_id};
use ledger::entry::{Entry, Kind};
use prost::Message as _;
use sandbox::people::{self, Holder};
use sandbox::provider::Behaviour;
use tonic::Status;

/// The matter of the story needs a birth certificate of the child, and of the applicant the household
/// book, the identity card, and a proof of marriage or divorce.
pub(crate) fn request(applicant: &Holder) -> pb::LookupForMatterRequest {
    let role = |role: &str, holder: &Holder| pb::RoleHolder {
        role: role.to_owned(),
        holder: Some(holder.to_wire()),
        ..pb::RoleHolder::default()
    };
    pb::LookupForMatterRequest {
        purpose: Some(purpose()),
        holders: vec![role("child", &people::CHILD), role("applicant", applicant)],
        items: Vec::new(),
        request_id: new_id(),
        ..pb::LookupForMatterRequest::default()
    }
}

async fn send(
    story: &Story,
    request: pb::LookupForMatterRequest,
) -> Result<pb::LookupForMatterResponse, Status> {
    let answer = story
        .platform
        .certificates()
        .lookup_for_matter(ask(request))
        .await;
    answer.map(tonic::Response::into_inner)
}

fn states(answer: &pb::LookupForMatterResponse) -> Vec<NeedState> {
    answer.needs.iter().map(pb::NeedAnswer::state).collect()
}

/// The results for the proof of marriage or divorce.
fn marital(answer: &pb::LookupForMatterResponse) -> Vec<AttemptResult> {
    let attempts = answer.needs[3].attempts.iter();
    attempts.map(pb::Attempt::result).collect()
}

/// Certificates of divorce, which the marriage registry holds too.
fn divorces(marriages: &Resource) -> Resource {
    let divorced = city::SEEDS.certificate_type("离婚证").unwrap();
    Resource {
        name: "resources/105001-000009".to_owned(),
        title: "离婚登记信息".to_owned(),
        certificate_type: format!("certificateTypes/{}", divorced.code),
        ..marriages.clone()
    }
}

async fn share(story: &Story, resource: &Resource) {
    publish(&story.owner, &story.publisher, resource).await;
    agree(&story.applicant, &story.owner, application(resource)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_shared_is_found_and_what_nobody_shares_is_uncovered() {
    let story = Story::of_marriages().await;
    let asked = request(&people::HUSBAND);
    let whole = asked.request_id.clone();
    let answer = send(&story, asked).await.unwrap();
    assert!(!answer.complete);
    let uncovered = NeedState::Uncovered;
    assert_eq!(
        states(&answer),
        [uncovered, uncovered, uncovered, NeedState::Met]
    );
    let need = &answer.needs[3];
    assert_eq!((need.role.as_str(), need.substituted), ("applicant", false));
    // The divorce was not asked for: one proof is enough.
    assert_eq!(marital(&answer), [AttemptResult::Found]);
    let certificate = need.attempts[0].certificate.as_ref().unwrap();
    assert_eq!(
        certificate.certificate_type,
        story.resource.certificate_type
    );
    assert!(!certificate.items.is_empty());
    // One lookup, which names the whole that it was a part of.
    assert_eq!(story.provider.running().asked(), 1);
    let entries = story.auditor.entries().await;
    let parts: Vec<&Entry> = entries
        .iter()
        .filter(|entry| entry.facts().text("part_of") == Some(whole.as_str()))
        .collect();
    assert_eq!(parts.len(), 1);
    assert_eq!(*parts[0].kind(), Kind::Intent);
    let receipt = need.attempts[0].receipt.as_ref().unwrap();
    assert_eq!(
        u64::try_from(receipt.intent_index).ok(),
        Some(parts[0].index())
    );
    assert_eq!(receipt.request_id, parts[0].request_id());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_not_in_force_is_withheld_and_substituted() {
    let story = Story::of_marriages().await;
    // Nobody shares divorces yet, so there is nothing to substitute the cancelled marriage with.
    let answer = send(&story, request(&people::ELDER)).await.unwrap();
    assert_eq!(states(&answer)[3], NeedState::Missing);
    let results = [AttemptResult::NotInForce, AttemptResult::Uncovered];
    assert_eq!(marital(&answer), results);
    let cancelled = &answer.needs[3].attempts[0];
    assert_eq!(cancelled.state(), pb::CertificateState::Cancelled);
    let said = String::from_utf8_lossy(&answer.encode_to_vec()).into_owned();
    assert!(!said.contains("J430502-2010-000007"));

    share(&story, &divorces(&story.resource)).await;
    let answer = send(&story, request(&people::ELDER)).await.unwrap();
    let results = [AttemptResult::NotInForce, AttemptResult::Found];
    assert_eq!(marital(&answer), results);
    let need = &answer.needs[3];
    assert_eq!((need.state(), need.substituted), (NeedState::Met, true));
    // Whoever has neither is told so for each of the two.
    let answer = send(&story, request(&people::STRANGER)).await.unwrap();
    let none = AttemptResult::NoMatch;
    assert_eq!(marital(&answer), [none, none]);
    assert_eq!(states(&answer)[3], NeedState::Missing);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_or_pending_issuer_is_asked_again_under_the_same_id_before_any_substitute() {
    let story = Story::of_marriages().await;
    share(&story, &divorces(&story.resource)).await;
    let asked = request(&people::HUSBAND);
    for (behaviour, result) in [
        (Behaviour::Fail, AttemptResult::Failed),
        (Behaviour::Pending, AttemptResult::Pending),
    ] {
        story.provider.running().set_behaviour(behaviour);
        let answer = send(&story, asked.clone()).await.unwrap();
        assert_eq!(marital(&answer), [result]);
        let attempt = &answer.needs[3].attempts[0];
        assert!(attempt.retry);
        if result == AttemptResult::Failed {
            assert_eq!(attempt.fault, "provider");
            assert_eq!(attempt.reason, "PROVIDER_BAD_ANSWER");
        } else {
            assert_eq!(attempt.retry_after_s, 600);
            assert!(attempt.receipt.is_some());
        }
    }
    story.provider.running().set_behaviour(Behaviour::Normal);
    let answer = send(&story, asked.clone()).await.unwrap();
    assert_eq!(marital(&answer), [AttemptResult::Found]);
    // What was answered does not leave twice under one id, and no substitute is taken for it.
    let before = story.provider.running().asked();
    let answer = send(&story, asked).await.unwrap();
    assert_eq!(marital(&answer), [AttemptResult::AnsweredBefore]);
    assert_eq!(answer.needs[3].state(), NeedState::Missing);
    assert_eq!(story.provider.running().asked(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_alternative_says_by_which_rule_and_the_next_is_tried() {
    let story = Story::of_marriages().await;
    publish(&story.owner, &story.publisher, &divorces(&story.resource)).await;
    let answer = send(&story, request(&people::ELDER)).await.unwrap();
    let results = [AttemptResult::NotInForce, AttemptResult::Refused];
    assert_eq!(marital(&answer), results);
    let refused = &answer.needs[3].attempts[1];
    assert_eq!(refused.rule, "grant.exists");
    assert_eq!(refused.reason, "GRANT_MISSING");
    assert_eq!(refused.fault, "consumer");
    assert!(!refused.next.is_empty() && refused.receipt.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_that_is_wrong_with_the_roles_is_told_and_nobody_is_asked() {
    let story = Story::of_marriages().await;
    let mut asked = request(&people::HUSBAND);
    asked.holders[0].role = "spouse".to_owned();
    asked.items.push(pb::WantedItems {
        certificate_type: "certificateTypes/11100000MB0143028R001".to_owned(),
        items: vec!["enterprise_name".to_owned()],
    });
    let told = refused(send(&story, asked).await.map(tonic::Response::new));
    assert_eq!(told.reason, "REQUEST_INVALID");
    for (field, code) in [
        ("holders", "REQUIRED"),
        ("holders[0].role", "NOT_NEEDED"),
        ("items[0].certificate_type", "NOT_NEEDED"),
    ] {
        assert!(told.of_field(field).starts_with(code), "{told:?}");
    }
    let mut asked = request(&people::HUSBAND);
    asked.holders[1].holder = None;
    asked.holders[0].holder.as_mut().unwrap().type_code = "000".to_owned();
    let told = refused(send(&story, asked).await.map(tonic::Response::new));
    assert!(
        told.of_field("holders[0].holder")
            .contains("UNKNOWN_HOLDER_TYPE")
    );
    assert!(told.of_field("holders[1].holder").contains("REQUIRED"));
    // A matter that the city does not have.
    let mut asked = request(&people::HUSBAND);
    let matter = &mut asked.purpose.as_mut().unwrap().matter;
    *matter = matter.replace("2022000000001", "2022000000099");
    assert_eq!(
        refused(send(&story, asked).await.map(tonic::Response::new)).reason,
        "NOT_FOUND"
    );
    assert_eq!(story.provider.running().asked(), 0);
}
