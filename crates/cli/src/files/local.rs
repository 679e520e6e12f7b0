//! The file on this machine: its digests, and its pieces.

use std::path::Path;

use sha2_kept::{Digest as _, Sha256};
use sm3::Sm3;
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;

use crate::Failure;

/// Bytes of one message.
pub(super) const CHUNK: usize = 256 * 1024;

/// Size and digests of a file on this machine, as the gateway names them.
pub(super) struct Known {
    pub(super) size: i64,
    pub(super) sha256: String,
    pub(super) sm3: String,
}

/// Reads a whole file once, a piece at a time.
pub(super) async fn know(path: &Path) -> Result<Known, Failure> {
    let mut file = open(path).await?;
    let (mut sha256, mut sm3) = (Sha256::new(), Sm3::new());
    let mut size = 0_i64;
    let mut piece = vec![0; CHUNK];
    loop {
        let read = fill(&mut file, &mut piece).await?;
        let bytes = piece.get(..read).unwrap_or_default();
        if bytes.is_empty() {
            break;
        }
        sha256.update(bytes);
        sm3.update(bytes);
        size = size.saturating_add(i64::try_from(read).unwrap_or(i64::MAX));
    }
    Ok(Known {
        size,
        sha256: domain::subject::hex(&sha256.finalize()),
        sm3: domain::subject::hex(&sm3.finalize()),
    })
}

/// Opens a file, with its name in the error.
pub(super) async fn open(path: &Path) -> Result<File, Failure> {
    File::open(path)
        .await
        .map_err(|error| Failure::Message(format!("{} cannot be read: {error}", path.display())))
}

/// Fills the buffer as far as the file goes, and says how far.
pub(super) async fn fill(file: &mut File, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read(rest).await? {
            0 => break,
            read => filled = filled.saturating_add(read),
        }
    }
    Ok(filled)
}
