//! The dated rule about quality: `seeds/quality.toml`.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// How much each part weighs, and within how many days an entry is to be brought up to date.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QualityTerms {
    /// Weight of what is stated, 0 to 100.
    pub metadata: u32,
    /// Weight of an endpoint that serves, 0 to 100.
    pub answering: u32,
    /// Weight of an endpoint that serves what the entry says, 0 to 100.
    pub matching: u32,
    /// Weight of being up to date, 0 to 100.
    pub updated: u32,
    /// Days by the code of the update cycle, grace included; a cycle that is not named has no limit.
    pub days: BTreeMap<u8, u32>,
    /// From which score on an entry is good, 0 to 100.
    pub good: u32,
    /// From which score on it is fair, 0 to 100 and no more than `good`; below it is poor.
    pub fair: u32,
}

impl QualityTerms {
    /// The grade of a score.
    pub fn grade(&self, score: u32) -> Grade {
        if score >= self.good {
            Grade::Good
        } else if score >= self.fair {
            Grade::Fair
        } else {
            Grade::Poor
        }
    }
}

/// A step of the score. What crosses one is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// Below what is fair.
    Poor,
    /// Between.
    Fair,
    /// From what is good on.
    Good,
}

impl Grade {
    /// All, the worst first.
    pub const ALL: [Self; 3] = [Self::Poor, Self::Fair, Self::Good];

    /// The word for people and programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Poor => "poor",
            Self::Fair => "fair",
            Self::Good => "good",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grade| grade.as_str() == word)
    }
}

/// The terms that hold for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QualityRule {
    /// What holds.
    pub terms: QualityTerms,
    /// The first day on which it holds.
    pub from: Date,
    /// The last one; none while it holds.
    pub until: Option<Date>,
    /// Where the numbers are from.
    pub source: String,
    /// The source does not name them.
    pub assumed: bool,
}

/// The rule of a day; none where no rule holds, and then nothing is scored.
#[must_use]
pub fn rule_on(rules: &[QualityRule], day: Date) -> Option<&QualityRule> {
    let holds = |rule: &&QualityRule| rule.from <= day && rule.until.is_none_or(|last| day <= last);
    rules.iter().filter(holds).max_by_key(|rule| rule.from)
}
