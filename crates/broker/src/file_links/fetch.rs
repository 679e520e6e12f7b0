//! Fetching the file of a certificate: by the provider contract, or from a library.

use api::provider::v1 as pb;
use api::provider::v1::certificate_provider_service_client::CertificateProviderServiceClient;
use api::provider::v1::fetch_certificate_file_response::Part;
use bytes::{Bytes, BytesMut};
use domain::certificate::Key;
use domain::endpoint::{Endpoint, Protocol};
use domain::file::{CHUNK_BYTES, Format};
use domain::file_link::FILE_BYTES;
use domain::policy::Permit;
use domain::reason::Reason;
use ledger::receipt::IntentReceipt;

use crate::connections::ProviderFault;
use crate::gateway::Gateway;
use crate::lookup::{Answer, Came, Sought, ticket, unresolved};

/// A message of a stream: a chunk and what is around it.
const MESSAGE_BYTES: usize = 1024 * 1024;

/// What is wanted of an issuer.
pub(crate) struct Wanted<'a> {
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) sought: Sought<'a>,
    pub(crate) format: Format,
    pub(crate) mark: String,
}

impl Wanted<'_> {
    /// The same, sought by another key.
    fn by<'a>(&'a self, key: &'a Key) -> Wanted<'a> {
        Wanted {
            endpoint: self.endpoint,
            sought: Sought { key, ..self.sought },
            format: self.format,
            mark: self.mark.clone(),
        }
    }
}

/// What came: what was found, and the bytes where it is one.
pub(crate) struct Fetched {
    pub(crate) answer: Answer,
    pub(crate) bytes: Bytes,
}

impl Gateway {
    /// Asks the issuer for the file.
    pub(super) async fn fetch_file(
        &self,
        permit: &Permit,
        intent: &IntentReceipt,
        wanted: &Wanted<'_>,
    ) -> Result<Fetched, ProviderFault> {
        if let Key::NetworkIdentity(code) = wanted.sought.key {
            let Some(holder) = self.resolve(permit, intent, code).await? else {
                let answer = Came::Records(Vec::new()).into();
                let bytes = Bytes::new();
                return Ok(Fetched { answer, bytes });
            };
            let key = Key::Holder(holder);
            let known = wanted.by(&key);
            let fetched = Box::pin(self.fetch_file(permit, intent, &known)).await?;
            let answer = self.about(&known.sought, fetched.answer)?;
            return Ok(Fetched { answer, ..fetched });
        }
        match &wanted.endpoint.protocol {
            Protocol::Grpc => self.fetch_over_grpc(permit, intent, wanted).await,
            Protocol::CertificateLibrary(library) => {
                self.fetch_from_library(library, permit, intent, wanted)
                    .await
            }
            Protocol::HttpJson
            | Protocol::NetworkIdentity
            | Protocol::Sql(_)
            | Protocol::FileDrop(_) => Err(ProviderFault::new(
                Reason::ProviderNotConnected,
                "the endpoint gives no files of certificates",
            )),
        }
    }

    async fn fetch_over_grpc(
        &self,
        permit: &Permit,
        intent: &IntentReceipt,
        wanted: &Wanted<'_>,
    ) -> Result<Fetched, ProviderFault> {
        let line = self.connections.line(wanted.endpoint)?;
        let _place = line.places.enter(&permit.grant().terms.consumer)?;
        let mut client = CertificateProviderServiceClient::new(line.channel.clone())
            .max_decoding_message_size(MESSAGE_BYTES);
        let broken = |status: tonic::Status| ProviderFault::from_status(&status);
        let request = request(permit, intent, wanted)?;
        let answered = client.fetch_certificate_file(request).await;
        let mut parts = answered.map_err(broken)?.into_inner();
        let bad = ProviderFault::bad_answer;
        let first = parts.message().await.map_err(broken)?;
        self.connections.check_peer(&line, wanted.endpoint)?;
        let Some(Part::Found(found)) = first.and_then(|message| message.part) else {
            return Err(bad("the provider does not begin with what it found"));
        };
        let answer: Answer = self.came(found, intent)?.into();
        let sole = matches!(&answer.came, Came::Records(records) if records.len() == 1);
        let mut bytes = BytesMut::new();
        while let Some(message) = parts.message().await.map_err(broken)? {
            let Some(Part::Chunk(chunk)) = message.part else {
                return Err(bad("the provider sends something beside the file"));
            };
            if !sole || !(1..=CHUNK_BYTES).contains(&chunk.len()) {
                return Err(bad("the provider sends bytes that the contract forbids"));
            }
            bytes.extend_from_slice(&chunk);
            if bytes.len() > FILE_BYTES {
                return Err(bad("the file is larger than the contract allows"));
            }
        }
        // One that was revoked while it sent is not believed.
        self.connections.check_peer(&line, wanted.endpoint)?;
        let bytes = bytes.freeze();
        Ok(Fetched { answer, bytes })
    }
}

fn request(
    permit: &Permit,
    intent: &IntentReceipt,
    wanted: &Wanted<'_>,
) -> Result<pb::FetchCertificateFileRequest, ProviderFault> {
    use pb::fetch_certificate_file_request::Key as Wire;
    let key = match wanted.sought.key {
        Key::Holder(holder) => Wire::Holder(api::certificate::v1::Holder {
            type_code: holder.type_code().to_owned(),
            code: holder.expose().to_owned(),
        }),
        Key::Identifier(id) => Wire::Identifier(id.as_str().to_owned()),
        Key::NetworkIdentity(_) => return Err(unresolved()),
    };
    Ok(pb::FetchCertificateFileRequest {
        ticket: Some(ticket(permit, intent)),
        certificate_type: wanted.sought.certificate_type.to_string(),
        key: Some(key),
        content_type: wanted.format.content_type().to_owned(),
        mark: wanted.mark.clone(),
    })
}
