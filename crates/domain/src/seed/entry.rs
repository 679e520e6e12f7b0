//! A table of a seeds file, read key by key so that every fault is found, not only the first.
//!
//! A derived deserializer stops at its first error and knows no line afterwards. Here each value is
//! asked for by key; what is missing, of the wrong kind or left over becomes a fault with its line.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::Range;
use std::rc::Rc;

use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{Place, Spot};
use super::page::Sheet;

/// A table of a file: the whole of it, one of its `[[entries]]`, or an inline table.
pub(super) struct Entry<'a> {
    table: &'a DeTable<'a>,
    line: usize,
    pub(super) label: Rc<str>,
    pub(super) sheet: Rc<Sheet>,
    asked: RefCell<BTreeSet<&'static str>>,
}

impl<'a> Entry<'a> {
    pub(super) fn new(
        table: &'a DeTable<'a>,
        line: usize,
        label: Rc<str>,
        sheet: Rc<Sheet>,
    ) -> Self {
        Self {
            table,
            line,
            label,
            sheet,
            asked: RefCell::default(),
        }
    }

    /// The place of the entry itself.
    pub(super) fn place(&self) -> Place {
        Place {
            file: Rc::clone(&self.sheet.file),
            line: self.line,
            entry: Rc::clone(&self.label),
        }
    }

    /// Records a fault of the entry as a whole.
    pub(super) fn fault(&self, message: impl Into<String>) {
        self.sheet.faults.add(&self.place(), message);
    }

    /// Records a fault at a key's value, or at the entry when the key is absent.
    pub(super) fn fault_at(&self, key: &str, message: impl Into<String>) {
        let place = self
            .table
            .get(key)
            .map_or_else(|| self.place(), |value| self.at(value));
        self.sheet.faults.add(&place, message);
    }

    /// Whether the key is there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// A text that must be there and not empty.
    pub(super) fn text(&self, key: &'static str) -> Option<Spot<String>> {
        self.required(key, self.optional_text(key))
    }

    /// A text that may be absent, but not empty.
    pub(super) fn optional_text(&self, key: &'static str) -> Option<Spot<String>> {
        let value = self.ask(key)?;
        self.as_text(key, value)
    }

    /// A text that must be there, parsed by the rule of its type.
    pub(super) fn parsed<T, E: Display>(
        &self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(key)?;
        self.convert(&text, parse)
    }

    /// A text that may be absent, parsed by the rule of its type.
    pub(super) fn optional_parsed<T, E: Display>(
        &self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.optional_text(key)?;
        self.convert(&text, parse)
    }

    /// A date that must be there.
    pub(super) fn date(&self, key: &'static str) -> Option<Date> {
        self.required(key, self.optional_date(key))
    }

    /// A date that may be absent, written without quotation marks.
    pub(super) fn optional_date(&self, key: &'static str) -> Option<Date> {
        let value = self.ask(key)?;
        let date = match value.get_ref() {
            DeValue::Datetime(whole) if whole.time.is_none() => whole.date.and_then(to_date),
            _ => None,
        };
        if date.is_none() {
            self.wrong_kind(key, value, "a date such as 2022-12-31");
        }
        date
    }

    /// The time in which a rule holds: `from`, which must be there, and `until`, its last day, which is absent while it holds.
    pub(super) fn term(&self) -> (Option<Date>, Option<Date>) {
        let (from, until) = (self.date("from"), self.optional_date("until"));
        if let (Some(from), Some(until)) = (from, until)
            && until < from
        {
            self.fault_at("until", "it ends before it begins");
        }
        (from, until)
    }

    /// A whole number that must be there, within the range.
    pub(super) fn number(&self, key: &'static str, range: Range<u32>) -> Option<u32> {
        self.required(key, self.optional_number(key, range))
    }

    /// A whole number that may be absent.
    pub(super) fn optional_number(&self, key: &'static str, range: Range<u32>) -> Option<u32> {
        let value = self.ask(key)?;
        let number = match value.get_ref() {
            DeValue::Integer(integer) => {
                u32::from_str_radix(integer.as_str(), integer.radix()).ok()
            }
            _ => None,
        };
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            let what = format!("a whole number from {} to {}", range.start, range.end - 1);
            self.wrong_kind(key, value, &what);
        }
        number
    }

    /// A flag; absent means `false`.
    pub(super) fn flag(&self, key: &'static str) -> bool {
        self.optional_flag(key).unwrap_or(false)
    }

    /// A flag that must be written out, because forgetting it would decide something.
    pub(super) fn stated_flag(&self, key: &'static str) -> Option<bool> {
        self.required(key, self.optional_flag(key))
    }

    fn optional_flag(&self, key: &'static str) -> Option<bool> {
        let value = self.ask(key)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.wrong_kind(key, value, "true or false");
        }
        flag
    }

    /// Makes a fault of every key that nobody asked for.
    pub(super) fn refuse_unread_keys(&self) {
        let asked = self.asked.borrow();
        for (key, _) in self
            .table
            .iter()
            .filter(|(key, _)| !asked.contains(key.get_ref().as_ref()))
        {
            let place = self.sheet.place(key.span(), &self.label);
            let known: Vec<_> = asked.iter().copied().collect();
            let message = format!(
                "unknown key `{}`; known here: {}",
                key.get_ref(),
                known.join(", ")
            );
            self.sheet.faults.add(&place, message);
        }
    }

    /// The value under a key, which from now on counts as known.
    pub(super) fn ask(&self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.asked.borrow_mut().insert(key);
        self.table.get(key)
    }

    /// Makes a fault of a key that is absent.
    pub(super) fn required<T>(&self, key: &'static str, value: Option<T>) -> Option<T> {
        if !self.has(key) {
            self.fault(format!("`{key}` is missing"));
        }
        value
    }

    /// The value as a text that is not empty.
    pub(super) fn as_text(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<Spot<String>> {
        let text = value
            .get_ref()
            .as_str()
            .filter(|text| !text.trim().is_empty());
        if text.is_none() {
            self.wrong_kind(key, value, "a text that is not empty");
        }
        Some(Spot {
            value: text?.to_owned(),
            place: self.at(value),
        })
    }

    /// The text, parsed by the rule of its type.
    pub(super) fn convert<T, E: Display>(
        &self,
        text: &Spot<String>,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        parse(&text.value)
            .map_err(|error| self.sheet.faults.add(&text.place, error.to_string()))
            .ok()
    }

    /// Makes a fault of a value that is not what its key takes.
    pub(super) fn wrong_kind(&self, key: &str, value: &Spanned<DeValue<'_>>, wanted: &str) {
        let found = value.get_ref().type_str();
        let message = format!("`{key}` must be {wanted}; found a TOML {found}");
        self.sheet.faults.add(&self.at(value), message);
    }

    /// The place of a value.
    pub(super) fn at(&self, value: &Spanned<DeValue<'_>>) -> Place {
        self.sheet.place(value.span(), &self.label)
    }
}

fn to_date(date: toml::value::Date) -> Option<Date> {
    let year = i16::try_from(date.year).ok()?;
    let month = i8::try_from(date.month).ok()?;
    let day = i8::try_from(date.day).ok()?;
    Date::new(year, month, day).ok()
}
