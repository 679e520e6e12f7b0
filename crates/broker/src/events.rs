//! Events: what concerns a caller, read off the ledger, as it happens or a page at a time.

mod feed;
mod following;

use std::sync::Arc;

use domain::caller::Caller;
use domain::event::{Concern, Event, EventFilter, Viewer, concern};
use domain::fault::Cause;
use domain::policy::shaoyang_date;
use domain::snapshot::Snapshot;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use ledger::entry::{Entry, Fact, Kind};
use store::Changes;

use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::page::PageRequest;

pub(crate) use feed::Feed;
pub use following::{EventWatch, WatchMessage};

/// Changes looked at together.
pub(crate) const BATCH: usize = 200;
/// Looks of one page: where little concerns the caller, it gets a cursor and asks again.
const LOOKS: usize = 20;
/// Gateways' clocks differ by less: that far before a moment its events are looked for.
const SKEW: SignedDuration = SignedDuration::from_mins(1);

/// Where somebody starts to hear of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// Behind a cursor.
    Cursor(String),
    /// With the first at or after a moment.
    Since(Timestamp),
    /// With the oldest.
    Beginning,
    /// With what happens from now on.
    Now,
}

/// An event as it is told to somebody.
#[derive(Clone, Debug)]
pub struct Told {
    /// The event.
    pub event: Arc<Event>,
    /// Why it is told; by it facts are shown.
    pub concern: Concern,
    /// Goes on behind it.
    pub cursor: String,
}

/// One page of events, oldest first.
#[derive(Clone, Debug)]
pub struct EventPage {
    /// The events.
    pub events: Vec<Told>,
    /// Goes on behind them.
    pub cursor: String,
    /// There is more to look through.
    pub more: bool,
}

/// Events that were looked through up to an index.
#[derive(Clone, Debug, Default)]
pub(crate) struct Piece {
    pub(crate) events: Vec<Arc<Event>>,
    pub(crate) until: u64,
}

/// Decides what of the events is told to one viewer.
#[derive(Clone, Debug)]
pub(crate) struct Sieve {
    pub(crate) viewer: Viewer,
    pub(crate) filter: EventFilter,
    /// Nothing of before is told.
    pub(crate) since: Option<Timestamp>,
}

impl Gateway {
    /// One page of what concerns the caller.
    ///
    /// # Errors
    /// `CURSOR_INVALID`; the store.
    pub async fn events(
        &self,
        caller: &Caller,
        start: &Start,
        filter: EventFilter,
        size: u32,
    ) -> Result<EventPage, Failure> {
        let end = self.store.ledger_size().await?;
        // What was recorded by then is judged by a picture that has seen it.
        self.refresh().await?;
        let viewer = Viewer::of(caller, &self.snapshot());
        let mut next = self.start_of(&viewer, start).await?;
        let sieve = Sieve::new(viewer, filter, start);
        let most = usize::try_from(size).unwrap_or(BATCH);
        let mut events: Vec<Told> = Vec::new();
        for _ in 0..LOOKS {
            if next >= end || events.len() >= most {
                break;
            }
            let piece = self.events_between(next, end).await?;
            let left = most - events.len();
            let told = self.sifted(&sieve, &piece.events);
            next = match told.get(left) {
                // The page ends before it.
                Some(_) => told.get(left - 1).map_or(next, Told::next),
                None => piece.until,
            };
            events.extend(told.into_iter().take(left));
        }
        Ok(EventPage {
            cursor: cursor(&sieve.viewer, next),
            more: next < end,
            events,
        })
    }

    /// The index at which somebody starts.
    pub(crate) async fn start_of(&self, viewer: &Viewer, start: &Start) -> Result<u64, Failure> {
        match start {
            Start::Beginning => Ok(0),
            Start::Now => Ok(self.store.ledger_size().await?),
            Start::Since(moment) => self.first_since(*moment).await,
            Start::Cursor(cursor) => {
                let index = place(viewer, cursor)?;
                // One of a longer ledger: this one was put back from a copy, and would be silent for long.
                if index > self.store.ledger_size().await? {
                    return Err(invalid());
                }
                Ok(index)
            }
        }
    }

    /// The index of the first event at or after a moment: a cursor before it would bring back earlier ones.
    async fn first_since(&self, moment: Timestamp) -> Result<u64, Failure> {
        let before = moment.checked_sub(SKEW).unwrap_or(Timestamp::MIN);
        let mut next = self.store.index_since(before).await?;
        let end = self.store.ledger_size().await?;
        while next < end {
            let piece = self.events_between(next, end).await?;
            let mut events = piece.events.iter();
            if let Some(first) = events.find(|event| event.time >= moment) {
                return Ok(first.index);
            }
            next = piece.until;
        }
        Ok(next)
    }

    /// Events of a piece of the ledger.
    pub(crate) async fn events_between(&self, from: u64, until: u64) -> Result<Piece, Failure> {
        let Changes { entries, until } = self.store.changes_between(from, until, BATCH).await?;
        let events = entries.iter().filter_map(|stored| event_of(&stored.entry));
        Ok(Piece {
            events: events.map(Arc::new).collect(),
            until,
        })
    }

    /// What of the events is told to a viewer, by the registry as it is now.
    pub(crate) fn sifted(&self, sieve: &Sieve, events: &[Arc<Event>]) -> Vec<Told> {
        let (snapshot, today) = (self.snapshot(), shaoyang_date(self.now()));
        let told = events.iter();
        told.filter_map(|event| sieve.take(event, &snapshot, today))
            .collect()
    }
}

impl Told {
    /// The index behind it.
    pub(crate) fn next(&self) -> u64 {
        self.event.index.saturating_add(1)
    }
}

impl Sieve {
    pub(crate) fn new(viewer: Viewer, filter: EventFilter, start: &Start) -> Self {
        let since = match start {
            Start::Since(moment) => Some(*moment),
            Start::Cursor(_) | Start::Beginning | Start::Now => None,
        };
        Self {
            viewer,
            filter,
            since,
        }
    }

    fn take(&self, event: &Arc<Event>, snapshot: &Snapshot, today: Date) -> Option<Told> {
        let early = self.since.is_some_and(|since| event.time < since);
        if early || !self.filter.wants(event) {
            return None;
        }
        let concern = concern(event, &self.viewer, snapshot, today)?;
        Some(Told {
            cursor: cursor(&self.viewer, event.index.saturating_add(1)),
            event: Arc::clone(event),
            concern,
        })
    }
}

/// The event of an entry, where it is one.
pub(crate) fn event_of(entry: &Entry) -> Option<Event> {
    let Kind::Change { event } = entry.kind() else {
        return None;
    };
    Event::of(entry.index(), entry.time(), event, |key| {
        match entry.facts().get(key)? {
            Fact::Text(text) => Some(text.clone()),
            Fact::Integer(number) => Some(number.to_string()),
            Fact::Flag(yes) => Some(yes.to_string()),
            Fact::List(_) => None,
        }
    })
}

/// The cursor of a viewer that goes on at an index.
pub(crate) fn cursor(viewer: &Viewer, next: u64) -> String {
    PageRequest::token(&list(viewer), &next.to_string())
}

/// The index at which a viewer's cursor goes on.
fn place(viewer: &Viewer, cursor: &str) -> Result<u64, Failure> {
    let index = PageRequest::behind(&list(viewer), cursor);
    index
        .and_then(|index| index.parse().ok())
        .ok_or_else(invalid)
}

fn list(viewer: &Viewer) -> String {
    format!("events?{}", viewer.key())
}

fn invalid() -> Failure {
    let message = "pass on the cursor of an event of the same caller and the same ledger; without one, start with \
                   since";
    Failure::field("cursor", &Cause::new("CURSOR_INVALID", message))
}
