//! Bodies leave in small pieces, each when the caller has room for it.
//!
//! hyper gives what a body yields to HTTP/2 whole, once there is room for one byte, and drops the body after
//! the last of it. In one piece, megabytes would wait there for a caller that never takes them, while the place
//! that the answer holds is free again.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tonic::Status;

use super::body::EdgeBody;

/// The largest piece, in bytes: two frames of HTTP/2 as they are by default.
pub(super) const PIECE: usize = 32 * 1024;

/// A body with what is left of its last frame.
pub(crate) struct Pieced {
    body: EdgeBody,
    rest: Bytes,
}

impl Pieced {
    pub(super) fn new(body: EdgeBody) -> Self {
        Self {
            body,
            rest: Bytes::new(),
        }
    }
}

impl Body for Pieced {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.get_mut();
        if this.rest.is_empty() {
            let frame = match ready!(Pin::new(&mut this.body).poll_frame(context)) {
                Some(Ok(frame)) => frame,
                other => return Poll::Ready(other),
            };
            match frame.into_data() {
                Ok(data) => this.rest = data,
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            }
        }
        let piece = this.rest.split_to(PIECE.min(this.rest.len()));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.rest.len() as u64;
        let mut hint = self.body.size_hint();
        if let Some(most) = hint.upper() {
            hint.set_upper(most.saturating_add(rest));
        }
        hint.set_lower(hint.lower().saturating_add(rest));
        hint
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    fn json(bytes: usize) -> Pieced {
        Pieced::new(EdgeBody::Json {
            json: Some(vec![7; bytes].into()),
            _held: None,
        })
    }

    #[tokio::test]
    async fn a_large_answer_comes_in_pieces_and_says_its_size_until_the_last() {
        for (bytes, pieces) in [
            (0, &[0][..]),
            (1, &[1]),
            (PIECE, &[PIECE]),
            (PIECE + 1, &[PIECE, 1]),
        ] {
            let mut body = json(bytes);
            let mut left = bytes;
            for piece in pieces {
                assert_eq!(body.size_hint().exact(), Some(left as u64), "{bytes}");
                let frame = body.frame().await.unwrap().unwrap();
                assert_eq!(frame.into_data().unwrap().len(), *piece, "{bytes}");
                left -= piece;
            }
            assert!(body.frame().await.is_none(), "{bytes}");
        }
    }
}
