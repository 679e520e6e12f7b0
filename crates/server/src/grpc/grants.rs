//! Grants over gRPC.

mod uses;
mod wire;

use api::sharing::v1 as pb;
use api::sharing::v1::grant_service_server::GrantService;
use broker::NarrowedGrant;
use domain::fault;
use domain::name::{GrantName, RequestId};
use jiff::civil::Date;
use tonic::{Request, Response, Status};

use super::Adapter;
use super::incoming::{Fields, Incoming, page};
use super::terms;
use crate::status::status_of;
pub(super) use wire::wire;
use wire::wire_version;

#[tonic::async_trait]
impl GrantService for Adapter {
    async fn get_grant(
        &self,
        request: Request<pb::GetGrantRequest>,
    ) -> Result<Response<pb::Grant>, Status> {
        let incoming = Incoming::of(request)?;
        let mut fields = Fields::default();
        let name = fields.name("name", &incoming.message.name, GrantName::parse);
        let name = fields.finish(name)?;
        let row = self
            .gateway
            .grant(&incoming.caller, &name)
            .await
            .map_err(status_of)?;
        Ok(Response::new(wire(row, self.today())))
    }

    async fn list_grants(
        &self,
        request: Request<pb::ListGrantsRequest>,
    ) -> Result<Response<pb::ListGrantsResponse>, Status> {
        let Incoming {
            caller, message, ..
        } = Incoming::of(request)?;
        let page = page(message.page_size, &message.page_token)?;
        let page = self
            .gateway
            .grants(&caller, &page)
            .await
            .map_err(status_of)?;
        let (rows, today) = (page.rows.into_iter(), self.today());
        Ok(Response::new(pb::ListGrantsResponse {
            grants: rows.map(|row| wire(row, today)).collect(),
            next_page_token: page.next,
        }))
    }

    async fn suspend_grant(
        &self,
        request: Request<pb::SuspendGrantRequest>,
    ) -> Result<Response<pb::Grant>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let (name, id, reason) = ending(&message.name, &message.request_id, &message.reason)?;
        let act = incoming.act("SuspendGrant", &id);
        let row = self
            .gateway
            .suspend_grant(&act, &name, reason)
            .await
            .map_err(status_of)?;
        Ok(Response::new(wire(row, self.today())))
    }

    async fn resume_grant(
        &self,
        request: Request<pb::ResumeGrantRequest>,
    ) -> Result<Response<pb::Grant>, Status> {
        let incoming = Incoming::of(request)?;
        let mut fields = Fields::default();
        let id = fields.request_id(&incoming.message.request_id);
        let name = fields.name("name", &incoming.message.name, GrantName::parse);
        let (id, name) = fields.finish(id.zip(name))?;
        let act = incoming.act("ResumeGrant", &id);
        let row = self
            .gateway
            .resume_grant(&act, &name)
            .await
            .map_err(status_of)?;
        Ok(Response::new(wire(row, self.today())))
    }

    async fn narrow_grant(
        &self,
        request: Request<pb::NarrowGrantRequest>,
    ) -> Result<Response<pb::Grant>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let (name, id, narrowed) = narrowed(message)?;
        let mut act = incoming.act("NarrowGrant", &id);
        act.validate_only = message.validate_only;
        let row = self
            .gateway
            .narrow_grant(&act, &name, narrowed, &message.etag)
            .await
            .map_err(status_of)?;
        Ok(Response::new(wire(row, self.today())))
    }

    async fn list_grant_versions(
        &self,
        request: Request<pb::ListGrantVersionsRequest>,
    ) -> Result<Response<pb::ListGrantVersionsResponse>, Status> {
        let Incoming {
            caller, message, ..
        } = Incoming::of(request)?;
        let mut fields = Fields::default();
        let parent = fields.name("parent", &message.parent, GrantName::parse);
        let parent = fields.finish(parent)?;
        let page = page(message.page_size, &message.page_token)?;
        let page = self
            .gateway
            .grant_versions(&caller, &parent, &page)
            .await
            .map_err(status_of)?;
        let rows = page.rows.into_iter();
        Ok(Response::new(pb::ListGrantVersionsResponse {
            versions: rows.map(|row| wire_version(row.value)).collect(),
            next_page_token: page.next,
        }))
    }

    async fn list_grant_uses(
        &self,
        request: Request<pb::ListGrantUsesRequest>,
    ) -> Result<Response<pb::ListGrantUsesResponse>, Status> {
        let Incoming {
            caller, message, ..
        } = Incoming::of(request)?;
        let filter = uses::filter(&message)?;
        let page = page(message.page_size, &message.page_token)?;
        let found = self.gateway.grant_uses(&caller, &page, &filter).await;
        let found = found.map_err(status_of)?;
        let (rows, today) = (found.rows.into_iter(), self.today());
        Ok(Response::new(pb::ListGrantUsesResponse {
            uses: rows.map(|row| uses::wire_use(row, today)).collect(),
            next_page_token: found.next,
        }))
    }

    async fn order_rectification(
        &self,
        request: Request<pb::OrderRectificationRequest>,
    ) -> Result<Response<pb::Grant>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let said = ("misuse", message.misuse.as_str(), 300);
        let day = ("due_date", message.due_date.as_str());
        let (name, id, asked) = dated(&message.name, &message.request_id, said, day)?;
        let act = incoming.act("OrderRectification", &id);
        let row = self
            .gateway
            .order_rectification(&act, &name, asked, &message.etag)
            .await
            .map_err(status_of)?;
        Ok(Response::new(wire(row, self.today())))
    }

    async fn report_rectification(
        &self,
        request: Request<pb::ReportRectificationRequest>,
    ) -> Result<Response<pb::Grant>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let mut fields = Fields::default();
        let step = fields.step(&message.name, &message.request_id, GrantName::parse);
        let text = fields.take("statement", fault::line(&message.statement, 1000));
        let ((name, id), text) = fields.finish(step.zip(text))?;
        let act = incoming.act("ReportRectification", &id);
        let row = self
            .gateway
            .report_rectification(&act, &name, text, &message.etag)
            .await
            .map_err(status_of)?;
        Ok(Response::new(wire(row, self.today())))
    }

    async fn reject_rectification(
        &self,
        request: Request<pb::RejectRectificationRequest>,
    ) -> Result<Response<pb::Grant>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let said = ("reason", message.reason.as_str(), 300);
        let day = ("due_date", message.due_date.as_str());
        let (name, id, asked) = dated(&message.name, &message.request_id, said, day)?;
        let act = incoming.act("RejectRectification", &id);
        let row = self
            .gateway
            .reject_rectification(&act, &name, asked, &message.etag)
            .await
            .map_err(status_of)?;
        Ok(Response::new(wire(row, self.today())))
    }

    async fn state_disposal(
        &self,
        request: Request<pb::StateDisposalRequest>,
    ) -> Result<Response<pb::Grant>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let said = ("statement", message.statement.as_str(), 1000);
        let day = ("done_on", message.done_on.as_str());
        let (name, id, asked) = dated(&message.name, &message.request_id, said, day)?;
        let act = incoming.act("StateDisposal", &id);
        let row = self
            .gateway
            .state_disposal(&act, &name, asked, &message.etag)
            .await
            .map_err(status_of)?;
        Ok(Response::new(wire(row, self.today())))
    }

    async fn revoke_grant(
        &self,
        request: Request<pb::RevokeGrantRequest>,
    ) -> Result<Response<pb::Grant>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let (name, id, why) = revoked(message)?;
        let act = incoming.act("RevokeGrant", &id);
        let row = self
            .gateway
            .revoke_grant(&act, &name, why)
            .await
            .map_err(status_of)?;
        Ok(Response::new(wire(row, self.today())))
    }
}

fn ending(
    name: &str,
    request_id: &str,
    reason: &str,
) -> Result<(GrantName, RequestId, String), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(request_id);
    let name = fields.name("name", name, GrantName::parse);
    let reason = fields.take("reason", fault::line(reason, 200));
    fields.finish(
        name.zip(id)
            .zip(reason)
            .map(|((name, id), reason)| (name, id, reason)),
    )
}

fn narrowed(
    message: &pb::NarrowGrantRequest,
) -> Result<(GrantName, RequestId, NarrowedGrant), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(&message.request_id);
    let name = fields.name("name", &message.name, GrantName::parse);
    let change = terms::narrowing(&mut fields, message.terms.clone());
    let reason = fields.take("reason", fault::line(&message.reason, 200));
    let said = fault::optional_line(&message.consultation, 300);
    let consultation = fields.take("consultation", said);
    let whole = (|| {
        let (change, reason, said) = (change?, reason?, consultation?);
        let narrowed = NarrowedGrant {
            change,
            reason,
            consultation: (!said.is_empty()).then_some(said),
        };
        Some((name?, id?, narrowed))
    })();
    fields.finish(whole)
}

/// A step with a text and a day.
fn dated(
    name: &str,
    request_id: &str,
    (said, text, most): (&str, &str, usize),
    (field, day): (&str, &str),
) -> Result<(GrantName, RequestId, (String, Date)), Status> {
    let mut fields = Fields::default();
    let step = fields.step(name, request_id, GrantName::parse);
    let text = fields.take(said, fault::line(text, most));
    let day = fields.take(field, fault::date(day));
    let whole = step.zip(text.zip(day));
    fields.finish(whole.map(|((name, id), asked)| (name, id, asked)))
}

fn revoked(
    message: &pb::RevokeGrantRequest,
) -> Result<(GrantName, RequestId, (String, String)), Status> {
    let mut fields = Fields::default();
    let step = fields.step(&message.name, &message.request_id, GrantName::parse);
    let reason = fields.take("reason", fault::line(&message.reason, 200));
    let demand = fault::optional_line(&message.disposal_demand, 300);
    let demand = fields.take("disposal_demand", demand);
    let whole = step.zip(reason.zip(demand));
    fields.finish(whole.map(|((name, id), why)| (name, id, why)))
}
