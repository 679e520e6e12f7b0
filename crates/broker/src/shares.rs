//! Places at one provider, or at the gateway's own store of files, shared out among the systems that
//! use it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::fairness::admits;
use domain::name::SystemName;
use domain::reason::Reason;

use crate::connections::ProviderFault;

/// The places at one of them.
#[derive(Debug)]
pub(crate) struct Shares {
    most: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    /// One consumer must not lock the others out.
    of: HashMap<SystemName, usize>,
}

/// A place; given back when dropped.
#[derive(Debug)]
pub(crate) struct Share {
    shares: Arc<Shares>,
    consumer: SystemName,
}

impl Shares {
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            taken: Mutex::default(),
        })
    }

    /// How many places are taken now.
    pub(crate) fn taken(&self) -> usize {
        self.with(|taken| taken.all)
    }

    /// Takes a place, if one is left for this consumer.
    pub(crate) fn take(self: &Arc<Self>, consumer: &SystemName) -> Option<Share> {
        let taken = self.with(|taken| {
            let own = taken.of.get(consumer).copied().unwrap_or_default();
            let admitted = admits(self.most, taken.all, own);
            if admitted {
                taken.all += 1;
                taken.of.insert(consumer.clone(), own + 1);
            }
            admitted
        });
        taken.then(|| Share {
            shares: Arc::clone(self),
            consumer: consumer.clone(),
        })
    }

    /// Takes a place at a provider.
    ///
    /// # Errors
    /// `OVERLOADED`.
    pub(crate) fn enter(self: &Arc<Self>, consumer: &SystemName) -> Result<Share, ProviderFault> {
        let message = "too many calls to this provider, of all or of yours";
        self.take(consumer)
            .ok_or_else(|| ProviderFault::new(Reason::Overloaded, message))
    }

    fn with<T>(&self, change: impl FnOnce(&mut Taken) -> T) -> T {
        change(&mut self.taken.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.shares.with(|taken| {
            taken.all = taken.all.saturating_sub(1);
            if let Some(own) = taken.of.get_mut(&self.consumer) {
                *own = own.saturating_sub(1);
                if *own == 0 {
                    taken.of.remove(&self.consumer);
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_is_given_back_can_be_taken_again_and_nothing_is_kept() {
        let shares = Shares::new(4);
        let (greedy, modest) = (
            SystemName::from_id("greedy").unwrap(),
            SystemName::from_id("modest").unwrap(),
        );
        let held: Vec<Share> = std::iter::from_fn(|| shares.take(&greedy)).collect();
        assert_eq!((held.len(), shares.taken()), (3, 3));
        let other = shares.take(&modest);
        assert!(other.is_some());
        assert!(shares.take(&modest).is_none());
        drop((held, other));
        assert_eq!(shares.taken(), 0);
        assert!(shares.with(|taken| taken.of.is_empty()));
    }
}
