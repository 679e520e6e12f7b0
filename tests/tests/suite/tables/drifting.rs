//! A view that is rebuilt is told at the next probe, and a run of the conformance kit sees whether it fits again.

use api::catalogue::v1 as catalogue;
use api::registry::v1 as registry;
use api::registry::v1::conformance_finding::Verdict;
use broker::PageRequest;
use domain::drift::Change;
use domain::name::EndpointId;
use kit::databases::on_sqlite;
use kit::gateway::act;
use kit::tables::source::{COLUMNS, Source};
use kit::tables::{PROVIDER, Tables};
use kit::world::ask;
use kit::world::conformed::request;
use kit::world::story::Story;
use proptest::test_runner::TestRunner;
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};

use super::over_each;
use super::strategies::rows;
use super::wire::{endpoint, make, sources};

/// Builds the view anew, with another name for one of its columns.
async fn rebuild(story: &Story, column: &str, named: &str) {
    let file = sources(story).join("registry.db");
    let url = format!("sqlite:{}", file.display());
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    let read = "SELECT sql FROM sqlite_master WHERE name = 'shown'";
    let made: String = sqlx::query_scalar(read)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    let renamed = made.replace(&format!("AS {column}"), &format!("AS {named}"));
    assert_ne!(renamed, made, "{made}");
    let statements = format!("DROP VIEW shown; {renamed}");
    let run = sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut connection);
    run.await.unwrap();
    connection.close().await.unwrap();
}

async fn run(story: &Story) -> registry::CheckConformanceResponse {
    let name = format!("{}/endpoints/table", story.resource.system);
    let run = request(&name, Vec::new());
    let answer = story.owner.endpoints().check_conformance(ask(run)).await;
    answer.unwrap().into_inner()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_column_that_has_another_name_is_told_by_the_probe_and_fails_the_run() {
    let story = Story::of_enterprises().await;
    make(&story).await;
    let register = ask(endpoint(&story));
    story
        .owner
        .endpoints()
        .create_endpoint(register)
        .await
        .unwrap();
    let good = run(&story).await;
    assert!(good.passed, "{:?}", good.findings);
    assert_eq!(story.platform.drifts().await, []);

    rebuild(&story, "enterprise_name", "company_name").await;
    let table = format!("{}/endpoints/table", story.resource.system);
    story.owner.probe(&table).await;
    let found = story.platform.drifts().await;
    let [drift] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(drift.resource, story.resource.name);
    assert_eq!(drift.seen_in(), catalogue::resource_drift::SeenIn::Probe);
    let [change] = drift.changes.as_slice() else {
        panic!("{:?}", drift.changes)
    };
    assert_eq!(change.kind(), catalogue::drift_change::Kind::Renamed);
    assert_eq!(
        (change.path.as_str(), change.seen.as_str()),
        ("enterprise_name", "company_name")
    );
    let bad = run(&story).await;
    assert!(!bad.passed);
    let schema = bad
        .findings
        .iter()
        .find(|finding| finding.case == "schema")
        .unwrap();
    assert_eq!(schema.verdict(), Verdict::Failed);
    assert_eq!(
        story.platform.drifts().await.len(),
        1,
        "a run that failed ends nothing"
    );

    rebuild(&story, "company_name", "enterprise_name").await;
    assert!(run(&story).await.passed);
    assert_eq!(story.platform.drifts().await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_failed_look_among_many_is_no_failure_yet() {
    on_sqlite(async |database| {
        let source = Source::sqlite();
        let tables = Tables::over(database, &source, &[]).await;
        let gateway = &tables.gateway;
        let system = EndpointId::from_id("enterprise-registry.table")
            .unwrap()
            .system()
            .unwrap();
        let serves = async || {
            gateway.probe_all().await.unwrap();
            let listed = gateway.endpoints(&tables.operator, &system, false).await;
            listed.unwrap()[0].value.health.is_serving()
        };
        let folder = gateway.folder().join("sources").join(PROVIDER);
        let (file, away) = (folder.join("table.db"), folder.join("away.db"));
        assert!(serves().await);
        std::fs::rename(&file, &away).unwrap();
        assert!(serves().await, "once");
        std::fs::rename(&away, &file).unwrap();
        assert!(serves().await);
        std::fs::rename(&file, &away).unwrap();
        assert!(serves().await, "once again, and not twice in a row");
        assert!(!serves().await, "twice in a row");
        std::fs::rename(&away, &file).unwrap();
        assert!(serves().await, "one good look is enough");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_latest_fault_is_told_and_not_the_first() {
    let story = Story::of_enterprises().await;
    make(&story).await;
    let register = ask(endpoint(&story));
    let mut endpoints = story.owner.endpoints();
    let made = endpoints.create_endpoint(register).await.unwrap();
    let table = made.into_inner().name;
    let fault = async || {
        story.owner.probe(&table).await;
        let listed = registry::ListEndpointsRequest {
            parent: story.resource.system.clone(),
            show_deleted: false,
        };
        let listed = story.owner.endpoints().list_endpoints(ask(listed)).await;
        let mut listed = listed.unwrap().into_inner().endpoints.into_iter();
        listed.find(|one| one.name == table).unwrap().last_error
    };
    rebuild(&story, "enterprise_name", "company_name").await;
    let first = fault().await;
    assert!(first.contains("company_name"), "{first}");
    std::fs::remove_file(sources(&story).join("registry.db")).unwrap();
    let then = fault().await;
    assert!(then.contains("folder sources"), "{then}");
}

/// The view of a server's database, with these columns in place of its own.
async fn rebuild_on(source: &Source, columns: &str) {
    let user = source.user();
    let grant = match source {
        Source::Mysql(_) => format!("GRANT SELECT ON tables.shown TO '{user}'@'%'"),
        Source::Sqlite(_) | Source::Postgres(..) => format!("GRANT SELECT ON shown TO {user}"),
    };
    for statement in [
        "DROP VIEW shown".to_owned(),
        format!("CREATE VIEW shown AS SELECT {columns} FROM held"),
        grant,
    ] {
        source.run(&statement).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn columns_of_another_name_or_type_are_told_once_with_what_they_were() {
    let event = Some("catalogue.resource.drifted");
    let table = rows(&mut TestRunner::deterministic(), 20);
    over_each(&table, async |tables: &Tables, source: &Source| {
        // The file of SQLite was copied to the gateway, and has no types that could change.
        if matches!(source, Source::Sqlite(_)) {
            return;
        }
        let gateway = &tables.gateway;
        let name = EndpointId::from_id("enterprise-registry.table").unwrap();
        let recorded = async || {
            let page = PageRequest::new(0, "").unwrap();
            let found = gateway.entries(&tables.operator, &page, None, event).await;
            found.unwrap().entries.len()
        };
        gateway.probe_endpoint(&tables.owner, &name).await.unwrap();
        assert!(gateway.drifts(&tables.owner).is_empty());

        // By its own names, all but two: the first of another type, the other of another name.
        let quote = if matches!(source, Source::Mysql(_)) {
            '`'
        } else {
            '"'
        };
        let columns = COLUMNS.map(|column| match column {
            "c_count" => "'many' AS c_count".to_owned(),
            "c_day" => "c_day AS c_date".to_owned(),
            other => format!("{quote}{other}{quote}"),
        });
        rebuild_on(source, &columns.join(", ")).await;
        for _ in 0..2 {
            gateway.probe_endpoint(&tables.owner, &name).await.unwrap();
            for who in [&tables.owner, &tables.platform] {
                let found = gateway.drifts(who);
                let [drift] = found.as_slice() else {
                    panic!("{:?}: {found:?}", source.engine())
                };
                assert_eq!(drift.resource.name, tables.resource.name);
                let changes = &drift.drift.changes;
                assert_eq!(changes.len(), 2, "{changes:?}");
                let is_retyped =
                    |one: &Change| matches!(one, Change::Retyped { path, .. } if path == "count");
                let is_renamed = |one: &Change| matches!(one, Change::Renamed { path, seen } if path == "day" && seen == "c_date");
                assert!(changes.iter().any(is_retyped), "{changes:?}");
                assert!(changes.iter().any(is_renamed), "{changes:?}");
            }
            assert_eq!(recorded().await, 1);
        }

        rebuild_on(source, "*").await;
        let id = gateway.new_request();
        let asked = act(&tables.owner, &id, "CheckConformance");
        let run = gateway.check_conformance(&asked, &name, &[]).await.unwrap();
        assert!(run.report.passed(), "{:?}", run.report.findings);
        assert!(gateway.drifts(&tables.owner).is_empty());
    })
    .await;
}
