//! The steps of a grant: which there are, and what each state allows.

use crate::application::{Signed, Statement};
use crate::clock::Clock;
use crate::legal::LegalMoves;
use jiff::civil::Date;

use super::misuse::{MOST_REPORTS, Order};
use super::{Disposal, Grant, GrantState};

/// Writes the kinds of steps with their words from one list.
macro_rules! steps {
    ($($name:ident = $method:literal, $doc:literal;)+) => {
        /// A kind of step.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum GrantStep { $(#[doc = $doc] $name,)+ }

        impl GrantStep {
            /// All kinds, in the order of a grant's life.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The method that takes it.
            pub fn method(self) -> &'static str {
                match self { $(Self::$name => $method,)+ }
            }
        }
    };
}

steps! {
    Narrow = "NarrowGrant", "Put a next version of less in the place of the present one.";
    Suspend = "SuspendGrant", "Stop its use at once (Order 809 art. 27).";
    Order = "OrderRectification", "Stop its use and order a misuse to be put right until a day (art. 27).";
    Report = "ReportRectification", "Say how the misuse was put right.";
    Reject = "RejectRectification", "Say that it was not, and set another day.";
    Resume = "ResumeGrant", "End a suspension; where a misuse was to be put right, it was.";
    Revoke = "RevokeGrant", "End it for good (art. 27).";
    Dispose = "StateDisposal", "Say what became of the data after its end (art. 27, 29).";
}

/// The rule that forbids a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepRule {
    /// The state does not allow it.
    State,
    /// Whoever stopped it does not let it go on.
    SecondPerson,
    /// Nothing was reported that could be judged.
    ReportFirst,
    /// What was reported waits to be judged.
    ReportOpen,
    /// So many reports are enough.
    TooManyReports,
    /// What became of the data was stated.
    StatedAlready,
}

impl StepRule {
    /// The id in errors.
    pub fn id(self) -> &'static str {
        match self {
            Self::State => "grant.state",
            Self::SecondPerson => "grant.second-person",
            Self::ReportFirst => "grant.report-first",
            Self::ReportOpen => "grant.report-open",
            Self::TooManyReports => "grant.reports",
            Self::StatedAlready => "grant.disposal-once",
        }
    }

    fn says(self) -> &'static str {
        match self {
            Self::State => "its state does not allow that",
            Self::SecondPerson => {
                "whoever suspended it does not end the suspension; another person does"
            }
            Self::ReportFirst => "its consumer has not reported how the misuse was put right",
            Self::ReportOpen => "what its consumer reported waits to be judged",
            Self::TooManyReports => "so many reports are enough; let it go on, or revoke it",
            Self::StatedAlready => "what became of the data was stated",
        }
    }
}

/// Why a grant did not take a step, and what would be legal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantError {
    /// The step.
    pub step: GrantStep,
    /// The rule that forbids it.
    pub rule: StepRule,
    /// The state, in one word.
    pub state: &'static str,
    legal: Vec<GrantStep>,
}

impl GrantError {
    pub(super) fn of(grant: &Grant, step: GrantStep, rule: StepRule) -> Self {
        Self {
            step,
            rule,
            state: grant.state.as_str(),
            legal: grant.legal(),
        }
    }

    /// In one sentence.
    pub fn message(&self, name: &str) -> String {
        let legal = self.legal_moves();
        let next = if legal.methods.is_empty() {
            "nothing more".to_owned()
        } else {
            legal.list()
        };
        let (state, says) = (self.state, self.rule.says());
        format!("{name} is {state}, and {says}; legal now: {next}")
    }

    /// What the state allows.
    pub fn legal_moves(&self) -> LegalMoves {
        let methods = self.legal.iter().map(|step| step.method());
        LegalMoves {
            state: self.state,
            rule: self.rule.id(),
            methods: methods.collect(),
        }
    }
}

type Next = Result<Grant, GrantError>;

impl Grant {
    /// The steps that the present state allows, whoever takes them.
    pub fn legal(&self) -> Vec<GrantStep> {
        let all = GrantStep::ALL.iter().copied();
        all.filter(|step| self.rule_against(*step).is_none())
            .collect()
    }

    /// Why the state alone does not allow a step; none where it does.
    pub(super) fn rule_against(&self, step: GrantStep) -> Option<StepRule> {
        let order = match &self.state {
            GrantState::Suspended { order, .. } => order.as_deref(),
            GrantState::Active | GrantState::Revoked { .. } | GrantState::Expired => None,
        };
        let reported = order.is_some_and(Order::is_reported);
        let suspended = matches!(self.state, GrantState::Suspended { .. });
        let over = self.state.is_over();
        let unless = |allowed: bool| (!allowed).then_some(StepRule::State);
        match step {
            // What is to be put right stays as it was until then.
            GrantStep::Narrow | GrantStep::Order => unless(!over && order.is_none()),
            GrantStep::Revoke => unless(!over),
            GrantStep::Suspend => unless(self.state == GrantState::Active),
            GrantStep::Report | GrantStep::Reject if order.is_none() => Some(StepRule::State),
            GrantStep::Report if reported => Some(StepRule::ReportOpen),
            GrantStep::Report => {
                let many = order.is_some_and(|order| order.reports.len() >= MOST_REPORTS);
                many.then_some(StepRule::TooManyReports)
            }
            GrantStep::Reject => (!reported).then_some(StepRule::ReportFirst),
            GrantStep::Resume if order.is_some_and(Order::may_be_reported) => {
                Some(StepRule::ReportFirst)
            }
            GrantStep::Resume => unless(suspended),
            GrantStep::Dispose if self.disposal.is_some() => Some(StepRule::StatedAlready),
            GrantStep::Dispose => unless(over),
        }
    }

    pub(super) fn must_allow(&self, step: GrantStep) -> Result<(), GrantError> {
        match self.rule_against(step) {
            None => Ok(()),
            Some(rule) => Err(GrantError::of(self, step, rule)),
        }
    }

    /// Stops its use.
    ///
    /// # Errors
    /// [`GrantError`] when it is not active.
    pub fn suspend(mut self, reason: String, by: String) -> Next {
        self.must_allow(GrantStep::Suspend)?;
        self.state = GrantState::Suspended {
            reason,
            by,
            order: None,
        };
        Ok(self)
    }

    /// Stops its use and orders a misuse to be put right, by a clock whose last day whoever orders has set. One that is
    /// suspended stays so by who suspended it.
    ///
    /// # Errors
    /// [`GrantError`] when it is over, or an order stands.
    pub fn order_rectification(mut self, misuse: Statement, clock: Clock) -> Next {
        self.must_allow(GrantStep::Order)?;
        let reason = misuse.text.clone();
        let by = match &self.state {
            GrantState::Suspended { by, .. } => by.clone(),
            GrantState::Active | GrantState::Revoked { .. } | GrantState::Expired => {
                misuse.signed.by.clone()
            }
        };
        let order = Some(Box::new(Order::new(misuse, clock)));
        self.state = GrantState::Suspended { reason, by, order };
        Ok(self)
    }

    /// The consumer says how the misuse was put right; its clock stands still.
    ///
    /// # Errors
    /// [`GrantError`] when nothing is ordered, or a report is open.
    pub fn report_rectification(mut self, report: Statement) -> Next {
        self.must_allow(GrantStep::Report)?;
        if let Some(order) = self.order_mut() {
            order.report(report);
        }
        Ok(self)
    }

    /// What was reported does not do; another day is set.
    ///
    /// # Errors
    /// [`GrantError`] when no report is open.
    pub fn reject_rectification(mut self, why: Statement, clock: Clock) -> Next {
        self.must_allow(GrantStep::Reject)?;
        if let Some(order) = self.order_mut() {
            order.reject(why, clock);
        }
        Ok(self)
    }

    /// Ends a suspension. `is_same` says whether who acts now is who acted before.
    ///
    /// # Errors
    /// [`GrantError`] for whoever suspended it or ordered, when it is not suspended, and when a misuse is to be put right
    /// of which nothing was reported.
    pub fn resume(mut self, signed: Signed, is_same: impl Fn(&str) -> bool) -> Next {
        self.must_allow(GrantStep::Resume)?;
        if let GrantState::Suspended { by, order, .. } = &self.state {
            let ordered = order
                .as_ref()
                .is_some_and(|one| is_same(&one.misuse.signed.by));
            if is_same(by) || ordered {
                return Err(GrantError::of(
                    &self,
                    GrantStep::Resume,
                    StepRule::SecondPerson,
                ));
            }
        }
        self.state = GrantState::Active;
        self.resumed = Some(signed);
        Ok(self)
    }

    /// Ends it for good. `demand` is what the provider demands of the data; may be empty.
    ///
    /// # Errors
    /// [`GrantError`] when it is over.
    pub fn revoke(mut self, reason: String, by: String, demand: String) -> Next {
        self.must_allow(GrantStep::Revoke)?;
        self.keep_order();
        self.state = GrantState::Revoked { reason, by };
        self.disposal_demand = demand;
        Ok(self)
    }

    /// The same, ended after its last day; none before that, and where it is over.
    #[must_use]
    pub fn expired(mut self, today: Date) -> Option<Self> {
        if self.state.is_over() || today <= self.terms.end {
            return None;
        }
        self.keep_order();
        self.state = GrantState::Expired;
        Some(self)
    }

    /// The consumer says what became of the data.
    ///
    /// # Errors
    /// [`GrantError`] while it stands, and when that was stated.
    pub fn dispose(mut self, disposal: Disposal) -> Next {
        self.must_allow(GrantStep::Dispose)?;
        self.disposal = Some(disposal);
        Ok(self)
    }

    /// An order that stands at the end is not forgotten with it.
    fn keep_order(&mut self) {
        if let GrantState::Suspended { order, .. } = &mut self.state {
            self.unrectified = order.take();
        }
    }

    fn order_mut(&mut self) -> Option<&mut Order> {
        match &mut self.state {
            GrantState::Suspended { order, .. } => order.as_deref_mut(),
            GrantState::Active | GrantState::Revoked { .. } | GrantState::Expired => None,
        }
    }
}
