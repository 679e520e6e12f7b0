//! File drops: systems that nobody connects to, since they bring their files themselves. That such a system is
//! there shows in its own reports, as a dead man's switch does: who stops reporting has failed.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::fault::Cause;
use crate::name::{EndpointId, SystemName};

/// The shortest time between two reports, in seconds.
const SHORTEST: u32 = 60;
/// The longest: 7 days. What is heard of less often cannot be called connected (assumed).
const LONGEST: u32 = 7 * 24 * 60 * 60;

/// How a system that brings files shows that it is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDrop {
    report_seconds: u32,
}

/// What a system said when it reported last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// The endpoint it reported for.
    pub endpoint: EndpointId,
    /// The system.
    pub system: SystemName,
    /// When.
    pub at: Timestamp,
    /// Files that lie there and are not with the gateway yet.
    pub waiting: u32,
    /// Files that the gateway refused and that lie there for somebody to look at.
    pub refused: u32,
}

impl FileDrop {
    /// A system that reports at least every so many seconds.
    ///
    /// # Errors
    /// `OUT_OF_RANGE` outside 60 seconds to 7 days.
    pub fn every(seconds: u32) -> Result<Self, Cause> {
        if !(SHORTEST..=LONGEST).contains(&seconds) {
            let message = format!("give {SHORTEST} to {LONGEST} seconds");
            return Err(Cause::new("OUT_OF_RANGE", message));
        }
        Ok(Self {
            report_seconds: seconds,
        })
    }

    /// The longest time between two reports, in seconds.
    pub fn report_seconds(&self) -> u32 {
        self.report_seconds
    }

    /// Whether the system is there and brings what it has, by what was heard of it last. One report may be late by
    /// the time between two before it is missed. Silence counts from `listening` on: before it nobody could have
    /// heard a report.
    ///
    /// # Errors
    /// What is wrong, or that nothing can be said yet.
    pub fn judge(
        &self,
        heard: Option<&Heartbeat>,
        listening: Timestamp,
        now: Timestamp,
    ) -> Result<(), Unwell> {
        let Some(heard) = heard else {
            return Err(Unwell::Untold("the system has not reported yet"));
        };
        let patience = SignedDuration::from_secs(2 * i64::from(self.report_seconds));
        if now.duration_since(heard.at) > patience {
            if now.duration_since(listening) <= patience {
                return Err(Unwell::Untold("its next report is awaited"));
            }
            return Err(Unwell::Failing(format!(
                "the system reported last at {} and is to report every {} seconds",
                heard.at, self.report_seconds
            )));
        }
        match heard.refused {
            0 => Ok(()),
            1 => Err(Unwell::Failing(
                "1 file was refused and waits for its department".to_owned(),
            )),
            more => Err(Unwell::Failing(format!(
                "{more} files were refused and wait for their department"
            ))),
        }
    }
}

/// Why a system that brings files does not count as there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unwell {
    /// It stopped reporting, or files of its were refused: what is wrong, in one sentence.
    Failing(String),
    /// Nothing can be said now, and why.
    Untold(&'static str),
}

impl fmt::Display for Unwell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failing(what) => f.write_str(what),
            Self::Untold(why) => f.write_str(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::FaultCause as _;
    use crate::test_world::{NOON, at};

    fn heard(ago: i64, refused: u32) -> Heartbeat {
        Heartbeat {
            endpoint: EndpointId::from_id("archive-index.drop").unwrap(),
            system: SystemName::from_id("archive-index").unwrap(),
            at: at(NOON) - SignedDuration::from_secs(ago),
            waiting: 5,
            refused,
        }
    }

    #[test]
    fn a_time_between_reports_has_its_limits() {
        for good in [60, 3600, 604_800] {
            assert_eq!(FileDrop::every(good).unwrap().report_seconds(), good);
        }
        for bad in [0, 59, 604_801] {
            assert_eq!(FileDrop::every(bad).unwrap_err().code(), "OUT_OF_RANGE");
        }
    }

    #[test]
    fn a_system_is_there_while_it_reports_and_nothing_was_refused() {
        let drop = FileDrop::every(60).unwrap();
        let failing = |text: &str| Err(Unwell::Failing(text.to_owned()));
        let silent = |ago: i64| {
            let at = at(NOON) - SignedDuration::from_secs(ago);
            failing(&format!(
                "the system reported last at {at} and is to report every 60 seconds"
            ))
        };
        let untold = |text| Err(Unwell::Untold(text));
        let awaited = || untold("its next report is awaited");
        for (case, heard, listening, wanted) in [
            ("just now", Some(heard(0, 0)), 9999, Ok(())),
            ("a report was missed", Some(heard(120, 0)), 9999, Ok(())),
            ("two were", Some(heard(121, 0)), 9999, silent(121)),
            ("a clock before ours", Some(heard(-5, 0)), 9999, Ok(())),
            ("nobody listened", Some(heard(9000, 0)), 120, awaited()),
            ("silent since", Some(heard(9000, 0)), 121, silent(9000)),
            (
                "one refused",
                Some(heard(1, 1)),
                9999,
                failing("1 file was refused and waits for its department"),
            ),
            (
                "several, told a moment after the start",
                Some(heard(1, 3)),
                0,
                failing("3 files were refused and wait for their department"),
            ),
            (
                "never",
                None,
                9999,
                untold("the system has not reported yet"),
            ),
        ] {
            let listening = at(NOON) - SignedDuration::from_secs(listening);
            let said = drop.judge(heard.as_ref(), listening, at(NOON));
            assert_eq!(said, wanted, "{case}");
        }
    }
}
