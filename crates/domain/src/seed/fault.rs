//! What a seeds folder holds and what can be wrong with it.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

/// One file of a seeds folder, as the caller read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedFile {
    /// Path below the folder with `/` between its parts, for example `plans/2022.toml`.
    pub path: String,
    /// The whole text.
    pub text: String,
}

/// One thing that is wrong with a seeds folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SeedFault {
    /// Path below the folder.
    pub file: String,
    /// Line, counted from 1; 0 when the fault is the file itself.
    pub line: usize,
    /// The entry it is about, for example `system yjs-platform`; empty outside of entries.
    pub entry: String,
    /// What is wrong and what to do, in one sentence.
    pub message: String,
}

impl fmt::Display for SeedFault {
    /// `file:line: entry: message`, the form that editors jump to.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if !self.entry.is_empty() {
            write!(f, ": {}", self.entry)?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for SeedFault {}

/// A place in the folder that a fault can point to.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) file: Rc<str>,
    pub(super) line: usize,
    pub(super) entry: Rc<str>,
}

/// A value and where it was read, so that later checks can still point at it.
#[derive(Clone, Debug)]
pub(super) struct Spot<T> {
    pub(super) value: T,
    pub(super) place: Place,
}

/// The faults found so far. Shared, since every reader adds to the same list.
#[derive(Clone, Debug, Default)]
pub(super) struct FaultList(Rc<RefCell<Vec<SeedFault>>>);

impl FaultList {
    pub(super) fn add(&self, place: &Place, message: impl Into<String>) {
        self.push(SeedFault {
            file: place.file.to_string(),
            line: place.line,
            entry: place.entry.to_string(),
            message: message.into(),
        });
    }

    pub(super) fn push(&self, fault: SeedFault) {
        self.0.borrow_mut().push(fault);
    }

    /// A fault of a whole file.
    pub(super) fn add_file(&self, file: &str, message: impl Into<String>) {
        self.add(
            &Place {
                file: file.into(),
                line: 0,
                entry: "".into(),
            },
            message,
        );
    }

    /// Every fault, by file and line, each once.
    pub(super) fn sorted(&self) -> Vec<SeedFault> {
        let mut faults = self.0.borrow().clone();
        faults.sort();
        faults.dedup();
        faults
    }
}
