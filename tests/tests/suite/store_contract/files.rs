//! Manifests and deadlines of files, on both databases.

use domain::file::{Claimed, File, FileState, Format, Progress, Retention, Title};
use domain::name::FileName;
use jiff::{SignedDuration, Timestamp};
use kit::city;
use kit::databases::Database;
use kit::drafts::noon;
use store::{Part, Store, StoreError};

kit::on_each_database!(
    a_manifest_is_read_by_number_and_by_offset,
    of_two_parts_over_one_revision_the_second_is_refused,
    files_are_due_when_their_time_has_come,
    parts_do_not_move_the_registry,
);

fn name(number: u8) -> FileName {
    FileName::from_id(&format!("00000000-0000-4000-8000-0000000000{number:02}")).unwrap()
}

fn file(number: u8) -> File {
    let resource = city::resource("enterprise-registrations");
    File {
        name: name(number),
        resource: resource.name,
        resource_version: 1,
        system: resource.system,
        department: resource.department,
        title: Title::parse("名录.csv").unwrap(),
        format: Format::Csv,
        items: Vec::new(),
        size: 1 << 40,
        claimed: Claimed::default(),
        retention: Retention {
            until: jiff::civil::date(2022, 7, 1),
            regime: "CN-2016-51".to_owned(),
            assumed: true,
        },
        state: FileState::Receiving(Progress::default()),
    }
}

fn part(number: u32, start: u64, size: u64) -> Part {
    Part {
        number,
        start,
        size,
        object: format!("{number}"),
        digest: "ab".repeat(32),
    }
}

async fn insert(store: &Store, number: u8, due: Timestamp) -> File {
    let file = file(number);
    let mut tx = store.begin("test").await.unwrap();
    tx.insert(&file, None, noon()).await.unwrap();
    tx.set_due(&file.name, Some(due)).await.unwrap();
    tx.save().await.unwrap();
    file
}

async fn a_manifest_is_read_by_number_and_by_offset(database: &Database) {
    let store = database.open().await;
    let file = insert(&store, 1, noon()).await;
    insert(&store, 2, noon()).await;
    // Far beyond 32 bits.
    let far = 1 << 39;
    let all = [part(0, 0, 10), part(1, 10, far), part(2, far + 10, 1)];
    let mut tx = store.begin("test").await.unwrap();
    for part in &all {
        tx.add_part(&file.name, part).await.unwrap();
    }
    tx.save().await.unwrap();
    assert_eq!(store.parts(&file.name, 0, 10).await.unwrap(), all);
    assert_eq!(store.parts(&file.name, 1, 1).await.unwrap(), all[1..2]);
    for (offset, number) in [
        (0, Some(0)),
        (9, Some(0)),
        (10, Some(1)),
        (far + 9, Some(1)),
        (far + 10, Some(2)),
        (far + 11, None),
    ] {
        let found = store.part_at(&file.name, offset).await.unwrap();
        assert_eq!(found, number, "{offset}");
    }
    assert_eq!(store.parts(&name(2), 0, 10).await.unwrap(), []);
    let mut tx = store.begin("test").await.unwrap();
    assert!(tx.add_part(&file.name, &part(2, 0, 1)).await.is_err());
    drop(tx);
    let mut tx = store.begin("test").await.unwrap();
    tx.drop_parts(&file.name).await.unwrap();
    tx.save().await.unwrap();
    assert_eq!(store.parts(&file.name, 0, 10).await.unwrap(), []);
}

async fn of_two_parts_over_one_revision_the_second_is_refused(database: &Database) {
    let store = database.open().await;
    let file = insert(&store, 1, noon()).await;
    let before = store
        .get::<File>(file.name.as_str())
        .await
        .unwrap()
        .unwrap();
    for wins in [true, false] {
        let mut tx = store.begin("test").await.unwrap();
        let updated = tx.update(&before, &file, None, noon()).await;
        assert_eq!(updated.is_ok(), wins);
        if let Err(error) = updated {
            assert!(matches!(error, StoreError::Changed(_)), "{error}");
            continue;
        }
        tx.add_part(&file.name, &part(0, 0, 1)).await.unwrap();
        tx.save().await.unwrap();
    }
    assert_eq!(store.parts(&file.name, 0, 9).await.unwrap().len(), 1);
}

async fn files_are_due_when_their_time_has_come(database: &Database) {
    let store = database.open().await;
    let later = |hours: i64| noon() + SignedDuration::from_hours(hours);
    for (number, hours) in [(1, 3), (2, 1), (3, 2)] {
        insert(&store, number, later(hours)).await;
    }
    let due = async |hours: i64, most: u32| {
        let rows = store.files_due(later(hours), most).await.unwrap();
        rows.into_iter()
            .map(|row| row.value.name)
            .collect::<Vec<_>>()
    };
    assert_eq!(due(0, 9).await, []);
    assert_eq!(due(2, 9).await, [name(2), name(3)]);
    assert_eq!(due(9, 2).await, [name(2), name(3)]);
    let mut tx = store.begin("test").await.unwrap();
    tx.set_due(&name(2), None).await.unwrap();
    tx.set_due(&name(3), Some(later(9))).await.unwrap();
    tx.save().await.unwrap();
    assert_eq!(due(8, 9).await, [name(1)]);
    let mut tx = store.begin("test").await.unwrap();
    let resource = file(1).resource;
    let counted = tx
        .count_files(resource.as_str(), "receiving")
        .await
        .unwrap();
    assert_eq!(counted, 3);
    assert_eq!(
        tx.count_files(resource.as_str(), "visible").await.unwrap(),
        0
    );
}

async fn parts_do_not_move_the_registry(database: &Database) {
    let store = database.open().await;
    let before = store.revision().await.unwrap();
    let file = insert(&store, 1, noon()).await;
    let mut tx = store.begin("test").await.unwrap();
    tx.add_part(&file.name, &part(0, 0, 1)).await.unwrap();
    tx.save().await.unwrap();
    assert_eq!(store.revision().await.unwrap(), before);
}
