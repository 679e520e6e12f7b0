//! Seeds: the city's document and the tables around it as data, read like any other input.
//!
//! A folder of small TOML files is parsed as a whole: every fault of every file is found, each with
//! file, line and entry. Entries refer to each other by the words people use (a department's short
//! name, a certificate's name); parsing turns these into ids, so nothing behind it dangles.

mod assemble;
mod bodies;
mod budgets;
mod caching;
mod cards;
mod catalogue_rules;
mod certificates;
mod codes;
mod credentials;
mod departments;
mod directory;
mod embedded;
mod entry;
mod entry_lists;
mod events;
mod facts;
mod fault;
mod folder;
mod grant_use;
mod items;
mod matters;
mod names;
mod page;
mod plans;
mod provenance;
mod quality;
mod refusal_grounds;
mod resource_rules;
mod resources;
mod synonyms;
mod systems;
mod tasks;
#[cfg(test)]
mod tests;
mod use_codes;

pub use bodies::{BodyKind, BodySeed};
pub use certificates::CertificateTypeSeed;
pub use codes::{CodeList, CodeRow};
pub use departments::DepartmentSeed;
pub use directory::Party;
pub use facts::Fact;
pub use fault::{SeedFault, SeedFile};
pub use items::ItemSeed;
pub use matters::{MatterSeed, NeedSeed};
pub use plans::{ConnectedSeed, DenominatorSeed, MilestoneSeed, PlanSeed, Requirement};
pub use provenance::Provenance;
pub use resources::ResourceSeed;
pub use synonyms::SynonymSeed;
pub use systems::SystemSeed;
pub use tasks::{Period, TargetSeed, TaskSeed};

use fault::FaultList;
use folder::Folder;

use crate::application::RefusalGround;
use crate::budget::Budget;
use crate::caching::CacheLimit;
use crate::clock::card::CardRule;
use crate::credential::CredentialRule;
use crate::grant::UnusedRule;
use crate::quality::QualityRule;
use crate::reference::Reference;
use crate::resource::EntryRule;
use crate::subscription::DeliveryRule;
use crate::use_code::UseCodeRule;

const BODIES: &str = "bodies.toml";
const BUDGETS: &str = "budgets.toml";
const CACHING: &str = "caching.toml";
const CARDS: &str = "cards.toml";
const CATALOGUE_RULES: &str = "catalogue-rules.toml";
const CERTIFICATE_TYPES: &str = "certificate-types.toml";
const CODE_LISTS: &str = "code-lists.toml";
const CREDENTIALS: &str = "credentials.toml";
const QUALITY: &str = "quality.toml";
const DEPARTMENTS: &str = "departments.toml";
const EVENTS: &str = "events.toml";
const GRANT_USE: &str = "grant-use.toml";
const MATTERS: &str = "matters.toml";
const PLANS: &str = "plans/";
const REFUSAL_GROUNDS: &str = "refusal-grounds.toml";
const RESOURCES: &str = "resources.toml";
const SYNONYMS: &str = "synonyms.toml";
const SYSTEMS: &str = "systems.toml";
const USE_CODES: &str = "use-codes.toml";
const TASKS: [&str; 2] = ["tasks-a.toml", "tasks-b.toml"];

/// The files that must be there, besides the reference files and at least one plan.
const FILES: [&str; 20] = [
    BODIES,
    BUDGETS,
    CACHING,
    CARDS,
    CATALOGUE_RULES,
    CERTIFICATE_TYPES,
    CODE_LISTS,
    CREDENTIALS,
    DEPARTMENTS,
    EVENTS,
    GRANT_USE,
    MATTERS,
    QUALITY,
    REFUSAL_GROUNDS,
    RESOURCES,
    SYNONYMS,
    SYSTEMS,
    TASKS[0],
    TASKS[1],
    USE_CODES,
];

/// The files that [`Reference`] reads, in the order of its fields.
const REFERENCE_FILES: [&str; 4] = [
    "regions.toml",
    "calendar.toml",
    "regimes.toml",
    "uscc-kinds.toml",
];

/// The content of a seeds folder without faults.
#[derive(Clone, Debug)]
pub struct Seeds {
    /// Regions, calendar, regimes, kinds of credit codes.
    pub reference: Reference,
    /// Code lists.
    pub code_lists: Vec<CodeList>,
    /// The departments that the document names.
    pub departments: Vec<DepartmentSeed>,
    /// Counties, the development zone and other bodies.
    pub bodies: Vec<BodySeed>,
    /// The work points, part A before part B.
    pub tasks: Vec<TaskSeed>,
    /// The plans, by name.
    pub plans: Vec<PlanSeed>,
    /// The items that every certificate carries.
    pub common_items: Vec<ItemSeed>,
    /// The certificate types.
    pub certificate_types: Vec<CertificateTypeSeed>,
    /// The matters.
    pub matters: Vec<MatterSeed>,
    /// The systems, channels and lists.
    pub systems: Vec<SystemSeed>,
    /// How often certificates may be asked for.
    pub budgets: Vec<Budget>,
    /// How long answers may be kept.
    pub cache_limits: Vec<CacheLimit>,
    /// How long use-codes may live.
    pub use_codes: Vec<UseCodeRule>,
    /// When a delivery of events that failed is tried again.
    pub deliveries: Vec<DeliveryRule>,
    /// The rules across the fields of catalogue entries.
    pub entry_rules: Vec<EntryRule>,
    /// When TLS certificates may be renewed, and when it is warned of their end.
    pub credentials: Vec<CredentialRule>,
    /// When a part of a grant counts as not used.
    pub grant_use: Vec<UnusedRule>,
    /// When clocks earn cards.
    pub cards: Vec<CardRule>,
    /// On which grounds an application may be declined.
    pub refusal_grounds: Vec<RefusalGround>,
    /// How catalogue entries are scored.
    pub quality: Vec<QualityRule>,
    /// Words that mean the same in the catalogue.
    pub synonyms: Vec<SynonymSeed>,
    /// The catalogue entries to publish first.
    pub resources: Vec<ResourceSeed>,
}

impl Seeds {
    /// Parses a folder: every `.toml` file of it, with its path below the folder.
    ///
    /// # Errors
    /// All faults of all files, by file and line; never empty. (A reference file that is not even
    /// TOML of the right shape shows only its first.)
    pub fn parse(files: &[SeedFile]) -> Result<Self, Vec<SeedFault>> {
        let faults = FaultList::default();
        let seeds = assemble::read(&Folder::open(files, &faults), &faults);
        match (seeds, faults.sorted()) {
            (Some(seeds), found) if found.is_empty() => Ok(seeds),
            (_, found) => Err(found),
        }
    }

    /// The seeds this program was built with: works offline, needs no folder.
    ///
    /// # Errors
    /// None in a released build: a test reads the same files.
    pub fn embedded() -> Result<Self, Vec<SeedFault>> {
        Self::parse(&Self::embedded_files())
    }

    /// The files behind [`Seeds::embedded`], for writing out or for changing some of them.
    #[must_use]
    pub fn embedded_files() -> Vec<SeedFile> {
        embedded::files()
    }

    /// The department with this short name, in any spelling.
    #[must_use]
    pub fn department(&self, short_name: &str) -> Option<&DepartmentSeed> {
        let is_it = |name: &String| name == short_name;
        self.departments
            .iter()
            .find(|department| department.short_names.iter().any(is_it))
    }

    /// The certificate type with this name.
    #[must_use]
    pub fn certificate_type(&self, name: &str) -> Option<&CertificateTypeSeed> {
        self.certificate_types
            .iter()
            .find(|found| found.name == name)
    }
}

/// A short ASCII id: 2 to 40 of `a-z`, `0-9` and `-`, beginning with a letter.
fn slug(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let begins = text.starts_with(|c: char| c.is_ascii_lowercase());
    if begins && (2..=40).contains(&text.len()) && text.chars().all(allowed) && !text.ends_with('-')
    {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "`{text}` is no id: use 2 to 40 of a-z, 0-9 and -, beginning with a letter"
        ))
    }
}
