//! How a complaint is entered and moved, and which department somebody's desk is of.

use broker::{EnteredComplaint, Failure, NewAnswer, NewComplaint, Stored};
use domain::complaint::{
    About, Complaint, ComplaintKind, ComplaintOutcome, MoveKind, PersonalText,
};
use domain::name::DepartmentName;
use jiff::civil::Date;
use kit::city::owner_of;
use kit::gateway::act;
use kit::tables::{CONSUMER, PROVIDER};

use crate::sharing::cast::{Cast, STRANGER, Who};
use crate::sharing::model::Desk;

pub(super) fn department(desk: Desk) -> DepartmentName {
    owner_of(match desk {
        Desk::Consumer => CONSUMER,
        Desk::Provider => PROVIDER,
        Desk::Stranger => STRANGER,
    })
}

fn text(text: &str) -> PersonalText {
    PersonalText::parse(text, 100).unwrap()
}

impl Cast {
    pub(super) async fn enter_complaint(
        &self,
        who: Who,
        (kind, about): (ComplaintKind, About),
        received: Date,
    ) -> EnteredComplaint {
        let request = self.request();
        let act = act(self.caller(who), &request, "CreateComplaint");
        let new = NewComplaint {
            kind,
            about,
            statement: text("登记的日期不对"),
            contact: None,
            received: Some(received),
        };
        let entered = self.gateway().enter_complaint(&act, new).await;
        entered.unwrap_or_else(|failure| panic!("{failure:?}"))
    }

    /// Makes a move of a kind.
    pub(super) async fn move_complaint(
        &self,
        kind: MoveKind,
        who: Who,
        (before, to): (&Stored<Complaint>, Desk),
    ) -> Result<Stored<Complaint>, Failure> {
        let (gateway, request) = (self.gateway(), self.request());
        let act = act(self.caller(who), &request, kind.method());
        let (name, etag) = (&before.value.name, &before.etag());
        let to = (department(to), text("由其维护"));
        match kind {
            MoveKind::Forward => gateway.forward_complaint(&act, name, to, etag).await,
            MoveKind::Assign => gateway.assign_complaint(&act, name, to, etag).await,
            MoveKind::Answer => {
                let answer = NewAnswer {
                    outcome: ComplaintOutcome::PartlyUpheld,
                    text: text("已经更正"),
                };
                gateway.answer_complaint(&act, name, answer, etag).await
            }
            MoveKind::Close => gateway.close_complaint(&act, name, etag).await,
            MoveKind::Withdraw => gateway.withdraw_complaint(&act, name, etag).await,
        }
    }
}
