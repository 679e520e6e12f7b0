//! Asking a certificate library of the national standard, which is one more issuer.
//!
//! The contract stands in `docs/CERTIFICATE_LIBRARY.md`. A question is one HTTP request ([`line`]); the
//! answer is believed when the pinned key signed it for this very question ([`envelope`], [`sm2`]), and
//! its records are read like those of every issuer.

mod account;
mod download;
mod envelope;
mod line;
mod sm2;

use domain::certificate::{CertificateRecord, Key};
use domain::endpoint::Endpoint;
use domain::fault::{Cause, Faults};
use domain::library::code::{Meaning, meaning};
use domain::library::record::Reading;
use domain::library::{Library, use_cause};
use domain::name::{CertificateTypeName, SystemName};
use domain::policy::{Permit, shaoyang_date};
use domain::reason::Reason;
use domain::resource::Resource;
use domain::subject::Subject;
use ledger::entry::Fact;
use ledger::receipt::IntentReceipt;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::call::ProviderCode;
use crate::conformance::Examining;
use crate::connections::{ProviderFault, resolve};
use crate::endpoints::Tls;
use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::lookup::{Answer, Came, Proof, Sought, unresolved};
use envelope::{Operation, Told};
pub(crate) use line::Libraries;

/// The largest answer of one question, before it is decrypted.
const ANSWER_BYTES: usize = 1024 * 1024;
/// The certificates that one answer may hold.
const MOST: usize = 16;

/// By what an answer was signed; the signature was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The algorithm, `SM2-SM3`.
    pub algorithm: &'static str,
    /// What the issuer calls its key.
    pub key_id: String,
}

/// What an answer with certificates holds.
#[derive(Deserialize)]
struct Certificates {
    certificates: Vec<Map<String, Value>>,
}

/// Which question goes where.
struct Asked<'a> {
    endpoint: &'a Endpoint,
    library: &'a Library,
    operation: Operation,
    /// The largest answer, in bytes.
    most: usize,
}

/// For whom a library is asked, and why.
struct Errand<'a> {
    request_id: &'a str,
    consumer: &'a SystemName,
    cause: String,
    resource: &'a Resource,
}

impl Signed {
    /// For the outcome entry.
    pub(crate) fn facts(&self) -> Vec<(&'static str, Fact)> {
        vec![
            ("signature_algorithm", self.algorithm.into()),
            ("signature_key", self.key_id.as_str().into()),
        ]
    }
}

impl Gateway {
    /// Asks a library for certificates. It takes what asking every issuer takes.
    pub(crate) async fn find_in_library(
        &self,
        endpoint: &Endpoint,
        library: &Library,
        permit: &Permit,
        intent: &IntentReceipt,
        sought: &Sought<'_>,
    ) -> Result<Answer, ProviderFault> {
        let errand = self.errand(permit, intent);
        let kind = sought.certificate_type;
        let finding = self.find_for(&errand, endpoint, library, kind, sought.key);
        let (came, signed) = finding.await?;
        Ok(Answer {
            came,
            proof: Proof {
                signed: Some(signed),
                subject: None,
            },
        })
    }

    async fn find_for(
        &self,
        errand: &Errand<'_>,
        endpoint: &Endpoint,
        library: &Library,
        kind: &CertificateTypeName,
        key: &Key,
    ) -> Result<(Came, Signed), ProviderFault> {
        let (operation, input) = match key {
            Key::Identifier(id) => (
                Operation::QueryCertInfo,
                [("certIdentifier", id.as_str().into())].to_vec(),
            ),
            Key::Holder(holder) => (
                Operation::QueryCertInfoByHolderCode,
                [
                    ("holderCode", holder.expose().into()),
                    ("holderTypeCode", holder.type_code().into()),
                    ("certTypeCode", kind.id().into()),
                ]
                .to_vec(),
            ),
            Key::NetworkIdentity(_) => return Err(unresolved()),
        };
        let asked = Asked {
            endpoint,
            library,
            operation,
            most: ANSWER_BYTES,
        };
        let told = self.ask_library(&asked, errand, input).await?;
        let came = match judge(&told)? {
            Meaning::NoMatch => Came::Records(Vec::new()),
            Meaning::Answered => {
                let state = domain::certificate::CertificateState::Valid;
                Came::Records(self.records(library, errand.resource, &told, state)?)
            }
            Meaning::NotInForce(state) if told.data.is_none() => Came::NotInForce(state),
            Meaning::NotInForce(state) => {
                Came::Records(self.records(library, errand.resource, &told, state)?)
            }
            Meaning::Question | Meaning::Fault(_) => {
                return Err(ProviderFault::bad_answer("the code means nothing here"));
            }
        };
        Ok((came, told.signed))
    }

    /// Asks about a sample, for a run of the conformance kit that is recorded.
    pub(crate) async fn sample_in_library(
        &self,
        endpoint: &Endpoint,
        library: &Library,
        resource: &Resource,
        holder: &Subject,
        examining: &Examining,
    ) -> Result<Came, ProviderFault> {
        let request_id = self.ids.uuid();
        let errand = Errand {
            request_id: &request_id,
            consumer: &endpoint.system,
            cause: format!("shuqiao conformance, ledger entry {}", examining.entry),
            resource,
        };
        let kind = resource.certificate_type.as_ref().ok_or_else(|| {
            ProviderFault::new(
                Reason::ProviderNotConnected,
                "the resource is no certificate",
            )
        })?;
        let key = Key::Holder(holder.clone());
        Ok(self
            .find_for(&errand, endpoint, library, kind, &key)
            .await?
            .0)
    }

    /// For whom and why a library is asked under a permit and its intent.
    fn errand<'a>(&self, permit: &'a Permit, intent: &'a IntentReceipt) -> Errand<'a> {
        let grant = permit.grant();
        let snapshot = self.snapshot();
        let title = snapshot
            .matter(permit.matter())
            .map_or("", |matter| matter.title.as_str());
        Errand {
            request_id: intent.request_id(),
            consumer: &grant.terms.consumer,
            cause: use_cause(permit.matter(), title, &grant.name, grant.version),
            resource: permit.resource(),
        }
    }

    /// One question to a library, and its answer as far as it is believed.
    async fn ask_library(
        &self,
        asked: &Asked<'_>,
        errand: &Errand<'_>,
        input: Vec<(&'static str, Value)>,
    ) -> Result<Told, ProviderFault> {
        let library = asked.library;
        let system = &asked.endpoint.system;
        let account = self.libraries.account(system, library).await?;
        let question = account.question(errand.request_id, &errand.cause, input);
        let posted = self
            .libraries
            .post(asked, errand.consumer, question.clone());
        let told = envelope::open(
            &posted.await?,
            &library.signer,
            asked.operation,
            errand.request_id,
            &question,
        )?;
        account.unlock(library, told)
    }

    fn records(
        &self,
        library: &Library,
        resource: &Resource,
        told: &Told,
        state: domain::certificate::CertificateState,
    ) -> Result<Vec<CertificateRecord>, ProviderFault> {
        let holding = library.holding(&resource.name).ok_or_else(|| {
            ProviderFault::new(
                Reason::ProviderNotConnected,
                "the library is not registered for this resource",
            )
        })?;
        let data = told.data.as_deref().unwrap_or_default();
        let bad = |what: &str| ProviderFault::bad_answer(format!("the library's data {what}"));
        domain::json::check(data).map_err(|_| bad("is not JSON that everybody reads alike"))?;
        let found: Certificates =
            serde_json::from_slice(data).map_err(|_| bad("holds no list of certificates"))?;
        if found.certificates.is_empty() || found.certificates.len() > MOST {
            return Err(bad("holds none or more certificates than agreed"));
        }
        let reading = Reading {
            holding,
            resource,
            regions: &self.reference.regions,
            today: shaoyang_date(self.now()),
        };
        let read = |record: &Map<String, Value>| reading.record(record, state);
        let records = found.certificates.iter().map(read);
        let records: Result<Vec<_>, _> = records.collect();
        records.map_err(|cause| bad(&format!("breaks the contract: {cause}")))
    }

    /// Looks at a library before it is registered: every fault at once.
    pub(crate) async fn must_be_library(
        &self,
        endpoint: &Endpoint,
        library: &Library,
    ) -> Result<(), Failure> {
        let mut faults: Faults = library.faults(&self.snapshot(), &endpoint.system);
        if sm2::verifying_key(&library.signer).is_none() {
            let message = "the point does not lie on the curve of SM2";
            let field = "endpoint.library.public_key";
            faults.add(field, "NOT_A_PUBLIC_KEY", message);
        }
        if let Err(fault) = self.libraries.account(&endpoint.system, library).await {
            faults.add("endpoint.library.secret", "SECRET_REFUSED", fault.message);
        }
        let place = resolve(&endpoint.address, &self.settings.endpoint_networks).await;
        let place = place.map_err(|error| Cause::new("ADDRESS_NOT_ALLOWED", error.to_string()));
        let place = faults.check("endpoint.address", place);
        faults.finish(place).map(drop)?;
        Ok(())
    }

    /// Whether the library is there and its account can be read. Nobody is named for a test.
    pub(crate) async fn check_library(
        &self,
        endpoint: &Endpoint,
        library: &Library,
    ) -> Result<Option<Tls>, String> {
        let system = &endpoint.system;
        let account = self.libraries.account(system, library).await;
        account.map_err(|fault| fault.message)?;
        let trust = self.libraries.trust(system, library).await;
        let trust = trust.map_err(|fault| fault.message)?;
        let dialled = self.libraries.dial(endpoint, &trust).await;
        dialled.map(|(_, tls)| tls).map_err(|fault| fault.message)
    }
}

/// What a code says; whose fault it is where it says no.
fn judge(told: &Told) -> Result<Meaning, ProviderFault> {
    let code = told.code;
    let Some((says, meaning)) = meaning(code) else {
        let message = format!("the library answered {code}, which is not agreed");
        return Err(ProviderFault::bad_answer(message));
    };
    match meaning {
        Meaning::Fault(reason) => {
            let message = format!("the library answered {code}: {says}");
            Err(ProviderFault::new(reason, message))
        }
        Meaning::Question => Err(ProviderFault::of_code(ProviderCode::InvalidArgument)),
        said @ (Meaning::Answered | Meaning::NoMatch | Meaning::NotInForce(_)) => Ok(said),
    }
}
