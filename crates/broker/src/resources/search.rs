//! Search over the catalogue, in memory: the index is made from the registry and kept up with it
//! ([ADR 20](../../../../docs/adr/0020-search-by-pairs-of-characters.md)).

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use arc_swap::ArcSwap;
use domain::caller::Caller;
use domain::department::Department;
use domain::fault::Cause;
use domain::name::{DepartmentName, ResourceName};
use domain::reason::Reason;
use domain::resource::{Resource, ShareType};
use domain::snapshot::{Contents, Snapshot};
use domain::subject::hex;
use search::{Document, Facet, Filter, Found, Index, Place, Query, QueryError, Search, Synonyms};
use sha2::{Digest as _, Sha256};
use store::Stored;

use super::facet::{DEPARTMENT, FORMAT_CLASS, SHARE_TYPE, STATE, SYSTEM, UPDATE_CYCLE};
use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::page::PageRequest;

/// What is counted.
const COUNTED: [Facet; 5] = [DEPARTMENT, SHARE_TYPE, FORMAT_CLASS, UPDATE_CYCLE, STATE];

/// Results that can be paged through; whoever wants more narrows the query.
const DEEPEST: usize = 10_000;
const MOST: usize = 100;
const DEFAULT: usize = 20;
/// The stages that everybody sees, as [`ResourceState::is_public`](domain::resource::ResourceState::is_public) has
/// it.
const PUBLIC: [&str; 3] = ["published", "suspended", "retired"];

/// What is looked for.
#[derive(Clone, Debug)]
pub struct ResourceSearch {
    /// What was typed.
    pub query: String,
    /// What it is narrowed to.
    pub filters: Vec<Filter>,
    /// Which page of it.
    pub page: PageRequest,
    /// Results of the page as asked for; 0 for the default.
    pub size: usize,
}

/// A page of what was found.
#[derive(Clone, Debug)]
pub struct FoundResources {
    /// The resources, each with where it was found, and whether by another word.
    pub results: Vec<(Stored<Resource>, Option<Place>, bool)>,
    /// How many there are in all.
    pub total: u64,
    /// The counts of each facet.
    pub facets: Vec<(Facet, Vec<(String, u64)>)>,
    /// Token of the next page; empty on the last.
    pub next: String,
}

/// The index and the words that mean the same.
#[derive(Debug, Default)]
pub(crate) struct Searching {
    index: Arc<RwLock<Index>>,
    synonyms: ArcSwap<Synonyms>,
}

impl Searching {
    /// Takes the city's synonyms.
    pub(crate) fn know(&self, groups: impl IntoIterator<Item = Vec<String>>) {
        self.synonyms.store(Arc::new(Synonyms::new(groups)));
    }

    /// Reads what was typed, with the city's synonyms.
    ///
    /// # Errors
    /// Too many characters or terms.
    pub(crate) fn query(&self, typed: &str) -> Result<Query, Failure> {
        let query = Query::parse(typed, &self.synonyms.load());
        query.map_err(|error| Failure::field("query", &bad_query(error)))
    }

    /// Takes in a whole registry.
    pub(crate) fn replace(&self, index: Index) {
        *self.index.write().unwrap_or_else(PoisonError::into_inner) = index;
    }

    /// Takes in what changed, once it stands in the snapshot.
    pub(crate) fn follow(&self, changed: &Changed, snapshot: &Snapshot) {
        if changed.is_empty() {
            return;
        }
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        let renamed = changed
            .owners
            .iter()
            .flat_map(|(facet, value)| index.having(facet, value));
        let renamed: Vec<ResourceName> = renamed
            .filter_map(|id| ResourceName::from_id(&id).ok())
            .collect();
        let names = Names::of(snapshot);
        for name in changed.resources.iter().chain(&renamed) {
            if let Some(resource) = snapshot.resource(name) {
                index.put(document(resource, snapshot, &names));
            }
        }
    }
}

/// Mergers one after another that are followed.
const MOST_MERGERS: usize = 64;

/// What of a change the index has to follow.
pub(crate) struct Changed {
    resources: Vec<ResourceName>,
    /// Departments and systems, whose names stand in the texts of their resources.
    owners: Vec<(Facet, String)>,
}

impl Changed {
    pub(crate) fn of(rows: &Contents) -> Self {
        // The names of what was merged stand in the texts of its successor's entries.
        let departments = rows.departments.iter();
        let departments = departments.flat_map(|row| {
            let successor = row.successor.iter();
            successor
                .chain([&row.name])
                .map(|name| (DEPARTMENT, name.to_string()))
        });
        let systems = rows
            .systems
            .iter()
            .map(|row| (SYSTEM, row.name.to_string()));
        Self {
            resources: rows.resources.iter().map(|row| row.name.clone()).collect(),
            owners: departments.chain(systems).collect(),
        }
    }

    fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.owners.is_empty()
    }
}

/// The index of a whole registry.
pub(crate) fn index_of(snapshot: &Snapshot) -> Index {
    let mut index = Index::new();
    let names = Names::of(snapshot);
    for resource in snapshot.resources() {
        index.put(document(resource, snapshot, &names));
    }
    index
}

/// Under which names people know the departments that there are: their own, and those of all that were merged into
/// them, one after the other.
struct Names(HashMap<DepartmentName, Vec<String>>);

impl Names {
    fn of(snapshot: &Snapshot) -> Self {
        let mut names: HashMap<DepartmentName, Vec<String>> = HashMap::new();
        for department in snapshot.departments() {
            let next = |one: &&Department| snapshot.department(one.successor.as_ref()?);
            let chain = std::iter::successors(Some(department), next).take(MOST_MERGERS);
            for successor in chain {
                let known = names.entry(successor.name.clone()).or_default();
                known.extend([department.full_name.clone(), department.short_name.clone()]);
            }
        }
        Self(names)
    }

    fn known(&self, department: &DepartmentName) -> &[String] {
        self.0.get(department).map_or(&[], Vec::as_slice)
    }
}

fn document(resource: &Resource, snapshot: &Snapshot, names: &Names) -> Document {
    let items = resource.items.iter();
    let parts = items.flat_map(|item| [item.title.clone(), item.key.as_str().to_owned()]);
    let mut rest = vec![
        resource.summary.clone(),
        resource.name.id().replacen('-', "/", 1),
    ];
    match &resource.share_type {
        ShareType::Unconditional => {}
        ShareType::Conditional { condition: text } | ShareType::NotShared { legal_basis: text } => {
            rest.push(text.clone());
        }
    }
    let about = &resource.metadata;
    let stated = [
        &about.inner_department,
        &about.format_type,
        &about.data_class,
        &about.share_scope,
        &about.share_purpose,
        &about.refusal_reason,
        &about.open_condition,
    ];
    rest.extend(stated.into_iter().filter(|text| !text.is_empty()).cloned());
    if let Some(system) = snapshot.system(&resource.system) {
        rest.push(system.display_name.clone());
    }
    Document {
        key: resource.name.id().to_owned(),
        title: resource.title.clone(),
        parts: parts.collect(),
        rest,
        names: names.known(&resource.department).to_vec(),
        facets: vec![
            (DEPARTMENT, resource.department.to_string()),
            (SYSTEM, resource.system.to_string()),
            (SHARE_TYPE, share_word(&resource.share_type).to_owned()),
            (FORMAT_CLASS, resource.format_class.to_string()),
            (UPDATE_CYCLE, resource.update_cycle.to_string()),
            (STATE, resource.state.as_str().to_owned()),
        ],
    }
}

fn share_word(share_type: &ShareType) -> &'static str {
    match share_type {
        ShareType::Unconditional => "unconditional",
        ShareType::Conditional { .. } => "conditional",
        ShareType::NotShared { .. } => "not_shared",
    }
}

impl Gateway {
    /// Searches the entries that the caller may see.
    ///
    /// # Errors
    /// A query that is too long, a bad page token, the store's.
    pub async fn search_resources(
        &self,
        caller: &Caller,
        wanted: &ResourceSearch,
    ) -> Result<FoundResources, Failure> {
        let list = list_of(wanted);
        let skip: usize = match wanted.page.after(&list)?.as_str() {
            "" => 0,
            // Our own token: it holds a number.
            after => after.parse().unwrap_or(DEEPEST),
        };
        let take = match wanted.size {
            0 => DEFAULT,
            size => size.min(MOST),
        };
        let query = self.searching.query(&wanted.query)?;
        let is_typed = !query.is_empty();
        let asked = Search {
            query,
            visible: self.seen_by(caller),
            filters: wanted.filters.clone(),
            count: COUNTED.to_vec(),
            skip,
            take: take.min(DEEPEST.saturating_sub(skip)),
        };
        let index = Arc::clone(&self.searching.index);
        // Among a million entries it takes milliseconds.
        let searched = tokio::task::spawn_blocking(move || {
            let index = index.read().unwrap_or_else(PoisonError::into_inner);
            index.search(&asked)
        });
        let found = searched
            .await
            .map_err(|_| Failure::new(Reason::Internal, "the search broke off"))?;
        let end = skip.saturating_add(found.hits.len());
        let goes_on = u64::try_from(end).is_ok_and(|end| end < found.total) && end < DEEPEST;
        let next = if goes_on && !found.hits.is_empty() {
            PageRequest::token(&list, &end.to_string())
        } else {
            String::new()
        };
        let results = self.found_rows(caller, &found, is_typed).await?;
        Ok(FoundResources {
            results,
            total: found.total,
            facets: found.facets,
            next,
        })
    }

    /// The rows as they are now; one that went out of sight meanwhile is left out.
    async fn found_rows(
        &self,
        caller: &Caller,
        found: &Found,
        is_typed: bool,
    ) -> Result<Vec<(Stored<Resource>, Option<Place>, bool)>, Failure> {
        let mut rows = Vec::with_capacity(found.hits.len());
        for hit in &found.hits {
            let name = ["resources/", &hit.key].concat();
            let row: Option<Stored<Resource>> = self.store.get(&name).await?;
            if let Some(row) = row.filter(|row| self.sees(caller, &row.value)) {
                let row = self.shown(caller, row);
                rows.push((row, is_typed.then_some(hit.place), hit.by_other_word));
            }
        }
        Ok(rows)
    }

    /// What a caller may see, as [`Gateway::sees`] has it of one entry.
    fn seen_by(&self, caller: &Caller) -> Vec<(Facet, String)> {
        let snapshot = self.snapshot();
        let competent = snapshot.competent();
        if caller.oversees() || competent.is_some_and(|department| caller.is_of(&department.name)) {
            return Vec::new();
        }
        let own = caller
            .department()
            .map(|department| (DEPARTMENT, department.to_string()));
        own.into_iter()
            .chain(PUBLIC.map(|state| (STATE, state.to_owned())))
            .collect()
    }
}

/// What a page token belongs to.
fn list_of(wanted: &ResourceSearch) -> String {
    let mut digest = Sha256::new().chain_update(&wanted.query);
    for filter in &wanted.filters {
        digest.update([0]);
        digest.update(filter.facet);
        for value in &filter.values {
            digest.update([1]);
            digest.update(value);
        }
    }
    format!("resources:search?{}", hex(&digest.finalize()))
}

fn bad_query(error: QueryError) -> Cause {
    match error {
        QueryError::TooLong => Cause::new("TOO_LONG", "give at most 100 characters"),
        QueryError::TooManyTerms => Cause::new("TOO_MANY", "give at most 8 terms"),
    }
}
