//! What must not be believed of a library, and what must not be waited for.

use std::time::Duration;

use kit::world::answer::{Told, refused};
use kit::world::shelved::Shelved;
use sandbox::client::with_deadline;
use sandbox::library::Conduct;
use sandbox::people::{self, HUSBAND};

/// A fault is told as the library's, recorded as such, and nothing left.
async fn assert_provider(shelved: &Shelved, told: &Told, reason: &str, case: &str) {
    assert_eq!(told.reason, reason, "{case}: {told:?}");
    assert_eq!(told.fault, "provider", "{case}");
    let said = format!("{told:?}");
    for hidden in [HUSBAND.code.as_ref(), HUSBAND.name.as_ref(), "J430502"] {
        assert!(!said.contains(hidden), "{case}: {said}");
    }
    let outcome = shelved.auditor.latest_outcome().await;
    assert_eq!(
        outcome.facts().text("disposition"),
        Some("failed"),
        "{case}"
    );
    assert_eq!(outcome.facts().text("reason"), Some(reason), "{case}");
    assert_eq!(outcome.facts().flag("released"), Some(false), "{case}");
    assert_eq!(outcome.facts().text("digest"), None, "{case}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_the_registered_key_did_not_sign_for_this_question_is_not_believed() {
    let shelved = Shelved::start().await;
    // Something good to replay.
    shelved.lookup(&people::ELDER).await.unwrap();
    for (conduct, reason) in [
        (Conduct::Unsigned, "PROVIDER_SIGNATURE_WRONG"),
        (Conduct::Spoilt, "PROVIDER_SIGNATURE_WRONG"),
        (Conduct::OtherKey, "PROVIDER_SIGNATURE_WRONG"),
        (Conduct::OtherQuestion, "PROVIDER_SIGNATURE_WRONG"),
        (Conduct::Replay, "PROVIDER_SIGNATURE_WRONG"),
        (Conduct::SwappedHolder, "PROVIDER_BAD_ANSWER"),
        (Conduct::Open, "PROVIDER_BAD_ANSWER"),
        (Conduct::NoRecord, "PROVIDER_BAD_ANSWER"),
        (Conduct::Code(0), "PROVIDER_BAD_ANSWER"),
    ] {
        let case = format!("{conduct:?}");
        shelved.library.set(conduct);
        let told = refused(shelved.lookup(&HUSBAND).await);
        assert_provider(&shelved, &told, reason, &case).await;
    }
    // And the same request id is free for a good answer.
    shelved.library.set(Conduct::Spoilt);
    let request = shelved.request(&HUSBAND);
    refused(shelved.send(request.clone()).await);
    shelved.library.set(Conduct::Normal);
    assert!(shelved.send(request).await.is_ok());
}

fn http(head: &str, body: &[u8]) -> Vec<u8> {
    [head.as_bytes(), b"\r\n\r\n", body].concat()
}

const JSON: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_good_answer_of_http_is_the_librarys_fault() {
    let shelved = Shelved::start().await;
    let large = "x".repeat(2 * 1024 * 1024);
    let many: String = (0..100).map(|n| format!("\r\nx-{n}: y")).collect();
    let wide = format!("{JSON}\r\nx-wide: {}", "w".repeat(40_000));
    let (bad, away) = ("PROVIDER_BAD_ANSWER", "PROVIDER_UNAVAILABLE");
    for (case, bytes, reason) in [
        ("nothing", Vec::new(), away),
        ("no HTTP", b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(), away),
        (
            "HTML",
            http(
                "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 2",
                b"hi",
            ),
            bad,
        ),
        (
            "no JSON",
            http(&format!("{JSON}\r\ncontent-length: 5"), b"hello"),
            bad,
        ),
        (
            "a name twice",
            http(
                &format!("{JSON}\r\ncontent-length: 19"),
                br#"{"code":0,"code":1}"#,
            ),
            bad,
        ),
        (
            "a list",
            http(&format!("{JSON}\r\ncontent-length: 2"), b"[]"),
            bad,
        ),
        (
            "compressed",
            http(
                &format!("{JSON}\r\ncontent-encoding: gzip\r\ncontent-length: 2"),
                b"{}",
            ),
            bad,
        ),
        (
            "redirection",
            http(
                "HTTP/1.1 302 Found\r\nlocation: https://127.0.0.1:1/\r\ncontent-length: 0",
                b"",
            ),
            bad,
        ),
        (
            "server error",
            http("HTTP/1.1 500 No\r\ncontent-length: 0", b""),
            bad,
        ),
        (
            "busy",
            http("HTTP/1.1 503 No\r\ncontent-length: 0", b""),
            away,
        ),
        (
            "too large",
            http(
                &format!("{JSON}\r\ncontent-length: {}", large.len()),
                large.as_bytes(),
            ),
            bad,
        ),
        (
            "shorter than said",
            http(&format!("{JSON}\r\ncontent-length: 50"), b"{}"),
            away,
        ),
        (
            "bad chunk",
            http(
                &format!("{JSON}\r\ntransfer-encoding: chunked"),
                b"zz\r\n{}\r\n0\r\n\r\n",
            ),
            away,
        ),
        (
            "unfinished chunk",
            http(
                &format!("{JSON}\r\ntransfer-encoding: chunked"),
                b"ff\r\n{}",
            ),
            away,
        ),
        (
            "two lengths",
            http(
                &format!("{JSON}\r\ncontent-length: 2\r\ncontent-length: 3"),
                b"{}",
            ),
            away,
        ),
        (
            "many headers",
            http(&format!("{JSON}{many}\r\ncontent-length: 2"), b"{}"),
            away,
        ),
        (
            "a wide header",
            http(&format!("{wide}\r\ncontent-length: 2"), b"{}"),
            away,
        ),
    ] {
        shelved.library.set(Conduct::Raw(bytes));
        let told = refused(shelved.lookup(&HUSBAND).await);
        assert_provider(&shelved, &told, reason, case).await;
    }
    for (case, start, reason) in [
        (
            "endless body",
            http(&format!("{JSON}\r\ncontent-length: 99999999999"), b"{"),
            bad,
        ),
        (
            "endless head",
            format!("{JSON}\r\nx-more: y").into_bytes(),
            away,
        ),
    ] {
        shelved.library.set(Conduct::Endless(start));
        let told = refused(shelved.lookup(&HUSBAND).await);
        assert_provider(&shelved, &told, reason, case).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_library_that_does_not_answer_is_given_up_in_time() {
    let shelved = Shelved::start().await;
    for conduct in [Conduct::Hang, Conduct::Drip] {
        let case = format!("{conduct:?}");
        shelved.library.set(conduct);
        let request = with_deadline(shelved.request(&HUSBAND), Duration::from_millis(1200));
        let mut certificates = shelved.platform.certificates();
        let told = refused(certificates.lookup_certificate(request).await);
        assert_provider(&shelved, &told, "PROVIDER_TIMEOUT", &case).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_ended_while_it_waited_costs_no_answer() {
    let shelved = Shelved::start().await;
    shelved.library.set(Conduct::Close);
    for _ in 0..8 {
        assert!(shelved.lookup(&HUSBAND).await.is_ok());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_library_of_another_authority_learns_nothing() {
    let shelved = Shelved::start().await;
    // It leaves a connection that waits for the next question.
    assert!(shelved.lookup(&HUSBAND).await.is_ok());
    let asked = shelved.library.asked().len();
    let other = shelved.platform.identity.authority_pem.clone();
    shelved.keep("certificate-library.pem", &other, 0o644);
    let told = refused(shelved.lookup(&HUSBAND).await);
    assert_provider(&shelved, &told, "PROVIDER_UNAVAILABLE", "authority").await;
    assert_eq!(shelved.library.asked().len(), asked);
}
