//! Whom events concern, case by case.

use jiff::civil::{Date, date};

use super::*;
use crate::grant::GrantState;
use crate::name::DepartmentName;
use crate::snapshot::Snapshot;
use crate::test_world::{
    APPROVAL, CIVIL_AFFAIRS, World, at, department, department_name, system, system_name,
};

const RESOURCE: &str = "resources/105001-000001";
const GRANT: &str = "grants/00000000-0000-4000-8000-000000000001";
const BYSTANDER: &str = "11430500XY00000393";

fn event(name: &str, facts: &[(&str, &str)]) -> Event {
    let fact = |key: &str| {
        let found = facts.iter().find(|(known, _)| *known == key);
        found.map(|(_, text)| (*text).to_owned())
    };
    Event::of(7, at("2022-06-01T04:00:00Z"), name, fact).unwrap()
}

fn approval() -> String {
    department_name(APPROVAL).into()
}

fn civil_affairs() -> String {
    department_name(CIVIL_AFFAIRS).into()
}

/// A step of an application that came to a state, as entries of before tell of it; once it is handed over a rule says
/// until when it is answered.
fn application(state: &str, due_rule: Option<&str>) -> Event {
    let name = format!("sharing.application.{state}");
    let approval = approval();
    let mut facts = vec![
        ("application", "applications/1"),
        ("consumer", "systems/yjs-platform"),
        ("consumer_department", &approval),
        ("resource", RESOURCE),
        ("state", state),
    ];
    facts.extend(due_rule.map(|rule| ("due_rule", rule)));
    event(&name, &facts)
}

/// What one of the provider's people proposes names the provider alone.
fn proposed() -> Event {
    event(
        "sharing.application.approval_proposed",
        &[
            ("application", "applications/1"),
            ("provider", "systems/marriage-registry"),
            ("provider_department", &civil_affairs()),
            ("resource", RESOURCE),
            ("state", "submitted"),
            ("due_rule", "CN-2025-809 APP-CON 21"),
        ],
    )
}

fn revoked_grant() -> Event {
    event(
        "sharing.grant.revoked",
        &[
            ("actor", "departments/x/officers/wang"),
            ("grant", GRANT),
            ("consumer", "systems/yjs-platform"),
            ("consumer_department", &approval()),
            ("provider", "systems/marriage-registry"),
            ("provider_department", &civil_affairs()),
            ("resource", RESOURCE),
            ("state", "revoked"),
        ],
    )
}

fn on_entry(name: &str) -> Event {
    event(
        name,
        &[
            ("resource", RESOURCE),
            ("system", "systems/marriage-registry"),
            ("department", &civil_affairs()),
            ("state", "published"),
            ("due", "2022-06-08"),
        ],
    )
}

fn on_provider(name: &str) -> Event {
    event(
        name,
        &[
            ("system", "systems/marriage-registry"),
            ("endpoint", "systems/marriage-registry/endpoints/main"),
            ("department", &civil_affairs()),
        ],
    )
}

fn certificate(holder: &str) -> Event {
    event(
        "registry.tls_certificate.revoked",
        &[
            ("tls_certificate", "tlsCertificates/a1"),
            ("subject_of_certificate", holder),
        ],
    )
}

struct Viewers {
    snapshot: Snapshot,
    all: Vec<(&'static str, Viewer)>,
}

fn viewers(world: &World) -> Viewers {
    let mut world = world.clone();
    // Another leads here, so that a party is told as a party.
    world.contents.departments[0].competent = false;
    world.contents.departments.push(department(BYSTANDER));
    world
        .contents
        .systems
        .push(system("other-system", BYSTANDER));
    let mut competent = department("11430500XY00000206");
    competent.competent = true;
    let leader = competent.name.clone();
    world.contents.departments.push(competent);
    let snapshot = world.snapshot();
    let of = |name: &DepartmentName| Viewer::department(name, &snapshot);
    let all = vec![
        ("platform", Viewer::system(&system_name("yjs-platform"))),
        ("approval", of(&department_name(APPROVAL))),
        (
            "registry",
            Viewer::system(&system_name("marriage-registry")),
        ),
        ("civil", of(&department_name(CIVIL_AFFAIRS))),
        ("stranger", Viewer::system(&system_name("other-system"))),
        ("bystander", of(&department_name(BYSTANDER))),
        ("competent", of(&leader)),
    ];
    Viewers { snapshot, all }
}

impl Viewers {
    fn told(&self, event: &Event, today: Date) -> Vec<(&'static str, Concern)> {
        let all = self.all.iter();
        all.filter_map(|(name, viewer)| {
            Some((*name, concern(event, viewer, &self.snapshot, today)?))
        })
        .collect()
    }
}

const TODAY: Date = date(2022, 6, 1);

/// What happened, the event, and who is told of it for which reason.
type Case = (&'static str, Event, Vec<(&'static str, Concern)>);

fn all_are_told(cases: impl IntoIterator<Item = Case>) {
    let viewers = viewers(&World::good());
    for (case, event, told) in cases {
        assert_eq!(viewers.told(&event, TODAY), told, "{case}");
    }
}

fn own(names: &[&'static str]) -> Vec<(&'static str, Concern)> {
    names.iter().map(|name| (*name, Concern::Own)).collect()
}

#[test]
fn applications_and_grants_are_told_to_their_sides() {
    let both = || own(&["platform", "approval", "registry", "civil"]);
    all_are_told([
        (
            "a draft is the applicant's",
            application("draft", None),
            own(&["platform", "approval"]),
        ),
        (
            "what is signed off too",
            application("signed_off", None),
            own(&["platform", "approval"]),
        ),
        (
            "what was taken back before it was handed over too",
            application("withdrawn", None),
            own(&["platform", "approval"]),
        ),
        (
            "what is submitted is the provider's too, though the entry does not name it",
            application("submitted", Some("CN-2025-809 APP-CON 21")),
            both(),
        ),
        (
            "what one of the provider's people proposes is the provider's alone",
            proposed(),
            own(&["registry", "civil"]),
        ),
        (
            "the end of a grant is both sides', and who leads hears of it",
            revoked_grant(),
            [both(), own(&["competent"])].concat(),
        ),
        (
            "a disputed record is both sides', and no other holder's",
            event(
                "sharing.correction.raised",
                &[
                    ("correction", "corrections/1"),
                    ("consumer", "systems/yjs-platform"),
                    ("consumer_department", &approval()),
                    ("provider", "systems/marriage-registry"),
                    ("provider_department", &civil_affairs()),
                    ("resource", RESOURCE),
                    ("state", "raised"),
                    ("due_rule", "CN-2025-809 CORR 26"),
                ],
            ),
            both(),
        ),
        (
            "what names nobody concerns nobody",
            event("sharing.grant.expired", &[]),
            vec![],
        ),
    ]);
}

#[test]
fn what_grants_are_on_is_told_to_their_holders() {
    let holders = [("platform", Concern::Holder), ("approval", Concern::Holder)];
    all_are_told([
        (
            "a stop is told to who holds a grant",
            on_entry("catalogue.resource.suspended"),
            [&holders[..], &own(&["registry", "civil", "competent"])].concat(),
        ),
        (
            "work at the next version is not",
            on_entry("catalogue.resource.updated"),
            own(&["registry", "civil", "competent"]),
        ),
        (
            "an endpoint that fails is told to who calls it",
            on_provider("registry.endpoint.failing"),
            [&holders[..], &own(&["registry", "civil"])].concat(),
        ),
        (
            "a run of the kit is the provider's alone",
            on_provider("registry.endpoint.conformed"),
            own(&["registry", "civil"]),
        ),
    ]);
}

#[test]
fn certificates_demands_and_clocks_are_told_to_who_has_to_see_to_them() {
    let officer = format!("{}/officers/li", approval());
    let demand = [("department", approval()), ("owner", civil_affairs())];
    let demand = demand.each_ref().map(|(key, text)| (*key, text.as_str()));
    let clock = [("department", civil_affairs()), ("about", GRANT.to_owned())];
    let clock = clock.each_ref().map(|(key, text)| (*key, text.as_str()));
    all_are_told([
        (
            "a system's certificate is the system's and its department's",
            certificate("systems/yjs-platform"),
            own(&["platform", "approval"]),
        ),
        (
            "a person's certificate is the department's",
            certificate(&officer),
            own(&["approval"]),
        ),
        (
            "an operator's certificate is nobody's",
            certificate("operators/owner"),
            vec![],
        ),
        (
            "a demand is who raised it, who answers it, and who leads",
            event("catalogue.demand.assigned", &demand),
            own(&["approval", "civil", "competent"]),
        ),
        (
            "a card is the named department's and who leads",
            event("compliance.card.yellow", &clock),
            own(&["civil", "competent"]),
        ),
    ]);
}

#[test]
fn a_grant_that_does_not_stand_any_more_tells_nothing() {
    let stopped = on_entry("catalogue.resource.suspended");
    let failing = on_provider("registry.endpoint.failing");
    let holders = |world: &World, today| {
        let viewers = viewers(world);
        let mut told = viewers.told(&stopped, today);
        told.extend(viewers.told(&failing, today));
        told.iter()
            .filter(|(_, why)| *why == Concern::Holder)
            .count()
    };
    let mut world = World::good();
    assert_eq!(holders(&world, TODAY), 4);
    assert_eq!(holders(&world, date(2022, 6, 30)), 4, "its last day");
    assert_eq!(holders(&world, date(2022, 7, 1)), 0, "the day after");
    world.grant().state = GrantState::Revoked {
        reason: "用途存疑".to_owned(),
        by: "owner".to_owned(),
    };
    assert_eq!(holders(&world, TODAY), 0);
}

#[test]
fn a_holder_sees_less_and_nobody_sees_who_acted() {
    let stopped = on_entry("catalogue.resource.suspended");
    let keys = |event: &Event, why| -> Vec<&str> {
        let about = event.about(why).map(|(key, _)| key);
        about.chain(event.words(why).map(|(key, _)| key)).collect()
    };
    let own = keys(&stopped, Concern::Own);
    assert_eq!(own, ["department", "resource", "system", "due", "state"]);
    let holder = keys(&stopped, Concern::Holder);
    assert_eq!(holder, ["department", "resource", "system", "state"]);
    assert!(!keys(&revoked_grant(), Concern::Overseen).contains(&"actor"));
    let certificate = certificate("departments/x/officers/li");
    let shown: Vec<_> = certificate.about(Concern::Own).collect();
    let expected = [
        ("department", "departments/x"),
        ("tls_certificate", "tlsCertificates/a1"),
    ];
    assert_eq!(shown, expected, "no account");
}

#[test]
fn uses_of_data_are_no_events() {
    for name in [
        "exchange.refused",
        "exchange.budget_spent",
        "exchange.file_link.made",
        "certificate.changes_announced",
        "use_code.created",
        "sharings",
    ] {
        let made = Event::of(1, at("2022-06-01T04:00:00Z"), name, |_| None);
        assert_eq!(made, None, "{name}");
    }
}

#[test]
fn filters_take_whole_words_and_both_sides() {
    let grant = revoked_grant();
    let kinds = |kinds: &[&str]| EventFilter {
        kinds: kinds.iter().map(ToString::to_string).collect(),
        ..EventFilter::default()
    };
    for (filter, wanted) in [
        (EventFilter::default(), true),
        (kinds(&["sharing"]), true),
        (kinds(&["sharing.grant"]), true),
        (kinds(&["sharing.grant."]), true),
        (kinds(&["sharing.grant.revoked"]), true),
        (kinds(&["sharing.gra"]), false),
        (kinds(&["catalogue", "sharing.grant.revoked"]), true),
        (kinds(&["sharing.grant.revoked.more"]), false),
    ] {
        assert_eq!(filter.wants(&grant), wanted, "{filter:?}");
    }
    let system = |id: &str| EventFilter {
        system: Some(system_name(id)),
        ..EventFilter::default()
    };
    assert!(system("yjs-platform").wants(&grant));
    assert!(system("marriage-registry").wants(&grant));
    assert!(!system("other-system").wants(&grant));
    let of_grant = |name: &str| EventFilter {
        grant: Some(GrantName::parse(name).unwrap()),
        resource: Some(ResourceName::parse(RESOURCE).unwrap()),
        ..EventFilter::default()
    };
    assert!(of_grant(GRANT).wants(&grant));
    assert!(!of_grant(&GRANT.replace("0001", "0002")).wants(&grant));
}

#[test]
fn kinds_are_sixteen_plain_words_at_most() {
    let code = |kinds: &[String]| {
        EventFilter::parse_kinds(kinds)
            .map_err(|cause| crate::fault::FaultCause::code(&cause).to_owned())
    };
    let most = vec!["sharing.grant".to_owned(); MOST_KINDS];
    assert_eq!(code(&most).unwrap().len(), MOST_KINDS);
    let more = vec!["sharing.grant".to_owned(); MOST_KINDS + 1];
    assert_eq!(code(&more).unwrap_err(), "TOO_MANY");
    for bad in ["", "Sharing", "a b", &"a".repeat(65)] {
        assert_eq!(
            code(&[bad.to_owned()]).unwrap_err(),
            "NOT_AN_EVENT",
            "{bad}"
        );
    }
}

#[test]
fn every_event_has_a_title_and_a_next_step() {
    for (name, title) in [
        ("sharing.grant.revoked", "a grant was revoked"),
        ("registry.endpoint.conformed", "an endpoint changed"),
        ("sharing.correction.raised", "a record is disputed"),
        ("compliance.card.yellow", "a last day has passed"),
        ("compliance.card.warning", "a last day is near"),
        ("sharing.grant.provided", "what was agreed on can be used"),
    ] {
        let event = event(name, &[]);
        assert_eq!(event.title(), title);
        assert!(event.next().ends_with('.'), "{name}");
    }
}
