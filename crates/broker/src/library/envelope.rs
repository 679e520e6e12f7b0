//! The envelope of a library's answer: its code, its data, and the signature over both and over what was
//! asked. Nothing in it is looked at before the signature held.

use domain::library::Signer;
use domain::reason::Reason;
use domain::subject::hex;
use serde::Deserialize;
use sm3::{Digest as _, Sm3};

use super::Signed;
use super::sm2;
use crate::connections::ProviderFault;

/// SM2 with SM3, the one algorithm that is agreed.
const ALGORITHM: &str = "SM2-SM3";
/// The first line of what is signed: another form of it gets another name.
const FORM: &str = "CERTIFICATE-LIBRARY-ANSWER-1";

/// An operation of a library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    /// By identifier.
    QueryCertInfo,
    /// By holder and type.
    QueryCertInfoByHolderCode,
    /// The file of one, marked.
    DownloadFile,
}

impl Operation {
    pub(super) fn name(self) -> &'static str {
        self.path().trim_start_matches('/')
    }

    pub(super) fn path(self) -> &'static str {
        match self {
            Self::QueryCertInfo => "/queryCertInfo",
            Self::QueryCertInfoByHolderCode => "/queryCertInfoByHolderCode",
            Self::DownloadFile => "/downloadFile",
        }
    }
}

/// An answer that is believed, its data as sent.
pub(super) struct Locked {
    pub(super) code: i64,
    pub(super) data: Option<String>,
    pub(super) signed: Signed,
}

/// An answer that is believed, its data in the clear.
pub(super) struct Told {
    pub(super) code: i64,
    pub(super) data: Option<Vec<u8>>,
    pub(super) signed: Signed,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    code: i64,
    request_id: String,
    #[serde(default)]
    data: Option<String>,
    signature: Option<Signature>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Signature {
    algorithm: String,
    key_id: String,
    value: String,
}

/// Reads an answer to a question and checks that the pinned key signed it for that question.
pub(super) fn open(
    answer: &[u8],
    signer: &Signer,
    operation: Operation,
    request_id: &str,
    question: &[u8],
) -> Result<Locked, ProviderFault> {
    let bad = |what: &str| ProviderFault::bad_answer(format!("the library's answer {what}"));
    domain::json::check(answer).map_err(|_| bad("is not JSON that everybody reads alike"))?;
    let envelope: Envelope =
        serde_json::from_slice(answer).map_err(|_| bad("is not the agreed envelope"))?;
    let signature = envelope
        .signature
        .ok_or_else(|| unsigned("is not signed"))?;
    if signature.algorithm != ALGORITHM {
        return Err(unsigned("is signed by another algorithm"));
    }
    if signature.key_id != signer.key_id.as_str() {
        return Err(unsigned("is signed by a key that is not registered"));
    }
    let data = envelope.data.as_deref().unwrap_or_default();
    // The answer repeats neither operation nor question: both come from this side, so an answer to
    // anything else has another text.
    let text = [
        FORM,
        operation.name(),
        &envelope.request_id,
        &hex(&Sm3::digest(question)),
        &envelope.code.to_string(),
        data,
    ]
    .join("\n");
    if !sm2::verify(signer, text.as_bytes(), &signature.value) {
        return Err(unsigned("has a signature that does not hold for it"));
    }
    if envelope.request_id != request_id {
        return Err(bad("is for another request"));
    }
    Ok(Locked {
        code: envelope.code,
        data: envelope.data.filter(|data| !data.is_empty()),
        signed: Signed {
            algorithm: ALGORITHM,
            key_id: signature.key_id,
        },
    })
}

fn unsigned(what: &str) -> ProviderFault {
    let message = format!("the library's answer {what}");
    ProviderFault::new(Reason::ProviderSignatureWrong, message)
}
