//! Which names a folder defines, so that references between its files can be checked.

use std::collections::BTreeMap;

use super::fault::{FaultList, Place, Spot};

/// The names of one kind of entry and what each stands for.
pub(super) struct Names<T> {
    noun: &'static str,
    file: &'static str,
    faults: FaultList,
    readable: bool,
    known: BTreeMap<String, Known<T>>,
}

/// A defined name. Its value is absent when its own entry has faults: whoever refers to it then gets
/// nothing, but no second fault either.
struct Known<T> {
    value: Option<T>,
    place: Place,
}

impl<T: Clone> Names<T> {
    /// No names yet; `file` is where a missing one should be added.
    pub(super) fn new(noun: &'static str, file: &'static str, faults: &FaultList) -> Self {
        let known = BTreeMap::new();
        Self {
            noun,
            file,
            faults: faults.clone(),
            readable: true,
            known,
        }
    }

    /// Says whether the defining file could be read; if not, unknown names are not reported.
    pub(super) fn readable(&mut self, readable: bool) {
        self.readable = readable;
    }

    /// Adds a name; the second definition of it is a fault.
    pub(super) fn define(&mut self, name: &str, value: Option<T>, place: Place) {
        if let Some(first) = self.known.get(name) {
            let Place { file, line, .. } = &first.place;
            let noun = self.noun;
            self.faults.add(
                &place,
                format!("{noun} `{name}` is defined twice, first in {file}:{line}"),
            );
            return;
        }
        self.known.insert(name.to_owned(), Known { value, place });
    }

    /// What a name stands for; an unknown one is a fault where it is used.
    pub(super) fn find(&self, name: &Spot<String>) -> Option<T> {
        if let Some(known) = self.known.get(&name.value) {
            return known.value.clone();
        }
        if self.readable {
            let Self { noun, file, .. } = self;
            let message = format!(
                "no {noun} `{}` in {file}; add it or correct the name",
                name.value
            );
            self.faults.add(&name.place, message);
        }
        None
    }

    /// Looks each of the names up.
    pub(super) fn find_all(&self, names: &[Spot<String>]) -> Vec<T> {
        names.iter().filter_map(|name| self.find(name)).collect()
    }
}
