//! Applications over gRPC.

mod parse;
mod wire;

use api::sharing::v1 as pb;
use api::sharing::v1::application_service_server::ApplicationService;
use broker::{Failure, Stored};
use domain::application::Application;
use domain::caller::Caller;
use domain::fault;
use domain::name::ApplicationName;
use tonic::{Request, Response, Status};

use super::Adapter;
use super::grants;
use super::incoming::{Fields, Incoming, page};
use crate::status::status_of;
use wire::{View, wire_application, wire_ground};

impl Adapter {
    fn show(&self, caller: &Caller, row: Stored<Application>) -> pb::Application {
        let view = View {
            inside: self.gateway.answers_for(caller, &row.value),
            today: self.today(),
        };
        wire_application(row, view)
    }

    fn answered(
        &self,
        caller: &Caller,
        row: Result<Stored<Application>, Failure>,
    ) -> Result<Response<pb::Application>, Status> {
        let row = row.map_err(status_of)?;
        Ok(Response::new(self.show(caller, row)))
    }
}

#[tonic::async_trait]
impl ApplicationService for Adapter {
    async fn create_application(
        &self,
        request: Request<pb::CreateApplicationRequest>,
    ) -> Result<Response<pb::Application>, Status> {
        let incoming = Incoming::of(request)?;
        let (content, id) = parse::created(&incoming.message)?;
        let name = self.gateway.new_application_name().map_err(status_of)?;
        let application = Application::draft(name, content);
        let mut act = incoming.act("CreateApplication", &id);
        act.validate_only = incoming.message.validate_only;
        let row = self.gateway.create_application(&act, application).await;
        self.answered(&incoming.caller, row)
    }

    async fn update_application(
        &self,
        request: Request<pb::UpdateApplicationRequest>,
    ) -> Result<Response<pb::Application>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let (name, id, content) = parse::updated(message)?;
        let mut act = incoming.act("UpdateApplication", &id);
        act.validate_only = message.validate_only;
        let part = message.application.as_ref();
        let etag = part.map_or("", |part| part.etag.as_str());
        let gateway = &self.gateway;
        let row = gateway.update_application(&act, &name, content, etag).await;
        self.answered(&incoming.caller, row)
    }

    async fn sign_off_application(
        &self,
        request: Request<pb::SignOffApplicationRequest>,
    ) -> Result<Response<pb::Application>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let (name, id) = parse::step(&message.name, &message.request_id)?;
        let act = incoming.act("SignOffApplication", &id);
        let gateway = &self.gateway;
        let row = gateway
            .sign_off_application(&act, &name, &message.etag)
            .await;
        self.answered(&incoming.caller, row)
    }

    async fn submit_application(
        &self,
        request: Request<pb::SubmitApplicationRequest>,
    ) -> Result<Response<pb::Application>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let (name, id) = parse::step(&message.name, &message.request_id)?;
        let act = incoming.act("SubmitApplication", &id);
        let gateway = &self.gateway;
        let row = gateway.submit_application(&act, &name, &message.etag).await;
        self.answered(&incoming.caller, row)
    }

    async fn withdraw_application(
        &self,
        request: Request<pb::WithdrawApplicationRequest>,
    ) -> Result<Response<pb::Application>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let said = ("reason", message.reason.as_str(), 300);
        let (name, id, text) = parse::said(&message.name, &message.request_id, said)?;
        let act = incoming.act("WithdrawApplication", &id);
        let gateway = &self.gateway;
        let row = gateway
            .withdraw_application(&act, &name, text, &message.etag)
            .await;
        self.answered(&incoming.caller, row)
    }

    async fn request_material(
        &self,
        request: Request<pb::RequestMaterialRequest>,
    ) -> Result<Response<pb::Application>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let (name, id, missing) = parse::missing(message)?;
        let act = incoming.act("RequestMaterial", &id);
        let gateway = &self.gateway;
        let row = gateway
            .request_material(&act, &name, missing, &message.etag)
            .await;
        self.answered(&incoming.caller, row)
    }

    async fn supply_material(
        &self,
        request: Request<pb::SupplyMaterialRequest>,
    ) -> Result<Response<pb::Application>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let said = ("statement", message.statement.as_str(), 2000);
        let (name, id, text) = parse::said(&message.name, &message.request_id, said)?;
        let act = incoming.act("SupplyMaterial", &id);
        let gateway = &self.gateway;
        let row = gateway
            .supply_material(&act, &name, text, &message.etag)
            .await;
        self.answered(&incoming.caller, row)
    }

    async fn request_extension(
        &self,
        request: Request<pb::RequestExtensionRequest>,
    ) -> Result<Response<pb::Application>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let (name, id, asked) = parse::extension(message)?;
        let act = incoming.act("RequestExtension", &id);
        let gateway = &self.gateway;
        let row = gateway
            .request_extension(&act, &name, asked, &message.etag)
            .await;
        self.answered(&incoming.caller, row)
    }

    async fn consent_extension(
        &self,
        request: Request<pb::ConsentExtensionRequest>,
    ) -> Result<Response<pb::Application>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let (name, id) = parse::step(&message.name, &message.request_id)?;
        let act = incoming.act("ConsentExtension", &id);
        let gateway = &self.gateway;
        let row = gateway.consent_extension(&act, &name, &message.etag).await;
        self.answered(&incoming.caller, row)
    }

    async fn decline_extension(
        &self,
        request: Request<pb::DeclineExtensionRequest>,
    ) -> Result<Response<pb::Application>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let said = ("reason", message.reason.as_str(), 300);
        let (name, id, text) = parse::said(&message.name, &message.request_id, said)?;
        let act = incoming.act("DeclineExtension", &id);
        let gateway = &self.gateway;
        let row = gateway
            .decline_extension(&act, &name, text, &message.etag)
            .await;
        self.answered(&incoming.caller, row)
    }

    async fn notify_extension(
        &self,
        request: Request<pb::NotifyExtensionRequest>,
    ) -> Result<Response<pb::Application>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let (name, id) = parse::step(&message.name, &message.request_id)?;
        let act = incoming.act("NotifyExtension", &id);
        let gateway = &self.gateway;
        let row = gateway.notify_extension(&act, &name, &message.etag).await;
        self.answered(&incoming.caller, row)
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
            application: Some(self.show(&incoming.caller, application)),
            grant: grant.map(|row| grants::wire(row, self.today())),
        }))
    }

    async fn offer_terms(
        &self,
        request: Request<pb::OfferTermsRequest>,
    ) -> Result<Response<pb::Application>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let (name, id, offered) = parse::offer(message)?;
        let act = incoming.act("OfferTerms", &id);
        let gateway = &self.gateway;
        let row = gateway
            .offer_terms(&act, &name, offered, &message.etag)
            .await;
        self.answered(&incoming.caller, row)
    }

    async fn accept_offer(
        &self,
        request: Request<pb::AcceptOfferRequest>,
    ) -> Result<Response<pb::AcceptOfferResponse>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let (name, id) = parse::step(&message.name, &message.request_id)?;
        let act = incoming.act("AcceptOffer", &id);
        let gateway = &self.gateway;
        let accepted = gateway.accept_offer(&act, &name, &message.etag).await;
        let (application, grant) = accepted.map_err(status_of)?;
        Ok(Response::new(pb::AcceptOfferResponse {
            application: Some(self.show(&incoming.caller, application)),
            grant: grant.map(|row| grants::wire(row, self.today())),
        }))
    }

    async fn decline_offer(
        &self,
        request: Request<pb::DeclineOfferRequest>,
    ) -> Result<Response<pb::Application>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let said = ("reason", message.reason.as_str(), 300);
        let (name, id, text) = parse::said(&message.name, &message.request_id, said)?;
        let act = incoming.act("DeclineOffer", &id);
        let gateway = &self.gateway;
        let row = gateway
            .decline_offer(&act, &name, text, &message.etag)
            .await;
        self.answered(&incoming.caller, row)
    }

    async fn withdraw_offer(
        &self,
        request: Request<pb::WithdrawOfferRequest>,
    ) -> Result<Response<pb::Application>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let said = ("reason", message.reason.as_str(), 300);
        let (name, id, text) = parse::said(&message.name, &message.request_id, said)?;
        let act = incoming.act("WithdrawOffer", &id);
        let gateway = &self.gateway;
        let row = gateway
            .withdraw_offer(&act, &name, text, &message.etag)
            .await;
        self.answered(&incoming.caller, row)
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
        let ground = fields.take("ground", fault::line(&message.ground, 40));
        let basis = fields.take("basis", fault::optional_line(&message.basis, 300));
        let reason = fields.take("reason", fault::line(&message.reason, 300));
        let why = ground.zip(basis).zip(reason);
        let ((id, name), ((ground, basis), reason)) = fields.finish(id.zip(name).zip(why))?;
        let act = incoming.act("RefuseApplication", &id);
        let (gateway, why) = (&self.gateway, (ground, basis, reason));
        let row = gateway
            .refuse_application(&act, &name, why, &message.etag)
            .await;
        self.answered(&incoming.caller, row)
    }

    async fn list_refusal_grounds(
        &self,
        request: Request<pb::ListRefusalGroundsRequest>,
    ) -> Result<Response<pb::ListRefusalGroundsResponse>, Status> {
        Incoming::of(request)?;
        let grounds = self.gateway.grounds_of_refusal();
        Ok(Response::new(pb::ListRefusalGroundsResponse {
            grounds: grounds.into_iter().map(wire_ground).collect(),
        }))
    }

    async fn get_application(
        &self,
        request: Request<pb::GetApplicationRequest>,
    ) -> Result<Response<pb::Application>, Status> {
        let incoming = Incoming::of(request)?;
        let mut fields = Fields::default();
        let name = fields.name("name", &incoming.message.name, ApplicationName::parse);
        let name = fields.finish(name)?;
        let row = self.gateway.application(&incoming.caller, &name).await;
        self.answered(&incoming.caller, row)
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
        let rows = page.rows.into_iter();
        Ok(Response::new(pb::ListApplicationsResponse {
            applications: rows.map(|row| self.show(&caller, row)).collect(),
            next_page_token: page.next,
        }))
    }
}
