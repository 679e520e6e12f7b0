//! What a load counted.

use std::collections::BTreeMap;
use std::time::Duration;

use super::call::{Answer, Fault};

/// The calls of one load. Every latency is kept, so percentiles are exact.
#[derive(Debug, Default)]
pub struct Tally {
    nanos: Vec<u64>,
    messages: u64,
    bytes: u64,
    faults: BTreeMap<String, u64>,
    wall: Duration,
}

impl Tally {
    /// Calls that ended with status OK.
    pub fn calls(&self) -> usize {
        self.nanos.len()
    }

    /// Messages that came in them.
    pub fn messages(&self) -> u64 {
        self.messages
    }

    /// Bytes that came in them, below HTTP/2 frames and above gRPC frames.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Faults in words, with how often each came.
    pub fn faults(&self) -> &BTreeMap<String, u64> {
        &self.faults
    }

    /// From the first call to the end of the last.
    pub fn wall(&self) -> Duration {
        self.wall
    }

    /// The latency that `per_mille` of a thousand calls did not exceed; zero when there were none.
    pub fn latency(&self, per_mille: usize) -> Duration {
        let last = self.nanos.len().saturating_sub(1);
        let place = (last * per_mille).div_ceil(1000);
        Duration::from_nanos(self.nanos.get(place).copied().unwrap_or_default())
    }

    pub(super) fn answered(&mut self, took: Duration, answer: &Answer) {
        // 584 years fit.
        self.nanos
            .push(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
        self.messages += answer.messages;
        self.bytes += answer.bytes;
    }

    pub(super) fn failed(&mut self, fault: &Fault) {
        *self.faults.entry(fault.to_string()).or_default() += 1;
    }

    pub(super) fn add(&mut self, other: Self) {
        self.nanos.extend(other.nanos);
        self.messages += other.messages;
        self.bytes += other.bytes;
        for (fault, count) in other.faults {
            *self.faults.entry(fault).or_default() += count;
        }
    }

    pub(super) fn close(&mut self, wall: Duration) {
        self.nanos.sort_unstable();
        self.wall = wall;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_calls_made() {
        let mut tally = Tally::default();
        let one = Answer {
            messages: 1,
            bytes: 10,
        };
        for millis in (1..=100).rev() {
            tally.answered(Duration::from_millis(millis), &one);
        }
        tally.close(Duration::from_secs(1));
        for (per_mille, millis) in [(0, 1), (500, 51), (990, 100), (1000, 100)] {
            assert_eq!(tally.latency(per_mille).as_millis(), millis, "{per_mille}");
        }
        assert_eq!(
            (tally.calls(), tally.messages(), tally.bytes()),
            (100, 100, 1000)
        );
        assert_eq!(Tally::default().latency(500), Duration::ZERO);
    }

    #[test]
    fn equal_faults_are_counted_together() {
        let mut tally = Tally::default();
        tally.failed(&Fault::Framing);
        let mut other = Tally::default();
        other.failed(&Fault::Framing);
        tally.add(other);
        assert_eq!(tally.faults().values().collect::<Vec<_>>(), [&2]);
    }
}
