//! `RowProviderService`: streams the rows that meet a filter.

use std::cmp::Ordering;
use std::pin::Pin;
use std::sync::Arc;

use api::exchange::v1 as exchange_pb;
use api::provider::v1 as pb;
use api::provider::v1::row_provider_service_server::RowProviderService;
use domain::filter::{Filter, order as order_of};
use domain::item::{ItemKey, ItemValue};
use tokio_stream::Stream;
use tonic::{Request, Response, Status};

use super::behaviour::Behaviour;
use super::certificates::spoil;
use super::{Provider, filter, ticket_of, wire};
use crate::data::{Holdings, Row};

/// Rows in one message; the contract allows 500. Fewer let the first ones arrive sooner.
const BATCH: usize = 100;

/// Places of rows in the order in which they are sent.
type Places = Box<dyn Iterator<Item = usize> + Send>;
/// The stream of an answer.
type Answer = Pin<Box<dyn Stream<Item = Result<pb::StreamRowsResponse, Status>> + Send>>;

#[tonic::async_trait]
impl RowProviderService for Provider {
    type StreamRowsStream = Answer;

    async fn stream_rows(
        &self,
        request: Request<pb::StreamRowsRequest>,
    ) -> Result<Response<Answer>, Status> {
        let request = request.into_inner();
        let behaviour = self
            .conduct
            .begin(request.ticket.as_ref(), &request.resource)
            .await?;
        let ticket = ticket_of(request.ticket)?;
        let filter = request.filter.map(filter::parse).transpose()?;
        let limit = usize::try_from(request.limit).unwrap_or_default();
        if limit == 0 {
            return Err(Status::invalid_argument("the limit is at least 1"));
        }
        let mut places = self.places(&request.resource, filter.as_ref())?;
        if places.is_empty() && behaviour == Behaviour::NeverNone {
            places = self.places(&request.resource, None)?;
        }
        self.sort(&mut places, &request.order)?;
        if !request.resume.is_empty() {
            behind(&mut places, &request.resume)?;
        }
        let places: Places = match behaviour {
            Behaviour::TooMany => Box::new(places.into_iter().cycle().take(limit + 1)),
            _ => Box::new(places.into_iter().take(limit)),
        };
        Ok(Response::new(Box::pin(tokio_stream::iter(Batches {
            holdings: Arc::clone(&self.holdings),
            request_id: behaviour.answer_id(&ticket),
            items: request.items,
            behaviour,
            places,
            sent: 0,
        }))))
    }
}

impl Provider {
    /// Puts places into the order that is asked for; equal ones stay as they are.
    fn sort(&self, places: &mut [usize], order: &[exchange_pb::OrderBy]) -> Result<(), Status> {
        let mut keys = Vec::with_capacity(order.len());
        for by in order {
            keys.push((wire::key_from(&by.item)?, by.descending));
        }
        let value = |place: &usize, key: &ItemKey| {
            let row = self.holdings.rows.get(*place)?;
            let found = row.values.iter().find(|value| value.key == *key);
            found.map(|value| &value.value)
        };
        places.sort_by(|one, other| {
            let mut compared = keys.iter().map(|(key, descending)| {
                let order = match (value(one, key), value(other, key)) {
                    (Some(one), Some(other)) => order_of(one, other).unwrap_or(Ordering::Equal),
                    // A row without a value comes first.
                    (one, other) => one.is_some().cmp(&other.is_some()),
                };
                if *descending { order.reverse() } else { order }
            });
            compared
                .find(|order| order.is_ne())
                .unwrap_or(Ordering::Equal)
        });
        Ok(())
    }

    /// Where the rows stand that are asked for.
    fn places(&self, resource: &str, filter: Option<&Filter>) -> Result<Vec<usize>, Status> {
        let table = || {
            let rows = self.holdings.rows.iter().enumerate();
            rows.filter(|(_, row)| row.resource.as_str() == resource)
        };
        if table().next().is_none() {
            let message = "this system does not provide the resource";
            return Err(Status::not_found(message));
        }
        let wanted = |row: &Row| filter.is_none_or(|filter| filter::holds(filter, &row.values));
        Ok(table()
            .filter(|(_, row)| wanted(row))
            .map(|(place, _)| place)
            .collect())
    }
}

/// Leaves the places behind a cursor of an earlier answer.
fn behind(places: &mut Vec<usize>, cursor: &str) -> Result<(), Status> {
    let unknown = || Status::invalid_argument("the cursor is none of ours");
    let last: usize = cursor.parse().map_err(|_| unknown())?;
    let found = places.iter().position(|place| *place == last);
    places.drain(..=found.ok_or_else(unknown)?);
    Ok(())
}

/// The batches of one answer, each made when the gateway is ready to take it: a long answer never
/// stands in memory as a whole.
struct Batches {
    holdings: Arc<Holdings>,
    request_id: String,
    items: Vec<String>,
    behaviour: Behaviour,
    /// Where the rows stand that are still to be sent, in order.
    places: Places,
    sent: usize,
}

impl Batches {
    /// One row with the items that are wanted; an item without a value is left out.
    fn cut(&self, row: &Row) -> exchange_pb::Row {
        let all = self.behaviour == Behaviour::ExtraItems;
        let wanted =
            |value: &&ItemValue| all || self.items.iter().any(|key| key == value.key.as_str());
        let mut values: Vec<_> = row
            .values
            .iter()
            .filter(wanted)
            .map(wire::value_to)
            .collect();
        spoil(self.behaviour, &mut values);
        exchange_pb::Row {
            values,
            ..exchange_pb::Row::default()
        }
    }
}

impl Iterator for Batches {
    type Item = Result<pb::StreamRowsResponse, Status>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.sent > 0 && self.behaviour == Behaviour::BreakOff {
            self.places = Box::new(std::iter::empty());
            self.behaviour = Behaviour::Normal;
            return Some(Err(Status::unavailable("the database went away")));
        }
        let places: Vec<usize> = self.places.by_ref().take(BATCH).collect();
        let last = places.last().copied();
        let rows: Vec<_> = places
            .into_iter()
            .filter_map(|place| self.holdings.rows.get(place))
            .map(|row| self.cut(row))
            .collect();
        if rows.is_empty() {
            return None;
        }
        self.sent += 1;
        // A row keeps its place as long as the table does not change, so the place is the cursor.
        let cursor = last.map(|place| place.to_string()).unwrap_or_default();
        let batch = Some(exchange_pb::RowBatch { rows, cursor });
        Some(Ok(pb::StreamRowsResponse {
            request_id: self.request_id.clone(),
            batch,
        }))
    }
}
