//! The body of a response: it holds its place among the requests at work, and ends at the deadline.

use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::{Frame, SizeHint};
use hyper::body::Bytes;
use tokio::time::{Sleep, sleep_until};
use tonic::body::Body;
use tonic::{Code, Status};

use super::Deadline;
use super::body::Leaving;

/// A response's body with what it occupies.
pub(crate) struct Guarded {
    body: Body,
    ends: Pin<Box<Sleep>>,
    _held: Leaving,
}

impl Guarded {
    /// Puts the guard around a body.
    pub(super) fn new(body: Body, deadline: Deadline, held: Leaving) -> Self {
        Self {
            body,
            ends: Box::pin(sleep_until(deadline.at())),
            _held: held,
        }
    }
}

impl http_body::Body for Guarded {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.get_mut();
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) {
            return Poll::Ready(frame);
        }
        if this.ends.as_mut().poll(context).is_ready() {
            // Resets the stream: the caller has stopped waiting, and nobody reads a trailer.
            return Poll::Ready(Some(Err(Status::new(
                Code::DeadlineExceeded,
                "the deadline passed",
            ))));
        }
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
