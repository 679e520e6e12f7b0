//! Resources: entries of the data resource catalogue.

mod api;
mod diff;
mod duty;
mod metadata;
mod rules;
mod stage;
mod standing;
mod unread;
mod version;

pub use diff::{Change, diff};
pub use duty::{DutyError, UpdateDuty};
pub use metadata::{Amount, DataGrade, MOST_RELATED, Metadata, Volume};
pub use rules::{Asked, EntryRule, RuleId, Surroundings, check, mode_fits};
pub use stage::{
    Acknowledgement, Progress, PublishError, ResourceState, Retiring, Return, StageError, Why,
};
pub use unread::Unread;
pub use version::{Hit, ResourceVersion, hits};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::basis::BasisKind;
use crate::cited;
use crate::fault::Faults;
use crate::item::{Item, ItemKey};
use crate::name::{CertificateTypeName, DepartmentName, ResourceName, SystemName};
use crate::operation::Api;

/// How a resource is shared (Order 809 art. 14, 15).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ShareType {
    /// 无条件共享.
    Unconditional,
    /// 有条件共享.
    Conditional {
        /// The condition.
        condition: String,
    },
    /// 不予共享: only with a law, administrative regulation or State Council decision.
    NotShared {
        /// The legal basis.
        legal_basis: String,
    },
}

impl ShareType {
    /// Whether others may have it at all.
    pub fn is_shared(&self) -> bool {
        !matches!(self, Self::NotShared { .. })
    }
}

/// By which way data leaves (Order 809 art. 22).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShareMode {
    /// 库表.
    Table,
    /// 文件.
    File,
    /// 接口.
    Api,
    /// 邮件, outside of the gateway.
    Mail,
    /// 介质交换: copied to a medium that is handed over, outside of the gateway.
    Medium,
}

impl ShareMode {
    /// The word in the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::File => "file",
            Self::Api => "api",
            Self::Mail => "mail",
            Self::Medium => "medium",
        }
    }

    /// The mode of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        let all = [Self::Table, Self::File, Self::Api, Self::Mail, Self::Medium];
        all.into_iter().find(|mode| mode.as_str() == word)
    }

    /// Whether rows are counted in it, of an entry that is about a certificate type or not.
    pub fn counts_rows(self, of_certificate: bool) -> bool {
        match self {
            Self::Table => true,
            Self::Api => of_certificate,
            Self::File | Self::Mail | Self::Medium => false,
        }
    }

    /// Whether the gateway carries it. What is handed over otherwise can stand in the catalogue and be found there; it
    /// is had of the department itself.
    pub fn is_carried(self) -> bool {
        match self {
            Self::Table | Self::File | Self::Api => true,
            Self::Mail | Self::Medium => false,
        }
    }
}

/// One entry of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// `resources/{catalogue code}`.
    pub name: ResourceName,
    /// What it is.
    pub title: String,
    /// What it holds.
    pub summary: String,
    /// The providing system.
    pub system: SystemName,
    /// The providing department.
    pub department: DepartmentName,
    /// The items.
    pub items: Vec<Item>,
    /// How it is shared.
    pub share_type: ShareType,
    /// By which ways.
    pub share_modes: Vec<ShareMode>,
    /// The certificate type, when it is an electronic certificate.
    pub certificate_type: Option<CertificateTypeName>,
    /// How it is reached in API mode, when a service of the provider's own answers.
    #[serde(default)]
    pub api: Option<Api>,
    /// How long the issuer lets an answer be kept and served again, in seconds; 0 for not at all
    /// ([`crate::caching`]).
    #[serde(default)]
    pub cache_seconds: u32,
    /// What a use must at least rest on.
    #[serde(default, skip_serializing_if = "BasisKind::is_duty")]
    pub basis: BasisKind,
    /// Format class of the national guide, 1 to 7.
    pub format_class: u8,
    /// Update cycle code: one digit, of which `seeds/catalogue-rules.toml` lists those that may be given.
    pub update_cycle: u8,
    /// `general` or `important`.
    pub data_level: String,
    /// May be opened to society.
    pub open: bool,
    /// What the catalogue guides ask for beside.
    #[serde(default)]
    pub metadata: Metadata,
    /// The stage.
    pub state: ResourceState,
    /// What happened on the way to it.
    #[serde(default, skip_serializing_if = "Progress::is_empty")]
    pub progress: Progress,
}

/// Codes of update cycles: one digit each. The guide has 1 to 6 and leaves its list open.
pub const UPDATE_CYCLES: std::ops::RangeInclusive<u8> = 1..=9;

impl Resource {
    /// Whether others may have it by the gateway.
    pub fn is_to_be_had_here(&self) -> bool {
        let mut modes = self.share_modes.iter();
        self.share_type.is_shared() && modes.any(|mode| mode.is_carried())
    }

    /// How it is had where the gateway carries nothing of it: a sentence for whoever asks for it here. None where some
    /// way leads through the gateway, and where it is not shared.
    pub fn shared_outside(&self) -> Option<String> {
        let carried = self.share_modes.iter().any(|mode| mode.is_carried());
        if carried || self.share_modes.is_empty() {
            return None;
        }
        let modes: Vec<&str> = self.share_modes.iter().map(|mode| mode.as_str()).collect();
        Some(format!(
            "{} is handed over by {}, outside of the gateway, which carries nothing of it; ask {} for it",
            self.name,
            modes.join(" or "),
            self.department
        ))
    }

    /// Checks the entry's own rules, whatever its stage.
    pub fn faults(&self) -> Faults {
        let mut faults = Faults::default();
        if self.items.is_empty() || self.items.len() > 200 {
            faults.add("resource.items", "REQUIRED", "give 1 to 200 items");
        }
        for (index, item) in self.items.iter().enumerate() {
            if self
                .items
                .iter()
                .take(index)
                .any(|other| other.key == item.key)
            {
                let field = format!("resource.items[{index}].key");
                faults.add(&field, "DUPLICATE", format!("{} stands twice", item.key));
            }
        }
        if self.share_modes.is_empty() && !matches!(self.share_type, ShareType::NotShared { .. }) {
            faults.add_by(
                "resource.share_modes",
                "REQUIRED",
                "give at least one mode of sharing",
                cited::SHARE_MODE,
            );
        }
        if self.basis == BasisKind::Authorisation && self.certificate_type.is_none() {
            faults.add(
                "resource.basis",
                "ONLY_CERTIFICATES",
                "only an electronic certificate is about one holder who could authorise its use",
            );
        }
        if !(1..=7).contains(&self.format_class) {
            faults.add_by(
                "resource.format_class",
                "UNKNOWN_CODE",
                "choose 1 to 7",
                cited::FORMAT_CLASS,
            );
        }
        if !UPDATE_CYCLES.contains(&self.update_cycle) {
            faults.add_by(
                "resource.update_cycle",
                "UNKNOWN_CODE",
                "choose 1 to 6, or 9 for irregular",
                cited::UPDATE_CYCLE,
            );
        }
        if !matches!(self.data_level.as_str(), "general" | "important") {
            faults.add_by(
                "resource.data_level",
                "UNKNOWN_CODE",
                "choose general or important",
                cited::DATA_LEVEL,
            );
        }
        faults
    }

    /// Whether it holds personal information.
    pub fn is_personal(&self) -> bool {
        self.items
            .iter()
            .any(|item| item.personal || item.sensitive)
    }

    /// The published version, while it can be used.
    pub fn version(&self) -> Option<u32> {
        match self.state {
            ResourceState::Published { version, .. } => Some(version),
            ResourceState::Draft
            | ResourceState::Registered { .. }
            | ResourceState::Suspended { .. }
            | ResourceState::Retired { .. } => None,
        }
    }

    /// What tells whether an entry asks the same of its endpoint as another version of it: a digest of items, modes,
    /// methods and certificate type.
    pub fn served_digest(&self) -> String {
        let served = (
            &self.items,
            &self.share_modes,
            &self.api,
            &self.certificate_type,
        );
        // Writing JSON to memory fails for map keys that are no text only; an entry has none.
        let text = serde_json::to_string(&served).unwrap_or_default();
        crate::subject::hex(&Sha256::digest(text))
    }

    /// The item with this key.
    pub fn item(&self, key: &ItemKey) -> Option<&Item> {
        self.items.iter().find(|item| &item.key == key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::{GRANTED, marriages};

    fn draft() -> Resource {
        Resource {
            state: ResourceState::Draft,
            ..marriages("105001-000001")
        }
    }

    /// Fields and codes of the faults after one change of a good entry.
    fn faults(change: impl FnOnce(&mut Resource)) -> Vec<(String, String)> {
        let mut resource = draft();
        change(&mut resource);
        let faults = resource.faults();
        faults
            .as_slice()
            .iter()
            .map(|f| (f.field.clone(), f.code.clone()))
            .collect()
    }

    #[test]
    fn a_good_entry_has_no_faults() {
        assert_eq!(faults(|_| {}), []);
    }

    #[test]
    fn each_bad_field_is_named() {
        type Case = (fn(&mut Resource), &'static str, &'static str);
        let cases: [Case; 7] = [
            (|r| r.items.clear(), "resource.items", "REQUIRED"),
            (
                |r| r.items = vec![r.items[0].clone(); 201],
                "resource.items",
                "REQUIRED",
            ),
            (
                |r| r.items.push(r.items[0].clone()),
                "resource.items[4].key",
                "DUPLICATE",
            ),
            (
                |r| r.share_modes.clear(),
                "resource.share_modes",
                "REQUIRED",
            ),
            (
                |r| r.format_class = 8,
                "resource.format_class",
                "UNKNOWN_CODE",
            ),
            (
                |r| r.update_cycle = 0,
                "resource.update_cycle",
                "UNKNOWN_CODE",
            ),
            (
                |r| r.data_level = "core".to_owned(),
                "resource.data_level",
                "UNKNOWN_CODE",
            ),
        ];
        for (change, field, code) in cases {
            let first = faults(change).into_iter().next();
            assert_eq!(first, Some((field.to_owned(), code.to_owned())));
        }
    }

    #[test]
    fn all_faults_are_listed_at_once() {
        let found = faults(|r| {
            r.items.clear();
            r.share_modes.clear();
            (r.format_class, r.update_cycle) = (0, 10);
            r.data_level = String::new();
        });
        assert_eq!(found.len(), 5);
    }

    #[test]
    fn what_is_not_shared_needs_no_mode() {
        let not_shared = ShareType::NotShared {
            legal_basis: "个人信息保护法".to_owned(),
        };
        assert_eq!(
            faults(|r| {
                r.share_modes.clear();
                r.share_type = not_shared;
            }),
            []
        );
    }

    #[test]
    fn two_hundred_items_are_the_most() {
        let many = |count: u16| {
            faults(|r| {
                let first = r.items[0].clone();
                let item = |n| Item {
                    key: ItemKey::parse(&format!("item_{n}")).unwrap(),
                    ..first.clone()
                };
                r.items = (0..count).map(item).collect();
            })
        };
        assert_eq!((many(200).len(), many(201).len()), (0, 1));
    }

    #[test]
    fn an_item_is_found_by_its_key() {
        let key = ItemKey::parse(GRANTED[1]).unwrap();
        assert_eq!(draft().item(&key).unwrap().key, key);
        assert!(draft().item(&ItemKey::parse("invented").unwrap()).is_none());
    }

    #[test]
    fn an_entry_is_read_back_as_it_was_written() {
        for resource in [draft(), marriages("105001-000001")] {
            let text = serde_json::to_string(&resource).unwrap();
            assert_eq!(serde_json::from_str::<Resource>(&text).unwrap(), resource);
        }
    }
}
