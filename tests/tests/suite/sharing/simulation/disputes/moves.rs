//! Moves of a dispute by name: which is picked, and with what decision.

use broker::{Failure, NewRuling, Stored};
use domain::dispute::{Dispute, DisputeSubject, Favour, MoveKind};
use jiff::ToSpan as _;
use jiff::civil::Date;
use kit::gateway::act;

use crate::sharing::cast::{Cast, Who};
use crate::sharing::model::dispute::Picture;
use crate::sharing::simulation::Dice;

/// Mostly what is legal and goes on.
pub(super) fn pick(picture: &Picture, dice: &mut Dice, today: Date) -> MoveKind {
    let legal = picture.legal(today);
    if legal.is_empty() || dice.below(4) == 0 {
        return *dice.of(MoveKind::ALL);
    }
    match *dice.of(&legal) {
        MoveKind::Withdraw | MoveKind::Accept if dice.below(3) != 0 => *dice.of(&legal),
        kind => kind,
    }
}

/// A decision as the level asks for it, and once in a while another one. The competent department is a party, so that a
/// common superior coordinates in its place.
pub(super) fn ruling(state: &str, dice: &mut Dice, today: Date) -> (NewRuling, bool) {
    let odd = dice.below(10) == 0;
    let is_last = (state == "deciding") != odd;
    let ruling = NewRuling {
        text: "提供方应当按约定恢复更新".to_owned(),
        document: "邵数协〔2022〕2号".to_owned(),
        document_date: is_last.then(|| today - 1.day()),
        favour: *dice.of(&[Favour::Raiser, Favour::Other, Favour::Partly]),
        forwarded_to: if is_last { "" } else { "湖南省数据局" }.to_owned(),
    };
    (ruling, odd && matches!(state, "coordinating" | "deciding"))
}

impl Cast {
    /// Reads it as its provider does.
    pub(super) async fn dispute(&self, dispute: &Dispute) -> Stored<Dispute> {
        let reader = self.caller(Who::Second);
        self.gateway().dispute(reader, &dispute.name).await.unwrap()
    }

    pub(super) async fn raise_dispute(
        &self,
        who: Who,
        subject: DisputeSubject,
    ) -> Result<Stored<Dispute>, Failure> {
        let request = self.request();
        let act = act(self.caller(who), &request, "CreateDispute");
        let statement = "超出用途使用".to_owned();
        self.gateway().raise_dispute(&act, subject, statement).await
    }

    /// Makes a move of a kind.
    pub(super) async fn move_dispute(
        &self,
        kind: MoveKind,
        who: Who,
        before: &Stored<Dispute>,
        ruling: NewRuling,
    ) -> Result<Stored<Dispute>, Failure> {
        let (gateway, request) = (self.gateway(), self.request());
        let act = act(self.caller(who), &request, kind.method());
        let (name, etag, why) = (&before.value.name, &before.etag(), "理由".to_owned());
        match kind {
            MoveKind::Propose => gateway.propose_settlement(&act, name, why, etag).await,
            MoveKind::Accept => gateway.accept_settlement(&act, name, etag).await,
            MoveKind::Decline => gateway.decline_settlement(&act, name, why, etag).await,
            MoveKind::GiveUp => gateway.give_up_negotiation(&act, name, etag).await,
            MoveKind::Escalate => gateway.escalate_dispute(&act, name, etag).await,
            MoveKind::Decide => gateway.decide_dispute(&act, name, ruling, etag).await,
            MoveKind::Withdraw => gateway.withdraw_dispute(&act, name, why, etag).await,
        }
    }
}
