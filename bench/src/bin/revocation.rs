//! A certificate revoked on one gateway: when another gateway on the same database refuses it, under load.

use std::io::Write as _;
use std::time::Duration;

use bench::Error;
use bench::contender::{Places, Programs, Replicas};
use bench::load::{self, Bounds, Connection, Question, Tally, Target};
use bench::report::median;
use bench::shape::Shape;
use bench::tls;
use clap::Parser;
use tokio::time::Instant;

/// Revoke certificates on one of two gateways while both are called. One JSON line comes out.
#[derive(Debug, Parser)]
struct Options {
    /// An empty PostgreSQL database for both gateways.
    #[arg(long, value_name = "postgres://…")]
    database: String,
    /// How many revocations are measured.
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    revocations: u32,
    /// Calls in flight on each gateway meanwhile.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=512))]
    in_flight: u16,
    #[command(flatten)]
    programs: Programs,
}

/// Within so many milliseconds every gateway honours a revocation.
const BAR_MS: f64 = 1000.0;

/// How long the load goes on around one revocation.
const WINDOW: Duration = Duration::from_secs(2);

/// A revocation that is not honoured by then ends the measurement.
const MOST_TRIES: u32 = 10_000;

#[derive(Default)]
struct Found {
    /// From the moment the revocation was asked for, in milliseconds.
    asked: Vec<f64>,
    /// From the answer to it, in milliseconds.
    answered: Vec<f64>,
    /// Calls of others meanwhile, on both gateways.
    calls: usize,
    /// How long they were called, in seconds.
    called_s: f64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let options = Options::parse();
    let places = Places::find(&options.programs)?;
    bench::until_interrupted(Box::pin(run(&options, &places))).await
}

async fn run(options: &Options, places: &Places) -> Result<(), Error> {
    let gateways = Replicas::start(places, &options.database).await?;
    let question = Shape::Single.question(&gateways.contender);
    let first = load::connect(&gateways.contender.target, 1).await?;
    let second = load::connect(&gateways.second, 1).await?;
    let in_flight = usize::from(options.in_flight);
    let mut found = Found::default();
    for _ in 0..options.revocations {
        let (one, other, measured) = tokio::join!(
            window(&first, in_flight, &question),
            window(&second, in_flight, &question),
            measure(&gateways, &question),
        );
        let (asked, answered) = measured?;
        found.asked.push(asked);
        found.answered.push(answered);
        found.calls += one? + other?;
        found.called_s += WINDOW.as_secs_f64();
    }
    report(options, &found)?;
    gateways.stop().await
}

/// Gets a certificate, calls the second gateway with it, revokes it on the first, and calls the second until it
/// refuses. Returns how long that took from the question and from the answer.
async fn measure(gateways: &Replicas, question: &Question) -> Result<(f64, f64), Error> {
    let spare = gateways.world.spare().await?;
    let target = Target {
        tls: tls::client_config(&spare.identity)?,
        ..gateways.second.clone()
    };
    let line = load::connect(&target, 1).await?;
    until(&line, question, true).await?;
    let asked = Instant::now();
    spare.revoke().await?;
    let answered = Instant::now();
    until(&line, question, false).await?;
    Ok((millis(asked.elapsed()), millis(answered.elapsed())))
}

/// Calls for the length of a window. Returns how many calls there were.
async fn window(
    lines: &[Connection],
    in_flight: usize,
    question: &Question,
) -> Result<usize, Error> {
    let bounds = Bounds {
        calls: u64::MAX,
        time: WINDOW,
    };
    let tally = load::run(lines, in_flight, question, bounds).await?;
    if tally.calls() == 0 || !tally.faults().is_empty() {
        return Err(format!("others were disturbed: {:?}", tally.faults()).into());
    }
    Ok(tally.calls())
}

/// Calls on one open connection, one after the other, until the certificate is good or is not.
async fn until(line: &[Connection], question: &Question, good: bool) -> Result<(), Error> {
    let bounds = Bounds {
        calls: 1,
        time: WINDOW,
    };
    for _ in 0..MOST_TRIES {
        if is_good(&load::run(line, 1, question, bounds).await?)? == good {
            return Ok(());
        }
    }
    Err("the second gateway did not hear of it".into())
}

/// `UNAUTHENTICATED` is the only other answer that belongs here.
fn is_good(tally: &Tally) -> Result<bool, Error> {
    let mut faults = tally.faults().keys();
    match faults.next() {
        None => Ok(true),
        Some(fault) if fault.starts_with("grpc-status 16 ") => Ok(false),
        Some(fault) => Err(format!("a call failed: {fault}").into()),
    }
}

fn report(options: &Options, found: &Found) -> Result<(), Error> {
    let figures = |values: &[f64]| {
        let most = values.iter().copied().fold(0.0, f64::max);
        serde_json::json!({ "p50": median(values), "max": most })
    };
    let line = serde_json::json!({
        "revocations": options.revocations,
        "in_flight_per_gateway": options.in_flight,
        "calls_per_second": precise(found.calls) / found.called_s,
        "honoured_after_question_ms": figures(&found.asked),
        "honoured_after_answer_ms": figures(&found.answered),
    });
    writeln!(std::io::stdout(), "{line}")?;
    if found.answered.iter().any(|took| *took > BAR_MS) {
        return Err(
            format!("a revocation was honoured later than {BAR_MS} ms after its answer").into(),
        );
    }
    Ok(())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// Exact far beyond any number of calls.
fn precise(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
