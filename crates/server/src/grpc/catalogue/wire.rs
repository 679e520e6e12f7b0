//! Entries for the wire.

use api::catalogue::v1 as pb;
use broker::Stored;
use domain::basis::BasisKind;
use domain::item::Item;
use domain::resource::{Metadata, Resource, ResourceState, ShareMode, ShareType, Volume};

use super::super::incoming::wire_time;
use super::super::operations;

/// Modes for the wire.
pub(crate) fn wire_modes(modes: &[ShareMode]) -> Vec<i32> {
    let wire = |mode: &ShareMode| match mode {
        ShareMode::Table => pb::ShareMode::Table.into(),
        ShareMode::File => pb::ShareMode::File.into(),
        ShareMode::Api => pb::ShareMode::Api.into(),
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
    let resource = row.value;
    let (share_type, share_condition) = match resource.share_type {
        ShareType::Unconditional => (pb::ShareType::Unconditional, String::new()),
        ShareType::Conditional { condition } => (pb::ShareType::Conditional, condition),
        ShareType::NotShared { legal_basis } => (pb::ShareType::NotShared, legal_basis),
    };
    let (state, version, publish_time) = match resource.state {
        ResourceState::Draft => (pb::resource::State::Draft, 0, None),
        ResourceState::Registered { .. } => (pb::resource::State::Registered, 0, None),
        ResourceState::Published { version, at, .. } => {
            let version = i32::try_from(version).unwrap_or(i32::MAX);
            (pb::resource::State::Published, version, Some(wire_time(at)))
        }
    };
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
        etag,
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
        volume: metadata.volume.map(wire_volume),
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
