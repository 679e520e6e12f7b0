//! The endpoints of a system as the gateway sees them: health, latency, TLS, the latest run of the conformance kit.

use broker::{Gateway, Stored};
use domain::conformance::{Conformance, Finding, Verdict};
use domain::endpoint::{Endpoint, Health};
use domain::snapshot::Snapshot;
use jiff::Timestamp;

use super::super::names;
use super::days_left;
use crate::words::inventory as words;
use crate::words::moment;

/// One endpoint.
pub(super) struct EndpointView {
    pub(super) id: String,
    pub(super) protocol: &'static str,
    pub(super) address: String,
    pub(super) health: (&'static str, &'static str),
    /// When its health changed last.
    pub(super) since: Option<String>,
    pub(super) error: Option<String>,
    /// What the latest probe of this gateway saw.
    pub(super) seen: Option<SeenView>,
    /// Planned maintenance: from, until, what for, whether it is now.
    pub(super) maintenance: Vec<(String, String, String, bool)>,
    pub(super) conformance: Option<ConformanceView>,
}

/// What one probe saw.
pub(super) struct SeenView {
    pub(super) at: String,
    pub(super) millis: u128,
    pub(super) failures: u32,
    /// Version and cipher suite, where the connection is one of TLS.
    pub(super) tls: Option<(String, String)>,
    /// The end of the certificate at its other end, and the whole days to it; none where that is over.
    pub(super) ends: Option<(String, Option<i64>)>,
    /// The latest report of a file drop's system: when, files that wait, files that were refused.
    pub(super) heartbeat: Option<(String, u32, u32)>,
}

/// The latest run of the conformance kit.
pub(super) struct ConformanceView {
    pub(super) at: String,
    pub(super) passed: bool,
    /// What was asked for: what people call it, its page.
    pub(super) resources: Vec<(String, String)>,
    pub(super) findings: Vec<FindingView>,
    /// Labels of what failed without anything kept of what was seen.
    pub(super) more: Vec<String>,
}

/// One case that failed.
pub(super) struct FindingView {
    pub(super) case: &'static str,
    pub(super) code: &'static str,
    pub(super) resource: Option<(String, String)>,
    pub(super) method: String,
    pub(super) saw: String,
    pub(super) advice: &'static str,
    pub(super) advice_as_told: &'static str,
}

/// Lays endpoints out.
pub(super) fn views(
    gateway: &Gateway,
    rows: Vec<Stored<Endpoint>>,
    snapshot: &Snapshot,
) -> Vec<EndpointView> {
    let rows = rows.into_iter();
    rows.map(|row| view(gateway, &row.value, snapshot))
        .collect()
}

fn view(gateway: &Gateway, endpoint: &Endpoint, snapshot: &Snapshot) -> EndpointView {
    let latest = gateway.observation(&endpoint.name);
    let (since, error) = match &endpoint.health {
        Health::Unknown => (None, None),
        Health::Serving { at } => (Some(moment(*at)), None),
        // The row keeps what was seen when the health changed; since then it may fail for another reason.
        Health::Failing { at, error } => {
            let error = latest
                .and_then(|seen| seen.error)
                .unwrap_or_else(|| error.clone());
            (Some(moment(*at)), Some(error))
        }
    };
    let now = gateway.now();
    let windows = endpoint.maintenance.iter();
    let path = endpoint.name.path();
    EndpointView {
        id: path.rsplit('/').next().unwrap_or_default().to_owned(),
        protocol: words::protocol(&endpoint.protocol),
        address: endpoint.address.to_string(),
        health: words::health(&endpoint.health),
        since,
        error,
        seen: seen(gateway, endpoint, now),
        maintenance: windows
            .map(|window| {
                let (start, end) = (moment(window.start), moment(window.end));
                (start, end, window.reason.clone(), window.holds(now))
            })
            .collect(),
        conformance: endpoint
            .conformance
            .as_ref()
            .map(|run| conformance(run, snapshot)),
    }
}

fn seen(gateway: &Gateway, endpoint: &Endpoint, now: Timestamp) -> Option<SeenView> {
    let seen = gateway.observation(&endpoint.name)?;
    let tls = seen.tls.as_ref();
    let certificate = tls.and_then(|tls| tls.certificate.as_ref());
    Some(SeenView {
        at: moment(seen.at),
        millis: seen.took.as_millis(),
        failures: seen.failures,
        tls: tls.map(|tls| (tls.version.replace('_', "."), tls.cipher_suite.clone())),
        ends: certificate.map(|held| (moment(held.ends), days_left(held.ends, now))),
        heartbeat: seen
            .heartbeat
            .map(|heard| (moment(heard.at), heard.waiting, heard.refused)),
    })
}

fn conformance(run: &Conformance, snapshot: &Snapshot) -> ConformanceView {
    let named = |name: &domain::name::ResourceName| {
        let shown = names::shown(name.as_str(), snapshot);
        (shown, names::to_resource(name))
    };
    let finding = |finding: Finding| {
        let (case, advice) = words::case(finding.case);
        FindingView {
            case,
            code: finding.case.as_str(),
            resource: finding.resource.as_ref().map(named),
            method: finding.method.unwrap_or_default(),
            saw: match finding.verdict {
                Verdict::Failed { saw } => saw,
                Verdict::Passed | Verdict::NotApplicable { .. } | Verdict::Untried => String::new(),
            },
            advice,
            advice_as_told: finding.case.advice(),
        }
    };
    ConformanceView {
        at: moment(run.at),
        passed: run.passed,
        resources: run.resources.keys().map(named).collect(),
        findings: run.findings().into_iter().map(finding).collect(),
        more: run.failed.iter().skip(run.saw.len()).cloned().collect(),
    }
}
