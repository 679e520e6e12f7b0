//! Last days by the law as the product has it, for tests on the real clock: of a year whose notice of working days is not
//! loaded nobody knows them, and an answer leaves them empty.

use broker::clock::{Clock as _, SystemClock};
use domain::policy::shaoyang_date;
use domain::reference::Reference;
use domain::regime::Rule;

/// The last day of what begins now, as the wire has it.
///
/// # Panics
/// When the reference data does not load.
#[must_use]
pub fn due_today(rule: Rule) -> String {
    let reference = Reference::embedded().unwrap();
    let due = reference
        .regimes
        .due(rule, shaoyang_date(SystemClock.now()), &reference.calendar);
    due.map_or_else(|_| String::new(), |due| due.date.to_string())
}
