//! Caching: how long an issuer's answer may be kept and served again.
//!
//! Two say so, and the shorter holds: the issuer, in the catalogue entry of what it shares, and the city,
//! in a dated maximum (`seeds/caching.toml`). Without both nothing is kept.

use jiff::civil::Date;

use crate::fault::Faults;
use crate::resource::{Resource, ShareType};

/// The city's maximum for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheLimit {
    /// The longest that an answer may be kept, in seconds, at most a day; 0 for not at all.
    pub most_s: u32,
    /// The first day on which it holds.
    pub from: Date,
    /// The last one; none while it holds.
    pub until: Option<Date>,
    /// Where the number is from.
    pub source: String,
    /// The source does not name it.
    pub assumed: bool,
}

/// The maximum of a day in seconds; 0 on a day for which there is none. Of several the shortest holds.
#[must_use]
pub fn most_on(limits: &[CacheLimit], day: Date) -> u32 {
    let holds =
        |limit: &&CacheLimit| limit.from <= day && limit.until.is_none_or(|last| day <= last);
    let mut holding = limits.iter().filter(holds).map(|limit| limit.most_s);
    let first = holding.next().unwrap_or_default();
    holding.fold(first, u32::min)
}

impl Resource {
    /// What is wrong with agreeing to applications at once: what is shared on conditions is looked at by somebody.
    pub fn auto_approve_faults(&self, faults: &mut Faults) {
        let is_free = self.share_type == ShareType::Unconditional;
        if self.metadata.auto_approve && !is_free {
            let message = "only what is shared unconditionally is agreed to without a look";
            faults.add("resource.auto_approve", "ONLY_UNCONDITIONAL", message);
        }
    }

    /// How long an answer about this resource may be kept on a day, in seconds; 0 for not at all.
    #[must_use]
    pub fn cached_for_s(&self, limits: &[CacheLimit], day: Date) -> u32 {
        self.cache_seconds.min(most_on(limits, day))
    }

    /// What is wrong with the caching that an entry allows.
    pub fn caching_faults(&self, limits: &[CacheLimit], day: Date, faults: &mut Faults) {
        const FIELD: &str = "resource.cache_seconds";
        let most = most_on(limits, day);
        if self.cache_seconds > 0 && self.certificate_type.is_none() {
            let message = "only look-ups of certificates are answered from a cache";
            faults.add(FIELD, "NOT_A_CERTIFICATE", message);
        } else if self.cache_seconds > most {
            let message = format!("an answer may be kept for {most} s at most");
            faults.add(FIELD, "OUT_OF_RANGE", message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::marriages;

    fn limit(most_s: u32, from: &str, until: Option<&str>) -> CacheLimit {
        CacheLimit {
            most_s,
            from: from.parse().unwrap(),
            until: until.map(|day| day.parse().unwrap()),
            source: "a test".to_owned(),
            assumed: true,
        }
    }

    #[test]
    fn the_shorter_of_issuer_and_city_holds_and_without_either_nothing_is_kept() {
        let limits = [
            limit(60, "2022-01-01", Some("2022-06-30")),
            limit(600, "2022-06-01", None),
        ];
        let kept = |allowed: u32, day: &str| {
            let resource = Resource {
                cache_seconds: allowed,
                ..marriages("105001-000001")
            };
            resource.cached_for_s(&limits, day.parse().unwrap())
        };
        for (allowed, day, expected) in [
            (0, "2022-03-01", 0),
            (30, "2022-03-01", 30),
            (61, "2022-03-01", 60),
            (3600, "2022-06-15", 60),
            (3600, "2022-07-01", 600),
            (3600, "2021-12-31", 0),
        ] {
            assert_eq!(kept(allowed, day), expected, "{allowed} on {day}");
        }
    }

    #[test]
    fn an_entry_that_allows_more_than_the_city_or_is_no_certificate_is_faulty() {
        let limits = [limit(60, "2022-01-01", None)];
        let faults = |change: fn(&mut Resource)| {
            let mut resource = marriages("105001-000001");
            resource.certificate_type =
                crate::name::CertificateTypeName::from_id("11100000XY9000019E001").ok();
            change(&mut resource);
            let mut faults = Faults::default();
            resource.caching_faults(&limits, "2022-03-01".parse().unwrap(), &mut faults);
            let codes = faults.as_slice().iter().map(|fault| fault.code.clone());
            codes.collect::<Vec<_>>()
        };
        assert_eq!(faults(|r| r.cache_seconds = 60), [""; 0]);
        assert_eq!(faults(|r| r.cache_seconds = 61), ["OUT_OF_RANGE"]);
        let other = faults(|r| (r.cache_seconds, r.certificate_type) = (60, None));
        assert_eq!(other, ["NOT_A_CERTIFICATE"]);
    }
}
