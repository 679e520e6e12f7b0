//! TLS certificates: who holds what and until when, renewal, and which end soon.

use std::collections::BTreeSet;

use domain::caller::Caller;
use domain::credential::{
    CertificateText, Credential, CredentialTerms, Issuance, Principal, ending, terms_on,
};
use domain::name::{DepartmentName, Fingerprint};
use domain::policy::shaoyang_date;
use domain::reason::Reason;
use domain::snapshot::Snapshot;
use jiff::{SignedDuration, Timestamp};
use ledger::entry::Draft;
use store::{Noun as _, StoreError, Stored, Tx};

use crate::authority::{Issued, LEAF_DAYS};
use crate::failure::Failure;
use crate::gateway::{Act, Gateway};
use crate::page::{Page, PageRequest};
use crate::vitals::OwnSide;

/// Which credentials are listed; what is not named does not restrict.
#[derive(Clone, Debug, Default)]
pub struct CredentialFilter {
    /// Those of this holder, as a principal is written.
    pub subject: Option<String>,
    /// Those of this department and its systems.
    pub department: Option<DepartmentName>,
    /// Only those that end soon.
    pub expires_soon: bool,
}

/// A renewed certificate.
#[derive(Clone, Debug)]
pub struct Renewed {
    /// The new certificate, PEM.
    pub pem: String,
    /// What the registry keeps of it.
    pub credential: Credential,
}

/// Which credentials end soon at one moment, and the terms of its day.
#[derive(Clone, Debug)]
pub struct Ending {
    /// The terms.
    pub terms: CredentialTerms,
    /// Those that end soon and were not renewed.
    pub names: BTreeSet<Fingerprint>,
}

/// A certificate that ends soon: a holder's, the gateway's own, or an authority's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// What it is called: `tlsCertificates/…`, `gateway`, `gateway/providers` or `authorities/{callers|gateway}`.
    pub name: String,
    /// Whose it is, as a principal is written.
    pub holder: String,
    /// The department that has to act; none where the operator has to.
    pub department: Option<DepartmentName>,
    /// Its last moment.
    pub ends: Timestamp,
}

impl Gateway {
    /// Everything that ends soon and was not renewed, the next first. The gateway's own certificates renew
    /// themselves, so that one stands here says that it could not.
    pub fn warnings(&self) -> Vec<Warning> {
        let (terms, snapshot, now) = (self.credential_terms(), self.snapshot(), self.now());
        let held = ending(snapshot.credentials(), terms, now);
        let held = held.into_iter().map(|credential| Warning {
            name: credential.name.to_string(),
            holder: credential.principal.to_string(),
            department: department_of(&snapshot, &credential.principal),
            ends: credential.not_after,
        });
        let of_gateway = |name: String, ends| Warning {
            name,
            holder: Principal::Gateway.to_string(),
            department: None,
            ends,
        };
        let own = self.own_ends().into_iter();
        let own = own.filter(|(_, end)| terms.warns_of(*end, now));
        let own = own.map(|(side, end)| {
            let name = match side {
                OwnSide::Callers => "gateway",
                OwnSide::Providers => "gateway/providers",
            };
            of_gateway(name.to_owned(), end)
        });
        let authorities = self.authorities().ends(now);
        let authorities = authorities
            .into_iter()
            .filter(|end| terms.warns_of_authority(end.ends, now))
            .map(|end| of_gateway(format!("authorities/{}", end.which), end.ends));
        let mut all: Vec<Warning> = held.chain(own).chain(authorities).collect();
        all.sort_by(|a, b| (a.ends, &a.name).cmp(&(b.ends, &b.name)));
        all
    }

    /// What ends soon of the gateway itself, on which everybody depends: its certificates towards callers and
    /// towards providers, and the authorities that sign. Only the operator can do anything about them.
    pub fn own_warnings(&self) -> Vec<Warning> {
        let own = Principal::Gateway.to_string();
        let mut warnings = self.warnings();
        warnings.retain(|warning| warning.holder == own);
        warnings
    }

    /// The terms on TLS certificates that hold today.
    pub fn credential_terms(&self) -> CredentialTerms {
        terms_on(&self.credential_rules.load(), shaoyang_date(self.now()))
    }

    /// Which credentials end soon.
    pub fn ending_credentials(&self) -> Ending {
        let (terms, snapshot) = (self.credential_terms(), self.snapshot());
        let found = ending(snapshot.credentials(), terms, self.now());
        Ending {
            terms,
            names: found.into_iter().map(|found| found.name.clone()).collect(),
        }
    }

    /// The department a principal acts for.
    pub fn department_of(&self, principal: &Principal) -> Option<DepartmentName> {
        department_of(&self.snapshot(), principal)
    }

    /// One credential.
    ///
    /// # Errors
    /// `NOT_FOUND`, also where the caller may not see it.
    pub async fn credential(
        &self,
        caller: &Caller,
        name: &Fingerprint,
    ) -> Result<Stored<Credential>, Failure> {
        let found: Option<Stored<Credential>> = self.store.get(name.as_str()).await?;
        let snapshot = self.snapshot();
        found
            .filter(|row| sees(&snapshot, caller, &row.value.principal))
            .ok_or_else(|| Failure::not_found(name.as_str()))
    }

    /// Credentials in the order of their names, as far as the caller may see them.
    ///
    /// # Errors
    /// A bad page token; the store.
    pub async fn credentials(
        &self,
        caller: &Caller,
        page: &PageRequest,
        filter: &CredentialFilter,
    ) -> Result<Page<Credential>, Failure> {
        let snapshot = self.snapshot();
        let ending = filter.expires_soon.then(|| self.ending_credentials().names);
        let list = format!(
            "tlsCertificates {} {} {}",
            filter.subject.as_deref().unwrap_or_default(),
            filter
                .department
                .as_ref()
                .map_or("", DepartmentName::as_str),
            filter.expires_soon
        );
        let wanted = |credential: &Credential| {
            let principal = &credential.principal;
            let subject = filter.subject.as_ref();
            let department = filter.department.as_ref();
            subject.is_none_or(|subject| principal.to_string() == *subject)
                && department.is_none_or(|department| {
                    department_of(&snapshot, principal).as_ref() == Some(department)
                })
                && ending
                    .as_ref()
                    .is_none_or(|ending| ending.contains(&credential.name))
                && sees(&snapshot, caller, principal)
        };
        page.read_visible(&self.store, &list, "", wanted).await
    }

    /// Gives the caller a certificate for a new key in place of the one it calls with, which goes on
    /// working until its own end. The same request again gives the same certificate.
    ///
    /// # Errors
    /// `RENEWAL_TOO_EARLY`, `TLS_CERTIFICATES_TOO_MANY`, `SIGNING_REQUEST_REFUSED`.
    pub async fn renew_tls_certificate(
        &self,
        act: &Act<'_>,
        signing_request: &str,
    ) -> Result<Renewed, Failure> {
        let terms = self.credential_terms();
        let shown = act.caller.fingerprint();
        let row = self
            .change(act, async |tx, now| {
                // Read under the lock: the edge looked at it a moment ago.
                let shown: Stored<Credential> = tx
                    .get(shown.as_str())
                    .await?
                    .ok_or_else(|| Failure::not_found(shown.as_str()))?;
                let shown = shown.value;
                let hosts = renewable_hosts(&shown, terms, now)?;
                must_have_room(tx, &shown.principal, terms, now).await?;
                let issued = self.sign(signing_request, &shown.principal, &hosts, now)?;
                let credential = renewing(issued.credential, &shown.name);
                let entry = tx.record(renewed_draft(act, &credential), now).await?;
                let text = CertificateText {
                    name: credential.name.clone(),
                    pem: issued.pem,
                };
                tx.insert(&text, Some(entry), now).await?;
                let inserted = tx.insert(&credential, Some(entry), now).await;
                inserted.map_err(certified_before)
            })
            .await?;
        // The answer of an earlier request of this id may have been revoked since: nobody is to take it into use.
        if row.value.revoked.is_some() {
            let message =
                "the certificate of this request was revoked; make a new key and renew again";
            return Err(Failure::new(Reason::SigningRequestRefused, message));
        }
        let text: Option<Stored<CertificateText>> = self.store.get(row.value.key()).await?;
        let text = text.ok_or_else(|| {
            let message = "the certificate of this request has ended; renew with a new request id";
            Failure::new(Reason::StateConflict, message)
        })?;
        Ok(Renewed {
            pem: text.value.pem,
            credential: row.value,
        })
    }

    /// Drops the texts of certificates that have ended: nobody asks for them once more.
    ///
    /// # Errors
    /// The store's.
    pub async fn tidy_certificate_texts(&self) -> Result<(), Failure> {
        let before = self.now() - SignedDuration::from_hours(24 * LEAF_DAYS);
        while self.store.drop_certificate_texts(before).await? > 0 {}
        Ok(())
    }

    /// A certificate of the present authority.
    ///
    /// # Errors
    /// `SIGNING_REQUEST_REFUSED`.
    pub(crate) fn sign(
        &self,
        signing_request: &str,
        principal: &Principal,
        hosts: &[String],
        now: Timestamp,
    ) -> Result<Issued, Failure> {
        let authorities = self.authorities();
        authorities
            .callers
            .issuer(now)
            .issue(signing_request, principal, hosts, now)
            .map_err(|cause| Failure::new(Reason::SigningRequestRefused, cause.to_string()))
    }
}

/// Refuses one more certificate where a holder has as many as one may have. Ones from before a row knew its
/// holder do not count: they end within a month.
///
/// # Errors
/// `TLS_CERTIFICATES_TOO_MANY`; the store.
pub(crate) async fn must_have_room(
    tx: &mut Tx,
    principal: &Principal,
    terms: CredentialTerms,
    now: Timestamp,
) -> Result<(), Failure> {
    let live = held_by(tx, principal)
        .await?
        .iter()
        .filter(|row| row.value.is_live(now))
        .count();
    let most = usize::try_from(terms.most_live).unwrap_or(usize::MAX);
    if live < most {
        return Ok(());
    }
    let message =
        format!("{principal} has {live} TLS certificates that are good, and may have {most}");
    Err(Failure::new(Reason::TlsCertificatesTooMany, message))
}

/// Everything that was issued to a holder.
///
/// # Errors
/// The store's.
pub(crate) async fn held_by(
    tx: &mut Tx,
    principal: &Principal,
) -> Result<Vec<Stored<Credential>>, Failure> {
    let mut rows: Vec<Stored<Credential>> = tx.under(principal.listed_under()).await?;
    rows.retain(|row| row.value.principal == *principal);
    Ok(rows)
}

/// A key has one certificate.
pub(crate) fn certified_before(error: StoreError) -> Failure {
    match error {
        StoreError::Exists(_) => Failure::new(
            Reason::SigningRequestRefused,
            "a certificate was issued for this key before; make a new key",
        ),
        other => other.into(),
    }
}

/// The hosts that a renewal carries over, where the certificate may be renewed now.
fn renewable_hosts(
    shown: &Credential,
    terms: CredentialTerms,
    now: Timestamp,
) -> Result<Vec<String>, Failure> {
    if let Some(revocation) = &shown.revoked {
        let message = format!("the TLS certificate was revoked: {}", revocation.reason);
        return Err(Failure::new(Reason::TlsCertificateRevoked, message));
    }
    if shown.is_external() {
        let message = "an external authority issued this TLS certificate; get a new one there, and have the \
            operator register it";
        return Err(Failure::new(Reason::StateConflict, message));
    }
    let from = shown.renewable_from(terms);
    if now < from {
        let message = format!(
            "the TLS certificate ends at {} and may be renewed from {from} on",
            shown.not_after
        );
        return Err(Failure::new(Reason::RenewalTooEarly, message));
    }
    let Some(issuance) = &shown.issuance else {
        let message = "it is not known for which hosts this TLS certificate was issued; \
            enrol once more with a one-time token";
        return Err(Failure::new(Reason::StateConflict, message));
    };
    Ok(issuance.hosts.clone())
}

fn renewing(credential: Credential, shown: &Fingerprint) -> Credential {
    let issuance = credential.issuance.map(|issuance| Issuance {
        renews: Some(shown.clone()),
        ..issuance
    });
    Credential {
        issuance,
        ..credential
    }
}

fn renewed_draft(act: &Act<'_>, credential: &Credential) -> Draft {
    let renews = credential.renews().map_or("", Fingerprint::as_str);
    Draft::change("registry.tls_certificate.renewed", act.request_id.as_str())
        .with_fact("actor", act.caller.principal().to_string())
        .with_fact("tls_certificate", credential.name.as_str())
        .with_fact("renews", renews)
        .with_fact("subject_of_certificate", credential.principal.to_string())
        .with_fact("expires", credential.not_after.to_string())
}

fn department_of(snapshot: &Snapshot, principal: &Principal) -> Option<DepartmentName> {
    match principal {
        Principal::System { system } => Some(snapshot.system(system)?.department.clone()),
        Principal::Officer { department, .. } => Some(department.clone()),
        Principal::Auditor { .. } | Principal::Operator { .. } | Principal::Gateway => None,
    }
}

/// Operators and auditors see all, officers what is of their department, everybody the own.
fn sees(snapshot: &Snapshot, caller: &Caller, holder: &Principal) -> bool {
    let of_own_department = || {
        let department = department_of(snapshot, holder);
        department.is_some_and(|department| caller.must_be_officer_of(&department).is_ok())
    };
    caller.oversees() || caller.principal() == holder || of_own_department()
}
