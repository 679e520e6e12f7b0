//! Drift: what is served is no longer what is registered. Seen in traffic, in probes and in runs of the conformance
//! kit; told to the owner and to who holds grants, and over when a version is published or a run passes.

mod probed;
mod suspicions;
mod told;

pub use told::ResourceDrift;
pub(crate) use told::own_systems;

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::caller::Caller;
use domain::conformance::{Exam, Report, Trial};
use domain::drift::{self, Change, Shape};
use domain::fault::Cause;
use domain::interface::Method;
use domain::name::ResourceName;
use domain::policy::shaoyang_date;
use domain::reason::Reason;
use domain::resource::Resource;
use domain::route::Route;
use domain::watch::{SeenIn, Sign, Update, Watch};
use jiff::Timestamp;
use ledger::entry::Draft;
use store::{Stored, Tx};

use super::grading::GRADED;
use crate::failure::Failure;
use crate::gateway::{Act, Gateway};
use crate::watching::Sighting;
use suspicions::Suspicions;

/// Writes of what was seen of one entry that may be slower than another's.
const TRIES: u32 = 5;
/// Texts that an entry names.
const NAMED: usize = 50;

const DRIFTED: &str = "catalogue.resource.drifted";
const ENDED: &str = "catalogue.resource.drift_ended";
const UPDATED: &str = "catalogue.resource.data_updated";

/// What the ledger is told of a change, and of who made it; what the gateway saw by itself has no actor.
#[derive(Clone, Copy)]
pub(super) struct Noting<'a> {
    pub(super) event: &'static str,
    pub(super) request_id: &'a str,
    pub(super) actor: Option<&'a Caller>,
}

impl<'a> Noting<'a> {
    fn by(act: &'a Act<'_>, event: &'static str) -> Self {
        Self {
            event,
            request_id: act.request_id.as_str(),
            actor: Some(act.caller),
        }
    }
}

impl Gateway {
    /// Looks at what waits of live traffic, until nothing can come any more.
    pub async fn watch_traffic(&self) {
        let Some(mut sightings) = self.watching.take() else {
            return;
        };
        let mut suspicions = Suspicions::default();
        while let Some(sighting) = sightings.recv().await {
            let (resource, changes) = match sighting {
                Sighting::Values {
                    resource,
                    way,
                    glance,
                } => {
                    let changes = suspicions.after_values(&resource, way, glance);
                    (resource, changes)
                }
                Sighting::Answer { route, body } => {
                    let seen = self.changes_of(&route, &body);
                    let name = route.resource().clone();
                    let way = route.method().path();
                    let changes = suspicions.after(&name, way.as_str(), seen);
                    (name, changes)
                }
            };
            let noted = self.note_drift(&resource, &changes, SeenIn::Traffic).await;
            if let Err(failure) = noted {
                let error = failure.message;
                tracing::warn!(%resource, error, "a change of what is served was not recorded");
            }
            if !changes.is_empty()
                && let Err(failure) = self.follow_grade(&resource).await
            {
                let error = failure.message;
                tracing::warn!(%resource, error, "a change of grade was not recorded");
            }
        }
    }

    /// Reads again what is known of entries; called on a tick.
    ///
    /// # Errors
    /// The store's.
    pub async fn refresh_watches(&self) -> Result<(), Failure> {
        let rows = self.store.all::<Watch>().await?;
        self.watching.replace(rows.into_iter().map(|row| row.value));
        Ok(())
    }

    fn changes_of(&self, route: &Route, body: &[u8]) -> Vec<Change> {
        let operation = route.operation();
        match route.method() {
            Method::Grpc(method) => drift::against_message(&method.output(), operation, body),
            Method::Http(_) => {
                let known = self.watching.of(route.resource());
                let path = route.method().path();
                let before = known
                    .as_ref()
                    .and_then(|watch| watch.shapes.get(path.as_str()));
                drift::of_answer(body, before, route.promise(), operation)
            }
        }
    }

    /// Takes what a run of the conformance kit saw. A drift is over where everything that was asked of the entry was
    /// answered as the catalogue says.
    pub(crate) async fn note_conformance(
        &self,
        tx: &mut Tx,
        act: &Act<'_>,
        report: &Report,
        exams: &[Exam],
        now: Timestamp,
    ) -> Result<(), Failure> {
        // Of an endpoint that is connected to, or of one whose system brings files.
        let of_files = exams.iter().any(|exam| matches!(exam.trial, Trial::Files));
        for name in &report.resources() {
            let own = || report.seen.iter().filter(|seen| seen.resource == *name);
            let changes: Vec<Change> = own().flat_map(|seen| seen.changes.clone()).collect();
            if !changes.is_empty() {
                let seen = |watch: &Watch| watch.drifted(&changes, SeenIn::Conformance, now);
                self.watch(tx, name, Noting::by(act, DRIFTED), now, seen)
                    .await?;
                continue;
            }
            let mut failed = report.failed();
            let has_failed = failed.any(|finding| finding.resource.as_ref() == Some(name));
            // Where none of its methods may be called, nothing was seen of it.
            if has_failed || own().next().is_none() {
                continue;
            }
            let shapes: Vec<(String, Shape)> = own().filter_map(|seen| seen.kept.clone()).collect();
            let as_registered = |watch: &Watch| {
                let mut next = watch.matching(of_files);
                next.shapes.extend(shapes.clone());
                (next != *watch).then_some(next)
            };
            self.watch(tx, name, Noting::by(act, ENDED), now, as_registered)
                .await?;
        }
        Ok(())
    }

    /// Records what differs, where it is not known yet. Where another write of the same moment was faster, it is tried
    /// again: not everything that is seen is seen a second time.
    pub(crate) async fn note_drift(
        &self,
        name: &ResourceName,
        changes: &[Change],
        seen_in: SeenIn,
    ) -> Result<(), Failure> {
        for _ in 0..TRIES {
            if self.try_to_note_drift(name, changes, seen_in).await? {
                return Ok(());
            }
        }
        let message = format!("others wrote what was seen of {name} meanwhile, {TRIES} times");
        Err(Failure::new(Reason::EtagMismatch, message))
    }

    /// Whether it was recorded, or is known.
    async fn try_to_note_drift(
        &self,
        name: &ResourceName,
        changes: &[Change],
        seen_in: SeenIn,
    ) -> Result<bool, Failure> {
        let now = self.now();
        let known = self.watching.of(name);
        let is_known = |change: &Change| {
            let drift = known.as_ref().and_then(|watch| watch.drift.as_ref());
            drift.is_some_and(|drift| drift.changes.contains(change))
        };
        if changes.iter().all(is_known) {
            return Ok(true);
        }
        let mut tx = self
            .store
            .begin("recording what was seen of an entry")
            .await?;
        let request_id = self.ids.uuid();
        let noting = Noting {
            event: DRIFTED,
            request_id: &request_id,
            actor: None,
        };
        let seen = |watch: &Watch| watch.drifted(changes, seen_in, now);
        let noted = self.watch(&mut tx, name, noting, now, seen).await;
        let is_late = matches!(
            noted,
            Err(Failure {
                reason: Reason::EtagMismatch | Reason::AlreadyExists,
                ..
            })
        );
        if is_late {
            tx.forget().await;
        } else {
            noted?;
            tx.save().await?;
        }
        self.read_watches(std::slice::from_ref(name)).await?;
        Ok(!is_late)
    }

    /// What is published now asks otherwise of the endpoint: what was seen before says nothing of it.
    pub(crate) async fn watch_anew(
        &self,
        tx: &mut Tx,
        act: &Act<'_>,
        name: &ResourceName,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let anew = |watch: &Watch| {
            let has_any = watch.drift.is_some() || !watch.shapes.is_empty();
            has_any.then(|| Watch {
                drift: None,
                // Items may stand elsewhere in the new version: the next run tells how answers look.
                shapes: BTreeMap::new(),
                ..watch.clone()
            })
        };
        self.watch(tx, name, Noting::by(act, ENDED), now, anew)
            .await
    }

    /// A sign that data was brought up to date; one that is no later than what is known changes nothing.
    pub(crate) async fn note_update(
        &self,
        tx: &mut Tx,
        act: &Act<'_>,
        name: &ResourceName,
        update: Update,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let later = |watch: &Watch| watch.updated(update.clone());
        self.watch(tx, name, Noting::by(act, UPDATED), now, later)
            .await
    }

    /// Changes what is known of an entry; with an entry of the ledger where somebody is concerned by it.
    pub(super) async fn watch(
        &self,
        tx: &mut Tx,
        name: &ResourceName,
        noting: Noting<'_>,
        now: Timestamp,
        change: impl Fn(&Watch) -> Option<Watch>,
    ) -> Result<(), Failure> {
        let snapshot = self.snapshot();
        let Some(resource) = snapshot.resource(name) else {
            return Ok(());
        };
        let before: Option<Stored<Watch>> = tx.get(name.as_str()).await?;
        let fresh = || Watch::of(name.clone(), resource.department.clone());
        let old = before.as_ref().map_or_else(fresh, |row| row.value.clone());
        let Some(next) = change(&old) else {
            return Ok(());
        };
        // A new shape alone concerns nobody.
        let told =
            old.drift != next.drift || old.updated != next.updated || old.graded != next.graded;
        let entry = if told {
            Some(
                tx.record(self.watch_draft(noting, resource, &next), now)
                    .await?,
            )
        } else {
            None
        };
        match &before {
            Some(row) => tx.update(row, &next, entry, now).await?,
            None => tx.insert(&next, entry, now).await?,
        };
        Ok(())
    }

    /// Reads again what is known of some entries, after it may have changed.
    pub(crate) async fn read_watches(&self, names: &[ResourceName]) -> Result<(), Failure> {
        let mut read = Vec::with_capacity(names.len());
        for name in names {
            let row: Option<Stored<Watch>> = self.store.get(name.as_str()).await?;
            read.extend(row.map(|row| Arc::new(row.value)));
        }
        if !read.is_empty() {
            self.watching.keep(&read);
        }
        Ok(())
    }

    fn watch_draft(&self, noting: Noting<'_>, resource: &Resource, next: &Watch) -> Draft {
        let mut told = Draft::change(noting.event, noting.request_id)
            .with_fact("resource", resource.name.as_str())
            .with_fact("system", resource.system.as_str())
            .with_fact("department", resource.department.as_str());
        if let Some(actor) = noting.actor {
            told = told.with_fact("actor", actor.principal().to_string());
        }
        if let Some(graded) = next.graded.filter(|_| noting.event == GRADED) {
            return told
                .with_fact("grade", graded.grade.as_str())
                .with_fact("score", i64::from(graded.score));
        }
        if let Some(drift) = &next.drift {
            let changes = drift.changes.iter().take(NAMED).map(ToString::to_string);
            told = told
                .with_fact("seen_in", drift.seen_in.as_str())
                .with_fact("drift", changes.collect::<Vec<_>>())
                .with_fact("grants", self.grants_on(resource));
        }
        if let Some(update) = &next.updated {
            told = told.with_fact("data_time", update.at.to_string());
        }
        told
    }

    /// The grants in force on an entry, as far as an entry of the ledger names them.
    fn grants_on(&self, resource: &Resource) -> Vec<String> {
        let snapshot = self.snapshot();
        let standing = snapshot.standing_grants_on(&resource.system, shaoyang_date(self.now()));
        let holds = standing
            .into_iter()
            .filter(|grant| grant.terms.resource == resource.name);
        holds
            .take(NAMED)
            .map(|grant| grant.name.to_string())
            .collect()
    }

    /// The department of an entry, or the system itself, reports as of when its data is.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`.
    pub async fn report_resource_update(
        &self,
        act: &Act<'_>,
        name: &ResourceName,
        at: Timestamp,
    ) -> Result<(), Failure> {
        let snapshot = self.snapshot();
        let resource = snapshot
            .resource(name)
            .ok_or_else(|| Failure::not_found(name.as_str()))?;
        self.may_manage_endpoints(act.caller, &resource.system)?;
        let update = Update {
            at,
            sign: Sign::Report,
        };
        self.change(act, async |tx, now| {
            let refused = |code, text: &str| Failure::field("data_time", &Cause::new(code, text));
            if at > now {
                let text = "data cannot be of a time that is to come";
                return Err(refused("IN_FUTURE", text));
            }
            let known: Option<Stored<Watch>> = tx.get(name.as_str()).await?;
            if known.is_some_and(|row| row.value.updated(update.clone()).is_none()) {
                return Err(refused(
                    "NOT_LATER",
                    "as late a sign of an update is known already",
                ));
            }
            self.note_update(tx, act, name, update.clone(), now).await?;
            let written: Option<Stored<Watch>> = tx.get(name.as_str()).await?;
            written.ok_or_else(|| Failure::not_found(name.as_str()))
        })
        .await?;
        self.read_watches(std::slice::from_ref(name)).await
    }
}
