//! Search over short texts in Chinese, in memory: every substring is found, two characters and one included.
//!
//! Texts are indexed by each pair of neighbouring characters. No dictionary cuts them into words, so nothing is
//! missed because a dictionary would cut elsewhere. A pair is answered from its set alone; of longer queries the
//! sets of all pairs are intersected and what is left is read. Sets are roaring bitmaps, and filters and facets are
//! sets too ([ADR 20](../../../docs/adr/0020-search-by-pairs-of-characters.md)).

mod document;
mod grams;
mod index;
mod initials;
mod query;
mod rank;
mod search;
mod text;
mod texts;
mod words;

pub use document::{Document, Facet};
pub use index::Index;
pub use initials::initials;
pub use query::{Filter, Found, Hit, Place, Query, QueryError, Search, Synonyms};

#[cfg(test)]
mod tests;
