//! The file of a certificate from a library: `downloadFile`, with the purpose mark as its `copyCause`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use domain::certificate::{CertificateRecord, CertificateState};
use domain::file::Format;
use domain::file_link::FILE_BYTES;
use domain::library::Library;
use domain::library::code::Meaning;
use domain::policy::{Permit, shaoyang_date};
use ledger::receipt::IntentReceipt;
use serde::Deserialize;

use super::envelope::Operation;
use super::{Asked, judge};
use crate::call::ProviderCode;
use crate::connections::ProviderFault;
use crate::file_links::{Fetched, Wanted};
use crate::gateway::Gateway;
use crate::lookup::{Answer, Came, Proof};

/// The largest answer: a file of [`FILE_BYTES`] in base64 within data in base64, and what is around it.
const ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// The data of an answer.
#[derive(Deserialize)]
struct File {
    file: String,
}

impl Gateway {
    /// Finds the certificate first, since a library gives files by identifier only, and then its file.
    pub(crate) async fn fetch_from_library(
        &self,
        library: &Library,
        permit: &Permit,
        intent: &IntentReceipt,
        wanted: &Wanted<'_>,
    ) -> Result<Fetched, ProviderFault> {
        let kind = file_type(wanted.format)?;
        let endpoint = wanted.endpoint;
        let found = self
            .find_in_library(endpoint, library, permit, intent, &wanted.sought)
            .await?;
        let nothing = |answer| Fetched {
            answer,
            bytes: Bytes::new(),
        };
        let identifier = match &found.came {
            Came::Records(records) => match records.as_slice() {
                [one] if self.is_in_force(one) => one.identifier.as_str().to_owned(),
                _ => return Ok(nothing(found)),
            },
            Came::Pending(_) | Came::NotInForce(_) => return Ok(nothing(found)),
        };
        let input = vec![
            ("certIdentifier", identifier.into()),
            ("copyCause", wanted.mark.as_str().into()),
            ("fileType", kind.into()),
        ];
        let asked = Asked {
            endpoint,
            library,
            operation: Operation::DownloadFile,
            most: ANSWER_BYTES,
        };
        let errand = self.errand(permit, intent);
        let told = self.ask_library(&asked, &errand, input).await?;
        let came = match judge(&told)? {
            Meaning::Answered => found.came,
            // It went between the two questions.
            Meaning::NoMatch => Came::Records(Vec::new()),
            Meaning::NotInForce(state) => Came::NotInForce(state),
            Meaning::Question | Meaning::Fault(_) => {
                return Err(ProviderFault::bad_answer("the code means nothing here"));
            }
        };
        let bytes = match &came {
            Came::Records(records) if !records.is_empty() => file_of(told.data.as_deref())?,
            _ => Bytes::new(),
        };
        let answer = Answer {
            came,
            proof: Proof {
                signed: Some(told.signed),
                subject: None,
            },
        };
        Ok(Fetched { answer, bytes })
    }

    fn is_in_force(&self, record: &CertificateRecord) -> bool {
        let today = shaoyang_date(self.now());
        record.state.on(today, record.expires) == CertificateState::Valid
    }
}

/// Libraries give OFD and images (§ 3.5 of the published service); an image is no file of a certificate.
fn file_type(format: Format) -> Result<&'static str, ProviderFault> {
    match format {
        Format::Ofd => Ok("ofd"),
        _ => Err(ProviderFault::of_code(ProviderCode::InvalidArgument)),
    }
}

fn file_of(data: Option<&[u8]>) -> Result<Bytes, ProviderFault> {
    let bad = |what: &str| ProviderFault::bad_answer(format!("the library's file {what}"));
    let data = data.ok_or_else(|| bad("is missing"))?;
    let found: File = serde_json::from_slice(data).map_err(|_| bad("is not where it must be"))?;
    let bytes = STANDARD.decode(found.file);
    let bytes = bytes.map_err(|_| bad("is not base64"))?;
    if bytes.len() > FILE_BYTES {
        return Err(bad("is larger than agreed"));
    }
    Ok(bytes.into())
}
