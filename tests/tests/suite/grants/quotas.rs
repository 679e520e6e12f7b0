//! A quota is held to on every way, and a spent one is told with the time to wait.

use std::num::{NonZeroU32, NonZeroU64};

use api::exchange::v1 as exchange;
use api::sharing::v1 as sharing;
use domain::quota::Quota;
use domain::reason::Reason;
use jiff::SignedDuration;
use kit::city::SEEDS;
use kit::databases::{Database, on_sqlite};
use kit::gateway::TestGateway;
use kit::tables::Tables;
use kit::tables::source::Source;
use kit::world::answer::{Told, refused};
use kit::world::story::{Story, submitted};
use kit::world::terms::purpose;
use kit::world::{ask, new_id};
use proptest::test_runner::TestRunner;
use sandbox::people;
use tonic_types::StatusExt as _;

use super::{narrow, read};
use crate::restart::again;
use crate::tables::strategies::rows;

kit::on_each_database!(two_gateways_together_serve_what_the_day_allows);

/// What Explain says of the look-up of all that is granted.
async fn explained(story: &Story) -> exchange::ExplainResponse {
    use exchange::explain_request::Target;
    let request = exchange::ExplainRequest {
        target: Some(Target::Resource(story.resource.name.clone())),
        share_mode: api::catalogue::v1::ShareMode::Api.into(),
        purpose: Some(purpose()),
        ..exchange::ExplainRequest::default()
    };
    let mut exchange = story.platform.exchange();
    exchange.explain(ask(request)).await.unwrap().into_inner()
}

fn calls_a_day(most: i64) -> sharing::LesserTerms {
    sharing::LesserTerms {
        quota: Some(sharing::Quota {
            calls_per_day: most,
            ..sharing::Quota::default()
        }),
        ..sharing::LesserTerms::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_look_up_more_than_the_day_has_is_refused_and_so_says_explain() {
    let story = Story::of_marriages().await;
    narrow(&story.applicant, &story.grant, calls_a_day(2), "")
        .await
        .unwrap();
    for _ in 0..2 {
        story.lookup(&people::HUSBAND).await.unwrap();
    }
    let asked = story.provider.running().asked();
    for first in [true, false] {
        let status = story.lookup(&people::HUSBAND).await.err().unwrap();
        let retry = status.get_error_details();
        let wait = retry.retry_info().unwrap().retry_delay.unwrap().as_secs();
        assert!((1..=86_400).contains(&wait), "{wait}");
        let told = Told::of(&status);
        assert_eq!(told.reason, "QUOTA_SPENT");
        assert_eq!(told.code, tonic::Code::ResourceExhausted);
        assert_eq!(told.rule, "grant.in-quota");
        // One entry of the day: who goes on asking makes no flood of them.
        assert_eq!(told.entry.is_some(), first);
    }
    assert_eq!(story.provider.running().asked(), asked, "nobody was asked");
    let explained = explained(&story).await;
    assert_eq!(explained.rule, "grant.in-quota");
    let finding = explained
        .findings
        .iter()
        .find(|finding| finding.rule == "grant.in-quota")
        .unwrap();
    assert_eq!(finding.facts[0].key, "calls_today");
    assert_eq!(finding.facts[0].value, "2 of 2");
    // A larger one is agreed on, not taken.
    let more = refused(narrow(&story.applicant, &story.grant, calls_a_day(3), "").await);
    assert_eq!(more.fields(), ["terms.quota"]);
    let quota = read(&story.platform, &story).await.quota.unwrap();
    assert_eq!(quota.calls_per_day, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_used_of_a_day_is_known_after_a_restart() {
    let story = Story::of_marriages().await;
    narrow(&story.applicant, &story.grant, calls_a_day(2), "")
        .await
        .unwrap();
    for _ in 0..2 {
        story.lookup(&people::HUSBAND).await.unwrap();
    }
    let story = again(story, |world| {
        let (well, folder) = world.terminate();
        assert!(well, "the exit code is 0");
        folder
    })
    .await;
    let told = refused(story.lookup(&people::HUSBAND).await);
    assert_eq!(told.reason, "QUOTA_SPENT");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_stops_where_the_rows_of_the_day_end() {
    on_sqlite(async |database| {
        let quota = Quota {
            rows_per_day: NonZeroU64::new(70),
            ..Quota::default()
        };
        let (tables, source) = limited(database, quota).await;
        let all = tables.read(tables.wish(None, Vec::new())).await;
        all.ended.as_ref().unwrap();
        assert_eq!(all.rows().len(), 60);
        let rest = tables.read(tables.wish(None, Vec::new())).await;
        assert_eq!(rest.rows().len(), 10, "what is left of the day");
        let stopped = rest.ended.unwrap_err();
        assert_eq!(stopped.reason, Reason::QuotaSpent);
        assert!(stopped.retry_after_s.is_some_and(|wait| wait <= 86_400));
        assert!(
            rest.cursors.last().unwrap().is_some(),
            "it goes on tomorrow"
        );
        let none = tables.read(tables.wish(None, Vec::new())).await;
        assert_eq!(none.ended.unwrap_err().reason, Reason::QuotaSpent);
        assert!(none.batches.is_empty());
        source.remove().await;
    })
    .await;
}

/// A table of 60 rows under a grant with a quota.
async fn limited(database: &Database, quota: Quota) -> (Tables, Source) {
    let tables = Tables::start(database).await;
    let source = Source::sqlite();
    source
        .load(&rows(&mut TestRunner::deterministic(), 60))
        .await;
    tables.register(source.endpoint(&tables)).await.unwrap();
    let mut terms = tables.terms(None, &["row_id"]);
    terms.quota = quota;
    tables.agree_on(terms).await;
    (tables, source)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn so_many_calls_begin_in_one_second_and_no_more() {
    on_sqlite(async |database| {
        let quota = Quota {
            calls_per_second: NonZeroU32::new(2),
            ..Quota::default()
        };
        let (tables, source) = limited(database, quota).await;
        let read = async || tables.read(tables.wish(None, Vec::new())).await.ended;
        for second in 0..2 {
            for _ in 0..2 {
                read().await.unwrap();
            }
            let stopped = read().await.unwrap_err();
            assert_eq!(stopped.reason, Reason::QuotaSpent, "{second}");
            assert_eq!(stopped.retry_after_s, Some(1));
            tables.gateway.clock.advance(SignedDuration::from_secs(1));
        }
        source.remove().await;
    })
    .await;
}

async fn two_gateways_together_serve_what_the_day_allows(database: &Database) {
    let quota = Quota {
        calls_per_day: NonZeroU64::new(3),
        ..Quota::default()
    };
    let (tables, source) = limited(database, quota).await;
    let other = TestGateway::start_with_key(database, 1, 2).await.unwrap();
    let here = async || tables.read(tables.wish(None, Vec::new())).await.ended;
    let there = async || {
        let wish = tables.wish(None, Vec::new());
        tables.read_at(&other, wish).await.ended
    };
    here().await.unwrap();
    here().await.unwrap();
    tables.gateway.share_quotas().await.unwrap();
    // It hears of the others when it tells of its own. That its provider is not within its reach counts as a call all the
    // same: what counts is that one begins.
    let first = there().await.unwrap_err();
    assert_ne!(first.reason, Reason::QuotaSpent);
    other.share_quotas().await.unwrap();
    assert_eq!(there().await.unwrap_err().reason, Reason::QuotaSpent);
    let restarted = TestGateway::start_with_key(database, 1, 3).await.unwrap();
    restarted.load_seeds(&SEEDS).await.unwrap();
    let wish = tables.wish(None, Vec::new());
    let late = tables.read_at(&restarted, wish).await.ended;
    assert_eq!(late.unwrap_err().reason, Reason::QuotaSpent);
    source.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_are_limited_only_where_they_are_counted() {
    let story = Story::of_enterprises().await;
    let mut asked = kit::world::terms::with_files("enterprise-registrations");
    asked.name.clone_from(&story.resource.name);
    let quota = sharing::Quota {
        rows_per_day: 10,
        ..sharing::Quota::default()
    };
    let application = sharing::Application {
        quota: Some(quota),
        share_modes: vec![api::catalogue::v1::ShareMode::File.into()],
        ..kit::world::terms::application(&asked)
    };
    let request = sharing::CreateApplicationRequest {
        application: Some(application),
        request_id: new_id(),
        validate_only: true,
    };
    let mut applications = story.applicant.applications();
    let told = refused(applications.create_application(ask(request)).await);
    assert!(
        told.fields().contains(&"application.quota.rows_per_day"),
        "{told:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_narrowing_nor_an_offer_limits_rows_that_nobody_counts() {
    let story = Story::of_certificate_files().await;
    let rows = || sharing::LesserTerms {
        quota: Some(sharing::Quota {
            rows_per_day: 10,
            ..sharing::Quota::default()
        }),
        ..sharing::LesserTerms::default()
    };
    let told = refused(narrow(&story.applicant, &story.grant, rows(), "").await);
    assert_eq!(told.fields(), ["terms.quota.rows_per_day"]);
    let whole = kit::world::terms::whole_application(&story.resource);
    let name = submitted(&story.applicant, whole).await;
    let offer = sharing::OfferTermsRequest {
        name,
        terms: Some(rows()),
        note: "限量".to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    let told = refused(story.owner.applications().offer_terms(ask(offer)).await);
    assert_eq!(told.fields(), ["terms.quota.rows_per_day"]);
}
