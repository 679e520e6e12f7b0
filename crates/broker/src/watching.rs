//! Live traffic under watch: answers are looked at beside their way, about one a second of each entry, and never
//! held up.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use domain::drift::Glance;
use domain::name::ResourceName;
use domain::route::Route;
use domain::watch::Watch;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// An answer of one entry is looked at so often.
const EVERY: Duration = Duration::from_secs(1);
/// A larger answer is not looked at: the next small one says the same.
const LARGEST: usize = 256 * 1024;
/// Answers that wait to be looked at; what comes beyond is let go.
const WAITING: usize = 64;

/// What was seen on the way.
#[derive(Debug)]
pub(crate) enum Sighting {
    /// An answer of a method of a provider's own, without a frame.
    Answer { route: Arc<Route>, body: Bytes },
    /// What a look at values under the keys of items showed; nothing, mostly.
    Values {
        resource: ResourceName,
        /// Of certificates, or of rows.
        way: &'static str,
        glance: Glance,
    },
}

/// What is known of entries, and what waits to be looked at.
#[derive(Debug)]
pub(crate) struct Watching {
    /// As it was read on the last tick, and changed by this gateway since.
    known: ArcSwap<HashMap<ResourceName, Arc<Watch>>>,
    /// When each entry was looked at last, in milliseconds from the start.
    looked: ArcSwap<HashMap<ResourceName, Arc<AtomicU64>>>,
    began: Instant,
    sender: mpsc::Sender<Sighting>,
    receiver: Mutex<Option<mpsc::Receiver<Sighting>>>,
}

impl Default for Watching {
    fn default() -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        Self {
            known: ArcSwap::default(),
            looked: ArcSwap::default(),
            began: Instant::now(),
            sender,
            receiver: Mutex::new(Some(receiver)),
        }
    }
}

impl Watching {
    /// What was seen of an entry.
    pub(crate) fn of(&self, resource: &ResourceName) -> Option<Arc<Watch>> {
        self.known.load().get(resource).cloned()
    }

    /// All entries that something was seen of.
    pub(crate) fn all(&self) -> Arc<HashMap<ResourceName, Arc<Watch>>> {
        self.known.load_full()
    }

    /// Takes what was read from the store.
    pub(crate) fn replace(&self, watches: impl Iterator<Item = Watch>) {
        let next = watches.map(|watch| (watch.resource.clone(), Arc::new(watch)));
        let next: HashMap<_, _> = next.collect();
        // What is computed from it stays good while nothing changed.
        if **self.known.load() != next {
            self.known.store(Arc::new(next));
        }
    }

    /// Takes what this gateway has written.
    pub(crate) fn keep(&self, watches: &[Arc<Watch>]) {
        self.known.rcu(|known| {
            let mut known = HashMap::clone(known);
            let own = watches.iter();
            known.extend(own.map(|watch| (watch.resource.clone(), Arc::clone(watch))));
            known
        });
    }

    /// Lets an answer be looked at, if it is its entry's turn.
    pub(crate) fn answer(&self, route: &Arc<Route>, body: impl FnOnce() -> Option<Bytes>) {
        if !self.is_due(route.resource()) {
            return;
        }
        if let Some(body) = body().filter(|body| body.len() <= LARGEST) {
            let route = Arc::clone(route);
            // Full, or nobody looks: an answer is not worth waiting.
            let _ = self.sender.try_send(Sighting::Answer { route, body });
        }
    }

    /// Lets values be looked at, if it is their entry's turn.
    pub(crate) fn values(
        &self,
        resource: &ResourceName,
        way: &'static str,
        look: impl FnOnce(Option<&Watch>) -> Glance,
    ) {
        if !self.is_due(resource) {
            return;
        }
        let glance = look(self.of(resource).as_deref());
        let resource = resource.clone();
        // One without changes is told too: it ends what was suspected.
        let _ = self.sender.try_send(Sighting::Values {
            resource,
            way,
            glance,
        });
    }

    /// What waits to be looked at; for one reader.
    pub(crate) fn take(&self) -> Option<mpsc::Receiver<Sighting>> {
        let mut receiver = self.receiver.lock().unwrap_or_else(PoisonError::into_inner);
        receiver.take()
    }

    fn is_due(&self, resource: &ResourceName) -> bool {
        let since = self.began.elapsed() + EVERY;
        let now = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        let every = u64::try_from(EVERY.as_millis()).unwrap_or(u64::MAX);
        let looked = self.looked.load();
        let Some(last) = looked.get(resource) else {
            self.looked.rcu(|looked| {
                let mut looked = HashMap::clone(looked);
                looked
                    .entry(resource.clone())
                    .or_insert_with(|| Arc::new(AtomicU64::new(now)));
                looked
            });
            return true;
        };
        let before = last.load(Ordering::Relaxed);
        now.saturating_sub(before) >= every
            && last
                .compare_exchange(before, now, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }
}
