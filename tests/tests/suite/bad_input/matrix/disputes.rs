//! Disputes. The consuming department is the competent one too.

use api::sharing::v1 as pb;
use kit::world::story::Story;
use kit::world::{ask, new_id};

use super::Role::{Applicant, Owner};
use super::{PARTIES, Row, Things, row};

/// A row of a step that says which dispute it is about, and what else it carries.
macro_rules! step {
    ($method:literal, $message:ident, $name:expr, $may:expr $(, $field:ident: $value:expr)*) => {
        row(
            concat!("sharing.v1.DisputeService/", $method),
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

impl Things {
    /// Who may raise a dispute, take part in it and decide it.
    pub(super) fn disputes(&self) -> Vec<Row> {
        let (name, text) = (&self.dispute, || "理由".to_owned());
        let parties = &[Owner, Applicant];
        vec![
            row(
                "sharing.v1.DisputeService/CreateDispute",
                &pb::CreateDisputeRequest {
                    validate_only: true,
                    ..request(&self.submitted[1])
                },
                parties,
            ),
            row(
                "sharing.v1.DisputeService/GetDispute",
                &pb::GetDisputeRequest { name: name.clone() },
                &PARTIES,
            ),
            step!("ProposeSettlement", ProposeSettlementRequest, name, parties, terms: text()),
            step!("AcceptSettlement", AcceptSettlementRequest, name, parties),
            step!("DeclineSettlement", DeclineSettlementRequest, name, parties, reason: text()),
            step!("GiveUpNegotiation", GiveUpNegotiationRequest, name, parties),
            step!("EscalateDispute", EscalateDisputeRequest, name, parties),
            step!(
                "DecideDispute", DecideDisputeRequest, name, &[Applicant],
                favour: pb::dispute::Favour::Raiser.into(),
                text: text(),
                document: "邵数协〔2022〕1号".to_owned()
            ),
            step!("WithdrawDispute", WithdrawDisputeRequest, name, &[Applicant], reason: text()),
        ]
    }
}

fn request(subject: &str) -> pb::CreateDisputeRequest {
    pb::CreateDisputeRequest {
        dispute: Some(pb::Dispute {
            subject: subject.to_owned(),
            statement: "数据长期未更新".to_owned(),
            ..pb::Dispute::default()
        }),
        request_id: new_id(),
        validate_only: false,
    }
}

/// A dispute of the consuming department about the grant.
pub(super) async fn make(story: &Story) -> String {
    let mut disputes = story.applicant.disputes();
    let made = disputes.create_dispute(ask(request(&story.grant.name)));
    made.await.unwrap().into_inner().name
}
