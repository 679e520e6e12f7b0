//! Clocks: look at those that are due, give cards, read, list.
//!
//! A look is one transaction that reads each clock again: of several gateways one writes, and after a restart the next
//! look makes up what was missed. The moment is the gateway's clock, so that years can be run through in seconds.

use std::sync::atomic::Ordering;

use domain::application::{Application, ApplicationState};
use domain::caller::Caller;
use domain::clock::card::{Card, CardRule, Level};
use domain::clock::kept::KeptClock;
use domain::correction::Correction;
use domain::demand::Demand;
use domain::dispute::Dispute;
use domain::name::{
    ApplicationName, ClockName, ComplaintName, CorrectionName, DepartmentName, DisputeName,
    GrantName,
};
use domain::policy::shaoyang_date;
use domain::resource::Resource;
use domain::snapshot::Snapshot;
use jiff::civil::Date;
use ledger::entry::Draft;
use store::{Noun, Stored, Tx};

use crate::exchange::with_parties;
use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::page::{Page, PageRequest};

/// Clocks of one transaction.
const AT_ONCE: u32 = 200;

/// What a list of clocks is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct ClockFilter {
    /// Only those of this thing, such as an application.
    pub about: String,
    /// Only those for which this department has to act.
    pub department: Option<DepartmentName>,
    /// Only those that have not ended.
    pub open_only: bool,
    /// Only those that have reached this level or a higher one.
    pub level: Option<Level>,
}

impl Gateway {
    /// Looks at every clock that is due by today, gives the cards that were earned, and says when to look again. Returns
    /// how many cards there were.
    ///
    /// # Errors
    /// The store's; what was written stays, and the next look goes on.
    pub async fn run_clocks(&self) -> Result<usize, Failure> {
        let today = shaoyang_date(self.now());
        if !self.has_clocks.load(Ordering::Acquire) {
            self.adopt_clocks().await?;
            self.has_clocks.store(true, Ordering::Release);
        }
        let mut cards = 0;
        loop {
            let due = self.store.clocks_to_look_at(today, AT_ONCE).await?;
            if due.is_empty() {
                return Ok(cards);
            }
            let mut tx = self.store.begin("looking at clocks").await?;
            for row in due {
                cards += self.look_at_clock(&mut tx, &row.value.name, today).await?;
            }
            tx.save().await?;
        }
    }

    /// Keeps the clocks that ran before any were kept: once in the life of a gateway, each thing read in the transaction
    /// that keeps its clocks.
    async fn adopt_clocks(&self) -> Result<(), Failure> {
        for state in ApplicationState::UNDER_WAY {
            let open = self.store.in_state::<Application>(state).await?;
            self.keep_clocks_of::<Application>(open.iter().map(|row| row.value.name.as_str()))
                .await?;
        }
        for state in ["raised", "assigned"] {
            let open = self.store.in_state::<Demand>(state).await?;
            self.keep_clocks_of::<Demand>(open.iter().map(|row| row.value.name.as_str()))
                .await?;
        }
        let snapshot = self.snapshot();
        let entries = snapshot.resources_where(|entry| !entry.running().is_empty());
        self.keep_clocks_of::<Resource>(entries.map(|entry| entry.name.as_str()))
            .await
    }

    async fn keep_clocks_of<T: Noun>(
        &self,
        names: impl Iterator<Item = &str>,
    ) -> Result<(), Failure> {
        let now = self.now();
        let names: Vec<&str> = names.collect();
        for some in names.chunks(usize::try_from(AT_ONCE).unwrap_or(1)) {
            let mut tx = self.store.begin("keeping clocks").await?;
            for name in some {
                let found: Option<Stored<T>> = tx.get(name).await?;
                if let Some(row) = found {
                    tx.keep_clocks(&row.value, row.update_entry, now).await?;
                }
            }
            tx.save().await?;
        }
        Ok(())
    }

    async fn look_at_clock(
        &self,
        tx: &mut Tx,
        name: &ClockName,
        today: Date,
    ) -> Result<usize, Failure> {
        let now = self.now();
        let found: Option<Stored<KeptClock>> = tx.get(name.as_str()).await?;
        let is_due = |row: &Stored<KeptClock>| row.value.look.is_some_and(|day| day <= today);
        // Another gateway was faster.
        let Some(before) = found.filter(is_due) else {
            return Ok(0);
        };
        let mut kept = before.value.clone().settle(self.law());
        let rules = self.card_rules.load();
        let began = shaoyang_date(kept.clock.received);
        let Some(rule) = CardRule::of(&rules, kept.rule, began) else {
            // Another gateway may have a row for it, or this one after its next start.
            kept.look = kept
                .ended
                .is_none()
                .then(|| today.tomorrow().ok())
                .flatten();
            tx.keep_clock(&before, &kept, None, now).await?;
            return Ok(0);
        };
        let look = kept.look(rule, &self.reference.calendar, today);
        let mut last = None;
        for (level, day) in &look.reached {
            let draft = self.card_draft(tx, &kept, rule, (*level, *day)).await?;
            let entry = tx.record(draft, now).await?;
            let due = kept.clock.due.unwrap_or(*day);
            kept = kept.with_card(Card {
                level: *level,
                day: *day,
                due,
                entry,
            });
            last = Some(entry);
        }
        kept.look = look.next;
        tx.keep_clock(&before, &kept, last, now).await?;
        Ok(look.reached.len())
    }

    /// The entry of a card: whose, for what, by which rule, earned on which day.
    async fn card_draft(
        &self,
        tx: &mut Tx,
        kept: &KeptClock,
        rule: &CardRule,
        (level, day): (Level, Date),
    ) -> Result<Draft, Failure> {
        let snapshot = self.snapshot();
        let due = kept
            .clock
            .due
            .map_or_else(String::new, |due| due.to_string());
        let mut draft = Draft::change(format!("compliance.card.{level}"), self.new_id())
            .with_fact("actor", "gateway")
            .with_fact("clock", kept.name.as_str())
            .with_fact("about", kept.about.as_str())
            .with_fact("level", level.as_str())
            .with_fact("day", day.to_string())
            .with_fact("due", due)
            .with_fact("due_rule", kept.clock.rule.as_str())
            .with_fact("card_rule", rule.source.as_str())
            .with_fact("assumed", rule.assumed);
        if let Some(department) = kept.waits_for.department(&snapshot) {
            draft = draft.with_fact("waits_for", department.as_str());
        }
        if let Some(competent) = snapshot.competent().filter(|_| level > Level::Warning) {
            draft = draft.with_fact("escalated_to", competent.name.as_str());
        }
        self.with_parties_of(tx, draft, kept, &snapshot).await
    }

    /// Both sides of what the clock runs for, so that both find the card; else the department that has to act.
    async fn with_parties_of(
        &self,
        tx: &mut Tx,
        draft: Draft,
        kept: &KeptClock,
        snapshot: &Snapshot,
    ) -> Result<Draft, Failure> {
        if ApplicationName::parse(&kept.about).is_ok() {
            let found: Option<Stored<Application>> = tx.get(&kept.about).await?;
            if let Some(row) = found {
                let terms = &row.value.terms;
                let entry = snapshot.resource(&terms.resource);
                let provider = entry.map(|entry| &entry.system);
                let draft = draft
                    .with_fact("application", kept.about.as_str())
                    .with_fact("resource", terms.resource.as_str());
                return Ok(with_parties(draft, snapshot, &terms.consumer, provider));
            }
        }
        if CorrectionName::parse(&kept.about).is_ok() {
            let found: Option<Stored<Correction>> = tx.get(&kept.about).await?;
            if let Some(row) = found {
                let entry = snapshot.resource(&row.value.resource);
                let draft = draft
                    .with_fact("correction", kept.about.as_str())
                    .with_fact("resource", row.value.resource.as_str());
                let provider = entry.map(|entry| &entry.system);
                return Ok(with_parties(draft, snapshot, &row.value.consumer, provider));
            }
        }
        if let Ok(name) = GrantName::parse(&kept.about)
            && let Some(grant) = snapshot.grant(&name)
        {
            let draft = draft
                .with_fact("grant", kept.about.as_str())
                .with_fact("resource", grant.terms.resource.as_str());
            let provider = Some(&grant.provider);
            return Ok(with_parties(
                draft,
                snapshot,
                &grant.terms.consumer,
                provider,
            ));
        }
        if DisputeName::parse(&kept.about).is_ok() {
            let found: Option<Stored<Dispute>> = tx.get(&kept.about).await?;
            if let Some(Stored { value: dispute, .. }) = found {
                let provider = snapshot.resource(&dispute.resource);
                let provider = provider.map(|entry| &entry.system);
                let draft = draft
                    .with_fact("dispute", kept.about.as_str())
                    .with_fact("resource", dispute.resource.as_str());
                return Ok(with_parties(draft, snapshot, &dispute.consumer, provider));
            }
        }
        Ok(match kept.waits_for.department(snapshot) {
            Some(department) => draft.with_fact("department", department.as_str()),
            None => draft,
        })
    }

    /// One clock, if it runs for the caller's department, for something that its department is a party of, or if the
    /// caller oversees.
    ///
    /// # Errors
    /// `NOT_FOUND`.
    pub async fn kept_clock(
        &self,
        caller: &Caller,
        name: &ClockName,
    ) -> Result<Stored<KeptClock>, Failure> {
        let found: Option<Stored<KeptClock>> = self.store.get(name.as_str()).await?;
        let row = found.ok_or_else(|| Failure::not_found(name.as_str()))?;
        if self.sees_clock(caller, &row.value) || self.is_party_of(caller, &row.value).await? {
            return Ok(row);
        }
        Err(Failure::not_found(name.as_str()))
    }

    /// Clocks that the caller may see: those for which its department has to act, and for who oversees or leads the
    /// sharing, all; with `about`, those of something that the caller may see.
    ///
    /// # Errors
    /// A bad page token; the store.
    pub async fn kept_clocks(
        &self,
        caller: &Caller,
        filter: &ClockFilter,
        page: &PageRequest,
    ) -> Result<Page<KeptClock>, Failure> {
        let list = format!("clocks?{filter:?}");
        let by_about = match self.store.page::<KeptClock>("", &filter.about, 1).await? {
            rows if filter.about.is_empty() || rows.is_empty() => false,
            rows => match rows.first() {
                Some(row) => self.is_party_of(caller, &row.value).await?,
                None => false,
            },
        };
        page.read_visible(&self.store, &list, &filter.about, |kept: &KeptClock| {
            let snapshot = self.snapshot();
            let department = kept.waits_for.department(&snapshot);
            (by_about || self.sees_clock(caller, kept))
                && (filter.department.is_none() || filter.department.as_ref() == department)
                && (!filter.open_only || kept.ended.is_none())
                && filter.level.is_none_or(|level| kept.level() >= Some(level))
        })
        .await
    }

    /// Whether the number of days of a clock, or its article, was not read in the text of a law.
    pub fn is_assumed(&self, kept: &KeptClock) -> bool {
        let due = self.reference.regimes.at(kept.clock.day_zero());
        let limits = due.map(|regime| regime.limits.iter());
        limits.is_ok_and(|mut limits| limits.any(|row| row.rule == kept.rule && row.assumed))
    }

    fn sees_clock(&self, caller: &Caller, kept: &KeptClock) -> bool {
        let snapshot = self.snapshot();
        let own = kept.waits_for.department(&snapshot);
        let competent = snapshot.competent().map(|one| &one.name);
        let is_of = |name: Option<&DepartmentName>| name.is_some_and(|name| caller.is_of(name));
        caller.oversees() || is_of(own) || is_of(competent)
    }

    /// Whether the caller is a party of what a clock runs for.
    async fn is_party_of(&self, caller: &Caller, kept: &KeptClock) -> Result<bool, Failure> {
        let there = |found: Result<(), Failure>| match found {
            Ok(()) => Ok(true),
            Err(failure) if failure.reason == domain::reason::Reason::NotFound => Ok(false),
            Err(failure) => Err(failure),
        };
        if let Ok(name) = ApplicationName::parse(&kept.about) {
            return there(self.application(caller, &name).await.map(drop));
        }
        if let Ok(name) = GrantName::parse(&kept.about) {
            return there(self.grant(caller, &name).await.map(drop));
        }
        if let Ok(name) = ComplaintName::parse(&kept.about) {
            return there(self.complaint(caller, &name).await.map(drop));
        }
        if let Ok(name) = DisputeName::parse(&kept.about) {
            return there(self.dispute(caller, &name).await.map(drop));
        }
        if let Ok(name) = CorrectionName::parse(&kept.about) {
            return there(self.correction(caller, &name).await.map(drop));
        }
        Ok(false)
    }
}
