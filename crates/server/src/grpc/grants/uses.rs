//! What is used of grants, for the wire.

use api::sharing::v1 as pb;
use api::sharing::v1::grant_use::Verdict as Wired;
use broker::{GrantUseRow, UsesFilter};
use domain::application::Narrowing;
use domain::fault::Cause;
use domain::grant::Verdict;
use domain::name::GrantName;
use jiff::civil::Date;
use tonic::Status;

use super::super::catalogue::wire_modes;
use super::super::incoming::{Fields, wire_index};
use super::super::terms::{wire_quota, wire_zones};
use super::wire::{number, state_of};

/// What a list is narrowed to.
pub(super) fn filter(message: &pb::ListGrantUsesRequest) -> Result<UsesFilter, Status> {
    let mut fields = Fields::default();
    let negative = |_| Cause::new("NEGATIVE", "give 0 or more");
    let days = fields.take("days", u32::try_from(message.days).map_err(negative));
    let grant = fields.optional("grant", &message.grant, GrantName::parse);
    let whole = days.map(|days| UsesFilter {
        grant,
        days,
        only_proposals: message.only_proposals,
    });
    fields.finish(whole)
}

/// One grant with what was used of it, as it stands on a day.
pub(super) fn wire_use(row: GrantUseRow, today: Date) -> pb::GrantUse {
    let etag = row.grant.etag();
    let (grant, found) = (row.grant.value, row.found);
    let (state, _) = state_of(&grant, today);
    let name = grant.name.to_string();
    let least = row.verdict.least();
    let proposal = least.map(|least| pb::NarrowGrantRequest {
        name: name.clone(),
        terms: Some(wire_narrowing(least)),
        reason: found.reason(),
        etag,
        ..pb::NarrowGrantRequest::default()
    });
    pb::GrantUse {
        grant: name,
        version: number(grant.version),
        consumer: grant.terms.consumer.into(),
        provider: grant.provider.into(),
        resource: grant.terms.resource.into(),
        state: state.into(),
        since_date: found.since.to_string(),
        until_date: found.until.to_string(),
        verdict: wire_verdict(&row.verdict).into(),
        calls: wire_index(found.calls),
        rows: wire_index(found.rows),
        last_use_date: found.last.map(|day| day.to_string()).unwrap_or_default(),
        busiest_day_calls: wire_index(found.busiest_calls),
        busiest_day_rows: wire_index(found.busiest_rows),
        unused_items: found.unused_items.into_iter().map(String::from).collect(),
        unused_share_modes: wire_modes(&found.unused_modes),
        unused_matters: found.unused_matters.into_iter().map(String::from).collect(),
        proposal,
    }
}

fn wire_verdict(verdict: &Verdict) -> Wired {
    match verdict {
        Verdict::LessWouldDo(_) => Wired::LessWouldDo,
        Verdict::AllIsUsed => Wired::AllIsUsed,
        Verdict::TooEarly => Wired::TooEarly,
        Verdict::Stopped => Wired::Stopped,
        Verdict::NotSeen => Wired::NotSeen,
        Verdict::NoRule => Wired::NoRule,
    }
}

/// What is narrowed; what is left out stays as it is.
fn wire_narrowing(least: &Narrowing) -> pb::LesserTerms {
    let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
    pb::LesserTerms {
        items: least.items.iter().map(ToString::to_string).collect(),
        share_modes: wire_modes(&least.share_modes),
        matters: least.matters.iter().map(ToString::to_string).collect(),
        start_date: day(least.start),
        end_date: day(least.end),
        operator_required: least.operator_required,
        row_filter: least.row_filter.clone().map(broker::wire::filter_to),
        network_zones: wire_zones(&least.network_zones),
        quota: wire_quota(&least.quota),
    }
}
