//! Quality and drift of entries over gRPC.

use api::catalogue::v1 as pb;
use broker::{ResourceDrift, ResourceQuality};
use domain::drift::Change;
use domain::quality::Part;
use domain::resource::Resource;
use domain::watch::{Drift, SeenIn};

use super::super::incoming::wire_time;

/// A score for the wire.
pub(super) fn wire(found: ResourceQuality) -> pb::ResourceQuality {
    let drift = found.drift.map(|drift| wire_of(&found.resource, &drift));
    pb::ResourceQuality {
        name: found.resource.name.to_string(),
        score: number(found.quality.score),
        parts: found.quality.parts.into_iter().map(part).collect(),
        source: found.rule.source,
        assumed: found.rule.assumed,
        drift,
        data_time: found.updated.map(|update| wire_time(update.at)),
    }
}

fn part(part: Part) -> pb::QualityPart {
    pb::QualityPart {
        key: part.kind.as_str().to_owned(),
        weight: number(part.weight),
        points: number(part.points),
        lacks: part.lacks,
    }
}

fn number(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// A drift for the wire.
pub(super) fn wire_drift(drift: &ResourceDrift) -> pb::ResourceDrift {
    wire_of(&drift.resource, &drift.drift)
}

fn wire_of(resource: &Resource, drift: &Drift) -> pb::ResourceDrift {
    use pb::resource_drift::SeenIn as Wire;
    let seen_in = match drift.seen_in {
        SeenIn::Traffic => Wire::Traffic,
        SeenIn::Probe => Wire::Probe,
        SeenIn::Conformance => Wire::Conformance,
        SeenIn::File => Wire::File,
    };
    pb::ResourceDrift {
        resource: resource.name.to_string(),
        title: resource.title.clone(),
        department: resource.department.to_string(),
        since_time: Some(wire_time(drift.since)),
        seen_in: seen_in.into(),
        changes: drift.changes.iter().map(change).collect(),
    }
}

fn change(change: &Change) -> pb::DriftChange {
    use pb::drift_change::Kind;
    let kind = match change {
        Change::Added { .. } => Kind::Added,
        Change::Missing { .. } => Kind::Missing,
        Change::Renamed { .. } => Kind::Renamed,
        Change::Retyped { .. } => Kind::Retyped,
    };
    pb::DriftChange {
        kind: kind.into(),
        path: change.path().to_owned(),
        registered: change.registered().to_owned(),
        seen: change.seen().to_owned(),
    }
}
