//! Entries of state changes: gap-free, readable by whom they concern.

use kit::databases::Database;
use kit::drafts::{
    all_entries, assert_no_index_skipped, change, grant_name, granted_intent, intent, noon,
    request_id,
};
use kit::gateway::log_signer;
use kit::together;
use ledger::entry::{Draft, Entry, Kind};
use store::recorder::Recorder;
use store::{EntryFilter, Store, StoreError};

kit::on_each_database!(
    entries_take_the_next_places,
    an_aborted_transaction_leaves_no_hole,
    eight_writers_at_once_leave_no_hole,
    an_entry_that_breaks_a_rule_is_refused_alone,
    the_stored_bytes_are_the_entry,
    entries_are_listed_newest_first_and_page_by_page,
    entries_are_found_by_either_side,
    entries_of_a_grant_are_its_intents_and_outcomes,
    names_are_found_in_the_index_and_behind_it,
);

async fn record(store: &Store, draft: Draft) -> u64 {
    let mut tx = store.begin("recording").await.unwrap();
    let index = tx.record(draft, noon()).await.unwrap();
    let receipts = tx.save().await.unwrap();
    assert_eq!(
        receipts
            .iter()
            .map(|receipt| receipt.index())
            .collect::<Vec<_>>(),
        [index]
    );
    index
}

async fn indexes(store: &Store, filter: &EntryFilter) -> Vec<u64> {
    let found = store.entries_before(u64::MAX, filter, 100).await.unwrap();
    found.iter().map(|stored| stored.entry.index()).collect()
}

async fn entries_take_the_next_places(database: &Database) {
    let store = database.open().await;
    assert_eq!(store.ledger_size().await.unwrap(), 0);
    let mut tx = store.begin("several").await.unwrap();
    for expected in 0..3 {
        assert_eq!(tx.record(change(0), noon()).await.unwrap(), expected);
    }
    let receipts = tx.save().await.unwrap();
    assert_eq!(
        receipts
            .iter()
            .map(|receipt| receipt.index())
            .collect::<Vec<_>>(),
        [0, 1, 2]
    );
    assert_eq!(record(&store, change(1)).await, 3);
    assert_eq!(assert_no_index_skipped(&store).await, 4);
}

async fn an_aborted_transaction_leaves_no_hole(database: &Database) {
    let store = database.open().await;
    for round in 0..5 {
        record(&store, change(round)).await;
        let mut tx = store.begin("aborting").await.unwrap();
        tx.record(change(100), noon()).await.unwrap();
        tx.record(change(101), noon()).await.unwrap();
        if round % 2 == 0 {
            drop(tx)
        } else {
            tx.forget().await
        }
    }
    assert_eq!(assert_no_index_skipped(&store).await, 5);
}

async fn eight_writers_at_once_leave_no_hole(database: &Database) {
    let store = database.open().await;
    let write = |writer: usize| {
        let store = store.clone();
        async move {
            for round in 0..12 {
                let mut tx = store.begin("writing").await.unwrap();
                tx.record(change(writer * 100 + round), noon())
                    .await
                    .unwrap();
                if round % 3 == 2 {
                    drop(tx)
                } else {
                    drop(tx.save().await.unwrap())
                }
            }
        }
    };
    let writers: Vec<_> = (0..8).map(|writer| tokio::spawn(write(writer))).collect();
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(assert_no_index_skipped(&store).await, 8 * 8);
    let mut requests: Vec<String> = all_entries(&store)
        .await
        .iter()
        .map(|s| s.entry.request_id().to_owned())
        .collect();
    requests.sort();
    let saved = (0..8).flat_map(|w| {
        (0..12)
            .filter(|r| r % 3 != 2)
            .map(move |r| request_id(w * 100 + r))
    });
    assert_eq!(requests, saved.collect::<Vec<_>>());
}

async fn an_entry_that_breaks_a_rule_is_refused_alone(database: &Database) {
    let store = database.open().await;
    let mut tx = store.begin("refused").await.unwrap();
    let refused = tx
        .record(change(0).with_fact("Not A Key", "x"), noon())
        .await
        .unwrap_err();
    assert!(matches!(refused, StoreError::Entry(_)), "{refused}");
    drop(tx);
    assert_eq!(record(&store, change(0)).await, 0);
}

async fn the_stored_bytes_are_the_entry(database: &Database) {
    let store = database.open().await;
    let draft = change(7)
        .with_fact("title", "结婚登记")
        .with_fact("list", vec!["a".to_owned()]);
    record(&store, draft).await;
    let stored = all_entries(&store).await.remove(0);
    assert_eq!(stored.body, stored.entry.encode());
    assert_eq!(Entry::decode(&stored.body).unwrap(), stored.entry);
    assert_eq!(stored.entry.time(), noon());
    assert_eq!(stored.entry.request_id(), request_id(7));
    assert_eq!(stored.entry.facts().text("title"), Some("结婚登记"));
}

async fn entries_are_listed_newest_first_and_page_by_page(database: &Database) {
    let store = database.open().await;
    for number in 0..7 {
        record(&store, change(number)).await;
    }
    let page = async |before| -> Vec<u64> {
        let found = store
            .entries_before(before, &EntryFilter::default(), 3)
            .await
            .unwrap();
        found.iter().map(|stored| stored.entry.index()).collect()
    };
    assert_eq!(page(u64::MAX).await, [6, 5, 4]);
    assert_eq!(page(4).await, [3, 2, 1]);
    assert_eq!(page(1).await, [0]);
    assert!(page(0).await.is_empty());
}

async fn entries_are_found_by_either_side(database: &Database) {
    let store = database.open().await;
    let between = |consumer: &str, provider: &str| {
        change(0)
            .with_fact("consumer", consumer)
            .with_fact("consumer_department", format!("of-{consumer}"))
            .with_fact("provider", provider)
            .with_fact("provider_department", format!("of-{provider}"))
    };
    record(&store, between("a", "b")).await;
    record(&store, between("b", "c")).await;
    record(
        &store,
        change(0)
            .with_fact("system", "a")
            .with_fact("department", "of-a"),
    )
    .await;
    record(&store, change(0).with_fact("grant", "g")).await;
    let system = |name: &str| EntryFilter {
        system: Some(name.to_owned()),
        ..EntryFilter::default()
    };
    let department = |name: &str| EntryFilter {
        department: Some(name.to_owned()),
        ..EntryFilter::default()
    };
    assert_eq!(indexes(&store, &system("a")).await, [2, 0]);
    assert_eq!(indexes(&store, &system("b")).await, [1, 0]);
    assert!(indexes(&store, &system("stranger")).await.is_empty());
    assert_eq!(indexes(&store, &department("of-a")).await, [2, 0]);
    assert_eq!(indexes(&store, &department("of-c")).await, [1]);
    let grant = EntryFilter {
        grant: Some("g".to_owned()),
        ..system("a")
    };
    assert!(indexes(&store, &grant).await.is_empty());
    let grant = EntryFilter {
        grant: Some("g".to_owned()),
        ..EntryFilter::default()
    };
    assert_eq!(indexes(&store, &grant).await, [3]);
}

async fn entries_of_a_grant_are_its_intents_and_outcomes(database: &Database) {
    let store = database.open().await;
    let recorder = Recorder::start(store.clone());
    let grant = grant_name(1);
    record(&store, change(0).with_fact("grant", grant.as_str())).await;
    let granted = intent(1).with_grant(grant.as_str(), 1);
    let receipt = recorder
        .intent(granted, "a".to_owned(), noon())
        .await
        .unwrap();
    recorder
        .intent(intent(2), "a".to_owned(), noon())
        .await
        .unwrap();
    recorder
        .outcome(Draft::outcome(&receipt), &receipt, true, noon())
        .await
        .unwrap();
    let found = store
        .entries_between(0, u64::MAX, &grant, 100)
        .await
        .unwrap();
    let kinds: Vec<&Kind> = found.iter().map(|stored| stored.entry.kind()).collect();
    assert_eq!(kinds, [&Kind::Intent, &Kind::Outcome { intent: 1 }]);
    assert_eq!(store.count_entries(4, &grant).await.unwrap(), 2);
    assert_eq!(store.count_entries(3, &grant).await.unwrap(), 1);
    assert_eq!(store.count_entries(4, &grant_name(2)).await.unwrap(), 0);
    let window = store.entries_between(1, 3, "", 100).await.unwrap();
    assert_eq!(
        window
            .iter()
            .map(|stored| stored.entry.index())
            .collect::<Vec<_>>(),
        [1, 2]
    );
    assert_eq!(store.entries_between(0, 4, "", 3).await.unwrap().len(), 3);
}

/// More entries than are indexed together, in segments of many sizes.
async fn names_are_found_in_the_index_and_behind_it(database: &Database) {
    let store = database.open().await;
    let recorder = Recorder::start(store.clone());
    let mut number = 0;
    for size in [1, 700, 3, 900].into_iter().cycle() {
        let drafts = (number..number + size).map(|n| {
            let draft = granted_intent(n, n % 7)
                .with_fact("consumer", format!("systems/s{}", n % 3))
                .with_fact("provider", "systems/p\"q");
            recorder.intent(draft, "a".to_owned(), noon())
        });
        for receipt in together(drafts).await {
            receipt.unwrap();
        }
        number += size;
        if number > 8400 {
            break;
        }
    }
    while store
        .integrate(&log_signer(1), noon())
        .await
        .unwrap()
        .is_some()
    {}
    record(&store, change(0).with_fact("system", "systems/s1")).await;
    let all = all_entries(&store).await;
    let expected = |keep: &dyn Fn(&Entry) -> bool| -> Vec<u64> {
        let kept = all.iter().map(|stored| &stored.entry).filter(|e| keep(e));
        kept.map(Entry::index).collect()
    };
    for system in ["systems/s1", "systems/p\"q", "systems/s9"] {
        let filter = EntryFilter {
            system: Some(system.to_owned()),
            ..EntryFilter::default()
        };
        let mut found = Vec::new();
        let mut before = u64::MAX;
        loop {
            let page = store.entries_before(before, &filter, 611).await.unwrap();
            let Some(last) = page.last() else { break };
            before = last.entry.index();
            found.extend(page.iter().map(|stored| stored.entry.index()));
        }
        found.reverse();
        let names = ["consumer", "provider", "system"];
        let wanted = expected(&|e| names.iter().any(|n| e.facts().text(n) == Some(system)));
        assert_eq!(found, wanted, "{system}");
        assert_eq!(found.is_empty(), system == "systems/s9");
    }
    let grant = grant_name(4);
    let uses = expected(&|e| e.grant().is_some_and(|used| used.name == grant));
    for (from, until) in [
        (0, u64::MAX),
        (5000, 8300),
        (8191, 8193),
        (8300, 8500),
        (3, 3),
    ] {
        let mut found = Vec::new();
        let mut next = from;
        loop {
            let page = store
                .entries_between(next, until, &grant, 100)
                .await
                .unwrap();
            let Some(last) = page.last() else { break };
            next = last.entry.index() + 1;
            found.extend(page.iter().map(|stored| stored.entry.index()));
        }
        let wanted: Vec<u64> = uses
            .iter()
            .copied()
            .filter(|n| (from..until).contains(n))
            .collect();
        assert_eq!(found, wanted, "{from}..{until}");
    }
    let count = store.count_entries(u64::MAX, &grant).await.unwrap();
    assert_eq!(count, u64::try_from(uses.len()).unwrap());
}
