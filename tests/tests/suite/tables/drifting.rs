//! A view that is rebuilt is told at the next probe, and a run of the conformance kit sees whether it fits again.

use api::catalogue::v1 as catalogue;
use api::registry::v1 as registry;
use api::registry::v1::conformance_finding::Verdict;
use kit::world::conformed::request;
use kit::world::story::Story;
use kit::world::{ask, new_id};
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};

use super::wire::{endpoint, make};

/// Builds the view anew, with another name for one of its columns.
async fn rebuild(story: &Story, column: &str, named: &str) {
    let file = story.world.folder().join("sources").join("registry.db");
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

async fn probe(story: &Story) {
    let request = registry::ProbeEndpointRequest {
        name: format!("{}/endpoints/table", story.resource.system),
        request_id: new_id(),
    };
    story
        .owner
        .endpoints()
        .probe_endpoint(ask(request))
        .await
        .unwrap();
}

async fn drifts(story: &Story) -> Vec<catalogue::ResourceDrift> {
    let list = ask(catalogue::ListResourceDriftsRequest {});
    let answer = story.platform.resources().list_resource_drifts(list).await;
    answer.unwrap().into_inner().drifts
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
    assert_eq!(drifts(&story).await, []);

    rebuild(&story, "enterprise_name", "company_name").await;
    probe(&story).await;
    let found = drifts(&story).await;
    let [drift] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(drift.resource, story.resource.name);
    assert_eq!(drift.seen_in(), catalogue::resource_drift::SeenIn::Probe);
    assert_eq!(
        drift.changes[0].kind(),
        catalogue::drift_change::Kind::Missing
    );
    assert_eq!(drift.changes[0].path, "enterprise_name");
    let bad = run(&story).await;
    assert!(!bad.passed);
    let schema = bad
        .findings
        .iter()
        .find(|finding| finding.case == "schema")
        .unwrap();
    assert_eq!(schema.verdict(), Verdict::Failed);
    assert_eq!(
        drifts(&story).await.len(),
        1,
        "a run that failed ends nothing"
    );

    rebuild(&story, "company_name", "enterprise_name").await;
    assert!(run(&story).await.passed);
    assert_eq!(drifts(&story).await, []);
}
