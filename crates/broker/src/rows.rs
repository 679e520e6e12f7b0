//! Rows: table mode. Messages leave under a durable intent; the outcome digests what was sent.

use std::sync::Arc;
use std::time::Duration;

use api::provider::v1 as pb;
use api::provider::v1::row_provider_service_client::RowProviderServiceClient;
use domain::fault::Cause;
use domain::filter::Filter;
use domain::grant::GrantState;
use domain::item::{ItemKey, ItemValue};
use domain::name::ResourceName;
use domain::policy::{Ask, Permit, shaoyang_date};
use domain::reason::Reason;
use domain::release::release;
use domain::resource::ShareMode;
use domain::subject::Subject;
use ledger::entry::Fact;
use ledger::receipt::IntentReceipt;
use tokio::sync::mpsc;

use crate::connections::ProviderFault;
use crate::exchange::{Ending, Receipt, Use};
use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::lookup::ticket;
use crate::wire;

/// The largest message of a provider.
const MESSAGE_BYTES: usize = 4 * 1024 * 1024;
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
    /// At most so many.
    pub limit: u32,
}

/// A part of the answer.
#[derive(Clone, Debug)]
pub enum Part {
    /// Some rows, cut to the grant.
    Rows(Vec<Vec<ItemValue>>),
    /// The last part.
    Receipt(Box<Receipt>),
}

/// The parts as they come; the last is a receipt or a failure.
pub type Parts = mpsc::Receiver<Result<Part, Failure>>;

/// The last part waits so long for a consumer that reads slowly.
const LAST_PART: Duration = Duration::from_secs(5);

#[derive(Clone)]
struct Sent {
    rows: u32,
    digest: String,
}

impl Gateway {
    /// Begins a read. Refusals come at once; parts follow over the channel.
    ///
    /// # Errors
    /// A refusal by policy, a filter that does not fit, or a ledger that cannot record.
    pub async fn read_rows(self: &Arc<Self>, used: Use, read: ReadRows) -> Result<Parts, Failure> {
        let ask = Ask {
            consumer: used.caller.system()?.clone(),
            resources: vec![read.resource.clone()],
            mode: ShareMode::Table,
            matter: Some(used.purpose.matter.clone()),
            operator_named: used.purpose.operator.is_some(),
            items: read.items.clone(),
            compared: read.filter.as_ref().map(Filter::keys).unwrap_or_default(),
            grant: None,
        };
        let permit = self.permit(&used, &ask).await?;
        if let Some(filter) = &read.filter {
            filter
                .check(permit.resource())
                .map_err(|cause: Cause| Failure::field("filter", &cause))?;
        }
        let scope = self.scope(&read);
        let intent = self.intend(&used, &permit, scope).await?;
        let (parts, answer) = mpsc::channel(BATCHES);
        let gateway = Arc::clone(self);
        // On a task of its own: a consumer that goes away does not stop the outcome entry.
        tokio::spawn(async move { gateway.stream(used, read, permit, intent, parts).await });
        Ok(answer)
    }

    async fn stream(
        &self,
        used: Use,
        read: ReadRows,
        permit: Permit,
        intent: IntentReceipt,
        parts: mpsc::Sender<Result<Part, Failure>>,
    ) {
        let mut sent = Sent {
            rows: 0,
            digest: String::new(),
        };
        let done = self
            .ask(
                &used,
                self.pump(&used, &permit, &intent, &read, &parts, &mut sent),
            )
            .await;
        let mut counted = vec![("rows", i64::from(sent.rows).into())];
        if sent.rows > 0 {
            counted.push(("digest", sent.digest.into()));
        }
        let last = match done {
            Ok(disposition) => {
                let ending = Ending {
                    disposition,
                    released: true,
                    facts: counted,
                };
                let receipt = self.conclude(&used, &permit, &intent, ending).await;
                receipt.map(|receipt| Part::Receipt(Box::new(receipt)))
            }
            Err(fault) => {
                let mut ending = Ending::failed(&fault);
                // Rows that left before the fault are disclosure all the same.
                ending.released = sent.rows > 0;
                ending.facts.extend(counted);
                match self.conclude(&used, &permit, &intent, ending).await {
                    Ok(receipt) => Err(Failure::from(fault).recorded(receipt.outcome.index())),
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
        used: &Use,
        permit: &Permit,
        intent: &IntentReceipt,
        read: &ReadRows,
        parts: &mpsc::Sender<Result<Part, Failure>>,
        sent: &mut Sent,
    ) -> Result<&'static str, ProviderFault> {
        let line = self.connections.line(permit.endpoint())?;
        let _slot = line.slots.try_acquire().map_err(|_| {
            ProviderFault::new(Reason::Overloaded, "too many calls to this provider")
        })?;
        let mut client = RowProviderServiceClient::new(line.channel.clone())
            .max_decoding_message_size(MESSAGE_BYTES);
        let request = pb::StreamRowsRequest {
            ticket: Some(ticket(permit, intent)),
            resource: read.resource.to_string(),
            items: permit.items().iter().map(ToString::to_string).collect(),
            filter: read.filter.clone().map(wire::filter_to),
            limit: i32::try_from(read.limit).unwrap_or(i32::MAX),
        };
        let status = |status: tonic::Status| ProviderFault::from_status(&status);
        let mut answer = client
            .stream_rows(request)
            .await
            .map_err(status)?
            .into_inner();
        self.connections.check_peer(&line, permit.endpoint())?;
        while let Some(message) = answer.message().await.map_err(status)? {
            self.still_permitted(used, permit)?;
            if message.request_id != intent.request_id() {
                return Err(ProviderFault::bad_answer(
                    "the answer is for another request",
                ));
            }
            // Counted when it leaves: a batch with one bad row stays behind as a whole.
            let mut after = sent.clone();
            let batch = message.batch.unwrap_or_default();
            let rows = self.cut(permit, batch, read.limit, &mut after)?;
            if parts.send(Ok(Part::Rows(rows))).await.is_err() {
                return Ok("cancelled");
            }
            *sent = after;
        }
        Ok("delivered")
    }

    /// What the intent says of the scope: how many rows at most, and which values were asked about.
    /// A value that is a person's or firm's code is hashed as that subject, so that a search for the
    /// subject finds reads and lookups alike.
    fn scope(&self, read: &ReadRows) -> Vec<(&'static str, Fact)> {
        let mut scope = vec![("limit", Fact::from(i64::from(read.limit)))];
        if let Some(filter) = &read.filter {
            let keys = filter.keys();
            scope.push((
                "compared",
                keys.iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .into(),
            ));
            let today = shaoyang_date(self.now());
            let regions = &self.reference.regions;
            let digest = |text: &str| match Subject::of_text(text, regions, today) {
                Some(subject) => self.keys.pseudonyms.subject(&subject),
                None => self.keys.pseudonyms.text("value", text),
            };
            let values: Vec<String> = filter.texts().into_iter().map(digest).collect();
            scope.push(("subjects", values.into()));
        }
        scope
    }

    /// Looks again while rows flow: whoever lost the right to them gets no more.
    pub(crate) fn still_permitted(&self, used: &Use, permit: &Permit) -> Result<(), ProviderFault> {
        let lost = |failure: Failure| ProviderFault::new(failure.reason, failure.message);
        self.authenticate(used.caller.fingerprint()).map_err(lost)?;
        let snapshot = self.snapshot();
        match snapshot
            .grant(&permit.grant().name)
            .map(|grant| &grant.state)
        {
            Some(GrantState::Active) => Ok(()),
            Some(GrantState::Suspended { .. }) => Err(ProviderFault::new(
                Reason::GrantSuspended,
                "the grant was suspended meanwhile",
            )),
            Some(GrantState::Revoked { .. }) | None => Err(ProviderFault::new(
                Reason::GrantRevoked,
                "the grant was revoked meanwhile",
            )),
        }
    }

    /// Cuts a batch to the permit and counts and digests what is about to leave.
    fn cut(
        &self,
        permit: &Permit,
        batch: api::exchange::v1::RowBatch,
        limit: u32,
        sent: &mut Sent,
    ) -> Result<Vec<Vec<ItemValue>>, ProviderFault> {
        let mut rows = Vec::with_capacity(batch.rows.len());
        for row in batch.rows {
            if sent.rows >= limit {
                return Err(ProviderFault::bad_answer(
                    "the provider sent more rows than were asked for",
                ));
            }
            let values: Result<Vec<ItemValue>, Cause> =
                row.values.into_iter().map(wire::value_from).collect();
            let values = values.map_err(|cause| ProviderFault::bad_answer(cause.to_string()))?;
            let released =
                release(permit, values).map_err(|bad| ProviderFault::bad_answer(bad.message))?;
            let keys = &self.keys.pseudonyms;
            let row = released.digest(keys);
            sent.digest = keys.digest("rows", &[sent.digest.as_bytes(), row.as_bytes()]);
            sent.rows = sent.rows.saturating_add(1);
            rows.push(released.into_values());
        }
        Ok(rows)
    }
}
