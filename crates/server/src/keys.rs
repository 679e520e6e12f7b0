//! Keys on disk: made once, readable by the gateway's user alone.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use broker::{Gateway, Keys};
use domain::credential::Principal;
use domain::name::{Account, Fingerprint};
use domain::subject::{PseudonymKey, hex};
use identity::{Folder, FolderError};
use jiff::Timestamp;
use ledger::checkpoint::LogSigner;
use rand_core::RngCore as _;
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
    /// The folder of an identity cannot be read or written.
    #[error(transparent)]
    Folder(#[from] FolderError),
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

/// Leaves a client's certificate, key and authority in its folder; the key is readable by the own user alone.
pub(crate) fn write_client(folder: &Path, identity: &Identity) -> Result<(), KeyError> {
    let identity = identity::Identity {
        certificate: identity.certificate_pem.clone(),
        key: identity.key_pem.clone(),
        authority: identity.authority_pem.clone(),
    };
    Ok(Folder::new(folder).put(&identity)?)
}

/// Reads what [`write_client`] left, or a renewal since; none when the folder is empty or not whole.
pub(crate) fn kept_client(folder: &Path) -> Result<Option<Identity>, KeyError> {
    Ok(present(&Folder::new(folder))?.map(client))
}

/// Reads what must be there.
pub(crate) fn read_client(folder: &Path) -> Result<Identity, KeyError> {
    Ok(client(Folder::new(folder).identity()?))
}

fn client(identity: identity::Identity) -> Identity {
    Identity {
        certificate_pem: identity.certificate,
        key_pem: identity.key,
        authority_pem: identity.authority,
    }
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

/// Makes the first operator's certificate on this machine, and a new one at a start from the time on when it may be
/// renewed: without an operator nobody else could ever be enrolled again. One that was renewed meanwhile, and is good,
/// stays. Returns its folder.
pub(crate) async fn operator(
    data: &Path,
    gateway: &Gateway,
) -> Result<PathBuf, Box<dyn std::error::Error + Send + Sync>> {
    let place = client_folder(data, "operator");
    let folder = Folder::new(&place);
    if let Some(present) = present(&folder)?
        && is_good(&present, gateway)
    {
        let trusted = gateway.own_trust_pem();
        if present.authority != trusted {
            // The key of the gateway's own authority changes, or did.
            folder.trust(&trusted)?;
        }
        return Ok(place);
    }
    let principal = Principal::Operator {
        account: Account::parse("owner")?,
    };
    let own = KeyAndRequest::generate()?;
    let issued = gateway
        .issue_operator(&principal, &own.request_pem)
        .await
        .map_err(|failure| failure.message.clone())?;
    folder.put(&identity::Identity {
        certificate: issued.pem,
        key: own.key_pem,
        authority: gateway.own_trust_pem(),
    })?;
    Ok(place)
}

/// The TLS certificate in a folder, by the name under which the registry knows it.
///
/// # Errors
/// A folder that is not whole.
pub(crate) fn credential_in(
    place: &Path,
) -> Result<Fingerprint, Box<dyn std::error::Error + Send + Sync>> {
    let digest = Folder::new(place).fingerprint()?;
    Ok(Fingerprint::from_id(&digest)?)
}

/// What is in a folder; none when it is empty or not whole.
fn present(folder: &Folder) -> Result<Option<identity::Identity>, FolderError> {
    match folder.identity() {
        Ok(identity) => Ok(Some(identity)),
        Err(error) if error.is_absence() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether an identity works, and has not come to the time of its renewal: its key is its certificate's, and the
/// registry knows it as good.
fn is_good(identity: &identity::Identity, gateway: &Gateway) -> bool {
    let name = identity.fingerprint();
    let name =
        name.and_then(|digest| Fingerprint::parse(&format!("tlsCertificates/{digest}")).ok());
    let (snapshot, now) = (gateway.snapshot(), gateway.now());
    let credential = name.and_then(|name| snapshot.credential(&name));
    identity.is_of_one_key()
        && credential.is_some_and(|credential| {
            credential.is_live(now) && now < credential.renewable_from(gateway.credential_terms())
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

    use jiff::SignedDuration;

    use super::*;
    use crate::testing::{ManualClock, gateway};

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
    /// An empty data folder; what an earlier run left is removed.
    fn data(name: &str) -> PathBuf {
        let data = std::env::temp_dir().join(format!("shuqiao-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&data);
        make_folder(&data).unwrap();
        data
    }

    /// By its plain names, as programs of others read it.
    fn by_name(folder: &Path) -> identity::Identity {
        identity::Identity {
            certificate: read(&folder.join("certificate.pem")).unwrap(),
            key: read(&folder.join("key.pem")).unwrap(),
            authority: read(&folder.join("authority.pem")).unwrap(),
        }
    }

    #[tokio::test]
    async fn the_operator_keeps_what_is_good_and_gets_another_for_what_is_not() {
        let data = data("operator");
        let clock = ManualClock::at("2022-06-01T00:00:00Z");
        let gateway = gateway(&data, &clock).await;
        let place = operator(&data, &gateway).await.unwrap();
        let folder = Folder::new(&place);
        let start = async || {
            operator(&data, &gateway).await.unwrap();
            let now = folder.identity().unwrap();
            assert_eq!(by_name(&place), now, "one identity by all of its names");
            assert!(is_good(&now, &gateway) && now.is_of_one_key());
            now
        };
        let first = start().await;
        assert_eq!(start().await, first);

        // As a renewal leaves it.
        let pending = folder.pending(|| "renewal-1".to_owned()).unwrap();
        let owner = Principal::Operator {
            account: Account::parse("owner").unwrap(),
        };
        let issued = gateway
            .issue_operator(&owner, &pending.signing_request)
            .await;
        let renewed = identity::Certified {
            certificate: issued.unwrap().pem,
            authority: "an earlier one".to_owned(),
        };
        folder.adopt(&renewed).unwrap();
        let kept = start().await;
        assert_eq!(kept.certificate, renewed.certificate);
        assert_eq!(kept.authority, gateway.own_trust_pem());
        assert_eq!(start().await, kept);

        // A key of another certificate, a certificate that nobody knows, and one that is due.
        let present = std::fs::canonicalize(place.join("current")).unwrap();
        std::fs::write(present.join("key.pem"), &first.key).unwrap();
        let next = start().await;
        assert!(![&first.key, &kept.key].contains(&&next.key));
        let strange = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        let own = rcgen::CertificateParams::default().self_signed(&strange);
        let unknown = identity::Identity {
            certificate: own.unwrap().pem(),
            key: strange.serialize_pem(),
            ..next
        };
        folder.put(&unknown).unwrap();
        let next = start().await;
        let third = SignedDuration::from_hours(24 * 30 / 3);
        clock.advance(third);
        assert_eq!(start().await, next);
        clock.advance(third);
        assert_ne!(start().await, next);

        // Half of an identity is none; a key that others can read is told of.
        std::fs::remove_file(place.join("current/certificate.pem")).unwrap();
        start().await;
        let open = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(place.join("key.pem"), open).unwrap();
        let refused = operator(&data, &gateway).await.unwrap_err().to_string();
        assert!(refused.contains("chmod 600"), "{refused}");
        std::fs::remove_dir_all(&data).unwrap();
    }
}
