//! Applications: a system asks for a resource for a purpose (Order 809 art. 20 to 22).
//!
//! `draft → signed off → submitted → approved | refused`, with two ways aside while the provider's clock stands still:
//! material that is asked for once, and an offer of less. Every step is a [`Move`]; [`Application::make`] is the only
//! way from one state to another, and says of what it does not allow by which rule, and what would be allowed.

mod ground;
mod less;
mod moves;
mod terms;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::clock::kept::{Running, WaitsFor};
use crate::clock::{Clock, Law};
use crate::name::{ApplicationName, GrantName};

pub use ground::RefusalGround;
pub use less::Narrowing;
pub use moves::{Act, Illegal, Move, MoveKind, MoveRule, Side};
pub use terms::{Terms, Unusable};

/// Offers of one application.
pub const MOST_OFFERS: usize = 5;
/// Points of missing material.
pub const MOST_MISSING: usize = 20;
/// Steps that an application keeps of its history, the latest; the ledger keeps all.
pub const MOST_STEPS: usize = 200;

/// A request for sharing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// `applications/{UUID}`.
    pub name: ApplicationName,
    /// What is asked for.
    pub terms: Terms,
    /// How the data will be used.
    pub scene: String,
    /// How much will be used, as the applicant expects.
    #[serde(default, skip_serializing_if = "Volume::is_unsaid")]
    pub volume: Volume,
    /// The grant that is to be agreed on anew; none for a grant of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amends: Option<GrantName>,
    /// The version of it that was in force when this was written: on another one nobody agrees to it, or what was agreed
    /// on meanwhile would be lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<u32>,
    /// Who wrote it.
    pub applicant: String,
    /// The stage.
    pub state: ApplicationState,
    /// What was done, the earliest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<Step>,
}

/// What an applicant writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// What is asked for.
    pub terms: Terms,
    /// How the data will be used.
    pub scene: String,
    /// How much of it.
    pub volume: Volume,
    /// The grant that is to be agreed on anew.
    pub amends: Option<GrantName>,
    /// The version of it that is in force; the use case looks it up.
    pub base: Option<u32>,
}

impl Content {
    /// What is asked for and how it will be used, and nothing else.
    pub fn new(terms: Terms, scene: String) -> Self {
        Self {
            terms,
            scene,
            volume: Volume::default(),
            amends: None,
            base: None,
        }
    }
}

/// How much will be used. Stated for whoever answers; nothing is held to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// Calls a day; 0 where nothing is said.
    pub calls_per_day: u64,
    /// Rows a day; 0 where nothing is said.
    pub rows_per_day: u64,
}

impl Volume {
    /// Whether nothing is said.
    pub fn is_unsaid(&self) -> bool {
        *self == Self::default()
    }
}

/// Who did something, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// Who, as a principal is written.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// A step of the past.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What was done.
    pub kind: MoveKind,
    /// By whom, and when.
    #[serde(flatten)]
    pub signed: Signed,
    /// What was said with it; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// The stage of an application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ApplicationState {
    /// Written, not signed off.
    Draft,
    /// Signed off inside the applying department (Order 809 art. 20).
    SignedOff(Signed),
    /// With the provider; its clock runs.
    Submitted(Box<Answering>),
    /// The applicant is asked for material; the provider's clock stands still (art. 21).
    MaterialRequested(Box<Answering>),
    /// The applicant is offered less; the provider's clock stands still. The last of the offers is the open one.
    Offered(Box<Answering>),
    /// Agreed.
    Approved {
        /// How it came to that; its clock has stopped.
        #[serde(flatten)]
        answering: Box<Answering>,
        /// The grant that came of it.
        grant: GrantName,
        /// By whom, last.
        by: String,
    },
    /// Declined.
    Refused {
        /// How it came to that; its clock has stopped.
        #[serde(flatten)]
        answering: Box<Answering>,
        /// The id of the ground; empty in what was declined before grounds were listed.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        ground: String,
        /// The law that forbids to share, where the ground is one.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        law: String,
        /// Why.
        reason: String,
        /// By whom.
        by: String,
    },
    /// Taken back by the applicant.
    Withdrawn {
        /// Why; may be empty for a draft.
        reason: String,
        /// How far it had come; none where it was never submitted.
        #[serde(flatten)]
        answering: Option<Box<Answering>>,
    },
}

/// What was done about an application since the provider received it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answering {
    /// The provider's clock.
    pub clock: Clock,
    /// What the applicant was asked for, once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub material: Option<MaterialRequest>,
    /// A longer time, as far as it has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<ExtensionRequest>,
    /// What one of the provider's people agreed to; a second one makes it count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<Proposal>,
    /// What was offered, the earliest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offers: Vec<Offer>,
}

/// Everything that is missing, told once (Order 809 art. 21).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaterialRequest {
    /// By whom, and when.
    #[serde(flatten)]
    pub signed: Signed,
    /// What is missing, point by point.
    pub missing: Vec<String>,
    /// The applicant's clock.
    pub clock: Clock,
    /// What the applicant supplied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplied: Option<Statement>,
}

/// What somebody stated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Who, and when.
    #[serde(flatten)]
    pub signed: Signed,
    /// What.
    pub text: String,
}

/// A longer time for the answer: it counts once both facts are there (Order 809 art. 21).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtensionRequest {
    /// Who asked for it, when and why.
    pub asked: Statement,
    /// Working days.
    pub days: u16,
    /// The consent of the competent department.
    pub consent: Consent,
    /// The notice to the applicant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Signed>,
}

/// Whether the competent department consents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "consent", rename_all = "snake_case")]
pub enum Consent {
    /// It has not answered.
    Open,
    /// It does.
    Given(Signed),
    /// It does not.
    Declined(Statement),
}

impl ExtensionRequest {
    /// Whether both facts are there.
    pub fn counts(&self) -> bool {
        matches!(self.consent, Consent::Given(_)) && self.notice.is_some()
    }
}

/// What the first of two people of the provider agreed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Who, and when.
    #[serde(flatten)]
    pub signed: Signed,
    /// Less than was asked for; none for what was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<Terms>,
    /// Why it is less.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// Less than was asked for, as the provider offered it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// What is offered.
    pub terms: Terms,
    /// Why it is less.
    pub note: String,
    /// The two people of the provider.
    pub approvers: Vec<Signed>,
    /// The applicant's clock.
    pub clock: Clock,
    /// What the applicant said.
    pub answer: OfferAnswer,
}

/// What became of an offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum OfferAnswer {
    /// It lies with the applicant.
    Open,
    /// The applicant takes it.
    Accepted(Signed),
    /// The applicant does not.
    Declined(Statement),
    /// It was taken back, or the application was.
    Withdrawn,
}

// === impl ApplicationState ===

impl ApplicationState {
    /// The words of the states in which somebody's clock runs.
    pub const UNDER_WAY: [&'static str; 3] = ["submitted", "material_requested", "offered"];

    /// Whether somebody's clock runs: it is one of [`Self::UNDER_WAY`].
    pub fn is_under_way(&self) -> bool {
        match self {
            Self::Submitted(_) | Self::MaterialRequested(_) | Self::Offered(_) => true,
            Self::Draft
            | Self::SignedOff(_)
            | Self::Approved { .. }
            | Self::Refused { .. }
            | Self::Withdrawn { .. } => false,
        }
    }

    /// The word for people and programs.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::SignedOff(_) => "signed_off",
            Self::Submitted(_) => "submitted",
            Self::MaterialRequested(_) => "material_requested",
            Self::Offered(_) => "offered",
            Self::Approved { .. } => "approved",
            Self::Refused { .. } => "refused",
            Self::Withdrawn { .. } => "withdrawn",
        }
    }

    /// What was done since the provider received it.
    pub fn answering(&self) -> Option<&Answering> {
        match self {
            Self::Draft | Self::SignedOff(_) => None,
            Self::Submitted(answering)
            | Self::MaterialRequested(answering)
            | Self::Offered(answering)
            | Self::Approved { answering, .. }
            | Self::Refused { answering, .. } => Some(answering),
            Self::Withdrawn { answering, .. } => answering.as_deref(),
        }
    }

    fn answering_mut(&mut self) -> Option<&mut Answering> {
        match self {
            Self::Draft | Self::SignedOff(_) => None,
            Self::Submitted(answering)
            | Self::MaterialRequested(answering)
            | Self::Offered(answering)
            | Self::Approved { answering, .. }
            | Self::Refused { answering, .. } => Some(answering),
            Self::Withdrawn { answering, .. } => answering.as_deref_mut(),
        }
    }

    /// The provider's clock, once it has begun.
    pub fn clock(&self) -> Option<&Clock> {
        self.answering().map(|answering| &answering.clock)
    }

    /// Whether nothing can come of it any more.
    pub fn is_over(&self) -> bool {
        match self {
            Self::Draft
            | Self::SignedOff(_)
            | Self::Submitted(_)
            | Self::MaterialRequested(_)
            | Self::Offered(_) => false,
            Self::Approved { .. } | Self::Refused { .. } | Self::Withdrawn { .. } => true,
        }
    }
}

// === impl Application ===

impl Application {
    /// An application that was just written.
    pub fn draft(name: ApplicationName, content: Content) -> Self {
        Self {
            name,
            terms: content.terms,
            scene: content.scene,
            volume: content.volume,
            amends: content.amends,
            base: content.base,
            // The use case writes who it was.
            applicant: String::new(),
            state: ApplicationState::Draft,
            history: Vec::new(),
        }
    }

    /// What would be agreed on: what was asked for, or what was offered and accepted in its place.
    pub fn agreed(&self) -> &Terms {
        let offers = self
            .state
            .answering()
            .map(|answering| answering.offers.as_slice());
        let mut offers = offers.unwrap_or_default().iter();
        let accepted = offers.find(|offer| matches!(offer.answer, OfferAnswer::Accepted(_)));
        accepted.map_or(&self.terms, |offer| &offer.terms)
    }

    /// The same with the last days of its clocks, where a notice for which one waited is loaded now.
    #[must_use]
    pub fn settled(mut self, law: Law<'_>) -> Self {
        let Some(answering) = self.state.answering_mut() else {
            return self;
        };
        let settle = |clock: &mut Clock| {
            if clock.missing_notice.is_some() {
                *clock = clock.clone().settle(law);
            }
        };
        settle(&mut answering.clock);
        if let Some(asked) = &mut answering.material {
            settle(&mut asked.clock);
        }
        if let Some(offer) = answering.offers.last_mut() {
            settle(&mut offer.clock);
        }
        self
    }

    /// The clocks that run: whose, until when.
    pub fn running(&self) -> Vec<Running<'_>> {
        let provider = || WaitsFor::OwnerOf(self.terms.resource.clone());
        let applicant = || WaitsFor::DepartmentOf(self.terms.consumer.clone());
        let (answering, own) = match &self.state {
            ApplicationState::Submitted(answering) => (answering, None),
            ApplicationState::MaterialRequested(answering) => {
                let asked = answering.material.as_ref();
                (answering, asked.map(|asked| &asked.clock))
            }
            ApplicationState::Offered(answering) => {
                let open = answering.offers.last();
                (answering, open.map(|offer| &offer.clock))
            }
            ApplicationState::Draft
            | ApplicationState::SignedOff(_)
            | ApplicationState::Approved { .. }
            | ApplicationState::Refused { .. }
            | ApplicationState::Withdrawn { .. } => return Vec::new(),
        };
        let own = own.and_then(|clock| Running::of(applicant(), clock));
        let answer = Running::of(provider(), &answering.clock);
        answer.into_iter().chain(own).collect()
    }
}
