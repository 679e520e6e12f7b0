//! `CertificateProviderService`: finds certificates by holder or identifier.

use api::provider::v1 as pb;
use api::provider::v1::certificate_provider_service_server::CertificateProviderService;
use api::provider::v1::find_certificates_request::Key;
use api::value::v1::ItemValue;
use api::value::v1::item_value::Kind;
use domain::certificate::CertificateRecord;
use tonic::{Request, Response, Status};

use super::behaviour::Behaviour;
use super::{Provider, ticket_of, wire};

/// The contract's limit of one answer.
const MOST: usize = 16;

#[tonic::async_trait]
impl CertificateProviderService for Provider {
    async fn find_certificates(
        &self,
        request: Request<pb::FindCertificatesRequest>,
    ) -> Result<Response<pb::FindCertificatesResponse>, Status> {
        let request = request.into_inner();
        let asked_for = match &request.key {
            Some(Key::Holder(holder)) => &holder.code,
            Some(Key::Identifier(identifier)) => identifier,
            None => return Err(Status::invalid_argument("give a holder or an identifier")),
        };
        let behaviour = self
            .conduct
            .begin(request.ticket.as_ref(), asked_for)
            .await?;
        let ticket = ticket_of(request.ticket)?;
        let of_type = |record: &&CertificateRecord| {
            record.certificate_type.as_str() == request.certificate_type
        };
        let same_type = self.holdings.certificates.iter().filter(of_type);
        let certificates = match behaviour {
            Behaviour::BreakOff => return Err(Status::unavailable("the database went away")),
            Behaviour::SwappedHolder => {
                let others = same_type.filter(|record| !matches(record, request.key.as_ref()));
                others.take(1).map(wire::record_to).collect()
            }
            Behaviour::TooMany => same_type
                .cycle()
                .take(MOST + 1)
                .map(wire::record_to)
                .collect(),
            _ => {
                let found = same_type.filter(|record| matches(record, request.key.as_ref()));
                found.take(MOST).map(wire::record_to).collect()
            }
        };
        let certificates = misbehave(behaviour, certificates);
        let request_id = behaviour.answer_id(&ticket);
        Ok(Response::new(pb::FindCertificatesResponse {
            request_id,
            certificates,
        }))
    }
}

/// Whether a certificate is asked for. Codes are compared as they are: the gateway sends them in
/// their one form.
fn matches(record: &CertificateRecord, key: Option<&Key>) -> bool {
    match key {
        Some(Key::Holder(asked)) => record
            .holders
            .iter()
            .any(|holder| holder.type_code() == asked.type_code && holder.expose() == asked.code),
        Some(Key::Identifier(identifier)) => record.identifier.as_str() == identifier,
        None => false,
    }
}

fn misbehave(
    behaviour: Behaviour,
    mut certificates: Vec<pb::CertificateRecord>,
) -> Vec<pb::CertificateRecord> {
    for certificate in &mut certificates {
        spoil(behaviour, &mut certificate.items);
    }
    certificates
}

/// Adds or changes values where the behaviour wants it.
pub(super) fn spoil(behaviour: Behaviour, values: &mut Vec<ItemValue>) {
    match behaviour {
        Behaviour::ExtraItems => values.push(ItemValue {
            key: "internal_remark".to_owned(),
            kind: Some(Kind::Text("内部备注，不得外泄".to_owned())),
        }),
        Behaviour::MistypedItem => {
            if let Some(first) = values.first_mut() {
                first.kind = Some(Kind::Integer(0));
            }
        }
        _ => {}
    }
}
