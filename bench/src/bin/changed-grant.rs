//! One changed grant among many: when it is effective, and what others feel of it.

use std::io::Write as _;
use std::time::Duration;

use bench::Error;
use bench::contender::{Changing, Places, Programs};
use bench::load::{self, Bounds, Connection, Question, Tally};
use bench::report::median;
use bench::shape::Shape;
use bench::world::Crowd;
use clap::Parser;
use tokio::time::Instant;

/// Change grants of a gateway with a large registry while it is called. One JSON line comes out.
#[derive(Debug, Parser)]
struct Options {
    /// Endpoints in the registry.
    #[arg(long, default_value_t = 10_000)]
    endpoints: u32,
    /// Grants in the registry.
    #[arg(long, default_value_t = 1_000_000)]
    grants: u32,
    /// How many changes are measured.
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    changes: u32,
    #[command(flatten)]
    programs: Programs,
}

/// How long others call, with a change among them and without.
const WINDOW: Duration = Duration::from_millis(500);

/// Calls in flight meanwhile: enough to be there at every moment, too few to wait for each other long.
const IN_FLIGHT: usize = 2;

/// A change that is not effective by then ends the measurement.
const MOST_TRIES: u32 = 10_000;

#[derive(Default)]
struct Found {
    /// From the answer to the change until a call under the grant has ended with the new answer.
    suspended: Vec<f64>,
    resumed: Vec<f64>,
    /// The longest call of others within a window, with a change and without.
    with_change: Vec<f64>,
    without: Vec<f64>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let options = Options::parse();
    let places = Places::find(&options.programs)?;
    bench::until_interrupted(Box::pin(run(&options, &places))).await
}

async fn run(options: &Options, places: &Places) -> Result<(), Error> {
    let crowd = Crowd {
        endpoints: options.endpoints,
        grants: options.grants,
    };
    let gateway = Changing::start(places, crowd).await?;
    let lines = load::connect(&gateway.contender.target, 1).await?;
    let question = Shape::Single.question(&gateway.contender);
    let mut found = Found::default();
    window(&lines, &question).await?;
    for _ in 0..options.changes {
        found.without.push(window(&lines, &question).await?);
        let (longest, changed) = tokio::join!(window(&lines, &question), change_another(&gateway));
        changed?;
        found.with_change.push(longest?);
        let licence = &gateway.shares.licence;
        gateway.world.suspend(licence).await?;
        found.suspended.push(until(&lines, &question, false).await?);
        gateway.world.resume(licence).await?;
        found.resumed.push(until(&lines, &question, true).await?);
    }
    report(options, &found)?;
    gateway.stop().await
}

/// Suspends and resumes a grant that nobody calls under meanwhile.
async fn change_another(gateway: &Changing) -> Result<(), Error> {
    gateway.world.suspend(&gateway.shares.wide).await?;
    gateway.world.resume(&gateway.shares.wide).await
}

/// Calls for the length of a window. Returns the longest call, in milliseconds.
async fn window(lines: &[Connection], question: &Question) -> Result<f64, Error> {
    let bounds = Bounds {
        calls: u64::MAX,
        time: WINDOW,
    };
    let tally = load::run(lines, IN_FLIGHT, question, bounds).await?;
    if tally.calls() == 0 || !tally.faults().is_empty() {
        return Err(format!("others were disturbed: {:?}", tally.faults()).into());
    }
    Ok(millis(tally.latency(1000)))
}

/// Calls, one after the other, until the answer is as it should be. Returns how long that took, in
/// milliseconds, with the call that found it.
async fn until(lines: &[Connection], question: &Question, permitted: bool) -> Result<f64, Error> {
    let begun = Instant::now();
    for _ in 0..MOST_TRIES {
        if is_permitted(&one(lines, question).await?)? == permitted {
            return Ok(millis(begun.elapsed()));
        }
    }
    Err("the change did not become effective".into())
}

async fn one(lines: &[Connection], question: &Question) -> Result<Tally, Error> {
    let bounds = Bounds {
        calls: 1,
        time: WINDOW,
    };
    load::run(lines, 1, question, bounds).await
}

/// `PERMISSION_DENIED` is the only other answer that belongs here.
fn is_permitted(tally: &Tally) -> Result<bool, Error> {
    let mut faults = tally.faults().keys();
    match faults.next() {
        None => Ok(true),
        Some(fault) if fault.starts_with("grpc-status 7 ") => Ok(false),
        Some(fault) => Err(format!("a call failed: {fault}").into()),
    }
}

fn report(options: &Options, found: &Found) -> Result<(), Error> {
    let figures = |values: &[f64]| {
        let most = values.iter().copied().fold(0.0, f64::max);
        serde_json::json!({ "p50": median(values), "max": most })
    };
    let pairs = found.with_change.iter().zip(&found.without);
    let added: Vec<f64> = pairs.map(|(with, without)| with - without).collect();
    let line = serde_json::json!({
        "endpoints": options.endpoints,
        "grants": options.grants,
        "changes": options.changes,
        "suspended_ms": figures(&found.suspended),
        "resumed_ms": figures(&found.resumed),
        "longest_call_without_change_ms": figures(&found.without),
        "longest_call_with_change_ms": figures(&found.with_change),
        "stall_ms": figures(&added),
    });
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
