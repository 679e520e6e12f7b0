//! Where TLS certificates stand in their lives, counted.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{Credential, CredentialTerms};
use crate::name::Fingerprint;

/// Where one TLS certificate stands. Exactly one of these holds at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It is good and may not be renewed yet.
    Good,
    /// It is good, may be renewed, and was not.
    LastThird,
    /// It ends within the time of warning and was not renewed.
    Warned,
    /// It is good, and another one that is good was issued in its place.
    Renewed,
    /// It is over.
    Ended,
    /// It was revoked, whether or not it is over.
    Revoked,
}

/// How many certificates stand where, and which of them is next to end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standings {
    /// By standing; every standing has a number.
    pub counts: BTreeMap<Standing, u64>,
    /// The soonest end of those that are good and were not renewed; none where there are none.
    pub soonest_end: Option<Timestamp>,
}

impl Standing {
    /// All, in the order of a life.
    pub const ALL: [Self; 6] = [
        Self::Good,
        Self::LastThird,
        Self::Warned,
        Self::Renewed,
        Self::Ended,
        Self::Revoked,
    ];

    /// The word for it in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::LastThird => "last_third",
            Self::Warned => "warned",
            Self::Renewed => "renewed",
            Self::Ended => "ended",
            Self::Revoked => "revoked",
        }
    }
}

impl Standings {
    /// Counts them as they stand at a moment, under the terms of its day.
    pub fn of<'a>(
        credentials: impl Iterator<Item = &'a Credential>,
        terms: CredentialTerms,
        now: Timestamp,
    ) -> Self {
        let all: Vec<&Credential> = credentials.collect();
        let live = all.iter().filter(|one| one.is_live(now));
        let renewed: BTreeSet<&Fingerprint> = live.filter_map(|one| one.renews()).collect();
        let mut counts = BTreeMap::from(Standing::ALL.map(|standing| (standing, 0)));
        let mut soonest_end: Option<Timestamp> = None;
        for one in all {
            let standing = standing_of(one, renewed.contains(&one.name), terms, now);
            *counts.entry(standing).or_default() += 1;
            match standing {
                Standing::Good | Standing::LastThird | Standing::Warned => {
                    let end = one.not_after;
                    soonest_end = Some(soonest_end.map_or(end, |soonest| soonest.min(end)));
                }
                Standing::Renewed | Standing::Ended | Standing::Revoked => {}
            }
        }
        Self {
            counts,
            soonest_end,
        }
    }
}

fn standing_of(
    one: &Credential,
    is_renewed: bool,
    terms: CredentialTerms,
    now: Timestamp,
) -> Standing {
    if one.revoked.is_some() {
        Standing::Revoked
    } else if !one.is_live(now) {
        Standing::Ended
    } else if is_renewed {
        Standing::Renewed
    } else if terms.warns_of(one.not_after, now) {
        Standing::Warned
    } else if now >= one.renewable_from(terms) {
        Standing::LastThird
    } else {
        Standing::Good
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::{Issuance, Revocation};
    use crate::test_world::{at, credential};

    /// One of thirty days that begins on this day of May or June 2022.
    fn begun(name: &str, day: &str, renews: Option<&str>) -> Credential {
        let named = |text: &str| Fingerprint::from_id(&text.repeat(32)).unwrap();
        let not_before = at(&format!("2022-{day}T00:00:00Z"));
        Credential {
            name: named(name),
            not_before,
            not_after: not_before + jiff::SignedDuration::from_hours(24 * 30),
            issuance: Some(Issuance {
                authority: "c3".repeat(32),
                hosts: Vec::new(),
                renews: renews.map(named),
                external: false,
            }),
            ..credential()
        }
    }

    #[test]
    fn each_certificate_stands_in_one_place_and_what_was_renewed_has_no_end_to_fear() {
        let now = at("2022-06-15T00:00:00Z");
        let revoked = Credential {
            revoked: Some(Revocation {
                at: now,
                reason: "lost".to_owned(),
            }),
            ..begun("a6", "05-17", None)
        };
        let all = [
            begun("a1", "06-10", None),
            begun("a2", "05-25", None),
            begun("a3", "05-20", None),
            begun("a4", "05-18", None),
            begun("a5", "05-01", None),
            revoked,
            begun("a7", "06-14", Some("a4")),
        ];
        let counted = Standings::of(all.iter(), CredentialTerms::DEFAULT, now);
        let counts: Vec<(&str, u64)> = counted
            .counts
            .iter()
            .map(|(standing, count)| (standing.as_str(), *count))
            .collect();
        assert_eq!(
            counts,
            [
                ("good", 2),
                ("last_third", 1),
                ("warned", 1),
                ("renewed", 1),
                ("ended", 1),
                ("revoked", 1)
            ]
        );
        assert_eq!(counted.soonest_end, Some(at("2022-06-19T00:00:00Z")));
        let none = Standings::of([].iter(), CredentialTerms::DEFAULT, now);
        assert_eq!((none.counts.len(), none.soonest_end), (6, None));
    }
}
