//! HTTP/1.1 by hand, so that a library can also answer as no HTTP library would.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::{Conduct, Question, Shared, answer};

/// A request is small.
const REQUEST_BYTES: usize = 64 * 1024;
/// Between two bytes of [`Conduct::Drip`].
const DRIP: Duration = Duration::from_millis(20);

/// Answers the requests of one connection until it ends.
pub(super) async fn converse(
    mut stream: TlsStream<TcpStream>,
    shared: &Shared,
) -> std::io::Result<()> {
    let mut read = Vec::new();
    while let Some((path, body)) = request(&mut stream, &mut read).await? {
        let question: Value = serde_json::from_slice(&body).unwrap_or_default();
        let text = |name: &str| answer::text(&question, name).to_owned();
        let conduct = shared.with(|state| {
            state.asked.push(Question {
                path: path.clone(),
                use_cause: text("useCause"),
                request_id: text("requestId"),
            });
            state.conduct.clone()
        });
        match &conduct {
            Conduct::Raw(bytes) => {
                stream.write_all(bytes).await?;
                return stream.shutdown().await;
            }
            Conduct::Endless(bytes) => {
                stream.write_all(bytes).await?;
                let last = bytes
                    .last()
                    .map_or(vec![b' '; 4096], |last| vec![*last; 4096]);
                loop {
                    stream.write_all(&last).await?;
                }
            }
            Conduct::Drip => drip(&mut stream).await?,
            Conduct::Hang => std::future::pending().await,
            _ => {}
        }
        let answered = answer::to(shared, &conduct, &path, &question, &body);
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json;charset=UTF-8\r\ncontent-length: {}\r\n\r\n",
            answered.len()
        );
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(answered.as_bytes()).await?;
        stream.flush().await?;
        if conduct == Conduct::Close {
            return stream.shutdown().await;
        }
    }
    Ok(())
}

/// A body that never comes to its end, though something of it always comes.
async fn drip(stream: &mut TlsStream<TcpStream>) -> std::io::Result<()> {
    let head =
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n";
    stream.write_all(head.as_bytes()).await?;
    let mut drops = tokio::time::interval(DRIP);
    loop {
        drops.tick().await;
        stream.write_all(b" ").await?;
        stream.flush().await?;
    }
}

/// The next request: its path and its body; none at the end of the connection.
async fn request(
    stream: &mut TlsStream<TcpStream>,
    read: &mut Vec<u8>,
) -> std::io::Result<Option<(String, Vec<u8>)>> {
    loop {
        if let Some((path, start, end)) = head(read)
            && read.len() >= end
        {
            let body = read.get(start..end).unwrap_or_default().to_vec();
            read.drain(..end);
            return Ok(Some((path, body)));
        }
        if read.len() > REQUEST_BYTES || stream.read_buf(read).await? == 0 {
            return Ok(None);
        }
    }
}

/// The path of a request whose head is there, and where its body begins and ends.
fn head(read: &[u8]) -> Option<(String, usize, usize)> {
    let end = read.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(read.get(..end)?).ok()?;
    let path = head.split(' ').nth(1)?.to_owned();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let length = name.eq_ignore_ascii_case("content-length");
        length.then(|| value.trim().parse::<usize>().ok())?
    });
    let start = end + 4;
    Some((path, start, start + length.unwrap_or_default()))
}
