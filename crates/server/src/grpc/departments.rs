//! Departments over gRPC.

use api::registry::v1 as pb;
use api::registry::v1::department_service_server::DepartmentService;
use broker::Stored;
use domain::department::Department;
use domain::fault;
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
    }
}
