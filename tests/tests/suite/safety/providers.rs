//! Towards providers: only to where the operator allows, only to who the endpoint says.

use api::certificate::v1::Disposition;
use api::registry::v1::endpoint::Health;
use kit::folder::Folder;
use kit::world::answer::refused;
use kit::world::command::shuqiao;
use kit::world::story::Story;
use kit::world::terms::endpoint_request;
use kit::world::{World, ask, new_id};
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
        let outcome = story.auditor.latest_outcome().await;
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

#[test]
fn a_configuration_by_which_providers_could_lie_on_this_machine_says_so_or_is_refused() {
    let folder = Folder::new("networks");
    let check = |lines: &str| {
        let file = folder.join("check.toml");
        std::fs::write(&file, format!("data = \"d\"\n{lines}\n")).unwrap();
        shuqiao(&["check-config", "--config", file.to_str().unwrap()])
    };
    let usual = check("endpoint_networks = [\"10.0.0.0/8\", \"fd00::/8\"]");
    assert_eq!(usual.code, 0, "{usual:?}");
    assert!(
        usual
            .said
            .contains("endpoints may lie in 10.0.0.0/8, fd00::/8\n"),
        "{usual:?}"
    );
    assert!(!usual.said.contains("this machine"), "{usual:?}");

    let here = "endpoint_networks = [\"10.0.0.0/8\", \"127.0.0.0/8\"]";
    let refused = check(here);
    assert_ne!(refused.code, 0, "{refused:?}");
    for text in [
        "endpoint_networks: 127.0.0.0/8 holds",
        "endpoint_loopback = true",
    ] {
        assert!(refused.told.contains(text), "{refused:?}");
    }
    let said = check(&format!("{here}\nendpoint_loopback = true"));
    assert_eq!(said.code, 0, "{said:?}");
    assert!(
        said.said.contains("may lie on this machine itself"),
        "{said:?}"
    );
    let metadata = check("endpoint_networks = [\"169.254.169.254\"]\nendpoint_loopback = true");
    assert_ne!(metadata.code, 0, "{metadata:?}");
    assert!(metadata.told.contains("link-local"), "{metadata:?}");
}
