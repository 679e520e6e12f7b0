//! The catalogue over gRPC.

mod import;
mod parse;
mod quality;
mod steps;
mod wire;

use api::catalogue::v1 as pb;
use api::catalogue::v1::resource_service_server::ResourceService;
use broker::{Failure, Stored};
use domain::caller::Caller;
use domain::name::{DepartmentName, ResourceName};
use domain::resource::Resource;
use domain::snapshot::Snapshot;
use tonic::{Request, Response, Status};

use super::Adapter;
use super::incoming::{Fields, Incoming, moment, page};
use super::search;
use crate::status::status_of;

use wire::{wire_change, wire_version};

pub(crate) use wire::{wire, wire_basis, wire_modes};

fn around<'a>(snapshot: &'a Snapshot, caller: &'a Caller) -> parse::Around<'a> {
    let own = caller.department();
    parse::Around { snapshot, own }
}

impl Adapter {
    /// Everything that is wrong with a request about an entry: its form, and what else could be judged.
    fn unfit(&self, caller: &Caller, unfit: parse::Unfit) -> Status {
        let mut faults = unfit.faults;
        if let Some((entry, unread)) = unfit.entry {
            let beside = self.gateway.faults_beside_form(caller, &entry, &unread);
            faults.within("", "", &beside);
        }
        status_of(Failure::from(faults))
    }
}

#[tonic::async_trait]
impl ResourceService for Adapter {
    async fn create_resource(
        &self,
        request: Request<pb::CreateResourceRequest>,
    ) -> Result<Response<pb::Resource>, Status> {
        let incoming = Incoming::of(request)?;
        let snapshot = self.gateway.snapshot();
        let parsed = parse::created(&incoming.message, around(&snapshot, &incoming.caller));
        let (resource, id) = parsed.map_err(|unfit| self.unfit(&incoming.caller, *unfit))?;
        let mut act = incoming.act("CreateResource", &id);
        act.validate_only = incoming.message.validate_only;
        answered(self.gateway.create_resource(&act, resource).await)
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
        let snapshot = self.gateway.snapshot();
        let around = around(&snapshot, &incoming.caller);
        let (id, rows, faults) = import::rows(&incoming.message, around)?;
        let mut act = incoming.act("ImportResources", &id);
        act.validate_only = incoming.message.validate_only;
        let imported = self.gateway.import_resources(&act, rows, faults).await;
        Ok(Response::new(import::wire(imported.map_err(status_of)?)))
    }

    async fn update_resource(
        &self,
        request: Request<pb::UpdateResourceRequest>,
    ) -> Result<Response<pb::Resource>, Status> {
        let incoming = Incoming::of(request)?;
        let snapshot = self.gateway.snapshot();
        let parsed = parse::updated(&incoming.message, around(&snapshot, &incoming.caller));
        let (resource, id, etag) = parsed.map_err(|unfit| self.unfit(&incoming.caller, *unfit))?;
        let mut act = incoming.act("UpdateResource", &id);
        act.validate_only = incoming.message.validate_only;
        answered(self.gateway.update_resource(&act, resource, &etag).await)
    }

    async fn return_resource(
        &self,
        request: Request<pb::ReturnResourceRequest>,
    ) -> Result<Response<pb::Resource>, Status> {
        let incoming = Incoming::of(request)?;
        let (name, id, reasons) = steps::returned(&incoming.message)?;
        let act = incoming.act("ReturnResource", &id);
        let etag = &incoming.message.etag;
        let returned = self.gateway.return_resource(&act, &name, reasons, etag);
        answered(returned.await)
    }

    async fn suspend_resource(
        &self,
        request: Request<pb::SuspendResourceRequest>,
    ) -> Result<Response<pb::Resource>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let (name, id, why) = steps::stop(&message.name, &message.request_id, &message.reason)?;
        let act = incoming.act("SuspendResource", &id);
        let suspended = self
            .gateway
            .suspend_resource(&act, &name, why, &message.etag);
        answered(suspended.await)
    }

    async fn resume_resource(
        &self,
        request: Request<pb::ResumeResourceRequest>,
    ) -> Result<Response<pb::Resource>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let (name, id) = steps::step(&message.name, &message.request_id)?;
        let act = incoming.act("ResumeResource", &id);
        answered(
            self.gateway
                .resume_resource(&act, &name, &message.etag)
                .await,
        )
    }

    async fn recall_resource(
        &self,
        request: Request<pb::RecallResourceRequest>,
    ) -> Result<Response<pb::Resource>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let (name, id, why) = steps::stop(&message.name, &message.request_id, &message.reason)?;
        let act = incoming.act("RecallResource", &id);
        let recalled = self
            .gateway
            .recall_resource(&act, &name, why, &message.etag);
        answered(recalled.await)
    }

    async fn retire_resource(
        &self,
        request: Request<pb::RetireResourceRequest>,
    ) -> Result<Response<pb::Resource>, Status> {
        let incoming = Incoming::of(request)?;
        let (name, id, why, last) = steps::retired(&incoming.message)?;
        let act = incoming.act("RetireResource", &id);
        let etag = &incoming.message.etag;
        let retiring = self.gateway.retire_resource(&act, &name, why, last, etag);
        answered(retiring.await)
    }

    async fn require_resource_update(
        &self,
        request: Request<pb::RequireResourceUpdateRequest>,
    ) -> Result<Response<pb::Resource>, Status> {
        let incoming = Incoming::of(request)?;
        let (name, id, document, day) = steps::required(&incoming.message)?;
        let act = incoming.act("RequireResourceUpdate", &id);
        let etag = &incoming.message.etag;
        let required = self
            .gateway
            .require_resource_update(&act, &name, document, day, etag);
        answered(required.await)
    }

    async fn extend_resource_update(
        &self,
        request: Request<pb::ExtendResourceUpdateRequest>,
    ) -> Result<Response<pb::Resource>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let (name, id, why) = steps::stop(&message.name, &message.request_id, &message.reason)?;
        let act = incoming.act("ExtendResourceUpdate", &id);
        let extended = self
            .gateway
            .extend_resource_update(&act, &name, why, &message.etag);
        answered(extended.await)
    }

    async fn get_resource_change(
        &self,
        request: Request<pb::GetResourceChangeRequest>,
    ) -> Result<Response<pb::ResourceChange>, Status> {
        let incoming = Incoming::of(request)?;
        let mut fields = Fields::default();
        let name = fields.name("name", &incoming.message.name, ResourceName::parse);
        let name = fields.finish(name)?;
        let change = self.gateway.resource_change(&incoming.caller, &name).await;
        Ok(Response::new(wire_change(change.map_err(status_of)?)))
    }

    async fn acknowledge_resource_change(
        &self,
        request: Request<pb::AcknowledgeResourceChangeRequest>,
    ) -> Result<Response<pb::ResourceChange>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let (name, id) = steps::step(&message.name, &message.request_id)?;
        let act = incoming.act("AcknowledgeResourceChange", &id);
        let change = self.gateway.acknowledge_resource_change(&act, &name).await;
        Ok(Response::new(wire_change(change.map_err(status_of)?)))
    }

    async fn list_resource_versions(
        &self,
        request: Request<pb::ListResourceVersionsRequest>,
    ) -> Result<Response<pb::ListResourceVersionsResponse>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let page = page(message.page_size, &message.page_token)?;
        let mut fields = Fields::default();
        let name = fields.name("parent", &message.parent, ResourceName::parse);
        let name = fields.finish(name)?;
        let versions = self
            .gateway
            .resource_versions(&incoming.caller, &name, &page);
        let page = versions.await.map_err(status_of)?;
        let rows = page.rows.into_iter().map(|row| row.value);
        Ok(Response::new(pb::ListResourceVersionsResponse {
            versions: rows.map(wire_version).collect(),
            next_page_token: page.next,
        }))
    }

    async fn get_resource_quality(
        &self,
        request: Request<pb::GetResourceQualityRequest>,
    ) -> Result<Response<pb::ResourceQuality>, Status> {
        let incoming = Incoming::of(request)?;
        let mut fields = Fields::default();
        let name = fields.name("name", &incoming.message.name, ResourceName::parse);
        let name = fields.finish(name)?;
        let found = self.gateway.resource_quality(&incoming.caller, &name);
        Ok(Response::new(quality::wire(found.map_err(status_of)?)))
    }

    async fn list_resource_qualities(
        &self,
        request: Request<pb::ListResourceQualitiesRequest>,
    ) -> Result<Response<pb::ListResourceQualitiesResponse>, Status> {
        let Incoming {
            caller, message, ..
        } = Incoming::of(request)?;
        let page = page(message.page_size, &message.page_token)?;
        let filter = quality::filter(&message)?;
        let found = self.gateway.resource_qualities(&caller, &filter, &page);
        Ok(Response::new(quality::wire_page(
            found.await.map_err(status_of)?,
        )))
    }

    async fn list_resource_drifts(
        &self,
        request: Request<pb::ListResourceDriftsRequest>,
    ) -> Result<Response<pb::ListResourceDriftsResponse>, Status> {
        let Incoming { caller, .. } = Incoming::of(request)?;
        let drifts = self.gateway.drifts(&caller);
        Ok(Response::new(pb::ListResourceDriftsResponse {
            drifts: drifts.iter().map(quality::wire_drift).collect(),
        }))
    }

    async fn report_resource_update(
        &self,
        request: Request<pb::ReportResourceUpdateRequest>,
    ) -> Result<Response<pb::ResourceQuality>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let mut fields = Fields::default();
        let id = fields.request_id(&message.request_id);
        let name = fields.name("name", &message.name, ResourceName::parse);
        let at = fields.take("data_time", moment(message.data_time));
        let ((name, id), at) = fields.finish(name.zip(id).zip(at))?;
        let act = incoming.act("ReportResourceUpdate", &id);
        let reported = self.gateway.report_resource_update(&act, &name, at);
        reported.await.map_err(status_of)?;
        let found = self.gateway.resource_quality(&incoming.caller, &name);
        Ok(Response::new(quality::wire(found.map_err(status_of)?)))
    }

    async fn register_resource(
        &self,
        request: Request<pb::RegisterResourceRequest>,
    ) -> Result<Response<pb::Resource>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let (name, id) = steps::step(&message.name, &message.request_id)?;
        let act = incoming.act("RegisterResource", &id);
        answered(
            self.gateway
                .register_resource(&act, &name, &message.etag)
                .await,
        )
    }

    async fn publish_resource(
        &self,
        request: Request<pb::PublishResourceRequest>,
    ) -> Result<Response<pb::Resource>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let (name, id) = steps::step(&message.name, &message.request_id)?;
        let act = incoming.act("PublishResource", &id);
        answered(
            self.gateway
                .publish_resource(&act, &name, &message.etag)
                .await,
        )
    }
}

fn answered(row: Result<Stored<Resource>, Failure>) -> Result<Response<pb::Resource>, Status> {
    Ok(Response::new(wire(row.map_err(status_of)?)))
}
