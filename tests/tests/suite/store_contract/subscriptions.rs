//! Changes in their order among other entries, and the rows of those they are brought to.

use domain::event::EventFilter;
use domain::name::SubscriptionName;
use domain::subscription::{Lease, Owner, Subscription, SubscriptionState, WebhookUrl};
use jiff::SignedDuration;
use kit::city;
use kit::databases::Database;
use kit::drafts::{change, granted_intent, noon};
use store::recorder::Recorder;
use store::{Store, StoreError};

kit::on_each_database!(
    changes_are_read_in_order_past_everything_else,
    the_first_entry_of_a_moment_is_found,
    a_subscription_is_kept_listed_and_changed_by_one_at_a_time,
);

/// One change a minute from noon on.
async fn record(store: &Store, minute: i64) -> u64 {
    let mut tx = store.begin("recording").await.unwrap();
    let at = noon() + SignedDuration::from_mins(minute);
    let index = tx.record(change(0), at).await.unwrap();
    tx.save().await.unwrap();
    index
}

async fn indexes(store: &Store, from: u64, until: u64, most: usize) -> (Vec<u64>, u64) {
    let found = store.changes_between(from, until, most).await.unwrap();
    let indexes = found.entries.iter().map(|stored| stored.entry.index());
    (indexes.collect(), found.until)
}

async fn changes_are_read_in_order_past_everything_else(database: &Database) {
    let store = database.open().await;
    let recorder = Recorder::start(store.clone());
    let mut changes = Vec::new();
    for round in 0..30 {
        changes.push(record(&store, round).await);
        for part in 0..3 {
            let number = usize::try_from(round * 3 + part).unwrap();
            let draft = granted_intent(number, 1);
            let recorded = recorder.intent(draft, "caller".to_owned(), noon()).await;
            recorded.unwrap();
        }
    }
    let end = store.ledger_size().await.unwrap();
    assert_eq!(end, 120);
    assert_eq!(indexes(&store, 0, end, 1000).await, (changes.clone(), end));
    // Piece by piece they join, wherever the pieces end.
    for most in [1, 7, 16, 17] {
        let (mut joined, mut next) = (Vec::new(), 0);
        while next < end {
            let (piece, until) = indexes(&store, next, end, most).await;
            assert!(piece.len() <= most && until > next);
            joined.extend(piece);
            next = until;
        }
        assert_eq!(joined, changes, "{most}");
    }
    let (between, until) = indexes(&store, changes[3] + 1, changes[6], 100).await;
    assert_eq!((between, until), (changes[4..6].to_vec(), changes[6]));
    assert_eq!(indexes(&store, end, end, 100).await, (Vec::new(), end));
}

async fn the_first_entry_of_a_moment_is_found(database: &Database) {
    let store = database.open().await;
    assert_eq!(store.index_since(noon()).await.unwrap(), 0);
    for minute in 0..9 {
        record(&store, minute).await;
    }
    for (seconds, index) in [
        (-1, 0),
        (0, 0),
        (1, 1),
        (60, 1),
        (61, 2),
        (480, 8),
        (481, 9),
    ] {
        let moment = noon() + SignedDuration::from_secs(seconds);
        assert_eq!(store.index_since(moment).await.unwrap(), index, "{seconds}");
    }
}

fn subscription(number: u32, system: &str) -> Subscription {
    let id = format!("00000000-0000-4000-8000-{number:012}");
    let system = city::system(system).name;
    Subscription {
        name: SubscriptionName::from_id(&id).unwrap(),
        owner: Owner::System {
            system: system.clone(),
        },
        receiver: system,
        url: WebhookUrl::parse("https://10.1.2.3:9443/events").unwrap(),
        filter: EventFilter::default(),
        state: SubscriptionState::Active,
        next: 3,
        trouble: None,
        lease: None,
    }
}

async fn a_subscription_is_kept_listed_and_changed_by_one_at_a_time(database: &Database) {
    let store = database.open().await;
    let (one, other) = (
        subscription(1, "yjs-platform"),
        subscription(2, "marriage-registry"),
    );
    let before = store.revision().await.unwrap();
    let mut tx = store.begin("inserting").await.unwrap();
    let row = tx.insert(&one, None, noon()).await.unwrap();
    tx.insert(&other, None, noon()).await.unwrap();
    tx.save().await.unwrap();
    let lease = Lease {
        holder: "one".to_owned(),
        until: noon(),
    };
    let leased = one.clone().leased(5, lease.clone());
    let mut tx = store.begin("leasing").await.unwrap();
    tx.update(&row, &leased, None, noon()).await.unwrap();
    tx.save().await.unwrap();
    // Who looked before cannot take the turn after.
    let mut tx = store.begin("leasing").await.unwrap();
    let late = tx
        .update(&row, &one.clone().leased(3, lease), None, noon())
        .await;
    assert!(matches!(late, Err(StoreError::Changed(_))));
    tx.forget().await;
    let read = store.get::<Subscription>(one.name.as_str()).await.unwrap();
    assert_eq!(read.unwrap().value, leased);
    let mut tx = store.begin("pausing").await.unwrap();
    let row = tx
        .get::<Subscription>(other.name.as_str())
        .await
        .unwrap()
        .unwrap();
    let paused = row.value.clone().paused("410".to_owned());
    tx.update(&row, &paused, None, noon()).await.unwrap();
    let under = tx.under::<Subscription>("systems/marriage-registry").await;
    assert_eq!(under.unwrap().len(), 1);
    tx.save().await.unwrap();
    let active = store.in_state::<Subscription>("active").await.unwrap();
    let names: Vec<_> = active.iter().map(|row| &row.value.name).collect();
    assert_eq!(names, [&one.name]);
    // Each delivery changes a row: no gateway reads its registry again for that.
    assert_eq!(store.revision().await.unwrap(), before);
}
