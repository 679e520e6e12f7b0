//! Duties over gRPC.

use api::catalogue::v1 as pb;
use api::catalogue::v1::duty_service_server::DutyService;
use broker::DutyFilter;
use domain::duty::{Duty, DutyKind};
use domain::name::DepartmentName;
use domain::policy::shaoyang_date;
use jiff::civil::Date;
use tonic::{Request, Response, Status};

use super::Adapter;
use super::incoming::{Fields, Incoming, page, wire_count, wire_time};
use crate::status::status_of;

#[tonic::async_trait]
impl DutyService for Adapter {
    async fn list_duties(
        &self,
        request: Request<pb::ListDutiesRequest>,
    ) -> Result<Response<pb::ListDutiesResponse>, Status> {
        let Incoming {
            caller, message, ..
        } = Incoming::of(request)?;
        let page = page(message.page_size, &message.page_token)?;
        let mut fields = Fields::default();
        let department = fields.optional("department", &message.department, DepartmentName::parse);
        let filter = fields.finish(Some(DutyFilter {
            department,
            overdue_only: message.overdue_only,
        }))?;
        let found = self.gateway.duties(&caller, &filter, &page).await;
        let found = found.map_err(status_of)?;
        let today = shaoyang_date(self.gateway.now());
        let rows = found.rows.into_iter();
        Ok(Response::new(pb::ListDutiesResponse {
            duties: rows.map(|duty| wire(duty, today)).collect(),
            next_page_token: found.next,
            total_count: wire_count(found.total),
            overdue_count: wire_count(found.overdue),
        }))
    }
}

fn wire(duty: Duty, today: Date) -> pb::Duty {
    pb::Duty {
        kind: kind(duty.kind).into(),
        overdue: duty.is_overdue(today),
        department: duty.waits_for.to_string(),
        since_time: Some(wire_time(duty.since)),
        due_date: duty.due.map_or_else(String::new, |due| due.to_string()),
        what: duty.kind.what().to_owned(),
        about: duty.about,
        title: duty.title,
        rule: duty.rule,
    }
}

fn kind(kind: DutyKind) -> pb::duty::Kind {
    use pb::duty::Kind as Wire;
    match kind {
        DutyKind::ReviewEntry => Wire::ReviewEntry,
        DutyKind::CorrectEntry => Wire::CorrectEntry,
        DutyKind::UpdateEntry => Wire::UpdateEntry,
        DutyKind::AcknowledgeChange => Wire::AcknowledgeChange,
        DutyKind::EntryRetires => Wire::EntryRetires,
        DutyKind::EntrySuspended => Wire::EntrySuspended,
        DutyKind::AssignDemand => Wire::AssignDemand,
        DutyKind::AnswerDemand => Wire::AnswerDemand,
        DutyKind::AnswerApplication => Wire::AnswerApplication,
    }
}
