//! Named cases: one change of the good world, and what is decided then.

use super::super::*;
use crate::basis::{Authorisation, BasisKind};
use crate::endpoint::Health;
use crate::grant::GrantState;
use crate::resource::ResourceState;
use crate::system::NetworkZone;
use crate::test_world::*;

/// What is expected of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    Permit,
    Refusal(Rule),
}
pub(super) use Expected::Permit as Permitted;
pub(super) use Expected::Refusal as Refused;

/// One change of the good world and what the decision is then.
pub(super) struct Case(
    pub(super) &'static str,
    pub(super) fn(&mut World),
    pub(super) Expected,
);

pub(super) const GRANT_CASES: &[Case] = &[
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
        "an item that a later version dropped",
        |w| {
            w.ask.items = keys(&[GRANTED[0]]);
            w.contents.resources[0].items.remove(0);
        },
        Refused(Rule::ItemsCovered),
    ),
    Case(
        "an endpoint in planned maintenance",
        |w| {
            let minutes = jiff::SignedDuration::from_mins;
            let (start, end) = (w.now - minutes(1), w.now + minutes(1));
            let window = crate::endpoint::Maintenance {
                start,
                end,
                reason: "upgrade".to_owned(),
            };
            w.contents.endpoints[0].maintenance.push(window);
        },
        Refused(Rule::ProviderNotInMaintenance),
    ),
    Case(
        "a resource that its department has stopped",
        |w| {
            let (by, at, reason) = ("clerk".to_owned(), w.now, "audit".to_owned());
            let resource = w.contents.resources[0].clone();
            let why = crate::resource::Why { by, at, reason };
            w.contents.resources[0] = resource.suspend(why).unwrap();
        },
        Refused(Rule::ResourceUsable),
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
        "another network than the granted one",
        |w| w.grant().terms.network_zones = vec![NetworkZone::Private],
        Refused(Rule::ZoneCovered),
    ),
    Case(
        "the network that the system is registered in",
        |w| w.grant().terms.network_zones = vec![NetworkZone::Public],
        Permitted,
    ),
    Case(
        "a call from elsewhere than the system is registered in",
        |w| {
            w.grant().terms.network_zones = vec![NetworkZone::Public];
            w.origin = Origin::Zone(NetworkZone::Internet);
        },
        Refused(Rule::ZoneCovered),
    ),
    Case(
        "a call from none of the networks that the gateway was told of",
        |w| {
            w.grant().terms.network_zones = vec![NetworkZone::Public];
            w.origin = Origin::Elsewhere;
        },
        Refused(Rule::ZoneCovered),
    ),
    Case("the last call of a day", |w| limit_to(w, 10, 9), Permitted),
    Case(
        "one call more than the day has",
        |w| limit_to(w, 10, 10),
        Refused(Rule::InQuota),
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

pub(super) const BASIS_CASES: &[Case] = &[
    Case(
        "the duty, where the entry demands the holder's authorisation",
        |w| w.contents.resources[0].basis = BasisKind::Authorisation,
        Refused(Rule::BasisGiven),
    ),
    Case(
        "an authorisation, where the entry demands one",
        |w| {
            w.contents.resources[0].basis = BasisKind::Authorisation;
            w.ask.basis = Basis::Authorisation(Authorisation::supposed());
        },
        Permitted,
    ),
    Case(
        "an authorisation, where the duty would do",
        |w| w.ask.basis = Basis::Authorisation(Authorisation::supposed()),
        Permitted,
    ),
    Case(
        "an authorisation for a foreign matter",
        |w| {
            w.ask.basis = Basis::Authorisation(Authorisation::supposed());
            w.ask.matter = Some(matter(FOOD_LICENCE));
        },
        Refused(Rule::MatterCovered),
    ),
];

pub(super) const ISSUING_CASES: &[Case] = &[
    Case(
        "a use-code under a grant that lets the system hand them out",
        |w| {
            w.ask.issuing = true;
            w.grant().terms.issues_use_codes = true;
        },
        Permitted,
    ),
    Case(
        "a use-code under a grant to use",
        |w| w.ask.issuing = true,
        Refused(Rule::UseCodesCovered),
    ),
    Case(
        "a use under a grant to hand out use-codes",
        |w| w.grant().terms.issues_use_codes = true,
        Refused(Rule::ModeCovered),
    ),
    Case(
        "a use-code under a grant that was suspended",
        |w| {
            w.ask.issuing = true;
            w.grant().terms.issues_use_codes = true;
            suspend(w.grant());
        },
        Refused(Rule::GrantNotSuspended),
    ),
];

pub(super) const ITEM_CASES: &[Case] = &[
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
        "the whole of a resource, of which an item is withheld",
        |w| w.ask.whole = true,
        Refused(Rule::ItemsCovered),
    ),
    Case(
        "the whole of a resource, all of it granted",
        |w| {
            w.ask.whole = true;
            w.grant().terms.items.extend(keys(&[WITHHELD]));
        },
        Permitted,
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

pub(super) const SYSTEM_CASES: &[Case] = &[
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
        "a provider whose only endpoint does not speak as the entry's own methods are called",
        |w| {
            w.contents.resources[0].api = Some(api());
            w.contents.endpoints[0].protocol = crate::endpoint::Protocol::HttpJson;
        },
        Refused(Rule::ProviderHasEndpoint),
    ),
    Case(
        "a provider with one endpoint for gRPC beside one for HTTP",
        |w| {
            w.contents.resources[0].api = Some(api());
            let mut web = endpoint("marriage-registry.web");
            web.protocol = crate::endpoint::Protocol::HttpJson;
            w.contents.endpoints.insert(0, web);
        },
        Permitted,
    ),
    Case(
        "a provider whose only endpoint failed its last probe may have recovered",
        |w| w.contents.endpoints[0].health = failing(),
        Permitted,
    ),
];

/// The window is 1 March to 30 June 2022 in Shaoyang, eight hours ahead of UTC.
pub(super) const WINDOW_CASES: &[(&str, &str, Expected)] = &[
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

pub(super) fn all_cases() -> impl Iterator<Item = &'static Case> {
    [
        GRANT_CASES,
        BASIS_CASES,
        ISSUING_CASES,
        ITEM_CASES,
        SYSTEM_CASES,
    ]
    .into_iter()
    .flatten()
}

pub(super) fn world_of(Case(_, change, _): &Case) -> World {
    let mut world = World::good();
    change(&mut world);
    world
}

pub(super) fn outcome(decision: &Decision) -> Expected {
    match decision {
        Decision::Permit(_) => Permitted,
        Decision::Refusal(refusal) => Refused(refusal.rule()),
    }
}

/// A quota of calls a day, so many of which were used.
fn limit_to(world: &mut World, most: u64, used: u64) {
    let grant = world.grant();
    grant.terms.quota.calls_per_day = std::num::NonZeroU64::new(most);
    let used = Used {
        calls_today: used,
        ..Used::default()
    };
    world.used = vec![(grant.name.clone(), used)];
}

pub(super) fn suspend(grant: &mut Grant) {
    grant.state = GrantState::Suspended {
        reason: "audit".to_owned(),
        by: "officer".to_owned(),
        order: None,
    };
}

pub(super) fn revoke(grant: &mut Grant) {
    grant.state = GrantState::Revoked {
        reason: "misuse".to_owned(),
        by: "officer".to_owned(),
    };
}

pub(super) fn failing() -> Health {
    Health::Failing {
        at: at("2022-06-01T00:00:00Z"),
        error: "no answer".to_owned(),
    }
}
