//! A real gateway over a temporary database, for unit tests of what stands around it.

use std::path::Path;
use std::sync::{Arc, Mutex};

use broker::clock::{Clock, SystemIds};
use broker::{Gateway, Networks, Settings};
use domain::reference::Reference;
use jiff::{SignedDuration, Timestamp};
use store::{DatabaseUrl, Store};

use crate::keys;

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub(crate) struct ManualClock(Mutex<Timestamp>);

impl ManualClock {
    /// A clock that shows this moment.
    pub(crate) fn at(text: &str) -> Arc<Self> {
        Arc::new(Self(Mutex::new(text.parse().unwrap())))
    }

    /// Moves it.
    pub(crate) fn advance(&self, by: SignedDuration) {
        let mut now = self.0.lock().unwrap();
        *now += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// Starts one with keys and a database in this folder.
pub(crate) async fn gateway(folder: &Path, clock: &Arc<ManualClock>) -> Gateway {
    let settings = Settings {
        registry_max_age: None,
        endpoint_networks: Networks::default(),
        zones: broker::Zones::default(),
        secrets: folder.join("secrets"),
        sources: folder.join("sources"),
        files: folder.join("files"),
        lanes: 1,
        calls_per_endpoint: 1,
        pause_at: None,
    };
    let place = DatabaseUrl::Sqlite(folder.join("shuqiao.db"));
    let store = Store::open(&place).await.unwrap();
    let keys = keys::load(folder, "test", None, clock.now()).unwrap();
    let (reference, ids) = (Reference::embedded().unwrap(), Arc::new(SystemIds));
    let clock: Arc<dyn Clock> = clock.clone();
    let started = Gateway::start(store, reference, keys, settings, clock, ids);
    started.await.unwrap()
}
