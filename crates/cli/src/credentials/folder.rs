//! The folder of an identity, which changes over in one step.
//!
//! ```text
//! certificate.pem  -> current/certificate.pem
//! key.pem          -> current/key.pem
//! authority.pem    -> current/authority.pem
//! current          -> versions/…
//! versions/…/         the three files of one certificate
//! renewal/            a key, its request and the request id, until they are certified
//! ```
//!
//! Three files cannot be replaced at once, one link can: whoever stops between two steps finds an identity
//! that works. A folder of three plain files, as the gateway leaves it, becomes one like this at its first
//! renewal. Keys are made with mode 0600, in folders of mode 0700.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use domain::subject::hex;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use sha2_kept::{Digest as _, Sha256};

use crate::Failure;
use crate::connection::new_request_id;
use crate::input::{read_text, unreadable};

const CERTIFICATE: &str = "certificate.pem";
const KEY: &str = "key.pem";
const AUTHORITY: &str = "authority.pem";
const FILES: [&str; 3] = [CERTIFICATE, KEY, AUTHORITY];
const CURRENT: &str = "current";
const VERSIONS: &str = "versions";
const RENEWAL: &str = "renewal";
const REQUEST: &str = "request.pem";
const REQUEST_ID: &str = "request-id";

/// The folder of an identity.
pub(crate) struct Folder(PathBuf);

/// A key that is to be certified.
pub(crate) struct Pending {
    /// The signing request, PEM.
    pub(crate) signing_request: String,
    /// The id under which the gateway is asked, however often.
    pub(crate) request_id: String,
}

/// What the gateway answered.
pub(crate) struct Certified {
    /// The certificate, PEM.
    pub(crate) certificate: String,
    /// What to trust for the gateway, PEM.
    pub(crate) authority: String,
}

/// The three files of an identity.
pub(crate) struct Identity {
    /// The certificate, PEM.
    pub(crate) certificate: String,
    /// The key, PEM.
    pub(crate) key: String,
    /// What to trust for the gateway, PEM.
    pub(crate) authority: String,
}

impl Folder {
    /// The folder at a path; it need not be there yet.
    pub(crate) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Whether something like an identity is in it.
    pub(crate) fn holds_identity(&self) -> bool {
        let known = FILES.iter().chain([&CURRENT]);
        known.into_iter().any(|name| self.0.join(name).exists())
    }

    /// The three files, all of the same certificate.
    ///
    /// # Errors
    /// A file that is missing, or a key that others may read.
    pub(crate) fn identity(&self) -> Result<Identity, Failure> {
        // Followed once, so that a renewal in between does not mix two certificates.
        let current = self.0.join(CURRENT);
        let place = fs::canonicalize(&current).unwrap_or_else(|_| self.0.clone());
        let key = place.join(KEY);
        must_be_private(&key)?;
        Ok(Identity {
            certificate: read_text(&place.join(CERTIFICATE))?,
            key: read_text(&key)?,
            authority: read_text(&place.join(AUTHORITY))?,
        })
    }

    /// What the gateway calls the certificate.
    ///
    /// # Errors
    /// A file that cannot be read or is no certificate.
    pub(crate) fn certificate_name(&self) -> Result<String, Failure> {
        let text = self.identity()?.certificate;
        let der = CertificateDer::from_pem_slice(text.as_bytes()).map_err(|_| {
            Failure::Message(format!("{} is not PEM", self.0.join(CERTIFICATE).display()))
        })?;
        Ok(format!("tlsCertificates/{}", hex(&Sha256::digest(&der))))
    }

    /// The key that waits to be certified; a new one where none waits. An earlier run that lost its answer
    /// asks once more with the same key and id, and gets the same certificate.
    ///
    /// # Errors
    /// What the file system or the system's randomness says.
    pub(crate) fn pending(&self) -> Result<Pending, Failure> {
        let place = self.0.join(RENEWAL);
        if !place.exists() {
            make_folder(&self.0)?;
            let half = self.0.join("renewal.part");
            remove(&half)?;
            make_folder(&half)?;
            let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256);
            let key = key.map_err(|error| no_key(&error))?;
            let mut params = rcgen::CertificateParams::default();
            // It names nobody: who asks says the token or the present certificate.
            params.distinguished_name = rcgen::DistinguishedName::new();
            let request = params.serialize_request(&key);
            let request = request.and_then(|made| made.pem());
            let request = request.map_err(|error| no_key(&error))?;
            write(&half.join(KEY), &key.serialize_pem(), 0o600)?;
            write(&half.join(REQUEST), &request, 0o644)?;
            write(&half.join(REQUEST_ID), &new_request_id(), 0o644)?;
            fs::rename(&half, &place)?;
            settle(&self.0)?;
        }
        must_be_private(&place.join(KEY))?;
        Ok(Pending {
            signing_request: read_text(&place.join(REQUEST))?,
            request_id: read_text(&place.join(REQUEST_ID))?,
        })
    }

    /// Drops the key that waits: the gateway will never certify it.
    ///
    /// # Errors
    /// What the file system says.
    pub(crate) fn forget_pending(&self) -> Result<(), Failure> {
        Ok(remove(&self.0.join(RENEWAL))?)
    }

    /// Takes the key that waited and its certificate into use.
    ///
    /// # Errors
    /// What the file system says; the earlier identity is in use then.
    pub(crate) fn adopt(&self, certified: &Certified) -> Result<(), Failure> {
        let waiting = self.0.join(RENEWAL);
        write(&waiting.join(CERTIFICATE), &certified.certificate, 0o644)?;
        write(&waiting.join(AUTHORITY), &certified.authority, 0o644)?;
        let id = read_text(&waiting.join(REQUEST_ID))?;
        make_folder(&self.0.join(VERSIONS))?;
        let relative = Path::new(VERSIONS).join(id.trim());
        fs::rename(&waiting, self.0.join(&relative))?;
        settle(&self.0.join(VERSIONS))?;
        let before = self.linked_version()?;
        self.link(CURRENT, &relative)?;
        for name in FILES {
            self.link(name, &Path::new(CURRENT).join(name))?;
        }
        settle(&self.0)?;
        Ok(self.remove_but(&[Some(relative), before])?)
    }

    /// The version in use as a link names it. Plain files become one first.
    fn linked_version(&self) -> io::Result<Option<PathBuf>> {
        let current = self.0.join(CURRENT);
        if let Ok(version) = fs::read_link(&current) {
            return Ok(Some(version));
        }
        if !self.0.join(CERTIFICATE).exists() {
            return Ok(None);
        }
        let relative = Path::new(VERSIONS).join("first");
        let place = self.0.join(&relative);
        remove(&place)?;
        make_folder(&place)?;
        for name in FILES {
            let mode = if name == KEY { 0o600 } else { 0o644 };
            write(
                &place.join(name),
                &fs::read_to_string(self.0.join(name))?,
                mode,
            )?;
        }
        // The same bytes by another way: whoever reads in between notices nothing.
        self.link(CURRENT, &relative)?;
        for name in FILES {
            self.link(name, &Path::new(CURRENT).join(name))?;
        }
        settle(&self.0)?;
        Ok(Some(relative))
    }

    /// Puts a link in place of whatever has its name.
    fn link(&self, name: &str, target: &Path) -> io::Result<()> {
        let new = self.0.join(format!("{name}.new"));
        remove(&new)?;
        symlink(target, &new)?;
        fs::rename(&new, self.0.join(name))
    }

    /// Removes versions but these. The one before stays, for who is just reading it.
    fn remove_but(&self, kept: &[Option<PathBuf>]) -> io::Result<()> {
        for entry in fs::read_dir(self.0.join(VERSIONS))? {
            let name = Path::new(VERSIONS).join(entry?.file_name());
            if !kept.iter().flatten().any(|kept| *kept == name) {
                remove(&self.0.join(name))?;
            }
        }
        Ok(())
    }
}

/// Refuses a key that others than its owner may read.
fn must_be_private(key: &Path) -> Result<(), Failure> {
    let about = fs::metadata(key).map_err(|error| unreadable(key, &error))?;
    let mode = about.permissions().mode() & 0o777;
    if mode.trailing_zeros() >= 6 {
        return Ok(());
    }
    let path = key.display();
    Err(Failure::Message(format!(
        "{path} has mode {mode:04o}: others can read the key or change it. Run `chmod 600 {path}`; if others may have \
         read it, revoke the certificate and enrol with a new key"
    )))
}

fn no_key(error: &rcgen::Error) -> Failure {
    Failure::Message(format!("no key could be made: {error}"))
}

/// Makes a folder that only its owner can enter.
fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Writes a new file with its mode from the first moment on, down to the disk.
fn write(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    remove(path)?;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Makes what was renamed in a folder outlast a power cut.
fn settle(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Removes a file, a link or a folder; one that is not there is as good.
fn remove(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(about) if about.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests;
