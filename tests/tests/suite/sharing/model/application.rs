//! What an application should be after each move, with its clocks.

use broker::Stored;
use domain::application::{Application, MoveKind};
use jiff::civil::Date;

use super::{ModelClock, is_new};
use crate::sharing::process::LONGER;

/// One application, and what its clocks should be.
pub(crate) struct Case {
    pub(crate) row: Stored<Application>,
    unconditional: bool,
    pub(crate) clocks: Vec<ModelClock>,
}

impl Case {
    /// One that was just written.
    pub(crate) fn new(row: Stored<Application>, unconditional: bool) -> Self {
        Self {
            row,
            unconditional,
            clocks: Vec::new(),
        }
    }

    fn clock(&mut self, rule: &str) -> Option<&mut ModelClock> {
        let clocks = self.clocks.iter_mut().rev();
        clocks
            .filter(|clock| clock.rule == rule)
            .find(|clock| !clock.ended)
    }

    fn answer(&mut self) -> &mut ModelClock {
        let mut clocks = self.clocks.iter_mut();
        clocks
            .find(|clock| clock.rule.starts_with("APP-CON") || clock.rule.starts_with("APP-UNC"))
            .unwrap()
    }

    /// Follows a move that was made.
    pub(crate) fn follow(&mut self, kind: MoveKind, after: Stored<Application>, today: Date) {
        let before = std::mem::replace(&mut self.row, after);
        let state = self.row.value.state.as_str();
        assert!(
            leads_to(before.value.state.as_str(), kind).contains(&state),
            "{kind:?} to {state}"
        );
        self.move_clocks(kind, today);
        if self.row.value.state.is_over() {
            for clock in &mut self.clocks {
                clock.ended = true;
            }
        }
        let clock = self.row.value.state.clock().and_then(|clock| clock.due);
        if state != "draft" && state != "signed_off" && !self.clocks.is_empty() {
            let expected = self.answer().due;
            assert_eq!(clock, expected, "{kind:?} on {today}: {state}");
        }
    }

    fn move_clocks(&mut self, kind: MoveKind, today: Date) {
        match kind {
            MoveKind::Submit => {
                let (rule, limit) = answer_limit(self.unconditional, today);
                self.clocks
                    .push(ModelClock::begin(rule, today, Some(limit)));
            }
            MoveKind::RequestMaterial => {
                self.answer().pause(today);
                self.clocks
                    .push(ModelClock::begin("APP-SUP", today, Some(10)));
            }
            MoveKind::SupplyMaterial => {
                self.answer().resume(today);
                self.clock("APP-SUP").unwrap().ended = true;
            }
            MoveKind::DeclineOffer | MoveKind::WithdrawOffer => {
                self.answer().resume(today);
                self.clock("APP-OFF").unwrap().ended = true;
            }
            MoveKind::ConsentExtension | MoveKind::NotifyExtension => {
                let answering = self.row.value.state.answering().unwrap();
                if answering.extension.as_ref().unwrap().counts() {
                    self.answer().extend(LONGER);
                }
            }
            MoveKind::Approve if self.row.value.state.as_str() == "offered" => {
                self.answer().pause(today);
                self.clocks
                    .push(ModelClock::begin("APP-OFF", today, Some(10)));
            }
            _ => {}
        }
    }
}

/// The working days for an answer to what is received on a day.
fn answer_limit(unconditional: bool, day: Date) -> (&'static str, usize) {
    match (unconditional, is_new(day)) {
        (false, _) => ("APP-CON", 10),
        (true, true) => ("APP-UNC", 1),
        (true, false) => ("APP-UNC", 0),
    }
}

/// Where a move can lead from a state: the picture of the process, written down a second time.
pub(crate) fn leads_to(from: &str, by: MoveKind) -> &'static [&'static str] {
    use MoveKind as Kind;
    match (from, by) {
        ("draft" | "signed_off", Kind::Edit) => &["draft"],
        ("draft", Kind::SignOff) => &["signed_off"],
        ("signed_off", Kind::Submit) => &["submitted"],
        (
            "draft" | "signed_off" | "submitted" | "material_requested" | "offered",
            Kind::Withdraw,
        ) => &["withdrawn"],
        ("submitted", Kind::RequestMaterial) => &["material_requested"],
        ("material_requested", Kind::SupplyMaterial) => &["submitted"],
        (
            "submitted",
            Kind::RequestExtension
            | Kind::ConsentExtension
            | Kind::DeclineExtension
            | Kind::NotifyExtension
            | Kind::Offer,
        ) => &["submitted"],
        ("submitted", Kind::Approve) => &["submitted", "approved", "offered"],
        ("offered", Kind::AcceptOffer) => &["approved"],
        ("offered", Kind::DeclineOffer | Kind::WithdrawOffer) => &["submitted"],
        ("submitted" | "material_requested", Kind::Refuse) => &["refused"],
        _ => &[],
    }
}
