//! What the evidence of one call costs: many callers record intents and outcomes in a real database,
//! then everything is integrated.
//!
//! One JSON line comes out. CPU is that of this process, read from `/proc`, and includes the callers.

#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark is an edge of its own: the real clock is what it measures by"
)]

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Parser;
use jiff::Timestamp;
use ledger::checkpoint::LogSigner;
use ledger::entry::Draft;
use ledger::tree::leaf_hash;
use sqlx::Connection as _;
use store::recorder::Recorder;
use store::{DatabaseUrl, Store};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Records intents and outcomes as a gateway does, and says what a call costs.
#[derive(Parser)]
struct Arguments {
    /// A folder for the SQLite file; it is made, and must not hold one yet.
    #[arg(long, default_value = "/tmp/shuqiao-ledger-load")]
    folder: PathBuf,
    /// A PostgreSQL database to use instead: postgres://… It must be empty.
    #[arg(long)]
    database: Option<String>,
    /// Calls in flight.
    #[arg(long, default_value_t = 64)]
    workers: u64,
    /// Calls in all.
    #[arg(long, default_value_t = 100_000)]
    calls: u64,
    /// Grants that are used in turn.
    #[arg(long, default_value_t = 1000)]
    grants: u64,
    /// Request ids without order (UUID version 4) instead of ascending ones (version 7).
    #[arg(long)]
    random_ids: bool,
    /// Microseconds that a provider takes between intent and outcome.
    #[arg(long, default_value_t = 0)]
    provider_us: u64,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let arguments = Arc::new(Arguments::parse());
    std::fs::create_dir_all(&arguments.folder)?;
    let sync = sync_p50(&arguments.folder)?;
    let url = match &arguments.database {
        Some(url) => DatabaseUrl::parse(url)?,
        None => DatabaseUrl::Sqlite(arguments.folder.join("ledger.db")),
    };
    let store = Store::open(&url).await?;
    if store.ledger_size().await? > 0 {
        return Err("the database holds a ledger already; give an empty one".into());
    }
    let signer = LogSigner::from_seed([7; 32], "ledger-load.example/ledger")?;
    let (cpu, start) = (cpu_seconds()?, Instant::now());
    let latencies = record(&store, &arguments).await?;
    let recorded = (cpu_seconds()? - cpu, start.elapsed());
    let (cpu, start) = (cpu_seconds()?, Instant::now());
    while store.integrate(&signer, Timestamp::now()).await?.is_some() {}
    let integrated = (cpu_seconds()? - cpu, start.elapsed());
    let commits = commits(&url).await?;
    let per_call = |seconds: f64| micros(seconds) / float(arguments.calls);
    let [p50, p99] = [50, 99].map(|p| percentile(&latencies, p));
    let line = serde_json::json!({
        "calls": arguments.calls,
        "workers": arguments.workers,
        "grants": arguments.grants,
        "calls_per_second": round(float(arguments.calls) / recorded.1.as_secs_f64()),
        "intent_and_outcome_us": { "p50": p50, "p99": p99 },
        "cpu_us_per_call": round(per_call(recorded.0 + integrated.0)),
        "of_which_recording": round(per_call(recorded.0)),
        "of_which_integration": round(per_call(integrated.0)),
        "integration_calls_per_second": round(float(arguments.calls) / integrated.1.as_secs_f64()),
        "commits": commits,
        "entries_per_commit": round(2.0 * float(arguments.calls) / float(commits)),
        "fdatasync_p50_us": sync,
    });
    writeln!(std::io::stdout(), "{line}")?;
    store.close().await;
    Ok(())
}

/// Runs the callers and returns how long each call took, in microseconds, ascending.
async fn record(store: &Store, arguments: &Arc<Arguments>) -> Result<Vec<u64>, Error> {
    let recorder = Recorder::start(store.clone());
    let next = Arc::new(AtomicU64::new(0));
    let callers: Vec<_> = (0..arguments.workers)
        .map(|_| {
            let (recorder, next) = (recorder.clone(), Arc::clone(&next));
            let arguments = Arc::clone(arguments);
            tokio::spawn(async move {
                let mut latencies = Vec::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= arguments.calls {
                        return Ok::<_, store::recorder::RecordError>(latencies);
                    }
                    let start = Instant::now();
                    call(&recorder, number, &arguments).await?;
                    latencies.push(u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX));
                }
            })
        })
        .collect();
    let mut latencies = Vec::new();
    for caller in callers {
        latencies.extend(caller.await??);
    }
    latencies.sort_unstable();
    Ok(latencies)
}

/// One call with the facts that a lookup states.
async fn call(
    recorder: &Recorder,
    number: u64,
    arguments: &Arguments,
) -> Result<(), store::recorder::RecordError> {
    const CONSUMER: &str = "systems/yjs-platform";
    const HASH: &str = "hmac:5f0c6c1de4f3b0a86f8ff2dd1f2f0aeb21e24a7a3f2fd0c87c1de9d30a9f8b17";
    let grant = number % arguments.grants;
    let request = request_id(number, arguments.random_ids);
    let intent = Draft::intent(request)
        .with_grant(format!("grants/00000000-0000-4000-8000-{grant:012}"), 1)
        .with_fact("rule", "permit")
        .with_fact("resource", "resources/301001-000012")
        .with_fact("mode", "api")
        .with_fact(
            "items",
            ["holder", "number", "date"].map(str::to_owned).to_vec(),
        )
        .with_fact("matter", "matters/11430500MB1234567X4430113001000")
        .with_fact("legal_basis", "不动产登记暂行条例第十六条")
        .with_fact(
            "application",
            "applications/0191f7a2-5b7e-7c3a-9d53-0c8f5e2b7a11",
        )
        .with_fact(
            "approvers",
            vec!["departments/11430500006451234X/li".to_owned()],
        )
        .with_fact("case", HASH)
        .with_fact("operator", HASH)
        .with_fact("subject", HASH);
    let intent = with_parties(intent);
    let receipt = recorder
        .intent(intent, CONSUMER.to_owned(), Timestamp::now())
        .await?;
    if arguments.provider_us > 0 {
        tokio::time::sleep(Duration::from_micros(arguments.provider_us)).await;
    }
    let outcome = Draft::outcome(&receipt)
        .with_fact("disposition", "found")
        .with_fact("released", true)
        .with_fact("resource", "resources/301001-000012")
        .with_fact("digest", HASH);
    let outcome = with_parties(outcome);
    recorder
        .outcome(outcome, &receipt, true, Timestamp::now())
        .await?;
    Ok(())
}

fn with_parties(draft: Draft) -> Draft {
    draft
        .with_fact("consumer", "systems/yjs-platform")
        .with_fact("consumer_department", "departments/11430500MB1234567X")
        .with_fact("provider", "systems/marriage-registry")
        .with_fact("provider_department", "departments/11430500006451234X")
}

fn request_id(number: u64, random: bool) -> String {
    if random {
        let Some(bytes) = leaf_hash(&number.to_be_bytes())
            .0
            .first_chunk::<16>()
            .copied()
        else {
            return String::new();
        };
        return uuid::Builder::from_random_bytes(bytes)
            .into_uuid()
            .to_string();
    }
    uuid::Uuid::now_v7().to_string()
}

/// What the disk takes to make four KiB durable, at the 50th percentile.
fn sync_p50(folder: &Path) -> Result<u64, Error> {
    let path = folder.join("sync-probe");
    let mut file = File::create(&path)?;
    let mut times = Vec::new();
    for _ in 0..200 {
        file.write_all(&[1; 4096])?;
        let start = Instant::now();
        file.sync_data()?;
        times.push(u64::try_from(start.elapsed().as_micros())?);
    }
    std::fs::remove_file(path)?;
    times.sort_unstable();
    Ok(percentile(&times, 50))
}

async fn commits(url: &DatabaseUrl) -> Result<u64, Error> {
    const QUERY: &str = "SELECT COUNT(*) FROM ledger_segments";
    let count: i64 = match url {
        DatabaseUrl::Sqlite(path) => {
            let url = format!("sqlite:{}", path.display());
            let mut connection = sqlx::SqliteConnection::connect(&url).await?;
            sqlx::query_scalar(QUERY).fetch_one(&mut connection).await?
        }
        DatabaseUrl::Postgres(url) => {
            let mut connection = sqlx::PgConnection::connect(url).await?;
            sqlx::query_scalar(QUERY).fetch_one(&mut connection).await?
        }
    };
    Ok(u64::try_from(count)?)
}

/// CPU seconds of this process in user and kernel mode.
fn cpu_seconds() -> Result<f64, Error> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // The second field is a name in brackets that may hold anything.
    let (_, fields) = stat.rsplit_once(')').ok_or("no name in /proc/self/stat")?;
    let mut ticks: u64 = 0;
    for field in fields.split_whitespace().skip(11).take(2) {
        ticks = ticks.saturating_add(field.parse()?);
    }
    Ok(float(ticks) / 100.0)
}

fn percentile(ascending: &[u64], percent: usize) -> u64 {
    let at = ascending.len().saturating_mul(percent) / 100;
    ascending.get(at).copied().unwrap_or_default()
}

fn micros(seconds: f64) -> f64 {
    seconds * 1e6
}

fn round(figure: f64) -> f64 {
    (figure * 10.0).round() / 10.0
}

#[expect(
    clippy::cast_precision_loss,
    reason = "figures for people: 52 bits are plenty"
)]
fn float(number: u64) -> f64 {
    number as f64
}
