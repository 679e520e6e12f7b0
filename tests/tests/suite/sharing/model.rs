//! What a clock and its cards should be, by the second calendar: an independent account of every move.

use domain::clock::card::Level;
use jiff::civil::{Date, date};

use super::almanac;

/// A card that should be there.
pub(super) type Expected = (Level, Date, Date);

/// A clock as it should be.
#[derive(Clone, Debug)]
pub(super) struct ModelClock {
    /// Its rule.
    pub(super) rule: &'static str,
    began: Date,
    /// The last day; none where no rule sets one, or the notice is missing.
    pub(super) due: Option<Date>,
    paused: Option<Date>,
    /// Working days after the last one on which it ran.
    late: usize,
    pub(super) ended: bool,
    pub(super) cards: Vec<Expected>,
}

impl ModelClock {
    pub(super) fn begin(rule: &'static str, today: Date, limit: Option<usize>) -> Self {
        Self {
            rule,
            began: today,
            due: limit.and_then(|days| almanac::after(today, days)),
            paused: None,
            late: 0,
            ended: false,
            cards: Vec::new(),
        }
    }

    pub(super) fn pause(&mut self, today: Date) {
        self.paused = Some(today);
    }

    pub(super) fn resume(&mut self, today: Date) {
        let (Some(stopped), Some(due)) = (self.paused.take(), self.due) else {
            return;
        };
        if stopped <= due {
            let left = almanac::between(stopped, due);
            self.due = almanac::after(today, left).map(|later| later.max(due));
        }
    }

    pub(super) fn extend(&mut self, days: u16) {
        self.due = self.due.and_then(|due| almanac::after(due, days.into()));
    }

    /// The cards of a day, as whoever looks at each beginning of a day gives them.
    pub(super) fn look(&mut self, today: Date) {
        let Some(due) = self.due.filter(|_| !self.ended && self.paused.is_none()) else {
            return;
        };
        let highest = self.cards.iter().map(|card| card.0).max();
        let warned = self.cards.iter().any(|card| card.2 == due);
        let warning = almanac::before(due).filter(|day| (self.began..=today).contains(day));
        let may_warn = highest <= Some(Level::Warning) && !warned && today <= due;
        if let Some(warning) = warning.filter(|_| may_warn) {
            self.cards.push((Level::Warning, warning, due));
        }
        if due < today && almanac::is_worked(today) {
            self.late += 1;
        }
        for (level, nth) in [(Level::Yellow, 1), (Level::Red, 5)] {
            if highest < Some(level) && self.late == nth {
                self.cards.push((level, today, due));
            }
        }
    }
}

/// Order 809 is in force from this day on.
pub(super) fn is_new(day: Date) -> bool {
    day >= date(2025, 8, 1)
}

/// The working days for an answer to what is received on a day.
pub(super) fn answer_limit(unconditional: bool, day: Date) -> (&'static str, usize) {
    match (unconditional, is_new(day)) {
        (false, _) => ("APP-CON", 10),
        (true, true) => ("APP-UNC", 1),
        (true, false) => ("APP-UNC", 0),
    }
}

/// Where a move can lead from a state: the picture of the process, written down a second time.
pub(super) fn leads_to(from: &str, by: domain::application::MoveKind) -> &'static [&'static str] {
    use domain::application::MoveKind as Kind;
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
