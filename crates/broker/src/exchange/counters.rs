//! How the calls of this process ended, counted since it started.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::policy::Rule;
use domain::reason::{Fault, Reason};

/// One number for each thing that can become of a call, and for each reason. Nothing else is kept of a call.
#[derive(Debug)]
pub(crate) struct Counters {
    permitted: AtomicU64,
    unrecorded: AtomicU64,
    refused: ByReason,
    failed: ByReason,
}

/// A number for each reason, in the order of [`Reason::ALL`].
#[derive(Debug)]
struct ByReason([AtomicU64; Reason::ALL.len()]);

/// The numbers of one moment. What can be expected is there at zero too, so that a first one shows as a rise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallCounts {
    /// Calls that policy permitted.
    pub permitted: u64,
    /// Times that an entry could not be recorded: nothing was asked or released then.
    pub unrecorded: u64,
    /// Calls that policy refused, by the reason of the first rule that failed.
    pub refused: Vec<(Reason, u64)>,
    /// Calls that were permitted and failed at the provider, by reason.
    pub failed: Vec<(Reason, u64)>,
}

impl Default for Counters {
    fn default() -> Self {
        let by_reason = || ByReason([const { AtomicU64::new(0) }; Reason::ALL.len()]);
        Self {
            permitted: AtomicU64::new(0),
            unrecorded: AtomicU64::new(0),
            refused: by_reason(),
            failed: by_reason(),
        }
    }
}

impl ByReason {
    fn add(&self, reason: Reason) {
        if let Some(count) = self.0.get(reason as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn read(&self, is_expected: impl Fn(Reason) -> bool) -> Vec<(Reason, u64)> {
        let counts = self.0.iter().map(|count| count.load(Ordering::Relaxed));
        let all = Reason::ALL.iter().copied().zip(counts);
        all.filter(|(reason, count)| *count > 0 || is_expected(*reason))
            .collect()
    }
}

impl Counters {
    pub(super) fn permit(&self) {
        self.permitted.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn refusal(&self, reason: Reason) {
        self.refused.add(reason);
    }

    pub(super) fn failure(&self, reason: Reason) {
        self.failed.add(reason);
    }

    pub(super) fn unrecorded(&self) {
        self.unrecorded.fetch_add(1, Ordering::Relaxed);
    }

    /// The numbers as they stand.
    pub(crate) fn read(&self) -> CallCounts {
        CallCounts {
            permitted: self.permitted.load(Ordering::Relaxed),
            unrecorded: self.unrecorded.load(Ordering::Relaxed),
            refused: self
                .refused
                .read(|reason| Rule::ALL.iter().any(|rule| rule.reason() == reason)),
            failed: self.failed.read(|reason| reason.fault() == Fault::Provider),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_number_of_its_own() {
        let counters = Counters::default();
        let expected = counters.read();
        let shows = |counts: &[(Reason, u64)], reason| counts.contains(&(reason, 0));
        assert!(shows(&expected.refused, Reason::MatterNotCovered));
        assert!(!shows(&expected.refused, Reason::EtagMismatch));
        assert!(shows(&expected.failed, Reason::ProviderTimeout));
        assert!(!shows(&expected.failed, Reason::MatterNotCovered));
        for reason in Reason::ALL {
            counters.refusal(*reason);
        }
        counters.failure(Reason::ProviderTimeout);
        let read = counters.read();
        assert_eq!(read.refused.len(), Reason::ALL.len());
        assert!(read.refused.iter().all(|(_, count)| *count == 1));
        let failed: Vec<_> = read.failed.iter().filter(|(_, n)| *n > 0).collect();
        assert_eq!(failed, [&(Reason::ProviderTimeout, 1)]);
        assert_eq!((read.permitted, read.unrecorded), (0, 0));
    }
}
