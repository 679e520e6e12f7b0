//! What an issuer announces: certificates whose state or data changed, or that it issued.

use jiff::civil::Date;

use crate::certificate::CertificateState;
use crate::fault::Faults;
use crate::id::{CertificateId, RegionTable};
use crate::name::CertificateTypeName;
use crate::status::{StatusStep, names_a_person};
use crate::subject::Subject;

/// Changes of one announcement.
pub const MOST_CHANGES: usize = 500;
/// Identifiers and holders that one announcement may name, so that its entry can name them too.
pub const MOST_NAMED: usize = 1000;
/// Whether one announcement may carry so many changes that name so many identifiers and holders.
#[must_use]
pub fn fits(changes: usize, named: usize) -> bool {
    changes <= MOST_CHANGES && named <= MOST_NAMED
}

/// Holders of one certificate.
pub const MOST_HOLDERS: usize = 16;

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// It was issued: a lookup of its holders finds it from now on.
    Issued,
    /// Its state changed.
    State,
    /// Its data changed.
    Data,
}

/// One change.
#[derive(Clone, Debug)]
pub struct CertificateChange {
    /// What changed.
    pub kind: ChangeKind,
    /// The certificate.
    pub identifier: Option<CertificateId>,
    /// Whom it is about.
    pub holders: Vec<Subject>,
    /// Its state from a day on.
    pub step: Option<StatusStep>,
}

/// Changes of certificates of one type.
#[derive(Clone, Debug)]
pub struct Announcement {
    /// The type.
    pub certificate_type: CertificateTypeName,
    /// The changes.
    pub changes: Vec<CertificateChange>,
    /// The states enter the public status list of the type.
    pub listed: bool,
}

impl ChangeKind {
    /// The word in the ledger.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::State => "state",
            Self::Data => "data",
        }
    }
}

impl Announcement {
    /// How many changes are of a kind.
    #[must_use]
    pub fn of_kind(&self, kind: ChangeKind) -> usize {
        let same = self.changes.iter().filter(|change| change.kind == kind);
        same.count()
    }

    /// The certificates whose states enter the list.
    pub fn steps(&self) -> impl Iterator<Item = (&CertificateId, &StatusStep)> {
        let listed = self.changes.iter().filter(|_| self.listed);
        listed.filter_map(|change| Some((change.identifier.as_ref()?, change.step.as_ref()?)))
    }

    /// Everything that is wrong with it.
    #[must_use]
    pub fn faults(&self, regions: &RegionTable, today: Date) -> Faults {
        let mut faults = Faults::default();
        if !(1..=MOST_CHANGES).contains(&self.changes.len()) {
            let message = format!("give 1 to {MOST_CHANGES} changes");
            faults.add("changes", "OUT_OF_RANGE", message);
        }
        let named = |change: &CertificateChange| {
            change.holders.len() + usize::from(change.identifier.is_some())
        };
        if self.changes.iter().map(named).sum::<usize>() > MOST_NAMED {
            let message = format!("name at most {MOST_NAMED} identifiers and holders in one call");
            faults.add("changes", "TOO_MANY", message);
        }
        for (place, change) in self.changes.iter().enumerate().take(MOST_CHANGES) {
            let mut add = |field: &str, code: &'static str, message: &str| {
                faults.add(&format!("changes[{place}].{field}"), code, message);
            };
            change.check(&self.certificate_type, &mut add);
            if self.listed {
                change.check_listed(regions, today, &mut add);
            }
        }
        faults
    }
}

impl CertificateChange {
    fn check(&self, kind: &CertificateTypeName, add: &mut impl FnMut(&str, &'static str, &str)) {
        match &self.identifier {
            None if self.holders.is_empty() => {
                add("identifier", "REQUIRED", "give the identifier or a holder");
            }
            Some(identifier) if identifier.type_code().as_str() != kind.id() => {
                add(
                    "identifier",
                    "OTHER_TYPE",
                    "it is of another certificate type",
                );
            }
            _ => {}
        }
        if self.holders.len() > MOST_HOLDERS {
            add("holders", "TOO_MANY", "give 16 at most");
        }
        // Without them, who looked a holder up and got an older certificate would go on getting it.
        if self.kind == ChangeKind::Issued && self.holders.is_empty() {
            add("holders", "REQUIRED", "name all holders of what was issued");
        }
        let Some(step) = &self.step else {
            return;
        };
        if self.kind == ChangeKind::Data {
            add("state", "NOT_ALLOWED", "a change of data has no state");
        }
        if step.state == CertificateState::Expired {
            add("state", "DERIVED", "expired follows from the last day");
        }
        if step.last_day.is_some_and(|last| last < step.from) {
            add(
                "expire_date",
                "OUT_OF_ORDER",
                "it lies before effective_date",
            );
        }
    }

    fn check_listed(
        &self,
        regions: &RegionTable,
        today: Date,
        add: &mut impl FnMut(&str, &'static str, &str),
    ) {
        if self.kind == ChangeKind::Data {
            return;
        }
        if self.step.is_none() {
            let message = "the list needs state and effective_date";
            add("state", "REQUIRED", message);
        }
        match &self.identifier {
            None => add("identifier", "REQUIRED", "the list needs it"),
            Some(identifier) if names_a_person(identifier, regions, today) => {
                let message =
                    "its serial is an identity number; it must not stand in a public list";
                add("identifier", "NAMES_A_PERSON", message);
            }
            Some(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "1.2.156.3005.2.11100000MB03271699001.11430500XY0000100R.0000000019.001.2";

    fn identifier() -> CertificateId {
        CertificateId::parse(TEXT).unwrap()
    }

    fn holder() -> Subject {
        Subject::Organisation(crate::id::Uscc::parse("91430502XYXYXY016N").unwrap())
    }

    fn good() -> CertificateChange {
        CertificateChange {
            kind: ChangeKind::Issued,
            identifier: Some(identifier()),
            holders: vec![holder()],
            step: Some(StatusStep {
                from: "2022-02-22".parse().unwrap(),
                state: CertificateState::Valid,
                last_day: None,
            }),
        }
    }

    fn faults(listed: bool, changes: Vec<CertificateChange>) -> Vec<(String, String)> {
        let announcement = Announcement {
            certificate_type: CertificateTypeName::from_id("11100000MB03271699001").unwrap(),
            changes,
            listed,
        };
        let regions = &crate::reference::EMBEDDED.regions;
        let faults = announcement.faults(regions, "2022-06-01".parse().unwrap());
        let told = faults.as_slice().iter();
        told.map(|fault| (fault.field.clone(), fault.code.clone()))
            .collect()
    }

    #[test]
    fn a_good_announcement_has_no_fault() {
        assert_eq!(faults(true, vec![good()]), []);
        let by_holder = CertificateChange {
            identifier: None,
            kind: ChangeKind::State,
            step: None,
            ..good()
        };
        assert_eq!(faults(false, vec![by_holder]), []);
    }

    #[test]
    fn each_fault_is_told_with_its_place() {
        type Case = (bool, fn(&mut CertificateChange), &'static str, &'static str);
        let cases: [Case; 9] = [
            (
                false,
                |c| {
                    c.kind = ChangeKind::State;
                    c.identifier = None;
                    c.holders.clear();
                },
                "identifier",
                "REQUIRED",
            ),
            (
                false,
                |c| {
                    let like = identifier();
                    let other = crate::id::CertificateTypeCode::parse("11100000MB03271699022");
                    c.identifier =
                        CertificateId::compose(&other.unwrap(), like.issuer(), like.serial(), 1)
                            .ok();
                },
                "identifier",
                "OTHER_TYPE",
            ),
            (
                false,
                |c| c.holders = vec![holder(); 17],
                "holders",
                "TOO_MANY",
            ),
            (false, |c| c.holders.clear(), "holders", "REQUIRED"),
            (false, |c| c.kind = ChangeKind::Data, "state", "NOT_ALLOWED"),
            (
                false,
                |c| c.step.as_mut().unwrap().state = CertificateState::Expired,
                "state",
                "DERIVED",
            ),
            (
                false,
                |c| c.step.as_mut().unwrap().last_day = Some("2022-02-21".parse().unwrap()),
                "expire_date",
                "OUT_OF_ORDER",
            ),
            (true, |c| c.step = None, "state", "REQUIRED"),
            (
                true,
                |c| {
                    let like = identifier();
                    let serial = "430502190102030017";
                    c.identifier =
                        CertificateId::compose(like.type_code(), like.issuer(), serial, 1).ok();
                },
                "identifier",
                "NAMES_A_PERSON",
            ),
        ];
        for (listed, change, field, code) in cases {
            let mut changed = good();
            change(&mut changed);
            let expected = (format!("changes[1].{field}"), code.to_owned());
            assert_eq!(faults(listed, vec![good(), changed]), [expected]);
        }
    }

    #[test]
    fn there_is_an_end_to_one_announcement() {
        let many = |count| faults(false, vec![good(); count]);
        let one = |code: &str| vec![("changes".to_owned(), code.to_owned())];
        assert_eq!(many(0), one("OUT_OF_RANGE"));
        assert_eq!(many(500), []);
        assert_eq!(many(501)[0], one("OUT_OF_RANGE")[0]);
        let crowded = CertificateChange {
            holders: vec![holder(); 16],
            ..good()
        };
        assert_eq!(faults(false, vec![crowded.clone(); 58]), []);
        assert_eq!(faults(false, vec![crowded; 59]), one("TOO_MANY"));
    }
}
