//! Conformance: whether an endpoint keeps the contract of providers, tried case by case.
//!
//! A run asks the endpoint about records that its department keeps for tests, and once it has seen how the
//! endpoint meets what is wrong, slow or too large. A case passes, fails with what was seen, or does not apply.

mod case;
mod named;
mod question;
mod sample;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::drift::{Change, Shape};
use crate::name::ResourceName;
use crate::resource::Resource;

pub use case::Case;
pub use named::LAST_SAMPLE_BIRTH;
pub use sample::{
    CallTrial, Exam, Examination, Question, RowsOf, Sample, SampleCall, SampleQuestion, Trial,
    Untried, examination,
};

/// Changes that one sentence names.
const TOLD: usize = 10;
/// Findings of which it is kept what was seen.
pub const KEPT: usize = 100;
/// Characters of a sentence that is kept.
const SAID: usize = 300;

/// How one case ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As the contract says.
    Passed,
    /// Not as the contract says.
    Failed {
        /// What was seen, in one sentence, without a value of a record.
        saw: String,
    },
    /// There is nothing to try.
    NotApplicable {
        /// Why not.
        why: String,
    },
    /// A method that may have an effect, and that no sample lets a run call ([`UNTRIED`]).
    Untried,
}

/// Why a method was not called.
pub const UNTRIED: &str =
    "the method may have an effect, and no sample says with what it may be called";
/// What to do about it.
const UNTRIED_ADVICE: &str = "declare it free of effects where it is (idempotency_level = NO_SIDE_EFFECTS in the proto \
     file), or give a sample for it: it is then called once";

/// One case, tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which case.
    pub case: Case,
    /// Of which resource; none where the case is about the endpoint as a whole.
    pub resource: Option<ResourceName>,
    /// Of which method, where a resource has several.
    pub method: Option<String>,
    /// How it ended.
    pub verdict: Verdict,
}

/// What a run found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Each case in the order in which it was tried.
    pub findings: Vec<Finding>,
    /// What each resource was seen to serve, where it answered.
    pub seen: Vec<Seen>,
}

/// What an answer about a sample showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Of which resource.
    pub resource: ResourceName,
    /// Where it differs from what is registered.
    pub changes: Vec<Change>,
    /// What later answers are held against: the shape as far as it may be kept, and under which name.
    pub kept: Option<(String, Shape)>,
}

impl Verdict {
    /// Not as the contract says.
    pub fn failed(saw: impl Into<String>) -> Self {
        Self::Failed { saw: saw.into() }
    }

    /// There is nothing to try.
    pub fn not_applicable(why: impl Into<String>) -> Self {
        Self::NotApplicable { why: why.into() }
    }

    /// Of an answer that differs from what is registered in these ways, or in none.
    pub fn of_changes(changes: &[Change]) -> Self {
        if changes.is_empty() {
            return Self::Passed;
        }
        let told = changes.iter().take(TOLD).map(ToString::to_string);
        let mut told: Vec<String> = told.collect();
        if let Some(more) = changes.len().checked_sub(TOLD).filter(|more| *more > 0) {
            told.push(format!("and {more} more"));
        }
        Self::failed(told.join("; "))
    }
}

impl Report {
    /// Notes how a case ended; of the endpoint as a whole where there is no exam.
    pub fn note(&mut self, case: Case, exam: Option<&Exam>, verdict: Verdict) {
        self.findings.push(Finding {
            case,
            resource: exam.map(|exam| exam.resource.name.clone()),
            method: exam.and_then(Exam::method),
            verdict,
        });
    }

    /// Notes what a good answer showed.
    pub fn see(&mut self, exam: &Exam, changes: Vec<Change>, kept: Option<(String, Shape)>) {
        self.seen.push(Seen {
            resource: exam.resource.name.clone(),
            changes,
            kept,
        });
    }

    /// Notes the methods that no sample lets a run call.
    pub fn leave_untried(&mut self, untried: &[Untried]) {
        let findings = untried.iter().map(|untried| Finding {
            case: Case::Found,
            resource: Some(untried.resource.clone()),
            method: Some(untried.method.as_str().to_owned()),
            verdict: Verdict::Untried,
        });
        self.findings.extend(findings);
    }

    /// Whether nothing failed and something passed; where methods were left untried, something of the catalogue:
    /// whoever lets nothing be called has shown nothing.
    pub fn passed(&self) -> bool {
        let untried = |finding: &Finding| finding.verdict == Verdict::Untried;
        let needs_entry = self.findings.iter().any(untried);
        let passed = |finding: &Finding| {
            finding.verdict == Verdict::Passed && (finding.resource.is_some() || !needs_entry)
        };
        self.failed().next().is_none() && self.findings.iter().any(passed)
    }

    /// What failed.
    pub fn failed(&self) -> impl Iterator<Item = &Finding> {
        let findings = self.findings.iter();
        findings.filter(|finding| matches!(finding.verdict, Verdict::Failed { .. }))
    }

    /// The resources that were asked for, each once.
    pub fn resources(&self) -> Vec<ResourceName> {
        let mut seen: Vec<ResourceName> = Vec::new();
        for resource in self.findings.iter().filter_map(|f| f.resource.as_ref()) {
            if !seen.contains(resource) {
                seen.push(resource.clone());
            }
        }
        seen
    }
}

impl Finding {
    /// What the department's engineer does about it; none where there is nothing to do.
    pub fn advice(&self) -> Option<&'static str> {
        match &self.verdict {
            Verdict::Failed { .. } => Some(self.case.advice()),
            Verdict::Untried => Some(UNTRIED_ADVICE),
            Verdict::Passed | Verdict::NotApplicable { .. } => None,
        }
    }

    /// The case, and of what: `not-found resources/307502-000001 GET /persons/{id}`.
    pub fn label(&self) -> String {
        let mut label = self.case.as_str().to_owned();
        let resource = self.resource.as_ref().map(ToString::to_string);
        for part in resource.iter().chain(&self.method) {
            label.push(' ');
            label.push_str(part);
        }
        label
    }

    /// What was seen where it failed, cut to [`SAID`] characters; empty where it did not.
    fn saw(&self) -> String {
        match &self.verdict {
            Verdict::Failed { saw } => saw.chars().take(SAID).collect(),
            Verdict::Passed | Verdict::NotApplicable { .. } | Verdict::Untried => String::new(),
        }
    }

    /// The finding that a label tells of, with what was seen; none for a case that this version does not know.
    fn of_label(label: &str, saw: &str) -> Option<Self> {
        let mut parts = label.splitn(3, ' ');
        let case = parts.next()?;
        let case = Case::ALL.into_iter().find(|one| one.as_str() == case)?;
        let resource = parts.next().and_then(|name| ResourceName::parse(name).ok());
        Some(Self {
            case,
            resource,
            method: parts.next().map(str::to_owned),
            verdict: Verdict::failed(saw),
        })
    }
}

/// The latest run of an endpoint, as the registry keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conformance {
    /// When it ended.
    pub at: Timestamp,
    /// Whether every case that applied passed.
    pub passed: bool,
    /// What was asked for, each with what it asked of the endpoint then ([`Resource::served_digest`]).
    pub resources: BTreeMap<ResourceName, String>,
    /// The labels of what failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<String>,
    /// What was seen instead, in the order of `failed`, of the first [`KEPT`] of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub saw: Vec<String>,
}

impl Conformance {
    /// What is kept of a report.
    pub fn of(report: &Report, exams: &[Exam], at: Timestamp) -> Self {
        let tried = exams.iter().map(|exam| &exam.resource);
        Self {
            at,
            passed: report.passed(),
            resources: tried
                .map(|resource| (resource.name.clone(), resource.served_digest()))
                .collect(),
            failed: report.failed().map(Finding::label).collect(),
            saw: report.failed().take(KEPT).map(Finding::saw).collect(),
        }
    }

    /// Each case that failed, as far as it is kept what was seen.
    pub fn findings(&self) -> Vec<Finding> {
        let all = self.failed.iter().zip(&self.saw);
        all.filter_map(|(label, saw)| Finding::of_label(label, saw))
            .collect()
    }

    /// Whether it passed with this resource, as it is now.
    pub fn vouches_for(&self, resource: &Resource) -> bool {
        let served = self.resources.get(&resource.name);
        self.passed && served.is_some_and(|served| *served == resource.served_digest())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::{NOON, at};

    fn finding(case: Case, resource: Option<&str>, verdict: Verdict) -> Finding {
        let resource = resource.map(|id| ResourceName::from_id(id).unwrap());
        Finding {
            case,
            resource,
            method: None,
            verdict,
        }
    }

    #[test]
    fn a_run_passes_when_something_passed_and_nothing_failed() {
        let passed = || finding(Case::Health, None, Verdict::Passed);
        let failed = || {
            let saw = "an answer".to_owned();
            finding(
                Case::NotFound,
                Some("105001-000001"),
                Verdict::Failed { saw },
            )
        };
        let skipped = || {
            let why = "it has no request".to_owned();
            finding(
                Case::Malformed,
                Some("105001-000001"),
                Verdict::NotApplicable { why },
            )
        };
        let untried = || finding(Case::Found, Some("105001-000001"), Verdict::Untried);
        let found = || finding(Case::Found, Some("105001-000002"), Verdict::Passed);
        for (findings, expected) in [
            (vec![], false),
            (vec![skipped()], false),
            (vec![passed()], true),
            (vec![passed(), skipped()], true),
            (vec![passed(), failed()], false),
            (vec![passed(), untried()], false),
            (vec![passed(), untried(), found()], true),
        ] {
            let report = Report {
                findings,
                ..Report::default()
            };
            assert_eq!(report.passed(), expected);
        }
        let report = Report {
            findings: vec![passed(), failed(), skipped()],
            ..Report::default()
        };
        let kept = Conformance::of(&report, &[], at(NOON));
        assert_eq!(kept.failed, ["not-found resources/105001-000001"]);
        assert_eq!(kept.findings(), [failed()]);
        assert_eq!(report.resources().len(), 1);
        assert!(!kept.vouches_for(&crate::test_world::marriages("105001-000001")));
    }
    #[test]
    fn what_was_seen_is_kept_with_its_case_and_within_limits() {
        let mut long = finding(
            Case::Found,
            Some("105001-000001"),
            Verdict::failed("长".repeat(SAID + 1)),
        );
        long.method = Some("GET /persons/{id}".to_owned());
        let report = Report {
            findings: vec![long; KEPT + 1],
            ..Report::default()
        };
        let kept = Conformance::of(&report, &[], at(NOON));
        assert_eq!((kept.failed.len(), kept.saw.len()), (KEPT + 1, KEPT));
        let first = kept.findings().remove(0);
        assert_eq!(first.method.as_deref(), Some("GET /persons/{id}"));
        assert_eq!(first.verdict, Verdict::failed("长".repeat(SAID)));
        // A run from before this was kept has labels alone.
        let older =
            r#"{"at":"2022-06-01T00:00:00Z","passed":false,"resources":{},"failed":["health"]}"#;
        let older: Conformance = serde_json::from_str(older).unwrap();
        assert!(older.findings().is_empty());
    }
}
