//! Announcements of issuers, and lists of states, over gRPC.

use std::pin::Pin;
use std::sync::Arc;

use api::certificate::v1 as pb;
use api::certificate::v1::certificate_status_service_server::CertificateStatusService;
use broker::{StatusWish, wire};
use domain::announcement::{Announcement, CertificateChange, ChangeKind};
use domain::certificate::CertificateState;
use domain::fault::{Cause, date};
use domain::id::CertificateId;
use domain::name::RequestId;
use domain::status::{Prefix, StatusStep};
use futures_util::{Stream, StreamExt as _};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::Adapter;
use super::certificates::kind_from;
use super::exchange::to_its_end;
use super::incoming::{Fields, Incoming, wire_index, wire_time};
use crate::edge::AtWork;
use crate::status::status_of;

type Pieces = Pin<Box<dyn Stream<Item = Result<pb::DownloadStatusListResponse, Status>> + Send>>;

#[tonic::async_trait]
impl CertificateStatusService for Adapter {
    type DownloadStatusListStream = Pieces;

    async fn announce_certificate_changes(
        &self,
        request: Request<pb::AnnounceCertificateChangesRequest>,
    ) -> Result<Response<pb::AnnounceCertificateChangesResponse>, Status> {
        let incoming = Incoming::of(request)?;
        let (announcement, id) = self.parse_announcement(&incoming.message)?;
        let act = incoming.act("AnnounceCertificateChanges", &id);
        let entry = self.gateway.announce_changes(&act, &announcement).await;
        let entry_index = wire_index(entry.map_err(status_of)?);
        let answer = pb::AnnounceCertificateChangesResponse { entry_index };
        Ok(Response::new(answer))
    }

    async fn get_status_list(
        &self,
        request: Request<pb::GetStatusListRequest>,
    ) -> Result<Response<pb::StatusList>, Status> {
        let message = Incoming::of(request)?.message;
        let mut fields = Fields::default();
        let kind = kind_from(&mut fields, &message.certificate_type);
        let kind = fields.finish(kind)?;
        let info = self.gateway.status_list(&kind).await.map_err(status_of)?;
        Ok(Response::new(pb::StatusList {
            certificate_type: kind.into(),
            salt: info.list.salt,
            entries: wire_index(info.list.entries),
            update_time: Some(wire_time(info.list.update_time)),
            update_entry_index: wire_index(info.list.update_entry),
            prefix_digits: i32::try_from(info.prefix_digits).unwrap_or(i32::MAX),
            verifier_key: info.verifier_key,
        }))
    }

    async fn download_status_list(
        &self,
        request: Request<pb::DownloadStatusListRequest>,
    ) -> Result<Response<Pieces>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let mut fields = Fields::default();
        let request_id = fields.request_id(&message.request_id);
        let kind = kind_from(&mut fields, &message.certificate_type);
        let prefix = fields.take("prefix", Prefix::parse(&message.prefix));
        let whole = kind.zip(request_id).zip(prefix);
        let ((certificate_type, request_id), prefix) = fields.finish(whole)?;
        let wish = StatusWish {
            certificate_type,
            prefix,
            request_id,
            deadline: incoming.deadline.at(),
            place: incoming.at_work.clone().map(AtWork::into_place),
        };
        let (gateway, caller) = (Arc::clone(&self.gateway), incoming.caller.clone());
        let begun = to_its_end(async move { gateway.download_status_list(&caller, wish).await });
        let pieces = ReceiverStream::new(begun.await?).map(|piece| {
            piece
                .map(|chunk| pb::DownloadStatusListResponse { chunk })
                .map_err(status_of)
        });
        Ok(Response::new(Box::pin(pieces)))
    }
}

impl Adapter {
    fn parse_announcement(
        &self,
        message: &pb::AnnounceCertificateChangesRequest,
    ) -> Result<(Announcement, RequestId), Status> {
        let mut fields = Fields::default();
        let id = fields.request_id(&message.request_id);
        let kind = kind_from(&mut fields, &message.certificate_type);
        let changes: Vec<_> = message
            .changes
            .iter()
            .enumerate()
            .map(|(place, change)| self.change_from(&mut fields, place, change))
            .collect();
        let whole = (|| {
            let announcement = Announcement {
                certificate_type: kind?,
                changes: changes.into_iter().collect::<Option<_>>()?,
                listed: message.listed,
            };
            Some((announcement, id?))
        })();
        fields.finish(whole)
    }

    fn change_from(
        &self,
        fields: &mut Fields,
        place: usize,
        change: &pb::CertificateChange,
    ) -> Option<CertificateChange> {
        let at = |field: &str| format!("changes[{place}].{field}");
        let kind = fields.take(&at("kind"), change_kind(change.kind()));
        let identifier = fields.optional(&at("identifier"), &change.identifier, |text| {
            CertificateId::parse(text).map_err(|error| Cause::new("INVALID_ID", error.to_string()))
        });
        let holders: Vec<_> = change
            .holders
            .iter()
            .enumerate()
            .map(|(number, holder)| {
                self.holder_from(fields, &at(&format!("holders[{number}]")), holder)
            })
            .collect();
        let from = fields.optional(&at("effective_date"), &change.effective_date, date);
        let last_day = fields.optional(&at("expire_date"), &change.expire_date, date);
        let step = match (state_from(change.state()), from) {
            (Some(state), Some(from)) => Some(StatusStep {
                from,
                state,
                last_day,
            }),
            (None, None) if change.state == 0 && change.expire_date.is_empty() => None,
            (Some(_), None) if !change.effective_date.is_empty() => None,
            _ => {
                let message = "state and effective_date belong together, expire_date to both";
                fields.fault(&at("state"), &Cause::new("INCOMPLETE", message));
                None
            }
        };
        Some(CertificateChange {
            kind: kind?,
            identifier,
            holders: holders.into_iter().collect::<Option<_>>()?,
            step,
        })
    }
}

fn change_kind(wire: pb::certificate_change::Kind) -> Result<ChangeKind, Cause> {
    use pb::certificate_change::Kind;
    match wire {
        Kind::Unspecified => Err(Cause::new("REQUIRED", "choose issued, state or data")),
        Kind::Issued => Ok(ChangeKind::Issued),
        Kind::State => Ok(ChangeKind::State),
        Kind::Data => Ok(ChangeKind::Data),
    }
}

fn state_from(state: pb::CertificateState) -> Option<CertificateState> {
    match state {
        pb::CertificateState::Unspecified => None,
        known => wire::state_from(known).ok(),
    }
}
