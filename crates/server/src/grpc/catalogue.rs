//! The catalogue over gRPC.

mod import;
mod parse;
mod wire;

use api::catalogue::v1 as pb;
use api::catalogue::v1::resource_service_server::ResourceService;
use domain::name::{DepartmentName, RequestId, ResourceName};
use tonic::{Request, Response, Status};

use super::Adapter;
use super::incoming::{Fields, Incoming, page};
use super::search;
use crate::status::status_of;

pub(crate) use parse::{mode_from, modes_from};
pub(crate) use wire::{wire, wire_basis, wire_modes};

#[tonic::async_trait]
impl ResourceService for Adapter {
    async fn create_resource(
        &self,
        request: Request<pb::CreateResourceRequest>,
    ) -> Result<Response<pb::Resource>, Status> {
        let incoming = Incoming::of(request)?;
        let (resource, id) = parse::created(&incoming.message, &self.gateway.snapshot())?;
        let mut act = incoming.act("CreateResource", &id);
        act.validate_only = incoming.message.validate_only;
        let row = self
            .gateway
            .create_resource(&act, resource)
            .await
            .map_err(status_of)?;
        Ok(Response::new(wire(row)))
    }

    async fn get_resource(
        &self,
        request: Request<pb::GetResourceRequest>,
    ) -> Result<Response<pb::Resource>, Status> {
        let incoming = Incoming::of(request)?;
        let mut fields = Fields::default();
        let name = fields.name("name", &incoming.message.name, ResourceName::parse);
        let name = fields.finish(name)?;
        let row = self
            .gateway
            .resource(&incoming.caller, &name)
            .await
            .map_err(status_of)?;
        Ok(Response::new(wire(row)))
    }

    async fn list_resources(
        &self,
        request: Request<pb::ListResourcesRequest>,
    ) -> Result<Response<pb::ListResourcesResponse>, Status> {
        let Incoming {
            caller, message, ..
        } = Incoming::of(request)?;
        let page = page(message.page_size, &message.page_token)?;
        let mut fields = Fields::default();
        let department = fields.optional("department", &message.department, DepartmentName::parse);
        let department = fields.finish(Some(department))?;
        let page = self
            .gateway
            .resources(&caller, &page, department.as_ref())
            .await
            .map_err(status_of)?;
        Ok(Response::new(pb::ListResourcesResponse {
            resources: page.rows.into_iter().map(wire).collect(),
            next_page_token: page.next,
        }))
    }

    async fn search_resources(
        &self,
        request: Request<pb::SearchResourcesRequest>,
    ) -> Result<Response<pb::SearchResourcesResponse>, Status> {
        let Incoming {
            caller, message, ..
        } = Incoming::of(request)?;
        let wanted = search::parse(&message)?;
        let found = self.gateway.search_resources(&caller, &wanted).await;
        let found = found.map_err(status_of)?;
        Ok(Response::new(search::wire_found(
            found,
            &self.gateway.snapshot(),
        )))
    }

    async fn import_resources(
        &self,
        request: Request<pb::ImportResourcesRequest>,
    ) -> Result<Response<pb::ImportResourcesResponse>, Status> {
        let incoming = Incoming::of(request)?;
        let (id, rows, faults) = import::rows(&incoming.message, &self.gateway.snapshot())?;
        let mut act = incoming.act("ImportResources", &id);
        act.validate_only = incoming.message.validate_only;
        let imported = self.gateway.import_resources(&act, rows, faults).await;
        Ok(Response::new(import::wire(imported.map_err(status_of)?)))
    }

    async fn register_resource(
        &self,
        request: Request<pb::RegisterResourceRequest>,
    ) -> Result<Response<pb::Resource>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let (name, id) = step(&message.name, &message.request_id)?;
        let act = incoming.act("RegisterResource", &id);
        let row = self
            .gateway
            .register_resource(&act, &name, &message.etag)
            .await
            .map_err(status_of)?;
        Ok(Response::new(wire(row)))
    }

    async fn publish_resource(
        &self,
        request: Request<pb::PublishResourceRequest>,
    ) -> Result<Response<pb::Resource>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let (name, id) = step(&message.name, &message.request_id)?;
        let act = incoming.act("PublishResource", &id);
        let row = self
            .gateway
            .publish_resource(&act, &name, &message.etag)
            .await
            .map_err(status_of)?;
        Ok(Response::new(wire(row)))
    }
}

fn step(name: &str, request_id: &str) -> Result<(ResourceName, RequestId), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(request_id);
    let name = fields.name("name", name, ResourceName::parse);
    fields.finish(name.zip(id))
}
