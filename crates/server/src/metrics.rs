//! What Prometheus reads on the admin port (docs/METRICS.md).
//!
//! Labels are words of closed lists and ids of registered endpoints, never anything of a call. The numbers are laid
//! out anew at each reading, so that an endpoint that is gone is gone here too.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use broker::{EndpointVitals, Gateway, Vitals};
use jiff::Timestamp;
use prometheus::core::Collector;
use prometheus::{GaugeVec, IntCounterVec, Opts, Registry, TextEncoder};
use tokio::sync::Mutex;
use tokio::time::Instant;

/// What whether the store can be written was found out so long ago is not found out again: each time costs a commit.
const TRY_AGAIN: Duration = Duration::from_secs(5);

/// The numbers of one gateway.
#[derive(Debug)]
struct Metrics {
    gateway: Arc<Gateway>,
    /// When the store was tried last, and whether it kept what was written.
    tried: Mutex<Option<(Instant, bool)>>,
}

/// The one route, to be guarded by the console.
pub(crate) fn routes(gateway: &Arc<Gateway>) -> Router {
    let metrics = Metrics {
        gateway: Arc::clone(gateway),
        tried: Mutex::new(None),
    };
    Router::new()
        .route("/metrics", get(read))
        .with_state(Arc::new(metrics))
}

async fn read(State(metrics): State<Arc<Metrics>>) -> Response {
    let writable = metrics.writable().await;
    match text(&metrics.gateway.vitals(), writable) {
        Ok(text) => ([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the metrics cannot be laid out");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

impl Metrics {
    /// Whether the store keeps what is written. Those who ask meanwhile wait for the same answer.
    async fn writable(&self) -> bool {
        let mut tried = self.tried.lock().await;
        if let Some((at, kept)) = *tried
            && at.elapsed() < TRY_AGAIN
        {
            return kept;
        }
        let kept = self.gateway.can_write().await;
        *tried = Some((Instant::now(), kept));
        kept
    }
}

fn text(vitals: &Vitals, writable: bool) -> prometheus::Result<String> {
    let sheet = Sheet(Registry::new());
    certificates(&sheet, vitals)?;
    endpoints(&sheet, &vitals.endpoints)?;
    calls(&sheet, vitals)?;
    sheet.gauge(
        "shuqiao_store_writable",
        "1 where the store kept a trial write of the last seconds; nothing is asked or released where it does not.",
        f64::from(u8::from(writable)),
    )?;
    sheet.gauge(
        "shuqiao_registry_age_seconds",
        "Time since the registry was compared with the store; calls are refused from 5 seconds on.",
        vitals.registry_age.as_secs_f64(),
    )?;
    TextEncoder::new().encode_to_string(&sheet.0.gather())
}

fn certificates(sheet: &Sheet, vitals: &Vitals) -> prometheus::Result<()> {
    let left = |end: Timestamp| end.duration_since(vitals.now).as_secs_f64();
    let own = vitals.own.iter();
    sheet.gauges(
        "shuqiao_own_tls_certificate_remaining_seconds",
        "Time to the end of a TLS certificate of the gateway itself, by the side that it is shown to; negative when it is over.",
        &["shown_to"],
        own.map(|(side, end)| ([side.as_str()], left(*end))),
    )?;
    let signing = vitals.authorities.iter();
    sheet.gauges(
        "shuqiao_authority_remaining_seconds",
        "Time to the end of an authority that signs; negative when it is over.",
        &["authority"],
        signing.map(|end| ([end.which], left(end.ends))),
    )?;
    let counts = vitals.certificates.counts.iter();
    sheet.gauges(
        "shuqiao_tls_certificates",
        "TLS certificates of callers and providers by where they stand in their lives.",
        &["standing"],
        counts.map(|(standing, count)| ([standing.as_str()], lossy(*count))),
    )?;
    match vitals.certificates.soonest_end {
        None => Ok(()),
        Some(end) => sheet.gauge(
            "shuqiao_tls_certificate_soonest_remaining_seconds",
            "Time to the soonest end of a good TLS certificate that was not renewed; absent where there is none.",
            left(end),
        ),
    }
}

fn endpoints(sheet: &Sheet, endpoints: &[EndpointVitals]) -> prometheus::Result<()> {
    let counted = sheet.gauge_vec(
        "shuqiao_endpoints",
        "Registered endpoints by what the last probe of any gateway found, and by how they are spoken to.",
        &["health", "protocol"],
    )?;
    for endpoint in endpoints {
        let labels = [endpoint.health, endpoint.protocol];
        counted.get_metric_with_label_values(&labels)?.inc();
    }
    let seen = || {
        let all = endpoints.iter();
        all.filter_map(|one| one.seen.as_ref().map(|seen| ([one.name.id()], seen)))
    };
    sheet.gauges(
        "shuqiao_endpoint_probe_seconds",
        "How long this gateway's latest probe of an endpoint took.",
        &["endpoint"],
        seen().map(|(name, seen)| (name, seen.took.as_secs_f64())),
    )?;
    sheet.gauges(
        "shuqiao_endpoint_probe_failures",
        "Probes of this gateway that failed in a row, up to the latest; 0 where that was good.",
        &["endpoint"],
        seen().map(|(name, seen)| (name, f64::from(seen.failures))),
    )
}

fn calls(sheet: &Sheet, vitals: &Vitals) -> prometheus::Result<()> {
    let calls = &vitals.calls;
    sheet.counters(
        "shuqiao_calls_permitted_total",
        "Calls that policy permitted.",
        &[],
        std::iter::once(([], calls.permitted)),
    )?;
    let refused = calls.refused.iter();
    sheet.counters(
        "shuqiao_calls_refused_total",
        "Calls that policy refused, by reason (docs/ERRORS.md).",
        &["reason"],
        refused.map(|(reason, count)| ([reason.as_str()], *count)),
    )?;
    let failed = calls.failed.iter();
    sheet.counters(
        "shuqiao_calls_failed_total",
        "Calls that were permitted and failed at the provider, by reason (docs/ERRORS.md).",
        &["reason"],
        failed.map(|(reason, count)| ([reason.as_str()], *count)),
    )?;
    sheet.counters(
        "shuqiao_calls_unrecorded_total",
        "Times that an entry could not be recorded; nothing was asked or released then.",
        &[],
        std::iter::once(([], calls.unrecorded)),
    )
}

/// The numbers of one reading.
struct Sheet(Registry);

impl Sheet {
    fn add<C: Collector + Clone + 'static>(&self, collector: &C) -> prometheus::Result<()> {
        self.0.register(Box::new(collector.clone()))
    }

    fn gauge_vec(&self, name: &str, help: &str, labels: &[&str]) -> prometheus::Result<GaugeVec> {
        let made = GaugeVec::new(Opts::new(name, help), labels)?;
        self.add(&made)?;
        Ok(made)
    }

    fn gauge(&self, name: &str, help: &str, value: f64) -> prometheus::Result<()> {
        self.gauges(name, help, &[], std::iter::once(([], value)))
    }

    fn gauges<'a, const N: usize>(
        &self,
        name: &str,
        help: &str,
        labels: &[&str; N],
        values: impl Iterator<Item = ([&'a str; N], f64)>,
    ) -> prometheus::Result<()> {
        let made = self.gauge_vec(name, help, labels)?;
        for (labels, value) in values {
            made.get_metric_with_label_values(&labels)?.set(value);
        }
        Ok(())
    }

    fn counters<'a, const N: usize>(
        &self,
        name: &str,
        help: &str,
        labels: &[&str; N],
        values: impl Iterator<Item = ([&'a str; N], u64)>,
    ) -> prometheus::Result<()> {
        let made = IntCounterVec::new(Opts::new(name, help), labels)?;
        self.add(&made)?;
        for (labels, value) in values {
            made.get_metric_with_label_values(&labels)?.inc_by(value);
        }
        Ok(())
    }
}

/// Prometheus knows floating point only; up to 2^53 it is exact.
#[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 certificates")]
fn lossy(count: u64) -> f64 {
    count as f64
}
