//! What is told of a decision is the decision: in every world, by every rule.

use proptest::prelude::*;

use super::super::*;
use super::cases::*;
use super::worlds::{any_grant, any_items, any_matter, any_mode};
use crate::application::Application;
use crate::basis::{Authorisation, BasisKind};
use crate::endpoint::Maintenance;
use crate::reference::EMBEDDED;
use crate::resource::{ResourceState, Retiring, ShareType, Why};
use crate::system::{NetworkZone, SystemState};
use crate::test_world::*;

/// What would be told in a world whose registry is of that very moment.
pub(super) fn explained(world: &World) -> Explanation {
    explained_with(world, &[], world.now)
}

pub(super) fn explained_with(
    world: &World,
    applications: &[Application],
    registry_time: Timestamp,
) -> Explanation {
    let background = Background {
        reference: &EMBEDDED,
        applications,
        shows_certificates: true,
        registry_time,
    };
    explain(
        &world.snapshot(),
        &world.ask,
        &world.circumstances(),
        &background,
    )
}

fn in_the_way(explanation: &Explanation) -> Vec<Rule> {
    explanation
        .obstacles()
        .map(|finding| finding.rule)
        .collect()
}

pub(super) fn why() -> Why {
    Why {
        by: "officer".to_owned(),
        at: at(NOON),
        reason: "数据有误".to_owned(),
    }
}

/// The entry at one of its stages, in use or not.
fn staged(entry: Resource, stage: u8) -> Resource {
    let last_day = shaoyang_date(at(NOON)).yesterday().unwrap();
    let retiring = Retiring {
        last_day,
        why: why(),
    };
    match stage {
        1 => entry.suspend(why()).unwrap(),
        2 => Resource {
            state: ResourceState::Draft,
            ..entry
        },
        3 => Resource {
            state: ResourceState::Retired {
                version: 1,
                why: why(),
            },
            ..entry
        },
        4 => Resource {
            share_type: ShareType::NotShared {
                legal_basis: "个人信息保护法".to_owned(),
            },
            ..entry
        },
        5 => entry.announce_retirement(retiring).unwrap(),
        _ => entry,
    }
}

fn state_of(code: u8) -> SystemState {
    match code {
        1 => suspended(),
        2 => SystemState::Retired,
        _ => SystemState::Active,
    }
}

prop_compose! {
    /// A grant in any state, to use or to hand out use-codes.
    fn any_state_of_grant()(mut grant in any_grant(), state in 0..5_u8, issues in 0..4_u8) -> Grant {
        match state {
            1 => suspend(&mut grant),
            2 => revoke(&mut grant),
            _ => {}
        }
        grant.terms.issues_use_codes = issues == 0;
        grant
    }
}

prop_compose! {
    fn any_flags()(
        whole in 0..4_u8,
        issuing in 0..4_u8,
        authorised in any::<bool>(),
        operator_named in any::<bool>(),
        demanded in any::<bool>(),
    ) -> [bool; 5] {
        [whole == 0, issuing == 0, authorised, operator_named, demanded]
    }
}

prop_compose! {
    /// A world in which anything may be wrong, with up to so many grants.
    fn any_world(most: usize)(
        grants in proptest::collection::vec(any_state_of_grant(), 0..=most),
        (items, compared) in (any_items(), any_items()),
        (mode, matter) in (any_mode(), any_matter()),
        (zoned, used) in (0..4_u8, 0..4_u64),
        [whole, issuing, authorised, operator_named, demanded] in any_flags(),
        (consumer, provider, stage) in (0..6_u8, 0..6_u8, 0..9_u8),
        endpoints in 0..4_u8,
    ) -> World {
        let mut world = World::good();
        world.ask = Ask { mode, matter, operator_named, items, whole, compared, issuing, ..world.ask };
        if authorised {
            world.ask.basis = Basis::Authorisation(Authorisation::supposed());
        }
        let numbered = grants.into_iter().zip(1..);
        world.contents.grants = numbered
            .map(|(one, number)| Grant { name: grant(number, "105001-000001").name, ..one })
            .collect();
        for grant in &mut world.contents.grants {
            if zoned == 0 {
                grant.terms.network_zones = vec![NetworkZone::Private];
            }
            grant.terms.quota.calls_per_day = std::num::NonZeroU64::new(3);
            let used = Used { calls_today: used, ..Used::default() };
            world.used.push((grant.name.clone(), used));
        }
        if zoned == 1 {
            world.origin = Origin::Zone(NetworkZone::Private);
        }
        let entry = &mut world.contents.resources[0];
        if demanded {
            entry.basis = BasisKind::Authorisation;
        }
        *entry = staged(entry.clone(), stage);
        match endpoints {
            0 => world.contents.endpoints.clear(),
            1 => world.contents.endpoints[0].maintenance.push(Maintenance {
                start: at(NOON),
                end: at("2022-06-02T00:00:00Z"),
                reason: "upgrade".to_owned(),
            }),
            _ => {}
        }
        world.consumer().state = state_of(consumer);
        world.provider().state = state_of(provider);
        if provider == 3 {
            world.contents.systems.pop();
        }
        if consumer == 3 {
            world.contents.systems.remove(0);
        }
        world
    }
}

/// Puts in order what one rule looks at, and nothing else.
fn repair(world: &mut World, rule: Rule) {
    match rule {
        Rule::CallerActive => put_in_service(world, system("yjs-platform", APPROVAL)),
        Rule::GrantExists => agree(world),
        Rule::ResourceUsable => {
            let entry = &mut world.contents.resources[0];
            let fresh = marriages("105001-000001");
            (entry.state, entry.share_type) = (fresh.state, fresh.share_type);
            entry.progress = fresh.progress;
        }
        Rule::BasisGiven => world.ask.basis = Basis::Authorisation(Authorisation::supposed()),
        Rule::OperatorNamed => world.ask.operator_named = true,
        Rule::ZoneCovered => world.contents.grants[0].terms.network_zones.clear(),
        Rule::InQuota => world.used.clear(),
        Rule::ProviderActive => put_in_service(world, system("marriage-registry", CIVIL_AFFAIRS)),
        Rule::ProviderHasEndpoint => {
            let endpoint = endpoint("marriage-registry.main");
            world.contents.endpoints.push(endpoint);
        }
        Rule::ProviderNotInMaintenance => world.contents.endpoints[0].maintenance.clear(),
        Rule::GrantNotRevoked
        | Rule::GrantNotSuspended
        | Rule::GrantInWindow
        | Rule::ModeCovered
        | Rule::UseCodesCovered
        | Rule::MatterCovered
        | Rule::ItemsCovered => repair_grant(world, rule),
        Rule::CertificateKnown
        | Rule::CertificateNotRevoked
        | Rule::CertificateInWindow
        | Rule::Role
        | Rule::UseCodeHolds => panic!("policy does not refuse by {rule}"),
    }
}

fn put_in_service(world: &mut World, system: crate::system::System) {
    let systems = &mut world.contents.systems;
    systems.retain(|one| one.name != system.name);
    systems.push(system);
}

/// A grant of all that is asked for.
fn agree(world: &mut World) {
    let entry = &mut world.contents.resources[0];
    let mut made = grant(1, "105001-000001");
    made.terms.items = entry.items.iter().map(|item| item.key.clone()).collect();
    made.terms.share_modes = vec![world.ask.mode];
    entry.share_modes.push(world.ask.mode);
    made.terms.matters = vec![matter(HOUSE_TRANSFER), matter(FOOD_LICENCE)];
    made.terms.operator_required = false;
    made.terms.issues_use_codes = world.ask.issuing;
    world.ask.matter.get_or_insert(matter(HOUSE_TRANSFER));
    world.contents.grants.push(made);
}

fn repair_grant(world: &mut World, rule: Rule) {
    let (ask, entry) = (&mut world.ask, &mut world.contents.resources[0]);
    let grant = &mut world.contents.grants[0];
    let terms = &mut grant.terms;
    let best = crate::test_world::grant(1, "105001-000001").terms;
    match rule {
        Rule::GrantInWindow => (terms.start, terms.end) = (best.start, best.end),
        Rule::ModeCovered => {
            terms.share_modes.push(ask.mode);
            entry.share_modes.push(ask.mode);
            terms.issues_use_codes &= ask.issuing;
        }
        Rule::UseCodesCovered => terms.issues_use_codes = true,
        Rule::MatterCovered => {
            let asked = ask.matter.get_or_insert(matter(HOUSE_TRANSFER));
            terms.matters.push(asked.clone());
        }
        Rule::ItemsCovered => {
            terms.items = entry.items.iter().map(|item| item.key.clone()).collect();
            ask.items.retain(|key| entry.item(key).is_some());
            ask.compared.retain(|key| entry.item(key).is_some());
        }
        _ => grant.state = crate::grant::GrantState::Active,
    }
}

proptest! {
    #[test]
    fn what_is_told_is_what_is_decided(world in any_world(3)) {
        let told = explained(&world);
        let ids: Vec<Rule> = told.findings.iter().map(|finding| finding.rule).collect();
        prop_assert_eq!(&ids[..], Rule::ALL);
        match world.decide() {
            Decision::Permit(permit) => {
                prop_assert!(told.permitted);
                prop_assert_eq!(told.rule(), PERMIT_RULE);
                prop_assert_eq!(told.grant.as_ref(), Some(&permit.grant().name));
                prop_assert_eq!(told.resource.as_ref(), Some(&permit.resource().name));
                prop_assert_eq!(&told.items[..], permit.items());
                prop_assert_eq!(told.obstacles().count(), 0);
            }
            Decision::Refusal(refusal) => {
                prop_assert!(!told.permitted && told.items.is_empty());
                prop_assert_eq!(told.rule(), refusal.rule().id());
                prop_assert_eq!(told.message(), refusal.message());
                prop_assert_eq!(told.grant.as_ref(), refusal.grant().map(|grant| &grant.name));
                let obstacles = told.obstacles().map(|finding| Obstacle {
                    rule: finding.rule,
                    message: finding.message.clone(),
                });
                prop_assert_eq!(&obstacles.collect::<Vec<_>>()[..], refusal.obstacles());
            }
        }
    }

    // With several grants the one that decides may be another after a repair.
    #[test]
    fn what_was_put_in_order_leaves_the_next_obstacle_first(mut world in any_world(1)) {
        let mut told = explained(&world);
        prop_assume!(told.resource.is_some());
        for _ in Rule::ALL {
            let before = in_the_way(&told);
            let Some(first) = before.first() else { break };
            repair(&mut world, *first);
            told = explained(&world);
            prop_assert_eq!(&in_the_way(&told)[..], &before[1..], "after {}", first);
        }
        prop_assert!(told.permitted);
    }

    #[test]
    fn whatever_stands_in_the_way_can_be_removed_by_somebody(world in any_world(3)) {
        let told = explained(&world);
        for finding in &told.findings {
            prop_assert_eq!(
                finding.remedies.is_empty(),
                finding.standing != Standing::InTheWay,
                "{}", finding.rule
            );
            prop_assert!(!finding.message.is_empty());
            prop_assert!(finding.remedies.iter().all(|remedy| !remedy.what.is_empty()));
        }
    }

    #[test]
    fn every_grant_is_told_of(world in any_world(3)) {
        let told = explained(&world);
        if told.resource.is_some() {
            let held = world.contents.grants.len();
            let registered = world.snapshot().system(&world.ask.consumer).is_some();
            prop_assert_eq!(told.others.len() + usize::from(told.grant.is_some()), held);
            prop_assert!(registered || !told.permitted);
        }
    }
}

#[test]
fn all_named_cases_are_told_as_they_are_decided() {
    for case in all_cases() {
        let Case(name, _, expected) = case;
        let told = explained(&world_of(case));
        let rule = match expected {
            Permitted => PERMIT_RULE,
            Refused(rule) => rule.id(),
        };
        assert_eq!(told.rule(), rule, "{name}");
    }
}

#[test]
fn more_grants_than_are_listed_are_counted() {
    let mut world = World::good();
    let most = u32::try_from(MOST_OTHERS).unwrap();
    for (number, further) in [(most + 1, 0), (most + 2, 1)] {
        world.contents.grants = (1..=number).map(|n| grant(n, "105001-000001")).collect();
        let told = explained(&world);
        assert_eq!(
            (told.others.len(), told.further_grants),
            (MOST_OTHERS, further)
        );
        assert!(told.others.iter().all(|other| other.rule.is_none()));
    }
}
