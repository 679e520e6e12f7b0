//! API mode: a consumer calls a provider's own service through the gateway, with its own stubs.
//!
//! Bytes go through. What of an answer was not granted is taken out on the wire by the mask of the
//! grant; nothing is decoded. A single answer leaves after its outcome is durable; the messages of
//! a stream leave under the durable intent, and the stream ends with an outcome that digests them.

mod answer;
mod asking;
mod code;
mod digest;
mod framing;
mod hedged;
mod http_json;
mod lines;
mod outgoing;
mod reached;
mod stream;
mod unary;
mod upload;

use std::sync::Arc;

use bytes::Bytes;
use domain::basis::Basis;
use domain::caller::Caller;
use domain::http_api::Verb;
use domain::interface::Method;
use domain::item::ItemKey;
use domain::mask::Mask;
use domain::name::GrantName;
use domain::policy::{Ask, Permit};
use domain::reason::Reason;
use domain::resource::ShareMode;
use domain::route::Route;
use http::HeaderMap;
use ledger::entry::Fact;
use tokio::sync::{mpsc, oneshot};

use crate::exchange::{Receipt, Use};
use crate::failure::Failure;
use crate::gateway::Gateway;

pub use code::ProviderCode;
pub use http_json::Target;
pub(crate) use http_json::check_kind;
pub(crate) use lines::Lines;
pub(crate) use reached::{reached, routes_of};
pub use upload::Upload;

/// The largest message either way, in bytes; larger data goes by table or file mode.
pub const MESSAGE_BYTES: usize = 4 * 1024 * 1024;

/// A call of a provider's own method.
pub struct Call {
    /// Who calls, why, and until when it waits.
    pub used: Use,
    /// The method as the registry calls it: `/package.Service/Method`, or `GET /system/path/{id}`.
    pub path: String,
    /// What is asked for exactly, where the provider speaks HTTP and JSON.
    pub target: Option<Target>,
    /// The one grant to use; none named means any that permits.
    pub grant: Option<GrantName>,
    /// The items; none named means all that is granted.
    pub items: Vec<ItemKey>,
    /// W3C trace context, passed on as it came.
    pub trace: HeaderMap,
    /// The worker that serves the caller's connection; it has connections of its own to providers.
    pub lane: usize,
    /// Resolves when the caller has gone.
    pub gone: oneshot::Receiver<()>,
}

/// What a provider's method answers with.
#[derive(Debug)]
pub enum Answer {
    /// One message, cut and framed for gRPC. Its outcome is durable.
    One(Bytes, Box<Receipt>),
    /// Messages as they come, then the end.
    Stream(mpsc::Receiver<Piece>),
}

/// A part of a stream.
#[derive(Debug)]
pub enum Piece {
    /// Whole messages, cut and framed.
    Messages(Bytes),
    /// The last part: the proof, or why it broke off.
    End(Result<Box<Receipt>, Failure>),
}

/// A permitted call on its way.
struct Permitted {
    permit: Permit,
    route: Arc<Route>,
    mask: Arc<Mask>,
}

impl Gateway {
    /// Whether a published resource stands behind this method.
    pub fn serves_method(&self, path: &str) -> bool {
        !self.snapshot().routes(path).is_empty()
    }

    /// What the registry calls the method that an HTTP request is for, where a published resource
    /// stands behind it.
    pub fn http_method(&self, verb: &str, path: &str) -> Option<String> {
        let snapshot = self.snapshot();
        let found = snapshot.http_path(Verb::parse(verb)?, path)?;
        Some(found.to_string())
    }

    /// How the method of a path is described, by the provider that a caller would reach with it.
    /// Departments may serve methods of one path that differ.
    pub fn described_method(
        &self,
        caller: &Caller,
        path: &str,
        grant: Option<&GrantName>,
    ) -> Option<Method> {
        let snapshot = self.snapshot();
        let routes = snapshot.routes(path);
        let named = grant.and_then(|name| snapshot.grant(name));
        let granted = |route: &&Arc<Route>| match (named, caller.system()) {
            (Some(grant), _) => grant.terms.resource == *route.resource(),
            (None, Ok(consumer)) => !snapshot.grants_of(consumer, route.resource()).is_empty(),
            (None, Err(_)) => false,
        };
        let route = routes.iter().find(granted).or_else(|| routes.first())?;
        Some(route.method().clone())
    }

    /// Calls a provider's method under a grant.
    ///
    /// # Errors
    /// A refusal by policy, the provider's fault, or a ledger that cannot record. In each case
    /// nothing was released; of a stream, nothing yet.
    pub async fn call(self: Arc<Self>, call: Call, body: Upload) -> Result<Answer, Failure> {
        let permitted = self.permit_call(&call).await?;
        let method = permitted.route.method();
        if method.is_client_streaming() || method.is_server_streaming() {
            // Large, and most calls are not streams.
            Box::pin(self.call_streaming(call, permitted, body)).await
        } else {
            self.call_unary(call, permitted, body).await
        }
    }

    async fn permit_call(&self, call: &Call) -> Result<Permitted, Failure> {
        let snapshot = self.snapshot();
        let consumer = call.used.caller.system()?;
        let routes = snapshot.routes(&call.path).iter();
        let routes = routes.filter(|route| {
            let target = call.target.as_ref();
            target.is_none_or(|target| target.is_for(route))
        });
        let grant = call.grant.as_ref();
        let ask = Ask {
            consumer: consumer.clone(),
            resources: reached(&snapshot, consumer, routes.clone(), grant, "shuqiao-grant")?,
            mode: ShareMode::Api,
            matter: Some(call.used.purpose.matter.clone()),
            operator_named: call.used.purpose.operator.is_some(),
            items: call.items.clone(),
            whole: false,
            compared: Vec::new(),
            grant: grant.cloned(),
            basis: Basis::Duty,
            issuing: false,
        };
        let permit = self.permit(&call.used, &ask).await?;
        let mut routes = routes;
        let route = routes
            .find(|route| *route.resource() == permit.resource().name)
            .ok_or_else(|| Failure::new(Reason::MethodUnknown, "this method is not served here"))?;
        Ok(Permitted {
            mask: route.mask(&permit),
            route: Arc::clone(route),
            permit,
        })
    }
}

/// What the intent says of an exchange by API.
fn scope(call: &Call, asked: Option<String>) -> Vec<(&'static str, Fact)> {
    let mut scope = vec![("method", Fact::from(call.path.as_str()))];
    if let Some(digest) = asked {
        scope.push(("asked_digest", digest.into()));
    }
    scope
}
