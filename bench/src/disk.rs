//! What one durable write costs on the disk under a folder.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;

use crate::Error;
use crate::report::median;

/// How many writes are timed.
const WRITES: usize = 200;

/// The size of one write, in bytes: one page of a database.
const PAGE: usize = 4096;

/// The median of 200 appends of 4 KiB, each followed by `fdatasync`, in a file of its own.
///
/// # Errors
/// When the folder cannot be written to.
pub fn fdatasync(folder: &Path) -> Result<Duration, Error> {
    let path = folder.join("fdatasync.probe");
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .open(&path)?;
    let page = [0x5a; PAGE];
    let mut seconds = Vec::with_capacity(WRITES);
    for _ in 0..WRITES {
        let begun = Instant::now();
        file.write_all(&page)?;
        // fdatasync on Linux.
        file.sync_data()?;
        seconds.push(begun.elapsed().as_secs_f64());
    }
    std::fs::remove_file(&path)?;
    Ok(Duration::from_secs_f64(median(&seconds)))
}
