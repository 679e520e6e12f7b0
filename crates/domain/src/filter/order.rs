//! The order of values.

use std::cmp::Ordering;

use crate::item::Value;

/// The order of two values of one kind; none for values of two kinds.
///
/// Text is ordered by its characters' numbers, whatever the language; decimals exactly, so that no
/// digit of money is lost; times as moments, whatever their offsets are.
pub fn order(one: &Value, two: &Value) -> Option<Ordering> {
    match (one, two) {
        (Value::Text(one), Value::Text(two)) => Some(one.cmp(two)),
        (Value::Integer(one), Value::Integer(two)) => Some(one.cmp(two)),
        (Value::Logical(one), Value::Logical(two)) => Some(one.cmp(two)),
        (Value::Decimal(one), Value::Decimal(two)) => Some(decimals(one, two)),
        (Value::Date(one), Value::Date(two)) => Some(
            one.parse::<jiff::civil::Date>()
                .ok()?
                .cmp(&two.parse().ok()?),
        ),
        (Value::Time(one), Value::Time(two)) => {
            Some(one.parse::<jiff::Timestamp>().ok()?.cmp(&two.parse().ok()?))
        }
        _ => None,
    }
}

fn decimals(one: &str, two: &str) -> Ordering {
    let (one, two) = (Decimal::of(one), Decimal::of(two));
    match (one.negative, two.negative) {
        (false, false) => one.size().cmp(&two.size()),
        (true, true) => two.size().cmp(&one.size()),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    }
}

struct Decimal<'a> {
    negative: bool,
    whole: &'a str,
    part: &'a str,
}

impl<'a> Decimal<'a> {
    fn of(text: &'a str) -> Self {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
        // There is one zero only.
        let negative = text.starts_with('-') && !(whole.is_empty() && part.is_empty());
        Self {
            negative,
            whole,
            part,
        }
    }

    /// More digits before the point are more; then the digits decide.
    fn size(&self) -> (usize, &str, &str) {
        (self.whole.len(), self.whole, self.part)
    }
}
