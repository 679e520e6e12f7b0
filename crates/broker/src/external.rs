//! TLS certificates of external authorities: registered by the operator, each for one holder.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::credential::{Credential, Issuance, Principal};
use domain::fault::{Cause, FaultCause as _, Faults};
use domain::name::Fingerprint;
use domain::reason::Reason;
use domain::subject::hex;
use jiff::Timestamp;
use ledger::entry::Draft;
use rustls::RootCertStore;
use rustls::server::WebPkiClientVerifier;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, UnixTime};
use sha2::{Digest as _, Sha256};
use store::Stored;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::X509Certificate;

use crate::authority::{fingerprint, id_of};
use crate::credentials::{certified_before, must_have_room};
use crate::failure::Failure;
use crate::gateway::{Act, Gateway};

/// The field that all faults are about.
const FIELD: &str = "certificate";
/// A leaf and what may stand between it and its authority.
const MOST_IN_CHAIN: usize = 5;

impl Gateway {
    /// Whether this very certificate was registered as one of an external authority.
    pub fn is_registered_external(&self, name: &Fingerprint) -> bool {
        let snapshot = self.snapshot();
        let known = snapshot.credential(name);
        known.is_some_and(Credential::is_external)
    }

    /// Registers a certificate of an external authority for a principal. What names stand in it does not count.
    ///
    /// # Errors
    /// A refusal for anybody but the operator, an unknown holder, all faults of the certificate,
    /// `STATE_CONFLICT` where no external authority is configured.
    pub async fn register_tls_certificate(
        &self,
        act: &Act<'_>,
        principal: Principal,
        chain: &str,
    ) -> Result<Stored<Credential>, Failure> {
        act.caller.must_be_operator()?;
        self.may_enrol(act, &principal)?;
        let credential = self.external_credential(principal, chain)?;
        let terms = self.credential_terms();
        self.change(act, async |tx, now| {
            must_have_room(tx, &credential.principal, terms, now).await?;
            let event = "registry.tls_certificate.registered";
            let draft = Draft::change(event, act.request_id.as_str())
                .with_fact("actor", act.caller.principal().to_string())
                .with_fact("tls_certificate", credential.name.as_str())
                .with_fact("subject_of_certificate", credential.principal.to_string())
                .with_fact("expires", credential.not_after.to_string());
            let entry = tx.record(draft, now).await?;
            let inserted = tx.insert(&credential, Some(entry), now).await;
            inserted.map_err(certified_before)
        })
        .await
    }

    /// What the registry keeps of a certificate that is in order.
    fn external_credential(
        &self,
        principal: Principal,
        chain: &str,
    ) -> Result<Credential, Failure> {
        let authorities = self.authorities();
        if authorities.external.is_empty() {
            let message = "no external authority is configured; name its certificate in the gateway's \
                configuration, `[authority] external`, and start it again";
            return Err(Failure::new(Reason::StateConflict, message));
        }
        let wrong = |cause: &Cause| Failure::field(FIELD, cause);
        let chain = read(chain).map_err(|cause| wrong(&cause))?;
        let unreadable = || Cause::new("NOT_A_CERTIFICATE", "it is no X.509 certificate");
        let (leaf, between) = chain.split_first().ok_or_else(|| wrong(&unreadable()))?;
        let (_, parsed) =
            x509_parser::parse_x509_certificate(leaf).map_err(|_| wrong(&unreadable()))?;
        let mut faults = Faults::default();
        profile(&parsed, &mut faults);
        if let Err(cause) = chains(leaf, between, &authorities.external, self.now()) {
            faults.add(FIELD, cause.code(), cause.to_string());
        }
        if !faults.as_slice().is_empty() {
            return Err(faults.into());
        }
        let moment =
            |seconds: i64| Timestamp::from_second(seconds).map_err(|_| wrong(&unreadable()));
        let nearest = between.last().unwrap_or(leaf);
        Ok(Credential {
            name: fingerprint(leaf).map_err(|cause| wrong(&cause))?,
            principal,
            key_digest: hex(&Sha256::digest(parsed.public_key().raw)),
            not_before: moment(parsed.validity().not_before.timestamp())?,
            not_after: moment(parsed.validity().not_after.timestamp())?,
            revoked: None,
            issuance: Some(Issuance {
                authority: signer(nearest, &authorities.external),
                hosts: hosts(&parsed),
                renews: None,
                external: true,
            }),
        })
    }
}

fn read(chain: &str) -> Result<Vec<CertificateDer<'static>>, Cause> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain.as_bytes()).collect();
    match all {
        Ok(all) if (1..=MOST_IN_CHAIN).contains(&all.len()) => Ok(all),
        Ok(all) if all.is_empty() => Err(Cause::new("NOT_PEM", "give a certificate in PEM")),
        Ok(_) => Err(Cause::new(
            "TOO_LONG",
            format!("at most {MOST_IN_CHAIN} certificates"),
        )),
        Err(_) => Err(Cause::new("NOT_PEM", "give a certificate in PEM")),
    }
}

/// What no caller's certificate may be, whoever signed it. The names in it do not count: the registry knows
/// the certificate itself.
fn profile(leaf: &X509Certificate<'_>, faults: &mut Faults) {
    let usage = leaf.key_usage().ok().flatten();
    let extended = leaf.extended_key_usage().ok().flatten();
    if leaf.is_ca()
        || usage
            .as_ref()
            .is_some_and(|usage| usage.value.key_cert_sign())
    {
        faults.add(
            FIELD,
            "IS_AUTHORITY",
            "an authority's certificate stands for nobody",
        );
    }
    if !usage.is_some_and(|usage| usage.value.digital_signature()) {
        let message = "its key usage must name digitalSignature";
        faults.add(FIELD, "NOT_FOR_SIGNING", message);
    }
    if !extended.is_some_and(|extended| extended.value.client_auth && !extended.value.any) {
        let message = "its extended key usage must name clientAuth";
        faults.add(FIELD, "NOT_FOR_CLIENTS", message);
    }
}

/// Whether it chains to an external authority, and is good now.
fn chains(
    leaf: &CertificateDer<'_>,
    between: &[CertificateDer<'_>],
    external: &[CertificateDer<'static>],
    now: Timestamp,
) -> Result<(), Cause> {
    let untrusted = |what: String| Cause::new("NOT_TRUSTED", what);
    let mut roots = RootCertStore::empty();
    for root in external {
        roots
            .add(root.clone())
            .map_err(|error| untrusted(format!("an external authority cannot be used: {error}")))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider)
        .build()
        .map_err(|error| untrusted(error.to_string()))?;
    let seconds = u64::try_from(now.as_second()).unwrap_or_default();
    let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    verifier
        .verify_client_cert(leaf, between, now)
        .map(|_| ())
        .map_err(|error| {
            untrusted(format!(
                "it is not good under the external authorities of the configuration: {error}"
            ))
        })
}

/// Which of the authorities signed it, by name; the first where none says so.
fn signer(signed: &CertificateDer<'_>, external: &[CertificateDer<'static>]) -> String {
    let issuer = x509_parser::parse_x509_certificate(signed);
    let issuer = issuer.map(|(_, parsed)| parsed.issuer().as_raw().to_vec());
    let is_it = |root: &&CertificateDer<'static>| {
        let parsed = x509_parser::parse_x509_certificate(root);
        parsed.is_ok_and(|(_, parsed)| {
            issuer
                .as_ref()
                .is_ok_and(|issuer| parsed.subject().as_raw() == issuer.as_slice())
        })
    };
    let found = external.iter().find(is_it).or_else(|| external.first());
    found.map(|root| id_of(root)).unwrap_or_default()
}

/// Names and addresses that stand in it, for whoever wants to know.
fn hosts(leaf: &X509Certificate<'_>) -> Vec<String> {
    let names = leaf.subject_alternative_name().ok().flatten();
    let names = names.map(|names| names.value.general_names.as_slice());
    let host = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => {
            let four: Option<[u8; 4]> = (*bytes).try_into().ok();
            let sixteen: Option<[u8; 16]> = (*bytes).try_into().ok();
            let address = four.map(IpAddr::from).or_else(|| sixteen.map(IpAddr::from));
            address.map(|address| address.to_string())
        }
        _ => None,
    };
    names.into_iter().flatten().filter_map(host).collect()
}
