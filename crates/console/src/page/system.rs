//! One system: its facts, its way through the plan, its entries, its endpoints.

mod endpoints;
mod steps;

use askama::Template;
use broker::{Failure, Gateway, PageRequest, Warning};
use domain::caller::Caller;
use domain::name::SystemName;
use domain::reason::Reason;
use domain::resource::Resource;
use domain::system::{System, SystemState};
use jiff::Timestamp;
use jiff::civil::Date;

use super::{Frame, home, names};
use crate::words::catalogue::{share_code, share_word, state_tag, state_word};
use crate::words::inventory as words;
use crate::words::moment;

use endpoints::EndpointView;
use steps::{AssetView, StepView};

/// What the page of a system shows.
#[derive(Template)]
#[template(path = "system.html")]
pub(crate) struct SystemPage {
    frame: Frame,
    name: String,
    id: String,
    department: (String, String),
    state: (&'static str, &'static str),
    suspended: Option<String>,
    facts: Vec<(&'static str, String)>,
    stage: &'static str,
    steps: Vec<StepView>,
    assets: Vec<AssetView>,
    resources: Vec<EntryView>,
    /// None for whom it does not concern where the system stands in the network.
    endpoints: Option<Vec<EndpointView>>,
    /// Its certificates that end soon: whole days left, none where it is over, and the moment.
    warnings: Vec<(Option<i64>, String)>,
}

/// One entry of the catalogue that it provides.
struct EntryView {
    title: String,
    id: String,
    link: String,
    state: (&'static str, &'static str),
    share: &'static str,
    score: Option<u32>,
}

/// Reads a system and all that is known of it.
///
/// # Errors
/// `NOT_FOUND`; the store's.
pub(crate) async fn page(
    gateway: &Gateway,
    caller: &Caller,
    name: &SystemName,
) -> Result<SystemPage, Failure> {
    let system = gateway.system(name).await?.value;
    let proofs = gateway.proofs_of(name).await?;
    let snapshot = gateway.snapshot();
    let endpoints = match gateway.endpoints(caller, name, false).await {
        Ok(rows) => Some(endpoints::views(gateway, rows, &snapshot)),
        Err(failure) if failure.reason == Reason::NotFound => None,
        Err(failure) => return Err(failure),
    };
    let own = |warning: &Warning| {
        warning.holder == system.name.as_str() && home::concerns(caller, warning)
    };
    let now = gateway.now();
    let warnings = gateway.warnings().into_iter().filter(own);
    let assets = (1..).zip(&system.steps.assets);
    Ok(SystemPage {
        frame: Frame::below("systems", caller, &snapshot),
        name: system.display_name.clone(),
        id: name.id().to_owned(),
        department: (
            names::of_department(&system.department, &snapshot),
            names::to_systems_of(&system.department),
        ),
        state: words::system_state(&system.state),
        suspended: match &system.state {
            SystemState::Suspended { reason } => Some(reason.clone()),
            SystemState::Active | SystemState::Retired => None,
        },
        facts: facts(&system),
        stage: words::stage(system.steps.stage(&proofs)),
        steps: steps::views(&system, &proofs, &snapshot),
        assets: assets
            .map(|(number, asset)| steps::asset_view(number, asset, &snapshot))
            .collect(),
        resources: entries(gateway, caller, &system).await?,
        endpoints,
        warnings: warnings
            .map(|warning| (days_left(warning.ends, now), moment(warning.ends)))
            .collect(),
    })
}

/// Whole days to a moment; none where it is over.
fn days_left(end: Timestamp, now: Timestamp) -> Option<i64> {
    let hours = end.duration_since(now).as_hours();
    (hours >= 0).then_some(hours / 24)
}

/// The entries of the system that the caller may see.
async fn entries(
    gateway: &Gateway,
    caller: &Caller,
    system: &System,
) -> Result<Vec<EntryView>, Failure> {
    let mut entries = Vec::new();
    let mut token = String::new();
    loop {
        let page = PageRequest::new(1000, &token);
        let page = page.map_err(|cause| Failure::field("page_token", &cause))?;
        let found = gateway
            .resources(caller, &page, Some(&system.department))
            .await?;
        let rows = found.rows.into_iter().map(|row| row.value);
        let own = rows.filter(|resource| resource.system == system.name);
        entries.extend(own.map(|resource| entry(gateway, caller, &resource)));
        if found.next.is_empty() {
            return Ok(entries);
        }
        token = found.next;
    }
}

fn entry(gateway: &Gateway, caller: &Caller, resource: &Resource) -> EntryView {
    let quality = gateway.resource_quality(caller, &resource.name).ok();
    EntryView {
        title: resource.title.clone(),
        id: resource.name.id().to_owned(),
        link: names::to_resource(&resource.name),
        state: (
            state_word(resource.state.as_str()),
            state_tag(&resource.state),
        ),
        share: share_word(share_code(&resource.share_type)),
        score: quality
            .filter(|_| resource.state.is_public())
            .map(|found| found.quality.score),
    }
}

/// The inventory; what is not known is said to be so.
fn facts(system: &System) -> Vec<(&'static str, String)> {
    let about = &system.inventory;
    let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
    vec![
        ("用途", about.purpose.clone()),
        ("使用者", about.users.clone()),
        (
            "是否自建",
            if system.self_built {
                "自建"
            } else {
                "非自建"
            }
            .to_owned(),
        ),
        ("网络区域", words::zone(system.network_zone).to_owned()),
        ("部署", words::hosting(system.hosting).to_owned()),
        ("机房", about.machine_room.clone()),
        ("建设单位", system.builder.clone()),
        ("运维单位", system.maintainer.clone()),
        ("投用日期", day(about.launched)),
        ("运维合同到期", day(about.maintenance_ends)),
        (
            "等级保护",
            about
                .protection
                .map_or_else(String::new, |level| format!("{} 级", level.get())),
        ),
        ("数据库", about.databases.join("、")),
        (
            "年运维费",
            about
                .yearly_cost
                .map_or_else(String::new, |yuan| format!("{yuan} 元")),
        ),
    ]
}
