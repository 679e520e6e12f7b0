//! How a move of an application is made: whose it is, by the state machine, with its entry, in one transaction.

use domain::application::{self, Application, ApplicationState, Illegal, Move, MoveRule, Side};
use domain::clock::Law;
use domain::name::ApplicationName;
use domain::reason::Reason;
use jiff::Timestamp;
use store::{Stored, Tx};

use crate::failure::Failure;
use crate::gateway::{Act, Gateway, check_etag};

impl Gateway {
    /// Makes one move of a side. `step` says which, after a look at what the application is now.
    pub(super) async fn make_move(
        &self,
        act: &Act<'_>,
        name: &ApplicationName,
        etag: &str,
        side: Side,
        step: impl AsyncFnOnce(&Application, Timestamp) -> Result<Move, Failure>,
    ) -> Result<Stored<Application>, Failure> {
        self.change(act, async |tx, now| {
            let before = self.movable(tx, act, name, (side, etag)).await?;
            let step = step(&before.value, now).await?;
            self.write_move(tx, act, &before, step, now).await
        })
        .await
    }

    /// Makes a move that needs no look at anything but the application's state.
    pub(super) async fn make_plain(
        &self,
        act: &Act<'_>,
        name: &ApplicationName,
        etag: &str,
        step: Move,
    ) -> Result<Stored<Application>, Failure> {
        let side = step.kind().side();
        self.make_move(act, name, etag, side, async |_, _| Ok(step))
            .await
    }

    /// The application, if the caller may make the moves of a side.
    pub(super) async fn movable(
        &self,
        tx: &mut Tx,
        act: &Act<'_>,
        name: &ApplicationName,
        (side, etag): (Side, &str),
    ) -> Result<Stored<Application>, Failure> {
        let found: Option<Stored<Application>> = tx.get(name.as_str()).await?;
        let mut before = found.ok_or_else(|| Failure::not_found(name.as_str()))?;
        self.must_be_on(side, act, &before.value)?;
        before.value = before.value.settled(self.law());
        check_etag(etag, &before, name.as_str())?;
        Ok(before)
    }

    /// Makes the move and writes it down: the application, its entry, and the grant where one comes of it.
    pub(super) async fn write_move(
        &self,
        tx: &mut Tx,
        act: &Act<'_>,
        before: &Stored<Application>,
        step: Move,
        now: Timestamp,
    ) -> Result<Stored<Application>, Failure> {
        let kind = step.kind();
        let by = act.caller.principal().to_string();
        let is_same = |earlier: &str| self.is_same_person(earlier, act.caller);
        let making = application::Act {
            by: &by,
            now,
            law: self.law(),
            is_same: &is_same,
        };
        let value = before.value.make(step, &making);
        let value = value.map_err(|illegal| illegal_move(before.value.name.as_str(), &illegal))?;
        let event = event_of(kind, &value.state);
        let entry = tx
            .record(self.application_draft(act, event, &value)?, now)
            .await?;
        if let ApplicationState::Approved { .. } = &value.state {
            self.agree(tx, act, &value, now).await?;
        }
        Ok(tx.update(before, &value, Some(entry), now).await?)
    }

    /// Whether the caller may make the moves of a side.
    fn must_be_on(
        &self,
        side: Side,
        act: &Act<'_>,
        application: &Application,
    ) -> Result<(), Failure> {
        let department = match side {
            Side::Consumer => self.owner_of(&application.terms.consumer)?,
            Side::Provider => self.provider_of(application)?,
            Side::Competent => self.competent()?,
        };
        act.caller.must_be_officer_of(&department)?;
        // Until it is handed over the other sides know nothing of it.
        if self.is_applying(act.caller, application) {
            return Ok(());
        }
        Err(Failure::not_found(application.name.as_str()))
    }

    /// What due dates are computed by.
    pub(crate) fn law(&self) -> Law<'_> {
        Law {
            regimes: &self.reference.regimes,
            calendar: &self.reference.calendar,
        }
    }
}

/// The event in the ledger, behind `sharing.application.`.
fn event_of(kind: application::MoveKind, after: &ApplicationState) -> &'static str {
    use application::MoveKind as Kind;
    match kind {
        Kind::Edit => "updated",
        Kind::SignOff => "signed_off",
        Kind::Submit => "submitted",
        Kind::Withdraw => "withdrawn",
        Kind::RequestMaterial => "material_requested",
        Kind::SupplyMaterial => "material_supplied",
        Kind::RequestExtension => "extension_requested",
        Kind::ConsentExtension => "extension_consented",
        Kind::DeclineExtension => "extension_declined",
        Kind::NotifyExtension => "extension_notified",
        Kind::Offer => "offer_proposed",
        Kind::Approve => match after {
            ApplicationState::Approved { .. } => "approved",
            ApplicationState::Offered(_) => "offered",
            ApplicationState::Draft
            | ApplicationState::SignedOff(_)
            | ApplicationState::Submitted(_)
            | ApplicationState::MaterialRequested(_)
            | ApplicationState::Refused { .. }
            | ApplicationState::Withdrawn { .. } => "approval_proposed",
        },
        Kind::AcceptOffer | Kind::AutoApprove => "approved",
        Kind::DeclineOffer => "offer_declined",
        Kind::WithdrawOffer => "offer_withdrawn",
        Kind::Refuse => "refused",
    }
}

fn illegal_move(name: &str, illegal: &Illegal) -> Failure {
    let reason = match illegal.rule {
        MoveRule::SecondPerson(_) => Reason::SecondPersonNeeded,
        MoveRule::State
        | MoveRule::MaterialOnce
        | MoveRule::MaterialFirst(_)
        | MoveRule::Unasked
        | MoveRule::LawMissing
        | MoveRule::InTime(..)
        | MoveRule::ExtensionOnce
        | MoveRule::NoExtension
        | MoveRule::ExtensionTooLong(_)
        | MoveRule::TooManyOffers => Reason::StateConflict,
    };
    Failure::illegal(reason, illegal.message(name), illegal.legal_moves())
}
