//! Answers that are kept: served under the very grant scope they were released under, with evidence.

use api::certificate::v1 as pb;
use api::certificate::v1::{Certificate, Disposition, Verdict};
use api::sharing::v1::SuspendGrantRequest;
use api::value::v1::{ItemValue, item_value::Kind};
use kit::world::answer::refused;
use kit::world::story::Story;
use kit::world::terms::wire_resource;
use kit::world::{World, ask, new_id};
use ledger::bundle;
use ledger::entry::{Entry, Kind as EntryKind};
use sandbox::people::{self, Holder};

const NUMBER: &str = "registration_number";
const DAY: &str = "registration_date";

async fn story() -> Story {
    Story::of_cached_marriages_in(World::start().await, 3600).await
}

fn request(story: &Story, holder: &Holder, items: &[&str]) -> pb::LookupCertificateRequest {
    pb::LookupCertificateRequest {
        items: items.iter().map(ToString::to_string).collect(),
        ..story.lookup_request(holder)
    }
}

async fn found(story: &Story, request: pb::LookupCertificateRequest) -> Certificate {
    let answer = story.send(request).await.unwrap().into_inner();
    answer.certificate.unwrap()
}

/// How often the issuer was asked.
fn asked(story: &Story) -> u64 {
    story.provider.running().asked()
}

async fn entries_of(story: &Story, request_id: &str) -> Vec<Entry> {
    let entries = story.auditor.entries().await.into_iter();
    entries
        .filter(|entry| entry.request_id() == request_id)
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_lookup_asks_nobody_and_leaves_one_entry_that_says_all() {
    let story = story().await;
    let first = story.lookup_request(&people::HUSBAND);
    let told = story.send(first.clone()).await.unwrap().into_inner();
    let one = told.certificate.unwrap();
    assert!(!one.from_cache && one.as_of.is_some());
    let second = story.lookup_request(&people::HUSBAND);
    let told = story.send(second.clone()).await.unwrap().into_inner();
    assert_eq!(told.disposition(), Disposition::Found);
    let other = told.certificate.unwrap();
    assert_eq!(asked(&story), 1);
    let kept = Certificate {
        from_cache: true,
        ..one
    };
    assert!(other == kept);

    // One entry is both, and takes the next number of the grant.
    let receipt = told.receipt.unwrap();
    assert_eq!(receipt.intent_index, receipt.outcome_index);
    assert_eq!(receipt.grant_sequence, 2);
    let entries = entries_of(&story, &second.request_id).await;
    let [entry] = entries.as_slice() else {
        panic!("{} entries", entries.len());
    };
    assert_eq!(*entry.kind(), EntryKind::Served);
    assert_eq!(u64::try_from(receipt.intent_index), Ok(entry.index()));
    let before = entries_of(&story, &first.request_id).await;
    let (intent, outcome) = (before[0].facts(), before[1].facts());
    let facts = entry.facts();
    for key in [
        "matter",
        "legal_basis",
        "case",
        "operator",
        "subject",
        "rule",
    ] {
        assert!(intent.text(key).is_some(), "{key}");
        assert_eq!(facts.text(key), intent.text(key), "{key}");
    }
    for key in ["digest", "certificate", "disposition", "provider"] {
        assert!(outcome.text(key).is_some(), "{key}");
        assert_eq!(facts.text(key), outcome.text(key), "{key}");
    }
    assert_eq!(facts.flag("from_cache"), Some(true));
    let as_of: jiff::Timestamp = facts.text("as_of").unwrap().parse().unwrap();
    assert_eq!(as_of.as_second(), other.as_of.unwrap().seconds);
    let report = bundle::verify(story.auditor.bundle().await.as_slice(), None).unwrap();
    assert!(report.ok, "{report}");
    assert_eq!((report.summary.served, report.summary.open_intents), (1, 0));
    // The same request id does not serve twice.
    let again = refused(story.send(second).await);
    assert_eq!(again.reason, "REQUEST_ID_REUSED");
    assert_eq!(again.entry, Some(entry.index()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_scope_asks_the_issuer_and_the_order_of_items_is_no_scope() {
    let story = story().await;
    let both = [NUMBER, DAY];
    let first = found(&story, request(&story, &people::HUSBAND, &both)).await;
    let turned = found(&story, request(&story, &people::HUSBAND, &[DAY, NUMBER])).await;
    assert!(turned.from_cache);
    let keys: Vec<_> = turned.items.iter().map(|item| item.key.as_str()).collect();
    assert_eq!(keys, [DAY, NUMBER]);
    assert_eq!(asked(&story), 1);
    // Fewer items, more items, the other holder of the same certificate, the same by its identifier.
    let by_identifier = pb::LookupCertificateRequest {
        key: Some(pb::lookup_certificate_request::Key::Identifier(
            first.identifier.clone(),
        )),
        ..request(&story, &people::HUSBAND, &both)
    };
    let others = [
        request(&story, &people::HUSBAND, &[NUMBER]),
        request(&story, &people::HUSBAND, &[]),
        request(&story, &people::WIFE, &both),
        by_identifier,
    ];
    for (place, other) in others.into_iter().enumerate() {
        let answer = found(&story, other).await;
        assert!(!answer.from_cache, "{place}");
        assert_eq!(answer.identifier, first.identifier);
    }
    assert_eq!(asked(&story), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_wants_it_fresh_has_the_issuer_asked_and_the_new_answer_is_kept() {
    let story = story().await;
    let old = found(&story, story.lookup_request(&people::HUSBAND)).await;
    let aged = |max_age_s: i32| pb::LookupCertificateRequest {
        max_age_s: Some(max_age_s),
        ..story.lookup_request(&people::HUSBAND)
    };
    let new = found(&story, aged(0)).await;
    assert!(!new.from_cache && new.as_of != old.as_of);
    assert_eq!(asked(&story), 2);
    let kept = found(&story, aged(3600)).await;
    assert!(kept.from_cache);
    assert_eq!(kept.as_of, new.as_of);
    for wrong in [-1, 86_401] {
        let told = refused(story.send(aged(wrong)).await);
        assert!(told.of_field("max_age_s").starts_with("OUT_OF_RANGE"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_kept_without_the_issuers_leave_nor_what_was_not_found() {
    let story = Story::of_marriages().await;
    for _ in 0..2 {
        let answer = found(&story, story.lookup_request(&people::HUSBAND)).await;
        assert!(!answer.from_cache);
    }
    assert_eq!(asked(&story), 2);
    let story = self::story().await;
    for times in 1..=2 {
        let answer = story.lookup(&people::STRANGER).await.unwrap().into_inner();
        assert_eq!(answer.disposition(), Disposition::NoMatch);
        assert_eq!(asked(&story), times);
    }
    // More than the city lets be kept, and what is no certificate.
    let longer = api::catalogue::v1::Resource {
        name: "resources/105001-000002".to_owned(),
        cache_seconds: 86_401,
        ..wire_resource("marriage-registrations")
    };
    let create = |resource| api::catalogue::v1::CreateResourceRequest {
        resource: Some(resource),
        request_id: new_id(),
        validate_only: false,
    };
    let told = refused(
        story
            .owner
            .resources()
            .create_resource(ask(create(longer)))
            .await,
    );
    let said = told.of_field("resource.cache_seconds");
    assert_eq!(
        said,
        "OUT_OF_RANGE: an answer may be kept for 86400 s at most"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kept_answer_is_decided_about_like_any_other() {
    let story = story().await;
    found(&story, story.lookup_request(&people::HUSBAND)).await;
    let suspend = SuspendGrantRequest {
        name: story.grant.name.clone(),
        reason: "a test".to_owned(),
        request_id: new_id(),
    };
    let suspended = story.owner.grants().suspend_grant(ask(suspend)).await;
    suspended.unwrap();
    let told = refused(story.lookup(&people::HUSBAND).await);
    assert_eq!(told.reason, "GRANT_SUSPENDED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verification_is_served_by_a_kept_answer_of_the_very_same_items() {
    let story = story().await;
    found(&story, request(&story, &people::HUSBAND, &[NUMBER])).await;
    let claim = |claims: &[(&str, &str)]| {
        let claimed = claims.iter().map(|(key, value)| ItemValue {
            key: (*key).to_owned(),
            kind: Some(Kind::Text((*value).to_owned())),
        });
        pb::VerifyCertificateRequest {
            certificate_type: story.resource.certificate_type.clone(),
            key: Some(pb::verify_certificate_request::Key::Holder(
                people::HUSBAND.to_wire(),
            )),
            purpose: Some(kit::world::terms::purpose()),
            claimed: claimed.collect(),
            request_id: new_id(),
            ..pb::VerifyCertificateRequest::default()
        }
    };
    let send = async |request: pb::VerifyCertificateRequest| {
        let mut client = story.platform.certificates();
        let answer = client.verify_certificate(ask(request)).await;
        answer.unwrap().into_inner()
    };
    let same = claim(&[(NUMBER, "J430502-2022-000001")]);
    let answer = send(same.clone()).await;
    assert!(answer.from_cache && answer.as_of.is_some());
    assert_eq!(answer.items[0].verdict(), Verdict::Matches);
    assert_eq!(asked(&story), 1);
    let entries = entries_of(&story, &same.request_id).await;
    assert_eq!(*entries[0].kind(), EntryKind::Served);
    let facts = entries[0].facts();
    assert_eq!(facts.text("purpose"), Some("verify"));
    assert_eq!(facts.text("disposition"), Some("verified"));
    assert_eq!(facts.text("digest"), None);
    let differs = send(claim(&[(NUMBER, "J430502-2022-000002")])).await;
    assert!(differs.from_cache);
    assert_eq!(differs.items[0].verdict(), Verdict::Differs);
    // One item more, and the issuer is asked; what it said for comparing is kept for nobody.
    let more = [(NUMBER, "J430502-2022-000001"), ("husband_name", "x")];
    for times in 2..=3 {
        assert!(!send(claim(&more)).await.from_cache);
        assert_eq!(asked(&story), times);
    }
    let fresh = pb::VerifyCertificateRequest {
        max_age_s: Some(0),
        ..claim(&[(NUMBER, "J430502-2022-000001")])
    };
    assert!(!send(fresh).await.from_cache);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_need_of_a_matter_is_met_by_a_kept_answer() {
    let story = story().await;
    let send = async || {
        let request = crate::needs::request(&people::HUSBAND);
        let mut client = story.platform.certificates();
        let answer = client.lookup_for_matter(ask(request)).await.unwrap();
        let need = answer.into_inner().needs.remove(3);
        need.attempts[0].certificate.clone().unwrap()
    };
    let first = send().await;
    let second = send().await;
    assert!(!first.from_cache && second.from_cache);
    assert_eq!((first.as_of, asked(&story)), (second.as_of, 1));
    // What is withheld is not kept either.
    for _ in 0..2 {
        let request = crate::needs::request(&people::ELDER);
        let mut client = story.platform.certificates();
        client.lookup_for_matter(ask(request)).await.unwrap();
    }
    assert_eq!(asked(&story), 3);
}
