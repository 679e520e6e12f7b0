//! Planned maintenance is told to callers before anybody is asked, and probes tell what they saw.

use api::registry::v1 as registry;
use kit::world::answer::refused;
use kit::world::story::Story;
use kit::world::{ask, new_id};
use prost_types::Timestamp;
use sandbox::people::HUSBAND;
use tonic_types::StatusExt as _;

const ENDPOINT: &str = "systems/marriage-registry/endpoints/main";

/// A moment so many seconds from now.
fn in_seconds(seconds: i64) -> Option<Timestamp> {
    let now = broker::clock::Clock::now(&broker::clock::SystemClock);
    Some(Timestamp {
        seconds: now.as_second() + seconds,
        nanos: 0,
    })
}

fn announcement(from: i64, until: i64) -> registry::AnnounceMaintenanceRequest {
    registry::AnnounceMaintenanceRequest {
        name: ENDPOINT.to_owned(),
        maintenance: Some(registry::Maintenance {
            start_time: in_seconds(from),
            end_time: in_seconds(until),
            reason: "数据库升级".to_owned(),
        }),
        request_id: new_id(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_are_told_of_maintenance_before_anybody_is_asked() {
    let story = Story::of_marriages().await;
    story.lookup(&HUSBAND).await.unwrap();
    let mut endpoints = story.owner.endpoints();
    // One that comes later stands in nobody's way.
    endpoints
        .announce_maintenance(ask(announcement(3600, 7200)))
        .await
        .unwrap();
    story.lookup(&HUSBAND).await.unwrap();
    let asked = announcement(-60, 1800);
    let start_time = asked.maintenance.as_ref().unwrap().start_time;
    let known = endpoints
        .announce_maintenance(ask(asked))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(known.maintenance.len(), 2);

    let status = story.lookup(&HUSBAND).await.err().unwrap();
    let wait = status
        .get_error_details()
        .retry_info()
        .unwrap()
        .retry_delay
        .unwrap();
    assert!((1..=1801).contains(&wait.as_secs()), "{wait:?}");
    let told = kit::world::answer::Told::of(&status);
    assert_eq!(
        (told.reason.as_str(), told.fault.as_str()),
        ("PROVIDER_MAINTENANCE", "provider")
    );
    assert!(told.message.contains("数据库升级"), "{}", told.message);

    let cancel = registry::CancelMaintenanceRequest {
        name: ENDPOINT.to_owned(),
        start_time,
        request_id: new_id(),
    };
    let left = endpoints
        .cancel_maintenance(ask(cancel))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(left.maintenance.len(), 1);
    story.lookup(&HUSBAND).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_window_that_cannot_be_is_refused_with_every_fault() {
    let story = Story::of_marriages().await;
    let mut endpoints = story.owner.endpoints();
    let backwards = announcement(7200, 3600);
    let told = refused(endpoints.announce_maintenance(ask(backwards)).await);
    assert!(
        told.of_field("maintenance.end_time")
            .starts_with("ENDS_BEFORE_START"),
        "{told:?}"
    );
    let endless = announcement(0, 100 * 3600);
    let told = refused(endpoints.announce_maintenance(ask(endless)).await);
    assert!(
        told.of_field("maintenance.end_time")
            .starts_with("TOO_LONG"),
        "{told:?}"
    );
    let empty = registry::AnnounceMaintenanceRequest {
        maintenance: Some(registry::Maintenance::default()),
        ..announcement(0, 1)
    };
    let told = refused(endpoints.announce_maintenance(ask(empty)).await);
    let fields = [
        "maintenance.start_time",
        "maintenance.end_time",
        "maintenance.reason",
    ];
    assert_eq!(told.fields(), fields);
    let cancel = registry::CancelMaintenanceRequest {
        name: ENDPOINT.to_owned(),
        start_time: in_seconds(5),
        request_id: new_id(),
    };
    let told = refused(endpoints.cancel_maintenance(ask(cancel)).await);
    assert_eq!(told.reason, "STATE_CONFLICT");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_probe_tells_of_the_connection_and_counts_its_failures() {
    let mut story = Story::of_marriages().await;
    let owner = story.owner.clone();
    let probe = async || {
        let request = registry::ProbeEndpointRequest {
            name: ENDPOINT.to_owned(),
            request_id: new_id(),
        };
        let probed = owner.endpoints().probe_endpoint(ask(request)).await;
        probed.unwrap().into_inner().observation.unwrap()
    };
    let seen = probe().await;
    assert_eq!(
        (
            seen.tls_version.as_str(),
            seen.failures,
            seen.error.as_str()
        ),
        ("TLSv1_3", 0, "")
    );
    assert!(
        seen.cipher_suite.starts_with("TLS13_"),
        "{}",
        seen.cipher_suite
    );
    assert!(seen.tls_certificate.starts_with("tlsCertificates/"));
    assert!(seen.tls_certificate_expire_time.is_some() && seen.time.is_some());
    story.provider.stop().await;
    assert_eq!(probe().await.failures, 1);
    let again = probe().await;
    assert_eq!((again.failures, again.tls_version.as_str()), (2, ""));
    assert_ne!(again.error, "");
}
