//! Between the provider contract and the domain: an answer is parsed once, or refused.

use api::certificate::v1 as certificate_pb;
use api::exchange::v1 as exchange_pb;
use api::provider::v1 as provider_pb;
use api::value::v1 as value_pb;
use domain::certificate::{CertificateRecord, CertificateState};
use domain::fault::Cause;
use domain::filter::{Filter, Operator};
use domain::id::{CertificateId, RegionTable};
use domain::item::{ItemKey, ItemValue, Value};
use domain::name::CertificateTypeName;
use domain::subject::Subject;
use jiff::civil::Date;

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

/// A filter from the wire. Depth is bounded here too, since parsing recurses.
///
/// # Errors
/// What is wrong with it, without a value.
pub fn filter_from(wire: exchange_pb::Filter) -> Result<Filter, Cause> {
    filter_within(wire, domain::filter::DEPTH)
}

fn filter_within(wire: exchange_pb::Filter, depth: usize) -> Result<Filter, Cause> {
    use exchange_pb::filter::Kind;
    let depth = depth
        .checked_sub(1)
        .ok_or_else(|| Cause::new("FILTER_TOO_LARGE", "nested too deeply"))?;
    let list = |list: exchange_pb::FilterList| -> Result<Vec<Filter>, Cause> {
        if list.filters.is_empty() || list.filters.len() > 16 {
            return Err(Cause::new(
                "FILTER_TOO_LARGE",
                "a list takes 1 to 16 conditions",
            ));
        }
        list.filters
            .into_iter()
            .map(|filter| filter_within(filter, depth))
            .collect()
    };
    match wire.kind {
        Some(Kind::AllOf(inner)) => Ok(Filter::AllOf(list(inner)?)),
        Some(Kind::AnyOf(inner)) => Ok(Filter::AnyOf(list(inner)?)),
        Some(Kind::Negate(inner)) => Ok(Filter::Not(Box::new(filter_within(*inner, depth)?))),
        Some(Kind::Comparison(comparison)) => comparison_from(comparison),
        None => Err(Cause::new("REQUIRED", "the filter has no condition")),
    }
}

fn comparison_from(wire: exchange_pb::Comparison) -> Result<Filter, Cause> {
    use exchange_pb::comparison::Operator as Wire;
    let operator = match wire.operator() {
        Wire::Unspecified => return Err(Cause::new("REQUIRED", "the comparison has no operator")),
        Wire::Equal => Operator::Equal,
        Wire::Less => Operator::Less,
        Wire::LessOrEqual => Operator::LessOrEqual,
        Wire::Greater => Operator::Greater,
        Wire::GreaterOrEqual => Operator::GreaterOrEqual,
        Wire::Prefix => Operator::Prefix,
    };
    let value = wire
        .value
        .ok_or_else(|| Cause::new("REQUIRED", "the comparison has no value"))?;
    Ok(Filter::Compare(operator, value_from(value)?))
}

/// A filter for a provider.
pub(crate) fn filter_to(filter: Filter) -> exchange_pb::Filter {
    use exchange_pb::comparison::Operator as Wire;
    use exchange_pb::filter::Kind;
    let list = |filters: Vec<Filter>| exchange_pb::FilterList {
        filters: filters.into_iter().map(filter_to).collect(),
    };
    let kind = match filter {
        Filter::AllOf(inner) => Kind::AllOf(list(inner)),
        Filter::AnyOf(inner) => Kind::AnyOf(list(inner)),
        Filter::Not(inner) => Kind::Negate(Box::new(filter_to(*inner))),
        Filter::Compare(operator, value) => {
            let operator = match operator {
                Operator::Equal => Wire::Equal,
                Operator::Less => Wire::Less,
                Operator::LessOrEqual => Wire::LessOrEqual,
                Operator::Greater => Wire::Greater,
                Operator::GreaterOrEqual => Wire::GreaterOrEqual,
                Operator::Prefix => Wire::Prefix,
            };
            Kind::Comparison(exchange_pb::Comparison {
                operator: operator.into(),
                value: Some(value_to(value)),
            })
        }
    };
    exchange_pb::Filter { kind: Some(kind) }
}

/// A certificate as its issuer answered.
pub(crate) fn record_from(
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
    })
}

fn state_from(wire: certificate_pb::CertificateState) -> Result<CertificateState, Cause> {
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

fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let all = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.len() <= 40 && all(whole) && all(part)
}
