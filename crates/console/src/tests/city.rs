//! What stands in the registry for the pages: entries of two departments, demands, an endpoint that does not answer.

use broker::{Act, NewDemand, Stored};
use domain::basis::BasisKind;
use domain::caller::Caller;
use domain::conformance::Sample;
use domain::credential::Principal;
use domain::demand::{Demand, DemandKind};
use domain::drift::Change;
use domain::endpoint::{Address, Endpoint, Health, Protocol};
use domain::item::{DataType, Item, ItemKey};
use domain::name::{Account, DepartmentName, EndpointId, ResourceName, SystemName};
use domain::resource::{Metadata, Progress, Resource, ResourceState, ShareMode, ShareType};
use domain::system::{Disposal, Step};
use domain::watch::{SeenIn, Watch};
use store::{DatabaseUrl, Store};

use super::kit::Kit;

/// The system of the first department that provides the entries.
pub(super) const SYSTEM: &str = "systems/adoption-registry";

/// People of three departments over the seeds' departments, with one system of the first.
pub(super) struct City {
    pub(super) kit: Kit,
    /// Of the first department, which provides.
    pub(super) owner: Caller,
    /// Of the second department, which has nothing to do with it.
    pub(super) stranger: Caller,
    /// Of the competent department.
    pub(super) publisher: Caller,
}

impl City {
    pub(super) async fn found() -> Self {
        Self::found_in(Kit::start().await).await
    }

    pub(super) async fn found_in(kit: Kit) -> Self {
        kit.register_departments().await;
        kit.register_named(SYSTEM, "收养登记系统").await;
        let competent = kit.gateway.snapshot().competent().unwrap().name.clone();
        let officer = |department: DepartmentName, account: &str| {
            let account = Account::parse(account).unwrap();
            kit.enrol(Principal::Officer {
                department,
                account,
            })
        };
        let owner = officer(kit.department(0), "wang").await;
        let stranger = officer(kit.department(1), "zhou").await;
        let publisher = officer(competent, "chen").await;
        Self {
            kit,
            owner,
            stranger,
            publisher,
        }
    }

    /// An entry of the first department as it would be written.
    pub(super) fn entry(&self, number: u32, title: &str) -> Resource {
        let item = |key: &str, title: &str| Item {
            key: ItemKey::parse(key).unwrap(),
            title: title.to_owned(),
            data_type: DataType::C,
            sensitive: false,
            personal: false,
            length: Some(20),
        };
        Resource {
            name: ResourceName::from_id(&format!("105001-{number:06}")).unwrap(),
            title: title.to_owned(),
            summary: "收养关系的成立与解除".to_owned(),
            system: SystemName::parse(SYSTEM).unwrap(),
            department: self.kit.department(0),
            items: vec![item("case_number", "登记字号"), item("result", "登记结果")],
            share_type: ShareType::Unconditional,
            share_modes: vec![ShareMode::Table],
            certificate_type: None,
            api: None,
            cache_seconds: 0,
            basis: BasisKind::Duty,
            format_class: 3,
            update_cycle: 4,
            data_level: "general".to_owned(),
            open: false,
            metadata: Metadata::default(),
            state: ResourceState::Draft,
            progress: Progress::default(),
        }
    }

    pub(super) async fn draft(&self, entry: Resource) -> ResourceName {
        let gateway = &self.kit.gateway;
        let written = async |act: Act<'_>| gateway.create_resource(&act, entry).await;
        self.done(&self.owner, written).await.value.name
    }

    /// Writes, registers and publishes an entry.
    pub(super) async fn publish(&self, entry: Resource) -> ResourceName {
        let name = self.draft(entry).await;
        self.sign_and_publish(&name).await;
        name
    }

    /// Registers what is written of an entry.
    pub(super) async fn register(&self, name: &ResourceName) {
        let gateway = &self.kit.gateway;
        self.done(&self.owner, async |act: Act<'_>| {
            gateway.register_resource(&act, name, "").await
        })
        .await;
    }

    /// Registers and publishes what is written of an entry.
    pub(super) async fn sign_and_publish(&self, name: &ResourceName) {
        let gateway = &self.kit.gateway;
        self.register(name).await;
        self.done(&self.publisher, async |act: Act<'_>| {
            gateway.publish_resource(&act, name, "").await
        })
        .await;
    }

    /// Writes the next version of an entry.
    pub(super) async fn rewrite(&self, entry: Resource) {
        let gateway = &self.kit.gateway;
        let written = async |act: Act<'_>| gateway.update_resource(&act, entry, "").await;
        self.done(&self.owner, written).await;
    }

    /// What is served of an entry differs from now on.
    pub(super) async fn drift(&self, name: &ResourceName, changes: &[Change]) {
        let watch = Watch::of(name.clone(), self.kit.department(0));
        let now = self.kit.gateway.now();
        let watch = watch.drifted(changes, SeenIn::Probe, now).unwrap();
        let url = DatabaseUrl::Sqlite(self.kit.folder.join("shuqiao.db"));
        let store = Store::open(&url).await.unwrap();
        let mut tx = store.begin("a drift of the tests").await.unwrap();
        tx.insert(&watch, None, now).await.unwrap();
        tx.save().await.unwrap();
        self.kit.gateway.refresh_watches().await.unwrap();
    }

    pub(super) async fn raise(&self, title: &str, owner: Option<DepartmentName>) -> Demand {
        let kind = match owner {
            None => DemandKind::Need,
            Some(_) => DemandKind::Responsibility,
        };
        let new = NewDemand {
            kind,
            title: title.to_owned(),
            description: "核验收养关系".to_owned(),
            legal_basis: "民法典第一千一百零五条".to_owned(),
            matters: Vec::new(),
            owner,
        };
        let gateway = &self.kit.gateway;
        let raised = async |act: Act<'_>| gateway.create_demand(&act, new).await;
        self.done(&self.publisher, raised).await.value
    }

    pub(super) async fn decline(&self, demand: &Demand, basis: &str) {
        let gateway = &self.kit.gateway;
        self.done(&self.owner, async |act: Act<'_>| {
            let (basis, reason) = (basis.to_owned(), "涉及个人隐私".to_owned());
            let name = &demand.name;
            gateway.decline_demand(&act, name, basis, reason, "").await
        })
        .await;
    }

    pub(super) async fn meet(&self, demand: &Demand, resource: &ResourceName) {
        let gateway = &self.kit.gateway;
        self.done(&self.owner, async |act: Act<'_>| {
            let resource = resource.clone();
            gateway.meet_demand(&act, &demand.name, resource, "").await
        })
        .await;
    }

    pub(super) async fn keep_system(&self, document: &str) {
        self.record(Step::Disposal(Disposal::Keep), document).await;
    }

    /// States a step of the system's way.
    pub(super) async fn record(&self, step: Step, document: &str) {
        let gateway = &self.kit.gateway;
        let name = SystemName::parse(SYSTEM).unwrap();
        self.done(&self.owner, async |act: Act<'_>| {
            let (step, document) = (step.clone(), document.to_owned());
            gateway
                .record_system_step(&act, &name, step, document, "")
                .await
        })
        .await;
    }

    /// Registers an endpoint at which nothing listens, and tries it with an entry.
    pub(super) async fn dead_endpoint(&self, entry: &ResourceName) {
        let gateway = &self.kit.gateway;
        let endpoint = Endpoint {
            name: EndpointId::from_path(&format!("{SYSTEM}/endpoints/main")).unwrap(),
            system: SystemName::parse(SYSTEM).unwrap(),
            address: Address::parse("127.0.0.1:1").unwrap(),
            health: Health::Unknown,
            protocol: Protocol::Grpc,
            maintenance: Vec::new(),
            conformance: None,
            removed: None,
            examined_until: None,
        };
        let name = endpoint.name.clone();
        self.done(&self.owner, async |act: Act<'_>| {
            let probed = gateway.create_endpoint(&act, endpoint).await;
            probed.map(|probed| probed.endpoint)
        })
        .await;
        let sample = Sample {
            resource: entry.clone(),
            holder: None,
            absent_holder: None,
            holder_item: None,
            calls: Vec::new(),
        };
        let request_id = self.kit.request_id();
        let act = Kit::act_as(&self.owner, &request_id, "CheckConformance");
        let examined = gateway.check_conformance(&act, &name, &[sample]).await;
        assert!(!examined.unwrap().report.passed());
    }

    /// Does something in somebody's name.
    async fn done<T>(
        &self,
        who: &Caller,
        step: impl AsyncFnOnce(Act<'_>) -> Result<Stored<T>, broker::Failure>,
    ) -> Stored<T> {
        let request_id = self.kit.request_id();
        step(Kit::act_as(who, &request_id, "Tests")).await.unwrap()
    }
}
