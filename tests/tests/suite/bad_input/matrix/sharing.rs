//! The catalogue, applications and grants.

use api::catalogue::v1 as catalogue;
use api::sharing::v1 as sharing;
use kit::world::story::Story;
use kit::world::{Client, ask, new_id};

use super::Role::{Applicant, Auditor, Bystander, Operator, Owner, Platform, Provider};
use super::{PARTIES, Row, Things, resource, row};

impl Things {
    /// Who may bring a resource into the catalogue.
    pub(super) fn catalogue(&self) -> Vec<Row> {
        let [draft, registered] = &self.resources;
        let etag = String::new;
        vec![
            row(
                "catalogue.v1.ResourceService/CreateResource",
                &catalogue::CreateResourceRequest {
                    resource: Some(resource("resources/105001-000093")),
                    request_id: new_id(),
                    validate_only: false,
                },
                &[Owner],
            ),
            row(
                "catalogue.v1.ResourceService/ImportResources",
                &catalogue::ImportResourcesRequest {
                    resources: vec![resource("resources/105001-")],
                    request_id: new_id(),
                    validate_only: true,
                },
                &[Owner],
            ),
            row(
                "catalogue.v1.ResourceService/UpdateResource",
                &catalogue::UpdateResourceRequest {
                    resource: Some(resource(draft)),
                    request_id: new_id(),
                    validate_only: true,
                },
                &[Owner],
            ),
            row(
                "catalogue.v1.ResourceService/RegisterResource",
                &catalogue::RegisterResourceRequest {
                    name: draft.clone(),
                    request_id: new_id(),
                    etag: etag(),
                },
                &[Owner],
            ),
            row(
                "catalogue.v1.ResourceService/PublishResource",
                &catalogue::PublishResourceRequest {
                    name: registered.clone(),
                    request_id: new_id(),
                    etag: etag(),
                },
                &[Applicant],
            ),
        ]
    }

    /// Who may raise a demand, and who answers it.
    pub(super) fn demands(&self) -> Vec<Row> {
        let (name, etag) = (self.demand.clone(), String::new);
        vec![
            row(
                "catalogue.v1.DemandService/CreateDemand",
                &catalogue::CreateDemandRequest {
                    demand: Some(need()),
                    request_id: new_id(),
                    validate_only: true,
                },
                &[Owner, Applicant, Bystander],
            ),
            row(
                "catalogue.v1.DemandService/AssignDemand",
                &catalogue::AssignDemandRequest {
                    name: name.clone(),
                    owner: departments_of("marriage-registry"),
                    request_id: new_id(),
                    etag: etag(),
                },
                &[Applicant],
            ),
            row(
                "catalogue.v1.DemandService/MeetDemand",
                &catalogue::MeetDemandRequest {
                    name: name.clone(),
                    resource: "resources/105001-000999".to_owned(),
                    request_id: new_id(),
                    etag: etag(),
                },
                &[Owner],
            ),
            row(
                "catalogue.v1.DemandService/DeclineDemand",
                &catalogue::DeclineDemandRequest {
                    name: name.clone(),
                    refusal_basis: "法".to_owned(),
                    reason: "理由".to_owned(),
                    request_id: new_id(),
                    etag: etag(),
                },
                &[Owner],
            ),
            row(
                "catalogue.v1.DemandService/WithdrawDemand",
                &catalogue::WithdrawDemandRequest {
                    name,
                    reason: "重复".to_owned(),
                    request_id: new_id(),
                    etag: etag(),
                },
                &[Applicant],
            ),
        ]
    }

    /// Who may stop a resource, and who is told of its next version.
    pub(super) fn catalogue_life(&self) -> Vec<Row> {
        let [_, name] = self.resources.clone();
        let changing = self.story.resource.name.clone();
        let (reason, etag) = (|| "内容有误".to_owned(), String::new);
        let stopping = &[Owner, Applicant];
        vec![
            row(
                "catalogue.v1.ResourceService/ReturnResource",
                &catalogue::ReturnResourceRequest {
                    name: name.clone(),
                    reasons: vec![catalogue::ReturnReason {
                        field: String::new(),
                        text: reason(),
                    }],
                    request_id: new_id(),
                    etag: etag(),
                },
                &[Applicant],
            ),
            row(
                "catalogue.v1.ResourceService/ReportResourceUpdate",
                &catalogue::ReportResourceUpdateRequest {
                    name: name.clone(),
                    data_time: Some(prost_types::Timestamp {
                        seconds: 1_700_000_000,
                        nanos: 0,
                    }),
                    request_id: new_id(),
                },
                &[Operator, Owner, Provider],
            ),
            row(
                "catalogue.v1.ResourceService/SuspendResource",
                &catalogue::SuspendResourceRequest {
                    name: name.clone(),
                    reason: reason(),
                    request_id: new_id(),
                    etag: etag(),
                },
                stopping,
            ),
            row(
                "catalogue.v1.ResourceService/ResumeResource",
                &catalogue::ResumeResourceRequest {
                    name: name.clone(),
                    request_id: new_id(),
                    etag: etag(),
                },
                stopping,
            ),
            row(
                "catalogue.v1.ResourceService/RecallResource",
                &catalogue::RecallResourceRequest {
                    name: name.clone(),
                    reason: reason(),
                    request_id: new_id(),
                    etag: etag(),
                },
                stopping,
            ),
            row(
                "catalogue.v1.ResourceService/RetireResource",
                &catalogue::RetireResourceRequest {
                    name: name.clone(),
                    reason: reason(),
                    last_day: "2020-01-01".to_owned(),
                    request_id: new_id(),
                    etag: etag(),
                },
                stopping,
            ),
            row(
                "catalogue.v1.ResourceService/RequireResourceUpdate",
                &catalogue::RequireResourceUpdateRequest {
                    name: name.clone(),
                    document: "国务院令第809号".to_owned(),
                    effective_date: "2025-08-01".to_owned(),
                    request_id: new_id(),
                    etag: etag(),
                },
                stopping,
            ),
            row(
                "catalogue.v1.ResourceService/ExtendResourceUpdate",
                &catalogue::ExtendResourceUpdateRequest {
                    name,
                    reason: reason(),
                    request_id: new_id(),
                    etag: etag(),
                },
                &[Applicant],
            ),
            row(
                "catalogue.v1.ResourceService/GetResourceChange",
                &catalogue::GetResourceChangeRequest {
                    name: changing.clone(),
                },
                &[Operator, Auditor, Owner, Applicant, Platform, Provider],
            ),
            row(
                "catalogue.v1.ResourceService/AcknowledgeResourceChange",
                &catalogue::AcknowledgeResourceChangeRequest {
                    name: changing,
                    request_id: new_id(),
                },
                &[Applicant],
            ),
        ]
    }

    /// Who may stop a grant and let it go on.
    pub(super) fn grants(&self) -> Vec<Row> {
        let grant = &self.story.grant.name;
        let reason = || "整改".to_owned();
        vec![
            row(
                "sharing.v1.GrantService/GetGrant",
                &sharing::GetGrantRequest {
                    name: grant.clone(),
                },
                &PARTIES,
            ),
            row(
                "sharing.v1.GrantService/ListGrantVersions",
                &sharing::ListGrantVersionsRequest {
                    parent: grant.clone(),
                    ..sharing::ListGrantVersionsRequest::default()
                },
                &PARTIES,
            ),
            row(
                "sharing.v1.GrantService/NarrowGrant",
                &sharing::NarrowGrantRequest {
                    name: grant.clone(),
                    terms: Some(sharing::LesserTerms {
                        items: self.story.grant.items[..1].to_vec(),
                        ..sharing::LesserTerms::default()
                    }),
                    reason: reason(),
                    // The provider says how it consulted; the consumer, which only gives up, is told to leave it out.
                    consultation: "已电话协商".to_owned(),
                    request_id: new_id(),
                    ..sharing::NarrowGrantRequest::default()
                },
                &[Owner, Applicant],
            ),
            row(
                "sharing.v1.GrantService/SuspendGrant",
                &sharing::SuspendGrantRequest {
                    name: grant.clone(),
                    reason: reason(),
                    request_id: new_id(),
                },
                &[Operator, Owner],
            ),
            row(
                "sharing.v1.GrantService/ResumeGrant",
                &sharing::ResumeGrantRequest {
                    name: grant.clone(),
                    request_id: new_id(),
                },
                &[Operator, Owner],
            ),
            row(
                "sharing.v1.GrantService/RevokeGrant",
                &sharing::RevokeGrantRequest {
                    name: grant.clone(),
                    reason: reason(),
                    request_id: new_id(),
                    disposal_demand: String::new(),
                },
                &[Operator, Owner],
            ),
            // While something is to be put right the operator has no part in the grant: after the steps that it has.
            row(
                "sharing.v1.GrantService/OrderRectification",
                &sharing::OrderRectificationRequest {
                    name: grant.clone(),
                    misuse: reason(),
                    due_date: in_days(10),
                    request_id: new_id(),
                    etag: String::new(),
                },
                &[Owner],
            ),
            row(
                "sharing.v1.GrantService/RejectRectification",
                &sharing::RejectRectificationRequest {
                    name: grant.clone(),
                    reason: reason(),
                    due_date: in_days(10),
                    request_id: new_id(),
                    etag: String::new(),
                },
                &[Owner],
            ),
            row(
                "sharing.v1.GrantService/ReportRectification",
                &sharing::ReportRectificationRequest {
                    name: grant.clone(),
                    statement: reason(),
                    request_id: new_id(),
                    etag: String::new(),
                },
                &[Applicant],
            ),
            row(
                "sharing.v1.GrantService/StateDisposal",
                &sharing::StateDisposalRequest {
                    name: grant.clone(),
                    statement: reason(),
                    done_on: in_days(0),
                    request_id: new_id(),
                    etag: String::new(),
                },
                &[Applicant],
            ),
        ]
    }
}

/// A resource that was written, and one that was registered.
pub(super) async fn make_resources(owner: &Client) -> [String; 2] {
    let resources = ["resources/105001-000091", "resources/105001-000092"].map(str::to_owned);
    let mut catalogue = owner.resources();
    for name in &resources {
        let request = catalogue::CreateResourceRequest {
            resource: Some(resource(name)),
            request_id: new_id(),
            validate_only: false,
        };
        catalogue.create_resource(ask(request)).await.unwrap();
    }
    let request = catalogue::RegisterResourceRequest {
        name: resources[1].clone(),
        request_id: new_id(),
        etag: String::new(),
    };
    catalogue.register_resource(ask(request)).await.unwrap();
    resources
}

/// A next version of what is granted, signed off, that takes a granted item away.
pub(super) async fn make_change(story: &Story) {
    let mut next = story.resource.clone();
    let granted = &story.grant.items;
    let gone = next
        .items
        .iter()
        .position(|item| granted.contains(&item.key));
    next.items.remove(gone.unwrap());
    let name = next.name.clone();
    let mut writing = story.owner.resources();
    let request = catalogue::UpdateResourceRequest {
        resource: Some(next),
        request_id: new_id(),
        validate_only: false,
    };
    writing.update_resource(ask(request)).await.unwrap();
    let request = catalogue::RegisterResourceRequest {
        name,
        request_id: new_id(),
        etag: String::new(),
    };
    writing.register_resource(ask(request)).await.unwrap();
}

fn departments_of(system: &str) -> String {
    kit::city::owner_of(system).to_string()
}

fn need() -> catalogue::Demand {
    catalogue::Demand {
        kind: catalogue::demand::Kind::Need.into(),
        title: "收养登记结果".to_owned(),
        description: "核验收养关系".to_owned(),
        legal_basis: "民法典".to_owned(),
        ..catalogue::Demand::default()
    }
}

/// A need that the providing department has to answer.
pub(super) async fn make_demand(story: &Story) -> String {
    let mut demands = story.applicant.demands();
    let request = catalogue::CreateDemandRequest {
        demand: Some(need()),
        request_id: new_id(),
        validate_only: false,
    };
    let raised = demands.create_demand(ask(request)).await.unwrap();
    let name = raised.into_inner().name;
    let request = catalogue::AssignDemandRequest {
        name: name.clone(),
        owner: departments_of("marriage-registry"),
        request_id: new_id(),
        etag: String::new(),
    };
    demands.assign_demand(ask(request)).await.unwrap();
    name
}

/// A day from today on.
fn in_days(days: i64) -> String {
    let now = broker::clock::Clock::now(&broker::clock::SystemClock);
    let today = domain::policy::shaoyang_date(now);
    (today + jiff::Span::new().days(days)).to_string()
}
