//! Disputes through their three levels, over the wire and against the calendar.

mod clocks;
mod levels;
mod rights;

use api::catalogue::v1::work_item::Kind;
use api::sharing::v1 as pb;
use kit::world::story::{Story, agree};
use kit::world::terms::application;
use kit::world::{Client, ask, new_id};
use tonic::{Response, Status};

/// What is said and must stand in no entry, event or log.
const STATEMENT: &str = "自三月起数据未更新已影响窗口办件";
const TERMS: &str = "月底前补齐三月以来的登记记录";
const RULING: &str = "提供方应当按约定恢复更新";
const DOCUMENT: &str = "邵数协〔2026〕3号";

type Answer = Result<Response<pb::Dispute>, Status>;

/// A grant between two departments of which neither is the competent one.
pub(crate) struct Sides {
    pub(crate) story: Story,
    /// An officer of the department that uses.
    pub(crate) user: Client,
    pub(crate) grant: String,
}

impl Sides {
    pub(crate) async fn meet() -> Self {
        let story = Story::of_marriages().await;
        story.world.enrol_system("enterprise-registry").await;
        let user = story.world.enrol_officer("市市场监管局", "chen").await;
        let terms = pb::Application {
            consumer: "systems/enterprise-registry".to_owned(),
            ..application(&story.resource)
        };
        let grant = agree(&user, &story.owner, terms).await.name;
        Self { story, user, grant }
    }

    /// Of the department that provides.
    pub(crate) fn owner(&self) -> &Client {
        &self.story.owner
    }

    /// Of the competent department.
    pub(crate) fn leader(&self) -> &Client {
        &self.story.publisher
    }
}

async fn raise(who: &Client, subject: &str) -> Answer {
    let request = pb::CreateDisputeRequest {
        dispute: Some(pb::Dispute {
            subject: subject.to_owned(),
            statement: STATEMENT.to_owned(),
            ..pb::Dispute::default()
        }),
        request_id: new_id(),
        validate_only: false,
    };
    who.disputes().create_dispute(ask(request)).await
}

async fn propose(who: &Client, name: &str) -> Answer {
    let request = pb::ProposeSettlementRequest {
        name: name.to_owned(),
        terms: TERMS.to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    who.disputes().propose_settlement(ask(request)).await
}

async fn accept(who: &Client, name: &str) -> Answer {
    let request = pb::AcceptSettlementRequest {
        name: name.to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    who.disputes().accept_settlement(ask(request)).await
}

async fn decline(who: &Client, name: &str) -> Answer {
    let request = pb::DeclineSettlementRequest {
        name: name.to_owned(),
        reason: "时间过长".to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    who.disputes().decline_settlement(ask(request)).await
}

async fn give_up(who: &Client, name: &str) -> Answer {
    let request = pb::GiveUpNegotiationRequest {
        name: name.to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    who.disputes().give_up_negotiation(ask(request)).await
}

async fn escalate(who: &Client, name: &str) -> Answer {
    let request = pb::EscalateDisputeRequest {
        name: name.to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    who.disputes().escalate_dispute(ask(request)).await
}

/// A decision for who raised it.
fn ruling(name: &str) -> pb::DecideDisputeRequest {
    pb::DecideDisputeRequest {
        name: name.to_owned(),
        favour: pb::dispute::Favour::Raiser.into(),
        text: RULING.to_owned(),
        document: DOCUMENT.to_owned(),
        request_id: new_id(),
        ..pb::DecideDisputeRequest::default()
    }
}

async fn decide(who: &Client, request: pb::DecideDisputeRequest) -> Answer {
    who.disputes().decide_dispute(ask(request)).await
}

async fn withdraw(who: &Client, name: &str) -> Answer {
    let request = pb::WithdrawDisputeRequest {
        name: name.to_owned(),
        reason: "已自行解决".to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    who.disputes().withdraw_dispute(ask(request)).await
}

/// What waits for somebody's own department about a dispute.
async fn waits(who: &Client, department: &str, name: &str) -> Vec<Kind> {
    let items = who.waiting(name).await.into_iter();
    let own = items.filter(|item| item.department == department);
    own.map(|item| item.kind()).collect()
}

fn done(answer: Answer) -> pb::Dispute {
    answer.unwrap().into_inner()
}
