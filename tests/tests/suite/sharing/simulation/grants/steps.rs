//! Steps of a grant by name: which is picked, by whom, with what it says, and whether that is at fault.

use broker::{Failure, NarrowedGrant, Stored};
use domain::application::Narrowing;
use domain::grant::{Grant, GrantStep};
use domain::name::GrantName;
use jiff::ToSpan as _;
use jiff::civil::Date;
use kit::gateway::act;

use crate::sharing::cast::{Cast, Who};
use crate::sharing::model::Desk;
use crate::sharing::model::grant::{Phase, Picture};
use crate::sharing::simulation::{Dice, LAST};

/// What is said with a step, beside why.
pub(super) enum Said {
    Nothing,
    /// Until when a misuse is to be put right.
    Until(Date),
    /// What is left.
    Less(Box<NarrowedGrant>),
    /// When what became of the data was done.
    DoneOn(Date),
}

impl Said {
    /// Mostly what can be said, and once in a while what cannot.
    pub(super) fn with(
        step: GrantStep,
        who: Who,
        grant: &Grant,
        (today, dice): (Date, &mut Dice),
    ) -> Self {
        match step {
            GrantStep::Order | GrantStep::Reject => {
                let days = *dice.of(&[1, 1, 2, 3, 3, 5, 10, 20, 90, 0, 91]);
                Self::Until((today + i64::from(days).days()).min(LAST))
            }
            GrantStep::Narrow => {
                let consults = (Desk::of(who) == Desk::Provider) != (dice.below(10) == 0);
                let consultation = consults.then(|| "电话协商，对方同意".to_owned());
                Self::Less(Box::new(NarrowedGrant {
                    change: lesser(grant, today),
                    reason: "不再需要".to_owned(),
                    consultation,
                }))
            }
            GrantStep::Dispose => {
                let days = *dice.of(&[0, 0, 1, 7, -1]);
                Self::DoneOn(today - i64::from(days).days())
            }
            GrantStep::Suspend | GrantStep::Report | GrantStep::Resume | GrantStep::Revoke => {
                Self::Nothing
            }
        }
    }

    /// The day that whoever orders sets.
    pub(super) fn until(&self) -> Option<Date> {
        match self {
            Self::Until(day) => Some(*day),
            Self::Nothing | Self::Less(_) | Self::DoneOn(_) => None,
        }
    }

    /// Whether it cannot be said, whatever the state.
    pub(super) fn is_faulty(&self, grant: &Grant, (who, today): (Who, Date)) -> bool {
        match self {
            Self::Nothing => false,
            Self::Until(day) => *day <= today || *day > today + 90.days(),
            Self::DoneOn(day) => *day > today,
            Self::Less(less) => {
                let consults = Desk::of(who) == Desk::Provider;
                let change = &less.change;
                let nothing = change.items.is_empty() && change.end.is_none();
                let end = change.end.unwrap_or(grant.terms.end);
                nothing || end < today || less.consultation.is_some() != consults
            }
        }
    }
}

/// One item less; of the last one a month is left, if that is less.
fn lesser(grant: &Grant, today: Date) -> Narrowing {
    let terms = &grant.terms;
    let left = &terms.items[..terms.items.len() - 1];
    let month = today + 30.days();
    Narrowing {
        items: left.to_vec(),
        end: (left.is_empty() && month < terms.end).then_some(month),
        ..Narrowing::default()
    }
}

/// Mostly what is legal and goes on: a grant that is ended early teaches little. Of the rest mostly what is about an order.
pub(super) fn pick(picture: &Picture, dice: &mut Dice) -> GrantStep {
    let legal = picture.legal();
    match (legal, dice.below(6)) {
        ([], _) | (_, 0) => return *dice.of(GrantStep::ALL),
        (_, 1) => return *dice.of(&[GrantStep::Report, GrantStep::Reject, GrantStep::Resume]),
        _ => {}
    }
    match *dice.of(legal) {
        GrantStep::Revoke | GrantStep::Resume if dice.below(5) != 0 => legal[0],
        step => step,
    }
}

/// Who a step is for, as a rule.
pub(super) fn right(step: GrantStep, dice: &mut Dice) -> Who {
    match step {
        GrantStep::Narrow => *dice.of(&[Who::Applicant, Who::Consenter, Who::Owner]),
        GrantStep::Report | GrantStep::Dispose => *dice.of(&[Who::Applicant, Who::Consenter]),
        GrantStep::Suspend
        | GrantStep::Order
        | GrantStep::Reject
        | GrantStep::Resume
        | GrantStep::Revoke => *dice.of(&[Who::Owner, Who::Second]),
    }
}

/// The methods that a grant should say are legal.
pub(super) fn methods(picture: &Picture) -> Vec<&'static str> {
    picture.legal().iter().map(|step| step.method()).collect()
}

/// Nothing more is agreed on: it is over, or a misuse is to be put right first.
pub(super) fn must_forbid_more(picture: &Picture, failure: &Failure) {
    match picture.phase {
        Phase::Over | Phase::Disposed => assert_eq!(failure.faults[0].code, "GRANT_OVER"),
        Phase::Ordered | Phase::Reported | Phase::UsedUp => {
            assert_eq!(failure.reason, domain::reason::Reason::StateConflict);
            assert!(failure.message.contains(picture.word), "{failure:?}");
        }
        Phase::Active | Phase::Suspended => panic!("{picture:?}: {failure:?}"),
    }
}

impl Cast {
    /// Reads it as its provider does.
    pub(super) async fn grant(&self, name: &GrantName) -> Stored<Grant> {
        let reader = self.caller(Who::Second);
        self.gateway().grant(reader, name).await.unwrap()
    }

    /// Takes a step of a kind.
    pub(super) async fn step_grant(
        &self,
        step: GrantStep,
        who: Who,
        before: &Stored<Grant>,
        said: &Said,
    ) -> Result<Stored<Grant>, Failure> {
        let (gateway, request) = (self.gateway(), self.request());
        let act = act(self.caller(who), &request, step.method());
        let (name, etag, why) = (&before.value.name, before.etag(), "理由".to_owned());
        let day = match said {
            Said::Until(day) | Said::DoneOn(day) => *day,
            Said::Nothing | Said::Less(_) => LAST,
        };
        match (step, said) {
            (GrantStep::Narrow, Said::Less(less)) => {
                let less = less.as_ref().clone();
                gateway.narrow_grant(&act, name, less, &etag).await
            }
            (GrantStep::Narrow, _) => unreachable!("it says what is left"),
            (GrantStep::Suspend, _) => gateway.suspend_grant(&act, name, why).await,
            (GrantStep::Order, _) => {
                let order = (why, day);
                gateway.order_rectification(&act, name, order, &etag).await
            }
            (GrantStep::Report, _) => gateway.report_rectification(&act, name, why, &etag).await,
            (GrantStep::Reject, _) => {
                let again = (why, day);
                gateway.reject_rectification(&act, name, again, &etag).await
            }
            (GrantStep::Resume, _) => gateway.resume_grant(&act, name).await,
            (GrantStep::Revoke, _) => {
                let demand = (why, "删除全部数据".to_owned());
                gateway.revoke_grant(&act, name, demand).await
            }
            (GrantStep::Dispose, _) => gateway.state_disposal(&act, name, (why, day), &etag).await,
        }
    }
}
