//! The evidence bundle: entries, proofs and a signed checkpoint in one text file.
//!
//! [`BundleWriter`] exports, [`verify()`] checks on a machine that has nothing else. Both stream:
//! what they hold grows with the intents that are open and with the grants, not with the entries.
//! Every byte of the file is covered: the checkpoint by its signature, each entry by its inclusion
//! proof, and all of it by the digest in the signed trailer. The format is docs/EVIDENCE.md.

mod audit;
mod entries;
mod entry_line;
mod fault;
mod front;
mod header;
mod lines;
mod report;
#[cfg(test)]
mod tests;
mod trailer;
mod verify;
mod writer;

pub use fault::{Covers, Fault, FaultKind};
pub use header::Scope;
pub use report::{GrantSummary, OpenIntent, Report, Summary, Trust};
pub use verify::verify;
pub use writer::{BundleError, BundleWriter, Export};

/// The first line of every bundle.
const FIRST_LINE: &str = "shuqiao-evidence-bundle/v1";
/// The first line of the trailer. No entry line and no checkpoint begins with it.
const TRAILER_LINE: &str = "shuqiao-evidence-trailer/v1";
/// How every signature line of a note begins: em dash and blank.
const SIGNATURE_START: &str = "\u{2014} ";
