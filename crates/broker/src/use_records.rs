//! Records of use: made by the consumer, read by those who may inspect them (Order 809 art. 29).

use domain::application::Signed;
use domain::caller::Caller;
use domain::grant::Grant;
use domain::name::{GrantName, UseRecordName};
use domain::policy::shaoyang_date;
use domain::reason::Reason;
use domain::regime::Rule;
use domain::use_record::{CountedUse, KeptUntil, UseRecord, UseStatement, day_faults};
use jiff::Timestamp;
use jiff::civil::Date;
use store::{Stored, Tx};

use crate::failure::Failure;
use crate::gateway::{Act, Gateway};
use crate::page::{Page, PageRequest};

/// A record to be made.
#[derive(Clone, Debug)]
pub struct NewUseRecord {
    /// The grant that was used.
    pub grant: GrantName,
    /// The first day it is about, and the last one.
    pub days: (Date, Date),
    /// What the consumer states.
    pub said: UseStatement,
}

impl Gateway {
    /// Makes a record of the use of a grant, with what the gateway counted of the same days beside it.
    ///
    /// # Errors
    /// A refusal for who is no officer of the consumer, `NOT_FOUND` for a grant that the caller may not see, every fault of
    /// its days.
    pub async fn create_use_record(
        &self,
        act: &Act<'_>,
        new: NewUseRecord,
    ) -> Result<Stored<UseRecord>, Failure> {
        // Before the transaction, which holds a connection of its own. Who may not see the grant is told so within.
        let counted = match self.grant(act.caller, &new.grant).await {
            Ok(row) => self.counted_use(&row.value, new.days).await?,
            Err(failure) if failure.reason == Reason::NotFound => CountedUse { calls: 0, rows: 0 },
            Err(failure) => return Err(failure),
        };
        let name = UseRecordName::from_id(&self.ids.uuid())
            .map_err(|cause| Failure::field("use_record.name", &cause))?;
        self.change(act, async |tx, now| {
            let grant = self.used_by_caller(tx, act, &new, now).await?;
            let (since, until) = new.days;
            let record = UseRecord {
                name,
                grant: new.grant,
                version: grant.version,
                since,
                until,
                said: new.said,
                counted,
                kept: self.kept_until(until, now)?,
                signed: Signed {
                    by: act.caller.principal().to_string(),
                    at: now,
                },
            };
            let draft = self
                .grant_draft(act, "sharing.use_record.created", &grant)
                .with_fact("use_record", record.name.as_str())
                .with_fact("since", since.to_string())
                .with_fact("until", until.to_string());
            let entry = tx.record(draft, now).await?;
            Ok(tx.insert(&record, Some(entry), now).await?)
        })
        .await
    }

    /// The grant that a record is to be about, where its consumer makes it and its days are right.
    async fn used_by_caller(
        &self,
        tx: &mut Tx,
        act: &Act<'_>,
        new: &NewUseRecord,
        now: Timestamp,
    ) -> Result<Grant, Failure> {
        let found: Option<Stored<Grant>> = tx.get(new.grant.as_str()).await?;
        let found = found.filter(|row| self.is_party(act.caller, &row.value));
        let grant = found
            .ok_or_else(|| Failure::not_found(new.grant.as_str()))?
            .value;
        let consumer = self.owner_of(&grant.terms.consumer)?;
        act.caller.must_be_officer_of(&consumer)?;
        let faults = day_faults(&grant, new.days, shaoyang_date(now));
        if faults.is_empty() {
            Ok(grant)
        } else {
            Err(faults.into())
        }
    }

    /// One record, for whoever may see its grant.
    ///
    /// # Errors
    /// `NOT_FOUND`.
    pub async fn use_record(
        &self,
        caller: &Caller,
        name: &UseRecordName,
    ) -> Result<Stored<UseRecord>, Failure> {
        let found: Option<Stored<UseRecord>> = self.store.get(name.as_str()).await?;
        found
            .filter(|row| self.may_inspect(caller, &row.value))
            .ok_or_else(|| Failure::not_found(name.as_str()))
    }

    /// The records that the caller may read, of one grant or of all.
    ///
    /// # Errors
    /// A bad page token; the store.
    pub async fn use_records(
        &self,
        caller: &Caller,
        page: &PageRequest,
        grant: Option<&GrantName>,
    ) -> Result<Page<UseRecord>, Failure> {
        let parent = grant.map_or("", GrantName::as_str);
        page.read_visible(&self.store, "use_records", parent, |record| {
            self.may_inspect(caller, record)
        })
        .await
    }

    fn may_inspect(&self, caller: &Caller, record: &UseRecord) -> bool {
        let snapshot = self.snapshot();
        let grant = snapshot.grant(&record.grant);
        grant.is_some_and(|grant| self.is_party(caller, grant))
    }

    async fn counted_use(&self, grant: &Grant, days: (Date, Date)) -> Result<CountedUse, Failure> {
        self.add_up_soon().await?;
        let names = std::iter::once(&grant.name);
        let uses = self.store.uses_of(names, days).await?;
        let by_day = uses.values().flat_map(|days| days.values());
        Ok(CountedUse::of(by_day, self.is_of_certificate(grant)))
    }

    /// Until when a record that ends on a day is kept, by the regime in force then; none where it sets no term, and nothing
    /// is dropped for that.
    fn kept_until(&self, until: Date, now: Timestamp) -> Result<Option<KeptUntil>, Failure> {
        let clock = self.law().clock(Rule::KeepRecords, until, now);
        let clock = clock.map_err(|error| Failure::new(Reason::Internal, error.to_string()))?;
        let rule = clock.rule;
        Ok(clock.due.map(|date| KeptUntil { date, rule }))
    }
}
