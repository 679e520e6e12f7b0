//! What a column holds, and how each engine is asked for it.
//!
//! This is the one place in which the engines differ. Whatever stands in a statement besides bound
//! values comes from here: fixed text, and names of the registered, checked column map in quotes.

use domain::fault::Cause;
use domain::item::{DataType, Value};
use domain::source::{Engine, Identifier};

/// How a value is kept in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Characters. `binary` says that the column itself orders them by their numbers.
    Text {
        /// The column's own collation will do.
        binary: bool,
    },
    /// A whole number.
    Integer,
    /// A number with decimals, kept to the last digit.
    Exact,
    /// A binary floating-point number; in SQLite whatever number the row holds.
    Double,
    /// True or false.
    Logical,
    /// A day.
    Date,
    /// A moment.
    Time,
}

/// A column of a view.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: Identifier,
    pub(super) kind: Kind,
}

/// A value on its way into a statement, as a parameter of it.
#[derive(Clone, PartialEq)]
pub(crate) enum Bound {
    Text(String),
    Integer(i64),
    Double(f64),
    Logical(bool),
}

/// The greatest whole number up to which a binary floating-point number holds each one.
const DOUBLE_WHOLE: i64 = 1 << 53;
/// Digits that a binary floating-point number keeps apart.
const DOUBLE_DIGITS: usize = 15;

/// A name in the quotes of its engine. It holds none itself; see [`Identifier`].
pub(super) fn quoted(engine: Engine, name: &Identifier) -> String {
    match engine {
        Engine::Postgres | Engine::Sqlite => format!("\"{name}\""),
        Engine::Mysql => format!("`{name}`"),
    }
}

impl Column {
    /// The column of the view. Without the view's name PostgreSQL would order by what is fetched
    /// under the column's name, which is text for some.
    pub(super) fn named(&self, engine: Engine) -> String {
        format!("shown.{}", quoted(engine, &self.name))
    }

    /// The expression by which the column is fetched.
    pub(super) fn fetched(&self, engine: Engine) -> String {
        let name = self.named(engine);
        match (engine, self.kind) {
            (Engine::Postgres, Kind::Text { .. } | Kind::Exact | Kind::Date) => {
                format!("CAST({name} AS text)")
            }
            (Engine::Postgres, Kind::Integer) => format!("CAST({name} AS bigint)"),
            (Engine::Postgres, Kind::Time) => {
                format!("CAST(EXTRACT(EPOCH FROM {name}) * 1000000 AS bigint)")
            }
            (Engine::Mysql, Kind::Integer | Kind::Logical) => format!("CAST({name} AS SIGNED)"),
            (Engine::Mysql, Kind::Text { .. }) => format!("CONVERT({name} USING utf8mb4)"),
            (Engine::Mysql, Kind::Exact | Kind::Date) => format!("CAST({name} AS CHAR)"),
            (Engine::Mysql, Kind::Time) => {
                format!("TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', {name})")
            }
            (Engine::Postgres | Engine::Mysql, Kind::Double)
            | (Engine::Postgres, Kind::Logical)
            | (Engine::Sqlite, _) => name,
        }
    }

    /// The expression that is compared and ordered by. Text compares by its characters' numbers on
    /// every engine, and blanks at its end count.
    pub(super) fn compared(&self, engine: Engine) -> String {
        let name = self.named(engine);
        let Kind::Text { binary } = self.kind else {
            return name;
        };
        match engine {
            Engine::Postgres => format!("CAST({name} AS text) COLLATE \"C\""),
            Engine::Sqlite => format!("{name} COLLATE BINARY"),
            Engine::Mysql if binary => name,
            Engine::Mysql => format!("CAST(CONVERT({name} USING utf8mb4) AS BINARY)"),
        }
    }

    /// The expression of a parameter that this column is compared with.
    pub(super) fn parameter(&self, engine: Engine, placeholder: &str) -> String {
        let cast = match (engine, self.kind) {
            (Engine::Postgres, Kind::Exact) => "numeric",
            (Engine::Postgres, Kind::Date) => "date",
            (Engine::Postgres, Kind::Time) => "timestamptz",
            (Engine::Mysql, Kind::Exact) => "DECIMAL(65,30)",
            (Engine::Mysql, Kind::Date) => "DATE",
            (Engine::Mysql, Kind::Time) => "DATETIME(6)",
            _ => return placeholder.to_owned(),
        };
        format!("CAST({placeholder} AS {cast})")
    }

    /// A value of a filter as parameter.
    ///
    /// # Errors
    /// `TOO_PRECISE` for a value that the column could not hold without rounding, or `WRONG_TYPE`.
    pub(super) fn bind(&self, engine: Engine, value: &Value) -> Result<Bound, Cause> {
        match (self.kind, value) {
            (Kind::Text { .. }, Value::Text(text)) | (Kind::Date, Value::Date(text)) => {
                Ok(Bound::Text(text.clone()))
            }
            (Kind::Integer, Value::Integer(number)) => Ok(Bound::Integer(*number)),
            (Kind::Logical, Value::Logical(yes)) => Ok(match engine {
                Engine::Postgres => Bound::Logical(*yes),
                Engine::Mysql | Engine::Sqlite => Bound::Integer(i64::from(*yes)),
            }),
            (Kind::Exact, Value::Decimal(text)) => exact(engine, text),
            (Kind::Double, Value::Decimal(text)) => double(engine, text),
            (Kind::Time, Value::Time(text)) => moment(engine, text),
            _ => Err(Cause::new(
                "WRONG_TYPE",
                "the value is not of the item's type",
            )),
        }
    }
}

fn too_precise(message: &str) -> Cause {
    Cause::new("TOO_PRECISE", message)
}

fn exact(engine: Engine, text: &str) -> Result<Bound, Cause> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    // DECIMAL(65,30), the widest that MySQL and MariaDB have.
    let fits = engine != Engine::Mysql
        || (whole.trim_start_matches(['-', '0']).len() <= 35
            && part.trim_end_matches('0').len() <= 30);
    if !fits {
        return Err(too_precise(
            "give at most 35 digits before the point and 30 behind it",
        ));
    }
    Ok(Bound::Text(text.to_owned()))
}

/// Up to 15 digits a decimal and the binary number next to it stand for each other, so that both
/// sides of a comparison mean the same.
fn double(engine: Engine, text: &str) -> Result<Bound, Cause> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let whole = !text.contains('.') || text.trim_end_matches('0').ends_with('.');
    let mut digits = digits.trim_start_matches('0');
    if text.contains('.') || whole {
        digits = digits.trim_end_matches('0');
    }
    let refused = || too_precise("the column holds binary numbers; give at most 15 digits");
    let number: f64 = text.parse().map_err(|_| refused())?;
    if digits.len() > DOUBLE_DIGITS {
        return Err(refused());
    }
    if engine == Engine::Sqlite && whole {
        // A row may hold a whole number there; the two compare exactly as far as both are exact.
        let front = text.split('.').next().unwrap_or_default();
        let number: i64 = front.parse().map_err(|_| refused())?;
        if number.unsigned_abs() > DOUBLE_WHOLE.unsigned_abs() {
            return Err(refused());
        }
        return Ok(Bound::Integer(number));
    }
    Ok(Bound::Double(number))
}

fn moment(engine: Engine, text: &str) -> Result<Bound, Cause> {
    let at: jiff::Timestamp = text
        .parse()
        .map_err(|_| Cause::new("NOT_A_TIME", "the time is malformed"))?;
    let micros = at.as_microsecond();
    let spelled = match engine {
        Engine::Postgres => format!("{at:.6}"),
        Engine::Mysql => jiff::tz::Offset::UTC
            .to_datetime(at)
            .strftime("%Y-%m-%d %H:%M:%S%.6f")
            .to_string(),
        Engine::Sqlite if micros % 1_000_000 != 0 => {
            return Err(too_precise("the file keeps whole seconds"));
        }
        Engine::Sqlite => at.to_string(),
    };
    Ok(Bound::Text(spelled))
}

/// Finds out how a column keeps values of a data type.
///
/// # Errors
/// `COLUMN_TYPE` with what to do in the view.
pub(super) fn kind_of(
    engine: Engine,
    declared: &str,
    collation: &str,
    data_type: DataType,
) -> Result<Kind, Cause> {
    let declared = declared.trim().to_ascii_lowercase();
    let found = match engine {
        Engine::Postgres => postgres(&declared, data_type),
        Engine::Mysql => mysql(&declared, collation, data_type),
        Engine::Sqlite => sqlite(&declared, data_type),
    };
    found.ok_or_else(|| {
        let message = format!(
            "a column of type {declared:?} cannot hold an item of type {}; cast it in the view",
            data_type.as_str()
        );
        Cause::new("COLUMN_TYPE", message)
    })
}

fn postgres(declared: &str, data_type: DataType) -> Option<Kind> {
    use DataType::{B, C, D, F, G, I, L, M, N, T, Y};
    Some(match (data_type, declared) {
        (C | M | G, "text" | "character varying" | "character") => Kind::Text { binary: false },
        (I, "smallint" | "integer" | "bigint") => Kind::Integer,
        (N | Y | B | F, "numeric" | "smallint" | "integer" | "bigint") => Kind::Exact,
        (N | Y | B | F, "double precision") => Kind::Double,
        (L, "boolean") => Kind::Logical,
        (D, "date") => Kind::Date,
        (T, "timestamp with time zone") => Kind::Time,
        _ => return None,
    })
}

fn mysql(declared: &str, collation: &str, data_type: DataType) -> Option<Kind> {
    use DataType::{B, C, D, F, G, I, L, M, N, T, Y};
    let unsigned_big = declared.starts_with("bigint") && declared.contains("unsigned");
    let base = declared.split(['(', ' ']).next().unwrap_or_default();
    let whole = matches!(
        base,
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint"
    );
    Some(match (data_type, base) {
        (C | M | G, "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext") => {
            Kind::Text {
                binary: collation.contains("utf8mb4_nopad_bin")
                    || collation.contains("utf8mb4_0900_bin"),
            }
        }
        (I, _) if whole && !unsigned_big => Kind::Integer,
        (N | Y | B | F, "decimal") => Kind::Exact,
        (N | Y | B | F, _) if whole => Kind::Exact,
        (N | Y | B | F, "double") => Kind::Double,
        (L, "tinyint") => Kind::Logical,
        (D, "date") => Kind::Date,
        (T, "datetime" | "timestamp") => Kind::Time,
        _ => return None,
    })
}

/// SQLite's own rules of affinity (its documentation, "Datatypes in SQLite", 3.1). The column of an
/// expression has no declared type; what it holds is looked at row by row.
fn sqlite(declared: &str, data_type: DataType) -> Option<Kind> {
    use DataType::{B, C, D, F, G, I, L, M, N, T, Y};
    let has = |part: &str| declared.contains(part);
    let integer = has("int");
    let text = !integer && (has("char") || has("clob") || has("text"));
    let blob = !integer && !text && has("blob");
    let real = !integer && !text && !blob && (has("real") || has("floa") || has("doub"));
    Some(match data_type {
        C | M | G if text || declared.is_empty() => Kind::Text { binary: true },
        I if !text && !blob && !real => Kind::Integer,
        N | Y | B | F if !text && !blob => Kind::Double,
        L if !text && !blob && !real => Kind::Logical,
        D if !integer && !blob && !real => Kind::Date,
        T if !integer && !blob && !real => Kind::Time,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(kind: Kind) -> Column {
        Column {
            name: Identifier::parse("c").unwrap(),
            kind,
        }
    }

    #[test]
    fn binary_columns_are_asked_only_what_they_can_tell_apart() {
        for (text, good) in [
            ("0.1", true),
            ("123456789012345", true),
            ("0.123456789012345", true),
            ("1500000000000000", true),
            ("1234567890123456", false),
            ("0.1234567890123456", false),
            ("10000000000000000", false),
        ] {
            let bound = column(Kind::Double).bind(Engine::Sqlite, &Value::Decimal(text.to_owned()));
            assert_eq!(bound.is_ok(), good, "{text}");
        }
    }

    #[test]
    fn each_engine_spells_a_moment_its_way() {
        let at = Value::Time("2022-05-12T09:30:00.5+08:00".to_owned());
        let spelled = |engine| match column(Kind::Time).bind(engine, &at) {
            Ok(Bound::Text(text)) => text,
            _ => String::new(),
        };
        assert_eq!(spelled(Engine::Postgres), "2022-05-12T01:30:00.500000Z");
        assert_eq!(spelled(Engine::Mysql), "2022-05-12 01:30:00.500000");
        assert_eq!(spelled(Engine::Sqlite), "");
    }

    #[test]
    fn a_column_that_would_round_or_guess_is_refused() {
        for (engine, declared, data_type) in [
            (Engine::Postgres, "real", DataType::F),
            (Engine::Postgres, "timestamp without time zone", DataType::T),
            (Engine::Postgres, "text", DataType::I),
            (Engine::Mysql, "float", DataType::F),
            (Engine::Mysql, "bigint(20) unsigned", DataType::I),
            (Engine::Mysql, "varbinary(16)", DataType::C),
            (Engine::Sqlite, "BLOB", DataType::C),
            (Engine::Sqlite, "INTEGER", DataType::C),
            (Engine::Sqlite, "TEXT", DataType::N),
        ] {
            assert!(
                kind_of(engine, declared, "", data_type).is_err(),
                "{declared}"
            );
        }
    }
}
