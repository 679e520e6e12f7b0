//! Clocks over gRPC.

use api::compliance::v1 as pb;
use api::compliance::v1::clock_service_server::ClockService;
use broker::{ClockFilter, Stored};
use domain::clock::Pause;
use domain::clock::card::{Card, Level};
use domain::clock::kept::KeptClock;
use domain::fault;
use domain::name::{ClockName, DepartmentName};
use domain::policy::shaoyang_date;
use tonic::{Request, Response, Status};

use super::Adapter;
use super::incoming::{Fields, Incoming, page, wire_index, wire_time};
use crate::status::status_of;

#[tonic::async_trait]
impl ClockService for Adapter {
    async fn get_clock(
        &self,
        request: Request<pb::GetClockRequest>,
    ) -> Result<Response<pb::Clock>, Status> {
        let incoming = Incoming::of(request)?;
        let mut fields = Fields::default();
        let name = fields.name("name", &incoming.message.name, ClockName::parse);
        let name = fields.finish(name)?;
        let row = self.gateway.kept_clock(&incoming.caller, &name).await;
        Ok(Response::new(self.wire_clock(row.map_err(status_of)?)))
    }

    async fn list_clocks(
        &self,
        request: Request<pb::ListClocksRequest>,
    ) -> Result<Response<pb::ListClocksResponse>, Status> {
        let Incoming {
            caller, message, ..
        } = Incoming::of(request)?;
        let mut fields = Fields::default();
        let department = fields.optional("department", &message.department, DepartmentName::parse);
        let about = fields.take("about", fault::optional_line(&message.about, 200));
        let about = fields.finish(about)?;
        let filter = ClockFilter {
            about,
            department,
            open_only: message.open_only,
            level: level_from(message.level()),
        };
        let page = page(message.page_size, &message.page_token)?;
        let page = self.gateway.kept_clocks(&caller, &filter, &page).await;
        let page = page.map_err(status_of)?;
        let rows = page.rows.into_iter();
        Ok(Response::new(pb::ListClocksResponse {
            clocks: rows.map(|row| self.wire_clock(row)).collect(),
            next_page_token: page.next,
        }))
    }
}

impl Adapter {
    fn wire_clock(&self, row: Stored<KeptClock>) -> pb::Clock {
        let snapshot = self.gateway.snapshot();
        let today = shaoyang_date(self.gateway.now());
        let kept = row.value;
        let department = kept.waits_for.department(&snapshot);
        let clock = &kept.clock;
        let due = clock.due.map_or_else(String::new, |due| due.to_string());
        let state = match (kept.ended, clock.paused()) {
            (Some(_), _) => pb::clock::State::Ended,
            (None, Some(_)) => pb::clock::State::Paused,
            (None, None) => pb::clock::State::Running,
        };
        pb::Clock {
            name: kept.name.to_string(),
            about: kept.about.clone(),
            rule: kept.rule.id().to_owned(),
            due_rule: clock.rule.clone(),
            department: department.map(ToString::to_string).unwrap_or_default(),
            receive_time: Some(wire_time(clock.received)),
            due_date: due,
            state: state.into(),
            end_time: kept.ended.map(wire_time),
            pauses: clock.pauses.iter().map(wire_pause).collect(),
            extended_working_days: clock.extended.unwrap_or_default().into(),
            cards: kept.cards.iter().map(wire_card).collect(),
            overdue: kept.ended.is_none() && clock.is_overdue(today),
            assumed: self.gateway.is_assumed(&kept),
        }
    }
}

fn wire_pause(pause: &Pause) -> pb::clock::Pause {
    pb::clock::Pause {
        start_time: Some(wire_time(pause.from)),
        end_time: pause.until.map(wire_time),
        reason: pause.reason.clone(),
    }
}

fn wire_card(card: &Card) -> pb::clock::Card {
    let level = match card.level {
        Level::Warning => pb::Level::Warning,
        Level::Yellow => pb::Level::Yellow,
        Level::Red => pb::Level::Red,
    };
    pb::clock::Card {
        level: level.into(),
        date: card.day.to_string(),
        due_date: card.due.to_string(),
        entry: wire_index(card.entry),
    }
}

fn level_from(level: pb::Level) -> Option<Level> {
    match level {
        pb::Level::Unspecified => None,
        pb::Level::Warning => Some(Level::Warning),
        pb::Level::Yellow => Some(Level::Yellow),
        pb::Level::Red => Some(Level::Red),
    }
}
