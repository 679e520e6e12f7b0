//! Use-codes over gRPC.

use api::certificate::v1 as pb;
use api::certificate::v1::create_use_code_request::Addressee as WireAddressee;
use api::certificate::v1::use_code_service_server::UseCodeService;
use broker::NewUseCode;
use domain::fault::{self, Cause};
use domain::name::{DepartmentName, MatterName, RequestId, SystemName, UseCodeName};
use domain::use_code::Addressee;
use tonic::{Request, Response, Status};

use super::Adapter;
use super::certificates::kind_from;
use super::incoming::{Fields, Incoming, seconds, wire_time};
use crate::status::status_of;

#[tonic::async_trait]
impl UseCodeService for Adapter {
    async fn create_use_code(
        &self,
        request: Request<pb::CreateUseCodeRequest>,
    ) -> Result<Response<pb::NewUseCode>, Status> {
        let incoming = Incoming::of(request)?;
        let (wanted, id) = self.parse_use_code(&incoming.message)?;
        let act = incoming.act("CreateUseCode", &id);
        let made = self.gateway.create_use_code(&act, &wanted).await;
        let made = made.map_err(status_of)?;
        Ok(Response::new(pb::NewUseCode {
            name: made.name.to_string(),
            code: made.code,
            expire_time: Some(wire_time(made.ends)),
        }))
    }

    async fn withdraw_use_code(
        &self,
        request: Request<pb::WithdrawUseCodeRequest>,
    ) -> Result<Response<pb::WithdrawUseCodeResponse>, Status> {
        let incoming = Incoming::of(request)?;
        let mut fields = Fields::default();
        let id = fields.request_id(&incoming.message.request_id);
        let name = fields.name("name", &incoming.message.name, UseCodeName::parse);
        let (name, id) = fields.finish(name.zip(id))?;
        let act = incoming.act("WithdrawUseCode", &id);
        let withdrawn = self.gateway.withdraw_use_code(&act, &name).await;
        withdrawn.map_err(status_of)?;
        Ok(Response::new(pb::WithdrawUseCodeResponse {}))
    }
}

impl Adapter {
    fn parse_use_code(
        &self,
        message: &pb::CreateUseCodeRequest,
    ) -> Result<(NewUseCode, RequestId), Status> {
        let mut fields = Fields::default();
        let id = fields.request_id(&message.request_id);
        let holder = fields.message("holder", message.holder.as_ref());
        let holder = holder.and_then(|holder| self.holder_from(&mut fields, "holder", holder));
        let kind = kind_from(&mut fields, &message.certificate_type);
        let matter = fields.name("matter", &message.matter, MatterName::parse);
        let case = fields.take("case_number", fault::line(&message.case_number, 64));
        let addressee = addressee_from(&mut fields, message.addressee.as_ref());
        let life_s = match message.life_s {
            0 => Some(None),
            wire => fields.take("life_s", seconds(wire)).map(Some),
        };
        let whole = (|| {
            let wanted = NewUseCode {
                holder: holder?,
                certificate_type: kind?,
                matter: matter?,
                case_number: case?,
                addressee: addressee?,
                life_s: life_s?,
            };
            Some((wanted, id?))
        })();
        fields.finish(whole)
    }
}

fn addressee_from(fields: &mut Fields, wire: Option<&WireAddressee>) -> Option<Addressee> {
    match wire {
        Some(WireAddressee::System(name)) => {
            let system = fields.name("system", name, SystemName::parse)?;
            Some(Addressee::System { system })
        }
        Some(WireAddressee::Department(name)) => {
            let department = fields.name("department", name, DepartmentName::parse)?;
            Some(Addressee::Department { department })
        }
        None => {
            let cause = Cause::new(
                "REQUIRED",
                "name the system or the department that may use it",
            );
            fields.fault("addressee", &cause);
            None
        }
    }
}
