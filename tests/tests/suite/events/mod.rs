//! Events: who is told of what, as it happens, on every gateway, over any connection.

mod command;
mod delivering;
mod places;
mod watching;

use api::sharing::v1 as pb;
use api::sharing::v1::watch_events_request::Start;
use kit::world::story::Story;
use kit::world::{Client, ask, new_id};
use tonic::Streaming;

type Watch = Streaming<pb::WatchEventsResponse>;

/// Begins to watch; the first message carries the cursor.
async fn watch(client: &Client, start: Start, kinds: &[&str]) -> (Watch, String) {
    let request = pb::WatchEventsRequest {
        start: Some(start),
        filter: Some(filter(kinds)),
    };
    let mut watch = client
        .events()
        .watch_events(ask(request))
        .await
        .unwrap()
        .into_inner();
    let first = watch.message().await.unwrap().unwrap();
    assert!(first.event.is_none() && !first.cursor.is_empty());
    (watch, first.cursor)
}

fn filter(kinds: &[&str]) -> pb::EventFilter {
    pb::EventFilter {
        kinds: kinds.iter().map(ToString::to_string).collect(),
        ..pb::EventFilter::default()
    }
}

/// The next event.
async fn next(watch: &mut Watch) -> pb::Event {
    loop {
        let message = watch.message().await.unwrap().unwrap();
        if let Some(event) = message.event {
            assert_eq!(event.cursor, message.cursor);
            return event;
        }
    }
}

/// All events of some kinds that somebody may see, oldest first.
async fn listed(client: &Client, kinds: &[&str]) -> Vec<pb::Event> {
    let mut request = pb::ListEventsRequest {
        filter: Some(filter(kinds)),
        ..pb::ListEventsRequest::default()
    };
    let mut events = Vec::new();
    loop {
        let page = client
            .events()
            .list_events(ask(request.clone()))
            .await
            .unwrap();
        let page = page.into_inner();
        events.extend(page.events);
        if !page.more {
            return events;
        }
        request.start = Some(pb::list_events_request::Start::Cursor(page.cursor));
    }
}

fn names(events: &[pb::Event]) -> Vec<&str> {
    events.iter().map(|event| event.name.as_str()).collect()
}

async fn suspend(story: &Story, who: &Client) {
    let suspend = pb::SuspendGrantRequest {
        name: story.grant.name.clone(),
        reason: "用途存疑".to_owned(),
        request_id: new_id(),
    };
    who.grants().suspend_grant(ask(suspend)).await.unwrap();
}

async fn resume(story: &Story, who: &Client) {
    let resume = pb::ResumeGrantRequest {
        name: story.grant.name.clone(),
        request_id: new_id(),
    };
    who.grants().resume_grant(ask(resume)).await.unwrap();
}

async fn revoke(story: &Story, who: &Client) {
    let revoke = pb::RevokeGrantRequest {
        name: story.grant.name.clone(),
        reason: "不再需要".to_owned(),
        request_id: new_id(),
        disposal_demand: String::new(),
    };
    who.grants().revoke_grant(ask(revoke)).await.unwrap();
}
