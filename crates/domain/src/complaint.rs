//! Complaints 投诉: a person says that data about them was misused, is wrong or got out (Order 809 art. 37; PIPL art. 50).
//!
//! The person has no account. Somebody enters it for them, at a window or from a portal, and they keep a receipt 查询码:
//! a random code by which any window tells how far it is and, in the end, the answer. Who has to answer is found by
//! [`route`], and goes on from there by hand. What the person says, and what they are told, is kept sealed.

mod moves;
mod receipt;
#[cfg(test)]
mod tests;

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::application::Signed;
use crate::clock::kept::{Running, WaitsFor};
use crate::clock::{Clock, Law};
use crate::fault::Cause;
use crate::grant::Grant;
use crate::name::{ComplaintName, DepartmentName, GrantName, ResourceName, SystemName};

pub use moves::{Act, ComplaintRule, Illegal, Move, MoveKind};
pub use receipt::{receipt_hash, receipt_of};

/// How often departments may pass a complaint on.
pub const MOST_FORWARDS: usize = 3;
/// How often the competent department may say whose it is.
pub const MOST_ASSIGNMENTS: usize = 10;
/// Calendar days that a complaint may have lain before it is entered.
pub const MOST_DAYS_BEFORE: i64 = 90;

/// A complaint of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complaint {
    /// `complaints/{UUID}`.
    pub name: ComplaintName,
    /// The keyed hash of the person's receipt.
    pub receipt: String,
    /// What it is about, in one word.
    pub kind: ComplaintKind,
    /// What it names, as far as the person knows.
    #[serde(default, skip_serializing_if = "About::is_empty")]
    pub about: About,
    /// Who entered it, and when.
    pub entered: Signed,
    /// The department that entered it, by one of its people or systems.
    pub entered_by: DepartmentName,
    /// The day on which the person said it. The clock counts from the day on which it was entered.
    pub received: Date,
    /// What the person says.
    pub statement: Sealed,
    /// How the person is reached, where they want to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Sealed>,
    /// Who has to answer it, and why they; the last one holds.
    pub routing: Vec<Routed>,
    /// The stage.
    pub state: ComplaintState,
}

/// What a complaint is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComplaintKind {
    /// Data was collected or used against the law.
    UnlawfulUse,
    /// Data is wrong.
    WrongData,
    /// Data got out.
    Disclosure,
    /// Somebody was not served in spite of valid papers, because data said otherwise.
    NotServed,
    /// Something else.
    Other,
}

/// What a complaint names. Each may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// A grant under which data was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<GrantName>,
    /// An entry of the catalogue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<ResourceName>,
    /// A department.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<DepartmentName>,
}

/// The same with what the registry knows of the grant.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The grant's two sides: the system that uses, and the entry that is used.
    pub grant: Option<(&'a SystemName, &'a ResourceName)>,
    /// The entry.
    pub resource: Option<&'a ResourceName>,
    /// The department.
    pub department: Option<&'a DepartmentName>,
}

/// Who has to answer, since when and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Routed {
    /// Who.
    pub to: WaitsFor,
    /// Why they.
    pub why: RoutedBy,
    /// Who passed it on, and when; for the first one who entered it.
    #[serde(flatten)]
    pub signed: Signed,
    /// What was said with it, sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Sealed>,
}

/// Why a complaint lies with somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoutedBy {
    /// It uses the data under the grant that is named.
    UsesGrant,
    /// It provides the data of the grant that is named, and that data is said to be wrong.
    ProvidesGrant,
    /// It provides the entry that is named.
    ProvidesEntry,
    /// It is named itself.
    Named,
    /// Nothing is named: the competent department finds out.
    NothingNamed,
    /// The department before passed it on.
    Forwarded,
    /// The competent department says so.
    Assigned,
}

/// The stage of a complaint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ComplaintState {
    /// Somebody has to answer it.
    Received {
        /// The clock.
        clock: Clock,
    },
    /// It was answered; who entered it tells the person.
    Answered(Answered),
    /// The person was told.
    Closed {
        /// What.
        answered: Answered,
        /// Who saw to it, and when.
        closed: Signed,
    },
    /// Taken back on the person's wish.
    Withdrawn {
        /// By whom, and when.
        withdrawn: Signed,
    },
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// The clock as it was.
    pub clock: Clock,
    /// Who answered, and when.
    #[serde(flatten)]
    pub signed: Signed,
    /// Whether the person is right.
    pub outcome: ComplaintOutcome,
    /// What the person is told.
    pub text: Sealed,
}

/// Whether a person is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComplaintOutcome {
    /// 属实.
    Upheld,
    /// 不属实.
    NotUpheld,
    /// 部分属实.
    PartlyUpheld,
}

/// Text about a person under a key of the gateway, in base64. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(String);

/// Text about a person, as it is read by those who may. No `Display`, and `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonalText(String);

/// Who has to answer a complaint, and why they: the one place that decides it. Who uses data answers for its use, who
/// provides it for what it says.
pub fn route(kind: ComplaintKind, known: Known<'_>) -> (WaitsFor, RoutedBy) {
    match (known.grant, kind) {
        (Some((_, resource)), ComplaintKind::WrongData) => {
            (WaitsFor::OwnerOf(resource.clone()), RoutedBy::ProvidesGrant)
        }
        (
            Some((consumer, _)),
            ComplaintKind::UnlawfulUse
            | ComplaintKind::Disclosure
            | ComplaintKind::NotServed
            | ComplaintKind::Other,
        ) => (
            WaitsFor::DepartmentOf(consumer.clone()),
            RoutedBy::UsesGrant,
        ),
        (None, _) => match (known.resource, known.department) {
            (Some(resource), _) => (WaitsFor::OwnerOf(resource.clone()), RoutedBy::ProvidesEntry),
            (None, Some(department)) => (WaitsFor::Department(department.clone()), RoutedBy::Named),
            (None, None) => (WaitsFor::Competent, RoutedBy::NothingNamed),
        },
    }
}

// === impl Known, About ===

impl<'a> Known<'a> {
    /// What is known of what a complaint names.
    pub fn of(about: &'a About, grant: Option<&'a Grant>) -> Self {
        Self {
            grant: grant.map(|grant| (&grant.terms.consumer, &grant.terms.resource)),
            resource: about.resource.as_ref(),
            department: about.department.as_ref(),
        }
    }
}

impl About {
    /// Whether it names nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What the complaint was routed by: the first of grant, entry and department.
    pub fn first(&self) -> Option<&str> {
        let grant = self.grant.as_ref().map(GrantName::as_str);
        let resource = || self.resource.as_ref().map(ResourceName::as_str);
        let department = || self.department.as_ref().map(DepartmentName::as_str);
        grant.or_else(resource).or_else(department)
    }
}

// === impl words ===

impl ComplaintKind {
    /// The word in the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnlawfulUse => "unlawful_use",
            Self::WrongData => "wrong_data",
            Self::Disclosure => "disclosure",
            Self::NotServed => "not_served",
            Self::Other => "other",
        }
    }

    /// What people call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::UnlawfulUse => "投诉：违法收集或者使用",
            Self::WrongData => "投诉：数据错误",
            Self::Disclosure => "投诉：数据泄露",
            Self::NotServed => "投诉：持有效材料未予办理",
            Self::Other => "投诉：其他",
        }
    }
}

impl RoutedBy {
    /// The word in the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UsesGrant => "uses_grant",
            Self::ProvidesGrant => "provides_grant",
            Self::ProvidesEntry => "provides_entry",
            Self::Named => "named",
            Self::NothingNamed => "nothing_named",
            Self::Forwarded => "forwarded",
            Self::Assigned => "assigned",
        }
    }

    /// Why, in one sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::UsesGrant => "it uses the data under the grant that is named",
            Self::ProvidesGrant => {
                "it provides the data of the grant that is named, which is said to be wrong"
            }
            Self::ProvidesEntry => "it provides the entry that is named",
            Self::Named => "it is the department that is named",
            Self::NothingNamed => {
                "nothing is named by which another could be found; the competent department assigns it"
            }
            Self::Forwarded => "the department before it passed the complaint on",
            Self::Assigned => "the competent department assigned it",
        }
    }
}

impl ComplaintOutcome {
    /// The word in the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Upheld => "upheld",
            Self::NotUpheld => "not_upheld",
            Self::PartlyUpheld => "partly_upheld",
        }
    }
}

// === impl Sealed, PersonalText ===

impl Sealed {
    /// Takes what was sealed.
    pub fn new(base64: String) -> Self {
        Self(base64)
    }

    /// The bytes in base64, for whoever opens it.
    pub fn as_base64(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed(…)")
    }
}

impl PersonalText {
    /// Reads text of 1 to so many characters, of one line or several.
    ///
    /// # Errors
    /// `REQUIRED`, `TOO_LONG` or `CONTROL_CHARACTER`; never a part of the text.
    pub fn parse(text: &str, most: usize) -> Result<Self, Cause> {
        let text = text.trim().replace("\r\n", "\n");
        if text.is_empty() {
            let message = format!("give 1 to {most} characters");
            return Err(Cause::new("REQUIRED", message));
        }
        let count = text.chars().count();
        if count > most {
            let message = format!("{count} characters; at most {most} are kept");
            return Err(Cause::new("TOO_LONG", message));
        }
        for line in text.split('\n') {
            crate::fault::optional_line(line, most)?;
        }
        Ok(Self(text))
    }

    /// The text, for those who may read it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PersonalText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonalText(…)")
    }
}

// === impl ComplaintState, Complaint ===

impl ComplaintState {
    /// The words of the states in which somebody has something to do.
    pub const OPEN: [&'static str; 2] = ["received", "answered"];

    /// The word for people and programs.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Received { .. } => "received",
            Self::Answered(_) => "answered",
            Self::Closed { .. } => "closed",
            Self::Withdrawn { .. } => "withdrawn",
        }
    }

    /// What was answered.
    pub fn answered(&self) -> Option<&Answered> {
        match self {
            Self::Answered(answered) | Self::Closed { answered, .. } => Some(answered),
            Self::Received { .. } | Self::Withdrawn { .. } => None,
        }
    }

    /// The clock that runs.
    pub fn clock(&self) -> Option<&Clock> {
        match self {
            Self::Received { clock } => Some(clock),
            Self::Answered(_) | Self::Closed { .. } | Self::Withdrawn { .. } => None,
        }
    }
}

impl Complaint {
    /// Who has to answer, or had to in the end.
    pub fn responsible(&self) -> &WaitsFor {
        // It begins with one, and none is ever taken away.
        self.routing
            .last()
            .map_or(&WaitsFor::Competent, |last| &last.to)
    }

    /// How often one reason is among those by which it went on.
    pub(crate) fn went(&self, why: RoutedBy) -> usize {
        self.routing.iter().filter(|one| one.why == why).count()
    }

    /// Whether the last day for the answer has passed.
    pub fn is_overdue(&self, today: Date) -> bool {
        let clock = self.state.clock();
        clock.is_some_and(|clock| clock.is_overdue(today))
    }

    /// The clock that runs, and for whom. It runs on when the complaint is passed on: the person does not wait longer.
    pub fn running(&self) -> Vec<Running<'_>> {
        let clock = self.state.clock();
        let running = clock.and_then(|clock| Running::of(self.responsible().clone(), clock));
        running.into_iter().collect()
    }

    /// The same with the last day of its clock, where a notice for which that waited is loaded now.
    #[must_use]
    pub fn settled(mut self, law: Law<'_>) -> Self {
        if let ComplaintState::Received { clock } = &mut self.state
            && clock.missing_notice.is_some()
        {
            *clock = clock.clone().settle(law);
        }
        self
    }

    /// Goes over from a department that ended: who entered it, and who has to answer where that is named. What is over
    /// stays under the names of then.
    ///
    /// Nothing, when it stays as it is.
    pub fn take_over(mut self, from: &DepartmentName, to: &DepartmentName) -> Option<Self> {
        let is_open = match &self.state {
            ComplaintState::Received { .. } | ComplaintState::Answered(_) => true,
            ComplaintState::Closed { .. } | ComplaintState::Withdrawn { .. } => false,
        };
        if !is_open {
            return None;
        }
        let mut went = false;
        if self.entered_by == *from {
            self.entered_by = to.clone();
            went = true;
        }
        if let Some(last) = self.routing.last_mut()
            && last.to == WaitsFor::Department(from.clone())
        {
            last.to = WaitsFor::Department(to.clone());
            went = true;
        }
        went.then_some(self)
    }
}
