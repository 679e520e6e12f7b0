//! What changed between two versions of an entry, field by field, and which of it breaks the use of others.

use serde::{Deserialize, Serialize};

use super::api::ApiChanges;
use super::{Resource, ShareType};
use crate::item::{Item, ItemKey};
use crate::snapshot::Snapshot;

/// One field that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Its path, for example `items[holder_name].data_type`.
    pub field: String,
    /// What it was; empty when it was not there.
    pub before: String,
    /// What it is; empty when it is not there any more.
    pub after: String,
    /// Whoever uses the entry may have to change something.
    pub breaking: bool,
}

/// The changes from one version to the other, in the order of the fields. Stages are not compared. Of the snapshot, the
/// interfaces are read that the versions name.
pub fn diff(before: &Resource, after: &Resource, snapshot: &Snapshot) -> Vec<Change> {
    let mut changes = Changes(Vec::new());
    changes.plain("title", &before.title, &after.title);
    changes.plain("summary", &before.summary, &after.summary);
    changes.field(
        "system",
        before.system.as_str(),
        after.system.as_str(),
        true,
    );
    changes.items(&before.items, &after.items);
    let [was, is] = [before, after].map(|resource| share_type(&resource.share_type));
    let closed = matches!(after.share_type, ShareType::NotShared { .. });
    changes.field("share_type", &was, &is, closed);
    changes.modes(before, after);
    let kind = |resource: &Resource| {
        let kind = resource.certificate_type.as_ref();
        kind.map(ToString::to_string).unwrap_or_default()
    };
    changes.field("certificate_type", &kind(before), &kind(after), true);
    let api = ApiChanges::between(before, after, snapshot);
    changes.0.extend(api.changes);
    let stricter = after.basis > before.basis;
    changes.field(
        "basis",
        before.basis.as_str(),
        after.basis.as_str(),
        stricter,
    );
    let number = |value: u64| value.to_string();
    for (field, was, is) in [
        (
            "cache_seconds",
            before.cache_seconds.into(),
            after.cache_seconds.into(),
        ),
        (
            "format_class",
            before.format_class.into(),
            after.format_class.into(),
        ),
        (
            "update_cycle",
            before.update_cycle.into(),
            after.update_cycle.into(),
        ),
    ] {
        changes.plain(field, &number(was), &number(is));
    }
    changes.plain("data_level", &before.data_level, &after.data_level);
    changes.plain("open", &before.open.to_string(), &after.open.to_string());
    let auto = |resource: &Resource| resource.metadata.auto_approve.to_string();
    changes.plain("auto_approve", &auto(before), &auto(after));
    changes.metadata(before, after);
    changes.0
}

struct Changes(Vec<Change>);

impl Changes {
    fn plain(&mut self, field: &str, before: &str, after: &str) {
        self.field(field, before, after, false);
    }

    fn field(&mut self, field: &str, before: &str, after: &str, breaking: bool) {
        if before != after {
            self.0.push(Change {
                field: field.to_owned(),
                before: before.to_owned(),
                after: after.to_owned(),
                breaking,
            });
        }
    }

    fn items(&mut self, before: &[Item], after: &[Item]) {
        for item in before {
            let at = |part: &str| format!("items[{}]{part}", item.key);
            let Some(now) = after.iter().find(|other| other.key == item.key) else {
                self.field(&at(""), &item.title, "", true);
                continue;
            };
            let (was, is) = (item.data_type.as_str(), now.data_type.as_str());
            self.field(&at(".data_type"), was, is, true);
            self.plain(&at(".title"), &item.title, &now.title);
            let length = |item: &Item| item.length.map(|l| l.to_string()).unwrap_or_default();
            self.plain(&at(".length"), &length(item), &length(now));
            for (part, was, is) in [
                (".sensitive", item.sensitive, now.sensitive),
                (".personal", item.personal, now.personal),
            ] {
                self.plain(&at(part), &was.to_string(), &is.to_string());
            }
        }
        for item in after {
            if !before.iter().any(|other| other.key == item.key) {
                self.plain(&format!("items[{}]", item.key), "", &item.title);
            }
        }
    }

    fn modes(&mut self, before: &Resource, after: &Resource) {
        for mode in &before.share_modes {
            if !after.share_modes.contains(mode) {
                let field = format!("share_modes[{}]", mode.as_str());
                self.field(&field, mode.as_str(), "", true);
            }
        }
        for mode in &after.share_modes {
            if !before.share_modes.contains(mode) {
                let field = format!("share_modes[{}]", mode.as_str());
                self.plain(&field, "", mode.as_str());
            }
        }
    }

    fn metadata(&mut self, before: &Resource, after: &Resource) {
        let (was, is) = (&before.metadata, &after.metadata);
        for (field, was, is) in [
            (
                "inner_department",
                &was.inner_department,
                &is.inner_department,
            ),
            ("format_type", &was.format_type, &is.format_type),
            ("data_class", &was.data_class, &is.data_class),
            ("share_scope", &was.share_scope, &is.share_scope),
            ("share_purpose", &was.share_purpose, &is.share_purpose),
            ("refusal_reason", &was.refusal_reason, &is.refusal_reason),
            ("open_condition", &was.open_condition, &is.open_condition),
            ("secrecy_review", &was.secrecy_review, &is.secrecy_review),
            (
                "impact_assessment",
                &was.impact_assessment,
                &is.impact_assessment,
            ),
            ("head_approval", &was.head_approval, &is.head_approval),
            (
                "source_identifier",
                &was.source_identifier,
                &is.source_identifier,
            ),
        ] {
            self.plain(field, was, is);
        }
        let grade = |grade: Option<super::DataGrade>| {
            grade
                .map(|grade| grade.get().to_string())
                .unwrap_or_default()
        };
        self.plain("data_grade", &grade(was.data_grade), &grade(is.data_grade));
        let related = |related: &[crate::name::ResourceName]| {
            let names: Vec<&str> = related
                .iter()
                .map(crate::name::ResourceName::as_str)
                .collect();
            names.join(", ")
        };
        self.plain(
            "related_resources",
            &related(&was.related),
            &related(&is.related),
        );
        if was.volume != is.volume {
            let told = |volume: bool| if volume { "stated" } else { "" };
            let (before, after) = (told(was.volume.is_some()), told(is.volume.is_some()));
            self.0.push(Change {
                field: "volume".to_owned(),
                before: before.to_owned(),
                after: after.to_owned(),
                breaking: false,
            });
        }
    }
}

fn share_type(share_type: &ShareType) -> String {
    match share_type {
        ShareType::Unconditional => "unconditional".to_owned(),
        ShareType::Conditional { condition } => format!("conditional: {condition}"),
        ShareType::NotShared { legal_basis } => format!("not shared: {legal_basis}"),
    }
}

/// The items whose removal or other type breaks a use.
pub(super) fn broken_items(before: &Resource, after: &Resource) -> Vec<ItemKey> {
    let broken = |item: &&Item| {
        let now = after.items.iter().find(|other| other.key == item.key);
        now.is_none_or(|now| now.data_type != item.data_type)
    };
    before
        .items
        .iter()
        .filter(broken)
        .map(|item| item.key.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::DataType;
    use crate::resource::{ResourceState, ShareMode};
    use crate::test_world::marriages;

    fn told(change: impl FnOnce(&mut Resource)) -> Vec<(String, bool)> {
        let before = marriages("105001-000001");
        let mut after = before.clone();
        change(&mut after);
        let changes = diff(&before, &after, &Snapshot::default());
        changes
            .into_iter()
            .map(|change| (change.field, change.breaking))
            .collect()
    }

    type Case = (fn(&mut Resource), &'static str, bool);

    const CHANGES: [Case; 12] = [
        (|r| r.title = "新名".to_owned(), "title", false),
        (
            |r| {
                r.items.remove(1);
            },
            "items[registration_date]",
            true,
        ),
        (
            |r| r.items[1].data_type = DataType::C,
            "items[registration_date].data_type",
            true,
        ),
        (
            |r| r.items[1].title = "登记日".to_owned(),
            "items[registration_date].title",
            false,
        ),
        (
            |r| r.items[1].length = Some(10),
            "items[registration_date].length",
            false,
        ),
        (
            |r| {
                let key = ItemKey::parse("new_one").unwrap();
                r.items.push(Item {
                    key,
                    ..r.items[0].clone()
                });
            },
            "items[new_one]",
            false,
        ),
        (
            |r| r.share_modes.retain(|mode| *mode == ShareMode::Api),
            "share_modes[table]",
            true,
        ),
        (
            |r| r.share_modes.push(ShareMode::File),
            "share_modes[file]",
            false,
        ),
        (
            |r| {
                r.share_type = ShareType::Conditional {
                    condition: "c".to_owned(),
                }
            },
            "share_type",
            false,
        ),
        (
            |r| {
                r.share_type = ShareType::NotShared {
                    legal_basis: "l".to_owned(),
                }
            },
            "share_type",
            true,
        ),
        (
            |r| r.basis = crate::basis::BasisKind::Authorisation,
            "basis",
            true,
        ),
        (
            |r| r.metadata.data_class = "x".to_owned(),
            "data_class",
            false,
        ),
    ];

    #[test]
    fn each_change_names_its_field_and_whether_it_breaks_a_use() {
        for (change, field, breaking) in CHANGES {
            assert_eq!(told(change), [(field.to_owned(), breaking)]);
        }
    }

    #[test]
    fn a_change_of_stage_or_of_order_is_none() {
        assert_eq!(told(|r| r.state = ResourceState::Draft), []);
        assert_eq!(told(|r| r.items.reverse()), []);
        assert_eq!(told(|r| r.share_modes.reverse()), []);
    }

    #[test]
    fn items_that_went_or_were_retyped_break_a_use() {
        let before = marriages("105001-000001");
        let mut after = before.clone();
        after.items[0].data_type = DataType::I;
        after.items.remove(2);
        after.items[1].title = "other".to_owned();
        let broken = broken_items(&before, &after);
        assert_eq!(
            broken,
            [before.items[0].key.clone(), before.items[2].key.clone()]
        );
    }
}
