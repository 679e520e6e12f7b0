//! The moves of an application: which there are, whose they are, and what each state allows.

mod answered;
mod illegal;

use serde::{Deserialize, Serialize};

use super::{
    Answering, Application, ApplicationState, Consent, Content, ExtensionRequest, MOST_OFFERS,
    MOST_STEPS, OfferAnswer, RefusalGround, Signed, Statement, Step, Terms,
};
use crate::clock::{Clock, Law};
use crate::name::GrantName;
use crate::policy::shaoyang_date;
use jiff::Timestamp;
use jiff::civil::Date;

pub use illegal::{Illegal, MoveRule};

/// Whose move it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The department that applies.
    Consumer,
    /// The department that provides.
    Provider,
    /// The department competent for data sharing.
    Competent,
}

/// Writes the kinds of moves with their words from one list.
macro_rules! kinds {
    ($($name:ident = $word:literal, $method:literal, $side:ident, $doc:literal;)+) => {
        /// A kind of move.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum MoveKind { $(#[doc = $doc] $name,)+ }

        impl MoveKind {
            /// All kinds.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The word in the ledger and in histories.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// The method that makes it.
            pub fn method(self) -> &'static str {
                match self { $(Self::$name => $method,)+ }
            }

            /// Whose it is.
            pub fn side(self) -> Side {
                match self { $(Self::$name => Side::$side,)+ }
            }
        }
    };
}

kinds! {
    Edit = "edit", "UpdateApplication", Consumer, "Write what is asked for anew.";
    SignOff = "sign_off", "SignOffApplication", Consumer, "Consent to it inside the applying department (Order 809 art. 20).";
    Submit = "submit", "SubmitApplication", Consumer, "Hand it to the provider.";
    AutoApprove = "auto_approve", "SubmitApplication", Provider, "Agree at once, as the entry says (only what is shared unconditionally).";
    Withdraw = "withdraw", "WithdrawApplication", Consumer, "Take it back.";
    RequestMaterial = "request_material", "RequestMaterial", Provider, "Say, once, everything that is missing (art. 21).";
    SupplyMaterial = "supply_material", "SupplyMaterial", Consumer, "Supply what was missing.";
    RequestExtension = "request_extension", "RequestExtension", Provider, "Ask for a longer time for the answer (art. 21).";
    ConsentExtension = "consent_extension", "ConsentExtension", Competent, "Consent to a longer time.";
    DeclineExtension = "decline_extension", "DeclineExtension", Competent, "Do not consent to a longer time.";
    NotifyExtension = "notify_extension", "NotifyExtension", Provider, "Tell the applicant of a longer time.";
    Approve = "approve", "ApproveApplication", Provider, "Agree: the first person to propose it, the second one to make it count.";
    Offer = "offer", "OfferTerms", Provider, "Propose to grant less.";
    AcceptOffer = "accept_offer", "AcceptOffer", Consumer, "Take what is offered.";
    DeclineOffer = "decline_offer", "DeclineOffer", Consumer, "Do not take what is offered.";
    WithdrawOffer = "withdraw_offer", "WithdrawOffer", Provider, "Take back what is offered, as long as the applicant has not taken it.";
    Refuse = "refuse", "RefuseApplication", Provider, "Decline on a ground of the law (art. 21).";
}

/// A move with what it brings.
#[derive(Clone, Debug)]
pub enum Move {
    /// [`MoveKind::Edit`].
    Edit(Box<Content>),
    /// [`MoveKind::SignOff`].
    SignOff,
    /// [`MoveKind::Submit`], with the provider's clock.
    Submit(Clock),
    /// [`MoveKind::AutoApprove`], with the name of the grant and who set it: who signed the entry off, and who published it.
    AutoApprove(GrantName, [String; 2]),
    /// [`MoveKind::Withdraw`], with why.
    Withdraw(String),
    /// [`MoveKind::RequestMaterial`], with what is missing and the applicant's clock.
    RequestMaterial(Vec<String>, Clock),
    /// [`MoveKind::SupplyMaterial`].
    SupplyMaterial(String),
    /// [`MoveKind::RequestExtension`], with working days and why.
    RequestExtension(u16, String),
    /// [`MoveKind::ConsentExtension`].
    ConsentExtension,
    /// [`MoveKind::DeclineExtension`], with why.
    DeclineExtension(String),
    /// [`MoveKind::NotifyExtension`].
    NotifyExtension,
    /// [`MoveKind::Approve`], with the name of the grant if this makes one, and the applicant's clock if it makes an
    /// offer.
    Approve(GrantName, Clock),
    /// [`MoveKind::Offer`], with why it is less.
    Offer(Box<Terms>, String),
    /// [`MoveKind::AcceptOffer`], with the name of the grant.
    AcceptOffer(GrantName),
    /// [`MoveKind::DeclineOffer`], with why.
    DeclineOffer(String),
    /// [`MoveKind::WithdrawOffer`], with why.
    WithdrawOffer(String),
    /// [`MoveKind::Refuse`].
    Refuse {
        /// The ground.
        ground: Box<RefusalGround>,
        /// The law that forbids to share, where the ground asks for one.
        law: String,
        /// Why it applies.
        reason: String,
    },
}

impl Move {
    /// Its kind.
    pub fn kind(&self) -> MoveKind {
        match self {
            Self::Edit(_) => MoveKind::Edit,
            Self::SignOff => MoveKind::SignOff,
            Self::Submit(_) => MoveKind::Submit,
            Self::AutoApprove(..) => MoveKind::AutoApprove,
            Self::Withdraw(_) => MoveKind::Withdraw,
            Self::RequestMaterial(..) => MoveKind::RequestMaterial,
            Self::SupplyMaterial(_) => MoveKind::SupplyMaterial,
            Self::RequestExtension(..) => MoveKind::RequestExtension,
            Self::ConsentExtension => MoveKind::ConsentExtension,
            Self::DeclineExtension(_) => MoveKind::DeclineExtension,
            Self::NotifyExtension => MoveKind::NotifyExtension,
            Self::Approve(..) => MoveKind::Approve,
            Self::Offer(..) => MoveKind::Offer,
            Self::AcceptOffer(_) => MoveKind::AcceptOffer,
            Self::DeclineOffer(_) => MoveKind::DeclineOffer,
            Self::WithdrawOffer(_) => MoveKind::WithdrawOffer,
            Self::Refuse { .. } => MoveKind::Refuse,
        }
    }

    /// What is said with it, for the history.
    fn note(&self) -> String {
        match self {
            Self::Withdraw(text)
            | Self::SupplyMaterial(text)
            | Self::DeclineExtension(text)
            | Self::Offer(_, text)
            | Self::DeclineOffer(text)
            | Self::WithdrawOffer(text) => text.clone(),
            Self::RequestMaterial(missing, _) => missing.join("；"),
            Self::RequestExtension(days, why) => format!("{days} 个工作日：{why}"),
            Self::Refuse { ground, reason, .. } => format!("{}：{reason}", ground.id),
            Self::Edit(_)
            | Self::SignOff
            | Self::Submit(_)
            | Self::AutoApprove(..)
            | Self::ConsentExtension
            | Self::NotifyExtension
            | Self::Approve(..)
            | Self::AcceptOffer(_) => String::new(),
        }
    }
}

/// Who makes a move, when, and by which law.
#[derive(Clone, Copy)]
pub struct Act<'a> {
    /// Who, as a principal is written.
    pub by: &'a str,
    /// When.
    pub now: Timestamp,
    /// What due dates are computed by.
    pub law: Law<'a>,
    /// Whether who acted before is the same person: an account goes over when departments are merged.
    pub is_same: &'a (dyn Fn(&str) -> bool + Sync),
}

impl Act<'_> {
    fn signed(&self) -> Signed {
        Signed {
            by: self.by.to_owned(),
            at: self.now,
        }
    }

    fn states(&self, text: String) -> Statement {
        Statement {
            signed: self.signed(),
            text,
        }
    }

    fn today(&self) -> Date {
        shaoyang_date(self.now)
    }
}

impl Application {
    /// The moves that the present state allows, whoever makes them.
    pub fn legal(&self) -> Vec<MoveKind> {
        let all = MoveKind::ALL.iter().copied();
        all.filter(|kind| self.allows(*kind)).collect()
    }

    /// Whether the state alone allows a kind of move.
    fn allows(&self, kind: MoveKind) -> bool {
        use ApplicationState as State;
        let extension = self
            .state
            .answering()
            .and_then(|one| one.extension.as_ref());
        let is_submitted = matches!(self.state, State::Submitted(_));
        let asked = self
            .state
            .answering()
            .is_some_and(|one| one.material.is_some());
        match kind {
            MoveKind::Edit => matches!(self.state, State::Draft | State::SignedOff(_)),
            MoveKind::SignOff => self.state == State::Draft,
            MoveKind::Submit => matches!(self.state, State::SignedOff(_)),
            MoveKind::Withdraw => !self.state.is_over(),
            MoveKind::RequestMaterial => is_submitted && !asked,
            MoveKind::SupplyMaterial => matches!(self.state, State::MaterialRequested(_)),
            MoveKind::RequestExtension => is_submitted && extension.is_none(),
            MoveKind::ConsentExtension | MoveKind::DeclineExtension => {
                is_submitted && extension.is_some_and(|one| one.consent == Consent::Open)
            }
            MoveKind::NotifyExtension => {
                let declined = |one: &ExtensionRequest| matches!(one.consent, Consent::Declined(_));
                is_submitted && extension.is_some_and(|one| one.notice.is_none() && !declined(one))
            }
            MoveKind::Approve => is_submitted,
            // Only together with its submission, and no method makes it.
            MoveKind::AutoApprove => false,
            MoveKind::Offer => {
                let offers = self.state.answering().map(|one| one.offers.len());
                is_submitted && offers < Some(MOST_OFFERS)
            }
            MoveKind::AcceptOffer | MoveKind::DeclineOffer | MoveKind::WithdrawOffer => {
                matches!(self.state, State::Offered(_))
            }
            MoveKind::Refuse => is_submitted || matches!(self.state, State::MaterialRequested(_)),
        }
    }

    /// Makes a move. The only way from one state to another.
    ///
    /// # Errors
    /// [`Illegal`]: the state and the rule that forbid it, and what would be legal; nothing has changed then.
    pub fn make(&self, step: Move, act: &Act<'_>) -> Result<Self, Illegal> {
        let kind = step.kind();
        let no = |rule| Illegal::of(self, kind, rule);
        let is_auto = kind == MoveKind::AutoApprove && self.is_just_submitted();
        if !self.allows(kind) && !is_auto {
            return Err(no(self.rule_against(kind)));
        }
        let mut next = self.clone();
        next.note(Step {
            kind,
            signed: act.signed(),
            note: step.note(),
        });
        next.state = match step {
            Move::Edit(content) => {
                next.terms = content.terms;
                next.scene = content.scene;
                next.volume = content.volume;
                next.amends = content.amends;
                next.base = content.base;
                act.by.clone_into(&mut next.applicant);
                ApplicationState::Draft
            }
            Move::SignOff if (act.is_same)(&self.applicant) => {
                return Err(no(MoveRule::SecondPerson("who wrote it")));
            }
            Move::SignOff => ApplicationState::SignedOff(act.signed()),
            Move::Submit(clock) => ApplicationState::Submitted(Box::new(Answering::begin(clock))),
            Move::Withdraw(reason) => self.withdrawn(reason, act),
            other => self.answered(other, act).map_err(no)?,
        };
        Ok(next)
    }

    /// Submitted, and nothing else was done since.
    fn is_just_submitted(&self) -> bool {
        let last = self.history.last().map(|step| step.kind);
        matches!(self.state, ApplicationState::Submitted(_)) && last == Some(MoveKind::Submit)
    }

    /// The same person writing again is one step of the history; of too many the earliest go.
    fn note(&mut self, step: Step) {
        let is_again = |last: &Step| {
            step.kind == MoveKind::Edit
                && last.kind == step.kind
                && last.signed.by == step.signed.by
        };
        if self.history.last().is_some_and(is_again) {
            self.history.pop();
        }
        if self.history.len() >= MOST_STEPS {
            self.history.remove(0);
        }
        self.history.push(step);
    }

    fn withdrawn(&self, reason: String, act: &Act<'_>) -> ApplicationState {
        let answering = self.state.answering().map(|answering| {
            let mut answering = Box::new(answering.clone());
            if let Some(open) = answering.offers.last_mut()
                && open.answer == OfferAnswer::Open
            {
                open.answer = OfferAnswer::Withdrawn;
            }
            answering.clock = answering.clock.clone().stopped(act.now);
            answering
        });
        ApplicationState::Withdrawn { reason, answering }
    }

    /// Why the state does not allow a kind of move: a rule of its own, where there is one.
    fn rule_against(&self, kind: MoveKind) -> MoveRule {
        let ApplicationState::Submitted(answering) = &self.state else {
            return MoveRule::State;
        };
        match kind {
            MoveKind::RequestMaterial if answering.material.is_some() => MoveRule::MaterialOnce,
            MoveKind::RequestExtension if answering.extension.is_some() => MoveRule::ExtensionOnce,
            MoveKind::Offer if answering.offers.len() >= MOST_OFFERS => MoveRule::TooManyOffers,
            _ => MoveRule::State,
        }
    }
}
