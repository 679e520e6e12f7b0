//! The whole folder, read in an order in which each file refers only to those before it.

use super::SynonymSeed;
use super::certificates::{self, CertificateTypes};
use super::codes::{self, Codes};
use super::directory::Directory;
use super::fault::FaultList;
use super::folder::Folder;
use super::names::Names;
use super::plans::{self, PlanSeed};
use super::resources::{self, ResourceContext};
use super::systems::{self, SystemContext};
use super::{
    BODIES, BUDGETS, CACHING, CARDS, CATALOGUE_RULES, CERTIFICATE_TYPES, CODE_LISTS, CREDENTIALS,
    DEPARTMENTS, EVENTS, GRANT_USE, MATTERS, PLANS, QUALITY, REFUSAL_GROUNDS, RESOURCES, SYNONYMS,
    SYSTEMS, Seeds, TASKS, USE_CODES,
};
use super::{
    bodies, budgets, caching, cards, catalogue_rules, credentials, departments, events, grant_use,
    matters, quality, refusal_grounds, synonyms, tasks, use_codes,
};
use crate::application::RefusalGround;
use crate::budget::Budget;
use crate::caching::CacheLimit;
use crate::clock::card::CardRule;
use crate::credential::CredentialRule;
use crate::grant::UnusedRule;
use crate::quality::QualityRule;
use crate::resource::EntryRule;
use crate::subscription::DeliveryRule;
use crate::use_code::UseCodeRule;

/// Reads every file.
///
/// `None` only where a fault was recorded.
pub(super) fn read(folder: &Folder<'_>, faults: &FaultList) -> Option<Seeds> {
    let reference = folder.reference();
    let lists = folder.read(CODE_LISTS, |root| codes::read(root, faults));
    let codes = Codes::new(lists.as_deref(), faults);

    let mut directory = Directory::new(reference.as_ref().map(|found| &found.regions), faults);
    let departments = folder.read(DEPARTMENTS, |root| {
        departments::read(root, &mut directory, faults)
    });
    let bodies = folder.read(BODIES, |root| bodies::read(root, &mut directory, faults));
    directory.readable(departments.is_some() && bodies.is_some());

    let mut task_names = Names::new("task", "tasks-a.toml or tasks-b.toml", faults);
    let tasks =
        TASKS.map(|path| folder.read(path, |root| tasks::read(root, &mut task_names, &directory)));
    task_names.readable(tasks.iter().all(Option::is_some));
    let plans = read_plans(folder, &task_names, &directory, faults);

    let mut types = Names::new("certificate type", CERTIFICATE_TYPES, faults);
    let certificates = folder.read(CERTIFICATE_TYPES, |root| {
        certificates::read(root, &mut types, &directory, &codes, faults)
    });
    types.readable(certificates.is_some());
    let matters = folder.read(MATTERS, |root| {
        matters::read(root, &types, &directory, &codes, faults)
    });

    let rules = Rules::read(folder);

    let mut system_names = Names::new("system", SYSTEMS, faults);
    let context = SystemContext {
        tasks: &task_names,
        types: &types,
        directory: &directory,
        codes: &codes,
    };
    let systems = folder.read(SYSTEMS, |root| {
        systems::read(root, &mut system_names, &context, faults)
    });
    system_names.readable(systems.is_some());
    let context = ResourceContext {
        systems: &system_names,
        types: &types,
        directory: &directory,
        codes: &codes,
        faults,
    };
    let resources = folder.read(RESOURCES, |root| resources::read(root, &context));

    let CertificateTypes {
        common_items,
        types: certificate_types,
    } = certificates?;
    Some(Seeds {
        code_lists: lists?,
        departments: departments?,
        bodies: bodies?,
        tasks: tasks.into_iter().flatten().flatten().collect(),
        plans,
        common_items,
        certificate_types,
        matters: matters?,
        systems: systems?,
        budgets: rules.budgets?,
        cache_limits: rules.cache_limits?,
        use_codes: rules.use_codes?,
        deliveries: rules.deliveries?,
        entry_rules: rules.entries?,
        credentials: rules.credentials?,
        cards: rules.cards?,
        grant_use: rules.grant_use?,
        refusal_grounds: rules.refusal_grounds?,
        quality: rules.quality?,
        synonyms: rules.synonyms?,
        resources: resources?,
        reference: reference?,
    })
}

/// The files that refer to no other.
struct Rules {
    budgets: Option<Vec<Budget>>,
    cache_limits: Option<Vec<CacheLimit>>,
    use_codes: Option<Vec<UseCodeRule>>,
    deliveries: Option<Vec<DeliveryRule>>,
    entries: Option<Vec<EntryRule>>,
    credentials: Option<Vec<CredentialRule>>,
    cards: Option<Vec<CardRule>>,
    grant_use: Option<Vec<UnusedRule>>,
    refusal_grounds: Option<Vec<RefusalGround>>,
    quality: Option<Vec<QualityRule>>,
    synonyms: Option<Vec<SynonymSeed>>,
}

impl Rules {
    fn read(folder: &Folder<'_>) -> Self {
        Self {
            budgets: folder.read(BUDGETS, budgets::read),
            cache_limits: folder.read(CACHING, caching::read),
            use_codes: folder.read(USE_CODES, use_codes::read),
            deliveries: folder.read(EVENTS, events::read),
            entries: folder.read(CATALOGUE_RULES, catalogue_rules::read),
            credentials: folder.read(CREDENTIALS, credentials::read),
            cards: folder.read(CARDS, cards::read),
            grant_use: folder.read(GRANT_USE, grant_use::read),
            refusal_grounds: folder.read(REFUSAL_GROUNDS, refusal_grounds::read),
            quality: folder.read(QUALITY, quality::read),
            synonyms: folder.read(SYNONYMS, synonyms::read),
        }
    }
}

fn read_plans(
    folder: &Folder<'_>,
    tasks: &Names<String>,
    directory: &Directory<'_>,
    faults: &FaultList,
) -> Vec<PlanSeed> {
    let mut plans = Vec::new();
    let mut paths = 0;
    for path in folder.plans() {
        paths += 1;
        plans.extend(
            folder
                .read(path, |root| plans::read(root, path, tasks, directory))
                .flatten(),
        );
    }
    if paths == 0 {
        faults.add_file(
            PLANS,
            "the folder has no plan; add one such as plans/2022.toml",
        );
    }
    plans
}
