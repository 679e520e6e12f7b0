//! Planned maintenance of an endpoint: announced before, told to callers while it lasts.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Endpoint;
use crate::fault::{Cause, Faults};

/// Most windows that are kept ahead.
pub const MOST_WINDOWS: usize = 8;
/// The longest window: what takes longer is a suspension (assumed).
const LONGEST: SignedDuration = SignedDuration::from_hours(72);

/// One window, from its start up to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Maintenance {
    /// From when.
    pub start: Timestamp,
    /// Until when; that moment is outside.
    pub end: Timestamp,
    /// What for, 1 to 200 characters; callers see it.
    pub reason: String,
}

impl Maintenance {
    /// Whether a moment lies in it.
    pub fn holds(&self, now: Timestamp) -> bool {
        (self.start..self.end).contains(&now)
    }

    /// What is wrong with it when it is announced at a moment; places begin with `maintenance.`.
    pub fn faults(&self, now: Timestamp) -> Faults {
        let mut faults = Faults::default();
        if self.end <= self.start {
            let text = "it ends before it begins";
            faults.add("maintenance.end_time", "ENDS_BEFORE_START", text);
        } else if self.end.duration_since(self.start) > LONGEST {
            let text =
                "a window lasts 72 hours at most; suspend the resources for what takes longer";
            faults.add("maintenance.end_time", "TOO_LONG", text);
        }
        if self.end <= now {
            let cause = Cause::new("OVER", "it is over already");
            faults.check::<(), _>("maintenance.end_time", Err(cause));
        }
        faults
    }
}

impl Endpoint {
    /// The window that a moment lies in.
    pub fn in_maintenance(&self, now: Timestamp) -> Option<&Maintenance> {
        self.maintenance.iter().find(|window| window.holds(now))
    }

    /// The same with one more window; those that are over are dropped, one with the same start is replaced.
    ///
    /// # Errors
    /// `TOO_MANY` beyond [`MOST_WINDOWS`].
    pub fn announce(mut self, window: Maintenance, now: Timestamp) -> Result<Self, Cause> {
        let stays = |kept: &Maintenance| kept.end > now && kept.start != window.start;
        self.maintenance.retain(stays);
        if self.maintenance.len() >= MOST_WINDOWS {
            let text = format!("at most {MOST_WINDOWS} windows are kept ahead");
            return Err(Cause::new("TOO_MANY", text));
        }
        self.maintenance.push(window);
        self.maintenance.sort_by_key(|window| window.start);
        Ok(self)
    }

    /// The same without the window that begins then; one that has begun ends now.
    pub fn call_off(mut self, start: Timestamp) -> Option<Self> {
        let before = self.maintenance.len();
        self.maintenance.retain(|window| window.start != start);
        (self.maintenance.len() < before).then_some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::FaultCause as _;
    use crate::test_world::{at, endpoint};

    fn window(start: &str, end: &str) -> Maintenance {
        Maintenance {
            start: at(start),
            end: at(end),
            reason: "数据库升级".to_owned(),
        }
    }

    #[test]
    fn a_window_holds_from_its_start_up_to_its_end() {
        let window = window("2022-06-01T01:00:00Z", "2022-06-01T02:00:00Z");
        for (moment, inside) in [
            ("2022-06-01T00:59:59Z", false),
            ("2022-06-01T01:00:00Z", true),
            ("2022-06-01T01:59:59Z", true),
            ("2022-06-01T02:00:00Z", false),
        ] {
            assert_eq!(window.holds(at(moment)), inside, "{moment}");
        }
    }

    #[test]
    fn a_window_that_cannot_be_is_named() {
        let now = at("2022-06-01T01:30:00Z");
        for (start, end, code) in [
            (
                "2022-06-01T03:00:00Z",
                "2022-06-01T03:00:00Z",
                Some("ENDS_BEFORE_START"),
            ),
            (
                "2022-06-01T03:00:00Z",
                "2022-06-04T03:00:01Z",
                Some("TOO_LONG"),
            ),
            ("2022-06-01T00:00:00Z", "2022-06-01T01:30:00Z", Some("OVER")),
            ("2022-06-01T01:00:00Z", "2022-06-01T02:00:00Z", None),
        ] {
            let faults = window(start, end).faults(now);
            let first = faults.as_slice().first().map(|fault| fault.code.as_str());
            assert_eq!(first, code, "{start} {end}");
        }
    }

    #[test]
    fn windows_are_kept_in_order_and_within_their_number() {
        let now = at("2022-06-01T00:00:00Z");
        let hour = |hour: usize| {
            window(
                &format!("2022-06-02T{hour:02}:00:00Z"),
                &format!("2022-06-02T{hour:02}:30:00Z"),
            )
        };
        let mut one = endpoint("marriage-registry.main");
        for number in (0..MOST_WINDOWS).rev() {
            one = one.announce(hour(number), now).unwrap();
        }
        assert_eq!(one.maintenance[0], hour(0));
        let refused = one.clone().announce(hour(20), now).unwrap_err();
        assert_eq!(refused.code(), "TOO_MANY");
        // The same start replaces; what is over makes room.
        let longer = window("2022-06-02T00:00:00Z", "2022-06-02T00:50:00Z");
        let one = one.announce(longer.clone(), now).unwrap();
        assert_eq!(
            (one.maintenance.len(), &one.maintenance[0]),
            (MOST_WINDOWS, &longer)
        );
        let later = one
            .clone()
            .announce(hour(20), at("2022-06-02T01:00:00Z"))
            .unwrap();
        assert_eq!(later.maintenance.len(), MOST_WINDOWS);
        let fewer = one.call_off(longer.start).unwrap();
        assert_eq!(fewer.maintenance.len(), MOST_WINDOWS - 1);
        assert_eq!(fewer.call_off(longer.start), None);
    }
}
