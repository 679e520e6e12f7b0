//! Columns and words, as both layouts are made of them.

use sheet::{Column, Shown, Word};

/// A column that must be there.
pub(crate) const fn required(
    key: &'static str,
    title: &'static str,
    aliases: &'static [&'static str],
    width: u8,
    note: &'static str,
) -> Shown<'static> {
    let optional = optional(key, title, aliases, width, note);
    Shown {
        column: Column {
            required: true,
            ..optional.column
        },
        ..optional
    }
}

/// A column that may be left out.
pub(crate) const fn optional(
    key: &'static str,
    title: &'static str,
    aliases: &'static [&'static str],
    width: u8,
    note: &'static str,
) -> Shown<'static> {
    Shown {
        column: Column {
            key,
            title,
            aliases,
            required: false,
        },
        width,
        note,
        choices: &[],
        source: "",
    }
}

/// A column with a drop-down.
pub(crate) const fn chosen(
    shown: Shown<'static>,
    choices: &'static [&'static str],
) -> Shown<'static> {
    Shown { choices, ..shown }
}

/// A column with the source of its rule.
pub(crate) const fn by(shown: Shown<'static>, source: &'static str) -> Shown<'static> {
    Shown { source, ..shown }
}

/// The source of the rule of a column; empty where none is stated.
pub(crate) fn source_in(columns: &[Shown<'static>], key: &str) -> &'static str {
    let found = columns.iter().find(|shown| shown.column.key == key);
    found.map_or("", |shown| shown.source)
}

/// The word that a sheet shows for a value; empty when the list has none.
pub(crate) fn label<T: PartialEq>(words: &[Word<'static, T>], value: &T) -> String {
    let found = words.iter().find(|word| word.value == *value);
    found.map_or("", |word| word.label).to_owned()
}
