//! What is wrong is told in one form, under the HTTP code that fits.

use bytes::Bytes;
use http::Method;
use kit::world::json::{Http, Speaks};
use kit::world::story::Story;
use kit::world::terms::PLATFORM;
use kit::world::{World, new_id};
use serde_json::json;

const LOOKUP: &str = "/v1/certificates:lookup";
const JSON: (&str, &str) = ("content-type", "application/json");

/// What is sent: method, path, headers, body.
type Sent = (
    Method,
    &'static str,
    Vec<(&'static str, &'static str)>,
    Bytes,
);

/// Requests that are wrong in one way, and the code and reason of each.
fn wrong() -> Vec<(&'static str, Sent, u16, &'static str)> {
    let post = |body: &str| {
        (
            Method::POST,
            LOOKUP,
            vec![JSON],
            Bytes::from(body.to_owned()),
        )
    };
    let get = |path| (Method::GET, path, vec![], Bytes::new());
    let with = |headers| (Method::POST, LOOKUP, headers, Bytes::from_static(b"{}"));
    let deep = format!("{}{}", r#"{"holder":"#.repeat(200), "}".repeat(200));
    let malformed = "REQUEST_MALFORMED";
    let large = (
        Method::POST,
        LOOKUP,
        vec![JSON],
        Bytes::from(vec![b' '; 1024 * 1024 + 1]),
    );
    vec![
        ("broken off", post(r#"{"items": ["#), 400, malformed),
        ("two values", post("{} {}"), 400, malformed),
        ("not an object", post("[]"), 400, malformed),
        (
            "no text",
            (
                Method::POST,
                LOOKUP,
                vec![JSON],
                Bytes::from_static(b"\"\xff\""),
            ),
            400,
            malformed,
        ),
        ("unknown field", post(r#"{"itemz": []}"#), 400, malformed),
        ("another type", post(r#"{"items": 1}"#), 400, malformed),
        (
            "a name twice",
            post(r#"{"requestId": "a", "requestId": "b"}"#),
            400,
            malformed,
        ),
        (
            "both of a oneof",
            post(r#"{"identifier": "a", "holder": {}}"#),
            400,
            malformed,
        ),
        ("too deep", post(&deep), 400, malformed),
        ("too large", large, 413, "MESSAGE_TOO_LARGE"),
        ("no content type", with(vec![]), 400, malformed),
        (
            "a form",
            with(vec![("content-type", "application/x-www-form-urlencoded")]),
            400,
            malformed,
        ),
        (
            "compressed",
            with(vec![JSON, ("content-encoding", "gzip")]),
            400,
            malformed,
        ),
        (
            "odd deadline",
            with(vec![JSON, ("grpc-timeout", "soon")]),
            400,
            "DEADLINE_MISSING",
        ),
        (
            "no time",
            with(vec![JSON, ("grpc-timeout", "0S")]),
            504,
            "DEADLINE_EXCEEDED",
        ),
        ("wrong fields", post("{}"), 400, "REQUEST_INVALID"),
        ("unknown path", get("/v1/nothing"), 404, "METHOD_UNKNOWN"),
        (
            "unknown verb",
            (
                Method::POST,
                "/v1/certificates:guess",
                vec![JSON],
                Bytes::new(),
            ),
            404,
            "METHOD_UNKNOWN",
        ),
        (
            "a provider's contract",
            (
                Method::POST,
                "/shuqiao.provider.v1.RowService/StreamRows",
                vec![JSON],
                Bytes::new(),
            ),
            404,
            "METHOD_UNKNOWN",
        ),
        ("wrong method", get(LOOKUP), 405, "METHOD_UNKNOWN"),
        (
            "unknown parameter",
            get("/v1/systems?pageSise=1"),
            400,
            "REQUEST_INVALID",
        ),
        (
            "a body too many",
            (
                Method::GET,
                "/v1/systems",
                vec![JSON],
                Bytes::from_static(b"{}"),
            ),
            400,
            malformed,
        ),
        (
            "a parameter too many",
            (
                Method::POST,
                "/v1/certificates:lookup?requestId=a",
                vec![JSON],
                Bytes::new(),
            ),
            400,
            "REQUEST_INVALID",
        ),
        (
            "wrong role",
            (
                Method::GET,
                "/v1/systems/elsewhere/endpoints",
                vec![],
                Bytes::new(),
            ),
            404,
            "NOT_FOUND",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_has_one_form() {
    let world = World::start().await;
    let platform = world.enrol_system(PLATFORM).await;
    for speaks in [Speaks::Http2, Speaks::Http1] {
        for (what, (method, path, headers, body), code, reason) in wrong() {
            // A connection of its own: over HTTP/1.1 an unread body ends it.
            let mut open = Http::open(&world.gateway, Some(&platform.identity), speaks).await;
            let reply = open.send(method, path, &headers, body).await;
            assert_eq!(
                (reply.code, reply.reason().as_str()),
                (code, reason),
                "{what}: {reply:?}"
            );
            assert_eq!(reply.headers["content-type"], "application/json", "{what}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_wrong_fields_come_at_once_and_values_are_not_repeated() {
    let world = World::start().await;
    let platform = world.enrol_system(PLATFORM).await;
    let mut open = Http::open(&world.gateway, Some(&platform.identity), Speaks::Http1).await;
    let reply = open.post(LOOKUP, &json!({"certificateType": "x"})).await;
    let fields: Vec<String> = reply
        .violations()
        .into_iter()
        .map(|(field, _)| field)
        .collect();
    for field in ["certificate_type", "request_id", "purpose"] {
        assert!(
            fields.iter().any(|found| found.starts_with(field)),
            "{field}: {fields:?}"
        );
    }
    // A person's number in a wrong place is not said again.
    let number = "430502199001010011";
    for body in [
        format!(r#"{{"{number}": 1}}"#),
        format!(r#"{{"certificateType": {number}}}"#),
        format!(r#"{{"items": {{"{number}": "{number}"}}}}"#),
        format!(r#"{{"holder": "{number}"}}"#),
    ] {
        let reply = open.send(Method::POST, LOOKUP, &[JSON], body).await;
        let text = String::from_utf8(reply.body.to_vec()).unwrap();
        assert!(reply.code == 400 && !text.contains(number), "{text}");
        assert!(text.contains("line 1, column "), "{text}");
    }
    let reply = open.get(&format!("/v1/systems?{number}={number}")).await;
    assert!(
        !String::from_utf8(reply.body.to_vec())
            .unwrap()
            .contains(number)
    );
    assert!(!world.log().contains(number));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_served_without_a_certificate_and_nobody_learns_a_path() {
    let world = World::start().await;
    let mut open = Http::open(&world.gateway, None, Speaks::Http1).await;
    for path in [
        "/v1/systems",
        "/v1/nothing",
        "/",
        "/shuqiao.registry.v1.SystemService/ListSystems",
    ] {
        let reply = open.get(path).await;
        assert_eq!(
            (reply.code, reply.reason().as_str()),
            (401, "TLS_CERTIFICATE_MISSING"),
            "{path}"
        );
    }
    // The way in is open: a token decides there.
    let enrol = json!({"token": "none", "certificateSigningRequest": "none"});
    let reply = open.post("/v1/enrolmentTokens:enrol", &enrol).await;
    assert_ne!(reply.reason(), "TLS_CERTIFICATE_MISSING", "{reply:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_by_policy_names_its_rule_and_entry() {
    let story = Story::of_marriages().await;
    let mut open = Http::open(
        &story.world.gateway,
        Some(&story.platform.identity),
        Speaks::Http2,
    )
    .await;
    let wire = sandbox::people::HUSBAND.to_wire();
    let body = json!({
        "certificateType": story.resource.certificate_type,
        "holder": {"typeCode": wire.type_code, "code": wire.code},
        "purpose": {"matter": kit::city::matter(1).name.to_string(), "caseNumber": "C-1", "operator": "a"},
        "requestId": new_id(),
    });
    let reply = open.post(LOOKUP, &body).await;
    assert_eq!(
        (reply.code, reply.reason().as_str()),
        (403, "MATTER_NOT_COVERED"),
        "{reply:?}"
    );
    let metadata = &reply.json()["details"][0]["metadata"];
    assert!(
        metadata["rule"].is_string() && metadata["entry"].is_string(),
        "{metadata}"
    );
    let before = story.auditor.entries().await.len();
    let wrong = open.get(LOOKUP).await;
    assert_eq!(wrong.headers["allow"], "POST");
    assert_eq!(story.auditor.entries().await.len(), before);
}
