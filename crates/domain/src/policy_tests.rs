//! Tests of the decision: named cases, then what must hold in every world.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::subsequence;

use super::*;
use crate::endpoint::Health;
use crate::resource::ResourceState;
use crate::snapshot::Contents;
use crate::test_world::{
    FOOD_LICENCE, GRANTED, HOUSE_TRANSFER, WITHHELD, World, ask, at, endpoint, grant, keys,
    marriages, matter, suspended, system_name,
};

/// What is expected of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Permit,
    Refusal(Rule),
}
use Expected::Permit as Permitted;
use Expected::Refusal as Refused;

/// One change of the good world and what the decision is then.
struct Case(&'static str, fn(&mut World), Expected);

const GRANT_CASES: &[Case] = &[
    Case("everything in order", |_| {}, Permitted),
    Case(
        "no grant",
        |w| w.contents.grants.clear(),
        Refused(Rule::GrantExists),
    ),
    Case(
        "a grant of another consumer",
        |w| w.grant().terms.consumer = system_name("marriage-registry"),
        Refused(Rule::GrantExists),
    ),
    Case(
        "a grant of another resource",
        |w| w.grant().terms.resource = marriages("105002-000001").name,
        Refused(Rule::GrantExists),
    ),
    Case(
        "nothing asked for",
        |w| w.ask.resources.clear(),
        Refused(Rule::GrantExists),
    ),
    Case(
        "an unknown resource",
        |w| w.contents.resources.clear(),
        Refused(Rule::GrantExists),
    ),
    Case(
        "a resource that is still a draft",
        |w| w.contents.resources[0].state = ResourceState::Draft,
        Refused(Rule::GrantExists),
    ),
    Case(
        "a resource that is signed off but not published",
        |w| {
            let (by, at) = ("clerk".to_owned(), w.now);
            w.contents.resources[0].state = ResourceState::Registered { by, at };
        },
        Refused(Rule::GrantExists),
    ),
    Case(
        "a suspended grant",
        |w| suspend(w.grant()),
        Refused(Rule::GrantNotSuspended),
    ),
    Case(
        "a revoked grant",
        |w| revoke(w.grant()),
        Refused(Rule::GrantNotRevoked),
    ),
    Case(
        "a mode that was not granted",
        |w| w.ask.mode = ShareMode::Table,
        Refused(Rule::ModeCovered),
    ),
    Case(
        "a grant without modes",
        |w| w.grant().terms.share_modes.clear(),
        Refused(Rule::ModeCovered),
    ),
    Case(
        "a foreign matter",
        |w| w.ask.matter = Some(matter(FOOD_LICENCE)),
        Refused(Rule::MatterCovered),
    ),
    Case(
        "no matter",
        |w| w.ask.matter = None,
        Refused(Rule::MatterCovered),
    ),
    Case(
        "a grant without matters",
        |w| w.grant().terms.matters.clear(),
        Refused(Rule::MatterCovered),
    ),
    Case(
        "no operator where the grant demands one",
        |w| w.ask.operator_named = false,
        Refused(Rule::OperatorNamed),
    ),
    Case(
        "no operator where the grant demands none",
        |w| {
            w.ask.operator_named = false;
            w.grant().terms.operator_required = false;
        },
        Permitted,
    ),
];

const ITEM_CASES: &[Case] = &[
    Case(
        "all granted items",
        |w| w.ask.items = keys(&GRANTED),
        Permitted,
    ),
    Case(
        "no item named means all granted",
        |w| w.ask.items.clear(),
        Permitted,
    ),
    Case(
        "an item beyond the grant",
        |w| w.ask.items = keys(&[GRANTED[0], WITHHELD]),
        Refused(Rule::ItemsCovered),
    ),
    Case(
        "an item that the resource does not have",
        |w| w.ask.items = keys(&["invented"]),
        Refused(Rule::ItemsCovered),
    ),
    Case(
        "a filter on a granted item",
        |w| w.ask.compared = keys(&GRANTED[1..2]),
        Permitted,
    ),
    Case(
        "a filter on an item beyond the grant",
        |w| w.ask.compared = keys(&[WITHHELD]),
        Refused(Rule::ItemsCovered),
    ),
    Case(
        "a filter beyond the grant, when no item is named",
        |w| {
            w.ask.items.clear();
            w.ask.compared = keys(&[WITHHELD]);
        },
        Refused(Rule::ItemsCovered),
    ),
];

const SYSTEM_CASES: &[Case] = &[
    Case(
        "a consumer that is not registered",
        |w| w.ask.consumer = system_name("stranger"),
        Refused(Rule::CallerActive),
    ),
    Case(
        "a suspended consumer",
        |w| w.consumer().state = suspended(),
        Refused(Rule::CallerActive),
    ),
    Case(
        "a retired consumer",
        |w| w.consumer().state = crate::system::SystemState::Retired,
        Refused(Rule::CallerActive),
    ),
    Case(
        "a suspended provider",
        |w| w.provider().state = suspended(),
        Refused(Rule::ProviderActive),
    ),
    Case(
        "a provider that is not registered",
        |w| drop(w.contents.systems.remove(1)),
        Refused(Rule::ProviderActive),
    ),
    Case(
        "a provider without endpoint",
        |w| w.contents.endpoints.clear(),
        Refused(Rule::ProviderHasEndpoint),
    ),
    Case(
        "a provider whose only endpoint failed its last probe may have recovered",
        |w| w.contents.endpoints[0].health = failing(),
        Permitted,
    ),
];

/// The window is 1 March to 30 June 2022 in Shaoyang, eight hours ahead of UTC.
const WINDOW_CASES: &[(&str, &str, Expected)] = &[
    (
        "the last moment of the day before",
        "2022-02-28T15:59:59.999999Z",
        Refused(Rule::GrantInWindow),
    ),
    (
        "the first moment of the first day",
        "2022-02-28T16:00:00Z",
        Permitted,
    ),
    (
        "the last moment of the last day",
        "2022-06-30T15:59:59.999999Z",
        Permitted,
    ),
    (
        "the first moment of the day after",
        "2022-06-30T16:00:00Z",
        Refused(Rule::GrantInWindow),
    ),
    (
        "30 June in London is 1 July in Shaoyang",
        "2022-06-30T16:30:00Z",
        Refused(Rule::GrantInWindow),
    ),
];

fn all_cases() -> impl Iterator<Item = &'static Case> {
    GRANT_CASES.iter().chain(ITEM_CASES).chain(SYSTEM_CASES)
}

fn world_of(Case(_, change, _): &Case) -> World {
    let mut world = World::good();
    change(&mut world);
    world
}

fn outcome(decision: &Decision) -> Expected {
    match decision {
        Decision::Permit(_) => Permitted,
        Decision::Refusal(refusal) => Refused(refusal.rule()),
    }
}

fn refusal(decision: Decision) -> Refusal {
    match decision {
        Decision::Refusal(refusal) => refusal,
        Decision::Permit(permit) => panic!("permitted under {}", permit.grant().name),
    }
}

fn permit(decision: Decision) -> super::Permit {
    match decision {
        Decision::Permit(permit) => *permit,
        Decision::Refusal(refusal) => {
            panic!("refused by {}: {}", refusal.rule(), refusal.message())
        }
    }
}

fn suspend(grant: &mut Grant) {
    grant.state = GrantState::Suspended {
        reason: "audit".to_owned(),
        by: "officer".to_owned(),
    };
}

fn revoke(grant: &mut Grant) {
    grant.state = GrantState::Revoked {
        reason: "misuse".to_owned(),
        by: "officer".to_owned(),
    };
}

fn failing() -> Health {
    Health::Failing {
        at: at("2022-06-01T00:00:00Z"),
        error: "no answer".to_owned(),
    }
}

#[test]
fn each_named_case_is_decided_as_expected() {
    for case in all_cases() {
        let Case(name, _, expected) = case;
        assert_eq!(outcome(&world_of(case).decide()), *expected, "{name}");
    }
}

#[test]
fn the_window_has_its_edges_at_midnight_in_shaoyang() {
    for (name, moment, expected) in WINDOW_CASES {
        let world = World {
            now: at(moment),
            ..World::good()
        };
        assert_eq!(outcome(&world.decide()), *expected, "{name}");
    }
}

#[test]
fn every_rule_beyond_authentication_refuses_in_some_case() {
    let cases = all_cases().map(|Case(_, _, expected)| *expected);
    let windows = WINDOW_CASES.iter().map(|(_, _, expected)| *expected);
    let produced: BTreeSet<Rule> = cases
        .chain(windows)
        .filter_map(|expected| match expected {
            Refused(rule) => Some(rule),
            Permitted => None,
        })
        .collect();
    // The rules of authentication and roles are produced by the tests of `Caller`.
    let of_callers = [
        Rule::CertificateKnown,
        Rule::CertificateNotRevoked,
        Rule::CertificateInWindow,
        Rule::Role,
    ];
    let missing: Vec<&Rule> = Rule::ALL
        .iter()
        .filter(|rule| !produced.contains(rule) && !of_callers.contains(rule))
        .collect();
    assert!(missing.is_empty(), "no case is refused by {missing:?}");
}

#[test]
fn every_rule_says_whose_fault_it_is_and_what_to_do_next() {
    let ids: BTreeSet<&str> = Rule::ALL.iter().map(|rule| rule.id()).collect();
    assert_eq!(ids.len(), Rule::ALL.len(), "two rules share an id");
    assert!(!ids.contains(PERMIT_RULE));
    for rule in Rule::ALL {
        let reason = rule.reason();
        assert!(reason.next().ends_with('.'), "{rule} has no next step");
        let provider = rule.id().starts_with("provider.");
        assert_eq!(
            reason.fault() == crate::reason::Fault::Provider,
            provider,
            "{rule}"
        );
    }
}

#[test]
fn every_refusal_says_something_and_names_the_nearest_grant() {
    for case in all_cases() {
        let Case(name, _, expected) = case;
        let Refused(rule) = *expected else { continue };
        let refusal = refusal(world_of(case).decide());
        assert!(!refusal.message().is_empty(), "{name}");
        let beyond_grant = rule > Rule::GrantExists;
        assert_eq!(refusal.grant().is_some(), beyond_grant, "{name}");
    }
}

#[test]
fn all_obstacles_are_listed_with_the_deciding_one_first() {
    let mut world = World::good();
    world.now = at("2023-01-01T00:00:00Z");
    suspend(world.grant());
    world.provider().state = suspended();
    world.contents.endpoints.clear();
    world.ask.mode = ShareMode::Table;
    world.ask.matter = None;
    world.ask.operator_named = false;
    world.ask.items = keys(&[WITHHELD]);
    let refusal = refusal(world.decide());
    let rules: Vec<Rule> = refusal
        .obstacles()
        .iter()
        .map(|obstacle| obstacle.rule)
        .collect();
    assert_eq!(
        rules,
        [
            Rule::GrantNotSuspended,
            Rule::GrantInWindow,
            Rule::ModeCovered,
            Rule::MatterCovered,
            Rule::OperatorNamed,
            Rule::ItemsCovered,
            Rule::ProviderActive,
            Rule::ProviderHasEndpoint,
        ]
    );
    assert_eq!(refusal.rule(), Rule::GrantNotSuspended);
    assert_eq!(refusal.message(), refusal.obstacles()[0].message);
}

#[test]
fn files_are_with_the_gateway_so_their_provider_needs_no_endpoint() {
    let mut world = World::good();
    world.contents.endpoints.clear();
    world.ask.mode = ShareMode::File;
    assert_eq!(refusal(world.decide()).rule(), Rule::ModeCovered);
    world.grant().terms.share_modes = vec![ShareMode::File];
    let permit = permit(world.decide());
    assert_eq!(permit.mode(), ShareMode::File);
    assert_eq!(permit.endpoint().system, permit.grant().provider);
    world.provider().state = suspended();
    assert_eq!(refusal(world.decide()).rule(), Rule::ProviderActive);
}

#[test]
fn the_first_grant_that_permits_is_used() {
    let mut world = World::good();
    revoke(world.grant());
    world
        .contents
        .grants
        .extend([grant(2, "105001-000001"), grant(3, "105001-000001")]);
    assert_eq!(
        permit(world.decide()).grant().name,
        world.contents.grants[1].name
    );
}

#[test]
fn of_several_refusals_the_one_that_came_furthest_is_given() {
    let mut world = World::good();
    revoke(world.grant());
    let mut near = grant(2, "105001-000001");
    near.terms.items = keys(&GRANTED[1..]);
    let mut far = grant(3, "105001-000001");
    suspend(&mut far);
    world.contents.grants.extend([near, far]);
    let refusal = refusal(world.decide());
    assert_eq!(refusal.rule(), Rule::ItemsCovered);
    assert_eq!(refusal.grant().unwrap().name, world.contents.grants[1].name);
}

#[test]
fn a_second_issuer_is_asked_when_the_first_is_not_granted() {
    let mut world = World::good();
    world.contents.resources.push(marriages("105001-000002"));
    world.contents.grants = vec![grant(1, "105001-000002")];
    world
        .ask
        .resources
        .push(ask("105001-000002").resources.remove(0));
    let permit = permit(world.decide());
    assert_eq!(permit.resource().name.id(), "105001-000002");
}

#[test]
fn an_endpoint_that_answers_is_preferred() {
    let mut world = World::good();
    world.contents.endpoints[0].health = failing();
    world
        .contents
        .endpoints
        .push(endpoint("marriage-registry.second"));
    let permit = permit(world.decide());
    assert_eq!(permit.endpoint().name.id(), "marriage-registry.second");
}

#[test]
fn a_permit_without_named_items_holds_the_granted_ones_that_still_exist() {
    let mut world = World::good();
    world.ask.items.clear();
    world.contents.resources[0].items.remove(0);
    assert_eq!(permit(world.decide()).items(), keys(&GRANTED[1..]));
}

#[test]
fn a_permit_carries_what_was_asked() {
    let mut world = World::good();
    world.ask.items = keys(&[GRANTED[2], GRANTED[0]]);
    let permit = permit(world.decide());
    assert_eq!(permit.items(), world.ask.items);
    assert_eq!(permit.matter(), &matter(HOUSE_TRANSFER));
    assert_eq!(permit.mode(), ShareMode::Api);
}

// === what must hold in every world ===

const ITEMS: [&str; 4] = [GRANTED[0], GRANTED[1], GRANTED[2], WITHHELD];
const MODES: [ShareMode; 3] = [ShareMode::Api, ShareMode::Table, ShareMode::File];
const MATTERS: [&str; 2] = [HOUSE_TRANSFER, FOOD_LICENCE];

fn any_items() -> impl Strategy<Value = Vec<ItemKey>> {
    subsequence(ITEMS.to_vec(), 0..=ITEMS.len())
        .prop_shuffle()
        .prop_map(|texts| keys(&texts))
}

fn any_ask() -> impl Strategy<Value = Ask> {
    let matters = proptest::option::of(proptest::sample::select(MATTERS.to_vec()));
    let mode = proptest::sample::select(MODES.to_vec());
    (any_items(), any_items(), matters, mode, any::<bool>()).prop_map(
        |(items, compared, code, mode, operator_named)| Ask {
            items,
            compared,
            matter: code.map(matter),
            mode,
            operator_named,
            ..ask("105001-000001")
        },
    )
}

/// Terms that may lack anything, with a window that may lie beside the day.
fn any_grant() -> impl Strategy<Value = Grant> {
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

    // The real call, the dry run and the explanation all call `decide`; that it is a function of
    // its arguments alone makes their answers the same.
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
