//! The reference data that identifiers and deadlines rest on, from the seed files.
//!
//! The client carries it in the binary ([`Reference::embedded`]); the gateway reads the same files
//! from its seeds folder ([`Reference::parse`]), where a city may have added to them.

use std::fmt;
use std::ops::Range;

use serde::de::DeserializeOwned;

use crate::calendar::WorkCalendar;
use crate::id::{RegionTable, UsccKinds};
use crate::regime::Regimes;

/// One seed file: its name for messages and its text.
#[derive(Clone, Copy, Debug)]
pub struct SeedText<'a> {
    /// The name shown in faults, such as `seeds/regions.toml`.
    pub file: &'a str,
    /// The whole text, TOML.
    pub text: &'a str,
}

/// The four files of reference data.
#[derive(Clone, Copy, Debug)]
pub struct ReferenceFiles<'a> {
    /// Regions with their history.
    pub regions: SeedText<'a>,
    /// The yearly notices of holidays.
    pub calendar: SeedText<'a>,
    /// The dated sets of legal limits.
    pub regimes: SeedText<'a>,
    /// Departments and classes of the credit code.
    pub uscc_kinds: SeedText<'a>,
}

/// What is wrong in a seed file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file, as named by [`SeedText::file`].
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong, in one sentence.
    pub message: String,
}

/// All faults that were found; never an empty list inside an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

/// The reference data, read and checked.
#[derive(Clone, Debug)]
pub struct Reference {
    /// Regions with their history.
    pub regions: RegionTable,
    /// The working-day calendar.
    pub calendar: WorkCalendar,
    /// The dated sets of legal limits.
    pub regimes: Regimes,
    /// Departments and classes of the credit code.
    pub uscc_kinds: UsccKinds,
}

impl Reference {
    /// Reads the four files.
    ///
    /// # Errors
    /// All faults of all files, each with file and line. (In a file that is not even TOML of the
    /// right shape, the first fault hides the others.)
    pub fn parse(files: ReferenceFiles<'_>) -> Result<Self, Faults> {
        let regions = RegionTable::parse(files.regions);
        let calendar = WorkCalendar::parse(files.calendar);
        let regimes = Regimes::parse(files.regimes);
        let uscc_kinds = UsccKinds::parse(files.uscc_kinds);
        match (regions, calendar, regimes, uscc_kinds) {
            (Ok(regions), Ok(calendar), Ok(regimes), Ok(uscc_kinds)) => Ok(Self {
                regions,
                calendar,
                regimes,
                uscc_kinds,
            }),
            (regions, calendar, regimes, uscc_kinds) => {
                let lists = [
                    regions.err(),
                    calendar.err(),
                    regimes.err(),
                    uscc_kinds.err(),
                ];
                Err(Faults(
                    lists
                        .into_iter()
                        .flatten()
                        .flat_map(|faults| faults.0)
                        .collect(),
                ))
            }
        }
    }

    /// The data this program was built with: works offline, needs no folder.
    ///
    /// # Errors
    /// None in a released build: a test reads the same files.
    pub fn embedded() -> Result<Self, Faults> {
        Self::parse(ReferenceFiles {
            regions: SeedText {
                file: "seeds/regions.toml",
                text: include_str!("../../../seeds/regions.toml"),
            },
            calendar: SeedText {
                file: "seeds/calendar.toml",
                text: include_str!("../../../seeds/calendar.toml"),
            },
            regimes: SeedText {
                file: "seeds/regimes.toml",
                text: include_str!("../../../seeds/regimes.toml"),
            },
            uscc_kinds: SeedText {
                file: "seeds/uscc-kinds.toml",
                text: include_str!("../../../seeds/uscc-kinds.toml"),
            },
        })
    }
}

// === impl SeedText ===

impl SeedText<'_> {
    /// Reads the TOML into its raw shape.
    pub(crate) fn read<T: DeserializeOwned>(self) -> Result<T, Faults> {
        toml::from_str(self.text).map_err(|error| {
            let at = error.span().unwrap_or(0..0);
            Faults(vec![self.fault(at, error.message())])
        })
    }

    /// A fault at a place in the text, given in bytes as `toml` spans are.
    pub(crate) fn fault(self, at: Range<usize>, message: impl Into<String>) -> Fault {
        let before = self.text.get(..at.start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        Fault {
            file: self.file.to_owned(),
            line,
            message: message.into(),
        }
    }

    /// A fault of an entry that is recognised by a word: points at the word's first place.
    pub(crate) fn fault_near(self, word: &str, message: impl Into<String>) -> Fault {
        let start = self.text.find(word).unwrap_or(0);
        self.fault(start..start, message)
    }
}

// === impl Fault, Faults ===

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

impl Faults {
    /// The faults in the order they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }

    /// The faults as a list, to be merged with others.
    #[must_use]
    pub fn into_vec(self) -> Vec<Fault> {
        self.0
    }

    pub(crate) fn push(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// The value, unless faults were found; they come out by file line.
    pub(crate) fn or<T>(mut self, value: T) -> Result<T, Self> {
        self.0.sort_by_key(|fault| fault.line);
        if self.0.is_empty() {
            Ok(value)
        } else {
            Err(self)
        }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

/// The embedded data, read once for all tests.
#[cfg(test)]
pub(crate) static EMBEDDED: std::sync::LazyLock<Reference> =
    std::sync::LazyLock::new(|| Reference::embedded().unwrap());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_data_is_sound() {
        let reference = Reference::embedded();
        assert!(reference.is_ok(), "{}", reference.unwrap_err());
    }

    #[test]
    fn reports_the_faults_of_all_files_with_file_and_line() {
        let broken = |file| SeedText {
            file,
            text: "\n\nthis is not toml",
        };
        let faults = Reference::parse(ReferenceFiles {
            regions: broken("a"),
            calendar: broken("b"),
            regimes: broken("c"),
            uscc_kinds: broken("d"),
        })
        .unwrap_err();
        let places: Vec<_> = faults.iter().map(|f| (f.file.as_str(), f.line)).collect();
        assert_eq!(places, [("a", 3), ("b", 3), ("c", 3), ("d", 3)]);
        assert!(faults.to_string().starts_with("a:3: "));
    }
}
