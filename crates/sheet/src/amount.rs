//! Decimal numbers, and the units of money that stand behind them.

use std::fmt;

use crate::field::shown;
use crate::place::{Cause, Code};
use crate::plain;

/// Units of money and how many zeros each has more than 元.
const MONEY: [(&str, u32); 8] = [
    ("亿元", 8),
    ("千万元", 7),
    ("百万元", 6),
    ("十万元", 5),
    ("万元", 4),
    ("千元", 3),
    ("百元", 2),
    ("元", 0),
];
/// Digits that an amount may have in all; more is a typing mistake.
const DIGITS: usize = 18;

/// A decimal number, exactly as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    digits: i64,
    places: u32,
}

impl Amount {
    /// Reads a half-width number with or without thousands separators.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let dangling = text.ends_with('.');
        let digits = format!("{}{fraction}", grouped(whole)?);
        let decimal = digits.bytes().all(|byte| byte.is_ascii_digit());
        if dangling || !decimal || digits.len() > DIGITS {
            return None;
        }
        let places = u32::try_from(fraction.len()).ok()?;
        let digits: i64 = digits.parse().ok()?;
        Some(Self {
            digits: if negative { -digits } else { digits },
            places,
        })
    }

    /// The amount as a whole number of 10⁻ᵖˡᵃᶜᵉˢ: with 2, 12.5 is 1250. From an amount in 万元, 4 gives 元 and 6 gives
    /// 分. `None` when it is finer than that, or too large.
    pub fn scaled(&self, places: u32) -> Option<i64> {
        if let Some(more) = places.checked_sub(self.places) {
            return self.digits.checked_mul(10_i64.checked_pow(more)?);
        }
        let divisor = 10_i64.checked_pow(self.places - places)?;
        (self.digits % divisor == 0).then_some(self.digits / divisor)
    }

    /// The same money in another unit: the decimal point moves by so many places to the left.
    fn shifted(self, left: i32) -> Option<Self> {
        let places = i64::from(self.places) + i64::from(left);
        if let Ok(places) = u32::try_from(places) {
            return (places <= 18).then_some(Self { places, ..self });
        }
        let zeros = u32::try_from(-places).ok()?;
        Some(Self {
            digits: self.digits.checked_mul(10_i64.checked_pow(zeros)?)?,
            places: 0,
        })
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = usize::try_from(self.places).unwrap_or(0);
        let sign = if self.digits < 0 { "-" } else { "" };
        let digits = format!(
            "{:0>width$}",
            self.digits.unsigned_abs(),
            width = places + 1
        );
        let (whole, fraction) = digits.split_at(digits.len() - places);
        let fraction = fraction.trim_end_matches('0');
        if fraction.is_empty() {
            write!(f, "{sign}{whole}")
        } else {
            write!(f, "{sign}{whole}.{fraction}")
        }
    }
}

/// Digits without their separators: all of them threes behind the first, or none.
fn grouped(whole: &str) -> Option<String> {
    let mut groups = whole.split(',');
    let first = groups.next()?;
    let fits = !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit());
    let separated = whole.contains(',');
    let threes = groups.all(|group| group.len() == 3);
    (fits && threes && (!separated || first.len() <= 3)).then(|| whole.replace(',', ""))
}

/// Reads an amount that is wanted in a unit.
pub(crate) fn in_unit(text: &str, title: Option<&str>, wanted: &str) -> Result<Amount, Cause> {
    let start = text.trim_end_matches(|char: char| !char.is_ascii_digit() && char != '.');
    let behind = text.get(start.len()..).unwrap_or_default().trim();
    let amount = Amount::parse(start.trim_start_matches(['¥', '￥']).trim_start())
        .ok_or_else(|| refused(text, wanted))?;
    let unit = match (behind, title) {
        ("", Some(title)) if is_unit(title) => title,
        ("", _) => return Ok(amount),
        (behind, _) => behind,
    };
    if plain::folded(unit) == plain::folded(wanted) {
        return Ok(amount);
    }
    let zeros = |unit: &str| {
        let money = MONEY.iter().find(|(name, _)| *name == unit);
        money.and_then(|(_, zeros)| i32::try_from(*zeros).ok())
    };
    let shifted = zeros(unit)
        .zip(zeros(wanted))
        .and_then(|(from, to)| amount.shifted(to - from));
    shifted.ok_or_else(|| {
        Cause::new(
            Code::NotAmount,
            format!("“{}”的单位是“{unit}”，应为“{wanted}”", shown(text)),
        )
    })
}

/// Whether what stands in a title's brackets is a unit and no remark.
fn is_unit(title: &str) -> bool {
    let money = MONEY.iter().any(|(name, _)| *name == title);
    money || title.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn refused(text: &str, wanted: &str) -> Cause {
    Cause::new(
        Code::NotAmount,
        format!("“{}”不是数值；请填写以“{wanted}”为单位的数字", shown(text)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_exactly() {
        for (text, read) in [
            ("0", Some("0")),
            ("12.50", Some("12.5")),
            ("1,234,567.89", Some("1234567.89")),
            ("-5", Some("-5")),
            ("+5", Some("5")),
            ("0.05", Some("0.05")),
            ("-0.05", Some("-0.05")),
            ("999999999999999999", Some("999999999999999999")),
            ("1234,567", None),
            ("1,23", None),
            (",123", None),
            ("1.", None),
            (".5", None),
            ("1.2.3", None),
            ("1e5", None),
            ("--1", None),
            ("", None),
            ("1000000000000000000", None),
            ("一百", None),
        ] {
            let amount = Amount::parse(text).map(|amount| amount.to_string());
            assert_eq!(amount.as_deref(), read, "{text:?}");
        }
    }

    #[test]
    fn amounts_are_whole_numbers_of_a_smaller_unit_or_nothing() {
        let amount = Amount::parse("12.5").unwrap();
        assert_eq!(amount.scaled(0), None);
        assert_eq!(amount.scaled(1), Some(125));
        assert_eq!(amount.scaled(4), Some(125_000));
        assert_eq!(amount.scaled(30), None);
        assert_eq!(Amount::parse("12.00").unwrap().scaled(0), Some(12));
    }

    #[test]
    fn units_of_money_are_converted_and_others_are_not() {
        for (text, title, wanted, read) in [
            ("12.5", None, "万元", Some("12.5")),
            ("12.5万元", None, "万元", Some("12.5")),
            ("12.5 万元", Some("元"), "万元", Some("12.5")),
            ("125000", Some("元"), "万元", Some("12.5")),
            ("¥125,000元", None, "万元", Some("12.5")),
            ("2亿元", None, "万元", Some("20000")),
            ("12.5", Some("含税"), "万元", Some("12.5")),
            ("12.5", Some("TB"), "GB", None),
            ("12.5GB", Some("TB"), "GB", Some("12.5")),
            ("12.5万", None, "万元", None),
            ("约12", None, "万元", None),
            ("12-15", None, "万元", None),
            ("万元", None, "万元", None),
        ] {
            let amount = in_unit(text, title, wanted).ok().map(|a| a.to_string());
            assert_eq!(amount.as_deref(), read, "{text} {title:?}");
        }
    }
}
