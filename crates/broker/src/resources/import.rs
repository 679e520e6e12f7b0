//! Imports of entries: a whole sheet in one step. All rows or none, and every fault of every row at once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::fault::{Cause, Faults};
use domain::name::{DepartmentName, ResourceName};
use domain::resource::{Asked, Progress, Resource, ResourceState, Unread};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Stored, Tx};

use super::life::stage_failure;
use super::resource_draft;
use super::rules::title_key;
use crate::failure::Failure;
use crate::gateway::{Act, Gateway, check_etag};
use crate::import::{BegunImport, Imported, Outcome, must_may_some};

/// Digits of a number that the gateway gives.
const DIGITS: usize = 6;

/// The code of a row: given whole, or to be given a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    /// The whole name.
    Given(ResourceName),
    /// The next number of this classification, `resources/307014`.
    Next(String),
}

impl Code {
    /// The next number of a classification.
    ///
    /// # Errors
    /// What is wrong with the classification.
    pub fn next(classification: &str) -> Result<Self, Cause> {
        // A classification is right when a code with it is.
        ResourceName::parse(&format!("{classification}-0"))?;
        Ok(Self::Next(classification.to_owned()))
    }

    /// A name with this code: the given one, or the first of its classification.
    ///
    /// # Errors
    /// Never for a code that was made.
    pub fn first(&self) -> Result<ResourceName, Cause> {
        match self {
            Self::Given(name) => Ok(name.clone()),
            Self::Next(classification) => numbered(classification, 0),
        }
    }
}

fn numbered(classification: &str, number: u64) -> Result<ResourceName, Cause> {
    ResourceName::parse(&format!("{classification}-{number:0DIGITS$}"))
}

/// One row of an import that could be read.
#[derive(Clone, Debug)]
pub struct ResourceRow {
    /// Which row of the request it is, from 0.
    pub index: usize,
    /// Its code.
    pub code: Code,
    /// What the sheet says; its name follows from the code.
    pub resource: Resource,
    /// The fields that could not be read and have a stand-in. With any, nothing is stored, but the others are checked
    /// all the same.
    pub unread: Unread,
    /// The etag under which what the sheet leaves out was read; empty to skip the check.
    pub etag: String,
}

/// A row that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedResource {
    /// Its name.
    pub name: ResourceName,
    /// What was done.
    pub outcome: Outcome,
    /// What keeps a draft from being signed off, each at its place in the request; not told to a repetition.
    #[serde(skip)]
    pub sign_off: Faults,
}

/// A row with what it meets in the catalogue.
struct Settled {
    index: usize,
    before: Option<Box<Stored<Resource>>>,
    resource: Resource,
}

impl Gateway {
    /// Writes the entries of a sheet as drafts, or brings drafts up to date. `faults` are those of form: with any,
    /// nothing is stored, but everything that could be read is checked all the same.
    ///
    /// # Errors
    /// The store's, `REQUEST_ID_REUSED`; faults of rows are an answer.
    pub async fn import_resources(
        &self,
        act: &Act<'_>,
        rows: Vec<ResourceRow>,
        mut faults: Faults,
    ) -> Result<Imported<ImportedResource>, Failure> {
        let caller = act.caller;
        let owners = rows.iter().map(|row| &row.resource.department);
        let own = owners.map(|owner| caller.must_be_officer_of(owner));
        must_may_some(own, caller.must_be_officer())?;
        let mut tx = match self.begin_import(act).await? {
            BegunImport::New(tx) => tx,
            BegunImport::Before(answer) => return Ok(Ok(answer)),
        };
        let mut catalogue = Catalogue::read(&mut tx, &rows).await?;
        let mut settled = Vec::with_capacity(rows.len());
        for row in rows {
            let (index, etag, unread) = (row.index, row.etag.clone(), row.unread.clone());
            let mut found = Faults::default();
            let one = catalogue.settle(&mut tx, row, &mut found).await?;
            let same = catalogue.same_title(&one.resource, index);
            let by_rules = self.row_faults(act, &one, same.as_deref(), &unread);
            found.within("", "", &by_rules);
            let owned = self.owner_of(&one.resource.system);
            if owned.ok().as_ref() != Some(&one.resource.department) {
                let text = format!("{} is another department's now", one.resource.system);
                found.add("resource.system", "NOT_OWNED", text);
            }
            let changed = one
                .before
                .as_deref()
                .map(|before| check_etag(&etag, before, before.value.name.as_str()));
            if let Some(Err(changed)) = changed {
                found.add("resource.etag", "CHANGED", changed.message);
            }
            let judged = unread.judged(&found);
            faults.within("resource", &format!("resources[{index}]"), &judged);
            settled.push(one);
        }
        if !faults.is_empty() {
            tx.forget().await;
            return Ok(Err(faults));
        }
        let now = self.now();
        let mut imported = Vec::with_capacity(settled.len());
        for row in settled {
            let sign_off = self.sign_off_faults(&row);
            let written = write(&mut tx, act, row, now).await?;
            imported.push(ImportedResource {
                sign_off,
                ..written
            });
        }
        self.end_import(act, tx, imported).await
    }

    /// What keeps a draft from being signed off.
    fn sign_off_faults(&self, row: &Settled) -> Faults {
        let mut told = Faults::default();
        let before = row.before.as_deref();
        let state = before.map(|before| &before.value.at_work().state);
        let is_changed =
            before.is_none_or(|before| !described_alike(before.value.at_work(), &row.resource));
        if is_changed || state == Some(&ResourceState::Draft) {
            let faults = self.entry_faults(&row.resource, Asked::ToRegister, None);
            told.within("resource", &format!("resources[{}]", row.index), &faults);
        }
        told
    }

    fn row_faults(
        &self,
        act: &Act<'_>,
        row: &Settled,
        same_title: Option<&str>,
        unread: &Unread,
    ) -> Faults {
        let mut faults = self.entry_faults(&row.resource, Asked::Always, same_title);
        if let Err(refusal) = act.caller.must_be_officer_of(&row.resource.department) {
            faults.add("resource.system", "NOT_YOURS", refusal.message());
        }
        if let Some(before) = row.before.as_deref() {
            if before.value.department != row.resource.department {
                let text = format!("{} is an entry of another department", before.value.name);
                faults.add("resource.name", "OTHER_DEPARTMENT", text);
            }
            let is_same = described_alike(before.value.at_work(), &row.resource);
            let written = before.value.clone().write(row.resource.clone());
            if let Err(error) = written
                && !is_same
                && unread.is_empty()
            {
                let failure = stage_failure(&before.value.name, error);
                faults.add("resource.name", "NOT_A_DRAFT", failure.message);
            }
        }
        faults
    }
}

/// Whether two say the same, whatever their stage.
fn described_alike(one: &Resource, other: &Resource) -> bool {
    let draft = |resource: &Resource| Resource {
        state: ResourceState::Draft,
        progress: Progress::default(),
        ..resource.clone()
    };
    draft(one) == draft(other)
}

async fn write(
    tx: &mut Tx,
    act: &Act<'_>,
    row: Settled,
    now: Timestamp,
) -> Result<ImportedResource, Failure> {
    let resource = row.resource;
    let name = resource.name.clone();
    let outcome = match row.before {
        None => {
            let draft = resource_draft(act, "catalogue.resource.created", &resource);
            let entry = tx.record(draft, now).await?;
            tx.insert(&resource, Some(entry), now).await?;
            Outcome::Created
        }
        Some(before) if described_alike(before.value.at_work(), &resource) => Outcome::Unchanged,
        Some(before) => {
            let value = before.value.clone().write(resource);
            let value = value.map_err(|error| stage_failure(&name, error))?;
            let draft = resource_draft(act, "catalogue.resource.updated", &value)
                .with_fact("at_work", value.at_work().state.as_str());
            let entry = tx.record(draft, now).await?;
            tx.update(&before, &value, Some(entry), now).await?;
            Outcome::Updated
        }
    };
    Ok(ImportedResource {
        name,
        outcome,
        sign_off: Faults::default(),
    })
}

/// What an import meets, as it stands in its own transaction.
struct Catalogue {
    by_name: BTreeMap<ResourceName, Stored<Resource>>,
    /// Entries of the departments concerned, by title. Where departments merged, several may have the same.
    by_title: HashMap<(DepartmentName, String), BTreeSet<ResourceName>>,
    /// Rows that were settled, by name and by title.
    names: BTreeMap<ResourceName, usize>,
    titles: HashMap<(DepartmentName, String), usize>,
    /// The number that comes next, by classification.
    next: BTreeMap<String, u64>,
}

impl Catalogue {
    async fn read(tx: &mut Tx, rows: &[ResourceRow]) -> Result<Self, Failure> {
        let mut this = Self {
            by_name: BTreeMap::new(),
            by_title: HashMap::new(),
            names: BTreeMap::new(),
            titles: HashMap::new(),
            next: BTreeMap::new(),
        };
        let departments: BTreeSet<&DepartmentName> =
            rows.iter().map(|row| &row.resource.department).collect();
        for department in departments {
            for entry in tx.under::<Resource>(department.as_str()).await? {
                if !entry.value.is_retired() {
                    // The title that it will have counts as the one that it has.
                    for key in [title_key(&entry.value), title_key(entry.value.at_work())] {
                        let titled = this.by_title.entry(key).or_default();
                        titled.insert(entry.value.name.clone());
                    }
                }
                this.by_name.insert(entry.value.name.clone(), entry);
            }
        }
        for row in rows {
            let Code::Given(name) = &row.code else {
                continue;
            };
            this.look_up(tx, name).await?;
            let Some(entry) = this.by_name.get(name).map(|row| &row.value) else {
                continue;
            };
            // What a row names by its code will have the title that the row says. The one that is published stays
            // until the next version is.
            let written = title_key(entry.at_work());
            let stays = entry.state.is_public() && title_key(entry) == written;
            if !stays && let Some(titled) = this.by_title.get_mut(&written) {
                titled.remove(name);
            }
        }
        Ok(this)
    }

    async fn look_up(&mut self, tx: &mut Tx, name: &ResourceName) -> Result<bool, Failure> {
        if !self.by_name.contains_key(name)
            && let Some(found) = tx.get(name.as_str()).await?
        {
            self.by_name.insert(name.clone(), found);
        }
        Ok(self.by_name.contains_key(name))
    }

    /// Finds what a row is about, and notes rows that are about the same.
    async fn settle(
        &mut self,
        tx: &mut Tx,
        row: ResourceRow,
        faults: &mut Faults,
    ) -> Result<Settled, Failure> {
        let mut resource = row.resource;
        let key = title_key(&resource);
        let titled = self.by_title.get(&key);
        resource.name = match (&row.code, titled.and_then(BTreeSet::first)) {
            (Code::Given(name), _) => name.clone(),
            (Code::Next(_), Some(first)) => first.clone(),
            (Code::Next(classification), None) => self.next_name(tx, classification).await?,
        };
        let titled = self.by_title.get(&key).map_or(0, BTreeSet::len);
        if titled > 1 && matches!(row.code, Code::Next(_)) {
            let text = format!(
                "{titled} entries of this department have this title, among them {}; give the code of the one that \
                 is meant, and another title to the others",
                resource.name
            );
            faults.add("resource.name", "SEVERAL", text);
        }
        if let Some(other) = self.names.insert(resource.name.clone(), row.index) {
            let text = format!("resources[{other}] is about the same entry");
            faults.add("resource.name", "DUPLICATE", text);
        }
        let before = self.by_name.get(&resource.name).cloned().map(Box::new);
        self.titles.entry(key).or_insert(row.index);
        let index = row.index;
        Ok(Settled {
            index,
            before,
            resource,
        })
    }

    /// The next number that no entry and no row has.
    async fn next_name(
        &mut self,
        tx: &mut Tx,
        classification: &str,
    ) -> Result<ResourceName, Failure> {
        loop {
            let number = self.next.entry(classification.to_owned()).or_insert(1);
            let name = numbered(classification, *number)
                .map_err(|cause| Failure::field("resources", &cause))?;
            *number += 1;
            if !self.names.contains_key(&name) && !self.look_up(tx, &name).await? {
                return Ok(name);
            }
        }
    }

    /// Another entry, or an earlier row, with this title.
    fn same_title(&self, resource: &Resource, index: usize) -> Option<String> {
        let key = title_key(resource);
        let titled = self.by_title.get(&key).into_iter().flatten();
        let stored = titled.into_iter().find(|name| **name != resource.name);
        let row = self.titles.get(&key).filter(|other| **other != index);
        let stored = stored.map(|name| name.as_str().to_owned());
        stored.or_else(|| row.map(|other| format!("resources[{other}]")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_given_or_the_next_of_a_classification() {
        let next = Code::next("resources/307014").unwrap();
        assert_eq!(next.first().unwrap().id(), "307014-000000");
        for bad in ["resources/30", "resources/407014", "307014", "resources/"] {
            assert!(Code::next(bad).is_err(), "{bad}");
        }
    }
}
