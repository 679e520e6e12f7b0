//! Keys on disk: made once, readable by the gateway's user alone.

use std::io;
use std::path::{Path, PathBuf};

use broker::authority::{Authority, fingerprint};
use broker::{Gateway, Keys};
use domain::credential::Principal;
use domain::name::Account;
use domain::subject::{PseudonymKey, hex};
use jiff::Timestamp;
use ledger::checkpoint::LogSigner;
use rand_core::RngCore as _;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use sandbox::identity::{Identity, KeyAndRequest};

/// Keys cannot be made, read or used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error("{path} does not hold a key of this gateway: {cause}")]
    Content {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: String,
    },
}

/// The folder of a client's certificate, key and authority.
pub(crate) fn client_folder(data: &Path, name: &str) -> PathBuf {
    data.join("clients").join(name)
}

/// Where the certificate of the gateway's own authority stands, for clients to trust.
pub(crate) fn authority_file(data: &Path) -> PathBuf {
    data.join("keys").join("gateway.pem")
}

/// Writes a client's certificate, key and authority; the key is readable by the own user alone.
pub(crate) fn write_client(folder: &Path, identity: &Identity) -> Result<(), KeyError> {
    make_folder(folder)?;
    write_secret(&folder.join("key.pem"), &identity.key_pem)?;
    write_public(&folder.join("authority.pem"), &identity.authority_pem)?;
    // Written last: its presence says that the folder is whole.
    write_public(&folder.join("certificate.pem"), &identity.certificate_pem)
}

/// Reads what [`write_client`] wrote.
pub(crate) fn read_client(folder: &Path) -> Result<Identity, KeyError> {
    Ok(Identity {
        certificate_pem: read(&folder.join("certificate.pem"))?,
        key_pem: read(&folder.join("key.pem"))?,
        authority_pem: read(&folder.join("authority.pem"))?,
    })
}

/// Reads the keys of a data folder; makes those that are not there yet.
pub(crate) fn load(data: &Path, trust_domain: &str, now: Timestamp) -> Result<Keys, KeyError> {
    let folder = data.join("keys");
    make_folder(&folder)?;
    let secret = |name: &str| secret_in(&folder.join(name));
    let log = secret("log.key")?;
    let pseudonyms = secret("pseudonym.key")?;
    let authority = authority_in(&folder, "authority", trust_domain, now)?;
    let own_authority = authority_in(&folder, "gateway", trust_domain, now)?;
    let origin = format!("{trust_domain}/ledger");
    let log_signer = LogSigner::from_seed(log, &origin).map_err(|error| KeyError::Content {
        path: folder.join("log.key"),
        cause: error.to_string(),
    })?;
    let verifier = folder.join("log.vkey");
    write_public(&verifier, &format!("{}\n", log_signer.verifier_key()))?;
    Ok(Keys {
        authority,
        own_authority,
        log_signer,
        pseudonyms: PseudonymKey::new(pseudonyms),
    })
}

/// Makes the first operator's certificate on this machine, and a new one at a start in the last
/// third of its life or after it: without an operator nobody else could ever be enrolled again.
/// Returns its folder.
pub(crate) async fn operator(
    data: &Path,
    gateway: &Gateway,
) -> Result<PathBuf, Box<dyn std::error::Error + Send + Sync>> {
    let folder = client_folder(data, "operator");
    if has_life_left(&folder, gateway) {
        return Ok(folder);
    }
    let principal = Principal::Operator {
        account: Account::parse("owner")?,
    };
    let own = KeyAndRequest::generate()?;
    let issued = gateway
        .issue_operator(&principal, &own.request_pem)
        .await
        .map_err(|failure| failure.message.clone())?;
    let identity = Identity {
        certificate_pem: issued.pem,
        key_pem: own.key_pem,
        authority_pem: gateway.own_authority().certificate_pem().to_owned(),
    };
    write_client(&folder, &identity)?;
    Ok(folder)
}

/// Whether the certificate in a folder is known, good, and not in the last third of its life.
fn has_life_left(folder: &Path, gateway: &Gateway) -> bool {
    let Ok(identity) = read_client(folder) else {
        return false;
    };
    let der = CertificateDer::from_pem_slice(identity.certificate_pem.as_bytes());
    let name = der.ok().and_then(|der| fingerprint(&der).ok());
    let snapshot = gateway.snapshot();
    name.and_then(|name| snapshot.credential(&name))
        .is_some_and(|credential| {
            let life = credential.not_after.duration_since(credential.not_before);
            let left = credential.not_after.duration_since(gateway.now());
            credential.revoked.is_none() && left > life / 3
        })
}

fn authority_in(
    folder: &Path,
    name: &str,
    trust_domain: &str,
    now: Timestamp,
) -> Result<Authority, KeyError> {
    let certificate = folder.join(format!("{name}.pem"));
    let key = folder.join(format!("{name}.key"));
    let content = |error: &dyn std::fmt::Display| KeyError::Content {
        path: key.clone(),
        cause: error.to_string(),
    };
    if !certificate.exists() {
        let authority = Authority::generate(trust_domain, now).map_err(|error| content(&error))?;
        write_secret(&key, authority.key_pem())?;
        write_public(&certificate, authority.certificate_pem())?;
        return Ok(authority);
    }
    Authority::load(trust_domain, &read(&certificate)?, &read(&key)?)
        .map_err(|error| content(&error))
}

fn secret_in(path: &Path) -> Result<[u8; 32], KeyError> {
    if !path.exists() {
        let mut secret = [0; 32];
        rand_core::OsRng.fill_bytes(&mut secret);
        write_secret(path, &format!("{}\n", hex(&secret)))?;
        return Ok(secret);
    }
    let text = read(path)?;
    unhex(text.trim()).ok_or_else(|| KeyError::Content {
        path: path.to_owned(),
        cause: "64 hexadecimal digits are expected".to_owned(),
    })
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, place) in bytes.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(text.get(place..place + 2)?, 16).ok()?;
    }
    Some(bytes)
}

/// Makes a folder that only the own user can enter: the data folder holds keys and the database.
pub(crate) fn make_folder(path: &Path) -> Result<(), KeyError> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(at(path))
}

fn read(path: &Path) -> Result<String, KeyError> {
    std::fs::read_to_string(path).map_err(at(path))
}

fn write_secret(path: &Path, text: &str) -> Result<(), KeyError> {
    write(path, text, 0o600)
}

fn write_public(path: &Path, text: &str) -> Result<(), KeyError> {
    write(path, text, 0o644)
}

/// Writes whole or not at all: a crash between must not leave half a key.
fn write(path: &Path, text: &str, mode: u32) -> Result<(), KeyError> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let half = path.with_extension("part");
    let written = || -> io::Result<()> {
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(mode)
            .open(&half)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&half, path)
    };
    written().map_err(at(path))
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> KeyError {
    let path = path.to_owned();
    move |source| KeyError::File { path, source }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn keys_are_kept_and_are_nobody_elses_to_read() {
        let data = std::env::temp_dir().join(format!("shuqiao-keys-{}", std::process::id()));
        let now = Timestamp::UNIX_EPOCH;
        let first = load(&data, "test", now).unwrap();
        let second = load(&data, "test", now).unwrap();
        assert_eq!(
            first.log_signer.verifier_key(),
            second.log_signer.verifier_key()
        );
        assert_eq!(
            first.authority.certificate_pem(),
            second.authority.certificate_pem()
        );
        for name in ["authority.key", "gateway.key", "log.key", "pseudonym.key"] {
            let mode = std::fs::metadata(data.join("keys").join(name))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
        std::fs::write(data.join("keys/log.key"), "short").unwrap();
        assert!(load(&data, "test", now).is_err());
        std::fs::remove_dir_all(&data).unwrap();
    }
}
