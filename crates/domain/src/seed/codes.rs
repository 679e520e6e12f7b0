//! `code-lists.toml`: the code lists that other seeds and the gateway draw on.

use std::collections::BTreeMap;

use super::entry::Entry;
use super::fault::{FaultList, Spot};
use super::names::Names;
use super::provenance::Provenance;

/// A code list, for example the holder types of GB/T 36903.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeList {
    /// Its id, for example `holder_type`.
    pub id: String,
    /// Its Chinese title.
    pub title: String,
    /// Its rows, in the order of the file.
    pub rows: Vec<CodeRow>,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// One row of a code list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeRow {
    /// The code of the standard.
    pub code: String,
    /// The word that other seeds write for it; where absent they write the code.
    pub key: Option<String>,
    /// Its Chinese name.
    pub name: String,
    /// A class within the list: `legal` or `natural` holders, `bad` ratings.
    pub group: Option<String>,
    /// Known from memory or proposed, not read in the source.
    pub assumed: bool,
    /// A remark for people.
    pub note: Option<String>,
}

impl CodeRow {
    /// What other seeds write: the key, else the code.
    #[must_use]
    pub fn word(&self) -> &str {
        self.key.as_deref().unwrap_or(&self.code)
    }
}

/// The lists that other seeds refer to: one word each, so that a spelling error cannot compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ListId {
    HolderType,
    ShareType,
    ShareMode,
    FormatClass,
    DataType,
    UpdateCycle,
    DataLevel,
    NetworkZone,
    Hosting,
    SystemRole,
    MatterAudience,
    HolderRole,
}

impl ListId {
    const ALL: [Self; 12] = [
        Self::HolderType,
        Self::ShareType,
        Self::ShareMode,
        Self::FormatClass,
        Self::DataType,
        Self::UpdateCycle,
        Self::DataLevel,
        Self::NetworkZone,
        Self::Hosting,
        Self::SystemRole,
        Self::MatterAudience,
        Self::HolderRole,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::HolderType => "holder_type",
            Self::ShareType => "share_type",
            Self::ShareMode => "share_mode",
            Self::FormatClass => "format_class",
            Self::DataType => "data_type",
            Self::UpdateCycle => "update_cycle",
            Self::DataLevel => "data_level",
            Self::NetworkZone => "network_zone",
            Self::Hosting => "hosting",
            Self::SystemRole => "system_role",
            Self::MatterAudience => "matter_audience",
            Self::HolderRole => "holder_role",
        }
    }
}

/// The words of every list, to check membership against.
pub(super) struct Codes {
    faults: FaultList,
    words: BTreeMap<String, Vec<String>>,
}

impl Codes {
    /// The words of the lists read, if the file could be read; a list that other seeds need and is not there is a fault.
    pub(super) fn new(lists: Option<&[CodeList]>, faults: &FaultList) -> Self {
        let words: BTreeMap<_, Vec<_>> = lists
            .unwrap_or_default()
            .iter()
            .map(|list| {
                (
                    list.id.clone(),
                    list.rows.iter().map(|row| row.word().to_owned()).collect(),
                )
            })
            .collect();
        for id in ListId::ALL.map(ListId::as_str) {
            if lists.is_some() && !words.contains_key(id) {
                faults.add_file(
                    super::CODE_LISTS,
                    format!("the code list `{id}` is missing"),
                );
            }
        }
        Self {
            faults: faults.clone(),
            words,
        }
    }

    /// The word, if it is in the list; a fault otherwise.
    pub(super) fn member(&self, list: ListId, word: Option<Spot<String>>) -> Option<String> {
        let word = word?;
        // A missing list has its own fault; its words are taken as they are.
        match self.words.get(list.as_str()) {
            Some(words) if !words.contains(&word.value) => {
                let message = format!(
                    "`{}` is not in the code list {}; choose one of: {}",
                    word.value,
                    list.as_str(),
                    words.join(", ")
                );
                self.faults.add(&word.place, message);
                None
            }
            _ => Some(word.value),
        }
    }

    /// Those of the words that are in the list; a fault for each other.
    pub(super) fn members(&self, list: ListId, words: Vec<Spot<String>>) -> Vec<String> {
        words
            .into_iter()
            .filter_map(|word| self.member(list, Some(word)))
            .collect()
    }
}

/// Reads the file.
pub(super) fn read(root: &Entry<'_>, faults: &FaultList) -> Vec<CodeList> {
    let mut ids = Names::<()>::new("code list", super::CODE_LISTS, faults);
    root.each("list", "id", |entry| {
        let id = entry.text("id");
        if let Some(id) = &id {
            ids.define(&id.value, None, id.place.clone());
        }
        let title = entry.text("title");
        let rows = read_rows(entry, faults);
        let provenance = Provenance::read(entry);
        Some(CodeList {
            id: id?.value,
            title: title?.value,
            rows,
            provenance: provenance?,
        })
    })
}

fn read_rows(list: &Entry<'_>, faults: &FaultList) -> Vec<CodeRow> {
    let mut codes = Names::<()>::new("code", super::CODE_LISTS, faults);
    let mut keys = Names::<()>::new("key", super::CODE_LISTS, faults);
    let rows = list.each("rows", "code", |row| {
        let code = row.text("code");
        let key = row.optional_text("key");
        for (names, text) in [(&mut codes, &code), (&mut keys, &key)] {
            if let Some(text) = text {
                names.define(&text.value, None, text.place.clone());
            }
        }
        let name = row.text("name");
        let group = row.optional_text("group");
        let assumed = row.flag("assumed");
        let note = row.optional_text("note");
        Some(CodeRow {
            code: code?.value,
            key: key.map(|key| key.value),
            name: name?.value,
            group: group.map(|group| group.value),
            assumed,
            note: note.map(|note| note.value),
        })
    });
    if rows.is_empty() {
        list.fault("the list has no rows");
    }
    rows
}
