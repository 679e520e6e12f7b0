//! From a row of an engine to values of the domain: each cell is checked, or the answer is bad.

use domain::item::Value;
use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::mysql::MySqlRow;
use sqlx::postgres::PgRow;
use sqlx::sqlite::{SqliteRow, SqliteValueRef};
use sqlx::{Decode, Row, Sqlite, TypeInfo as _, ValueRef as _};

use super::column::{Bound, Column, Kind};
use crate::wire::is_decimal;
use domain::source::Engine;

/// The cell does not hold what its column promised. Nothing of it is told.
#[derive(Debug)]
pub(super) struct BadCell;

/// A row that cells can be taken from.
pub(super) trait Cells: Send {
    const ENGINE: Engine;

    /// The value at a place, by how its column keeps values.
    fn cell(&self, place: usize, kind: Kind) -> Result<Option<Value>, BadCell>;

    /// The same as a parameter of a later statement.
    fn bound(&self, place: usize, column: &Column) -> Result<Option<Bound>, BadCell> {
        let Some(value) = self.cell(place, column.kind)? else {
            return Ok(None);
        };
        if let (Kind::Double, Value::Decimal(text)) = (column.kind, &value) {
            // The shortest text of a binary number is read back as the same number.
            return text
                .parse()
                .map(|number| Some(Bound::Double(number)))
                .map_err(|_| BadCell);
        }
        column
            .bind(Self::ENGINE, &value)
            .map(Some)
            .map_err(|_| BadCell)
    }
}

impl Cells for SqliteRow {
    const ENGINE: Engine = Engine::Sqlite;

    fn cell(&self, place: usize, kind: Kind) -> Result<Option<Value>, BadCell> {
        let raw = self.try_get_raw(place).map_err(|_| BadCell)?;
        if raw.is_null() {
            return Ok(None);
        }
        // In SQLite a row may hold anything, whatever the column says.
        let held = held(&raw);
        let value = match (kind, held) {
            (Kind::Text { .. }, Held::Text) => Value::Text(text(raw)?),
            (Kind::Date, Held::Text) => date(text(raw)?)?,
            (Kind::Time, Held::Text) => spelled_moment(text(raw)?)?,
            (Kind::Integer, Held::Integer) => Value::Integer(integer(raw)?),
            (Kind::Logical, Held::Integer) => logical(integer(raw)?)?,
            (Kind::Double | Kind::Exact, Held::Integer) => {
                Value::Decimal(integer(raw)?.to_string())
            }
            (Kind::Double | Kind::Exact, Held::Real) => binary(real(raw)?)?,
            _ => return Err(BadCell),
        };
        Ok(Some(value))
    }

    fn bound(&self, place: usize, _: &Column) -> Result<Option<Bound>, BadCell> {
        let raw = self.try_get_raw(place).map_err(|_| BadCell)?;
        if raw.is_null() {
            return Ok(None);
        }
        // What the row holds, and not its text: a whole and a binary number read alike.
        Ok(Some(match held(&raw) {
            Held::Text => Bound::Text(text(raw)?),
            Held::Integer => Bound::Integer(integer(raw)?),
            Held::Real => Bound::Double(real(raw)?),
            Held::Other => return Err(BadCell),
        }))
    }
}

impl Cells for PgRow {
    const ENGINE: Engine = Engine::Postgres;

    fn cell(&self, place: usize, kind: Kind) -> Result<Option<Value>, BadCell> {
        let value = match kind {
            Kind::Text { .. } => self.get_as::<String>(place)?.map(Value::Text),
            Kind::Exact => self.get_as::<String>(place)?.map(decimal).transpose()?,
            Kind::Date => self.get_as::<String>(place)?.map(date).transpose()?,
            Kind::Integer => self.get_as::<i64>(place)?.map(Value::Integer),
            Kind::Time => self.get_as::<i64>(place)?.map(moment).transpose()?,
            Kind::Double => self.get_as::<f64>(place)?.map(binary).transpose()?,
            Kind::Logical => self.get_as::<bool>(place)?.map(Value::Logical),
        };
        Ok(value)
    }
}

impl Cells for MySqlRow {
    const ENGINE: Engine = Engine::Mysql;

    fn cell(&self, place: usize, kind: Kind) -> Result<Option<Value>, BadCell> {
        let value = match kind {
            Kind::Text { .. } => self.get_as::<String>(place)?.map(Value::Text),
            Kind::Exact => self.get_as::<String>(place)?.map(decimal).transpose()?,
            Kind::Date => self.get_as::<String>(place)?.map(date).transpose()?,
            Kind::Integer => self.get_as::<i64>(place)?.map(Value::Integer),
            Kind::Time => self.get_as::<i64>(place)?.map(moment).transpose()?,
            Kind::Double => self.get_as::<f64>(place)?.map(binary).transpose()?,
            Kind::Logical => self.get_as::<i64>(place)?.map(logical).transpose()?,
        };
        Ok(value)
    }
}

/// Reads by the type that the statement casts to; engines name such types in several ways.
trait GetAs: Row {
    fn get_as<'r, T>(&'r self, place: usize) -> Result<Option<T>, BadCell>
    where
        T: Decode<'r, Self::Database>,
        usize: sqlx::ColumnIndex<Self>,
        Self: Sized,
    {
        let raw = self.try_get_raw(place).map_err(|_| BadCell)?;
        if raw.is_null() {
            return Ok(None);
        }
        T::decode(raw).map(Some).map_err(|_| BadCell)
    }
}

impl<R: Row> GetAs for R {}

#[derive(Clone, Copy)]
enum Held {
    Text,
    Integer,
    Real,
    Other,
}

fn held(raw: &SqliteValueRef<'_>) -> Held {
    match raw.type_info().name() {
        "TEXT" => Held::Text,
        "INTEGER" => Held::Integer,
        "REAL" => Held::Real,
        _ => Held::Other,
    }
}

fn text(raw: SqliteValueRef<'_>) -> Result<String, BadCell> {
    let text: &str = Decode::<Sqlite>::decode(raw).map_err(|_| BadCell)?;
    Ok(text.to_owned())
}

fn integer(raw: SqliteValueRef<'_>) -> Result<i64, BadCell> {
    Decode::<Sqlite>::decode(raw).map_err(|_| BadCell)
}

fn real(raw: SqliteValueRef<'_>) -> Result<f64, BadCell> {
    Decode::<Sqlite>::decode(raw).map_err(|_| BadCell)
}

fn logical(number: i64) -> Result<Value, BadCell> {
    match number {
        0 => Ok(Value::Logical(false)),
        1 => Ok(Value::Logical(true)),
        _ => Err(BadCell),
    }
}

fn decimal(text: String) -> Result<Value, BadCell> {
    if is_decimal(&text) {
        return Ok(Value::Decimal(text));
    }
    Err(BadCell)
}

fn binary(number: f64) -> Result<Value, BadCell> {
    decimal(number.to_string())
}

fn date(text: String) -> Result<Value, BadCell> {
    // The one spelling that sorts as days do.
    if text.len() == 10 && text.parse::<Date>().is_ok() {
        return Ok(Value::Date(text));
    }
    Err(BadCell)
}

fn moment(micros: i64) -> Result<Value, BadCell> {
    let at = Timestamp::from_microsecond(micros).map_err(|_| BadCell)?;
    Ok(Value::Time(at.to_string()))
}

/// `2022-05-12T01:30:00Z` and no other spelling: text sorts as moments do then.
fn spelled_moment(text: String) -> Result<Value, BadCell> {
    let good = text.len() == 20 && text.ends_with('Z') && text.as_bytes().get(10) == Some(&b'T');
    if good && text.parse::<Timestamp>().is_ok() {
        return Ok(Value::Time(text));
    }
    Err(BadCell)
}
