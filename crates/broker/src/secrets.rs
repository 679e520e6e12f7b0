//! Files with accounts of the gateway at its providers: only their names stand in the registry.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use domain::reason::Reason;
use domain::source::SecretName;

use crate::connections::ProviderFault;

/// A file with an account is small.
const SECRET_BYTES: u64 = 4096;

/// The text of a small file that nobody else may read.
pub(crate) async fn read(folder: &Path, name: &SecretName) -> Result<String, ProviderFault> {
    let path = folder.join(name.as_str());
    let about = tokio::fs::symlink_metadata(&path).await;
    let about = about.map_err(|_| refused(name, "is not in the gateway's folder secrets"))?;
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

/// What is wrong with a secret, without a word of it.
pub(crate) fn refused(name: &SecretName, what: &str) -> ProviderFault {
    let message = format!("the secret {} {what}", name.as_str());
    ProviderFault::new(Reason::ProviderNotConnected, message)
}
