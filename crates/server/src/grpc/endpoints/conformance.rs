//! Runs of the conformance kit over gRPC.

use api::registry::v1 as pb;
use broker::Examined;
use domain::conformance::{Conformance, Finding, Sample, SampleCall, SampleQuestion, Verdict};
use domain::fault::Cause;
use domain::id::RegionTable;
use domain::item::ItemKey;
use domain::name::{EndpointId, RequestId, ResourceName};
use domain::subject::Subject;
use jiff::civil::Date;
use tonic::Status;

use super::super::incoming::{Fields, wire_time};

/// Samples of one run.
const MOST_SAMPLES: usize = 200;
/// Calls of one sample.
const MOST_CALLS: usize = 64;

/// Which endpoint is tried, with what.
pub(super) fn parse(
    message: &pb::CheckConformanceRequest,
    regions: &RegionTable,
    today: Date,
) -> Result<(EndpointId, RequestId, Vec<Sample>), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(&message.request_id);
    let name = fields.name("name", &message.name, EndpointId::from_path);
    if message.samples.len() > MOST_SAMPLES {
        let cause = Cause::new("TOO_MANY", format!("at most {MOST_SAMPLES} samples"));
        fields.fault("samples", &cause);
    }
    let mut samples = Vec::new();
    for (index, part) in message.samples.iter().take(MOST_SAMPLES).enumerate() {
        let at = format!("samples[{index}]");
        let resource = fields.name(
            &format!("{at}.resource"),
            &part.resource,
            ResourceName::parse,
        );
        let mut holder = |field: &str, given: Option<&pb::SampleHolder>| {
            let given = given?;
            let parsed = Subject::parse(&given.type_code, &given.code, regions, today);
            fields.take(&format!("{at}.{field}"), parsed)
        };
        let found = holder("holder", part.holder.as_ref());
        let absent_holder = holder("absent_holder", part.absent_holder.as_ref());
        if part.calls.len() > MOST_CALLS {
            let cause = Cause::new("TOO_MANY", format!("at most {MOST_CALLS} calls"));
            fields.fault(&format!("{at}.calls"), &cause);
        }
        let at_item = format!("{at}.holder_item");
        let item = fields.optional(&at_item, &part.holder_item, ItemKey::parse);
        samples.extend(resource.map(|resource| Sample {
            resource,
            holder: found,
            absent_holder,
            holder_item: item,
            calls: part.calls.iter().map(call).collect(),
        }));
    }
    let ((name, id), samples) = fields.finish(name.zip(id).zip(Some(samples)))?;
    Ok((name, id, samples))
}

fn call(part: &pb::SampleCall) -> SampleCall {
    let question = |part: Option<&pb::SampleQuestion>| {
        part.map(|part| SampleQuestion {
            json: part.json.clone(),
            path: part.path.clone(),
        })
    };
    SampleCall {
        method: part.method.clone(),
        found: question(part.found.as_ref()).unwrap_or_default(),
        absent: question(part.absent.as_ref()).unwrap_or_default(),
    }
}

/// The answer.
pub(super) fn wire(examined: Examined, endpoint: pb::Endpoint) -> pb::CheckConformanceResponse {
    pb::CheckConformanceResponse {
        // As it is kept: a repetition makes no findings anew.
        passed: endpoint.conformance.as_ref().is_some_and(|run| run.passed),
        findings: examined.report.findings.into_iter().map(finding).collect(),
        endpoint: Some(endpoint),
    }
}

fn finding(finding: Finding) -> pb::ConformanceFinding {
    use pb::conformance_finding::Verdict as Wire;
    let (verdict, saw, advice) = match finding.verdict {
        Verdict::Passed => (Wire::Passed, String::new(), ""),
        Verdict::Failed { saw } => (Wire::Failed, saw, finding.case.advice()),
        Verdict::NotApplicable { why } => (Wire::NotApplicable, why, ""),
    };
    pb::ConformanceFinding {
        case: finding.case.as_str().to_owned(),
        resource: finding.resource.map(Into::into).unwrap_or_default(),
        method: finding.method.unwrap_or_default(),
        verdict: verdict.into(),
        saw,
        advice: advice.to_owned(),
    }
}

/// The short of the latest run.
pub(super) fn kept(run: Conformance) -> pb::Conformance {
    pb::Conformance {
        findings: run.findings().into_iter().map(finding).collect(),
        time: Some(wire_time(run.at)),
        passed: run.passed,
        resources: run.resources.into_keys().map(Into::into).collect(),
        failed: run.failed,
    }
}
