//! Who guesses is stopped: budgets of lookups and verifications, and answers that tell nothing more.

use api::certificate::v1 as pb;
use api::certificate::v1::Disposition;
use api::value::v1::{ItemValue, item_value::Kind};
use domain::budget::{Counted, Scope};
use kit::city::SEEDS;
use kit::world::answer::{Told, refused};
use kit::world::story::Story;
use kit::world::terms::{CASE, CLERK, purpose};
use kit::world::{ask, new_id};
use ledger::entry::Kind as EntryKind;
use prost::Message as _;
use sandbox::people::{self, Holder};
use tonic_types::StatusExt as _;

/// So many misses one case may have by the seeds.
pub(crate) fn misses_of_a_case() -> u32 {
    let of_case = |budget: &&domain::budget::Budget| {
        budget.scope == Scope::Case && budget.counted == Counted::Misses
    };
    SEEDS.budgets.iter().find(of_case).unwrap().most
}

fn guess(story: &Story, number: u32) -> pb::VerifyCertificateRequest {
    let claimed = ItemValue {
        key: "registration_number".to_owned(),
        kind: Some(Kind::Text(format!("J430502-2022-9{number:05}"))),
    };
    pb::VerifyCertificateRequest {
        certificate_type: story.resource.certificate_type.clone(),
        key: Some(pb::verify_certificate_request::Key::Holder(
            people::HUSBAND.to_wire(),
        )),
        purpose: Some(purpose()),
        claimed: vec![claimed],
        request_id: new_id(),
        ..pb::VerifyCertificateRequest::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_guesses_is_stopped_told_when_to_come_back_and_recorded_once() {
    let story = Story::of_marriages().await;
    let verify = async |request| {
        let mut certificates = story.platform.certificates();
        certificates.verify_certificate(ask(request)).await
    };
    // Guessing values and guessing people spend the same budget.
    let most = misses_of_a_case();
    for number in 0..most - 1 {
        let answer = verify(guess(&story, number)).await.unwrap().into_inner();
        assert_eq!(answer.disposition(), Disposition::Verified);
    }
    let answer = story.lookup(&people::STRANGER).await.unwrap().into_inner();
    assert_eq!(answer.disposition(), Disposition::NoMatch);

    let asked = story.provider.running().asked();
    let status = verify(guess(&story, most)).await.err().unwrap();
    let told = Told::of(&status);
    assert_eq!(told.reason, "BUDGET_SPENT");
    assert_eq!(told.code, tonic::Code::ResourceExhausted);
    assert_eq!(told.fault, "consumer");
    let details = status.get_error_details();
    let retry = details.retry_info().unwrap().retry_delay.unwrap();
    assert!((1..=3600).contains(&retry.as_secs()), "{retry:?}");
    // A lookup that would find something is stopped as well: what it says is not known before.
    let stopped = refused(story.lookup(&people::HUSBAND).await);
    assert_eq!(stopped.reason, "BUDGET_SPENT");
    assert_eq!(story.provider.running().asked(), asked);

    let entries = story.auditor.entries().await;
    let is_alarm = |entry: &&ledger::entry::Entry| matches!(entry.kind(), EntryKind::Change { event } if event == "exchange.budget_spent");
    let alarms: Vec<_> = entries.iter().filter(is_alarm).collect();
    let [alarm] = alarms.as_slice() else {
        panic!("{} alarms", alarms.len());
    };
    assert_eq!(told.entry, Some(alarm.index()));
    assert_eq!(alarm.facts().text("scope"), Some("case"));
    assert_eq!(alarm.facts().text("counted"), Some("misses"));
    let intent = entries
        .iter()
        .find(|entry| *entry.kind() == EntryKind::Intent)
        .unwrap();
    assert_eq!(alarm.facts().text("case"), intent.facts().text("case"));
    let log = story.world.log();
    assert!(log.contains("a budget of lookups is spent"));
    for private in [CASE, CLERK, people::HUSBAND.code.as_ref()] {
        assert!(!log.contains(private), "{private} is in the log");
    }

    // Another case goes on, as the same clerk.
    let mut other = story.lookup_request(&people::HUSBAND);
    "CASE-SY-2022-7732".clone_into(&mut other.purpose.as_mut().unwrap().case_number);
    let answer = story.send(other).await.unwrap().into_inner();
    assert_eq!(answer.disposition(), Disposition::Found);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_found_or_fails_is_no_miss() {
    let mut story = Story::of_marriages().await;
    let most = misses_of_a_case();
    for _ in 0..most + 1 {
        story.lookup(&people::HUSBAND).await.unwrap();
    }
    story.provider.stop().await;
    for _ in 0..most + 1 {
        let told = refused(story.lookup(&people::HUSBAND).await);
        assert_eq!(told.fault, "provider", "{told:?}");
    }
}

/// Spends all misses of the case.
pub(crate) async fn spend(story: &Story) {
    for number in 0..misses_of_a_case() {
        let mut certificates = story.platform.certificates();
        let asked = certificates.verify_certificate(ask(guess(story, number)));
        asked.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_other_way_of_asking_goes_round_a_spent_budget() {
    let story = Story::of_certificate_files().await;
    spend(&story).await;
    let asked = story.provider.running().asked();
    let batch = pb::BatchLookupCertificatesRequest {
        purpose: Some(purpose()),
        requests: vec![story.part_request(&people::HUSBAND)],
    };
    let mut certificates = story.platform.certificates();
    let answer = certificates.batch_lookup_certificates(ask(batch)).await;
    let results = answer.unwrap().into_inner().results;
    let [one] = results.as_slice() else {
        panic!("{} results", results.len());
    };
    let Some(pb::batch_lookup_result::Result::Failure(failure)) = &one.result else {
        panic!("the batch was answered");
    };
    assert_eq!(failure.reason, "BUDGET_SPENT");
    let link = pb::CreateCertificateFileLinkRequest {
        certificate_type: story.resource.certificate_type.clone(),
        key: Some(pb::create_certificate_file_link_request::Key::Holder(
            people::HUSBAND.to_wire(),
        )),
        purpose: Some(purpose()),
        format: pb::CertificateFileFormat::Ofd.into(),
        request_id: new_id(),
        ..pb::CreateCertificateFileLinkRequest::default()
    };
    let mut files = story.platform.certificate_files();
    let told = refused(files.create_certificate_file_link(ask(link)).await);
    assert_eq!(told.reason, "BUDGET_SPENT");
    assert_eq!(story.provider.running().asked(), asked);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kept_answer_spends_the_budget_as_well() {
    let story = Story::of_cached_marriages_in(kit::world::World::start().await, 3600).await;
    story.lookup(&people::HUSBAND).await.unwrap();
    spend(&story).await;
    let told = refused(story.lookup(&people::HUSBAND).await);
    assert_eq!(told.reason, "BUDGET_SPENT");
}

/// What the consumer may read of an empty answer afterwards: how long after its intent its outcome was
/// recorded. It was held until a step of the grid, or the deadline, so the search is not told by it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_entries_of_an_empty_answer_tell_no_more_of_the_search_than_it_does() {
    let story = Story::of_marriages().await;
    let nobody = people::background_citizen(people::BACKGROUND_CITIZENS + 1);
    let answer = story.lookup(&nobody).await.unwrap().into_inner();
    assert_eq!(answer.disposition(), Disposition::NoMatch);
    let receipt = answer.receipt.unwrap();
    let entries = story.auditor.entries().await;
    let time = |index: i64| entries[usize::try_from(index).unwrap()].time();
    let gone = time(receipt.outcome_index).duration_since(time(receipt.intent_index));
    assert!(gone >= jiff::SignedDuration::from_millis(50), "{gone:?}");
}

/// The answer without what differs from one request to the next.
async fn no_match(story: &Story, holder: &Holder) -> (Vec<u8>, Vec<(String, String)>) {
    let mut answer = story.lookup(holder).await.unwrap();
    let trailers = answer.metadata().clone().into_headers();
    let mut headers: Vec<(String, String)> = trailers
        .iter()
        .filter(|(name, _)| !["date"].contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), format!("{value:?}")))
        .collect();
    headers.sort();
    let receipt = answer.get_mut().receipt.as_mut().unwrap();
    assert!(receipt.outcome_index > receipt.intent_index);
    (receipt.intent_index, receipt.outcome_index) = (1, 2);
    receipt.grant_sequence = 1;
    receipt.request_id.clear();
    (answer.into_inner().encode_to_vec(), headers)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_such_person_and_no_such_certificate_are_one_answer() {
    let story = Story::of_marriages().await;
    // The first is in no register at all, the second in others, the third in this one as a child.
    let nobody = people::background_citizen(people::BACKGROUND_CITIZENS + 1);
    let unknown = no_match(&story, &nobody).await;
    for known in [&people::GRADUATE, &people::STRANGER, &people::CHILD] {
        assert_eq!(no_match(&story, known).await, unknown);
    }
}
