//! Providers over real TLS on loopback, under a small authority of the tests' own.

pub(crate) mod authority;
mod behaviours;
mod enrolment;
mod filters;
mod handshakes;
mod holdings;
mod lookups;
mod rows;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use api::provider::v1 as pb;
use api::provider::v1::certificate_provider_service_client::CertificateProviderServiceClient;
use api::provider::v1::find_certificates_request::Key;
use tonic::transport::Channel;
use tonic::{Response, Status};

use crate::client::{GatewayAddress, connect, with_deadline};
use crate::data::{Holdings, holdings_for};
use crate::people::Holder;
use crate::provider::{Provider, Running};
use authority::TestAuthority;

const REQUEST_ID: &str = "0191f7a2-5b7e-7c3a-9d53-0c8f5e2b7a11";
const MARRIAGE: &str = "结婚证";
const LICENCE: &str = "营业执照";
const TITLE: &str = "不动产权证书";

/// A provider that serves, and the gateway's line to it.
struct Scene {
    provider: Running,
    gateway: Channel,
    authority: TestAuthority,
}

impl Scene {
    async fn of(system: &str) -> Self {
        Self::with(holdings_for(system).unwrap()).await
    }

    async fn with(holdings: Holdings) -> Self {
        let authority = TestAuthority::new();
        let own = authority.issue(&["spiffe://test/systems/registry"], &["127.0.0.1"]);
        let provider = Provider::start(&own, "127.0.0.1:0".parse().unwrap(), holdings)
            .await
            .unwrap();
        let gateway = connect(
            &address_of(&provider, &authority),
            Some(&authority.gateway()),
        )
        .await
        .unwrap();
        Self {
            provider,
            gateway,
            authority,
        }
    }

    /// Asks as the gateway does.
    async fn find(
        &self,
        certificate_type: &str,
        key: Key,
    ) -> Result<Vec<pb::CertificateRecord>, Status> {
        let request = pb::FindCertificatesRequest {
            ticket: Some(ticket()),
            certificate_type: type_name(certificate_type),
            items: vec!["registration_number".to_owned()],
            key: Some(key),
        };
        let answer = self.ask(request).await?.into_inner();
        assert_eq!(answer.request_id, REQUEST_ID);
        Ok(answer.certificates)
    }

    async fn ask(
        &self,
        request: pb::FindCertificatesRequest,
    ) -> Result<Response<pb::FindCertificatesResponse>, Status> {
        CertificateProviderServiceClient::new(self.gateway.clone())
            .find_certificates(with_deadline(request, Duration::from_secs(10)))
            .await
    }
}

fn address_of(provider: &Running, authority: &TestAuthority) -> GatewayAddress {
    GatewayAddress {
        address: provider.address().to_string(),
        server_name: "127.0.0.1".to_owned(),
        authority_pem: authority.certificate_pem(),
    }
}

fn ticket() -> pb::ExchangeTicket {
    pb::ExchangeTicket {
        request_id: REQUEST_ID.to_owned(),
        intent_index: 7,
        grant: "grants/0191f7a2-0000-7000-8000-000000000001".to_owned(),
        consumer: "systems/yjs-platform".to_owned(),
        matter: "matters/11430500XY0000055Q2022000000002".to_owned(),
        conformance: false,
    }
}

fn by(holder: &Holder) -> Key {
    Key::Holder(holder.to_wire())
}

fn type_name(name: &str) -> String {
    let seeds = crate::data::seeds().unwrap();
    format!(
        "certificateTypes/{}",
        seeds.certificate_type(name).unwrap().code
    )
}

/// A folder of one test, removed with it.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path =
            std::env::temp_dir().join(format!("sandbox-{name}-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
