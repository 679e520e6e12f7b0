//! The folder itself.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::authority::StandsFor;
use crate::disk::{make_folder, must_be_private, read, remove, rename, settle, write};
use crate::fault::{FolderError, reading, writing};
use crate::key;

const CERTIFICATE: &str = "certificate.pem";
const KEY: &str = "key.pem";
const AUTHORITY: &str = "authority.pem";
pub(crate) const FILES: [&str; 3] = [CERTIFICATE, KEY, AUTHORITY];
const CURRENT: &str = "current";
pub(crate) const VERSIONS: &str = "versions";
pub(crate) const RENEWAL: &str = "renewal";
const REQUEST: &str = "request.pem";
const REQUEST_ID: &str = "request-id";

/// The folder of an identity.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

/// A key that is to be certified.
#[derive(Debug)]
pub struct Pending {
    /// The signing request, PEM.
    pub signing_request: String,
    /// The id under which the gateway is asked, however often.
    pub request_id: String,
}

/// What the gateway answered.
#[derive(Debug)]
pub struct Certified {
    /// The certificate, PEM.
    pub certificate: String,
    /// What to trust for the gateway, PEM.
    pub authority: String,
}

/// The three files of an identity.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// The certificate, PEM.
    pub certificate: String,
    /// The key, PEM.
    pub key: String,
    /// What to trust for the gateway, PEM.
    pub authority: String,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity")
            .field("certificate", &self.certificate)
            .field("key", &format_args!("hidden"))
            .field("authority", &self.authority)
            .finish()
    }
}

impl Identity {
    /// Whether the key is the one that the certificate was made for. One of a kind that we do not make (ECDSA, Ed25519
    /// and RSA in PKCS #8 are read) is taken for another.
    pub fn is_of_one_key(&self) -> bool {
        key::belongs(&self.key, &self.certificate)
    }

    /// Whether the certificate stands for this and nobody else, and is not in the last third of its life. Who signed
    /// it is not looked at, nor what people call it.
    pub fn is_good_for(&self, stands_for: &StandsFor<'_>, now: Timestamp) -> bool {
        key::is_good_for(&self.certificate, stands_for.uri, stands_for.hosts, now)
    }

    /// SHA-256 of the certificate, hexadecimal: by it the gateway names it. None when it is no certificate.
    pub fn fingerprint(&self) -> Option<String> {
        key::certificate(&self.certificate).map(|der| key::digest(&der))
    }
}

impl Folder {
    /// The folder at a path; it need not be there yet.
    pub fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Whether something like an identity is in it.
    pub fn holds_identity(&self) -> bool {
        let known = FILES.iter().chain([&CURRENT]);
        known.into_iter().any(|name| self.0.join(name).exists())
    }

    /// Where the files of the present certificate lie. Followed once, so that a renewal in between does not mix two
    /// certificates.
    fn present(&self) -> PathBuf {
        fs::canonicalize(self.0.join(CURRENT)).unwrap_or_else(|_| self.0.clone())
    }

    /// The three files, all of the same certificate.
    ///
    /// # Errors
    /// A file that is missing, or a key that others may read.
    pub fn identity(&self) -> Result<Identity, FolderError> {
        let place = self.present();
        let key = place.join(KEY);
        must_be_private(&key)?;
        Ok(Identity {
            certificate: read(&place.join(CERTIFICATE))?,
            key: read(&key)?,
            authority: read(&place.join(AUTHORITY))?,
        })
    }

    /// SHA-256 of the certificate, hexadecimal.
    ///
    /// # Errors
    /// A file that cannot be read or is no certificate.
    pub fn fingerprint(&self) -> Result<String, FolderError> {
        let path = self.0.join(CERTIFICATE);
        let found = self.identity()?.fingerprint();
        found.ok_or(FolderError::Certificate { path })
    }

    /// The key that waits to be certified; a new one where none waits, under an id of its own. An earlier run that lost
    /// its answer asks once more with the same key and id, and gets the same certificate.
    ///
    /// # Errors
    /// What the file system or the system's randomness says.
    pub fn pending(&self, new_id: impl FnOnce() -> String) -> Result<Pending, FolderError> {
        let place = self.0.join(RENEWAL);
        if !place.exists() {
            make_folder(&self.0)?;
            let half = self.0.join("renewal.part");
            remove(&half)?;
            make_folder(&half)?;
            let (key, request) = key::generate()?;
            write(&half.join(KEY), &key, 0o600)?;
            write(&half.join(REQUEST), &request, 0o644)?;
            write(&half.join(REQUEST_ID), &new_id(), 0o644)?;
            rename(&half, &place)?;
            settle(&self.0)?;
        }
        must_be_private(&place.join(KEY))?;
        Ok(Pending {
            signing_request: read(&place.join(REQUEST))?,
            request_id: read(&place.join(REQUEST_ID))?,
        })
    }

    /// Drops the key that waits: the gateway will never certify it.
    ///
    /// # Errors
    /// What the file system says.
    pub fn forget_pending(&self) -> Result<(), FolderError> {
        remove(&self.0.join(RENEWAL))
    }

    /// Takes the key that waited and its certificate into use.
    ///
    /// # Errors
    /// What the file system says; the earlier identity is in use then.
    pub fn adopt(&self, certified: &Certified) -> Result<(), FolderError> {
        let waiting = self.0.join(RENEWAL);
        write(&waiting.join(CERTIFICATE), &certified.certificate, 0o644)?;
        write(&waiting.join(AUTHORITY), &certified.authority, 0o644)?;
        let id = read(&waiting.join(REQUEST_ID))?;
        self.take(&waiting, id.trim())
    }

    /// Takes an identity into use that was made elsewhere. A key that waits goes on waiting.
    ///
    /// # Errors
    /// What the file system says; the earlier identity is in use then.
    pub fn put(&self, identity: &Identity) -> Result<(), FolderError> {
        make_folder(&self.0)?;
        let half = self.0.join("identity.part");
        remove(&half)?;
        make_folder(&half)?;
        write(&half.join(KEY), &identity.key, 0o600)?;
        write(&half.join(CERTIFICATE), &identity.certificate, 0o644)?;
        write(&half.join(AUTHORITY), &identity.authority, 0o644)?;
        self.take(&half, &key::digest(identity.certificate.as_bytes()))
    }

    /// Trusts other certificates for the gateway, with the identity as it is.
    ///
    /// # Errors
    /// What the file system says; what was trusted before still is.
    pub fn trust(&self, authority: &str) -> Result<(), FolderError> {
        let place = self.present();
        let new = place.join("authority.pem.new");
        write(&new, authority, 0o644)?;
        rename(&new, &place.join(AUTHORITY))?;
        settle(&place)
    }

    /// Makes a folder of three files the version in use.
    fn take(&self, files: &Path, version: &str) -> Result<(), FolderError> {
        let versions = self.0.join(VERSIONS);
        make_folder(&versions)?;
        let relative = Path::new(VERSIONS).join(version);
        let before = self.linked_version()?;
        if before.as_ref() != Some(&relative) {
            // One that an earlier run left behind is in nobody's use.
            remove(&self.0.join(&relative))?;
        }
        rename(files, &self.0.join(&relative))?;
        settle(&versions)?;
        self.link_all(&relative)?;
        self.remove_but(&[Some(relative), before])
    }

    /// The version in use as a link names it. Plain files become one first.
    fn linked_version(&self) -> Result<Option<PathBuf>, FolderError> {
        if let Ok(version) = fs::read_link(self.0.join(CURRENT)) {
            return Ok(Some(version));
        }
        let from = self.present();
        if FILES.iter().any(|name| !from.join(name).exists()) {
            // What is not whole worked for nobody.
            return Ok(None);
        }
        let relative = Path::new(VERSIONS).join("first");
        let place = self.0.join(&relative);
        remove(&place)?;
        make_folder(&place)?;
        for name in FILES {
            let mode = if name == KEY { 0o600 } else { 0o644 };
            write(&place.join(name), &read(&from.join(name))?, mode)?;
        }
        // The same bytes by another way: whoever reads in between notices nothing.
        self.link_all(&relative)?;
        Ok(Some(relative))
    }

    fn link_all(&self, version: &Path) -> Result<(), FolderError> {
        self.link(CURRENT, version)?;
        for name in FILES {
            self.link(name, &Path::new(CURRENT).join(name))?;
        }
        settle(&self.0)
    }

    /// Puts a link in place of whatever has its name.
    fn link(&self, name: &str, target: &Path) -> Result<(), FolderError> {
        let new = self.0.join(format!("{name}.new"));
        remove(&new)?;
        symlink(target, &new).map_err(writing(&new))?;
        let place = self.0.join(name);
        // A copy of such a folder may have a folder where the link was; no link takes the place of one.
        if fs::symlink_metadata(&place).is_ok_and(|about| about.is_dir()) {
            remove(&place)?;
        }
        rename(&new, &place)
    }

    /// Removes versions but these. The one before stays, for who is just reading it.
    fn remove_but(&self, kept: &[Option<PathBuf>]) -> Result<(), FolderError> {
        let versions = self.0.join(VERSIONS);
        for entry in fs::read_dir(&versions).map_err(reading(&versions))? {
            let entry = entry.map_err(reading(&versions))?;
            let name = Path::new(VERSIONS).join(entry.file_name());
            if !kept.iter().flatten().any(|kept| *kept == name) {
                remove(&self.0.join(name))?;
            }
        }
        Ok(())
    }
}
