//! Terms, removals and what a crash leaves, in process, with the clock by hand, on both databases.

use broker::FileChunk;
use bytes::Bytes;
use domain::file::{Claimed, Digest, FileState, Why};
use domain::name::FileName;
use domain::reason::Reason;
use jiff::SignedDuration;
use kit::databases::{Database, on_sqlite};
use kit::files::{Files, chunks, whole};
use kit::gateway::act;
use ledger::entry::Kind;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::text;

kit::on_each_database!(
    a_file_is_kept_to_the_end_of_its_last_day_and_its_removal_is_proved,
    an_upload_that_nobody_goes_on_with_is_taken_away,
    a_removal_that_was_begun_is_finished_and_recorded_once,
    a_file_that_cannot_be_removed_does_not_keep_the_others,
    all_that_is_due_goes_on_one_tick,
    a_part_that_changed_in_the_store_does_not_leave,
);

async fn events(files: &Files, name: &FileName) -> Vec<String> {
    let bundle = files.gateway().export(&files.tables.operator, None).await;
    let text = String::from_utf8_lossy(&bundle).into_owned();
    let mut events = Vec::new();
    for line in text.lines().filter(|line| line.contains(name.as_str())) {
        let Some(start) = line.find('{') else {
            continue;
        };
        let entry = ledger::entry::Entry::decode(&line.as_bytes()[start..]).unwrap();
        if let Kind::Change { event } = entry.kind() {
            events.push(event.trim_start_matches("exchange.file.").to_owned());
        }
    }
    events
}

async fn stage(files: &Files, name: &FileName) -> FileState {
    let row = files.gateway().file(&files.provider, name).await;
    row.unwrap().value.state
}

async fn a_file_is_kept_to_the_end_of_its_last_day_and_its_removal_is_proved(database: &Database) {
    let files = Files::start(database).await;
    let content = text(9 * 1024 * 1024);
    let file = files.put(&content).await;
    let clock = &files.gateway().clock;
    files.gateway().tidy_files().await.unwrap();
    assert!(files.read(whole(&file.name)).await.1.is_ok());
    // Noon of the first day, in Shaoyang, and thirty days more: twelve hours are left.
    let days = |days: i64| SignedDuration::from_hours(24 * days);
    clock.advance(days(30) - SignedDuration::from_secs(1) + SignedDuration::from_hours(11));
    files.gateway().tidy_files().await.unwrap();
    assert!(matches!(
        stage(&files, &file.name).await,
        FileState::Visible { .. }
    ));
    clock.advance(SignedDuration::from_hours(2));
    // Nobody sees it from that moment on, whether the job came by or not.
    let (_, ended) = files.read(whole(&file.name)).await;
    assert_eq!(ended.unwrap_err().reason, Reason::FileDeleted);
    assert!(files.objects(&file.name).exists());
    kit::together((0..3).map(|_| files.gateway().tidy_files()))
        .await
        .into_iter()
        .for_each(|tidied| assert!(tidied.is_ok()));
    assert!(!files.objects(&file.name).exists());
    let FileState::Deleted { removal, .. } = stage(&files, &file.name).await else {
        panic!("not deleted");
    };
    assert_eq!(
        (removal.why, removal.by.as_str()),
        (Why::Expired, "gateway")
    );
    assert_eq!(removal.digests.as_ref(), file.digests());
    assert_eq!(
        events(&files, &file.name).await,
        ["begun", "completed", "expired", "deleted"]
    );
    let (_, ended) = files.read(whole(&file.name)).await;
    let failure = ended.unwrap_err();
    assert_eq!(failure.reason, Reason::FileDeleted);
    assert!(failure.message.contains("expired"), "{}", failure.message);
}

async fn an_upload_that_nobody_goes_on_with_is_taken_away(database: &Database) {
    let files = Files::start(database).await;
    let content = text(20_000);
    let begun = files.begin(files.new_file(content.len())).await.unwrap();
    let name = begun.value.name;
    let clock = &files.gateway().clock;
    let hours = SignedDuration::from_hours;
    clock.advance(hours(24 * 6));
    files
        .upload(&name, chunks(&content[..10_000], 0, 999))
        .await
        .unwrap();
    clock.advance(hours(24 * 6));
    // Counted from the last byte that came.
    files.gateway().tidy_files().await.unwrap();
    assert!(matches!(
        stage(&files, &name).await,
        FileState::Receiving(_)
    ));
    clock.advance(hours(24));
    files.gateway().tidy_files().await.unwrap();
    let FileState::Deleted { removal, .. } = stage(&files, &name).await else {
        panic!("not deleted");
    };
    assert_eq!((removal.why, removal.bytes), (Why::Abandoned, 10_000));
    assert!(!files.objects(&name).exists());
    let late = files.upload(&name, chunks(&content, 10_000, 999)).await;
    assert_eq!(late.unwrap_err().reason, Reason::StateConflict);
}

async fn a_removal_that_was_begun_is_finished_and_recorded_once(database: &Database) {
    let files = Files::start(database).await;
    let file = files.put(&text(30_000)).await;
    // An object that no manifest names, as a crash between object and manifest leaves it.
    let stray = files
        .objects(&file.name)
        .join("00000000-0000-4000-8000-000000000000");
    std::fs::write(&stray, b"stray").unwrap();
    // Where its objects were stands what leads to itself: they cannot be listed, nor removed.
    let (own, aside) = (
        files.objects(&file.name),
        files.objects(&file.name).with_extension("aside"),
    );
    std::fs::rename(&own, &aside).unwrap();
    std::os::unix::fs::symlink(&own, &own).unwrap();
    let request = files.gateway().new_request();
    let deleting = act(&files.provider, &request, "DeleteFile");
    let gone = files.gateway().delete_file(&deleting, &file.name, "").await;
    let state = gone.unwrap().value.state;
    assert!(matches!(state, FileState::Deleting(_)), "{state:?}");
    let (_, ended) = files.read(whole(&file.name)).await;
    assert_eq!(ended.unwrap_err().reason, Reason::FileDeleted);
    assert!(files.gateway().tidy_files().await.is_err());
    assert_eq!(
        events(&files, &file.name).await,
        ["begun", "completed", "withdrawn"]
    );
    std::fs::remove_file(&own).unwrap();
    std::fs::rename(&aside, &own).unwrap();
    assert!(stray.exists());
    files.gateway().clock.advance(SignedDuration::from_mins(1));
    for _ in 0..2 {
        files.gateway().tidy_files().await.unwrap();
    }
    assert!(!own.exists());
    assert_eq!(
        events(&files, &file.name).await,
        ["begun", "completed", "withdrawn", "deleted"]
    );
    let parts = database.number("SELECT COUNT(*) FROM file_parts").await;
    let deadlines = database.number("SELECT COUNT(*) FROM file_deadlines").await;
    assert_eq!((parts, deadlines), (0, 0));
}

async fn all_that_is_due_goes_on_one_tick(database: &Database) {
    let files = Files::start(database).await;
    // One more than a look at the store takes up.
    for _ in 0..101 {
        files.put(&text(10)).await;
    }
    let days = SignedDuration::from_hours(24 * 40);
    files.gateway().clock.advance(days);
    files.gateway().tidy_files().await.unwrap();
    let deadlines = database.number("SELECT COUNT(*) FROM file_deadlines").await;
    assert_eq!(deadlines, 0);
}

async fn a_file_that_cannot_be_removed_does_not_keep_the_others(database: &Database) {
    let files = Files::start(database).await;
    let (stuck, other) = (
        files.put(&text(1000)).await.name.clone(),
        files.put(&text(2000)).await.name.clone(),
    );
    // What leads to itself can neither be listed nor removed.
    let own = files.objects(&stuck);
    std::fs::remove_dir_all(&own).unwrap();
    std::os::unix::fs::symlink(&own, &own).unwrap();
    let request = files.gateway().new_request();
    let deleting = act(&files.provider, &request, "DeleteFile");
    let gone = files.gateway().delete_file(&deleting, &stuck, "").await;
    assert!(matches!(gone.unwrap().value.state, FileState::Deleting(_)));
    let days = SignedDuration::from_hours(24 * 40);
    files.gateway().clock.advance(days);
    assert!(files.gateway().tidy_files().await.is_err());
    let state = stage(&files, &other).await;
    assert!(matches!(state, FileState::Deleted { .. }), "{state:?}");
    assert!(!files.objects(&other).exists());
}

async fn a_part_that_changed_in_the_store_does_not_leave(database: &Database) {
    let files = Files::start(database).await;
    let content = text(9 * 1024 * 1024);
    let file = files.put(&content).await;
    let parts: Vec<_> = std::fs::read_dir(files.objects(&file.name))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(parts.len(), 2);
    let last = parts
        .iter()
        .min_by_key(|path| std::fs::metadata(path).unwrap().len())
        .unwrap();
    let mut bytes = std::fs::read(last).unwrap();
    bytes[5] ^= 1;
    std::fs::write(last, &bytes).unwrap();
    let (read, ended) = files.read(whole(&file.name)).await;
    assert!(read == content[..8 * 1024 * 1024]);
    let failure = ended.unwrap_err();
    assert_eq!(failure.reason, Reason::Internal);
    // What left is counted as disclosed.
    assert!(failure.entry.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_cut_and_any_resuming_gives_the_same_file() {
    on_sqlite(async |database| {
        let files = Files::start(database).await;
        let mut runner = TestRunner::deterministic();
        let shape = (
            1..40_000_usize,
            prop::collection::vec((1..9_000_usize, 1..9_000_usize), 1..8),
        );
        let mut digests: Option<(usize, Digest, Digest)> = None;
        for _ in 0..24 {
            let (size, uploads) = shape.new_tree(&mut runner).unwrap().current();
            // Every second run has the content of the one before it, cut in another way.
            let size = digests.as_ref().map_or(size, |(size, ..)| *size);
            let content = text(size);
            let name = files.begin(files.new_file(size)).await.unwrap().value.name;
            let mut place = 0;
            for (length, chunk) in uploads.into_iter().cycle() {
                let end = size.min(place + length);
                let sent = files
                    .upload(&name, chunks(&content[..end], place, chunk))
                    .await;
                assert_eq!(sent.unwrap().value.received(), u64::try_from(end).unwrap());
                place = end;
                if place == size {
                    break;
                }
            }
            let done = files.complete(&name).await.unwrap().value;
            assert!(files.read(whole(&name)).await.0 == content);
            let found = done.digests().unwrap().clone();
            digests = match digests.take() {
                None => Some((size, found.sha256, found.sm3)),
                Some((_, sha256, sm3)) => {
                    assert_eq!((sha256, sm3), (found.sha256, found.sm3));
                    None
                }
            };
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_came_before_a_fault_in_the_stream_is_kept() {
    on_sqlite(async |database| {
        let files = Files::start(database).await;
        let content = text(5_000);
        let mut new = files.new_file(content.len());
        new.claimed = Claimed {
            sha256: Some(Digest::parse(&"0".repeat(64)).unwrap()),
            sm3: None,
        };
        let name = files.begin(new).await.unwrap().value.name;
        let mut sent = chunks(&content[..3_000], 0, 1_000);
        sent.push(FileChunk {
            offset: 4_000,
            data: Bytes::from_static(b"x"),
        });
        let refused = files.upload(&name, sent).await.unwrap_err();
        assert_eq!(refused.reason, Reason::FileOffsetWrong);
        let rest = files.upload(&name, chunks(&content, 3_000, 500)).await;
        assert_eq!(rest.unwrap().value.received(), 5_000);
        let refused = files.complete(&name).await.unwrap_err();
        assert_eq!(refused.reason, Reason::FileContentRefused);
        assert_eq!(refused.faults.len(), 1);
        assert!(!files.objects(&name).exists());
    })
    .await;
}
