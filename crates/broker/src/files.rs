//! Files: begin, look at, list, take back. The bytes come in `receive`, are judged in `complete`, leave
//! in `read` and go in `removal`.

mod columns;
mod complete;
mod digest;
mod read;
mod receive;
mod removal;
mod vault;

use domain::caller::Caller;
use domain::fault::{Cause, Faults};
use domain::file::{Claimed, File, FileState, Format, MOST_RECEIVING, Progress, Retention, Title};
use domain::file::{UNFINISHED_DAYS, Why};
use domain::grant::GrantState;
use domain::item::ItemKey;
use domain::name::{DepartmentName, FileName, ResourceName};
use domain::policy::shaoyang_date;
use domain::reason::Reason;
use domain::regime::Rule;
use domain::resource::{Resource, ShareMode};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use ledger::entry::Draft;
use store::Stored;

use crate::failure::Failure;
use crate::gateway::{Act, Gateway, check_etag};
use crate::page::{Page, PageRequest};

pub use read::{FilePart, ReadFile, ReadingFile};
pub use receive::FileChunk;
use removal::Order;
pub(crate) use removal::{AGAIN, BATCH, LOOKS};
pub(crate) use vault::Vault;

/// What a provider says of a file before its first byte.
#[derive(Clone, Debug)]
pub struct NewFile {
    /// The resource.
    pub resource: ResourceName,
    /// What people call it.
    pub title: Title,
    /// Its type.
    pub format: Format,
    /// The items it holds; none named means all of the resource.
    pub items: Vec<ItemKey>,
    /// Bytes.
    pub size: u64,
    /// What is said of the content.
    pub claimed: Claimed,
    /// The last day it is to be kept; none means as long as the regime allows.
    pub until: Option<Date>,
}

impl Gateway {
    /// Begins a file. Nobody but its provider sees it before it is complete.
    ///
    /// # Errors
    /// A refusal, all faults of what is said, or too many files under way.
    pub async fn begin_file(&self, act: &Act<'_>, new: NewFile) -> Result<Stored<File>, Failure> {
        let snapshot = self.snapshot();
        let resource = snapshot.resource(&new.resource);
        let (resource, version) = resource
            .and_then(|resource| Some((resource, resource.version()?)))
            .ok_or_else(|| Failure::not_found(new.resource.as_str()))?;
        act.caller.must_be_system(&resource.system)?;
        let file = self.new_file(new, resource, version)?;
        self.change(act, async |tx, now| {
            let under_way = tx.count_files(file.resource.as_str(), "receiving").await?;
            if under_way >= u64::from(MOST_RECEIVING) {
                let message = format!("{MOST_RECEIVING} files of {} are under way", file.resource);
                return Err(Failure::new(Reason::StateConflict, message));
            }
            let draft = file_draft("exchange.file.begun", act.request_id.as_str(), &file)
                .with_fact("actor", act.caller.principal().to_string())
                .with_fact("items", names(&file.items))
                .with_fact("retained_until", file.retention.until.to_string())
                .with_fact("regime", file.retention.regime.as_str())
                .with_fact("assumed", file.retention.assumed);
            let entry = tx.record(draft, now).await?;
            tx.set_due(&file.name, Some(unfinished_at(now))).await?;
            Ok(tx.insert(&file, Some(entry), now).await?)
        })
        .await
    }

    /// Holds what is said of a file against the catalogue: every fault at once.
    fn new_file(&self, new: NewFile, resource: &Resource, version: u32) -> Result<File, Failure> {
        let mut faults = Faults::default();
        if !resource.share_modes.contains(&ShareMode::File) {
            let text = "the catalogue does not say that the resource is shared by file";
            faults.add("file.resource", "MODE_NOT_SHARED", text);
        }
        faults.check(
            "file.content_type",
            new.format.check_class(resource.format_class),
        );
        for (index, key) in new.items.iter().enumerate() {
            if resource.item(key).is_none() {
                let field = format!("file.items[{index}]");
                faults.add(
                    &field,
                    "UNKNOWN_ITEM",
                    format!("the resource has no item {key}"),
                );
            }
        }
        let retention = faults.check("file.retention_date", self.retention(new.until));
        let id = self.ids.uuid();
        let name = faults.check("file.name", FileName::from_id(&id));
        let items = if new.items.is_empty() {
            resource.items.iter().map(|item| item.key.clone()).collect()
        } else {
            new.items
        };
        let file = name.zip(retention).map(|(name, retention)| File {
            name,
            resource: resource.name.clone(),
            resource_version: version,
            system: resource.system.clone(),
            department: resource.department.clone(),
            title: new.title,
            format: new.format,
            items,
            size: new.size,
            claimed: new.claimed,
            retention,
            state: FileState::Receiving(Progress::default()),
        });
        Ok(faults.finish(file)?)
    }

    /// Until when a file that begins today is kept.
    fn retention(&self, wished: Option<Date>) -> Result<Retention, Cause> {
        let today = shaoyang_date(self.now());
        let (regimes, calendar) = (&self.reference.regimes, &self.reference.calendar);
        let due = regimes.due(Rule::KeepFiles, today, calendar);
        let due = due.map_err(|error| Cause::new("NO_TERM", error.to_string()))?;
        let until = wished.unwrap_or(due.date);
        if !(today..=due.date).contains(&until) {
            let message = format!("give a day from {today} to {}", due.date);
            return Err(Cause::new("OUT_OF_RANGE", message));
        }
        Ok(Retention {
            until,
            regime: due.regime,
            assumed: due.assumed,
        })
    }

    /// One file, for its department, those who oversee, and systems whose grants open it.
    ///
    /// # Errors
    /// `NOT_FOUND`; `FILE_DELETED` for who could have read it.
    pub async fn file(&self, caller: &Caller, name: &FileName) -> Result<Stored<File>, Failure> {
        let row: Option<Stored<File>> = self.store.get(name.as_str()).await?;
        let row = row.ok_or_else(|| Failure::not_found(name.as_str()))?;
        if self.keeps(caller, &row.value) || self.shows(caller, &row.value) {
            return Ok(row);
        }
        Err(self.hidden(caller, &row.value))
    }

    /// The files that the caller may see, of one resource or of all, the oldest first.
    ///
    /// # Errors
    /// A bad page token; the store.
    pub async fn files(
        &self,
        caller: &Caller,
        page: &PageRequest,
        resource: Option<&ResourceName>,
    ) -> Result<Page<File>, Failure> {
        let sees = |file: &File| self.keeps(caller, file) || self.shows(caller, file);
        let parent = resource.map_or("", ResourceName::as_str);
        page.read_visible(&self.store, "files", parent, sees).await
    }

    /// Takes a file back: nobody sees it any more, then its bytes go, then an entry proves it.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `ETAG_MISMATCH`, `STATE_CONFLICT` for one that goes already.
    pub async fn delete_file(
        &self,
        act: &Act<'_>,
        name: &FileName,
        etag: &str,
    ) -> Result<Stored<File>, Failure> {
        let row = self.file(act.caller, name).await?;
        let file = &row.value;
        let may = act.caller.must_be_system(&file.system);
        may.or_else(|_| act.caller.must_be_officer_of(&self.keeper(file)))?;
        let withdrawn = self
            .change(act, async |tx, now| {
                let before = tx.get::<File>(name.as_str()).await?;
                let before = before.ok_or_else(|| Failure::not_found(name.as_str()))?;
                check_etag(etag, &before, name.as_str())?;
                if let Some(removal) = before.value.removal() {
                    let state = removal.why.as_str();
                    return Err(Failure::state(name.as_str(), state, "receiving or visible"));
                }
                let by = act.caller.principal().to_string();
                let order = Order::new(Why::Withdrawn, &by, act.request_id.as_str());
                self.retire_file(tx, &before, &order, now).await
            })
            .await?;
        Ok(self.removed_file(withdrawn).await)
    }

    /// Whether a grant shows the file to the caller.
    fn shows(&self, caller: &Caller, file: &File) -> bool {
        file.is_visible(self.now()) && self.holds_grant(caller, file)
    }

    /// Whether some grant opens the file, but for the purpose, which only a read names.
    fn holds_grant(&self, caller: &Caller, file: &File) -> bool {
        let snapshot = self.snapshot();
        let grants = caller
            .system()
            .map(|system| snapshot.grants_of(system, &file.resource))
            .unwrap_or_default();
        let today = shaoyang_date(self.now());
        grants.iter().any(|grant| {
            let terms = &grant.terms;
            grant.state == GrantState::Active
                && (terms.start..=terms.end).contains(&today)
                && terms.share_modes.contains(&ShareMode::File)
                && file.items.iter().all(|key| terms.items.contains(key))
        })
    }

    /// Whether the caller belongs to those who see a file whatever its stage.
    fn keeps(&self, caller: &Caller, file: &File) -> bool {
        caller.oversees() || caller.is_of(&self.keeper(file))
    }

    /// Its department, or the one that took its resource over since.
    fn keeper(&self, file: &File) -> DepartmentName {
        let snapshot = self.snapshot();
        let resource = snapshot.resource(&file.resource);
        let department = resource.map_or(&file.department, |resource| &resource.department);
        department.clone()
    }

    /// Why a caller does not get a file: it is gone, if they could have had it, or not there.
    fn hidden(&self, caller: &Caller, file: &File) -> Failure {
        let knew = self.keeps(caller, file) || self.holds_grant(caller, file);
        let was_visible = file.digests().is_some();
        if knew && was_visible && !file.is_visible(self.now()) {
            return gone(file);
        }
        Failure::not_found(file.name.as_str())
    }

    /// The row of a file that the caller may write to.
    async fn own_file(&self, caller: &Caller, name: &FileName) -> Result<Stored<File>, Failure> {
        let row = self.file(caller, name).await?;
        caller.must_be_system(&row.value.system)?;
        Ok(row)
    }
}

/// When and why a file went.
fn gone(file: &File) -> Failure {
    let message = match file.removal() {
        Some(removal) => format!(
            "{} was removed at {}: {}",
            file.name,
            removal.at,
            removal.why.as_str()
        ),
        None => format!("{} was kept until {}", file.name, file.retention.until),
    };
    Failure::new(Reason::FileDeleted, message)
}

/// What every entry about a file states. Its title does not stand there: it may name a person.
fn file_draft(event: &str, request_id: &str, file: &File) -> Draft {
    let mut draft = Draft::change(event, request_id)
        .with_fact("file", file.name.as_str())
        .with_fact("resource", file.resource.as_str())
        .with_fact("resource_version", i64::from(file.resource_version))
        .with_fact("system", file.system.as_str())
        .with_fact("department", file.department.as_str())
        .with_fact("content_type", file.format.content_type())
        .with_fact("bytes", whole_number(file.size));
    if let Some(digests) = file.digests() {
        draft = draft
            .with_fact("sha256", digests.sha256.as_str())
            .with_fact("sm3", digests.sm3.as_str());
    }
    draft
}

/// Bytes of a file are at most 2^40.
fn whole_number(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

fn names(keys: &[ItemKey]) -> Vec<String> {
    keys.iter().map(ToString::to_string).collect()
}

/// When an upload that nobody goes on with is taken away.
fn unfinished_at(now: Timestamp) -> Timestamp {
    let days = SignedDuration::from_hours(24 * UNFINISHED_DAYS);
    now.checked_add(days).unwrap_or(now)
}
