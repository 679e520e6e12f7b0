//! The caller: who asks, proved by a TLS certificate that the registry knows.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::credential::Principal;
use crate::name::{DepartmentName, Fingerprint, SystemName};
use crate::policy::{Refusal, Rule, shaoyang_date};
use crate::snapshot::Snapshot;
use crate::system::Origin;

/// Who asks. Only [`Caller::authenticate`] makes one, so a function that takes a `Caller` cannot
/// be reached without a certificate that was good a moment ago.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    principal: Principal,
    department: Option<DepartmentName>,
    fingerprint: Fingerprint,
    origin: Origin,
}

impl Caller {
    /// Looks the presented certificate up and checks it, at every request anew: a certificate
    /// revoked, expired or suspended since the connection was made is refused.
    ///
    /// # Errors
    /// A refusal with the rule that failed.
    pub fn authenticate(
        snapshot: &Snapshot,
        presented: &Fingerprint,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let credential = snapshot.credential(presented).ok_or_else(|| {
            Refusal::of(
                Rule::CertificateKnown,
                "this TLS certificate is not in the registry",
            )
        })?;
        if let Some(revocation) = &credential.revoked {
            let message = format!("the TLS certificate was revoked: {}", revocation.reason);
            return Err(Refusal::of(Rule::CertificateNotRevoked, message));
        }
        if now < credential.not_before || now > credential.not_after {
            return Err(Refusal::of(
                Rule::CertificateInWindow,
                "the TLS certificate has expired or is not valid yet",
            ));
        }
        let department = match &credential.principal {
            Principal::System { system } => Some(active_owner(snapshot, system)?),
            Principal::Officer { department, .. } => {
                must_stand(snapshot, department, shaoyang_date(now))?;
                Some(department.clone())
            }
            Principal::Auditor { .. } | Principal::Operator { .. } | Principal::Gateway => None,
        };
        Ok(Self {
            principal: credential.principal.clone(),
            department,
            fingerprint: presented.clone(),
            origin: Origin::Registered,
        })
    }

    /// The same, seen to call from somewhere.
    #[must_use]
    pub fn coming_from(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }

    /// From where it calls, as far as its address tells.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// Whom the certificate stands for.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The department it acts for, if any.
    pub fn department(&self) -> Option<&DepartmentName> {
        self.department.as_ref()
    }

    /// The certificate presented.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// The calling system.
    ///
    /// # Errors
    /// A refusal when a person calls a method made for systems.
    pub fn system(&self) -> Result<&SystemName, Refusal> {
        match &self.principal {
            Principal::System { system } => Ok(system),
            _ => Err(self.wrong_role("a department's system")),
        }
    }

    /// Demands one system.
    ///
    /// # Errors
    /// A refusal for anybody else.
    pub fn must_be_system(&self, name: &SystemName) -> Result<(), Refusal> {
        match &self.principal {
            Principal::System { system } if system == name => Ok(()),
            _ => Err(self.wrong_role(name.as_str())),
        }
    }

    /// Demands the operator.
    ///
    /// # Errors
    /// A refusal for anybody else.
    pub fn must_be_operator(&self) -> Result<(), Refusal> {
        match self.principal {
            Principal::Operator { .. } => Ok(()),
            _ => Err(self.wrong_role("the operator")),
        }
    }

    /// Demands the operator or an auditor.
    ///
    /// # Errors
    /// A refusal for anybody else.
    pub fn must_oversee(&self) -> Result<(), Refusal> {
        if self.oversees() {
            Ok(())
        } else {
            Err(self.wrong_role("the operator or an auditor"))
        }
    }

    /// Whether it may see everything: operator or auditor.
    pub fn oversees(&self) -> bool {
        matches!(
            self.principal,
            Principal::Operator { .. } | Principal::Auditor { .. }
        )
    }

    /// Demands an officer of one department.
    ///
    /// # Errors
    /// A refusal for anybody else.
    pub fn must_be_officer_of(&self, department: &DepartmentName) -> Result<(), Refusal> {
        match &self.principal {
            Principal::Officer {
                department: own, ..
            } if own == department => Ok(()),
            _ => Err(self.wrong_role(&format!("an officer of {department}"))),
        }
    }

    /// Demands an officer, of whatever department.
    ///
    /// # Errors
    /// A refusal for anybody else.
    pub fn must_be_officer(&self) -> Result<(), Refusal> {
        match self.principal {
            Principal::Officer { .. } => Ok(()),
            _ => Err(self.wrong_role("an officer of a department")),
        }
    }

    /// Demands the operator or an officer of the department.
    ///
    /// # Errors
    /// A refusal for anybody else.
    pub fn must_manage(&self, department: &DepartmentName) -> Result<(), Refusal> {
        self.must_be_operator()
            .or_else(|_| self.must_be_officer_of(department))
            .map_err(|_| self.wrong_role(&format!("the operator or an officer of {department}")))
    }

    /// Whether it belongs to the department.
    pub fn is_of(&self, department: &DepartmentName) -> bool {
        self.department.as_ref() == Some(department)
    }

    fn wrong_role(&self, needed: &str) -> Refusal {
        Refusal::of(
            Rule::Role,
            format!("{} called; this takes {needed}", self.principal),
        )
    }
}

/// Nobody acts for a department that was merged into another, or that begins on a later day.
fn must_stand(snapshot: &Snapshot, name: &DepartmentName, today: Date) -> Result<(), Refusal> {
    let Some(department) = snapshot.department(name) else {
        return Ok(());
    };
    if today < department.valid_from {
        let message = format!("{name} begins on {}", department.valid_from);
        return Err(Refusal::of(Rule::CallerActive, message));
    }
    if !department.has_ended(today) {
        return Ok(());
    }
    let last = department.valid_until.map(|day| day.to_string());
    let successor = department.successor.as_ref().map(DepartmentName::as_str);
    let last = last.as_deref().unwrap_or("an earlier day");
    let message = match successor {
        Some(successor) => {
            format!("{name} ended on {last}; its systems and entries are with {successor}")
        }
        None if department.end_is_recorded() => format!("{name} ended on {last}"),
        None => format!(
            "{name} ended on {last}; the operator records into whom it was merged, or states a later day"
        ),
    };
    Err(Refusal::of(Rule::CallerActive, message))
}

fn active_owner(snapshot: &Snapshot, name: &SystemName) -> Result<DepartmentName, Refusal> {
    let system = snapshot
        .system(name)
        .ok_or_else(|| Refusal::of(Rule::CertificateKnown, format!("{name} is not registered")))?;
    if !system.is_active() {
        let message = format!("{name} is {}", system.state.as_str());
        return Err(Refusal::of(Rule::CallerActive, message));
    }
    Ok(system.department.clone())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::credential::{Credential, Revocation};
    use crate::system::SystemState;
    use crate::test_world::{
        APPROVAL, CIVIL_AFFAIRS, NOON, World, account, at, credential, department_name, suspended,
        system_name,
    };

    /// Authenticates in a world that knows this certificate.
    fn authenticate(
        world: &World,
        credential: Credential,
        moment: &str,
    ) -> Result<Caller, Refusal> {
        let mut contents = world.contents.clone();
        let presented = credential.name.clone();
        contents.credentials.push(credential);
        Caller::authenticate(&Snapshot::new(contents), &presented, at(moment))
    }

    fn caller(principal: Principal) -> Caller {
        let credential = Credential {
            principal,
            ..credential()
        };
        authenticate(&World::good(), credential, "2022-06-01T00:00:00Z").unwrap()
    }

    fn officer(department: &str) -> Caller {
        let department = department_name(department);
        caller(Principal::Officer {
            department,
            account: account("wang"),
        })
    }

    fn people() -> [Caller; 5] {
        [
            caller(credential().principal),
            officer(APPROVAL),
            caller(Principal::Auditor {
                account: account("li"),
            }),
            caller(Principal::Operator {
                account: account("zhao"),
            }),
            caller(Principal::Gateway),
        ]
    }

    #[test]
    fn a_good_certificate_makes_a_caller_of_its_department() {
        for moment in [
            "2022-05-15T00:00:00Z",
            "2022-06-01T00:00:00Z",
            "2022-06-14T00:00:00Z",
        ] {
            let caller = authenticate(&World::good(), credential(), moment).unwrap();
            assert_eq!(caller.principal(), &credential().principal);
            assert_eq!(caller.department(), Some(&department_name(APPROVAL)));
            assert_eq!(caller.fingerprint(), &credential().name);
            assert_eq!(caller.system(), Ok(&system_name("yjs-platform")));
        }
    }

    #[test]
    fn a_bad_certificate_is_refused_by_the_rule_it_breaks() {
        let revoked = || {
            let at = at("2022-06-01T00:00:00Z");
            Credential {
                revoked: Some(Revocation {
                    at,
                    reason: "lost".to_owned(),
                }),
                ..credential()
            }
        };
        let cases = [
            (
                "revoked",
                revoked(),
                "2022-06-01T04:00:00Z",
                Rule::CertificateNotRevoked,
            ),
            (
                "expired",
                credential(),
                "2022-06-14T00:00:00.000001Z",
                Rule::CertificateInWindow,
            ),
            (
                "not yet valid",
                credential(),
                "2022-05-14T23:59:59Z",
                Rule::CertificateInWindow,
            ),
            (
                "revoked and expired",
                revoked(),
                "2023-01-01T00:00:00Z",
                Rule::CertificateNotRevoked,
            ),
        ];
        for (name, credential, moment, rule) in cases {
            let refusal = authenticate(&World::good(), credential, moment).unwrap_err();
            assert_eq!(refusal.rule(), rule, "{name}");
        }
    }

    #[test]
    fn nobody_acts_for_a_department_before_the_day_it_begins() {
        let mut world = World::good();
        let first = jiff::civil::date(2022, 6, 1);
        for department in &mut world.contents.departments {
            department.valid_from = first;
        }
        let officer = Credential {
            principal: Principal::Officer {
                department: department_name(APPROVAL),
                account: account("wang"),
            },
            ..credential()
        };
        // Its days are those of Shaoyang: midnight there is sixteen o'clock of the day before.
        let on = |moment| authenticate(&world, officer.clone(), moment);
        let refusal = on("2022-05-31T15:59:59Z").unwrap_err();
        assert_eq!(refusal.rule(), Rule::CallerActive);
        assert!(refusal.message().contains("begins on 2022-06-01"));
        on("2022-05-31T16:00:00Z").unwrap();
    }

    #[test]
    fn nobody_acts_for_a_department_after_its_last_day() {
        let mut world = World::good();
        for department in &mut world.contents.departments {
            department.valid_until = Some(jiff::civil::date(2022, 5, 31));
        }
        let officer = Credential {
            principal: Principal::Officer {
                department: department_name(APPROVAL),
                account: account("wang"),
            },
            ..credential()
        };
        let on = |moment| authenticate(&world, officer.clone(), moment);
        on("2022-05-31T15:59:59Z").unwrap();
        let refusal = on("2022-05-31T16:00:00Z").unwrap_err();
        assert_eq!(refusal.rule(), Rule::CallerActive);
        let message = refusal.message();
        assert!(message.contains("ended on 2022-05-31") && message.contains("states a later day"));
    }

    #[test]
    fn a_good_certificate_of_a_system_that_is_not_active_is_refused() {
        for state in [suspended(), SystemState::Retired] {
            let mut world = World::good();
            world.consumer().state = state.clone();
            let refusal = authenticate(&world, credential(), NOON).unwrap_err();
            assert_eq!(refusal.rule(), Rule::CallerActive, "{}", state.as_str());
        }
        let principal = Principal::System {
            system: system_name("gone"),
        };
        let of_nobody = Credential {
            principal,
            ..credential()
        };
        let refusal = authenticate(&World::good(), of_nobody, NOON).unwrap_err();
        assert_eq!(refusal.rule(), Rule::CertificateKnown);
    }

    #[test]
    fn an_unknown_certificate_is_refused() {
        let snapshot = World::good().snapshot();
        let refusal =
            Caller::authenticate(&snapshot, &credential().name, World::good().now).unwrap_err();
        assert_eq!(refusal.rule(), Rule::CertificateKnown);
    }

    #[test]
    fn each_role_may_do_what_is_its_own_and_nothing_else() {
        type Ask = fn(&Caller, &DepartmentName) -> bool;
        let approval = department_name(APPROVAL);
        // System, officer of the department, auditor, operator, gateway.
        let matrix: [(&str, Ask, [bool; 5]); 7] = [
            (
                "calls as a system",
                |c, _| c.system().is_ok(),
                [true, false, false, false, false],
            ),
            (
                "operates",
                |c, _| c.must_be_operator().is_ok(),
                [false, false, false, true, false],
            ),
            (
                "oversees",
                |c, _| c.must_oversee().is_ok(),
                [false, false, true, true, false],
            ),
            (
                "sees all",
                |c, _| c.oversees(),
                [false, false, true, true, false],
            ),
            (
                "is its officer",
                |c, d| c.must_be_officer_of(d).is_ok(),
                [false, true, false, false, false],
            ),
            (
                "manages it",
                |c, d| c.must_manage(d).is_ok(),
                [false, true, false, true, false],
            ),
            (
                "belongs to it",
                Caller::is_of,
                [true, true, false, false, false],
            ),
        ];
        for (what, ask, expected) in matrix {
            let found = people().map(|caller| ask(&caller, &approval));
            assert_eq!(found, expected, "{what}");
        }
    }

    #[test]
    fn an_officer_of_another_department_is_a_stranger() {
        let (stranger, approval) = (officer(CIVIL_AFFAIRS), department_name(APPROVAL));
        for refused in [
            stranger.must_be_officer_of(&approval),
            stranger.must_manage(&approval),
        ] {
            let refusal = refused.unwrap_err();
            assert_eq!(refusal.rule(), Rule::Role);
            assert!(
                refusal.message().contains("officers/wang"),
                "{}",
                refusal.message()
            );
        }
        assert!(!stranger.is_of(&approval));
    }

    #[test]
    fn every_rule_about_callers_refuses_in_some_case() {
        let role = caller(Principal::Gateway).system().unwrap_err().rule();
        let tried = BTreeSet::from([
            Rule::CertificateKnown,
            Rule::CertificateNotRevoked,
            Rule::CertificateInWindow,
            Rule::CallerActive,
            role,
        ]);
        let all = Rule::ALL
            .iter()
            .copied()
            .filter(|rule| rule.id().starts_with("caller."));
        assert_eq!(tried, all.collect());
    }
}
