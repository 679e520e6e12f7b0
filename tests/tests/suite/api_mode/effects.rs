//! Methods that may have an effect are not asked twice by accident.

use kit::world::World;
use kit::world::answer::Told;
use kit::world::hostile::{Act, Hostile};
use kit::world::insured::{Insured, call};
use sandbox::insurance as pb;
use sandbox::people::HUSBAND;
use tonic::Status;
use tonic::metadata::MetadataValue;

/// Reports one change, as the platform, under a request id.
async fn report(insured: &Insured, request_id: &str) -> Status {
    let change = pb::ReportChangesRequest {
        id_number: HUSBAND.code.clone().into_owned(),
        address: None,
    };
    let mut request = call(tokio_stream::iter([change]));
    request.metadata_mut().insert(
        "shuqiao-request-id",
        MetadataValue::try_from(request_id).unwrap(),
    );
    request.set_timeout(std::time::Duration::from_millis(1500));
    let answer = insured.platform.insurance().report_changes(request).await;
    answer.err().expect("nobody answers well here")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_have_acted_is_not_asked_again_under_its_id() {
    let mut insured = Insured::granting(World::start().await, &["name"]).await;
    let identity = insured.provider.client.identity.clone();
    let address = insured.provider.address();
    insured.provider.stop().await;
    let hostile = Hostile::start(&identity, address).await;
    for (what, acts, cause) in [
        ("broke off", vec![Act::Reset(8)], "PROVIDER_UNAVAILABLE"),
        ("answered badly", vec![Act::Reset(2)], "PROVIDER_BAD_ANSWER"),
        ("was silent", vec![], "PROVIDER_TIMEOUT"),
    ] {
        hostile.set(acts);
        let id = kit::world::new_id();
        let told = Told::of(&report(&insured, &id).await);
        assert_eq!(
            (told.reason.as_str(), told.fault.as_str()),
            ("EFFECT_UNKNOWN", "provider"),
            "{what}"
        );
        let outcome = insured.auditor.latest_outcome().await;
        assert_eq!(outcome.facts().text("reason"), Some(cause), "{what}");
        assert_eq!(outcome.facts().text("effect"), Some("unknown"), "{what}");
        let again = Told::of(&report(&insured, &id).await);
        assert_eq!(again.reason, "REQUEST_ID_REUSED", "{what}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_did_not_go_out_may_be_asked_again_under_its_id() {
    let mut insured = Insured::granting(World::start().await, &["name"]).await;
    insured.provider.stop().await;
    let id = kit::world::new_id();
    for _ in 0..2 {
        let told = Told::of(&report(&insured, &id).await);
        assert_eq!(told.reason, "PROVIDER_UNAVAILABLE");
    }
}
