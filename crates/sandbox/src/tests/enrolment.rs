//! Enrolment against a stand-in for the gateway, and what the identity is good for afterwards.

use std::net::SocketAddr;

use api::registry::v1::enrolment_service_server::{EnrolmentService, EnrolmentServiceServer};
use api::registry::v1::{
    CreateEnrolmentTokenRequest, EnrolRequest, EnrolResponse, EnrolmentToken,
    RevokeTlsCertificateRequest, TlsCertificate,
};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Server, ServerTlsConfig};
use tonic::{Code, Request, Response, Status};

use super::TestAuthority;
use crate::client::{GatewayAddress, connect};
use crate::data::Holdings;
use crate::identity::{EnrolError, enrol};
use crate::provider::Provider;

struct Gateway(TestAuthority);

#[tonic::async_trait]
impl EnrolmentService for Gateway {
    async fn enrol(
        &self,
        request: Request<EnrolRequest>,
    ) -> Result<Response<EnrolResponse>, Status> {
        assert!(request.metadata().contains_key("grpc-timeout"));
        assert!(request.peer_certs().is_none());
        let request = request.into_inner();
        if request.token != "once" {
            return Err(Status::permission_denied("the token is not known"));
        }
        let hosts: Vec<&str> = request.endpoint_hosts.iter().map(String::as_str).collect();
        let uri = "spiffe://test/systems/marriage-registry";
        Ok(Response::new(EnrolResponse {
            certificate: self.0.sign(&request.signing_request, uri, &hosts),
            authority: self.0.certificate_pem(),
            tls_certificate: None,
        }))
    }

    async fn create_enrolment_token(
        &self,
        _: Request<CreateEnrolmentTokenRequest>,
    ) -> Result<Response<EnrolmentToken>, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn revoke_tls_certificate(
        &self,
        _: Request<RevokeTlsCertificateRequest>,
    ) -> Result<Response<TlsCertificate>, Status> {
        Err(Status::unimplemented("not here"))
    }
}

/// Serves until the test's runtime ends.
fn start(authority: TestAuthority) -> GatewayAddress {
    let incoming = TcpIncoming::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address: SocketAddr = incoming.local_addr().unwrap();
    let own = authority.gateway();
    let tls = ServerTlsConfig::new().identity(tonic::transport::Identity::from_pem(
        &own.certificate_pem,
        &own.key_pem,
    ));
    let authority_pem = authority.certificate_pem();
    let service = EnrolmentServiceServer::new(Gateway(authority));
    let server = Server::builder()
        .tls_config(tls)
        .unwrap()
        .add_service(service);
    tokio::spawn(server.serve_with_incoming(incoming));
    GatewayAddress {
        address: address.to_string(),
        server_name: "127.0.0.1".to_owned(),
        authority_pem,
    }
}

#[tokio::test]
async fn an_enrolled_system_can_serve() {
    let authority = TestAuthority::new();
    let as_gateway = authority.gateway();
    let gateway = start(authority);
    let identity = enrol(&gateway, "once", &["127.0.0.1".to_owned()])
        .await
        .unwrap();
    assert_eq!(identity.authority_pem, gateway.authority_pem);
    let listen = "127.0.0.1:0".parse().unwrap();
    let provider = Provider::start(&identity, listen, Holdings::default())
        .await
        .unwrap();
    let line = GatewayAddress {
        address: provider.address().to_string(),
        ..gateway
    };
    assert!(connect(&line, Some(&as_gateway)).await.is_ok());
}

#[tokio::test]
async fn a_refusal_says_why_and_does_not_repeat_the_token() {
    let gateway = start(TestAuthority::new());
    let refused = enrol(&gateway, "guessed-token", &[]).await.unwrap_err();
    assert!(!format!("{refused} {refused:?}").contains("guessed-token"));
    let EnrolError::Refused(status) = refused else {
        panic!("{refused}")
    };
    assert_eq!(status.code(), Code::PermissionDenied);
}

#[tokio::test]
async fn another_authority_is_not_the_gateway() {
    let mut gateway = start(TestAuthority::new());
    gateway.authority_pem = TestAuthority::new().certificate_pem();
    let refused = enrol(&gateway, "once", &[]).await.unwrap_err();
    assert!(matches!(refused, EnrolError::Connect(_)), "{refused}");
}
