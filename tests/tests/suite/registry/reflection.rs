//! Interfaces that an endpoint tells itself, by gRPC server reflection.

use std::net::SocketAddr;

use api::registry::v1 as pb;
use kit::world::answer::refused;
use kit::world::hostile::{Act, End, Hostile, framed, good_head};
use kit::world::insured::{OWNER, SYSTEM, describe};
use kit::world::terms::endpoint_request;
use kit::world::{World, ask, new_id};
use sandbox::identity::Identity;
use sandbox::insurance::DESCRIPTOR_SET;
use serde_json::json;
use tokio::task::JoinHandle;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Server, ServerTlsConfig};

use super::create_interface;

const MAIN: &str = "systems/social-security/endpoints/main";
const FIELD: &str = "interface.reflected_from";

fn request(id: &str, interface: pb::Interface) -> pb::CreateInterfaceRequest {
    let parent = format!("systems/{SYSTEM}");
    pb::CreateInterfaceRequest {
        interface: Some(pb::Interface {
            name: format!("{parent}/interfaces/{id}"),
            ..interface
        }),
        parent,
        request_id: new_id(),
    }
}

fn reflected(id: &str, endpoint: &str) -> pb::CreateInterfaceRequest {
    let interface = pb::Interface {
        reflected_from: endpoint.to_owned(),
        ..pb::Interface::default()
    };
    request(id, interface)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_endpoint_tells_is_what_its_descriptor_set_says() {
    let world = World::start().await;
    let mut provider = world.provider(SYSTEM).await;
    let owner = world.enrol_officer(OWNER, "zhao").await;
    let stranger = world.enrol_officer("市民政局", "qian").await;
    let sent = describe(&owner).await;

    let asking = reflected("v2", MAIN);
    let made = create_interface(&owner, &asking)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(made.methods, sent.methods);
    assert_eq!(made.reflected_from, MAIN);
    assert_eq!(sent.reflected_from, "");
    let entries = owner.entries().await;
    let entry = entries.last().unwrap();
    assert_eq!(super::event(entry), Some("registry.interface.created"));
    assert_eq!(entry.facts().text("reflected_from"), Some(MAIN));
    assert_eq!(entry.facts().text("digest"), Some(made.digest.as_str()));

    let told = refused(create_interface(&stranger, &reflected("v3", MAIN)).await);
    assert_eq!(told.reason, "ROLE_NOT_ALLOWED", "{told:?}");
    let ran = world.shuqiaoctl(
        &owner,
        &[
            "interfaces",
            "create",
            "systems/social-security/interfaces/v3",
            "--reflect",
            MAIN,
            "--output",
            "json",
        ],
    );
    assert_eq!(ran.code, 0, "{ran:?}");
    let said: serde_json::Value = serde_json::from_str(&ran.said).unwrap();
    assert_eq!(said["reflected_from"], json!(MAIN));
    assert_eq!(said["methods"].as_array().unwrap().len(), 4);

    provider.stop().await;
    let again = create_interface(&owner, &asking)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(again, made, "the same request has the same answer");
    let told = refused(create_interface(&owner, &reflected("v4", MAIN)).await);
    assert_eq!(
        (told.reason.as_str(), told.fault.as_str()),
        ("PROVIDER_UNAVAILABLE", "provider"),
        "{told:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_asked_is_refused_in_words_that_teach() {
    let world = World::start().await;
    let mut provider = world.provider(SYSTEM).await;
    let owner = world.enrol_officer(OWNER, "zhao").await;
    let both = pb::Interface {
        descriptor_set: DESCRIPTOR_SET.to_vec(),
        reflected_from: MAIN.to_owned(),
        ..pb::Interface::default()
    };
    let served = pb::Interface {
        reflected_from: MAIN.to_owned(),
        document_path: "/openapi.json".to_owned(),
        ..pb::Interface::default()
    };
    let elsewhere = "systems/marriage-registry/endpoints/main";
    let unknown = "systems/social-security/endpoints/other";
    for (request, field, code) in [
        (request("v1", both), FIELD, "ONE_OF_THREE"),
        (
            request("v1", served),
            "interface.document_path",
            "NOT_HTTP_JSON",
        ),
        (
            request("v1", pb::Interface::default()),
            "interface.descriptor_set",
            "REQUIRED",
        ),
        (reflected("v1", elsewhere), FIELD, "WRONG_PARENT"),
        (reflected("v1", "main"), FIELD, "WRONG_COLLECTION"),
        (reflected("v1", unknown), FIELD, "UNKNOWN_ENDPOINT"),
    ] {
        let told = refused(create_interface(&owner, &request).await);
        assert_eq!(told.reason, "REQUEST_INVALID", "{told:?}");
        assert!(told.of_field(field).starts_with(code), "{told:?}");
    }

    provider.stop().await;
    let identity = provider.client.identity.clone();
    let hostile = Hostile::start(&identity, provider.address()).await;
    let ends = |code: &str| {
        let fields = vec![
            (":status", "200".to_owned()),
            ("content-type", "application/grpc".to_owned()),
            ("grpc-status", code.to_owned()),
            ("grpc-message", "MARKED".to_owned()),
        ];
        vec![Act::Fields(fields, End::Yes)]
    };
    let says = |answer: &[u8]| vec![good_head(), Act::Data(framed(answer), End::No)];
    for (what, acts, reason, code) in [
        ("none", ends("12"), "REQUEST_INVALID", "NO_REFLECTION"),
        ("denied", ends("7"), "PROVIDER_BAD_ANSWER", ""),
        ("down", ends("14"), "PROVIDER_UNAVAILABLE", ""),
        // Field 7, an error, and field 6, a list of no services.
        ("an error", says(&[0x3a, 0]), "PROVIDER_BAD_ANSWER", ""),
        (
            "no services",
            says(&[0x32, 0]),
            "REQUEST_INVALID",
            "NO_SERVICE",
        ),
        ("no message", says(&[]), "PROVIDER_BAD_ANSWER", ""),
        ("broken", says(&[0x32, 9]), "PROVIDER_BAD_ANSWER", ""),
    ] {
        hostile.set(acts);
        let told = refused(create_interface(&owner, &reflected("v1", MAIN)).await);
        assert_eq!(told.reason, reason, "{what}: {told:?}");
        assert!(!format!("{told:?}").contains("MARKED"), "{what}: {told:?}");
        if !code.is_empty() {
            assert!(told.of_field(FIELD).starts_with(code), "{what}: {told:?}");
        }
    }
    let list = pb::ListInterfacesRequest {
        parent: format!("systems/{SYSTEM}"),
    };
    let kept = owner.interfaces().list_interfaces(ask(list)).await;
    assert_eq!(kept.unwrap().into_inner().interfaces, [], "nothing is kept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_server_is_asked_in_the_version_that_it_speaks() {
    let world = World::start().await;
    let system = world.enrol_provider(SYSTEM).await;
    let (address, serving) = older_server(&system.identity);
    let registering = endpoint_request(SYSTEM, &address.to_string());
    let registered = system.endpoints().create_endpoint(ask(registering)).await;
    registered.unwrap();
    let made = create_interface(&system, &reflected("v1", MAIN)).await;
    let made = made.unwrap().into_inner();
    assert_eq!(made.methods.len(), 4, "{:?}", made.methods);
    serving.abort();
}

/// A server that knows `grpc.reflection.v1alpha` only.
fn older_server(identity: &Identity) -> (SocketAddr, JoinHandle<()>) {
    let own = tonic::transport::Identity::from_pem(&identity.certificate_pem, &identity.key_pem);
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(DESCRIPTOR_SET)
        .build_v1alpha()
        .unwrap();
    let incoming = TcpIncoming::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = incoming.local_addr().unwrap();
    let server = Server::builder()
        .tls_config(ServerTlsConfig::new().identity(own))
        .unwrap()
        .add_service(reflection)
        .serve_with_incoming(incoming);
    let serving = tokio::spawn(async move {
        server.await.unwrap();
    });
    (address, serving)
}
