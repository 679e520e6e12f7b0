//! Whether a caller that was let in still stands: asked again when the registry changes, while its request is
//! under way and while its answer leaves.
//!
//! The door alone would let a transfer of a minute go on after its caller was revoked. What is asked for here
//! costs a quick call one comparison of a number; only a stream that waits waits for changes as well.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use broker::{Failure, Gateway};
use bytes::Bytes;
use domain::name::Fingerprint;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tonic::Status;

use crate::status::status_of;

/// Certificates end and registries grow stale without any change, so a stream looks at least so often.
const LOOK: Duration = Duration::from_secs(1);

/// The standing of the caller of one request.
#[derive(Clone)]
pub(crate) struct Standing {
    gateway: Arc<Gateway>,
    /// None where nobody needs to be known, and for whoever just took the right away: it is told so.
    caller: Option<Fingerprint>,
    /// The registry as of which it stood.
    since: u64,
}

/// Becomes ready when the caller does not stand any more.
type Lost = Pin<Box<dyn Future<Output = Failure> + Send>>;

impl Standing {
    /// The standing of a caller that was recognised by the registry of a generation or a later one.
    pub(super) fn new(gateway: &Arc<Gateway>, caller: Option<Fingerprint>, since: u64) -> Self {
        Self {
            gateway: Arc::clone(gateway),
            caller,
            since,
        }
    }

    /// Why the caller does not stand any more. Looks only where the registry changed since it did.
    ///
    /// # Errors
    /// The reason, as the door would say it.
    pub(super) fn check(&mut self) -> Result<(), Failure> {
        let Some(caller) = &self.caller else {
            return Ok(());
        };
        // Read first: what changes meanwhile is looked at next time.
        let now = self.gateway.generation();
        if now != self.since {
            self.gateway.authenticate(caller)?;
            self.since = now;
        }
        Ok(())
    }

    /// Waits until the caller does not stand any more.
    pub(super) async fn lost(self) -> Failure {
        let Some(caller) = self.caller else {
            return std::future::pending().await;
        };
        let mut changes = self.gateway.changes();
        loop {
            if let Err(failure) = self.gateway.authenticate(&caller) {
                return failure;
            }
            // Whichever comes first: a change, or the time to look anyway.
            let _ = tokio::time::timeout(LOOK, changes.changed()).await;
        }
    }
}

/// A standing that something which waits is woken by.
pub(crate) struct Watched {
    standing: Standing,
    lost: Option<Lost>,
}

impl Watched {
    /// Watches a standing.
    pub(super) fn new(standing: Standing) -> Self {
        Self {
            standing,
            lost: None,
        }
    }

    /// Why something that is ready must not go on.
    pub(super) fn check(&mut self) -> Result<(), Status> {
        self.standing.check().map_err(status_of)
    }

    /// Why something that waits must not wait any longer.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Status> {
        let standing = &self.standing;
        let lost = self
            .lost
            .get_or_insert_with(|| Box::pin(standing.clone().lost()));
        lost.as_mut().poll(context).map(|failure| {
            self.lost = None;
            status_of(failure)
        })
    }
}

/// The messages of a caller, as long as it stands.
pub(super) struct Arriving {
    body: Option<Incoming>,
    watched: Watched,
}

impl Arriving {
    /// Puts the watch around a body.
    pub(super) fn new(body: Incoming, standing: Standing) -> Self {
        Self {
            body: Some(body),
            watched: Watched::new(standing),
        }
    }
}

impl Body for Arriving {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.get_mut();
        let Some(body) = &mut this.body else {
            return Poll::Ready(None);
        };
        let polled = Pin::new(body).poll_frame(context);
        let lost = match &polled {
            Poll::Ready(_) => this.watched.check().err(),
            Poll::Pending => match this.watched.poll(context) {
                Poll::Ready(status) => Some(status),
                Poll::Pending => None,
            },
        };
        match lost {
            Some(status) => {
                this.body = None;
                Poll::Ready(Some(Err(status.into())))
            }
            None => polled.map(|frame| frame.map(|frame| frame.map_err(Into::into))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}
