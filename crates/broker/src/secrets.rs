//! Files that the operator laid down for one system each: accounts of the gateway at its providers, and SQLite
//! files. Only their names stand in the registry, and each is looked for in the folder of its own system: whatever
//! name an endpoint of another system gives, it cannot log in with what was entrusted for this one.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use domain::name::SystemName;
use domain::reason::Reason;
use domain::source::SecretName;

use crate::connections::ProviderFault;

/// A file with an account is small.
const SECRET_BYTES: u64 = 4096;

/// What was laid down for a system within a folder for all.
pub(crate) fn of_system(folder: &Path, system: &SystemName) -> PathBuf {
    folder.join(system.id())
}

/// The text of a small file that nobody else may read.
pub(crate) async fn read(
    folder: &Path,
    system: &SystemName,
    name: &SecretName,
) -> Result<String, ProviderFault> {
    let path = of_system(folder, system).join(name.as_str());
    let about = tokio::fs::symlink_metadata(&path).await;
    let about = about.map_err(|_| refused(name, &missing(system)))?;
    if !about.is_file() || about.len() > SECRET_BYTES {
        return Err(refused(name, "is not a small file"));
    }
    if about.permissions().mode() & 0o077 != 0 {
        let what = "can be read by others; set its mode to 0600";
        return Err(refused(name, what));
    }
    let text = tokio::fs::read_to_string(&path).await;
    text.map_err(|_| refused(name, "cannot be read as text"))
}

/// That a file of a system is not where it is looked for.
pub(crate) fn missing(system: &SystemName) -> String {
    format!("is not in the gateway's folder secrets/{}", system.id())
}

/// What is wrong with a secret, without a word of it.
pub(crate) fn refused(name: &SecretName, what: &str) -> ProviderFault {
    let message = format!("the secret {} {what}", name.as_str());
    ProviderFault::new(Reason::ProviderNotConnected, message)
}
