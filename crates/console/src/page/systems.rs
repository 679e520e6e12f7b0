//! The inventory: systems, all or those of one department, with how far each has come.

use std::collections::BTreeMap;

use askama::Template;
use broker::{Failure, Gateway, PageRequest};
use domain::caller::Caller;
use domain::name::{DepartmentName, SystemName};
use domain::progress::{FACTS, Proof, Proofs};
use domain::snapshot::Snapshot;
use domain::system::System;
use serde::Deserialize;

use super::{Frame, names};
use crate::url;
use crate::words::inventory as words;

/// Systems of a page.
const SIZE: i32 = 50;

/// What the address asks for. Empty texts ask for nothing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    department: String,
    page_token: String,
}

/// What the page of the inventory shows.
#[derive(Template)]
#[template(path = "systems.html")]
pub(crate) struct SystemsPage {
    frame: Frame,
    /// The department whose systems these are, where it is one: its full name.
    of: Option<String>,
    departments: Vec<Choice>,
    lines: Vec<LineView>,
    /// The address of the first page, from a later one.
    first: Option<String>,
    next: Option<String>,
}

/// A department to choose.
struct Choice {
    id: String,
    name: String,
    on: bool,
}

/// One system.
struct LineView {
    name: String,
    id: String,
    link: String,
    department: String,
    of_department: String,
    state: (&'static str, &'static str),
    stage: &'static str,
    hosting: &'static str,
    self_built: bool,
    /// The proof of each fact, in the order of [`words::FACTS`].
    proofs: [Option<Proof>; FACTS.len()],
}

/// Reads a page of systems.
///
/// # Errors
/// A department that cannot be; a page token of another list; the store's.
pub(crate) async fn page(
    gateway: &Gateway,
    caller: &Caller,
    wanted: &Wanted,
) -> Result<SystemsPage, Failure> {
    let department = department_of(&wanted.department)?;
    let page = PageRequest::new(SIZE, &wanted.page_token);
    let page = page.map_err(|cause| Failure::field("page_token", &cause))?;
    let found = gateway.systems(&page, department.as_ref()).await?;
    let proofs = gateway.proofs().await?;
    let snapshot = gateway.snapshot();
    let id = department.as_ref().map_or("", DepartmentName::id);
    let at = |token| url::with_query("/systems", &[("department", id), ("page_token", token)]);
    let rows = found.rows.iter();
    Ok(SystemsPage {
        frame: Frame::at("systems", caller, &snapshot),
        of: department.as_ref().map(|name| {
            let known = snapshot.department(name);
            known.map_or_else(|| name.to_string(), |known| known.full_name.clone())
        }),
        departments: choices(&snapshot, id),
        lines: rows
            .map(|row| line(&row.value, &proofs, &snapshot))
            .collect(),
        first: (!wanted.page_token.is_empty()).then(|| at("")),
        next: (!found.next.is_empty()).then(|| at(&found.next)),
    })
}

/// The department of an address, by its code or its whole name; none for an empty text.
pub(super) fn department_of(text: &str) -> Result<Option<DepartmentName>, Failure> {
    if text.is_empty() {
        return Ok(None);
    }
    let name = DepartmentName::from_id(text).or_else(|_| DepartmentName::parse(text));
    name.map(Some)
        .map_err(|cause| Failure::field("department", &cause))
}

fn choices(snapshot: &Snapshot, chosen: &str) -> Vec<Choice> {
    let mut all: Vec<Choice> = snapshot
        .departments()
        .map(|department| Choice {
            id: department.name.id().to_owned(),
            name: department.short_name.clone(),
            on: department.name.id() == chosen,
        })
        .collect();
    all.sort_by(|one, other| one.id.cmp(&other.id));
    all
}

fn line(system: &System, proofs: &BTreeMap<SystemName, Proofs>, snapshot: &Snapshot) -> LineView {
    let proofs = proofs.get(&system.name).copied().unwrap_or_default();
    LineView {
        name: system.display_name.clone(),
        id: system.name.id().to_owned(),
        link: names::to_system(&system.name),
        department: names::of_department(&system.department, snapshot),
        of_department: names::to_systems_of(&system.department),
        state: words::system_state(&system.state),
        stage: words::stage(system.steps.stage(&proofs)),
        hosting: words::hosting(system.hosting),
        self_built: system.self_built,
        proofs: proofs.facts(),
    }
}
