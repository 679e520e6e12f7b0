//! Between the provider contract and the domain: an answer is parsed once, or refused.

mod catalogue;
mod conformance;
mod rows;

use api::certificate::v1 as certificate_pb;
use api::provider::v1 as provider_pb;
use api::value::v1 as value_pb;
use domain::certificate::{CertificateRecord, CertificateState, OwnItem};
use domain::fault::Cause;
use domain::id::{CertificateId, RegionTable};
use domain::item::{ItemKey, ItemValue, Value};
use domain::name::CertificateTypeName;
use domain::subject::Subject;
use jiff::civil::Date;

pub use catalogue::{api_from, items_from, mode_from, modes_from};
pub use conformance::{finding_to, samples_from};
pub use rows::{filter_from, filter_to, order_from, order_to, rows_from};

/// A value from the wire.
///
/// # Errors
/// `NOT_A_KEY`, `REQUIRED` or `NOT_A_DATE`; never the value.
pub fn value_from(wire: value_pb::ItemValue) -> Result<ItemValue, Cause> {
    use value_pb::item_value::Kind;
    let key = ItemKey::parse(&wire.key)?;
    let value = match wire.kind {
        Some(Kind::Text(text)) => Value::Text(text),
        Some(Kind::Integer(number)) => Value::Integer(number),
        Some(Kind::Decimal(text)) if is_decimal(&text) => Value::Decimal(text),
        Some(Kind::Logical(yes)) => Value::Logical(yes),
        Some(Kind::Date(text)) if text.parse::<Date>().is_ok() => Value::Date(text),
        Some(Kind::Time(text)) if text.parse::<jiff::Timestamp>().is_ok() => Value::Time(text),
        Some(Kind::Decimal(_)) => return Err(Cause::new("NOT_A_DECIMAL", format!("item {key}"))),
        Some(Kind::Date(_)) => return Err(Cause::new("NOT_A_DATE", format!("item {key}"))),
        Some(Kind::Time(_)) => return Err(Cause::new("NOT_A_TIME", format!("item {key}"))),
        None => return Err(Cause::new("REQUIRED", format!("item {key} has no value"))),
    };
    Ok(ItemValue { key, value })
}

/// A value for the wire.
pub fn value_to(value: ItemValue) -> value_pb::ItemValue {
    use value_pb::item_value::Kind;
    let kind = match value.value {
        Value::Text(text) => Kind::Text(text),
        Value::Integer(number) => Kind::Integer(number),
        Value::Decimal(text) => Kind::Decimal(text),
        Value::Logical(yes) => Kind::Logical(yes),
        Value::Date(text) => Kind::Date(text),
        Value::Time(text) => Kind::Time(text),
    };
    value_pb::ItemValue {
        key: value.key.into(),
        kind: Some(kind),
    }
}

/// A certificate as its issuer answered.
///
/// # Errors
/// What breaks the contract; never a value.
pub fn record_from(
    wire: provider_pb::CertificateRecord,
    regions: &RegionTable,
    today: Date,
) -> Result<CertificateRecord, Cause> {
    let state = state_from(wire.state())?;
    let holders = wire
        .holders
        .iter()
        .map(|holder| Subject::parse(&holder.type_code, &holder.code, regions, today))
        .collect::<Result<Vec<_>, _>>()?;
    if holders.is_empty() {
        return Err(Cause::new("REQUIRED", "the certificate names no holder"));
    }
    let own = wire.holder_items.into_iter();
    let own = own
        .map(|own| own_from(own, holders.len()))
        .collect::<Result<_, _>>()?;
    let expires = match wire.expire_date.trim() {
        "" => None,
        text => Some(domain::fault::date(text)?),
    };
    Ok(CertificateRecord {
        certificate_type: CertificateTypeName::parse(&wire.certificate_type)?,
        identifier: CertificateId::parse(&wire.identifier)
            .map_err(|error| Cause::new("INVALID_ID", error.to_string()))?,
        state,
        holders,
        expires,
        items: wire
            .items
            .into_iter()
            .map(value_from)
            .collect::<Result<_, _>>()?,
        own,
        metadata: None,
    })
}

fn own_from(wire: provider_pb::HolderItem, holders: usize) -> Result<OwnItem, Cause> {
    let missing = || Cause::new("REQUIRED", "an item of one holder has no value");
    let holder = usize::try_from(wire.holder).ok();
    let holder = holder.filter(|holder| *holder < holders).ok_or_else(|| {
        Cause::new(
            "OUT_OF_RANGE",
            "an item is about a holder that is not named",
        )
    })?;
    let item = value_from(wire.item.ok_or_else(missing)?)?;
    Ok(OwnItem { holder, item })
}

/// A certificate's state from the wire.
///
/// # Errors
/// `REQUIRED` where there is none.
pub fn state_from(wire: certificate_pb::CertificateState) -> Result<CertificateState, Cause> {
    use certificate_pb::CertificateState as Wire;
    Ok(match wire {
        Wire::Unspecified => return Err(Cause::new("REQUIRED", "the certificate has no state")),
        Wire::Valid => CertificateState::Valid,
        Wire::Suspended => CertificateState::Suspended,
        Wire::Expired => CertificateState::Expired,
        Wire::Cancelled => CertificateState::Cancelled,
        Wire::Withdrawn => CertificateState::Withdrawn,
        Wire::Revoked => CertificateState::Revoked,
        Wire::Superseded => CertificateState::Superseded,
    })
}

/// A certificate's state for the wire.
pub fn state_to(state: CertificateState) -> certificate_pb::CertificateState {
    use certificate_pb::CertificateState as Wire;
    match state {
        CertificateState::Valid => Wire::Valid,
        CertificateState::Suspended => Wire::Suspended,
        CertificateState::Expired => Wire::Expired,
        CertificateState::Cancelled => Wire::Cancelled,
        CertificateState::Withdrawn => Wire::Withdrawn,
        CertificateState::Revoked => Wire::Revoked,
        CertificateState::Superseded => Wire::Superseded,
    }
}

/// Digits with at most one point between them, and perhaps a minus; at most 40 characters.
pub fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let all = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.len() <= 40 && all(whole) && all(part)
}
