//! Asking a provider: the request as it goes out, on which connection.

use bytes::Bytes;
use domain::endpoint::Endpoint;
use domain::policy::Permit;
use domain::reason::Reason;
use http::header::{CONTENT_TYPE, TE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Version};
use hyper::body::Incoming;
use ledger::receipt::IntentReceipt;
use tokio::time::Instant;

use super::answer::{broken_off, check_head};
use super::lines::{Seat, Slot};
use super::outgoing::Outgoing;
use super::{Call, Permitted};
use crate::connections::ProviderFault;
use crate::exchange::MARGIN;
use crate::gateway::Gateway;

/// Endpoints that are tried when the first cannot be reached. Nothing was sent then, so asking
/// another is no repetition.
const TRIES: usize = 3;

/// A provider that began to answer, and the places that its answer holds.
pub(super) struct Asked {
    endpoint: Endpoint,
    peer: domain::name::Fingerprint,
    _slot: Slot,
    _seat: Seat,
}

impl Gateway {
    /// Asks, and waits for the head of the answer. It takes the receipt of the intent: without it
    /// there is no asking.
    pub(super) async fn put(
        &self,
        call: &Call,
        permitted: &Permitted,
        intent: &IntentReceipt,
        body: Outgoing,
    ) -> Result<(Response<Incoming>, Asked), ProviderFault> {
        let permit = &permitted.permit;
        let mut endpoints = self.snapshot().endpoints(&permit.grant().provider).to_vec();
        for tries_left in (0..TRIES).rev() {
            let (mut slot, endpoint) = self.lines.enter(call.lane, &endpoints, Instant::now())?;
            let connected = slot.connect(&self.connections, &endpoint).await;
            let (mut connection, seat) = match connected {
                Ok(connected) => connected,
                Err(fault) => {
                    slot.failed(Instant::now());
                    endpoints.retain(|other| other.name != endpoint.name);
                    if tries_left == 0 || endpoints.is_empty() {
                        return Err(fault);
                    }
                    continue;
                }
            };
            let request = request(call, permit, intent, &endpoint, body)?;
            let response = match connection.send.send_request(request).await {
                Ok(response) => response,
                Err(error) => {
                    slot.failed(Instant::now());
                    return Err(broken_off(&error));
                }
            };
            slot.answered();
            check_head(&response)?;
            let asked = Asked {
                endpoint,
                peer: connection.peer,
                _slot: slot,
                _seat: seat,
            };
            return Ok((response, asked));
        }
        Err(ProviderFault::new(
            Reason::ProviderUnavailable,
            "no endpoint could be reached",
        ))
    }

    /// Looks once more when the answer is there: that of a peer whose certificate was revoked
    /// meanwhile is thrown away.
    pub(super) fn still_trusts(&self, asked: &Asked) -> Result<(), ProviderFault> {
        self.connections.check(&asked.peer, &asked.endpoint)
    }
}

fn request(
    call: &Call,
    permit: &Permit,
    intent: &IntentReceipt,
    endpoint: &Endpoint,
    body: Outgoing,
) -> Result<Request<Outgoing>, ProviderFault> {
    let mut request = Request::new(body);
    *request.method_mut() = Method::POST;
    *request.version_mut() = Version::HTTP_2;
    *request.uri_mut() = format!("https://{}{}", endpoint.address, call.path)
        .parse()
        .map_err(|_| {
            ProviderFault::new(Reason::ProviderNotConnected, "the address is not usable")
        })?;
    *request.headers_mut() = headers(call, permit, intent);
    Ok(request)
}

/// What the provider learns of the call: which intent, grant, consumer and matter it serves. The
/// clerk and the case stay with the consumer.
fn headers(call: &Call, permit: &Permit, intent: &IntentReceipt) -> HeaderMap {
    let mut headers = call.trace.clone();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    headers.insert(TE, HeaderValue::from_static("trailers"));
    let left = call
        .used
        .deadline
        .saturating_duration_since(Instant::now() + MARGIN);
    headers.insert("grpc-timeout", timeout(left.as_millis()));
    let grant = permit.grant();
    for (name, text) in [
        ("shuqiao-request-id", intent.request_id()),
        ("shuqiao-grant", grant.name.as_str()),
        ("shuqiao-consumer", grant.terms.consumer.as_str()),
        ("shuqiao-matter", permit.matter().as_str()),
    ] {
        // Names and ids are printable ASCII; what were not would be left out.
        if let Ok(value) = HeaderValue::from_maybe_shared(Bytes::copy_from_slice(text.as_bytes())) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    headers.insert("shuqiao-intent", HeaderValue::from(intent.index()));
    headers
}

fn timeout(milliseconds: u128) -> HeaderValue {
    // At most a minute, so five digits; gRPC allows eight.
    HeaderValue::try_from(format!("{milliseconds}m"))
        .unwrap_or_else(|_| HeaderValue::from_static("60S"))
}
