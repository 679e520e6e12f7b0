//! The names people use, for the names in the ledger.

use domain::name::{DepartmentName, MatterName, ResourceName, SystemName};
use domain::snapshot::Snapshot;

/// What people call the thing of this name; none when the registry does not know it.
pub(crate) fn known(text: &str, snapshot: &Snapshot) -> Option<String> {
    system(text, snapshot)
        .or_else(|| resource(text, snapshot))
        .or_else(|| department(text, snapshot))
        .or_else(|| matter(text, snapshot))
}

/// What people call it, or the name itself.
pub(crate) fn shown(text: &str, snapshot: &Snapshot) -> String {
    known(text, snapshot).unwrap_or_else(|| text.to_owned())
}

fn system(text: &str, snapshot: &Snapshot) -> Option<String> {
    Some(
        snapshot
            .system(&SystemName::parse(text).ok()?)?
            .display_name
            .clone(),
    )
}

fn resource(text: &str, snapshot: &Snapshot) -> Option<String> {
    Some(
        snapshot
            .resource(&ResourceName::parse(text).ok()?)?
            .title
            .clone(),
    )
}

fn department(text: &str, snapshot: &Snapshot) -> Option<String> {
    Some(
        snapshot
            .department(&DepartmentName::parse(text).ok()?)?
            .short_name
            .clone(),
    )
}

fn matter(text: &str, snapshot: &Snapshot) -> Option<String> {
    Some(
        snapshot
            .matter(&MatterName::parse(text).ok()?)?
            .title
            .clone(),
    )
}
