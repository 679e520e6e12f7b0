//! An item that is served under another name is told from live traffic, whatever the way of its answers.

use api::catalogue::v1 as catalogue;
use api::certificate::v1 as certificate;
use api::registry::v1 as registry;
use api::value::v1::{ItemValue, Purpose, item_value::Kind};
use kit::world::conformed::{request, sample};
use kit::world::shelved::Shelved;
use kit::world::story::Story;
use kit::world::terms::{CASE, CLERK, purpose};
use kit::world::{Client, ask, new_id};
use sandbox::library::{Conduct, place_of};
use sandbox::people::{COMPANY, HUSBAND, STRANGER, background_firm};
use sandbox::provider::Behaviour;

/// Calls after which ten answers were looked at: an entry's turn comes about once a second.
const CALLS: usize = 20_000;

/// Goes on with calls until what they show is told; who owns the entry and who calls are told the same.
async fn until_told(
    name: &str,
    (owner, holder): (&Client, &Client),
    call: impl AsyncFn(usize),
) -> catalogue::ResourceDrift {
    for number in 1..CALLS {
        call(number).await;
        if let [drift] = owner.drifts().await.as_slice() {
            assert_eq!(drift.resource, name);
            assert_eq!(drift.seen_in(), catalogue::resource_drift::SeenIn::Traffic);
            assert_eq!(holder.drifts().await, std::slice::from_ref(drift));
            return drift.clone();
        }
    }
    panic!("{name} does not drift");
}

/// A case and an operator of their own: the budget of one is soon spent.
fn purpose_of(number: usize) -> Purpose {
    Purpose {
        case_number: format!("{CASE}-{number}"),
        operator: format!("{CLERK}{}", number / 1000),
        ..purpose()
    }
}

/// The one item that has another name now.
fn renamed(drift: &catalogue::ResourceDrift) -> (&str, &str) {
    let [change] = drift.changes.as_slice() else {
        panic!("{drift:?}")
    };
    assert_eq!(change.kind(), catalogue::drift_change::Kind::Renamed);
    (&change.path, &change.seen)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renamed_item_is_told_by_verifications_of_a_certificate() {
    let story = Story::of_marriages().await;
    story.conform().await;
    let verify = async |number| {
        let claimed = ItemValue {
            key: "husband_name".to_owned(),
            kind: Some(Kind::Text(HUSBAND.name.clone().into_owned())),
        };
        let request = certificate::VerifyCertificateRequest {
            certificate_type: story.resource.certificate_type.clone(),
            key: Some(certificate::verify_certificate_request::Key::Holder(
                HUSBAND.to_wire(),
            )),
            purpose: Some(purpose_of(number)),
            claimed: vec![claimed],
            request_id: new_id(),
            ..certificate::VerifyCertificateRequest::default()
        };
        let mut certificates = story.platform.certificates();
        certificates.verify_certificate(ask(request)).await.unwrap();
    };
    verify(0).await;
    assert_eq!(story.owner.drifts().await, []);
    let provider = story.provider.running();
    provider.set_behaviour(Behaviour::RenamedItem);
    let who = (&story.owner, &story.platform);
    let drift = until_told(&story.resource.name, who, verify).await;
    assert_eq!(renamed(&drift), ("husband_name", "renamed"));
    // As it was, and tried again: it is over.
    provider.set_behaviour(Behaviour::Normal);
    story.conform().await;
    assert_eq!(story.owner.drifts().await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renamed_item_is_told_by_rows() {
    let story = Story::of_enterprises().await;
    let absent = background_firm(9_000);
    let sample = registry::ConformanceSample {
        holder_item: "credit_code".to_owned(),
        ..sample(&story.resource.name, &COMPANY, &absent)
    };
    let run = request("systems/enterprise-registry/endpoints/main", vec![sample]);
    let run = story.owner.endpoints().check_conformance(ask(run)).await;
    let run = run.unwrap().into_inner();
    assert!(run.passed, "{:?}", run.findings);
    let read = async |number| {
        let mut request = story.read_request(3);
        request.purpose = Some(purpose_of(number));
        let (rows, ended) = story.read(request).await;
        assert!(!rows.is_empty() && ended.is_ok());
    };
    read(0).await;
    assert_eq!(story.owner.drifts().await, []);
    let provider = story.provider.running();
    provider.set_behaviour(Behaviour::RenamedItem);
    let who = (&story.owner, &story.platform);
    let drift = until_told(&story.resource.name, who, read).await;
    assert_eq!(renamed(&drift).1, "renamed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renamed_metadatum_of_a_library_is_told_by_lookups() {
    let shelved = Shelved::start().await;
    let sample = sample(&shelved.resource.name, &HUSBAND, &STRANGER);
    let run = request(&shelved.endpoint().name, vec![sample]);
    let run = shelved.owner.endpoints().check_conformance(ask(run)).await;
    assert!(run.unwrap().into_inner().passed);
    let lookup = async |number| {
        let mut request = shelved.request(&HUSBAND);
        request.purpose = Some(purpose_of(number));
        drop(shelved.send(request).await.unwrap());
    };
    lookup(0).await;
    assert_eq!(shelved.owner.drifts().await, []);
    shelved.library.set(Conduct::RenamedMetadatum);
    let who = (&shelved.owner, &shelved.platform);
    let drift = until_told(&shelved.resource.name, who, lookup).await;
    let place = place_of("husband_name");
    assert_eq!(renamed(&drift), (place.as_str(), "KZXX.RENAMED"));
}
