//! The gateway in process: the real use cases over a real database, with time and ids by hand.

use std::ops::Deref;
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use broker::authorities::Authorities;
use broker::authority::Authority;
use broker::clock::{Clock, IdSource};
use broker::{Act, Failure, Gateway, Keys, Networks, Settings};
use domain::caller::Caller;
use domain::credential::Principal;
use domain::name::{Account, DepartmentName, RequestId, SystemName};
use domain::subject::PseudonymKey;
use jiff::{SignedDuration, Timestamp};
use ledger::bundle::{Report, verify};
use ledger::checkpoint::{LogSigner, LogVerifier};
use sandbox::identity::{Identity, KeyAndRequest};
use uuid::Uuid;

use crate::city::SEEDS;
use crate::databases::Database;
use crate::drafts::noon;
use crate::folder::Folder;

/// The name of the log of every test.
pub const ORIGIN: &str = "shuqiao.test/ledger";

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that shows this moment.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.as_microsecond()))
    }

    /// Moves it.
    ///
    /// # Panics
    /// When the duration has no microseconds in range.
    pub fn advance(&self, by: SignedDuration) {
        self.0
            .fetch_add(by.as_micros().try_into().unwrap(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// Ids that are the same in every run with the same seed.
#[derive(Debug)]
pub struct SeededIds(Mutex<u64>);

impl SeededIds {
    /// The ids of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }

    /// `SplitMix64`: a counter, well mixed.
    fn next(&self) -> [u8; 8] {
        let mut state = self.0.lock().unwrap();
        *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = *state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)).to_be_bytes()
    }
}

impl IdSource for SeededIds {
    fn uuid(&self) -> String {
        let mut bytes = [0; 16];
        for part in bytes.chunks_mut(8) {
            part.copy_from_slice(&self.next());
        }
        uuid::Builder::from_random_bytes(bytes)
            .into_uuid()
            .hyphenated()
            .to_string()
    }

    fn secret(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for part in bytes.chunks_mut(8) {
            part.copy_from_slice(&self.next());
        }
        bytes
    }
}

/// The signing key of the log, by a number.
///
/// # Panics
/// Never.
#[must_use]
pub fn log_signer(number: u8) -> LogSigner {
    LogSigner::from_seed([number; 32], ORIGIN).unwrap()
}

/// A gateway with its clock.
#[derive(Debug)]
pub struct TestGateway {
    gateway: Arc<Gateway>,
    /// Its clock.
    pub clock: Arc<ManualClock>,
    requests: AtomicU64,
    folder: Folder,
}

impl Deref for TestGateway {
    type Target = Arc<Gateway>;

    fn deref(&self) -> &Self::Target {
        &self.gateway
    }
}

impl TestGateway {
    /// Starts a gateway at noon and loads the seeds.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start(database: &Database) -> Self {
        let gateway = Self::start_with_key(database, 1, 1).await.unwrap();
        gateway.load_seeds(&SEEDS).await.unwrap();
        gateway
    }

    /// Starts a gateway with the log key of a number and the ids of a seed, without loading seeds.
    ///
    /// # Errors
    /// As [`Gateway::start`].
    ///
    /// # Panics
    /// When the database cannot be opened.
    pub async fn start_with_key(database: &Database, key: u8, seed: u64) -> Result<Self, Failure> {
        // What `localhost` may lead to.
        let here = ["127.0.0.0/8", "::1/128"].map(str::to_owned);
        let here = Networks::parse(&here, true).unwrap();
        Self::start_within(database, key, seed, here).await
    }

    /// The same, with the networks in which endpoints may lie.
    ///
    /// # Errors
    /// As [`Gateway::start`].
    ///
    /// # Panics
    /// When the database cannot be opened.
    pub async fn start_within(
        database: &Database,
        key: u8,
        seed: u64,
        networks: Networks,
    ) -> Result<Self, Failure> {
        let store = database.open().await;
        let folder = Folder::new("gateway");
        let clock = Arc::new(ManualClock::at(noon()));
        let keys = Keys {
            authorities: Arc::new(Authorities::new(
                Authority::generate("shuqiao.test", noon()).unwrap(),
                Authority::generate("shuqiao.test", noon()).unwrap(),
            )),
            log_signer: log_signer(key),
            pseudonyms: PseudonymKey::new([key; 32]),
        };
        let settings = Settings {
            endpoint_networks: networks,
            zones: broker::Zones::default(),
            secrets: folder.join("secrets"),
            sources: folder.join("sources"),
            files: folder.join("files"),
            lanes: 1,
            calls_per_endpoint: 64,
            pause_at: None,
            registry_max_age: None,
        };
        let ids = Arc::new(SeededIds::new(seed));
        let reference = SEEDS.reference.clone();
        let clocks: Arc<dyn Clock> = clock.clone();
        let gateway = Gateway::start(store, reference, keys, settings, clocks, ids).await?;
        // Requests of two gateways on one database differ too.
        let requests = AtomicU64::new(seed << 32);
        Ok(Self {
            gateway: Arc::new(gateway),
            clock,
            requests,
            folder,
        })
    }

    /// The folder of its secrets and of databases on its machine.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A request id that was not used before.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn new_request(&self) -> RequestId {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        RequestId::parse(&Uuid::from_u128(u128::from(number)).to_string()).unwrap()
    }

    /// The operator, with a certificate issued on the machine itself.
    ///
    /// # Panics
    /// When it is not issued.
    pub async fn operator(&self, account: &str) -> Caller {
        let principal = Principal::Operator {
            account: Account::parse(account).unwrap(),
        };
        let own = KeyAndRequest::generate().unwrap();
        let issued = self
            .issue_operator(&principal, &own.request_pem)
            .await
            .unwrap();
        self.authenticate(&issued.credential.name).unwrap()
    }

    /// A caller with a certificate obtained by token, and the identity to connect with.
    ///
    /// # Panics
    /// When the operator may not offer it, or the enrolment is refused.
    pub async fn enrolled(
        &self,
        operator: &Caller,
        principal: Principal,
        hosts: &[&str],
    ) -> (Caller, Identity) {
        let request = self.new_request();
        let act = act(operator, &request, "offer");
        let token = self.create_enrolment_token(&act, principal).await.unwrap();
        let own = KeyAndRequest::generate().unwrap();
        let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
        let issued = self
            .enrol(&token.secret, &own.request_pem, &hosts)
            .await
            .unwrap();
        let identity = Identity {
            certificate_pem: issued.pem,
            key_pem: own.key_pem,
            authority_pem: self.own_trust_pem(),
        };
        (
            self.authenticate(&issued.credential.name).unwrap(),
            identity,
        )
    }

    /// An officer of a department.
    ///
    /// # Panics
    /// As [`TestGateway::enrolled`].
    pub async fn officer(&self, operator: &Caller, of: &DepartmentName, account: &str) -> Caller {
        let account = Account::parse(account).unwrap();
        let principal = Principal::Officer {
            department: of.clone(),
            account,
        };
        self.enrolled(operator, principal, &[]).await.0
    }

    /// An auditor.
    ///
    /// # Panics
    /// As [`TestGateway::enrolled`].
    pub async fn auditor(&self, operator: &Caller, account: &str) -> Caller {
        let account = Account::parse(account).unwrap();
        self.enrolled(operator, Principal::Auditor { account }, &[])
            .await
            .0
    }

    /// A registered system as caller.
    ///
    /// # Panics
    /// As [`TestGateway::enrolled`].
    pub async fn system_caller(&self, operator: &Caller, id: &str) -> Caller {
        let system = SystemName::from_id(id).unwrap();
        self.enrolled(operator, Principal::System { system }, &[])
            .await
            .0
    }

    /// Exports the whole log as the operator and returns the bytes.
    ///
    /// # Panics
    /// When the export fails.
    pub async fn export(&self, caller: &Caller, grant: Option<&str>) -> Vec<u8> {
        let grant = grant.map(|name| domain::name::GrantName::parse(name).unwrap());
        let mut pieces = self.export_bundle(caller, grant).await.unwrap();
        let mut bundle = Vec::new();
        while let Some(piece) = pieces.recv().await {
            bundle.extend(piece.unwrap());
        }
        bundle
    }
}

/// The first page of a list.
///
/// # Panics
/// Never.
#[must_use]
pub fn first_page() -> broker::PageRequest {
    broker::PageRequest::new(1000, "").unwrap()
}

/// A state change without anything special about it.
#[must_use]
pub fn act<'a>(caller: &'a Caller, request_id: &'a RequestId, method: &'static str) -> Act<'a> {
    Act {
        caller,
        request_id,
        method,
        digest: method.to_owned(),
        validate_only: false,
    }
}

/// Verifies a bundle under a key that was handed over by other means.
///
/// # Panics
/// When the key is none.
#[must_use]
pub fn verified(bundle: &[u8], vkey: &str) -> Report {
    verify(bundle, Some(&LogVerifier::parse(vkey).unwrap())).unwrap()
}
