//! The versions of an entry with what each changed, and what the next one would change.

use broker::{ResourceChange, Stored};
use domain::reference::Reference;
use domain::regime::Rule;
use domain::resource::{Change, ResourceVersion};
use domain::snapshot::Snapshot;
use jiff::civil::Date;

use super::super::clock::ClockView;
use super::super::names;
use crate::words::catalogue as words;
use crate::words::{differences, moment};

/// Versions that are shown; the latest ones.
const SHOWN: usize = 50;

/// A version as it was published.
pub(super) struct VersionView {
    pub(super) number: u32,
    pub(super) published: String,
    pub(super) items: usize,
    pub(super) changes: Vec<ChangeView>,
}

/// One field that changed.
pub(super) struct ChangeView {
    /// Added, removed or changed, with the class of its tag.
    pub(super) kind: (&'static str, &'static str),
    pub(super) label: &'static str,
    pub(super) path: String,
    pub(super) before: String,
    pub(super) after: String,
    pub(super) breaking: bool,
}

/// What the next version would change.
pub(super) struct NextView {
    pub(super) state: &'static str,
    pub(super) changes: Vec<ChangeView>,
    pub(super) notice: Option<ClockView>,
    /// The grants whose use it breaks: the grant, the consumer and its page, whether it has taken note.
    pub(super) hits: Vec<HitView>,
}

/// A grant whose use the next version breaks.
pub(super) struct HitView {
    pub(super) grant: String,
    pub(super) consumer: String,
    pub(super) link: String,
    pub(super) noted: bool,
}

/// The versions, the latest first.
pub(super) fn versions(rows: Vec<Stored<ResourceVersion>>) -> Vec<VersionView> {
    let latest = rows.into_iter().rev().take(SHOWN);
    latest
        .map(|row| VersionView {
            number: row.value.version,
            published: moment(row.value.published),
            items: row.value.content.items.len(),
            changes: row.value.changes.iter().map(change_view).collect(),
        })
        .collect()
}

/// Lays out what the next version would change.
pub(super) fn next_view(
    change: ResourceChange,
    snapshot: &Snapshot,
    reference: &Reference,
    today: Date,
) -> NextView {
    let notice = change.notice_ends.map(|last| {
        let what = "变更预告的最后一日";
        ClockView::of_rule(what, Rule::GiveNotice, last, reference, today)
    });
    let hits = change.hits.into_iter();
    NextView {
        state: words::state_word(change.state.as_str()),
        changes: change.changes.iter().map(change_view).collect(),
        notice,
        hits: hits
            .map(|(hit, noted)| HitView {
                grant: hit.grant.to_string(),
                consumer: names::shown(hit.consumer.as_str(), snapshot),
                link: names::to_system(&hit.consumer),
                noted,
            })
            .collect(),
    }
}

fn change_view(change: &Change) -> ChangeView {
    let kind = match (change.before.is_empty(), change.after.is_empty()) {
        (true, _) => ("新增", "good"),
        (false, true) => ("删去", "bad"),
        (false, false) => ("改动", ""),
    };
    ChangeView {
        kind,
        label: differences::field(&change.field),
        path: change.field.clone(),
        before: differences::value(&change.field, &change.before),
        after: differences::value(&change.field, &change.after),
        breaking: change.breaking,
    }
}
