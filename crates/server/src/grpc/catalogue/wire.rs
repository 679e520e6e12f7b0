//! Entries for the wire.

use api::catalogue::v1 as pb;
use broker::{ResourceChange, Stored};
use domain::basis::BasisKind;
use domain::item::Item;
use domain::resource::{
    Change, Metadata, Progress, Resource, ResourceState, ResourceVersion, ShareMode, ShareType,
    UpdateDuty, Volume,
};

use super::super::incoming::wire_time;
use super::super::operations;

/// Modes for the wire.
pub(crate) fn wire_modes(modes: &[ShareMode]) -> Vec<i32> {
    let wire = |mode: &ShareMode| match mode {
        ShareMode::Table => pb::ShareMode::Table.into(),
        ShareMode::File => pb::ShareMode::File.into(),
        ShareMode::Api => pb::ShareMode::Api.into(),
        ShareMode::Mail => pb::ShareMode::Mail.into(),
        ShareMode::Medium => pb::ShareMode::Medium.into(),
    };
    modes.iter().map(wire).collect()
}

/// What a use must rest on, for the wire.
pub(crate) fn wire_basis(basis: BasisKind) -> pb::Basis {
    match basis {
        BasisKind::Duty => pb::Basis::Duty,
        BasisKind::Authorisation => pb::Basis::Authorisation,
    }
}

/// An entry for the wire.
pub(crate) fn wire(row: Stored<Resource>) -> pb::Resource {
    let etag = row.etag();
    pb::Resource {
        etag,
        ..wire_entry(row.value)
    }
}

/// The stage of an entry, its version, and when that was published.
fn stage(state: &ResourceState) -> (pb::resource::State, u32, Option<prost_types::Timestamp>) {
    use pb::resource::State;
    match state {
        ResourceState::Draft => (State::Draft, 0, None),
        ResourceState::Registered { .. } => (State::Registered, 0, None),
        ResourceState::Published { version, at, .. } => {
            (State::Published, *version, Some(wire_time(*at)))
        }
        ResourceState::Suspended { published, .. } => {
            let (_, version, at) = stage(published);
            (State::Suspended, version, at)
        }
        ResourceState::Retired { version, .. } => (State::Retired, *version, None),
    }
}

/// Why it is stopped, or will be.
fn stop_reason(resource: &Resource) -> String {
    let retiring = resource.progress.retiring.as_ref();
    let reason = match &resource.state {
        ResourceState::Suspended { why, .. } | ResourceState::Retired { why, .. } => {
            Some(&why.reason)
        }
        ResourceState::Draft
        | ResourceState::Registered { .. }
        | ResourceState::Published { .. } => retiring.map(|retiring| &retiring.why.reason),
    };
    reason.cloned().unwrap_or_default()
}

/// The way of an entry to its stage, and nothing else.
fn of_progress(progress: Progress) -> pb::Resource {
    let day = |day: Option<jiff::civil::Date>| day.map(|day| day.to_string()).unwrap_or_default();
    let reasons = progress
        .returned
        .into_iter()
        .flat_map(|returned| returned.reasons);
    pb::Resource {
        review_due_date: day(progress.review.and_then(|clock| clock.due)),
        return_reasons: reasons
            .map(|(field, text)| pb::ReturnReason { field, text })
            .collect(),
        next: progress.next.map(|next| Box::new(wire_entry(*next))),
        last_day: day(progress.retiring.map(|retiring| retiring.last_day)),
        update_duty: progress.update.map(wire_duty),
        ..pb::Resource::default()
    }
}

fn wire_duty(duty: UpdateDuty) -> pb::UpdateDuty {
    let day = |day: Option<jiff::civil::Date>| day.map(|day| day.to_string()).unwrap_or_default();
    pb::UpdateDuty {
        document: duty.why.reason,
        effective_date: duty.effective.to_string(),
        due_date: day(duty.update.due),
        due_rule: duty.update.rule,
        publish_due_date: day(duty.publish.due),
        publish_due_rule: duty.publish.rule,
        extension_reason: duty.extended.map(|why| why.reason).unwrap_or_default(),
    }
}

fn wire_entry(resource: Resource) -> pb::Resource {
    let stop_reason = stop_reason(&resource);
    let (share_type, share_condition) = match resource.share_type {
        ShareType::Unconditional => (pb::ShareType::Unconditional, String::new()),
        ShareType::Conditional { condition } => (pb::ShareType::Conditional, condition),
        ShareType::NotShared { legal_basis } => (pb::ShareType::NotShared, legal_basis),
    };
    let (state, version, publish_time) = stage(&resource.state);
    let version = i32::try_from(version).unwrap_or(i32::MAX);
    let way = of_progress(resource.progress);
    let item = |item: Item| pb::ResourceItem {
        key: item.key.into(),
        title: item.title,
        data_type: item.data_type.as_str().to_owned(),
        sensitive: item.sensitive,
        length: item
            .length
            .map_or(0, |length| i32::try_from(length).unwrap_or(i32::MAX)),
        personal: item.personal,
    };
    let fields = of_metadata(resource.metadata);
    pb::Resource {
        name: resource.name.into(),
        title: resource.title,
        summary: resource.summary,
        system: resource.system.into(),
        department: resource.department.into(),
        items: resource.items.into_iter().map(item).collect(),
        share_type: share_type.into(),
        share_condition,
        share_modes: wire_modes(&resource.share_modes),
        certificate_type: resource
            .certificate_type
            .map(String::from)
            .unwrap_or_default(),
        format_class: resource.format_class.into(),
        update_cycle: resource.update_cycle.into(),
        data_level: resource.data_level,
        open: resource.open,
        state: state.into(),
        version,
        publish_time,
        stop_reason,
        review_due_date: way.review_due_date,
        return_reasons: way.return_reasons,
        next: way.next,
        last_day: way.last_day,
        update_duty: way.update_duty,
        api: resource.api.map(operations::wire_api),
        cache_seconds: i32::try_from(resource.cache_seconds).unwrap_or(i32::MAX),
        basis: wire_basis(resource.basis).into(),
        ..fields
    }
}

/// The fields of the guides, and of nothing else.
fn of_metadata(metadata: Metadata) -> pb::Resource {
    pb::Resource {
        inner_department: metadata.inner_department,
        format_type: metadata.format_type,
        data_class: metadata.data_class,
        data_grade: metadata.data_grade.map_or(0, |grade| grade.get().into()),
        share_scope: metadata.share_scope,
        share_purpose: metadata.share_purpose,
        refusal_reason: metadata.refusal_reason,
        open_condition: metadata.open_condition,
        related_resources: metadata.related.into_iter().map(String::from).collect(),
        secrecy_review: metadata.secrecy_review,
        impact_assessment: metadata.impact_assessment,
        head_approval: metadata.head_approval,
        volume: metadata.volume.map(wire_volume),
        source_identifier: metadata.source_identifier,
        auto_approve: metadata.auto_approve,
        ..pb::Resource::default()
    }
}

fn wire_volume(volume: Volume) -> pb::DataVolume {
    pb::DataVolume {
        stored_gigabytes: volume.stored.gigabytes,
        stored_records: volume.stored.records.cast_signed(),
        shared_gigabytes: volume.shared.gigabytes,
        shared_records: volume.shared.records.cast_signed(),
        open_gigabytes: volume.open.gigabytes,
        open_records: volume.open.records.cast_signed(),
    }
}

/// What a next version changes, for the wire.
pub(super) fn wire_change(change: ResourceChange) -> pb::ResourceChange {
    let (state, ..) = stage(&change.state);
    let hit = |(hit, acknowledged): (domain::resource::Hit, bool)| pb::BrokenGrant {
        grant: hit.grant.into(),
        consumer: hit.consumer.into(),
        items: hit.items.into_iter().map(String::from).collect(),
        share_modes: wire_modes(&hit.modes),
        whole: hit.whole,
        acknowledged,
    };
    pb::ResourceChange {
        name: change.name.into(),
        changes: change.changes.into_iter().map(wire_field).collect(),
        broken_grants: change.hits.into_iter().map(hit).collect(),
        notice_end_date: change
            .notice_ends
            .map(|day| day.to_string())
            .unwrap_or_default(),
        state: state.into(),
    }
}

fn wire_field(change: Change) -> pb::FieldChange {
    pb::FieldChange {
        field: change.field,
        before: change.before,
        after: change.after,
        breaking: change.breaking,
    }
}

/// A version, for the wire.
pub(super) fn wire_version(version: ResourceVersion) -> pb::ResourceVersion {
    pb::ResourceVersion {
        name: format!("{}/versions/{}", version.resource, version.version),
        version: i32::try_from(version.version).unwrap_or(i32::MAX),
        publish_time: Some(wire_time(version.published)),
        resource: Some(wire_entry(version.content)),
        changes: version.changes.into_iter().map(wire_field).collect(),
    }
}
