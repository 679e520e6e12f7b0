//! Kept clocks: every clock that runs or ran, beside what it runs for, with the cards that it has earned.
//!
//! A kept clock follows the one in its noun, in the transaction that changes it. Which cards are due by a day is a pure
//! question; whoever asks it later gets those that were missed, each with the day on which it fell due.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::card::{Card, CardRule, Level};
use super::{Clock, Law};
use crate::calendar::{CalendarError, WorkCalendar};
use crate::name::{ClockName, DepartmentName, ResourceName, SystemName};
use crate::policy::shaoyang_date;
use crate::regime::Rule;
use crate::snapshot::Snapshot;

/// Who has to act. A name that stays the same when departments are merged, where there is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitsFor {
    /// The department competent for data sharing.
    Competent,
    /// The department of an entry.
    OwnerOf(ResourceName),
    /// The department of a system.
    DepartmentOf(SystemName),
    /// This department.
    Department(DepartmentName),
}

impl WaitsFor {
    /// The department that it is now; none where the registry does not know.
    pub fn department<'a>(&'a self, snapshot: &'a Snapshot) -> Option<&'a DepartmentName> {
        match self {
            Self::Competent => snapshot.competent().map(|one| &one.name),
            Self::OwnerOf(name) => snapshot.resource(name).map(|entry| &entry.department),
            Self::DepartmentOf(name) => snapshot.system(name).map(|system| &system.department),
            Self::Department(name) => Some(name),
        }
    }
}

/// A clock that runs in a noun: whose, and by which rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running<'a> {
    /// The rule that set it.
    pub rule: Rule,
    /// Who has to act.
    pub waits_for: WaitsFor,
    /// The clock.
    pub clock: &'a Clock,
}

impl<'a> Running<'a> {
    /// A clock for which somebody has to act. None where no regime set it.
    pub fn of(waits_for: WaitsFor, clock: &'a Clock) -> Option<Self> {
        Some(Self {
            rule: clock.rule_of_regime()?,
            waits_for,
            clock,
        })
    }
}

/// A clock with the cards that it has earned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptClock {
    /// `clocks/{rule}.{id of what it runs for}.{microseconds of its beginning}`.
    pub name: ClockName,
    /// What it runs for, such as `applications/{UUID}`.
    pub about: String,
    /// The rule that set it.
    #[serde(with = "by_id")]
    pub rule: Rule,
    /// Who has to act.
    pub waits_for: WaitsFor,
    /// The clock as it is in its noun.
    pub clock: Clock,
    /// When what it ran for was done; none while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// The cards, in the order of their days.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cards: Vec<Card>,
    /// The day on which it is to be looked at next; none when nothing can come any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look: Option<Date>,
}

/// What a look at a clock finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The levels that it has reached and has no card of, with their days.
    pub reached: Vec<(Level, Date)>,
    /// When to look again.
    pub next: Option<Date>,
}

impl KeptClock {
    /// Keeps a clock that just began.
    ///
    /// # Errors
    /// When what it runs for has no name that a clock's can be made of.
    pub fn begin(about: &str, running: &Running<'_>) -> Result<Self, crate::fault::Cause> {
        Ok(Self {
            name: ClockName::of(running.rule, about, running.clock.received)?,
            about: about.to_owned(),
            rule: running.rule,
            waits_for: running.waits_for.clone(),
            look: Some(shaoyang_date(running.clock.received)),
            clock: running.clock.clone(),
            ended: None,
            cards: Vec::new(),
        })
    }

    /// Whether it is this clock that runs in a noun.
    pub fn is(&self, running: &Running<'_>) -> bool {
        self.rule == running.rule && self.clock.received == running.clock.received
    }

    /// Follows the clock in its noun; none where nothing changed.
    pub fn follow(&self, running: &Running<'_>, today: Date) -> Option<Self> {
        let same = self.clock == *running.clock && self.waits_for == running.waits_for;
        (!same || self.ended.is_some()).then(|| Self {
            waits_for: running.waits_for.clone(),
            clock: running.clock.clone(),
            ended: None,
            look: Some(today),
            ..self.clone()
        })
    }

    /// What it ran for was done. It is looked at once more: what was earned before counts.
    #[must_use]
    pub fn end(&self, now: Timestamp) -> Self {
        Self {
            clock: self.clock.clone().stopped(now),
            ended: Some(now),
            look: Some(shaoyang_date(now)),
            ..self.clone()
        }
    }

    /// The highest level that it has reached.
    pub fn level(&self) -> Option<Level> {
        self.cards.iter().map(|card| card.level).max()
    }

    /// The word for its state: running, paused, ended.
    pub fn state(&self) -> &'static str {
        if self.ended.is_some() {
            "ended"
        } else if self.clock.paused().is_some() {
            "paused"
        } else {
            "running"
        }
    }

    /// Which cards it has earned by a day and has not got. Those that were missed are among them, but for a warning
    /// that comes too late to warn. A clock that ended goes on earning nothing, and keeps what it had earned.
    pub fn look(&self, rule: &CardRule, calendar: &WorkCalendar, today: Date) -> Look {
        let nothing = Look {
            reached: Vec::new(),
            next: None,
        };
        if self.clock.missing_notice.is_some() {
            let next = tomorrow(today);
            return Look { next, ..nothing };
        }
        let Some(due) = self.clock.due else {
            return nothing;
        };
        let last = self
            .ended
            .map_or(today, |ended| shaoyang_date(ended).min(today));
        let mut look = nothing;
        for level in Level::ALL {
            let day = match self.day_of(level, due, rule, calendar) {
                Ok(Some(day)) => day,
                Ok(None) => break,
                // It would lie before the first loaded year: nobody is warned, and what comes behind it comes.
                Err(_) if level == Level::Warning => continue,
                Err(_) => {
                    // The notice of that year is not loaded yet. What comes behind it is not earned before it.
                    look.next = tomorrow(today);
                    break;
                }
            };
            if !self.is_open(level, due)
                || (level == Level::Warning && self.cannot_warn(day, due, last))
            {
                continue;
            }
            if day <= last {
                look.reached.push((level, day));
            } else {
                look.next = self.ended.is_none().then_some(day);
                break;
            }
        }
        look
    }

    /// The day of a level; none where the clock stands still before it.
    fn day_of(
        &self,
        level: Level,
        due: Date,
        rule: &CardRule,
        calendar: &WorkCalendar,
    ) -> Result<Option<Date>, CalendarError> {
        match level {
            Level::Warning => calendar
                .working_days_before(due, rule.warn_before)
                .map(Some),
            Level::Yellow => self.clock.days_late(due, rule.yellow_after, calendar),
            Level::Red => self.clock.days_late(due, rule.red_after, calendar),
        }
    }

    /// Whether it can still get a card of a level: it has none, or has been warned of another last day only.
    fn is_open(&self, level: Level, due: Date) -> bool {
        match level {
            Level::Warning => {
                let told = self.cards.iter().any(|card| card.due == due);
                !told && self.level() <= Some(Level::Warning)
            }
            Level::Yellow | Level::Red => self.level() < Some(level),
        }
    }

    /// A warning on a day before it began, or once the last day has passed, or of what is done or stands still, warns
    /// nobody.
    fn cannot_warn(&self, day: Date, due: Date, today: Date) -> bool {
        let waits = self.ended.is_some() || self.clock.paused().is_some();
        waits || day < shaoyang_date(self.clock.received) || today > due
    }

    /// The same, with the last day of its clock where the notice that it waited for is loaded.
    #[must_use]
    pub fn settle(mut self, law: Law<'_>) -> Self {
        self.clock = self.clock.settle(law);
        self
    }

    /// With a card, once the ledger has it.
    #[must_use]
    pub fn with_card(mut self, card: Card) -> Self {
        self.cards.push(card);
        self
    }
}

fn tomorrow(day: Date) -> Option<Date> {
    day.tomorrow().ok()
}

impl ClockName {
    /// The name of the clock of a rule for something, that began at a moment.
    ///
    /// # Errors
    /// When that has no id.
    pub fn of(rule: Rule, about: &str, began: Timestamp) -> Result<Self, crate::fault::Cause> {
        let id = about.rsplit_once('/').map_or(about, |(_, id)| id);
        let rule = rule.id().to_ascii_lowercase();
        Self::from_id(&format!("{rule}.{id}.{}", began.as_microsecond()))
    }
}

/// A rule as its id.
mod by_id {
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    use super::Rule;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    pub(super) fn serialize<S: Serializer>(rule: &Rule, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(rule.id())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Rule, D::Error> {
        let id = String::deserialize(deserializer)?;
        id.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
