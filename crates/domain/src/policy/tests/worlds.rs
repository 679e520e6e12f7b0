//! What must hold in every world.

use proptest::prelude::*;
use proptest::sample::subsequence;

use super::super::*;
use super::cases::*;
use crate::snapshot::Contents;
use crate::test_world::*;

const ITEMS: [&str; 4] = [GRANTED[0], GRANTED[1], GRANTED[2], WITHHELD];
const MODES: [ShareMode; 3] = [ShareMode::Api, ShareMode::Table, ShareMode::File];
const MATTERS: [&str; 2] = [HOUSE_TRANSFER, FOOD_LICENCE];

pub(super) fn any_items() -> impl Strategy<Value = Vec<ItemKey>> {
    subsequence(ITEMS.to_vec(), 0..=ITEMS.len())
        .prop_shuffle()
        .prop_map(|texts| keys(&texts))
}

pub(super) fn any_mode() -> impl Strategy<Value = ShareMode> {
    proptest::sample::select(MODES.to_vec())
}

pub(super) fn any_matter() -> impl Strategy<Value = Option<MatterName>> {
    proptest::option::of(proptest::sample::select(MATTERS.to_vec()).prop_map(matter))
}

fn any_ask() -> impl Strategy<Value = Ask> {
    (
        any_items(),
        any_items(),
        any_matter(),
        any_mode(),
        any::<bool>(),
    )
        .prop_map(|(items, compared, matter, mode, operator_named)| Ask {
            mode,
            matter,
            operator_named,
            items,
            compared,
            ..ask("105001-000001")
        })
}

/// Terms that may lack anything, with a window that may lie beside the day.
pub(super) fn any_grant() -> impl Strategy<Value = Grant> {
    let modes = subsequence(MODES.to_vec(), 0..=MODES.len());
    let matters = subsequence(MATTERS.to_vec(), 0..=MATTERS.len());
    (
        any_items(),
        modes,
        matters,
        -40..40_i64,
        0..60_i64,
        any::<bool>(),
    )
        .prop_map(
            |(items, share_modes, matters, from, days, operator_required)| {
                let mut grant = grant(1, "105001-000001");
                let terms = &mut grant.terms;
                terms.items = items;
                terms.share_modes = share_modes;
                terms.matters = matters.into_iter().map(matter).collect();
                terms.start = shaoyang_date(World::good().now) + jiff::Span::new().days(from);
                terms.end = terms.start + jiff::Span::new().days(days);
                terms.operator_required = operator_required;
                grant
            },
        )
}

fn any_world() -> impl Strategy<Value = World> {
    (any_ask(), any_grant()).prop_map(|(ask, grant)| {
        let mut world = World {
            ask,
            ..World::good()
        };
        *world.grant() = grant;
        world
    })
}

/// Half of the worlds in which all but the widened part is in order, so that permits are common.
fn nearly_good_world() -> impl Strategy<Value = World> {
    (any_world(), any::<[bool; 4]>()).prop_map(|(mut world, good)| {
        let terms = &mut world.contents.grants[0].terms;
        let best = grant(1, "105001-000001").terms;
        if good[0] {
            (terms.start, terms.end) = (best.start, best.end);
        }
        if good[1] {
            terms.items = keys(&ITEMS);
        }
        if good[2] {
            terms.share_modes = MODES.to_vec();
        }
        if good[3] {
            terms.matters = MATTERS.iter().map(|code| matter(code)).collect();
        }
        world
    })
}

/// Everything that can be compared about a decision.
fn verdict(decision: &Decision) -> (Vec<Obstacle>, Option<String>, Vec<ItemKey>) {
    match decision {
        Decision::Permit(permit) => (
            Vec::new(),
            Some(permit.grant().name.to_string()),
            permit.items().to_vec(),
        ),
        Decision::Refusal(refusal) => {
            let grant = refusal.grant().map(|grant| grant.name.to_string());
            (refusal.obstacles().to_vec(), grant, Vec::new())
        }
    }
}

proptest! {
    #[test]
    fn nothing_is_permitted_where_nothing_is_registered(ask in any_ask()) {
        let world = World { contents: Contents::default(), ask, ..World::good() };
        prop_assert_eq!(outcome(&world.decide()), Refused(Rule::CallerActive));
    }

    #[test]
    fn nothing_is_permitted_without_a_grant(ask in any_ask()) {
        let mut world = World { ask, ..World::good() };
        world.contents.grants.clear();
        prop_assert_eq!(outcome(&world.decide()), Refused(Rule::GrantExists));
    }

    #[test]
    fn widening_a_grant_never_turns_a_permit_into_a_refusal(
        world in nearly_good_world(),
        items in any_items(),
        modes in subsequence(MODES.to_vec(), 0..=MODES.len()),
        matters in subsequence(MATTERS.to_vec(), 0..=MATTERS.len()),
        (earlier, later) in (0..100_i64, 0..100_i64),
        free_of_operator in any::<bool>(),
    ) {
        let narrow = world.decide();
        let mut world = world;
        let terms = &mut world.grant().terms;
        terms.items.extend(items);
        terms.share_modes.extend(modes);
        terms.matters.extend(matters.into_iter().map(matter));
        terms.start -= jiff::Span::new().days(earlier);
        terms.end += jiff::Span::new().days(later);
        terms.operator_required &= !free_of_operator;
        let wide = world.decide();
        match (narrow, &wide) {
            (Decision::Permit(narrow), Decision::Permit(wide)) => {
                prop_assert!(narrow.items().iter().all(|key| wide.items().contains(key)));
            }
            (Decision::Permit(_), Decision::Refusal(refusal)) => {
                prop_assert!(false, "refused by {}", refusal.rule());
            }
            // Each obstacle that is left stood there before.
            (Decision::Refusal(before), Decision::Refusal(after)) => {
                for obstacle in after.obstacles() {
                    prop_assert!(before.obstacles().iter().any(|o| o.rule == obstacle.rule));
                }
            }
            (Decision::Refusal(_), Decision::Permit(_)) => {}
        }
    }

    #[test]
    fn a_further_grant_never_takes_a_permit_away(world in nearly_good_world(), mut other in any_grant()) {
        let alone = world.decide();
        let mut world = world;
        other.name = grant(2, "105001-000001").name;
        world.contents.grants.push(other);
        if matches!(alone, Decision::Permit(_)) {
            prop_assert_eq!(verdict(&world.decide()), verdict(&alone));
        }
    }

    #[test]
    fn a_permit_holds_only_items_that_are_granted_and_asked_for(world in nearly_good_world()) {
        if let Decision::Permit(permit) = world.decide() {
            let granted = &permit.grant().terms.items;
            prop_assert!(permit.items().iter().all(|key| granted.contains(key)));
            prop_assert!(world.ask.compared.iter().all(|key| granted.contains(key)));
            if !world.ask.items.is_empty() {
                prop_assert_eq!(permit.items(), &world.ask.items[..]);
            }
        }
    }

    // The real call and the dry run both call `decide`; that it is a function of its arguments alone
    // makes their answers the same.
    #[test]
    fn the_same_question_gets_the_same_answer(world in nearly_good_world()) {
        prop_assert_eq!(verdict(&world.decide()), verdict(&world.clone().decide()));
    }

    #[test]
    fn obstacles_come_in_the_order_of_the_rules(world in any_world()) {
        if let Decision::Refusal(refusal) = world.decide() {
            let rules: Vec<Rule> = refusal.obstacles().iter().map(|o| o.rule).collect();
            prop_assert!(rules.is_sorted(), "{rules:?}");
            prop_assert_eq!(refusal.rule(), rules[0]);
        }
    }
}
