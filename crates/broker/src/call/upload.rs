//! What a consumer sends: gRPC's framed messages, as they come or at hand already.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

/// The body of a consumer's request.
#[derive(Debug)]
pub enum Upload {
    /// As it comes over the wire.
    Wire(Incoming),
    /// One framed message that was made from another form of the request; then nothing more.
    Whole(Option<Bytes>),
}

impl Body for Upload {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match self.get_mut() {
            Self::Wire(body) => Pin::new(body).poll_frame(context),
            Self::Whole(message) => Poll::Ready(message.take().map(|bytes| Ok(Frame::data(bytes)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Wire(body) => body.is_end_stream(),
            Self::Whole(message) => message.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Wire(body) => body.size_hint(),
            Self::Whole(message) => {
                SizeHint::with_exact(message.as_ref().map_or(0, Bytes::len) as u64)
            }
        }
    }
}
