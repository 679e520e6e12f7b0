//! What is used of grants, and what of them could go.

mod adding_up;

use std::collections::BTreeMap;

use arc_swap::ArcSwap;
use domain::caller::Caller;
use domain::correction::Disputes;
use domain::fault::Cause;
use domain::grant::{Grant, GrantUse, LONGEST_LOOK_DAYS, UnusedRule, UseDay, Verdict, rule_on};
use domain::name::{GrantName, SystemName};
use domain::policy::shaoyang_date;
use domain::system::System;
use jiff::ToSpan as _;
use jiff::civil::Date;
use store::Stored;
use tokio::sync::Mutex;

use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::page::{Page, PageRequest};

/// Grants a page: of each the days are read.
const PAGE: u32 = 100;

/// What uses are held against, and whose turn it is to add them up.
#[derive(Debug, Default)]
pub(crate) struct Uses {
    /// When a part of a grant counts as not used.
    pub(crate) rules: ArcSwap<Vec<UnusedRule>>,
    /// Held by whoever adds up: nobody does it beside another here.
    turn: Mutex<()>,
}

/// What a list of uses is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct UsesFilter {
    /// Only this grant.
    pub grant: Option<GrantName>,
    /// How many days are looked at; 0 for as many as the rule of the day says.
    pub days: u32,
    /// Only those of which something is proposed to go.
    pub only_proposals: bool,
}

/// One grant with what was used of it.
#[derive(Clone, Debug)]
pub struct GrantUseRow {
    /// The grant.
    pub grant: Stored<Grant>,
    /// What was used.
    pub found: GrantUse,
    /// What that says of it.
    pub verdict: Verdict,
}

/// One page of uses.
#[derive(Clone, Debug)]
pub struct GrantUsePage {
    /// The uses.
    pub rows: Vec<GrantUseRow>,
    /// Token of the next page; empty on the last.
    pub next: String,
}

impl Gateway {
    /// What was used of the grants that are not over and that the caller may see, and what could go.
    ///
    /// # Errors
    /// A number of days that is none to look at, a bad page token, `NOT_FOUND` for one grant, `OVERLOADED`, the store's.
    pub async fn grant_uses(
        &self,
        caller: &Caller,
        page: &PageRequest,
        filter: &UsesFilter,
    ) -> Result<GrantUsePage, Failure> {
        let today = shaoyang_date(self.now());
        let rules = self.uses.rules.load();
        let rule = rule_on(&rules, today);
        let days = days_of(filter.days, rule)?;
        let page = page.clone().at_most(PAGE);
        let grants = self.grants_in_use(caller, &page, (filter.grant.as_ref(), today));
        let grants = grants.await?;
        self.add_up_soon().await?;
        let since = today.saturating_sub(i64::from(days).days());
        let names = grants.rows.iter().map(|row| &row.value.name);
        let mut uses = self.store.uses_of(names, (since, today)).await?;
        let rows = grants.rows.into_iter().map(|grant| {
            let by_day = uses.remove(&grant.value.name).unwrap_or_default();
            self.use_row(grant, &by_day, (days, today), rule)
        });
        let is_less = |row: &GrantUseRow| row.verdict.least().is_some();
        let wanted = rows.filter(|row| !filter.only_proposals || is_less(row));
        Ok(GrantUsePage {
            rows: wanted.collect(),
            next: grants.next,
        })
    }

    async fn grants_in_use(
        &self,
        caller: &Caller,
        page: &PageRequest,
        (one, today): (Option<&GrantName>, Date),
    ) -> Result<Page<Grant>, Failure> {
        if let Some(name) = one {
            let row = self.grant(caller, name).await?;
            return Ok(Page {
                rows: vec![row],
                next: String::new(),
            });
        }
        let is_over = |grant: &Grant| grant.state.is_over() || grant.terms.end < today;
        let is_wanted = |grant: &Grant| !is_over(grant) && self.is_party(caller, grant);
        page.read_visible(&self.store, "grant_uses", "", is_wanted)
            .await
    }

    fn use_row(
        &self,
        grant: Stored<Grant>,
        by_day: &BTreeMap<Date, UseDay>,
        window: (u32, Date),
        rule: Option<&UnusedRule>,
    ) -> GrantUseRow {
        let snapshot = self.snapshot();
        let terms = &grant.value.terms;
        // By them its rows are found that somebody disputes.
        let named_by = snapshot.disputes(&terms.resource);
        let named_by = named_by.map(Disputes::named_by).unwrap_or_default();
        let of_certificate = self.is_of_certificate(&grant.value);
        let found = grant.value.uses(by_day, window, of_certificate, &named_by);
        let is_active = |name: &SystemName| snapshot.system(name).is_some_and(System::is_active);
        let entry = snapshot.resource(&terms.resource);
        let is_shared = entry.is_some_and(|entry| entry.stopped_on(window.1).is_none());
        let can_be_used =
            is_shared && is_active(&terms.consumer) && is_active(&grant.value.provider);
        let verdict = grant.value.verdict(&found, (window.0, rule), can_be_used);
        GrantUseRow {
            grant,
            found,
            verdict,
        }
    }

    /// Whether each call of a grant counts as a row.
    pub(crate) fn is_of_certificate(&self, grant: &Grant) -> bool {
        let snapshot = self.snapshot();
        let entry = snapshot.resource(&grant.terms.resource);
        entry.is_some_and(|entry| entry.certificate_type.is_some())
    }
}

fn days_of(asked: u32, rule: Option<&UnusedRule>) -> Result<u32, Failure> {
    let days = match (asked, rule) {
        (0, Some(rule)) => rule.days,
        (0, None) => {
            let message =
                format!("no rule of the city says how many; give 1 to {LONGEST_LOOK_DAYS}");
            return Err(Failure::field("days", &Cause::new("REQUIRED", message)));
        }
        (days, _) => days,
    };
    if days > LONGEST_LOOK_DAYS {
        let message = format!("give 1 to {LONGEST_LOOK_DAYS}, or 0");
        return Err(Failure::field("days", &Cause::new("OUT_OF_RANGE", message)));
    }
    Ok(days)
}
