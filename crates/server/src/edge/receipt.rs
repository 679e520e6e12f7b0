//! The end of a provider's answer on the wire: the status, and the proof that it was recorded.

use broker::Receipt;
use domain::reason::Reason;
use http::{HeaderMap, HeaderName, HeaderValue};
use tonic::Status;

use crate::status::refused;

const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const INTENT: HeaderName = HeaderName::from_static("shuqiao-intent");
const OUTCOME: HeaderName = HeaderName::from_static("shuqiao-outcome");
const GRANT: HeaderName = HeaderName::from_static("shuqiao-grant");
const SEQUENCE: HeaderName = HeaderName::from_static("shuqiao-grant-sequence");

/// The trailers of an answer that is complete.
pub(super) fn trailers(receipt: &Receipt) -> HeaderMap {
    let mut trailers = HeaderMap::with_capacity(8);
    trailers.insert(STATUS, HeaderValue::from_static("0"));
    trailers.insert(INTENT, HeaderValue::from(receipt.intent_index()));
    trailers.insert(OUTCOME, HeaderValue::from(receipt.outcome_index()));
    if let Some(grant) = receipt.grant() {
        if let Ok(name) = HeaderValue::from_str(&grant.name) {
            trailers.insert(GRANT, name);
        }
        trailers.insert(SEQUENCE, HeaderValue::from(grant.sequence));
    }
    trailers
}

/// The trailers of an answer that broke off.
pub(super) fn of_status(status: &Status) -> HeaderMap {
    let mut trailers = HeaderMap::with_capacity(8);
    if status.add_header(&mut trailers).is_err() {
        // A status of ours always fits into headers; the bare code would still name the side.
        trailers.insert(STATUS, HeaderValue::from(status.code() as i32));
    }
    trailers
}

/// A task of ours ended before its work did.
pub(super) fn broke_off() -> Status {
    refused(Reason::Internal, "the exchange broke off")
}
