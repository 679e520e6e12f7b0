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

/// The page about the thing of this name, where the registry knows it and it has one.
pub(crate) fn link(text: &str, snapshot: &Snapshot) -> Option<String> {
    let of_system = || {
        let name = SystemName::parse(text).ok()?;
        snapshot.system(&name).map(|_| to_system(&name))
    };
    let of_resource = || {
        // What is no longer published is its department's own.
        let name = ResourceName::parse(text).ok()?;
        let known = snapshot.resource(&name)?;
        known.state.is_public().then(|| to_resource(&name))
    };
    let of_department = || {
        let name = DepartmentName::parse(text).ok()?;
        snapshot.department(&name).map(|_| to_systems_of(&name))
    };
    of_system().or_else(of_resource).or_else(of_department)
}

/// The page of a system.
pub(crate) fn to_system(name: &SystemName) -> String {
    ["/systems/", name.id()].concat()
}

/// The page of a catalogue entry.
pub(crate) fn to_resource(name: &ResourceName) -> String {
    ["/catalogue/resources/", name.id()].concat()
}

/// The systems of a department.
pub(crate) fn to_systems_of(name: &DepartmentName) -> String {
    ["/systems?department=", name.id()].concat()
}

/// The short name of a department, or its name where the registry does not know it.
pub(crate) fn of_department(name: &DepartmentName, snapshot: &Snapshot) -> String {
    let known = snapshot.department(name);
    known.map_or_else(|| name.to_string(), |known| known.short_name.clone())
}

/// What people call an entry of the catalogue that everybody sees; of any other its code.
pub(crate) fn of_public(name: &ResourceName, snapshot: &Snapshot) -> String {
    let known = snapshot.resource(name);
    let public = known.filter(|known| known.state.is_public());
    public.map_or_else(|| name.id().to_owned(), |known| known.title.clone())
}

/// Somebody, by the name of the certificate: an officer with the department's short name.
pub(crate) fn of_person(text: &str, snapshot: &Snapshot) -> String {
    let officer = text
        .split_once("/officers/")
        .and_then(|(department, account)| {
            let name = DepartmentName::parse(department).ok()?;
            let known = snapshot.department(&name)?;
            Some(format!("{} {account}", known.short_name))
        });
    officer.unwrap_or_else(|| text.to_owned())
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
    let known = snapshot.resource(&ResourceName::parse(text).ok()?)?;
    // The title of a draft is its department's own.
    known.state.is_public().then(|| known.title.clone())
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
