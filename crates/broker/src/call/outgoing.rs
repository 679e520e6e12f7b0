//! The body of a request to a provider.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::sync::oneshot;

use super::Upload;
use super::digest::Tally;
use super::framing::{BadFrame, HEAD, Messages};

/// What the provider is sent.
pub(super) enum Outgoing {
    /// One framed message.
    One(Option<Bytes>),
    /// The consumer's messages as they come.
    Stream(Stream),
}

/// The consumer's messages on their way.
pub(super) struct Stream {
    body: Upload,
    messages: Messages,
    sent: Arc<Mutex<Sent>>,
    /// Closes when the exchange is over: then nothing more may go to the provider.
    over: oneshot::Receiver<()>,
}

/// What was sent so far, for the outcome.
pub(super) struct Sent {
    pub(super) tally: Option<Tally>,
    /// How the consumer broke off, if it did.
    pub(super) broke: Option<Broke>,
}

/// How a consumer breaks off its messages.
#[derive(Clone, Copy, Debug)]
pub(super) enum Broke {
    /// It went away.
    Gone,
    /// It broke gRPC's framing.
    Badly(BadFrame),
}

/// The consumer's messages broke off; the provider is told by a reset.
#[derive(Debug, thiserror::Error)]
#[error("the consumer's messages broke off")]
pub(super) struct BrokenOff;

impl Outgoing {
    /// The bare bytes of the one message, for a provider that does not speak gRPC.
    pub(super) fn unframed(self) -> Self {
        match self {
            Self::One(Some(framed)) if framed.len() > HEAD => Self::One(Some(framed.slice(HEAD..))),
            Self::One(_) => Self::One(None),
            Self::Stream(stream) => Self::Stream(stream),
        }
    }

    /// Passes the consumer's messages on, and counts them into `sent`.
    pub(super) fn stream(
        body: Upload,
        sent: Arc<Mutex<Sent>>,
        over: oneshot::Receiver<()>,
    ) -> Self {
        Self::Stream(Stream {
            body,
            messages: Messages::default(),
            sent,
            over,
        })
    }
}

impl Sent {
    pub(super) fn new(tally: Tally) -> Arc<Mutex<Self>> {
        Arc::new(Mutex::new(Self {
            tally: Some(tally),
            broke: None,
        }))
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        match self.get_mut() {
            Self::One(message) => Poll::Ready(message.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Stream(stream) => stream.poll(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::One(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::One(message) => {
                SizeHint::with_exact(message.as_ref().map_or(0, Bytes::len) as u64)
            }
            Self::Stream(_) => SizeHint::default(),
        }
    }
}

impl Stream {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        if Pin::new(&mut self.over).poll(context).is_ready() {
            return Poll::Ready(Some(Err(BrokenOff)));
        }
        let Some(frame) = ready!(Pin::new(&mut self.body).poll_frame(context)) else {
            return Poll::Ready(match self.messages.finish() {
                Ok(()) => None,
                Err(fault) => Some(Err(self.blame(Broke::Badly(fault)))),
            });
        };
        let Ok(frame) = frame else {
            return Poll::Ready(Some(Err(self.blame(Broke::Gone))));
        };
        // Trailers of a request have no meaning in gRPC.
        let bytes = frame.into_data().unwrap_or_default();
        Poll::Ready(Some(match self.count(&bytes) {
            Ok(()) => Ok(Frame::data(bytes)),
            Err(fault) => Err(self.blame(Broke::Badly(fault))),
        }))
    }

    fn count(&mut self, bytes: &Bytes) -> Result<(), BadFrame> {
        self.messages.push(bytes);
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(message) = self.messages.next()? {
            if let Some(tally) = &mut sent.tally {
                tally.add(&message);
            }
        }
        Ok(())
    }

    fn blame(&self, broke: Broke) -> BrokenOff {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.broke = Some(broke);
        BrokenOff
    }
}
