//! Terms from and for the wire: those of applications, offers and grants.

use std::num::{NonZeroU32, NonZeroU64};

use api::sharing::v1 as pb;
use broker::wire;
use domain::application::{Narrowing, Terms};
use domain::fault::{self, Cause};
use domain::item;
use domain::name::MatterName;
use domain::quota::Quota;
use domain::system::NetworkZone;

use super::catalogue::wire_modes;
use super::incoming::Fields;

/// What is narrowed of terms, in the field `terms`.
pub(super) fn narrowing(fields: &mut Fields, terms: Option<pb::LesserTerms>) -> Option<Narrowing> {
    let part = fields.message("terms", terms).unwrap_or_default();
    let items = fields.take("terms.items", item::keys(&part.items));
    let share_modes = fields.take("terms.share_modes", wire::modes_from(part.share_modes()));
    let matters = fields.names("terms.matters", &part.matters, MatterName::parse);
    let start = fields.optional("terms.start_date", &part.start_date, fault::date);
    let end = fields.optional("terms.end_date", &part.end_date, fault::date);
    let network_zones = zones(fields, "terms", &part.network_zones);
    let quota = quota(fields, "terms", part.quota.as_ref());
    let row_filter = match part.row_filter.clone() {
        None => Some(None),
        Some(filter) => fields
            .take("terms.row_filter", wire::filter_from(filter))
            .map(Some),
    };
    Some(Narrowing {
        items: items?,
        share_modes: share_modes?,
        matters: matters?,
        start,
        end,
        operator_required: part.operator_required,
        row_filter: row_filter?,
        network_zones: network_zones?,
        quota: quota?,
    })
}

/// Parts of the network; each once.
pub(super) fn zones(
    fields: &mut Fields,
    within: &str,
    words: &[String],
) -> Option<Vec<NetworkZone>> {
    let mut found = Vec::new();
    let mut good = true;
    for (index, word) in words.iter().enumerate() {
        let field = format!("{within}.network_zones[{index}]");
        match fields.take(&field, NetworkZone::parse(word)) {
            Some(zone) if !found.contains(&zone) => found.push(zone),
            Some(_) => {}
            None => good = false,
        }
    }
    good.then_some(found)
}

/// Limits; 0 stands for none.
pub(super) fn quota(fields: &mut Fields, within: &str, wire: Option<&pb::Quota>) -> Option<Quota> {
    let Some(wire) = wire else {
        return Some(Quota::default());
    };
    let mut count = |field: &str, number: i64| {
        let negative = |_| Cause::new("NEGATIVE", "give 0 or more");
        let field = format!("{within}.quota.{field}");
        fields.take(&field, u64::try_from(number).map_err(negative))
    };
    let second = count("calls_per_second", wire.calls_per_second.into());
    let calls = count("calls_per_day", wire.calls_per_day);
    let rows = count("rows_per_day", wire.rows_per_day);
    Some(Quota {
        calls_per_second: u32::try_from(second?).ok().and_then(NonZeroU32::new),
        calls_per_day: NonZeroU64::new(calls?),
        rows_per_day: NonZeroU64::new(rows?),
    })
}

/// What terms cover, for the wire.
pub(super) fn wire_terms(terms: &Terms) -> pb::LesserTerms {
    pb::LesserTerms {
        items: terms.items.iter().map(ToString::to_string).collect(),
        share_modes: wire_modes(&terms.share_modes),
        matters: terms.matters.iter().map(ToString::to_string).collect(),
        start_date: terms.start.to_string(),
        end_date: terms.end.to_string(),
        operator_required: terms.operator_required,
        row_filter: terms.row_filter.clone().map(wire::filter_to),
        network_zones: wire_zones(&terms.network_zones),
        quota: wire_quota(&terms.quota),
    }
}

pub(super) fn wire_zones(zones: &[NetworkZone]) -> Vec<String> {
    zones.iter().map(ToString::to_string).collect()
}

/// Limits for the wire; none where nothing is limited.
pub(super) fn wire_quota(quota: &Quota) -> Option<pb::Quota> {
    let wide = |most: Option<NonZeroU64>| {
        most.map_or(0, |most| i64::try_from(most.get()).unwrap_or(i64::MAX))
    };
    let second = quota.calls_per_second.map_or(0, NonZeroU32::get);
    (!quota.is_unlimited()).then(|| pb::Quota {
        calls_per_second: i32::try_from(second).unwrap_or(i32::MAX),
        calls_per_day: wide(quota.calls_per_day),
        rows_per_day: wide(quota.rows_per_day),
    })
}
