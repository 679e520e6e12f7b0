//! Departments over gRPC.

use api::registry::v1 as pb;
use api::registry::v1::department_service_server::DepartmentService;
use broker::{DepartmentPatch, Merger, Stored};
use domain::department::{Area, Department};
use domain::fault::{self, Cause};
use domain::name::{DepartmentName, RequestId};
use tonic::{Request, Response, Status};

use super::Adapter;
use super::incoming::{Fields, Incoming, page};
use crate::status::status_of;

#[tonic::async_trait]
impl DepartmentService for Adapter {
    async fn create_department(
        &self,
        request: Request<pb::CreateDepartmentRequest>,
    ) -> Result<Response<pb::Department>, Status> {
        let incoming = Incoming::of(request)?;
        let (department, id) = parse(&incoming.message)?;
        let act = incoming.act("CreateDepartment", &id);
        let row = self
            .gateway
            .create_department(&act, department)
            .await
            .map_err(status_of)?;
        Ok(Response::new(wire(row)))
    }

    async fn get_department(
        &self,
        request: Request<pb::GetDepartmentRequest>,
    ) -> Result<Response<pb::Department>, Status> {
        let incoming = Incoming::of(request)?;
        let mut fields = Fields::default();
        let name = fields.name("name", &incoming.message.name, DepartmentName::parse);
        let name = fields.finish(name)?;
        let row = self.gateway.department(&name).await.map_err(status_of)?;
        Ok(Response::new(wire(row)))
    }

    async fn list_departments(
        &self,
        request: Request<pb::ListDepartmentsRequest>,
    ) -> Result<Response<pb::ListDepartmentsResponse>, Status> {
        let message = Incoming::of(request)?.message;
        let page = page(message.page_size, &message.page_token)?;
        let page = self.gateway.departments(&page).await.map_err(status_of)?;
        Ok(Response::new(pb::ListDepartmentsResponse {
            departments: page.rows.into_iter().map(wire).collect(),
            next_page_token: page.next,
        }))
    }

    async fn update_department(
        &self,
        request: Request<pb::UpdateDepartmentRequest>,
    ) -> Result<Response<pb::Department>, Status> {
        let incoming = Incoming::of(request)?;
        let (name, id, patch, etag) = parse_update(&incoming.message)?;
        let act = incoming.act("UpdateDepartment", &id);
        let row = self
            .gateway
            .update_department(&act, &name, patch, &etag)
            .await
            .map_err(status_of)?;
        Ok(Response::new(wire(row)))
    }

    async fn merge_department(
        &self,
        request: Request<pb::MergeDepartmentRequest>,
    ) -> Result<Response<pb::Department>, Status> {
        let incoming = Incoming::of(request)?;
        let (name, id, merger) = parse_merge(&incoming.message)?;
        let act = incoming.act("MergeDepartment", &id);
        let row = self
            .gateway
            .merge_department(&act, &name, merger, &incoming.message.etag)
            .await
            .map_err(status_of)?;
        Ok(Response::new(wire(row)))
    }

    async fn end_department(
        &self,
        request: Request<pb::EndDepartmentRequest>,
    ) -> Result<Response<pb::Department>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let mut fields = Fields::default();
        let id = fields.request_id(&message.request_id);
        let name = fields.name("name", &message.name, DepartmentName::parse);
        let last_day = fields.take("valid_until", fault::date(&message.valid_until));
        let document = fields.take("document", fault::line(&message.document, 200));
        let whole = (|| Some((name?, id?, last_day?, document?)))();
        let (name, id, last_day, document) = fields.finish(whole)?;
        let act = incoming.act("EndDepartment", &id);
        let row = self
            .gateway
            .end_department(&act, &name, last_day, document, &message.etag)
            .await
            .map_err(status_of)?;
        Ok(Response::new(wire(row)))
    }
}

fn parse_update(
    message: &pb::UpdateDepartmentRequest,
) -> Result<(DepartmentName, RequestId, DepartmentPatch, String), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(&message.request_id);
    let part = fields
        .message("department", message.department.clone())
        .unwrap_or_default();
    let name = fields.name("department.name", &part.name, DepartmentName::parse);
    let mask = message.update_mask.clone().unwrap_or_default();
    if mask.paths.is_empty() {
        let cause = Cause::new("REQUIRED", "name the fields to change");
        fields.fault("update_mask", &cause);
    }
    let mut patch = DepartmentPatch::default();
    for (index, path) in mask.paths.iter().enumerate() {
        let place = format!("department.{path}");
        match path.as_str() {
            "full_name" => patch.full_name = fields.take(&place, fault::line(&part.full_name, 100)),
            "short_name" => {
                patch.short_name = fields.take(&place, fault::line(&part.short_name, 40));
            }
            "vertical" => patch.vertical = Some(part.vertical),
            "party_body" => patch.party_body = Some(part.party_body),
            "competent" => patch.competent = Some(part.competent),
            "valid_from" => {
                patch.valid_from = fields.take(&place, fault::date(&part.valid_from));
            }
            "valid_until" => {
                patch.valid_until = Some(fields.optional(&place, &part.valid_until, fault::date));
            }
            "area" => patch.area = Some(fields.optional(&place, &part.area, Area::parse)),
            _ => {
                let known = "full_name, short_name, vertical, party_body, area, competent, valid_from, valid_until";
                let text = format!("no field that can be changed; choose among {known}");
                let cause = Cause::new("FIELD_MASK_PATH_UNKNOWN", text);
                fields.fault(&format!("update_mask.paths[{index}]"), &cause);
            }
        }
    }
    let whole = id.zip(name).map(|(id, name)| (name, id, patch, part.etag));
    fields.finish(whole)
}

fn parse_merge(
    message: &pb::MergeDepartmentRequest,
) -> Result<(DepartmentName, RequestId, Merger), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(&message.request_id);
    let name = fields.name("name", &message.name, DepartmentName::parse);
    let successor = fields.name("successor", &message.successor, DepartmentName::parse);
    let last_day = fields.take("valid_until", fault::date(&message.valid_until));
    let document = fields.take("document", fault::line(&message.document, 200));
    let whole = (|| {
        let merger = Merger {
            successor: successor?,
            last_day: last_day?,
            document: document?,
        };
        Some((name?, id?, merger))
    })();
    fields.finish(whole)
}

fn parse(message: &pb::CreateDepartmentRequest) -> Result<(Department, RequestId), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(&message.request_id);
    let part = fields
        .message("department", message.department.clone())
        .unwrap_or_default();
    let name = fields.name("department.name", &part.name, DepartmentName::parse);
    let full_name = fields.take("department.full_name", fault::line(&part.full_name, 100));
    let short_name = fields.take("department.short_name", fault::line(&part.short_name, 40));
    let valid_from = fields.take("department.valid_from", fault::date(&part.valid_from));
    let valid_until = fields.optional("department.valid_until", &part.valid_until, fault::date);
    let successor = fields.optional(
        "department.successor",
        &part.successor,
        DepartmentName::parse,
    );
    let area = fields.optional("department.area", &part.area, Area::parse);
    let whole = (|| {
        let department = Department {
            name: name?,
            full_name: full_name?,
            short_name: short_name?,
            vertical: part.vertical,
            party_body: part.party_body,
            competent: part.competent,
            valid_from: valid_from?,
            valid_until,
            successor,
            area,
            end_document: String::new(),
        };
        Some((department, id?))
    })();
    fields.finish(whole)
}

fn wire(row: Stored<Department>) -> pb::Department {
    let etag = row.etag();
    let department = row.value;
    pb::Department {
        name: department.name.into(),
        full_name: department.full_name,
        short_name: department.short_name,
        vertical: department.vertical,
        party_body: department.party_body,
        competent: department.competent,
        valid_from: department.valid_from.to_string(),
        valid_until: department
            .valid_until
            .map(|day| day.to_string())
            .unwrap_or_default(),
        successor: department.successor.map(String::from).unwrap_or_default(),
        etag,
        area: department.area.map(String::from).unwrap_or_default(),
        end_document: department.end_document,
    }
}
