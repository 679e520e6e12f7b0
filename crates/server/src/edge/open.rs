//! The answers that are still open on one connection, and until when they may be.
//!
//! While a peer takes nothing, hyper waits for its window and asks no body for more, so no clock
//! within a body would run. The connection looks at them from outside instead, and is dropped with
//! all that it holds when one is long past its deadline.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

/// How long after its deadline an answer may still be open: time for a status to leave.
const GRACE: Duration = Duration::from_secs(2);
/// How often it is looked.
const LOOK: Duration = Duration::from_secs(1);

/// The open answers of one connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Opens(Arc<Mutex<Deadlines>>);

#[derive(Debug, Default)]
struct Deadlines {
    next: u64,
    open: BTreeSet<(Instant, u64)>,
}

/// One of them; closed when dropped.
#[derive(Debug)]
pub(crate) struct Open {
    opens: Opens,
    key: (Instant, u64),
}

impl Opens {
    /// Begins an answer that is due at a moment.
    pub(super) fn begin(&self, due: Instant) -> Open {
        let key = self.with(|deadlines| {
            let key = (due, deadlines.next);
            deadlines.next = deadlines.next.wrapping_add(1);
            deadlines.open.insert(key);
            key
        });
        Open {
            opens: self.clone(),
            key,
        }
    }

    /// Returns when an answer is overdue that the peer does not take.
    pub(crate) async fn overdue(&self) {
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            if self.are_overdue(looks.tick().await) {
                return;
            }
        }
    }

    fn are_overdue(&self, now: Instant) -> bool {
        let first = self.with(|deadlines| deadlines.open.first().copied());
        first.is_some_and(|(due, _)| now > due + GRACE)
    }

    fn with<T>(&self, change: impl FnOnce(&mut Deadlines) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.opens
            .with(|deadlines| deadlines.open.remove(&self.key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_open_past_its_deadline_is_overdue_and_what_closed_is_not() {
        let opens = Opens::default();
        let begin = Instant::now();
        let staying = opens.begin(begin + Duration::from_secs(30));
        drop(opens.begin(begin + Duration::from_secs(5)));
        assert!(!opens.are_overdue(begin + Duration::from_secs(32)));
        assert!(opens.are_overdue(begin + Duration::from_secs(33)));
        drop(staying);
        assert!(!opens.are_overdue(begin + Duration::from_secs(100)));
    }
}
