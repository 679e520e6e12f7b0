//! What is used of grants: added up from the ledger on a tick, and told with what could go.

use std::collections::BTreeMap;

use domain::application::Narrowing;
use domain::caller::Caller;
use domain::fault::Cause;
use domain::grant::{Grant, GrantUse, LONGEST_LOOK_DAYS, UnusedRule, UseDay, rule_on};
use domain::item::ItemKey;
use domain::name::{GrantName, MatterName};
use domain::policy::shaoyang_date;
use domain::resource::ShareMode;
use jiff::ToSpan as _;
use jiff::civil::Date;
use ledger::entry::{Entry, Kind};
use store::{Stored, UseDays};

use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::page::{Page, PageRequest};

/// Entries that are added up in one go.
const BATCH: u32 = 2_000;
/// The event of a use-code that was handed out: it is the use of a grant for it.
const USE_CODE_CREATED: &str = "use_code.created";

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
    /// What would leave the rest, and why.
    pub proposal: Option<(Narrowing, String)>,
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
    /// Adds up what the entries since the last time say was used. Whichever gateway comes first adds; each entry counts
    /// once.
    ///
    /// # Errors
    /// The store's; what was not added then is added the next time.
    pub async fn add_up_uses(&self) -> Result<(), Failure> {
        let until = self.store.ledger_size().await?;
        let mut from = self.store.uses_added_until().await?;
        while from < until {
            let entries = self.store.entries_between(from, until, "", BATCH).await?;
            let last = entries
                .last()
                .map_or(until, |stored| stored.entry.index().saturating_add(1));
            let mut uses = UseDays::new();
            let told = entries.iter().filter_map(|stored| used_by(&stored.entry));
            for (grant, day, of_entry) in told {
                let days = uses.entry(grant).or_default();
                days.entry(day).or_default().add(of_entry);
            }
            from = if self.store.add_uses((from, last), uses).await? {
                last
            } else {
                self.store.uses_added_until().await?
            };
        }
        Ok(())
    }

    /// What was used of the grants that are not over and that the caller may see, and what could go.
    ///
    /// # Errors
    /// A number of days that is none to look at, a bad page token, `NOT_FOUND` for one grant, the store's.
    pub async fn grant_uses(
        &self,
        caller: &Caller,
        page: &PageRequest,
        filter: &UsesFilter,
    ) -> Result<GrantUsePage, Failure> {
        let today = shaoyang_date(self.now());
        let rules = self.unused_rules.load();
        let rule = rule_on(&rules, today).map(|rule| match filter.days {
            0 => rule.clone(),
            days => UnusedRule {
                days,
                ..rule.clone()
            },
        });
        let days = days_of(filter.days, rule.as_ref())?;
        self.add_up_uses().await?;
        let grants = self.grants_in_use(caller, page, filter.grant.as_ref());
        let grants = grants.await?;
        let since = today.saturating_sub(i64::from(days).days());
        let names = grants.rows.iter().map(|row| &row.value.name);
        let mut uses = self.store.uses_of(names, (since, today)).await?;
        let rows = grants.rows.into_iter().map(|grant| {
            let by_day = uses.remove(&grant.value.name).unwrap_or_default();
            self.use_row(grant, &by_day, (days, today), rule.as_ref())
        });
        let wanted = rows.filter(|row| !filter.only_proposals || row.proposal.is_some());
        Ok(GrantUsePage {
            rows: wanted.collect(),
            next: grants.next,
        })
    }

    async fn grants_in_use(
        &self,
        caller: &Caller,
        page: &PageRequest,
        one: Option<&GrantName>,
    ) -> Result<Page<Grant>, Failure> {
        if let Some(name) = one {
            let row = self.grant(caller, name).await?;
            return Ok(Page {
                rows: vec![row],
                next: String::new(),
            });
        }
        let is_wanted = |grant: &Grant| !grant.state.is_over() && self.is_party(caller, grant);
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
        let of_certificate = self.is_of_certificate(&grant.value);
        let found = grant.value.uses(by_day, window, of_certificate);
        let least = rule.and_then(|rule| grant.value.least(&found, rule));
        let proposal = least.map(|least| {
            let why = match found.last {
                None => "nothing of it was used",
                Some(_) => "no more of it was used",
            };
            (
                least,
                format!("{why} from {} to {}", found.since, found.until),
            )
        });
        GrantUseRow {
            grant,
            found,
            proposal,
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
            let message = "no rule of the city says how many; give 1 to 1096";
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

/// What an entry says was used of which grant on which day; none where it says nothing of that.
fn used_by(entry: &Entry) -> Option<(GrantName, Date, UseDay)> {
    let facts = entry.facts();
    let used = match entry.kind() {
        Kind::Intent | Kind::Served => call(entry),
        Kind::Outcome { .. } => UseDay {
            rows: u64::try_from(facts.integer("rows")?).ok()?,
            ..UseDay::default()
        },
        Kind::Change { event } if event == USE_CODE_CREATED => UseDay {
            calls: [(ShareMode::Api, 1)].into(),
            ..call(entry)
        },
        Kind::Change { .. } => return None,
    };
    let of_use = entry.grant().map(|of| of.name.as_str());
    let grant = GrantName::parse(of_use.or_else(|| facts.text("grant"))?).ok()?;
    Some((grant, shaoyang_date(entry.time()), used))
}

/// A call: its way, and the items and the matter that it was about.
fn call(entry: &Entry) -> UseDay {
    let facts = entry.facts();
    let mode = match facts.text("mode") {
        Some("table") => Some(ShareMode::Table),
        Some("file") => Some(ShareMode::File),
        Some("api") => Some(ShareMode::Api),
        _ => None,
    };
    let named = ["items", "compared", "order"].into_iter();
    let named = named.filter_map(|key| facts.list(key)).flatten();
    let matter = facts
        .text("matter")
        .and_then(|name| MatterName::parse(name).ok());
    UseDay {
        calls: mode.map(|mode| (mode, 1)).into_iter().collect(),
        rows: 0,
        items: named.filter_map(|key| ItemKey::parse(key).ok()).collect(),
        matters: matter.into_iter().collect(),
    }
}
