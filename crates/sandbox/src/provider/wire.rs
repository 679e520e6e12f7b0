//! Between the contract's messages and the domain's types.

use api::certificate::v1 as certificate_pb;
use api::provider::v1 as pb;
use api::value::v1 as value_pb;
use api::value::v1::item_value::Kind;
use domain::certificate::{CertificateRecord, CertificateState};
use domain::item::{ItemKey, ItemValue, Value};
use tonic::Status;

/// A value for the wire.
pub(super) fn value_to(value: &ItemValue) -> value_pb::ItemValue {
    let kind = match value.value.clone() {
        Value::Text(text) => Kind::Text(text),
        Value::Integer(number) => Kind::Integer(number),
        Value::Decimal(text) => Kind::Decimal(text),
        Value::Logical(yes) => Kind::Logical(yes),
        Value::Date(text) => Kind::Date(text),
        Value::Time(text) => Kind::Time(text),
    };
    value_pb::ItemValue {
        key: value.key.as_str().to_owned(),
        kind: Some(kind),
    }
}

/// A value of a filter. Errors name the item, never the value.
pub(super) fn value_from(wire: value_pb::ItemValue) -> Result<ItemValue, Status> {
    let key = key_from(&wire.key)?;
    let value = match wire.kind {
        Some(Kind::Text(text)) => Some(Value::Text(text)),
        Some(Kind::Integer(number)) => Some(Value::Integer(number)),
        Some(Kind::Decimal(text)) => is_decimal(&text).then_some(Value::Decimal(text)),
        Some(Kind::Logical(yes)) => Some(Value::Logical(yes)),
        Some(Kind::Date(text)) => text
            .parse::<jiff::civil::Date>()
            .is_ok()
            .then_some(Value::Date(text)),
        Some(Kind::Time(text)) => text
            .parse::<jiff::Timestamp>()
            .is_ok()
            .then_some(Value::Time(text)),
        None => None,
    };
    match value {
        Some(value) => Ok(ItemValue { key, value }),
        None => Err(Status::invalid_argument(format!(
            "the filter's value for {key} is malformed"
        ))),
    }
}

/// The key of an item that a filter or an order names.
pub(super) fn key_from(text: &str) -> Result<ItemKey, Status> {
    ItemKey::parse(text)
        .map_err(|_| Status::invalid_argument("the filter names an item with a malformed key"))
}

/// A certificate for the wire, whole: the gateway removes what is not granted.
pub(super) fn record_to(record: &CertificateRecord) -> pb::CertificateRecord {
    let effective = record
        .items
        .iter()
        .find(|item| item.key.as_str() == "effective_date");
    let effective_date = match effective.map(|item| &item.value) {
        Some(Value::Date(day)) => day.clone(),
        _ => String::new(),
    };
    let holder = |holder: &domain::subject::Subject| certificate_pb::Holder {
        type_code: holder.type_code().to_owned(),
        code: holder.expose().to_owned(),
    };
    let own = |own: &domain::certificate::OwnItem| pb::HolderItem {
        holder: i32::try_from(own.holder).unwrap_or(i32::MAX),
        item: Some(value_to(&own.item)),
    };
    pb::CertificateRecord {
        holder_items: record.own.iter().map(own).collect(),
        certificate_type: record.certificate_type.to_string(),
        identifier: record.identifier.as_str().to_owned(),
        state: state_to(record.state).into(),
        holders: record.holders.iter().map(holder).collect(),
        effective_date,
        expire_date: record
            .expires
            .map(|day| day.to_string())
            .unwrap_or_default(),
        items: record.items.iter().map(value_to).collect(),
    }
}

pub(crate) fn state_to(state: CertificateState) -> certificate_pb::CertificateState {
    use certificate_pb::CertificateState as Wire;
    match state {
        // Expiry is not ours to state: whoever asks derives it from the last day.
        CertificateState::Valid | CertificateState::Expired => Wire::Valid,
        CertificateState::Suspended => Wire::Suspended,
        CertificateState::Cancelled => Wire::Cancelled,
        CertificateState::Withdrawn => Wire::Withdrawn,
        CertificateState::Revoked => Wire::Revoked,
        CertificateState::Superseded => Wire::Superseded,
    }
}

/// Digits with at most one point between them, and perhaps a minus; at most 40 characters.
pub(crate) fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let all = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.len() <= 40 && all(whole) && all(part)
}
