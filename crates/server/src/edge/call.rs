//! Calls of providers' own methods: metadata in, an answer of the provider out.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use broker::call::{Answer, Call, Target, Upload};
use broker::{Failure, Gateway, Purpose, Use};
use domain::caller::Caller;
use domain::fault::{self, Cause, Faults};
use domain::item::ItemKey;
use domain::name::{GrantName, MatterName, RequestId};
use domain::reason::Reason;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Request, Response};
use tokio::sync::oneshot;

use super::body::{EdgeBody, Leaving};
use super::detached::Detached;
use super::standing::{Standing, Watched};
use super::{Admitted, Deadline, receipt};
use crate::status::status_of;

/// What is called.
pub(super) struct Asked {
    /// What the registry calls the method.
    pub(super) path: String,
    /// The exact request, where the provider speaks HTTP and JSON.
    pub(super) target: Option<Target>,
}

impl Asked {
    /// A gRPC method, by the path of a request.
    pub(super) fn method(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            target: None,
        }
    }
}

/// Serves one call. The work goes on when the caller goes away: its outcome is recorded.
pub(super) async fn serve(
    gateway: Arc<Gateway>,
    admitted: Admitted,
    lane: usize,
    asked: Asked,
    request: Request<Upload>,
) -> Response<EdgeBody> {
    let (head, body) = request.into_parts();
    let Admitted {
        caller,
        mut standing,
        deadline,
        place,
        open,
    } = admitted;
    let Some(caller) = caller else {
        let message = "a provider's method needs a known caller";
        return failed(Failure::new(Reason::TlsCertificateMissing, message));
    };
    let place = Arc::new(place);
    let (staying, gone) = oneshot::channel();
    let parsed = parse(&gateway, caller, deadline, &head.headers);
    let (used, grant, items) = match parsed {
        Ok(parsed) => parsed,
        Err(faults) => return failed(Failure::from(faults)),
    };
    let used = Use {
        place: Some(Arc::clone(&place) as broker::Place),
        ..used
    };
    let call = Call {
        used,
        path: asked.path,
        target: asked.target,
        grant,
        items,
        trace: trace(&head.headers),
        lane,
        gone,
    };
    let leaving = Leaving {
        _place: place,
        _open: open,
    };
    let work = Detached::told(gateway.call(call, body), staying);
    let ended = tokio::select! {
        biased;
        ended = work => ended,
        // Dropped, the call is told that its caller has gone.
        failure = standing.clone().revoked() => Err(failure),
    };
    match ended.and_then(|answer| standing.check().map(|()| answer)) {
        Ok(answer) => answered(answer, standing, leaving),
        Err(failure) => failed(failure),
    }
}

fn answered(answer: Answer, standing: Standing, leaving: Leaving) -> Response<EdgeBody> {
    let body = match answer {
        Answer::One(message, proof) => EdgeBody::One {
            message: Some(message),
            trailers: Some(receipt::trailers(&proof)),
            _held: leaving,
        },
        Answer::Stream(pieces) => EdgeBody::Stream {
            pieces: Some(pieces),
            watched: Box::new(Watched::new(standing)),
            _held: leaving,
        },
    };
    let mut response = Response::new(body);
    let kind = HeaderValue::from_static("application/grpc");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

fn failed(failure: Failure) -> Response<EdgeBody> {
    status_of(failure).into_http().map(EdgeBody::Status)
}

/// The grant that a call names, if it names one well.
pub(super) fn named_grant(headers: &HeaderMap) -> Option<GrantName> {
    let text = Metadata(headers).text("shuqiao-grant").ok().flatten()?;
    GrantName::parse(&text).ok()
}

/// What the metadata says; all faults at once, each by the name of its key.
fn parse(
    gateway: &Gateway,
    caller: Caller,
    deadline: Deadline,
    headers: &HeaderMap,
) -> Result<(Use, Option<GrantName>, Vec<ItemKey>), Faults> {
    let mut faults = Faults::default();
    let metadata = Metadata(headers);
    let request_id = match metadata.text("shuqiao-request-id") {
        // Without an id of its own the call cannot be repeated safely; the caller chose so.
        Ok(None) => faults.check("shuqiao-request-id", RequestId::parse(&gateway.new_id())),
        text => required(&mut faults, "shuqiao-request-id", text, RequestId::parse),
    };
    let matter = metadata
        .text("shuqiao-matter")
        .map(Option::unwrap_or_default);
    let matter = matter.and_then(|text| MatterName::parse(&text));
    let matter = faults.check("shuqiao-matter", matter);
    let case = metadata.text("shuqiao-case").map(Option::unwrap_or_default);
    let case = faults.check("shuqiao-case", case.and_then(|text| fault::line(&text, 64)));
    let operator = metadata.text("shuqiao-operator");
    let operator = optional(&mut faults, "shuqiao-operator", operator, |text| {
        fault::line(text, 64)
    });
    let grant = metadata.text("shuqiao-grant");
    let grant = optional(&mut faults, "shuqiao-grant", grant, GrantName::parse);
    let items = metadata.text("shuqiao-items");
    let items = items.and_then(|text| keys(text.as_deref()));
    let items = faults.check("shuqiao-items", items);
    let whole = (|| {
        let purpose = Purpose {
            matter: matter?,
            case_number: case?,
            operator: operator?,
        };
        let used = Use {
            caller,
            request_id: request_id?,
            purpose,
            deadline: deadline.at(),
            place: None,
        };
        Some((used, grant?, items?))
    })();
    faults.finish(whole)
}

/// Keys joined by commas; absent means all that is granted, empty is a fault: whoever wants nothing
/// must not get everything.
fn keys(text: Option<&str>) -> Result<Vec<ItemKey>, Cause> {
    let Some(text) = text else {
        return Ok(Vec::new());
    };
    let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
    domain::item::keys(&names)
}

/// W3C trace context, as it came; what is longer than the specification lets one count on is left
/// out, so that it cannot carry anything else.
fn trace(headers: &HeaderMap) -> HeaderMap {
    let mut trace = HeaderMap::with_capacity(10);
    for (name, most) in [("traceparent", 55), ("tracestate", 512)] {
        if let Some(value) = headers.get(name).filter(|value| value.len() <= most) {
            trace.insert(name, value.clone());
        }
    }
    trace
}

/// The metadata of a call.
struct Metadata<'a>(&'a HeaderMap);

impl Metadata<'_> {
    /// One text. What is not ASCII comes as `{name}-bin`, in base64 as gRPC sends it.
    fn text(&self, name: &'static str) -> Result<Option<String>, Cause> {
        let not_text = || Cause::new("NOT_TEXT", "give printable ASCII, or UTF-8 under -bin");
        let binary = format!("{name}-bin");
        if self
            .0
            .get_all(name)
            .iter()
            .chain(self.0.get_all(&binary))
            .count()
            > 1
        {
            return Err(Cause::new("REPEATED", "give it once"));
        }
        if let Some(value) = self.0.get(name) {
            return value
                .to_str()
                .map(|text| Some(text.to_owned()))
                .map_err(|_| not_text());
        }
        let Some(value) = self.0.get(&binary) else {
            return Ok(None);
        };
        let bytes = STANDARD
            .decode(value.as_bytes())
            .or_else(|_| STANDARD_NO_PAD.decode(value.as_bytes()));
        let text = bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok());
        text.map(Some).ok_or_else(not_text)
    }
}

fn required<T>(
    faults: &mut Faults,
    name: &str,
    text: Result<Option<String>, Cause>,
    parse: impl Fn(&str) -> Result<T, Cause>,
) -> Option<T> {
    let parsed = text
        .map(Option::unwrap_or_default)
        .and_then(|text| parse(&text));
    faults.check(name, parsed)
}

/// A value that may be absent; the outer `None` is a fault.
#[expect(clippy::option_option, reason = "absent is one thing, wrong another")]
fn optional<T>(
    faults: &mut Faults,
    name: &str,
    text: Result<Option<String>, Cause>,
    parse: impl Fn(&str) -> Result<T, Cause>,
) -> Option<Option<T>> {
    let parsed = match text {
        Ok(None) => Ok(None),
        Ok(Some(text)) if text.is_empty() => Ok(None),
        Ok(Some(text)) => parse(&text).map(Some),
        Err(cause) => Err(cause),
    };
    faults.check(name, parsed)
}
