//! Who gets through the door.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;

use super::{MARRIAGE, Scene, address_of, by};
use crate::client::connect;
use crate::data::Holdings;
use crate::identity::Identity;
use crate::people;
use crate::provider::Provider;

#[tokio::test]
async fn the_gateway_is_served_and_sees_a_healthy_provider() {
    let scene = Scene::of("marriage-registry").await;
    for service in ["", "shuqiao.provider.v1.CertificateProviderService"] {
        let request = HealthCheckRequest {
            service: service.to_owned(),
        };
        let answer = HealthClient::new(scene.gateway.clone())
            .check(request)
            .await
            .unwrap();
        assert_eq!(
            answer.into_inner().status(),
            ServingStatus::Serving,
            "{service}"
        );
    }
    assert_eq!(
        scene
            .find(MARRIAGE, by(&people::HUSBAND))
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(scene.provider.asked(), 1);
}

#[tokio::test]
async fn others_with_a_good_certificate_are_refused() {
    let scene = Scene::with(Holdings::default()).await;
    for uris in [
        &["spiffe://test/systems/yjs-platform"][..],
        // An account of this name can be made; it is still not the gateway.
        &["spiffe://test/auditors/gateway"],
        &[
            "spiffe://test/gateway",
            "spiffe://test/systems/yjs-platform",
        ],
        &[],
    ] {
        let other = scene.authority.issue(uris, &["127.0.0.1"]);
        let address = address_of(&scene.provider, &scene.authority);
        let channel = connect(&address, Some(&other)).await.unwrap();
        let request = HealthCheckRequest {
            service: String::new(),
        };
        let refused = HealthClient::new(channel.clone())
            .check(request)
            .await
            .err()
            .unwrap();
        assert_eq!(refused.code(), Code::Unauthenticated, "{uris:?}");
        // What the bureau's services look like is nobody else's business either.
        let nothing = tokio_stream::empty::<ServerReflectionRequest>();
        let refused = ServerReflectionClient::new(channel)
            .server_reflection_info(nothing)
            .await
            .err()
            .unwrap();
        assert_eq!(refused.code(), Code::Unauthenticated, "{uris:?}");
    }
    assert_eq!(scene.provider.asked(), 0);
}

#[tokio::test]
async fn a_connection_without_a_certificate_is_refused() {
    let scene = Scene::with(Holdings::default()).await;
    let refused = raw(&scene, None, &rustls::version::TLS13)
        .await
        .err()
        .unwrap();
    assert!(refused.contains("CertificateRequired"), "{refused}");
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused() {
    let scene = Scene::with(Holdings::default()).await;
    let other = super::TestAuthority::new().gateway();
    let refused = raw(&scene, Some(&other), &rustls::version::TLS13)
        .await
        .err()
        .unwrap();
    assert!(
        refused.contains("UnknownCA") || refused.contains("DecryptError"),
        "{refused}"
    );
}

#[tokio::test]
async fn tls_1_2_is_refused() {
    let scene = Scene::with(Holdings::default()).await;
    let gateway = scene.authority.gateway();
    let refused = raw(&scene, Some(&gateway), &rustls::version::TLS12)
        .await
        .err()
        .unwrap();
    assert!(refused.contains("ProtocolVersion"), "{refused}");
}

#[tokio::test]
async fn no_session_can_be_resumed() {
    let scene = Scene::with(Holdings::default()).await;
    let gateway = scene.authority.gateway();
    let tickets = raw(&scene, Some(&gateway), &rustls::version::TLS13)
        .await
        .unwrap();
    assert_eq!(tickets, 0);
}

#[tokio::test]
async fn a_key_of_another_certificate_is_refused_at_the_start() {
    let authority = super::TestAuthority::new();
    let (one, two) = (authority.gateway(), authority.gateway());
    let mixed = Identity {
        key_pem: two.key_pem,
        ..one
    };
    let listen = "127.0.0.1:0".parse().unwrap();
    let refused = Provider::start(&mixed, listen, Holdings::default())
        .await
        .err()
        .unwrap();
    assert!(refused.to_string().contains("identity"), "{refused}");
}

#[tokio::test]
async fn after_a_stop_the_port_is_closed() {
    let scene = Scene::of("marriage-registry").await;
    let address = scene.provider.address();
    assert!(TcpStream::connect(address).await.is_ok());
    scene.provider.stop().await;
    let refused = TcpStream::connect(address).await.err().unwrap();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
}

/// Shakes hands and reads the server's first bytes; gives the number of tickets that came.
async fn raw(
    scene: &Scene,
    identity: Option<&Identity>,
    version: &'static SupportedProtocolVersion,
) -> Result<u32, String> {
    let mut roots = RootCertStore::empty();
    roots.add(der(&scene.authority.certificate_pem())).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match identity {
        None => config.with_no_client_auth(),
        Some(own) => {
            let key = PrivateKeyDer::from_pem_slice(own.key_pem.as_bytes()).unwrap();
            config
                .with_client_auth_cert(vec![der(&own.certificate_pem)], key)
                .unwrap()
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    let stream = TcpStream::connect(scene.provider.address()).await.unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let connected = TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await;
    let mut stream = connected.map_err(|error| error.to_string())?;
    // With TLS 1.3 the server's refusal comes after the client's side is done.
    let mut first = [0; 1];
    stream
        .read_exact(&mut first)
        .await
        .map_err(|error| error.to_string())?;
    Ok(stream.get_ref().1.tls13_tickets_received())
}

fn der(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()
}
