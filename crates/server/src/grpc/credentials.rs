//! TLS certificates over gRPC.

use std::sync::Arc;

use api::registry::v1 as pb;
use api::registry::v1::tls_certificate_service_server::TlsCertificateService;
use broker::{CredentialFilter, Ending, Gateway};
use domain::credential::{Credential, Principal};
use domain::fault::{self, Cause};
use domain::name::{DepartmentName, Fingerprint, RequestId};
use tonic::{Request, Response, Status};

use super::Adapter;
use super::enrolment::parse_subject;
use super::exchange::to_its_end;
use super::incoming::{Fields, Incoming, page, wire_time};
use crate::status::status_of;

#[tonic::async_trait]
impl TlsCertificateService for Adapter {
    async fn list_tls_certificates(
        &self,
        request: Request<pb::ListTlsCertificatesRequest>,
    ) -> Result<Response<pb::ListTlsCertificatesResponse>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let page = page(message.page_size, &message.page_token)?;
        let filter = parse_filter(message)?;
        let found = self.gateway.credentials(&incoming.caller, &page, &filter);
        let found = found.await.map_err(status_of)?;
        let ending = self.gateway.ending_credentials();
        let wire = |row: &broker::Stored<Credential>| wire(&self.gateway, &ending, &row.value);
        Ok(Response::new(pb::ListTlsCertificatesResponse {
            tls_certificates: found.rows.iter().map(wire).collect(),
            next_page_token: found.next,
        }))
    }

    async fn get_tls_certificate(
        &self,
        request: Request<pb::GetTlsCertificateRequest>,
    ) -> Result<Response<pb::TlsCertificate>, Status> {
        let incoming = Incoming::of(request)?;
        let mut fields = Fields::default();
        let name = fields.name("name", &incoming.message.name, Fingerprint::parse);
        let name = fields.finish(name)?;
        let row = self.gateway.credential(&incoming.caller, &name).await;
        let row = row.map_err(status_of)?;
        let ending = self.gateway.ending_credentials();
        Ok(Response::new(wire(&self.gateway, &ending, &row.value)))
    }

    async fn renew_tls_certificate(
        &self,
        request: Request<pb::RenewTlsCertificateRequest>,
    ) -> Result<Response<pb::RenewTlsCertificateResponse>, Status> {
        let incoming = Incoming::of(request)?;
        let (csr, id) = parse_renewal(&incoming.message)?;
        let gateway = Arc::clone(&self.gateway);
        // To its end: what is issued when the caller goes away, it gets with the same request id.
        let renewed = to_its_end(async move {
            let act = incoming.act("RenewTlsCertificate", &id);
            gateway.renew_tls_certificate(&act, &csr).await
        });
        let renewed = renewed.await?;
        let ending = self.gateway.ending_credentials();
        Ok(Response::new(pb::RenewTlsCertificateResponse {
            certificate: renewed.pem,
            authority: self.gateway.own_trust_pem(),
            tls_certificate: Some(wire(&self.gateway, &ending, &renewed.credential)),
        }))
    }

    async fn register_tls_certificate(
        &self,
        request: Request<pb::RegisterTlsCertificateRequest>,
    ) -> Result<Response<pb::TlsCertificate>, Status> {
        let incoming = Incoming::of(request)?;
        let (principal, chain, id) = parse_registration(&incoming.message)?;
        let act = incoming.act("RegisterTlsCertificate", &id);
        let row = self
            .gateway
            .register_tls_certificate(&act, principal, &chain)
            .await
            .map_err(status_of)?;
        let ending = self.gateway.ending_credentials();
        Ok(Response::new(wire(&self.gateway, &ending, &row.value)))
    }
}

fn parse_registration(
    message: &pb::RegisterTlsCertificateRequest,
) -> Result<(Principal, String, RequestId), Status> {
    use pb::create_enrolment_token_request::Subject as Named;
    use pb::register_tls_certificate_request::Subject;
    let mut fields = Fields::default();
    let id = fields.request_id(&message.request_id);
    let named = message.subject.clone().map(|subject| match subject {
        Subject::System(name) => Named::System(name),
        Subject::Officer(officer) => Named::Officer(officer),
        Subject::Auditor(account) => Named::Auditor(account),
        Subject::Operator(account) => Named::Operator(account),
    });
    let principal = parse_subject(&mut fields, named.as_ref());
    let chain = fields.take("certificate", certificate(&message.certificate));
    let ((principal, chain), id) = fields.finish(principal.zip(chain).zip(id))?;
    Ok((principal, chain, id))
}

/// A certificate in PEM, by its looks.
fn certificate(text: &str) -> Result<String, Cause> {
    if text.len() > 64 * 1024 || !text.contains("-----BEGIN CERTIFICATE-----") {
        return Err(Cause::new("NOT_PEM", "give a certificate in PEM"));
    }
    Ok(text.to_owned())
}

fn parse_filter(message: &pb::ListTlsCertificatesRequest) -> Result<CredentialFilter, Status> {
    let mut fields = Fields::default();
    let subject = fields.optional("subject", &message.subject, |text| fault::line(text, 200));
    let department = fields.optional("department", &message.department, DepartmentName::parse);
    fields.finish(Some(CredentialFilter {
        subject,
        department,
        expires_soon: message.expires_soon,
    }))
}

fn parse_renewal(message: &pb::RenewTlsCertificateRequest) -> Result<(String, RequestId), Status> {
    let mut fields = Fields::default();
    let csr = fields.take("signing_request", pem(&message.signing_request));
    let id = fields.request_id(&message.request_id);
    fields.finish(csr.zip(id))
}

/// A signing request in PEM, by its looks.
pub(super) fn pem(text: &str) -> Result<String, Cause> {
    if text.len() > 16 * 1024 || !text.contains("-----BEGIN CERTIFICATE REQUEST-----") {
        return Err(Cause::new(
            "NOT_A_SIGNING_REQUEST",
            "give a PKCS #10 request in PEM",
        ));
    }
    Ok(text.to_owned())
}

/// A TLS certificate for the wire.
pub(super) fn wire(
    gateway: &Gateway,
    ending: &Ending,
    credential: &Credential,
) -> pb::TlsCertificate {
    let revoked = credential.revoked.as_ref();
    let issuance = credential.issuance.as_ref();
    // The gateway makes its own by itself, and what is revoked or unknown is not carried on.
    let renewable = issuance.filter(|issuance| {
        revoked.is_none()
            && !issuance.external
            && !matches!(credential.principal, Principal::Gateway)
    });
    let department = gateway.department_of(&credential.principal);
    pb::TlsCertificate {
        name: credential.name.to_string(),
        subject: credential.principal.to_string(),
        start_time: Some(wire_time(credential.not_before)),
        expire_time: Some(wire_time(credential.not_after)),
        revoke_time: revoked.map(|revoked| wire_time(revoked.at)),
        revoke_reason: revoked
            .map(|revoked| revoked.reason.clone())
            .unwrap_or_default(),
        department: department.map(|name| name.to_string()).unwrap_or_default(),
        renewable_time: renewable.map(|_| wire_time(credential.renewable_from(ending.terms))),
        expires_soon: ending.names.contains(&credential.name),
        external: credential.is_external(),
        renews: credential
            .renews()
            .map(ToString::to_string)
            .unwrap_or_default(),
        endpoint_hosts: issuance
            .map(|issuance| issuance.hosts.clone())
            .unwrap_or_default(),
    }
}
