//! The files of links, fetched by GET: `Range: bytes=N-` goes on where a download broke off.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use broker::{Failure, ReadLink};
use bytes::Bytes;
use domain::file::Format;
use domain::file_link::FileLink;
use domain::reason::Reason;
use http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, ETAG, RANGE,
};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body::Frame;
use hyper::body::Incoming;
use tonic::Status;
use tonic::body::Body;

use super::body::{EdgeBody, Leaving};
use super::guarded::Guarded;
use super::json::answer::with_head;
use super::pieced::PIECE;
use super::standing::Watched;
use super::{Admitted, Edge};

/// What a link's path begins with; its secret follows.
pub(crate) const PREFIX: &str = "/v1/certificateFiles/";

/// Whether a path is that of a link.
pub(super) fn is_link(path: &str) -> bool {
    path.starts_with(PREFIX)
}

impl Edge {
    /// Gives the file of a link to its system.
    pub(super) async fn linked(
        self,
        mut admitted: Admitted,
        request: Request<Incoming>,
    ) -> Result<Response<EdgeBody>, Failure> {
        let (head, _) = request.into_parts();
        let caller = admitted
            .caller
            .ok_or_else(|| Failure::new(Reason::TlsCertificateMissing, "nobody is known to ask"))?;
        let path = head.uri.path();
        let read = ReadLink {
            secret: path.strip_prefix(PREFIX).unwrap_or_default().to_owned(),
            start: start_of(&head.headers),
        };
        let (gateway, start) = (Arc::clone(&self.gateway), read.start);
        // Who goes away does not stop the entry from being recorded.
        let reading = self
            .control
            .spawn(async move { gateway.read_file_link(&caller, &read).await });
        let read = tokio::time::timeout_at(admitted.deadline.at(), reading).await;
        let late = |_| Failure::new(Reason::DeadlineExceeded, "the deadline passed");
        let file = read
            .map_err(late)?
            .map_err(|_| Failure::new(Reason::Internal, "the handler broke off"))??;
        admitted.standing.check()?;
        let leaving = Leaving {
            _place: Arc::new((admitted.place, file.place)),
            _open: admitted.open,
        };
        let length = file.bytes.len();
        let bytes = Body::new(Linked {
            rest: file.bytes,
            watched: Watched::new(admitted.standing.clone()),
        });
        // What is looked at piece by piece is not looked at twice.
        let standing = admitted.standing.of_nobody();
        let body = Guarded::new(bytes, admitted.deadline, standing, leaving);
        Ok(response(&file.link, EdgeBody::Handled(body), length, start))
    }
}

/// The first byte wanted. A range of another form does not count: the whole is asked for then (RFC 9110,
/// 14.2). `If-Range` need not be looked at, since the file behind a link never changes.
fn start_of(headers: &HeaderMap) -> u64 {
    let range = headers.get(RANGE).and_then(|value| value.to_str().ok());
    let start = range
        .and_then(|range| range.strip_prefix("bytes="))
        .and_then(|range| range.strip_suffix('-'))
        .filter(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()));
    // Digits that are no number of ours lie behind the end of every file.
    start.map_or(0, |digits| digits.parse().unwrap_or(u64::MAX))
}

/// The bytes of a file as long as its caller stands; then the connection or the stream breaks, and what came is
/// shorter than was said. There is no status in the middle of a file.
struct Linked {
    rest: Bytes,
    watched: Watched,
}

impl http_body::Body for Linked {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.get_mut();
        if this.rest.is_empty() {
            return Poll::Ready(None);
        }
        if let Err(status) = this.watched.check() {
            this.rest = Bytes::new();
            return Poll::Ready(Some(Err(status)));
        }
        let piece = this.rest.split_to(PIECE.min(this.rest.len()));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }
}

fn response(link: &FileLink, body: EdgeBody, length: usize, start: u64) -> Response<EdgeBody> {
    let size = link.size;
    let code = if start == 0 {
        StatusCode::OK
    } else {
        StatusCode::PARTIAL_CONTENT
    };
    let format = link.format;
    let mut response = with_head(code, format.content_type(), body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let mut insert = |name, text: String| {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(name, value);
        }
    };
    insert(CONTENT_DISPOSITION, name_of(format));
    let sha256 = link.digests.sha256.as_str();
    insert(ETAG, format!("\"{sha256}\""));
    if start > 0 {
        let last = size.saturating_sub(1);
        insert(CONTENT_RANGE, format!("bytes {start}-{last}/{size}"));
    }
    response
}

/// A name that says nothing of whom it is about. It ends as the content type does: links are to
/// `application/ofd` and `application/pdf` alone.
fn name_of(format: Format) -> String {
    let kind = format.content_type().split_once('/');
    let ending = kind.map_or("", |(_, ending)| ending);
    format!("attachment; filename=\"certificate.{ending}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_open_range_moves_the_beginning() {
        for (range, start) in [
            ("bytes=0-", 0),
            ("bytes=17-", 17),
            ("bytes=99999999999999999999-", u64::MAX),
            ("bytes=1-2", 0),
            ("bytes=-5", 0),
            ("bytes=+5-", 0),
            ("bytes=1-,3-", 0),
            ("items=1-", 0),
            ("", 0),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(RANGE, HeaderValue::from_static(range));
            assert_eq!(start_of(&headers), start, "{range}");
        }
        assert_eq!(start_of(&HeaderMap::new()), 0);
    }
}
