//! A real gateway over a temporary database, with its console.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use broker::authorities::Authorities;
use broker::authority::Authority;
use broker::clock::{Clock, SystemIds};
use broker::{Act, Gateway, Keys, Lookup, Networks, Purpose, Settings, Use};
use domain::caller::Caller;
use domain::credential::Principal;
use domain::department::Department;
use domain::name::{Account, DepartmentName, Fingerprint, RequestId, SystemName};
use domain::reference::Reference;
use domain::seed::{Party, Seeds};
use domain::subject::PseudonymKey;
use domain::system::{System, SystemState, Unclassified};
use jiff::{SignedDuration, Timestamp};
use ledger::checkpoint::LogSigner;
use store::{DatabaseUrl, Store};

use super::browser::Browser;
use crate::Console;

/// Where the console is said to be.
pub(super) const BASE: &str = "http://127.0.0.1:9090";

/// A clock that stands until it is put forward.
#[derive(Debug)]
pub(super) struct ManualClock(Mutex<Timestamp>);

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// A gateway with its console; its database goes with it.
pub(super) struct Kit {
    pub(super) gateway: Arc<Gateway>,
    pub(super) console: Console,
    clock: Arc<ManualClock>,
    operator: Caller,
    pub(super) folder: PathBuf,
}

impl Drop for Kit {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Kit {
    /// Starts on 2022-12-01 in Shaoyang, with the seeds and an operator.
    pub(super) async fn start() -> Self {
        Self::start_at("2022-12-01T01:00:00Z").await
    }

    /// Starts at a moment.
    pub(super) async fn start_at(moment: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder =
            std::env::temp_dir().join(format!("shuqiao-console-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let now: Timestamp = moment.parse().unwrap();
        let clock = Arc::new(ManualClock(Mutex::new(now)));
        let store = Store::open(&DatabaseUrl::Sqlite(folder.join("shuqiao.db")))
            .await
            .unwrap();
        let keys = Keys {
            authorities: Arc::new(Authorities::new(
                Authority::generate("shuqiao.test", now).unwrap(),
                Authority::generate("shuqiao.test", now).unwrap(),
            )),
            log_signer: LogSigner::generate(&mut rand_core::OsRng, "shuqiao.test/log").unwrap(),
            pseudonyms: PseudonymKey::new([7; 32]),
        };
        let settings = Settings {
            registry_max_age: None,
            // Nothing listens where the endpoints of these tests are said to be.
            endpoint_networks: Networks::parse(&["127.0.0.0/8".to_owned()], true).unwrap(),
            zones: broker::Zones::default(),
            secrets: std::path::PathBuf::from("secrets"),
            sources: std::path::PathBuf::from("sources"),
            files: std::env::temp_dir().join("shuqiao-console-files"),
            lanes: 1,
            calls_per_endpoint: 64,
            pause_at: None,
        };
        let reference = Reference::embedded().unwrap();
        let ids = Arc::new(SystemIds);
        let gateway = Gateway::start(store, reference, keys, settings, clock.clone(), ids);
        let gateway = Arc::new(gateway.await.unwrap());
        gateway.load_seeds(&seeds()).await.unwrap();
        let operator = Principal::Operator {
            account: Account::parse("root").unwrap(),
        };
        let issued = gateway
            .issue_operator(&operator, &signing_request())
            .await
            .unwrap();
        let operator = gateway.authenticate(&issued.credential.name).unwrap();
        let console = Console::new(Arc::clone(&gateway));
        Self {
            gateway,
            console,
            clock,
            operator,
            folder,
        }
    }

    pub(super) fn put_forward(&self, minutes: i64) {
        let mut now = self.clock.0.lock().unwrap();
        *now += SignedDuration::from_mins(minutes);
    }

    /// Registers all departments of the seeds.
    pub(super) async fn register_departments(&self) {
        for seed in seeds().departments {
            let department = Department {
                name: DepartmentName::from_id(seed.uscc.as_str()).unwrap(),
                full_name: seed.full_name,
                short_name: seed.short_names[0].clone(),
                vertical: seed.vertical,
                party_body: seed.party_body,
                competent: seed.competent,
                valid_from: seed.valid_from,
                // On the day of these tests the one that ended later exists as well.
                valid_until: None,
                successor: None,
                area: None,
                end_document: String::new(),
            };
            let request_id = self.request_id();
            let act = self.act(&request_id, "CreateDepartment");
            self.gateway
                .create_department(&act, department)
                .await
                .unwrap();
        }
    }

    /// Registers all systems of the seeds that a department owns.
    pub(super) async fn register_systems(&self) {
        for seed in seeds().systems {
            let Party::Department(owner) = &seed.owner else {
                continue;
            };
            self.register_system(System {
                name: seed.name,
                display_name: seed.display_name,
                department: DepartmentName::from_id(owner.as_str()).unwrap(),
                self_built: seed.self_built,
                unclassified: seed.unclassified,
                network_zone: seed.network_zone,
                hosting: seed.hosting,
                builder: String::new(),
                maintainer: String::new(),
                state: SystemState::Active,
                inventory: domain::system::Inventory::default(),
                steps: domain::system::Steps::default(),
            })
            .await;
        }
    }

    /// Registers a system of the first department under any display name.
    pub(super) async fn register_named(&self, name: &str, display_name: &str) {
        let mut systems = seeds().systems.into_iter();
        let seed = systems
            .find(|seed| matches!(seed.owner, Party::Department(_)))
            .unwrap();
        let department = self.department(0);
        self.register_system(System {
            name: SystemName::parse(name).unwrap(),
            display_name: display_name.to_owned(),
            department,
            self_built: true,
            unclassified: Unclassified::declared(false).unwrap(),
            network_zone: seed.network_zone,
            hosting: seed.hosting,
            builder: String::new(),
            maintainer: String::new(),
            state: SystemState::Active,
            inventory: domain::system::Inventory::default(),
            steps: domain::system::Steps::default(),
        })
        .await;
    }

    /// One of the departments in the order of their names, the competent one left out.
    pub(super) fn department(&self, number: usize) -> DepartmentName {
        let snapshot = self.gateway.snapshot();
        let others = snapshot.departments().filter(|one| !one.competent);
        let mut names: Vec<DepartmentName> = others.map(|one| one.name.clone()).collect();
        names.sort();
        names[number].clone()
    }

    /// Lets a system ask for what it has no grant for.
    pub(super) async fn refused_lookup(&self, system: &str) {
        let caller = self.system_caller(system).await;
        let code = "91430500MA4L16JP0B";
        let today = domain::policy::shaoyang_date(self.gateway.now());
        let regions = &self.gateway.reference().regions;
        let holder = domain::subject::Subject::parse("099", code, regions, today).unwrap();
        let key = domain::certificate::Key::Holder(holder);
        self.lookup(&caller, broker::Grounds::Duty(key)).await;
    }

    /// Lets a system guess use-codes.
    pub(super) async fn guesses(&self, system: &str, count: u32) {
        let caller = self.system_caller(system).await;
        for number in 0..count {
            let code = domain::use_code::PlainCode::new(u128::from(number).to_be_bytes());
            self.lookup(&caller, broker::Grounds::UseCode(code)).await;
        }
    }

    pub(super) async fn system_caller(&self, system: &str) -> Caller {
        let system = SystemName::parse(system).unwrap();
        self.enrol(Principal::System { system }).await
    }

    /// Somebody with a certificate of the real enrolment.
    pub(super) async fn enrol(&self, principal: Principal) -> Caller {
        let request_id = self.request_id();
        let act = self.act(&request_id, "CreateEnrolmentToken");
        let token = self.gateway.create_enrolment_token(&act, principal);
        let token = token.await.unwrap();
        let issued = self
            .gateway
            .enrol(&token.secret, &signing_request(), &[])
            .await
            .unwrap();
        self.gateway.authenticate(&issued.credential.name).unwrap()
    }

    /// A lookup that is refused.
    async fn lookup(&self, caller: &Caller, grounds: broker::Grounds) {
        let snapshot = self.gateway.snapshot();
        let matter = seeds().matters[0].code.as_str().to_owned();
        let used = Use {
            caller: caller.clone(),
            request_id: self.request_id(),
            purpose: Purpose {
                matter: domain::name::MatterName::from_id(&matter).unwrap(),
                case_number: "2022-1".to_owned(),
                operator: None,
            },
            deadline: tokio::time::Instant::now() + Duration::from_secs(30),
            place: None,
        };
        let lookup = Lookup {
            certificate_type: snapshot.certificate_types().next().unwrap().name.clone(),
            grounds,
            items: Vec::new(),
            part_of: None,
            max_age_s: None,
        };
        self.gateway.lookup(&used, &lookup).await.unwrap_err();
    }

    /// Opens a session of the operator, as a browser does, and goes on with its cookie.
    pub(super) async fn open(&self) -> Browser {
        self.open_as(&self.holder().await).await
    }

    /// The certificate of the operator; a new one where that has ended.
    pub(super) async fn holder(&self) -> Fingerprint {
        if let Ok(caller) = self.gateway.authenticate(self.operator.fingerprint()) {
            return caller.fingerprint().clone();
        }
        let (principal, request) = (self.operator.principal(), signing_request());
        let issued = self.gateway.issue_operator(principal, &request).await;
        issued.unwrap().credential.name
    }

    /// Opens a session in the name of a certificate's holder.
    pub(super) async fn open_as(&self, holder: &Fingerprint) -> Browser {
        let mut browser = self.browser();
        let link = self.console.one_time_link(BASE, holder);
        let answer = browser.get(link.strip_prefix(BASE).unwrap()).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        browser.cookie = answer.cookie().split(';').next().map(str::to_owned);
        browser
    }

    /// A browser without a session.
    pub(super) fn browser(&self) -> Browser {
        Browser {
            router: self.console.router(scraped()),
            cookie: None,
            host: "127.0.0.1:9090",
            peer: None,
        }
    }

    pub(super) async fn register_system(&self, system: System) {
        let request_id = self.request_id();
        self.gateway
            .create_system(
                &self.act(&request_id, "CreateSystem"),
                system,
                "虚构系统底数清单".to_owned(),
            )
            .await
            .unwrap();
    }

    pub(super) fn act<'a>(&'a self, request_id: &'a RequestId, method: &'static str) -> Act<'a> {
        Self::act_as(&self.operator, request_id, method)
    }

    pub(super) fn act_as<'a>(
        caller: &'a Caller,
        request_id: &'a RequestId,
        method: &'static str,
    ) -> Act<'a> {
        let digest = request_id.to_string();
        Act {
            caller,
            request_id,
            method,
            digest,
            validate_only: false,
        }
    }

    pub(super) fn request_id(&self) -> RequestId {
        RequestId::parse(&self.gateway.new_id()).unwrap()
    }
}

/// A route for programs.
fn scraped() -> Router {
    Router::new().route("/metrics", get(async || "numbers"))
}

fn seeds() -> Seeds {
    Seeds::embedded().unwrap()
}

fn signing_request() -> String {
    let key = rcgen::KeyPair::generate().unwrap();
    rcgen::CertificateParams::default()
        .serialize_request(&key)
        .unwrap()
        .pem()
        .unwrap()
}
