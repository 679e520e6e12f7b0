//! `systems.toml`: the systems and lists that the city's document names, and the issuing systems.

use super::SYSTEMS;
use super::certificates::CertificateTypeSeed;
use super::codes::{Codes, ListId};
use super::directory::{Directory, Party};
use super::entry::Entry;
use super::fault::{FaultList, Spot};
use super::names::Names;
use super::provenance::Provenance;
use crate::id::CertificateTypeCode;
use crate::name::SystemName;
use crate::system::{Hosting, NetworkZone, Unclassified};

/// A system, channel or list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemSeed {
    /// Its name, for example `systems/yjs-platform`.
    pub name: SystemName,
    /// What people call it.
    pub display_name: String,
    /// Who owns it.
    pub owner: Party,
    /// What it is for: a word of the code list `system_role`.
    pub role: String,
    /// Built by its department; only such systems count in a plan.
    pub self_built: bool,
    /// The declaration that it holds no secrets.
    pub unclassified: Unclassified,
    /// The part of the e-government network it stands in.
    pub network_zone: NetworkZone,
    /// Where it runs.
    pub hosting: Hosting,
    /// The ids of the tasks that name it.
    pub tasks: Vec<String>,
    /// The certificate types it issues.
    pub issues: Vec<CertificateTypeCode>,
    /// What others get from it, in a few words each.
    pub gives: Vec<String>,
    /// What it gets from others.
    pub receives: Vec<String>,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// What the systems refer to.
pub(super) struct SystemContext<'a> {
    pub(super) tasks: &'a Names<String>,
    pub(super) types: &'a Names<CertificateTypeSeed>,
    pub(super) directory: &'a Directory<'a>,
    pub(super) codes: &'a Codes,
}

/// Reads the file; `names` collects the systems by id.
pub(super) fn read(
    root: &Entry<'_>,
    names: &mut Names<SystemSeed>,
    context: &SystemContext<'_>,
    faults: &FaultList,
) -> Vec<SystemSeed> {
    let mut taken = Names::<()>::new("issuing system of", SYSTEMS, faults);
    root.each("system", "id", |entry| {
        let id = entry.text("id");
        let seed = read_system(entry, context, &mut taken);
        if let Some(id) = id {
            names.define(&id.value, seed.clone(), id.place);
        }
        seed
    })
}

fn read_system(
    entry: &Entry<'_>,
    context: &SystemContext<'_>,
    taken: &mut Names<()>,
) -> Option<SystemSeed> {
    let SystemContext {
        tasks,
        directory,
        codes,
        ..
    } = context;
    let name = entry.parsed("id", SystemName::from_id);
    let display_name = entry.text("name");
    let owner = entry
        .text("owner")
        .and_then(|owner| directory.party(&owner));
    let role = codes.member(ListId::SystemRole, entry.text("role"));
    let self_built = entry.stated_flag("self_built");
    let unclassified = read_unclassified(entry);
    let network_zone = codes.member(ListId::NetworkZone, entry.text("network_zone"));
    let hosting = codes.member(ListId::Hosting, entry.text("hosting"));
    let task_ids = tasks.find_all(&entry.texts("tasks"));
    let issues = read_issues(entry, context.types, owner.as_ref(), taken);
    let gives = plain(entry.texts("gives"));
    let receives = plain(entry.texts("receives"));
    let provenance = Provenance::read(entry);
    Some(SystemSeed {
        name: name?,
        display_name: display_name?.value,
        owner: owner?,
        role: role?,
        self_built: self_built?,
        unclassified: unclassified?,
        network_zone: NetworkZone::parse(&network_zone?)
            .map_err(|cause| entry.fault_at("network_zone", cause.to_string()))
            .ok()?,
        hosting: Hosting::parse(&hosting?)
            .map_err(|cause| entry.fault_at("hosting", cause.to_string()))
            .ok()?,
        tasks: task_ids,
        issues,
        gives,
        receives,
        provenance: provenance?,
    })
}

fn read_unclassified(entry: &Entry<'_>) -> Option<Unclassified> {
    let classified = entry.stated_flag("classified")?;
    Unclassified::declared(classified)
        .map_err(|cause| entry.fault_at("classified", cause.to_string()))
        .ok()
}

/// The types a system issues: of its own department only, and no type by two systems, since a lookup
/// must know the one place to ask.
fn read_issues(
    entry: &Entry<'_>,
    types: &Names<CertificateTypeSeed>,
    owner: Option<&Party>,
    taken: &mut Names<()>,
) -> Vec<CertificateTypeCode> {
    let mut issues = Vec::new();
    for name in entry.texts("issues") {
        let Some(found) = types.find(&name) else {
            continue;
        };
        let by = found.issuer.map(Party::Department);
        if owner.is_some() && by.as_ref() != owner {
            let message = format!(
                "`{}` is issued by another department than the owner",
                name.value
            );
            entry.fault_at("issues", message);
        }
        taken.define(&name.value, None, name.place);
        issues.push(found.code);
    }
    issues
}

fn plain(texts: Vec<Spot<String>>) -> Vec<String> {
    texts.into_iter().map(|text| text.value).collect()
}
