//! The step at which answers without a certificate leave, so that the time of a search tells nothing.

use std::time::Duration;

use tokio::time::Instant;

use crate::exchange::margin_before;

/// The step at which answers without a certificate leave. Assumed: wider than searches of one database
/// differ, and not felt by a person.
const GRID: Duration = Duration::from_millis(50);

/// Holds an answer without a certificate until the next step of a grid, counted from the moment at which
/// the issuer was asked. Whether the issuer knows no such person or the person has no such certificate
/// is the same answer; this keeps the time its search took from telling the two apart.
///
/// It is held before its outcome is recorded, since the consumer may read when that was. A deadline that
/// comes before the next step is a step too: else whoever leaves little time would see the search's own.
pub(crate) async fn on_the_grid(begun: Instant, deadline: Instant) {
    tokio::time::sleep_until(leaves(begun, Instant::now(), deadline)).await;
}

/// When an answer leaves: with a step, or with the deadline where that comes first.
fn leaves(begun: Instant, now: Instant, deadline: Instant) -> Instant {
    grid(begun, now).min(margin_before(deadline))
}

/// The first step of the grid at or after a moment.
fn grid(begun: Instant, now: Instant) -> Instant {
    let gone = now.saturating_duration_since(begun).as_micros();
    let steps = u32::try_from(gone.div_ceil(GRID.as_micros())).unwrap_or(u32::MAX);
    let wait = GRID.checked_mul(steps.max(1));
    wait.and_then(|wait| begun.checked_add(wait)).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn answers_of_one_step_leave_at_the_same_moment() {
        let begun = Instant::now();
        let leaves = |gone: u64| grid(begun, begun + Duration::from_millis(gone)) - begun;
        for (gone, left) in [(0, 50), (1, 50), (49, 50), (50, 50), (51, 100), (100, 100)] {
            assert_eq!(leaves(gone), Duration::from_millis(left), "{gone}");
        }
    }

    #[test]
    fn a_deadline_before_the_next_step_is_a_step_too() {
        let begun = Instant::now();
        let at = |gone: u64| begun + Duration::from_millis(gone);
        // 200 ms of the deadline are kept for the outcome.
        for (gone, left) in [(1, 40), (39, 40)] {
            assert_eq!(leaves(begun, at(gone), at(240)), at(left), "{gone}");
        }
        assert_eq!(leaves(begun, at(1), at(1000)), at(50));
    }
}
