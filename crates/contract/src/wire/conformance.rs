//! Samples from the wire, and what was found for it.

use api::registry::v1 as pb;
use domain::conformance::{Finding, Sample, SampleCall, SampleQuestion, UNTRIED, Verdict};
use domain::fault::Faults;
use domain::id::RegionTable;
use domain::item::ItemKey;
use domain::name::ResourceName;
use domain::subject::Subject;
use jiff::civil::Date;

/// Samples of one run.
const MOST_SAMPLES: usize = 200;
/// Calls of one sample.
const MOST_CALLS: usize = 64;

/// What a department gives; all faults are noted. A sample that names no resource is left out.
pub fn samples_from(
    faults: &mut Faults,
    wire: &[pb::ConformanceSample],
    regions: &RegionTable,
    today: Date,
) -> Vec<Sample> {
    if wire.len() > MOST_SAMPLES {
        let text = format!("at most {MOST_SAMPLES} samples");
        faults.add("samples", "TOO_MANY", text);
    }
    let mut samples = Vec::new();
    for (index, part) in wire.iter().take(MOST_SAMPLES).enumerate() {
        let at = format!("samples[{index}]");
        let resource = ResourceName::parse(&part.resource);
        let resource = faults.check(&format!("{at}.resource"), resource);
        let mut holder = |field: &str, given: Option<&pb::SampleHolder>| {
            let given = given?;
            let parsed = Subject::parse(&given.type_code, &given.code, regions, today);
            faults.check(&format!("{at}.{field}"), parsed)
        };
        let found = holder("holder", part.holder.as_ref());
        let absent_holder = holder("absent_holder", part.absent_holder.as_ref());
        if part.calls.len() > MOST_CALLS {
            let text = format!("at most {MOST_CALLS} calls");
            faults.add(&format!("{at}.calls"), "TOO_MANY", text);
        }
        let item = Some(&part.holder_item).filter(|key| !key.trim().is_empty());
        let item =
            item.and_then(|key| faults.check(&format!("{at}.holder_item"), ItemKey::parse(key)));
        samples.extend(resource.map(|resource| Sample {
            resource,
            holder: found,
            absent_holder,
            holder_item: item,
            calls: part.calls.iter().map(call).collect(),
        }));
    }
    samples
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

/// A finding, with what to do about it.
pub fn finding_to(finding: Finding) -> pb::ConformanceFinding {
    use pb::conformance_finding::Verdict as Wire;
    let advice = finding.advice().unwrap_or_default().to_owned();
    let (verdict, saw) = match finding.verdict {
        Verdict::Passed => (Wire::Passed, String::new()),
        Verdict::Failed { saw } => (Wire::Failed, saw),
        Verdict::NotApplicable { why } => (Wire::NotApplicable, why),
        Verdict::Untried => (Wire::NotApplicable, UNTRIED.to_owned()),
    };
    pb::ConformanceFinding {
        case: finding.case.as_str().to_owned(),
        resource: finding.resource.map(Into::into).unwrap_or_default(),
        method: finding.method.unwrap_or_default(),
        verdict: verdict.into(),
        saw,
        advice,
    }
}
