//! The quality of an entry: a score of parts that a machine can check, each with what is wrong.
//!
//! It is computed from what the gateway holds and has seen, whenever it is asked for and on a schedule; nobody can set
//! it. A change of its grade is recorded.

mod rule;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use jiff::Timestamp;

use crate::endpoint::{Endpoint, Health};
use crate::policy::shaoyang_date as day;
use crate::resource::{Resource, ShareMode, ShareType};
use crate::watch::Watch;

pub use rule::{Grade, QualityRule, QualityTerms, rule_on};

/// One part of the score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// What the guide asks for is stated.
    Metadata,
    /// The endpoint serves.
    Answering,
    /// The endpoint serves what the entry says.
    Matching,
    /// Brought up to date within its cycle.
    Updated,
}

impl Part {
    /// The same for who is not to know how the system is reached and what it serves.
    #[must_use]
    pub fn without_detail(mut self) -> Self {
        if matches!(self.kind, PartKind::Answering | PartKind::Matching) && !self.lacks.is_empty() {
            self.lacks = vec!["its department is told what to do".to_owned()];
        }
        self
    }
}

impl PartKind {
    /// The word for people and programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Metadata => "metadata",
            Self::Answering => "answering",
            Self::Matching => "matching",
            Self::Updated => "updated",
        }
    }
}

/// How one part stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which.
    pub kind: PartKind,
    /// How much it weighs among those that apply.
    pub weight: u32,
    /// 0 to 100.
    pub points: u32,
    /// What keeps it from 100, each in one sentence with what to do.
    pub lacks: Vec<String>,
}

/// The quality of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quality {
    /// 0 to 100: the parts by their weights, rounded down.
    pub score: u32,
    /// The step it is on.
    pub grade: Grade,
    /// The parts that apply.
    pub parts: Vec<Part>,
}

impl Quality {
    /// The part to begin with, and what to do first: nothing matches that does not answer, and texts can wait.
    pub fn first_lack(&self) -> Option<(PartKind, &str)> {
        use PartKind::{Answering, Matching, Metadata, Updated};
        [Answering, Matching, Updated, Metadata]
            .into_iter()
            .find_map(|kind| {
                let part = self.parts.iter().find(|part| part.kind == kind)?;
                Some((kind, part.lacks.first()?.as_str()))
            })
    }
}

/// What the score is computed from.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The endpoints of its system.
    pub endpoints: &'a [Arc<Endpoint>],
    /// Its own methods are called over HTTP; not over gRPC, if it has any.
    pub over_http: bool,
    /// What was seen of it.
    pub watch: Option<&'a Watch>,
    /// Now.
    pub now: Timestamp,
    /// The rules in force.
    pub terms: &'a QualityTerms,
}

/// Computes the quality of an entry.
pub fn quality(resource: &Resource, facts: Facts<'_>) -> Quality {
    let parts: Vec<Part> = [
        Some(metadata(resource, facts)),
        answering(resource, facts),
        matching(resource, facts),
        updated(resource, facts),
    ]
    .into_iter()
    .flatten()
    .filter(|part| part.weight > 0)
    .collect();
    let weights: u32 = parts.iter().map(|part| part.weight).sum();
    let points: u32 = parts.iter().map(|part| part.weight * part.points).sum();
    let score = points.checked_div(weights).unwrap_or(0);
    Quality {
        score,
        grade: facts.terms.grade(score),
        parts,
    }
}

fn metadata(resource: &Resource, facts: Facts<'_>) -> Part {
    let about = &resource.metadata;
    let stated = |text: &str| !text.trim().is_empty();
    let personal = resource.is_personal();
    let asked = [
        (
            "the unit within the department that answers for it",
            stated(&about.inner_department),
        ),
        (
            "the type within the format class",
            stated(&about.format_type),
        ),
        ("the class of the data", stated(&about.data_class)),
        ("the grade of the data", about.data_grade.is_some()),
        ("what it may be used for", stated(&about.share_purpose)),
        (
            "the document of its review for secrets",
            stated(&about.secrecy_review),
        ),
        (
            "the document of the assessment of its impact on personal information",
            !personal || stated(&about.impact_assessment),
        ),
        (
            "the document by which the head of its department approved it",
            stated(&about.head_approval),
        ),
        ("how much data there is", about.volume.is_some()),
        ("the length of each item of text", lengths(resource)),
    ];
    let lacks: Vec<String> = asked
        .iter()
        .filter(|(_, there)| !there)
        .map(|(what, _)| format!("state {what}"))
        .collect();
    let all = u32::try_from(asked.len()).unwrap_or(u32::MAX);
    let lacking = u32::try_from(lacks.len()).unwrap_or(u32::MAX);
    Part {
        kind: PartKind::Metadata,
        weight: facts.terms.metadata,
        points: (all - lacking) * 100 / all,
        lacks,
    }
}

fn lengths(resource: &Resource) -> bool {
    use crate::item::DataType::C;
    let texts = resource.items.iter().filter(|item| item.data_type == C);
    texts.into_iter().all(|item| item.length.is_some())
}

/// By which mode an endpoint is asked; none where it is not shared, or where nothing but files is shared and its system has not registered
/// that it brings them, since they are with the gateway.
fn asked_by(resource: &Resource, facts: Facts<'_>) -> Option<ShareMode> {
    if matches!(resource.share_type, ShareType::NotShared { .. }) {
        return None;
    }
    let mut modes = resource.share_modes.iter().copied();
    let is_brought = || {
        let mut endpoints = facts.endpoints.iter();
        endpoints.any(|endpoint| endpoint.serves(ShareMode::File, resource))
    };
    modes
        .clone()
        .find(|mode| mode.is_carried() && *mode != ShareMode::File)
        .or_else(|| modes.find(|mode| *mode == ShareMode::File && is_brought()))
}

/// The endpoint that is asked.
fn asked_at<'a>(
    resource: &Resource,
    mode: ShareMode,
    facts: Facts<'a>,
) -> Option<&'a Arc<Endpoint>> {
    Endpoint::chosen(facts.endpoints, mode, resource, facts.over_http, facts.now)
}

fn answering(resource: &Resource, facts: Facts<'_>) -> Option<Part> {
    let endpoint = asked_at(resource, asked_by(resource, facts)?, facts);
    let lacks = match endpoint.map(|endpoint| (endpoint, &endpoint.health)) {
        None => vec!["register an endpoint that serves it".to_owned()],
        // Planned maintenance was announced; it is no fault of the entry.
        Some((endpoint, _)) if endpoint.in_maintenance(facts.now).is_some() => Vec::new(),
        Some((_, Health::Serving { .. })) => Vec::new(),
        Some((_, Health::Failing { error, .. })) => {
            vec![format!("put the endpoint in order: {error}")]
        }
        Some((_, Health::Unknown)) => vec!["let the endpoint be probed".to_owned()],
    };
    Some(whole(PartKind::Answering, facts.terms.answering, lacks))
}

fn matching(resource: &Resource, facts: Facts<'_>) -> Option<Part> {
    let endpoint = asked_at(resource, asked_by(resource, facts)?, facts);
    let mut lacks = Vec::new();
    if let Some(drift) = facts.watch.and_then(|watch| watch.drift.as_ref()) {
        let told = drift.changes.iter().map(|change| {
            format!(
                "serve what is registered, or publish a version that says what is served: {change}"
            )
        });
        lacks.extend(told);
    }
    let run = endpoint
        .as_ref()
        .and_then(|endpoint| endpoint.conformance.as_ref());
    if lacks.is_empty() && !run.is_some_and(|run| run.vouches_for(resource)) {
        lacks.push("let the endpoint pass the conformance kit with it".to_owned());
    }
    Some(whole(PartKind::Matching, facts.terms.matching, lacks))
}

/// Data that is to follow its source at once.
const AT_ONCE: u8 = 1;

fn updated(resource: &Resource, facts: Facts<'_>) -> Option<Part> {
    let days = *facts.terms.days.get(&resource.update_cycle)?;
    if matches!(resource.share_type, ShareType::NotShared { .. }) {
        return None;
    }
    // Nobody here sees when what is handed over outside of the gateway is brought up to date.
    if resource.shared_outside().is_some() {
        return None;
    }
    let modes = resource.share_modes.iter();
    let mut carried = modes.filter(|mode| mode.is_carried());
    if resource.update_cycle == AT_ONCE && !carried.all(|mode| *mode == ShareMode::File) {
        return None;
    }
    // Before the first sign, what came into the catalogue counts as up to date then. A later version is none: it
    // changes what is said of the data, and not the data.
    let seen = facts.watch.and_then(|watch| watch.updated.as_ref());
    let latest = seen
        .map(|update| update.at)
        .or_else(|| resource.first_published())?;
    let due = day(latest).checked_add(jiff::Span::new().days(i64::from(days)));
    let late = due.is_ok_and(|due| day(facts.now) > due);
    let lacks = if late {
        vec![format!(
            "bring it up to date and report it: the latest sign of an update is of {}, and its cycle allows {days} days",
            day(latest)
        )]
    } else {
        Vec::new()
    };
    Some(whole(PartKind::Updated, facts.terms.updated, lacks))
}

fn whole(kind: PartKind, weight: u32, lacks: Vec<String>) -> Part {
    Part {
        kind,
        weight,
        points: if lacks.is_empty() { 100 } else { 0 },
        lacks,
    }
}
