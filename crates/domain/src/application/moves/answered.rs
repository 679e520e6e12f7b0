//! The moves once an application was submitted: what the provider answers, and what the applicant says to that.

use super::super::{
    Answering, Application, ApplicationState, Consent, ExtensionRequest, MaterialRequest, Offer,
    OfferAnswer, Proposal, RefusalGround, Signed,
};
use super::{Act, Move, MoveKind, MoveRule};
use crate::clock::{Clock, Law};
use crate::name::GrantName;
use crate::regime::Rule;

impl Application {
    /// The moves once it was submitted.
    pub(super) fn answered(&self, step: Move, act: &Act<'_>) -> Result<ApplicationState, MoveRule> {
        let answering = self.state.answering().ok_or(MoveRule::State)?;
        let mut answering = Box::new(answering.clone());
        match step {
            Move::RequestMaterial(missing, clock) => {
                self.must_not_apply(act)?;
                answering.must_be_in_time(act, "RequestMaterial")?;
                answering.proposal = None;
                answering.material = Some(MaterialRequest {
                    signed: act.signed(),
                    missing,
                    clock,
                    supplied: None,
                });
                answering.clock = answering.clock.clone().pause(act.now, "material");
                Ok(ApplicationState::MaterialRequested(answering))
            }
            Move::SupplyMaterial(text) => {
                if let Some(asked) = &mut answering.material {
                    asked.supplied = Some(act.states(text));
                }
                answering.clock = answering.clock.clone().resume(act.now, act.law.calendar);
                Ok(ApplicationState::Submitted(answering))
            }
            Move::RequestExtension(..)
            | Move::ConsentExtension
            | Move::DeclineExtension(_)
            | Move::NotifyExtension => {
                answering.extend(step, act)?;
                Ok(ApplicationState::Submitted(answering))
            }
            Move::Approve(grant, clock) => self.approved(answering, grant, clock, act),
            Move::Refuse {
                ground,
                law,
                reason,
            } => {
                self.must_not_apply(act)?;
                self.must_be_grounded(&ground, &law, act)?;
                answering.proposal = None;
                answering.clock = answering.clock.clone().stopped(act.now);
                Ok(ApplicationState::Refused {
                    answering,
                    ground: ground.id,
                    law,
                    reason,
                    by: act.by.to_owned(),
                })
            }
            other => self.offered(answering, other, act),
        }
    }

    /// The moves about less than was asked for, and the one that the entry itself makes.
    fn offered(
        &self,
        mut answering: Box<Answering>,
        step: Move,
        act: &Act<'_>,
    ) -> Result<ApplicationState, MoveRule> {
        match step {
            Move::Offer(terms, note) => {
                self.must_not_apply(act)?;
                answering.proposal = Some(Proposal {
                    signed: act.signed(),
                    terms: Some(*terms),
                    note,
                });
                Ok(ApplicationState::Submitted(answering))
            }
            Move::AcceptOffer(grant) => {
                let open = answering.offers.last_mut().ok_or(MoveRule::State)?;
                if open
                    .approvers
                    .iter()
                    .any(|signed| (act.is_same)(&signed.by))
                {
                    return Err(MoveRule::SecondPerson("who made the offer"));
                }
                open.answer = OfferAnswer::Accepted(act.signed());
                let last = open.approvers.last();
                let by = last.map_or_else(|| act.by.to_owned(), |last| last.by.clone());
                Ok(agreed(answering, grant, by, act))
            }
            Move::DeclineOffer(text) => {
                let open = answering.offers.last_mut().ok_or(MoveRule::State)?;
                open.answer = OfferAnswer::Declined(act.states(text));
                answering.clock = answering.clock.clone().resume(act.now, act.law.calendar);
                Ok(ApplicationState::Submitted(answering))
            }
            Move::WithdrawOffer(_) => {
                self.must_not_apply(act)?;
                let open = answering.offers.last_mut().ok_or(MoveRule::State)?;
                open.answer = OfferAnswer::Withdrawn;
                answering.clock = answering.clock.clone().resume(act.now, act.law.calendar);
                Ok(ApplicationState::Submitted(answering))
            }
            Move::AutoApprove(grant, [first, by]) => {
                answering.proposal = Some(Proposal {
                    signed: Signed {
                        by: first,
                        at: act.now,
                    },
                    terms: None,
                    note: String::new(),
                });
                Ok(agreed(answering, grant, by, act))
            }
            // These are made before anything is submitted, or were made above.
            Move::Edit(_)
            | Move::SignOff
            | Move::Submit(_)
            | Move::Withdraw(_)
            | Move::RequestMaterial(..)
            | Move::SupplyMaterial(_)
            | Move::RequestExtension(..)
            | Move::ConsentExtension
            | Move::DeclineExtension(_)
            | Move::NotifyExtension
            | Move::Approve(..)
            | Move::Refuse { .. } => Err(MoveRule::State),
        }
    }

    /// Who applied does not answer: both sides can be one department since a merger.
    fn must_not_apply(&self, act: &Act<'_>) -> Result<(), MoveRule> {
        let mut steps = self.history.iter().rev();
        let consent = steps.find(|step| step.kind == MoveKind::SignOff);
        if (act.is_same)(&self.applicant) {
            return Err(MoveRule::SecondPerson("who wrote it"));
        }
        match consent {
            Some(step) if (act.is_same)(&step.signed.by) => Err(MoveRule::SecondPerson(
                "who signed it off for the applicant",
            )),
            _ => Ok(()),
        }
    }

    /// The first person proposes, the second one makes it count: as a grant, or as an offer of less.
    fn approved(
        &self,
        mut answering: Box<Answering>,
        grant: GrantName,
        clock: Clock,
        act: &Act<'_>,
    ) -> Result<ApplicationState, MoveRule> {
        self.must_not_apply(act)?;
        let Some(first) = answering.proposal.take() else {
            answering.proposal = Some(Proposal {
                signed: act.signed(),
                terms: None,
                note: String::new(),
            });
            return Ok(ApplicationState::Submitted(answering));
        };
        if (act.is_same)(&first.signed.by) {
            return Err(MoveRule::SecondPerson("who proposed it"));
        }
        let Some(terms) = first.terms else {
            // Who proposed it stays beside who made it count.
            answering.proposal = Some(Proposal {
                terms: None,
                ..first
            });
            return Ok(agreed(answering, grant, act.by.to_owned(), act));
        };
        answering.offers.push(Offer {
            terms,
            note: first.note,
            approvers: vec![first.signed, act.signed()],
            clock,
            answer: OfferAnswer::Open,
        });
        answering.clock = answering.clock.clone().pause(act.now, "offer");
        Ok(ApplicationState::Offered(answering))
    }

    /// Whether it may be declined on this ground now.
    fn must_be_grounded(
        &self,
        ground: &RefusalGround,
        law: &str,
        act: &Act<'_>,
    ) -> Result<(), MoveRule> {
        let waits = matches!(self.state, ApplicationState::MaterialRequested(_));
        let asked = self.state.answering().and_then(|one| one.material.as_ref());
        let is_late = |asked: &MaterialRequest| {
            asked.supplied.is_none() && asked.clock.is_overdue(act.today())
        };
        let unsupplied = waits && asked.is_some_and(is_late);
        if ground.unsupplied != unsupplied {
            return Err(if waits {
                MoveRule::MaterialFirst(asked.and_then(|asked| asked.clock.due))
            } else {
                MoveRule::Unasked
            });
        }
        if ground.cites && law.is_empty() {
            return Err(MoveRule::LawMissing);
        }
        Ok(())
    }
}

/// Agreed on; the provider's clock has stopped.
fn agreed(
    mut answering: Box<Answering>,
    grant: GrantName,
    by: String,
    act: &Act<'_>,
) -> ApplicationState {
    answering.clock = answering.clock.clone().stopped(act.now);
    ApplicationState::Approved {
        answering,
        grant,
        by,
    }
}

impl Answering {
    pub(crate) fn begin(clock: Clock) -> Self {
        Self {
            clock,
            material: None,
            extension: None,
            proposal: None,
            offers: Vec::new(),
        }
    }

    /// Who agreed for the provider, in the order in which they did.
    pub fn approvers(&self, last: &str) -> Vec<String> {
        let accepted = self
            .offers
            .iter()
            .find(|offer| matches!(offer.answer, OfferAnswer::Accepted(_)));
        if let Some(offer) = accepted {
            return offer
                .approvers
                .iter()
                .map(|signed| signed.by.clone())
                .collect();
        }
        let first = self.proposal.iter().map(|first| first.signed.by.clone());
        first.chain([last.to_owned()]).collect()
    }

    fn must_be_in_time(&self, act: &Act<'_>, what: &'static str) -> Result<(), MoveRule> {
        match self.clock.due {
            Some(due) if due < act.today() => Err(MoveRule::InTime(what, due)),
            _ => Ok(()),
        }
    }

    /// The steps to a longer time. It counts from the moment at which both facts are there, and only before the last
    /// day is over.
    fn extend(&mut self, step: Move, act: &Act<'_>) -> Result<(), MoveRule> {
        if !matches!(step, Move::DeclineExtension(_)) {
            self.must_be_in_time(act, step.kind().method())?;
        }
        match step {
            Move::RequestExtension(days, why) => {
                self.must_be_allowed(days, act.law)?;
                self.extension = Some(ExtensionRequest {
                    asked: act.states(why),
                    days,
                    consent: Consent::Open,
                    notice: None,
                });
            }
            step => {
                let extension = self.extension.as_mut().ok_or(MoveRule::State)?;
                match step {
                    Move::ConsentExtension if (act.is_same)(&extension.asked.signed.by) => {
                        return Err(MoveRule::SecondPerson("who asked for it"));
                    }
                    Move::ConsentExtension => extension.consent = Consent::Given(act.signed()),
                    Move::DeclineExtension(why) => {
                        extension.consent = Consent::Declined(act.states(why));
                    }
                    _ => extension.notice = Some(act.signed()),
                }
            }
        }
        let counts = self
            .extension
            .as_ref()
            .filter(|extension| extension.counts());
        if let Some(days) = counts.map(|extension| extension.days) {
            self.clock = self.clock.clone().extend(days, act.now, act.law.calendar);
        }
        Ok(())
    }

    /// Whether the regime of the day of receipt lets the time be made so much longer.
    fn must_be_allowed(&self, days: u16, law: Law<'_>) -> Result<(), MoveRule> {
        let rule = self.clock.rule_of_regime();
        let rule = rule.unwrap_or(Rule::AnswerConditional);
        let allowed = law.regimes.extension(rule, self.clock.day_zero());
        let most = allowed.map_or(0, |allowed| allowed.working_days);
        match most {
            0 => Err(MoveRule::NoExtension),
            most if days == 0 || days > most => Err(MoveRule::ExtensionTooLong(most)),
            _ => Ok(()),
        }
    }
}
