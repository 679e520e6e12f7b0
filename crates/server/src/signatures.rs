//! Request signatures over HTTP/JSON, where the operator switched them on.
//!
//! Keys are files in the data folder's `signing-keys`, one for each requester id, readable by the
//! gateway's account alone: the system on the first line, the key on the second. They are read at
//! each use, so that a new key counts at once.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use broker::{Failure, Gateway};
use domain::caller::Caller;
use domain::credential::Principal;
use domain::name::SystemName;
use domain::reason::Reason;
use domain::signature::{HEADERS, RequestSignature};
use http::HeaderMap;
use jiff::SignedDuration;
use serde::Deserialize;
use store::Remembered;

/// The folder of keys, in the data folder.
const FOLDER: &str = "signing-keys";
/// The shortest key, in bytes.
const KEY_BYTES: usize = 16;
/// The largest key file, in bytes.
const FILE_BYTES: u64 = 4096;

/// Which requests of systems must be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Demand {
    /// Those that carry a signature are held to it.
    Accepted,
    /// All.
    Required,
}

/// How signatures are held to.
#[derive(Clone, Debug)]
pub(crate) struct Signatures {
    pub(crate) demand: Demand,
    /// A signature is taken this long before and after its time.
    pub(crate) window: SignedDuration,
    folder: PathBuf,
}

impl Signatures {
    pub(crate) fn new(demand: Demand, window: SignedDuration, data: &std::path::Path) -> Self {
        Self {
            demand,
            window,
            folder: data.join(FOLDER),
        }
    }

    /// Holds a request of a caller to its signature.
    ///
    /// # Errors
    /// `REQUEST_INVALID` for headers that cannot be read, `SIGNATURE_REFUSED`, or the store's.
    pub(crate) async fn check(
        &self,
        gateway: &Gateway,
        caller: &Caller,
        headers: &HeaderMap,
    ) -> Result<(), Failure> {
        let Principal::System { system } = caller.principal() else {
            // People sign nothing: the scheme is one of systems.
            return Ok(());
        };
        if !HEADERS.iter().any(|name| headers.contains_key(*name)) {
            return match self.demand {
                Demand::Accepted => Ok(()),
                Demand::Required => Err(refused("the request is not signed")),
            };
        }
        let signature = RequestSignature::parse(HEADERS.map(|name| only(headers, name)))?;
        let now = gateway.now();
        if !signature.is_fresh(now, self.window) {
            let window = self.window.as_secs();
            let message =
                format!("the request was not signed within {window} s of the gateway's time");
            return Err(refused(message));
        }
        // One answer for an unknown requester, another's and a wrong key: who guesses learns nothing.
        let key = self.key(signature.requester(), system).await;
        if !key.is_some_and(|key| signature.is_by(&key)) {
            return Err(refused(
                "the request is not signed by the key of this system",
            ));
        }
        let until = signature.remembered_until(self.window);
        match gateway
            .remember_signature(system, &signature.nonce(), until)
            .await?
        {
            Remembered::New => Ok(()),
            Remembered::Seen => Err(refused("this signature was used before")),
            Remembered::Full => {
                let message = "too many signed requests of this system within the window";
                Err(Failure::new(Reason::Overloaded, message))
            }
        }
    }

    /// The key of a requester, if its file is in order and for this system.
    async fn key(&self, requester: &str, system: &SystemName) -> Option<Vec<u8>> {
        // An id is letters, digits, `_` and `-`: it names a file in the folder and no other.
        let path = self.folder.join(requester);
        let about = tokio::fs::symlink_metadata(&path).await.ok()?;
        // No right of the group and of others, which are the lowest six bits.
        let private = about.is_file() && about.permissions().mode().trailing_zeros() >= 6;
        if !private || about.len() > FILE_BYTES {
            tracing::error!(
                requester,
                "a signing key is no file of mode 0600; it is not used"
            );
            return None;
        }
        let text = tokio::fs::read_to_string(&path).await.ok()?;
        let mut lines = text.lines();
        let owner = lines.next()?.trim();
        let key = lines.next()?.trim().as_bytes();
        if key.len() < KEY_BYTES {
            tracing::error!(
                requester,
                "a signing key is shorter than {KEY_BYTES} bytes; it is not used"
            );
            return None;
        }
        (owner == system.as_str()).then(|| key.to_vec())
    }
}

/// A header that stands once; twice is as good as not at all.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

fn refused(message: impl Into<String>) -> Failure {
    Failure::new(Reason::SignatureRefused, message)
}
