//! Links to files and their ends, on both databases.

use domain::file::{Digest, Digests, Format};
use domain::file_link::{FileLink, LinkState};
use domain::name::{FileLinkName, GrantName, RequestId, SystemName};
use jiff::{SignedDuration, Timestamp};
use kit::city;
use kit::databases::Database;
use kit::drafts::{grant_name, noon};
use store::{Store, StoreError};

kit::on_each_database!(
    links_are_due_when_their_time_has_come_and_are_no_files,
    of_two_reads_over_one_revision_the_second_is_refused,
);

fn link(number: u8) -> FileLink {
    let digest = Digest::parse(&"0a".repeat(32)).unwrap();
    FileLink {
        name: FileLinkName::from_id(&format!("{number:064}")).unwrap(),
        consumer: SystemName::from_id("yjs-platform").unwrap(),
        resource: city::resource("marriage-registrations").name,
        grant: GrantName::parse(&grant_name(1)).unwrap(),
        matter: city::matter(0).name,
        operator_named: true,
        basis: domain::basis::BasisKind::Duty,
        request_id: RequestId::from_id("00000000-0000-7000-8000-000000000002").unwrap(),
        format: Format::Ofd,
        size: 10,
        digests: Digests {
            sha256: digest.clone(),
            sm3: digest,
        },
        object: "00000000-0000-7000-8000-000000000003".to_owned(),
        ends: noon(),
        state: LinkState::Open { reads: 0 },
    }
}

async fn insert(store: &Store, number: u8, due: Timestamp) -> FileLink {
    let link = link(number);
    let mut tx = store.begin("test").await.unwrap();
    tx.insert(&link, None, noon()).await.unwrap();
    tx.set_link_due(&link.name, Some(due)).await.unwrap();
    tx.save().await.unwrap();
    link
}

async fn links_are_due_when_their_time_has_come_and_are_no_files(database: &Database) {
    let store = database.open().await;
    let later = noon() + SignedDuration::from_mins(5);
    let (late, early) = (
        insert(&store, 1, later).await,
        insert(&store, 2, noon()).await,
    );
    let due = async |now| {
        let rows = store.file_links_due(now, 10).await.unwrap();
        rows.into_iter().map(|row| row.value).collect::<Vec<_>>()
    };
    let before = noon() - SignedDuration::from_secs(1);
    assert_eq!(due(before).await, []);
    assert_eq!(due(noon()).await, std::slice::from_ref(&early));
    assert_eq!(due(later).await, [early.clone(), late.clone()]);
    assert!(store.files_due(later, 10).await.unwrap().is_empty());
    let mut tx = store.begin("test").await.unwrap();
    tx.set_link_due(&early.name, None).await.unwrap();
    tx.save().await.unwrap();
    assert_eq!(due(later).await, [late]);
}

async fn of_two_reads_over_one_revision_the_second_is_refused(database: &Database) {
    let store = database.open().await;
    let link = insert(&store, 1, noon()).await;
    let row = store
        .get::<FileLink>(link.name.as_str())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.value, link);
    let read = FileLink {
        state: LinkState::Open { reads: 1 },
        ..link.clone()
    };
    let mut tx = store.begin("test").await.unwrap();
    tx.update(&row, &read, None, noon()).await.unwrap();
    tx.save().await.unwrap();
    let mut tx = store.begin("test").await.unwrap();
    let refused = tx.update(&row, &read, None, noon()).await;
    assert!(
        matches!(refused, Err(StoreError::Changed(_))),
        "{refused:?}"
    );
}
