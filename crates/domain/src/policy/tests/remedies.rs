//! Who removes what, by when, and what is told of moments beside the present one.

use jiff::civil::{Date, date};

use super::super::*;
use super::explained::{explained, explained_with, why};
use crate::application::{
    Answering, Application, ApplicationState, Content, MaterialRequest, Signed,
};
use crate::clock::Clock;
use crate::filter::Filter;
use crate::item::Value;
use crate::resource::ShareType;
use crate::test_world::*;

/// Whose turn it is, what they do, and by when.
type Way = (Who, Act, Option<Date>);

fn ways(explanation: &Explanation, rule: Rule) -> Vec<Way> {
    let found = explanation.findings.iter().find(|one| one.rule == rule);
    let remedies = found.unwrap().remedies.iter();
    let due = |remedy: &Remedy| remedy.limit.as_ref().and_then(|limit| limit.due);
    remedies.map(|one| (one.who, one.act, due(one))).collect()
}

fn conditional(world: &mut World) {
    world.contents.resources[0].share_type = ShareType::Conditional {
        condition: "办理登记时".to_owned(),
    };
}

fn without_grant() -> World {
    let mut world = World::good();
    world.contents.grants.clear();
    world
}

fn submitted(due: Option<Date>) -> Application {
    let agreed = grant(1, "105001-000001");
    let scene = "二手房转移登记".to_owned();
    let content = Content::new(agreed.terms, scene);
    let mut application = Application::draft(agreed.application, content);
    let clock = Clock::new(at("2022-05-30T02:00:00Z"), due, "CN-2016-51 APP-CON 12");
    application.state = ApplicationState::Submitted(Box::new(Answering::begin(clock)));
    application
}

#[test]
fn a_missing_grant_is_applied_for_and_answered_in_the_time_of_its_share_type() {
    let apply = (Who::Consumer, Act::Apply, None);
    let answered = |due| (Who::Provider, Act::AnswerApplication, Some(due));
    let world = without_grant();
    // Day 0 is the day itself in 2022; the Dragon Boat Festival is no working day.
    let told = ways(&explained(&world), Rule::GrantExists);
    assert_eq!(told, [apply, answered(date(2022, 6, 1))]);
    let mut world = without_grant();
    conditional(&mut world);
    let told = ways(&explained(&world), Rule::GrantExists);
    assert_eq!(told, [apply, answered(date(2022, 6, 16))]);
    // The regulation of 2025 is read, and the measures of 2016 are assumed.
    for (moment, regime, assumed, days) in [
        (NOON, "CN-2016-51", true, "10 working days"),
        (
            "2025-08-01T00:00:00Z",
            "CN-2025-809",
            false,
            "10 working days",
        ),
    ] {
        world.now = at(moment);
        let told = explained(&world);
        let found = told.obstacles().next().unwrap().remedies[1]
            .limit
            .clone()
            .unwrap();
        assert_eq!((found.regime.as_str(), found.assumed), (regime, assumed));
        assert_eq!(found.term(), days);
    }
}

#[test]
fn an_application_that_would_do_is_waited_for_by_the_day_that_was_told() {
    let mut world = without_grant();
    conditional(&mut world);
    let due = Some(date(2022, 6, 20));
    let told = explained_with(&world, &[submitted(due)], world.now);
    let expected = [(Who::Provider, Act::AnswerApplication, due)];
    assert_eq!(ways(&told, Rule::GrantExists), expected);
    let facts = &told.obstacles().next().unwrap().facts;
    let fact = facts
        .iter()
        .find(|fact| fact.key == "applications")
        .unwrap();
    assert!(fact.value.contains("submitted") && fact.value.contains("2022-06-20"));
    // One for another matter would not do.
    world.ask.matter = Some(matter(FOOD_LICENCE));
    let told = explained_with(&world, &[submitted(due)], world.now);
    assert_eq!(ways(&told, Rule::GrantExists)[0].1, Act::Apply);
}

#[test]
fn what_cannot_be_applied_for_is_demanded_or_asked_for_elsewhere() {
    let demanded = [Act::RaiseDemand, Act::AssignDemand, Act::AnswerDemand];
    let acts = |world: &World| -> Vec<Act> {
        let told = ways(&explained(world), Rule::GrantExists);
        told.into_iter().map(|(_, act, _)| act).collect()
    };
    let mut world = without_grant();
    world.contents.resources[0].share_type = ShareType::NotShared {
        legal_basis: "个人信息保护法".to_owned(),
    };
    assert_eq!(acts(&world), demanded);
    let mut world = without_grant();
    world.contents.resources[0].share_modes = vec![ShareMode::Mail];
    assert_eq!(acts(&world), [Act::AskDepartment]);
    world.contents.resources.clear();
    assert_eq!(acts(&world)[0], Act::SearchCatalogue);
    assert_eq!(acts(&world)[1..], demanded);
}

#[test]
fn each_side_is_told_of_with_its_department_and_its_command() {
    let mut world = World::good();
    let entry = world.contents.resources[0].clone();
    world.contents.resources[0] = entry.suspend(why()).unwrap();
    world.consumer().state = suspended();
    world.contents.endpoints.clear();
    let told = explained(&world);
    let first = |rule| {
        let found = told.findings.iter().find(|one| one.rule == rule);
        found.unwrap().remedies[0].clone()
    };
    let operator = first(Rule::CallerActive);
    assert_eq!((operator.who, &operator.department), (Who::Operator, &None));
    assert_eq!(
        operator.command,
        "shuqiaoctl systems resume systems/yjs-platform"
    );
    let provider = first(Rule::ResourceUsable);
    assert_eq!(provider.department, Some(department_name(CIVIL_AFFAIRS)));
    assert_eq!(
        provider.command,
        "shuqiaoctl catalogue resume resources/105001-000001"
    );
    // No law sets a time for it, and why.
    let limit = provider.limit.unwrap();
    assert_eq!((limit.due, limit.term().as_str()), (None, ""));
    assert!(!limit.undated.is_empty());
    // Whoever agreed shares within the time that began then; the measures of 2016 name none.
    let limit = first(Rule::ProviderHasEndpoint).limit.unwrap();
    assert_eq!(limit.from, date(2022, 2, 28));
}

#[test]
fn what_passes_by_itself_says_when() {
    let mut world = World::good();
    world.now = at("2022-02-01T00:00:00Z");
    let told = explained(&world);
    let remedy = &told.obstacles().next().unwrap().remedies[0];
    assert_eq!((remedy.who, remedy.act), (Who::Nobody, Act::Wait));
    assert_eq!(remedy.until, Some(at("2022-02-28T16:00:00Z")));
    world.now = at("2022-07-01T00:00:00Z");
    let told = explained(&world);
    assert_eq!(ways(&told, Rule::GrantInWindow)[0].1, Act::Apply);
}

#[test]
fn what_the_consumer_can_do_alone_comes_first() {
    let mut world = World::good();
    world.ask.mode = ShareMode::Table;
    world.ask.matter = Some(matter(FOOD_LICENCE));
    world.ask.items = keys(&[WITHHELD]);
    let told = explained(&world);
    for rule in [Rule::ModeCovered, Rule::MatterCovered, Rule::ItemsCovered] {
        let acts: Vec<Act> = ways(&told, rule).into_iter().map(|way| way.1).collect();
        let expected = [Act::AskOtherwise, Act::Apply, Act::AnswerApplication];
        assert_eq!(acts, expected, "{rule}");
    }
    // A later version dropped the mode: its department can bring it back.
    world.ask.mode = ShareMode::Api;
    world.contents.resources[0].share_modes = vec![ShareMode::Table];
    let acts: Vec<Act> = ways(&explained(&world), Rule::ModeCovered)
        .into_iter()
        .map(|way| way.1)
        .collect();
    assert_eq!(acts, [Act::PublishVersion, Act::ReviewVersion]);
}

#[test]
fn a_day_that_the_calendar_cannot_count_to_takes_nothing_else_away() {
    let mut world = without_grant();
    conditional(&mut world);
    world.now = at("2026-12-30T00:00:00Z");
    let told = explained(&world);
    let limit = told.obstacles().next().unwrap().remedies[1]
        .limit
        .clone()
        .unwrap();
    assert_eq!(
        (limit.due, limit.term().as_str()),
        (None, "10 working days")
    );
    assert!(limit.undated.contains("notice for 2027"), "{limit:?}");
}

#[test]
fn what_is_not_known_of_another_moment_is_said() {
    let warned = |moment: &str, part: &str| {
        let mut world = World::good();
        world.now = at(moment);
        world.contents.credentials.push(credential());
        let told = explained_with(&world, &[], at(NOON));
        let found = told.warnings.iter().any(|warning| warning.contains(part));
        assert!(found, "{moment}: {:?}", told.warnings);
    };
    warned("2022-06-02T00:00:00Z", "on the registry as of 2022-06-01");
    warned("2022-02-01T00:00:00Z", "was agreed on 2022-02-28");
    warned("2021-12-01T00:00:00Z", "was first published on 2022-01-01");
    warned("2016-01-01T00:00:00Z", "no regime was in force");
    warned("2028-01-01T00:00:00Z", "notice for 2028");
    warned("2022-07-01T00:00:00Z", "has no TLS certificate");
    let mut world = World::good();
    world.contents.credentials.push(credential());
    assert_eq!(explained(&world).warnings, Vec::<String>::new());
}

#[test]
fn facts_name_the_items_of_a_row_filter_and_never_its_values() {
    let mut world = World::good();
    let key = keys(&[WITHHELD]).remove(0);
    let values = vec![Value::Text("邵阳市双清区".to_owned())];
    world.grant().terms.row_filter = Some(Filter::In(key, values));
    let told = format!("{:?}", explained(&world));
    assert!(told.contains("row_filter_items") && told.contains(WITHHELD));
    assert!(!told.contains("双清"));
}

#[test]
fn of_several_issuers_without_a_grant_the_one_in_use_decides_and_the_others_are_named() {
    let mut world = without_grant();
    let entry = world.contents.resources[0].clone();
    world.contents.resources[0] = entry.suspend(why()).unwrap();
    for number in 2..9 {
        let code = format!("105001-00000{number}");
        world.contents.resources.push(marriages(&code));
        world.ask.resources.push(ask(&code).resources.remove(0));
    }
    let told = explained(&world);
    let name = |code| marriages(code).name;
    assert_eq!(told.resource, Some(name("105001-000002")));
    let facts = &told.obstacles().next().unwrap().facts;
    let others = facts.iter().find(|fact| fact.key == "other_entries");
    let others = &others.unwrap().value;
    assert_eq!(others.split(", ").count(), 5, "{others}");
    assert!(others.contains(name("105001-000001").as_str()), "{others}");
}

#[test]
fn tls_certificates_are_told_of_to_whom_they_concern() {
    let mut world = World::good();
    world.contents.credentials.push(credential());
    let told = |shows_certificates| {
        let background = Background {
            reference: &crate::reference::EMBEDDED,
            applications: &[],
            shows_certificates,
            registry_time: world.now,
        };
        let told = explain(
            &world.snapshot(),
            &world.ask,
            &world.circumstances(),
            &background,
        );
        let found = told.findings.into_iter();
        let mut found = found.filter(|one| one.rule == Rule::CertificateInWindow);
        found.next().unwrap().facts.len()
    };
    assert_eq!((told(true), told(false)), (2, 0));
}

#[test]
fn an_application_that_waits_for_the_applicant_is_the_applicants_turn() {
    let mut world = without_grant();
    conditional(&mut world);
    let mut application = submitted(Some(date(2022, 6, 14)));
    let ApplicationState::Submitted(mut answering) = application.state.clone() else {
        panic!("{:?}", application.state);
    };
    let due = Some(date(2022, 6, 20));
    answering.material = Some(MaterialRequest {
        signed: Signed {
            by: "li".to_owned(),
            at: at(NOON),
        },
        missing: vec!["职责依据".to_owned()],
        clock: Clock::new(at(NOON), due, "CN-2016-51 APP-SUP none"),
        supplied: None,
    });
    application.state = ApplicationState::MaterialRequested(answering);
    let told = explained_with(&world, &[application], world.now);
    let told = ways(&told, Rule::GrantExists);
    assert_eq!(told, [(Who::Consumer, Act::SupplyMaterial, due)]);
}
