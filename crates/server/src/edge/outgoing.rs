//! Statuses that come from below the handlers get our reasons too.
//!
//! tonic answers a message it cannot decode, one that is too large, and a method it does not know
//! by itself, with its own texts. A caller must be able to tell these apart like anything else.

use domain::reason::Reason;
use http::Response;
use tonic::body::Body;
use tonic::{Code, Status};

use crate::status::refused;

/// Replaces a status that has no reason of ours.
pub(crate) fn with_our_status(response: Response<Body>) -> Response<Body> {
    let Some(status) = Status::from_header_map(response.headers()) else {
        return response;
    };
    if status.code() == Code::Ok || !status.details().is_empty() {
        return response;
    }
    let (reason, message) = match status.code() {
        // tonic says "unimplemented" of an encoding too, and which ones it takes.
        Code::Unimplemented if response.headers().contains_key("grpc-accept-encoding") => (
            Reason::RequestMalformed,
            "the message is compressed; send it as it is",
        ),
        Code::Unimplemented => (Reason::MethodUnknown, "this method is not served here"),
        // The limit of a message; tonic says "out of range" or "resource exhausted" by direction.
        Code::OutOfRange | Code::ResourceExhausted => (
            Reason::MessageTooLarge,
            "the message is larger than the limit",
        ),
        // The decoder's own text can repeat bytes of the message, so it is dropped.
        Code::Internal | Code::InvalidArgument => (
            Reason::RequestMalformed,
            "the bytes are not a message of this method",
        ),
        Code::Cancelled | Code::DeadlineExceeded => {
            (Reason::DeadlineExceeded, "the deadline passed")
        }
        Code::NotFound => (Reason::NotFound, "there is no such thing here"),
        _ => {
            tracing::error!(code = ?status.code(), "a status without a reason");
            (Reason::Internal, "the gateway failed")
        }
    };
    refused(reason, message).into_http()
}
