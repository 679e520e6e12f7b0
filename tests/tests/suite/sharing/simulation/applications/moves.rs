//! Moves of an application: which is picked, by whom, and how one that was refused is explained.

use broker::Failure;
use domain::application::{Application, MoveKind, Side};
use domain::reason::Reason;
use jiff::civil::Date;

use crate::sharing::cast::Who;
use crate::sharing::model::application::leads_to;
use crate::sharing::simulation::Dice;

/// Who a move is for, as a rule.
pub(super) fn right(kind: MoveKind, dice: &mut Dice) -> Who {
    match kind {
        MoveKind::SignOff | MoveKind::ConsentExtension | MoveKind::DeclineExtension => {
            Who::Consenter
        }
        MoveKind::RequestMaterial
        | MoveKind::RequestExtension
        | MoveKind::NotifyExtension
        | MoveKind::Approve
        | MoveKind::Offer
        | MoveKind::WithdrawOffer
        | MoveKind::Refuse => *dice.of(&[Who::Owner, Who::Second]),
        MoveKind::Edit
        | MoveKind::Submit
        | MoveKind::AutoApprove
        | MoveKind::Withdraw
        | MoveKind::SupplyMaterial
        | MoveKind::AcceptOffer
        | MoveKind::DeclineOffer => *dice.of(&[Who::Applicant, Who::Applicant, Who::Consenter]),
    }
}

/// Seldom taken back, mostly on: else nothing would be old.
const LIKELY: [MoveKind; 12] = [
    MoveKind::SignOff,
    MoveKind::Submit,
    MoveKind::SupplyMaterial,
    MoveKind::Approve,
    MoveKind::RequestMaterial,
    MoveKind::RequestExtension,
    MoveKind::ConsentExtension,
    MoveKind::NotifyExtension,
    MoveKind::Offer,
    MoveKind::AcceptOffer,
    MoveKind::DeclineOffer,
    MoveKind::Refuse,
];

pub(super) fn pick(application: &Application, dice: &mut Dice) -> MoveKind {
    let own: Vec<MoveKind> = MoveKind::ALL
        .iter()
        .copied()
        .filter(|kind| *kind != MoveKind::AutoApprove)
        .collect();
    if dice.below(5) == 0 {
        return *dice.of(&own);
    }
    let legal = application.legal();
    let likely: Vec<MoveKind> = legal
        .iter()
        .copied()
        .filter(|kind| LIKELY.contains(kind))
        .collect();
    *dice.of(if likely.is_empty() { &own } else { &likely })
}

/// What was refused says why, by which rule, and what would be legal.
pub(super) fn must_be_explained(
    failure: &Failure,
    before: &Application,
    (kind, today): (MoveKind, Date),
) {
    match failure.reason {
        // A stranger, or a person of the other side.
        Reason::RoleNotAllowed => assert!(failure.rule.is_some()),
        // Until it is handed over the other sides know nothing of it.
        Reason::NotFound => {
            let is_handed_over = before.state.answering().is_some();
            assert!(
                !is_handed_over && kind.side() != Side::Consumer,
                "{failure:?}"
            );
        }
        // It lay so long that the term which was asked for is over.
        Reason::StateConflict if failure.rule.is_none() => {
            assert!(before.agreed().end < today, "{failure:?}");
        }
        Reason::SecondPersonNeeded | Reason::StateConflict => {
            let rule = failure.rule.unwrap();
            assert!(rule.starts_with("application."), "{failure:?}");
            let legal: Vec<_> = before.legal().iter().map(|kind| kind.method()).collect();
            let told = failure.legal.as_ref().unwrap();
            assert_eq!((told.rule, told.state), (rule, before.state.as_str()));
            assert_eq!(told.methods, legal, "{failure:?}");
            assert!(
                failure.message.contains(before.state.as_str()),
                "{failure:?}"
            );
            let allowed = !leads_to(before.state.as_str(), kind).is_empty();
            assert!(
                rule != "application.state" || !allowed || is_particular(kind),
                "{failure:?}"
            );
        }
        _ => panic!("{kind:?} of {:?}: {failure:?}", before.state),
    }
}

/// Moves for which more than the state's word counts.
fn is_particular(kind: MoveKind) -> bool {
    matches!(
        kind,
        MoveKind::ConsentExtension | MoveKind::DeclineExtension | MoveKind::NotifyExtension
    )
}
