//! Ledger entries for tests of the store, with the facts that the store looks at.

use jiff::Timestamp;
use ledger::entry::{Draft, Kind};
use store::{EntryFilter, Store, StoredEntry};

/// The moment at which nothing in particular happens.
///
/// # Panics
/// Never.
#[must_use]
pub fn noon() -> Timestamp {
    "2022-06-01T04:00:00Z".parse().unwrap()
}

/// A request id of its own for each number.
#[must_use]
pub fn request_id(number: usize) -> String {
    format!("00000000-0000-7000-8000-{number:012}")
}

/// A grant name of its own for each number.
#[must_use]
pub fn grant_name(number: usize) -> String {
    format!("grants/00000000-0000-4000-8000-{number:012}")
}

/// A state change.
#[must_use]
pub fn change(number: usize) -> Draft {
    Draft::change("test.happened", request_id(number)).with_fact("number", number_fact(number))
}

/// The intent of an exchange without grant.
#[must_use]
pub fn intent(number: usize) -> Draft {
    Draft::intent(request_id(number)).with_fact("number", number_fact(number))
}

/// The intent of an exchange under a grant.
#[must_use]
pub fn granted_intent(number: usize, grant: usize) -> Draft {
    intent(number).with_grant(grant_name(grant), 1)
}

/// All entries, oldest first.
///
/// # Panics
/// When the store cannot be read.
pub async fn all_entries(store: &Store) -> Vec<StoredEntry> {
    let mut entries = store
        .entries_before(u64::MAX, &EntryFilter::default(), u32::MAX)
        .await
        .unwrap();
    entries.reverse();
    entries
}

/// Asserts that the recorded indexes are 0, 1, 2 … up to the ledger's size, and returns that size.
///
/// # Panics
/// When one is missing.
pub async fn assert_no_index_skipped(store: &Store) -> u64 {
    let indexes: Vec<u64> = all_entries(store)
        .await
        .iter()
        .map(|stored| stored.entry.index())
        .collect();
    let size = store.ledger_size().await.unwrap();
    assert_eq!(indexes, (0..size).collect::<Vec<_>>());
    size
}

/// Asserts that the uses of a grant are numbered 1, 2, 3 …, in the order of their indexes, and
/// returns how many there are.
///
/// # Panics
/// When a number is missing.
pub async fn assert_no_use_skipped(store: &Store, grant: &str) -> u64 {
    let entries = store
        .entries_between(0, u64::MAX, grant, u32::MAX)
        .await
        .unwrap();
    let uses: Vec<u64> = entries
        .iter()
        .filter(|stored| *stored.entry.kind() == Kind::Intent)
        .map(|stored| stored.entry.grant().unwrap().sequence)
        .collect();
    let count = u64::try_from(uses.len()).unwrap();
    assert_eq!(uses, (1..=count).collect::<Vec<_>>());
    count
}

fn number_fact(number: usize) -> i64 {
    i64::try_from(number).unwrap()
}
