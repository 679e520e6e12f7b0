//! Rows from a department that implements the provider contract.

use api::provider::v1 as pb;
use api::provider::v1::row_provider_service_client::RowProviderServiceClient;
use domain::policy::Permit;
use domain::reason::Reason;
use domain::rows::Selection;
use ledger::receipt::IntentReceipt;

use super::cursor::{PROVIDER_BYTES, Position};
use super::outlet::{Flow, Outlet};
use crate::connections::{Connections, ProviderFault};
use crate::lookup::ticket;
use crate::wire;

/// The largest message of a provider.
const MESSAGE_BYTES: usize = 4 * 1024 * 1024;

/// Streams a selection into the outlet.
pub(super) async fn pump(
    connections: &Connections,
    permit: &Permit,
    intent: &IntentReceipt,
    selection: &Selection,
    after: Option<&Position>,
    outlet: &mut Outlet<'_>,
) -> Result<&'static str, ProviderFault> {
    let line = connections.line(permit.endpoint())?;
    let _place = line.places.enter(&permit.grant().terms.consumer)?;
    let mut client = RowProviderServiceClient::new(line.channel.clone())
        .max_decoding_message_size(MESSAGE_BYTES);
    let resume = match after {
        None => String::new(),
        Some(Position::Provider(place)) => place.clone(),
        Some(Position::Key(_)) => {
            let message = "the cursor is of another way to the rows";
            return Err(ProviderFault::new(Reason::RequestInvalid, message));
        }
    };
    let request = pb::StreamRowsRequest {
        ticket: Some(ticket(permit, intent)),
        resource: permit.resource().name.to_string(),
        items: selection
            .columns()
            .iter()
            .map(ToString::to_string)
            .collect(),
        filter: selection.filter().cloned().map(wire::filter_to),
        limit: i32::try_from(selection.limit()).unwrap_or(i32::MAX),
        order: selection.order().iter().map(wire::order_to).collect(),
        resume,
    };
    let status = |status: tonic::Status| ProviderFault::from_status(&status);
    let mut answer = client
        .stream_rows(request)
        .await
        .map_err(status)?
        .into_inner();
    connections.check_peer(&line, permit.endpoint())?;
    while let Some(message) = answer.message().await.map_err(status)? {
        if message.request_id != intent.request_id() {
            return Err(ProviderFault::bad_answer(
                "the answer is for another request",
            ));
        }
        let mut batch = message.batch.unwrap_or_default();
        let cursor = std::mem::take(&mut batch.cursor);
        if cursor.len() > PROVIDER_BYTES {
            return Err(ProviderFault::bad_answer(
                "the provider's cursor is too long",
            ));
        }
        let behind = (!cursor.is_empty()).then_some(Position::Provider(cursor));
        let rows = wire::rows_from(batch, selection.columns());
        let rows = rows.map_err(|cause| ProviderFault::bad_answer(cause.to_string()))?;
        if outlet.send(rows, behind).await? == Flow::Gone {
            return Ok("cancelled");
        }
    }
    Ok("delivered")
}
