//! `resources.toml`: entries of the data resource catalogue.

use jiff::civil::Date;

use super::RESOURCES;
use super::certificates::CertificateTypeSeed;
use super::codes::{Codes, ListId};
use super::directory::{Directory, Party};
use super::entry::Entry;
use super::fault::{FaultList, Spot};
use super::items::{self, ItemSeed};
use super::names::Names;
use super::provenance::Provenance;
use super::resource_rules as rules;
use super::systems::SystemSeed;
use crate::basis::BasisKind;
use crate::id::{CatalogueCode, CertificateTypeCode, Uscc};
use crate::name::SystemName;
use crate::resource::{ShareMode, ShareType};

/// A catalogue entry with the core metadata of the guide 发改高技〔2017〕1272号.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceSeed {
    /// Its catalogue code, for example `105001/000001`.
    pub code: CatalogueCode,
    /// A short ASCII id.
    pub id: String,
    /// Its name, at most 50 characters.
    pub name: String,
    /// The department that provides it.
    pub provider: Uscc,
    /// The unit within the department.
    pub inner_department: String,
    /// The system that answers for it; owned by the provider.
    pub system: SystemName,
    /// The certificate type whose records it holds.
    pub certificate_type: Option<CertificateTypeCode>,
    /// What a use must at least rest on.
    pub basis: BasisKind,
    /// What it holds and what for, at most 256 characters.
    pub summary: String,
    /// A word of the code list `format_class`.
    pub format_class: String,
    /// The type within the class, for example `mysql`.
    pub format_type: String,
    /// Its items, at least one.
    pub items: Vec<ItemSeed>,
    /// Whether and on which condition it is shared.
    pub share_type: ShareType,
    /// How it is shared; empty only when it is not.
    pub share_modes: Vec<ShareMode>,
    /// A word of the code list `update_cycle`.
    pub update_cycle: String,
    /// How long an answer may be kept, in seconds; 0 for not at all.
    pub cache_seconds: u32,
    /// Open to the public; then no item is sensitive.
    pub open: bool,
    /// On which condition it is open.
    pub open_condition: Option<String>,
    /// Its class of data, free words.
    pub data_class: String,
    /// A word of the code list `data_level`.
    pub data_level: String,
    /// 1 to 4 within general data, 4 needing most care.
    pub data_grade: Option<u32>,
    /// The day it is published.
    pub published: Date,
    /// Related entries.
    pub related: Vec<CatalogueCode>,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// What the resources refer to.
pub(super) struct ResourceContext<'a> {
    pub(super) systems: &'a Names<SystemSeed>,
    pub(super) types: &'a Names<CertificateTypeSeed>,
    pub(super) directory: &'a Directory<'a>,
    pub(super) codes: &'a Codes,
    pub(super) faults: &'a FaultList,
}

/// Reads the file.
pub(super) fn read(root: &Entry<'_>, context: &ResourceContext<'_>) -> Vec<ResourceSeed> {
    let mut codes = Names::new("resource", RESOURCES, context.faults);
    let mut ids = Names::<()>::new("resource id", RESOURCES, context.faults);
    let mut titles = Names::<()>::new(
        "resource name (without punctuation)",
        RESOURCES,
        context.faults,
    );
    // A related entry may stand further down in the file.
    let mut related = Vec::new();
    let mut resources = root.each("resource", "id", |entry| {
        let code = entry.parsed("code", CatalogueCode::parse);
        if let Some(code) = &code {
            codes.define(code.as_str(), Some(code.clone()), entry.place());
        }
        let id = entry.parsed("id", super::slug);
        if let Some(id) = &id {
            ids.define(id, None, entry.place());
        }
        let name = entry.text("name");
        if let Some(name) = &name {
            // Reviewers refuse names that differ only by punctuation or spaces.
            let bare: String = name.value.chars().filter(|c| c.is_alphanumeric()).collect();
            titles.define(&bare, None, name.place.clone());
        }
        related.push((code.clone(), entry.texts("related")));
        read_resource(entry, code, id, name, context)
    });
    for (code, others) in related {
        let found = codes.find_all(&others);
        let owner = resources
            .iter_mut()
            .find(|resource| Some(&resource.code) == code.as_ref());
        if let Some(resource) = owner {
            resource.related = found;
        }
    }
    resources
}

fn read_resource(
    entry: &Entry<'_>,
    code: Option<CatalogueCode>,
    id: Option<String>,
    name: Option<Spot<String>>,
    context: &ResourceContext<'_>,
) -> Option<ResourceSeed> {
    let codes = context.codes;
    let origin = read_origin(entry, context);
    let items = read_items(entry, origin.certificate_type.as_ref(), context);
    let basis = entry
        .optional_parsed("basis", BasisKind::parse)
        .unwrap_or_default();
    if basis == BasisKind::Authorisation && !entry.has("certificate_type") {
        entry.fault_at(
            "basis",
            "only a certificate has a holder who could authorise its use",
        );
    }
    let summary = entry.text("summary");
    rules::check_lengths(entry, name.as_ref(), summary.as_ref());
    let format_class = codes.member(ListId::FormatClass, entry.text("format_class"));
    let format_type = entry.text("format_type");
    let share_type = rules::read_share_type(entry, codes);
    let share_modes =
        rules::read_share_modes(entry, codes, share_type.as_ref(), format_class.as_deref());
    let update_cycle = codes.member(ListId::UpdateCycle, entry.text("update_cycle"));
    let cache_seconds = entry.optional_number("cache_seconds", 0..86_401);
    let (open, open_condition) = rules::read_open(entry, &items);
    let data_class = entry.text("data_class");
    let data_level = codes.member(ListId::DataLevel, entry.text("data_level"));
    let data_grade = entry.optional_number("data_grade", 1..5);
    let published = entry.date("published");
    let provenance = Provenance::read(entry);
    Some(ResourceSeed {
        code: code?,
        id: id?,
        name: name?.value,
        provider: origin.provider?,
        inner_department: origin.inner_department?.value,
        system: origin.system?,
        certificate_type: origin.certificate_type.map(|found| found.code),
        basis,
        summary: summary?.value,
        format_class: format_class?,
        format_type: format_type?.value,
        items,
        share_type: share_type?,
        share_modes,
        update_cycle: update_cycle?,
        cache_seconds: cache_seconds.unwrap_or_default(),
        open: open?,
        open_condition,
        data_class: data_class?.value,
        data_level: data_level?,
        data_grade,
        published: published?,
        related: Vec::new(),
        provenance: provenance?,
    })
}

/// Who provides a resource and from where.
struct Origin {
    provider: Option<Uscc>,
    inner_department: Option<Spot<String>>,
    system: Option<SystemName>,
    certificate_type: Option<CertificateTypeSeed>,
}

fn read_origin(entry: &Entry<'_>, context: &ResourceContext<'_>) -> Origin {
    let provider = entry.text("provider");
    let provider = provider.and_then(|name| context.directory.department(&name));
    let inner_department = entry.text("inner_department");
    let system = entry
        .text("system")
        .and_then(|id| context.systems.find(&id));
    if let (Some(provider), Some(system)) = (&provider, &system)
        && system.owner != Party::Department(provider.clone())
    {
        entry.fault_at("system", "the system is not owned by the provider");
    }
    let certificate_type = entry.optional_text("certificate_type");
    let certificate_type = certificate_type.and_then(|name| context.types.find(&name));
    if let (Some(found), Some(system)) = (&certificate_type, &system)
        && !system.issues.contains(&found.code)
    {
        entry.fault_at(
            "certificate_type",
            "the system does not issue this certificate type",
        );
    }
    Origin {
        provider,
        inner_department,
        system: system.map(|found| found.name),
        certificate_type,
    }
}

/// The items picked from the certificate type, then the resource's own.
fn read_items(
    entry: &Entry<'_>,
    certificate_type: Option<&CertificateTypeSeed>,
    context: &ResourceContext<'_>,
) -> Vec<ItemSeed> {
    let keys = entry.texts("certificate_items");
    if !keys.is_empty() && !entry.has("certificate_type") {
        entry.fault_at(
            "certificate_items",
            "`certificate_items` needs a `certificate_type`",
        );
    }
    let mut all = certificate_type.map_or_else(Vec::new, |found| {
        items::pick(&keys, &found.items, &found.name, context.faults)
    });
    all.extend(items::read(entry, "items", context.codes));
    if !entry.has("items") && keys.is_empty() {
        entry.fault("the resource has no items");
    }
    items::distinct(all, context.faults)
}
