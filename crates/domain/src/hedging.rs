//! When a slow question is asked a second time, at another endpoint of the same provider.
//!
//! Only for methods that their provider declared free of effects. The second question goes out when
//! the first has taken longer than nearly all others, and a budget keeps a provider that is slow
//! altogether from being asked twice as much. Assumed figures: no source names any.

use std::time::Duration;

/// Before anything is known of a provider.
const FIRST: Duration = Duration::from_millis(100);
/// The shortest time after which a question is asked again; the longest.
const SHORTEST: Duration = Duration::from_millis(2);
const LONGEST: Duration = Duration::from_secs(10);
/// Questions that earn one second question: 5 % of all are asked twice at most.
const EARNED_BY: u32 = 20;
/// Second questions that can be saved up.
const SAVED: u32 = 10;

/// What is known of one provider's answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hedging {
    /// Nineteen of twenty answers took no longer than this, as far as can be told.
    usual: Duration,
    /// In parts of a second question, of which [`EARNED_BY`] are a whole one.
    budget: u32,
}

impl Default for Hedging {
    fn default() -> Self {
        Self {
            usual: FIRST,
            budget: 0,
        }
    }
}

impl Hedging {
    /// A question goes out. Says how long to wait for its answer before it is asked again.
    pub fn ask(&mut self) -> Duration {
        self.budget = (self.budget + 1).min(SAVED * EARNED_BY);
        self.usual
    }

    /// Takes leave to ask a second time.
    pub fn ask_again(&mut self) -> bool {
        let left = self.budget.checked_sub(EARNED_BY);
        self.budget = left.unwrap_or(self.budget);
        left.is_some()
    }

    /// An answer took so long. The estimate moves up by nineteen steps when it was longer and down by
    /// one when it was not, so it comes to rest where one of twenty is longer.
    pub fn answered(&mut self, took: Duration) {
        let step = self.usual / 200;
        self.usual = if took > self.usual {
            self.usual + step * 19
        } else {
            self.usual.saturating_sub(step)
        }
        .clamp(SHORTEST, LONGEST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_second_question_is_earned_by_twenty() {
        let mut hedging = Hedging::default();
        for _ in 0..19 {
            hedging.ask();
            assert!(!hedging.clone().ask_again());
        }
        hedging.ask();
        assert!(hedging.ask_again());
        assert!(!hedging.ask_again());
    }

    #[test]
    fn no_more_than_ten_are_saved_up() {
        let mut hedging = Hedging::default();
        for _ in 0..10_000 {
            hedging.ask();
        }
        let granted = (0..100).filter(|_| hedging.ask_again()).count();
        assert_eq!(granted, 10);
    }

    #[test]
    fn the_estimate_comes_to_where_one_of_twenty_is_longer() {
        let mut hedging = Hedging::default();
        // Answers of 1 to 100 ms, each as often as the others, in a mixed order.
        for n in 0..100_000_u32 {
            hedging.answered(MS * (n * 37 % 100 + 1));
        }
        let usual = hedging.ask();
        assert!(usual > MS * 85 && usual < MS * 105, "{usual:?}");
    }

    #[test]
    fn the_estimate_stays_within_its_bounds() {
        let mut hedging = Hedging::default();
        for _ in 0..10_000 {
            hedging.answered(Duration::ZERO);
        }
        assert_eq!(hedging.ask(), SHORTEST);
        for _ in 0..10_000 {
            hedging.answered(Duration::from_mins(1));
        }
        assert_eq!(hedging.ask(), LONGEST);
    }
}
