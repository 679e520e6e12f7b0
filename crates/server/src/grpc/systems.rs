//! Systems over gRPC.

use api::registry::v1 as pb;
use api::registry::v1::system_service_server::SystemService;
use broker::{Stored, SystemPatch};
use domain::fault::{self, Cause};
use domain::name::{DepartmentName, RequestId, SystemName};
use domain::system::{Hosting, NetworkZone, System, SystemState, Unclassified};
use tonic::{Request, Response, Status};

use super::Adapter;
use super::incoming::{Fields, Incoming, page, wire_time};
use crate::status::status_of;

#[tonic::async_trait]
impl SystemService for Adapter {
    async fn create_system(
        &self,
        request: Request<pb::CreateSystemRequest>,
    ) -> Result<Response<pb::System>, Status> {
        let incoming = Incoming::of(request)?;
        let (system, id) = parse(&incoming.message)?;
        let mut act = incoming.act("CreateSystem", &id);
        act.validate_only = incoming.message.validate_only;
        let row = self
            .gateway
            .create_system(&act, system)
            .await
            .map_err(status_of)?;
        Ok(Response::new(wire(row)))
    }

    async fn get_system(
        &self,
        request: Request<pb::GetSystemRequest>,
    ) -> Result<Response<pb::System>, Status> {
        let message = Incoming::of(request)?.message;
        let mut fields = Fields::default();
        let name = fields.name("name", &message.name, SystemName::parse);
        let row = self
            .gateway
            .system(&fields.finish(name)?)
            .await
            .map_err(status_of)?;
        Ok(Response::new(wire(row)))
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
        Ok(Response::new(pb::ListSystemsResponse {
            systems: page.rows.into_iter().map(wire).collect(),
            next_page_token: page.next,
        }))
    }

    async fn update_system(
        &self,
        request: Request<pb::UpdateSystemRequest>,
    ) -> Result<Response<pb::System>, Status> {
        let incoming = Incoming::of(request)?;
        let (name, id, patch, etag) = parse_update(&incoming.message)?;
        let act = incoming.act("UpdateSystem", &id);
        let row = self
            .gateway
            .update_system(&act, &name, patch, &etag)
            .await
            .map_err(status_of)?;
        Ok(Response::new(wire(row)))
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
        let row = self
            .gateway
            .suspend_system(&act, &name, reason)
            .await
            .map_err(status_of)?;
        Ok(Response::new(wire(row)))
    }

    async fn resume_system(
        &self,
        request: Request<pb::ResumeSystemRequest>,
    ) -> Result<Response<pb::System>, Status> {
        let incoming = Incoming::of(request)?;
        let mut fields = Fields::default();
        let id = fields.request_id(&incoming.message.request_id);
        let name = fields.name("name", &incoming.message.name, SystemName::parse);
        let (id, name) = fields.finish(id.zip(name))?;
        let act = incoming.act("ResumeSystem", &id);
        let row = self
            .gateway
            .resume_system(&act, &name)
            .await
            .map_err(status_of)?;
        Ok(Response::new(wire(row)))
    }
}

fn parse(message: &pb::CreateSystemRequest) -> Result<(System, RequestId), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(&message.request_id);
    let part = fields
        .message("system", message.system.clone())
        .unwrap_or_default();
    let name = fields.name("system.name", &part.name, SystemName::parse);
    let display_name = fields.take("system.display_name", fault::line(&part.display_name, 100));
    let department = fields.name("system.department", &part.department, DepartmentName::parse);
    let unclassified = fields.take("system.classified", Unclassified::declared(part.classified));
    let network_zone = fields.take(
        "system.network_zone",
        NetworkZone::parse(&part.network_zone),
    );
    let hosting = fields.take("system.hosting", Hosting::parse(&part.hosting));
    let builder = fields.take("system.builder", fault::optional_line(&part.builder, 100));
    let maintainer = fields.take(
        "system.maintainer",
        fault::optional_line(&part.maintainer, 100),
    );
    let whole = (|| {
        let system = System {
            name: name?,
            display_name: display_name?,
            department: department?,
            self_built: part.self_built,
            unclassified: unclassified?,
            network_zone: network_zone?,
            hosting: hosting?,
            builder: builder?,
            maintainer: maintainer?,
            state: SystemState::Active,
        };
        Some((system, id?))
    })();
    fields.finish(whole)
}

fn parse_update(
    message: &pb::UpdateSystemRequest,
) -> Result<(SystemName, RequestId, SystemPatch, String), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(&message.request_id);
    let part = fields
        .message("system", message.system.clone())
        .unwrap_or_default();
    let name = fields.name("system.name", &part.name, SystemName::parse);
    let mask = message.update_mask.clone().unwrap_or_default();
    if mask.paths.is_empty() {
        fields.fault(
            "update_mask",
            &Cause::new("REQUIRED", "name the fields to change"),
        );
    }
    let mut patch = SystemPatch::default();
    for (index, path) in mask.paths.iter().enumerate() {
        match path.as_str() {
            "display_name" => {
                let line = fault::line(&part.display_name, 100);
                patch.display_name = fields.take("system.display_name", line);
            }
            "network_zone" => {
                let zone = NetworkZone::parse(&part.network_zone);
                patch.network_zone = fields.take("system.network_zone", zone);
            }
            "hosting" => {
                patch.hosting = fields.take("system.hosting", Hosting::parse(&part.hosting));
            }
            "builder" => {
                let line = fault::optional_line(&part.builder, 100);
                patch.builder = fields.take("system.builder", line);
            }
            "maintainer" => {
                let line = fault::optional_line(&part.maintainer, 100);
                patch.maintainer = fields.take("system.maintainer", line);
            }
            _ => {
                let known = "display_name, network_zone, hosting, builder, maintainer";
                let cause = Cause::new(
                    "FIELD_MASK_PATH_UNKNOWN",
                    format!("no field that can be changed; choose among {known}"),
                );
                fields.fault(&format!("update_mask.paths[{index}]"), &cause);
            }
        }
    }
    let whole = id.zip(name).map(|(id, name)| (name, id, patch, part.etag));
    fields.finish(whole)
}

fn wire(row: Stored<System>) -> pb::System {
    let etag = row.etag();
    let create_time = Some(wire_time(row.create_time));
    let system = row.value;
    let (state, suspend_reason) = match system.state {
        SystemState::Active => (pb::system::State::Active, String::new()),
        SystemState::Suspended { reason } => (pb::system::State::Suspended, reason),
        SystemState::Retired => (pb::system::State::Retired, String::new()),
    };
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
    }
}
