//! Evidence over gRPC.

use std::pin::Pin;

use api::evidence::v1 as pb;
use api::evidence::v1::evidence_service_server::EvidenceService;
use broker::SignedCheckpoint;
use domain::fault::Cause;
use domain::name::GrantName;
use futures_util::{Stream, StreamExt as _};
use ledger::entry::Kind;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::Adapter;
use super::incoming::{Fields, Incoming, page, wire_index, wire_time};
use crate::status::status_of;

#[tonic::async_trait]
impl EvidenceService for Adapter {
    async fn list_entries(
        &self,
        request: Request<pb::ListEntriesRequest>,
    ) -> Result<Response<pb::ListEntriesResponse>, Status> {
        let Incoming {
            caller, message, ..
        } = Incoming::of(request)?;
        let page = page(message.page_size, &message.page_token)?;
        let mut fields = Fields::default();
        let grant = fields.optional("grant", &message.grant, GrantName::parse);
        let event = fields.optional("event", &message.event, event_name);
        let (grant, event) = fields.finish(Some((grant, event)))?;
        let page = self
            .gateway
            .entries(&caller, &page, grant.as_ref(), event.as_deref())
            .await
            .map_err(status_of)?;
        let entry = |stored: store::StoredEntry| pb::Entry {
            name: format!("entries/{}", stored.entry.index()),
            index: wire_index(stored.entry.index()),
            time: Some(wire_time(stored.entry.time())),
            kind: kind_word(stored.entry.kind()).to_owned(),
            body: stored.body,
        };
        Ok(Response::new(pb::ListEntriesResponse {
            entries: page.entries.into_iter().map(entry).collect(),
            next_page_token: page.next,
        }))
    }

    async fn get_checkpoint(
        &self,
        request: Request<pb::GetCheckpointRequest>,
    ) -> Result<Response<pb::Checkpoint>, Status> {
        let _ = Incoming::of(request)?;
        let checkpoint = self.gateway.checkpoint().await.map_err(status_of)?;
        Ok(Response::new(wire_checkpoint(checkpoint)))
    }

    async fn get_inclusion_proof(
        &self,
        request: Request<pb::GetInclusionProofRequest>,
    ) -> Result<Response<pb::InclusionProof>, Status> {
        let Incoming {
            caller, message, ..
        } = Incoming::of(request)?;
        let mut fields = Fields::default();
        let index = fields.take("name", entry_index(&message.name));
        let index = fields.finish(index)?;
        let proved = self
            .gateway
            .inclusion_proof(&caller, index)
            .await
            .map_err(status_of)?;
        let (stored, hashes, checkpoint) = proved;
        Ok(Response::new(pb::InclusionProof {
            index: wire_index(index),
            leaf_hash: ledger::tree::leaf_hash(&stored.body).0.to_vec(),
            hashes: hashes.into_iter().map(|hash| hash.0.to_vec()).collect(),
            checkpoint: Some(wire_checkpoint(checkpoint)),
        }))
    }

    type ExportBundleStream =
        Pin<Box<dyn Stream<Item = Result<pb::ExportBundleResponse, Status>> + Send>>;

    async fn export_bundle(
        &self,
        request: Request<pb::ExportBundleRequest>,
    ) -> Result<Response<Self::ExportBundleStream>, Status> {
        let Incoming {
            caller, message, ..
        } = Incoming::of(request)?;
        let mut fields = Fields::default();
        let grant = fields.optional("grant", &message.grant, GrantName::parse);
        let grant = fields.finish(Some(grant))?;
        let pieces = self
            .gateway
            .export_bundle(&caller, grant)
            .await
            .map_err(status_of)?;
        let stream = ReceiverStream::new(pieces).map(|piece| {
            piece
                .map(|chunk| pb::ExportBundleResponse {
                    chunk: chunk.into(),
                })
                .map_err(status_of)
        });
        Ok(Response::new(Box::pin(stream)))
    }
}

/// A dotted name of `a-z 0-9 _`, as entries spell it.
fn event_name(text: &str) -> Result<String, Cause> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'.';
    if text.len() <= 64 && text.bytes().all(plain) {
        return Ok(text.to_owned());
    }
    Err(Cause::new(
        "NOT_AN_EVENT",
        "write a name such as exchange.budget_spent",
    ))
}

fn entry_index(name: &str) -> Result<u64, Cause> {
    name.strip_prefix("entries/")
        .and_then(|index| index.parse().ok())
        .ok_or_else(|| {
            Cause::new(
                "NOT_AN_ENTRY",
                "write entries/{index}, for example entries/17",
            )
        })
}

fn kind_word(kind: &Kind) -> &'static str {
    match kind {
        Kind::Change { .. } => "change",
        Kind::Intent => "intent",
        Kind::Outcome { .. } => "outcome",
        Kind::Served => "served",
    }
}

fn wire_checkpoint(checkpoint: SignedCheckpoint) -> pb::Checkpoint {
    pb::Checkpoint {
        origin: checkpoint.origin,
        tree_size: wire_index(checkpoint.published.size),
        note: checkpoint.published.note,
        verifier_key: checkpoint.verifier_key,
    }
}
