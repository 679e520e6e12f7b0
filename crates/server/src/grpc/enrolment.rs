//! Enrolment over gRPC.

use std::sync::Arc;

use api::registry::v1 as pb;
use api::registry::v1::create_enrolment_token_request::Subject;
use api::registry::v1::enrolment_service_server::EnrolmentService;
use domain::credential::Principal;
use domain::endpoint::Address;
use domain::fault::{self, Cause};
use domain::name::{Account, DepartmentName, Fingerprint, RequestId, SystemName};
use tonic::{Request, Response, Status};

use super::Adapter;
use super::credentials::{pem, wire};
use super::exchange::to_its_end;
use super::incoming::{Fields, Incoming, wire_time};
use crate::edge::AtWork;
use crate::status::status_of;

#[tonic::async_trait]
impl EnrolmentService for Adapter {
    async fn create_enrolment_token(
        &self,
        request: Request<pb::CreateEnrolmentTokenRequest>,
    ) -> Result<Response<pb::EnrolmentToken>, Status> {
        let incoming = Incoming::of(request)?;
        let (principal, id) = parse(&incoming.message)?;
        let act = incoming.act("CreateEnrolmentToken", &id);
        let token = self
            .gateway
            .create_enrolment_token(&act, principal)
            .await
            .map_err(status_of)?;
        Ok(Response::new(pb::EnrolmentToken {
            token: token.secret,
            expire_time: Some(wire_time(token.expires)),
        }))
    }

    async fn enrol(
        &self,
        request: Request<pb::EnrolRequest>,
    ) -> Result<Response<pb::EnrolResponse>, Status> {
        let at_work = request.extensions().get::<AtWork>().cloned();
        let message = request.into_inner();
        let mut fields = Fields::default();
        let token = fields.take("token", fault::line(&message.token, 200));
        let csr = fields.take("signing_request", pem(&message.signing_request));
        let hosts = fields.names("endpoint_hosts", &message.endpoint_hosts, host);
        if message.endpoint_hosts.len() > 8 {
            fields.fault("endpoint_hosts", &Cause::new("TOO_MANY", "at most 8"));
        }
        let ((token, csr), hosts) = fields.finish(token.zip(csr).zip(hosts))?;
        let gateway = Arc::clone(&self.gateway);
        let enrolled = to_its_end(async move {
            let _place = at_work;
            gateway.enrol(&token, &csr, &hosts).await
        });
        let issued = enrolled.await?;
        Ok(Response::new(pb::EnrolResponse {
            certificate: issued.pem,
            authority: self.gateway.own_trust_pem(),
            tls_certificate: Some(wire(
                &self.gateway,
                &self.gateway.ending_credentials(),
                &issued.credential,
            )),
        }))
    }

    async fn revoke_tls_certificate(
        &self,
        request: Request<pb::RevokeTlsCertificateRequest>,
    ) -> Result<Response<pb::TlsCertificate>, Status> {
        let incoming = Incoming::of(request)?;
        let mut fields = Fields::default();
        let id = fields.request_id(&incoming.message.request_id);
        let name = fields.name("name", &incoming.message.name, Fingerprint::parse);
        let reason = fields.take("reason", fault::line(&incoming.message.reason, 200));
        let ((id, name), reason) = fields.finish(id.zip(name).zip(reason))?;
        let act = incoming.act("RevokeTlsCertificate", &id);
        let row = self
            .gateway
            .revoke_tls_certificate(&act, &name, reason, incoming.message.renewals)
            .await
            .map_err(status_of)?;
        let ending = self.gateway.ending_credentials();
        Ok(Response::new(wire(&self.gateway, &ending, &row.value)))
    }
}

fn parse(message: &pb::CreateEnrolmentTokenRequest) -> Result<(Principal, RequestId), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(&message.request_id);
    let principal = parse_subject(&mut fields, message.subject.as_ref());
    fields.finish(principal.zip(id))
}

/// Whom a certificate is to stand for.
pub(super) fn parse_subject(fields: &mut Fields, subject: Option<&Subject>) -> Option<Principal> {
    match subject {
        Some(Subject::System(name)) => fields
            .name("system", name, SystemName::parse)
            .map(|system| Principal::System { system }),
        Some(Subject::Officer(officer)) => {
            let department = fields.name(
                "officer.department",
                &officer.department,
                DepartmentName::parse,
            );
            let account = fields.name("officer.account", &officer.account, Account::parse);
            department
                .zip(account)
                .map(|(department, account)| Principal::Officer {
                    department,
                    account,
                })
        }
        Some(Subject::Operator(account)) => fields
            .name("operator", account, Account::parse)
            .map(|account| Principal::Operator { account }),
        Some(Subject::Auditor(account)) => fields
            .name("auditor", account, Account::parse)
            .map(|account| Principal::Auditor { account }),
        None => {
            let cause = Cause::new(
                "REQUIRED",
                "name a system, an officer, an auditor or an operator",
            );
            fields.fault("subject", &cause);
            None
        }
    }
}

/// A host as an endpoint's address would have it.
fn host(text: &str) -> Result<String, Cause> {
    let with_port = if text.contains(':') {
        format!("[{text}]:1")
    } else {
        format!("{text}:1")
    };
    Ok(Address::parse(&with_port)?.host().to_owned())
}
