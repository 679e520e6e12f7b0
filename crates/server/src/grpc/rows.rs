//! Reads of rows between the wire and the use case.

use api::exchange::v1 as pb;
use broker::{Batch, Part, ReadRows, Use, wire};
use domain::fault::Cause;
use domain::item::{self, ItemKey, ItemValue, Value};
use domain::name::ResourceName;
use domain::rows::{DEFAULT_ROWS, ROWS};
use tonic::Status;

use super::corrections::wire_disputes;
use super::exchange::{parse_use, wire_receipt};
use super::incoming::{Fields, Incoming};

/// The read that a request asks for, or every fault of it.
pub(super) fn parse(incoming: &Incoming<pb::ReadRowsRequest>) -> Result<(Use, ReadRows), Status> {
    let message = &incoming.message;
    let mut fields = Fields::default();
    let used = parse_use(
        incoming,
        &mut fields,
        &message.request_id,
        message.purpose.as_ref(),
    );
    let resource = fields.name("resource", &message.resource, ResourceName::parse);
    let items = fields.take("items", item::keys(&message.items));
    let filter = match message.filter.clone() {
        None => Some(None),
        Some(filter) => fields.take("filter", wire::filter_from(filter)).map(Some),
    };
    let mut order = Some(Vec::new());
    for (index, by) in message.order.iter().enumerate() {
        let by = fields.take(&format!("order[{index}].item"), wire::order_from(by));
        order = order.zip(by).map(|(mut order, by)| {
            order.push(by);
            order
        });
    }
    let limit = fields.take("limit", limit(message.limit));
    let whole = (|| {
        let read = ReadRows {
            resource: resource?,
            items: items?,
            filter: filter?,
            order: order?,
            limit: limit?,
            resume: (!message.resume.is_empty()).then(|| message.resume.clone()),
        };
        Some((used?, read))
    })();
    fields.finish(whole)
}

fn limit(given: i32) -> Result<u32, Cause> {
    match u32::try_from(given) {
        Ok(0) => Ok(DEFAULT_ROWS),
        Ok(limit) if limit <= ROWS => Ok(limit),
        _ => Err(Cause::new(
            "OUT_OF_RANGE",
            format!("give 1 to {ROWS}, or 0 for {DEFAULT_ROWS}"),
        )),
    }
}

/// One message of the answer.
pub(super) fn wire_part(part: Part) -> pb::ReadRowsResponse {
    use pb::read_rows_response::Part as Wire;
    let part = match part {
        Part::Rows(batch) => Wire::Batch(wire_batch(batch)),
        Part::Receipt(receipt) => Wire::Receipt(wire_receipt(&receipt)),
    };
    pb::ReadRowsResponse { part: Some(part) }
}

fn wire_batch(batch: Batch) -> pb::RowBatch {
    let columns = std::sync::Arc::clone(batch.rows.columns());
    let mut rows = Vec::with_capacity(batch.rows.len());
    let mut cells = batch.rows.into_cells().into_iter();
    while cells.len() > 0 {
        let cells = columns.iter().zip(cells.by_ref());
        rows.push(pb::Row {
            values: cells.filter_map(wire_cell).collect(),
            disputes: Vec::new(),
        });
    }
    for disputed in &batch.disputed {
        if let Some(row) = rows.get_mut(disputed.row) {
            row.disputes = wire_disputes(&disputed.disputes);
        }
    }
    pb::RowBatch {
        rows,
        cursor: batch.cursor.unwrap_or_default(),
    }
}

/// An item without a value is left out.
fn wire_cell((key, cell): (&ItemKey, Option<Value>)) -> Option<api::value::v1::ItemValue> {
    let key = key.clone();
    cell.map(|value| wire::value_to(ItemValue { key, value }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_ten_million_rows() {
        for (given, wanted) in [
            (0, Some(100)),
            (1, Some(1)),
            (10_000_000, Some(10_000_000)),
            (10_000_001, None),
            (-1, None),
        ] {
            assert_eq!(limit(given).ok(), wanted, "{given}");
        }
    }
}
