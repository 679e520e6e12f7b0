//! `departments.toml`: the departments that lead, own systems and answer for data.

use jiff::civil::Date;

use super::DEPARTMENTS;
use super::directory::{Directory, Party};
use super::entry::Entry;
use super::fault::{FaultList, Spot};
use super::names::Names;
use super::provenance::Provenance;
use crate::id::{RegionCode, Uscc};

/// One of the departments that the city's document names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DepartmentSeed {
    /// Its code; invented, see [`Provenance::synthetic`].
    pub uscc: Uscc,
    /// A short ASCII id for accounts and file names.
    pub slug: String,
    /// The spellings in use, the usual one first; never empty. Other seeds refer to these.
    pub short_names: Vec<String>,
    /// The full official name.
    pub full_name: String,
    /// The region it serves.
    pub region: RegionCode,
    /// Directly under a national or provincial body 垂直管理.
    pub vertical: bool,
    /// A party or discipline body: outside of Order 809 art. 2, may follow it by art. 43.
    pub party_body: bool,
    /// Competent for data sharing in the city; exactly one department is.
    pub competent: bool,
    /// First day of existence.
    pub valid_from: Date,
    /// Last day of existence, if it was merged or dissolved.
    pub valid_until: Option<Date>,
    /// Who took over.
    pub successor: Option<Uscc>,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// Reads the departments and enters their short names.
pub(super) fn read(
    root: &Entry<'_>,
    directory: &mut Directory<'_>,
    faults: &FaultList,
) -> Vec<DepartmentSeed> {
    let mut seen = Seen {
        codes: Names::new("code", DEPARTMENTS, faults),
        slugs: Names::new("slug", DEPARTMENTS, faults),
        successors: Vec::new(),
    };
    let mut departments = root.each("department", "short_names", |entry| {
        read_one(entry, directory, &mut seen)
    });
    for (uscc, name) in seen.successors {
        let successor = directory.department(&name);
        let owner = departments
            .iter_mut()
            .find(|department| Some(&department.uscc) == uscc.as_ref());
        if let Some(department) = owner {
            department.successor = successor;
        }
    }
    if departments
        .iter()
        .filter(|department| department.competent)
        .count()
        != 1
    {
        root.fault("exactly one department must be `competent = true` for data sharing");
    }
    departments
}

/// What was read of the departments so far.
struct Seen {
    codes: Names<()>,
    slugs: Names<()>,
    /// A successor may stand further down in the file, so it is looked up when all are known.
    successors: Vec<(Option<Uscc>, Spot<String>)>,
}

fn read_one(
    entry: &Entry<'_>,
    directory: &mut Directory<'_>,
    seen: &mut Seen,
) -> Option<DepartmentSeed> {
    let uscc = entry.parsed("uscc", Uscc::parse);
    if let Some(uscc) = &uscc {
        seen.codes.define(uscc.as_str(), None, entry.place());
    }
    let slug = entry.parsed("slug", super::slug);
    if let Some(slug) = &slug {
        seen.slugs.define(slug, None, entry.place());
    }
    let party = uscc.clone().map(Party::Department);
    let short_names = directory.read_names(entry, "short_names", party.as_ref());
    let region = directory.read_region(entry);
    let (valid_from, valid_until, successor) = read_existence(entry);
    seen.successors
        .extend(successor.map(|name| (uscc.clone(), name)));
    let full_name = entry.text("full_name");
    let (vertical, party_body, competent) = (
        entry.flag("vertical"),
        entry.flag("party_body"),
        entry.flag("competent"),
    );
    let provenance = Provenance::read(entry);
    let (uscc, provenance) = (uscc?, provenance?);
    provenance.check_invented(entry, "uscc", uscc.as_str());
    Some(DepartmentSeed {
        uscc,
        slug: slug?,
        short_names,
        full_name: full_name?.value,
        region: region?,
        vertical,
        party_body,
        competent,
        valid_from: valid_from?,
        valid_until,
        successor: None,
        provenance,
    })
}

/// The first and the last day, and the name of the successor.
fn read_existence(entry: &Entry<'_>) -> (Option<Date>, Option<Date>, Option<Spot<String>>) {
    let valid_from = entry.date("valid_from");
    let valid_until = entry.optional_date("valid_until");
    if valid_from
        .zip(valid_until)
        .is_some_and(|(from, until)| until < from)
    {
        entry.fault_at("valid_until", "`valid_until` lies before `valid_from`");
    }
    let successor = entry.optional_text("successor");
    if successor.is_some() && !entry.has("valid_until") {
        entry.fault_at(
            "successor",
            "a department with a successor needs `valid_until`",
        );
    }
    (valid_from, valid_until, successor)
}
