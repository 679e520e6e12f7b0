//! HTTP/1.1 on the wire: what a request may look like, and that one cannot hide in another.

use kit::world::World;
use kit::world::json::{Speaks, line};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Sends bytes on a connection of their own and gives all that comes back before it ends.
async fn told(world: &World, bytes: &[u8]) -> String {
    let mut stream = line(
        &world.gateway,
        Some(&world.operator.identity),
        Speaks::Http1,
    )
    .await;
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    // The gateway may end the connection without TLS's goodbye.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

fn codes(answer: &str) -> Vec<&str> {
    let lines = answer
        .lines()
        .filter_map(|line| line.split("HTTP/1.1 ").nth(1));
    lines.map(|line| line.split(' ').next().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_request_cannot_hide_in_another() {
    let world = World::start().await;
    let hidden = "GET /v1/departments HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    let head = "GET /v1/systems HTTP/1.1\r\nHost: h\r\n";
    for (what, request, expected) in [
        // Both lengths: the chunks count, and nothing is read behind them (RFC 9112, 6.1).
        (
            "two lengths",
            format!(
                "{head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}"
            ),
            vec!["200"],
        ),
        (
            "two lengths, the other way",
            format!(
                "{head}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n{hidden}"
            ),
            vec!["200"],
        ),
        (
            "two content lengths",
            format!("{head}Content-Length: 0\r\nContent-Length: 9\r\n\r\n{hidden}"),
            vec!["400"],
        ),
        (
            "an odd length",
            format!("{head}Content-Length: +0\r\n\r\n{hidden}"),
            vec!["400"],
        ),
        (
            "an odd coding",
            format!("{head}Transfer-Encoding: xchunked\r\n\r\n{hidden}"),
            vec!["400"],
        ),
        (
            "chunked twice over",
            format!("{head}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n{hidden}"),
            vec!["400"],
        ),
        (
            "a space before the colon",
            format!("{head}Content-Length : 0\r\n\r\n{hidden}"),
            vec!["400"],
        ),
        (
            "a folded line",
            format!("{head}X-Note: a\r\n b\r\n\r\n{hidden}"),
            vec!["400"],
        ),
        (
            "HTTP/2 unasked",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
            vec!["400"],
        ),
        ("no HTTP", "\x16\x03\x01\r\n\r\n".to_owned(), vec!["400"]),
    ] {
        let answer = told(&world, request.as_bytes()).await;
        // h2's preface over HTTP/1.1 may be answered or not; it is never served.
        let found = codes(&answer);
        assert!(
            found == expected || what == "HTTP/2 unasked" && found.is_empty(),
            "{what}: {answer}"
        );
    }
    // In order, one behind the other, is what HTTP/1.1 allows.
    let two = format!("{head}\r\n{hidden}");
    assert_eq!(codes(&told(&world, two.as_bytes()).await), ["200", "200"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heads_have_a_limit() {
    let world = World::start().await;
    let request = |headers: &str| {
        format!("GET /v1/systems HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{headers}\r\n")
    };
    let field = |size: usize| format!("X-Note: {}\r\n", "a".repeat(size));
    for (what, headers, expected) in [
        ("fits", field(15 * 1024), "200"),
        ("beyond the edge's limit", field(17 * 1024), "413"),
        ("beyond the listener's", field(40 * 1024), "431"),
        ("many fields", "X: 1\r\n".repeat(97), "200"),
        ("too many fields", "X: 1\r\n".repeat(101), "431"),
    ] {
        let answer = told(&world, request(&headers).as_bytes()).await;
        assert_eq!(codes(&answer), [expected], "{what}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn grpc_is_not_served_over_version_one() {
    let world = World::start().await;
    let request = "POST /shuqiao.registry.v1.SystemService/ListSystems HTTP/1.1\r\nHost: h\r\n\
        Content-Type: application/grpc\r\nTE: trailers\r\nContent-Length: 5\r\n\
        Connection: close\r\n\r\n\0\0\0\0\0";
    let answer = told(&world, request.as_bytes()).await;
    assert!(answer.contains("REQUEST_MALFORMED"), "{answer}");
    assert_eq!(codes(&answer), ["400"]);
}
