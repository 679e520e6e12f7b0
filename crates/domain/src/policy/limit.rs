//! How long the law gives somebody, as data: what a regime says of one act, and the day that follows.

use jiff::civil::Date;

use crate::reference::Reference;
use crate::regime::{DueError, Limit, Rule};

/// What the regime in force says of one act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegalLimit {
    /// The act.
    pub rule: Rule,
    /// The id of the regime.
    pub regime: String,
    /// The number of its document.
    pub document: String,
    /// The article, without the word.
    pub article: String,
    /// How long, or why the regime sets no number.
    pub limit: Limit,
    /// Further working days that may be granted; 0 where none may.
    pub extension_days: u16,
    /// Number or article were not read in the text of the law.
    pub assumed: bool,
    /// From which day it runs.
    pub from: Date,
    /// The last day in time.
    pub due: Option<Date>,
    /// Why there is no last day, where there is none.
    pub undated: String,
}

impl LegalLimit {
    /// What the regime of a day says of an act that begins on it; none before the first regime. A day that the
    /// calendar cannot count to is told and takes nothing else away.
    pub(super) fn of(reference: &Reference, rule: Rule, from: Date) -> Option<Self> {
        let regime = reference.regimes.at(from).ok()?;
        let row = regime.limits.iter().find(|row| row.rule == rule)?;
        let counted = reference.regimes.due(rule, from, &reference.calendar);
        let (due, undated) = match counted {
            Ok(due) => (Some(due.date), String::new()),
            Err(DueError::NoLimit { why, .. }) => (None, why),
            Err(error) => (None, error.to_string()),
        };
        Some(Self {
            rule,
            regime: regime.id.clone(),
            document: regime.document.clone(),
            article: row.article.clone(),
            limit: row.limit.clone(),
            extension_days: row.extension.as_ref().map_or(0, |more| more.working_days),
            assumed: row.assumed,
            from,
            due,
            undated,
        })
    }

    /// How long, for people; empty where the regime sets no number.
    pub fn term(&self) -> String {
        let counted = |number: u16, unit: &str| {
            let plural = if number == 1 { "" } else { "s" };
            format!("{number} {unit}{plural}")
        };
        match &self.limit {
            Limit::WorkingDays(days) => counted(*days, "working day"),
            Limit::Days(days) => counted(*days, "day"),
            Limit::Years(years) => counted(*years, "year"),
            Limit::Minutes(minutes) => counted(*minutes, "minute"),
            Limit::Unset(_) => String::new(),
        }
    }
}
