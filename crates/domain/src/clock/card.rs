//! Cards 预警、黄牌、红牌: what a clock earns before and after its last day, by dated rule data (`seeds/cards.toml`).

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::regime::Rule;

/// How serious it is. The level of one clock only rises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// 预警: the last day is near.
    Warning,
    /// 黄牌: the last day has passed.
    Yellow,
    /// 红牌: it passed long ago.
    Red,
}

impl Level {
    /// Every level, the lowest first.
    pub const ALL: [Self; 3] = [Self::Warning, Self::Yellow, Self::Red];

    /// The word for programs and the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Yellow => "yellow",
            Self::Red => "red",
        }
    }

    /// The word that the console shows.
    pub fn in_chinese(self) -> &'static str {
        match self {
            Self::Warning => "预警",
            Self::Yellow => "黄牌",
            Self::Red => "红牌",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A level that a clock has reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// Which.
    pub level: Level,
    /// The working day on which it was earned.
    pub day: Date,
    /// The last day that it was earned by.
    pub due: Date,
    /// The ledger entry that tells of it.
    pub entry: u64,
}

/// When clocks of some rules earn which card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardRule {
    /// The clocks.
    pub clocks: Vec<Rule>,
    /// Working days before the last day on which it is warned.
    pub warn_before: u16,
    /// On which working day after the last day the yellow card falls due; 1 is the next one.
    pub yellow_after: u16,
    /// The same for the red card.
    pub red_after: u16,
    /// The first day on which it holds.
    pub from: Date,
    /// The last one; none while it holds.
    pub until: Option<Date>,
    /// Where the numbers are from.
    pub source: String,
    /// The source does not name them.
    pub assumed: bool,
}

impl CardRule {
    /// The rule for a clock of a regime's rule that began on a day; none where such clocks earn no cards. Of several
    /// the first holds.
    pub fn of(rules: &[Self], clock: Rule, day: Date) -> Option<&Self> {
        rules.iter().find(|rule| {
            let holds = rule.from <= day && rule.until.is_none_or(|last| day <= last);
            holds && rule.clocks.contains(&clock)
        })
    }
}
