//! What waits for somebody's department, the earliest last day first.

use askama::Template;
use broker::{DutyFilter, Failure, Gateway, PageRequest};
use domain::application::Clock;
use domain::caller::Caller;
use domain::duty::Duty;
use domain::policy::shaoyang_date;
use domain::reference::Reference;
use domain::snapshot::Snapshot;
use jiff::civil::Date;
use serde::Deserialize;

use super::clock::ClockView;
use super::{Frame, names, systems};
use crate::url;
use crate::words::catalogue as words;
use crate::words::moment;

/// Duties of a page.
const SIZE: i32 = 50;

/// What the address asks for. Empty texts ask for nothing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    department: String,
    page_token: String,
}

/// What the page shows.
#[derive(Template)]
#[template(path = "duties.html")]
pub(crate) struct DutiesPage {
    frame: Frame,
    total: usize,
    overdue: usize,
    /// The department that it is narrowed to, and the list without that.
    department: Option<(String, String)>,
    duties: Vec<DutyView>,
    first: Option<String>,
    next: Option<String>,
}

/// One duty.
struct DutyView {
    what: &'static str,
    title: String,
    link: Option<String>,
    about: String,
    department: (String, String),
    since: String,
    clock: ClockView,
}

/// Reads the list.
///
/// # Errors
/// Every condition of the address that cannot be; a page token of another list; the store's.
pub(crate) async fn page(
    gateway: &Gateway,
    caller: &Caller,
    wanted: &Wanted,
) -> Result<DutiesPage, Failure> {
    let department = systems::department_of(&wanted.department)?;
    let page = PageRequest::new(SIZE, &wanted.page_token);
    let page = page.map_err(|cause| Failure::field("page_token", &cause))?;
    let filter = DutyFilter {
        department: department.clone(),
        overdue_only: false,
    };
    let found = gateway.duties(caller, &filter, &page).await?;
    let (snapshot, today) = (gateway.snapshot(), shaoyang_date(gateway.now()));
    let id = department.as_ref().map_or("", |name| name.id());
    let at = |department, token| {
        url::with_query(
            "/duties",
            &[("department", department), ("page_token", token)],
        )
    };
    let rows = found.rows.iter();
    Ok(DutiesPage {
        frame: Frame::at("duties", caller, &snapshot),
        total: found.total,
        overdue: found.overdue,
        department: department
            .as_ref()
            .map(|name| (names::of_department(name, &snapshot), at("", ""))),
        duties: rows
            .map(|duty| view(duty, &snapshot, gateway.reference(), today))
            .collect(),
        first: (!wanted.page_token.is_empty()).then(|| at(id, "")),
        next: (!found.next.is_empty()).then(|| at(id, &found.next)),
    })
}

fn view(duty: &Duty, snapshot: &Snapshot, reference: &Reference, today: Date) -> DutyView {
    let clock = Clock {
        received: duty.since,
        due: duty.due,
        rule: duty.rule.clone(),
    };
    let narrowed = [("department", duty.waits_for.id())];
    DutyView {
        what: words::duty(duty.kind),
        title: duty.title.clone(),
        link: names::link(&duty.about, snapshot),
        about: duty.about.clone(),
        department: (
            names::of_department(&duty.waits_for, snapshot),
            url::with_query("/duties", &narrowed),
        ),
        since: moment(duty.since),
        clock: ClockView::of("", &clock, reference, today),
    }
}
