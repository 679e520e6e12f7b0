//! Files over gRPC.

use std::pin::Pin;
use std::sync::Arc;

use api::exchange::v1 as pb;
use api::exchange::v1::file_service_server::FileService;
use broker::{Failure, FileChunk, FilePart, NewFile, ReadFile, Stored, Use};
use domain::caller::Caller;
use domain::fault::{Cause, date};
use domain::file::{Claimed, Digest, File, FileState, Format, MOST_BYTES, Title, Why};
use domain::item;
use domain::name::{FileName, RequestId, ResourceName};
use domain::reason::Reason;
use futures_util::{Stream, StreamExt as _};
use jiff::Timestamp;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::Adapter;
use super::exchange::{parse_use, to_its_end, wire_receipt};
use super::incoming::{Fields, Incoming, page, wire_index, wire_time};
use crate::edge::{AtWork, Deadline};
use crate::status::{refused, status_of};

#[tonic::async_trait]
impl FileService for Adapter {
    type ReadFileStream = Pin<Box<dyn Stream<Item = Result<pb::ReadFileResponse, Status>> + Send>>;

    async fn begin_file(
        &self,
        request: Request<pb::BeginFileRequest>,
    ) -> Result<Response<pb::File>, Status> {
        let incoming = Incoming::of(request)?;
        let (new, id) = parse(&incoming.message)?;
        let act = incoming.act("BeginFile", &id);
        let row = self.gateway.begin_file(&act, new).await;
        Ok(Response::new(wire(&row.map_err(status_of)?)))
    }

    async fn upload_file(
        &self,
        request: Request<Streaming<pb::UploadFileRequest>>,
    ) -> Result<Response<pb::File>, Status> {
        let (_, extensions, mut messages) = request.into_parts();
        let (caller, deadline) = (extensions.get::<Caller>(), extensions.get::<Deadline>());
        let (Some(caller), Some(deadline)) = (caller.cloned(), deadline.copied()) else {
            let message = "no TLS client certificate was presented";
            return Err(refused(Reason::TlsCertificateMissing, message));
        };
        let at_work = extensions.get::<AtWork>().cloned();
        let first = messages.message().await?.unwrap_or_default();
        let mut fields = Fields::default();
        let name = fields.name("name", &first.name, FileName::parse);
        let name = fields.finish(name)?;
        let own = name.clone();
        let rest = messages.map(move |message| match message {
            Ok(message) if message.name.is_empty() || message.name == own.as_str() => {
                chunk(message)
            }
            Ok(_) => {
                let cause = Cause::new("WRONG_NAME", "one stream carries one file");
                Err(Failure::field("name", &cause))
            }
            Err(_) => Err(Failure::new(
                Reason::RequestMalformed,
                "the stream broke off",
            )),
        });
        let chunks = Box::pin(futures_util::stream::iter([chunk(first)]).chain(rest));
        let gateway = Arc::clone(&self.gateway);
        // To its end: what came is kept when the caller goes away.
        let row = to_its_end(async move {
            let _place = at_work;
            gateway
                .receive_file(&caller, &name, deadline.at(), chunks)
                .await
        });
        Ok(Response::new(wire(&row.await?)))
    }

    async fn complete_file(
        &self,
        request: Request<pb::CompleteFileRequest>,
    ) -> Result<Response<pb::File>, Status> {
        let incoming = Incoming::of(request)?;
        let (name, id) = parse_act(&incoming.message.name, &incoming.message.request_id)?;
        let act = incoming.act("CompleteFile", &id);
        let row = self.gateway.complete_file(&act, &name).await;
        Ok(Response::new(wire(&row.map_err(status_of)?)))
    }

    async fn get_file(
        &self,
        request: Request<pb::GetFileRequest>,
    ) -> Result<Response<pb::File>, Status> {
        let incoming = Incoming::of(request)?;
        let mut fields = Fields::default();
        let name = fields.name("name", &incoming.message.name, FileName::parse);
        let name = fields.finish(name)?;
        let row = self.gateway.file(&incoming.caller, &name).await;
        Ok(Response::new(wire(&row.map_err(status_of)?)))
    }

    async fn list_files(
        &self,
        request: Request<pb::ListFilesRequest>,
    ) -> Result<Response<pb::ListFilesResponse>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let page = page(message.page_size, &message.page_token)?;
        let mut fields = Fields::default();
        let resource = fields.optional("resource", &message.resource, ResourceName::parse);
        let resource = fields.finish(Some(resource))?;
        let found = self
            .gateway
            .files(&incoming.caller, &page, resource.as_ref())
            .await;
        let found = found.map_err(status_of)?;
        Ok(Response::new(pb::ListFilesResponse {
            files: found.rows.iter().map(wire).collect(),
            next_page_token: found.next,
        }))
    }

    async fn read_file(
        &self,
        request: Request<pb::ReadFileRequest>,
    ) -> Result<Response<Self::ReadFileStream>, Status> {
        let incoming = Incoming::of(request)?;
        let (used, read) = parse_read(&incoming)?;
        let gateway = Arc::clone(&self.gateway);
        let reading = to_its_end(async move { gateway.read_file(used, read).await }).await?;
        let stream =
            ReceiverStream::new(reading).map(|part| part.map(wire_part).map_err(status_of));
        Ok(Response::new(Box::pin(stream)))
    }

    async fn delete_file(
        &self,
        request: Request<pb::DeleteFileRequest>,
    ) -> Result<Response<pb::File>, Status> {
        let incoming = Incoming::of(request)?;
        let (name, id) = parse_act(&incoming.message.name, &incoming.message.request_id)?;
        let act = incoming.act("DeleteFile", &id);
        let etag = &incoming.message.etag;
        let row = self.gateway.delete_file(&act, &name, etag).await;
        Ok(Response::new(wire(&row.map_err(status_of)?)))
    }
}

fn parse(message: &pb::BeginFileRequest) -> Result<(NewFile, RequestId), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(&message.request_id);
    let part = fields
        .message("file", message.file.clone())
        .unwrap_or_default();
    let resource = fields.name("file.resource", &part.resource, ResourceName::parse);
    let title = fields.name("file.display_name", &part.display_name, Title::parse);
    let format = fields.name("file.content_type", &part.content_type, Format::parse);
    let items = fields.take("file.items", item::keys(&part.items));
    let size = fields.take("file.size", size(part.size));
    let claimed = Claimed {
        sha256: fields.optional("file.sha256", &part.sha256, Digest::parse),
        sm3: fields.optional("file.sm3", &part.sm3, Digest::parse),
    };
    let until = fields.optional("file.retention_date", &part.retention_date, date);
    let whole = (|| {
        let new = NewFile {
            resource: resource?,
            title: title?,
            format: format?,
            items: items?,
            size: size?,
            claimed,
            until,
        };
        Some((new, id?))
    })();
    fields.finish(whole)
}

fn size(bytes: i64) -> Result<u64, Cause> {
    match u64::try_from(bytes) {
        Ok(size) if (1..=MOST_BYTES).contains(&size) => Ok(size),
        _ => Err(Cause::new(
            "OUT_OF_RANGE",
            format!("give 1 to {MOST_BYTES} bytes"),
        )),
    }
}

fn parse_act(name: &str, request_id: &str) -> Result<(FileName, RequestId), Status> {
    let mut fields = Fields::default();
    let name = fields.name("name", name, FileName::parse);
    let id = fields.request_id(request_id);
    fields.finish(name.zip(id))
}

fn chunk(message: pb::UploadFileRequest) -> Result<FileChunk, Failure> {
    let offset = u64::try_from(message.offset).map_err(|_| {
        let cause = Cause::new("OUT_OF_RANGE", "an offset begins at 0");
        Failure::field("offset", &cause)
    })?;
    Ok(FileChunk {
        offset,
        data: message.data,
    })
}

fn parse_read(incoming: &Incoming<pb::ReadFileRequest>) -> Result<(Use, ReadFile), Status> {
    let message = &incoming.message;
    let mut fields = Fields::default();
    let used = parse_use(
        incoming,
        &mut fields,
        &message.request_id,
        message.purpose.as_ref(),
    );
    let file = fields.name("name", &message.name, FileName::parse);
    let bytes = |given: i64| {
        u64::try_from(given).map_err(|_| Cause::new("OUT_OF_RANGE", "give 0 or more bytes"))
    };
    let offset = fields.take("offset", bytes(message.offset));
    let limit = fields.take("limit", bytes(message.limit));
    let whole = (|| {
        let read = ReadFile {
            file: file?,
            offset: offset?,
            limit: limit.filter(|limit| *limit > 0),
        };
        Some((used?, read))
    })();
    fields.finish(whole)
}

fn wire_part(part: FilePart) -> pb::ReadFileResponse {
    use pb::read_file_response::Part as Wire;
    let part = match part {
        FilePart::Chunk(chunk) => Wire::Chunk(pb::FileChunk {
            offset: wire_index(chunk.offset),
            data: chunk.data,
        }),
        FilePart::Receipt(receipt) => Wire::Receipt(wire_receipt(&receipt)),
    };
    pb::ReadFileResponse { part: Some(part) }
}

fn wire(row: &Stored<File>) -> pb::File {
    use pb::file::{Removal, State};
    let file = &row.value;
    let (state, visible): (State, Option<Timestamp>) = match &file.state {
        FileState::Receiving(_) => (State::Receiving, None),
        FileState::Visible { since, .. } => (State::Visible, Some(*since)),
        FileState::Deleting(_) => (State::Deleting, None),
        FileState::Deleted { .. } => (State::Deleted, None),
    };
    let removal = file.removal();
    let why = match removal.map(|removal| removal.why) {
        None => Removal::Unspecified,
        Some(Why::Expired) => Removal::Expired,
        Some(Why::Withdrawn) => Removal::Withdrawn,
        Some(Why::Rejected) => Removal::Rejected,
        Some(Why::Abandoned) => Removal::Abandoned,
    };
    let digits = |digest: Option<&Digest>| digest.map(|d| d.as_str().to_owned());
    let (sha256, sm3) = match file.digests() {
        Some(found) => (digits(Some(&found.sha256)), digits(Some(&found.sm3))),
        None => (
            digits(file.claimed.sha256.as_ref()),
            digits(file.claimed.sm3.as_ref()),
        ),
    };
    pb::File {
        name: file.name.to_string(),
        resource: file.resource.to_string(),
        display_name: file.title.as_str().to_owned(),
        content_type: file.format.content_type().to_owned(),
        size: wire_index(file.size),
        items: file.items.iter().map(ToString::to_string).collect(),
        sha256: sha256.unwrap_or_default(),
        sm3: sm3.unwrap_or_default(),
        retention_date: file.retention.until.to_string(),
        retention_assumed: file.retention.assumed,
        state: state.into(),
        received_size: wire_index(file.received()),
        create_time: Some(wire_time(row.create_time)),
        visible_time: visible.map(wire_time),
        delete_time: removal.map(|removal| wire_time(removal.at)),
        removal: why.into(),
        etag: row.etag(),
        resource_version: i32::try_from(file.resource_version).unwrap_or(i32::MAX),
        entry_index: row.update_entry.map(wire_index).unwrap_or_default(),
    }
}
