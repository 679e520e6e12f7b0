//! What a provider's answer is, whatever it sends.

use std::error::Error as _;

use bytes::Bytes;
use domain::reason::Reason;
use http::{HeaderMap, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use super::code::ProviderCode;
use super::framing::{BadFrame, Gathered};
use crate::connections::ProviderFault;

/// Checks the head of an answer; an error that is told in it ends the call here.
pub(super) fn check_head(response: &Response<Incoming>) -> Result<(), ProviderFault> {
    let headers = response.headers();
    if response.status() != StatusCode::OK {
        let message = format!("the provider answered HTTP {}", response.status().as_u16());
        return Err(ProviderFault::bad_answer(message));
    }
    let is_grpc = |kind: &[u8]| {
        kind.strip_prefix(b"application/grpc")
            .is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';')))
    };
    let kind = headers.get(http::header::CONTENT_TYPE);
    if !kind.is_some_and(|kind| is_grpc(kind.as_bytes())) {
        return Err(ProviderFault::bad_answer(
            "the provider's answer is not gRPC",
        ));
    }
    if headers.contains_key("grpc-status") {
        // An answer without messages tells its status in the head.
        status(headers)?;
    }
    Ok(())
}

/// The status at the end of an answer.
pub(super) fn status(trailers: &HeaderMap) -> Result<(), ProviderFault> {
    let number = trailers
        .get("grpc-status")
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<u32>().ok());
    match number {
        Some(0) => Ok(()),
        Some(1 | 4) => Err(ProviderFault::new(
            Reason::ProviderTimeout,
            "the provider ran out of time",
        )),
        Some(14) => Err(ProviderFault::new(
            Reason::ProviderUnavailable,
            "the provider says that it is unavailable",
        )),
        Some(number) => Err(match ProviderCode::of_number(number) {
            Some(code) => ProviderFault::of_code(code),
            None => ProviderFault::bad_answer("the provider answered an unknown status"),
        }),
        None => Err(ProviderFault::bad_answer(
            "the provider's answer has no status",
        )),
    }
}

/// The whole body of an answer and its status.
pub(super) async fn whole(response: Response<Incoming>) -> Result<Bytes, ProviderFault> {
    let in_head = response.headers().contains_key("grpc-status");
    let mut body = response.into_body();
    let mut gathered = Gathered::default();
    let mut ended = in_head;
    while let Some(frame) = body.frame().await {
        match frame.map_err(|error| broken_off(&error))?.into_data() {
            Ok(data) => gathered.push(data).map_err(bad_frame)?,
            Err(frame) => {
                status(frame.trailers_ref().unwrap_or(&HeaderMap::new()))?;
                ended = true;
            }
        }
    }
    if !ended {
        return Err(ProviderFault::bad_answer(
            "the provider's answer has no status",
        ));
    }
    Ok(gathered.finish())
}

/// The provider's messages break gRPC's framing.
pub(super) fn bad_frame(fault: BadFrame) -> ProviderFault {
    ProviderFault::bad_answer(format!("in the provider's answer {fault}"))
}

/// The line broke, or the provider broke the rules of HTTP/2.
pub(super) fn broken_off(error: &hyper::Error) -> ProviderFault {
    let cause = error
        .source()
        .and_then(|source| source.downcast_ref::<h2::Error>());
    match cause.and_then(h2::Error::reason) {
        Some(h2::Reason::CANCEL | h2::Reason::REFUSED_STREAM | h2::Reason::NO_ERROR) => {
            ProviderFault::new(Reason::ProviderUnavailable, "the provider broke off")
        }
        Some(reason) => {
            ProviderFault::bad_answer(format!("the provider's HTTP/2 is wrong: {reason}"))
        }
        None => ProviderFault::new(
            Reason::ProviderUnavailable,
            "the connection to the provider broke",
        ),
    }
}
