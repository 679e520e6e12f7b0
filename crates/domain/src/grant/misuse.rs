//! Misuse: an order to put it right, what the consumer reports, and what becomes of the data in the end (Order 809 art. 27).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::application::Statement;
use crate::clock::Clock;

/// Reports on one order.
pub const MOST_REPORTS: usize = 5;
/// Days from an order to its last day, at most. No source names a number; whoever orders sets the day.
pub const LONGEST_ORDER_DAYS: i64 = 90;

/// An order to put a misuse right 责令改正.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// What the misuse is; who ordered, and when.
    pub misuse: Statement,
    /// The consumer's clock. Whoever ordered set its last day; it stands still while a report waits to be judged.
    pub clock: Clock,
    /// What the consumer reported, the earliest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reports: Vec<Report>,
}

/// How a misuse was put right, as the consumer says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// What it says.
    pub said: Statement,
    /// Why that does not do; none where it waits to be judged, or does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected: Option<Statement>,
}

/// What became of the data after the end of a grant 数据处置.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disposal {
    /// What became of it; who says so, and when.
    pub said: Statement,
    /// On which day that was done.
    pub done_on: Date,
}

impl Order {
    /// An order that was just given.
    pub fn new(misuse: Statement, clock: Clock) -> Self {
        Self {
            misuse,
            clock,
            reports: Vec::new(),
        }
    }

    /// Whether a report waits to be judged.
    pub fn is_reported(&self) -> bool {
        self.reports
            .last()
            .is_some_and(|report| report.rejected.is_none())
    }

    /// Whether the consumer has to report before it can go on: nothing waits to be judged, and reports are not used up.
    pub fn may_be_reported(&self) -> bool {
        !self.is_reported() && self.reports.len() < MOST_REPORTS
    }

    pub(super) fn report(&mut self, said: Statement) {
        self.clock = self.clock.clone().pause(said.signed.at, "report");
        self.reports.push(Report {
            said,
            rejected: None,
        });
    }

    pub(super) fn reject(&mut self, why: Statement, clock: Clock) {
        self.clock = clock;
        if let Some(open) = self.reports.last_mut() {
            open.rejected = Some(why);
        }
    }
}
