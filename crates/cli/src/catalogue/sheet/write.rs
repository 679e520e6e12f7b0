//! Entries as rows of the sheet.

use api::catalogue::v1::{Basis, DataVolume, Resource, ResourceItem};
use domain::policy::shaoyang_date;
use sheet::Merge;

use super::columns::{is_of_item, keys};
use crate::catalogue::register::Register;
use crate::catalogue::words::{BASES, CYCLES, FORMATS, GRADES, LEVELS, MODES, SHARE_TYPES, TYPES};
use crate::sheets::column::label;

/// Rows, and the cells that belong together.
#[derive(Default)]
pub(super) struct Written {
    pub(super) rows: Vec<Vec<String>>,
    pub(super) merges: Vec<Merge>,
}

impl Written {
    /// Adds an entry, with what came of it where that is to be told.
    pub(super) fn add(&mut self, entry: &Resource, outcome: Option<&str>, register: &Register) {
        let first = self.rows.len();
        let shown: Vec<&str> = keys()
            .filter(|key| *key != "outcome" || outcome.is_some())
            .collect();
        let none = ResourceItem::default();
        let items = if entry.items.is_empty() {
            std::slice::from_ref(&none)
        } else {
            &entry.items
        };
        for (index, item) in items.iter().enumerate() {
            let cell = |key: &&str| match of_item(item, key) {
                Some(text) => text,
                None if index > 0 => String::new(),
                None if *key == "outcome" => outcome.unwrap_or_default().to_owned(),
                None => of_entry(entry, key, register),
            };
            self.rows.push(shown.iter().map(cell).collect());
        }
        let columns = shown.iter().enumerate();
        let shared = columns.filter(|(_, key)| !is_of_item(key));
        self.merges.extend(shared.map(|(column, _)| Merge {
            column,
            row: first,
            rows: items.len(),
        }));
    }
}

fn of_item(item: &ResourceItem, key: &str) -> Option<String> {
    Some(match key {
        "item_title" => item.title.clone(),
        "item_key" => item.key.clone(),
        "item_data_type" => {
            let code = item.data_type.as_str();
            format!("{code} {}", label(TYPES, &code)).trim().to_owned()
        }
        "item_length" => number(item.length.into()),
        "item_sensitive" => yes(item.sensitive),
        "item_personal" => yes(item.personal),
        _ => return None,
    })
}

fn of_entry(entry: &Resource, key: &str, register: &Register) -> String {
    let volume = entry.volume.unwrap_or_default();
    match key {
        "classification" => {
            let code = code(&entry.name);
            let class = code.split_once('/').map(|(class, _)| class.to_owned());
            class.unwrap_or_default()
        }
        "title" => entry.title.clone(),
        "name" => code(&entry.name),
        "department" => {
            let departments = &register.departments;
            departments.written(&entry.department)
        }
        "inner_department" => entry.inner_department.clone(),
        "provider_code" => bare_id(&entry.department, "departments/"),
        "summary" => entry.summary.clone(),
        "format_class" => label(FORMATS, &entry.format_class),
        "format_type" => entry.format_type.clone(),
        "publish_date" => day(entry.publish_time.as_ref()),
        "share_type" => label(SHARE_TYPES, &entry.share_type()),
        "share_condition" => entry.share_condition.clone(),
        "share_scope" => entry.share_scope.clone(),
        "share_purpose" => entry.share_purpose.clone(),
        "refusal_reason" => entry.refusal_reason.clone(),
        "share_modes" => {
            let modes = entry.share_modes().map(|mode| label(MODES, &mode));
            modes.collect::<Vec<_>>().join("、")
        }
        "open" => yes(entry.open),
        "open_condition" => entry.open_condition.clone(),
        "update_cycle" => label(CYCLES, &entry.update_cycle),
        "data_class" => entry.data_class.clone(),
        "data_level" => label(LEVELS, &entry.data_level.as_str()),
        "data_grade" => label(GRADES, &entry.data_grade),
        "related_resources" => {
            let codes = entry.related_resources.iter().map(|name| code(name));
            codes.collect::<Vec<_>>().join("、")
        }
        "secrecy_review" => entry.secrecy_review.clone(),
        "impact_assessment" => entry.impact_assessment.clone(),
        "head_approval" => entry.head_approval.clone(),
        "system" => register.written_system(&entry.system),
        "basis" if entry.basis() == Basis::Unspecified => label(BASES, &Basis::Duty),
        "basis" => label(BASES, &entry.basis()),
        "certificate_type" => bare_id(&entry.certificate_type, "certificateTypes/"),
        "cache_seconds" => number(entry.cache_seconds.into()),
        volume_of => volume_cell(&volume, volume_of),
    }
}

fn volume_cell(volume: &DataVolume, key: &str) -> String {
    match key {
        "volume_stored" => size(volume.stored_gigabytes),
        "volume_stored_records" => number(volume.stored_records),
        "volume_shared" => size(volume.shared_gigabytes),
        "volume_shared_records" => number(volume.shared_records),
        "volume_open" => size(volume.open_gigabytes),
        "volume_open_records" => number(volume.open_records),
        _ => String::new(),
    }
}

/// The day of a moment in the city; empty for none.
fn day(moment: Option<&prost_types::Timestamp>) -> String {
    let moment = moment.and_then(|wire| jiff::Timestamp::new(wire.seconds, wire.nanos).ok());
    moment.map_or_else(String::new, |moment| shaoyang_date(moment).to_string())
}

/// A catalogue code as people write it.
fn code(name: &str) -> String {
    bare_id(name, "resources/").replacen('-', "/", 1)
}

fn bare_id(name: &str, collection: &str) -> String {
    name.strip_prefix(collection).unwrap_or(name).to_owned()
}

fn yes(flag: bool) -> String {
    if flag { "是" } else { "否" }.to_owned()
}

/// A number; 0 is not stated.
fn number(number: i64) -> String {
    if number == 0 {
        return String::new();
    }
    number.to_string()
}

fn size(gigabytes: f64) -> String {
    if gigabytes == 0.0 {
        return String::new();
    }
    gigabytes.to_string()
}
