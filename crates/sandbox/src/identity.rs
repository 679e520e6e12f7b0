//! A system's TLS identity: how it is obtained from the gateway, and how it is kept.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use api::registry::v1::EnrolRequest;
use api::registry::v1::enrolment_service_client::EnrolmentServiceClient;

use crate::client::{ConnectError, connect, with_deadline};

pub use crate::client::GatewayAddress;

const ENROL: Duration = Duration::from_secs(10);

/// A new key with a signing request for it.
pub struct KeyAndRequest {
    /// The private key, PKCS #8 PEM. It never leaves the machine that made it.
    pub key_pem: String,
    /// The PKCS #10 request, PEM, signed by the key.
    pub request_pem: String,
}

/// A TLS certificate with its key, and the authority that the gateway is known by.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// The own certificate, PEM.
    pub certificate_pem: String,
    /// The own private key, PKCS #8 PEM.
    pub key_pem: String,
    /// The gateway's certificate authority, PEM.
    pub authority_pem: String,
}

/// No certificate was obtained. The text holds neither the token nor the key.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// The key or the request could not be made.
    #[error("no key could be made: {0}")]
    Key(#[from] rcgen::Error),
    /// The gateway could not be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The gateway answered, and refused; its status says why and what to do.
    #[error("the gateway refused the enrolment ({:?}): {}", .0.code(), .0.message())]
    Refused(tonic::Status),
}

/// Trades a one-time token for an identity.
///
/// `hosts` are the DNS names and addresses under which the own endpoint is reached; none for a
/// system that only asks. The token is used up even when the answer is lost: ask for a new one.
///
/// # Errors
/// [`EnrolError`].
pub async fn enrol(
    gateway: &GatewayAddress,
    token: &str,
    hosts: &[String],
) -> Result<Identity, EnrolError> {
    let own = KeyAndRequest::generate()?;
    let request = EnrolRequest {
        token: token.to_owned(),
        signing_request: own.request_pem,
        endpoint_hosts: hosts.to_vec(),
    };
    // Without a client certificate: enrolment is the one call that needs none.
    let answer = EnrolmentServiceClient::new(connect(gateway, None).await?)
        .enrol(with_deadline(request, ENROL))
        .await
        .map_err(EnrolError::Refused)?
        .into_inner();
    Ok(Identity {
        certificate_pem: answer.certificate,
        key_pem: own.key_pem,
        authority_pem: answer.authority,
    })
}

// === impl KeyAndRequest ===

impl KeyAndRequest {
    /// Makes an ECDSA P-256 key and a request. The request names nobody: the token says who asks,
    /// and the gateway takes nothing but the public key from it.
    ///
    /// # Errors
    /// When the system's randomness fails.
    pub fn generate() -> Result<Self, rcgen::Error> {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
        let mut params = rcgen::CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        let request_pem = params.serialize_request(&key)?.pem()?;
        Ok(Self {
            key_pem: key.serialize_pem(),
            request_pem,
        })
    }
}

impl fmt::Debug for KeyAndRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyAndRequest")
            .field("key_pem", &format_args!("hidden"))
            .field("request_pem", &self.request_pem)
            .finish()
    }
}

// === impl Identity ===

impl Identity {
    /// Writes three files into an existing folder: `{name}.certificate.pem`, `{name}.authority.pem`
    /// and `{name}.key.pem`, the last readable by the own user alone.
    ///
    /// # Errors
    /// `InvalidInput` for a name that is more than a file's name; else the file system's.
    pub fn write_to(&self, folder: &Path, name: &str) -> io::Result<()> {
        let files = Files::new(folder, name)?;
        fs::write(files.certificate, &self.certificate_pem)?;
        fs::write(files.authority, &self.authority_pem)?;
        write_secret(&files.key, &self.key_pem)
    }

    /// Reads what [`Identity::write_to`] wrote.
    ///
    /// # Errors
    /// As for writing; `NotFound` when there is no such identity.
    pub fn read_from(folder: &Path, name: &str) -> io::Result<Self> {
        let files = Files::new(folder, name)?;
        Ok(Self {
            certificate_pem: fs::read_to_string(files.certificate)?,
            key_pem: fs::read_to_string(files.key)?,
            authority_pem: fs::read_to_string(files.authority)?,
        })
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("certificate_pem", &self.certificate_pem)
            .field("key_pem", &format_args!("hidden"))
            .field("authority_pem", &self.authority_pem)
            .finish()
    }
}

struct Files {
    certificate: PathBuf,
    key: PathBuf,
    authority: PathBuf,
}

impl Files {
    fn new(folder: &Path, name: &str) -> io::Result<Self> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || !name.chars().all(plain) {
            let message = "the name of an identity takes letters, digits, - and _";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let file = |what: &str| folder.join(format!("{name}.{what}.pem"));
        Ok(Self {
            certificate: file("certificate"),
            key: file("key"),
            authority: file("authority"),
        })
    }
}

/// Written beside and moved into place, so that the key is never readable by others, also where an
/// older file with wider rights stood.
fn write_secret(path: &Path, text: &str) -> io::Result<()> {
    let new = path.with_extension("new");
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn the_request_is_signed_by_a_p256_key_and_names_nobody() {
        let made = KeyAndRequest::generate().unwrap();
        // Parsing checks the signature too.
        let request = rcgen::CertificateSigningRequestParams::from_pem(&made.request_pem).unwrap();
        assert!(request.params.subject_alt_names.is_empty());
        let key = rcgen::KeyPair::from_pem(&made.key_pem).unwrap();
        assert!(key.is_compatible(&rcgen::PKCS_ECDSA_P256_SHA256));
        assert!(!format!("{made:?}").contains("PRIVATE"));
    }

    #[test]
    fn an_identity_is_read_as_it_was_written_and_its_key_is_private() {
        let folder = crate::tests::Folder::new("identity");
        let identity = crate::tests::authority::TestAuthority::new().gateway();
        // An older file that others may read does not make the new one readable.
        let key_file = folder.path().join("one.key.pem");
        fs::write(&key_file, "old").unwrap();
        fs::set_permissions(&key_file, fs::Permissions::from_mode(0o644)).unwrap();
        identity.write_to(folder.path(), "one").unwrap();
        assert_eq!(Identity::read_from(folder.path(), "one").unwrap(), identity);
        assert_eq!(
            fs::metadata(&key_file).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert!(!format!("{identity:?}").contains("PRIVATE"));
    }

    #[test]
    fn a_name_cannot_leave_the_folder() {
        let error = Identity::read_from(Path::new("/tmp"), "../etc/one").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }
}
