//! Complaints. The one here was entered by an officer who has no part in the grant, and lies with the providing department;
//! the consuming department is the competent one too.

use api::sharing::v1 as pb;
use kit::world::story::Story;
use kit::world::{Client, ask, new_id};

use super::Role::{Applicant, Auditor, Bystander, Operator, Owner, Platform, Provider, Stranger};
use super::{Role, Row, Things, row};

/// A row of a step that says which complaint it is about, and what else it carries.
macro_rules! step {
    ($method:literal, $message:ident, $name:expr, $may:expr $(, $field:ident: $value:expr)*) => {
        row(
            concat!("sharing.v1.ComplaintService/", $method),
            &pb::$message {
                name: $name.clone(),
                request_id: new_id(),
                $($field: $value,)*
                ..pb::$message::default()
            },
            $may,
        )
    };
}

/// Whoever stands at a window or serves a portal.
const WINDOWS: [Role; 6] = [Owner, Applicant, Bystander, Platform, Provider, Stranger];

/// A department that nobody registered: passing on to it is in order but for that, and changes nothing.
const UNKNOWN: &str = "departments/11430500XY00000206";

impl Things {
    /// Who may enter a complaint, read it and see to it.
    pub(super) fn complaints(&self) -> Vec<Row> {
        let ((name, receipt), text) = (&self.complaint, || "理由".to_owned());
        vec![
            row(
                "sharing.v1.ComplaintService/CreateComplaint",
                &pb::CreateComplaintRequest {
                    validate_only: true,
                    ..request(&self.story)
                },
                &WINDOWS,
            ),
            row(
                "sharing.v1.ComplaintService/GetComplaintByReceipt",
                &pb::GetComplaintByReceiptRequest {
                    receipt: receipt.clone(),
                },
                &WINDOWS,
            ),
            row(
                "sharing.v1.ComplaintService/GetComplaint",
                &pb::GetComplaintRequest { name: name.clone() },
                &[Operator, Auditor, Owner, Applicant, Bystander],
            ),
            step!(
                "ForwardComplaint", ForwardComplaintRequest, name, &[Owner],
                department: UNKNOWN.to_owned(), reason: text()
            ),
            step!(
                "AssignComplaint", AssignComplaintRequest, name, &[Applicant],
                department: UNKNOWN.to_owned(), reason: text()
            ),
            step!(
                "AnswerComplaint", AnswerComplaintRequest, name, &[Owner],
                outcome: pb::complaint::Outcome::Upheld.into(), text: text()
            ),
            step!(
                "CloseComplaint",
                CloseComplaintRequest,
                name,
                &[Owner, Bystander]
            ),
            step!(
                "WithdrawComplaint",
                WithdrawComplaintRequest,
                name,
                &[Bystander]
            ),
        ]
    }
}

fn request(story: &Story) -> pb::CreateComplaintRequest {
    pb::CreateComplaintRequest {
        complaint: Some(pb::Complaint {
            kind: pb::complaint::Kind::WrongData.into(),
            resource: story.resource.name.clone(),
            statement: "登记信息有误".to_owned(),
            ..pb::Complaint::default()
        }),
        request_id: new_id(),
        validate_only: false,
    }
}

/// A complaint that somebody without a part in the grant entered, and its receipt.
pub(super) async fn make(story: &Story, window: &Client) -> (String, String) {
    let mut complaints = window.complaints();
    let made = complaints.create_complaint(ask(request(story))).await;
    let made = made.unwrap().into_inner();
    (made.complaint.unwrap().name, made.receipt)
}
