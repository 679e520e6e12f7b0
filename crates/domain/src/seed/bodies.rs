//! `bodies.toml`: those who bear tasks or own systems and are not among the departments.

use super::BODIES;
use super::directory::{Directory, Party};
use super::entry::Entry;
use super::fault::FaultList;
use super::names::Names;
use super::provenance::Provenance;
use crate::id::RegionCode;

/// A body that is not one of the departments and has no credit code here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodySeed {
    /// A short ASCII id.
    pub id: String,
    /// What it is.
    pub kind: BodyKind,
    /// The spellings in use, the usual one first; never empty.
    pub names: Vec<String>,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// What kind of body it is, with the code of those that have one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyKind {
    /// The government of a district, county or county-level city.
    County {
        /// GB/T 2260 code.
        region: RegionCode,
    },
    /// A development zone; GB/T 2260 has no code for it.
    DevelopmentZone {
        /// Our own id of the area, as in `regions.toml`.
        local_code: String,
    },
    /// A group of bodies that the document addresses as one.
    Group,
    /// A single office or organisation of the city.
    Office,
    /// A company.
    Enterprise,
    /// A provincial or national owner of a platform.
    External,
}

/// Reads the bodies and enters their names.
pub(super) fn read(
    root: &Entry<'_>,
    directory: &mut Directory<'_>,
    faults: &FaultList,
) -> Vec<BodySeed> {
    let mut ids = Names::<()>::new("body", BODIES, faults);
    root.each("body", "id", |entry| {
        let id = entry.parsed("id", super::slug);
        if let Some(id) = &id {
            ids.define(id, None, entry.place());
        }
        let party = id.clone().map(Party::Body);
        let names = directory.read_names(entry, "names", party.as_ref());
        let kind = read_kind(entry, directory);
        let provenance = Provenance::read(entry);
        Some(BodySeed {
            id: id?,
            kind: kind?,
            names,
            provenance: provenance?,
        })
    })
}

fn read_kind(entry: &Entry<'_>, directory: &Directory<'_>) -> Option<BodyKind> {
    let kind = entry.text("kind")?;
    match kind.value.as_str() {
        "county" => Some(BodyKind::County {
            region: directory.read_region(entry)?,
        }),
        "development_zone" => Some(BodyKind::DevelopmentZone {
            local_code: directory.read_local_code(entry)?,
        }),
        "group" => Some(BodyKind::Group),
        "office" => Some(BodyKind::Office),
        "enterprise" => Some(BodyKind::Enterprise),
        "external" => Some(BodyKind::External),
        other => {
            let known = "county, development_zone, group, office, enterprise, external";
            entry.fault_at(
                "kind",
                format!("unknown kind `{other}`; choose one of: {known}"),
            );
            None
        }
    }
}
