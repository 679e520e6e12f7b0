//! The gateway: what every use case works with.

mod act;
mod noted;

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use arc_swap::ArcSwap;
use domain::application::RefusalGround;
use domain::caller::Caller;
use domain::clock::card::CardRule;
use domain::credential::CredentialRule;
use domain::name::{DepartmentName, Fingerprint};
use domain::quality::QualityRule;
use domain::reason::Reason;
use domain::reference::Reference;
use domain::resource::EntryRule;
use domain::snapshot::Snapshot;
use domain::subject::PseudonymKey;
use domain::system::Origin;
use domain::use_code::UseCodeRule;
use jiff::Timestamp;
use ledger::checkpoint::LogSigner;
use store::recorder::Recorder;
use store::{Registry, Store};
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;

use crate::authorities::Authorities;
use crate::budgets::Spending;
use crate::cache::Cache;
use crate::call::Lines;
use crate::clock::{Clock, IdSource};
use crate::connections::Connections;
use crate::endpoints::{Listening, Observed};
use crate::events::Feed;
use crate::exchange::Counters;
use crate::failure::Failure;
use crate::files::Vault;
use crate::grants::Uses;
use crate::library::Libraries;
use crate::network::{Networks, Zones};
use crate::quotas::Quotas;
use crate::resources::search::{Changed, Searching, index_of};
use crate::scoring::Scoring;
use crate::sql::Places;
use crate::step::Step;
use crate::subscriptions::Deliveries;
use crate::watching::Watching;

pub use act::Act;
pub(crate) use act::{Begun, check_etag};

/// What is fixed when the gateway starts.
#[derive(Debug)]
pub struct Settings {
    /// How long a registry that cannot be read again may still be used; none for no limit. Past it
    /// every call is refused: a revocation may have been missed.
    pub registry_max_age: Option<Duration>,
    /// Where endpoints may lie; nothing is connected to outside of it.
    pub endpoint_networks: Networks,
    /// Which addresses lie in which part of the network; where nothing is said, callers count as where they are registered.
    pub zones: Zones,
    /// The folder of files with accounts at providers, one folder within for each system.
    pub secrets: PathBuf,
    /// The folder of SQLite files that providers keep on this machine, one folder within for each system.
    pub sources: PathBuf,
    /// The folder of the objects in which files lie.
    pub files: PathBuf,
    /// Workers that serve connections; each has lines of its own to providers.
    pub lanes: usize,
    /// Calls in API mode that one endpoint may hold at once, over all workers.
    pub calls_per_endpoint: usize,
    /// The step at which a debug build stops for good, so that tests can kill it there.
    pub pause_at: Option<Step>,
}

/// The keys of a gateway. They never leave the machine that made them.
#[derive(Debug)]
pub struct Keys {
    /// Both certificate authorities.
    pub authorities: Arc<Authorities>,
    /// Signs checkpoints.
    pub log_signer: LogSigner,
    /// Hashes subjects, clerks and payloads.
    pub pseudonyms: PseudonymKey,
}

/// What every use case works with.
#[derive(Debug)]
pub struct Gateway {
    pub(crate) store: Store,
    pub(crate) recorder: Recorder,
    pub(crate) reference: Reference,
    pub(crate) keys: Keys,
    pub(crate) authorities: ArcSwap<Authorities>,
    pub(crate) connections: Connections,
    pub(crate) databases: Places,
    pub(crate) libraries: Libraries,
    pub(crate) lines: Lines,
    pub(crate) vault: Vault,
    pub(crate) observed: Observed,
    pub(crate) listening: Listening,
    pub(crate) watching: Watching,
    pub(crate) scoring: Scoring,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) settings: Settings,
    pub(crate) spending: Arc<Spending>,
    pub(crate) quotas: Quotas,
    pub(crate) cache: Cache,
    pub(crate) counters: Counters,
    pub(crate) searching: Searching,
    pub(crate) feed: Feed,
    pub(crate) deliveries: Deliveries,
    pub(crate) use_code_rules: ArcSwap<Vec<UseCodeRule>>,
    pub(crate) entry_rules: ArcSwap<Vec<EntryRule>>,
    pub(crate) credential_rules: ArcSwap<Vec<CredentialRule>>,
    pub(crate) quality_rules: ArcSwap<Vec<QualityRule>>,
    pub(crate) card_rules: ArcSwap<Vec<CardRule>>,
    pub(crate) uses: Uses,
    pub(crate) refusal_grounds: ArcSwap<Vec<RefusalGround>>,
    snapshot: Arc<ArcSwap<Snapshot>>,
    /// Counts the pictures, for whoever looked at an earlier one.
    generation: watch::Sender<u64>,
    counted: AtomicU64,
    /// The clocks that ran before any were kept are kept.
    pub(crate) has_clocks: AtomicBool,
    /// The end of the certificate that the listener shows, in seconds; 0 where nobody listens.
    own_end: AtomicI64,
    revision: Mutex<i64>,
    /// The same, to be read without waiting for who reads the registry.
    known_revision: AtomicI64,
    checked: RwLock<Instant>,
}

impl Gateway {
    /// Puts the parts together and reads the registry.
    ///
    /// # Errors
    /// [`Failure`] when the store cannot be read, or belongs to another log.
    pub async fn start(
        store: Store,
        reference: Reference,
        keys: Keys,
        settings: Settings,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Result<Self, Failure> {
        let signer = &keys.log_signer;
        store
            .claim_log(signer.origin(), &signer.verifier_key())
            .await?;
        let snapshot: Arc<ArcSwap<Snapshot>> = Arc::default();
        let networks = settings.endpoint_networks.clone();
        let connections = Connections::new(
            &keys.authorities,
            networks,
            Arc::clone(&snapshot),
            Arc::clone(&clock),
        )?;
        let databases = Places::new(
            settings.secrets.clone(),
            settings.sources.clone(),
            settings.endpoint_networks.clone(),
        );
        let libraries =
            Libraries::new(settings.secrets.clone(), settings.endpoint_networks.clone());
        let vault = Vault::open(&settings.files).map_err(|error| {
            let message = format!("the folder of files cannot be used: {error}");
            Failure::new(Reason::Internal, message)
        })?;
        let gateway = Self {
            databases,
            libraries,
            vault,
            observed: Observed::default(),
            listening: Listening::since(clock.now()),
            watching: Watching::default(),
            scoring: Scoring::default(),
            recorder: Recorder::start(store.clone()),
            store,
            reference,
            authorities: ArcSwap::new(Arc::clone(&keys.authorities)),
            keys,
            connections,
            lines: Lines::new(settings.lanes, settings.calls_per_endpoint),
            clock,
            ids,
            settings,
            spending: Arc::default(),
            quotas: Quotas::default(),
            cache: Cache::default(),
            counters: Counters::default(),
            searching: Searching::default(),
            feed: Feed::default(),
            deliveries: Deliveries::default(),
            use_code_rules: ArcSwap::default(),
            entry_rules: ArcSwap::default(),
            credential_rules: ArcSwap::default(),
            quality_rules: ArcSwap::default(),
            card_rules: ArcSwap::default(),
            uses: Uses::default(),
            refusal_grounds: ArcSwap::default(),
            snapshot,
            generation: watch::Sender::new(0),
            counted: AtomicU64::new(0),
            has_clocks: AtomicBool::new(false),
            own_end: AtomicI64::new(0),
            revision: Mutex::new(-1),
            known_revision: AtomicI64::new(-1),
            checked: RwLock::new(Instant::now()),
        };
        gateway.refresh().await?;
        Ok(gateway)
    }

    /// The registry as it stands in memory.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Puts the next picture of the registry in place, and tells who waits for it where it can concern a caller's
    /// standing.
    fn show(&self, next: Arc<Snapshot>, concerns_callers: bool, asked: Instant) {
        self.snapshot.store(next);
        if !concerns_callers {
            return;
        }
        // First: who is told looks at it, and would find the time before.
        self.note_checked(asked);
        let count = self.counted.fetch_add(1, Ordering::AcqRel).wrapping_add(1);
        self.generation.send_replace(count);
    }

    fn note_checked(&self, asked: Instant) {
        if let Ok(mut checked) = self.checked.write() {
            *checked = asked;
        }
    }

    /// Counts the pictures that can concern a caller: while it stays, nobody's standing changed but by the clock.
    pub fn generation(&self) -> u64 {
        self.counted.load(Ordering::Acquire)
    }

    /// For waiting until the registry changes.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.generation.subscribe()
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Regions, calendar and regimes.
    pub fn reference(&self) -> &Reference {
        &self.reference
    }

    /// Both certificate authorities, as they stand now.
    pub fn authorities(&self) -> Arc<Authorities> {
        self.authorities.load_full()
    }

    /// Notes until when the certificate is good that the listener shows.
    pub fn note_own_end(&self, end: Timestamp) {
        self.own_end.store(end.as_second(), Ordering::Relaxed);
    }

    /// Until when the certificate is good that the listener shows; none where nobody listens.
    pub(crate) fn own_end(&self) -> Option<Timestamp> {
        let second = self.own_end.load(Ordering::Relaxed);
        (second != 0).then(|| Timestamp::from_second(second).ok())?
    }

    /// What callers and providers are to trust for the gateway, PEM.
    pub fn own_trust_pem(&self) -> String {
        self.authorities.load().trusted_own_pem(self.now())
    }

    /// Takes the authorities as they were read again, and makes the gateway's certificate towards providers
    /// anew where it is time or they changed.
    ///
    /// # Errors
    /// When a key cannot be used; what was there goes on.
    pub fn follow_authorities(&self, authorities: Authorities) -> Result<(), Failure> {
        let renewed = self.connections.follow(&authorities)?;
        self.authorities.store(Arc::new(authorities));
        if renewed {
            tracing::info!("the gateway has a new certificate towards providers");
        }
        Ok(())
    }

    /// A new UUID, for what the gateway itself asks for.
    pub fn new_id(&self) -> String {
        self.ids.uuid()
    }

    /// Random bytes fit for a secret, for the gateway's own pages and tools.
    pub fn new_secret(&self) -> [u8; 32] {
        self.ids.secret()
    }

    /// In which part of the network an address lies, as far as the operator told the gateway.
    pub fn origin_of(&self, address: IpAddr) -> Origin {
        self.settings.zones.of(address)
    }

    /// Recognises the caller by the presented certificate.
    ///
    /// # Errors
    /// A refusal by the rule that failed.
    pub fn authenticate(&self, presented: &Fingerprint) -> Result<Caller, Failure> {
        self.must_be_fresh()?;
        Ok(Caller::authenticate(
            &self.snapshot.load(),
            presented,
            self.now(),
        )?)
    }

    /// The revision of the registry that this gateway has seen.
    pub(crate) fn known_revision(&self) -> i64 {
        self.known_revision.load(Ordering::Acquire)
    }

    /// Reads again what changed of the registry. Called after each own change and on a tick.
    ///
    /// # Errors
    /// [`Failure`] when the store cannot be read; the old picture stays.
    pub async fn refresh(&self) -> Result<(), Failure> {
        let refreshed = self.read_registry().await;
        if refreshed.is_err() {
            self.listening.interrupted(self.now());
        }
        refreshed
    }

    async fn read_registry(&self) -> Result<(), Failure> {
        self.cache.sweep(Instant::now());
        let mut known = self.revision.lock().await;
        // What is read is as old as the question, however long the answer takes.
        let asked = Instant::now();
        match self.store.registry_since(*known).await? {
            Registry::Same => {}
            Registry::Changed {
                revision,
                rows,
                announced,
            } => {
                self.heard(announced);
                let changed = Changed::of(&rows);
                let concerns_callers = !(rows.credentials.is_empty()
                    && rows.systems.is_empty()
                    && rows.departments.is_empty());
                let before = self.snapshot.load_full();
                let places = rows.endpoints.iter();
                let places = places.filter_map(|row| before.endpoint(&row.system, &row.name));
                let places: Vec<_> = places.cloned().collect();
                let next = Arc::new(before.with(*rows));
                self.show(Arc::clone(&next), concerns_callers, asked);
                self.leave(&places, &next);
                self.searching.follow(&changed, &next);
                *known = revision;
                self.known_revision.store(revision, Ordering::Release);
                self.feed.wake(revision);
            }
            Registry::Whole { revision, rows } => {
                // Of a large registry this takes seconds, which no call should wait for.
                let built = tokio::task::spawn_blocking(move || {
                    let snapshot = Snapshot::new(*rows);
                    let index = index_of(&snapshot);
                    (snapshot, index)
                });
                let (built, index) = built.await.map_err(|_| {
                    Failure::new(Reason::Internal, "the registry could not be indexed")
                })?;
                let places: Vec<_> = self.snapshot().all_endpoints().cloned().collect();
                let next = Arc::new(built);
                self.show(Arc::clone(&next), true, asked);
                self.leave(&places, &next);
                self.searching.replace(index);
                // What was announced meanwhile is not known any more.
                self.cache.clear();
                *known = revision;
                self.known_revision.store(revision, Ordering::Release);
                self.feed.wake(revision);
            }
        }
        self.note_checked(asked);
        Ok(())
    }

    /// Reads the registry again after an own change. The change is durable, so a registry that
    /// cannot be read now is not the caller's failure: the next tick reads it.
    pub(crate) async fn refresh_after_change(&self) {
        if let Err(failure) = self.refresh().await {
            tracing::warn!(reason = %failure.reason, "the registry was not read again");
        }
    }

    /// Refuses work on a registry that was not compared with the store for too long.
    ///
    /// # Errors
    /// `LEDGER_UNAVAILABLE`.
    pub fn must_be_fresh(&self) -> Result<(), Failure> {
        let Some(most) = self.settings.registry_max_age else {
            return Ok(());
        };
        let fresh = self
            .checked
            .read()
            .is_ok_and(|checked| checked.elapsed() <= most);
        if fresh {
            return Ok(());
        }
        Err(Failure::new(
            Reason::LedgerUnavailable,
            "the registry cannot be read; a revocation may have been missed",
        ))
    }

    /// How long ago the registry was compared with the store.
    pub(crate) fn registry_age(&self) -> Duration {
        let checked = self.checked.read();
        checked.map_or(Duration::MAX, |checked| checked.elapsed())
    }

    /// Whether the registry was compared with the store within this time. Where nobody keeps the time,
    /// nobody looks at it either.
    pub(crate) fn heard_within(&self, most: Duration) -> bool {
        let checked = self.checked.read();
        self.settings.registry_max_age.is_none()
            || checked.is_ok_and(|checked| checked.elapsed() <= most)
    }

    /// Takes recorded entries into the tree and signs a checkpoint. Returns its size if it is new.
    ///
    /// # Errors
    /// [`Failure`] when the store cannot be written.
    pub async fn publish_checkpoint(&self) -> Result<Option<u64>, Failure> {
        let published = self
            .store
            .integrate(&self.keys.log_signer, self.now())
            .await?;
        Ok(published.map(|checkpoint| checkpoint.size))
    }

    /// Publishes checkpoints until what is recorded now stands under one. A piece at a time: under load
    /// there is always a newer entry, and who records must get turns in between.
    ///
    /// # Errors
    /// [`Failure`] when the store cannot be written.
    pub async fn publish_checkpoints(&self) -> Result<(), Failure> {
        let wanted = self.store.ledger_size().await?;
        while self
            .publish_checkpoint()
            .await?
            .is_some_and(|size| size < wanted)
        {}
        Ok(())
    }

    /// Closes the database.
    pub async fn close(&self) {
        self.store.close().await;
    }

    /// Stops here for good when a debug build was told to; otherwise does nothing.
    pub(crate) async fn step(&self, step: Step) {
        if cfg!(debug_assertions) && self.settings.pause_at == Some(step) {
            tracing::warn!(step = step.as_str(), "paused");
            std::future::pending::<()>().await;
        }
    }

    /// The department competent for data sharing.
    ///
    /// # Errors
    /// `STATE_CONFLICT` when none is registered.
    pub(crate) fn competent(&self) -> Result<DepartmentName, Failure> {
        let snapshot = self.snapshot();
        let competent = snapshot
            .competent()
            .map(|department| department.name.clone());
        competent.ok_or_else(|| {
            Failure::new(
                Reason::StateConflict,
                "no registered department is competent for data sharing",
            )
        })
    }
}
