//! Grants over gRPC.

use api::sharing::v1 as pb;
use api::sharing::v1::grant_service_server::GrantService;
use broker::Stored;
use domain::fault;
use domain::grant::{Grant, GrantState};
use domain::name::{GrantName, RequestId};
use tonic::{Request, Response, Status};

use super::Adapter;
use super::catalogue::wire_modes;
use super::incoming::{Fields, Incoming, page, wire_time};
use crate::status::status_of;

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
        Ok(Response::new(wire(row)))
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
        Ok(Response::new(pb::ListGrantsResponse {
            grants: page.rows.into_iter().map(wire).collect(),
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
        Ok(Response::new(wire(row)))
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
        Ok(Response::new(wire(row)))
    }

    async fn revoke_grant(
        &self,
        request: Request<pb::RevokeGrantRequest>,
    ) -> Result<Response<pb::Grant>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let (name, id, reason) = ending(&message.name, &message.request_id, &message.reason)?;
        let act = incoming.act("RevokeGrant", &id);
        let row = self
            .gateway
            .revoke_grant(&act, &name, reason)
            .await
            .map_err(status_of)?;
        Ok(Response::new(wire(row)))
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

/// A grant for the wire.
pub(super) fn wire(row: Stored<Grant>) -> pb::Grant {
    let etag = row.etag();
    let grant = row.value;
    let (state, state_reason) = match grant.state {
        GrantState::Active => (pb::grant::State::Active, String::new()),
        GrantState::Suspended { reason, .. } => (pb::grant::State::Suspended, reason),
        GrantState::Revoked { reason, .. } => (pb::grant::State::Revoked, reason),
    };
    let version = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    let terms = grant.terms;
    let clock = grant.provision.as_ref().map(|provision| &provision.clock);
    let due = clock.and_then(|clock| clock.due);
    pb::Grant {
        provide_due_date: due.map_or_else(String::new, |due| due.to_string()),
        provide_due_rule: clock.map(|clock| clock.rule.clone()).unwrap_or_default(),
        provide_time: grant
            .provision
            .as_ref()
            .and_then(|one| one.provided)
            .map(wire_time),
        name: grant.name.into(),
        version: version(grant.version),
        application: grant.application.into(),
        consumer: terms.consumer.into(),
        provider: grant.provider.into(),
        resource: terms.resource.into(),
        resource_version: version(grant.resource_version),
        items: terms.items.into_iter().map(String::from).collect(),
        share_modes: wire_modes(&terms.share_modes),
        matters: terms.matters.into_iter().map(String::from).collect(),
        legal_basis: terms.legal_basis,
        start_date: terms.start.to_string(),
        end_date: terms.end.to_string(),
        operator_required: terms.operator_required,
        row_filter: terms.row_filter.map(broker::wire::filter_to),
        issues_use_codes: terms.issues_use_codes,
        approvers: grant.approvers,
        state: state.into(),
        state_reason,
        create_time: Some(wire_time(grant.created)),
        etag,
    }
}
