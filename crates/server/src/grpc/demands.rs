//! Demands over gRPC.

use api::catalogue::v1 as pb;
use api::catalogue::v1::demand::{Kind, State};
use api::catalogue::v1::demand_service_server::DemandService;
use broker::{DemandFilter, Failure, NewDemand, Stored};
use domain::demand::{Demand, DemandKind, DemandState, MOST_MATTERS};
use domain::fault::{self, Cause};
use domain::name::{DemandName, DepartmentName, MatterName, RequestId, ResourceName};
use domain::policy::shaoyang_date;
use tonic::{Request, Response, Status};

use super::Adapter;
use super::incoming::{Fields, Incoming, page, wire_time};
use crate::status::status_of;

#[tonic::async_trait]
impl DemandService for Adapter {
    async fn create_demand(
        &self,
        request: Request<pb::CreateDemandRequest>,
    ) -> Result<Response<pb::Demand>, Status> {
        let incoming = Incoming::of(request)?;
        let (new, id) = parse(&incoming.message)?;
        let mut act = incoming.act("CreateDemand", &id);
        act.validate_only = incoming.message.validate_only;
        self.told(self.gateway.create_demand(&act, new).await)
    }

    async fn get_demand(
        &self,
        request: Request<pb::GetDemandRequest>,
    ) -> Result<Response<pb::Demand>, Status> {
        let message = Incoming::of(request)?.message;
        let mut fields = Fields::default();
        let name = fields.name("name", &message.name, DemandName::parse);
        let name = fields.finish(name)?;
        self.told(self.gateway.demand(&name).await)
    }

    async fn list_demands(
        &self,
        request: Request<pb::ListDemandsRequest>,
    ) -> Result<Response<pb::ListDemandsResponse>, Status> {
        let message = Incoming::of(request)?.message;
        let page = page(message.page_size, &message.page_token)?;
        let filter = filter(&message)?;
        let page = self
            .gateway
            .demands(&page, &filter)
            .await
            .map_err(status_of)?;
        Ok(Response::new(pb::ListDemandsResponse {
            demands: page
                .rows
                .into_iter()
                .map(|row| self.wire_demand(row))
                .collect(),
            next_page_token: page.next,
        }))
    }

    async fn assign_demand(
        &self,
        request: Request<pb::AssignDemandRequest>,
    ) -> Result<Response<pb::Demand>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let mut fields = Fields::default();
        let step = fields.step(&message.name, &message.request_id, DemandName::parse);
        let owner = fields.name("owner", &message.owner, DepartmentName::parse);
        let ((name, id), owner) = fields.finish(step.zip(owner))?;
        let act = incoming.act("AssignDemand", &id);
        self.told(
            self.gateway
                .assign_demand(&act, &name, owner, &message.etag)
                .await,
        )
    }

    async fn meet_demand(
        &self,
        request: Request<pb::MeetDemandRequest>,
    ) -> Result<Response<pb::Demand>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let mut fields = Fields::default();
        let step = fields.step(&message.name, &message.request_id, DemandName::parse);
        let resource = fields.name("resource", &message.resource, ResourceName::parse);
        let ((name, id), resource) = fields.finish(step.zip(resource))?;
        let act = incoming.act("MeetDemand", &id);
        self.told(
            self.gateway
                .meet_demand(&act, &name, resource, &message.etag)
                .await,
        )
    }

    async fn decline_demand(
        &self,
        request: Request<pb::DeclineDemandRequest>,
    ) -> Result<Response<pb::Demand>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let mut fields = Fields::default();
        let step = fields.step(&message.name, &message.request_id, DemandName::parse);
        let basis = fields.take("refusal_basis", fault::line(&message.refusal_basis, 300));
        let reason = fields.take("reason", fault::line(&message.reason, 200));
        let ((name, id), (basis, reason)) = fields.finish(step.zip(basis.zip(reason)))?;
        let act = incoming.act("DeclineDemand", &id);
        let declined = self
            .gateway
            .decline_demand(&act, &name, basis, reason, &message.etag);
        self.told(declined.await)
    }

    async fn withdraw_demand(
        &self,
        request: Request<pb::WithdrawDemandRequest>,
    ) -> Result<Response<pb::Demand>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let mut fields = Fields::default();
        let step = fields.step(&message.name, &message.request_id, DemandName::parse);
        let reason = fields.take("reason", fault::line(&message.reason, 200));
        let ((name, id), reason) = fields.finish(step.zip(reason))?;
        let act = incoming.act("WithdrawDemand", &id);
        self.told(
            self.gateway
                .withdraw_demand(&act, &name, reason, &message.etag)
                .await,
        )
    }
}

fn parse(message: &pb::CreateDemandRequest) -> Result<(NewDemand, RequestId), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(&message.request_id);
    let part = fields
        .message("demand", message.demand.clone())
        .unwrap_or_default();
    let unknown = || Cause::new("REQUIRED", "choose need or responsibility");
    let kind = fields.take("demand.kind", kind(part.kind()).ok_or_else(unknown));
    let title = fields.take("demand.title", fault::line(&part.title, 50));
    let description = fields.take("demand.description", fault::line(&part.description, 300));
    let legal_basis = fields.take("demand.legal_basis", fault::line(&part.legal_basis, 300));
    if part.matters.len() > MOST_MATTERS {
        let text = format!("at most {MOST_MATTERS} matters");
        fields.fault("demand.matters", &Cause::new("TOO_MANY", text));
    }
    let matters = fields.names("demand.matters", &part.matters, MatterName::parse);
    let owner = fields.optional("demand.owner", &part.owner, DepartmentName::parse);
    let whole = (|| {
        let new = NewDemand {
            kind: kind?,
            title: title?,
            description: description?,
            legal_basis: legal_basis?,
            matters: matters?,
            owner,
        };
        Some((new, id?))
    })();
    fields.finish(whole)
}

fn filter(message: &pb::ListDemandsRequest) -> Result<DemandFilter, Status> {
    let mut fields = Fields::default();
    let owner = fields.optional("owner", &message.owner, DepartmentName::parse);
    let states = fields.states(&message.states, word);
    fields.finish(Some(DemandFilter {
        kind: kind(message.kind()),
        owner,
        states,
        query: message.query.clone(),
    }))
}

fn kind(wire: Kind) -> Option<DemandKind> {
    match wire {
        Kind::Unspecified => None,
        Kind::Need => Some(DemandKind::Need),
        Kind::Responsibility => Some(DemandKind::Responsibility),
    }
}

fn word(wire: State) -> Option<&'static str> {
    match wire {
        State::Unspecified => None,
        State::Raised => Some("raised"),
        State::Assigned => Some("assigned"),
        State::Met => Some("met"),
        State::Declined => Some("declined"),
        State::Withdrawn => Some("withdrawn"),
    }
}

impl Adapter {
    fn told(&self, row: Result<Stored<Demand>, Failure>) -> Result<Response<pb::Demand>, Status> {
        Ok(Response::new(self.wire_demand(row.map_err(status_of)?)))
    }

    fn wire_demand(&self, row: Stored<Demand>) -> pb::Demand {
        let etag = row.etag();
        let create_time = Some(wire_time(row.create_time));
        let demand = row.value;
        let clock = demand.state.clock();
        let due = clock.and_then(|clock| clock.due);
        let mut wire = pb::Demand {
            kind: match demand.kind {
                DemandKind::Need => Kind::Need.into(),
                DemandKind::Responsibility => Kind::Responsibility.into(),
            },
            due_date: due.map(|day| day.to_string()).unwrap_or_default(),
            due_rule: clock.map(|clock| clock.rule.clone()).unwrap_or_default(),
            overdue: demand.is_overdue(shaoyang_date(self.gateway.now())),
            owner: demand
                .state
                .owner()
                .map(ToString::to_string)
                .unwrap_or_default(),
            name: demand.name.into(),
            title: demand.title,
            description: demand.description,
            legal_basis: demand.legal_basis,
            matters: demand.matters.into_iter().map(String::from).collect(),
            department: demand.department.into(),
            create_time,
            etag,
            ..pb::Demand::default()
        };
        let state = match demand.state {
            DemandState::Raised { .. } => State::Raised,
            DemandState::Assigned { .. } => State::Assigned,
            DemandState::Met { resource, .. } => {
                wire.resource = resource.into();
                State::Met
            }
            DemandState::Declined { basis, reason, .. } => {
                (wire.refusal_basis, wire.reason) = (basis, reason);
                State::Declined
            }
            DemandState::Withdrawn { reason } => {
                wire.reason = reason;
                State::Withdrawn
            }
        };
        wire.state = state.into();
        wire
    }
}
