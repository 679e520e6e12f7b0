//! Complaints of people, from the window to the answer.

mod clocks;
mod command;
mod rights;
mod sealed;
mod story;

use api::catalogue::v1::work_item::Kind as Waiting;
use api::sharing::v1 as pb;
use api::sharing::v1::complaint::{Kind, Outcome};
use kit::world::{Client, ask, new_id};
use tonic::{Response, Status};

/// What people write; made up, and nobody's.
const STATEMENT: &str = "窗口查到的婚姻状况与本人民政登记不符\n请核实并更正";
const CONTACT: &str = "电话零零零零零零零一二三";
const REASON: &str = "登记信息由贵部门维护请核对原始档案";
const ANSWER: &str = "经核对原始档案确有错误现已更正";

type Answer = Result<Response<pb::Complaint>, Status>;

/// A complaint that names nothing yet.
fn wrong_data() -> pb::Complaint {
    pb::Complaint {
        kind: Kind::WrongData.into(),
        statement: STATEMENT.to_owned(),
        contact: CONTACT.to_owned(),
        ..pb::Complaint::default()
    }
}

fn entering(complaint: pb::Complaint) -> pb::CreateComplaintRequest {
    pb::CreateComplaintRequest {
        complaint: Some(complaint),
        request_id: new_id(),
        validate_only: false,
    }
}

/// Enters a complaint: it, and the receipt.
async fn entered(who: &Client, complaint: pb::Complaint) -> (pb::Complaint, String) {
    let mut complaints = who.complaints();
    let made = complaints.create_complaint(ask(entering(complaint))).await;
    let made = made.unwrap().into_inner();
    (made.complaint.unwrap(), made.receipt)
}

async fn by_receipt(who: &Client, receipt: &str) -> Result<Response<pb::ComplaintStatus>, Status> {
    let request = pb::GetComplaintByReceiptRequest {
        receipt: receipt.to_owned(),
    };
    who.complaints()
        .get_complaint_by_receipt(ask(request))
        .await
}

async fn get(who: &Client, name: &str) -> Answer {
    let request = pb::GetComplaintRequest {
        name: name.to_owned(),
    };
    who.complaints().get_complaint(ask(request)).await
}

async fn forward(who: &Client, name: &str, to: &str) -> Answer {
    let request = pb::ForwardComplaintRequest {
        name: name.to_owned(),
        department: to.to_owned(),
        reason: REASON.to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    who.complaints().forward_complaint(ask(request)).await
}

async fn assign(who: &Client, name: &str, to: &str) -> Answer {
    let request = pb::AssignComplaintRequest {
        name: name.to_owned(),
        department: to.to_owned(),
        reason: REASON.to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    who.complaints().assign_complaint(ask(request)).await
}

async fn answer(who: &Client, name: &str) -> Answer {
    let request = pb::AnswerComplaintRequest {
        name: name.to_owned(),
        outcome: Outcome::Upheld.into(),
        text: ANSWER.to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    who.complaints().answer_complaint(ask(request)).await
}

async fn close(who: &Client, name: &str) -> Answer {
    let request = pb::CloseComplaintRequest {
        name: name.to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    who.complaints().close_complaint(ask(request)).await
}

async fn withdraw(who: &Client, name: &str) -> Answer {
    let request = pb::WithdrawComplaintRequest {
        name: name.to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    who.complaints().withdraw_complaint(ask(request)).await
}

fn done(answer: Answer) -> pb::Complaint {
    answer.unwrap().into_inner()
}

/// What waits for a department about a complaint.
async fn waits(who: &Client, department: &str, name: &str) -> Vec<Waiting> {
    let items = who.waiting(name).await.into_iter();
    let own = items.filter(|item| item.department == department);
    own.map(|item| item.kind()).collect()
}

async fn listed(who: &Client) -> Vec<pb::Complaint> {
    let request = pb::ListComplaintsRequest::default();
    let found = who.complaints().list_complaints(ask(request)).await;
    found.unwrap().into_inner().complaints
}

/// Names of the events about complaints that somebody is told, oldest first.
async fn told_of(who: &Client) -> Vec<String> {
    let request = pb::ListEventsRequest {
        filter: Some(pb::EventFilter {
            kinds: vec!["sharing.complaint".to_owned()],
            ..pb::EventFilter::default()
        }),
        ..pb::ListEventsRequest::default()
    };
    let found = who.events().list_events(ask(request)).await;
    let events = found.unwrap().into_inner().events.into_iter();
    let short = |name: &str| name.strip_prefix("sharing.complaint.").map(str::to_owned);
    events.map(|event| short(&event.name).unwrap()).collect()
}
