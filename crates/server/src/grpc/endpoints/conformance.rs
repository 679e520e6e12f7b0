//! Runs of the conformance kit over gRPC.

use api::registry::v1 as pb;
use broker::{Examined, wire};
use domain::conformance::{Conformance, Sample};
use domain::id::RegionTable;
use domain::name::{EndpointId, RequestId};
use jiff::civil::Date;
use tonic::Status;

use super::super::incoming::{Fields, wire_time};

/// Which endpoint is tried, with what.
pub(super) fn parse(
    message: &pb::CheckConformanceRequest,
    regions: &RegionTable,
    today: Date,
) -> Result<(EndpointId, RequestId, Vec<Sample>), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(&message.request_id);
    let name = fields.name("name", &message.name, EndpointId::from_path);
    let samples = wire::samples_from(fields.faults(), &message.samples, regions, today);
    let ((name, id), samples) = fields.finish(name.zip(id).zip(Some(samples)))?;
    Ok((name, id, samples))
}

/// The answer.
pub(super) fn answer(examined: Examined, endpoint: pb::Endpoint) -> pb::CheckConformanceResponse {
    let findings = examined.report.findings.into_iter();
    pb::CheckConformanceResponse {
        // As it is kept: a repetition makes no findings anew.
        passed: endpoint.conformance.as_ref().is_some_and(|run| run.passed),
        findings: findings.map(wire::finding_to).collect(),
        endpoint: Some(endpoint),
    }
}

/// The short of the latest run.
pub(super) fn kept(run: Conformance) -> pb::Conformance {
    pb::Conformance {
        findings: run.findings().into_iter().map(wire::finding_to).collect(),
        time: Some(wire_time(run.at)),
        passed: run.passed,
        resources: run.resources.into_keys().map(Into::into).collect(),
        failed: run.failed,
    }
}
