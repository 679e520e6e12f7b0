//! From the answer of a gRPC method to one in JSON.

use bytes::{Bytes, BytesMut};
use domain::reason::Reason;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::BodyExt as _;
use prost_reflect::MessageDescriptor;
use serde_json::Value;
use tonic::{Code, Status};

use super::lines::Lines;
use crate::edge::body::EdgeBody;
use crate::json::{self, status};
use crate::status::refused;

/// Bytes before each message of gRPC: compressed or not, and the length.
pub(super) const HEAD: usize = 5;

/// The largest answer of one object, before it becomes JSON. It is held whole, several times over.
const ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// The parts of a receipt that an answer carries beside its message.
const RECEIPT: [&str; 4] = [
    "shuqiao-intent",
    "shuqiao-outcome",
    "shuqiao-grant",
    "shuqiao-grant-sequence",
];

/// The answer of a method in JSON: one object, or lines for a stream.
pub(super) async fn of(
    answered: Response<EdgeBody>,
    output: &MessageDescriptor,
    streaming: bool,
) -> Response<EdgeBody> {
    if !streaming {
        return one(answered, |message| json::encode(output, &message)).await;
    }
    match refusal(answered.headers()) {
        Some(status) => failed(&status),
        None => Lines::begin(answered.into_body(), output.clone()).await,
    }
}

/// The answer of a method whose messages are JSON already.
pub(super) async fn of_json(answered: Response<EdgeBody>) -> Response<EdgeBody> {
    one(answered, Some).await
}

/// One message and its trailers.
async fn one(
    answered: Response<EdgeBody>,
    to_json: impl FnOnce(Bytes) -> Option<Bytes>,
) -> Response<EdgeBody> {
    if let Some(status) = refusal(answered.headers()) {
        return failed(&status);
    }
    let mut body = answered.into_body();
    let mut kept = BytesMut::new();
    let mut trailers = HeaderMap::new();
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return failed(&refused(Reason::DeadlineExceeded, "the deadline passed"));
        };
        match frame.into_data() {
            Ok(data) => kept.extend_from_slice(&data),
            // Trailers come last.
            Err(frame) => trailers = frame.into_trailers().unwrap_or_default(),
        }
        if kept.len() > ANSWER_BYTES {
            let message = format!("the answer is larger than {ANSWER_BYTES} bytes; ask for less");
            return failed(&refused(Reason::MessageTooLarge, message));
        }
    }
    if let Some(status) = refusal(&trailers) {
        return failed(&status);
    }
    let message = next(&mut kept).filter(|_| kept.is_empty());
    let Some(json) = message.and_then(to_json) else {
        tracing::error!("an answer has no JSON form");
        return failed(&refused(Reason::Internal, "the answer has no JSON form"));
    };
    let mut response = whole(StatusCode::OK, json, Some(body));
    for (name, value) in receipt(&trailers) {
        let name = HeaderName::from_static(name);
        response.headers_mut().insert(name, value.clone());
    }
    response
}

/// The status in headers or trailers, where it is not "ok".
pub(super) fn refusal(headers: &HeaderMap) -> Option<Status> {
    Status::from_header_map(headers).filter(|status| status.code() != Code::Ok)
}

/// A status in JSON.
pub(super) fn failed(status: &Status) -> Response<EdgeBody> {
    let code = status::code(status);
    let mut response = whole(code, status::body(status).to_string().into(), None);
    if let Some(seconds) = status::retry_after_s(status) {
        let seconds = HeaderValue::from(seconds);
        response.headers_mut().insert(RETRY_AFTER, seconds);
    }
    response
}

/// A response of one piece of JSON. What it came from is kept until it has left: it holds a place.
pub(super) fn whole(code: StatusCode, json: Bytes, held: Option<EdgeBody>) -> Response<EdgeBody> {
    let body = EdgeBody::Json {
        json: Some(json),
        _held: held.map(Box::new),
    };
    with_head(code, "application/json", body)
}

/// A response with the headers that all of ours in JSON have.
pub(in crate::edge) fn with_head(
    code: StatusCode,
    kind: &'static str,
    body: EdgeBody,
) -> Response<EdgeBody> {
    let mut response = Response::new(body);
    *response.status_mut() = code;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    // Answers hold personal data: no cache between us and the caller may keep them.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let no_guess = HeaderValue::from_static("nosniff");
    headers.insert(X_CONTENT_TYPE_OPTIONS, no_guess);
    response
}

/// The next whole message of a gRPC body, without its head.
pub(super) fn next(kept: &mut BytesMut) -> Option<Bytes> {
    let (head, _) = kept.split_first_chunk::<HEAD>()?;
    let [_, length @ ..] = *head;
    let length = usize::try_from(u32::from_be_bytes(length)).ok()?;
    if kept.len() < HEAD.checked_add(length)? {
        return None;
    }
    let _ = kept.split_to(HEAD);
    Some(kept.split_to(length).freeze())
}

/// The receipt in the trailers of an answer.
pub(super) fn receipt(trailers: &HeaderMap) -> impl Iterator<Item = (&'static str, &HeaderValue)> {
    RECEIPT
        .into_iter()
        .filter_map(|name| Some((name, trailers.get(name)?)))
}

/// The receipt as JSON; `None` when there is none.
pub(super) fn receipt_json(trailers: &HeaderMap) -> Option<Value> {
    let named = |(name, value): (&str, &HeaderValue)| {
        let name = name.strip_prefix("shuqiao-").unwrap_or(name);
        let camel = if name == "grant-sequence" {
            "grantSequence"
        } else {
            name
        };
        Some((camel.to_owned(), Value::from(value.to_str().ok()?)))
    };
    let members: serde_json::Map<String, Value> = receipt(trailers).filter_map(named).collect();
    (!members.is_empty()).then_some(Value::Object(members))
}

#[cfg(test)]
mod tests {
    use broker::Failure;
    use http_body_util::Full;
    use tonic::body::Body;

    use super::*;
    use crate::status::status_of;

    #[test]
    fn when_to_come_again_is_what_the_status_says() {
        let spent = Failure {
            retry_after_s: Some(1234),
            ..Failure::new(Reason::BudgetSpent, "spent")
        };
        for (status, expected) in [
            (status_of(spent), Some("1234")),
            (refused(Reason::Overloaded, "full"), Some("1")),
            (refused(Reason::GrantMissing, "none"), None),
        ] {
            let response = failed(&status);
            let told = response.headers().get(RETRY_AFTER);
            assert_eq!(told.map(|value| value.to_str().unwrap()), expected);
        }
    }

    /// What becomes of an answer whose message has so many bytes.
    async fn answered(size: usize) -> StatusCode {
        let mut framed = vec![0; HEAD + size];
        let length = u32::try_from(size).unwrap().to_be_bytes();
        framed[1..HEAD].copy_from_slice(&length);
        let body = EdgeBody::Status(Body::new(Full::from(framed)));
        of_json(Response::new(body)).await.status()
    }

    #[tokio::test]
    async fn an_answer_that_is_held_whole_has_a_limit() {
        assert_eq!(answered(ANSWER_BYTES - HEAD).await, StatusCode::OK);
        let past = answered(ANSWER_BYTES - HEAD + 1).await;
        assert_eq!(past, StatusCode::PAYLOAD_TOO_LARGE);
    }
}
