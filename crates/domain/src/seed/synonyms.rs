//! `synonyms.toml`: words that mean the same in the catalogue.

use super::entry::Entry;
use super::provenance::Provenance;

/// More would slow every search by one of them.
const MOST_WORDS: usize = 8;

/// A group of words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SynonymSeed {
    /// The words, 2 to 8.
    pub words: Vec<String>,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// Reads the file. An empty one is right: then every word means itself.
pub(super) fn read(root: &Entry<'_>) -> Vec<SynonymSeed> {
    root.each("synonym", "words", |entry| {
        let words: Vec<String> = entry
            .texts("words")
            .into_iter()
            .map(|word| word.value)
            .collect();
        if !(2..=MOST_WORDS).contains(&words.len()) {
            entry.fault_at("words", format!("give 2 to {MOST_WORDS} words"));
        }
        Some(SynonymSeed {
            words,
            provenance: Provenance::read(entry)?,
        })
    })
}
