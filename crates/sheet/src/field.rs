//! One cell read as what its column is for.
//!
//! Each getter gives `None` for a blank cell and never guesses: what it cannot read for certain is a [`Cause`].

use jiff::civil::Date;

use crate::amount::{self, Amount};
use crate::book::{Cell, Epoch, Kind};
use crate::place::{Cause, Code, Fault, Place};
use crate::{plain, serial, words};

pub use crate::words::{Word, YES_NO};

/// Days from here on are taken for dates when they stand as bare numbers: 1927-05-18. Smaller numbers are years.
const FIRST_SERIAL: f64 = 10_000.0;

/// A cell with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Field<'t> {
    pub(crate) cell: &'t Cell,
    pub(crate) place: Place,
    /// What stands in the brackets of the column's title.
    pub(crate) unit: Option<&'t str>,
    pub(crate) epoch: Epoch,
}

impl Field<'_> {
    /// Where the cell stands; the row where the sheet has no such column.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Whether nothing stands here that the row above does not say: the cell is blank, or a merged area goes on in it.
    pub fn continues(&self) -> bool {
        self.cell.inherited || self.cell.text.trim().is_empty()
    }

    /// Whether the cell holds a number: zeros in front, but for those that its format shows, are gone if it ever had any.
    /// A .csv file holds texts alone.
    pub fn is_number(&self) -> bool {
        self.cell.kind == Kind::Number
    }

    /// The fault that this cell is in, given a cause found by a getter or by the caller's own rules.
    pub fn fault(&self, cause: Cause) -> Fault {
        Fault {
            place: self.place.clone(),
            cause,
        }
    }

    /// Reads a cell that must not be blank: `field.required(Field::code)`.
    ///
    /// # Errors
    ///
    /// [`Code::Blank`] when it is blank, and what the getter finds.
    pub fn required<T>(
        &self,
        get: impl FnOnce(&Self) -> Result<Option<T>, Cause>,
    ) -> Result<T, Cause> {
        get(self)?.ok_or_else(|| Cause::new(Code::Blank, "必填，不能为空"))
    }

    /// The text without blanks around it; spaces and line breaks inside stay.
    ///
    /// # Errors
    ///
    /// [`Code::Formula`] and [`Code::LostDigits`], as every getter.
    pub fn text(&self) -> Result<Option<String>, Cause> {
        match self.cell.kind {
            Kind::Error => Err(Cause::new(
                Code::Formula,
                format!("公式出错（{}），请改为填写值", self.cell.text),
            )),
            Kind::Uncomputed => Err(Cause::new(
                Code::Formula,
                "公式没有计算结果，请用表格软件打开并保存，或改为填写值",
            )),
            Kind::Rounded => Err(Cause::new(
                Code::LostDigits,
                "超过 15 位的编码被存成了数字，末尾几位已丢失；请将单元格设为文本格式后重新填写",
            )),
            Kind::Blank | Kind::Text | Kind::Number | Kind::Date | Kind::Flag => {
                let text = self.cell.text.trim();
                Ok((!text.is_empty()).then(|| text.to_owned()))
            }
        }
    }

    /// A code: half-width, without blanks around it.
    ///
    /// # Errors
    ///
    /// [`Code::NotCode`] when there are blanks inside (two codes, or one that was broken), or control characters.
    pub fn code(&self) -> Result<Option<String>, Cause> {
        let Some(text) = self.half_width()? else {
            return Ok(None);
        };
        if text
            .chars()
            .any(|char| char.is_whitespace() || char.is_control())
        {
            return Err(Cause::new(
                Code::NotCode,
                format!("“{}”中有空格或换行；编码应连续填写，一格一个", shown(&text)),
            ));
        }
        Ok(Some(text))
    }

    /// A whole number, with or without thousands separators. It may be negative; its range is the caller's.
    ///
    /// # Errors
    ///
    /// [`Code::NotNumber`].
    pub fn number(&self) -> Result<Option<i64>, Cause> {
        let Some(text) = self.half_width()? else {
            return Ok(None);
        };
        let number = Amount::parse(&text).and_then(|amount| amount.scaled(0));
        number.map(Some).ok_or_else(|| {
            Cause::new(
                Code::NotNumber,
                format!("“{}”不是整数；请只填写数字，不带单位和文字", shown(&text)),
            )
        })
    }

    /// An amount in `unit`, such as 万元. The unit may stand behind the number or in the brackets of the title; where
    /// it is another unit of money, the amount is converted exactly.
    ///
    /// # Errors
    ///
    /// [`Code::NotAmount`] when it is no number, or one in a unit that cannot be converted.
    pub fn amount(&self, unit: &str) -> Result<Option<Amount>, Cause> {
        match self.half_width()? {
            Some(text) => amount::in_unit(&text, self.unit, unit).map(Some),
            None => Ok(None),
        }
    }

    /// A day. Read are `2022-05-12`, `2022/5/12`, `2022.5.12`, `2022年5月12日`, `20220512`, in full width too, date cells
    /// and days counted as spreadsheets do. A time of day behind it is left away.
    ///
    /// # Errors
    ///
    /// [`Code::NotDate`], also for a year or a month alone.
    pub fn date(&self) -> Result<Option<Date>, Cause> {
        let Some(text) = self.half_width()? else {
            return Ok(None);
        };
        let counted = || {
            let digits = text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit());
            let days: f64 = text.parse().ok()?;
            let may = digits || self.cell.kind == Kind::Number;
            let serial = (FIRST_SERIAL..100_000.0).contains(&days);
            // In a file that counts from 1904 a bare number may have come from elsewhere, four years off.
            let known = self.epoch == Epoch::Year1900;
            (may && serial && known).then(|| serial::date(days, self.epoch))?
        };
        written(&text).or_else(counted).map(Some).ok_or_else(|| {
            Cause::new(
                Code::NotDate,
                format!("“{}”不是完整的日期；请写成 2022-05-12 的形式", shown(&text)),
            )
        })
    }

    /// One of the words of a list, by its label, its code or another word that means it, or by code and label together
    /// (`1 无条件共享`).
    ///
    /// # Errors
    ///
    /// [`Code::NotChoice`] with the labels allowed.
    pub fn choice<T: Copy>(&self, words: &[Word<'_, T>]) -> Result<Option<T>, Cause> {
        match self.text()? {
            Some(text) => words::choose(&text, words).map(Some),
            None => Ok(None),
        }
    }

    /// Texts divided by `、`, commas, semicolons or line breaks; blank ones left away. A blank cell is an empty list.
    ///
    /// # Errors
    ///
    /// [`Code::Formula`] and [`Code::LostDigits`], as every getter.
    pub fn list(&self) -> Result<Vec<String>, Cause> {
        let text = self.text()?.unwrap_or_default();
        let parts = text.split(['、', '，', ',', ';', '；', '\n', '\r']);
        Ok(parts
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect())
    }

    /// Words of a list, divided as [`list`](Self::list) divides texts, each read as [`choice`](Self::choice) reads one.
    ///
    /// # Errors
    ///
    /// [`Code::NotChoice`] for the first that is not on the list.
    pub fn choices<T: Copy>(&self, words: &[Word<'_, T>]) -> Result<Vec<T>, Cause> {
        let parts = self.list()?;
        parts
            .iter()
            .map(|part| words::choose(part, words))
            .collect()
    }

    /// The text in half width, blanks inside included: `１ 基础` is `1 基础`.
    ///
    /// # Errors
    ///
    /// [`Code::Formula`] and [`Code::LostDigits`], as every getter.
    pub fn half_width(&self) -> Result<Option<String>, Cause> {
        let text = self.text()?.map(|text| plain::half_width(&text));
        Ok(text.map(|text| text.trim().to_owned()))
    }
}

/// A text as a message quotes it: not longer than a line.
pub(crate) fn shown(text: &str) -> String {
    const MOST: usize = 30;
    let mut shown: String = text.chars().take(MOST).collect();
    if text.chars().count() > MOST {
        shown.push('…');
    }
    shown
}

/// A date as people write it, half-width.
fn written(text: &str) -> Option<Date> {
    let day = without_time(text);
    if day.len() == 8 && day.bytes().all(|byte| byte.is_ascii_digit()) {
        return date(day.get(..4)?, day.get(4..6)?, day.get(6..)?);
    }
    let day = day.strip_suffix('日').unwrap_or(day);
    let separators = [("-", "-"), ("/", "/"), (".", "."), ("年", "月")];
    separators.iter().find_map(|(first, second)| {
        let (year, rest) = day.split_once(first)?;
        let (month, day) = rest.split_once(second)?;
        date(year.trim(), month.trim(), day.trim())
    })
}

/// Leaves away `T08:30:00` and ` 8:30`.
fn without_time(text: &str) -> &str {
    let divided = text.rsplit_once(['T', ' ']);
    match divided {
        Some((day, time)) if is_time(time) => day.trim_end(),
        _ => text,
    }
}

fn is_time(text: &str) -> bool {
    let parts: Vec<&str> = text.trim_end_matches('Z').split(':').collect();
    (2..=3).contains(&parts.len())
        && parts.iter().all(|part| {
            let seconds = part.split('.').next().unwrap_or_default();
            (1..=2).contains(&seconds.len())
                && part.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        })
}

fn date(year: &str, month: &str, day: &str) -> Option<Date> {
    let digits = |text: &str, lengths: std::ops::RangeInclusive<usize>| {
        let is = lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        is.then(|| text.parse::<i16>().ok())?
    };
    let year = digits(year, 4..=4)?;
    let month = i8::try_from(digits(month, 1..=2)?).ok()?;
    let day = i8::try_from(digits(day, 1..=2)?).ok()?;
    Date::new(year, month, day).ok()
}
