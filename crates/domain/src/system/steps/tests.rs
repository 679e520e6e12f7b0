use super::*;
use crate::system::{AssetKind, MOST_ASSETS, SystemState};
use crate::test_world::{ALL_PROVED as ALL, APPROVAL, NOON, at, system, system_name};

fn by(who: &str) -> Statement {
    Statement {
        document: "邵放组办字〔2022〕7号".to_owned(),
        by: who.to_owned(),
        at: at(NOON),
    }
}

fn after(steps: &[Step]) -> System {
    steps.iter().fold(system("one", APPROVAL), |system, step| {
        system.record(step.clone(), by("wang"), &ALL).unwrap()
    })
}

#[test]
fn who_stated_a_step_that_was_stated_anew_does_not_accept() {
    let keep = || Step::Disposal(Disposal::Keep);
    let moved = Step::Cloud(Cloud::Moved { batch: 2 });
    let system = system("one", APPROVAL);
    let system = system.record(keep(), by("wang"), &ALL).unwrap();
    let system = system.record(keep(), by("li"), &ALL).unwrap();
    let system = system.record(moved, by("li"), &ALL).unwrap();
    let refused = system.clone().record(Step::Acceptance, by("wang"), &ALL);
    assert_eq!(refused, Err(StepError::SamePerson));
    assert!(system.record(Step::Acceptance, by("chen"), &ALL).is_ok());
}

#[test]
fn the_inventory_follows_a_move_to_the_cloud() {
    let mut before = system("one", APPROVAL);
    before.hosting = crate::system::Hosting::MachineRoom;
    before.inventory.machine_room = "市政务大楼 3 楼".to_owned();
    let record = |step| before.clone().record(step, by("wang"), &ALL).unwrap();
    assert_eq!(
        record(Step::Cloud(Cloud::Exempt)).inventory,
        before.inventory
    );
    let moved = record(Step::Cloud(Cloud::Moved { batch: 2 }));
    assert_eq!(moved.hosting, crate::system::Hosting::CityCloud);
    assert!(moved.inventory.faults(moved.hosting).is_empty());
}

#[test]
fn each_stage_needs_all_before_it() {
    let keep = Step::Disposal(Disposal::Keep);
    let moved = Step::Cloud(Cloud::Moved { batch: 2 });
    let kept = after(std::slice::from_ref(&keep));
    let on_cloud = after(&[keep.clone(), moved.clone()]);
    let accepted = on_cloud.clone().record(Step::Acceptance, by("li"), &ALL);
    let without = |field: fn(&mut Proofs)| {
        let mut proofs = ALL;
        field(&mut proofs);
        proofs
    };
    let cases = [
        (after(&[]), ALL, Stage::Inventoried),
        (after(&[moved]), ALL, Stage::Inventoried),
        (kept.clone(), Proofs::default(), Stage::Disposed),
        (kept, ALL, Stage::Catalogued),
        (
            on_cloud.clone(),
            without(|p| p.published = None),
            Stage::Disposed,
        ),
        (
            on_cloud.clone(),
            without(|p| p.answering = None),
            Stage::OnCloud,
        ),
        (
            on_cloud.clone(),
            without(|p| p.provided = None),
            Stage::Connected,
        ),
        (on_cloud, ALL, Stage::Sharing),
        (accepted.unwrap(), ALL, Stage::Accepted),
        (
            after(&[keep, Step::Cloud(Cloud::Exempt)]),
            ALL,
            Stage::Sharing,
        ),
    ];
    for (number, (system, proofs, stage)) in cases.into_iter().enumerate() {
        assert_eq!(system.steps.stage(&proofs), stage, "case {number}");
    }
}

#[test]
fn what_is_merged_retired_or_exempt_goes_no_further_and_does_not_count() {
    let into = system_name("two");
    for disposal in [Disposal::Merge { into }, Disposal::Retire, Disposal::Exempt] {
        let system = after(&[Step::Disposal(disposal), Step::Cloud(Cloud::Exempt)]);
        assert_eq!(system.steps.stage(&ALL), Stage::Disposed);
        assert!(!system.steps.counts());
    }
    assert!(after(&[]).steps.counts() && after(&[Step::Disposal(Disposal::Keep)]).steps.counts());
}

#[test]
fn a_step_that_cannot_be_is_refused_with_its_reason() {
    let ready = after(&[Step::Disposal(Disposal::Keep), Step::Cloud(Cloud::Exempt)]);
    let itself = Disposal::Merge {
        into: system_name("one"),
    };
    let asset = || {
        Step::Asset(Asset {
            kind: AssetKind::Server,
            description: "机架服务器".to_owned(),
            count: 2,
            retired_on: None,
        })
    };
    let full = after(&vec![asset(); MOST_ASSETS]);
    let retired = System {
        state: SystemState::Retired,
        ..ready.clone()
    };
    let accepted = ready
        .clone()
        .record(Step::Acceptance, by("li"), &ALL)
        .unwrap();
    let cases = [
        (after(&[]), Step::Disposal(itself), StepError::IntoItself),
        (full, asset(), StepError::TooManyAssets),
        (
            after(&[]),
            Step::Acceptance,
            StepError::NotSharing(Stage::Inventoried),
        ),
        (ready, Step::Acceptance, StepError::SamePerson),
        (
            retired.clone(),
            Step::Cloud(Cloud::Exempt),
            StepError::Retired,
        ),
        (
            accepted.clone(),
            Step::Disposal(Disposal::Exempt),
            StepError::Accepted,
        ),
        (accepted.clone(), asset(), StepError::Accepted),
        (
            accepted.clone(),
            Step::AssetWithdrawal(1),
            StepError::Accepted,
        ),
    ];
    for (system, step, expected) in cases {
        assert_eq!(system.record(step, by("wang"), &ALL), Err(expected));
    }
    assert!(retired.record(asset(), by("wang"), &ALL).is_ok());
    // Superseded later, it is closed down like every other, with its machines.
    let closed = accepted.record(Step::Disposal(Disposal::Retire), by("wang"), &ALL);
    let closed = closed.unwrap().record(asset(), by("wang"), &ALL).unwrap();
    assert!(closed.steps.accepted.is_some() && !closed.steps.counts());
    let corrected = closed.record(Step::AssetWithdrawal(1), by("wang"), &ALL);
    assert!(corrected.unwrap().steps.assets[0].withdrawn.is_some());
}

#[test]
fn steps_are_read_back_as_they_were_written() {
    let system = after(&[
        Step::Disposal(Disposal::Merge {
            into: system_name("two"),
        }),
        Step::Cloud(Cloud::Moved { batch: 3 }),
    ]);
    let text = serde_json::to_string(&system).unwrap();
    assert_eq!(serde_json::from_str::<System>(&text).unwrap(), system);
}

#[test]
fn nothing_to_share_is_stated_agreed_to_by_another_and_taken_back() {
    let none = || system("one", APPROVAL);
    let stated = || {
        none()
            .record(Step::NothingToShare, by("wang"), &ALL)
            .unwrap()
    };
    let approve = |system: System, who| system.record(Step::NothingToShareApproval, by(who), &ALL);
    let withdraw = |system: System| system.record(Step::NothingToShareWithdrawal, by("li"), &ALL);
    assert_eq!(approve(none(), "li"), Err(StepError::NothingStated));
    assert_eq!(withdraw(none()), Err(StepError::NothingStated));
    assert_eq!(approve(stated(), "wang"), Err(StepError::SamePerson));
    let agreed = approve(stated(), "li").unwrap();
    assert_eq!(
        approve(agreed.clone(), "chen"),
        Err(StepError::AlreadyApproved)
    );
    // Stated anew it waits again.
    let anew = agreed
        .clone()
        .record(Step::NothingToShare, by("wang"), &ALL);
    assert!(anew.unwrap().steps.nothing_to_share.unwrap().waits());
    assert_eq!(
        withdraw(agreed.clone()).unwrap().steps.nothing_to_share,
        None
    );
    // Whoever agreed does not accept the system, and whoever entered it into the inventory neither.
    for who in ["li", "wang", "zhao"] {
        let kept = agreed.clone().inventoried(by("zhao"));
        let kept = kept
            .record(Step::Disposal(Disposal::Keep), by("wang"), &ALL)
            .unwrap();
        let kept = kept
            .record(Step::Cloud(Cloud::Exempt), by("wang"), &ALL)
            .unwrap();
        let refused = kept.record(Step::Acceptance, by(who), &ALL);
        assert_eq!(refused, Err(StepError::SamePerson), "{who}");
    }
    let retired = System {
        state: SystemState::Retired,
        ..stated()
    };
    assert_eq!(approve(retired, "li"), Err(StepError::Retired));
}

#[test]
fn an_accepted_system_may_come_to_have_nothing_to_share() {
    let ready = after(&[Step::Disposal(Disposal::Keep), Step::Cloud(Cloud::Exempt)]);
    let accepted = ready.record(Step::Acceptance, by("li"), &ALL).unwrap();
    let left = Proofs {
        published: None,
        conformed: None,
        provided: None,
        ..ALL
    };
    assert_eq!(accepted.steps.stage(&left), Stage::Disposed);
    let stated = accepted
        .record(Step::NothingToShare, by("wang"), &left)
        .unwrap();
    let agreed = stated
        .record(Step::NothingToShareApproval, by("chen"), &left)
        .unwrap();
    let proofs = Proofs {
        nothing_to_share: Some(9),
        ..left
    };
    assert_eq!(agreed.steps.stage(&proofs), Stage::Accepted);
}
