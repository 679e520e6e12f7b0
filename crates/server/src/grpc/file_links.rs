//! Links to the files of certificates over gRPC.

use std::sync::Arc;

use api::certificate::v1 as pb;
use api::certificate::v1::certificate_file_service_server::CertificateFileService;
use api::certificate::v1::create_certificate_file_link_request::Key as LinkKey;
use api::certificate::v1::lookup_certificate_request::Key as WireKey;
use broker::{Linked, MadeLink, NewFileLink, Use};
use domain::fault::Cause;
use domain::file::Format;
use tonic::{Request, Response, Status};

use super::Adapter;
use super::certificates::{Told, kind_from};
use super::exchange::{parse_use, to_its_end, wire_receipt};
use super::incoming::{Fields, Incoming, wire_time};
use crate::edge::LINK_PREFIX;

#[tonic::async_trait]
impl CertificateFileService for Adapter {
    async fn create_certificate_file_link(
        &self,
        request: Request<pb::CreateCertificateFileLinkRequest>,
    ) -> Result<Response<pb::CreateCertificateFileLinkResponse>, Status> {
        let incoming = Incoming::of(request)?;
        let (used, new) = self.parse_file_link(&incoming)?;
        let gateway = Arc::clone(&self.gateway);
        let work = to_its_end(async move { gateway.create_file_link(&used, &new).await });
        let (linked, receipt) = work.await?;
        let mut answer = pb::CreateCertificateFileLinkResponse {
            receipt: Some(wire_receipt(&receipt)),
            ..pb::CreateCertificateFileLinkResponse::default()
        };
        match linked {
            Linked::Made(made) => {
                answer.set_disposition(pb::Disposition::Found);
                answer.link = Some(wire_link(&made));
            }
            Linked::Without(without) => {
                let told = Told::of(without);
                answer.set_disposition(told.disposition);
                answer.set_state(told.state);
                answer.retry_after_s = told.retry_after_s;
            }
        }
        Ok(Response::new(answer))
    }
}

impl Adapter {
    fn parse_file_link(
        &self,
        incoming: &Incoming<pb::CreateCertificateFileLinkRequest>,
    ) -> Result<(Use, NewFileLink), Status> {
        let message = &incoming.message;
        let mut fields = Fields::default();
        let (id, purpose) = (&message.request_id, message.purpose.as_ref());
        let used = parse_use(incoming, &mut fields, id, purpose);
        let certificate_type = kind_from(&mut fields, &message.certificate_type);
        let key = message.key.clone().map(|key| match key {
            LinkKey::Holder(holder) => WireKey::Holder(holder),
            LinkKey::Identifier(text) => WireKey::Identifier(text),
            LinkKey::UseCode(text) => WireKey::UseCode(text),
            LinkKey::NetworkIdentity(text) => WireKey::NetworkIdentity(text),
        });
        let given = message.authorisation.as_ref();
        let grounds = self.grounds_from(&mut fields, key.as_ref(), given);
        let format = match message.format() {
            pb::CertificateFileFormat::Ofd => Some(Format::Ofd),
            pb::CertificateFileFormat::Pdf => Some(Format::Pdf),
            pb::CertificateFileFormat::Unspecified => {
                let choose = "choose CERTIFICATE_FILE_FORMAT_OFD or CERTIFICATE_FILE_FORMAT_PDF";
                fields.fault("format", &Cause::new("REQUIRED", choose));
                None
            }
        };
        let whole = (|| {
            let new = NewFileLink {
                certificate_type: certificate_type?,
                grounds: grounds?,
                format: format?,
            };
            Some((used?, new))
        })();
        fields.finish(whole)
    }
}

fn wire_link(made: &MadeLink) -> pb::CertificateFileLink {
    pb::CertificateFileLink {
        uri: format!("{LINK_PREFIX}{}", made.secret),
        expire_time: Some(wire_time(made.ends)),
        content_type: made.format.content_type().to_owned(),
        size: i64::try_from(made.size).unwrap_or(i64::MAX),
        sha256: made.digests.sha256.as_str().to_owned(),
        sm3: made.digests.sm3.as_str().to_owned(),
    }
}
