//! Where a seed comes from and how far it can be trusted.

use super::entry::Entry;

/// The origin of an entry, shown wherever the entry is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// Document and place, for example `邵放组办字〔2022〕7号 A22`.
    pub source: String,
    /// Something in the entry is general knowledge or a proposal; the file's header says what.
    pub assumed: bool,
    /// The entry's code is invented (USCC marked XY, or digits of our own).
    pub synthetic: bool,
    /// A remark for people.
    pub note: Option<String>,
}

impl Provenance {
    /// Reads the four keys that every entry may carry; `source` it must carry.
    pub(super) fn read(entry: &Entry<'_>) -> Option<Self> {
        let source = entry.text("source");
        let assumed = entry.flag("assumed");
        let synthetic = entry.flag("synthetic");
        let note = entry.optional_text("note").map(|note| note.value);
        Some(Self {
            source: source?.value,
            assumed,
            synthetic,
            note,
        })
    }

    /// Refuses an invented code that does not say so: it could be taken for a real one.
    ///
    /// The organisation part of an invented credit code begins with XY (characters 9 and 10).
    pub(super) fn check_invented(&self, entry: &Entry<'_>, key: &str, code: &str) {
        if code.get(8..10) == Some("XY") && !self.synthetic {
            entry.fault_at(
                key,
                "the code is invented (XY): mark the entry `synthetic = true`",
            );
        }
    }
}
