//! Towards providers: only to where the operator allows, only to who the endpoint says.

use api::certificate::v1::Disposition;
use api::registry::v1::endpoint::Health;
use kit::world::answer::refused;
use kit::world::story::Story;
use kit::world::terms::endpoint_request;
use kit::world::{World, ask, new_id};
use ledger::entry::Kind;
use sandbox::people;
use tonic::Code;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_is_another_system_learns_nothing_and_is_not_believed() {
    let mut story = Story::of_marriages().await;
    story.lookup(&people::HUSBAND).await.unwrap();
    // Another system, well enrolled, answers at the address of the registry.
    let impostor = story.world.enrol_provider("enterprise-registry").await;
    story.provider.answer_as(&impostor.identity).await;
    // The first may meet the end of the old connection; the others meet the impostor.
    for _ in 0..3 {
        let told = refused(story.lookup(&people::HUSBAND).await);
        let expected = ["PROVIDER_UNAVAILABLE", "PROVIDER_BAD_ANSWER"];
        assert!(expected.contains(&told.reason.as_str()), "{told:?}");
        assert_eq!(told.fault, "provider");
        let entries = story.auditor.entries().await;
        let outcome = entries.last().unwrap();
        assert!(matches!(outcome.kind(), Kind::Outcome { .. }));
        assert_eq!(Some(outcome.index()), told.entry);
        assert_eq!(outcome.facts().text("fault"), Some("provider"));
        assert_eq!(outcome.facts().flag("released"), Some(false));
    }
    assert_eq!(
        story.provider.running().asked(),
        0,
        "the person was named to the impostor"
    );
    let name = "systems/marriage-registry/endpoints/main".to_owned();
    let request = api::registry::v1::ProbeEndpointRequest {
        name,
        request_id: new_id(),
    };
    let probed = story
        .provider
        .client
        .endpoints()
        .probe_endpoint(ask(request))
        .await
        .unwrap();
    assert_eq!(probed.into_inner().health(), Health::Failing);
    // And the registry itself is believed again.
    let own = story.provider.client.identity.clone();
    story.provider.answer_as(&own).await;
    let request = story.lookup_request(&people::HUSBAND);
    let found = story.until_reached(&request).await;
    assert_eq!(found.disposition(), Disposition::Found);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endpoint_outside_the_allowed_networks_is_refused_and_nothing_is_stored() {
    let world = World::start().await;
    let system = world.enrol_provider("marriage-registry").await;
    let before = world.operator.entries().await.len();
    for address in [
        "169.254.169.254:80",
        "[::ffff:169.254.169.254]:80",
        "8.8.8.8:443",
        "[2001:4860:4860::8888]:443",
        "10.0.0.1:9443",
        "0.0.0.0:9443",
        "[::1]:9443",
        "128.0.0.1:9443",
    ] {
        let request = endpoint_request("marriage-registry", address);
        let told = refused(system.endpoints().create_endpoint(ask(request)).await);
        assert_eq!(
            (told.code, told.reason.as_str()),
            (Code::InvalidArgument, "REQUEST_INVALID")
        );
        let said = told.of_field("endpoint.address");
        assert!(said.starts_with("ADDRESS_NOT_ALLOWED"), "{address}: {said}");
    }
    for address in [
        "http://127.0.0.1:9443",
        "user@127.0.0.1:9443",
        "127.0.0.1:9443/path",
        "2130706433:9443",
        "0x7f.1:9443",
        "127.1:9443",
        "unix:/run/provider",
        "127.0.0.1",
        "127.0.0.1:0",
        "",
    ] {
        let request = endpoint_request("marriage-registry", address);
        let told = refused(system.endpoints().create_endpoint(ask(request)).await);
        let said = told.of_field("endpoint.address");
        assert!(said.starts_with("NOT_AN_ADDRESS"), "{address}: {said}");
    }
    assert_eq!(world.operator.entries().await.len(), before);
}
