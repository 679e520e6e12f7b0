//! Who sees a correction, and what of it: what is said of the record is for both sides alone.

use domain::caller::Caller;
use domain::correction::{Content, Correction, CorrectionState, Side};
use domain::credential::Principal;
use domain::name::{CorrectionName, DepartmentName, ResourceName, SystemName};
use domain::policy::Refusal;
use domain::reason::Reason;
use store::Stored;

use super::seal::{self, Text};
use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::page::PageRequest;

/// A correction as somebody may see it.
#[derive(Clone, Debug)]
pub struct SeenCorrection {
    /// The row.
    pub row: Stored<Correction>,
    /// The record and what is said of it; for both sides alone.
    pub content: Option<Content>,
    /// What was said when it was closed; for both sides alone.
    pub answer: Option<Answer>,
}

/// What was said when a correction was closed. It can be about a person.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer(pub String);

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Answer(…)")
    }
}

/// What a list is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct CorrectionFilter {
    /// Only those of this entry.
    pub resource: Option<ResourceName>,
    /// Only those of this system.
    pub consumer: Option<SystemName>,
    /// Only those that are open.
    pub open_only: bool,
}

/// One page of corrections.
#[derive(Clone, Debug)]
pub struct Corrections {
    /// The rows, oldest first.
    pub rows: Vec<SeenCorrection>,
    /// Token of the next page; empty on the last.
    pub next: String,
}

impl Gateway {
    /// One correction, if the caller is of one of its sides, leads the sharing or oversees.
    ///
    /// # Errors
    /// `NOT_FOUND`.
    pub async fn correction(
        &self,
        caller: &Caller,
        name: &CorrectionName,
    ) -> Result<SeenCorrection, Failure> {
        let found: Option<Stored<Correction>> = self.store.get(name.as_str()).await?;
        let row = found.filter(|row| self.sees_correction(caller, &row.value));
        self.seen(
            caller,
            row.ok_or_else(|| Failure::not_found(name.as_str()))?,
        )
    }

    /// Corrections that the caller may see, oldest first.
    ///
    /// # Errors
    /// A bad page token; the store.
    pub async fn corrections(
        &self,
        caller: &Caller,
        page: &PageRequest,
        filter: &CorrectionFilter,
    ) -> Result<Corrections, Failure> {
        let admits = |one: &Correction| {
            (filter.resource.as_ref()).is_none_or(|name| *name == one.resource)
                && (!filter.open_only || one.is_open())
                && self.sees_correction(caller, one)
        };
        let list = format!("corrections?{filter:?}");
        let parent = filter.consumer.as_ref().map_or("", SystemName::as_str);
        let page = page
            .read_visible(&self.store, &list, parent, admits)
            .await?;
        let rows = page.rows.into_iter().map(|row| self.seen(caller, row));
        Ok(Corrections {
            rows: rows.collect::<Result<_, _>>()?,
            next: page.next,
        })
    }

    /// Corrections of which the record is disputed still.
    pub(crate) async fn open_corrections(&self) -> Result<Vec<Correction>, Failure> {
        let mut open = Vec::new();
        for state in CorrectionState::OPEN {
            let rows = self.store.in_state::<Correction>(state).await?;
            open.extend(rows.into_iter().map(|row| row.value.settled(self.law())));
        }
        Ok(open)
    }

    /// What the caller sees of a correction that it may see.
    pub(super) fn seen(
        &self,
        caller: &Caller,
        mut row: Stored<Correction>,
    ) -> Result<SeenCorrection, Failure> {
        row.value = row.value.settled(self.law());
        let (mut content, mut answer) = (None, None);
        if self.sides_of(caller, &row.value).next().is_some() {
            let (keys, name) = (&self.keys.pseudonyms, &row.value.name);
            let lost = || {
                let message = format!("{name} was sealed with another key than this gateway's");
                Failure::new(Reason::Internal, message)
            };
            let text = seal::open(keys, name, Text::Content, &row.value.sealed);
            let read = text.and_then(|text| serde_json::from_str(&text).ok());
            content = Some(read.ok_or_else(lost)?);
            let closed = row.value.state.closed();
            if let Some(sealed) = closed.and_then(|closed| closed.answer.as_deref()) {
                let text = seal::open(keys, name, Text::Answer, sealed);
                answer = Some(Answer(text.ok_or_else(lost)?));
            }
        }
        Ok(SeenCorrection {
            row,
            content,
            answer,
        })
    }

    pub(super) fn sees_correction(&self, caller: &Caller, correction: &Correction) -> bool {
        let snapshot = self.snapshot();
        let leads = || {
            let competent = snapshot.competent();
            competent.is_some_and(|one| caller.must_be_officer_of(&one.name).is_ok())
        };
        caller.oversees() || self.sides_of(caller, correction).next().is_some() || leads()
    }

    /// The sides that the caller is of.
    fn sides_of(&self, caller: &Caller, correction: &Correction) -> impl Iterator<Item = Side> {
        let of = |side| self.must_be_of(side, caller, correction).is_ok();
        [Side::Consumer, Side::Provider]
            .map(|side| of(side).then_some(side))
            .into_iter()
            .flatten()
    }

    /// Demands an officer of a side's department, or its system itself.
    pub(super) fn must_be_of(
        &self,
        side: Side,
        caller: &Caller,
        correction: &Correction,
    ) -> Result<(), Failure> {
        let snapshot = self.snapshot();
        let none = || Failure::not_found(correction.name.as_str());
        let (system, department) = match side {
            Side::Consumer => {
                let system = snapshot.system(&correction.consumer).ok_or_else(none)?;
                (&system.name, &system.department)
            }
            Side::Provider => {
                let entry = snapshot.resource(&correction.resource).ok_or_else(none)?;
                (&entry.system, &entry.department)
            }
        };
        Ok(must_act_for(caller, system, department)?)
    }
}

/// Demands a system, or an officer of its department.
pub(super) fn must_act_for(
    caller: &Caller,
    system: &SystemName,
    department: &DepartmentName,
) -> Result<(), Refusal> {
    match caller.principal() {
        Principal::System { .. } => caller.must_be_system(system),
        Principal::Officer { .. }
        | Principal::Auditor { .. }
        | Principal::Operator { .. }
        | Principal::Gateway => caller.must_be_officer_of(department),
    }
}
