//! `certificate-types.toml`: the kinds of electronic certificate that can be looked up.

use super::CERTIFICATE_TYPES;
use super::codes::{Codes, ListId};
use super::directory::Directory;
use super::entry::Entry;
use super::fault::{FaultList, Place};
use super::items::{self, ItemSeed};
use super::names::Names;
use super::provenance::Provenance;
use crate::id::{CertificateTypeCode, Uscc};

/// A certificate type 证照类型.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateTypeSeed {
    /// Its code: national where known, else invented (see [`Provenance::synthetic`]).
    pub code: CertificateTypeCode,
    /// Its name; other seeds refer to it by this.
    pub name: String,
    /// What the city's document calls it, which may cover several types.
    pub named_as: String,
    /// The name of the authority that defines it; its code is the front of `code`.
    pub definer: String,
    /// The department that issues or collects it in the city, where one of the 23 does.
    pub issuer: Option<Uscc>,
    /// The holder types of GB/T 36903 that may hold it.
    pub holder_types: Vec<String>,
    /// How many holders one certificate may name.
    pub max_holders: u32,
    /// The items that can be shared: those of every certificate first, then its own.
    pub items: Vec<ItemSeed>,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// The content of the file.
#[derive(Default)]
pub(super) struct CertificateTypes {
    pub(super) common_items: Vec<ItemSeed>,
    pub(super) types: Vec<CertificateTypeSeed>,
}

/// Reads the file; `names` collects the types by name.
pub(super) fn read(
    root: &Entry<'_>,
    names: &mut Names<CertificateTypeSeed>,
    directory: &Directory<'_>,
    codes: &Codes,
    faults: &FaultList,
) -> CertificateTypes {
    let common = root.table("common", |entry| {
        let _shown_in_the_file_only = entry.text("source");
        items::read(entry, "items", codes)
    });
    let common = common.unwrap_or_default();
    let mut type_codes = Names::<()>::new("certificate type", CERTIFICATE_TYPES, faults);
    let types = root.each("certificate_type", "name", |entry| {
        let name = entry.text("name");
        let code = entry.parsed("code", CertificateTypeCode::parse);
        if let Some(code) = &code {
            type_codes.define(code.as_str(), None, entry.place());
        }
        let own = items::read(entry, "items", codes);
        let items = items::distinct(join(&common, own), faults);
        let seed = read_type(
            entry,
            name.as_ref().map(|name| name.value.clone()),
            code,
            items,
            directory,
            codes,
        );
        if let Some(name) = name {
            names.define(&name.value, seed.clone(), name.place);
        }
        seed
    });
    CertificateTypes {
        common_items: items::distinct(common, faults),
        types,
    }
}

fn read_type(
    entry: &Entry<'_>,
    name: Option<String>,
    code: Option<CertificateTypeCode>,
    items: Vec<ItemSeed>,
    directory: &Directory<'_>,
    codes: &Codes,
) -> Option<CertificateTypeSeed> {
    let (named_as, definer) = (entry.text("named_as"), entry.text("definer"));
    let issuer = entry.optional_text("issuer");
    let issuer = issuer.and_then(|issuer| directory.department(&issuer));
    let holder_types = codes.members(ListId::HolderType, entry.texts("holder_types"));
    if holder_types.is_empty() {
        entry.fault_at(
            "holder_types",
            "`holder_types` needs at least one holder type",
        );
    }
    let max_holders = entry.number("max_holders", 1..101);
    let provenance = Provenance::read(entry);
    let (code, provenance) = (code?, provenance?);
    provenance.check_invented(entry, "code", code.as_str());
    Some(CertificateTypeSeed {
        code,
        name: name?,
        named_as: named_as?.value,
        definer: definer?.value,
        issuer,
        holder_types,
        max_holders: max_holders?,
        items,
        provenance,
    })
}

fn join(common: &[(ItemSeed, Place)], own: Vec<(ItemSeed, Place)>) -> Vec<(ItemSeed, Place)> {
    common.iter().cloned().chain(own).collect()
}
