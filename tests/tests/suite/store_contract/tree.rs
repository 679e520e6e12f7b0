//! The Merkle tree behind the entries: checkpoints, proofs, and what may not be signed over.

use kit::databases::Database;
use kit::drafts::{all_entries, granted_intent, intent, noon};
use kit::gateway::{ORIGIN, log_signer};
use kit::together;
use ledger::checkpoint::{Checkpoint, LogSigner, LogVerifier};
use ledger::tree::{MapReader, leaf_hash, root, verify_inclusion};
use store::recorder::Recorder;
use store::{DatabaseUrl, Hashes, Store, StoreError};

kit::on_each_database!(
    an_empty_ledger_has_no_checkpoint,
    a_checkpoint_covers_what_was_recorded_and_opens_with_the_key,
    every_entry_is_proved_under_every_checkpoint,
    the_root_is_that_of_the_stored_bytes,
    a_long_ledger_is_taken_in_by_pieces,
    gateways_that_integrate_at_once_agree,
    an_index_outside_of_the_tree_has_no_proof,
    a_removed_entry_is_not_signed_over,
    a_replaced_entry_is_not_signed_over,
    an_entry_removed_from_among_others_is_not_signed_over,
    an_entry_that_was_edited_well_is_not_signed_over_either,
    a_tree_that_was_changed_is_not_signed_on,
    a_log_is_claimed_once_and_by_one_key,
);

async fn record(store: &Store, numbers: std::ops::Range<usize>) {
    let recorder = Recorder::start(store.clone());
    let intents = numbers.map(|n| recorder.intent(granted_intent(n, 1), "a".to_owned(), noon()));
    for receipt in together(intents).await {
        receipt.unwrap();
    }
}

/// Records each in a commit of its own.
async fn record_apart(store: &Store, numbers: std::ops::Range<usize>) {
    for number in numbers {
        record(store, number..number + 1).await;
    }
}

/// Exchanges a text within the bodies of segments, behind the store's back.
async fn edit(database: &Database, from: &str, to: &str) {
    let replaced = match database.url() {
        DatabaseUrl::Sqlite(_) => {
            format!("CAST(replace(CAST(body AS TEXT), '{from}', '{to}') AS BLOB)")
        }
        DatabaseUrl::Postgres(_) => {
            format!("convert_to(replace(convert_from(body, 'UTF8'), '{from}', '{to}'), 'UTF8')")
        }
    };
    database
        .execute(&format!("UPDATE ledger_segments SET body = {replaced}"))
        .await;
}

fn opened(note: &str) -> Checkpoint {
    LogVerifier::parse(&log_signer(1).verifier_key())
        .unwrap()
        .open(note)
        .unwrap()
}

async fn an_empty_ledger_has_no_checkpoint(database: &Database) {
    let store = database.open().await;
    assert_eq!(store.integrate(&log_signer(1), noon()).await.unwrap(), None);
    assert_eq!(store.checkpoint().await.unwrap(), None);
}

async fn a_checkpoint_covers_what_was_recorded_and_opens_with_the_key(database: &Database) {
    let store = database.open().await;
    record(&store, 0..5).await;
    let published = store
        .integrate(&log_signer(1), noon())
        .await
        .unwrap()
        .unwrap();
    assert_eq!((published.size, published.time), (5, noon()));
    assert_eq!(opened(&published.note).size(), 5);
    assert_eq!(store.checkpoint().await.unwrap(), Some(published));
    // Nothing new: nothing to sign.
    assert_eq!(store.integrate(&log_signer(1), noon()).await.unwrap(), None);
    let other = LogVerifier::parse(&log_signer(2).verifier_key()).unwrap();
    let note = store.checkpoint().await.unwrap().unwrap().note;
    assert!(other.open(&note).is_err());
}

async fn every_entry_is_proved_under_every_checkpoint(database: &Database) {
    let store = database.open().await;
    let mut checkpoints = Vec::new();
    let mut numbers = 0..0;
    for size in [1, 2, 3, 5, 8, 13] {
        numbers = numbers.end..size;
        record(&store, numbers.clone()).await;
        let published = store
            .integrate(&log_signer(1), noon())
            .await
            .unwrap()
            .unwrap();
        checkpoints.push(opened(&published.note));
    }
    let leaves: Vec<_> = all_entries(&store)
        .await
        .iter()
        .map(|stored| leaf_hash(&stored.body))
        .collect();
    for checkpoint in checkpoints {
        let size = checkpoint.size();
        for (index, leaf) in (0..size).zip(&leaves) {
            let proof = store
                .inclusion_proof(size, index, &mut Hashes::default())
                .await
                .unwrap();
            verify_inclusion(size, checkpoint.root(), index, *leaf, &proof).unwrap();
            let wrong = leaves[(usize::try_from(index).unwrap() + 1) % leaves.len()];
            assert!(verify_inclusion(size, checkpoint.root(), index, wrong, &proof).is_err());
        }
    }
}

async fn the_root_is_that_of_the_stored_bytes(database: &Database) {
    let store = database.open().await;
    record(&store, 0..11).await;
    let published = store
        .integrate(&log_signer(1), noon())
        .await
        .unwrap()
        .unwrap();
    let mut reader = MapReader::new();
    for (index, stored) in (0..).zip(all_entries(&store).await) {
        reader.integrate(index, &stored.body).unwrap();
    }
    assert_eq!(opened(&published.note).root(), root(11, &reader).unwrap());
}

async fn a_long_ledger_is_taken_in_by_pieces(database: &Database) {
    let store = database.open().await;
    for piece in 0..5 {
        record(&store, piece * 820..(piece + 1) * 820).await;
    }
    let mut sizes = Vec::new();
    while let Some(published) = store.integrate(&log_signer(1), noon()).await.unwrap() {
        sizes.push(published.size);
    }
    assert_eq!(sizes, [4096, 4100]);
    let last = opened(&store.checkpoint().await.unwrap().unwrap().note);
    let entries = all_entries(&store).await;
    let mut hashes = Hashes::default();
    for index in [0, 4095, 4096, 4099] {
        let proof = store
            .inclusion_proof(4100, index, &mut hashes)
            .await
            .unwrap();
        let leaf = leaf_hash(&entries[usize::try_from(index).unwrap()].body);
        verify_inclusion(4100, last.root(), index, leaf, &proof).unwrap();
    }
}

async fn gateways_that_integrate_at_once_agree(database: &Database) {
    let stores = [database.open().await, database.open().await];
    let mut published = Vec::new();
    for round in 0..5 {
        record(&stores[round % 2], round * 7..round * 7 + 7).await;
        let results = together((0..8).map(|n| {
            let store = stores[n % 2].clone();
            async move { store.integrate(&log_signer(1), noon()).await.unwrap() }
        }))
        .await;
        published.extend(results.into_iter().flatten());
    }
    let sizes: Vec<u64> = published.iter().map(|checkpoint| checkpoint.size).collect();
    assert_eq!(sizes, [7, 14, 21, 28, 35], "each size is signed once");
    let mut reader = MapReader::new();
    for (index, stored) in (0..).zip(all_entries(&stores[0]).await) {
        reader.integrate(index, &stored.body).unwrap();
    }
    for checkpoint in published {
        assert_eq!(
            opened(&checkpoint.note).root(),
            root(checkpoint.size, &reader).unwrap()
        );
    }
}

async fn an_index_outside_of_the_tree_has_no_proof(database: &Database) {
    let store = database.open().await;
    record(&store, 0..3).await;
    store.integrate(&log_signer(1), noon()).await.unwrap();
    for (size, index) in [(3, 3), (3, 100), (0, 0), (4, 0)] {
        assert!(
            store
                .inclusion_proof(size, index, &mut Hashes::default())
                .await
                .is_err(),
            "{index} of {size}"
        );
    }
}

async fn a_removed_entry_is_not_signed_over(database: &Database) {
    let store = database.open().await;
    record_apart(&store, 0..4).await;
    database
        .execute("DELETE FROM ledger_segments WHERE first_index = 2")
        .await;
    let refused = store.integrate(&log_signer(1), noon()).await.unwrap_err();
    assert!(
        matches!(refused, StoreError::Inconsistent { .. }),
        "{refused}"
    );
    assert_eq!(store.checkpoint().await.unwrap(), None);
}

async fn a_replaced_entry_is_not_signed_over(database: &Database) {
    let store = database.open().await;
    record_apart(&store, 0..4).await;
    let from_place_1 = "UPDATE ledger_segments SET body = \
        (SELECT body FROM ledger_segments WHERE first_index = 1)";
    database
        .execute(&format!("{from_place_1} WHERE first_index = 2"))
        .await;
    // Neither by the gateway that recorded it nor by another one.
    for store in [store, database.open().await] {
        let refused = store.integrate(&log_signer(1), noon()).await.unwrap_err();
        assert!(refused.to_string().contains("entry 2"), "{refused}");
        assert_eq!(store.checkpoint().await.unwrap(), None);
    }
}

async fn an_entry_removed_from_among_others_is_not_signed_over(database: &Database) {
    let store = database.open().await;
    record(&store, 0..20).await;
    let lines = all_entries(&store).await;
    let gone = String::from_utf8(lines[7].body.clone()).unwrap();
    edit(database, &format!("{gone}\n"), "").await;
    edit(database, &gone, "").await;
    for store in [store, database.open().await] {
        let refused = store.integrate(&log_signer(1), noon()).await.unwrap_err();
        assert!(
            matches!(refused, StoreError::Inconsistent { .. }),
            "{refused}"
        );
        assert_eq!(store.checkpoint().await.unwrap(), None);
    }
}

/// The gateway that recorded it remembers what it wrote, even where the change is an entry as well.
async fn an_entry_that_was_edited_well_is_not_signed_over_either(database: &Database) {
    let store = database.open().await;
    record(&store, 0..20).await;
    edit(database, "\"number\":7", "\"number\":8").await;
    let refused = store.integrate(&log_signer(1), noon()).await.unwrap_err();
    assert!(
        matches!(refused, StoreError::Inconsistent { .. }),
        "{refused}"
    );
    edit(database, "\"number\":8}}\n{", "\"number\":8}} {").await;
    let another = database.open().await;
    let refused = another.integrate(&log_signer(1), noon()).await.unwrap_err();
    assert!(
        matches!(refused, StoreError::Inconsistent { .. }),
        "{refused}"
    );
}

async fn a_tree_that_was_changed_is_not_signed_on(database: &Database) {
    let store = database.open().await;
    record(&store, 0..5).await;
    store.integrate(&log_signer(1), noon()).await.unwrap();
    let first = store.checkpoint().await.unwrap();
    record(&store, 5..8).await;
    let zeros = match database.url() {
        DatabaseUrl::Sqlite(_) => "zeroblob(160)",
        DatabaseUrl::Postgres(_) => "decode(repeat('00', 160), 'hex')",
    };
    let changed = database
        .execute(&format!("UPDATE ledger_tiles SET hashes = {zeros}"))
        .await;
    assert_eq!(changed, 1);
    let refused = store.integrate(&log_signer(1), noon()).await.unwrap_err();
    assert!(
        matches!(refused, StoreError::Inconsistent { .. }),
        "{refused}"
    );
    assert_eq!(store.checkpoint().await.unwrap(), first);
}

async fn a_log_is_claimed_once_and_by_one_key(database: &Database) {
    let store = database.open().await;
    let vkey = log_signer(1).verifier_key();
    store.claim_log(ORIGIN, &vkey).await.unwrap();
    store.claim_log(ORIGIN, &vkey).await.unwrap();
    let other_key = log_signer(2).verifier_key();
    let other_name = LogSigner::from_seed([1; 32], "elsewhere").unwrap();
    for (origin, key) in [
        (ORIGIN, other_key),
        ("elsewhere", other_name.verifier_key()),
    ] {
        let refused = store.claim_log(origin, &key).await.unwrap_err();
        assert!(matches!(&refused, StoreError::Unfit(_)), "{refused}");
    }
    // The refused claims left nothing behind, here and for the next gateway.
    database
        .open()
        .await
        .claim_log(ORIGIN, &vkey)
        .await
        .unwrap();
    let recorder = Recorder::start(store.clone());
    recorder
        .intent(intent(1), "a".to_owned(), noon())
        .await
        .unwrap();
}
