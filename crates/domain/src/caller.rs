//! The caller: who asks, proved by a TLS certificate that the registry knows.

use jiff::Timestamp;

use crate::credential::Principal;
use crate::name::{DepartmentName, Fingerprint, SystemName};
use crate::policy::{Refusal, Rule};
use crate::snapshot::Snapshot;

/// Who asks. Only [`Caller::authenticate`] makes one, so a function that takes a `Caller` cannot
/// be reached without a certificate that was good a moment ago.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    principal: Principal,
    department: Option<DepartmentName>,
    fingerprint: Fingerprint,
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
        let credential = snapshot
            .credential(presented)
            .ok_or_else(|| Refusal::of(Rule::CertificateKnown, "this TLS certificate is not in the registry"))?;
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
            Principal::Officer { department, .. } => Some(department.clone()),
            Principal::Auditor { .. } | Principal::Operator { .. } | Principal::Gateway => None,
        };
        Ok(Self { principal: credential.principal.clone(), department, fingerprint: presented.clone() })
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
        if self.oversees() { Ok(()) } else { Err(self.wrong_role("the operator or an auditor")) }
    }

    /// Whether it may see everything: operator or auditor.
    pub fn oversees(&self) -> bool {
        matches!(self.principal, Principal::Operator { .. } | Principal::Auditor { .. })
    }

    /// Demands an officer of one department.
    ///
    /// # Errors
    /// A refusal for anybody else.
    pub fn must_be_officer_of(&self, department: &DepartmentName) -> Result<(), Refusal> {
        match &self.principal {
            Principal::Officer { department: own, .. } if own == department => Ok(()),
            _ => Err(self.wrong_role(&format!("an officer of {department}"))),
        }
    }

    /// Demands the operator or an officer of the department.
    ///
    /// # Errors
    /// A refusal for anybody else.
    pub fn must_manage(&self, department: &DepartmentName) -> Result<(), Refusal> {
        self.must_be_operator().or_else(|_| self.must_be_officer_of(department)).map_err(|_| {
            self.wrong_role(&format!("the operator or an officer of {department}"))
        })
    }

    /// Whether it belongs to the department.
    pub fn is_of(&self, department: &DepartmentName) -> bool {
        self.department.as_ref() == Some(department)
    }

    fn wrong_role(&self, needed: &str) -> Refusal {
        Refusal::of(Rule::Role, format!("{} called; this takes {needed}", self.principal))
    }
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
