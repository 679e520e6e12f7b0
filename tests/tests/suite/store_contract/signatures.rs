//! Request signatures that were seen: once each, over all connections, until their end.

use jiff::SignedDuration;
use kit::databases::Database;
use kit::drafts::noon;
use store::Remembered;

kit::on_each_database!(
    a_signature_is_new_once,
    what_has_ended_is_dropped,
    a_system_has_no_more_than_are_kept,
);

async fn a_signature_is_new_once(database: &Database) {
    let (one, other) = (database.open().await, database.open().await);
    let until = noon() + SignedDuration::from_mins(11);
    let at_once = tokio::join!(
        one.remember_signature("systems/a", "n", noon(), until),
        other.remember_signature("systems/b", "n", noon(), until),
    );
    let mut both = [at_once.0.unwrap(), at_once.1.unwrap()];
    both.sort_by_key(|remembered| *remembered == Remembered::Seen);
    assert_eq!(both, [Remembered::New, Remembered::Seen]);
    let more = one
        .remember_signature("systems/a", "m", noon(), until)
        .await;
    assert_eq!(more.unwrap(), Remembered::New);
}

async fn what_has_ended_is_dropped(database: &Database) {
    let store = database.open().await;
    let until = noon() + SignedDuration::from_mins(11);
    let later = until + SignedDuration::from_secs(1);
    for (nonce, now, expected) in [
        ("n", noon(), Remembered::New),
        ("n", until, Remembered::Seen),
        // Its time is over long before a clock could take it again.
        ("n", later, Remembered::New),
    ] {
        let ends = now + SignedDuration::from_mins(11);
        let found = store
            .remember_signature("systems/a", nonce, now, ends)
            .await;
        assert_eq!(found.unwrap(), expected);
    }
}

/// Signatures of one system that are kept at a time.
const MOST: i64 = 100_000;

async fn a_system_has_no_more_than_are_kept(database: &Database) {
    let store = database.open().await;
    let until = noon() + SignedDuration::from_mins(11);
    let first = store.remember_signature("systems/a", "first", noon(), until);
    assert_eq!(first.await.unwrap(), Remembered::New);
    let row = |number: i64| {
        let ends = until.as_microsecond();
        format!(
            "INSERT INTO request_signatures (nonce, system, expires, number) \
             VALUES ('n{number}', 'systems/a', {ends}, {number})"
        )
    };
    database.execute(&row(MOST - 1)).await;
    for (system, nonce, expected) in [
        ("systems/a", "last", Remembered::New),
        ("systems/a", "past", Remembered::Full),
        ("systems/b", "other", Remembered::New),
    ] {
        let found = store.remember_signature(system, nonce, noon(), until);
        assert_eq!(found.await.unwrap(), expected, "{nonce}");
    }
}
