//! Many watches beside other work, and watches without gRPC.

use api::sharing::v1 as pb;
use api::sharing::v1::watch_events_request::Start;
use bytes::Bytes;
use futures_util::future::join_all;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use kit::world::HOST;
use kit::world::json::{Http, Speaks, line};
use kit::world::story::Story;
use sandbox::people;
use serde_json::Value;

use super::{next, suspend, watch};

/// More than all places among the requests at work.
const WATCHES: usize = 1100;
/// Streams of one connection.
const STREAMS: usize = 90;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_watches_leave_room_for_calls_and_all_are_told() {
    let story = Story::of_marriages().await;
    let mut watches = Vec::new();
    while watches.len() < WATCHES {
        let client = story.world.connect(story.platform.identity.clone()).await;
        let kinds = ["sharing.grant"];
        let opened = (0..STREAMS).map(|_| watch(&client, Start::FromNow(true), &kinds));
        watches.extend(join_all(opened).await.into_iter().map(|(watch, _)| watch));
    }
    story.lookup(&people::HUSBAND).await.unwrap();
    suspend(&story, &story.owner).await;
    let told = join_all(watches.iter_mut().map(next)).await;
    assert!(told.iter().all(|event| *event == told[0]), "all the same");
    assert_eq!(told[0].name, "sharing.grant.suspended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_without_grpc_watches_lines_of_json() {
    let story = Story::of_marriages().await;
    let identity = &story.platform.identity;
    let stream = line(&story.world.gateway, Some(identity), Speaks::Http1).await;
    let (mut requests, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let request = Request::get("/v1/events:watch?fromNow=true&filter.kinds=sharing.grant")
        .header("host", HOST)
        .body(Full::new(Bytes::new()))
        .unwrap();
    let response = requests.send_request(request).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/x-ndjson");
    let mut body = response.into_body();
    let mut next_line = async || -> Value {
        let frame = body.frame().await.unwrap().unwrap();
        serde_json::from_slice(&frame.into_data().unwrap()).unwrap()
    };
    let first = next_line().await;
    let cursor = first["result"]["cursor"].as_str().unwrap().to_owned();
    assert_eq!(first["result"].get("event"), None, "{first}");
    suspend(&story, &story.owner).await;
    let told = loop {
        let line = next_line().await;
        if line["result"]["event"].is_object() {
            break line;
        }
    };
    let event = &told["result"]["event"];
    assert_eq!(event["name"], "sharing.grant.suspended");
    assert_eq!(event["about"]["grant"], story.grant.name.as_str());

    // The same as a page.
    let mut open = Http::open(&story.world.gateway, Some(identity), Speaks::Http1).await;
    let path = format!("/v1/events?cursor={cursor}&pageSize=5&filter.kinds=sharing.grant");
    let page = open.get(&path).await.good();
    assert_eq!(page["events"][0], *event);
    let path = format!("/v1/events?cursor={}", page["cursor"].as_str().unwrap());
    let rest = open.get(&path).await.good();
    assert!(
        rest.get("events")
            .is_none_or(|events| *events == Value::from(Vec::<Value>::new())),
        "{rest}"
    );
    let refused = open.get("/v1/events:watch").await;
    assert_eq!(refused.code, 400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_join_without_loss_or_double() {
    let story = Story::of_marriages().await;
    let all = super::listed(&story.auditor, &[]).await;
    assert!(all.len() > 10);
    let mut start = None;
    let mut joined = Vec::new();
    loop {
        let request = pb::ListEventsRequest {
            page_size: 3,
            start,
            filter: None,
        };
        let mut events = story.auditor.events();
        let page = events
            .list_events(kit::world::ask(request))
            .await
            .unwrap()
            .into_inner();
        assert!(page.events.len() <= 3);
        joined.extend(page.events);
        if !page.more {
            break;
        }
        start = Some(pb::list_events_request::Start::Cursor(page.cursor));
    }
    assert_eq!(joined, all);
    // From the time of one on.
    let middle = &all[all.len() / 2];
    let request = pb::ListEventsRequest {
        page_size: 1000,
        start: middle.time.map(pb::list_events_request::Start::Since),
        filter: None,
    };
    let mut events = story.auditor.events();
    let page = events
        .list_events(kit::world::ask(request))
        .await
        .unwrap()
        .into_inner();
    let later = |event: &&pb::Event| {
        let key = |event: &pb::Event| event.time.map(|at| (at.seconds, at.nanos));
        key(event) >= key(middle)
    };
    let expected: Vec<_> = all.iter().filter(later).cloned().collect();
    assert_eq!(page.events, expected);
}
