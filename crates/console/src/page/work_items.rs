//! What waits for somebody's department, the earliest last day first.

use askama::Template;
use broker::{Failure, Gateway, PageRequest, WorkItemFilter};
use domain::caller::Caller;
use domain::clock::Clock;
use domain::name::ResourceName;
use domain::policy::shaoyang_date;
use domain::reference::Reference;
use domain::snapshot::Snapshot;
use domain::work_item::WorkItem;
use jiff::civil::Date;
use serde::Deserialize;

use super::clock::ClockView;
use super::{Frame, names, systems};
use crate::url;
use crate::words::catalogue as words;
use crate::words::moment;

/// Rows of a page.
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
#[template(path = "work_items.html")]
pub(crate) struct WorkItemsPage {
    frame: Frame,
    total: usize,
    overdue: usize,
    /// The department that it is narrowed to, and the list without that.
    department: Option<(String, String)>,
    items: Vec<WorkItemView>,
    first: Option<String>,
    next: Option<String>,
}

/// One work item.
struct WorkItemView {
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
) -> Result<WorkItemsPage, Failure> {
    let department = systems::department_of(&wanted.department)?;
    let page = PageRequest::new(SIZE, &wanted.page_token);
    let page = page.map_err(|cause| Failure::field("page_token", &cause))?;
    let filter = WorkItemFilter {
        department: department.clone(),
        overdue_only: false,
    };
    let found = gateway.work_items(caller, &filter, &page).await?;
    let (snapshot, today) = (gateway.snapshot(), shaoyang_date(gateway.now()));
    let id = department.as_ref().map_or("", |name| name.id());
    let at = |department, token| {
        url::with_query(
            "/work-items",
            &[("department", department), ("page_token", token)],
        )
    };
    let rows = found.rows.iter();
    Ok(WorkItemsPage {
        frame: Frame::at("work-items", caller, &snapshot),
        total: found.total,
        overdue: found.overdue,
        department: department
            .as_ref()
            .map(|name| (names::of_department(name, &snapshot), at("", ""))),
        items: rows
            .map(|item| view(item, &snapshot, gateway.reference(), today))
            .collect(),
        first: (!wanted.page_token.is_empty()).then(|| at(id, "")),
        next: (!found.next.is_empty()).then(|| at(id, &found.next)),
    })
}

fn view(item: &WorkItem, snapshot: &Snapshot, reference: &Reference, today: Date) -> WorkItemView {
    let clock = Clock::new(item.since, item.due, &*item.rule);
    let narrowed = [("department", item.waits_for.id())];
    WorkItemView {
        what: words::work_item(item.kind),
        title: item.title.clone(),
        link: link(item, snapshot),
        about: item.about.clone(),
        department: (
            names::of_department(&item.waits_for, snapshot),
            url::with_query("/work-items", &narrowed),
        ),
        since: moment(item.since),
        clock: ClockView::of("", &clock, reference, today),
    }
}

/// The page of what it is about, where it has one. Whom an entry waits for may open it also before it is published.
fn link(item: &WorkItem, snapshot: &Snapshot) -> Option<String> {
    let entry = ResourceName::parse(&item.about).ok();
    entry
        .filter(|name| snapshot.resource(name).is_some())
        .map(|name| names::to_resource(&name))
        .or_else(|| names::link(&item.about, snapshot))
}
