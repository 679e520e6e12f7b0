//! `CertificateProviderService`: finds certificates by holder or identifier.

use std::sync::PoisonError;

use api::provider::v1 as pb;
use api::provider::v1::certificate_provider_service_server::CertificateProviderService;
use api::provider::v1::find_certificates_request::Key;
use api::value::v1::ItemValue;
use api::value::v1::item_value::Kind;
use domain::certificate::CertificateRecord;
use tonic::{Request, Response, Status};

use super::behaviour::Behaviour;
use super::certificate_files::Messages;
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
            None => "",
        };
        let conduct = self.conduct.begin(request.ticket.as_ref(), asked_for);
        let behaviour = conduct.await?;
        let ticket = ticket_of(request.ticket)?;
        let Some(key) = request.key else {
            return Err(Status::invalid_argument("give a holder or an identifier"));
        };
        let found = self.find(&request.certificate_type, &key, behaviour)?;
        let told = found.into_iter().map(|record| self.told(record));
        let mut certificates: Vec<_> = told.collect();
        for certificate in &mut certificates {
            spoil(behaviour, &mut certificate.items);
        }
        let mut answer = pb::FindCertificatesResponse {
            request_id: behaviour.answer_id(&ticket),
            certificates,
            pending_s: 0,
        };
        if behaviour == Behaviour::Pending {
            answer.certificates.clear();
            answer.pending_s = 600;
        }
        Ok(Response::new(answer))
    }

    type FetchCertificateFileStream = Messages;

    async fn fetch_certificate_file(
        &self,
        request: Request<pb::FetchCertificateFileRequest>,
    ) -> Result<Response<Messages>, Status> {
        self.file(request.into_inner()).await.map(Response::new)
    }
}

impl Provider {
    /// A certificate as it stands now: its state may have changed since the start.
    pub(super) fn told(&self, record: &CertificateRecord) -> pb::CertificateRecord {
        let mut told = wire::record_to(record);
        let changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(state) = changed.get(&told.identifier) {
            told.set_state(*state);
        }
        told
    }

    /// All certificates of a type that match a key; unknown types have none.
    pub(super) fn find(
        &self,
        certificate_type: &str,
        key: &Key,
        behaviour: Behaviour,
    ) -> Result<Vec<&CertificateRecord>, Status> {
        let of_type =
            |record: &&CertificateRecord| record.certificate_type.as_str() == certificate_type;
        let all = self.holdings.certificates.iter().filter(of_type);
        Ok(match behaviour {
            Behaviour::BreakOff => return Err(Status::unavailable("the database went away")),
            Behaviour::SwappedHolder => {
                all.filter(|record| !matches(record, key)).take(1).collect()
            }
            Behaviour::TooMany => all.cycle().take(MOST + 1).collect(),
            Behaviour::NeverNone if !all.clone().any(|record| matches(record, key)) => {
                all.take(1).collect()
            }
            _ => all
                .filter(|record| matches(record, key))
                .take(MOST)
                .collect(),
        })
    }
}

/// Whether a certificate is asked for. Codes are compared as they are: the gateway sends them in
/// their one form.
fn matches(record: &CertificateRecord, key: &Key) -> bool {
    match key {
        Key::Holder(asked) => record
            .holders
            .iter()
            .any(|holder| holder.type_code() == asked.type_code && holder.expose() == asked.code),
        Key::Identifier(identifier) => record.identifier.as_str() == identifier,
    }
}

/// Adds or changes values where the behaviour wants it.
pub(super) fn spoil(behaviour: Behaviour, values: &mut Vec<ItemValue>) {
    match behaviour {
        Behaviour::ExtraItems => values.push(ItemValue {
            key: "internal_remark".to_owned(),
            kind: Some(Kind::Text("内部备注，不得外泄".to_owned())),
        }),
        Behaviour::RenamedItem => {
            let names = values.iter().position(|value| value.key == "husband_name");
            if let Some(one) = values.get_mut(names.unwrap_or_default()) {
                "renamed".clone_into(&mut one.key);
            }
        }
        Behaviour::MistypedItem => {
            for value in values {
                value.kind = Some(Kind::Integer(0));
            }
        }
        _ => {}
    }
}
