//! Who is known by which name, and which regions there are.

use super::entry::Entry;
use super::fault::{FaultList, Spot};
use super::names::Names;
use crate::id::{RegionCode, RegionTable, Uscc};

/// A department or another body, wherever either may stand.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Party {
    /// A department, by its code.
    Department(Uscc),
    /// Another body, by its id.
    Body(String),
}

/// The names of departments and bodies, in every spelling.
pub(super) struct Directory<'a> {
    parties: Names<Party>,
    /// Absent when the reference data has faults; then no region is checked.
    regions: Option<&'a RegionTable>,
    faults: FaultList,
}

impl<'a> Directory<'a> {
    pub(super) fn new(regions: Option<&'a RegionTable>, faults: &FaultList) -> Self {
        let parties = Names::new(
            "department or body",
            "departments.toml or bodies.toml",
            faults,
        );
        Self {
            parties,
            regions,
            faults: faults.clone(),
        }
    }

    /// Says whether both files could be read.
    pub(super) fn readable(&mut self, readable: bool) {
        self.parties.readable(readable);
    }

    /// Reads the names of an entry and enters them.
    pub(super) fn read_names(
        &mut self,
        entry: &Entry<'_>,
        key: &'static str,
        party: Option<&Party>,
    ) -> Vec<String> {
        let names = entry.texts(key);
        if names.is_empty() {
            entry.fault_at(key, format!("`{key}` needs at least one name"));
        }
        for name in &names {
            self.parties
                .define(&name.value, party.cloned(), name.place.clone());
        }
        names.into_iter().map(|name| name.value).collect()
    }

    /// The party of this name.
    pub(super) fn party(&self, name: &Spot<String>) -> Option<Party> {
        self.parties.find(name)
    }

    /// The parties of these names.
    pub(super) fn parties(&self, names: &[Spot<String>]) -> Vec<Party> {
        self.parties.find_all(names)
    }

    /// The department of this name; another body is a fault.
    pub(super) fn department(&self, name: &Spot<String>) -> Option<Uscc> {
        match self.parties.find(name)? {
            Party::Department(uscc) => Some(uscc),
            Party::Body(_) => {
                let message = format!(
                    "`{}` is no department; name one of departments.toml",
                    name.value
                );
                self.faults.add(&name.place, message);
                None
            }
        }
    }

    /// A region code that is in force today.
    pub(super) fn read_region(&self, entry: &Entry<'_>) -> Option<RegionCode> {
        let region = entry.parsed("region", RegionCode::parse)?;
        if self
            .regions
            .is_some_and(|regions| regions.current(&region).is_none())
        {
            entry.fault_at(
                "region",
                format!("no region {region} is in force today (regions.toml)"),
            );
            return None;
        }
        Some(region)
    }

    /// The id of an area that has no region code.
    pub(super) fn read_local_code(&self, entry: &Entry<'_>) -> Option<String> {
        let code = entry.text("local_code")?.value;
        let areas = self.regions.map(RegionTable::local_areas);
        if areas.is_some_and(|areas| areas.iter().all(|area| area.id != code)) {
            entry.fault_at(
                "local_code",
                format!("no local area `{code}` in regions.toml"),
            );
            return None;
        }
        Some(code)
    }
}
