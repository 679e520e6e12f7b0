//! `FetchCertificateFile`: the file of one certificate, made for one use with the mark in it.

use std::pin::Pin;

use api::provider::v1 as pb;
use api::provider::v1::fetch_certificate_file_request::Key as FileKey;
use api::provider::v1::fetch_certificate_file_response::Part;
use api::provider::v1::find_certificates_request::Key;
use domain::certificate::CertificateRecord;
use tokio_stream::Stream;
use tonic::Status;

use super::behaviour::Behaviour;
use super::{Provider, ticket_of};
use crate::paper;

/// The largest chunk of the contract.
const CHUNK_BYTES: usize = 256 * 1024;
/// One chunk more than a file may have.
const TOO_MANY: usize = 33;

/// The messages of an answer.
pub(super) type Messages =
    Pin<Box<dyn Stream<Item = Result<pb::FetchCertificateFileResponse, Status>> + Send>>;

impl Provider {
    /// What is sent, in its order.
    pub(super) async fn file(
        &self,
        request: pb::FetchCertificateFileRequest,
    ) -> Result<Messages, Status> {
        let key = match request.key {
            Some(FileKey::Holder(holder)) => Key::Holder(holder),
            Some(FileKey::Identifier(identifier)) => Key::Identifier(identifier),
            None => return Err(Status::invalid_argument("give a holder or an identifier")),
        };
        let asked_for = match &key {
            Key::Holder(holder) => &holder.code,
            Key::Identifier(identifier) => identifier,
        };
        let begun = self.conduct.begin(request.ticket.as_ref(), asked_for);
        let behaviour = begun.await?;
        let ticket = ticket_of(request.ticket)?;
        let pending = behaviour == Behaviour::Pending;
        let records = match behaviour {
            // How many there are does not change; how many bytes come does.
            Behaviour::TooMany | Behaviour::BreakOff => {
                self.find(&request.certificate_type, &key, Behaviour::Normal)?
            }
            _ if pending => Vec::new(),
            _ => self.find(&request.certificate_type, &key, behaviour)?,
        };
        let bare = |record: &&CertificateRecord| pb::CertificateRecord {
            items: Vec::new(),
            holder_items: Vec::new(),
            ..self.told(record)
        };
        let found = pb::FindCertificatesResponse {
            request_id: behaviour.answer_id(&ticket),
            certificates: records.iter().map(bare).collect(),
            pending_s: if pending { 600 } else { 0 },
        };
        let mut parts = vec![Ok(Part::Found(found))];
        if let [record] = records.as_slice() {
            let chunks = chunks(record, &request.content_type, &request.mark, behaviour)?;
            parts.extend(chunks.into_iter().map(|chunk| Ok(Part::Chunk(chunk))));
        }
        if behaviour == Behaviour::BreakOff {
            parts.truncate(2);
            parts.push(Err(Status::unavailable("the archive went away")));
        }
        let message = |part: Result<Part, Status>| {
            part.map(|part| pb::FetchCertificateFileResponse { part: Some(part) })
        };
        Ok(Box::pin(tokio_stream::iter(parts.into_iter().map(message))))
    }
}

fn chunks(
    record: &CertificateRecord,
    content_type: &str,
    mark: &str,
    behaviour: Behaviour,
) -> Result<Vec<Vec<u8>>, Status> {
    let file = match (content_type, behaviour) {
        (_, Behaviour::TooMany) => vec![b'x'; TOO_MANY * CHUNK_BYTES],
        (_, Behaviour::MistypedItem) => b"neither of the two".to_vec(),
        ("application/ofd", _) => paper::ofd(record, mark),
        ("application/pdf", _) => paper::pdf(record, mark),
        _ => return Err(Status::invalid_argument("there are OFD and PDF only")),
    };
    Ok(file.chunks(CHUNK_BYTES).map(<[u8]>::to_vec).collect())
}
