//! The three lists: what is needed, what has to be provided, what a law forbids to share.

mod list;

use askama::Template;
use broker::facet::{self, Filter};
use broker::{DemandFilter, Failure, Gateway, PageRequest, ResourceSearch};
use domain::caller::Caller;
use domain::demand::{Demand, DemandState};
use domain::fault::Cause;
use domain::policy::shaoyang_date;
use domain::reference::Reference;
use domain::resource::{Resource, ShareType};
use domain::snapshot::Snapshot;
use jiff::civil::Date;
use serde::Deserialize;

use super::clock::ClockView;
use super::{Frame, names, systems};
use crate::url;
use crate::words::catalogue as words;
use crate::words::moment;

use list::List;

/// Demands of a page.
const SIZE: i32 = 50;
/// Entries that are not shared, of a page.
const NOT_SHARED: usize = 100;

/// What the address asks for. Empty texts ask for nothing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    kind: String,
    owner: String,
    page_token: String,
}

/// What the page of a list shows.
#[derive(Template)]
#[template(path = "demands.html")]
pub(crate) struct DemandsPage {
    frame: Frame,
    list: List,
    /// Title, address, whether it is this one.
    tabs: Vec<(&'static str, String, bool)>,
    /// The department that has to answer, where the list is narrowed to one, and the list without that.
    owner: Option<(String, String)>,
    demands: Vec<DemandView>,
    first: Option<String>,
    next: Option<String>,
    /// Entries that are not shared; on the negative list alone.
    not_shared: Vec<NotSharedView>,
    /// The search that lists all of them.
    all_not_shared: Option<String>,
}

/// One demand.
struct DemandView {
    id: String,
    kind: &'static str,
    title: String,
    description: String,
    legal_basis: String,
    matters: Vec<String>,
    by: String,
    raised: String,
    owner: Option<(String, String)>,
    state: (&'static str, &'static str),
    clock: Option<ClockView>,
    answer: Answer,
}

/// What came of it.
enum Answer {
    None,
    Met { shown: String, link: String },
    Declined { basis: String, reason: String },
    Withdrawn { reason: String },
}

/// An entry that is not shared.
struct NotSharedView {
    title: String,
    link: String,
    id: String,
    department: String,
    basis: String,
    reason: String,
}

/// Reads a list.
///
/// # Errors
/// Every condition of the address that cannot be; a page token of another list; the store's.
pub(crate) async fn page(
    gateway: &Gateway,
    caller: &Caller,
    wanted: &Wanted,
) -> Result<DemandsPage, Failure> {
    let list = List::ALL
        .into_iter()
        .find(|list| list.word() == wanted.kind);
    let list = list.ok_or_else(|| {
        let cause = Cause::new("UNKNOWN_CODE", "choose need, responsibility or negative");
        Failure::field("kind", &cause)
    })?;
    let owner = systems::department_of(&wanted.owner)?;
    let page = PageRequest::new(SIZE, &wanted.page_token);
    let page = page.map_err(|cause| Failure::field("page_token", &cause))?;
    let filter = DemandFilter {
        owner: owner.clone(),
        ..list.filter()
    };
    let found = gateway.demands(&page, &filter).await?;
    let (snapshot, today) = (gateway.snapshot(), shaoyang_date(gateway.now()));
    let (not_shared, more) = match list {
        List::Negative if owner.is_none() => not_shared(gateway, caller, &snapshot).await?,
        _ => (Vec::new(), None),
    };
    let id = owner.as_ref().map_or("", |name| name.id());
    let at = |list: List, owner, token| {
        let pairs = [
            ("kind", list.word()),
            ("owner", owner),
            ("page_token", token),
        ];
        url::with_query("/demands", &pairs)
    };
    let rows = found.rows.iter();
    Ok(DemandsPage {
        frame: Frame::at("demands", caller, &snapshot),
        list,
        tabs: List::ALL
            .map(|one| (one.title(), at(one, id, ""), one == list))
            .into(),
        owner: owner
            .as_ref()
            .map(|name| (names::of_department(name, &snapshot), at(list, "", ""))),
        demands: rows
            .map(|row| {
                let raised = moment(row.create_time);
                view(&row.value, raised, &snapshot, gateway.reference(), today)
            })
            .collect(),
        first: (!wanted.page_token.is_empty()).then(|| at(list, id, "")),
        next: (!found.next.is_empty()).then(|| at(list, id, &found.next)),
        not_shared,
        all_not_shared: more,
    })
}

fn view(
    demand: &Demand,
    raised: String,
    snapshot: &Snapshot,
    reference: &Reference,
    today: Date,
) -> DemandView {
    let what = match demand.state {
        DemandState::Raised { .. } => "主管部门指定谁答复",
        _ => "被指定的部门答复",
    };
    let matters = demand.matters.iter();
    let owner = demand.state.owner();
    DemandView {
        id: demand.name.to_string(),
        kind: words::demand_kind(demand.kind),
        title: demand.title.clone(),
        description: demand.description.clone(),
        legal_basis: demand.legal_basis.clone(),
        matters: matters
            .map(|matter| names::shown(matter.as_str(), snapshot))
            .collect(),
        by: names::of_department(&demand.department, snapshot),
        raised,
        owner: owner.map(|name| {
            let link = url::with_query("/demands", &[("owner", name.id())]);
            (names::of_department(name, snapshot), link)
        }),
        state: words::demand_state(&demand.state),
        clock: demand
            .state
            .clock()
            .map(|clock| ClockView::of(what, clock, reference, today)),
        answer: match &demand.state {
            DemandState::Raised { .. } | DemandState::Assigned { .. } => Answer::None,
            DemandState::Met { resource, .. } => Answer::Met {
                shown: names::of_public(resource, snapshot),
                link: names::to_resource(resource),
            },
            DemandState::Declined { basis, reason, .. } => Answer::Declined {
                basis: basis.clone(),
                reason: reason.clone(),
            },
            DemandState::Withdrawn { reason } => Answer::Withdrawn {
                reason: reason.clone(),
            },
        },
    }
}

/// The entries that are not shared, as far as the caller may see them, and the search for all where there are more.
async fn not_shared(
    gateway: &Gateway,
    caller: &Caller,
    snapshot: &Snapshot,
) -> Result<(Vec<NotSharedView>, Option<String>), Failure> {
    let filter = |facet, value: &str| Filter {
        facet,
        values: vec![value.to_owned()],
    };
    let page = PageRequest::new(0, "").map_err(|cause| Failure::field("page_token", &cause))?;
    let search = ResourceSearch {
        query: String::new(),
        filters: vec![
            filter(facet::SHARE_TYPE, "not_shared"),
            filter(facet::STATE, "published"),
        ],
        page,
        size: NOT_SHARED,
    };
    let found = gateway.search_resources(caller, &search).await?;
    let more = (!found.next.is_empty()).then(|| {
        let pairs = [("share_type", "not_shared"), ("state", "published")];
        url::with_query("/catalogue", &pairs)
    });
    let results = found.results.iter();
    let views = results.filter_map(|(row, ..)| not_shared_view(&row.value, snapshot));
    Ok((views.collect(), more))
}

fn not_shared_view(resource: &Resource, snapshot: &Snapshot) -> Option<NotSharedView> {
    let ShareType::NotShared { legal_basis } = &resource.share_type else {
        return None;
    };
    Some(NotSharedView {
        title: resource.title.clone(),
        link: names::to_resource(&resource.name),
        id: resource.name.id().to_owned(),
        department: names::of_department(&resource.department, snapshot),
        basis: legal_basis.clone(),
        reason: resource.metadata.refusal_reason.clone(),
    })
}
