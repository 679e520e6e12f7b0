//! The two authorities over their changes of key: which key signs, and which are trusted.
//!
//! A new key is trusted from the moment it is there, and signs from an announced moment on. The one before is
//! trusted until what it signed has ended, or its files are taken away.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::snapshot::Snapshot;
use jiff::{SignedDuration, Timestamp};
use rustls_pki_types::CertificateDer;

use crate::authority::{Authority, LEAF_DAYS, id_of};

/// One authority: its first key, and those that follow it.
#[derive(Clone, Debug)]
pub struct Succession {
    first: Arc<Authority>,
    /// By the moment from which each signs.
    later: Vec<(Timestamp, Arc<Authority>)>,
}

/// Both authorities (docs/adr/0007-two-authorities.md).
#[derive(Clone, Debug)]
pub struct Authorities {
    /// Signs the certificates of callers and providers; trusted by the gateway alone.
    pub callers: Succession,
    /// Signs the gateway's own certificates; trusted by callers and providers alone. One for both would let any
    /// provider pass for the gateway.
    pub own: Succession,
    /// Others that signed certificates which the operator registers, and the registry knows one by one.
    pub external: Vec<CertificateDer<'static>>,
}

/// What a TLS configuration of the gateway is made of: another one is made when this changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basis {
    issuer: String,
    trusted: Vec<String>,
}

/// An authority that ends soon, or whose key is about to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityEnd {
    /// What it is for: `callers` or `gateway`.
    pub which: &'static str,
    /// SHA-256 of its certificate, hexadecimal.
    pub id: String,
    /// Its last moment.
    pub ends: Timestamp,
}

impl From<Authority> for Succession {
    fn from(first: Authority) -> Self {
        Self::new(first, Vec::new())
    }
}

impl Succession {
    /// The first key, and the later ones with the moment from which each signs.
    pub fn new(first: Authority, later: Vec<(Timestamp, Authority)>) -> Self {
        let mut later: Vec<(Timestamp, Arc<Authority>)> = later
            .into_iter()
            .map(|(from, authority)| (from, Arc::new(authority)))
            .collect();
        later.sort_by_key(|(from, _)| *from);
        Self {
            first: Arc::new(first),
            later,
        }
    }

    /// The one that signs now.
    pub fn issuer(&self, now: Timestamp) -> &Arc<Authority> {
        let begun = self.later.iter().rev().find(|(from, _)| *from <= now);
        begun.map_or(&self.first, |(_, authority)| authority)
    }

    /// All, each with the moment from which it signs and the one at which another took over.
    fn terms(&self) -> impl Iterator<Item = (&Arc<Authority>, Option<Timestamp>)> {
        let ends = self.later.iter().map(|(from, _)| Some(*from));
        let all = self.later.iter().map(|(_, authority)| authority);
        std::iter::once(&self.first)
            .chain(all)
            .zip(ends.chain(std::iter::once(None)))
    }

    /// Those to trust: who signs, who will, and who did as long as it is needed. Who signs comes first.
    fn trusted(
        &self,
        now: Timestamp,
        needed: impl Fn(&Authority, Timestamp) -> bool,
    ) -> Vec<&Arc<Authority>> {
        let issuer = self.issuer(now);
        let others = self
            .terms()
            .filter(|(authority, until)| {
                let over = until.filter(|until| *until <= now);
                over.is_none_or(|over| needed(authority, over)) && !Arc::ptr_eq(authority, issuer)
            })
            .map(|(authority, _)| authority);
        std::iter::once(issuer).chain(others).collect()
    }
}

impl Authorities {
    /// Both, each with one key.
    pub fn new(callers: Authority, own: Authority) -> Self {
        Self {
            callers: callers.into(),
            own: own.into(),
            external: Vec::new(),
        }
    }

    /// Whom the gateway trusts for callers and providers. An earlier key is needed as long as a certificate
    /// that it signed is good; one from before it was kept who signed counts for all.
    pub fn trusted_callers(&self, snapshot: &Snapshot, now: Timestamp) -> Vec<&Arc<Authority>> {
        let live = snapshot.credentials().filter(|one| one.is_live(now));
        let signers: BTreeSet<Option<&str>> = live
            .map(|one| {
                one.issuance
                    .as_ref()
                    .map(|issuance| issuance.authority.as_str())
            })
            .collect();
        self.callers.trusted(now, |authority, _| {
            signers.contains(&None) || signers.contains(&Some(authority.id().as_str()))
        })
    }

    /// Whom callers and providers are to trust for the gateway. An earlier key is needed as long as a
    /// certificate of the gateway that it signed can be in use.
    pub fn trusted_own(&self, now: Timestamp) -> Vec<&Arc<Authority>> {
        let life = SignedDuration::from_hours(24 * LEAF_DAYS);
        self.own.trusted(now, |_, over| now <= over + life)
    }

    /// The same as one text, PEM, the one that signs first.
    pub fn trusted_own_pem(&self, now: Timestamp) -> String {
        let all = self.trusted_own(now);
        all.iter().map(|one| one.certificate_pem()).collect()
    }

    /// What a TLS configuration is made of now.
    pub fn basis(&self, snapshot: &Snapshot, now: Timestamp) -> Basis {
        let trusted = self.trusted_callers(snapshot, now);
        Basis {
            issuer: self.own.issuer(now).id(),
            trusted: trusted
                .iter()
                .map(|one| one.id())
                .chain(self.external.iter().map(|one| id_of(one)))
                .collect(),
        }
    }

    /// The certificates of those whom the gateway trusts.
    pub fn roots(&self, snapshot: &Snapshot, now: Timestamp) -> Vec<CertificateDer<'static>> {
        let trusted = self.trusted_callers(snapshot, now);
        trusted
            .iter()
            .map(|one| one.certificate_der().clone())
            .chain(self.external.iter().cloned())
            .collect()
    }

    /// The last moments of those that sign, the earliest first.
    pub fn ends(&self, now: Timestamp) -> Vec<AuthorityEnd> {
        let both = [("callers", &self.callers), ("gateway", &self.own)];
        let mut ends: Vec<AuthorityEnd> = both
            .map(|(which, succession)| {
                let issuer = succession.issuer(now);
                AuthorityEnd {
                    which,
                    id: issuer.id(),
                    ends: issuer.not_after(),
                }
            })
            .into();
        ends.sort_by_key(|end| end.ends);
        ends
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn made() -> Authority {
        Authority::generate("test", at("2022-01-01T00:00:00Z")).unwrap()
    }

    fn ids(list: &[&Arc<Authority>]) -> Vec<String> {
        list.iter().map(|one| one.id()).collect()
    }

    #[test]
    fn a_new_key_is_trusted_at_once_and_signs_from_its_moment_on() {
        let (first, second) = (made(), made());
        let (one, two) = (first.id(), second.id());
        let change = at("2022-06-01T00:00:00Z");
        let succession = Succession::new(first, vec![(change, second)]);
        let authorities = Authorities {
            callers: succession.clone(),
            own: succession,
            external: Vec::new(),
        };
        let before = change - SignedDuration::from_secs(1);
        assert_eq!(authorities.own.issuer(before).id(), one);
        assert_eq!(authorities.own.issuer(change).id(), two);
        assert_eq!(
            ids(&authorities.trusted_own(before)),
            [one.clone(), two.clone()]
        );
        // The one that signs stands first; the earlier one stays for a life of what it signed.
        assert_eq!(ids(&authorities.trusted_own(change)), [two.clone(), one]);
        let later = change + SignedDuration::from_hours(24 * LEAF_DAYS + 1);
        assert_eq!(ids(&authorities.trusted_own(later)).join(" "), two);
        assert_eq!(
            authorities.trusted_own_pem(change).matches("BEGIN").count(),
            2
        );
        // Nobody holds a certificate of the earlier one.
        let nobody = Snapshot::default();
        let needed = ids(&authorities.trusted_callers(&nobody, change));
        assert_eq!(needed.join(" "), two);
        assert_ne!(
            authorities.basis(&nobody, before),
            authorities.basis(&nobody, change)
        );
        assert!(authorities.ends(change).iter().all(|end| end.id == two));
    }
}
