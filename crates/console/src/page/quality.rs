//! How good the entries of the catalogue are: the worst first, each with what to do first.

use askama::Template;
use broker::{Failure, Gateway, PageRequest, QualityFilter, ResourceQuality};
use domain::caller::Caller;
use domain::fault::Cause;
use domain::quality::Grade;
use domain::snapshot::Snapshot;
use serde::Deserialize;

use super::{Frame, names, systems};
use crate::url;
use crate::words::catalogue as words;
use crate::words::moment;

/// Entries of a page.
const SIZE: i32 = 50;

/// What the address asks for. Empty texts ask for nothing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    department: String,
    grade: String,
    page_token: String,
}

/// What the page shows.
#[derive(Template)]
#[template(path = "quality.html")]
pub(crate) struct QualityPage {
    frame: Frame,
    /// Title, address, how many, whether it is this one.
    tabs: Vec<(&'static str, String, u32, bool)>,
    /// The department that it is narrowed to, and the list without that.
    department: Option<(String, String)>,
    entries: Vec<EntryView>,
    first: Option<String>,
    next: Option<String>,
}

/// One entry.
struct EntryView {
    title: String,
    link: String,
    id: String,
    department: (String, String),
    score: u32,
    grade: (&'static str, &'static str),
    /// The grade that was recorded last, and since when.
    recorded: Option<(&'static str, String)>,
    drifts: bool,
    /// The part to begin with, and the first thing to do about it: in Chinese where this version knows it, and as the
    /// gateway says it.
    lack: Option<(&'static str, &'static str, String)>,
}

/// Reads the list.
///
/// # Errors
/// Every condition of the address that cannot be; a page token of another list; no rule in force.
pub(crate) async fn page(
    gateway: &Gateway,
    caller: &Caller,
    wanted: &Wanted,
) -> Result<QualityPage, Failure> {
    let grade = match wanted.grade.as_str() {
        "" => None,
        word => Some(Grade::parse(word).ok_or_else(|| {
            let cause = Cause::new("UNKNOWN_CODE", "choose poor, fair or good");
            Failure::field("grade", &cause)
        })?),
    };
    let department = systems::department_of(&wanted.department)?;
    let page = PageRequest::new(SIZE, &wanted.page_token);
    let page = page.map_err(|cause| Failure::field("page_token", &cause))?;
    let filter = QualityFilter {
        department: department.clone(),
        grade,
    };
    let found = gateway.resource_qualities(caller, &filter, &page).await?;
    let snapshot = gateway.snapshot();
    let id = department.as_ref().map_or("", |name| name.id());
    let at = |grade: Option<Grade>, department, token| {
        let pairs = [
            ("grade", grade.map_or("", Grade::as_str)),
            ("department", department),
            ("page_token", token),
        ];
        url::with_query("/catalogue/quality", &pairs)
    };
    let count = |grade| found.counts.get(&grade).copied().unwrap_or(0);
    let tab = |one: Option<Grade>| {
        let title = one.map_or("全部", |grade| words::grade(grade).0);
        let count = one.map_or_else(|| Grade::ALL.map(count).iter().sum(), count);
        (title, at(one, id, ""), count, one == grade)
    };
    let grades = std::iter::once(None).chain(Grade::ALL.map(Some));
    Ok(QualityPage {
        frame: Frame::at("quality", caller, &snapshot),
        tabs: grades.map(tab).collect(),
        department: department
            .as_ref()
            .map(|name| (names::of_department(name, &snapshot), at(grade, "", ""))),
        entries: found
            .rows
            .iter()
            .map(|row| view(row, &snapshot, grade))
            .collect(),
        first: (!wanted.page_token.is_empty()).then(|| at(grade, id, "")),
        next: (!found.next.is_empty()).then(|| at(grade, id, &found.next)),
    })
}

fn view(found: &ResourceQuality, snapshot: &Snapshot, grade: Option<Grade>) -> EntryView {
    let resource = &found.resource;
    let pairs = [
        ("grade", grade.map_or("", Grade::as_str)),
        ("department", resource.department.id()),
    ];
    EntryView {
        title: resource.title.clone(),
        link: names::to_resource(&resource.name),
        id: resource.name.id().to_owned(),
        department: (
            names::of_department(&resource.department, snapshot),
            url::with_query("/catalogue/quality", &pairs),
        ),
        score: found.quality.score,
        grade: words::grade(found.quality.grade),
        recorded: found
            .graded
            .map(|graded| (words::grade(graded.grade).0, moment(graded.since))),
        drifts: found.drift.is_some(),
        lack: found.quality.first_lack().map(|(kind, sentence)| {
            let part = words::part(kind).0;
            (part, words::lack(sentence), sentence.to_owned())
        }),
    }
}
