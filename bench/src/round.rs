//! One measurement of one contender under one shape of load.

use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use tokio::time::interval;

use crate::contender::Contender;
use crate::disk::fdatasync;
use crate::load::{self, Bounds, Tally};
use crate::shape::Shape;
use crate::{Error, proc};

/// How often the CPU time of a process is looked at, until it stands still.
const LOOK: Duration = Duration::from_millis(100);

/// How often it is looked at; a process that is still busy then is taken as it is.
const LOOKS: usize = 30;

/// One tick of `/proc`, and a little for rounding, in seconds.
const STILL: f64 = 0.015;

/// What one round measured.
#[derive(Clone, Debug, Serialize)]
pub struct Round {
    /// Calls that were made; all of them ended well.
    pub calls: usize,
    /// Calls a second.
    pub calls_per_s: f64,
    /// Messages a second that came to the client.
    pub messages_per_s: f64,
    /// Bytes of messages a second that came to the client.
    pub bytes_per_s: f64,
    /// Bytes of one message that came to the client: fewer where a mask removed some.
    pub bytes_per_message: f64,
    /// Latency that half of the calls did not exceed, in milliseconds.
    pub p50_ms: f64,
    /// Latency that nine of ten calls did not exceed, in milliseconds.
    pub p90_ms: f64,
    /// Latency that 99 of 100 calls did not exceed, in milliseconds.
    pub p99_ms: f64,
    /// CPU seconds per 100 000 messages (of unary calls: calls) of the contender's own processes,
    /// with the work that they put off.
    pub cpu_s: f64,
    /// The same of the backend behind it; none for the backend itself.
    pub backend_cpu_s: Option<f64>,
    /// The same of the load client.
    pub client_cpu_s: f64,
    /// Median of an append of 4 KiB with `fdatasync` just before, in milliseconds.
    pub fdatasync_ms: f64,
    /// TLS suite between client and contender.
    pub cipher: String,
}

/// Warms up, then measures. `disk` is the folder whose disk is timed beside.
///
/// # Errors
/// When a single call does not end well or leaves no signed evidence where it should, or a process
/// has gone.
pub async fn measure(
    contender: &Contender,
    shape: Shape,
    bounds: Bounds,
    disk: &Path,
) -> Result<Round, Error> {
    let fdatasync = fdatasync(disk)?;
    let (connections, in_flight) = shape.width();
    let question = shape.question(contender);
    let signed = match &contender.ledger {
        Some(ledger) => ledger.signed().await?,
        None => 0,
    };
    let lines = load::connect(&contender.target, connections).await?;
    let warm_up = Bounds {
        calls: (bounds.calls / 10).max(1),
        time: bounds.time / 4,
    };
    let warmed = load::run(&lines, in_flight, &question, warm_up).await?;
    all_ended_well(contender, shape, &warmed)?;
    settled(contender.pid).await?;
    let before = Cpu::read(contender)?;
    let tally = load::run(&lines, in_flight, &question, bounds).await?;
    let after = Cpu::read(contender)?;
    all_ended_well(contender, shape, &tally)?;
    if let Some(ledger) = &contender.ledger {
        let calls = u64::try_from(warmed.calls() + tally.calls())?;
        ledger.covers(signed, calls).await?;
    }
    let own = settled(contender.pid).await?;
    let calls = u32::try_from(tally.calls())?;
    let messages = float(tally.messages());
    let per_100k = |seconds: f64| seconds * 100_000.0 / messages;
    let seconds = tally.wall().as_secs_f64();
    let millis = |per_mille| tally.latency(per_mille).as_secs_f64() * 1000.0;
    let behind = before.backend.zip(after.backend);
    Ok(Round {
        calls: tally.calls(),
        calls_per_s: f64::from(calls) / seconds,
        messages_per_s: messages / seconds,
        bytes_per_s: float(tally.bytes()) / seconds,
        bytes_per_message: float(tally.bytes()) / messages,
        p50_ms: millis(500),
        p90_ms: millis(900),
        p99_ms: millis(990),
        cpu_s: per_100k(own - before.own),
        backend_cpu_s: behind.map(|(before, after)| per_100k(after - before)),
        client_cpu_s: per_100k(after.client - before.client),
        fdatasync_ms: fdatasync.as_secs_f64() * 1000.0,
        cipher: lines.first().map_or("", |line| line.cipher()).to_owned(),
    })
}

fn all_ended_well(contender: &Contender, shape: Shape, tally: &Tally) -> Result<(), Error> {
    if tally.faults().is_empty() {
        return Ok(());
    }
    let (name, shape) = (contender.kind.as_str(), shape.as_str());
    Err(format!("{name}, {shape}: {:?}", tally.faults()).into())
}

struct Cpu {
    own: f64,
    backend: Option<f64>,
    client: f64,
}

impl Cpu {
    fn read(contender: &Contender) -> Result<Self, Error> {
        Ok(Self {
            own: proc::cpu_seconds_of_family(contender.pid)?,
            backend: contender.backend.map(proc::cpu_seconds).transpose()?,
            client: proc::cpu_seconds(std::process::id())?,
        })
    }
}

/// The CPU time of a process once it stands still. Work that was put off until after the answer is
/// work too.
async fn settled(pid: u32) -> Result<f64, Error> {
    let mut looks = interval(LOOK);
    looks.tick().await;
    let mut last = proc::cpu_seconds_of_family(pid)?;
    for _ in 0..LOOKS {
        looks.tick().await;
        let now = proc::cpu_seconds_of_family(pid)?;
        if now - last < STILL {
            return Ok(now);
        }
        last = now;
    }
    Ok(last)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of a run lie far below 2^52"
)]
fn float(count: u64) -> f64 {
    count as f64
}
