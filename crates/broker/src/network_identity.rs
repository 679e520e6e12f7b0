//! Lookups by network identity code: the resolver says whom the code stands for, the issuer is asked about
//! that person, and the plain identity lives for this call in memory and nowhere else.
//!
//! This comes after the decision and the durable intent, which holds a keyed hash of the code. What does
//! not resolve is a certificate that is not there: nobody is told whether a code was ever good.

use std::sync::Arc;

use api::provider::v1 as pb;
use api::provider::v1::network_identity_service_client::NetworkIdentityServiceClient;
use api::provider::v1::resolve_network_identity_response::{Result as Resolved, Unresolved};
use domain::certificate::{CertificateRecord, Key};
use domain::endpoint::Endpoint;
use domain::network_identity::NetworkCode;
use domain::policy::{Permit, shaoyang_date};
use domain::reason::Reason;
use domain::subject::Subject;
use ledger::receipt::IntentReceipt;

use crate::connections::ProviderFault;
use crate::gateway::Gateway;
use crate::lookup::{Answer, Came, Proof, Sought, ticket};

/// The largest answer of a resolver.
const ANSWER_BYTES: usize = 16 * 1024;

impl Gateway {
    /// Finds certificates of whoever a code stands for; none when it stands for nobody.
    pub(crate) async fn find_by_code(
        &self,
        permit: &Permit,
        intent: &IntentReceipt,
        sought: &Sought<'_>,
        code: &NetworkCode,
    ) -> Result<Answer, ProviderFault> {
        let Some(holder) = self.resolve(permit, intent, code).await? else {
            return Ok(Came::Records(Vec::new()).into());
        };
        let key = Key::Holder(holder);
        let known = Sought {
            key: &key,
            ..*sought
        };
        let answer = Box::pin(self.find(permit, intent, &known)).await?;
        self.about(&known, answer)
    }

    /// Holds what came against the person, who is known here and not to whoever asked.
    pub(crate) fn about(
        &self,
        known: &Sought<'_>,
        answer: Answer,
    ) -> Result<Answer, ProviderFault> {
        let came = match answer.came {
            Came::Records(records) => {
                let seen = records.into_iter().map(|record| seen(known, record));
                Came::Records(seen.collect::<Result<_, _>>()?)
            }
            other @ (Came::Pending(_) | Came::NotInForce(_)) => other,
        };
        let proof = Proof {
            subject: Some(self.key_digest(known.key)),
            ..answer.proof
        };
        Ok(Answer { came, proof })
    }

    /// Whom a code stands for; none when it stands for nobody.
    pub(crate) async fn resolve(
        &self,
        permit: &Permit,
        intent: &IntentReceipt,
        code: &NetworkCode,
    ) -> Result<Option<Subject>, ProviderFault> {
        let resolver = self.resolver()?;
        let line = self.connections.line(&resolver)?;
        let consumer = &permit.grant().terms.consumer;
        let _place = line.places.enter(consumer)?;
        let mut client = NetworkIdentityServiceClient::new(line.channel.clone())
            .max_decoding_message_size(ANSWER_BYTES);
        let request = pb::ResolveNetworkIdentityRequest {
            ticket: Some(ticket(permit, intent)),
            code: code.expose().to_owned(),
            audience: consumer.to_string(),
        };
        let answer = client.resolve_network_identity(request).await;
        let answer = answer.map_err(|status| {
            let fault = ProviderFault::from_status(&status);
            ProviderFault {
                message: format!("the resolver of network identity codes: {}", fault.message),
                ..fault
            }
        })?;
        self.connections.check_peer(&line, &resolver)?;
        self.person(answer.into_inner(), intent)
    }

    /// The person of a resolver's answer, parsed and checked.
    fn person(
        &self,
        answer: pb::ResolveNetworkIdentityResponse,
        intent: &IntentReceipt,
    ) -> Result<Option<Subject>, ProviderFault> {
        let bad = |what: &str| {
            ProviderFault::bad_answer(format!("the resolver of network identity codes {what}"))
        };
        if answer.request_id != intent.request_id() {
            return Err(bad("answered another request"));
        }
        let today = shaoyang_date(self.now());
        match answer.result {
            Some(Resolved::Holder(holder)) => {
                let regions = &self.reference.regions;
                let parsed = Subject::parse(&holder.type_code, &holder.code, regions, today);
                parsed.map(Some).map_err(|_| bad("named nobody who can be"))
            }
            Some(Resolved::Unresolved(why)) => match Unresolved::try_from(why) {
                Ok(Unresolved::Unknown | Unresolved::Expired | Unresolved::Foreign) => Ok(None),
                Ok(Unresolved::Unspecified) | Err(_) => Err(bad("gave no reason that is agreed")),
            },
            None => Err(bad("said nothing")),
        }
    }

    /// The endpoint that the operator registered as the resolver.
    fn resolver(&self) -> Result<Arc<Endpoint>, ProviderFault> {
        self.snapshot().resolver().cloned().ok_or_else(|| {
            ProviderFault::new(
                Reason::ProviderNotConnected,
                "no active system resolves network identity codes",
            )
        })
    }
}

/// What whoever asked may see of a record about this person.
fn seen(
    known: &Sought<'_>,
    mut record: CertificateRecord,
) -> Result<CertificateRecord, ProviderFault> {
    known.must_be(&record)?;
    record.items = record.seen_by(known.key);
    Ok(record)
}
