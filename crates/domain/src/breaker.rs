//! The circuit breaker of one endpoint: after enough failures in a row it is left alone for a while.

use std::time::{Duration, Instant};

/// Failures in a row that open the breaker.
const FAILURES: u32 = 5;
/// The first pause; each failed trial doubles it.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Whether an endpoint may be asked now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breaker {
    state: State,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Closed {
        failures: u32,
    },
    Open {
        until: Instant,
        pause: Duration,
    },
    /// One call is under way to see whether the endpoint is back.
    Trial {
        since: Instant,
        pause: Duration,
    },
}

impl Default for Breaker {
    fn default() -> Self {
        Self {
            state: State::Closed { failures: 0 },
        }
    }
}

impl Breaker {
    /// Takes leave to ask. After a pause one single call gets it, and its end decides.
    ///
    /// # Errors
    /// How long the endpoint is left alone still.
    pub fn enter(&mut self, now: Instant) -> Result<(), Duration> {
        match self.state {
            State::Closed { .. } => Ok(()),
            State::Open { until, .. } if now < until => Err(until - now),
            State::Open { pause, .. } => {
                self.state = State::Trial { since: now, pause };
                Ok(())
            }
            // A trial that nobody ended, since its caller went away, is followed by another.
            State::Trial { since, pause } if now >= since + LONGEST_PAUSE => {
                self.state = State::Trial { since: now, pause };
                Ok(())
            }
            State::Trial { since, .. } => Err(since + LONGEST_PAUSE - now),
        }
    }

    /// The endpoint answered, be it with an error of its own.
    pub fn answered(&mut self) {
        *self = Self::default();
    }

    /// The call ended without saying anything of the endpoint: a trial is open to the next one.
    pub fn abandoned(&mut self, now: Instant) {
        if let State::Trial { pause, .. } = self.state {
            self.state = State::Open { until: now, pause };
        }
    }

    /// The endpoint could not be reached, broke off, or did not answer in fair time.
    pub fn failed(&mut self, now: Instant) {
        self.state = match self.state {
            State::Closed { failures } if failures + 1 < FAILURES => State::Closed {
                failures: failures + 1,
            },
            State::Closed { .. } => State::Open {
                until: now + FIRST_PAUSE,
                pause: FIRST_PAUSE,
            },
            // Calls that were under way when it opened say nothing new.
            State::Open { .. } => return,
            State::Trial { pause, .. } => {
                let pause = (pause * 2).min(LONGEST_PAUSE);
                State::Open {
                    until: now + pause,
                    pause,
                }
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(
        clippy::disallowed_methods,
        reason = "a start from which the test counts"
    )]
    fn start() -> Instant {
        Instant::now()
    }

    fn opened(now: Instant) -> Breaker {
        let mut breaker = Breaker::default();
        for _ in 0..FAILURES {
            assert_eq!(breaker.enter(now), Ok(()));
            breaker.failed(now);
        }
        breaker
    }

    #[test]
    fn it_opens_after_failures_in_a_row_only() {
        let now = start();
        let mut breaker = Breaker::default();
        for _ in 0..20 {
            for _ in 1..FAILURES {
                breaker.failed(now);
            }
            assert_eq!(breaker.enter(now), Ok(()));
            breaker.answered();
        }
        assert_eq!(opened(now).enter(now), Err(FIRST_PAUSE));
    }

    #[test]
    fn after_the_pause_one_call_tries_and_decides() {
        let now = start();
        let mut breaker = opened(now);
        let later = now + FIRST_PAUSE;
        assert_eq!(breaker.enter(later), Ok(()));
        assert!(breaker.enter(later).is_err(), "one trial at a time");
        breaker.failed(later);
        assert_eq!(
            breaker.enter(later),
            Err(FIRST_PAUSE * 2),
            "a failed trial doubles the pause"
        );
        let again = later + FIRST_PAUSE * 2;
        assert_eq!(breaker.enter(again), Ok(()));
        breaker.answered();
        assert_eq!(breaker, Breaker::default());
    }

    #[test]
    fn a_trial_that_says_nothing_is_open_to_the_next_call() {
        let now = start();
        let mut breaker = opened(now);
        let later = now + FIRST_PAUSE;
        assert_eq!(breaker.enter(later), Ok(()));
        breaker.abandoned(later);
        assert_eq!(breaker.enter(later), Ok(()), "another trial");
        breaker.failed(later);
        assert_eq!(
            breaker.enter(later),
            Err(FIRST_PAUSE * 2),
            "the pause was kept"
        );
        let mut closed = Breaker::default();
        closed.abandoned(now);
        assert_eq!(closed, Breaker::default());
    }

    #[test]
    fn pauses_have_an_end_and_a_lost_trial_is_followed_by_another() {
        let mut now = start();
        let mut breaker = opened(now);
        for _ in 0..10 {
            now += LONGEST_PAUSE;
            assert_eq!(breaker.enter(now), Ok(()));
            breaker.failed(now);
        }
        assert_eq!(breaker.enter(now), Err(LONGEST_PAUSE));
        now += LONGEST_PAUSE;
        assert_eq!(breaker.enter(now), Ok(()));
        assert_eq!(breaker.enter(now + LONGEST_PAUSE), Ok(()));
    }
}
