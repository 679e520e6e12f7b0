//! A department ends and nobody takes over, or its last day is known beforehand.

use api::registry::v1 as registry;
use domain::policy::shaoyang_date;
use jiff::Span;
use kit::world::answer::{Told, refused};
use kit::world::terms::wire_system;
use kit::world::{Client, World, ask, new_id};
use prost_types::FieldMask;

use super::{event, retire};

fn days_from_today(days: i64) -> String {
    let now = broker::clock::Clock::now(&broker::clock::SystemClock);
    let span = Span::new().days(days);
    shaoyang_date(now).checked_add(span).unwrap().to_string()
}

fn end(name: &str, last: &str) -> registry::EndDepartmentRequest {
    registry::EndDepartmentRequest {
        name: name.to_owned(),
        valid_until: last.to_owned(),
        document: "邵编发〔2026〕2号（虚构）".to_owned(),
        request_id: new_id(),
        etag: String::new(),
    }
}

async fn ended(world: &World, name: &str, last: &str) -> Result<registry::Department, Told> {
    let mut operator = world.operator.departments();
    match operator.end_department(ask(end(name, last))).await {
        Ok(ended) => Ok(ended.into_inner()),
        Err(status) => Err(Told::of(&status)),
    }
}

/// Whether an officer may act today.
async fn acts(officer: &Client) -> bool {
    let request = registry::ListDepartmentsRequest::default();
    let listed = officer.departments().list_departments(ask(request)).await;
    listed.is_ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_department_ends_without_a_successor_when_nothing_is_left_of_it() {
    let world = World::start().await;
    let system = world.register_system("marriage-registry").await;
    let name = world.register_department("市民政局").await;
    let officer = world.enrol_officer("市民政局", "wang").await;
    let today = days_from_today(0);
    let told = ended(&world, &name, &today).await.unwrap_err();
    assert_eq!(told.reason, "STATE_CONFLICT");
    for part in [system.as_str(), "retire", "merge"] {
        assert!(told.message.contains(part), "{part}: {told:?}");
    }
    let told = ended(&world, &name, &days_from_today(1)).await.unwrap_err();
    assert!(told.of_field("valid_until").starts_with("NOT_YET"));

    retire(&world, &system).await;
    let over = ended(&world, &name, &days_from_today(-1)).await.unwrap();
    assert_eq!(
        (over.successor.as_str(), over.end_document.as_str()),
        ("", "邵编发〔2026〕2号（虚构）")
    );
    assert!(!acts(&officer).await, "nobody acts for it any more");
    let system = registry::CreateSystemRequest {
        system: Some(registry::System {
            name: "systems/marriage-second".to_owned(),
            ..wire_system("marriage-registry")
        }),
        request_id: new_id(),
        validate_only: false,
        document: "虚构系统底数清单".to_owned(),
    };
    let told = refused(world.operator.systems().create_system(ask(system)).await);
    let said = told.of_field("system.department");
    assert!(said.starts_with("DEPARTMENT_ENDED"), "{said}");
    let again = ended(&world, &name, &today).await.unwrap_err();
    assert_eq!(again.reason, "STATE_CONFLICT");
    let auditor = world.enrol_auditor("audit").await;
    let entries = auditor.entries().await;
    let ends = |entry: &&ledger::entry::Entry| event(entry) == Some("registry.department.ended");
    let entry = entries.iter().find(ends).unwrap();
    assert_eq!(entry.facts().text("department"), Some(name.as_str()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_last_day_ahead_is_stated_put_off_and_taken_back() {
    let world = World::start().await;
    let name = world.register_department("市民政局").await;
    let officer = world.enrol_officer("市民政局", "wang").await;
    let change = |more: &[&str]| {
        let command = ["--output", "json", "departments", "change", &name];
        world.shuqiaoctl(&world.operator, &[&command[..], more].concat())
    };
    let (today, later) = (days_from_today(0), days_from_today(30));
    for last in [&later, &today] {
        let changed = change(&["--valid-until", last]);
        assert_eq!(changed.json()["valid_until"], last.as_str(), "{changed:?}");
        assert!(acts(&officer).await, "to the end of that day");
    }
    let passed = change(&["--valid-until", &days_from_today(-1)]);
    assert!(passed.told.contains("PASSED") || passed.told.contains("record the merger"));
    let whole = change(&["--valid-until", "", "--valid-from", "2019-01-01"]).json();
    assert_eq!(
        (&whole["valid_until"], &whole["valid_from"]),
        (&"".into(), &"2019-01-01".into())
    );

    // The city always has one that publishes.
    let competent = world.register_department("市行政审批服务局").await;
    let request = registry::UpdateDepartmentRequest {
        department: Some(registry::Department {
            name: competent,
            valid_until: later,
            ..registry::Department::default()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["valid_until".to_owned()],
        }),
        request_id: new_id(),
    };
    let mut operator = world.operator.departments();
    let told = refused(operator.update_department(ask(request)).await);
    let said = told.of_field("department.valid_until");
    assert!(said.starts_with("COMPETENT"), "{said}");

    // By the command: one of the past with who took over, and the end of one that nobody takes over.
    let past = [
        "--output",
        "json",
        "departments",
        "register",
        "departments/11430500XY00000206",
        "--full-name",
        "虚构局",
        "--short-name",
        "虚构局",
        "--valid-from",
        "2010-01-01",
        "--valid-until",
        "2020-01-01",
        "--successor",
        &name,
    ];
    let mut nobody = past;
    nobody[nobody.len() - 1] = "departments/11430500XY0000127H";
    let told = world.shuqiaoctl(&world.operator, &nobody).told;
    assert!(told.contains("UNKNOWN_DEPARTMENT"), "{told}");
    let past = world.shuqiaoctl(&world.operator, &past).json();
    assert_eq!(past["successor"], name.as_str());
    let over = [
        "--output",
        "json",
        "departments",
        "end",
        &name,
        "--last-day",
        &today,
        "--document",
        "邵编发〔2026〕2号（虚构）",
    ];
    let over = world.shuqiaoctl(&world.operator, &over).json();
    assert_eq!(over["end_document"], "邵编发〔2026〕2号（虚构）");
}
