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

    /// The standing of nobody, which is never lost.
    pub(super) fn of_nobody(self) -> Self {
        Self {
            caller: None,
            ..self
        }
    }

    /// Waits until the registry says that the caller does not stand any more. For what ends soon anyway: the
    /// clock is not looked at.
    pub(super) async fn revoked(mut self) -> Failure {
        let mut changes = self.gateway.changes();
        loop {
            if let Err(failure) = self.check() {
                return failure;
            }
            if changes.changed().await.is_err() {
                // The gateway is here, so its sender is: this does not happen.
                std::future::pending::<()>().await;
            }
        }
    }

    /// Waits until the caller does not stand any more, by the registry or by the clock.
    pub(super) async fn lost(mut self) -> Failure {
        let Some(caller) = self.caller.clone() else {
            return std::future::pending().await;
        };
        let mut changes = self.gateway.changes();
        loop {
            if let Err(failure) = self.check() {
                return failure;
            }
            let next = tokio::time::timeout(LOOK, changes.changed()).await;
            if next.is_err()
                && let Err(failure) = self.gateway.authenticate(&caller)
            {
                return failure;
            }
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

#[cfg(test)]
mod tests {
    use broker::Act;
    use domain::credential::Principal;
    use domain::name::{Account, RequestId};
    use domain::reason::Reason;
    use jiff::SignedDuration;
    use sandbox::identity::KeyAndRequest;

    use super::*;
    use crate::testing::{ManualClock, gateway};

    async fn operator(gateway: &Gateway, account: &str) -> domain::caller::Caller {
        let account = Account::parse(account).unwrap();
        let own = KeyAndRequest::generate().unwrap();
        let principal = Principal::Operator { account };
        let issued = gateway.issue_operator(&principal, &own.request_pem);
        let name = issued.await.unwrap().credential.name;
        gateway.authenticate(&name).unwrap()
    }

    #[tokio::test]
    async fn standing_is_lost_by_a_revocation_and_by_the_clock_and_by_nothing_else() {
        let folder = std::env::temp_dir().join(format!("shuqiao-standing-{}", std::process::id()));
        crate::keys::make_folder(&folder).unwrap();
        let clock = ManualClock::at("2022-06-01T00:00:00Z");
        let gateway = Arc::new(gateway(&folder, &clock).await);
        let (first, second) = (
            operator(&gateway, "first").await,
            operator(&gateway, "second").await,
        );
        let since = gateway.generation();
        let of = |caller: &domain::caller::Caller| {
            let name = caller.fingerprint().clone();
            Standing::new(&gateway, Some(name), since)
        };
        let (mut revoked, mut staying) = (of(&first), of(&second));
        assert!(revoked.check().is_ok());
        let waiting = tokio::spawn(of(&first).lost());

        let request_id = RequestId::parse(&gateway.new_id()).unwrap();
        let act = Act {
            caller: &second,
            request_id: &request_id,
            method: "RevokeTlsCertificate",
            digest: String::new(),
            validate_only: false,
        };
        let why = "lost".to_owned();
        let done = gateway.revoke_tls_certificate(&act, first.fingerprint(), why, false);
        done.await.unwrap();
        let failure = revoked.check().unwrap_err();
        assert_eq!(failure.reason, Reason::TlsCertificateRevoked);
        // Whoever waits is woken, without a word from the one it waits for.
        assert_eq!(waiting.await.unwrap().reason, Reason::TlsCertificateRevoked);
        assert!(staying.check().is_ok() && revoked.clone().of_nobody().check().is_ok());

        // A certificate ends without any change of the registry.
        clock.advance(SignedDuration::from_hours(24 * 31));
        assert!(
            staying.check().is_ok(),
            "nothing changed, so nothing was looked at"
        );
        let failure = staying.lost().await;
        assert_eq!(failure.reason, Reason::TlsCertificateExpired);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
