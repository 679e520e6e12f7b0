//! Rows that are disputed: known again by values of their items, whoever reads them and whatever was asked for.

use api::exchange::v1 as exchange;
use api::exchange::v1::read_rows_response::Part;
use api::sharing::v1 as pb;
use arrow_flight::{FlightDescriptor, Ticket};
use kit::world::answer::refused;
use kit::world::ask;
use kit::world::story::Story;
use kit::world::terms::{CASE, CLERK, purpose};
use sandbox::people;

use super::cast::{accept, corrected, of_row, raise};
use crate::tables::wire;

const CODE: &str = "credit_code";
const NAME: &str = "enterprise_name";

/// The rows that came with their marks, and what the outcome says.
async fn read(
    story: &Story,
    request: exchange::ReadRowsRequest,
) -> (Vec<exchange::Row>, ledger::entry::Entry) {
    let answer = story.platform.exchange().read_rows(ask(request)).await;
    let mut parts = answer.unwrap().into_inner();
    let mut rows = Vec::new();
    loop {
        match parts.message().await.unwrap().unwrap().part.unwrap() {
            Part::Batch(batch) => rows.extend(batch.rows),
            Part::Receipt(receipt) => {
                let index = usize::try_from(receipt.outcome_index).unwrap();
                return (rows, story.auditor.entries().await.remove(index));
            }
        }
    }
}

/// The names of the corrections of each disputed row, with the row's place.
fn marked(rows: &[exchange::Row]) -> Vec<(usize, Vec<&str>)> {
    let rows = rows.iter().enumerate();
    let marked = rows.filter(|(_, row)| !row.disputes.is_empty());
    marked
        .map(|(place, row)| {
            let disputes = row.disputes.iter();
            (place, disputes.map(|one| one.correction.as_str()).collect())
        })
        .collect()
}

fn text<'a>(row: &'a exchange::Row, key: &str) -> &'a str {
    use api::value::v1::item_value::Kind;
    let value = row.values.iter().find(|value| value.key == key).unwrap();
    match value.kind.as_ref().unwrap() {
        Kind::Text(text) => text,
        _ => panic!("{key} is no text"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_is_marked_whatever_items_of_it_are_asked_for() {
    let story = Story::of_enterprises().await;
    let (all, outcome) = read(&story, story.read_request(200)).await;
    assert!(marked(&all).is_empty() && outcome.facts().get("disputed").is_none());
    let code = people::SHOP.code;
    let place = all.iter().position(|row| text(row, CODE) == code).unwrap();
    let doubt = pb::Correction {
        items: vec![NAME.to_owned()],
        ..of_row(&story, &[(CODE, code.as_ref())])
    };
    let raised = raise(&story.platform, doubt).await.unwrap().into_inner();
    let own = raised.name.as_str();

    let (rows, outcome) = read(&story, story.read_request(200)).await;
    assert_eq!(marked(&rows), [(place, vec![own])]);
    let mark = &rows[place].disputes[0];
    assert_eq!(
        (mark.items.as_slice(), mark.since),
        (&[NAME.to_owned()][..], raised.raise_time)
    );
    assert_eq!(outcome.facts().integer("disputed_rows"), Some(1));
    assert_eq!(
        outcome.facts().list("disputed"),
        Some(&[raised.name.clone()][..])
    );
    // By what is not asked for, and does not leave.
    let narrow = || exchange::ReadRowsRequest {
        items: vec![NAME.to_owned()],
        ..story.read_request(200)
    };
    let (rows, outcome) = read(&story, narrow()).await;
    assert_eq!(marked(&rows), [(place, vec![own])]);
    assert!(
        rows.iter()
            .all(|row| row.values.len() == 1 && row.values[0].key == NAME)
    );
    assert_eq!(outcome.facts().integer("disputed_rows"), Some(1));
    // By several values at once, each of which alone is another row's too.
    let shop = &all[place];
    let values = [(NAME, text(shop, NAME)), (CODE, text(shop, CODE))];
    let second = raise(&story.applicant, of_row(&story, &values)).await;
    let second = second.unwrap().into_inner();
    let wrong = [(NAME, text(shop, NAME)), (CODE, "91430502XYXYXY016N")];
    raise(&story.applicant, of_row(&story, &wrong))
        .await
        .unwrap();
    let (rows, _) = read(&story, narrow()).await;
    let [(at, names)] = marked(&rows).try_into().unwrap();
    assert_eq!((at, names.len()), (place, 2));
    assert!(names.contains(&own) && names.contains(&second.name.as_str()));

    accept(&story.owner, own).await.unwrap();
    corrected(&story.owner, own).await.unwrap();
    let (rows, _) = read(&story, narrow()).await;
    assert_eq!(marked(&rows), [(place, vec![second.name.as_str()])]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_a_view_are_marked_and_arrow_says_it_beside_the_batch() {
    let story = Story::of_enterprises().await;
    wire::make(&story).await;
    let mut endpoints = story.owner.endpoints();
    let request = wire::endpoint(&story);
    endpoints.create_endpoint(ask(request)).await.unwrap();
    let raised = raise(
        &story.platform,
        of_row(&story, &[(CODE, "credit_code-700")]),
    )
    .await;
    let name = raised.unwrap().into_inner().name;
    let narrow = exchange::ReadRowsRequest {
        items: vec![NAME.to_owned()],
        ..story.read_request(10_000)
    };
    let (rows, _) = read(&story, narrow).await;
    assert_eq!(
        (rows.len(), marked(&rows)),
        (wire::ROWS, vec![(699, vec![name.as_str()])])
    );
    let purpose = purpose();
    let command = serde_json::json!({
        "resource": story.resource.name,
        "items": [NAME],
        "limit": 1000,
        "purpose": {"matter": purpose.matter, "caseNumber": CASE, "operator": CLERK},
    });
    let mut flight = story.platform.flight();
    let descriptor = FlightDescriptor::new_cmd(command.to_string());
    let info = flight.get_flight_info(ask(descriptor)).await.unwrap();
    let ticket: Ticket = info.into_inner().endpoint[0].ticket.clone().unwrap();
    let mut messages = flight.do_get(ask(ticket)).await.unwrap().into_inner();
    let mut told = Vec::new();
    while let Some(message) = messages.message().await.unwrap() {
        let metadata = String::from_utf8(message.app_metadata.to_vec()).unwrap();
        told.extend(serde_json::from_str::<serde_json::Value>(&metadata));
    }
    let disputes: Vec<_> = told.iter().filter_map(|one| one.get("disputes")).collect();
    let [disputes] = disputes.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!(disputes[0]["correction"], name.as_str());
    assert!(
        disputes[0]["row"].as_u64().unwrap() < 500,
        "within its batch"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_is_named_by_texts_of_granted_items_and_every_fault_is_told() {
    let story = Story::of_enterprises().await;
    let place = |index: usize| format!("correction.record.row.values[{index}]");
    let told = async |values: &[(&str, &str)]| {
        refused(raise(&story.platform, of_row(&story, values)).await)
    };
    for values in [
        &[][..],
        &[("a", "1"), ("b", "1"), ("c", "1"), ("d", "1"), ("e", "1")],
    ] {
        let faults = told(values).await;
        assert!(
            faults
                .of_field("correction.record.row.values")
                .starts_with("TOO_MANY")
        );
    }
    let long = "9".repeat(201);
    let faults = told(&[(CODE, ""), (NAME, &long), (CODE, "1"), ("no key", "1")]).await;
    for (index, code) in [(0, "OUT_OF_RANGE"), (1, "OUT_OF_RANGE"), (3, "NOT_A_KEY")] {
        let fault = faults.of_field(&place(index));
        assert!(fault.starts_with(code), "{fault}");
    }
    let faults = told(&[(CODE, "1"), (CODE, "2")]).await;
    assert!(faults.of_field(&place(1)).starts_with("DUPLICATE"));
    // What is withheld from the consumer names no row for it, and a day is no text.
    let faults = told(&[
        ("legal_representative", "1"),
        ("established_date", "2020-01-01"),
    ])
    .await;
    assert!(
        faults.of_field(&place(1)).starts_with("ITEM_NOT_GRANTED"),
        "{faults:?}"
    );
    assert!(
        faults.of_field(&place(0)).starts_with("NOT_TEXT"),
        "{faults:?}"
    );
    let edge = "9".repeat(200);
    raise(&story.platform, of_row(&story, &[(CODE, &edge)]))
        .await
        .unwrap();
    let nameless = pb::Correction {
        resource: String::new(),
        ..of_row(&story, &[(CODE, "1")])
    };
    let faults = refused(raise(&story.platform, nameless).await);
    assert!(
        faults
            .of_field("correction.resource")
            .starts_with("REQUIRED")
    );
}
