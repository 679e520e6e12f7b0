//! The quality of an entry: a score of parts that a machine can check, each with what is wrong.
//!
//! It is computed from what the gateway holds and has seen, whenever it is asked for and on a schedule; nobody can set
//! it. A change of its grade is recorded.

mod rule;

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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::conformance::Conformance;
    use crate::drift::Change;
    use crate::endpoint::Protocol;
    use crate::file_drop::FileDrop;
    use crate::resource::ResourceState;
    use crate::test_world::{CIVIL_AFFAIRS, NOON, at, department_name, endpoint, marriages};
    use crate::watch::{SeenIn, Sign, Update};

    fn terms() -> QualityTerms {
        QualityTerms {
            metadata: 25,
            answering: 25,
            matching: 30,
            updated: 20,
            days: BTreeMap::from([(1, 1), (4, 40)]),
            good: 80,
            fair: 60,
        }
    }

    /// The quality of a published entry, its endpoint and what was seen, all of it good but for one change.
    fn of(change: impl FnOnce(&mut Resource, &mut Endpoint, &mut Watch)) -> Quality {
        let mut resource = marriages("105001-000001");
        resource.update_cycle = 4;
        if let ResourceState::Published { at: published, .. } = &mut resource.state {
            *published = at(NOON);
        }
        resource.metadata.inner_department = "婚姻登记科".to_owned();
        resource.metadata.format_type = "mysql".to_owned();
        resource.metadata.data_class = "民政".to_owned();
        resource.metadata.data_grade = crate::resource::DataGrade::of(2).ok();
        resource.metadata.share_purpose = "婚姻状况核验".to_owned();
        resource.metadata.secrecy_review = "保审〔2026〕1号".to_owned();
        resource.metadata.impact_assessment = "评估〔2026〕1号".to_owned();
        resource.metadata.head_approval = "审签〔2026〕1号".to_owned();
        resource.metadata.volume = Some(crate::resource::Volume::default());
        for item in &mut resource.items {
            item.length = Some(20);
        }
        let mut endpoint = endpoint("marriage-registry.main");
        endpoint.health = Health::Serving { at: at(NOON) };
        endpoint.conformance = Some(Conformance {
            at: at(NOON),
            passed: true,
            resources: BTreeMap::from([(resource.name.clone(), resource.served_digest())]),
            failed: Vec::new(),
            saw: Vec::new(),
        });
        let mut watch = Watch::of(resource.name.clone(), department_name(CIVIL_AFFAIRS));
        change(&mut resource, &mut endpoint, &mut watch);
        let endpoints = [Arc::new(endpoint)];
        let facts = Facts {
            endpoints: &endpoints,
            over_http: false,
            watch: Some(&watch),
            now: at(NOON),
            terms: &terms(),
        };
        quality(&resource, facts)
    }

    fn lacks(quality: &Quality, kind: PartKind) -> usize {
        let part = quality.parts.iter().find(|part| part.kind == kind);
        part.map_or(0, |part| part.lacks.len())
    }

    #[test]
    fn each_part_lowers_the_score_by_its_weight() {
        assert_eq!(of(|_, _, _| ()).score, 100, "{:?}", of(|_, _, _| ()));
        let failing = of(|_, endpoint, _| {
            let error = "no connection".to_owned();
            endpoint.health = Health::Failing {
                at: at(NOON),
                error,
            };
        });
        assert_eq!(
            (failing.score, lacks(&failing, PartKind::Answering)),
            (75, 1)
        );
        let (first, sentence) = failing.first_lack().unwrap();
        assert_eq!(first, PartKind::Answering);
        assert!(sentence.contains("no connection"), "{sentence}");
        let drifted = of(|_, _, watch| {
            let missing = Change::Missing {
                path: "a".to_owned(),
            };
            *watch = watch
                .drifted(&[missing], SeenIn::Traffic, at(NOON))
                .unwrap();
        });
        assert_eq!(
            (drifted.score, lacks(&drifted, PartKind::Matching)),
            (70, 1)
        );
        let untried = of(|_, endpoint, _| endpoint.conformance = None);
        assert_eq!(
            (untried.score, lacks(&untried, PartKind::Matching)),
            (70, 1)
        );
        let bare = of(|resource, _, _| resource.metadata = crate::resource::Metadata::default());
        assert_eq!((lacks(&bare, PartKind::Metadata), bare.score), (8, 80));
    }

    #[test]
    fn an_entry_is_late_the_day_after_its_cycle_and_a_report_makes_it_good() {
        let published = |resource: &mut Resource, days: i64| {
            let ago = jiff::SignedDuration::from_hours(24 * days);
            if let ResourceState::Published { at: published, .. } = &mut resource.state {
                *published = at(NOON) - ago;
            }
        };
        let late = |days| of(|resource, _, _| published(resource, days)).score < 100;
        assert!(!late(40));
        assert!(late(41));
        let reported = of(|resource, _, watch| {
            published(resource, 400);
            let sign = Update {
                at: at(NOON),
                sign: Sign::Report,
            };
            *watch = watch.updated(sign).unwrap();
        });
        assert_eq!(reported.score, 100);
        // Another version says other things of the same data.
        let again = of(|resource, _, _| {
            published(resource, 400);
            let first = resource.first_published();
            published(resource, 1);
            resource.progress.first_published = first;
        });
        assert_eq!(again.score, 80);
        // A cycle without a limit is not judged.
        let irregular = of(|resource, _, _| resource.update_cycle = 9);
        assert!(
            irregular
                .parts
                .iter()
                .all(|part| part.kind != PartKind::Updated)
        );
    }

    #[test]
    fn what_is_to_follow_its_source_at_once_is_judged_where_it_is_brought() {
        let late = |modes: &[ShareMode]| {
            of(|resource, _, watch| {
                resource.update_cycle = 1;
                resource.share_modes = modes.to_vec();
                let before = Update {
                    at: at(NOON) - jiff::SignedDuration::from_hours(72),
                    sign: Sign::File,
                };
                *watch = watch.updated(before).unwrap();
            })
        };
        let judged = |modes: &[ShareMode]| lacks(&late(modes), PartKind::Updated);
        assert_eq!(judged(&[ShareMode::File]), 1);
        assert_eq!(judged(&[ShareMode::File, ShareMode::Table]), 0);
        // What is handed over outside of the gateway beside the files excuses none of them.
        assert_eq!(judged(&[ShareMode::File, ShareMode::Mail]), 1);
    }

    #[test]
    fn a_grade_begins_at_its_score() {
        let grades = [0, 59, 60, 79, 80, 100].map(|score| terms().grade(score));
        let named = grades.map(Grade::as_str);
        assert_eq!(named, ["poor", "poor", "fair", "fair", "good", "good"]);
        for grade in Grade::ALL {
            assert_eq!(Grade::parse(grade.as_str()), Some(grade));
        }
    }

    #[test]
    fn a_file_drop_answers_for_files_and_for_nothing_that_is_mailed() {
        let dropped = |modes: &[ShareMode]| {
            of(|resource, endpoint, _| {
                resource.share_modes = modes.to_vec();
                endpoint.protocol = Protocol::FileDrop(FileDrop::every(60).unwrap());
            })
        };
        // It serves files of another entry of the system.
        let mailed = dropped(&[ShareMode::Mail]);
        assert_eq!((mailed.score, mailed.parts.len()), (100, 1), "{mailed:?}");
        for modes in [
            [ShareMode::Mail, ShareMode::File],
            [ShareMode::File, ShareMode::Mail],
        ] {
            let both = dropped(&modes);
            let silent = lacks(&both, PartKind::Answering);
            assert_eq!((silent, both.parts.len()), (0, 4), "{both:?}");
        }
    }

    #[test]
    fn what_the_gateway_keeps_needs_no_endpoint() {
        let files = of(|resource, endpoint, _| {
            resource.share_modes = vec![ShareMode::File];
            endpoint.health = Health::Unknown;
        });
        assert_eq!(files.score, 100);
        assert_eq!(files.parts.len(), 2);
        let outside = of(|resource, endpoint, _| {
            resource.share_modes = vec![ShareMode::Mail];
            endpoint.health = Health::Unknown;
        });
        assert_eq!((outside.score, outside.parts.len()), (100, 1));
        let not_shared = of(|resource, endpoint, _| {
            let legal_basis = "中华人民共和国档案法".to_owned();
            resource.share_type = ShareType::NotShared { legal_basis };
            resource.share_modes = Vec::new();
            resource.update_cycle = 1;
            endpoint.health = Health::Unknown;
        });
        assert_eq!((not_shared.score, not_shared.parts.len()), (100, 1));
    }
}
