//! A view over the real wire: registered, read, resumed, and read by `shuqiaoctl`.

use std::collections::HashMap;
use std::path::PathBuf;

use api::exchange::v1 as exchange;
use api::exchange::v1::read_rows_response::Part;
use api::registry::v1 as registry;
use api::registry::v1::endpoint::{Health, Protocol};
use kit::world::story::Story;
use kit::world::terms::{CASE, CLERK, purpose};
use kit::world::{ask, new_id};
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};

pub(crate) const ROWS: usize = 1_234;

/// Where files of the story's system lie.
pub(super) fn sources(story: &Story) -> PathBuf {
    let id = story.resource.system.strip_prefix("systems/").unwrap();
    story.world.folder().join("sources").join(id)
}

/// A file in the system's folder with a row for each number, and a view of it.
pub(crate) async fn make(story: &Story) {
    let sources = sources(story);
    std::fs::create_dir_all(&sources).unwrap();
    let url = format!("sqlite:{}?mode=rwc", sources.join("registry.db").display());
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    let columns = story
        .resource
        .items
        .iter()
        .map(|item| match item.data_type.as_str() {
            "D" => format!("'2022-05-12' AS {}", item.key),
            "N" | "Y" => format!("n * 0.5 AS {}", item.key),
            "I" => format!("n AS {}", item.key),
            _ => format!("'{}-' || n AS {}", item.key, item.key),
        });
    let columns: Vec<String> = columns.collect();
    let statements = format!(
        "CREATE TABLE numbers (n INTEGER PRIMARY KEY);
         WITH RECURSIVE up(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < {ROWS})
         INSERT INTO numbers SELECT n FROM up;
         CREATE VIEW shown AS SELECT n, {} FROM numbers;",
        columns.join(", ")
    );
    sqlx::raw_sql(AssertSqlSafe(statements))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

pub(crate) fn endpoint(story: &Story) -> registry::CreateEndpointRequest {
    let parent = story.resource.system.clone();
    let own = |item: &api::catalogue::v1::ResourceItem| (item.key.clone(), item.key.clone());
    let view = registry::SqlView {
        resource: story.resource.name.clone(),
        view: "shown".to_owned(),
        columns: story
            .resource
            .items
            .iter()
            .map(own)
            .collect::<HashMap<_, _>>(),
        key: vec!["n".to_owned()],
    };
    let endpoint = registry::Endpoint {
        name: format!("{parent}/endpoints/table"),
        protocol: Protocol::SqlSqlite.into(),
        address: "file:registry.db".to_owned(),
        sql: Some(registry::SqlSource {
            database: "main".to_owned(),
            secret: String::new(),
            views: vec![view],
        }),
        ..registry::Endpoint::default()
    };
    registry::CreateEndpointRequest {
        parent,
        endpoint: Some(endpoint),
        request_id: new_id(),
        validate_only: false,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_is_registered_read_and_resumed_over_the_wire() {
    let story = Story::of_enterprises().await;
    make(&story).await;
    let made = story
        .owner
        .endpoints()
        .create_endpoint(ask(endpoint(&story)))
        .await;
    let made = made.unwrap().into_inner();
    assert_eq!(made.health(), Health::Serving, "{}", made.last_error);
    assert_eq!(made.sql, endpoint(&story).endpoint.unwrap().sql);

    // All of it, then again from behind the first batch.
    let key = "credit_code";
    let wish = || exchange::ReadRowsRequest {
        items: vec![key.to_owned()],
        order: vec![exchange::OrderBy {
            item: key.to_owned(),
            descending: true,
        }],
        ..story.read_request(10_000)
    };
    let (whole, ended) = story.read(wish()).await;
    assert_eq!((whole.len(), ended.is_ok()), (ROWS, true));
    let mut parts = story
        .platform
        .exchange()
        .read_rows(ask(wish()))
        .await
        .unwrap()
        .into_inner();
    let Some(Part::Batch(first)) = parts.message().await.unwrap().unwrap().part else {
        panic!("no batch");
    };
    drop(parts);
    let resumed = exchange::ReadRowsRequest {
        resume: first.cursor,
        request_id: new_id(),
        ..wish()
    };
    let (rest, ended) = story.read(resumed).await;
    assert!(ended.is_ok());
    assert!(rest == whole[first.rows.len()..]);
    read_by_command(&story);
}

/// The same as an engineer does it.
fn read_by_command(story: &Story) {
    let filter = r#"{"in": {"item": "credit_code", "values": [{"text": "credit_code-7"}, {"text": "credit_code-8"}]}}"#;
    let matter = purpose().matter;
    let read = ["--output", "json", "rows", "read", &story.resource.name];
    let why = ["--matter", &matter, "--case", CASE, "--operator", CLERK];
    let wish = ["--items", "credit_code", "--order", "-credit_code"];
    let arguments = [&read[..], &why, &wish, &["--filter", filter]].concat();
    let read = story.world.shuqiaoctl(&story.platform, &arguments);
    assert_eq!(read.code, 0, "{read:?}");
    let shown = read.said;
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(
        lines[..2],
        [
            r#"{"credit_code":"credit_code-8"}"#,
            r#"{"credit_code":"credit_code-7"}"#
        ]
    );
    assert!(
        lines[2].contains("outcome_index") && lines[2].contains("cursor"),
        "{shown}"
    );
}
