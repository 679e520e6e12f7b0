//! Records of use 使用记录: a consumer keeps what it used the data for, how, to what effect, and what became of it
//! (Order 809 art. 29). Its provider and the competent department may inspect them.
//!
//! A record never changes; what was wrong in one is said in another. Beside what the consumer states stands what the gateway
//! counted of the same days, so that whoever inspects can hold one against the other.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::application::Signed;
use crate::fault::Faults;
use crate::grant::{Grant, UseDay};
use crate::name::{GrantName, UseRecordName};
use crate::policy::shaoyang_date;

/// What the consumer states: the five points of art. 29.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UseStatement {
    /// 使用场景: in which business.
    pub scene: String,
    /// 使用过程: who used it, how.
    pub process: String,
    /// 应用成效: what came of it.
    pub effect: String,
    /// 存储情况: what is kept, where, how guarded.
    pub storage: String,
    /// 销毁情况: what was destroyed, when, how.
    pub destruction: String,
}

/// What the gateway counted of the same days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountedUse {
    /// Calls that were permitted.
    pub calls: u64,
    /// Rows, as a quota counts them.
    pub rows: u64,
}

/// Until when a record is kept at least, and by which rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptUntil {
    /// The last day.
    pub date: Date,
    /// Regime, rule and article.
    pub rule: String,
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UseRecord {
    /// `useRecords/{UUID}`.
    pub name: UseRecordName,
    /// The grant that was used.
    pub grant: GrantName,
    /// Its version when the record was made.
    pub version: u32,
    /// The first day it is about.
    pub since: Date,
    /// The last one.
    pub until: Date,
    /// What the consumer states.
    #[serde(flatten)]
    pub said: UseStatement,
    /// What the gateway counted.
    pub counted: CountedUse,
    /// How long it is kept; none where no rule in force set a term.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<KeptUntil>,
    /// Who made it, and when.
    #[serde(flatten)]
    pub signed: Signed,
}

/// The faults of the days that a record is to be about.
pub fn day_faults(grant: &Grant, (since, until): (Date, Date), today: Date) -> Faults {
    let mut faults = Faults::default();
    let made = shaoyang_date(grant.created);
    if until < since {
        let message = "the last day lies before the first";
        faults.add("use_record.until_date", "BEFORE_START", message);
    }
    if until > today {
        let message = "record what was used, not what will be";
        faults.add("use_record.until_date", "IN_THE_FUTURE", message);
    }
    if since < made {
        let message = format!("the grant was made on {made}");
        faults.add("use_record.since_date", "BEFORE_GRANT", message);
    }
    faults
}

impl CountedUse {
    /// Days added up; `of_certificate` as [`Grant::uses`] has it.
    pub fn of<'a>(days: impl Iterator<Item = &'a UseDay>, of_certificate: bool) -> Self {
        let none = Self { calls: 0, rows: 0 };
        days.fold(none, |whole, day| Self {
            calls: whole.calls.saturating_add(day.all_calls()),
            rows: whole.rows.saturating_add(day.counted_rows(of_certificate)),
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::test_world::grant;

    #[test]
    fn a_record_is_about_days_that_were() {
        let grant = grant(1, "105001-000001");
        let today = date(2022, 6, 1);
        let (made, code) = (date(2022, 2, 28), |faults: &Faults| {
            let all = faults.as_slice().iter();
            all.map(|fault| fault.code.clone()).collect::<Vec<_>>()
        });
        for (since, until, expected) in [
            (made, today, &[][..]),
            (today, today, &[]),
            (date(2022, 2, 27), today, &["BEFORE_GRANT"]),
            (made, date(2022, 6, 2), &["IN_THE_FUTURE"]),
            (today, made, &["BEFORE_START"]),
        ] {
            let found = day_faults(&grant, (since, until), today);
            assert_eq!(code(&found), expected, "{since} to {until}");
        }
    }
}
