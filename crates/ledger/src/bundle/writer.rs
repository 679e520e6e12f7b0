//! Writing a bundle.

use std::io::{self, Write};

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::entry_line;
use super::header::{Header, Scope};
use super::{FIRST_LINE, trailer};
use crate::checkpoint::{CheckpointError, LogSigner, LogVerifier};
use crate::entry::limits::ENTRY_BYTES;
use crate::tree::Hash;

/// What is to be exported.
#[derive(Debug, Clone)]
pub struct Export<'c> {
    /// The signed checkpoint that all proofs will be under.
    pub checkpoint: &'c str,
    /// What part of the log it is.
    pub scope: Scope,
    /// How many entries will follow. The log signs this number with everything else.
    pub entries: u64,
    /// When, by the clock of the caller.
    pub exported: Timestamp,
}

/// Writes a bundle, entry by entry, and holds none of them.
///
/// It checks that the file will be well-formed, not that the entries are true: if what is stored
/// was tampered with, the export must still be possible, and [`verify`](super::verify()) names the
/// index.
pub struct BundleWriter<W> {
    out: W,
    digest: Sha256,
    header_digest: [u8; 32],
    vkey: String,
    claimed: u64,
    written: u64,
    last: Option<u64>,
}

impl<W: Write> BundleWriter<W> {
    /// Writes everything that stands before the entries.
    ///
    /// # Errors
    /// When the checkpoint is not of this signer, the count does not fit the scope, or writing
    /// fails.
    pub fn start(out: W, signer: &LogSigner, export: &Export<'_>) -> Result<Self, BundleError> {
        let vkey = signer.verifier_key();
        let checkpoint = LogVerifier::parse(&vkey)?.open(export.checkpoint)?;
        let header = Header {
            origin: signer.origin().to_owned(),
            vkey: vkey.clone(),
            scope: export.scope.clone(),
            size: checkpoint.size(),
            entries: export.entries,
            exported: export.exported,
        };
        let fits = match &header.scope {
            Scope::Log => header.entries == header.size,
            Scope::Grant(name) => header.entries <= header.size && crate::entry::is_name(name),
        };
        if !fits {
            return Err(BundleError::Scope);
        }
        let mut writer = Self {
            out,
            digest: Sha256::new(),
            header_digest: [0; 32],
            vkey,
            claimed: export.entries,
            written: 0,
            last: None,
        };
        writer.put(format!("{FIRST_LINE}\n{}\n", header.encode()).as_bytes())?;
        writer.header_digest = writer.digest.clone().finalize().into();
        writer.put(export.checkpoint.as_bytes())?;
        Ok(writer)
    }

    /// Writes one entry with its proof under the checkpoint. Indexes MUST ascend.
    ///
    /// # Errors
    /// When the index does not ascend, there are more entries than announced, the bytes would
    /// break the line, or writing fails.
    pub fn entry(&mut self, index: u64, proof: &[Hash], bytes: &[u8]) -> Result<(), BundleError> {
        if self.last.is_some_and(|last| index <= last) {
            return Err(BundleError::Order(index));
        }
        if bytes.contains(&b'\n') || bytes.len() > ENTRY_BYTES || proof.len() > 64 {
            return Err(BundleError::Form(index));
        }
        self.last = Some(index);
        self.written = self.written.saturating_add(1);
        self.check_count(self.written <= self.claimed)?;
        self.put(entry_line::prefix(index, proof).as_bytes())?;
        self.put(bytes)?;
        self.put(b"\n")
    }

    /// The output, for callers that drain a buffer between entries. They MUST NOT write to it.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.out
    }

    /// Signs and writes the trailer; only now is it a bundle.
    ///
    /// # Errors
    /// When fewer entries were written than announced, the signer is another one than at the
    /// start, or writing fails.
    pub fn finish(mut self, signer: &LogSigner) -> Result<W, BundleError> {
        self.check_count(self.written == self.claimed)?;
        if signer.verifier_key() != self.vkey {
            return Err(BundleError::Checkpoint(CheckpointError::Key));
        }
        let digest = self.digest.clone().finalize().into();
        let text = trailer::text(signer.origin(), self.header_digest, digest);
        let note = signer.sign_text(&text)?;
        self.put(note.as_bytes())?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), BundleError> {
        self.digest.update(bytes);
        Ok(self.out.write_all(bytes)?)
    }

    fn check_count(&self, fits: bool) -> Result<(), BundleError> {
        let (claimed, written) = (self.claimed, self.written);
        if fits {
            Ok(())
        } else {
            Err(BundleError::Count { claimed, written })
        }
    }
}

/// Why a bundle could not be written.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The output failed.
    #[error("the bundle could not be written: {0}")]
    Io(#[from] io::Error),
    /// The checkpoint or the key does not fit the signer.
    #[error("the bundle cannot be signed: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The announced count does not fit the scope and the checkpoint.
    #[error("the number of entries does not fit the scope of the bundle and its checkpoint")]
    Scope,
    /// More or fewer entries than announced.
    #[error("{claimed} entries were announced, {written} written")]
    Count {
        /// As the header says.
        claimed: u64,
        /// As it came.
        written: u64,
    },
    /// Entries must ascend.
    #[error("entry {0} does not come after the one before it")]
    Order(u64),
    /// Bytes or proof that no entry has.
    #[error("entry {0} does not fit into a line of the bundle")]
    Form(u64),
}
