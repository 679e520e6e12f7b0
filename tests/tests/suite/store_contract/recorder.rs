//! Group commit of exchanges: each call waits for its own entry, and no number is skipped.

use std::collections::BTreeSet;
use std::task::Poll;

use kit::databases::{Database, on_postgresql};
use kit::drafts::{
    all_entries, assert_no_index_skipped, assert_no_use_skipped, change, grant_name,
    granted_intent, intent, noon, request_id,
};
use kit::gateway::log_signer;
use kit::together;
use ledger::entry::{Draft, Kind};
use store::recorder::{RecordError, Recorder};

kit::on_each_database!(
    a_hundred_intents_at_once_are_all_recorded,
    the_uses_of_each_grant_are_numbered_without_gap,
    two_gateways_number_the_uses_of_a_grant_together,
    state_changes_and_exchanges_share_the_index,
    a_hundred_intents_of_one_request_are_recorded_once,
    repeated_requests_leave_no_gap_among_others,
    a_request_id_is_free_again_after_the_replay_window,
    the_same_request_id_of_two_callers_is_two_exchanges,
    a_request_id_is_free_again_after_an_exchange_that_released_nothing,
    a_request_id_stays_used_after_a_release,
    an_outcome_repeats_the_use_of_its_intent,
    refusals_are_recorded_beside_the_exchanges_and_use_up_nothing,
    one_bad_draft_does_not_spoil_the_others,
    a_full_queue_refuses_at_once_and_loses_nothing,
    an_intent_whose_receipt_is_not_taken_is_closed_and_frees_its_request_id,
);

fn caller() -> String {
    "systems/yjs-platform".to_owned()
}

async fn a_hundred_intents_at_once_are_all_recorded(database: &Database) {
    let store = database.open().await;
    let recorder = Recorder::start(store.clone());
    let intents = (0..100).map(|n| recorder.intent(intent(n), caller(), noon()));
    let receipts = together(intents).await;
    let indexes: BTreeSet<u64> = receipts
        .iter()
        .map(|r| r.as_ref().unwrap().index())
        .collect();
    assert_eq!(indexes, (0..100).collect());
    // Each caller holds the receipt of its own entry.
    let entries = all_entries(&store).await;
    for (number, receipt) in receipts.into_iter().enumerate() {
        let receipt = receipt.unwrap();
        let place = usize::try_from(receipt.index()).unwrap();
        assert_eq!(receipt.request_id(), request_id(number));
        assert_eq!(entries[place].entry.request_id(), request_id(number));
    }
}

/// On PostgreSQL alone, which tells what transaction wrote a row.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_intents_share_few_commits() {
    on_postgresql(async |database| {
        let recorder = Recorder::start(database.open().await);
        let intents = (0..100).map(|n| recorder.intent(intent(n), caller(), noon()));
        for receipt in together(intents).await {
            receipt.unwrap();
        }
        let commits = database
            .number("SELECT COUNT(DISTINCT xmin::text) FROM ledger_segments")
            .await;
        assert!(commits <= 20, "100 intents took {commits} commits");
    })
    .await;
}

async fn the_uses_of_each_grant_are_numbered_without_gap(database: &Database) {
    let store = database.open().await;
    let recorder = Recorder::start(store.clone());
    let intents = (0..90).map(|n| recorder.intent(granted_intent(n, n % 3), caller(), noon()));
    for (number, receipt) in together(intents).await.into_iter().enumerate() {
        let receipt = receipt.unwrap();
        assert_eq!(receipt.grant().unwrap().name, grant_name(number % 3));
    }
    for grant in 0..3 {
        assert_eq!(assert_no_use_skipped(&store, &grant_name(grant)).await, 30);
    }
}

async fn two_gateways_number_the_uses_of_a_grant_together(database: &Database) {
    let (one, other) = (database.open().await, database.open().await);
    let recorders = [Recorder::start(one.clone()), Recorder::start(other)];
    let intents = (0..100).map(|n| recorders[n % 2].intent(granted_intent(n, 7), caller(), noon()));
    for receipt in together(intents).await {
        receipt.unwrap();
    }
    assert_eq!(assert_no_index_skipped(&one).await, 100);
    assert_eq!(assert_no_use_skipped(&one, &grant_name(7)).await, 100);
}

async fn state_changes_and_exchanges_share_the_index(database: &Database) {
    let store = database.open().await;
    let recorder = Recorder::start(store.clone());
    let changes = tokio::spawn({
        let store = store.clone();
        async move {
            for number in 0..40 {
                let mut tx = store.begin("changing").await.unwrap();
                tx.record(change(1000 + number), noon()).await.unwrap();
                if number % 4 == 3 {
                    drop(tx)
                } else {
                    drop(tx.save().await.unwrap())
                }
            }
        }
    });
    for number in 0..40 {
        recorder
            .intent(granted_intent(number, 1), caller(), noon())
            .await
            .unwrap();
    }
    changes.await.unwrap();
    assert_eq!(assert_no_index_skipped(&store).await, 70);
    assert_eq!(assert_no_use_skipped(&store, &grant_name(1)).await, 40);
}

async fn a_hundred_intents_of_one_request_are_recorded_once(database: &Database) {
    let (one, other) = (database.open().await, database.open().await);
    let recorders = [Recorder::start(one.clone()), Recorder::start(other)];
    let intents = (0..100).map(|n| recorders[n % 2].intent(intent(1), caller(), noon()));
    let results = together(intents).await;
    let recorded: Vec<u64> = results
        .iter()
        .filter_map(|r| r.as_ref().ok())
        .map(|r| r.index())
        .collect();
    assert_eq!(recorded, [0], "exactly one is recorded");
    let refused = results
        .iter()
        .filter(|result| matches!(result, Err(RecordError::AlreadyUsed { intent: 0 })));
    assert_eq!(refused.count(), 99);
    assert_eq!(assert_no_index_skipped(&one).await, 1);
}

async fn repeated_requests_leave_no_gap_among_others(database: &Database) {
    let (one, other) = (database.open().await, database.open().await);
    let recorders = [Recorder::start(one.clone()), Recorder::start(other)];
    // Some were recorded before, some come twice at once, some are new.
    for number in 0..10 {
        let earlier = recorders[0].intent(granted_intent(number, number % 3), caller(), noon());
        earlier.await.unwrap();
    }
    let again = (0..120).map(|n| {
        let draft = granted_intent(n % 60, n % 3);
        recorders[(n / 3) % 2].intent(draft, caller(), noon())
    });
    let results = together(again).await;
    let mut recorded = vec![0; 60];
    for (number, result) in results.into_iter().enumerate() {
        match result {
            Ok(receipt) => {
                assert_eq!(receipt.request_id(), request_id(number % 60));
                recorded[number % 60] += 1;
            }
            Err(RecordError::AlreadyUsed { intent }) => {
                let held = &all_entries(&one).await[usize::try_from(intent).unwrap()];
                assert_eq!(held.entry.request_id(), request_id(number % 60));
            }
            Err(error) => panic!("{number}: {error:?}"),
        }
    }
    assert!(recorded[..10].iter().all(|count| *count == 0));
    assert!(recorded[10..].iter().all(|count| *count == 1));
    assert_eq!(assert_no_index_skipped(&one).await, 60);
    for grant in 0..3 {
        assert_eq!(assert_no_use_skipped(&one, &grant_name(grant)).await, 20);
    }
}

async fn a_request_id_is_free_again_after_the_replay_window(database: &Database) {
    let store = database.open().await;
    let recorder = Recorder::start(store.clone());
    let hours = |hours: i64| noon() + jiff::SignedDuration::from_hours(hours);
    let ask = async |number, at| recorder.intent(intent(number), caller(), hours(at)).await;
    ask(1, 0).await.unwrap();
    store.integrate(&log_signer(1), hours(0)).await.unwrap();
    ask(2, 23).await.unwrap();
    store.integrate(&log_signer(1), hours(23)).await.unwrap();
    let still = ask(1, 23).await;
    assert!(
        matches!(still, Err(RecordError::AlreadyUsed { intent: 0 })),
        "{still:?}"
    );
    ask(3, 25).await.unwrap();
    store.integrate(&log_signer(1), hours(25)).await.unwrap();
    assert_eq!(ask(1, 25).await.unwrap().index(), 3);
    let second = ask(2, 25).await;
    assert!(
        matches!(second, Err(RecordError::AlreadyUsed { intent: 1 })),
        "{second:?}"
    );
}

async fn the_same_request_id_of_two_callers_is_two_exchanges(database: &Database) {
    let store = database.open().await;
    let recorder = Recorder::start(store.clone());
    recorder
        .intent(intent(1), "systems/one".to_owned(), noon())
        .await
        .unwrap();
    recorder
        .intent(intent(1), "systems/two".to_owned(), noon())
        .await
        .unwrap();
    assert_eq!(assert_no_index_skipped(&store).await, 2);
}

async fn a_request_id_is_free_again_after_an_exchange_that_released_nothing(database: &Database) {
    let store = database.open().await;
    let recorder = Recorder::start(store.clone());
    let first = recorder
        .intent(granted_intent(1, 1), caller(), noon())
        .await
        .unwrap();
    recorder
        .outcome(Draft::outcome(&first), &first, true, noon())
        .await
        .unwrap();
    let second = recorder
        .intent(granted_intent(1, 1), caller(), noon())
        .await
        .unwrap();
    assert_eq!((second.index(), second.sequence()), (2, Some(2)));
    let third = recorder
        .intent(granted_intent(1, 1), caller(), noon())
        .await;
    assert!(
        matches!(third, Err(RecordError::AlreadyUsed { intent: 2 })),
        "{third:?}"
    );
    assert_eq!(assert_no_use_skipped(&store, &grant_name(1)).await, 2);
}

async fn a_request_id_stays_used_after_a_release(database: &Database) {
    let store = database.open().await;
    let recorder = Recorder::start(store.clone());
    let first = recorder.intent(intent(1), caller(), noon()).await.unwrap();
    recorder
        .outcome(Draft::outcome(&first), &first, false, noon())
        .await
        .unwrap();
    // Another gateway knows it too.
    let other = Recorder::start(database.open().await);
    let again = other.intent(intent(1), caller(), noon()).await;
    assert!(
        matches!(again, Err(RecordError::AlreadyUsed { intent: 0 })),
        "{again:?}"
    );
    assert_eq!(assert_no_index_skipped(&store).await, 2);
}

async fn an_outcome_repeats_the_use_of_its_intent(database: &Database) {
    let store = database.open().await;
    let recorder = Recorder::start(store.clone());
    let intent = recorder
        .intent(granted_intent(1, 1), caller(), noon())
        .await
        .unwrap();
    let draft = Draft::outcome(&intent).with_fact("released", true);
    let outcome = recorder
        .outcome(draft, &intent, false, noon())
        .await
        .unwrap();
    assert_eq!(
        (outcome.index(), outcome.intent(), outcome.sequence()),
        (1, 0, Some(1))
    );
    let stored = all_entries(&store).await.remove(1);
    assert_eq!(stored.entry.kind(), &Kind::Outcome { intent: 0 });
    assert_eq!(stored.entry.grant(), intent.grant());
    assert_eq!(stored.entry.request_id(), intent.request_id());
}

async fn refusals_are_recorded_beside_the_exchanges_and_use_up_nothing(database: &Database) {
    let store = database.open().await;
    let recorder = Recorder::start(store.clone());
    let revision = store.revision().await.unwrap();
    let refusals = together((0..20).map(|n| recorder.refusal(change(n), noon())));
    let intents = (0..20).map(|n| recorder.intent(granted_intent(n, 1), caller(), noon()));
    let (refusals, intents) = tokio::join!(refusals, together(intents));
    let mut indexes: Vec<u64> = refusals.into_iter().map(|r| r.unwrap().index()).collect();
    // The same request ids, and none of them is used up by a refusal.
    indexes.extend(intents.into_iter().map(|r| r.unwrap().index()));
    indexes.sort_unstable();
    assert_eq!(indexes, (0..40).collect::<Vec<_>>());
    assert_eq!(assert_no_index_skipped(&store).await, 40);
    assert_eq!(assert_no_use_skipped(&store, &grant_name(1)).await, 20);
    assert_eq!(store.revision().await.unwrap(), revision);
}

async fn one_bad_draft_does_not_spoil_the_others(database: &Database) {
    let store = database.open().await;
    let recorder = Recorder::start(store.clone());
    // Longer than a fact may be: only its own caller is told so.
    let too_long = "律".repeat(10_000);
    let draft = |number| match number {
        25 => intent(number).with_fact("legal_basis", too_long.as_str()),
        _ => intent(number),
    };
    let intents = (0..50).map(|number| recorder.intent(draft(number), caller(), noon()));
    for (number, result) in together(intents).await.into_iter().enumerate() {
        assert_eq!(result.is_ok(), number != 25, "intent {number}: {result:?}");
    }
    assert_eq!(assert_no_index_skipped(&store).await, 49);
}

async fn an_intent_whose_receipt_is_not_taken_is_closed_and_frees_its_request_id(
    database: &Database,
) {
    let store = database.open().await;
    let recorder = Recorder::start(store.clone());
    let mut waiting = Box::pin(recorder.intent(intent(0), caller(), noon()));
    let first = std::future::poll_fn(|cx| Poll::Ready(waiting.as_mut().poll(cx))).await;
    assert!(first.is_pending());
    // Whoever comes later is answered later: the receipt of the first lies there, and nobody looks.
    recorder.intent(intent(1), caller(), noon()).await.unwrap();
    drop(waiting);
    let mut looks = 0;
    while store.ledger_size().await.unwrap() < 3 {
        looks += 1;
        assert!(looks < 10_000, "it was never closed");
    }
    let entries = all_entries(&store).await;
    let closing = &entries[2].entry;
    assert_eq!(closing.request_id(), request_id(0));
    assert_eq!(closing.facts().text("disposition"), Some("abandoned"));
    assert!(recorder.intent(intent(0), caller(), noon()).await.is_ok());
}

async fn a_full_queue_refuses_at_once_and_loses_nothing(database: &Database) {
    let store = database.open().await;
    let recorder = Recorder::start(store.clone());
    // Whoever holds the head holds all writers.
    let mut holder = store.begin("holding").await.unwrap();
    holder.record(change(0), noon()).await.unwrap();
    let waiting = tokio::spawn(async move {
        together((0..2000).map(|n| recorder.intent(intent(n), caller(), noon()))).await
    });
    // The queue is filled in one go; nothing of it can be recorded before this.
    tokio::task::yield_now().await;
    holder.forget().await;
    let results = waiting.await.unwrap();
    let recorded = results.iter().filter(|result| result.is_ok()).count();
    let refused = results
        .iter()
        .filter(|result| matches!(result, Err(RecordError::Unavailable(None))))
        .count();
    assert_eq!(recorded + refused, 2000);
    assert!(
        recorded >= 1024,
        "only {recorded} of a queue of 1024 were recorded"
    );
    assert_eq!(
        assert_no_index_skipped(&store).await,
        u64::try_from(recorded).unwrap()
    );
}
