//! Records of use over gRPC.

use api::sharing::v1 as pb;
use api::sharing::v1::use_record_service_server::UseRecordService;
use broker::{NewUseRecord, Stored};
use domain::fault;
use domain::name::{GrantName, RequestId, UseRecordName};
use domain::use_record::{UseRecord, UseStatement};
use tonic::{Request, Response, Status};

use super::Adapter;
use super::incoming::{Fields, Incoming, page, wire_index, wire_time};
use crate::status::status_of;

/// Characters of each of the five points.
const MOST_TEXT: usize = 1000;

#[tonic::async_trait]
impl UseRecordService for Adapter {
    async fn create_use_record(
        &self,
        request: Request<pb::CreateUseRecordRequest>,
    ) -> Result<Response<pb::UseRecord>, Status> {
        let incoming = Incoming::of(request)?;
        let (id, new) = new_record(&incoming.message)?;
        let mut act = incoming.act("CreateUseRecord", &id);
        act.validate_only = incoming.message.validate_only;
        let row = self.gateway.create_use_record(&act, new).await;
        Ok(Response::new(wire(row.map_err(status_of)?)))
    }

    async fn get_use_record(
        &self,
        request: Request<pb::GetUseRecordRequest>,
    ) -> Result<Response<pb::UseRecord>, Status> {
        let incoming = Incoming::of(request)?;
        let mut fields = Fields::default();
        let name = fields.name("name", &incoming.message.name, UseRecordName::parse);
        let name = fields.finish(name)?;
        let row = self.gateway.use_record(&incoming.caller, &name).await;
        Ok(Response::new(wire(row.map_err(status_of)?)))
    }

    async fn list_use_records(
        &self,
        request: Request<pb::ListUseRecordsRequest>,
    ) -> Result<Response<pb::ListUseRecordsResponse>, Status> {
        let Incoming {
            caller, message, ..
        } = Incoming::of(request)?;
        let mut fields = Fields::default();
        let grant = fields.optional("grant", &message.grant, GrantName::parse);
        fields.finish(Some(()))?;
        let page = page(message.page_size, &message.page_token)?;
        let found = self.gateway.use_records(&caller, &page, grant.as_ref());
        let found = found.await.map_err(status_of)?;
        Ok(Response::new(pb::ListUseRecordsResponse {
            use_records: found.rows.into_iter().map(wire).collect(),
            next_page_token: found.next,
        }))
    }
}

fn new_record(message: &pb::CreateUseRecordRequest) -> Result<(RequestId, NewUseRecord), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(&message.request_id);
    let part = fields.message("use_record", message.use_record.clone());
    let part = part.unwrap_or_default();
    let grant = fields.name("use_record.grant", &part.grant, GrantName::parse);
    let mut day =
        |field: &str, text: &str| fields.take(&format!("use_record.{field}"), fault::date(text));
    let days = day("since_date", &part.since_date).zip(day("until_date", &part.until_date));
    let mut text = |field: &str, text: &str| {
        let field = format!("use_record.{field}");
        fields.take(&field, fault::line(text, MOST_TEXT))
    };
    let scene = text("scene", &part.scene);
    let process = text("process", &part.process);
    let effect = text("effect", &part.effect);
    let storage = text("storage", &part.storage);
    let destruction = text("destruction", &part.destruction);
    let whole = (|| {
        let said = UseStatement {
            scene: scene?,
            process: process?,
            effect: effect?,
            storage: storage?,
            destruction: destruction?,
        };
        let new = NewUseRecord {
            grant: grant?,
            days: days?,
            said,
        };
        Some((id?, new))
    })();
    fields.finish(whole)
}

fn wire(row: Stored<UseRecord>) -> pb::UseRecord {
    let record = row.value;
    let (kept_until_date, kept_rule) = match record.kept {
        Some(kept) => (kept.date.to_string(), kept.rule),
        None => (String::new(), String::new()),
    };
    pb::UseRecord {
        name: record.name.into(),
        grant: record.grant.into(),
        since_date: record.since.to_string(),
        until_date: record.until.to_string(),
        scene: record.said.scene,
        process: record.said.process,
        effect: record.said.effect,
        storage: record.said.storage,
        destruction: record.said.destruction,
        grant_version: i32::try_from(record.version).unwrap_or(i32::MAX),
        counted_calls: wire_index(record.counted.calls),
        counted_rows: wire_index(record.counted.rows),
        kept_until_date,
        kept_rule,
        by: record.signed.by,
        create_time: Some(wire_time(record.signed.at)),
    }
}
