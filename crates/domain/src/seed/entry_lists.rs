//! Lists and tables below an [`Entry`].

use std::fmt::Display;
use std::rc::Rc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::entry::Entry;
use super::fault::Spot;

impl<'a> Entry<'a> {
    /// A list of texts; absent means empty.
    pub(super) fn texts(&self, key: &'static str) -> Vec<Spot<String>> {
        let values = self.list(key);
        values
            .into_iter()
            .filter_map(|value| self.as_text(key, value))
            .collect()
    }

    /// A list of lists of texts; absent means empty.
    pub(super) fn groups(&self, key: &'static str) -> Vec<Vec<Spot<String>>> {
        let mut groups = Vec::new();
        for value in self.list(key) {
            let DeValue::Array(inner) = value.get_ref() else {
                self.wrong_kind(key, value, "a list of lists");
                continue;
            };
            groups.push(
                inner
                    .iter()
                    .filter_map(|text| self.as_text(key, text))
                    .collect(),
            );
        }
        groups
    }

    /// A list of texts, each parsed by the rule of its type; absent means empty.
    pub(super) fn parsed_texts<T, E: Display>(
        &self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Vec<T> {
        self.texts(key)
            .iter()
            .filter_map(|text| self.convert(text, &parse))
            .collect()
    }

    /// A list of lists of texts, each parsed by the rule of its type; absent means empty.
    pub(super) fn parsed_groups<T, E: Display>(
        &self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Vec<Vec<T>> {
        let groups = self.groups(key);
        let parse_group = |group: &Vec<Spot<String>>| {
            group
                .iter()
                .filter_map(|text| self.convert(text, &parse))
                .collect()
        };
        groups.iter().map(parse_group).collect()
    }

    /// Reads the one table under the key; it must be there.
    pub(super) fn table<R>(
        &self,
        key: &'static str,
        read: impl FnOnce(&Entry<'_>) -> R,
    ) -> Option<R> {
        let value = self.required(key, self.ask(key))?;
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong_kind(key, value, "a table");
            return None;
        };
        Some(self.read_inner(table, value, key.into(), read))
    }

    /// Reads each `[[key]]` entry; `name_key` is the key whose text names it in faults.
    ///
    /// What `read` gives up on (after recording why) is left out.
    pub(super) fn each<R>(
        &self,
        key: &'static str,
        name_key: &str,
        mut read: impl FnMut(&Entry<'_>) -> Option<R>,
    ) -> Vec<R> {
        let mut results = Vec::new();
        for (index, value) in self.list(key).into_iter().enumerate() {
            let DeValue::Table(table) = value.get_ref() else {
                self.wrong_kind(key, value, "a list of tables");
                continue;
            };
            let name = table
                .get(name_key)
                .and_then(|name| first_text(name.get_ref()));
            let name = name.map_or_else(|| format!("#{}", index + 1), str::to_owned);
            let label = match &*self.label {
                "" => format!("{key} {name}"),
                outer => format!("{outer}, {key} {name}"),
            };
            results.extend(self.read_inner(table, value, label.into(), &mut read));
        }
        results
    }

    fn read_inner<R>(
        &self,
        table: &DeTable<'_>,
        value: &Spanned<DeValue<'_>>,
        label: Rc<str>,
        read: impl FnOnce(&Entry<'_>) -> R,
    ) -> R {
        let line = self.at(value).line;
        let entry = Entry::new(table, line, label, Rc::clone(&self.sheet));
        let result = read(&entry);
        entry.refuse_unread_keys();
        result
    }

    fn list(&self, key: &'static str) -> Vec<&'a Spanned<DeValue<'a>>> {
        match self.ask(key) {
            None => Vec::new(),
            Some(value) => {
                if let DeValue::Array(values) = value.get_ref() {
                    return values.iter().collect();
                }
                self.wrong_kind(key, value, "a list");
                Vec::new()
            }
        }
    }
}

fn first_text<'v>(value: &'v DeValue<'_>) -> Option<&'v str> {
    match value {
        DeValue::Array(values) => values
            .iter()
            .next()
            .and_then(|first| first.get_ref().as_str()),
        other => other.as_str(),
    }
}
