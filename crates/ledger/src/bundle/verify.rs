//! The offline verifier.

use std::io::{self, BufRead};

use super::entries::Entries;
use super::fault::{FaultKind, Faults};
use super::front::Front;
use super::lines::Lines;
use super::{Report, Trust, trailer};
use crate::checkpoint::{Checkpoint, LogVerifier};

/// Verifies a bundle from its bytes alone and says everything that is wrong with it.
///
/// Without a trusted key the bundle is checked against the key it carries; the report says so in
/// [`Report::trust`].
///
/// # Errors
/// When the input cannot be read. Whatever it holds is never an error, only a fault.
pub fn verify(input: impl BufRead, trusted: Option<&LogVerifier>) -> io::Result<Report> {
    let mut lines = Lines::new(input);
    let mut faults = Faults::default();
    let front = Front::read(&mut lines, trusted, &mut faults)?;
    let mut entries = Entries::new(&front);
    let mut trailer_found = false;
    while lines.advance()? {
        trailer_found = entries.end_before(lines.text());
        if trailer_found {
            break;
        }
        entries.take(&lines, &mut faults);
    }
    entries.finish(lines.number(), &mut faults);
    if trailer_found {
        trailer::check(&mut lines, &front, &mut faults)?;
    } else {
        let what = "the bundle ends without its trailer";
        faults.add_for_all(lines.number(), FaultKind::Trailer, what);
    }
    let range = entries.range();
    let (summary, open_intents) = entries.into_audit().finish();
    let Front {
        header, checkpoint, ..
    } = front;
    Ok(Report {
        ok: faults.total() == 0,
        trust: if trusted.is_some() {
            Trust::TrustedKey
        } else {
            Trust::OwnWord
        },
        origin: header.as_ref().map(|header| header.origin.clone()),
        vkey: header.as_ref().map(|header| header.vkey.clone()),
        exported: header.as_ref().map(|header| header.exported),
        scope: header.map(|header| header.scope),
        size: checkpoint.as_ref().map(Checkpoint::size),
        root: checkpoint
            .as_ref()
            .map(|checkpoint| checkpoint.root().to_string()),
        summary,
        open_intents,
        fault_count: faults.total(),
        faults: faults.into_listed(range),
    })
}
