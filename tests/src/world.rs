//! A world: the real program, its first operator, and whoever a test lets in.
//!
//! Everything goes over the public gRPC API with real mutual TLS, each step as the caller who may
//! take it. [`story`] knows the steps up to a grant, [`terms`] what is asked for on the way;
//! [`wire`] and [`forge`] are for those who do not keep to the rules.

pub mod answer;
pub mod coded;
pub mod command;
pub mod conformed;
pub mod department;
pub mod filed;
pub mod forge;
pub mod hostile;
pub mod insured;
pub mod json;
pub mod persons;
pub mod receiver;
pub mod shelved;
pub mod story;
pub mod terms;
mod watched;
pub mod wire;

use std::sync::Arc;
use std::time::Duration;

use api::catalogue::v1::demand_service_client::DemandServiceClient;
use api::catalogue::v1::resource_service_client::ResourceServiceClient;
use api::catalogue::v1::work_item_service_client::WorkItemServiceClient;
use api::catalogue::v1::{ListWorkItemsRequest, WorkItem};
use api::certificate::v1::certificate_file_service_client::CertificateFileServiceClient;
use api::certificate::v1::certificate_service_client::CertificateServiceClient;
use api::certificate::v1::certificate_status_service_client::CertificateStatusServiceClient;
use api::certificate::v1::use_code_service_client::UseCodeServiceClient;
use api::compliance::v1::clock_service_client::ClockServiceClient;
use api::compliance::v1::plan_service_client::PlanServiceClient;
use api::evidence::v1::evidence_service_client::EvidenceServiceClient;
use api::exchange::v1::exchange_service_client::ExchangeServiceClient;
use api::exchange::v1::file_service_client::FileServiceClient;
use api::registry::v1 as pb;
use api::registry::v1::create_enrolment_token_request::Subject;
use api::registry::v1::department_service_client::DepartmentServiceClient;
use api::registry::v1::endpoint_service_client::EndpointServiceClient;
use api::registry::v1::enrolment_service_client::EnrolmentServiceClient;
use api::registry::v1::interface_service_client::InterfaceServiceClient;
use api::registry::v1::system_service_client::SystemServiceClient;
use api::registry::v1::tls_certificate_service_client::TlsCertificateServiceClient;
use api::sharing::v1::application_service_client::ApplicationServiceClient;
use api::sharing::v1::complaint_service_client::ComplaintServiceClient;
use api::sharing::v1::correction_service_client::CorrectionServiceClient;
use api::sharing::v1::dispute_service_client::DisputeServiceClient;
use api::sharing::v1::event_service_client::EventServiceClient;
use api::sharing::v1::grant_service_client::GrantServiceClient;
use api::sharing::v1::subscription_service_client::SubscriptionServiceClient;
use api::sharing::v1::use_record_service_client::UseRecordServiceClient;
use arrow_flight::flight_service_client::FlightServiceClient;
use broker::Step;
use ledger::entry::Entry;
use sandbox::client::{connect, with_deadline};
use sandbox::identity::{GatewayAddress, Identity, enrol};
use sandbox::insurance::insurance_service_client::InsuranceServiceClient;
use tokio::sync::OnceCell;
use tonic::transport::Channel;

use crate::city;
use crate::folder::Folder;
use crate::process::{Config, Program};

pub use department::Department;

/// The host under which simulated systems are reached.
pub const HOST: &str = "127.0.0.1";
/// Longer than anything takes; no test waits for it to pass.
const WAIT: Duration = Duration::from_secs(50);

/// A request with a deadline that is long enough.
pub fn ask<T>(message: T) -> tonic::Request<T> {
    with_deadline(message, WAIT)
}

/// A request id that was not used before.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "a test is a client of its own")]
pub fn new_id() -> String {
    uuid::Uuid::now_v7().hyphenated().to_string()
}

/// The program at work, and its operator.
#[derive(Debug)]
pub struct World {
    // Dropped first: the program goes before its folder.
    program: Program,
    folder: Folder,
    /// Where it is reached.
    pub gateway: GatewayAddress,
    /// Its first operator.
    pub operator: Client,
}

/// Somebody with a TLS certificate, connected.
#[derive(Clone, Debug)]
pub struct Client {
    /// The certificate and its key.
    pub identity: Identity,
    channel: Channel,
    second: Option<Arc<Second>>,
}

/// A second person of an officer's department, who is let in when somebody asks for them.
#[derive(Debug)]
struct Second {
    gateway: GatewayAddress,
    operator: Client,
    officer: pb::Officer,
    client: OnceCell<Client>,
}

// === impl World ===

impl World {
    /// Starts the program on a new folder.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start() -> Self {
        Self::open(Folder::new("world")).await
    }

    /// Starts the program on a folder that may have been used before.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn open(folder: Folder) -> Self {
        Self::open_on(folder, None, None).await
    }

    /// Starts the program on a folder, on another database than the embedded one, and so that it
    /// stops for good at a step.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn open_on(folder: Folder, database: Option<&str>, pause_at: Option<Step>) -> Self {
        Self::open_with(folder, database, pause_at, "").await
    }

    /// Starts the program on a folder with more lines of configuration.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn open_with(
        folder: Folder,
        database: Option<&str>,
        pause_at: Option<Step>,
        more: &str,
    ) -> Self {
        // A probe or a tick of clocks between two steps of a test would change the ledger under it.
        let seldom = ["probe_interval_s", "tidy_interval_s"];
        let seldom = seldom.into_iter().filter(|key| !more.contains(key));
        let seldom: String = seldom.map(|key| format!("{key} = 100000\n")).collect();
        let more = format!("{seldom}{more}");
        let config = Config {
            more: &more,
            database,
            pause_at,
            ..Config::new(&folder)
        };
        let program = Program::serve(&config);
        let gateway = program.address();
        let operator = Client::connect(&gateway, program.operator()).await;
        Self {
            program,
            folder,
            gateway,
            operator,
        }
    }

    /// Kills the program with SIGKILL and keeps its folder.
    #[must_use]
    pub fn kill(self) -> Folder {
        self.program.kill();
        self.folder
    }

    /// Asks the program to end and returns whether it ended well, and its folder.
    #[must_use]
    pub fn terminate(self) -> (bool, Folder) {
        (self.program.terminate(), self.folder)
    }

    /// The folder of its keys and its database.
    #[must_use]
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Host and port of its admin port.
    #[must_use]
    pub fn admin(&self) -> &str {
        self.program.ready("admin")
    }

    /// The one-time link to its console.
    #[must_use]
    pub fn console_link(&self) -> &str {
        self.program.ready("console")
    }

    /// Waits until the program has stopped at a step.
    ///
    /// # Panics
    /// When it does not.
    pub fn wait_for_pause(&self, step: Step) {
        self.program.wait_for_pause(step);
    }

    /// Everything the program has logged.
    #[must_use]
    pub fn log(&self) -> String {
        self.program.log()
    }

    /// Somebody who holds this identity.
    ///
    /// # Panics
    /// When no connection is made.
    pub async fn connect(&self, identity: Identity) -> Client {
        Client::connect(&self.gateway, identity).await
    }

    /// A connection without a certificate.
    ///
    /// # Panics
    /// When none is made.
    pub async fn anonymous(&self) -> Channel {
        connect(&self.gateway, None).await.unwrap()
    }

    /// Registers a department of the seeds by its short name; one that is there already stays.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn register_department(&self, short_name: &str) -> String {
        let seed = city::SEEDS.department(short_name).unwrap();
        let department = pb::Department {
            name: format!("departments/{}", seed.uscc),
            full_name: seed.full_name.clone(),
            short_name: short_name.to_owned(),
            vertical: seed.vertical,
            party_body: seed.party_body,
            competent: seed.competent,
            valid_from: seed.valid_from.to_string(),
            ..pb::Department::default()
        };
        let name = department.name.clone();
        let request = pb::CreateDepartmentRequest {
            department: Some(department),
            request_id: new_id(),
        };
        answer::made(
            self.operator
                .departments()
                .create_department(ask(request))
                .await,
        );
        name
    }

    /// Registers a system of the seeds and the department that owns it.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn register_system(&self, id: &str) -> String {
        let owner = city::owner_of(id);
        let seeds = &city::SEEDS.departments;
        let owner = seeds
            .iter()
            .find(|seed| seed.uscc.as_str() == owner.id())
            .unwrap();
        self.register_department(&owner.short_names[0]).await;
        let request = pb::CreateSystemRequest {
            system: Some(terms::wire_system(id)),
            request_id: new_id(),
            validate_only: false,
            document: "虚构系统底数清单".to_owned(),
        };
        answer::made(self.operator.systems().create_system(ask(request)).await);
        format!("systems/{id}")
    }

    /// A one-time token.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn token(&self, subject: Subject) -> String {
        let request = pb::CreateEnrolmentTokenRequest {
            subject: Some(subject),
            request_id: new_id(),
        };
        let made = self
            .operator
            .enrolment()
            .create_enrolment_token(ask(request))
            .await;
        made.unwrap().into_inner().token
    }

    /// Lets a system in that is only a caller; it is registered if need be.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn enrol_system(&self, id: &str) -> Client {
        let name = self.register_system(id).await;
        self.enrol(Subject::System(name), &[]).await
    }

    /// Lets an officer of a department in; the department is registered if need be.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn enrol_officer(&self, short_name: &str, account: &str) -> Client {
        let department = self.register_department(short_name).await;
        let officer = pb::Officer {
            department,
            account: account.to_owned(),
        };
        let mut client = self.enrol(Subject::Officer(officer.clone()), &[]).await;
        client.second = Some(Arc::new(Second {
            gateway: self.gateway.clone(),
            operator: self.operator.clone(),
            officer: pb::Officer {
                account: format!("{account}-second"),
                ..officer
            },
            client: OnceCell::new(),
        }));
        client
    }

    /// Lets an auditor in.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn enrol_auditor(&self, account: &str) -> Client {
        self.enrol(Subject::Auditor(account.to_owned()), &[]).await
    }

    /// Lets a simulated system in, starts its server and registers where it is.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn provider(&self, id: &str) -> Department {
        let department = Department::start(self.enrol_provider(id).await, id).await;
        let request = terms::endpoint_request(id, &department.address().to_string());
        let mut endpoints = department.client.endpoints();
        let made = endpoints
            .create_endpoint(ask(request))
            .await
            .unwrap()
            .into_inner();
        assert_eq!(
            made.health(),
            pb::endpoint::Health::Serving,
            "{}",
            made.last_error
        );
        department
    }

    /// Lets a simulated system in and starts its server; where it is, nobody is told.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn unregistered_provider(&self, id: &str) -> Department {
        Department::start(self.enrol_provider(id).await, id).await
    }

    /// Lets a system in whose certificate also serves under [`HOST`].
    ///
    /// # Panics
    /// When it is refused.
    pub async fn enrol_provider(&self, id: &str) -> Client {
        let name = self.register_system(id).await;
        self.enrol(Subject::System(name), &[HOST.to_owned()]).await
    }

    async fn enrol(&self, subject: Subject, hosts: &[String]) -> Client {
        let token = self.token(subject).await;
        let identity = enrol(&self.gateway, &token, hosts).await.unwrap();
        self.connect(identity).await
    }
}

// === impl Client ===

macro_rules! services {
    ($($name:ident: $client:ident),+ $(,)?) => {
        impl Client {$(
            /// A client of this service.
            #[must_use]
            pub fn $name(&self) -> $client<Channel> {
                $client::new(self.channel.clone())
            }
        )+}
    };
}

services!(
    departments: DepartmentServiceClient,
    systems: SystemServiceClient,
    endpoints: EndpointServiceClient,
    enrolment: EnrolmentServiceClient,
    interfaces: InterfaceServiceClient,
    insurance: InsuranceServiceClient,
    resources: ResourceServiceClient,
    demands: DemandServiceClient,
    work_items: WorkItemServiceClient,
    applications: ApplicationServiceClient,
    grants: GrantServiceClient,
    use_records: UseRecordServiceClient,
    disputes: DisputeServiceClient,
    complaints: ComplaintServiceClient,
    corrections: CorrectionServiceClient,
    events: EventServiceClient,
    subscriptions: SubscriptionServiceClient,
    exchange: ExchangeServiceClient,
    files: FileServiceClient,
    flight: FlightServiceClient,
    certificates: CertificateServiceClient,
    use_codes: UseCodeServiceClient,
    certificate_files: CertificateFileServiceClient,
    statuses: CertificateStatusServiceClient,
    plans: PlanServiceClient,
    clocks: ClockServiceClient,
    evidence: EvidenceServiceClient,
    tls_certificates: TlsCertificateServiceClient,
);

impl Client {
    async fn connect(gateway: &GatewayAddress, identity: Identity) -> Self {
        let channel = connect(gateway, Some(&identity)).await.unwrap();
        Self {
            identity,
            channel,
            second: None,
        }
    }

    /// A second person of the same department: what takes two people is done by both.
    ///
    /// # Panics
    /// When this is no officer, or nobody is let in.
    pub async fn colleague(&self) -> &Self {
        let second = self.second.as_ref().expect("only officers have colleagues");
        let enrolled = second.client.get_or_init(async || {
            let request = pb::CreateEnrolmentTokenRequest {
                subject: Some(Subject::Officer(second.officer.clone())),
                request_id: new_id(),
            };
            let mut enrolment = second.operator.enrolment();
            let made = enrolment.create_enrolment_token(ask(request)).await;
            let token = made.unwrap().into_inner().token;
            let identity = enrol(&second.gateway, &token, &[]).await.unwrap();
            Self::connect(&second.gateway, identity).await
        });
        enrolled.await
    }

    /// What waits about something, as far as this client sees it.
    ///
    /// # Panics
    /// When work items are refused.
    pub async fn waiting(&self, about: &str) -> Vec<WorkItem> {
        let request = ListWorkItemsRequest::default();
        let found = self.work_items().list_work_items(ask(request)).await;
        let found = found.unwrap().into_inner().work_items.into_iter();
        found.filter(|item| item.about == about).collect()
    }

    /// Its connection.
    #[must_use]
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// What the gateway calls its certificate.
    ///
    /// # Panics
    /// When the certificate is not PEM.
    #[must_use]
    pub fn certificate_name(&self) -> String {
        let der = forge::certificate_der(&self.identity.certificate_pem);
        broker::authority::fingerprint(&der).unwrap().to_string()
    }

    /// All entries that it may see, oldest first.
    ///
    /// # Panics
    /// When they cannot be listed.
    pub async fn entries(&self) -> Vec<Entry> {
        let bodies = self.entry_bodies().await;
        bodies
            .iter()
            .map(|body| Entry::decode(body).unwrap())
            .collect()
    }

    /// The outcome that was recorded last. The gateway adds entries of its own at any time, about what it saw a
    /// provider do, so the last entry need not be one of a call.
    ///
    /// # Panics
    /// When no call has an outcome.
    pub async fn latest_outcome(&self) -> Entry {
        let mut entries = self.entries().await.into_iter().rev();
        entries
            .find(|entry| matches!(entry.kind(), ledger::entry::Kind::Outcome { .. }))
            .unwrap()
    }

    /// The bytes of all entries that it may see, oldest first.
    ///
    /// # Panics
    /// When they cannot be listed.
    pub async fn entry_bodies(&self) -> Vec<Vec<u8>> {
        let mut request = api::evidence::v1::ListEntriesRequest::default();
        let mut bodies = Vec::new();
        loop {
            let page = self
                .evidence()
                .list_entries(ask(request.clone()))
                .await
                .unwrap();
            let page = page.into_inner();
            bodies.extend(page.entries.into_iter().map(|entry| entry.body));
            if page.next_page_token.is_empty() {
                bodies.reverse();
                return bodies;
            }
            request.page_token = page.next_page_token;
        }
    }

    /// The bundle of the whole ledger.
    ///
    /// # Panics
    /// When it is not given.
    pub async fn bundle(&self) -> Vec<u8> {
        let request = api::evidence::v1::ExportBundleRequest::default();
        let mut pieces = self
            .evidence()
            .export_bundle(ask(request))
            .await
            .unwrap()
            .into_inner();
        let mut bundle = Vec::new();
        while let Some(piece) = pieces.message().await.unwrap() {
            bundle.extend(piece.chunk);
        }
        bundle
    }
}
