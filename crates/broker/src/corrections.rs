//! Corrections: raise, take up, close, take back, read, list; and what answers say of disputed records.

pub(crate) mod marks;
mod raise;
mod room;
mod seal;
mod seen;

use domain::correction::{self, Correction, Illegal, Move, MoveKind, MoveRule, Side};
use domain::name::CorrectionName;
use domain::reason::Reason;
use jiff::Timestamp;
use ledger::entry::Draft;
use store::{Stored, Tx};

use crate::exchange::with_parties;
use crate::failure::Failure;
use crate::gateway::{Act, Gateway, check_etag};
use seal::Text;

pub use raise::NewCorrection;
pub use seen::{Answer, CorrectionFilter, Corrections, SeenCorrection};

/// What came of a correction, with what is said of it.
#[derive(Clone)]
pub enum CorrectionResult {
    /// The data was wrong and is corrected; what is said of it may be empty.
    Corrected(String),
    /// The data is right, and why.
    Confirmed(String),
}

impl Gateway {
    /// Takes a correction up.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`, `SECOND_PERSON_NEEDED`, `ETAG_MISMATCH`.
    pub async fn accept_correction(
        &self,
        act: &Act<'_>,
        name: &CorrectionName,
        etag: &str,
    ) -> Result<SeenCorrection, Failure> {
        self.move_correction(act, name, (MoveKind::Accept, etag), || Ok(Move::Accept))
            .await
    }

    /// Says what came of a correction: its record is disputed no more.
    ///
    /// # Errors
    /// As [`Gateway::accept_correction`].
    pub async fn close_correction(
        &self,
        act: &Act<'_>,
        name: &CorrectionName,
        etag: &str,
        result: CorrectionResult,
    ) -> Result<SeenCorrection, Failure> {
        self.move_correction(act, name, (MoveKind::Close, etag), || match result {
            CorrectionResult::Corrected(text) => {
                Ok(Move::Correct(self.sealed_answer(name, &text)?))
            }
            CorrectionResult::Confirmed(text) => {
                let sealed = self.sealed_text(name, Text::Answer, &text)?;
                Ok(Move::Confirm(sealed))
            }
        })
        .await
    }

    /// Takes a correction back.
    ///
    /// # Errors
    /// As [`Gateway::accept_correction`].
    pub async fn withdraw_correction(
        &self,
        act: &Act<'_>,
        name: &CorrectionName,
        etag: &str,
        reason: &str,
    ) -> Result<SeenCorrection, Failure> {
        self.move_correction(act, name, (MoveKind::Withdraw, etag), || {
            Ok(Move::Withdraw(self.sealed_answer(name, reason)?))
        })
        .await
    }

    async fn move_correction(
        &self,
        act: &Act<'_>,
        name: &CorrectionName,
        (kind, etag): (MoveKind, &str),
        step: impl FnOnce() -> Result<Move, Failure>,
    ) -> Result<SeenCorrection, Failure> {
        let row = self
            .change(act, async |tx, now| {
                let before = self.movable_correction(tx, act, name, kind.side()).await?;
                check_etag(etag, &before, name.as_str())?;
                self.write_move_of(tx, act, &before, step()?, now).await
            })
            .await?;
        self.seen(act.caller, row)
    }

    async fn movable_correction(
        &self,
        tx: &mut Tx,
        act: &Act<'_>,
        name: &CorrectionName,
        side: Side,
    ) -> Result<Stored<Correction>, Failure> {
        let found: Option<Stored<Correction>> = tx.get(name.as_str()).await?;
        let before = found
            .filter(|row| self.sees_correction(act.caller, &row.value))
            .ok_or_else(|| Failure::not_found(name.as_str()))?;
        self.must_be_of(side, act.caller, &before.value)?;
        Ok(before)
    }

    async fn write_move_of(
        &self,
        tx: &mut Tx,
        act: &Act<'_>,
        before: &Stored<Correction>,
        step: Move,
        now: Timestamp,
    ) -> Result<Stored<Correction>, Failure> {
        let event = match step.kind() {
            MoveKind::Accept => "sharing.correction.accepted",
            MoveKind::Close => "sharing.correction.closed",
            MoveKind::Withdraw => "sharing.correction.withdrawn",
        };
        let by = act.caller.principal().to_string();
        let is_same = |earlier: &str| self.is_same_person(earlier, act.caller);
        let making = correction::Act {
            by: &by,
            now,
            is_same: &is_same,
        };
        let name = before.value.name.as_str();
        let value = before.value.clone().settled(self.law());
        let value = value
            .make(step, &making)
            .map_err(|illegal| illegal_move(name, &illegal))?;
        let draft = self.correction_draft(act, event, &value);
        let entry = tx.record(draft, now).await?;
        Ok(tx.update(before, &value, Some(entry), now).await?)
    }

    /// What is said, sealed; none where nothing is.
    fn sealed_answer(&self, name: &CorrectionName, text: &str) -> Result<Option<String>, Failure> {
        if text.is_empty() {
            return Ok(None);
        }
        self.sealed_text(name, Text::Answer, text).map(Some)
    }

    fn sealed_text(
        &self,
        name: &CorrectionName,
        which: Text,
        text: &str,
    ) -> Result<String, Failure> {
        let random = self.ids.secret();
        seal::seal(&self.keys.pseudonyms, name, which, text, &random)
            .ok_or_else(|| Failure::new(Reason::Internal, "what is said cannot be sealed"))
    }

    /// The entry of a move: names, states and days, and the keyed hash of the record.
    fn correction_draft(&self, act: &Act<'_>, event: &str, correction: &Correction) -> Draft {
        let clock = &correction.clock;
        let due = clock.due.map_or_else(String::new, |due| due.to_string());
        let mut draft = Draft::change(event, act.request_id.as_str())
            .with_fact("actor", act.caller.principal().to_string())
            .with_fact("correction", correction.name.as_str())
            .with_fact("resource", correction.resource.as_str())
            .with_fact("record", correction.record.as_str())
            .with_fact("state", correction.state.as_str())
            .with_fact("due", due)
            .with_fact("due_rule", clock.rule.as_str());
        for (fact, keys) in [
            ("items", &correction.items),
            ("named_by", &correction.named_by),
        ] {
            let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
            if !keys.is_empty() {
                draft = draft.with_fact(fact, keys);
            }
        }
        if let Some(index) = correction.evidence_index {
            let index = i64::try_from(index).unwrap_or(i64::MAX);
            draft = draft.with_fact("evidence_index", index);
        }
        let snapshot = self.snapshot();
        let entry = snapshot.resource(&correction.resource);
        let provider = entry.map(|entry| &entry.system);
        with_parties(draft, &snapshot, &correction.consumer, provider)
    }
}

fn illegal_move(name: &str, illegal: &Illegal) -> Failure {
    let reason = match illegal.rule {
        MoveRule::State => Reason::StateConflict,
        MoveRule::SecondPerson => Reason::SecondPersonNeeded,
    };
    Failure::illegal(reason, illegal.message(name), illegal.legal.clone())
}
