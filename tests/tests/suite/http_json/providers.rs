//! Providers that speak HTTP and JSON themselves, registered by an OpenAPI document.

use http::Method;
use kit::world::hostile::{Act, End, Hostile};
use kit::world::json::{Reply, Speaks};
use kit::world::persons::Persons;
use ledger::entry::Kind;

const PERSON: &str = "/social-security/persons/430502190102030017";
/// A text that a provider puts everywhere, and that must come out nowhere.
const MARK: &str = "MARKED-BY-THE-PROVIDER";

const UNAVAILABLE: &str = "PROVIDER_UNAVAILABLE";
const BAD: &str = "PROVIDER_BAD_ANSWER";
const TIMEOUT: &str = "PROVIDER_TIMEOUT";
const ERROR: &str = "PROVIDER_ERROR";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_is_cut_by_path_and_recorded() {
    let persons = Persons::granting(&["name", "base", "number", "employer"]).await;
    for speaks in [Speaks::Http2, Speaks::Http1] {
        let path = format!("{PERSON}?detail=full");
        let reply = persons.ask(speaks, Method::GET, &path, "50S", "").await;
        assert_eq!(reply.code, 200, "{reply:?}");
        // Numbers keep every digit.
        assert_eq!(
            std::str::from_utf8(&reply.body).unwrap(),
            r#"{"person":{"name":"测试甲","base":5320.10,"number":123456789012345678901234567890,"jobs":[{"employer":"甲公司"},{"employer":"乙公司"}]},"version":7}"#
        );
        let seen = persons.seen.lock().unwrap().last().unwrap().clone();
        assert_eq!(seen.line, "GET /persons/430502190102030017?detail=full");
        assert!(seen.headers.contains_key("shuqiao-intent"));
        for private in ["shuqiao-case", "shuqiao-operator", "accept-encoding"] {
            assert!(!seen.headers.contains_key(private), "{private}");
        }
        let entries = persons.auditor.entries().await;
        let index =
            |name: &str| -> usize { reply.headers[name].to_str().unwrap().parse().unwrap() };
        let intent = &entries[index("shuqiao-intent")];
        let facts = intent.facts();
        // The method as registered: the path that was asked for names a person.
        assert_eq!(
            facts.text("method"),
            Some("GET /social-security/persons/{id}")
        );
        assert_eq!(
            facts.list("items").unwrap(),
            ["name", "base", "number", "employer"]
        );
        let outcome = &entries[index("shuqiao-outcome")];
        assert_eq!(
            outcome.kind(),
            &Kind::Outcome {
                intent: intent.index()
            }
        );
        assert_eq!(outcome.facts().flag("released"), Some(true));
    }
    for body in persons.auditor.entry_bodies().await {
        assert!(
            !String::from_utf8(body)
                .unwrap()
                .contains("430502190102030017")
        );
    }
    assert!(!persons.world.log().contains("430502190102030017"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_goes_on_as_it_is_and_wrong_requests_do_not() {
    let persons = Persons::granting(&["name"]).await;
    let path = format!("{PERSON}/address");
    let body = r#"{"street": "某路 1 号", "number": 1.50}"#;
    let reply = persons
        .ask(Speaks::Http1, Method::PUT, &path, "50S", body)
        .await;
    assert_eq!(reply.code, 200, "{reply:?}");
    let seen = persons.seen.lock().unwrap().last().unwrap().clone();
    assert_eq!(
        (seen.line.as_str(), &seen.body[..]),
        ("PUT /persons/430502190102030017/address", body.as_bytes())
    );
    let asked = persons.seen.lock().unwrap().len();
    let twice = r#"{"a": 1, "a": 2}"#;
    for (method, path, body, code, reason) in [
        (Method::PUT, path.clone(), twice, 400, "REQUEST_MALFORMED"),
        (
            Method::GET,
            PERSON.to_owned(),
            "{}",
            400,
            "REQUEST_MALFORMED",
        ),
        (Method::DELETE, PERSON.to_owned(), "", 404, "METHOD_UNKNOWN"),
        (
            Method::GET,
            "/social-security/persons/a%2Fb".to_owned(),
            "",
            404,
            "METHOD_UNKNOWN",
        ),
        (
            Method::GET,
            "/social-security/persons/..".to_owned(),
            "",
            404,
            "METHOD_UNKNOWN",
        ),
        (
            Method::GET,
            "/social-security/persons/1;x=2".to_owned(),
            "",
            404,
            "METHOD_UNKNOWN",
        ),
        (
            Method::GET,
            "/social-security/accounts/1".to_owned(),
            "",
            404,
            "METHOD_UNKNOWN",
        ),
        (
            Method::GET,
            "/marriage-registry/persons/1".to_owned(),
            "",
            404,
            "METHOD_UNKNOWN",
        ),
        (
            Method::GET,
            "/persons/1".to_owned(),
            "",
            404,
            "METHOD_UNKNOWN",
        ),
    ] {
        let reply = persons.ask(Speaks::Http2, method, &path, "50S", body).await;
        assert_eq!(
            (reply.code, reply.reason().as_str()),
            (code, reason),
            "{path}"
        );
    }
    assert_eq!(
        persons.seen.lock().unwrap().len(),
        asked,
        "nobody was asked"
    );
}

fn head(fields: &[(&'static str, &str)]) -> Act {
    let fields = fields
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()));
    Act::Fields(fields.collect(), End::No)
}

fn json(body: &str) -> Vec<Act> {
    vec![
        head(&[(":status", "200"), ("content-type", "application/json")]),
        Act::Data(body.into(), End::Yes),
    ]
}

fn code(status: &str) -> Vec<Act> {
    let fields = [
        (":status", status),
        ("content-type", "application/json"),
        ("location", "https://127.0.0.1:1/x"),
    ];
    vec![
        head(&fields),
        Act::Data(format!(r#"{{"why": "{MARK}"}}"#).into(), End::Yes),
    ]
}

fn matrix() -> Vec<(&'static str, Vec<Act>, &'static [&'static str])> {
    let json_head = || head(&[(":status", "200"), ("content-type", "application/json")]);
    let mut large = vec![json_head(), Act::Data(br#"{"x": ""#.to_vec(), End::No)];
    large.push(Act::Forever(vec![b'a'; 16_000]));
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    vec![
        (
            "a page",
            vec![
                head(&[(":status", "200"), ("content-type", "text/html")]),
                Act::Data(MARK.into(), End::Yes),
            ],
            &[BAD],
        ),
        (
            "gRPC",
            vec![
                head(&[(":status", "200"), ("content-type", "application/grpc")]),
                Act::Data(vec![0; 5], End::Yes),
            ],
            &[BAD],
        ),
        (
            "no content type",
            vec![
                head(&[(":status", "200")]),
                Act::Data(b"{}".to_vec(), End::Yes),
            ],
            &[BAD],
        ),
        ("no body", json(""), &[BAD]),
        ("half an object", json(r#"{"version": 1"#), &[BAD]),
        ("two objects", json("{} {}"), &[BAD]),
        ("a plain value", json("7"), &[BAD]),
        (
            "a name twice",
            json(r#"{"version": 1, "version": 2}"#),
            &[BAD],
        ),
        (
            "a name twice where it would be cut",
            json(r#"{"hidden": {"a": 1, "a": 2}}"#),
            &[BAD],
        ),
        ("too deep", json(&deep), &[BAD]),
        (
            "no text",
            vec![
                json_head(),
                Act::Data(b"{\"version\": \"\xff\"}".to_vec(), End::Yes),
            ],
            &[BAD],
        ),
        ("without end", large, &[BAD, UNAVAILABLE]),
        (
            "a bomb",
            vec![
                head(&[
                    (":status", "200"),
                    ("content-type", "application/json"),
                    ("content-encoding", "gzip"),
                ]),
                Act::Data(vec![0x1f, 0x8b, 8, 0], End::Yes),
            ],
            &[BAD],
        ),
        ("a redirection", code("302"), &[BAD]),
        ("a permanent one", code("308"), &[BAD]),
        ("no content", code("204"), &[BAD, UNAVAILABLE]),
        ("an error about the question", code("404"), &[ERROR]),
        ("an error of another kind", code("418"), &[ERROR]),
        ("an error of its own", code("500"), &[ERROR]),
        ("no time", code("503"), &[UNAVAILABLE]),
        ("out of time", code("504"), &[TIMEOUT]),
        (
            "a reset within the answer",
            vec![
                json_head(),
                Act::Data(b"{".to_vec(), End::No),
                Act::Reset(8),
            ],
            &[UNAVAILABLE],
        ),
        (
            "a connection closed within the answer",
            vec![json_head(), Act::Data(b"{".to_vec(), End::No), Act::Close],
            &[UNAVAILABLE],
        ),
        (
            "HTTP/1.1",
            vec![
                Act::Raw(b"HTTP/1.1 200 OK\r\n\r\n{}".repeat(50)),
                Act::Close,
            ],
            &[BAD, UNAVAILABLE],
        ),
        (
            "a head without end",
            vec![Act::EndlessFields],
            &[BAD, UNAVAILABLE],
        ),
        ("silence", vec![], &[TIMEOUT]),
        ("silence after the head", vec![json_head()], &[TIMEOUT]),
    ]
}

async fn get(persons: &Persons) -> Reply {
    // Longer than the margin for the outcome; silence is waited for as long.
    persons
        .ask(Speaks::Http2, Method::GET, PERSON, "1500m", "")
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_of_a_provider_is_named_and_releases_nothing() {
    let mut persons = Persons::granting(&["name"]).await;
    persons.stop().await;
    let hostile = Hostile::start(&persons.provider.identity, persons.address).await;
    for (what, acts, expected) in matrix() {
        hostile.set(acts);
        let reply = get(&persons).await;
        let text = String::from_utf8(reply.body.to_vec()).unwrap();
        assert!(reply.code >= 400, "{what} was served: {text}");
        assert!(
            expected.contains(&reply.reason().as_str()),
            "{what}: {text}"
        );
        assert_eq!(
            reply.json()["details"][0]["metadata"]["fault"],
            "provider",
            "{what}"
        );
        assert!(!text.contains(MARK), "{what}: {text}");
        let outcome = persons.auditor.latest_outcome().await;
        assert_eq!(outcome.facts().text("fault"), Some("provider"), "{what}");
        assert!(outcome.facts().text("digest").is_none(), "{what}");
        // A good answer closes the breaker again: each fault is met by a gateway that asks.
        hostile.set(json(r#"{"version": 7, "more": 1}"#));
        let mut good = get(&persons).await;
        for _ in 0..3 {
            if good.code != 200 {
                assert_eq!(good.reason(), UNAVAILABLE, "after {what}");
                good = get(&persons).await;
            }
        }
        assert_eq!(&good.body[..], br#"{"version":7}"#, "after {what}");
    }
}

/// Questions that earn a second one: twenty, and a few for those that both endpoints share.
const EARNING: usize = 30;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_is_declared_free_of_effects_is_asked_at_a_second_endpoint() {
    let mut persons = Persons::granting(&["name"]).await;
    let anywhere = "127.0.0.1:0".parse().unwrap();
    let second = Hostile::start(&persons.provider.identity, anywhere).await;
    let head = [(":status", "200"), ("content-type", "application/json")];
    let head = head.map(|(name, value)| (name, value.to_owned())).into();
    second.set(vec![
        Act::Fields(head, End::No),
        Act::Data(b"{\"version\": 7}".to_vec(), End::Yes),
    ]);
    persons.add_endpoint("second", second.address()).await;
    for _ in 0..EARNING {
        let reply = persons
            .ask(Speaks::Http2, Method::GET, PERSON, "50S", "")
            .await;
        assert_eq!(reply.code, 200, "{reply:?}");
    }
    // Both endpoints take every question from now on, and say nothing.
    second.set(vec![]);
    persons.stop().await;
    let _first = Hostile::start(&persons.provider.identity, persons.address).await;
    let address = format!("{PERSON}/address");
    for (method, path, body, reason, twice) in [
        (Method::GET, PERSON, "", TIMEOUT, Some(true)),
        (Method::PUT, address.as_str(), "{}", "EFFECT_UNKNOWN", None),
    ] {
        // A connection that ended with the service is found to be gone by using it.
        let mut reply = persons
            .ask(Speaks::Http2, method.clone(), path, "2S", body)
            .await;
        while reply.reason() == UNAVAILABLE {
            reply = persons
                .ask(Speaks::Http2, method.clone(), path, "2S", body)
                .await;
        }
        assert_eq!(reply.reason(), reason, "{method}");
        let outcome = persons.auditor.latest_outcome().await;
        assert_eq!(outcome.facts().flag("asked_twice"), twice, "{method}");
    }
}
