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
use domain::correction::DisputedRow;
use domain::item::{DataType, ItemKey, Value};
use domain::reason::Reason;
use domain::resource::Resource;
use prost::Message as _;
use tonic::Status;

use crate::grpc::exchange::wire_receipt;
use crate::json;
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
                let kind = json::described("shuqiao.value.v1.Receipt");
                let receipt = wire_receipt(&receipt).encode_to_vec();
                let receipt = kind.and_then(|kind| json::encode(&kind, &receipt));
                let receipt = receipt.ok_or_else(super::unwritable)?;
                let told = [&b"{\"receipt\":"[..], &receipt, b"}"].concat();
                // With a batch of no rows: not every client takes a message without one.
                let nothing = RecordBatch::new_empty(Arc::clone(&self.schema));
                let data = self.encode(&nothing).map_err(|_| super::unwritable())?;
                Ok(data.with_app_metadata(told))
            }
        }
    }

    fn rows(&self, batch: &Batch) -> Result<FlightData, Status> {
        let columns = self.kinds.iter().enumerate();
        let columns: Result<Vec<ArrayRef>, Status> = columns
            .map(|(at, kind)| {
                let rows = batch.rows.rows();
                let cells = rows.map(|row| row.get(at).and_then(Option::as_ref));
                column(cells, *kind)
            })
            .collect();
        let record = RecordBatch::try_new(Arc::clone(&self.schema), columns?);
        let data = record.and_then(|record| self.encode(&record));
        let data = data.map_err(|_| super::unwritable())?;
        let mut told = serde_json::Map::new();
        if let Some(cursor) = &batch.cursor {
            told.insert("cursor".to_owned(), cursor.as_str().into());
        }
        if !batch.disputed.is_empty() {
            let disputes: Vec<_> = batch.disputed.iter().flat_map(disputes_of).collect();
            told.insert("disputes".to_owned(), disputes.into());
        }
        if told.is_empty() {
            return Ok(data);
        }
        Ok(data.with_app_metadata(serde_json::Value::from(told).to_string()))
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

/// The open corrections of a row, each with the row's place in its batch.
fn disputes_of(disputed: &DisputedRow) -> impl Iterator<Item = serde_json::Value> {
    let row = disputed.row;
    disputed.disputes.iter().map(move |dispute| {
        serde_json::json!({
            "row": row,
            "correction": dispute.correction.as_str(),
            "since": dispute.since.to_string(),
            "items": dispute.items,
        })
    })
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

/// One column of its cells.
fn column<'a>(
    cells: impl Iterator<Item = Option<&'a Value>>,
    kind: DataType,
) -> Result<ArrayRef, Status> {
    Ok(match kind {
        DataType::C | DataType::M | DataType::G | DataType::N | DataType::Y => {
            Arc::new(cells.map(|cell| text(cell?)).collect::<StringArray>())
        }
        DataType::I => Arc::new(cells.map(|cell| integer(cell?)).collect::<Int64Array>()),
        DataType::L => Arc::new(cells.map(|cell| logical(cell?)).collect::<BooleanArray>()),
        DataType::B | DataType::F => {
            let parse = |text: &str| text.parse::<f64>().ok();
            Arc::new(Float64Array::from(parsed(cells, parse)?))
        }
        DataType::D => Arc::new(Date32Array::from(parsed(cells, day)?)),
        DataType::T => {
            let moments = TimestampMicrosecondArray::from(parsed(cells, moment)?);
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
    use arrow_array::Array as _;
    use arrow_array::cast::AsArray as _;
    use arrow_array::types::TimestampMicrosecondType;
    use arrow_cast::display::{ArrayFormatter, FormatOptions};

    use super::*;

    #[test]
    fn each_data_type_has_its_column_and_what_is_absent_stays_absent() {
        let own = |text: &str| text.to_owned();
        let money = "12345678901234567890.01";
        for (kind, value, expected) in [
            (DataType::C, Value::Text(own("数")), "数"),
            (DataType::N, Value::Decimal(own("0.10")), "0.10"),
            (DataType::Y, Value::Decimal(own(money)), money),
            (DataType::B, Value::Decimal(own("0.5")), "0.5"),
            (DataType::I, Value::Integer(-7), "-7"),
            (DataType::L, Value::Logical(true), "true"),
            (DataType::D, Value::Date(own("2022-05-12")), "2022-05-12"),
        ] {
            let column = column([Some(&value), None].into_iter(), kind).unwrap();
            assert_eq!(*column.data_type(), arrow_of(kind), "{kind:?}");
            assert_eq!((column.len(), column.null_count()), (2, 1), "{kind:?}");
            let options = FormatOptions::default();
            let cells = ArrayFormatter::try_new(&column, &options).unwrap();
            assert_eq!(cells.value(0).to_string(), expected, "{kind:?}");
        }
        let moment = Value::Time(own("1970-01-01T08:00:01+08:00"));
        let moments = column([Some(&moment), None].into_iter(), DataType::T).unwrap();
        assert_eq!(*moments.data_type(), arrow_of(DataType::T));
        let moments = moments.as_primitive::<TimestampMicrosecondType>();
        assert_eq!((moments.value(0), moments.is_null(1)), (1_000_000, true));
    }

    #[test]
    fn a_value_that_is_none_of_its_type_is_the_providers_fault() {
        for (kind, value) in [
            (DataType::D, Value::Date("2022-02-30".to_owned())),
            (DataType::T, Value::Time("noon".to_owned())),
            (DataType::F, Value::Decimal("1,5".to_owned())),
        ] {
            let status = column([Some(&value)].into_iter(), kind).err().unwrap();
            assert!(status.message().contains("data type"), "{kind:?}");
        }
    }

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
