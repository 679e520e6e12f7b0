//! Quality and drift of entries over gRPC.

use api::catalogue::v1 as pb;
use broker::{QualityFilter, ResourceDrift, ResourceQualities, ResourceQuality};
use domain::drift::Change;
use domain::fault::Cause;
use domain::name::DepartmentName;
use domain::quality::{Grade, Part};
use domain::resource::Resource;
use domain::watch::{Drift, SeenIn};
use tonic::Status;

use super::super::incoming::{Fields, wire_time};

/// Which scores are asked for.
///
/// # Errors
/// All faults of the fields.
pub(super) fn filter(message: &pb::ListResourceQualitiesRequest) -> Result<QualityFilter, Status> {
    let mut fields = Fields::default();
    let department = fields.optional("department", &message.department, DepartmentName::parse);
    let grade = fields.take("grade", grade(message.grade));
    let grade = fields.finish(grade)?;
    Ok(QualityFilter { department, grade })
}

fn grade(number: i32) -> Result<Option<Grade>, Cause> {
    use pb::resource_quality::Grade as Wire;
    match Wire::try_from(number) {
        Ok(Wire::Unspecified) => Ok(None),
        Ok(Wire::Poor) => Ok(Some(Grade::Poor)),
        Ok(Wire::Fair) => Ok(Some(Grade::Fair)),
        Ok(Wire::Good) => Ok(Some(Grade::Good)),
        Err(_) => Err(Cause::new("UNKNOWN_CODE", "choose poor, fair or good")),
    }
}

fn wire_grade(grade: Grade) -> i32 {
    use pb::resource_quality::Grade as Wire;
    let grade = match grade {
        Grade::Poor => Wire::Poor,
        Grade::Fair => Wire::Fair,
        Grade::Good => Wire::Good,
    };
    grade.into()
}

/// A page of scores for the wire.
pub(super) fn wire_page(page: ResourceQualities) -> pb::ListResourceQualitiesResponse {
    let count = |grade| number(page.counts.get(&grade).copied().unwrap_or(0));
    pb::ListResourceQualitiesResponse {
        poor_count: count(Grade::Poor),
        fair_count: count(Grade::Fair),
        good_count: count(Grade::Good),
        qualities: page.rows.into_iter().map(wire).collect(),
        next_page_token: page.next,
    }
}

/// A score for the wire.
pub(super) fn wire(found: ResourceQuality) -> pb::ResourceQuality {
    let first = found.quality.first_lack();
    let first_lack = first.map_or_else(String::new, |(_, lack)| lack.to_owned());
    let drift = found.drift.map(|drift| wire_of(&found.resource, &drift));
    pb::ResourceQuality {
        name: found.resource.name.to_string(),
        score: number(found.quality.score),
        parts: found.quality.parts.into_iter().map(part).collect(),
        source: found.rule.source,
        assumed: found.rule.assumed,
        drift,
        data_time: found.updated.map(|update| wire_time(update.at)),
        first_lack,
        title: found.resource.title.clone(),
        department: found.resource.department.to_string(),
        grade: wire_grade(found.quality.grade),
        recorded_grade: found.graded.map_or(0, |graded| wire_grade(graded.grade)),
        recorded_grade_time: found.graded.map(|graded| wire_time(graded.since)),
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
