//! Clocks as shown: by when, by which rule, and whether that is assumed.

use domain::clock::Clock;
use domain::reference::Reference;
use domain::regime::{RegimeLimit, Rule};
use jiff::civil::Date;

use super::board::{Countdown, countdown};

/// A last day, and how the present one stands to it.
pub(crate) struct ClockView {
    /// Who has to do what.
    pub(crate) what: &'static str,
    /// The last day; none where the rule sets none.
    pub(crate) due: Option<Date>,
    /// How the present day stands to it, in words; empty where there is none.
    pub(crate) left: String,
    /// That day is over.
    pub(crate) overdue: bool,
    /// Where the days stand, in words.
    pub(crate) ground: String,
    /// The rule as the ledger has it.
    pub(crate) rule: String,
    /// The number of days is not read in a law.
    pub(crate) assumed: bool,
}

impl ClockView {
    /// Lays a clock out.
    pub(crate) fn of(
        what: &'static str,
        clock: &Clock,
        reference: &Reference,
        today: Date,
    ) -> Self {
        let limit = limit_of(clock, reference);
        let ground = match limit {
            Some((name, limit)) if limit.article.chars().all(|c| c.is_ascii_digit()) => {
                format!("《{name}》第 {} 条", limit.article)
            }
            Some(_) => "没有来源给出天数".to_owned(),
            None => String::new(),
        };
        Self {
            what,
            due: clock.due,
            left: clock.due.map_or_else(String::new, |due| left(due, today)),
            overdue: clock.due.is_some_and(|due| due < today),
            ground,
            rule: clock.rule.clone(),
            assumed: limit.is_some_and(|(_, limit)| limit.assumed),
        }
    }

    /// A last day that was counted by a rule of the regime that is in force now.
    pub(crate) fn of_rule(
        what: &'static str,
        rule: Rule,
        due: Date,
        reference: &Reference,
        today: Date,
    ) -> Self {
        let regime = reference.regimes.at(today).ok();
        let limit = regime.and_then(|regime| regime.limits.iter().find(|row| row.rule == rule));
        Self {
            rule: rule.id().to_owned(),
            assumed: limit.is_some_and(|limit| limit.assumed),
            ..Self::of_day(what, due, String::new(), today)
        }
    }

    /// A last day that no rule of the regimes was counted for.
    pub(crate) fn of_day(what: &'static str, due: Date, ground: String, today: Date) -> Self {
        Self {
            what,
            due: Some(due),
            left: left(due, today),
            overdue: due < today,
            ground,
            rule: String::new(),
            assumed: false,
        }
    }
}

fn left(due: Date, today: Date) -> String {
    match countdown(due, today) {
        Countdown::Left(days) => format!("还剩 {days} 天"),
        Countdown::Today => "今日到期".to_owned(),
        Countdown::Overdue(days) => format!("已逾期 {days} 天"),
    }
}

/// The limit that a clock runs by, with the name of its regime. The clock names the regime, or the day it began on
/// does.
fn limit_of<'a>(clock: &Clock, reference: &'a Reference) -> Option<(&'a str, &'a RegimeLimit)> {
    let mut words = clock.rule.split(' ');
    let rule = words.find_map(|word| word.parse::<Rule>().ok())?;
    let named = |id: &&str| clock.rule.starts_with(&format!("{id} "));
    let mut regimes = reference.regimes.iter();
    let regime = regimes
        .find(|regime| named(&regime.id.as_str()))
        .or_else(|| {
            let day = domain::policy::shaoyang_date(clock.received);
            reference.regimes.at(day).ok()
        })?;
    let limit = regime.limits.iter().find(|limit| limit.rule == rule)?;
    Some((&regime.name, limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_says_where_its_days_stand_and_what_is_assumed() {
        let reference = Reference::embedded().unwrap();
        let received = "2026-03-02T01:00:00Z".parse().unwrap();
        let day = jiff::civil::date(2026, 3, 2);
        for (rule, ground, assumed) in [
            (Rule::CatalogueReview, "《政务数据共享条例》第 17 条", false),
            (Rule::AnswerDemand, "没有来源给出天数", true),
            (Rule::ChangeService, "《政务数据共享条例》第 27 条", false),
        ] {
            let clock = reference
                .regimes
                .clock(rule, day, received, &reference.calendar)
                .unwrap();
            let shown = ClockView::of("", &clock, &reference, day);
            assert_eq!((shown.ground.as_str(), shown.assumed), (ground, assumed));
            assert_eq!(shown.due.is_some(), rule != Rule::ChangeService);
            assert!(!shown.overdue);
        }
    }
}
