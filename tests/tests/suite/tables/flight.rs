//! The rows of a view as Arrow record batches, as a tool that speaks Flight reads them.

use std::sync::{Arc, Mutex};

use arrow_array::cast::AsArray as _;
use arrow_array::{Array as _, RecordBatch};
use arrow_flight::decode::FlightRecordBatchStream;
use arrow_flight::error::FlightError;
use arrow_flight::{FlightDescriptor, FlightInfo, Ticket};
use arrow_schema::DataType;
use futures_util::{StreamExt as _, TryStreamExt as _};
use kit::world::answer::Told;
use kit::world::ask;
use kit::world::story::Story;
use kit::world::terms::{CASE, CLERK, purpose};
use ledger::entry::Kind;
use tonic::Status;

use super::wire::{ROWS, endpoint, make};

async fn story() -> Story {
    let story = Story::of_enterprises().await;
    make(&story).await;
    let mut endpoints = story.owner.endpoints();
    endpoints
        .create_endpoint(ask(endpoint(&story)))
        .await
        .unwrap();
    story
}

/// A read as a tool writes it down.
fn command(story: &Story, items: &[&str]) -> String {
    let purpose = purpose();
    serde_json::json!({
        "resource": story.resource.name,
        "items": items,
        "limit": 10_000,
        "order": [{"item": "credit_code"}],
        "purpose": {"matter": purpose.matter, "caseNumber": CASE, "operator": CLERK},
    })
    .to_string()
}

async fn info(story: &Story, command: String) -> Result<FlightInfo, Status> {
    let descriptor = FlightDescriptor::new_cmd(command);
    let mut flight = story.platform.flight();
    let answer = flight.get_flight_info(ask(descriptor)).await;
    answer.map(tonic::Response::into_inner)
}

/// The batches of a ticket, and the metadata of its messages.
async fn read(story: &Story, ticket: Ticket) -> Result<(Vec<RecordBatch>, Vec<String>), Status> {
    let answer = story.platform.flight().do_get(ask(ticket)).await?;
    let told = Arc::new(Mutex::new(Vec::new()));
    let listening = Arc::clone(&told);
    let data = answer.into_inner().inspect(move |message| {
        if let Ok(message) = message {
            let text = String::from_utf8(message.app_metadata.to_vec()).unwrap();
            listening.lock().unwrap().push(text);
        }
    });
    let batches = FlightRecordBatchStream::new_from_flight_data(data.map_err(FlightError::from));
    let batches = batches.try_collect().await.map_err(Status::from)?;
    let told = told.lock().unwrap().clone();
    Ok((batches, told))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_brings_the_same_rows_as_a_read() {
    let story = story().await;
    let info = info(&story, command(&story, &[])).await.unwrap();
    let schema = info.clone().try_decode_schema().unwrap();
    let ticket = info.endpoint[0].ticket.clone().unwrap();
    let (batches, told) = read(&story, ticket.clone()).await.unwrap();
    assert!(batches.iter().all(|batch| *batch.schema() == schema));
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    assert_eq!(rows, ROWS);

    // Cell by cell against the same read in protobuf.
    let order = vec![api::exchange::v1::OrderBy {
        item: "credit_code".to_owned(),
        descending: false,
    }];
    let wish = api::exchange::v1::ReadRowsRequest {
        order,
        ..story.read_request(10_000)
    };
    let (expected, ended) = story.read(wish).await;
    assert!(ended.is_ok());
    let mut expected = expected.into_iter();
    for batch in &batches {
        for at in 0..batch.num_rows() {
            let row = expected.next().unwrap();
            assert_eq!(row.len(), batch.num_columns(), "no value is absent here");
            for value in row {
                let column = batch.column_by_name(&value.key).unwrap();
                let shown = arrow_cell(column, at);
                assert_eq!(shown, wire_cell(value));
            }
        }
    }

    // The receipt comes last, each batch with the cursor behind it, and the ledger agrees.
    let receipt: serde_json::Value = serde_json::from_str(told.last().unwrap()).unwrap();
    assert!(told[1].contains("cursor"), "{told:?}");
    let entries = story.auditor.entries().await;
    // As everywhere in JSON, a number of 64 bits is a text.
    let outcome = receipt["receipt"]["outcomeIndex"].as_str().unwrap();
    let outcome = &entries[outcome.parse::<usize>().unwrap()];
    assert!(matches!(outcome.kind(), Kind::Outcome { .. }));
    let counted = outcome.facts().integer("rows").unwrap();
    assert_eq!(usize::try_from(counted).unwrap(), ROWS);

    // A ticket serves one read.
    let status = read(&story, ticket).await.err().unwrap();
    assert_eq!(Told::of(&status).reason, "REQUEST_ID_REUSED");
}

fn arrow_cell(column: &arrow_array::ArrayRef, at: usize) -> String {
    assert!(column.is_valid(at));
    match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().value(at).to_owned(),
        DataType::Date32 => {
            let days = column
                .as_primitive::<arrow_array::types::Date32Type>()
                .value(at);
            format!("day {days}")
        }
        other => panic!("{other} is not among these columns"),
    }
}

/// 2022-05-12 is day 19124.
fn wire_cell(value: api::value::v1::ItemValue) -> String {
    use api::value::v1::item_value::Kind as Value;
    match value.kind.unwrap() {
        Value::Text(text) | Value::Decimal(text) => text,
        Value::Date(day) => {
            assert_eq!(day, "2022-05-12");
            "day 19124".to_owned()
        }
        Value::Integer(_) | Value::Logical(_) | Value::Time(_) => panic!("not among these columns"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_granted_is_refused_with_its_rule() {
    let story = story().await;
    let nothing_granted = "legal_representative";
    let status = info(&story, command(&story, &[nothing_granted]))
        .await
        .err()
        .unwrap();
    assert_eq!(Told::of(&status).reason, "ITEM_NOT_COVERED");
    // An order tells of the items that it follows: the read would be refused, so its description is.
    let followed = command(&story, &[]).replace("credit_code", nothing_granted);
    let status = info(&story, followed).await.err().unwrap();
    assert_eq!(Told::of(&status).reason, "ITEM_NOT_COVERED");
    let ticket = command(&story, &[nothing_granted]).replacen(
        '{',
        &format!(r#"{{"requestId": "{}","#, kit::world::new_id()),
        1,
    );
    let status = read(&story, Ticket::new(ticket)).await.err().unwrap();
    assert_eq!(Told::of(&status).reason, "ITEM_NOT_COVERED");
    for ticket in ["{\"resource\": 7}", "\u{1}nothing", ""] {
        let status = read(&story, Ticket::new(ticket)).await.err().unwrap();
        let told = Told::of(&status);
        let expected = ["REQUEST_MALFORMED", "REQUEST_INVALID"];
        assert!(
            expected.contains(&told.reason.as_str()),
            "{ticket}: {told:?}"
        );
    }
    let status = story
        .platform
        .flight()
        .list_flights(ask(arrow_flight::Criteria::default()))
        .await
        .err()
        .unwrap();
    assert_eq!(Told::of(&status).reason, "METHOD_UNKNOWN");
}
