//! Tests of the decision: what holds for named cases, one by one. What holds in every world stands in
//! [`worlds`]; what is told of a decision in [`explained`].

mod cases;
mod explained;
mod remedies;
mod worlds;

use std::collections::BTreeSet;

use super::*;
use crate::resource::{ResourceState, Why};
use crate::test_world::*;
use cases::*;

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

#[test]
fn each_named_case_is_decided_as_expected() {
    for case in all_cases() {
        let Case(name, _, expected) = case;
        assert_eq!(outcome(&world_of(case).decide()), *expected, "{name}");
    }
}

#[test]
fn what_the_gateway_does_not_carry_is_refused_with_where_to_ask() {
    let mut world = World::good();
    world.contents.grants.clear();
    let none = refusal(world.decide());
    assert!(none.message().contains("holds no grant"), "{none:?}");
    world.contents.resources[0].share_modes = vec![ShareMode::Mail, ShareMode::Medium];
    let outside = refusal(world.decide());
    assert_eq!(outside.rule(), Rule::GrantExists);
    let owner = world.contents.resources[0].department.to_string();
    for told in ["mail or medium, outside of the gateway", owner.as_str()] {
        assert!(outside.message().contains(told), "{}", outside.message());
    }
    let mut carried = world.clone();
    let resource = &mut carried.contents.resources[0];
    resource.share_modes.push(ShareMode::Table);
    // What was stopped nobody hands over.
    let why = Why {
        by: "officer".to_owned(),
        at: at(NOON),
        reason: "数据有误".to_owned(),
    };
    let mut suspended = world.clone();
    let resource = &mut suspended.contents.resources[0];
    *resource = resource.clone().suspend(why.clone()).unwrap();
    let mut retired = world;
    retired.contents.resources[0].state = ResourceState::Retired { version: 1, why };
    for world in [carried, suspended, retired] {
        let told = refusal(world.decide());
        assert!(told.message().contains("holds no grant"), "{told:?}");
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
    // The rules of authentication and roles are produced by the tests of `Caller`, that of use-codes by
    // those of `KeptCode`: a code is looked at before there is a question to policy.
    let of_others = [
        Rule::CertificateKnown,
        Rule::CertificateNotRevoked,
        Rule::CertificateInWindow,
        Rule::Role,
        Rule::UseCodeHolds,
    ];
    let missing: Vec<&Rule> = Rule::ALL
        .iter()
        .filter(|rule| !produced.contains(rule) && !of_others.contains(rule))
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
        let provider = rule.id().starts_with("provider.") || *rule == Rule::ResourceUsable;
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
        let world = world_of(case);
        let refusal = refusal(world.decide());
        assert!(!refusal.message().is_empty(), "{name}");
        let stranger = world.ask.consumer == system_name("stranger");
        let held = rule != Rule::GrantExists && !stranger;
        assert_eq!(refusal.grant().is_some(), held, "{name}");
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
fn what_is_wrong_with_the_caller_hides_nothing_behind_it() {
    let mut world = World::good();
    world.consumer().state = suspended();
    world.contents.grants.clear();
    world.contents.endpoints.clear();
    let why = Why {
        by: "officer".to_owned(),
        at: at(NOON),
        reason: "数据有误".to_owned(),
    };
    let entry = world.contents.resources[0].clone();
    world.contents.resources[0] = entry.suspend(why).unwrap();
    let refusal = refusal(world.decide());
    let rules: Vec<Rule> = refusal.obstacles().iter().map(|o| o.rule).collect();
    let expected = [
        Rule::CallerActive,
        Rule::GrantExists,
        Rule::ResourceUsable,
        Rule::ProviderHasEndpoint,
    ];
    assert_eq!(rules, expected);
}

#[test]
fn of_equals_the_grant_with_the_fewest_obstacles_is_given() {
    let mut world = World::good();
    suspend(world.grant());
    world.grant().terms.matters.clear();
    let mut near = grant(2, "105001-000001");
    suspend(&mut near);
    world.contents.grants.push(near);
    let refusal = refusal(world.decide());
    assert_eq!(refusal.grant().unwrap().name, world.contents.grants[1].name);
}

#[test]
fn files_are_with_the_gateway_so_their_provider_needs_no_endpoint() {
    let mut world = World::good();
    world.contents.endpoints.clear();
    world.ask.mode = ShareMode::File;
    assert_eq!(refusal(world.decide()).rule(), Rule::ModeCovered);
    world.grant().terms.share_modes = vec![ShareMode::File];
    // A grant outlives a mode that a later version of the entry dropped, and gives nothing by it.
    assert_eq!(refusal(world.decide()).rule(), Rule::ModeCovered);
    world.contents.resources[0].share_modes = vec![ShareMode::File];
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
