//! A gRPC status as `google.rpc.Status` in JSON, under an HTTP code.

use domain::reason::Reason;
use http::StatusCode;
use serde_json::{Value, json};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// The JSON of a status, with every detail that we send.
pub(crate) fn body(status: &Status) -> Value {
    let told = status.get_error_details();
    let mut details = Vec::new();
    if let Some(info) = told.error_info() {
        details.push(json!({
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": info.reason,
            "domain": info.domain,
            "metadata": info.metadata,
        }));
    }
    if let Some(seconds) = retry_after_s(status) {
        details.push(json!({
            "@type": "type.googleapis.com/google.rpc.RetryInfo",
            "retryDelay": format!("{seconds}s"),
        }));
    }
    if let Some(bad) = told.bad_request() {
        let violations = bad.field_violations.iter();
        let violations: Vec<Value> = violations
            .map(|v| json!({"field": v.field, "description": v.description}))
            .collect();
        details.push(json!({
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            "fieldViolations": violations,
        }));
    }
    json!({
        "code": status.code() as i32,
        "message": status.message(),
        "details": details,
    })
}

/// After how many seconds the same request may come again, where a status says that it may.
pub(crate) fn retry_after_s(status: &Status) -> Option<u64> {
    let delay = status.get_error_details().retry_info()?.retry_delay?;
    Some(delay.as_secs())
}

/// The HTTP code of a status: that of `google/rpc/code.proto`, but for reasons that HTTP has a more
/// exact word for.
pub(crate) fn code(status: &Status) -> StatusCode {
    let details = status.get_error_details();
    let reason = details.error_info().map(|info| info.reason.as_str());
    let is = |reasons: &[Reason]| reasons.iter().any(|one| reason == Some(one.as_str()));
    if is(&[Reason::MethodUnknown]) {
        return StatusCode::NOT_FOUND;
    }
    if is(&[Reason::MessageTooLarge]) {
        return StatusCode::PAYLOAD_TOO_LARGE;
    }
    if is(&[
        Reason::ProviderNotConnected,
        Reason::LibraryNotReady,
        Reason::LibraryAccessRefused,
    ]) {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let answered_wrongly = [
        Reason::ProviderBadAnswer,
        Reason::ProviderError,
        Reason::ProviderSignatureWrong,
    ];
    if status.code() == Code::Internal && is(&answered_wrongly) {
        return StatusCode::BAD_GATEWAY;
    }
    match status.code() {
        Code::Ok => StatusCode::OK,
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => {
            StatusCode::BAD_REQUEST
        }
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::AlreadyExists | Code::Aborted => StatusCode::CONFLICT,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        Code::Cancelled | Code::Unknown | Code::Internal | Code::DataLoss => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::{refused, status_of};
    use broker::Failure;
    use domain::fault::Faults;

    #[test]
    fn every_reason_has_its_http_code() {
        for (reason, expected) in [
            (Reason::TlsCertificateMissing, 401),
            (Reason::GrantMissing, 403),
            (Reason::MethodUnknown, 404),
            (Reason::RequestIdReused, 409),
            (Reason::MessageTooLarge, 413),
            (Reason::Overloaded, 429),
            (Reason::ProviderBadAnswer, 502),
            (Reason::ProviderSignatureWrong, 502),
            (Reason::LibraryNotReady, 503),
            (Reason::LibraryAccessRefused, 503),
            (Reason::ProviderNotConnected, 503),
            (Reason::ProviderTimeout, 504),
            (Reason::Internal, 500),
        ] {
            assert_eq!(code(&refused(reason, "x")).as_u16(), expected, "{reason}");
        }
        for reason in Reason::ALL {
            let code = code(&refused(*reason, "x"));
            assert!(code.is_client_error() || code.is_server_error(), "{reason}");
        }
    }

    #[test]
    fn a_body_has_reason_and_violations() {
        let mut faults = Faults::default();
        faults.add("a.b", "REQUIRED", "give it");
        let body = body(&status_of(Failure::from(faults)));
        assert_eq!(body["code"], 3);
        assert_eq!(body["details"][0]["reason"], "REQUEST_INVALID");
        assert_eq!(body["details"][0]["metadata"]["fault"], "consumer");
        assert_eq!(body["details"][1]["fieldViolations"][0]["field"], "a.b");
    }
}
