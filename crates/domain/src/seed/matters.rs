//! `matters.toml`: service items and the certificates they need.

use super::MATTERS;
use super::certificates::CertificateTypeSeed;
use super::codes::{Codes, ListId};
use super::directory::Directory;
use super::entry::Entry;
use super::fault::FaultList;
use super::names::Names;
use super::provenance::Provenance;
use crate::id::{CertificateTypeCode, MatterCode, Uscc};
use crate::name::HolderRole;

/// A service item 政务服务事项.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatterSeed {
    /// Its 31-character code.
    pub code: MatterCode,
    /// Its name.
    pub name: String,
    /// `person` or `enterprise`, of the code list `matter_audience`.
    pub audience: String,
    /// The department that handles it; its code is the front of `code`.
    pub department: Uscc,
    /// What must be shown: all of these.
    pub requires: Vec<NeedSeed>,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// One piece of evidence: any one of the certificates of one holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeedSeed {
    /// Whose certificate it is, of the code list `holder_role`.
    pub role: HolderRole,
    /// The certificate types, the preferred first.
    pub any: Vec<CertificateTypeCode>,
}

/// The needs that one matter may have: each is a lookup of its own, and they are asked for at once.
const MOST_NEEDS: usize = 16;

/// Reads the file.
pub(super) fn read(
    root: &Entry<'_>,
    types: &Names<CertificateTypeSeed>,
    directory: &Directory<'_>,
    codes: &Codes,
    faults: &FaultList,
) -> Vec<MatterSeed> {
    let mut matter_codes = Names::<()>::new("matter", MATTERS, faults);
    root.each("matter", "name", |entry| {
        let code = entry.parsed("code", MatterCode::parse);
        if let Some(code) = &code {
            matter_codes.define(code.as_str(), None, entry.place());
        }
        let name = entry.text("name");
        let audience = codes.member(ListId::MatterAudience, entry.text("audience"));
        let department = entry.text("department");
        let department = department.and_then(|name| directory.department(&name));
        if let (Some(code), Some(department)) = (&code, &department)
            && code.body() != department
        {
            entry.fault_at(
                "code",
                "the code does not begin with the code of its department",
            );
        }
        let requires = read_requires(entry, types, codes);
        let provenance = Provenance::read(entry);
        let (code, provenance) = (code?, provenance?);
        provenance.check_invented(entry, "code", code.as_str());
        Some(MatterSeed {
            code,
            name: name?.value,
            audience: audience?,
            department: department?,
            requires,
            provenance,
        })
    })
}

fn read_requires(
    entry: &Entry<'_>,
    types: &Names<CertificateTypeSeed>,
    codes: &Codes,
) -> Vec<NeedSeed> {
    let needs = entry.each("requires", "any", |need| {
        let role = codes.member(ListId::HolderRole, need.text("role"));
        let role = role.and_then(|role| {
            HolderRole::parse(&role)
                .map_err(|cause| need.fault_at("role", cause.to_string()))
                .ok()
        });
        let any = need.texts("any");
        if any.is_empty() {
            need.fault_at(
                "any",
                "`any` names no certificate, so nothing could meet it",
            );
        }
        let any = types.find_all(&any).into_iter();
        let any = any.map(|found| found.code).collect();
        Some(NeedSeed { role: role?, any })
    });
    if needs.len() > MOST_NEEDS {
        entry.fault_at("requires", format!("at most {MOST_NEEDS} needs"));
    }
    for (place, need) in needs.iter().enumerate() {
        if needs.iter().take(place).any(|other| other == need) {
            entry.fault_at("requires", "the same need stands twice");
        }
    }
    needs
}
