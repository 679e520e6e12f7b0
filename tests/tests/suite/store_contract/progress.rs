//! Proofs of progress: written beside the entries that prove them, and by nothing else.

use domain::endpoint::{Endpoint, Health};
use domain::name::SystemName;
use domain::progress::Proofs;
use kit::city;
use kit::databases::Database;
use kit::drafts::{change, intent, noon};
use ledger::entry::Draft;
use store::recorder::Recorder;
use store::{Store, Stored};

kit::on_each_database!(
    the_first_entry_proves_a_fact_for_good,
    the_latest_good_probe_proves_an_answer_until_one_fails,
    that_nothing_is_shared_is_proved_by_an_approval_until_something_is_published,
    a_failing_endpoint_does_not_hide_another_that_answers,
    only_data_that_went_to_another_department_proves_an_exchange,
    an_exchange_that_released_nothing_proves_nothing,
    a_dropped_transaction_proves_nothing,
);

const SYSTEM: &str = "systems/marriage-registry";

fn event(event: &str) -> Draft {
    Draft::change(event, "request").with_fact("system", SYSTEM)
}

async fn record(store: &Store, draft: Draft) -> u64 {
    let mut tx = store.begin("recording").await.unwrap();
    let index = tx.record(draft, noon()).await.unwrap();
    tx.save().await.unwrap();
    index
}

async fn proofs(store: &Store) -> Proofs {
    let all = store.proofs().await.unwrap();
    all.get(&SystemName::parse(SYSTEM).unwrap())
        .copied()
        .unwrap_or_default()
}

async fn the_first_entry_proves_a_fact_for_good(database: &Database) {
    let store = database.open().await;
    assert_eq!(proofs(&store).await, Proofs::default());
    record(&store, change(0)).await;
    let registered = record(&store, event("registry.system.created")).await;
    record(&store, event("registry.system.updated")).await;
    let published = record(&store, event("catalogue.resource.published")).await;
    record(&store, event("catalogue.resource.published")).await;
    let expected = Proofs {
        registered: Some(registered),
        published: Some(published),
        ..Proofs::default()
    };
    assert_eq!(proofs(&store).await, expected);
}

async fn that_nothing_is_shared_is_proved_by_an_approval_until_something_is_published(
    database: &Database,
) {
    let store = database.open().await;
    let step = |step: &str| event("registry.system.step_recorded").with_fact("step", step);
    record(&store, step("nothing-to-share")).await;
    assert_eq!(proofs(&store).await, Proofs::default(), "a statement alone");
    for ending in [
        step("nothing-to-share"),
        step("nothing-to-share-withdrawal"),
        event("registry.system.nothing_to_share_ended"),
    ] {
        let approved = record(&store, step("nothing-to-share-approval")).await;
        let proved = proofs(&store).await;
        assert_eq!(proved.nothing_to_share, Some(approved));
        for stands in [proved.catalogued(), proved.shared()] {
            assert_eq!(
                stands.map(|proof| (proof.entry, proof.agreed)),
                Some((approved, true))
            );
        }
        record(&store, step("cloud")).await;
        assert_eq!(proofs(&store).await, proved, "another step");
        record(&store, ending).await;
        assert_eq!(proofs(&store).await.nothing_to_share, None);
    }
}

async fn the_latest_good_probe_proves_an_answer_until_one_fails(database: &Database) {
    let store = database.open().await;
    let probed = |event_name: &str| {
        event(event_name).with_fact("endpoint", "systems/marriage-registry/endpoints/main")
    };
    record(&store, probed("registry.endpoint.serving")).await;
    let latest = record(&store, probed("registry.endpoint.serving")).await;
    assert_eq!(proofs(&store).await.answering, Some(latest));
    record(&store, probed("registry.endpoint.failing")).await;
    assert_eq!(proofs(&store).await.answering, None);
    let back = record(&store, probed("registry.endpoint.serving")).await;
    assert_eq!(proofs(&store).await.answering, Some(back));
}

/// Writes what a probe saw, as the gateway does, and returns the row and its entry.
async fn probe(store: &Store, before: &Stored<Endpoint>, serves: bool) -> (Stored<Endpoint>, u64) {
    let (name, health) = if serves {
        ("registry.endpoint.serving", Health::Serving { at: noon() })
    } else {
        (
            "registry.endpoint.failing",
            Health::Failing {
                at: noon(),
                error: "refused".to_owned(),
            },
        )
    };
    let value = Endpoint {
        health,
        ..before.value.clone()
    };
    let mut tx = store.begin("probing").await.unwrap();
    let draft = event(name).with_fact("endpoint", value.name.path());
    let entry = tx.record(draft, noon()).await.unwrap();
    let after = tx
        .update(before, &value, Some(entry), noon())
        .await
        .unwrap();
    tx.save().await.unwrap();
    (after, entry)
}

async fn a_failing_endpoint_does_not_hide_another_that_answers(database: &Database) {
    let store = database.open().await;
    let mut tx = store.begin("inserting").await.unwrap();
    let main = city::endpoint("marriage-registry.main", "127.0.0.1:1");
    let main = tx.insert(&main, None, noon()).await.unwrap();
    let spare = city::endpoint("marriage-registry.spare", "127.0.0.1:2");
    let spare = tx.insert(&spare, None, noon()).await.unwrap();
    tx.save().await.unwrap();
    let (main, main_serves) = probe(&store, &main, true).await;
    let (spare, _) = probe(&store, &spare, false).await;
    assert_eq!(
        proofs(&store).await.answering,
        Some(main_serves),
        "the main one still answers"
    );
    let (_, spare_serves) = probe(&store, &spare, true).await;
    assert_eq!(proofs(&store).await.answering, Some(spare_serves));
    probe(&store, &main, false).await;
    assert_eq!(
        proofs(&store).await.answering,
        Some(spare_serves),
        "the spare one answers now"
    );
}

/// Records an exchange with a system of this department; `data` is the digest of what was released.
async fn exchange(recorder: &Recorder, number: usize, to: &str, data: Option<&str>) -> u64 {
    let intent = recorder
        .intent(intent(number), "a".to_owned(), noon())
        .await
        .unwrap();
    let mut outcome = Draft::outcome(&intent)
        .with_fact("released", true)
        .with_fact("consumer", "systems/yjs-platform")
        .with_fact("consumer_department", to)
        .with_fact("provider", SYSTEM)
        .with_fact("provider_department", "departments/civil");
    if let Some(digest) = data {
        outcome = outcome.with_fact("digest", digest);
    }
    recorder
        .outcome(outcome, &intent, false, noon())
        .await
        .unwrap()
        .index()
}

async fn only_data_that_went_to_another_department_proves_an_exchange(database: &Database) {
    let store = database.open().await;
    let recorder = Recorder::start(store.clone());
    exchange(&recorder, 0, "departments/civil", Some("d1")).await;
    assert_eq!(
        proofs(&store).await,
        Proofs::default(),
        "within one department"
    );
    exchange(&recorder, 1, "departments/approval", None).await;
    assert_eq!(
        proofs(&store).await,
        Proofs::default(),
        "an answer without data"
    );
    let first = exchange(&recorder, 2, "departments/approval", Some("d1")).await;
    exchange(&recorder, 3, "departments/approval", Some("d2")).await;
    let expected = Proofs {
        exchanged: Some(first),
        provided: Some(first),
        ..Proofs::default()
    };
    assert_eq!(proofs(&store).await, expected);
    // Both sides are connected by it, and only one shares.
    let all = store.proofs().await.unwrap();
    let consumer = SystemName::parse("systems/yjs-platform").unwrap();
    assert_eq!(all[&consumer].exchanged, Some(first));
    assert_eq!(all[&consumer].provided, None);
}

async fn an_exchange_that_released_nothing_proves_nothing(database: &Database) {
    let store = database.open().await;
    let recorder = Recorder::start(store.clone());
    let intent = recorder
        .intent(intent(0), "a".to_owned(), noon())
        .await
        .unwrap();
    let outcome = Draft::outcome(&intent)
        .with_fact("released", false)
        .with_fact("digest", "d1")
        .with_fact("consumer", "systems/yjs-platform")
        .with_fact("consumer_department", "departments/approval")
        .with_fact("provider", SYSTEM)
        .with_fact("provider_department", "departments/civil");
    recorder
        .outcome(outcome, &intent, true, noon())
        .await
        .unwrap();
    assert!(store.proofs().await.unwrap().is_empty());
}

async fn a_dropped_transaction_proves_nothing(database: &Database) {
    let store = database.open().await;
    let mut tx = store.begin("dropping").await.unwrap();
    tx.record(event("registry.system.created"), noon())
        .await
        .unwrap();
    drop(tx);
    assert!(store.proofs().await.unwrap().is_empty());
}
