//! The open part of the catalogue as DCAT-AP 3, in Turtle and JSON-LD, and catalogues of others in our terms.
//!
//! [`export`] makes a graph of the entries that are open to society, and of nothing else: what goes in is an
//! [`OpenEntry`], which only a published, open and shared entry becomes. [`turtle`] and [`json_ld`] write a graph,
//! the same bytes for the same graph. [`import`] reads what others publish, and says of every dataset what an entry
//! of ours still lacks ([ADR 23](../../../docs/adr/0023-dcat-for-open-entries.md)).
//!
//! No network, no files, no clock: a JSON-LD context that lies elsewhere is refused and never fetched.

mod codes;
mod export;
mod graph;
mod guard;
mod import;
mod open;
mod parse;
mod site;
mod vocabulary;
mod write;

pub use export::export;
pub use import::{Imported, ImportedEntry, Lack, import};
pub use open::OpenEntry;
pub use oxrdf::Graph;
pub use parse::{
    ImportError, MOST_BYTES, MOST_CONTEXT_WORK, MOST_DEPTH, MOST_ITEMS, MOST_TEXT, MOST_TRIPLES,
    Syntax,
};
pub use site::{Language, Site, SiteFault, SiteFaults, SiteWords};
pub use write::{json_ld, turtle};

#[cfg(test)]
mod tests;
