//! The files of a folder, opened by name.

use std::collections::BTreeMap;
use std::path::Path;

use super::entry::Entry;
use super::fault::{FaultList, SeedFault, SeedFile};
use super::page::Page;
use super::{FILES, PLANS, REFERENCE_FILES};
use crate::reference::{Reference, ReferenceFiles, SeedText};

/// A folder whose file names are checked and whose files are parsed as TOML.
pub(super) struct Folder<'a> {
    texts: BTreeMap<&'a str, &'a str>,
    pages: BTreeMap<&'a str, Page<'a>>,
    faults: FaultList,
}

impl<'a> Folder<'a> {
    /// Opens every file; missing, unknown and doubled ones are faults.
    ///
    /// Files that are not TOML (a README) are left alone.
    pub(super) fn open(files: &'a [SeedFile], faults: &FaultList) -> Self {
        let (mut texts, mut pages) = (BTreeMap::new(), BTreeMap::new());
        for file in files.iter().filter(|file| is_toml(&file.path)) {
            let path = file.path.as_str();
            let is_reference = REFERENCE_FILES.contains(&path);
            if !is_reference && !FILES.contains(&path) && !path.starts_with(PLANS) {
                let known = FILES.join(", ");
                faults.add_file(
                    path,
                    format!("no seed file has this name; besides {PLANS}*.toml there are {known}"),
                );
                continue;
            }
            if texts.insert(path, file.text.as_str()).is_some() {
                faults.add_file(path, "the file was given twice");
                continue;
            }
            // Reference files have their own readers.
            if let Some(page) = (!is_reference).then(|| Page::open(file, faults)).flatten() {
                pages.insert(path, page);
            }
        }
        for missing in FILES
            .iter()
            .chain(&REFERENCE_FILES)
            .filter(|path| !texts.contains_key(**path))
        {
            faults.add_file(missing, "the file is missing from the folder");
        }
        Self {
            texts,
            pages,
            faults: faults.clone(),
        }
    }

    /// Reads one file; `None` when it is missing or not TOML, which then is a fault already.
    pub(super) fn read<R>(&self, path: &str, read: impl FnOnce(&Entry<'_>) -> R) -> Option<R> {
        self.pages.get(path).map(|page| page.read(read))
    }

    /// The paths of the plan files.
    pub(super) fn plans(&self) -> impl Iterator<Item = &'a str> {
        self.pages
            .keys()
            .copied()
            .filter(|path| path.starts_with(PLANS))
    }

    /// The reference data; `None` when it has faults.
    pub(super) fn reference(&self) -> Option<Reference> {
        let [regions, calendar, regimes, uscc_kinds] =
            REFERENCE_FILES.map(|file| self.texts.get(file).map(|text| SeedText { file, text }));
        let files = ReferenceFiles {
            regions: regions?,
            calendar: calendar?,
            regimes: regimes?,
            uscc_kinds: uscc_kinds?,
        };
        Reference::parse(files)
            .map_err(|faults| {
                for fault in faults.into_vec() {
                    let entry = String::new();
                    let (file, line, message) = (fault.file, fault.line, fault.message);
                    self.faults.push(SeedFault {
                        file,
                        line,
                        entry,
                        message,
                    });
                }
            })
            .ok()
    }
}

fn is_toml(path: &str) -> bool {
    Path::new(path)
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("toml"))
}
