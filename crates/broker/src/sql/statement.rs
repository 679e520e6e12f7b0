//! One statement of a read: fixed text, checked names in quotes, and a parameter for every value.

use domain::fault::Cause;
use domain::filter::{Filter, Operator};
use domain::item::{ItemKey, Value};
use domain::rows::Selection;
use domain::source::{Engine, View};

use super::column::{Bound, Column, quoted};
use super::describe::Described;

/// A statement with its parameters.
pub(super) struct Statement {
    pub(super) text: String,
    pub(super) values: Vec<Bound>,
    /// The columns that are fetched: those of the selection, then those of the position.
    pub(super) fetched: Vec<Column>,
}

/// Writes the statement of a selection over a view, behind a position when one is given.
///
/// # Errors
/// A value that a column cannot be compared with exactly, or a position of another read.
pub(super) fn select(
    engine: Engine,
    view: &View,
    described: &Described,
    selection: &Selection,
    after: Option<&[Option<Bound>]>,
) -> Result<Statement, Cause> {
    let mut writer = Writer {
        engine,
        described,
        values: Vec::new(),
    };
    let mut fetched = Vec::new();
    for key in selection.columns().iter() {
        fetched.push(described.item(key)?.clone());
    }
    let mut ordered = Vec::new();
    for by in selection.order() {
        ordered.push((described.item(&by.key)?.clone(), by.descending, true));
    }
    for column in &described.key {
        ordered.push((column.clone(), false, false));
    }
    let mut conditions = Vec::new();
    if let Some(filter) = selection.filter() {
        conditions.push(writer.condition(filter)?);
    }
    if let Some(after) = after {
        conditions.push(writer.behind(&ordered, after)?);
    }
    fetched.extend(ordered.iter().map(|(column, ..)| column.clone()));

    let columns: Vec<String> = fetched
        .iter()
        .map(|column| column.fetched(engine))
        .collect();
    let order: Vec<String> = ordered
        .iter()
        .map(|(column, descending, may_lack)| ordering(engine, column, *descending, *may_lack))
        .collect();
    let restricted = if conditions.is_empty() {
        String::new()
    } else {
        format!(" WHERE {}", conditions.join(" AND "))
    };
    let text = format!(
        "SELECT {} FROM {} AS shown{restricted} ORDER BY {} LIMIT {}",
        columns.join(", "),
        relation(engine, view),
        order.join(", "),
        selection.limit()
    );
    Ok(Statement {
        text,
        values: writer.values,
        fetched,
    })
}

/// The view in quotes, with its schema where it has one.
pub(super) fn relation(engine: Engine, view: &View) -> String {
    let name = quoted(engine, &view.name);
    match &view.schema {
        Some(schema) => format!("{}.{name}", quoted(engine, schema)),
        None => name,
    }
}

/// A row without a value comes first, in descending order last. SQLite and MySQL do so by
/// themselves; PostgreSQL is told, but not for key columns, so that it can use their index.
fn ordering(engine: Engine, column: &Column, descending: bool, may_lack: bool) -> String {
    let compared = column.compared(engine);
    let direction = if descending { "DESC" } else { "ASC" };
    let nulls = match (engine, may_lack, descending) {
        (Engine::Postgres, true, false) => " NULLS FIRST",
        (Engine::Postgres, true, true) => " NULLS LAST",
        _ => "",
    };
    format!("{compared} {direction}{nulls}")
}

struct Writer<'a> {
    engine: Engine,
    described: &'a Described,
    values: Vec<Bound>,
}

impl Writer<'_> {
    /// A condition that is true or false and never NULL, so that it can be negated.
    fn condition(&mut self, filter: &Filter) -> Result<String, Cause> {
        match filter {
            Filter::AllOf(list) => self.list(list, " AND ", "(1 = 1)"),
            Filter::AnyOf(list) => self.list(list, " OR ", "(1 = 0)"),
            Filter::Not(inner) => Ok(format!("(NOT {})", self.condition(inner)?)),
            Filter::Compare(Operator::Prefix, wanted) => self.prefix(&wanted.key, &wanted.value),
            Filter::Compare(operator, wanted) => {
                self.present(&wanted.key, &[(sign(*operator), &wanted.value)])
            }
            Filter::Between(key, low, high) => self.present(key, &[(">=", low), ("<=", high)]),
            Filter::In(key, values) => {
                let column = self.described.item(key)?;
                let mut marks = Vec::with_capacity(values.len());
                for value in values {
                    marks.push(self.value(column, value)?);
                }
                let compared = column.compared(self.engine);
                Ok(format!(
                    "({} IS NOT NULL AND {compared} IN ({}))",
                    column.named(self.engine),
                    marks.join(", ")
                ))
            }
            Filter::Absent(key) => {
                let column = self.described.item(key)?;
                Ok(format!("({} IS NULL)", column.named(self.engine)))
            }
        }
    }

    fn list(&mut self, list: &[Filter], between: &str, empty: &str) -> Result<String, Cause> {
        let mut parts = Vec::with_capacity(list.len());
        for inner in list {
            parts.push(self.condition(inner)?);
        }
        if parts.is_empty() {
            return Ok(empty.to_owned());
        }
        Ok(format!("({})", parts.join(between)))
    }

    /// There is a value, and it compares so with each of these.
    fn present(&mut self, key: &ItemKey, wanted: &[(&str, &Value)]) -> Result<String, Cause> {
        let column = self.described.item(key)?;
        let compared = column.compared(self.engine);
        let mut parts = vec![format!("{} IS NOT NULL", column.named(self.engine))];
        for (sign, value) in wanted {
            let mark = self.value(column, value)?;
            parts.push(format!("{compared} {sign} {mark}"));
        }
        Ok(format!("({})", parts.join(" AND ")))
    }

    /// A prefix as a range: no pattern, so nothing to escape, and an index can serve it.
    fn prefix(&mut self, key: &ItemKey, start: &Value) -> Result<String, Cause> {
        let Value::Text(text) = start else {
            return Err(Cause::new("WRONG_TYPE", "a prefix is text"));
        };
        match successor(text).map(Value::Text) {
            Some(end) => self.present(key, &[(">=", start), ("<", &end)]),
            None => self.present(key, &[(">=", start)]),
        }
    }

    /// Everything behind a position, in an order in which each row has its own place.
    fn behind(
        &mut self,
        ordered: &[(Column, bool, bool)],
        after: &[Option<Bound>],
    ) -> Result<String, Cause> {
        if ordered.len() != after.len() {
            return Err(Cause::new(
                "CURSOR_INVALID",
                "the cursor is of another read",
            ));
        }
        let mut ways = Vec::new();
        for (length, ((column, descending, _), value)) in ordered.iter().zip(after).enumerate() {
            if value.is_none() && *descending {
                // Nothing comes behind the rows without a value but more of them.
                continue;
            }
            let mut parts = Vec::new();
            for ((column, ..), value) in ordered.iter().zip(after).take(length) {
                let compared = column.compared(self.engine);
                parts.push(match value {
                    Some(value) => format!("{compared} = {}", self.mark(column, value.clone())),
                    None => format!("{compared} IS NULL"),
                });
            }
            let compared = column.compared(self.engine);
            parts.push(match (value, descending) {
                (Some(value), false) => {
                    format!("{compared} > {}", self.mark(column, value.clone()))
                }
                (Some(value), true) => {
                    let mark = self.mark(column, value.clone());
                    format!("({compared} < {mark} OR {compared} IS NULL)")
                }
                (None, _) => format!("{compared} IS NOT NULL"),
            });
            ways.push(format!("({})", parts.join(" AND ")));
        }
        Ok(format!("({})", ways.join(" OR ")))
    }

    fn value(&mut self, column: &Column, value: &Value) -> Result<String, Cause> {
        let bound = column.bind(self.engine, value)?;
        Ok(self.mark(column, bound))
    }

    /// Takes a value as the next parameter and gives the expression that stands for it.
    fn mark(&mut self, column: &Column, value: Bound) -> String {
        self.values.push(value);
        let placeholder = match self.engine {
            Engine::Postgres | Engine::Sqlite => format!("${}", self.values.len()),
            Engine::Mysql => "?".to_owned(),
        };
        column.parameter(self.engine, &placeholder)
    }
}

fn sign(operator: Operator) -> &'static str {
    match operator {
        Operator::Equal => "=",
        Operator::NotEqual => "<>",
        Operator::Less => "<",
        Operator::LessOrEqual => "<=",
        Operator::Greater => ">",
        Operator::GreaterOrEqual | Operator::Prefix => ">=",
    }
}

/// The least text that comes after every text with this beginning; none when there is no such text.
fn successor(start: &str) -> Option<String> {
    let mut letters: Vec<char> = start.chars().collect();
    while let Some(last) = letters.pop() {
        let next = match last {
            // The numbers between are no characters.
            '\u{D7FF}' => Some('\u{E000}'),
            char::MAX => None,
            other => char::from_u32(u32::from(other) + 1),
        };
        if let Some(next) = next {
            letters.push(next);
            return Some(letters.into_iter().collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_end_of_a_prefix_is_the_next_text_that_has_another() {
        for (start, end) in [
            ("a", Some("b")),
            ("a\u{10FFFF}", Some("b")),
            ("\u{D7FF}", Some("\u{E000}")),
            ("张", Some("弡")),
            ("", None),
            ("\u{10FFFF}", None),
        ] {
            assert_eq!(successor(start).as_deref(), end);
        }
    }

    proptest! {
        #[test]
        fn a_text_has_a_prefix_when_it_lies_in_the_range(start in "\\PC{0,3}", rest in "\\PC{0,3}", other in "\\PC{0,4}") {
            for text in [format!("{start}{rest}"), other] {
                let below = successor(&start).is_none_or(|end| text < end);
                prop_assert_eq!(text.starts_with(&start), start <= text && below);
            }
        }
    }
}
