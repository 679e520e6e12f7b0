//! Applications over gRPC.

use api::sharing::v1 as pb;
use api::sharing::v1::application_service_server::ApplicationService;
use broker::{Stored, wire};
use domain::application::{Application, ApplicationState, Terms};
use domain::fault;
use domain::item;
use domain::name::{ApplicationName, MatterName, RequestId, ResourceName, SystemName};
use tonic::{Request, Response, Status};

use super::Adapter;
use super::catalogue::wire_modes;
use super::grants;
use super::incoming::{Fields, Incoming, page, wire_time};
use crate::status::status_of;

#[tonic::async_trait]
impl ApplicationService for Adapter {
    async fn create_application(
        &self,
        request: Request<pb::CreateApplicationRequest>,
    ) -> Result<Response<pb::Application>, Status> {
        let incoming = Incoming::of(request)?;
        let name = self.gateway.new_application_name().map_err(status_of)?;
        let (application, id) = parse(&incoming.message, name)?;
        let mut act = incoming.act("CreateApplication", &id);
        act.validate_only = incoming.message.validate_only;
        let row = self
            .gateway
            .create_application(&act, application)
            .await
            .map_err(status_of)?;
        Ok(Response::new(wire_application(row)))
    }

    async fn submit_application(
        &self,
        request: Request<pb::SubmitApplicationRequest>,
    ) -> Result<Response<pb::Application>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let (name, id) = step(&message.name, &message.request_id)?;
        let act = incoming.act("SubmitApplication", &id);
        let row = self
            .gateway
            .submit_application(&act, &name, &message.etag)
            .await
            .map_err(status_of)?;
        Ok(Response::new(wire_application(row)))
    }

    async fn approve_application(
        &self,
        request: Request<pb::ApproveApplicationRequest>,
    ) -> Result<Response<pb::ApproveApplicationResponse>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let mut fields = Fields::default();
        let id = fields.request_id(&message.request_id);
        let name = fields.name("name", &message.name, ApplicationName::parse);
        let known = fields.optional("resource_last_day", &message.resource_last_day, fault::date);
        let (id, name) = fields.finish(id.zip(name))?;
        let act = incoming.act("ApproveApplication", &id);
        let (application, grant) = self
            .gateway
            .approve_application(&act, &name, known, &message.etag)
            .await
            .map_err(status_of)?;
        Ok(Response::new(pb::ApproveApplicationResponse {
            application: Some(wire_application(application)),
            grant: Some(grants::wire(grant)),
        }))
    }

    async fn refuse_application(
        &self,
        request: Request<pb::RefuseApplicationRequest>,
    ) -> Result<Response<pb::Application>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let mut fields = Fields::default();
        let id = fields.request_id(&message.request_id);
        let name = fields.name("name", &message.name, ApplicationName::parse);
        let reason = fields.take("reason", fault::line(&message.reason, 300));
        let ((id, name), reason) = fields.finish(id.zip(name).zip(reason))?;
        let act = incoming.act("RefuseApplication", &id);
        let row = self
            .gateway
            .refuse_application(&act, &name, reason, &message.etag)
            .await
            .map_err(status_of)?;
        Ok(Response::new(wire_application(row)))
    }

    async fn get_application(
        &self,
        request: Request<pb::GetApplicationRequest>,
    ) -> Result<Response<pb::Application>, Status> {
        let incoming = Incoming::of(request)?;
        let mut fields = Fields::default();
        let name = fields.name("name", &incoming.message.name, ApplicationName::parse);
        let name = fields.finish(name)?;
        let row = self
            .gateway
            .application(&incoming.caller, &name)
            .await
            .map_err(status_of)?;
        Ok(Response::new(wire_application(row)))
    }

    async fn list_applications(
        &self,
        request: Request<pb::ListApplicationsRequest>,
    ) -> Result<Response<pb::ListApplicationsResponse>, Status> {
        let Incoming {
            caller, message, ..
        } = Incoming::of(request)?;
        let page = page(message.page_size, &message.page_token)?;
        let page = self
            .gateway
            .applications(&caller, &page)
            .await
            .map_err(status_of)?;
        Ok(Response::new(pb::ListApplicationsResponse {
            applications: page.rows.into_iter().map(wire_application).collect(),
            next_page_token: page.next,
        }))
    }
}

fn step(name: &str, request_id: &str) -> Result<(ApplicationName, RequestId), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(request_id);
    let name = fields.name("name", name, ApplicationName::parse);
    fields.finish(name.zip(id))
}

fn parse(
    message: &pb::CreateApplicationRequest,
    name: ApplicationName,
) -> Result<(Application, RequestId), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(&message.request_id);
    let part = fields
        .message("application", message.application.clone())
        .unwrap_or_default();
    let consumer = fields.name("application.consumer", &part.consumer, SystemName::parse);
    let resource = fields.name("application.resource", &part.resource, ResourceName::parse);
    let items = fields.take("application.items", item::keys(&part.items));
    let share_modes = fields.take(
        "application.share_modes",
        wire::modes_from(part.share_modes()),
    );
    let matters = fields.names("application.matters", &part.matters, MatterName::parse);
    let legal_basis = fields.take(
        "application.legal_basis",
        fault::line(&part.legal_basis, 300),
    );
    let scene = fields.take("application.scene", fault::line(&part.scene, 300));
    let start = fields.take("application.start_date", fault::date(&part.start_date));
    let end = fields.take("application.end_date", fault::date(&part.end_date));
    let row_filter = match part.row_filter.clone() {
        None => Some(None),
        Some(filter) => fields
            .take("application.row_filter", wire::filter_from(filter))
            .map(Some),
    };
    let whole = (|| {
        let terms = Terms {
            consumer: consumer?,
            resource: resource?,
            items: items?,
            share_modes: share_modes?,
            matters: matters?,
            legal_basis: legal_basis?,
            start: start?,
            end: end?,
            operator_required: part.operator_required,
            row_filter: row_filter?,
            issues_use_codes: part.issues_use_codes,
        };
        let application = Application {
            name,
            terms,
            scene: scene?,
            // The use case writes who it was.
            applicant: String::new(),
            state: ApplicationState::Draft,
        };
        Some((application, id?))
    })();
    fields.finish(whole)
}

fn wire_application(row: Stored<Application>) -> pb::Application {
    use pb::application::State;
    let etag = row.etag();
    let application = row.value;
    let clock = application.state.clock().cloned();
    let (state, grant, refuse_reason) = match application.state {
        ApplicationState::Draft => (State::Draft, String::new(), String::new()),
        ApplicationState::Submitted { .. } => (State::Submitted, String::new(), String::new()),
        ApplicationState::Approved { grant, .. } => (State::Approved, grant.into(), String::new()),
        ApplicationState::Refused { reason, .. } => (State::Refused, String::new(), reason),
    };
    let terms = application.terms;
    pb::Application {
        name: application.name.into(),
        consumer: terms.consumer.into(),
        resource: terms.resource.into(),
        items: terms.items.into_iter().map(String::from).collect(),
        share_modes: wire_modes(&terms.share_modes),
        matters: terms.matters.into_iter().map(String::from).collect(),
        legal_basis: terms.legal_basis,
        scene: application.scene,
        start_date: terms.start.to_string(),
        end_date: terms.end.to_string(),
        operator_required: terms.operator_required,
        row_filter: terms.row_filter.map(wire::filter_to),
        issues_use_codes: terms.issues_use_codes,
        state: state.into(),
        receive_time: clock.as_ref().map(|clock| wire_time(clock.received)),
        due_date: clock
            .as_ref()
            .and_then(|clock| clock.due)
            .map(|day| day.to_string())
            .unwrap_or_default(),
        due_rule: clock.map(|clock| clock.rule).unwrap_or_default(),
        grant,
        refuse_reason,
        applicant: application.applicant,
        etag,
    }
}
