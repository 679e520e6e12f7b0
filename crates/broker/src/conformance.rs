//! Conformance: tries a provider's endpoint against the contract, and records what was seen.
//!
//! The endpoint is asked about samples, so that asking is recorded before it is done, as any other: the entry
//! names the keyed hashes of whom it asks about, and each question carries its index. Nothing that comes back is
//! released or kept; the report holds cases and paths, and no value.

mod databases;
mod libraries;
mod reach;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use contract::{Setting, examine};
use domain::conformance::{Conformance, Exam, Finding, Report, Sample, Verdict, exams};
use domain::endpoint::{Endpoint, Protocol};
use domain::name::EndpointId;
use domain::policy::shaoyang_date;
use domain::reason::Reason;
use domain::resource::ShareMode;
use ledger::entry::Draft;
use store::{Stored, Tx};

use crate::endpoints::is_there;
use crate::failure::Failure;
use crate::gateway::{Act, Begun, Gateway};
use reach::Way;

/// Labels of what failed that an entry names.
const LABELS: usize = 100;
/// Resources and holders that one entry of the ledger names.
const NAMED: usize = 250;

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Examined {
    /// The endpoint with the short of it.
    pub endpoint: Stored<Endpoint>,
    /// Each case; none where no run was made.
    pub report: Report,
}

/// A run under way: proof that it is recorded. Only [`Gateway::check_conformance`] makes one.
pub(crate) struct Examining {
    pub(crate) entry: u64,
}

/// Endpoints that are being examined: one run at a time, it is a load.
#[derive(Debug, Default)]
pub(crate) struct Under(Mutex<HashSet<EndpointId>>);

/// An endpoint that is being examined; the mark goes with it, however the run ends.
struct Mark {
    gateway: Arc<Gateway>,
    endpoint: EndpointId,
}

impl Mark {
    /// Marks an endpoint; none where it is marked.
    fn set(gateway: &Arc<Gateway>, endpoint: &EndpointId) -> Option<Self> {
        let mut names = gateway.examined.names();
        names.insert(endpoint.clone()).then(|| Self {
            gateway: Arc::clone(gateway),
            endpoint: endpoint.clone(),
        })
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        self.gateway.examined.names().remove(&self.endpoint);
    }
}

impl Under {
    fn names(&self) -> MutexGuard<'_, HashSet<EndpointId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gateway {
    /// Tries an endpoint against the contract of providers with samples of its department, and records the result.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, every fault of the samples at once, a run of the endpoint that is under way.
    pub async fn check_conformance(
        self: &Arc<Self>,
        act: &Act<'_>,
        name: &EndpointId,
        samples: &[Sample],
    ) -> Result<Examined, Failure> {
        let row: Stored<Endpoint> = self
            .store
            .get(name.as_str())
            .await?
            .filter(is_there)
            .ok_or_else(|| Failure::not_found(&name.path()))?;
        self.may_manage_endpoints(act.caller, &row.value.system)?;
        match self.begin(act).await? {
            Begun::New(tx) => tx.forget().await,
            Begun::Before(..) => return Ok(known(row)),
        }
        let exams = self.exams(&row.value, samples)?;
        if act.validate_only {
            return Ok(known(row));
        }
        let mark = Mark::set(self, name).ok_or_else(|| {
            let message = "the endpoint is being examined; wait for that run to end";
            Failure::new(Reason::StateConflict, message)
        })?;
        // On a task of its own: whoever asked may go away, and what a run finds is recorded all the same.
        let (caller, request_id) = (act.caller.clone(), act.request_id.clone());
        let (method, digest) = (act.method, act.digest.clone());
        let endpoint = row.value;
        let running = tokio::spawn(async move {
            let act = Act {
                caller: &caller,
                request_id: &request_id,
                method,
                digest,
                validate_only: false,
            };
            mark.gateway.run(&act, &endpoint, &exams).await
        });
        let failed = |_| Failure::new(Reason::Internal, "the run broke off");
        running.await.map_err(failed)?
    }

    async fn run(
        &self,
        act: &Act<'_>,
        endpoint: &Endpoint,
        exams: &[Exam],
    ) -> Result<Examined, Failure> {
        let examining = self.record_examination(act, endpoint, exams).await?;
        let report = self.examine(endpoint, exams, &examining).await;
        self.conclude_examination(act, endpoint, exams, &examining, report)
            .await
    }

    fn exams(&self, endpoint: &Endpoint, samples: &[Sample]) -> Result<Vec<Exam>, Failure> {
        let snapshot = self.snapshot();
        let own = snapshot.resources_where(|resource| resource.system == endpoint.system);
        let mut offered: Vec<_> = own.cloned().collect();
        offered.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        let interface = |name: &_| snapshot.interface(name).cloned();
        let exams = exams(endpoint, &offered, interface, samples)?;
        if exams.is_empty() && endpoint.protocol != Protocol::NetworkIdentity {
            let message = "the system has no entry of the catalogue that is asked for at this endpoint; register one first";
            return Err(Failure::new(Reason::StateConflict, message));
        }
        Ok(exams)
    }

    /// The entry before the first question.
    async fn record_examination(
        &self,
        act: &Act<'_>,
        endpoint: &Endpoint,
        exams: &[Exam],
    ) -> Result<Examining, Failure> {
        let resources = exams.iter().map(|exam| exam.resource.name.to_string());
        let mut resources: Vec<String> = resources.collect();
        let named = exams.iter().flat_map(|exam| exam.trial.subjects());
        let mut subjects: Vec<String> = named
            .map(|subject| self.keys.pseudonyms.subject(subject))
            .collect();
        resources.dedup();
        subjects.sort();
        subjects.dedup();
        if resources.len() > NAMED || subjects.len() > NAMED {
            let message =
                format!("one run asks about at most {NAMED} resources and {NAMED} holders");
            return Err(Failure::new(Reason::StateConflict, message));
        }
        let event = "registry.endpoint.examination_begun";
        let draft = self
            .endpoint_draft(act.request_id.as_str(), event, endpoint)
            .with_fact("actor", act.caller.principal().to_string())
            .with_fact("resources", resources)
            .with_fact("subjects", subjects);
        let mut tx = self.store.begin("recording an examination").await?;
        let entry = tx.record(draft, self.now()).await?;
        tx.save().await?;
        Ok(Examining { entry })
    }

    async fn examine(&self, endpoint: &Endpoint, exams: &[Exam], under: &Examining) -> Report {
        match &endpoint.protocol {
            Protocol::Sql(source) => self.examine_database(endpoint, source, exams).await,
            Protocol::CertificateLibrary(library) => {
                self.examine_library(endpoint, library, exams, under).await
            }
            Protocol::Grpc | Protocol::HttpJson | Protocol::NetworkIdentity => {
                let request_ids = || self.ids.uuid();
                let setting = Setting {
                    intent_index: i64::try_from(under.entry).unwrap_or(i64::MAX),
                    consumer: endpoint.system.as_str(),
                    grpc: endpoint.protocol != Protocol::HttpJson,
                    request_ids: &request_ids,
                    regions: &self.reference.regions,
                    today: shaoyang_date(self.now()),
                };
                let way = Way {
                    gateway: self,
                    endpoint,
                };
                examine(&way, exams, &setting).await
            }
        }
    }

    /// The entry of the result, with the short of it at the endpoint.
    async fn conclude_examination(
        &self,
        act: &Act<'_>,
        examined: &Endpoint,
        exams: &[Exam],
        under: &Examining,
        report: Report,
    ) -> Result<Examined, Failure> {
        let endpoint = self
            .change(act, async |tx, now| {
                let before = self.managed_endpoint(tx, act, &examined.name).await?;
                if !before.value.is_where(examined) {
                    let message = "the endpoint was changed while it was examined, and the result is about what it was; \
                                   examine it again";
                    return Err(Failure::new(Reason::StateConflict, message));
                }
                let value = Endpoint {
                    conformance: Some(Conformance::of(&report, exams, now)),
                    ..before.value.clone()
                };
                let others_pass = self.others_pass(tx, &value).await?;
                let draft = self.result_draft(act, &value, under, &report, others_pass);
                let entry = tx.record(draft, now).await?;
                self.note_conformance(tx, act, &report, exams, now).await?;
                Ok(tx.update(&before, &value, Some(entry), now).await?)
            })
            .await?;
        self.read_watches(&report.resources()).await?;
        Ok(Examined { endpoint, report })
    }

    /// Whether every other endpoint that serves an entry of the system passed its last run.
    async fn others_pass(&self, tx: &mut Tx, endpoint: &Endpoint) -> Result<bool, Failure> {
        let all = tx.under::<Endpoint>(endpoint.system.as_str()).await?;
        let snapshot = self.snapshot();
        let offered: Vec<_> = snapshot
            .resources_where(|one| one.system == endpoint.system && one.state.is_public())
            .collect();
        let serves = |other: &Endpoint| {
            offered.iter().any(|resource| {
                let mut modes = resource.share_modes.iter();
                modes.any(|mode| *mode != ShareMode::File && other.serves(*mode, resource))
            })
        };
        let passed = |other: &Endpoint| other.conformance.as_ref().map(|run| run.passed);
        Ok(all
            .iter()
            .map(|row| &row.value)
            .filter(|other| other.name != endpoint.name && other.removed.is_none())
            .all(|other| passed(other).unwrap_or(!serves(other))))
    }

    fn result_draft(
        &self,
        act: &Act<'_>,
        endpoint: &Endpoint,
        under: &Examining,
        report: &Report,
        others_pass: bool,
    ) -> Draft {
        let event = if report.passed() {
            "registry.endpoint.conformed"
        } else {
            "registry.endpoint.not_conformed"
        };
        let failed = report.failed().map(Finding::label).take(LABELS);
        let passed = report.findings.iter();
        let passed = passed
            .filter(|finding| finding.verdict == Verdict::Passed)
            .count();
        self.endpoint_draft(act.request_id.as_str(), event, endpoint)
            .with_fact("actor", act.caller.principal().to_string())
            .with_fact(
                "examination",
                i64::try_from(under.entry).unwrap_or(i64::MAX),
            )
            .with_fact("passed", i64::try_from(passed).unwrap_or(i64::MAX))
            .with_fact("failed", failed.collect::<Vec<_>>())
            .with_fact("system_conforms", report.passed() && others_pass)
    }
}

/// What is known of the latest run, where none is made.
fn known(endpoint: Stored<Endpoint>) -> Examined {
    Examined {
        endpoint,
        report: Report::default(),
    }
}
