//! What a correction should allow in each state, and whom.

use domain::correction::MoveKind;

use crate::sharing::cast::Who;
use crate::sharing::model::{Desk, Outcome};

/// Each word of its state.
pub(crate) const STATES: [&str; 5] = ["raised", "accepted", "corrected", "confirmed", "withdrawn"];

/// Whether its record is disputed.
pub(crate) fn is_open(state: &str) -> bool {
    matches!(state, "raised" | "accepted")
}

/// The moves that a state allows, in the order of a correction's life.
pub(crate) fn legal(state: &str) -> &'static [MoveKind] {
    match state {
        "raised" => &[MoveKind::Accept, MoveKind::Withdraw],
        "accepted" => &[MoveKind::Close, MoveKind::Withdraw],
        _ => &[],
    }
}

/// What should come of a move.
pub(crate) fn outcome(state: &str, kind: MoveKind, who: Who) -> Outcome {
    let own = match kind {
        MoveKind::Accept | MoveKind::Close => Desk::Provider,
        MoveKind::Withdraw => Desk::Consumer,
    };
    match Desk::of(who) {
        Desk::Stranger => Outcome::Unknown,
        desk if desk != own => Outcome::WrongRole,
        _ if legal(state).contains(&kind) => Outcome::Made,
        _ => Outcome::Illegal("correction.state"),
    }
}
