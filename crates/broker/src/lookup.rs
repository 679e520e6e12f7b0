//! Lookup: one certificate request, from command to release.

use api::provider::v1 as pb;
use api::provider::v1::certificate_provider_service_client::CertificateProviderServiceClient;
use domain::certificate::{CertificateRecord, CertificateState, Key};
use domain::item::{ItemKey, ItemValue};
use domain::name::{CertificateTypeName, RequestId};
use domain::policy::{Ask, Permit, shaoyang_date};
use domain::release::{Release, release};
use domain::resource::ShareMode;
use ledger::receipt::IntentReceipt;
use tokio::time::Instant;

use crate::connections::ProviderFault;
use crate::exchange::{Ending, Receipt, Use, margin_before};
use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::step::Step;
use crate::wire;

/// The largest answer of one lookup.
const ANSWER_BYTES: usize = 1024 * 1024;
/// The certificates that one answer may hold by the contract (provider/v1/certificate.proto).
const MOST: usize = 16;

/// The longest that an issuer may put a caller off, in seconds: a day, by the contract.
const LONGEST_PENDING_S: u32 = 24 * 60 * 60;

/// The step at which answers without a certificate leave. Assumed: wider than searches of one database
/// differ, and not felt by a person.
const GRID: std::time::Duration = std::time::Duration::from_millis(50);

/// What a system asks to look up.
#[derive(Clone, Debug)]
pub struct Lookup {
    /// The certificate type.
    pub certificate_type: CertificateTypeName,
    /// How it is found.
    pub key: Key,
    /// The items; none named means all that is granted.
    pub items: Vec<ItemKey>,
    /// Set where it is to meet a need of a matter: the request id of the whole. Only a certificate in
    /// force is released then.
    pub part_of: Option<RequestId>,
}

/// How a lookup ended. Only the first carries anything out.
#[derive(Clone, Debug)]
pub enum Found {
    /// Exactly one.
    One(Box<FoundCertificate>),
    /// None.
    NoMatch,
    /// Several; none is guessed.
    Ambiguous,
    /// One that is not in force and would not meet the need.
    NotInForce(CertificateState),
    /// The issuer is still at work on it; ask again after so many seconds.
    Pending(u32),
}

/// The one certificate, cut to the grant.
#[derive(Clone, Debug)]
pub struct FoundCertificate {
    /// Its type.
    pub certificate_type: CertificateTypeName,
    /// Its identifier.
    pub identifier: String,
    /// Its state today.
    pub state: CertificateState,
    /// The released items.
    pub items: Vec<ItemValue>,
}

impl Gateway {
    /// Looks one certificate up under a grant.
    ///
    /// # Errors
    /// A refusal by policy, the provider's fault, or a ledger that cannot record. In each case
    /// nothing was released.
    pub async fn lookup(&self, used: &Use, lookup: &Lookup) -> Result<(Found, Receipt), Failure> {
        let ask = Ask {
            consumer: used.caller.system()?.clone(),
            resources: self
                .snapshot()
                .resources_of_type(&lookup.certificate_type)
                .to_vec(),
            mode: ShareMode::Api,
            matter: Some(used.purpose.matter.clone()),
            operator_named: used.purpose.operator.is_some(),
            items: lookup.items.clone(),
            compared: Vec::new(),
            grant: None,
        };
        let permit = self.permit(used, &ask).await?;
        let paid = self.spend(used).await?;
        let mut scope = vec![("subject", self.key_digest(&lookup.key).into())];
        if let Some(whole) = &lookup.part_of {
            scope.push(("part_of", whole.as_str().into()));
        }
        let intent = self.intend(used, &permit, scope).await?;
        let sought = Sought {
            certificate_type: &lookup.certificate_type,
            key: &lookup.key,
            items: permit.items(),
        };
        let begun = Instant::now();
        let answer = self.ask(used, self.find(&permit, &intent, &sought)).await;
        self.step(Step::Answered).await;
        let in_force = lookup.part_of.is_some();
        let found = match answer.and_then(|came| self.choose(&permit, &sought, in_force, came)) {
            Ok(found) => found,
            Err(fault) => return Err(self.fail(used, &permit, &intent, fault).await),
        };
        self.step(Step::Released).await;
        let ending = self.ending(&found);
        let receipt = self.conclude(used, &permit, &intent, ending).await?;
        if matches!(found, Chosen::NoMatch | Chosen::Ambiguous) {
            paid.missed();
            on_the_grid(begun, used.deadline).await;
        }
        Ok((found.into_found(), receipt))
    }

    /// Asks the provider. It takes the permit and the intent's receipt: without both there is no
    /// asking.
    pub(crate) async fn find(
        &self,
        permit: &Permit,
        intent: &IntentReceipt,
        sought: &Sought<'_>,
    ) -> Result<Came, ProviderFault> {
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

    /// Takes the one match and cuts it.
    fn choose(
        &self,
        permit: &Permit,
        sought: &Sought<'_>,
        in_force: bool,
        came: Came,
    ) -> Result<Chosen, ProviderFault> {
        let record = match sought.sole(came)? {
            Sole::One(record) => *record,
            Sole::NoMatch => return Ok(Chosen::NoMatch),
            Sole::Ambiguous => return Ok(Chosen::Ambiguous),
            Sole::Pending(seconds) => return Ok(Chosen::Pending(seconds)),
        };
        let state = record.state.on(shaoyang_date(self.now()), record.expires);
        if in_force && state != CertificateState::Valid {
            return Ok(Chosen::NotInForce(state));
        }
        let identifier = record.identifier.as_str().to_owned();
        let release =
            release(permit, record.items).map_err(|bad| ProviderFault::bad_answer(bad.message))?;
        Ok(Chosen::One {
            certificate_type: record.certificate_type,
            identifier,
            state,
            release,
        })
    }

    fn ending(&self, chosen: &Chosen) -> Ending {
        match chosen {
            Chosen::NoMatch => Ending::bare("no_match"),
            Chosen::Ambiguous => Ending::bare("ambiguous"),
            Chosen::Pending(_) => Ending::pending(),
            Chosen::NotInForce(state) => Ending {
                facts: vec![("state", state.as_str().into())],
                ..Ending::bare("not_in_force")
            },
            Chosen::One {
                release,
                identifier,
                ..
            } => Ending {
                facts: vec![
                    (
                        "items",
                        release
                            .keys()
                            .map(ToString::to_string)
                            .collect::<Vec<_>>()
                            .into(),
                    ),
                    ("digest", release.digest(&self.keys.pseudonyms).into()),
                    (
                        "certificate",
                        self.keys.pseudonyms.text("certificate", identifier).into(),
                    ),
                ],
                ..Ending::bare("found")
            },
        }
    }

    pub(crate) fn key_digest(&self, key: &Key) -> String {
        match key {
            Key::Holder(subject) => self.keys.pseudonyms.subject(subject),
            Key::Identifier(id) => self.keys.pseudonyms.text("certificate", id.as_str()),
        }
    }
}

/// Which certificate is sought, and which of its items.
pub(crate) struct Sought<'a> {
    pub(crate) certificate_type: &'a CertificateTypeName,
    pub(crate) key: &'a Key,
    pub(crate) items: &'a [ItemKey],
}

/// What a provider answered.
pub(crate) enum Came {
    Records(Vec<CertificateRecord>),
    /// Nothing yet; ask again after so many seconds.
    Pending(u32),
}

/// What a provider's records come to.
pub(crate) enum Sole {
    One(Box<CertificateRecord>),
    NoMatch,
    Ambiguous,
    Pending(u32),
}

impl Sought<'_> {
    /// Takes the one match and checks that it is what was asked for.
    pub(crate) fn sole(&self, came: Came) -> Result<Sole, ProviderFault> {
        let mut records = match came {
            Came::Records(records) => records,
            Came::Pending(seconds) => return Ok(Sole::Pending(seconds)),
        };
        let Some(mut record) = records.pop() else {
            return Ok(Sole::NoMatch);
        };
        if !records.is_empty() {
            return Ok(Sole::Ambiguous);
        }
        let asked_for = match self.key {
            Key::Holder(holder) => record.holders.contains(holder),
            Key::Identifier(id) => record.identifier == *id,
        };
        if !asked_for || record.certificate_type != *self.certificate_type {
            return Err(ProviderFault::bad_answer(
                "the certificate is not the one that was asked for",
            ));
        }
        record.items = record.seen_by(self.key);
        Ok(Sole::One(Box::new(record)))
    }
}

/// What was chosen, before its outcome is recorded.
enum Chosen {
    One {
        certificate_type: CertificateTypeName,
        identifier: String,
        state: CertificateState,
        release: Release,
    },
    NoMatch,
    Ambiguous,
    NotInForce(CertificateState),
    Pending(u32),
}

impl Chosen {
    fn into_found(self) -> Found {
        match self {
            Self::NotInForce(state) => Found::NotInForce(state),
            Self::Pending(seconds) => Found::Pending(seconds),
            Self::NoMatch => Found::NoMatch,
            Self::Ambiguous => Found::Ambiguous,
            Self::One {
                certificate_type,
                identifier,
                state,
                release,
            } => Found::One(Box::new(FoundCertificate {
                certificate_type,
                identifier,
                state,
                items: release.into_values(),
            })),
        }
    }
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

/// Holds an answer without a certificate until the next step of a grid, counted from the moment at which
/// the issuer was asked. Whether the issuer knows no such person or the person has no such certificate
/// is the same answer; this keeps the time its search took from telling the two apart.
pub(crate) async fn on_the_grid(begun: Instant, deadline: Instant) {
    let leaves = grid(begun, Instant::now());
    if leaves < margin_before(deadline) {
        tokio::time::sleep_until(leaves).await;
    }
}

/// The first step of the grid at or after a moment.
fn grid(begun: Instant, now: Instant) -> Instant {
    let gone = now.saturating_duration_since(begun).as_micros();
    let steps = u32::try_from(gone.div_ceil(GRID.as_micros())).unwrap_or(u32::MAX);
    let wait = GRID.checked_mul(steps.max(1));
    wait.and_then(|wait| begun.checked_add(wait)).unwrap_or(now)
}

pub(crate) fn ticket(permit: &Permit, intent: &IntentReceipt) -> pb::ExchangeTicket {
    pb::ExchangeTicket {
        request_id: intent.request_id().to_owned(),
        intent_index: i64::try_from(intent.index()).unwrap_or(i64::MAX),
        grant: permit.grant().name.to_string(),
        consumer: permit.grant().terms.consumer.to_string(),
        matter: permit.matter().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn answers_of_one_step_leave_at_the_same_moment() {
        let begun = Instant::now();
        let leaves = |gone: u64| grid(begun, begun + Duration::from_millis(gone)) - begun;
        for (gone, left) in [(0, 50), (1, 50), (49, 50), (50, 50), (51, 100), (100, 100)] {
            assert_eq!(leaves(gone), Duration::from_millis(left), "{gone}");
        }
    }
}
