//! The body of a response: it holds its place among the requests at work, ends at the deadline, and ends when
//! its caller does not stand any more.

use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::{Frame, SizeHint};
use hyper::body::Bytes;
use tokio::time::{Sleep, sleep_until};
use tonic::body::Body;
use tonic::{Code, Status};

use super::body::Leaving;
use super::standing::{Standing, Watched};
use super::{Deadline, receipt};

/// A response's body with what it occupies.
pub(crate) struct Guarded {
    /// None when it was ended from outside.
    body: Option<Body>,
    ends: Pin<Box<Sleep>>,
    watched: Watched,
    _held: Leaving,
}

impl Guarded {
    /// Puts the guard around a body.
    pub(super) fn new(body: Body, deadline: Deadline, standing: Standing, held: Leaving) -> Self {
        Self {
            body: Some(body),
            ends: Box::pin(sleep_until(deadline.at())),
            watched: Watched::new(standing),
            _held: held,
        }
    }

    /// Ends the answer with a status. Whoever makes the rest of it sees that nobody takes it.
    fn end(&mut self, status: &Status) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        self.body = None;
        Poll::Ready(Some(Ok(Frame::trailers(receipt::of_status(status)))))
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
        let Some(body) = &mut this.body else {
            return Poll::Ready(None);
        };
        if let Poll::Ready(frame) = Pin::new(body).poll_frame(context) {
            let is_data = matches!(&frame, Some(Ok(frame)) if frame.is_data());
            return match this.watched.check() {
                // What is over anyway says how it ended.
                Err(status) if is_data => this.end(&status),
                _ => Poll::Ready(frame),
            };
        }
        if this.ends.as_mut().poll(context).is_ready() {
            // Resets the stream: the caller has stopped waiting, and nobody reads a trailer.
            return Poll::Ready(Some(Err(Status::new(
                Code::DeadlineExceeded,
                "the deadline passed",
            ))));
        }
        match this.watched.poll(context) {
            Poll::Ready(status) => this.end(&status),
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body
            .as_ref()
            .is_none_or(http_body::Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        // Cut short it would not be as long as was said.
        SizeHint::default()
    }
}
