//! A library's record, read as a certificate: metadata keys become items, texts become values.

use jiff::civil::Date;
use serde_json::{Map, Value as Json};

use super::{Holding, MetadataKey};
use crate::certificate::{CertificateRecord, CertificateState};
use crate::drift::shape_of_metadata;
use crate::fault::Cause;
use crate::id::{CertificateId, RegionTable};
use crate::item::{DataType, ItemValue, Value};
use crate::name::CertificateTypeName;
use crate::resource::Resource;
use crate::subject::Subject;

/// 证照标识.
const IDENTIFIER: &str = "ZZBS";
/// 证照类型代码.
const TYPE: &str = "ZZLXDM";
/// 持证主体代码, 持证主体代码类型代码: a text, or a list of as many texts as there are holders.
const HOLDER: (&str, &str) = ("CZZTDM", "CZZTDMLXDM");
/// 有效期截止日期.
const LAST_DAY: &str = "ZZYXQJZRQ";
/// How some libraries write that a certificate has no last day.
const OPEN_END: &str = "99991231";

/// What is needed to read a record.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// Where items stand.
    pub holding: &'a Holding,
    /// The resource of the holding.
    pub resource: &'a Resource,
    /// Regions, for the numbers of citizens.
    pub regions: &'a RegionTable,
    /// Today.
    pub today: Date,
}

impl Reading<'_> {
    /// Reads a record of a state.
    ///
    /// # Errors
    /// A [`Cause`] that names the metadata key, never a value.
    pub fn record(
        &self,
        record: &Map<String, Json>,
        state: CertificateState,
    ) -> Result<CertificateRecord, Cause> {
        let mut items = Vec::with_capacity(self.holding.fields.len());
        for (key, place) in &self.holding.fields {
            let Some(item) = self.resource.item(key) else {
                continue;
            };
            let found = look_up(record, place).filter(|json| !is_nothing(json));
            if let Some(json) = found {
                let value = value_of(item.data_type, json).ok_or_else(|| {
                    let message = format!("{place} is not of the data type of item {key}");
                    Cause::new("WRONG_TYPE", message)
                })?;
                let key = key.clone();
                items.push(ItemValue { key, value });
            }
        }
        let last_day = match text(record, LAST_DAY) {
            Ok("" | OPEN_END) | Err(_) => None,
            Ok(text) => Some(
                day(text)
                    .ok_or_else(|| Cause::new("NOT_A_DATE", format!("{LAST_DAY} is not a day")))?,
            ),
        };
        let identifier = CertificateId::parse(text(record, IDENTIFIER)?);
        Ok(CertificateRecord {
            certificate_type: CertificateTypeName::from_id(text(record, TYPE)?)
                .map_err(|_| unfit(TYPE))?,
            identifier: identifier.map_err(|_| unfit(IDENTIFIER))?,
            state,
            holders: self.holders(record)?,
            expires: last_day,
            items,
            own: Vec::new(),
            metadata: Some(shape_of_metadata(record)),
        })
    }

    fn holders(&self, record: &Map<String, Json>) -> Result<Vec<Subject>, Cause> {
        let (codes, types) = (texts(record, HOLDER.0)?, texts(record, HOLDER.1)?);
        if codes.len() != types.len() || codes.is_empty() {
            let message = format!("{} and {} are not of one number", HOLDER.0, HOLDER.1);
            return Err(Cause::new("REQUIRED", message));
        }
        let parse = |(code, kind): (&str, &str)| {
            Subject::parse(kind, code, self.regions, self.today).map_err(|_| unfit(HOLDER.0))
        };
        codes.into_iter().zip(types).map(parse).collect()
    }
}

fn unfit(key: &str) -> Cause {
    Cause::new("INVALID", format!("{key} is not what it must be"))
}

fn look_up<'a>(record: &'a Map<String, Json>, place: &MetadataKey) -> Option<&'a Json> {
    match place.as_str().split_once('.') {
        None => record.get(place.as_str()),
        Some((object, name)) => record.get(object)?.get(name),
    }
}

/// Libraries send an empty text where there is nothing.
fn is_nothing(json: &Json) -> bool {
    match json {
        Json::Null => true,
        Json::String(text) => text.trim().is_empty(),
        Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_) => false,
    }
}

fn text<'a>(record: &'a Map<String, Json>, key: &str) -> Result<&'a str, Cause> {
    let found = record.get(key).and_then(Json::as_str);
    found.map(str::trim).ok_or_else(|| unfit(key))
}

fn texts<'a>(record: &'a Map<String, Json>, key: &str) -> Result<Vec<&'a str>, Cause> {
    let all = match record.get(key) {
        Some(Json::String(one)) => Some(vec![one.as_str()]),
        Some(Json::Array(list)) => list.iter().map(Json::as_str).collect(),
        _ => None,
    };
    all.ok_or_else(|| unfit(key))
}

/// A value by the data type that the catalogue gives its item. Names of holders may be several.
fn value_of(data_type: DataType, json: &Json) -> Option<Value> {
    let text = match json {
        Json::String(text) => text.trim().to_owned(),
        Json::Number(number) => number.to_string(),
        Json::Bool(yes) => yes.to_string(),
        Json::Array(list) => {
            let texts: Option<Vec<&str>> = list.iter().map(Json::as_str).collect();
            texts?.join("、")
        }
        Json::Null | Json::Object(_) => return None,
    };
    Some(match data_type {
        DataType::C | DataType::M | DataType::G => Value::Text(text),
        DataType::I => Value::Integer(text.parse().ok()?),
        DataType::N | DataType::Y | DataType::B | DataType::F => Value::Decimal(decimal(text)?),
        DataType::L => Value::Logical(logical(&text)?),
        DataType::D => Value::Date(day(&text)?.to_string()),
        DataType::T => {
            let moment: jiff::Timestamp = text.parse().ok()?;
            Value::Time(moment.to_string())
        }
    })
}

fn logical(text: &str) -> Option<bool> {
    match text {
        "true" | "1" | "是" => Some(true),
        "false" | "0" | "否" => Some(false),
        _ => None,
    }
}

/// Digits with at most one point between them, and perhaps a minus; at most 40 characters.
fn decimal(text: String) -> Option<String> {
    let digits = text.strip_prefix('-').unwrap_or(&text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let all = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    (text.len() <= 40 && all(whole) && all(part)).then_some(text)
}

/// A day in one of the two forms that libraries write: `2022-05-20` and `20220520`.
fn day(text: &str) -> Option<Date> {
    if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        return Date::strptime("%Y%m%d", text).ok();
    }
    text.parse().ok()
}
