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
    /// The certificates: of every group at least one.
    pub requires: Vec<Vec<CertificateTypeCode>>,
    /// Where it comes from.
    pub provenance: Provenance,
}

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
        let requires = read_requires(entry, types);
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
) -> Vec<Vec<CertificateTypeCode>> {
    let groups = entry.groups("requires");
    if groups.iter().any(Vec::is_empty) {
        entry.fault_at(
            "requires",
            "a group of `requires` is empty, so nothing could meet it",
        );
    }
    groups
        .iter()
        .map(|group| {
            types
                .find_all(group)
                .into_iter()
                .map(|found| found.code)
                .collect()
        })
        .collect()
}
