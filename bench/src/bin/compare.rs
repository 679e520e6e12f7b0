//! The comparison: contenders take turns on one machine, in one run.

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use bench::Error;
use bench::contender::{Field, Kind, Places, Programs};
use bench::load::Bounds;
use bench::report::{Machine, Report, Series};
use bench::round::measure;
use bench::shape::Shape;
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

/// Compare what stands between a caller and a provider: cost, rate and latency of each.
#[derive(Debug, Parser)]
struct Options {
    /// Who takes part, in the order of the turns.
    #[arg(long, value_delimiter = ',', default_value = "echo,nginx,haproxy")]
    contenders: Vec<Kind>,
    /// The shapes of load.
    #[arg(long, value_delimiter = ',', default_value = "busy,single")]
    shapes: Vec<Shape>,
    /// How often each takes its turn.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rounds: u32,
    /// Calls of one busy or wide round; a tenth of it when single, a hundredth of streams.
    #[arg(long, default_value_t = 50_000, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    calls: u64,
    /// The longest that one round may last.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    #[command(flatten)]
    programs: Programs,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let options = Options::parse();
    // The first provider installed is the one for all.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let places = Places::find(&options.programs)?;
    let mut terminate = signal(SignalKind::terminate())?;
    let report = tokio::select! {
        report = compare(&options, &places) => report?,
        // Dropped on the way out, the children are asked to end.
        _ = tokio::signal::ctrl_c() => return Err("interrupted".into()),
        _ = terminate.recv() => return Err("told to end".into()),
    };
    let mut out = std::io::stdout();
    writeln!(out, "{}\n{}", report.table(), report.json())?;
    Ok(())
}

async fn compare(options: &Options, places: &Places) -> Result<Report, Error> {
    let cached = options.contenders.contains(&Kind::Cached);
    if cached && options.shapes.contains(&Shape::Stream) {
        return Err("a lookup is no stream: leave out `cached` or `stream`".into());
    }
    let field = Field::start(&options.contenders, places).await?;
    let mut series = Vec::new();
    for shape in &options.shapes {
        series.extend(take_turns(options, *shape, &field, places.disk()).await?);
    }
    if let Some(asked) = field.issuer_asked() {
        writeln!(std::io::stderr(), "the issuer was asked {asked} times")?;
    }
    field.stop().await?;
    Ok(Report {
        machine: Machine::here()?,
        series,
    })
}

/// A B C, A B C, and so on, so that whatever disturbs the machine disturbs all alike.
async fn take_turns(
    options: &Options,
    shape: Shape,
    field: &Field,
    disk: &Path,
) -> Result<Vec<Series>, Error> {
    let bounds = Bounds {
        calls: shape.calls(options.calls),
        time: Duration::from_secs(options.seconds),
    };
    let mut all: Vec<_> = field
        .contenders
        .iter()
        .map(|contender| Series {
            shape,
            kind: contender.kind,
            rounds: Vec::new(),
        })
        .collect();
    for number in 1..=options.rounds {
        for (contender, series) in field.contenders.iter().zip(&mut all) {
            let round = measure(contender, shape, bounds, disk).await?;
            writeln!(
                std::io::stderr(),
                "{} {number} {}: {:.0} calls/s, p50 {:.3} ms, CPU {:.2} s, {}",
                shape.as_str(),
                contender.kind.as_str(),
                round.calls_per_s,
                round.p50_ms,
                round.cpu_s,
                round.cipher,
            )?;
            series.rounds.push(round);
        }
    }
    Ok(all)
}
