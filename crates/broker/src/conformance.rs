//! Conformance: tries a provider's endpoint against the contract, and records what was seen.
//!
//! The endpoint is asked about samples, so that asking is recorded before it is done, as any other: the entry
//! names the keyed hashes of whom it asks about, and each question carries its index. Nothing that comes back is
//! released or kept; the report holds cases and paths, and no value.

mod databases;
mod drops;
mod libraries;
mod reach;

use std::sync::Arc;
use std::time::Duration;

use contract::{Setting, examine};
use domain::conformance::{
    Case, Conformance, Exam, Examination, Finding, Report, Sample, Verdict, examination,
};
use domain::endpoint::{Endpoint, Protocol};
use domain::name::EndpointId;
use domain::policy::shaoyang_date;
use domain::reason::Reason;
use jiff::{SignedDuration, Timestamp};
use ledger::entry::Draft;
use store::{Stored, Tx};

use crate::failure::Failure;
use crate::gateway::{Act, Begun, Gateway};
use reach::Way;

/// Labels of what failed that an entry names.
const LABELS: usize = 100;
/// Resources and holders that one entry of the ledger names.
const NAMED: usize = 250;
/// A run holds its endpoint for so long at most: longer than one takes, wrong certificates and a library included.
/// After that it has died.
const HELD: SignedDuration = SignedDuration::from_mins(3);

/// A run of a database or a library takes so long at most, as one of every other endpoint does.
const RUN: Duration = Duration::from_secs(45);

/// The report, or that it did not come in time: one that takes a question and never answers holds nobody for ever.
async fn in_time(examining: impl Future<Output = Report>) -> Report {
    let ended = tokio::time::timeout(RUN, examining).await;
    ended.unwrap_or_else(|_| {
        let mut report = Report::default();
        let saw = format!("no end within {} seconds", RUN.as_secs());
        report.note(Case::Slow, None, Verdict::failed(saw));
        report
    })
}

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
    /// Until when it holds the endpoint.
    until: Timestamp,
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
        let row = self.endpoint_there(name).await?;
        self.may_manage_endpoints(act.caller, &row.value.system)?;
        match self.begin(act).await? {
            Begun::New(tx) => tx.forget().await,
            Begun::Before(..) => return Ok(known(row)),
        }
        let asked = self.examination(&row.value, samples)?;
        if act.validate_only {
            return Ok(known(row));
        }
        // On a task of its own: whoever asked may go away, and what a run finds is recorded all the same.
        let (caller, request_id) = (act.caller.clone(), act.request_id.clone());
        let (method, digest) = (act.method, act.digest.clone());
        let (gateway, name) = (Arc::clone(self), name.clone());
        let running = tokio::spawn(async move {
            let act = Act {
                caller: &caller,
                request_id: &request_id,
                method,
                digest,
                validate_only: false,
            };
            gateway.run(&act, &name, &asked).await
        });
        let failed = |_| Failure::new(Reason::Internal, "the run broke off");
        running.await.map_err(failed)?
    }

    async fn run(
        &self,
        act: &Act<'_>,
        name: &EndpointId,
        asked: &Examination,
    ) -> Result<Examined, Failure> {
        let (endpoint, examining) = self.record_examination(act, name, &asked.exams).await?;
        let concluded = match self.examine(&endpoint, asked, &examining).await {
            Ok(report) => {
                self.conclude_examination(act, &endpoint, &asked.exams, &examining, report)
                    .await
            }
            Err(failure) => Err(failure),
        };
        if concluded.is_err()
            && let Err(failure) = self.let_go(name, &examining).await
        {
            // It holds the endpoint until its time is over.
            tracing::warn!(
                reason = failure.reason.as_str(),
                "a run could not let go of its endpoint"
            );
        }
        concluded
    }

    /// Ends the hold of a run that came to no result.
    async fn let_go(&self, name: &EndpointId, under: &Examining) -> Result<(), Failure> {
        let mut tx = self.store.begin("letting go of an endpoint").await?;
        let held = tx.get::<Endpoint>(name.as_str()).await?;
        let Some(held) = held.filter(|row| row.value.examined_until == Some(under.until)) else {
            tx.forget().await;
            return Ok(());
        };
        let value = Endpoint {
            examined_until: None,
            ..held.value.clone()
        };
        tx.update(&held, &value, held.update_entry, self.now())
            .await?;
        tx.save().await?;
        self.refresh_after_change().await;
        Ok(())
    }

    fn examination(&self, endpoint: &Endpoint, samples: &[Sample]) -> Result<Examination, Failure> {
        let snapshot = self.snapshot();
        let own = snapshot.resources_where(|resource| resource.system == endpoint.system);
        let mut offered: Vec<_> = own.cloned().collect();
        offered.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        let interface = |name: &_| snapshot.interface(name).cloned();
        let asked = examination(endpoint, &offered, interface, samples)?;
        let nothing = asked.exams.is_empty() && asked.untried.is_empty();
        if nothing && endpoint.protocol != Protocol::NetworkIdentity {
            let message = "the system has no entry of the catalogue that is asked for at this endpoint; register one first";
            return Err(Failure::new(Reason::StateConflict, message));
        }
        Ok(asked)
    }

    /// The entry before the first question, with the mark that a run holds the endpoint: over all gateways there is
    /// one at a time, it is a load.
    async fn record_examination(
        &self,
        act: &Act<'_>,
        name: &EndpointId,
        exams: &[Exam],
    ) -> Result<(Endpoint, Examining), Failure> {
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
        let now = self.now();
        let mut tx = self.store.begin("recording an examination").await?;
        let before = self.managed_endpoint(&mut tx, act, name).await?;
        if before.value.is_examined(now) {
            tx.forget().await;
            let message = "the endpoint is being examined; wait for that run to end";
            return Err(Failure::new(Reason::StateConflict, message));
        }
        let until = now + HELD;
        let value = Endpoint {
            examined_until: Some(until),
            ..before.value.clone()
        };
        let event = "registry.endpoint.examination_begun";
        let draft = self
            .endpoint_draft(act.request_id.as_str(), event, &value)
            .with_fact("actor", act.caller.principal().to_string())
            .with_fact("resources", resources)
            .with_fact("subjects", subjects);
        let entry = tx.record(draft, now).await?;
        tx.update(&before, &value, Some(entry), now).await?;
        tx.save().await?;
        self.refresh_after_change().await;
        Ok((value, Examining { entry, until }))
    }

    async fn examine(
        &self,
        endpoint: &Endpoint,
        asked: &Examination,
        under: &Examining,
    ) -> Result<Report, Failure> {
        let exams = &asked.exams;
        Ok(match &endpoint.protocol {
            Protocol::Sql(source) => in_time(self.examine_database(endpoint, source, exams)).await,
            Protocol::CertificateLibrary(library) => {
                in_time(self.examine_library(endpoint, library, exams, under)).await
            }
            Protocol::FileDrop(drop) => self.examine_drop(endpoint, drop, exams).await?,
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
                examine(&way, asked, &setting).await
            }
        })
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
                let held = before.value.examined_until;
                let value = Endpoint {
                    conformance: Some(Conformance::of(&report, exams, now)),
                    // One that took this one for dead holds it by now.
                    examined_until: held.filter(|until| *until != under.until),
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
                modes.any(|mode| other.serves(*mode, resource))
            })
        };
        let passed = |other: &Endpoint| other.conformance.as_ref().map(|run| run.passed);
        Ok(all
            .iter()
            .map(|row| &row.value)
            .filter(|other| other.name != endpoint.name && other.removed.is_none())
            .all(|other| passed(other).unwrap_or(!serves(other))))
    }

    /// Whether a system conforms without one of its endpoints: another one passed, and all that serve an entry did.
    pub(crate) async fn others_conform(
        &self,
        tx: &mut Tx,
        endpoint: &Endpoint,
    ) -> Result<bool, Failure> {
        let all = tx.under::<Endpoint>(endpoint.system.as_str()).await?;
        let passed = |other: &Endpoint| other.conformance.as_ref().is_some_and(|run| run.passed);
        let mut others = all.iter().filter(|row| row.value.name != endpoint.name);
        Ok(others.any(|row| passed(&row.value)) && self.others_pass(tx, endpoint).await?)
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
