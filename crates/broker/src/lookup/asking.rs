//! Asking an issuer by the provider contract.

use api::provider::v1 as pb;
use api::provider::v1::certificate_provider_service_client::CertificateProviderServiceClient;
use domain::certificate::{CertificateRecord, CertificateState, Key};
use domain::endpoint::Protocol;
use domain::policy::{Permit, shaoyang_date};
use ledger::entry::Fact;
use ledger::receipt::IntentReceipt;

use super::sought::Sought;
use crate::connections::ProviderFault;
use crate::gateway::Gateway;
use crate::library::Signed;
use crate::wire;

/// The largest answer of one lookup.
const ANSWER_BYTES: usize = 1024 * 1024;
/// The certificates that one answer may hold by the contract (provider/v1/certificate.proto).
const MOST: usize = 16;

/// The longest that an issuer may put a caller off, in seconds: a day, by the contract.
const LONGEST_PENDING_S: u32 = 24 * 60 * 60;

/// What a provider answered.
pub(crate) enum Came {
    Records(Vec<CertificateRecord>),
    /// Nothing yet; ask again after so many seconds.
    Pending(u32),
    /// There is exactly one, which is not in force, and that is all that is told.
    NotInForce(CertificateState),
}

/// What a provider answered, and what vouches for it.
pub(crate) struct Answer {
    pub(crate) came: Came,
    pub(crate) proof: Proof,
}

/// What the outcome says of an answer beside how it ended.
#[derive(Debug, Default)]
pub(crate) struct Proof {
    /// By what it was signed, where its issuer signs.
    pub(crate) signed: Option<Signed>,
    /// The keyed hash of the person, where a network identity code stood for them.
    pub(crate) subject: Option<String>,
}

impl Proof {
    pub(crate) fn facts(&self) -> Vec<(&'static str, Fact)> {
        let signed = self.signed.iter().flat_map(Signed::facts);
        let subject = self.subject.iter();
        signed
            .chain(subject.map(|subject| ("subject", subject.as_str().into())))
            .collect()
    }
}

impl From<Came> for Answer {
    fn from(came: Came) -> Self {
        let proof = Proof::default();
        Self { came, proof }
    }
}

impl Gateway {
    /// Asks the provider. It takes the permit and the intent's receipt: without both there is no
    /// asking.
    pub(crate) async fn find(
        &self,
        permit: &Permit,
        intent: &IntentReceipt,
        sought: &Sought<'_>,
    ) -> Result<Answer, ProviderFault> {
        if let Key::NetworkIdentity(code) = sought.key {
            return Box::pin(self.find_by_code(permit, intent, sought, code)).await;
        }
        if let Protocol::CertificateLibrary(library) = &permit.endpoint().protocol {
            return Box::pin(self.find_in_library(
                permit.endpoint(),
                library,
                permit,
                intent,
                sought,
            ))
            .await;
        }
        let line = self.connections.line(permit.endpoint())?;
        let _place = line.places.enter(&permit.grant().terms.consumer)?;
        let mut client = CertificateProviderServiceClient::new(line.channel.clone())
            .max_decoding_message_size(ANSWER_BYTES);
        let key = match sought.key {
            Key::Holder(holder) => {
                pb::find_certificates_request::Key::Holder(api::certificate::v1::Holder {
                    type_code: holder.type_code().to_owned(),
                    code: holder.expose().to_owned(),
                })
            }
            Key::Identifier(id) => {
                pb::find_certificates_request::Key::Identifier(id.as_str().to_owned())
            }
            Key::NetworkIdentity(_) => return Err(unresolved()),
        };
        let request = pb::FindCertificatesRequest {
            ticket: Some(ticket(permit, intent)),
            certificate_type: sought.certificate_type.to_string(),
            items: sought.items.iter().map(ToString::to_string).collect(),
            key: Some(key),
        };
        let answer = client
            .find_certificates(request)
            .await
            .map_err(|status| ProviderFault::from_status(&status))?
            .into_inner();
        self.connections.check_peer(&line, permit.endpoint())?;
        self.came(answer, intent).map(Answer::from)
    }

    /// What a provider found, held against the contract.
    pub(crate) fn came(
        &self,
        answer: pb::FindCertificatesResponse,
        intent: &IntentReceipt,
    ) -> Result<Came, ProviderFault> {
        if answer.request_id != intent.request_id() {
            return Err(ProviderFault::bad_answer(
                "the answer is for another request",
            ));
        }
        if answer.certificates.len() > MOST {
            return Err(ProviderFault::bad_answer(
                "the provider sent more certificates than the contract allows",
            ));
        }
        if answer.pending_s != 0 {
            return pending(&answer);
        }
        let today = shaoyang_date(self.now());
        let parse = |record| wire::record_from(record, &self.reference.regions, today);
        answer
            .certificates
            .into_iter()
            .map(parse)
            .collect::<Result<_, _>>()
            .map(Came::Records)
            .map_err(|cause| ProviderFault::bad_answer(cause.to_string()))
    }
}

/// No issuer is asked about a code: it was resolved before, or this is a bug.
pub(crate) fn unresolved() -> ProviderFault {
    let message = "a network identity code was not resolved";
    ProviderFault::new(domain::reason::Reason::Internal, message)
}

/// An issuer that is still at work has found nothing yet, and says when to come back.
fn pending(answer: &pb::FindCertificatesResponse) -> Result<Came, ProviderFault> {
    match u32::try_from(answer.pending_s) {
        Ok(seconds @ 1..=LONGEST_PENDING_S) if answer.certificates.is_empty() => {
            Ok(Came::Pending(seconds))
        }
        _ => Err(ProviderFault::bad_answer(
            "the answer is pending for no such time, or holds a certificate all the same",
        )),
    }
}

pub(crate) fn ticket(permit: &Permit, intent: &IntentReceipt) -> pb::ExchangeTicket {
    pb::ExchangeTicket {
        request_id: intent.request_id().to_owned(),
        intent_index: i64::try_from(intent.index()).unwrap_or(i64::MAX),
        grant: permit.grant().name.to_string(),
        consumer: permit.grant().terms.consumer.to_string(),
        matter: permit.matter().to_string(),
        conformance: false,
    }
}
