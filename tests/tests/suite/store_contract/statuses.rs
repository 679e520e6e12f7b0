//! What issuers announce: told to every gateway, and kept as lists of states.

use kit::databases::Database;
use kit::drafts::{change, noon};
use store::{Announced, Registry, StatusList, Store};

kit::on_each_database!(
    an_announcement_is_told_to_every_gateway,
    a_gateway_that_missed_one_may_keep_nothing,
    a_list_is_read_as_it_was_written_and_in_pages,
);

const KIND: &str = "certificateTypes/11100000MB0143028R001";

async fn announce(store: &Store, tags: &[&str]) -> u64 {
    let tags: Vec<String> = tags.iter().map(ToString::to_string).collect();
    let mut tx = store.begin("announcing").await.unwrap();
    let entry = tx.record(change(0), noon()).await.unwrap();
    tx.announce(KIND, entry, &tags).await.unwrap();
    tx.save().await.unwrap();
    entry
}

async fn heard(store: &Store, known: i64) -> Announced {
    match store.registry_since(known).await.unwrap() {
        Registry::Changed { announced, .. } => announced,
        other => panic!("{other:?}"),
    }
}

async fn an_announcement_is_told_to_every_gateway(database: &Database) {
    let (store, other) = (database.open().await, database.open().await);
    announce(&store, &["before"]).await;
    let known = other.revision().await.unwrap();
    announce(&store, &["one", "two"]).await;
    announce(&store, &["three"]).await;
    let told = |tags: &[&str]| {
        let tags = tags.iter().map(ToString::to_string).collect();
        (KIND.to_owned(), tags)
    };
    let expected = Announced::These(vec![told(&["one", "two"]), told(&["three"])]);
    assert_eq!(heard(&other, known).await, expected);
    // What else changes brings no announcement along.
    let known = other.revision().await.unwrap();
    let mut tx = store.begin("recording").await.unwrap();
    tx.record(change(0), noon()).await.unwrap();
    tx.save().await.unwrap();
    assert_eq!(heard(&other, known).await, Announced::These(Vec::new()));
}

async fn a_gateway_that_missed_one_may_keep_nothing(database: &Database) {
    let store = database.open().await;
    let first = store.revision().await.unwrap();
    for _ in 0..200 {
        announce(&store, &["tag"]).await;
    }
    let Announced::These(all) = heard(&store, first).await else {
        panic!("200 announcements are kept");
    };
    assert_eq!(all.len(), 200);
    announce(&store, &["tag"]).await;
    assert_eq!(heard(&store, first).await, Announced::Anything);
}

async fn a_list_is_read_as_it_was_written_and_in_pages(database: &Database) {
    let store = database.open().await;
    assert_eq!(store.status_list(KIND).await.unwrap(), None);
    let list = |entries: u64, entry: u64| StatusList {
        salt: "5a17".to_owned(),
        entries,
        update_time: noon(),
        update_entry: entry,
    };
    let put = async |system: &str, rows: &[(&str, &str)], list: &StatusList| {
        let own = |(hash, history): &(&str, &str)| ((*hash).to_owned(), (*history).to_owned());
        let rows: Vec<_> = rows.iter().map(own).collect();
        let mut tx = store.begin("listing").await.unwrap();
        tx.put_statuses(KIND, system, &rows, list).await.unwrap();
        tx.save().await.unwrap();
    };
    // Digits sort before letters on either engine.
    let rows = [("0a", "h1"), ("1f", "h2"), ("a0", "h3"), ("f9", "h4")];
    put("systems/one", &rows, &list(4, 7)).await;
    put("systems/two", &[("1f", "h5")], &list(4, 9)).await;
    assert_eq!(store.status_list(KIND).await.unwrap(), Some(list(4, 9)));
    let mut tx = store.begin("reading").await.unwrap();
    assert_eq!(tx.status_list(KIND).await.unwrap(), Some(list(4, 9)));
    let known = tx.statuses(KIND, ["1f", "ff"]).await.unwrap();
    assert_eq!(known.len(), 1);
    // Who announced it first stays its issuer.
    let found = (known[0].system.as_str(), known[0].history.as_str());
    assert_eq!(found, ("systems/one", "h5"));
    tx.forget().await;
    let page = async |after: &str, before: &str, most: u32| {
        let rows = store.statuses_between(KIND, after, before, most).await;
        let rows = rows.unwrap().into_iter().map(|(hash, _)| hash);
        rows.collect::<Vec<_>>()
    };
    assert_eq!(page("", "g", 2).await, ["0a", "1f"]);
    assert_eq!(page("1f", "g", 9).await, ["a0", "f9"]);
    assert_eq!(page("1", "1g", 9).await, ["1f"]);
    assert_eq!(page("a", "ag", 9).await, ["a0"]);
}
