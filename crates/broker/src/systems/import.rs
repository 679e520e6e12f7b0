//! Imports: a whole inventory sheet in one step. All rows or none, and every fault of every row at once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::department::Department;
use domain::fault::Faults;
use domain::name::{DepartmentName, SystemName};
use domain::policy::shaoyang_date;
use domain::system::{Description, System, SystemState};
use jiff::Timestamp;
use jiff::civil::Date;
use search::initials;
use serde::{Deserialize, Serialize};
use store::{Stored, Tx};

use super::{created_draft, leaves_the_plan, may_own, stated, updated_draft};
use crate::failure::Failure;
use crate::gateway::{Act, Gateway, check_etag};
use crate::import::{BegunImport, Imported, Outcome, must_may_some};

/// Longest id of a system.
const LONGEST_ID: usize = 40;

/// One row of an import that could be read.
#[derive(Clone, Debug)]
pub struct SystemRow {
    /// Which row of the request it is, from 0.
    pub index: usize,
    /// Its name, where the sheet gives one.
    pub name: Option<SystemName>,
    /// What the sheet says.
    pub description: Description,
    /// The etag under which what the sheet leaves out was read; empty to skip the check.
    pub etag: String,
}

/// The rows of an import.
#[derive(Clone, Debug)]
pub struct SystemRows {
    /// Those that could be read.
    pub rows: Vec<SystemRow>,
    /// The systems that the others name.
    pub also_named: BTreeSet<SystemName>,
    /// The document by which new ones enter the inventory.
    pub document: String,
    /// What is wrong with these. With any, nothing is stored, but the rows that could be read are checked all the same.
    pub faults: Faults,
}

/// A row that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedSystem {
    /// Its name.
    pub name: SystemName,
    /// What was done.
    pub outcome: Outcome,
}

/// A row with what it meets in the register.
enum Settled {
    New(System),
    Known(Box<Stored<System>>, System),
}

impl Settled {
    fn name(&self) -> &SystemName {
        match self {
            Self::New(system) | Self::Known(_, system) => &system.name,
        }
    }
}

impl Gateway {
    /// Registers the systems of a sheet, or brings them up to date.
    ///
    /// # Errors
    /// The store's, `REQUEST_ID_REUSED`; faults of rows are an answer.
    pub async fn import_systems(
        &self,
        act: &Act<'_>,
        sheet: SystemRows,
    ) -> Result<Imported<ImportedSystem>, Failure> {
        let SystemRows {
            rows,
            also_named,
            document,
            mut faults,
        } = sheet;
        let caller = act.caller;
        let owners = rows.iter().map(|row| &row.description.department);
        let anybody = caller
            .must_be_officer()
            .or_else(|_| caller.must_be_operator());
        must_may_some(owners.map(|owner| caller.must_manage(owner)), anybody)?;
        let mut tx = match self.begin_import(act).await? {
            BegunImport::New(tx) => tx,
            BegunImport::Before(answer) => return Ok(Ok(answer)),
        };
        let register = Register::read(&mut tx, &rows, &also_named).await?;
        let now = self.now();
        let settled = register.settle(act, rows, shaoyang_date(now), &mut faults);
        if !faults.is_empty() {
            tx.forget().await;
            return Ok(Err(faults));
        }
        let mut imported = Vec::with_capacity(settled.len());
        for row in settled {
            imported.push(write(&mut tx, act, row, &document, now).await?);
        }
        self.end_import(act, tx, imported).await
    }
}

async fn write(
    tx: &mut Tx,
    act: &Act<'_>,
    row: Settled,
    document: &str,
    now: Timestamp,
) -> Result<ImportedSystem, Failure> {
    let (name, outcome) = match row {
        Settled::New(system) => {
            let system = system.inventoried(stated(act, document, now));
            let entry = tx.record(created_draft(act, &system), now).await?;
            tx.insert(&system, Some(entry), now).await?;
            (system.name, Outcome::Created)
        }
        Settled::Known(before, system) if before.value == system => {
            (system.name, Outcome::Unchanged)
        }
        Settled::Known(before, system) => {
            let entry = tx
                .record(updated_draft(act, &before.value, &system), now)
                .await?;
            tx.update(&before, &system, Some(entry), now).await?;
            (system.name, Outcome::Updated)
        }
    };
    Ok(ImportedSystem { name, outcome })
}

/// What an import meets, as it stands in its own transaction.
struct Register {
    departments: BTreeMap<DepartmentName, Option<Department>>,
    /// By owner and bare name. Where departments merged, several may have the same.
    by_title: HashMap<(DepartmentName, String), Vec<Stored<System>>>,
    /// Every system that a row names, and every one whose id a new one might get.
    by_name: BTreeMap<SystemName, Stored<System>>,
    /// Ids made for the rows that have none.
    made: HashMap<usize, SystemName>,
}

impl Register {
    async fn read(
        tx: &mut Tx,
        rows: &[SystemRow],
        also_named: &BTreeSet<SystemName>,
    ) -> Result<Self, Failure> {
        let mut this = Self {
            departments: BTreeMap::new(),
            by_title: HashMap::new(),
            by_name: BTreeMap::new(),
            made: HashMap::new(),
        };
        for row in rows {
            let owner = &row.description.department;
            if this.departments.contains_key(owner) {
                continue;
            }
            let found: Option<Stored<Department>> = tx.get(owner.as_str()).await?;
            this.departments
                .insert(owner.clone(), found.map(|row| row.value));
            for system in tx.under::<System>(owner.as_str()).await? {
                let title = domain::system::bare(&system.value.display_name);
                this.by_name
                    .insert(system.value.name.clone(), system.clone());
                // The name of a system that is out of service is free again.
                if system.value.state != SystemState::Retired {
                    let titled = this.by_title.entry((owner.clone(), title));
                    titled.or_default().push(system);
                }
            }
        }
        let given: BTreeSet<&SystemName> =
            rows.iter().filter_map(|row| row.name.as_ref()).collect();
        for name in &given {
            this.look_up(tx, name).await?;
        }
        // What a row names by its id has the name that the row says, and not the one of before.
        for titled in this.by_title.values_mut() {
            titled.retain(|system| {
                let name = &system.value.name;
                !given.contains(name) && !also_named.contains(name)
            });
        }
        this.by_title.retain(|_, titled| !titled.is_empty());
        this.make_names(tx, rows).await?;
        Ok(this)
    }

    async fn look_up(&mut self, tx: &mut Tx, name: &SystemName) -> Result<(), Failure> {
        if !self.by_name.contains_key(name)
            && let Some(found) = tx.get(name.as_str()).await?
        {
            self.by_name.insert(name.clone(), found);
        }
        Ok(())
    }

    /// Ids for the rows that are new and have none: the owner's initials and the system's, then a number.
    async fn make_names(&mut self, tx: &mut Tx, rows: &[SystemRow]) -> Result<(), Failure> {
        let mut taken: BTreeSet<SystemName> =
            rows.iter().filter_map(|row| row.name.clone()).collect();
        for row in rows.iter().filter(|row| row.name.is_none()) {
            let owner = row.description.department.clone();
            if self
                .by_title
                .contains_key(&(owner.clone(), row.description.bare_name()))
            {
                continue;
            }
            let short = self.departments.get(&owner).and_then(Option::as_ref);
            let short = short.map_or_else(String::new, |department| department.short_name.clone());
            for number in 1..=u32::MAX {
                let name = made_name(&short, &row.description.display_name, number)?;
                self.look_up(tx, &name).await?;
                if !self.by_name.contains_key(&name) && taken.insert(name.clone()) {
                    self.made.insert(row.index, name);
                    break;
                }
            }
        }
        Ok(())
    }

    /// Finds for each row whether it is new, and everything that is wrong with it.
    fn settle(
        &self,
        act: &Act<'_>,
        rows: Vec<SystemRow>,
        today: Date,
        faults: &mut Faults,
    ) -> Vec<Settled> {
        let mut seen: HashMap<(DepartmentName, String), usize> = HashMap::new();
        let mut met: HashMap<SystemName, usize> = HashMap::new();
        let mut settled = Vec::with_capacity(rows.len());
        for row in rows {
            let at = |field: &str| format!("systems[{}].{field}", row.index);
            let owner = row.description.department.clone();
            let department = self.departments.get(&owner).and_then(Option::as_ref);
            faults.check(&at("department"), may_own(&owner, department, today));
            if let Err(refusal) = act.caller.must_manage(&owner) {
                faults.add(&at("department"), "NOT_YOURS", refusal.message());
            }
            let inventory = row.description.inventory.faults(row.description.hosting);
            faults.within("system", &format!("systems[{}]", row.index), &inventory);
            let title = (owner.clone(), row.description.bare_name());
            let same_title = seen.insert(title.clone(), row.index);
            if let Some(other) = same_title {
                let text = format!("systems[{other}] of the same department has this name too");
                faults.add(&at("display_name"), "DUPLICATE", text);
            }
            let titled = self.by_title.get(&title).map_or(&[][..], Vec::as_slice);
            let Some(one) = self.meet(&row, titled, faults) else {
                continue;
            };
            let other = met.insert(one.name().clone(), row.index);
            // Two rows without ids that have one name have one fault.
            if let Some(other) = other.filter(|_| row.name.is_some() || same_title.is_none()) {
                let text = format!("systems[{other}] is about the same system");
                faults.add(&at("name"), "DUPLICATE", text);
            }
            settled.push(one);
        }
        settled
    }

    /// What a row meets: the system of its name, else the one of its title, else none.
    fn meet(
        &self,
        row: &SystemRow,
        titled: &[Stored<System>],
        faults: &mut Faults,
    ) -> Option<Settled> {
        let at = |field: &str| format!("systems[{}].{field}", row.index);
        let known = match &row.name {
            None => {
                if let [first, _, ..] = titled {
                    let text = format!(
                        "{} systems of this department have this name, among them {}; give the id of the one that is \
                         meant, and another name to the others",
                        titled.len(),
                        first.value.name
                    );
                    faults.add(&at("name"), "SEVERAL", text);
                }
                titled.first()
            }
            Some(name) => {
                let known = self.by_name.get(name);
                let other = titled.iter().find(|titled| titled.value.name != *name);
                if let Some(other) = other {
                    let other = &other.value.name;
                    let text = format!(
                        "{other} of this department has this name; use its id or another name"
                    );
                    faults.add(&at("display_name"), "NAME_TAKEN", text);
                }
                known
            }
        };
        let Some(known) = known else {
            let name = row.name.as_ref().or_else(|| self.made.get(&row.index))?;
            return Some(Settled::New(
                row.description.clone().registered(name.clone()),
            ));
        };
        if known.value.department != row.description.department {
            let text = format!("{} belongs to another department", known.value.name);
            faults.add(&at("name"), "OTHER_DEPARTMENT", text);
        }
        if let Err(changed) = check_etag(&row.etag, known, known.value.name.as_str()) {
            faults.add(&at("etag"), "CHANGED", changed.message);
        }
        if known.value.state == SystemState::Retired {
            let text = format!("{} is out of service; take the row out", known.value.name);
            faults.add(&at("name"), "RETIRED", text);
        }
        let value = known.value.clone().described(row.description.clone());
        if leaves_the_plan(&known.value, &value) {
            let text = format!(
                "{} counts in the plan as built by its department; change that by itself, with the document that it \
                 rests on",
                known.value.name
            );
            faults.add(&at("self_built"), "NEEDS_DOCUMENT", text);
        }
        Some(Settled::Known(Box::new(known.clone()), value))
    }
}

/// An id of the owner's and the system's initials; a number beside it from the second on.
fn made_name(owner: &str, title: &str, number: u32) -> Result<SystemName, Failure> {
    let owner = initials(owner);
    let own = initials(title);
    let tail = if number == 1 {
        String::new()
    } else {
        format!("-{number}")
    };
    let mut id = match (owner.as_str(), own.as_str()) {
        ("", "") => "system".to_owned(),
        ("", own) => format!("s-{own}"),
        (owner, "") => format!("{owner}-system"),
        (owner, own) => format!("{owner}-{own}"),
    };
    if !id.starts_with(|c: char| c.is_ascii_lowercase()) {
        id.insert_str(0, "s-");
    }
    // Letters of ASCII only: every place is a boundary.
    id.truncate(LONGEST_ID.saturating_sub(tail.len()));
    let id = format!("{}{tail}", id.trim_end_matches('-'));
    SystemName::from_id(&id).map_err(|cause| Failure::field("systems", &cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_made_of_initials_and_stay_within_their_rule() {
        let long = "市".repeat(60);
        for (owner, title, number, expected) in [
            ("市民政局", "婚姻登记系统", 1, "smzj-hydjxt"),
            ("市民政局", "婚姻登记系统", 2, "smzj-hydjxt-2"),
            ("", "12345 热线", 1, "s-12345rx"),
            ("110 中心", "接处警", 1, "s-110zx-jcj"),
            ("……", "（）", 1, "system"),
        ] {
            assert_eq!(made_name(owner, title, number).unwrap().id(), expected);
        }
        assert_eq!(made_name(&long, &long, 17).unwrap().id().len(), LONGEST_ID);
    }
}
