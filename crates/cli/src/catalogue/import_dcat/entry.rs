//! One dataset as an entry: what people say of it, what it says itself, what is in the catalogue, and what holds for all.

use std::collections::BTreeSet;

use api::catalogue::v1::{Resource, ResourceItem, ShareMode, ShareType};
use dcat::ImportedEntry;

use super::fault::Fault;
use super::given::{Given, Said};
use super::key::Key;
use super::known;
use crate::catalogue::register::{Register, written};

/// A dataset that was read.
pub(super) struct Read {
    /// Its address.
    pub(super) dataset: String,
    pub(super) resource: Resource,
    /// Fields at fault, which the gateway need not tell again.
    wrong: BTreeSet<String>,
    pub(super) faults: Vec<Fault>,
}

impl Read {
    /// Whether a fault of this field was told already, or one that it follows from.
    pub(super) fn told(&self, field: &str) -> bool {
        let whole = field.split(['[', '.']).next().unwrap_or(field);
        self.wrong.contains(field) || self.wrong.contains(whole)
    }
}

/// The department whose entry a dataset is, where that is clear already.
pub(super) fn owner(
    document: &ImportedEntry,
    given: &Given,
    register: &Register,
) -> Option<String> {
    let system = system(document, given);
    let owner = register.owner_of(system);
    let stated = provider(document, given);
    let owner = if owner.is_empty() { stated } else { owner };
    (!owner.is_empty()).then(|| owner.to_owned())
}

/// The system that is given for a dataset; empty for none.
fn system<'g>(document: &ImportedEntry, given: &'g Given) -> &'g str {
    let named = given.named.get(&document.dataset);
    let named = named.filter(|said| said.says(Key::System));
    let said = named.unwrap_or(&given.default);
    &said.resource.system
}

/// The department that is given or stated for a dataset; empty for none.
fn provider<'g>(document: &'g ImportedEntry, given: &'g Given) -> &'g str {
    let named = given.named.get(&document.dataset);
    let named = named.map_or("", |said| said.resource.department.as_str());
    let stated = document.resource.department.as_str();
    let default = given.default.resource.department.as_str();
    let mut all = [named, stated, default].into_iter();
    all.find(|one| !one.is_empty()).unwrap_or_default()
}

/// Reads a dataset. What it lacks is replaced by a value that the gateway takes, so that it can judge the rest; nothing
/// of it is ever stored.
pub(super) fn read(document: &ImportedEntry, given: &Given, register: &Register) -> Read {
    let owner = owner(document, given, register).unwrap_or_default();
    let named = given.named.get(&document.dataset);
    let (stored, taken) = match known::stored(document, named, register, &owner) {
        Ok(stored) => (stored.cloned(), None),
        Err(taken) => (None, Some(taken)),
    };
    let mut entry = merged(document, named, stored.as_ref(), &given.default);
    let mut faults: Vec<Fault> = entry
        .still_lacks()
        .iter()
        .map(|lack| Fault::lacking(&document.dataset, lack))
        .collect();
    faults.extend(taken);
    faults.extend(contradiction(document, given, register, &entry.resource));
    let wrong: BTreeSet<String> = faults.iter().map(|fault| fault.field.clone()).collect();
    for field in &wrong {
        stand_in(&mut entry.resource, field, &document.dataset);
    }
    Read {
        dataset: document.dataset.clone(),
        resource: entry.resource,
        wrong,
        faults,
    }
}

fn merged(
    document: &ImportedEntry,
    named: Option<&Said>,
    stored: Option<&Resource>,
    default: &Said,
) -> ImportedEntry {
    let mut entry = document.clone();
    let mut graph = document.resource.clone();
    let mut before = written(stored.cloned().unwrap_or_default());
    let mut named = named.cloned().unwrap_or_default();
    let mut default = default.clone();
    let mut resource = if document.is_ours {
        inside(&before, &graph)
    } else {
        graph.items = known_items(&graph.items, &before.items);
        before.clone()
    };
    entry.says_open |= stored.is_some();
    for key in Key::ALL {
        let is_settled = document.is_ours && !key.stays_inside();
        if named.says(key) {
            key.copy(&mut named.resource, &mut resource);
        } else if key.is_said(&mut graph) || (key == Key::Open && document.says_open) {
            key.copy(&mut graph, &mut resource);
        } else if key.is_said(&mut before) || (key == Key::Open && stored.is_some()) {
            // It stays as it is.
        } else if !is_settled && default.says(key) && key.concerns(&resource) {
            key.copy(&mut default.resource, &mut resource);
        } else {
            continue;
        }
        entry.says_open |= key == Key::Open;
    }
    if let Some(stored) = stored
        && (!document.is_ours || resource.name.ends_with('-'))
    {
        resource.name.clone_from(&stored.name);
    }
    // It follows from the system.
    resource.department.clear();
    if let Some(source) = known::source(document) {
        known::note(source, &mut resource, stored);
    }
    if named.says(Key::Items) {
        entry.take_items(std::mem::take(&mut named.resource.items));
    }
    entry.resource = resource;
    entry
}

/// An export of ours with what never leaves: what is empty in it is meant to be empty.
fn inside(before: &Resource, graph: &Resource) -> Resource {
    written(Resource {
        system: before.system.clone(),
        api: before.api.clone(),
        cache_seconds: before.cache_seconds,
        refusal_reason: before.refusal_reason.clone(),
        secrecy_review: before.secrecy_review.clone(),
        impact_assessment: before.impact_assessment.clone(),
        head_approval: before.head_approval.clone(),
        source_identifier: before.source_identifier.clone(),
        etag: before.etag.clone(),
        ..graph.clone()
    })
}

/// Items of a catalogue of others, with what only we say of those that we know.
fn known_items(stated: &[ResourceItem], known: &[ResourceItem]) -> Vec<ResourceItem> {
    let with_known = |item: &ResourceItem| {
        let before = known.iter().find(|before| before.key == item.key);
        let before = before.cloned().unwrap_or_default();
        ResourceItem {
            sensitive: before.sensitive,
            personal: before.personal,
            length: if item.length == 0 {
                before.length
            } else {
                item.length
            },
            ..item.clone()
        }
    };
    stated.iter().map(with_known).collect()
}

/// Another provider than the system's own department.
fn contradiction(
    document: &ImportedEntry,
    given: &Given,
    register: &Register,
    resource: &Resource,
) -> Option<Fault> {
    let (owner, provider) = (
        register.owner_of(&resource.system),
        provider(document, given),
    );
    if owner.is_empty() || provider.is_empty() || owner == provider {
        return None;
    }
    let shown = |name| register.departments.short_name(name);
    let text = format!(
        "the provider is {}, and {} is a system of {}; name a system of the provider, or, where the data is the \
         system's, give department = \"{owner}\" under [dataset.\"{}\"]",
        shown(provider),
        resource.system,
        shown(owner),
        document.dataset,
    );
    Some(Fault::new(
        &document.dataset,
        "department",
        "CONTRADICTION",
        text,
    ))
}

/// Puts a value that the gateway takes where something lacks.
fn stand_in(resource: &mut Resource, field: &str, dataset: &str) {
    let rest = field.split_once('.').map_or("", |(_, rest)| rest);
    if let Some((number, _)) = crate::sheets::finding::index(field) {
        if let Some(item) = resource.items.get_mut(number) {
            match rest {
                "key" => item.key = format!("item_{number}"),
                "title" => item.title = format!("{}", number + 1),
                _ => "C".clone_into(&mut item.data_type),
            }
        }
        return;
    }
    match Key::of_field(field) {
        Some(Key::Classification) => "resources/301001-".clone_into(&mut resource.name),
        // The gateway compares titles: each needs its own.
        Some(Key::Title) => resource.title = last_characters(dataset, 50),
        Some(Key::Summary) => "—".clone_into(&mut resource.summary),
        Some(Key::Items) => resource.items = vec![one_item()],
        Some(Key::ShareType) => resource.set_share_type(ShareType::Unconditional),
        Some(Key::ShareCondition) => "—".clone_into(&mut resource.share_condition),
        Some(Key::ShareModes) => resource.share_modes = vec![fitting(resource.format_class)],
        // Of the trade's own format the guide asks nothing across fields.
        Some(Key::FormatClass) => resource.format_class = 6,
        Some(Key::UpdateCycle) => resource.update_cycle = 1,
        Some(Key::DataLevel) => "general".clone_into(&mut resource.data_level),
        // Without a system the gateway asks for one, which was told already; the rest may be empty.
        _ => {}
    }
}

fn one_item() -> ResourceItem {
    ResourceItem {
        key: "item_0".to_owned(),
        title: "1".to_owned(),
        data_type: "C".to_owned(),
        ..ResourceItem::default()
    }
}

/// A mode that goes with a format.
fn fitting(format_class: i32) -> i32 {
    let mode = if format_class == 3 {
        ShareMode::Table
    } else {
        ShareMode::File
    };
    mode.into()
}

fn last_characters(text: &str, most: usize) -> String {
    let skipped = text.chars().count().saturating_sub(most);
    text.chars().skip(skipped).collect()
}
