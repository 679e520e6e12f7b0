//! An endpoint that tells another interface than the registered one: seen by the probe, told with the difference to
//! owner and grant holders, once, and over when the old one is served again and a run passes.

use api::catalogue::v1 as catalogue;
use catalogue::drift_change::Kind;
use kit::world::insured::{ENDPOINT, Insured};
use kit::world::{World, ask};
use prost::Message as _;
use prost_types::field_descriptor_proto::Type;
use prost_types::{FieldDescriptorProto, FileDescriptorSet};
use sandbox::insurance::DESCRIPTOR_SET;

/// The bureau's description with its message `Insured` changed.
fn changed(change: impl Fn(&mut FieldDescriptorProto)) -> Vec<u8> {
    let mut set = FileDescriptorSet::decode(DESCRIPTOR_SET).unwrap();
    let messages = set.file.iter_mut().flat_map(|file| &mut file.message_type);
    for message in messages.filter(|message| message.name() == "Insured") {
        message.field.iter_mut().for_each(&change);
    }
    set.encode_to_vec()
}

/// How often the ledger tells of a drift that a probe saw.
async fn recorded(insured: &Insured) -> usize {
    let entries = insured.auditor.entries().await;
    let told = entries.iter().map(|entry| entry.facts().text("seen_in"));
    told.filter(|seen_in| *seen_in == Some("probe")).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_interface_than_the_registered_one_is_told_once_and_over_when_it_is_back() {
    let world = World::start().await;
    let mut insured = Insured::granting_reflected(world, &["name"]).await;
    insured.owner.probe(ENDPOINT).await;
    assert_eq!(insured.owner.drifts().await, []);

    let other = changed(|field| match field.name() {
        "name" => field.name = Some("full_name".to_owned()),
        "paid_months" => field.set_type(Type::String),
        _ => {}
    });
    insured.provider.tell(&other).await;
    for _ in 0..2 {
        insured.owner.probe(ENDPOINT).await;
        let found = insured.owner.drifts().await;
        let [drift] = found.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!(drift.resource, insured.grant.resource);
        assert_eq!(drift.seen_in(), catalogue::resource_drift::SeenIn::Probe);
        let mut changes: Vec<_> = drift
            .changes
            .iter()
            .map(|one| (one.path.as_str(), one.kind(), one.seen.as_str()))
            .collect();
        changes.sort_unstable();
        assert_eq!(
            changes,
            [
                ("insured.name", Kind::Renamed, "insured.full_name"),
                ("insured.paid_months", Kind::Retyped, "repeated string"),
            ]
        );
        // Who uses it is told as well, and nobody whom it does not concern.
        assert_eq!(insured.platform.drifts().await, found);
        assert_eq!(recorded(&insured).await, 1);
    }
    let bystander = insured.world.enrol_officer("市教育局", "zhou").await;
    assert_eq!(bystander.drifts().await, []);

    // That the old one is told again ends nothing by itself: a run does that sees all of it served.
    insured.provider.tell(DESCRIPTOR_SET).await;
    insured.owner.probe(ENDPOINT).await;
    assert_eq!(insured.owner.drifts().await.len(), 1);
    let run = ask(insured.conformance_request());
    let ran = insured.owner.endpoints().check_conformance(run).await;
    let ran = ran.unwrap().into_inner();
    assert!(ran.passed, "{:?}", ran.findings);
    assert_eq!(insured.owner.drifts().await, []);
    insured.owner.probe(ENDPOINT).await;
    assert_eq!(insured.platform.drifts().await, []);
    assert_eq!(recorded(&insured).await, 1);
}
