//! One entry of the catalogue: what it says, where it stands, how good it is, how it came to be so.

mod about;
mod health;
mod history;
mod stage;

use askama::Template;
use broker::{Failure, Gateway, PageRequest};
use domain::caller::Caller;
use domain::item::Item;
use domain::name::ResourceName;
use domain::policy::shaoyang_date;
use domain::reason::Reason;
use domain::resource::{Resource, ShareType};

use super::{Frame, names};
use crate::words::catalogue as words;

use about::Pair;
use health::{DriftView, QualityView};
use history::{NextView, VersionView};
use stage::StageView;

/// What the page of an entry shows.
#[derive(Template)]
#[template(path = "resource.html")]
pub(crate) struct ResourcePage {
    frame: Frame,
    title: String,
    id: String,
    summary: String,
    state: (&'static str, &'static str),
    share: ShareView,
    department: (String, String),
    system: (String, Option<String>),
    stage: StageView,
    about: Vec<Pair>,
    related: Vec<(String, Option<String>)>,
    items: Vec<ItemView>,
    quality: Option<QualityView>,
    drift: Option<DriftView>,
    next: Option<NextView>,
    versions: Vec<VersionView>,
}

/// How it is shared, and on what that rests.
struct ShareView {
    name: &'static str,
    /// What stands beside it: a condition or a legal basis.
    ground: Option<(&'static str, String)>,
    modes: String,
}

/// One item.
struct ItemView {
    key: String,
    title: String,
    letter: &'static str,
    kind: &'static str,
    length: String,
    personal: bool,
    sensitive: bool,
}

/// Reads an entry and all that is known of it.
///
/// # Errors
/// `NOT_FOUND`, also for one that the caller may not see; the store's.
pub(crate) async fn page(
    gateway: &Gateway,
    caller: &Caller,
    name: &ResourceName,
) -> Result<ResourcePage, Failure> {
    let resource = gateway.resource(caller, name).await?.value;
    let change = if_any(gateway.resource_change(caller, name).await)?;
    let all = PageRequest::new(1000, "").map_err(|cause| Failure::field("page_size", &cause))?;
    let versions = gateway.resource_versions(caller, name, &all).await?;
    let quality = match gateway.resource_quality(caller, name) {
        Ok(found) => Some(found),
        // On a day without a rule nothing is scored.
        Err(failure) if failure.reason == Reason::StateConflict => None,
        Err(failure) => return Err(failure),
    };
    let snapshot = gateway.snapshot();
    let today = shaoyang_date(gateway.now());
    let system = snapshot.system(&resource.system);
    Ok(ResourcePage {
        frame: Frame::below("catalogue", caller, &snapshot),
        title: resource.title.clone(),
        id: name.id().to_owned(),
        summary: resource.summary.clone(),
        state: (
            words::state_word(resource.state.as_str()),
            words::state_tag(&resource.state),
        ),
        share: share_view(&resource),
        department: (
            names::of_department(&resource.department, &snapshot),
            names::to_systems_of(&resource.department),
        ),
        system: system.map_or_else(
            || (resource.system.to_string(), None),
            |system| {
                let link = names::to_system(&system.name);
                (system.display_name.clone(), Some(link))
            },
        ),
        stage: stage::view(&resource, gateway.reference(), &snapshot, today),
        about: about::pairs(&resource, &snapshot),
        related: about::related(&resource, &snapshot),
        items: resource.items.iter().map(item_view).collect(),
        drift: quality
            .as_ref()
            .and_then(|found| found.drift.as_ref())
            .map(health::drift_view),
        quality: quality.as_ref().map(health::quality_view),
        next: change
            .map(|change| history::next_view(change, &snapshot, gateway.reference(), today)),
        versions: history::versions(versions.rows),
    })
}

fn if_any<T>(result: Result<T, Failure>) -> Result<Option<T>, Failure> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(failure) if failure.reason == Reason::NotFound => Ok(None),
        Err(failure) => Err(failure),
    }
}

fn share_view(resource: &Resource) -> ShareView {
    let ground = match &resource.share_type {
        ShareType::Unconditional => None,
        ShareType::Conditional { condition } => Some(("共享条件", condition.clone())),
        ShareType::NotShared { legal_basis } => Some(("不予共享的法律依据", legal_basis.clone())),
    };
    let modes = resource.share_modes.iter();
    ShareView {
        name: words::share_word(words::share_code(&resource.share_type)),
        ground,
        modes: modes
            .map(|mode| words::mode(*mode))
            .collect::<Vec<_>>()
            .join("、"),
    }
}

fn item_view(item: &Item) -> ItemView {
    let letter = item.data_type.as_str();
    ItemView {
        key: item.key.to_string(),
        title: item.title.clone(),
        letter,
        kind: words::data_type(letter),
        length: item
            .length
            .map(|length| length.to_string())
            .unwrap_or_default(),
        personal: item.personal,
        sensitive: item.sensitive,
    }
}
