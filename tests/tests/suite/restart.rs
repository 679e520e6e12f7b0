//! Killed and started again on the same folder: nothing that was acknowledged is lost.

use api::evidence::v1::GetCheckpointRequest;
use api::registry::v1 as registry;
use api::sharing::v1 as sharing;
use kit::folder::Folder;
use kit::gateway::verified;
use kit::world::answer::refused;
use kit::world::story::Story;
use kit::world::wire::{Connection, framed};
use kit::world::{Client, World, ask};
use ledger::entry::Kind;
use prost::Message as _;
use sandbox::people;
use sandbox::provider::Behaviour;
use std::time::Duration;

const LOOKUP: &str = "shuqiao.certificate.v1.CertificateService/LookupCertificate";

/// What can be read, as the auditor sees it.
#[derive(Debug, PartialEq)]
struct Seen {
    departments: Vec<registry::Department>,
    systems: Vec<registry::System>,
    endpoints: Vec<registry::Endpoint>,
    grants: Vec<sharing::Grant>,
    applications: Vec<sharing::Application>,
    entries: Vec<Vec<u8>>,
}

async fn look(auditor: &Client) -> Seen {
    let parent = "systems/marriage-registry".to_owned();
    let departments = registry::ListDepartmentsRequest::default();
    let departments = auditor
        .departments()
        .list_departments(ask(departments))
        .await
        .unwrap();
    let systems = registry::ListSystemsRequest::default();
    let systems = auditor.systems().list_systems(ask(systems)).await.unwrap();
    let endpoints = registry::ListEndpointsRequest {
        parent,
        show_deleted: false,
    };
    let endpoints = auditor
        .endpoints()
        .list_endpoints(ask(endpoints))
        .await
        .unwrap();
    let grants = sharing::ListGrantsRequest::default();
    let grants = auditor.grants().list_grants(ask(grants)).await.unwrap();
    let applications = sharing::ListApplicationsRequest::default();
    let applications = auditor
        .applications()
        .list_applications(ask(applications))
        .await
        .unwrap();
    Seen {
        departments: departments.into_inner().departments,
        systems: systems.into_inner().systems,
        endpoints: endpoints
            .into_inner()
            .endpoints
            .into_iter()
            .map(without_observation)
            .collect(),
        grants: grants.into_inner().grants,
        applications: applications.into_inner().applications,
        entries: auditor.entry_bodies().await,
    }
}

/// Everybody comes back with the certificate that they have.
pub(crate) async fn again(story: Story, end: impl FnOnce(World) -> Folder) -> Story {
    let world = World::open(end(story.world)).await;
    Story {
        platform: world.connect(story.platform.identity).await,
        auditor: world.connect(story.auditor.identity).await,
        owner: world.connect(story.owner.identity).await,
        publisher: world.connect(story.publisher.identity).await,
        applicant: world.connect(story.applicant.identity).await,
        provider: story.provider,
        resource: story.resource,
        grant: story.grant,
        world,
    }
}

fn log_key(world: &World) -> String {
    std::fs::read_to_string(world.folder().join("keys/log.vkey"))
        .unwrap()
        .trim()
        .to_owned()
}

/// What a probe saw and when is of the gateway that looked, and of no other run of it.
fn without_observation(endpoint: registry::Endpoint) -> registry::Endpoint {
    registry::Endpoint {
        observation: None,
        probe_time: None,
        ..endpoint
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_waits_for_the_outcome_of_an_exchange_whose_caller_has_gone() {
    let story = Story::of_marriages().await;
    story.provider.running().set_behaviour(Behaviour::Hang);
    let request = story.lookup_request(&people::HUSBAND);
    let id = request.request_id.clone();
    let mut open = Connection::open(&story.world.gateway, Some(&story.platform.identity)).await;
    let asking = tokio::spawn(async move {
        let body = framed(&request.encode_to_vec());
        open.send(LOOKUP, Some("4S"), &[], body).await.is_ok()
    });
    // Asked, so the intent is durable.
    while story.provider.running().asked() == 0 {
        tokio::task::yield_now().await;
    }
    asking.abort();
    let story = again(story, |world| {
        let (well, folder) = world.terminate();
        assert!(well, "it did not end well");
        folder
    })
    .await;
    let entries = story.auditor.entries().await;
    let of_it = entries.iter().filter(|entry| entry.request_id() == id);
    let kinds: Vec<bool> = of_it
        .map(|entry| matches!(entry.kind(), Kind::Outcome { .. }))
        .collect();
    assert_eq!(kinds, [false, true], "an intent and its outcome");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_and_started_again_it_has_lost_nothing_and_goes_on() {
    let mut story = Story::of_marriages().await;
    let delivered = story.lookup_request(&people::HUSBAND);
    story.send(delivered.clone()).await.unwrap();
    refused(
        story
            .send(api::certificate::v1::LookupCertificateRequest::default())
            .await,
    );
    let vkey = log_key(&story.world);
    let checkpoint = async |auditor: &Client| {
        let request = ask(GetCheckpointRequest {});
        auditor
            .evidence()
            .get_checkpoint(request)
            .await
            .unwrap()
            .into_inner()
    };
    let mut sequence = 1;
    for run in 1..=2 {
        let before = look(&story.auditor).await;
        let signed = checkpoint(&story.auditor).await;
        let operator = story.world.operator.identity.clone();
        story = again(story, World::kill).await;
        assert_eq!(look(&story.auditor).await, before, "run {run}");
        assert_eq!(
            story.world.operator.identity, operator,
            "no second operator is made"
        );
        assert_eq!(log_key(&story.world), vkey);
        let kept = checkpoint(&story.auditor).await;
        assert_eq!(
            (kept.origin, kept.tree_size),
            (signed.origin, signed.tree_size),
            "run {run}"
        );

        let receipt = story
            .lookup(&people::WIFE)
            .await
            .unwrap()
            .into_inner()
            .receipt
            .unwrap();
        sequence += 1;
        assert_eq!(
            receipt.grant_sequence, sequence,
            "the uses of a grant are numbered on"
        );
        let size = i64::try_from(before.entries.len()).unwrap();
        assert_eq!(
            (receipt.intent_index, receipt.outcome_index),
            (size, size + 1)
        );
        assert_eq!(
            refused(story.send(delivered.clone()).await).reason,
            "REQUEST_ID_REUSED"
        );
    }
    let report = verified(&story.auditor.bundle().await, &vkey);
    assert!(report.ok, "{report}");
    assert_eq!(
        (
            report.summary.open_intents,
            report.summary.grants[0].highest
        ),
        (0, 3)
    );
    let entries = story.auditor.entries().await;
    assert_eq!(
        usize::try_from(report.summary.entries).unwrap(),
        entries.len()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn told_to_end_it_answers_the_call_under_way_and_ends_well() {
    let story = Story::of_marriages().await;
    story
        .provider
        .running()
        .set_behaviour(Behaviour::Slow(Duration::from_millis(500)));
    let request = story.lookup_request(&people::HUSBAND);
    let platform = story.platform.clone();
    let under_way = tokio::spawn(async move {
        platform
            .certificates()
            .lookup_certificate(ask(request))
            .await
    });
    while story.provider.running().asked() == 0 {
        tokio::task::yield_now().await;
    }
    // Idle connections of everybody else are open, too.
    let vkey = log_key(&story.world);
    let story = tokio::task::block_in_place(|| {
        let end = |world: World| {
            let (well, folder) = world.terminate();
            assert!(well, "the exit code is 0");
            folder
        };
        tokio::runtime::Handle::current().block_on(again(story, end))
    });
    let receipt = under_way
        .await
        .unwrap()
        .unwrap()
        .into_inner()
        .receipt
        .unwrap();
    let outcome = story.auditor.latest_outcome().await;
    assert_eq!(
        u64::try_from(receipt.outcome_index).ok(),
        Some(outcome.index())
    );
    let report = verified(&story.auditor.bundle().await, &vkey);
    assert!(report.ok && report.summary.open_intents == 0, "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_revoked_or_suspended_stays_so() {
    let story = Story::of_marriages().await;
    let suspend = sharing::SuspendGrantRequest {
        name: story.grant.name.clone(),
        reason: "用途存疑".to_owned(),
        request_id: kit::world::new_id(),
    };
    story
        .owner
        .grants()
        .suspend_grant(ask(suspend))
        .await
        .unwrap();
    let revoke = registry::RevokeTlsCertificateRequest {
        name: story.publisher.certificate_name(),
        reason: "离岗".to_owned(),
        request_id: kit::world::new_id(),
        renewals: false,
    };
    story
        .world
        .operator
        .enrolment()
        .revoke_tls_certificate(ask(revoke))
        .await
        .unwrap();
    let story = again(story, World::kill).await;
    assert_eq!(
        refused(story.lookup(&people::HUSBAND).await).reason,
        "GRANT_SUSPENDED"
    );
    let list = registry::ListSystemsRequest::default();
    let told = refused(story.publisher.systems().list_systems(ask(list)).await);
    assert_eq!(told.reason, "TLS_CERTIFICATE_REVOKED");
    assert_eq!(story.provider.running().asked(), 0);
}
