//! What an entry of ours needs and a dataset does not give.

use api::catalogue::v1 as pb;

use super::items::{MOST_COLUMNS, Schema};
use super::{ImportedEntry, Lack};
use crate::codes;

/// Longest title and summary of an entry, in characters.
const LONGEST: [(&str, usize); 2] = [("title", 50), ("summary", 256)];

/// All that an entry lacks to be drafted. Rules across fields are the gateway's, which names them when it is drafted.
pub(super) fn of(entry: &ImportedEntry, schema: Schema) -> Vec<Lack> {
    let resource = &entry.resource;
    let mut lacks = Lacks(Vec::new());
    lacks.texts(entry);
    let whose = match (entry.publisher.as_str(), resource.department.as_str()) {
        ("", "") => "no publisher is stated".to_owned(),
        (publisher, "") => {
            format!("the publisher, {publisher}, is stated without its unified social credit code")
        }
        ("", code) => format!("the publisher is {code}"),
        (publisher, _) => format!("the publisher is {publisher}"),
    };
    lacks.push(
        "system",
        format!("{whose}; name its registered system that provides the data, systems/ID"),
    );
    lacks.items(&resource.items, schema);
    lacks.choices(resource);
    lacks.0
}

struct Lacks(Vec<Lack>);

impl Lacks {
    fn push(&mut self, field: &str, message: impl Into<String>) {
        let field = field.to_owned();
        self.0.push(Lack {
            field,
            message: message.into(),
        });
    }

    fn texts(&mut self, entry: &ImportedEntry) {
        let resource = &entry.resource;
        if resource.name.is_empty() {
            let stated = match entry.identifier.as_str() {
                "" => "no identifier is stated",
                _ => "its identifier is no catalogue code",
            };
            self.push("name", format!("{stated}; give it one, resources/CLASSIFICATION-NUMBER, as in resources/301001-000012"));
        }
        let [title, summary] = LONGEST;
        for ((field, most), text) in [(title, &resource.title), (summary, &resource.summary)] {
            let length = text.chars().count();
            if text.trim().is_empty() {
                self.push(field, format!("not stated; give 1 to {most} characters"));
            } else if length > most {
                self.push(field, format!("{length} characters; shorten it to {most}"));
            } else if text.chars().any(char::is_control) {
                self.push(
                    field,
                    "it has line breaks or other control characters; make it one line",
                );
            }
        }
    }

    fn items(&mut self, items: &[pb::ResourceItem], schema: Schema) {
        match schema {
            Schema::Absent => self.push(
                "items",
                "no columns are stated; list the items with their types",
            ),
            Schema::Cut => self.push(
                "items",
                format!(
                    "more than {MOST_COLUMNS} columns; only these were read. Split the resource"
                ),
            ),
            Schema::Whole => {}
        }
        let mut keys = std::collections::BTreeSet::new();
        for (place, item) in items.iter().enumerate() {
            let at = |field: &str| format!("items[{place}].{field}");
            if !is_key(&item.key) {
                self.push(&at("key"), "give a key of 1 to 40 characters: a small letter, then small letters, digits and _");
            } else if !keys.insert(item.key.as_str()) {
                self.push(&at("key"), "another item has this key; give each its own");
            }
            if item.title.trim().is_empty() || item.title.chars().count() > 50 {
                self.push(
                    &at("title"),
                    "give the name that people read, 1 to 50 characters",
                );
            }
            if !codes::is_data_type(&item.data_type) {
                self.push(
                    &at("data_type"),
                    "no type of ours is stated; choose one of C N Y D T L M G B I F",
                );
            }
        }
    }

    fn choices(&mut self, resource: &pb::Resource) {
        match resource.share_type() {
            pb::ShareType::Unspecified => self.push(
                "share_type",
                "not stated; choose unconditional, conditional or not_shared",
            ),
            pb::ShareType::Conditional | pb::ShareType::NotShared
                if resource.share_condition.is_empty() =>
            {
                self.push(
                    "share_condition",
                    "state the condition, or the legal basis of not sharing",
                );
            }
            pb::ShareType::Unconditional
            | pb::ShareType::Conditional
            | pb::ShareType::NotShared => {}
        }
        if resource.share_modes.is_empty() {
            self.push(
                "share_modes",
                "no service and no download is stated; choose table, file or api",
            );
        }
        if !(1..=7).contains(&resource.format_class) {
            self.push("format_class", "no format that we know is stated; choose 1 to 7 (电子文件、电子表格、数据库、图形图像、流媒体、自描述格式、服务接口)");
        }
        if resource.update_cycle == 0 {
            self.push("update_cycle", "no frequency that we have is stated; choose 1 to 6 (实时、每日、每周、每月、每季度、每年)");
        }
        if !["general", "important"].contains(&resource.data_level.as_str()) {
            self.push(
                "data_level",
                "not stated, or core; choose general or important (GB/T 43697-2024)",
            );
        }
    }
}

/// What the contract demands of a key.
fn is_key(key: &str) -> bool {
    let small = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    (1..=40).contains(&key.len())
        && key.starts_with(|c: char| c.is_ascii_lowercase())
        && key.bytes().all(small)
}
