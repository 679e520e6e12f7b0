//! Work items over gRPC.

use api::catalogue::v1 as pb;
use api::catalogue::v1::work_item_service_server::WorkItemService;
use broker::WorkItemFilter;
use domain::name::DepartmentName;
use domain::policy::shaoyang_date;
use domain::work_item::{WorkItem, WorkItemKind};
use jiff::civil::Date;
use tonic::{Request, Response, Status};

use super::Adapter;
use super::incoming::{Fields, Incoming, page, wire_count, wire_time};
use crate::status::status_of;

#[tonic::async_trait]
impl WorkItemService for Adapter {
    async fn list_work_items(
        &self,
        request: Request<pb::ListWorkItemsRequest>,
    ) -> Result<Response<pb::ListWorkItemsResponse>, Status> {
        let Incoming {
            caller, message, ..
        } = Incoming::of(request)?;
        let page = page(message.page_size, &message.page_token)?;
        let mut fields = Fields::default();
        let department = fields.optional("department", &message.department, DepartmentName::parse);
        let filter = fields.finish(Some(WorkItemFilter {
            department,
            overdue_only: message.overdue_only,
        }))?;
        let found = self.gateway.work_items(&caller, &filter, &page).await;
        let found = found.map_err(status_of)?;
        let today = shaoyang_date(self.gateway.now());
        let rows = found.rows.into_iter();
        Ok(Response::new(pb::ListWorkItemsResponse {
            work_items: rows.map(|item| wire(item, today)).collect(),
            next_page_token: found.next,
            total_count: wire_count(found.total),
            overdue_count: wire_count(found.overdue),
        }))
    }
}

fn wire(item: WorkItem, today: Date) -> pb::WorkItem {
    pb::WorkItem {
        kind: kind(item.kind).into(),
        overdue: item.is_overdue(today),
        department: item.waits_for.to_string(),
        since_time: Some(wire_time(item.since)),
        due_date: item.due.map_or_else(String::new, |due| due.to_string()),
        what: item.kind.what().to_owned(),
        about: item.about,
        title: item.title,
        rule: item.rule,
    }
}

fn kind(kind: WorkItemKind) -> pb::work_item::Kind {
    use pb::work_item::Kind as Wire;
    match kind {
        WorkItemKind::ReviewEntry => Wire::ReviewEntry,
        WorkItemKind::CorrectEntry => Wire::CorrectEntry,
        WorkItemKind::UpdateEntry => Wire::UpdateEntry,
        WorkItemKind::AcknowledgeChange => Wire::AcknowledgeChange,
        WorkItemKind::EntryRetires => Wire::EntryRetires,
        WorkItemKind::EntrySuspended => Wire::EntrySuspended,
        WorkItemKind::EntryDrifts => Wire::EntryDrifts,
        WorkItemKind::ApproveNothingToShare => Wire::ApproveNothingToShare,
        WorkItemKind::RecordEnd => Wire::RecordEnd,
        WorkItemKind::AssignDemand => Wire::AssignDemand,
        WorkItemKind::AnswerDemand => Wire::AnswerDemand,
        WorkItemKind::AnswerApplication => Wire::AnswerApplication,
        WorkItemKind::SupplyMaterial => Wire::SupplyMaterial,
        WorkItemKind::AnswerOffer => Wire::AnswerOffer,
        WorkItemKind::ConsentExtension => Wire::ConsentExtension,
        WorkItemKind::ProvideGrant => Wire::ProvideGrant,
        WorkItemKind::NegotiateDispute => Wire::NegotiateDispute,
        WorkItemKind::DecideDispute => Wire::DecideDispute,
        WorkItemKind::TakeDisputeFurther => Wire::TakeDisputeFurther,
        WorkItemKind::RectifyUse => Wire::RectifyUse,
        WorkItemKind::JudgeRectification => Wire::JudgeRectification,
        WorkItemKind::StateDisposal => Wire::StateDisposal,
        WorkItemKind::AnswerComplaint => Wire::AnswerComplaint,
        WorkItemKind::TellComplainant => Wire::TellComplainant,
        WorkItemKind::CheckRecord => Wire::CheckRecord,
    }
}
