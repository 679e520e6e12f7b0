//! Events over gRPC: a stream, and pages of the same.

use std::collections::HashMap;
use std::pin::Pin;

use api::sharing::v1 as pb;
use api::sharing::v1::event_service_server::EventService;
use api::sharing::v1::list_events_request::Start as ListStart;
use api::sharing::v1::watch_events_request::Start as WatchStart;
use broker::{Start, Told, WatchMessage};
use domain::event::EventFilter;
use domain::fault::Cause;
use domain::name::{GrantName, ResourceName, SystemName};
use futures_util::{Stream, stream};
use prost_types::Timestamp as WireTime;
use tonic::{Request, Response, Status};

use super::Adapter;
use super::incoming::{Fields, Incoming, moment, page, wire_time};
use crate::status::status_of;

#[tonic::async_trait]
impl EventService for Adapter {
    type WatchEventsStream =
        Pin<Box<dyn Stream<Item = Result<pb::WatchEventsResponse, Status>> + Send>>;

    async fn watch_events(
        &self,
        request: Request<pb::WatchEventsRequest>,
    ) -> Result<Response<Self::WatchEventsStream>, Status> {
        let Incoming {
            caller,
            deadline,
            message,
            ..
        } = Incoming::of(request)?;
        let mut fields = Fields::default();
        let start = watch_start(&mut fields, message.start);
        let filter = parse_filter(&mut fields, message.filter);
        let (start, filter) = fields.finish(start.zip(filter))?;
        let watch = self
            .gateway
            .watch_events(&caller, &start, filter, deadline.at())
            .await
            .map_err(status_of)?;
        // Asked for each message when the one before has left.
        let messages = stream::try_unfold(watch, async |mut watch| {
            let message = watch.message().await.map_err(status_of)?;
            Ok(message.map(|message| (wire_message(message), watch)))
        });
        Ok(Response::new(Box::pin(messages)))
    }

    async fn list_events(
        &self,
        request: Request<pb::ListEventsRequest>,
    ) -> Result<Response<pb::ListEventsResponse>, Status> {
        let Incoming {
            caller, message, ..
        } = Incoming::of(request)?;
        let size = page(message.page_size, "")?.size();
        let mut fields = Fields::default();
        let start = match message.start {
            None => Some(Start::Beginning),
            Some(ListStart::Cursor(cursor)) => behind(&mut fields, cursor),
            Some(ListStart::Since(since)) => from(&mut fields, since),
        };
        let filter = parse_filter(&mut fields, message.filter);
        let (start, filter) = fields.finish(start.zip(filter))?;
        let page = self
            .gateway
            .events(&caller, &start, filter, size)
            .await
            .map_err(status_of)?;
        Ok(Response::new(pb::ListEventsResponse {
            events: page.events.into_iter().map(wire).collect(),
            cursor: page.cursor,
            more: page.more,
        }))
    }
}

fn watch_start(fields: &mut Fields, start: Option<WatchStart>) -> Option<Start> {
    match start {
        Some(WatchStart::Cursor(cursor)) => behind(fields, cursor),
        Some(WatchStart::Since(since)) => from(fields, since),
        Some(WatchStart::FromNow(true)) => Some(Start::Now),
        // Whoever forgot its cursor would lose what happened meanwhile, and not notice.
        Some(WatchStart::FromNow(false)) | None => {
            let message = "give the last cursor, since, or from_now";
            fields.fault("start", &Cause::new("REQUIRED", message));
            None
        }
    }
}

fn behind(fields: &mut Fields, cursor: String) -> Option<Start> {
    let given = Some(cursor).filter(|cursor| !cursor.is_empty());
    let cursor = given.ok_or_else(|| Cause::new("REQUIRED", "give the last cursor"));
    fields.take("cursor", cursor).map(Start::Cursor)
}

fn from(fields: &mut Fields, since: WireTime) -> Option<Start> {
    fields.take("since", moment(Some(since))).map(Start::Since)
}

/// A filter, or every fault of it.
pub(super) fn parse_filter(
    fields: &mut Fields,
    filter: Option<pb::EventFilter>,
) -> Option<EventFilter> {
    let filter = filter.unwrap_or_default();
    let kinds = fields.take("filter.kinds", EventFilter::parse_kinds(&filter.kinds));
    let system = fields.optional("filter.system", &filter.system, SystemName::parse);
    let resource = fields.optional("filter.resource", &filter.resource, ResourceName::parse);
    let grant = fields.optional("filter.grant", &filter.grant, GrantName::parse);
    Some(EventFilter {
        kinds: kinds?,
        system,
        resource,
        grant,
    })
}

fn wire_message(message: WatchMessage) -> pb::WatchEventsResponse {
    match message {
        WatchMessage::Cursor(cursor) => pb::WatchEventsResponse {
            cursor,
            event: None,
        },
        WatchMessage::Event(told) => pb::WatchEventsResponse {
            cursor: told.cursor.clone(),
            event: Some(wire(told)),
        },
    }
}

/// An event for the wire.
fn wire(told: Told) -> pb::Event {
    let (event, concern) = (told.event, told.concern);
    let owned = |(key, text): (&str, &str)| (key.to_owned(), text.to_owned());
    pb::Event {
        cursor: told.cursor,
        entry: format!("entries/{}", event.index),
        name: event.name.clone(),
        time: Some(wire_time(event.time)),
        about: event.about(concern).map(owned).collect::<HashMap<_, _>>(),
        facts: event.words(concern).map(owned).collect::<HashMap<_, _>>(),
        title: event.title().to_owned(),
        next: event.next().to_owned(),
    }
}
