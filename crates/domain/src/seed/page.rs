//! One seeds file as TOML with line numbers.

use std::ops::Range;
use std::rc::Rc;

use toml::Spanned;
use toml::de::DeTable;

use super::entry::Entry;
use super::fault::{FaultList, Place, SeedFile};

/// A file whose TOML syntax is right.
pub(super) struct Page<'a> {
    root: Spanned<DeTable<'a>>,
    sheet: Rc<Sheet>,
}

/// What every entry of a file shares.
pub(super) struct Sheet {
    pub(super) file: Rc<str>,
    pub(super) faults: FaultList,
    line_starts: Vec<usize>,
}

impl<'a> Page<'a> {
    /// Parses the syntax; `None` after recording every syntax fault.
    pub(super) fn open(file: &'a SeedFile, faults: &FaultList) -> Option<Self> {
        let line_starts = file
            .text
            .match_indices('\n')
            .map(|(at, _)| at + 1)
            .collect();
        let sheet = Sheet {
            file: file.path.as_str().into(),
            line_starts,
            faults: faults.clone(),
        };
        let (root, errors) = DeTable::parse_recoverable(&file.text);
        for error in &errors {
            let place = sheet.place(error.span().unwrap_or_default(), &"".into());
            faults.add(&place, error.message());
        }
        errors.is_empty().then(|| Self {
            root,
            sheet: Rc::new(sheet),
        })
    }

    /// Reads the top of the file; keys that `read` did not ask for are faults.
    pub(super) fn read<R>(&self, read: impl FnOnce(&Entry<'_>) -> R) -> R {
        let entry = Entry::new(self.root.get_ref(), 1, "".into(), Rc::clone(&self.sheet));
        let result = read(&entry);
        entry.refuse_unread_keys();
        result
    }
}

impl Sheet {
    /// Where a span of the text lies.
    pub(super) fn place(&self, span: Range<usize>, entry: &Rc<str>) -> Place {
        let line = self
            .line_starts
            .partition_point(|start| *start <= span.start)
            + 1;
        Place {
            file: Rc::clone(&self.file),
            line,
            entry: Rc::clone(entry),
        }
    }
}
