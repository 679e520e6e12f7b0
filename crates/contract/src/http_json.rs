//! What an answer over HTTP must be.

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};

/// An answer is plain JSON, and nothing in it is compressed.
///
/// # Errors
/// In one sentence.
pub fn check_kind(headers: &HeaderMap) -> Result<(), String> {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let name = kind
        .and_then(|kind| kind.split(';').next())
        .unwrap_or_default()
        .trim();
    let is_json = name.eq_ignore_ascii_case("application/json")
        || name
            .get(..12)
            .is_some_and(|start| start.eq_ignore_ascii_case("application/"))
            && name.to_ascii_lowercase().ends_with("+json");
    if !is_json {
        return Err("the provider's answer is not JSON".to_owned());
    }
    let encoding = headers
        .get(CONTENT_ENCODING)
        .map(http::HeaderValue::as_bytes);
    if encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case(b"identity")) {
        // Nothing compressed was asked for, and nothing is unpacked.
        return Err("the provider's answer is compressed".to_owned());
    }
    Ok(())
}
