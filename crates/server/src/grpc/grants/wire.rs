//! Grants for the wire.

use api::sharing::v1 as pb;
use api::sharing::v1::grant::{Change, Disposal, Rectification, Report, State, change};
use broker::{Stored, wire as shared};
use domain::grant::{ChangeKind, Changed, Grant, GrantState, GrantStep, GrantVersion, Order};
use jiff::civil::Date;

use super::super::catalogue::wire_modes;
use super::super::incoming::wire_time;
use super::super::terms::{wire_quota, wire_terms, wire_zones};

/// A grant for the wire, as it stands on a day.
pub(in crate::grpc) fn wire(row: Stored<Grant>, today: Date) -> pb::Grant {
    let etag = row.etag();
    let grant = row.value;
    let (state, state_reason) = state_of(&grant, today);
    let rectification = grant
        .order()
        .or(grant.unrectified.as_deref())
        .map(wire_order);
    let legal = grant.legal().into_iter().map(GrantStep::method);
    let legal_methods = legal.map(str::to_owned).collect();
    let terms = grant.terms;
    let clock = grant.provision.as_ref().map(|provision| &provision.clock);
    let due = clock.and_then(|clock| clock.due);
    let resumed = grant.resumed;
    pb::Grant {
        provide_due_date: due.map_or_else(String::new, |due| due.to_string()),
        provide_due_rule: clock.map(|clock| clock.rule.clone()).unwrap_or_default(),
        provide_time: grant
            .provision
            .as_ref()
            .and_then(|one| one.provided)
            .map(wire_time),
        name: grant.name.into(),
        version: number(grant.version),
        application: grant.application.into(),
        consumer: terms.consumer.into(),
        provider: grant.provider.into(),
        resource: terms.resource.into(),
        resource_version: number(grant.resource_version),
        items: terms.items.into_iter().map(String::from).collect(),
        share_modes: wire_modes(&terms.share_modes),
        matters: terms.matters.into_iter().map(String::from).collect(),
        legal_basis: terms.legal_basis,
        start_date: terms.start.to_string(),
        end_date: terms.end.to_string(),
        operator_required: terms.operator_required,
        row_filter: terms.row_filter.map(shared::filter_to),
        issues_use_codes: terms.issues_use_codes,
        network_zones: wire_zones(&terms.network_zones),
        quota: wire_quota(&terms.quota),
        approvers: grant.approvers,
        state: state.into(),
        state_reason,
        create_time: Some(wire_time(grant.created)),
        change: grant.change.map(wire_change),
        rectification,
        disposal_demand: grant.disposal_demand,
        disposal: grant.disposal.map(wire_disposal),
        legal_methods,
        resume_time: resumed.as_ref().map(|signed| wire_time(signed.at)),
        resumed_by: resumed.map(|signed| signed.by).unwrap_or_default(),
        etag,
    }
}

/// The state of a day: what a tick will find expired is so since midnight.
pub(super) fn state_of(grant: &Grant, today: Date) -> (State, String) {
    let (terms, none) = (&grant.terms, String::new);
    match &grant.state {
        GrantState::Revoked { reason, .. } => (State::Revoked, reason.clone()),
        GrantState::Expired => (State::Expired, none()),
        GrantState::Active | GrantState::Suspended { .. } if terms.end < today => {
            (State::Expired, none())
        }
        GrantState::Suspended { reason, .. } => (State::Suspended, reason.clone()),
        GrantState::Active if today < terms.start => (State::Pending, none()),
        GrantState::Active => (State::Active, none()),
    }
}

/// A version for the wire.
pub(super) fn wire_version(version: GrantVersion) -> pb::GrantVersion {
    pb::GrantVersion {
        name: version.name,
        version: number(version.version),
        application: version.application.into(),
        resource_version: number(version.resource_version),
        terms: Some(wire_terms(&version.terms)),
        legal_basis: version.terms.legal_basis,
        approvers: version.approvers,
        change: version.change.map(wire_change),
        begin_time: Some(wire_time(version.began)),
        end_time: version.ended.map(wire_time),
    }
}

fn wire_change(changed: Changed) -> Change {
    let kind = match changed.kind {
        ChangeKind::Narrowed => change::Kind::Narrowed,
        ChangeKind::Amended => change::Kind::Amended,
    };
    Change {
        kind: kind.into(),
        time: Some(wire_time(changed.signed.at)),
        by: changed.signed.by,
        reason: changed.reason,
        consultation: changed.consultation,
    }
}

fn wire_order(order: &Order) -> Rectification {
    let due = order.clock.due.map(|due| due.to_string());
    let report = |report: &domain::grant::Report| Report {
        statement: report.said.text.clone(),
        by: report.said.signed.by.clone(),
        time: Some(wire_time(report.said.signed.at)),
        rejection: report
            .rejected
            .as_ref()
            .map(|why| why.text.clone())
            .unwrap_or_default(),
    };
    Rectification {
        misuse: order.misuse.text.clone(),
        by: order.misuse.signed.by.clone(),
        time: Some(wire_time(order.misuse.signed.at)),
        due_date: due.unwrap_or_default(),
        due_rule: order.clock.rule.clone(),
        reports: order.reports.iter().map(report).collect(),
    }
}

fn wire_disposal(disposal: domain::grant::Disposal) -> Disposal {
    Disposal {
        statement: disposal.said.text,
        done_on: disposal.done_on.to_string(),
        by: disposal.said.signed.by,
        time: Some(wire_time(disposal.said.signed.at)),
    }
}

pub(super) fn number(version: u32) -> i32 {
    i32::try_from(version).unwrap_or(i32::MAX)
}
