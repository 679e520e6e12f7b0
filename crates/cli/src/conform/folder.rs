//! The folder of a rehearsal: authorities in the place of the gateway's, and what they certify.
//!
//! ```text
//! authority.pem certificate.pem key.pem   what stands for the gateway: an identity like any other
//! provider/                               the same for the endpoint, as enrolment would leave it
//! authorities/gateway/                    signs for the gateway; the endpoint trusts it
//! authorities/callers/                    signs for systems; the endpoint does not trust it
//! ```

use std::path::Path;

use domain::credential::Principal;
use domain::name::SystemName;
use identity::{Authority, AuthorityError, Folder, Identity, OwnCertificate, StandsFor};
use jiff::Timestamp;

use crate::Failure;

/// The system that is rehearsed, whatever it will be called.
const SYSTEM: &str = "systems/rehearsal";

/// What a rehearsal shows, and whom it trusts.
pub(super) struct Certificates {
    /// What stands for the gateway.
    pub(super) gateway: Identity,
    /// The same by an authority that nobody knows.
    pub(super) stranger: OwnCertificate,
    /// A system, by the authority that is right for systems.
    pub(super) system: OwnCertificate,
    /// The authority of the endpoint's own certificate, PEM.
    pub(super) callers: String,
}

/// Reads the folder, and makes what is not there or ends soon. `hosts` are the names of the endpoint.
///
/// # Errors
/// A folder that holds something else, that cannot be read or written, a key that others may read.
pub(super) fn open(
    place: &Path,
    trust_domain: &str,
    hosts: &[String],
    now: Timestamp,
) -> Result<Certificates, Failure> {
    let own = Folder::new(place);
    let authorities = place.join("authorities");
    if own.holds_identity() && !authorities.exists() {
        return Err(Failure::Message(format!(
            "{} holds an identity that is not of a rehearsal; name another folder by --rehearsal",
            place.display()
        )));
    }
    let gateway = authority(
        &authorities.join("gateway"),
        "rehearsal gateway authority",
        now,
    )?;
    let callers = authority(
        &authorities.join("callers"),
        "rehearsal callers authority",
        now,
    )?;
    let as_gateway = Principal::Gateway;
    let system = SystemName::parse(SYSTEM).map_err(|cause| Failure::Message(cause.to_string()))?;
    let as_system = Principal::System { system };
    let (gateway_uri, system_uri) = (as_gateway.uri(trust_domain), as_system.uri(trust_domain));
    let asks = StandsFor {
        name: "gateway",
        uri: &gateway_uri,
        hosts: &[],
    };
    let serves = StandsFor {
        name: SYSTEM,
        uri: &system_uri,
        hosts,
    };
    let trusted = gateway.certificate_pem();
    let shown = kept(&own, &gateway, &asks, trusted, now)?;
    kept(
        &Folder::new(&place.join("provider")),
        &callers,
        &serves,
        trusted,
        now,
    )?;
    let caller = StandsFor {
        hosts: &[],
        ..serves
    };
    Ok(Certificates {
        gateway: shown,
        stranger: Authority::generate("shuqiao.conformance", now)?.certificate(&asks, now)?,
        system: callers.certificate(&caller, now)?,
        callers: callers.certificate_pem().to_owned(),
    })
}

fn authority(place: &Path, name: &str, now: Timestamp) -> Result<Authority, Failure> {
    let folder = Folder::new(place);
    if folder.holds_identity() {
        let kept = folder.identity()?;
        return Ok(Authority::load(&kept.certificate, &kept.key)?);
    }
    let made = Authority::generate(name, now)?;
    folder.put(&made.identity())?;
    Ok(made)
}

/// What is kept in a folder as long as it is good, and made anew then.
fn kept(
    folder: &Folder,
    issuer: &Authority,
    stands_for: &StandsFor<'_>,
    trusted: &str,
    now: Timestamp,
) -> Result<Identity, Failure> {
    if folder.holds_identity() {
        let kept = folder.identity()?;
        if kept.is_good_for(stands_for, now) && kept.authority == trusted {
            return Ok(kept);
        }
    }
    let made = issuer.certificate(stands_for, now)?.into_identity(trusted);
    folder.put(&made)?;
    Ok(made)
}

impl From<AuthorityError> for Failure {
    fn from(error: AuthorityError) -> Self {
        Self::Message(error.to_string())
    }
}
