//! Measures lookups through a running gateway.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use api::certificate::v1::certificate_service_client::CertificateServiceClient;
use api::certificate::v1::lookup_certificate_request::Key;
use api::certificate::v1::{Disposition, LookupCertificateRequest};
use api::value::v1::Purpose;
use bench::Error;
use bench::demo::{MATTER, channel, new_id};
use bench::proc::cpu_seconds;
use clap::Parser;
use sandbox::client::with_deadline;
use sandbox::people;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tonic::transport::Channel;

/// The certificate type of the demo's grant of business licences.
const CERTIFICATE_TYPE: &str = "certificateTypes/11100000MB0143028R001";

/// Look business licences up through a running demo gateway, and print what it cost.
#[derive(Debug, Parser)]
struct Options {
    /// Host and port of the gateway.
    #[arg(long)]
    server: String,
    /// Folder with certificate.pem, key.pem and authority.pem of the platform.
    #[arg(long)]
    identity: PathBuf,
    /// Process whose CPU time is read.
    #[arg(long)]
    pid: u32,
    /// Calls at once.
    #[arg(long, default_value_t = 64)]
    workers: u64,
    /// Calls in all.
    #[arg(long, default_value_t = 20_000)]
    calls: u64,
    /// Connections that the workers share.
    #[arg(long, default_value_t = 4)]
    connections: usize,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let options = Options::parse();
    // The first provider installed is the one for all.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut channels = Vec::new();
    for _ in 0..options.connections {
        channels.push(channel(&options.server, &options.identity).await?);
    }
    let left = Arc::new(AtomicU64::new(options.calls));
    let cpu_before = cpu_seconds(options.pid)?;
    let begun = Instant::now();
    let mut workers = JoinSet::new();
    for (_, channel) in (0..options.workers).zip(channels.iter().cycle()) {
        workers.spawn(work(channel.clone(), Arc::clone(&left)));
    }
    let mut latencies = Vec::new();
    let mut failed = 0_u64;
    while let Some(done) = workers.join_next().await {
        let (took, faults) = done?;
        latencies.extend(took);
        failed += faults;
    }
    let seconds = begun.elapsed().as_secs_f64();
    let cpu = cpu_seconds(options.pid)? - cpu_before;
    latencies.sort_unstable();
    let count = u32::try_from(latencies.len()).map(f64::from)?;
    let report = serde_json::json!({
        "calls": latencies.len(),
        "failed": failed,
        "workers": options.workers,
        "calls_per_s": (count / seconds).round(),
        "p50_ms": percentile(&latencies, 50),
        "p99_ms": percentile(&latencies, 99),
        "cpu_ms_per_call": cpu * 1000.0 / count,
    });
    writeln!(std::io::stdout(), "{report}")?;
    Ok(())
}

/// Calls until none are left. Returns the latencies in microseconds, and how many calls failed.
async fn work(channel: Channel, left: Arc<AtomicU64>) -> (Vec<u128>, u64) {
    let mut client = CertificateServiceClient::new(channel);
    let (mut latencies, mut failed) = (Vec::new(), 0);
    let take = |left: u64| left.checked_sub(1);
    while left
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
        .is_ok()
    {
        let request = with_deadline(request(), Duration::from_secs(30));
        let begun = Instant::now();
        let found = client
            .lookup_certificate(request)
            .await
            .is_ok_and(|answer| answer.into_inner().disposition() == Disposition::Found);
        latencies.push(begun.elapsed().as_micros());
        failed += u64::from(!found);
    }
    (latencies, failed)
}

fn request() -> LookupCertificateRequest {
    let id = new_id();
    LookupCertificateRequest {
        certificate_type: CERTIFICATE_TYPE.to_owned(),
        key: Some(Key::Holder(people::SHOP.to_wire())),
        purpose: Some(Purpose {
            matter: MATTER.to_owned(),
            // A case and a clerk of their own: no honest one asks as often as this.
            case_number: format!("BENCH-{id}"),
            operator: format!("window-{id}"),
        }),
        items: Vec::new(),
        request_id: id,
        ..LookupCertificateRequest::default()
    }
}

fn percentile(sorted: &[u128], percent: usize) -> f64 {
    let place = sorted.len().saturating_sub(1) * percent / 100;
    let micros = sorted.get(place).copied().unwrap_or_default();
    u32::try_from(micros).map_or(f64::MAX, f64::from) / 1000.0
}
