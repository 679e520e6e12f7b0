//! The catalogue as it is searched: what was found, best first, and by what it can be narrowed.

mod filters;

use askama::Template;
use broker::facet::Place;
use broker::{Failure, FoundResources, Gateway, PageRequest, ResourceSearch, Stored};
use domain::caller::Caller;
use domain::resource::Resource;
use domain::snapshot::Snapshot;
use serde::Deserialize;

use super::{Frame, names};
use crate::words::catalogue as words;

use filters::{Chip, FacetView, chips, facet_view};

/// What the address asks for. Empty texts ask for nothing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    q: String,
    department: String,
    share_type: String,
    format: String,
    cycle: String,
    state: String,
    page_token: String,
}

/// What the page of the catalogue shows.
#[derive(Template)]
#[template(path = "catalogue.html")]
pub(crate) struct CataloguePage {
    frame: Frame,
    query: String,
    /// What a new search keeps: name and value of each filter in force.
    kept: Vec<(&'static str, String)>,
    chips: Vec<Chip>,
    total: u64,
    hits: Vec<HitView>,
    facets: Vec<FacetView>,
    /// The address of the first page, from a later one.
    first: Option<String>,
    next: Option<String>,
}

/// One entry that was found.
struct HitView {
    title: String,
    link: String,
    id: String,
    summary: String,
    department: String,
    system: Option<(String, String)>,
    share: &'static str,
    state: (&'static str, &'static str),
    modes: Vec<&'static str>,
    cycle: &'static str,
    score: Option<u32>,
    drifts: bool,
    /// Where what was typed stands; empty where nothing was.
    place: &'static str,
}

impl CataloguePage {
    fn is_narrowed(&self) -> bool {
        !self.chips.is_empty()
    }
}

/// Searches, and lays out what was found.
///
/// # Errors
/// Every condition of the address that cannot be; a page token of another search; the store's.
pub(crate) async fn page(
    gateway: &Gateway,
    caller: &Caller,
    wanted: &Wanted,
) -> Result<CataloguePage, Failure> {
    let page = PageRequest::new(0, &wanted.page_token);
    let page = page.map_err(|cause| Failure::field("page_token", &cause))?;
    let search = ResourceSearch {
        query: wanted.q.clone(),
        filters: filters::parse(wanted)?,
        page,
        size: 0,
    };
    let found = gateway.search_resources(caller, &search).await?;
    let snapshot = gateway.snapshot();
    Ok(CataloguePage {
        frame: Frame::at("catalogue", caller, &snapshot),
        query: wanted.q.clone(),
        kept: filters::kept(wanted),
        chips: chips(wanted, &snapshot),
        total: found.total,
        hits: hits(gateway, caller, &found, &snapshot),
        facets: found
            .facets
            .iter()
            .filter_map(|(facet, values)| facet_view(facet, values, wanted, &snapshot))
            .collect(),
        first: (!wanted.page_token.is_empty()).then(|| filters::address(wanted, "page_token", "")),
        next: (!found.next.is_empty()).then(|| filters::address(wanted, "page_token", &found.next)),
    })
}

fn hits(
    gateway: &Gateway,
    caller: &Caller,
    found: &FoundResources,
    snapshot: &Snapshot,
) -> Vec<HitView> {
    let results = found.results.iter();
    results
        .map(|(row, place, by_other_word)| {
            let mut view = hit(gateway, caller, row, snapshot);
            view.place = place.map_or("", |place| place_word(place, *by_other_word));
            view
        })
        .collect()
}

fn hit(gateway: &Gateway, caller: &Caller, row: &Stored<Resource>, snapshot: &Snapshot) -> HitView {
    let resource = &row.value;
    let quality = gateway.resource_quality(caller, &resource.name).ok();
    let system = snapshot.system(&resource.system);
    HitView {
        title: resource.title.clone(),
        link: names::to_resource(&resource.name),
        id: resource.name.id().to_owned(),
        summary: resource.summary.clone(),
        department: names::of_department(&resource.department, snapshot),
        system: system.map(|system| (system.display_name.clone(), names::to_system(&system.name))),
        share: words::share_word(words::share_code(&resource.share_type)),
        state: (
            words::state_word(resource.state.as_str()),
            words::state_tag(&resource.state),
        ),
        modes: resource
            .share_modes
            .iter()
            .map(|mode| words::mode(*mode))
            .collect(),
        cycle: words::cycle(&resource.update_cycle.to_string()),
        drifts: quality.as_ref().is_some_and(|found| found.drift.is_some()),
        // A draft is not scored for others to see.
        score: quality
            .filter(|_| resource.state.is_public())
            .map(|found| found.quality.score),
        place: "",
    }
}

fn place_word(place: Place, by_other_word: bool) -> &'static str {
    match (place, by_other_word) {
        (Place::Title, false) => "名称相符",
        (Place::Parts, false) => "信息项相符",
        (Place::Rest, false) => "摘要、部门或系统相符",
        (Place::Title, true) => "名称与同义词相符",
        (Place::Parts, true) => "信息项与同义词相符",
        (Place::Rest, true) => "摘要、部门或系统与同义词相符",
    }
}
