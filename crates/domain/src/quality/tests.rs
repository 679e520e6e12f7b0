//! Tests of the score.

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
