//! Keys on disk: made once, readable by the gateway's user alone.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use broker::authority::fingerprint;
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

use crate::authorities;

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
    /// A key that others than the gateway's user can read or change.
    #[error(
        "{path} has mode {mode:04o}: others can read the key or change it. Run `chmod 600 {path}`; if others may have \
         read it, change the key"
    )]
    Open {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
}

/// The folder of the gateway's own keys.
pub(crate) fn folder(data: &Path) -> PathBuf {
    data.join("keys")
}

/// The folder of a client's certificate, key and authority.
pub(crate) fn client_folder(data: &Path, name: &str) -> PathBuf {
    data.join("clients").join(name)
}

/// Where the certificates of the gateway's own authority stand, for clients to trust: one, or two while its
/// key changes.
pub(crate) fn authority_file(data: &Path) -> PathBuf {
    folder(data).join(authorities::TRUSTED)
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
pub(crate) fn load(
    data: &Path,
    trust_domain: &str,
    external: Option<&Path>,
    now: Timestamp,
) -> Result<Keys, KeyError> {
    let folder = folder(data);
    make_folder(&folder)?;
    let secret = |name: &str| secret_in(&folder.join(name));
    let log = secret("log.key")?;
    let pseudonyms = secret("pseudonym.key")?;
    let authorities = authorities::load(&folder, trust_domain, external, now)?;
    let origin = format!("{trust_domain}/ledger");
    let log_signer = LogSigner::from_seed(log, &origin).map_err(|error| KeyError::Content {
        path: folder.join("log.key"),
        cause: error.to_string(),
    })?;
    let verifier = folder.join("log.vkey");
    write_public(&verifier, &format!("{}\n", log_signer.verifier_key()))?;
    Ok(Keys {
        authorities: Arc::new(authorities),
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
        let (file, trusted) = (folder.join("authority.pem"), gateway.own_trust_pem());
        if read(&file)? != trusted {
            // The key of the gateway's own authority changes, or did.
            write_public(&file, &trusted)?;
        }
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
        authority_pem: gateway.own_trust_pem(),
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

fn secret_in(path: &Path) -> Result<[u8; 32], KeyError> {
    if !path.exists() {
        let mut secret = [0; 32];
        rand_core::OsRng.fill_bytes(&mut secret);
        write_secret(path, &format!("{}\n", hex(&secret)))?;
        return Ok(secret);
    }
    let text = read_secret(path)?;
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

pub(crate) fn read(path: &Path) -> Result<String, KeyError> {
    std::fs::read_to_string(path).map_err(at(path))
}

/// Reads a key; one that others can read is refused.
pub(crate) fn read_secret(path: &Path) -> Result<String, KeyError> {
    use std::os::unix::fs::PermissionsExt as _;
    let about = std::fs::metadata(path).map_err(at(path))?;
    let mode = about.permissions().mode() & 0o777;
    if mode.trailing_zeros() < 6 {
        return Err(KeyError::Open {
            path: path.to_owned(),
            mode,
        });
    }
    read(path)
}

pub(crate) fn write_secret(path: &Path, text: &str) -> Result<(), KeyError> {
    write(path, text, 0o600)
}

pub(crate) fn write_public(path: &Path, text: &str) -> Result<(), KeyError> {
    write(path, text, 0o644)
}

/// Writes whole or not at all: a crash between must not leave half a key.
fn write(path: &Path, text: &str, mode: u32) -> Result<(), KeyError> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let half = path.with_extension("part");
    let written = || -> io::Result<()> {
        // One that is left over may have another mode.
        match std::fs::remove_file(&half) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&half)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&half, path)
    };
    written().map_err(at(path))
}

pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> KeyError {
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
        let first = load(&data, "test", None, now).unwrap();
        let second = load(&data, "test", None, now).unwrap();
        assert_eq!(
            first.log_signer.verifier_key(),
            second.log_signer.verifier_key()
        );
        assert_eq!(
            first.authorities.trusted_own_pem(now),
            second.authorities.trusted_own_pem(now)
        );
        for name in ["authority.key", "gateway.key", "log.key", "pseudonym.key"] {
            let mode = std::fs::metadata(data.join("keys").join(name))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
        let open = std::fs::Permissions::from_mode(0o640);
        std::fs::set_permissions(data.join("keys/authority.key"), open).unwrap();
        let refused = load(&data, "test", None, now).unwrap_err().to_string();
        assert!(refused.contains("chmod 600"), "{refused}");
        let closed = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(data.join("keys/authority.key"), closed).unwrap();
        load(&data, "test", None, now).unwrap();
        std::fs::write(data.join("keys/log.key"), "short").unwrap();
        assert!(load(&data, "test", None, now).is_err());
        std::fs::remove_dir_all(&data).unwrap();
    }
}
