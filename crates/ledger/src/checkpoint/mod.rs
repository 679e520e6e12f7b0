//! Checkpoints: the signed statement of a tree's size and root.
//!
//! The text is that of C2SP tlog-checkpoint without extension lines, signed as a C2SP signed-note
//! with Ed25519. The name of the key is the origin of the log.

mod key;
#[cfg(test)]
mod tests;

use crate::tree::{EMPTY_HASH, Hash, MAX_SIZE};
pub use key::{LogSigner, LogVerifier};

/// The size and root of a log at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Hash,
}

impl Checkpoint {
    /// A checkpoint still to be signed.
    ///
    /// # Errors
    /// When the origin cannot name a log, the size is over [`MAX_SIZE`], or an empty tree has
    /// another root than the empty one.
    pub fn new(origin: &str, size: u64, root: Hash) -> Result<Self, CheckpointError> {
        check_origin(origin)?;
        if size > MAX_SIZE || (size == 0 && root != EMPTY_HASH) {
            return Err(CheckpointError::Text);
        }
        Ok(Self {
            origin: origin.to_owned(),
            size,
            root,
        })
    }

    /// The log that speaks.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// How many entries are published under it: indexes from 0 to one below.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root over these entries.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.root
    }

    /// Reads the text of a note without looking at any signature.
    pub(crate) fn from_text(text: &str) -> Result<Self, CheckpointError> {
        let parsed = tlog_tiles::Checkpoint::from_bytes(text.as_bytes())
            .map_err(|_| CheckpointError::Text)?;
        let checkpoint = Self::new(parsed.origin(), parsed.size(), *parsed.hash())?;
        // Refuses extension lines and every second spelling with one comparison.
        if checkpoint.text() == text {
            Ok(checkpoint)
        } else {
            Err(CheckpointError::Text)
        }
    }

    fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, self.root)
    }
}

fn check_origin(origin: &str) -> Result<(), CheckpointError> {
    let fits = crate::entry::is_name(origin) && !origin.contains('+');
    if fits {
        Ok(())
    } else {
        Err(CheckpointError::OriginName)
    }
}

/// Why a checkpoint or a key is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The origin cannot name a log.
    #[error("an origin is 1 to 255 printable ASCII characters without blanks and without +")]
    OriginName,
    /// Not a verifier key, or a weak one.
    #[error("the text is not the verifier key of a log")]
    Key,
    /// Not a signed note, or not in its one spelling.
    #[error("the text is not a well-formed signed note")]
    Note,
    /// Not signed by this key.
    #[error("the note is not signed, exactly once, by this key")]
    Signature,
    /// Signed, but not a checkpoint.
    #[error("the text is not a checkpoint")]
    Text,
    /// Of another log.
    #[error("the checkpoint is of another log")]
    Origin,
}
