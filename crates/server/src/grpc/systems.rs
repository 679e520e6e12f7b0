//! Systems over gRPC.

mod import;
mod parse;
mod steps;

use api::registry::v1 as pb;
use api::registry::v1::system_service_server::SystemService;
use broker::{Failure, Stored};
use domain::fault;
use domain::name::{DepartmentName, RequestId, SystemName};
use domain::progress::Proofs;
use domain::system::{System, SystemState};
use tonic::{Request, Response, Status};

use super::Adapter;
use super::incoming::{Fields, Incoming, page, wire_time};
use crate::status::status_of;

pub(super) use import::wire_faults;

#[tonic::async_trait]
impl SystemService for Adapter {
    async fn create_system(
        &self,
        request: Request<pb::CreateSystemRequest>,
    ) -> Result<Response<pb::System>, Status> {
        let incoming = Incoming::of(request)?;
        let (system, id, document) = parse::created(&incoming.message)?;
        let mut act = incoming.act("CreateSystem", &id);
        act.validate_only = incoming.message.validate_only;
        self.shown(self.gateway.create_system(&act, system, document).await)
            .await
    }

    async fn get_system(
        &self,
        request: Request<pb::GetSystemRequest>,
    ) -> Result<Response<pb::System>, Status> {
        let message = Incoming::of(request)?.message;
        let mut fields = Fields::default();
        let name = fields.name("name", &message.name, SystemName::parse);
        let name = fields.finish(name)?;
        self.shown(self.gateway.system(&name).await).await
    }

    async fn list_systems(
        &self,
        request: Request<pb::ListSystemsRequest>,
    ) -> Result<Response<pb::ListSystemsResponse>, Status> {
        let message = Incoming::of(request)?.message;
        let page = page(message.page_size, &message.page_token)?;
        let mut fields = Fields::default();
        let department = fields.optional("department", &message.department, DepartmentName::parse);
        let department = fields.finish(Some(department))?;
        let page = self
            .gateway
            .systems(&page, department.as_ref())
            .await
            .map_err(status_of)?;
        let proofs = self.gateway.proofs().await.map_err(status_of)?;
        let shown = |row: Stored<System>| {
            let proofs = proofs.get(&row.value.name).copied().unwrap_or_default();
            wire(row, &proofs)
        };
        Ok(Response::new(pb::ListSystemsResponse {
            systems: page.rows.into_iter().map(shown).collect(),
            next_page_token: page.next,
        }))
    }

    async fn update_system(
        &self,
        request: Request<pb::UpdateSystemRequest>,
    ) -> Result<Response<pb::System>, Status> {
        let incoming = Incoming::of(request)?;
        let (name, id, patch, etag) = parse::updated(&incoming.message)?;
        let act = incoming.act("UpdateSystem", &id);
        let updated = self.gateway.update_system(&act, &name, patch, &etag).await;
        self.shown(updated).await
    }

    async fn import_systems(
        &self,
        request: Request<pb::ImportSystemsRequest>,
    ) -> Result<Response<pb::ImportSystemsResponse>, Status> {
        let incoming = Incoming::of(request)?;
        let (id, rows) = import::rows(&incoming.message)?;
        let mut act = incoming.act("ImportSystems", &id);
        act.validate_only = incoming.message.validate_only;
        let imported = self.gateway.import_systems(&act, rows).await;
        Ok(Response::new(import::wire(imported.map_err(status_of)?)))
    }

    async fn record_system_step(
        &self,
        request: Request<pb::RecordSystemStepRequest>,
    ) -> Result<Response<pb::System>, Status> {
        let incoming = Incoming::of(request)?;
        let (name, id, step, document) = steps::parse(&incoming.message)?;
        let act = incoming.act("RecordSystemStep", &id);
        let etag = &incoming.message.etag;
        let gateway = &self.gateway;
        let recorded = gateway.record_system_step(&act, &name, step, document, etag);
        self.shown(recorded.await).await
    }

    async fn retire_system(
        &self,
        request: Request<pb::RetireSystemRequest>,
    ) -> Result<Response<pb::System>, Status> {
        let incoming = Incoming::of(request)?;
        let (name, id) = named(&incoming.message.name, &incoming.message.request_id)?;
        let act = incoming.act("RetireSystem", &id);
        let etag = &incoming.message.etag;
        self.shown(self.gateway.retire_system(&act, &name, etag).await)
            .await
    }

    async fn suspend_system(
        &self,
        request: Request<pb::SuspendSystemRequest>,
    ) -> Result<Response<pb::System>, Status> {
        let incoming = Incoming::of(request)?;
        let mut fields = Fields::default();
        let id = fields.request_id(&incoming.message.request_id);
        let name = fields.name("name", &incoming.message.name, SystemName::parse);
        let reason = fields.take("reason", fault::line(&incoming.message.reason, 200));
        let ((id, name), reason) = fields.finish(id.zip(name).zip(reason))?;
        let act = incoming.act("SuspendSystem", &id);
        self.shown(self.gateway.suspend_system(&act, &name, reason).await)
            .await
    }

    async fn resume_system(
        &self,
        request: Request<pb::ResumeSystemRequest>,
    ) -> Result<Response<pb::System>, Status> {
        let incoming = Incoming::of(request)?;
        let (name, id) = named(&incoming.message.name, &incoming.message.request_id)?;
        let act = incoming.act("ResumeSystem", &id);
        self.shown(self.gateway.resume_system(&act, &name).await)
            .await
    }
}

impl Adapter {
    /// The answer about one system, with how far it has come.
    async fn shown(
        &self,
        outcome: Result<Stored<System>, Failure>,
    ) -> Result<Response<pb::System>, Status> {
        let row = outcome.map_err(status_of)?;
        let proofs = self.gateway.proofs_of(&row.value.name).await;
        Ok(Response::new(wire(row, &proofs.map_err(status_of)?)))
    }
}

fn named(name: &str, request_id: &str) -> Result<(SystemName, RequestId), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(request_id);
    let name = fields.name("name", name, SystemName::parse);
    fields.finish(name.zip(id))
}

fn wire(row: Stored<System>, proofs: &Proofs) -> pb::System {
    let etag = row.etag();
    let create_time = Some(wire_time(row.create_time));
    let system = row.value;
    let (state, suspend_reason) = match system.state {
        SystemState::Active => (pb::system::State::Active, String::new()),
        SystemState::Suspended { reason } => (pb::system::State::Suspended, reason),
        SystemState::Retired => (pb::system::State::Retired, String::new()),
    };
    let day = |day: Option<jiff::civil::Date>| day.map(|day| day.to_string()).unwrap_or_default();
    let inventory = system.inventory;
    pb::System {
        name: system.name.into(),
        display_name: system.display_name,
        department: system.department.into(),
        self_built: system.self_built,
        classified: false,
        network_zone: system.network_zone.to_string(),
        hosting: system.hosting.to_string(),
        builder: system.builder,
        maintainer: system.maintainer,
        state: state.into(),
        suspend_reason,
        create_time,
        etag,
        purpose: inventory.purpose,
        users: inventory.users,
        launch_date: day(inventory.launched),
        maintenance_end_date: day(inventory.maintenance_ends),
        protection_level: inventory.protection.map_or(0, |level| level.get().into()),
        databases: inventory.databases,
        yearly_cost: inventory.yearly_cost.map_or(0, u64::cast_signed),
        machine_room: inventory.machine_room,
        steps: Some(steps::wire(system.steps, proofs)),
    }
}
