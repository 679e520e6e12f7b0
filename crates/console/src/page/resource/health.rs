//! How good an entry is: its score part by part with what each rests on, and where what is served differs.

use broker::ResourceQuality;
use domain::quality::Part;
use domain::watch::Drift;

use crate::words::catalogue as words;
use crate::words::{differences, moment};

/// The score and its parts.
pub(super) struct QualityView {
    pub(super) score: u32,
    pub(super) parts: Vec<PartView>,
    /// Where the weights are from.
    pub(super) source: String,
    pub(super) assumed: bool,
    /// The latest sign of an update, and as of when the data is.
    pub(super) updated: Option<(&'static str, String)>,
}

/// One part of the score.
pub(super) struct PartView {
    pub(super) name: &'static str,
    pub(super) code: &'static str,
    /// What it rests on.
    pub(super) ground: &'static str,
    /// Its share of the score, in hundredths.
    pub(super) share: u32,
    pub(super) points: u32,
    /// What it lacks: in Chinese where this version knows it, and as the gateway says it.
    pub(super) lacks: Vec<(&'static str, String)>,
}

/// Where what is served differs.
pub(super) struct DriftView {
    pub(super) since: String,
    pub(super) seen_in: &'static str,
    pub(super) changes: Vec<DriftChange>,
}

/// One difference.
pub(super) struct DriftChange {
    pub(super) kind: &'static str,
    pub(super) path: String,
    pub(super) registered: String,
    pub(super) seen: String,
}

/// Lays a score out.
pub(super) fn quality_view(found: &ResourceQuality) -> QualityView {
    let all: u32 = found.quality.parts.iter().map(|part| part.weight).sum();
    QualityView {
        score: found.quality.score,
        parts: found
            .quality
            .parts
            .iter()
            .map(|part| part_view(part, all))
            .collect(),
        source: found.rule.source.clone(),
        assumed: found.rule.assumed,
        updated: found
            .updated
            .as_ref()
            .map(|update| (words::sign(update.sign), moment(update.at))),
    }
}

fn part_view(part: &Part, all: u32) -> PartView {
    let (name, ground) = words::part(part.kind);
    let lacks = part.lacks.iter();
    PartView {
        name,
        code: part.kind.as_str(),
        ground,
        share: (part.weight * 100).checked_div(all).unwrap_or_default(),
        points: part.points,
        lacks: lacks
            .map(|sentence| (words::lack(sentence), sentence.clone()))
            .collect(),
    }
}

/// Lays a drift out.
pub(super) fn drift_view(drift: &Drift) -> DriftView {
    let changes = drift.changes.iter();
    DriftView {
        since: moment(drift.since),
        seen_in: words::seen_in(drift.seen_in),
        changes: changes
            .map(|change| DriftChange {
                kind: differences::drift(change.as_str()),
                path: change.path().to_owned(),
                registered: change.registered().to_owned(),
                seen: change.seen().to_owned(),
            })
            .collect(),
    }
}
