//! Versions of a grant: what was agreed before, kept for good.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Grant, GrantError, GrantStep, Provision};
use crate::application::{Signed, Terms};
use crate::name::{ApplicationName, GrantName, SystemName};

/// By what a version took the place of the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// One side gave up, or took back, a part of it.
    Narrowed,
    /// An application for it was agreed to.
    Amended,
}

impl ChangeKind {
    /// The word for people and programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Narrowed => "narrowed",
            Self::Amended => "amended",
        }
    }
}

/// How a version came to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// By what.
    pub kind: ChangeKind,
    /// Who, and when.
    #[serde(flatten)]
    pub signed: Signed,
    /// Why.
    pub reason: String,
    /// How the consumer was consulted, where the provider narrows (Order 809 art. 27); else empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub consultation: String,
}

/// A version whose place another one took. It never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantVersion {
    /// `grants/{UUID}/versions/{number}`, the number with six digits so that names are in order.
    pub name: String,
    /// The grant.
    pub grant: GrantName,
    /// From 1.
    pub version: u32,
    /// The application it came from.
    pub application: ApplicationName,
    /// The terms, as agreed.
    pub terms: Terms,
    /// The version of the resource that was agreed on.
    pub resource_version: u32,
    /// The system that provided it.
    pub provider: SystemName,
    /// Until when the provider had to share it, and since when it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provision: Option<Provision>,
    /// Who agreed.
    pub approvers: Vec<String>,
    /// How it came to be; none for the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Changed>,
    /// When it began.
    pub began: Timestamp,
    /// When the next one took its place; none for the one in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
}

/// What an application that was agreed to puts in the place of the terms.
#[derive(Clone, Debug)]
pub struct Amendment {
    /// The application.
    pub application: ApplicationName,
    /// The terms, as agreed.
    pub terms: Terms,
    /// The version of the resource that was agreed on.
    pub resource_version: u32,
    /// The system that provides it now.
    pub provider: SystemName,
    /// Who agreed.
    pub approvers: Vec<String>,
    /// Until when the provider has to share what is new.
    pub provision: Option<Provision>,
    /// Who made it count, when, and how the applicant will use the data.
    pub change: Changed,
}

impl GrantVersion {
    /// The name of a version.
    pub fn name_of(grant: &GrantName, version: u32) -> String {
        format!("{grant}/versions/{version:06}")
    }
}

impl Grant {
    /// When its present version began.
    pub fn began(&self) -> Timestamp {
        let changed = self.change.as_ref();
        changed.map_or(self.created, |changed| changed.signed.at)
    }

    /// The version in force, as it is kept.
    pub fn as_version(&self) -> GrantVersion {
        GrantVersion {
            name: GrantVersion::name_of(&self.name, self.version),
            grant: self.name.clone(),
            version: self.version,
            application: self.application.clone(),
            terms: self.terms.clone(),
            resource_version: self.resource_version,
            provider: self.provider.clone(),
            provision: self.provision.clone(),
            approvers: self.approvers.clone(),
            change: self.change.clone(),
            began: self.began(),
            ended: None,
        }
    }

    /// The next version, of less: whoever gives something up needs nobody's consent. Whether it is less is asked before
    /// ([`Terms::faults_as_less`]).
    ///
    /// # Errors
    /// [`GrantError`] when it is over.
    pub fn narrow(self, terms: Terms, change: Changed) -> Result<(Self, GrantVersion), GrantError> {
        self.must_allow(GrantStep::Narrow)?;
        let before = self.superseded(change.signed.at);
        let next = Self {
            version: self.version.saturating_add(1),
            terms,
            change: Some(change),
            ..self
        };
        Ok((next, before))
    }

    /// The next version, as an application asked for it. What is suspended stays so.
    ///
    /// # Errors
    /// [`GrantError`] when it is over.
    pub fn amend(self, amendment: Amendment) -> Result<(Self, GrantVersion), GrantError> {
        self.must_allow(GrantStep::Narrow)?;
        let before = self.superseded(amendment.change.signed.at);
        let next = Self {
            version: self.version.saturating_add(1),
            application: amendment.application,
            terms: amendment.terms,
            resource_version: amendment.resource_version,
            provider: amendment.provider,
            approvers: amendment.approvers,
            provision: amendment.provision,
            change: Some(amendment.change),
            ..self
        };
        Ok((next, before))
    }

    fn superseded(&self, at: Timestamp) -> GrantVersion {
        GrantVersion {
            ended: Some(at),
            ..self.as_version()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::GrantState;
    use crate::test_world::{NOON, at, grant};

    fn changed(kind: ChangeKind) -> Changed {
        Changed {
            kind,
            signed: Signed {
                by: "wang".to_owned(),
                at: at(NOON),
            },
            reason: "不再需要".to_owned(),
            consultation: String::new(),
        }
    }

    #[test]
    fn a_next_version_leaves_the_one_before_as_it_was() {
        let first = grant(1, "105001-000001");
        let mut less = first.terms.clone();
        less.items.pop();
        let change = changed(ChangeKind::Narrowed);
        let (second, kept) = first.clone().narrow(less.clone(), change.clone()).unwrap();
        assert_eq!((second.version, &second.terms), (2, &less));
        assert_eq!(second.application, first.application);
        assert_eq!(kept.name, format!("{}/versions/000001", first.name));
        assert_eq!(
            (kept.terms, kept.ended),
            (first.terms.clone(), Some(at(NOON)))
        );
        assert_eq!((kept.began, second.began()), (first.created, at(NOON)));
        let amendment = Amendment {
            application: grant(7, "105001-000001").application,
            terms: first.terms.clone(),
            provider: first.provider.clone(),
            resource_version: 4,
            approvers: vec!["li".to_owned(), "wang".to_owned()],
            provision: None,
            change: changed(ChangeKind::Amended),
        };
        let suspended = second.suspend("why".to_owned(), "li".to_owned()).unwrap();
        let (third, kept) = suspended.amend(amendment).unwrap();
        assert_eq!((third.version, kept.version), (3, 2));
        assert_eq!(third.terms, first.terms);
        assert_eq!((third.resource_version, third.approvers.len()), (4, 2));
        assert!(matches!(third.state, GrantState::Suspended { .. }));
        assert_eq!(kept.change, Some(change));
    }

    #[test]
    fn what_is_over_has_no_next_version() {
        let over = grant(1, "105001-000001");
        let over = over
            .revoke("why".to_owned(), "li".to_owned(), String::new())
            .unwrap();
        let terms = over.terms.clone();
        let found = over.narrow(terms, changed(ChangeKind::Narrowed));
        assert_eq!(found.unwrap_err().legal_moves().list(), "StateDisposal");
    }
}
