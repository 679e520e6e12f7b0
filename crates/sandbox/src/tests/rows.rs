//! Rows: which, how many, in what pieces.

use std::time::Duration;

use api::exchange::v1::Row;
use api::provider::v1 as pb;
use api::provider::v1::row_provider_service_client::RowProviderServiceClient;
use api::value::v1::item_value::Kind;
use tonic::{Code, Status};

use super::filters::{compare, text};
use super::{REQUEST_ID, Scene, ticket};
use crate::client::with_deadline;
use crate::data::holdings_for;
use crate::provider::Behaviour;
use api::exchange::v1::comparison::Operator;

const RESOURCE: &str = "resources/102001-000001";

fn request() -> pb::StreamRowsRequest {
    pb::StreamRowsRequest {
        ticket: Some(ticket()),
        resource: RESOURCE.to_owned(),
        items: vec!["enterprise_name".to_owned(), "term_until".to_owned()],
        limit: 10_000,
        ..pb::StreamRowsRequest::default()
    }
}

/// The sizes of the batches, the rows, and how the stream ended.
async fn read(
    scene: &Scene,
    request: pb::StreamRowsRequest,
) -> (Vec<usize>, Vec<Row>, Option<Code>) {
    let mut client = RowProviderServiceClient::new(scene.gateway.clone());
    let (mut sizes, mut rows) = (Vec::new(), Vec::new());
    let answer = client
        .stream_rows(with_deadline(request, Duration::from_secs(10)))
        .await;
    let mut stream = match answer {
        Ok(answer) => answer.into_inner(),
        Err(status) => return (sizes, rows, Some(status.code())),
    };
    loop {
        let next: Result<Option<pb::StreamRowsResponse>, Status> = stream.message().await;
        match next {
            Ok(Some(message)) => {
                assert_eq!(message.request_id, REQUEST_ID);
                let batch = message.batch.unwrap_or_default();
                sizes.push(batch.rows.len());
                rows.extend(batch.rows);
            }
            Ok(None) => return (sizes, rows, None),
            Err(status) => return (sizes, rows, Some(status.code())),
        }
    }
}

#[tokio::test]
async fn all_rows_come_in_batches_with_the_wanted_items_only() {
    let holdings = holdings_for("enterprise-registry").unwrap();
    assert!(holdings.rows.len() >= 200);
    let total = holdings.rows.len();
    let scene = Scene::with(holdings).await;
    let (sizes, rows, end) = read(&scene, request()).await;
    assert_eq!((rows.len(), end), (total, None));
    assert!(
        sizes.len() > 1 && sizes.iter().all(|size| (1..=500).contains(size)),
        "{sizes:?}"
    );
    let wanted = ["enterprise_name", "term_until"];
    assert!(
        rows.iter()
            .flat_map(|row| &row.values)
            .all(|value| wanted.contains(&value.key.as_str()))
    );
    // An item without a value is left out.
    assert!(rows.iter().any(|row| row.values.len() == 1));
    assert!(rows.iter().any(|row| row.values.len() == 2));
}

#[tokio::test]
async fn a_filter_and_a_limit_are_kept() {
    let scene = Scene::of("enterprise-registry").await;
    let filter = compare(Operator::Prefix, text("enterprise_name", "测试企业01"));
    let filtered = pb::StreamRowsRequest {
        filter: Some(filter),
        ..request()
    };
    let (_, rows, end) = read(&scene, filtered.clone()).await;
    assert_eq!((rows.len(), end), (10, None));
    let (_, rows, _) = read(
        &scene,
        pb::StreamRowsRequest {
            limit: 3,
            ..filtered
        },
    )
    .await;
    assert_eq!(rows.len(), 3);
    let none = compare(Operator::Equal, text("enterprise_name", "nobody"));
    let (sizes, _, end) = read(
        &scene,
        pb::StreamRowsRequest {
            filter: Some(none),
            ..request()
        },
    )
    .await;
    assert_eq!((sizes.len(), end), (0, None));
}

#[tokio::test]
async fn what_cannot_be_served_is_refused() {
    let scene = Scene::of("enterprise-registry").await;
    let malformed = compare(Operator::Unspecified, text("enterprise_name", "x"));
    for (request, code) in [
        (
            pb::StreamRowsRequest {
                limit: 0,
                ..request()
            },
            Code::InvalidArgument,
        ),
        (
            pb::StreamRowsRequest {
                limit: -1,
                ..request()
            },
            Code::InvalidArgument,
        ),
        (
            pb::StreamRowsRequest {
                ticket: None,
                ..request()
            },
            Code::InvalidArgument,
        ),
        (
            pb::StreamRowsRequest {
                filter: Some(malformed),
                ..request()
            },
            Code::InvalidArgument,
        ),
        (
            pb::StreamRowsRequest {
                resource: "resources/105001-000001".to_owned(),
                ..request()
            },
            Code::NotFound,
        ),
    ] {
        assert_eq!(read(&scene, request).await.2, Some(code));
    }
}

#[tokio::test]
async fn rows_can_be_wrong_in_each_way() {
    let scene = Scene::of("enterprise-registry").await;
    let three = || pb::StreamRowsRequest {
        limit: 3,
        ..request()
    };

    scene.provider.set_behaviour(Behaviour::TooMany);
    assert_eq!(read(&scene, three()).await.1.len(), 4);

    scene.provider.set_behaviour(Behaviour::ExtraItems);
    let (_, rows, _) = read(&scene, three()).await;
    let has = |key: &str| rows[0].values.iter().any(|value| value.key == key);
    assert!(has("credit_code") && has("internal_remark"));

    scene.provider.set_behaviour(Behaviour::MistypedItem);
    let (_, rows, _) = read(&scene, three()).await;
    assert!(rows[0].values[0].kind == Some(Kind::Integer(0)));

    scene.provider.set_behaviour(Behaviour::BreakOff);
    let (sizes, rows, end) = read(&scene, request()).await;
    assert_eq!(
        (sizes.len(), rows.len(), end),
        (1, 100, Some(Code::Unavailable))
    );

    scene.provider.set_behaviour(Behaviour::Fail);
    assert_eq!(read(&scene, three()).await.2, Some(Code::Internal));
}
