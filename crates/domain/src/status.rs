//! Status lists: from which day a certificate was in which state, so that whoever holds its identifier
//! can tell whether it was in force on any day, without asking its issuer.
//!
//! A list names certificates by a hash under a salt of the list ([`entry_hash`]); days and states are all
//! that stands beside it. W3C's and IETF's status lists carry the present state only, which does not
//! answer what the law often asks: was it in force on the day of the act.

use std::fmt::Write as _;

use jiff::civil::Date;
use sha2::{Digest as _, Sha256};

use crate::certificate::CertificateState;
use crate::fault::Cause;
use crate::id::{CertificateId, CitizenId, RegionTable};
use crate::subject::hex;

/// Changes of state that one certificate may have. Assumed: more than any lives through.
pub const MOST_STEPS: usize = 32;

/// Certificates of a shard at least, on average, so that asking for one tells little about whom it is
/// asked for. Assumed: the order of magnitude that lookups of leaked passwords by prefix work with.
pub const CROWD: u64 = 1000;

/// Hexadecimal digits of an entry's hash: half a SHA-256, so that two certificates never share one.
pub const HASH_DIGITS: usize = 32;

/// The first hexadecimal digits of the hashes of a shard; none for the whole list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefix(String);

impl Prefix {
    /// Parses its digits. How many there may be depends on the list.
    ///
    /// # Errors
    /// `NOT_A_PREFIX`.
    pub fn parse(text: &str) -> Result<Self, Cause> {
        let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.bytes().all(digit) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Cause::new("NOT_A_PREFIX", "give digits 0-9 and a-f"))
        }
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The states of one certificate, each from a day on, and its last day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusHistory {
    /// Ascending by day; never empty, no day twice.
    steps: Vec<(Date, CertificateState)>,
    last_day: Option<Date>,
}

/// One announced state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusStep {
    /// The first day on which it holds.
    pub from: Date,
    /// The state; never expired, which follows from the last day.
    pub state: CertificateState,
    /// The last day of validity, where it is told; otherwise the one known stays.
    pub last_day: Option<Date>,
}

impl StatusHistory {
    /// A history that begins.
    #[must_use]
    pub fn begin(step: &StatusStep) -> Self {
        Self {
            steps: vec![(step.from, step.state)],
            last_day: step.last_day,
        }
    }

    /// Adds a step in its place; one of the same day takes the place of the other. None where there
    /// would be too many.
    #[must_use]
    pub fn with(mut self, step: &StatusStep) -> Option<Self> {
        match self.steps.binary_search_by_key(&step.from, |(day, _)| *day) {
            Ok(place) => {
                if let Some(same) = self.steps.get_mut(place) {
                    same.1 = step.state;
                }
            }
            Err(_) if self.steps.len() >= MOST_STEPS => return None,
            Err(place) => self.steps.insert(place, (step.from, step.state)),
        }
        self.last_day = step.last_day.or(self.last_day);
        Some(self)
    }

    /// The state on a day; none before the first, when it was not issued.
    #[must_use]
    pub fn on(&self, day: Date) -> Option<CertificateState> {
        let begun = self.steps.iter().rev().find(|(from, _)| *from <= day);
        begun.map(|(_, state)| state.on(day, self.last_day))
    }

    /// Reads what [`StatusHistory::line`] writes, and nothing else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (steps, last_day) = match text.split_once(" until ") {
            Some((steps, day)) => (steps, Some(day.parse().ok()?)),
            None => (text, None),
        };
        let step = |step: &str| {
            let (day, state) = step.split_once('=')?;
            Some((day.parse().ok()?, CertificateState::parse(state)?))
        };
        let steps: Vec<(Date, CertificateState)> =
            steps.split(',').map(step).collect::<Option<_>>()?;
        let history = Self { steps, last_day };
        let ordered = history.steps.is_sorted_by(|one, other| one.0 < other.0);
        (ordered && history.steps.len() <= MOST_STEPS && history.line() == text).then_some(history)
    }

    /// `2022-02-22=valid,2024-05-01=suspended until 2032-02-21`.
    #[must_use]
    pub fn line(&self) -> String {
        let mut line = String::with_capacity(20 * self.steps.len() + 20);
        for (place, (day, state)) in self.steps.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            // Writing to a string does not fail.
            let _ = write!(line, "{comma}{day}={}", state.as_str());
        }
        if let Some(day) = self.last_day {
            let _ = write!(line, " until {day}");
        }
        line
    }
}

/// The hash under which a certificate stands in a list. Whoever has the identifier finds the entry;
/// whoever has the list alone would have to guess identifiers.
#[must_use]
pub fn entry_hash(salt: &str, identifier: &CertificateId) -> String {
    let mut hash = Sha256::new();
    for part in ["shuqiao status list", salt, identifier.as_str()] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut digits = hex(&hash.finalize());
    digits.truncate(HASH_DIGITS);
    digits
}

/// How many digits of a hash name a shard: the most with which a shard still holds [`CROWD`]
/// certificates on average; 0 is the whole list.
#[must_use]
pub fn shard_digits(entries: u64) -> usize {
    let mut digits = 0;
    let mut left = entries / 16;
    while left >= CROWD {
        digits += 1;
        left /= 16;
    }
    digits
}

/// Whether a serial is somebody's identity number. Such a certificate must not stand in a list: trying
/// numbers against it would tell which are somebody's.
#[must_use]
pub fn names_a_person(identifier: &CertificateId, regions: &RegionTable, today: Date) -> bool {
    CitizenId::parse(identifier.serial(), regions, today).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "1.2.156.3005.2.11100000MB03271699001.11430500XY0000100R.0000000019.001.2";

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn step(from: &str, state: CertificateState, last: Option<&str>) -> StatusStep {
        StatusStep {
            from: day(from),
            state,
            last_day: last.map(day),
        }
    }

    fn history() -> StatusHistory {
        use CertificateState::{Suspended, Valid};
        let begun = StatusHistory::begin(&step("2022-02-22", Valid, Some("2032-02-21")));
        let resumed = begun.with(&step("2024-06-01", Valid, None)).unwrap();
        resumed.with(&step("2024-05-01", Suspended, None)).unwrap()
    }

    #[test]
    fn each_day_has_its_state() {
        use CertificateState::{Expired, Suspended, Valid};
        for (on, state) in [
            ("2022-02-21", None),
            ("2022-02-22", Some(Valid)),
            ("2024-04-30", Some(Valid)),
            ("2024-05-01", Some(Suspended)),
            ("2024-05-31", Some(Suspended)),
            ("2024-06-01", Some(Valid)),
            ("2032-02-21", Some(Valid)),
            ("2032-02-22", Some(Expired)),
        ] {
            assert_eq!(history().on(day(on)), state, "{on}");
        }
    }

    #[test]
    fn a_step_of_the_same_day_replaces_and_there_is_an_end_to_them() {
        use CertificateState::{Revoked, Valid};
        let revoked = history().with(&step("2024-06-01", Revoked, None)).unwrap();
        assert_eq!(revoked.on(day("2024-06-01")), Some(Revoked));
        assert_eq!(revoked.steps.len(), 3);
        let mut many = StatusHistory::begin(&step("2000-01-01", Valid, None));
        for number in 1..MOST_STEPS {
            let from = format!("20{number:02}-01-01");
            many = many.with(&step(&from, Valid, None)).unwrap();
        }
        assert!(
            many.clone()
                .with(&step("2001-01-01", Revoked, None))
                .is_some()
        );
        assert!(many.with(&step("2099-01-01", Revoked, None)).is_none());
    }

    #[test]
    fn a_line_is_read_back_and_has_one_spelling() {
        let line = history().line();
        let expected = "2022-02-22=valid,2024-05-01=suspended,2024-06-01=valid until 2032-02-21";
        assert_eq!(line, expected);
        assert_eq!(StatusHistory::parse(&line), Some(history()));
        for wrong in [
            "",
            "2022-02-22",
            "2022-02-22=valid,",
            "2022-02-22=fine",
            "2022-02-22=valid,2022-02-22=revoked",
            "2024-05-01=suspended,2022-02-22=valid",
            "20220222=valid",
            "2022-02-22=valid until ",
            " 2022-02-22=valid",
        ] {
            assert_eq!(StatusHistory::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_hash_depends_on_salt_and_identifier() {
        let identifier = CertificateId::parse(TEXT).unwrap();
        let hash = entry_hash("one", &identifier);
        assert_eq!(hash.len(), HASH_DIGITS);
        assert_ne!(hash, entry_hash("two", &identifier));
        assert_eq!(hash, entry_hash("one", &identifier));
    }

    #[test]
    fn a_shard_keeps_its_crowd() {
        for (entries, digits) in [
            (0, 0),
            (15_999, 0),
            (16_000, 1),
            (255_999, 1),
            (256_000, 2),
            (10_000_000, 3),
        ] {
            assert_eq!(shard_digits(entries), digits, "{entries}");
        }
    }

    #[test]
    fn a_serial_that_is_an_identity_number_is_told() {
        let regions = &crate::reference::EMBEDDED.regions;
        let made = |serial: &str| {
            let like = CertificateId::parse(TEXT).unwrap();
            CertificateId::compose(like.type_code(), like.issuer(), serial, 1).unwrap()
        };
        let today = day("2022-06-01");
        assert!(names_a_person(&made("430502190102030017"), regions, today));
        assert!(!names_a_person(&made("430502190102030018"), regions, today));
    }
}
