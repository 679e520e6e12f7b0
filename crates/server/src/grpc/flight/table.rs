//! Rows as Arrow columns.
//!
//! | data type | Arrow | why |
//! |---|---|---|
//! | C, M, G | Utf8 | |
//! | N, Y | Utf8, the number in full | the catalogue does not tell precision and scale; a float would round money |
//! | B, F | Float64 | floating by their definition |
//! | I | Int64 | |
//! | L | Boolean | |
//! | D | Date32 | |
//! | T | Timestamp, microseconds, UTC | |
//!
//! The metadata of a field holds the letter of the national guide and the title that people read.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow_flight::{FlightData, SchemaAsIpc, SchemaResult};
use arrow_ipc::writer::{DictionaryTracker, IpcDataGenerator, IpcWriteContext, IpcWriteOptions};
use arrow_schema::{ArrowError, DataType as Arrow, Field, Schema, SchemaRef, TimeUnit};
use broker::{Batch, Part};
use domain::item::{DataType, ItemKey, Value};
use domain::reason::Reason;
use domain::resource::Resource;
use domain::rows::ReleasedRows;
use tonic::Status;

use crate::grpc::exchange::wire_receipt;
use crate::status::refused;

const UTC: &str = "UTC";

/// The columns of one read.
pub(super) struct Table {
    kinds: Vec<DataType>,
    schema: SchemaRef,
    options: IpcWriteOptions,
}

impl Table {
    /// The columns of these items, in this order.
    pub(super) fn of(resource: &Resource, items: &[ItemKey]) -> Self {
        let items = || items.iter().filter_map(|key| resource.item(key));
        let field = |item: &domain::item::Item| {
            Field::new(item.key.as_str(), arrow_of(item.data_type), true).with_metadata(
                HashMap::from([
                    ("title".to_owned(), item.title.clone()),
                    ("data_type".to_owned(), item.data_type.as_str().to_owned()),
                ]),
            )
        };
        let fields: Vec<Field> = items().map(field).collect();
        Self {
            kinds: items().map(|item| item.data_type).collect(),
            schema: Arc::new(Schema::new(fields)),
            options: IpcWriteOptions::default(),
        }
    }

    pub(super) fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The columns as an answer of their own.
    pub(super) fn schema_result(&self) -> Result<SchemaResult, ArrowError> {
        SchemaAsIpc::new(&self.schema, &self.options).try_into()
    }

    /// The first message of a stream: the columns.
    pub(super) fn head(&self) -> FlightData {
        SchemaAsIpc::new(&self.schema, &self.options).into()
    }

    /// One more message: a batch with its cursor, or the receipt.
    ///
    /// # Errors
    /// `PROVIDER_BAD_ANSWER` when a day, a moment or a number is none.
    pub(super) fn message(&self, part: Part) -> Result<FlightData, Status> {
        match part {
            Part::Rows(batch) => self.rows(&batch),
            Part::Receipt(receipt) => {
                let receipt = wire_receipt(&receipt);
                let told = serde_json::json!({"receipt": {
                    "requestId": receipt.request_id,
                    "intentIndex": receipt.intent_index,
                    "outcomeIndex": receipt.outcome_index,
                    "grant": receipt.grant,
                    "grantVersion": receipt.grant_version,
                    "grantSequence": receipt.grant_sequence,
                    "rule": receipt.rule,
                }});
                // With a batch of no rows: not every client takes a message without one.
                let nothing = RecordBatch::new_empty(Arc::clone(&self.schema));
                let data = self.encode(&nothing).map_err(|_| super::unwritable())?;
                Ok(data.with_app_metadata(told.to_string()))
            }
        }
    }

    fn rows(&self, batch: &Batch) -> Result<FlightData, Status> {
        let columns = self.kinds.iter().enumerate();
        let columns: Result<Vec<ArrayRef>, Status> = columns
            .map(|(at, kind)| column(&batch.rows, at, *kind))
            .collect();
        let record = RecordBatch::try_new(Arc::clone(&self.schema), columns?);
        let data = record.and_then(|record| self.encode(&record));
        let data = data.map_err(|_| super::unwritable())?;
        Ok(match &batch.cursor {
            Some(cursor) => {
                data.with_app_metadata(serde_json::json!({"cursor": cursor}).to_string())
            }
            None => data,
        })
    }

    fn encode(&self, batch: &RecordBatch) -> Result<FlightData, ArrowError> {
        // No column is a dictionary, so nothing has to be told before the batch.
        let (_, data) = IpcDataGenerator::default().encode(
            batch,
            &mut DictionaryTracker::new(false),
            &self.options,
            &mut IpcWriteContext::default(),
        )?;
        Ok(data.into())
    }
}

fn arrow_of(kind: DataType) -> Arrow {
    match kind {
        DataType::C | DataType::M | DataType::G | DataType::N | DataType::Y => Arrow::Utf8,
        DataType::B | DataType::F => Arrow::Float64,
        DataType::I => Arrow::Int64,
        DataType::L => Arrow::Boolean,
        DataType::D => Arrow::Date32,
        DataType::T => Arrow::Timestamp(TimeUnit::Microsecond, Some(UTC.into())),
    }
}

fn column(rows: &ReleasedRows, at: usize, kind: DataType) -> Result<ArrayRef, Status> {
    let cells = || {
        rows.rows()
            .map(move |row| row.get(at).and_then(Option::as_ref))
    };
    Ok(match kind {
        DataType::C | DataType::M | DataType::G | DataType::N | DataType::Y => {
            Arc::new(cells().map(|cell| text(cell?)).collect::<StringArray>())
        }
        DataType::I => Arc::new(cells().map(|cell| integer(cell?)).collect::<Int64Array>()),
        DataType::L => Arc::new(cells().map(|cell| logical(cell?)).collect::<BooleanArray>()),
        DataType::B | DataType::F => {
            let parse = |text: &str| text.parse::<f64>().ok();
            Arc::new(Float64Array::from(parsed(cells(), parse)?))
        }
        DataType::D => Arc::new(Date32Array::from(parsed(cells(), day)?)),
        DataType::T => {
            let moments = TimestampMicrosecondArray::from(parsed(cells(), moment)?);
            Arc::new(moments.with_timezone(UTC))
        }
    })
}

/// Parses the texts of a column; a cell without a value stays one.
fn parsed<'a, T>(
    cells: impl Iterator<Item = Option<&'a Value>>,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Vec<Option<T>>, Status> {
    let unfit = || refused(Reason::ProviderBadAnswer, "a value is not of its data type");
    cells
        .map(|cell| match cell.and_then(text) {
            None => Ok(None),
            Some(text) => parse(text).map(Some).ok_or_else(unfit),
        })
        .collect()
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) | Value::Decimal(text) | Value::Date(text) | Value::Time(text) => {
            Some(text)
        }
        Value::Integer(_) | Value::Logical(_) => None,
    }
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(number) => Some(*number),
        Value::Text(_)
        | Value::Decimal(_)
        | Value::Logical(_)
        | Value::Date(_)
        | Value::Time(_) => None,
    }
}

fn logical(value: &Value) -> Option<bool> {
    match value {
        Value::Logical(truth) => Some(*truth),
        Value::Text(_)
        | Value::Decimal(_)
        | Value::Integer(_)
        | Value::Date(_)
        | Value::Time(_) => None,
    }
}

/// Days since 1970-01-01.
fn day(text: &str) -> Option<i32> {
    let day: jiff::civil::Date = text.parse().ok()?;
    let epoch = jiff::civil::Date::constant(1970, 1, 1);
    Some(day.since((jiff::Unit::Day, epoch)).ok()?.get_days())
}

/// Microseconds since 1970-01-01T00:00:00Z.
fn moment(text: &str) -> Option<i64> {
    let moment: jiff::Timestamp = text.parse().ok()?;
    Some(moment.as_microsecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_moments_are_counted_from_the_epoch() {
        for (text, days) in [
            ("1970-01-01", Some(0)),
            ("1969-12-31", Some(-1)),
            ("2022-12-31", Some(19_357)),
            ("2022-02-30", None),
        ] {
            assert_eq!(day(text), days, "{text}");
        }
        assert_eq!(moment("1970-01-01T08:00:00+08:00"), Some(0));
        assert_eq!(
            moment("2022-12-31T23:59:59.000001Z"),
            Some(1_672_531_199_000_001)
        );
        assert_eq!(moment("2022-12-31"), None);
    }
}
