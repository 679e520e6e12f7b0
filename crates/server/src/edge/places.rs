//! Places among the requests at work: a limit for all, and shares of it for each peer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::fairness::admits;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Requests at work at once, over all connections.
const REQUESTS: u32 = 1024;
/// Watches at once, over all connections. One that waits holds a few kilobytes.
const WATCHES: u32 = 4096;

/// The places. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Places {
    free: Arc<Semaphore>,
    most: u32,
}

/// How many places one peer holds, over all its connections.
type Held = Arc<AtomicUsize>;

/// What one peer holds of either kind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Holding {
    /// Requests at work.
    pub(super) requests: Held,
    /// Watches under way.
    pub(super) watches: Held,
}

impl Holding {
    /// Whether it holds nothing.
    pub(crate) fn is_nothing(&self) -> bool {
        let held = [&self.requests, &self.watches];
        held.iter().all(|held| held.load(Ordering::Acquire) == 0)
    }
}

/// A place; given back when dropped. Work keeps it until its outcome is recorded, and the answer until
/// it has left.
#[derive(Debug)]
pub(crate) struct Place {
    held: Held,
    _permit: OwnedSemaphorePermit,
}

impl Places {
    pub(super) fn of_requests() -> Self {
        Self::new(REQUESTS)
    }

    pub(super) fn of_watches() -> Self {
        Self::new(WATCHES)
    }

    fn new(most: u32) -> Self {
        Self {
            free: Arc::new(Semaphore::new(most as usize)),
            most,
        }
    }

    /// Takes a place, if one is left for this peer.
    ///
    /// # Errors
    /// What to tell the peer.
    pub(super) fn enter(&self, held: &Held) -> Result<Place, &'static str> {
        let full = "the gateway is at its limit of concurrent work";
        let permit = Arc::clone(&self.free)
            .try_acquire_owned()
            .map_err(|_| full)?;
        // Counted first, looked at after: two at once cannot both take the last place of a share.
        let own = held.fetch_add(1, Ordering::AcqRel);
        let place = Place {
            held: Arc::clone(held),
            _permit: permit,
        };
        let most = self.most as usize;
        let all = most.saturating_sub(self.free.available_permits() + 1);
        if admits(most, all, own) {
            Ok(place)
        } else {
            Err("you hold so many requests at work that the other places are kept for others")
        }
    }

    /// Waits until all places are free.
    pub(super) async fn idle(&self) {
        // An error means that the semaphore was closed, which nobody does.
        let _ = self.free.acquire_many(self.most).await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.held.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_gets_its_share_and_leaves_places_for_others() {
        let (places, greedy, modest) = (Places::of_requests(), Held::default(), Held::default());
        let taken: Vec<Place> = std::iter::from_fn(|| places.enter(&greedy).ok()).collect();
        assert_eq!(taken.len(), 768);
        assert_eq!(
            greedy.load(Ordering::Acquire),
            768,
            "a refusal holds nothing"
        );
        let other: Vec<Place> = std::iter::from_fn(|| places.enter(&modest).ok()).collect();
        assert_eq!(other.len(), 256);
        drop(taken);
        assert!(places.enter(&greedy).is_ok());
        assert_eq!(greedy.load(Ordering::Acquire), 0);
    }
}
