//! Rows: table mode. Messages leave under a durable intent; the outcome digests what was sent.

mod cursor;
mod outlet;
mod provider;

use std::sync::Arc;
use std::time::Duration;

use domain::basis::Basis;
use domain::correction::DisputedRow;
use domain::endpoint::Protocol;
use domain::fault::{FaultCause as _, Faults};
use domain::filter::Filter;
use domain::item::ItemKey;
use domain::name::ResourceName;
use domain::policy::{Ask, Gone, Permit, shaoyang_date};
use domain::quota::QuotaLimit;
use domain::reason::Reason;
use domain::resource::{Resource, ShareMode};
use domain::rows::{OrderBy, ReleasedRows, Selection, Tally, check_order};
use domain::subject::Subject;
use ledger::entry::Fact;
use ledger::receipt::IntentReceipt;
use tokio::sync::mpsc;

use crate::connections::ProviderFault;
use crate::exchange::{Ending, Receipt, Use};
use crate::failure::Failure;
use crate::gateway::Gateway;
use cursor::Seal;

pub(crate) use cursor::Position;
pub(crate) use outlet::{Flow, Outlet};

/// Batches under way to a slow consumer; then the provider is made to wait.
const BATCHES: usize = 4;

/// What a system asks to read.
#[derive(Clone, Debug)]
pub struct ReadRows {
    /// The resource.
    pub resource: ResourceName,
    /// The items; none named means all that is granted.
    pub items: Vec<ItemKey>,
    /// Which rows.
    pub filter: Option<Filter>,
    /// In which order.
    pub order: Vec<OrderBy>,
    /// At most so many.
    pub limit: u32,
    /// The cursor of an earlier read, to go on behind it.
    pub resume: Option<String>,
}

impl ReadRows {
    /// The items that rows are found and put in order by. An order tells of the items that it follows, as a filter does.
    pub fn compared(&self) -> Vec<ItemKey> {
        let mut compared = self.filter.as_ref().map(Filter::keys).unwrap_or_default();
        for by in &self.order {
            if !compared.contains(&by.key) {
                compared.push(by.key.clone());
            }
        }
        compared
    }
}

/// A part of the answer.
#[derive(Clone, Debug)]
pub enum Part {
    /// Some rows.
    Rows(Batch),
    /// The last part.
    Receipt(Box<Receipt>),
}

/// Some rows, cut to the grant.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The rows.
    pub rows: ReleasedRows,
    /// Stands for the place behind the last of them; none where the provider cannot go on from one.
    pub cursor: Option<String>,
    /// Those that are disputed.
    pub disputed: Vec<DisputedRow>,
}

/// The parts as they come; the last is a receipt or a failure.
pub type Parts = mpsc::Receiver<Result<Part, Failure>>;

/// A read that was permitted and recorded.
#[derive(Debug)]
pub struct Reading {
    /// The items that each batch holds, in this order.
    pub items: Vec<ItemKey>,
    /// The resource as it was when the read began.
    pub resource: Arc<Resource>,
    /// What comes.
    pub parts: Parts,
}

/// The last part waits so long for a consumer that reads slowly.
const LAST_PART: Duration = Duration::from_secs(5);

/// A read after the intent: everything that its stream needs.
struct Work {
    used: Use,
    permit: Permit,
    intent: IntentReceipt,
    selection: Selection,
    bound_to: Vec<Vec<u8>>,
    after: Option<Position>,
    /// Rows of the day that were left, where more was asked for.
    cut: Option<u32>,
}

impl Gateway {
    /// Begins a read. Refusals come at once; parts follow over the channel.
    ///
    /// # Errors
    /// A refusal by policy, a filter, an order or a cursor that does not fit, or a ledger that
    /// cannot record.
    pub async fn read_rows(
        self: &Arc<Self>,
        used: Use,
        read: ReadRows,
    ) -> Result<Reading, Failure> {
        let permit = self.permit(&used, &ask(&used, &read)?).await?;
        check(&read, permit.resource())?;
        let bound_to = bound_to(&used, &permit, &read);
        let after = match &read.resume {
            None => None,
            Some(cursor) => {
                let seal = self.seal(&bound_to)?;
                let opened = seal.open(cursor);
                Some(opened.map_err(|cause| Failure::field("resume", &cause))?)
            }
        };
        let scope = self.scope(&read, &permit);
        // No more is asked for than the day has left: the last batch ends there, with its cursor.
        let left = self.rows_left(&permit);
        let left = left.map(|left| u32::try_from(left).unwrap_or(u32::MAX).max(1));
        let cut = left.filter(|left| *left < read.limit);
        let limit = cut.unwrap_or(read.limit);
        let selection = Selection::of(&permit, read.filter, read.order, limit)
            .knowing_by(self.rows_known_by(&permit));
        let intent = self.intend(&used, &permit, scope).await?;
        let (parts, answer) = mpsc::channel(BATCHES);
        let reading = Reading {
            items: permit.items().to_vec(),
            resource: Arc::new(permit.resource().clone()),
            parts: answer,
        };
        let gateway = Arc::clone(self);
        let work = Work {
            used,
            permit,
            intent,
            selection,
            bound_to,
            after,
            cut,
        };
        // On a task of its own: a consumer that goes away does not stop the outcome entry.
        tokio::spawn(async move { gateway.stream(work, parts).await });
        Ok(reading)
    }

    async fn stream(&self, work: Work, parts: mpsc::Sender<Result<Part, Failure>>) {
        let Work {
            used,
            permit,
            intent,
            ..
        } = &work;
        let mut sent = Tally::default();
        let done = self.ask(used, self.pump(&work, &parts, &mut sent)).await;
        let done = done.and_then(|disposition| match work.cut {
            Some(cut) if sent.rows() >= cut => Err(outlet::spent()),
            _ => Ok(disposition),
        });
        let counted = counted(&sent);
        let last = match done {
            Ok(disposition) => {
                let ending = Ending {
                    facts: counted,
                    ..Ending::bare(disposition)
                };
                let receipt = self.conclude(used, permit, intent, ending).await;
                receipt.map(|receipt| Part::Receipt(Box::new(receipt)))
            }
            Err(fault) => {
                let mut ending = Ending::failed(&fault);
                // Rows that left before the fault are disclosure all the same.
                ending.released = sent.rows() > 0;
                ending.frees = !ending.released;
                ending.facts.extend(counted);
                let reason = fault.reason;
                match self.conclude(used, permit, intent, ending).await {
                    Ok(receipt) => {
                        let tomorrow = (reason == Reason::QuotaSpent)
                            .then(|| QuotaLimit::RowsPerDay.wait_s(self.now()));
                        let failure = Failure {
                            retry_after_s: tomorrow,
                            ..Failure::from(fault)
                        };
                        Err(failure.recorded(receipt.outcome_index()))
                    }
                    Err(failure) => Err(failure),
                }
            }
        };
        // A consumer that went away gets no last part; the ledger has it.
        // One that does not read on is not waited for.
        let _ = tokio::time::timeout(LAST_PART, parts.send(last)).await;
    }

    async fn pump(
        &self,
        work: &Work,
        parts: &mpsc::Sender<Result<Part, Failure>>,
        sent: &mut Tally,
    ) -> Result<&'static str, ProviderFault> {
        let (permit, selection, after) = (&work.permit, &work.selection, work.after.as_ref());
        let seal = self.seal(&work.bound_to);
        let seal = seal.map_err(|failure| ProviderFault::new(failure.reason, failure.message))?;
        let mut outlet = Outlet {
            gateway: self,
            used: &work.used,
            permit,
            selection,
            seal: &seal,
            parts,
            sent,
        };
        let (endpoint, resource) = (permit.endpoint(), permit.resource());
        match &endpoint.protocol {
            Protocol::Grpc => {
                let connections = &self.connections;
                provider::pump(
                    connections,
                    permit,
                    &work.intent,
                    selection,
                    after,
                    &mut outlet,
                )
                .await
            }
            Protocol::HttpJson
            | Protocol::NetworkIdentity
            | Protocol::CertificateLibrary(_)
            | Protocol::FileDrop(_) => Err(ProviderFault::new(
                Reason::ProviderNotConnected,
                "the endpoint does not serve rows",
            )),
            Protocol::Sql(source) => {
                self.databases
                    .read(endpoint, source, resource, selection, after, &mut outlet)
                    .await
            }
        }
    }

    fn seal(&self, bound_to: &[Vec<u8>]) -> Result<Seal<'_>, Failure> {
        let parts: Vec<&[u8]> = bound_to.iter().map(Vec::as_slice).collect();
        Seal::new(&self.keys.pseudonyms, &parts).map_err(|cause| Failure::field("resume", &cause))
    }

    /// What the intent says of the scope: how many rows at most, which values were asked about, and
    /// which rows the grant covers. A value that is a person's or firm's code is hashed as that
    /// subject, so that a search for the subject finds reads and lookups alike.
    fn scope(&self, read: &ReadRows, permit: &Permit) -> Vec<(&'static str, Fact)> {
        let mut scope = vec![("limit", Fact::from(i64::from(read.limit)))];
        let names = |keys: Vec<ItemKey>| keys.iter().map(ToString::to_string).collect::<Vec<_>>();
        if let Some(filter) = &read.filter {
            scope.push(("compared", names(filter.keys()).into()));
            let today = shaoyang_date(self.now());
            let regions = &self.reference.regions;
            let digest = |text: &str| match Subject::of_text(text, regions, today) {
                Some(subject) => self.keys.pseudonyms.subject(&subject),
                None => self.keys.pseudonyms.text("value", text),
            };
            let values: Vec<String> = filter.texts().into_iter().map(digest).collect();
            scope.push(("subjects", values.into()));
        }
        if !read.order.is_empty() {
            let order = read.order.iter().map(|by| by.key.clone()).collect();
            scope.push(("order", names(order).into()));
        }
        if read.resume.is_some() {
            scope.push(("resumed", true.into()));
        }
        if let Some(filter) = permit.row_filter() {
            scope.push(("row_filter", self.row_filter_digest(filter).into()));
        }
        scope
    }

    /// The keyed hash by which entries name a row filter.
    pub(crate) fn row_filter_digest(&self, filter: &Filter) -> String {
        self.keys.pseudonyms.text("row filter", &canonical(filter))
    }

    /// Looks again while rows flow: whoever lost the right to them gets no more.
    pub(crate) fn still_permitted(&self, used: &Use, permit: &Permit) -> Result<(), ProviderFault> {
        let lost = |failure: Failure| ProviderFault::new(failure.reason, failure.message);
        self.authenticate(used.caller.fingerprint()).map_err(lost)?;
        let snapshot = self.snapshot();
        let grant = snapshot.grant(&permit.grant().name);
        let gone = grant.map_or(Some(Gone::Revoked), |grant| {
            permit.gone_from(grant, shaoyang_date(self.now()))
        });
        match gone {
            None => Ok(()),
            Some(why) => Err(ProviderFault::new(why.reason(), why.message())),
        }
    }
}

/// What policy is asked.
fn ask(used: &Use, read: &ReadRows) -> Result<Ask, Failure> {
    Ok(Ask {
        consumer: used.caller.system()?.clone(),
        resources: vec![read.resource.clone()],
        mode: ShareMode::Table,
        matter: Some(used.purpose.matter.clone()),
        operator_named: used.purpose.operator.is_some(),
        items: read.items.clone(),
        whole: false,
        compared: read.compared(),
        grant: None,
        basis: Basis::Duty,
        issuing: false,
    })
}

/// Holds filter and order against the resource: every fault at once.
fn check(read: &ReadRows, resource: &Resource) -> Result<(), Failure> {
    let filter = read.filter.as_ref().map(|filter| filter.check(resource));
    let order = check_order(&read.order, resource);
    let mut faults = Faults::default();
    for (field, checked) in [("filter", filter.unwrap_or(Ok(()))), ("order", order)] {
        for cause in checked.err().unwrap_or_default() {
            faults.add(field, cause.code(), cause.to_string());
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    Err(faults.into())
}

/// Everything that a cursor belongs to.
fn bound_to(used: &Use, permit: &Permit, read: &ReadRows) -> Vec<Vec<u8>> {
    let grant = permit.grant();
    let mut parts = vec![
        used.caller.principal().to_string().into_bytes(),
        grant.name.as_str().as_bytes().to_vec(),
        grant.version.to_be_bytes().to_vec(),
        permit.resource().name.as_str().as_bytes().to_vec(),
        permit.endpoint().name.as_str().as_bytes().to_vec(),
        read.filter
            .as_ref()
            .map(canonical)
            .unwrap_or_default()
            .into_bytes(),
    ];
    for by in &read.order {
        let direction = if by.descending { "desc" } else { "asc" };
        parts.push(format!("{} {direction}", by.key).into_bytes());
    }
    parts
}

/// A filter in its one spelling. It holds values, so it only ever becomes a hash.
fn canonical(filter: &Filter) -> String {
    // Writing JSON to memory fails for map keys that are no text only; a filter has none.
    serde_json::to_string(filter).unwrap_or_default()
}

/// What the outcome says of the rows.
fn counted(sent: &Tally) -> Vec<(&'static str, Fact)> {
    let mut facts = vec![("rows", i64::from(sent.rows()).into())];
    if sent.rows() > 0 {
        facts.push(("digest", sent.digest().into()));
    }
    if !sent.segments().is_empty() {
        facts.push(("segments", sent.segments().to_vec().into()));
    }
    if sent.disputed_rows() > 0 {
        let names: Vec<String> = sent.disputed().map(ToString::to_string).collect();
        facts.push(("disputed_rows", i64::from(sent.disputed_rows()).into()));
        facts.push(("disputed", names.into()));
    }
    facts
}
