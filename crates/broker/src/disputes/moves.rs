//! How a move of a dispute is made: whose it is, by the state machine, with its entry, in one transaction.

use domain::application::{Signed, Statement};
use domain::department::Department;
use domain::dispute::{self, Dispute, DisputeState, Level, Move, Party, Ruling};
use domain::fault::Faults;
use domain::name::DisputeName;
use domain::policy::shaoyang_date;
use domain::reason::Reason;
use domain::regime::Rule;
use jiff::Timestamp;
use jiff::civil::Date;
use store::{Stored, Tx};

use super::{NewRuling, Parties};
use crate::failure::Failure;
use crate::gateway::{Act, Gateway, check_etag};

impl Gateway {
    /// Proposes how to settle it. Officers of either party.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `ETAG_MISMATCH`.
    pub async fn propose_settlement(
        &self,
        act: &Act<'_>,
        name: &DisputeName,
        terms: String,
        etag: &str,
    ) -> Result<Stored<Dispute>, Failure> {
        self.as_party(act, name, etag, async |_, _| Ok(Move::Propose(terms)))
            .await
    }

    /// Agrees to what the other party proposed. Officers of that party.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `ETAG_MISMATCH`.
    pub async fn accept_settlement(
        &self,
        act: &Act<'_>,
        name: &DisputeName,
        etag: &str,
    ) -> Result<Stored<Dispute>, Failure> {
        self.as_party(act, name, etag, async |_, _| Ok(Move::Accept))
            .await
    }

    /// Does not agree to what the other party proposed. Officers of that party.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `ETAG_MISMATCH`.
    pub async fn decline_settlement(
        &self,
        act: &Act<'_>,
        name: &DisputeName,
        reason: String,
        etag: &str,
    ) -> Result<Stored<Dispute>, Failure> {
        self.as_party(act, name, etag, async |_, _| Ok(Move::Decline(reason)))
            .await
    }

    /// Says that negotiation failed. Officers of either party.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `ETAG_MISMATCH`.
    pub async fn give_up_negotiation(
        &self,
        act: &Act<'_>,
        name: &DisputeName,
        etag: &str,
    ) -> Result<Stored<Dispute>, Failure> {
        self.as_party(act, name, etag, async |_, _| Ok(Move::GiveUp))
            .await
    }

    /// Takes it to the next level. Officers of either party.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `ETAG_MISMATCH`.
    pub async fn escalate_dispute(
        &self,
        act: &Act<'_>,
        name: &DisputeName,
        etag: &str,
    ) -> Result<Stored<Dispute>, Failure> {
        self.as_party(act, name, etag, async |before, now| {
            let rule = match before.state.level() {
                Level::Negotiation => Rule::Coordinate,
                Level::Coordination | Level::Government => Rule::DecideFinally,
            };
            Ok(Move::Escalate(self.limit(rule, now)?))
        })
        .await
    }

    /// Records a decision: of the competent department, of the common superior that it was forwarded to, or of the people's
    /// government. Officers of the competent department.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, what is missing of the decision at this level, `STATE_CONFLICT`, `ETAG_MISMATCH`.
    pub async fn decide_dispute(
        &self,
        act: &Act<'_>,
        name: &DisputeName,
        new: NewRuling,
        etag: &str,
    ) -> Result<Stored<Dispute>, Failure> {
        let competent = self.competent()?;
        act.caller.must_be_officer_of(&competent)?;
        self.change(act, async |tx, now| {
            let before = self.to_be_moved(tx, name, etag).await?;
            self.ruling_faults(&before.value, &new, shaoyang_date(now))?;
            let ruling = Ruling {
                text: Statement {
                    signed: Signed {
                        by: act.caller.principal().to_string(),
                        at: now,
                    },
                    text: new.text,
                },
                document: new.document,
                document_date: new.document_date,
                favour: new.favour,
                forwarded_to: new.forwarded_to,
            };
            let contest = self.limit(Rule::TakeFurther, now)?;
            let step = Move::Decide(Box::new(ruling), contest);
            self.write_dispute(tx, act, (&before, before.value.raiser), step, now)
                .await
        })
        .await
    }

    /// Takes it back. Officers of the party that raised it.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `ETAG_MISMATCH`.
    pub async fn withdraw_dispute(
        &self,
        act: &Act<'_>,
        name: &DisputeName,
        reason: String,
        etag: &str,
    ) -> Result<Stored<Dispute>, Failure> {
        let step = async |before: &Dispute, _| {
            let parties = self.parties_of(before)?;
            act.caller.must_be_officer_of(parties.of(before.raiser))?;
            Ok(Move::Withdraw(reason))
        };
        self.as_party(act, name, etag, step).await
    }

    /// Makes a move of a party. `step` says which, after a look at what the dispute is now.
    async fn as_party(
        &self,
        act: &Act<'_>,
        name: &DisputeName,
        etag: &str,
        step: impl AsyncFnOnce(&Dispute, Timestamp) -> Result<Move, Failure>,
    ) -> Result<Stored<Dispute>, Failure> {
        act.caller.must_be_officer()?;
        self.change(act, async |tx, now| {
            let before = self.to_be_moved(tx, name, "").await?;
            let party = self.must_be_party(act, &before.value)?;
            check_etag(etag, &before, name.as_str())?;
            let step = step(&before.value, now).await?;
            self.write_dispute(tx, act, (&before, party), step, now)
                .await
        })
        .await
    }

    async fn to_be_moved(
        &self,
        tx: &mut Tx,
        name: &DisputeName,
        etag: &str,
    ) -> Result<Stored<Dispute>, Failure> {
        let found: Option<Stored<Dispute>> = tx.get(name.as_str()).await?;
        let before = found.ok_or_else(|| Failure::not_found(name.as_str()))?;
        check_etag(etag, &before, name.as_str())?;
        Ok(self.with_last_day(before))
    }

    /// For which party the caller acts. Who may see it and is of none has the wrong role; to others it is not there.
    fn must_be_party(&self, act: &Act<'_>, dispute: &Dispute) -> Result<Party, Failure> {
        let parties = self.parties_of(dispute)?;
        if let Some(party) = parties.party_of(act.caller, first_of(dispute)) {
            return Ok(party);
        }
        if self.sees_dispute(act.caller, dispute) {
            act.caller.must_be_officer_of(parties.of(dispute.raiser))?;
        }
        Err(Failure::not_found(dispute.name.as_str()))
    }

    /// Makes the move and writes it down with its entry.
    async fn write_dispute(
        &self,
        tx: &mut Tx,
        act: &Act<'_>,
        (before, party): (&Stored<Dispute>, Party),
        step: Move,
        now: Timestamp,
    ) -> Result<Stored<Dispute>, Failure> {
        let event = step.kind().event();
        let by = act.caller.principal().to_string();
        let making = dispute::Act {
            by: &by,
            party,
            now,
        };
        let value = before.value.make(step, &making).map_err(|illegal| {
            let message = illegal.message(before.value.name.as_str());
            Failure::illegal(Reason::StateConflict, message, illegal.legal_moves())
        })?;
        let draft = self.dispute_draft(act.request_id.as_str(), &by, event, &value);
        let entry = tx.record(draft, now).await?;
        Ok(tx.update(before, &value, Some(entry), now).await?)
    }

    /// What is missing of a decision, or too much, at the level at which it is made. Of one that the state does not allow
    /// the state machine says so.
    fn ruling_faults(
        &self,
        dispute: &Dispute,
        new: &NewRuling,
        today: Date,
    ) -> Result<(), Failure> {
        let mut faults = Faults::default();
        if new.document_date.is_some_and(|day| today < day) {
            let text = "what is dated ahead was not decided yet";
            faults.add("document_date", "OUT_OF_RANGE", text);
        }
        match &dispute.state {
            DisputeState::Coordinating(_) => {
                let why = self.needs_superior(&self.parties_of(dispute)?);
                if let (Some(why), true) = (why, new.forwarded_to.is_empty()) {
                    let text = format!("{why}: name the common superior that coordinated");
                    faults.add("forwarded_to", "REQUIRED", text);
                }
            }
            DisputeState::Deciding(_) => {
                if new.document_date.is_none() {
                    let text = "the decision of a people's government is recorded with the date of its document";
                    faults.add("document_date", "REQUIRED", text);
                }
                if !new.forwarded_to.is_empty() {
                    let text = "leave it empty: the people's government decides itself";
                    faults.add("forwarded_to", "NOT_AT_THIS_LEVEL", text);
                }
            }
            DisputeState::Negotiating(_)
            | DisputeState::Coordinated(_)
            | DisputeState::Settled(_)
            | DisputeState::Decided(_)
            | DisputeState::Withdrawn(_) => {}
        }
        faults.finish(Some(())).map_err(Failure::from)
    }

    /// Why the competent department of this city does not coordinate itself, if so: the parties are competent for different
    /// areas (Order 809 art. 28), or it is one of them (assumed: nobody decides in their own cause).
    fn needs_superior(&self, parties: &Parties) -> Option<&'static str> {
        let snapshot = self.snapshot();
        let area = |party| {
            let row = snapshot.department(parties.of(party));
            row.and_then(|row: &Department| row.area.clone())
        };
        if let (Some(one), Some(other)) = (area(Party::Consumer), area(Party::Provider))
            && one != other
        {
            return Some("the parties are of different areas");
        }
        let competent = snapshot.competent()?;
        let is_party = Party::BOTH
            .into_iter()
            .any(|party| *parties.of(party) == competent.name);
        is_party.then_some("the competent department is a party itself")
    }
}

/// Of one department on both sides, after a merger: who answers what lies open, else who raised it.
fn first_of(dispute: &Dispute) -> Party {
    let open = dispute.state.negotiation().open();
    open.map_or(dispute.raiser, |proposal| proposal.by.other())
}
