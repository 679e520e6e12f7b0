//! Asking a provider: the request as it goes out, on which connection.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use domain::endpoint::{Endpoint, Protocol};
use domain::policy::Permit;
use domain::reason::Reason;
use domain::resource::ShareMode;
use http::header::{CONTENT_TYPE, TE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri, Version};
use hyper::body::Incoming;
use ledger::receipt::IntentReceipt;
use tokio::time::Instant;

use super::answer::{broken_off, check_head};
use super::hedged::Attempt;
use super::lines::{Seat, Slot};
use super::outgoing::{Broke, Outgoing, Sent};
use super::{Call, Permitted, Target, http_json};
use crate::connections::ProviderFault;
use crate::exchange::MARGIN;
use crate::gateway::Gateway;

/// Connections that are tried when the first cannot be made, or had ended before anything was sent.
/// The provider has not seen the request then, so this is no repetition.
const TRIES: usize = 3;

/// A provider that began to answer, and the places that its answer holds.
pub(super) struct Asked {
    endpoint: Arc<Endpoint>,
    peer: domain::name::Fingerprint,
    seat: Seat,
    slot: Slot,
}

impl Asked {
    /// A whole message came: whatever follows, the provider is there.
    pub(super) fn answering(&mut self) {
        self.slot.answered();
    }

    /// The answer came to its end.
    pub(super) fn done(mut self) {
        self.slot.answered();
        self.seat.done();
    }

    /// The consumer ended it.
    pub(super) fn left(mut self) {
        self.slot.unsaid(Instant::now());
        self.seat.done();
    }

    /// The answer ended with a fault. What is bad is thrown away with the rest of its connection.
    pub(super) fn ended(mut self, fault: ProviderFault) -> ProviderFault {
        match fault.reason {
            // An error of its own is an answer.
            Reason::ProviderError => self.slot.answered(),
            Reason::ProviderUnavailable | Reason::ProviderTimeout | Reason::ProviderBadAnswer => {
                self.slot.failed(Instant::now());
            }
            // The right to the answer was lost meanwhile.
            _ => self.slot.unsaid(Instant::now()),
        }
        if fault.reason == Reason::ProviderBadAnswer {
            self.seat.doubt();
        }
        self.seat.done();
        fault
    }
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
        upload: Option<&Mutex<Sent>>,
        attempt: Attempt<'_>,
    ) -> Result<(Response<Incoming>, Asked), ProviderFault> {
        let permit = &permitted.permit;
        let mut endpoints = self.endpoints_of(call, permit);
        let consumer = &permit.grant().terms.consumer;
        let mut request = request(call, permit, intent, body);
        if let Some(before) = attempt.not_to {
            endpoints.retain(|endpoint| endpoint.name != *before);
            // As gRPC's own hedging says it (gRFC A6).
            let headers = request.headers_mut();
            headers.insert("grpc-previous-rpc-attempts", HeaderValue::from_static("1"));
        }
        let mut fault =
            ProviderFault::new(Reason::ProviderNotConnected, "there is no endpoint").unsent();
        for _ in 0..TRIES {
            if endpoints.is_empty() {
                break;
            }
            let entered = self
                .lines
                .enter(call.lane, &endpoints, consumer, Instant::now());
            let (mut slot, endpoint) = entered.map_err(ProviderFault::unsent)?;
            if let Some(went_to) = attempt.went_to {
                // Set by the first endpoint that was tried; a second question avoids that one.
                let _ = went_to.set(endpoint.name.clone());
            }
            *request.uri_mut() = uri(call, permitted, &endpoint).map_err(ProviderFault::unsent)?;
            let (mut connection, seat) = match slot.connect(&self.connections, &endpoint).await {
                Ok(connected) => connected,
                Err(refused) => {
                    slot.failed(Instant::now());
                    endpoints.retain(|other| other.name != endpoint.name);
                    fault = refused.unsent();
                    continue;
                }
            };
            match connection.send.try_send_request(request).await {
                Ok(response) => {
                    let asked = Asked {
                        endpoint,
                        peer: connection.peer,
                        seat,
                        slot,
                    };
                    let checked = match call.target {
                        Some(_) => http_json::check_head(&response),
                        None => check_head(&response),
                    };
                    return match checked {
                        Ok(()) => Ok((response, asked)),
                        Err(fault) => Err(asked.ended(fault)),
                    };
                }
                Err(mut error) => {
                    if upload.is_some_and(|upload| broke(upload).is_some()) {
                        // The consumer broke off, and took the request with it.
                        slot.unsaid(Instant::now());
                    } else {
                        slot.failed(Instant::now());
                    }
                    fault = broken_off(error.error());
                    // Given back unsent: the connection had ended before.
                    match error.take_message() {
                        Some(unsent) => {
                            request = unsent;
                            fault = fault.unsent();
                        }
                        None => return Err(fault),
                    }
                }
            }
        }
        Err(fault)
    }

    /// The endpoints of the provider that speak what is called.
    fn endpoints_of(&self, call: &Call, permit: &Permit) -> Vec<Arc<Endpoint>> {
        let spoken = match call.target {
            Some(_) => Protocol::HttpJson,
            None => Protocol::Grpc,
        };
        let snapshot = self.snapshot();
        let resource = permit.resource();
        let all = snapshot.endpoints(&permit.grant().provider).iter();
        all.filter(|endpoint| endpoint.serves(ShareMode::Api, resource))
            .filter(|endpoint| endpoint.protocol == spoken)
            .cloned()
            .collect()
    }

    /// Looks once more when the answer is there: that of a peer whose certificate was revoked
    /// meanwhile is thrown away.
    pub(super) fn still_trusts(&self, asked: &Asked) -> Result<(), ProviderFault> {
        self.connections.check(&asked.peer, &asked.endpoint)
    }
}

/// How the consumer broke off its messages, if it did.
pub(super) fn broke(sent: &Mutex<Sent>) -> Option<Broke> {
    sent.lock().unwrap_or_else(PoisonError::into_inner).broke
}

fn request(
    call: &Call,
    permit: &Permit,
    intent: &IntentReceipt,
    body: Outgoing,
) -> Request<Outgoing> {
    let mut request = Request::new(body);
    *request.method_mut() = Method::POST;
    *request.version_mut() = Version::HTTP_2;
    *request.headers_mut() = headers(call, permit, intent);
    match &call.target {
        Some(target) => target.dress(request),
        None => request,
    }
}

fn uri(call: &Call, permitted: &Permitted, endpoint: &Endpoint) -> Result<Uri, ProviderFault> {
    let unusable =
        |_| ProviderFault::new(Reason::ProviderNotConnected, "the address is not usable");
    let path = call
        .target
        .as_ref()
        .map_or(call.path.as_str(), Target::path);
    // By the document of the one resource that is asked for: those of others may be served elsewhere.
    let base = permitted.route.method().base();
    format!("https://{}{base}{path}", endpoint.address)
        .parse()
        .map_err(unusable)
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
