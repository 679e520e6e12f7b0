//! What a call costs, and what memory it takes, as the registry grows.

use std::io::Write as _;
use std::time::Duration;

use bench::Error;
use bench::contender::{Field, Places, Programs};
use bench::load::Bounds;
use bench::proc::memory_of_family;
use bench::report::median;
use bench::round::measure;
use bench::shape::Shape;
use bench::world::Crowd;
use clap::Parser;

/// Measure gateways with registries of different sizes, in turn; and the memory of `HAProxy` with as
/// many backends.
#[derive(Debug, Parser)]
struct Options {
    /// How often each takes its turn.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rounds: u32,
    /// Calls of one round.
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    calls: u64,
    /// The longest that one round may last.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Endpoints of the small registry, and of the one with many.
    #[arg(long, num_args = 2, default_values_t = [10, 10_000])]
    endpoints: Vec<u32>,
    /// Grants of the small registry, and of the one with many.
    #[arg(long, num_args = 2, default_values_t = [1_000, 1_000_000])]
    grants: Vec<u32>,
    #[command(flatten)]
    programs: Programs,
}

/// A gateway with a registry of one size.
struct Sized {
    name: &'static str,
    crowd: Crowd,
    field: Field,
    memory: u64,
    cpu: Vec<f64>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let options = Options::parse();
    let places = Places::find(&options.programs)?;
    bench::until_interrupted(Box::pin(scale(&options, &places))).await
}

async fn scale(options: &Options, places: &Places) -> Result<(), Error> {
    let (&[few, many], &[some, most]) = (&options.endpoints[..], &options.grants[..]) else {
        return Err("give two numbers of endpoints, and two of grants".into());
    };
    let mut sizes = Vec::new();
    for (name, endpoints, grants) in [
        ("small", few, some),
        ("endpoints", many, some),
        ("grants", few, most),
    ] {
        let crowd = Crowd { endpoints, grants };
        sizes.push(Sized::start(name, crowd, places).await?);
    }
    let bounds = Bounds {
        calls: options.calls,
        time: Duration::from_secs(options.seconds),
    };
    for _ in 0..options.rounds {
        for size in &mut sizes {
            size.take_turn(bounds, places).await?;
        }
    }
    let haproxy = [
        haproxy_memory(places, few).await?,
        haproxy_memory(places, many).await?,
    ];
    report(&sizes, haproxy)?;
    for size in sizes {
        size.field.stop().await?;
    }
    Ok(())
}

impl Sized {
    async fn start(name: &'static str, crowd: Crowd, places: &Places) -> Result<Self, Error> {
        let field = Field::crowded(&places.within(name)?, crowd).await?;
        let memory = memory(&field)?;
        let mut started = std::io::stderr();
        writeln!(started, "{name} is up: {crowd:?}, {memory} bytes")?;
        Ok(Self {
            name,
            crowd,
            field,
            memory,
            cpu: Vec::new(),
        })
    }

    async fn take_turn(&mut self, bounds: Bounds, places: &Places) -> Result<(), Error> {
        for contender in &self.field.contenders {
            let round = measure(contender, Shape::Busy, bounds, places.disk()).await?;
            let (name, rate, cpu) = (self.name, round.calls_per_s, round.cpu_s);
            writeln!(
                std::io::stderr(),
                "{name}: {rate:.0} calls/s, CPU {cpu:.2} s"
            )?;
            self.cpu.push(cpu);
        }
        Ok(())
    }
}

/// Resident bytes of the only contender.
fn memory(field: &Field) -> Result<u64, Error> {
    let contender = field.contenders.first().ok_or("nobody was started")?;
    memory_of_family(contender.pid)
}

async fn haproxy_memory(places: &Places, backends: u32) -> Result<u64, Error> {
    let name = format!("haproxy-{backends}");
    let field = Field::many_backends(&places.within(&name)?, backends.max(1)).await?;
    let memory = memory(&field)?;
    field.stop().await?;
    Ok(memory)
}

fn report(sizes: &[Sized], [haproxy_few, haproxy_many]: [u64; 2]) -> Result<(), Error> {
    let [small, endpoints, grants] = sizes else {
        return Err("three sizes are compared".into());
    };
    // By 10 000 endpoints, in bytes.
    let by_10_000 = |few: u64, many: u64| {
        let added = f64::from(endpoints.crowd.endpoints) - f64::from(small.crowd.endpoints);
        Ok::<_, Error>((float(many)? - float(few)?) * 10_000.0 / added)
    };
    let own = by_10_000(small.memory, endpoints.memory)?;
    let haproxy = by_10_000(haproxy_few, haproxy_many)?;
    let figures = sizes.iter().map(|size| {
        serde_json::json!({
            "registry": size.name,
            "endpoints": size.crowd.endpoints,
            "grants": size.crowd.grants,
            "memory_bytes": size.memory,
            "cpu_s_per_100k_calls": size.cpu,
        })
    });
    let found = serde_json::json!({
        "registries": figures.collect::<Vec<_>>(),
        "growth_with_endpoints": growth(small, endpoints, |crowd| crowd.endpoints),
        "growth_with_grants": growth(small, grants, |crowd| crowd.grants),
        "bytes_per_10000_endpoints": own,
        "haproxy_bytes_per_10000_backends": haproxy,
        "memory_beside_haproxy": own / haproxy,
    });
    writeln!(std::io::stdout(), "{found}")?;
    Ok(())
}

/// The exponent with which CPU per call grows: 0 is not at all, 1 is in step with the registry.
fn growth(small: &Sized, large: &Sized, of: fn(Crowd) -> u32) -> f64 {
    let pairs = small.cpu.iter().zip(&large.cpu);
    let ratio = median(
        &pairs
            .map(|(small, large)| large / small)
            .collect::<Vec<_>>(),
    );
    let times = f64::from(of(large.crowd)) / f64::from(of(small.crowd));
    ratio.ln() / times.ln()
}

fn float(bytes: u64) -> Result<f64, Error> {
    // Below 4 TiB, in kilobytes, it fits.
    Ok(f64::from(u32::try_from(bytes / 1024)?) * 1024.0)
}
