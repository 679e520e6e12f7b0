//! Disputes: raise, negotiate, take further, decide, withdraw, read, list (Order 809 art. 28).

mod entries;
mod moves;
mod standing;

use domain::application::{Application, Signed};
use domain::caller::Caller;
use domain::dispute::{Dispute, DisputeState, DisputeSubject, Favour, Negotiation, Party};
use domain::fault::Cause;
use domain::grant::Grant;
use domain::name::{DepartmentName, DisputeName, ResourceName, SystemName};
use domain::reason::Reason;
use domain::regime::Rule;
use jiff::civil::Date;
use store::{Stored, Tx};

use crate::failure::Failure;
use crate::gateway::{Act, Gateway};
use crate::page::{Page, PageRequest};

/// What a list is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct DisputeFilter {
    /// Only those about this.
    pub subject: Option<DisputeSubject>,
    /// Only these stages, by their words; none for all.
    pub states: Vec<&'static str>,
}

/// A decision to be recorded.
#[derive(Clone, Debug)]
pub struct NewRuling {
    /// What it says.
    pub text: String,
    /// The number of its document.
    pub document: String,
    /// The date of that document.
    pub document_date: Option<Date>,
    /// For whom.
    pub favour: Favour,
    /// The common superior that coordinated; empty where the competent department did.
    pub forwarded_to: String,
}

/// The two departments of a dispute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parties {
    /// Of the consuming system.
    pub consumer: DepartmentName,
    /// Of the entry.
    pub provider: DepartmentName,
}

impl Parties {
    /// The department of a party.
    pub fn of(&self, party: Party) -> &DepartmentName {
        match party {
            Party::Consumer => &self.consumer,
            Party::Provider => &self.provider,
        }
    }

    /// The party for which somebody acts; of one department on both sides the one given.
    fn party_of(&self, caller: &Caller, first: Party) -> Option<Party> {
        let both = [first, first.other()].into_iter();
        let mut own = both.filter(|party| caller.must_be_officer_of(self.of(*party)).is_ok());
        own.next()
    }
}

impl Gateway {
    /// Raises a dispute about an application or a grant.
    ///
    /// # Errors
    /// A refusal for who is no officer of a party, `NOT_FOUND` for what the caller may not see, `STATE_CONFLICT` for an
    /// application that nobody answers yet, for one department on both sides, and while another one is open.
    pub async fn raise_dispute(
        &self,
        act: &Act<'_>,
        subject: DisputeSubject,
        statement: String,
    ) -> Result<Stored<Dispute>, Failure> {
        act.caller.must_be_officer()?;
        let name = DisputeName::from_id(&self.ids.uuid())
            .map_err(|cause| Failure::field("dispute.name", &cause))?;
        self.change(act, async |tx, now| {
            let About {
                consumer,
                resource,
                handed_over,
            } = about(tx, &subject).await?;
            let parties = self.parties(&consumer, &resource)?;
            let raiser = parties.party_of(act.caller, Party::Consumer);
            // Of what was not handed over the provider knows nothing.
            let knows = |party: &Party| handed_over || *party == Party::Consumer;
            let raiser = raiser.filter(knows);
            let raiser = raiser.ok_or_else(|| Failure::not_found(subject.as_str()))?;
            if !handed_over {
                let message = "it was not handed over yet, so nobody is in dispute about it";
                let cause = Cause::new("NOT_HANDED_OVER", message);
                return Err(Failure::field("dispute.subject", &cause));
            }
            if parties.consumer == parties.provider {
                let text = format!("{subject} has one department on both sides");
                return Err(Failure::new(Reason::StateConflict, text));
            }
            must_be_only(tx, &subject, raiser).await?;
            let clock = self.limit(Rule::Negotiate, now)?;
            let dispute = Dispute {
                name,
                subject,
                consumer,
                resource,
                raiser,
                raised: Signed {
                    by: act.caller.principal().to_string(),
                    at: now,
                },
                statement,
                state: DisputeState::Negotiating(Box::new(Negotiation::begin(clock))),
            };
            let by = act.caller.principal().to_string();
            let draft = self.dispute_draft(act.request_id.as_str(), &by, "raised", &dispute);
            let entry = tx.record(draft, now).await?;
            Ok(tx.insert(&dispute, Some(entry), now).await?)
        })
        .await
    }

    /// One dispute, if the caller is of a party or of the competent department, or oversees.
    ///
    /// # Errors
    /// `NOT_FOUND`.
    pub async fn dispute(
        &self,
        caller: &Caller,
        name: &DisputeName,
    ) -> Result<Stored<Dispute>, Failure> {
        let found: Option<Stored<Dispute>> = self.store.get(name.as_str()).await?;
        found
            .filter(|row| self.sees_dispute(caller, &row.value))
            .map(|row| self.with_last_day(row))
            .ok_or_else(|| Failure::not_found(name.as_str()))
    }

    /// Disputes that the caller may see, in the order of their names.
    ///
    /// # Errors
    /// A bad page token; the store.
    pub async fn disputes(
        &self,
        caller: &Caller,
        page: &PageRequest,
        filter: &DisputeFilter,
    ) -> Result<Page<Dispute>, Failure> {
        let list = format!("disputes?{}", filter.states.join(","));
        let parent = filter.subject.as_ref().map_or("", DisputeSubject::as_str);
        let admits = |dispute: &Dispute| {
            let state = dispute.state.as_str();
            (filter.states.is_empty() || filter.states.contains(&state))
                && self.sees_dispute(caller, dispute)
        };
        let page = page
            .read_visible(&self.store, &list, parent, admits)
            .await?;
        let rows = page.rows.into_iter();
        Ok(Page {
            rows: rows.map(|row| self.with_last_day(row)).collect(),
            next: page.next,
        })
    }

    /// Disputes about which somebody has to do something.
    pub(crate) async fn open_disputes(&self) -> Result<Vec<Dispute>, Failure> {
        let mut open = Vec::new();
        for state in DisputeState::OPEN {
            let rows = self.store.in_state(state).await?.into_iter();
            open.extend(rows.map(|row| self.with_last_day(row).value));
        }
        Ok(open)
    }

    /// The departments of a dispute, as the registry has them now.
    ///
    /// # Errors
    /// `NOT_FOUND` when the registry does not know its system or its entry any more.
    pub fn parties_of(&self, dispute: &Dispute) -> Result<Parties, Failure> {
        self.parties(&dispute.consumer, &dispute.resource)
    }

    fn parties(&self, consumer: &SystemName, resource: &ResourceName) -> Result<Parties, Failure> {
        let snapshot = self.snapshot();
        let entry = snapshot.resource(resource);
        Ok(Parties {
            consumer: self.owner_of(consumer)?,
            provider: entry
                .map(|entry| entry.department.clone())
                .ok_or_else(|| Failure::not_found(resource.as_str()))?,
        })
    }

    fn sees_dispute(&self, caller: &Caller, dispute: &Dispute) -> bool {
        let parties = self.parties_of(dispute);
        let is_party =
            parties.is_ok_and(|both| caller.is_of(&both.consumer) || caller.is_of(&both.provider));
        let snapshot = self.snapshot();
        let competent = snapshot.competent();
        is_party || caller.oversees() || competent.is_some_and(|one| caller.is_of(&one.name))
    }

    fn with_last_day(&self, mut row: Stored<Dispute>) -> Stored<Dispute> {
        row.value = row.value.settled(self.law());
        row
    }
}

/// What follows from what a dispute is about.
struct About {
    consumer: SystemName,
    resource: ResourceName,
    /// Both sides know of it.
    handed_over: bool,
}

async fn about(tx: &mut Tx, subject: &DisputeSubject) -> Result<About, Failure> {
    let unknown = || Failure::not_found(subject.as_str());
    let (terms, handed_over) = match subject {
        DisputeSubject::Grant(name) => {
            let found: Option<Stored<Grant>> = tx.get(name.as_str()).await?;
            (found.ok_or_else(unknown)?.value.terms, true)
        }
        DisputeSubject::Application(name) => {
            let found: Option<Stored<Application>> = tx.get(name.as_str()).await?;
            let application = found.ok_or_else(unknown)?.value;
            let handed_over = application.state.answering().is_some();
            (application.terms, handed_over)
        }
    };
    Ok(About {
        consumer: terms.consumer,
        resource: terms.resource,
        handed_over,
    })
}

/// One at a time: what else a party has to say belongs into the one that is open.
async fn must_be_only(tx: &mut Tx, subject: &DisputeSubject, raiser: Party) -> Result<(), Failure> {
    let earlier = tx.under::<Dispute>(subject.as_str()).await?.into_iter();
    let mut open = earlier.filter(|row| row.value.raiser == raiser && row.value.state.is_open());
    let Some(open) = open.next() else {
        return Ok(());
    };
    let message = format!(
        "your department has an open dispute about {subject}, {}; bring that one to its end",
        open.value.name
    );
    Err(Failure::new(Reason::StateConflict, message))
}
