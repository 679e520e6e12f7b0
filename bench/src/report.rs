//! From rounds to figures: medians, ratios within a round, a table and one line of JSON.

use std::fmt::Write as _;

use serde::Serialize;

use crate::Error;
use crate::contender::Kind;
use crate::round::Round;
use crate::shape::Shape;

/// All rounds of one contender under one shape, in the order in which they were run.
#[derive(Clone, Debug)]
pub struct Series {
    /// The shape of the load.
    pub shape: Shape,
    /// Who was measured.
    pub kind: Kind,
    /// The rounds.
    pub rounds: Vec<Round>,
}

/// The machine, as far as it bears on the figures.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// Cores that the comparison could use.
    pub cores: usize,
    /// The kernel's release.
    pub kernel: String,
    /// Model of the processor.
    pub processor: String,
}

impl Machine {
    /// The one that this runs on.
    ///
    /// # Errors
    /// When it does not say how many cores it has.
    pub fn here() -> Result<Self, Error> {
        Ok(Self {
            cores: std::thread::available_parallelism()?.get(),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            processor: processor(&read("/proc/cpuinfo")).to_owned(),
        })
    }
}

fn processor(cpuinfo: &str) -> &str {
    let model = cpuinfo.lines().find(|line| line.starts_with("model name"));
    model
        .and_then(|line| line.split_once(": "))
        .map_or("unknown processor", |(_, name)| name)
}

/// What is not there is shown as nothing.
fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// What a comparison found.
#[derive(Debug)]
pub struct Report {
    /// Where.
    pub machine: Machine,
    /// What was measured.
    pub series: Vec<Series>,
}

/// The middle of some figures; the mean of the two middle ones of an even number. Zero of none.
pub fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
    if sorted.len().is_multiple_of(2) && !sorted.is_empty() {
        let lower = sorted
            .get(sorted.len() / 2 - 1)
            .copied()
            .unwrap_or_default();
        return f64::midpoint(lower, upper);
    }
    upper
}

// === impl Series ===

type Figure = fn(&Round) -> f64;

impl Series {
    /// The median of one figure over the rounds.
    pub fn median(&self, figure: Figure) -> f64 {
        median(&self.rounds.iter().map(figure).collect::<Vec<_>>())
    }

    /// The median of what two contenders have in the same round: what disturbed the machine then
    /// disturbed both.
    fn beside(&self, other: &Self, figure: Figure, of: fn(f64, f64) -> f64) -> f64 {
        let pairs = self.rounds.iter().zip(&other.rounds);
        let each = pairs.map(|(own, other)| of(figure(own), figure(other)));
        median(&each.collect::<Vec<_>>())
    }
}

// === impl Report ===

impl Report {
    /// The tables that people read.
    pub fn table(&self) -> String {
        let mut text = String::new();
        let Machine {
            cores,
            kernel,
            processor,
        } = &self.machine;
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{cores} cores, {processor}, Linux {kernel}");
        for shape in self.shapes() {
            self.figures(shape, &mut text);
            self.ratios(shape, &mut text);
        }
        text
    }

    /// Everything, as one line for programs.
    pub fn json(&self) -> String {
        let series: Vec<_> = self
            .series
            .iter()
            .map(|series| {
                serde_json::json!({
                    "shape": series.shape.as_str(),
                    "contender": series.kind.as_str(),
                    "rounds": series.rounds,
                    "beside": self.beside_all(series),
                })
            })
            .collect();
        serde_json::json!({
            "machine": self.machine,
            "series": series,
        })
        .to_string()
    }

    /// The median over the rounds of one shape: other work on the disk comes and goes.
    fn fdatasync_ms(&self, shape: Shape) -> f64 {
        let rounds = self.of(shape).flat_map(|series| &series.rounds);
        median(&rounds.map(|round| round.fdatasync_ms).collect::<Vec<_>>())
    }

    fn shapes(&self) -> Vec<Shape> {
        let mut shapes: Vec<_> = self.series.iter().map(|series| series.shape).collect();
        shapes.dedup();
        shapes
    }

    fn of(&self, shape: Shape) -> impl Iterator<Item = &Series> {
        self.series
            .iter()
            .filter(move |series| series.shape == shape)
    }

    fn figures(&self, shape: Shape, text: &mut String) {
        let (connections, in_flight) = shape.width();
        let _ = writeln!(
            text,
            "\n{}: {connections} connections x {in_flight} in flight; fdatasync {:.3} ms; medians of \
             rounds; CPU in seconds per 100 000 messages\n{:<10} {:>9} {:>9} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}",
            shape.as_str(),
            self.fdatasync_ms(shape),
            "",
            "calls/s",
            "MB/s",
            "B/msg",
            "p50 ms",
            "p90 ms",
            "p99 ms",
            "CPU",
            "backend",
            "client"
        );
        for series in self.of(shape) {
            let figure = |figure: Figure| series.median(figure);
            let _ = writeln!(
                text,
                "{:<10} {:>9.0} {:>9.1} {:>8.0} {:>8.3} {:>8.3} {:>8.3} {:>8.2} {:>8.2} {:>8.2}",
                series.kind.as_str(),
                figure(|round| round.calls_per_s),
                figure(|round| round.bytes_per_s / 1e6),
                figure(|round| round.bytes_per_message),
                figure(|round| round.p50_ms),
                figure(|round| round.p90_ms),
                figure(|round| round.p99_ms),
                figure(|round| round.cpu_s),
                figure(|round| round.backend_cpu_s.unwrap_or_default()),
                figure(|round| round.client_cpu_s),
            );
        }
    }

    fn ratios(&self, shape: Shape, text: &mut String) {
        for series in self.of(shape) {
            for beside in self.beside_all(series) {
                let _ = writeln!(
                    text,
                    "{:<10} beside {:<10} CPU x {:.2}, calls/s x {:.2}, messages/s x {:.2}, \
                     p50 {:+.3} ms",
                    series.kind.as_str(),
                    beside.other,
                    beside.cpu,
                    beside.calls_per_s,
                    beside.messages_per_s,
                    beside.p50_ms
                );
            }
        }
    }

    /// One contender beside each that was named before it.
    fn beside_all(&self, own: &Series) -> Vec<Beside> {
        let quotient: fn(f64, f64) -> f64 = |own, other| own / other;
        self.of(own.shape)
            .take_while(|other| other.kind != own.kind)
            .map(|other| Beside {
                other: other.kind.as_str(),
                cpu: own.beside(other, |round| round.cpu_s, quotient),
                calls_per_s: own.beside(other, |round| round.calls_per_s, quotient),
                messages_per_s: own.beside(other, |round| round.messages_per_s, quotient),
                p50_ms: own.beside(other, |round| round.p50_ms, |own, other| own - other),
            })
            .collect()
    }
}

/// Medians over the rounds of what one has for each that the other has.
#[derive(Debug, Serialize)]
struct Beside {
    other: &'static str,
    cpu: f64,
    calls_per_s: f64,
    messages_per_s: f64,
    /// A difference, not a quotient.
    p50_ms: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        for (figures, middle) in [
            (&[][..], 0.0),
            (&[3.0], 3.0),
            (&[9.0, 1.0, 2.0], 2.0),
            (&[4.0, 1.0, 2.0, 9.0], 3.0),
        ] {
            assert!((median(figures) - middle).abs() < 1e-9, "{figures:?}");
        }
    }
}
