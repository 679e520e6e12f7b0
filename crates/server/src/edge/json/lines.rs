//! A stream as lines of JSON (NDJSON): `{"result": …}` for each message, and one last line.
//!
//! The last line is `{"error": …}` with a status where the stream broke off, or `{"receipt": …}`
//! where a provider's method was called; our own streams carry the receipt in their last message.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{BufMut as _, Bytes, BytesMut};
use domain::reason::Reason;
use http::{HeaderMap, Response, StatusCode};
use http_body::{Body as _, Frame};
use http_body_util::BodyExt as _;
use prost_reflect::MessageDescriptor;
use serde_json::json;
use tonic::{Code, Status};

use super::answer;
use crate::edge::body::EdgeBody;
use crate::json::{self, status};
use crate::status::refused;

/// Lines on their way. Nothing is taken from the stream before the caller takes what came earlier.
pub(crate) struct Lines {
    from: EdgeBody,
    output: MessageDescriptor,
    kept: BytesMut,
    /// The first piece, which was looked at before the answer began.
    first: Option<Frame<Bytes>>,
    ended: bool,
}

impl Lines {
    /// Waits for the first piece of a stream: where that is its end, the HTTP code can still tell.
    pub(super) async fn begin(mut from: EdgeBody, output: MessageDescriptor) -> Response<EdgeBody> {
        let first = match from.frame().await {
            Some(Ok(frame)) => Some(frame),
            Some(Err(_)) => {
                return answer::failed(&refused(Reason::DeadlineExceeded, "the deadline passed"));
            }
            None => None,
        };
        let trailers = first.as_ref().and_then(Frame::trailers_ref);
        if let Some(status) = trailers.and_then(Status::from_header_map)
            && status.code() != Code::Ok
        {
            return answer::failed(&status);
        }
        let lines = Self {
            from,
            output,
            kept: BytesMut::new(),
            first,
            ended: false,
        };
        let body = EdgeBody::Lines(Box::new(lines));
        answer::with_head(StatusCode::OK, "application/x-ndjson", body)
    }

    /// Whether all has left.
    pub(crate) fn is_done(&self) -> bool {
        self.ended
    }

    /// The next lines.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        while !self.ended {
            let piece = match self.first.take() {
                Some(first) => Some(Ok(first)),
                None => ready!(Pin::new(&mut self.from).poll_frame(context)),
            };
            let lines = match piece.map(|piece| piece.map(Frame::into_data)) {
                Some(Ok(Ok(data))) => self.messages(&data),
                Some(Ok(Err(frame))) => {
                    self.ended = true;
                    ending(&frame.into_trailers().unwrap_or_default())
                }
                Some(Err(status)) => self.broken(&status),
                None => {
                    let status = refused(Reason::Internal, "the exchange broke off");
                    self.broken(&status)
                }
            };
            if !lines.is_empty() {
                return Poll::Ready(Some(lines));
            }
        }
        Poll::Ready(None)
    }

    /// A line for each message that is whole by now.
    fn messages(&mut self, data: &Bytes) -> Bytes {
        self.kept.extend_from_slice(data);
        let mut lines = BytesMut::new();
        while let Some(message) = answer::next(&mut self.kept) {
            let Some(json) = json::encode(&self.output, &message) else {
                let status = refused(Reason::Internal, "a message has no JSON form");
                lines.extend_from_slice(&self.broken(&status));
                break;
            };
            lines.put_slice(br#"{"result":"#);
            lines.put_slice(&json);
            lines.put_slice(b"}\n");
        }
        lines.freeze()
    }

    fn broken(&mut self, status: &Status) -> Bytes {
        self.ended = true;
        // The guard's own status has no reason: it resets a stream of gRPC, where nobody reads it.
        if status.details().is_empty() {
            return error(&refused(Reason::DeadlineExceeded, "the deadline passed"));
        }
        error(status)
    }
}

/// The last line, from the trailers.
fn ending(trailers: &HeaderMap) -> Bytes {
    match Status::from_header_map(trailers) {
        Some(status) if status.code() != Code::Ok => error(&status),
        _ => answer::receipt_json(trailers).map_or_else(Bytes::new, |receipt| {
            format!("{}\n", json!({ "receipt": receipt })).into()
        }),
    }
}

fn error(status: &Status) -> Bytes {
    format!("{}\n", json!({ "error": status::body(status) })).into()
}
