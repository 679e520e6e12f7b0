//! The bodies of responses.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use broker::call::Piece;
use bytes::Bytes;
use http::HeaderMap;
use http_body::{Frame, SizeHint};
use tokio::sync::mpsc;
use tonic::Status;
use tonic::body::Body;

use super::guarded::Guarded;
use super::json::Lines;
use super::open::Open;
use super::receipt;
use super::standing::Watched;
use crate::status::status_of;

/// What a response carries.
pub(crate) enum EdgeBody {
    /// A status without messages.
    Status(Body),
    /// What a handler of our own answers.
    Handled(Guarded),
    /// One message of a provider and its end.
    One {
        /// The framed message, until it has left.
        message: Option<Bytes>,
        /// Status and receipt, until they have left.
        trailers: Option<HeaderMap>,
        /// What it occupies.
        _held: Leaving,
    },
    /// Messages of a provider as they come.
    Stream {
        /// The pieces, until the last has come.
        pieces: Option<mpsc::Receiver<Piece>>,
        /// Whether the caller stands.
        watched: Box<Watched>,
        /// What it occupies.
        _held: Leaving,
    },
    /// An answer in JSON.
    Json {
        /// The whole of it, until it has left.
        json: Option<Bytes>,
        /// What it was made of, with the place that it holds.
        _held: Option<Box<EdgeBody>>,
    },
    /// A stream in lines of JSON.
    Lines(Box<Lines>),
}

/// What an answer occupies until it has left.
pub(crate) struct Leaving {
    /// The place among the requests at work, and whatever else is free again only then.
    pub(super) _place: broker::Place,
    /// Its entry among the open answers of the connection.
    pub(super) _open: Open,
}

type Polled = Poll<Option<Result<Frame<Bytes>, Status>>>;

impl http_body::Body for EdgeBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Polled {
        match self.get_mut() {
            Self::Status(body) => Pin::new(body).poll_frame(context),
            Self::Handled(body) => Pin::new(body).poll_frame(context),
            Self::One {
                message, trailers, ..
            } => {
                let data = message.take().map(Frame::data);
                let frame = data.or_else(|| trailers.take().map(Frame::trailers));
                Poll::Ready(frame.map(Ok))
            }
            Self::Stream {
                pieces, watched, ..
            } => poll_watched(pieces, watched, context),
            Self::Json { json, .. } => Poll::Ready(json.take().map(|json| Ok(Frame::data(json)))),
            Self::Lines(lines) => lines
                .poll(context)
                .map(|line| line.map(|line| Ok(Frame::data(line)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Status(body) => body.is_end_stream(),
            Self::Handled(body) => body.is_end_stream(),
            Self::One {
                message, trailers, ..
            } => message.is_none() && trailers.is_none(),
            Self::Stream { pieces, .. } => pieces.is_none(),
            Self::Json { json, .. } => json.is_none(),
            Self::Lines(lines) => lines.is_done(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Status(body) => body.size_hint(),
            Self::Handled(body) => body.size_hint(),
            Self::One { .. } | Self::Stream { .. } | Self::Lines(_) => SizeHint::default(),
            Self::Json { json, .. } => {
                SizeHint::with_exact(json.as_ref().map_or(0, Bytes::len) as u64)
            }
        }
    }
}

/// The next piece, or the end where the caller does not stand any more. Who makes the pieces sees that
/// nobody takes them.
fn poll_watched(
    pieces: &mut Option<mpsc::Receiver<Piece>>,
    watched: &mut Watched,
    context: &mut Context<'_>,
) -> Polled {
    let polled = poll_piece(pieces, context);
    let is_data = matches!(&polled, Poll::Ready(Some(Ok(frame))) if frame.is_data());
    let lost = match &polled {
        Poll::Ready(_) if is_data => watched.check().err(),
        // What is over anyway says how it ended.
        Poll::Ready(_) => None,
        Poll::Pending => match watched.poll(context) {
            Poll::Ready(status) => Some(status),
            Poll::Pending => None,
        },
    };
    match lost {
        Some(status) => {
            *pieces = None;
            Poll::Ready(Some(Ok(Frame::trailers(receipt::of_status(&status)))))
        }
        None => polled,
    }
}

fn poll_piece(pieces: &mut Option<mpsc::Receiver<Piece>>, context: &mut Context<'_>) -> Polled {
    let Some(waiting) = pieces else {
        return Poll::Ready(None);
    };
    let piece = ready!(waiting.poll_recv(context));
    if let Some(Piece::Messages(bytes)) = piece {
        return Poll::Ready(Some(Ok(Frame::data(bytes))));
    }
    *pieces = None;
    let trailers = match piece {
        Some(Piece::End(Ok(receipt))) => receipt::trailers(&receipt),
        Some(Piece::End(Err(failure))) => receipt::of_status(&status_of(failure)),
        // The task that feeds us ends with an end, unless it broke off itself.
        Some(Piece::Messages(_)) | None => receipt::of_status(&receipt::broke_off()),
    };
    Poll::Ready(Some(Ok(Frame::trailers(trailers))))
}
