//! The dated rule about TLS certificates: `seeds/credentials.toml`.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

/// When a TLS certificate may be renewed, how many one holder has, and when it is warned of an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CredentialTerms {
    /// So much of a certificate's life has passed before it may be renewed: 0 to 95 percent.
    pub renewable_after_percent: u32,
    /// It is warned of a certificate that ends within so many days: 1 to 365.
    pub warning_days: u32,
    /// The same for an authority: 1 to 3650.
    pub authority_warning_days: u32,
    /// Certificates of one holder that are good at once: 2 to 1000.
    pub most_live: u32,
}

/// The terms that hold for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialRule {
    /// What holds.
    pub terms: CredentialTerms,
    /// The first day on which it holds.
    pub from: Date,
    /// The last one; none while it holds.
    pub until: Option<Date>,
    /// Where the numbers are from.
    pub source: String,
    /// The source does not name them.
    pub assumed: bool,
}

/// The terms of a day. On a day outside every rule those built in hold: without any, no certificate
/// could be renewed and everybody would be locked out in the end.
#[must_use]
pub fn terms_on(rules: &[CredentialRule], day: Date) -> CredentialTerms {
    let holds =
        |rule: &&CredentialRule| rule.from <= day && rule.until.is_none_or(|last| day <= last);
    let holding = rules.iter().filter(holds).max_by_key(|rule| rule.from);
    holding.map_or(CredentialTerms::DEFAULT, |rule| rule.terms)
}

impl CredentialTerms {
    /// Assumed: renewal in the last third of a life, a warning in the last week.
    pub const DEFAULT: Self = Self {
        renewable_after_percent: 66,
        warning_days: 7,
        authority_warning_days: 180,
        most_live: 16,
    };

    /// Whether it is warned of a certificate with this end.
    #[must_use]
    pub fn warns_of(self, end: Timestamp, now: Timestamp) -> bool {
        ends_within(end, self.warning_days, now)
    }

    /// Whether it is warned of an authority with this end.
    #[must_use]
    pub fn warns_of_authority(self, end: Timestamp, now: Timestamp) -> bool {
        ends_within(end, self.authority_warning_days, now)
    }
}

fn ends_within(end: Timestamp, days: u32, now: Timestamp) -> bool {
    end.duration_since(now) <= SignedDuration::from_hours(24 * i64::from(days))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn rule(most_live: u32, from: Date, until: Option<Date>) -> CredentialRule {
        CredentialRule {
            terms: CredentialTerms {
                most_live,
                ..CredentialTerms::DEFAULT
            },
            from,
            until,
            source: "a test".to_owned(),
            assumed: true,
        }
    }

    #[test]
    fn the_latest_rule_of_a_day_holds_and_without_one_what_is_built_in() {
        let rules = [
            rule(2, date(2022, 1, 1), None),
            rule(3, date(2023, 1, 1), Some(date(2023, 12, 31))),
        ];
        for (day, most) in [
            (date(2021, 12, 31), CredentialTerms::DEFAULT.most_live),
            (date(2022, 1, 1), 2),
            (date(2023, 6, 1), 3),
            (date(2024, 1, 1), 2),
        ] {
            assert_eq!(terms_on(&rules, day).most_live, most, "{day}");
        }
    }

    #[test]
    fn a_warning_begins_when_so_many_days_are_left() {
        let now: Timestamp = "2022-06-01T00:00:00Z".parse().unwrap();
        for (end, warned) in [
            ("2022-06-08T00:00:00Z", true),
            ("2022-06-08T00:00:01Z", false),
            ("2022-05-01T00:00:00Z", true),
        ] {
            let end = end.parse().unwrap();
            assert_eq!(CredentialTerms::DEFAULT.warns_of(end, now), warned, "{end}");
        }
    }
}
