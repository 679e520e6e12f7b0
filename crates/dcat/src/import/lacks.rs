//! What an entry of ours needs and a dataset does not give.

use api::catalogue::v1 as pb;

use super::items::{MOST_COLUMNS, Schema};
use super::{ImportedEntry, Lack};
use crate::codes;

/// Longest title and summary of an entry, in characters.
const LONGEST: [(&str, usize); 2] = [("title", 50), ("summary", 256)];

/// All that an entry lacks to be drafted. Rules across fields are the gateway's, which names them when it is drafted.
pub(super) fn of(entry: &ImportedEntry) -> Vec<Lack> {
    let resource = &entry.resource;
    let mut lacks = Lacks(Vec::new());
    lacks.texts(entry);
    if resource.system.is_empty() {
        let whose = publisher(entry);
        let text =
            format!("{whose}; name its registered system that provides the data, systems/ID");
        lacks.required("system", text);
    }
    lacks.items(&resource.items, entry.columns);
    lacks.sharing(entry);
    lacks.choices(resource);
    lacks.0
}

/// What is known of who publishes it.
fn publisher(entry: &ImportedEntry) -> String {
    match (entry.publisher.as_str(), entry.resource.department.as_str()) {
        ("", "") => "no publisher is stated".to_owned(),
        (publisher, "") => {
            format!("the publisher, {publisher}, is stated without its unified social credit code")
        }
        ("", code) => format!("the publisher is {code}"),
        (publisher, _) => format!("the publisher is {publisher}"),
    }
}

struct Lacks(Vec<Lack>);

impl Lacks {
    fn push(&mut self, field: &str, code: &'static str, message: impl Into<String>) {
        self.0.push(Lack {
            field: field.to_owned(),
            code,
            message: message.into(),
        });
    }

    fn required(&mut self, field: &str, message: impl Into<String>) {
        self.push(field, "REQUIRED", message);
    }

    fn texts(&mut self, entry: &ImportedEntry) {
        let resource = &entry.resource;
        if resource.name.is_empty() {
            let stated = match entry.identifier.as_str() {
                "" => "no identifier is stated",
                _ => "its identifier is no catalogue code",
            };
            self.required("name", format!("{stated}; give it one, resources/CLASSIFICATION-NUMBER, as in resources/301001-000012"));
        }
        let [title, summary] = LONGEST;
        for ((field, most), text) in [(title, &resource.title), (summary, &resource.summary)] {
            let length = text.chars().count();
            if text.trim().is_empty() {
                self.required(field, format!("not stated; give 1 to {most} characters"));
            } else if length > most {
                let text = format!("{length} characters; shorten it to {most}");
                self.push(field, "TOO_LONG", text);
            } else if text.chars().any(char::is_control) {
                let text = "it has line breaks or other control characters; make it one line";
                self.push(field, "CONTROL_CHARACTER", text);
            }
        }
    }

    fn items(&mut self, items: &[pb::ResourceItem], columns: Schema) {
        match columns {
            Schema::Absent => self.required(
                "items",
                "no columns are stated; list the items with their types",
            ),
            Schema::Cut => self.push(
                "items",
                "TOO_MANY",
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
                self.push(&at("key"), "NOT_A_KEY", "give a key of 1 to 40 characters: a small letter, then small letters, digits and _");
            } else if !keys.insert(item.key.as_str()) {
                let text = "another item has this key; give each its own";
                self.push(&at("key"), "DUPLICATE", text);
            }
            if item.title.trim().is_empty() || item.title.chars().count() > 50 {
                self.required(
                    &at("title"),
                    "give the name that people read, 1 to 50 characters",
                );
            }
            if !codes::is_data_type(&item.data_type) {
                self.required(
                    &at("data_type"),
                    "no type of ours is stated; choose one of C N Y D T L M G B I F",
                );
            }
        }
    }

    fn sharing(&mut self, entry: &ImportedEntry) {
        let resource = &entry.resource;
        match resource.share_type() {
            pb::ShareType::Unspecified => self.required(
                "share_type",
                "not stated; choose unconditional, conditional or not_shared",
            ),
            pb::ShareType::Conditional | pb::ShareType::NotShared
                if resource.share_condition.is_empty() =>
            {
                self.required(
                    "share_condition",
                    "state the condition, or the legal basis of not sharing",
                );
            }
            pb::ShareType::Unconditional
            | pb::ShareType::Conditional
            | pb::ShareType::NotShared => {}
        }
        if resource.share_modes.is_empty() && resource.share_type() != pb::ShareType::NotShared {
            self.required(
                "share_modes",
                "no service and no download is stated; choose table, file or api",
            );
        }
        if !entry.says_open {
            self.required(
                "open",
                "no access rights are stated; say whether it is open to society, yes or no",
            );
        }
    }

    fn choices(&mut self, resource: &pb::Resource) {
        if !(1..=7).contains(&resource.format_class) {
            self.required("format_class", "no format that we know is stated; choose 1 to 7 (电子文件、电子表格、数据库、图形图像、流媒体、自描述格式、服务接口)");
        }
        if resource.update_cycle == 0 {
            self.required("update_cycle", "no frequency that we have is stated; choose 1 to 6, or 9 (实时、每日、每周、每月、每季度、每年、不定期)");
        }
        if !["general", "important"].contains(&resource.data_level.as_str()) {
            self.required(
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
