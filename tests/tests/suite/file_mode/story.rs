//! A file over the wire from its first byte to the proof that it is gone, and broken off on the way.

use api::exchange::v1 as pb;
use api::exchange::v1::file::{Removal, State};
use futures_util::{StreamExt as _, stream};
use kit::world::answer::Told;
use kit::world::filed::{Filed, messages};
use kit::world::{World, ask, new_id};
use ledger::entry::{Entry, Kind};
use sandbox::client::with_deadline;
use std::time::Duration;

use super::text;

fn told<T: std::fmt::Debug>(answer: Result<T, tonic::Status>) -> Told {
    Told::of(&answer.unwrap_err())
}

fn event(entry: &Entry) -> String {
    match entry.kind() {
        Kind::Change { event } => event.clone(),
        Kind::Intent => "intent".to_owned(),
        Kind::Outcome { .. } => "outcome".to_owned(),
        Kind::Served => "served".to_owned(),
    }
}

fn fact(entry: &Entry, key: &str) -> String {
    let found = entry.facts().get(key);
    found.map_or_else(String::new, |fact| format!("{fact:?}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_left_completed_fetched_and_taken_back_with_evidence_of_each_step() {
    let filed = Filed::start().await;
    let content = text(9 * 1024 * 1024 + 13);
    let before = filed.auditor.entries().await.len();
    let begun = filed.begin(filed.file(content.len())).await.unwrap();
    assert_eq!(begun.state(), State::Receiving);
    assert!(begun.retention_assumed && !begun.retention_date.is_empty());
    let name = begun.name.clone();

    // Until it is complete nobody else sees it anywhere.
    let early = filed.upload(&name, &content[..5_000_000], 0, 262_144).await;
    assert_eq!(early.unwrap().received_size, 5_000_000);
    let unseen = async |filed: &Filed| {
        assert_eq!(filed.list(&filed.platform).await, [""; 0]);
        let hidden = told(filed.get(&filed.platform, &name).await);
        assert_eq!(hidden.reason, "NOT_FOUND");
        let (bytes, ended) = filed.read(filed.read_request(&name, 0)).await;
        assert_eq!((bytes.len(), told(ended).reason.as_str()), (0, "NOT_FOUND"));
    };
    unseen(&filed).await;
    let short = told(filed.complete(&name).await);
    assert_eq!(short.reason, "STATE_CONFLICT");
    let late = filed
        .upload(&name, &content, 5_000_000, 99_999)
        .await
        .unwrap();
    assert_eq!(late.received_size, begun.size);
    unseen(&filed).await;

    let done = filed.complete(&name).await.unwrap();
    assert_eq!(done.state(), State::Visible);
    assert_eq!((done.sha256.len(), done.sm3.len()), (64, 64));
    assert_eq!(filed.list(&filed.platform).await, [name.as_str()]);
    let seen = filed.get(&filed.platform, &name).await.unwrap();
    assert_eq!(seen, done);

    let (bytes, ended) = filed.read(filed.read_request(&name, 0)).await;
    let receipt = ended.unwrap();
    assert!(bytes == content);
    // From odd offsets, and a few bytes over the border of two parts.
    for (offset, limit) in [(8_388_607, 3), (4_999_999, 1), (1, 0), (begun.size - 1, 0)] {
        let request = pb::ReadFileRequest {
            limit,
            ..filed.read_request(&name, offset)
        };
        let (bytes, ended) = filed.read(request).await;
        let start = usize::try_from(offset).unwrap();
        let end = match limit {
            0 => content.len(),
            limit => start + usize::try_from(limit).unwrap(),
        };
        assert!(ended.is_ok() && bytes == content[start..end], "{offset}");
    }
    let behind = filed.read(filed.read_request(&name, begun.size)).await;
    assert_eq!(told(behind.1).fields(), ["offset"]);

    let entries = filed.auditor.entries().await;
    let outcome = usize::try_from(receipt.outcome_index).unwrap();
    assert!(fact(&entries[outcome], "whole").contains("true"));
    assert!(fact(&entries[outcome], "bytes").contains(&content.len().to_string()));
    assert!(!fact(&entries[outcome], "digest").is_empty());
    let intent = usize::try_from(receipt.intent_index).unwrap();
    assert!(fact(&entries[intent], "sha256").contains(&done.sha256));
    assert!(fact(&entries[intent], "file").contains(&name));

    let request = pb::DeleteFileRequest {
        name: name.clone(),
        request_id: new_id(),
        etag: done.etag.clone(),
    };
    let delete = async || {
        let mut files = filed.provider.files();
        let gone = files.delete_file(ask(request.clone())).await;
        gone.unwrap().into_inner()
    };
    let gone = delete().await;
    assert_eq!(
        (gone.state(), gone.removal()),
        (State::Deleted, Removal::Withdrawn)
    );
    assert_eq!(delete().await, gone);
    let (_, ended) = filed.read(filed.read_request(&name, 0)).await;
    let refused = told(ended);
    assert_eq!(refused.reason, "FILE_DELETED");
    let hidden = told(filed.get(&filed.platform, &name).await);
    assert_eq!(hidden.reason, "FILE_DELETED");
    assert_eq!(filed.list(&filed.platform).await, [""; 0]);
    assert_eq!(filed.list(&filed.owner).await, [name.as_str()]);

    let entries = filed.auditor.entries().await;
    let changes: Vec<String> = entries[before..]
        .iter()
        .map(event)
        .filter(|event| event.starts_with("exchange.file"))
        .collect();
    let wanted = ["begun", "completed", "withdrawn", "deleted"];
    assert_eq!(
        changes,
        wanted.map(|event| format!("exchange.file.{event}"))
    );
    let proof = &entries[usize::try_from(gone.entry_index).unwrap()];
    assert_eq!(event(proof), "exchange.file.deleted");
    assert!(fact(proof, "sha256").contains(&done.sha256) && fact(proof, "sm3").contains(&done.sm3));
    // Nothing of it is on the disk, and its name is in no entry.
    let id = name.trim_start_matches("files/");
    assert!(!filed.world.folder().join("files").join(id).exists());
    for entry in filed.auditor.entry_bodies().await {
        assert!(!String::from_utf8_lossy(&entry).contains("企业名录"));
    }
    // Nor is anything of its content or its name in what the program wrote to its log.
    let log = filed.world.log();
    assert!(!log.contains("企业名录") && !log.contains("企业-"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_goes_on_after_the_program_was_killed() {
    let mut filed = Filed::start().await;
    let content = text(17 * 1024 * 1024 + 1);
    let begun = filed.begin(filed.file(content.len())).await.unwrap();
    let name = begun.name;
    for stop in [8_388_608 + 77_777, 12_345_677] {
        let received = filed.get(&filed.provider, &name).await.unwrap();
        let from = usize::try_from(received.received_size).unwrap();
        let sent = filed.upload(&name, &content[..stop], from, 65_521).await;
        assert_eq!(sent.unwrap().received_size, i64::try_from(stop).unwrap());
        filed = filed.again(World::kill).await;
        let received = filed.get(&filed.provider, &name).await.unwrap();
        assert_eq!(received.received_size, i64::try_from(stop).unwrap());
    }
    filed
        .upload(&name, &content, 12_345_677, 262_144)
        .await
        .unwrap();
    let done = filed.complete(&name).await.unwrap();
    let filed = filed.again(World::kill).await;
    assert_eq!(filed.get(&filed.platform, &name).await.unwrap(), done);
    let (bytes, ended) = filed.read(filed.read_request(&name, 0)).await;
    assert!(ended.is_ok() && bytes == content);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_came_is_kept_when_the_time_is_up_and_when_the_line_breaks() {
    let filed = Filed::start().await;
    let content = text(300_000);
    let name = filed.begin(filed.file(content.len())).await.unwrap().name;
    // Both uploads send something and then neither go on nor end.
    let open = |from: usize, to: usize| {
        let sent = messages(&name, &content[..to], from, 50_000);
        stream::iter(sent).chain(stream::pending())
    };
    let short = with_deadline(open(0, 100_000), Duration::from_millis(700));
    let late = filed.provider.files().upload_file(short).await;
    assert_eq!(told(late).reason, "DEADLINE_EXCEEDED");
    let received = async || {
        let seen = filed.get(&filed.provider, &name).await.unwrap();
        seen.received_size
    };
    assert_eq!(received().await, 100_000);

    let identity = filed.provider.identity.clone();
    let other = filed.world.connect(identity).await;
    let (sent, sending) = tokio::sync::oneshot::channel::<()>();
    let rest = open(100_000, 250_000);
    let upload = tokio::spawn(async move {
        let mut sent = Some(sent);
        let watched = rest.inspect(move |message| {
            if message.offset >= 200_000 {
                drop(sent.take());
            }
        });
        other.files().upload_file(ask(watched)).await.map(drop)
    });
    // Closed when the last message was taken to be sent.
    assert!(sending.await.is_err());
    upload.abort();
    assert!(upload.await.unwrap_err().is_cancelled());
    // What was on the line may be lost with it, what arrived is kept, and the rest can follow.
    let mut place = received().await;
    while place < 300_000 {
        let from = usize::try_from(place).unwrap();
        assert!(
            [100_000, 150_000, 200_000, 250_000].contains(&from),
            "{from}"
        );
        // An upload that is not over yet can still win against this one.
        let _ = filed.upload(&name, &content, from, 50_000).await;
        place = received().await;
    }
    filed.complete(&name).await.unwrap();
    let (bytes, _) = filed.read(filed.read_request(&name, 0)).await;
    assert!(bytes == content);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chunks_that_overlap_or_leave_a_gap_are_refused_and_those_before_them_stay() {
    let filed = Filed::start().await;
    let content = text(400_000);
    let name = filed.begin(filed.file(content.len())).await.unwrap().name;
    for wrong in [99_999, 100_001, 0] {
        let received = filed
            .get(&filed.provider, &name)
            .await
            .unwrap()
            .received_size;
        let from = usize::try_from(received).unwrap();
        let mut sent = messages(&name, &content[..100_000], from, 50_000);
        sent.push(pb::UploadFileRequest {
            name: if sent.is_empty() {
                name.clone()
            } else {
                String::new()
            },
            offset: wrong,
            data: content[100_000..100_010].to_vec().into(),
        });
        assert_eq!(told(filed.send(sent).await).reason, "FILE_OFFSET_WRONG");
        let received = filed
            .get(&filed.provider, &name)
            .await
            .unwrap()
            .received_size;
        assert_eq!(received, 100_000, "{wrong}");
    }
    // Another file's name, no bytes, too many of them, and more than the file was said to have.
    let other = pb::UploadFileRequest {
        name: format!("files/{}", new_id()),
        offset: 100_001,
        data: vec![b'x'].into(),
    };
    let mut two = messages(&name, &content[..100_001], 100_000, 1);
    two.push(other);
    let faults = [
        (two, "name"),
        (messages(&name, &[b'x'; 400_001], 100_001, 262_145), "data"),
        (messages(&name, &[b'x'; 400_001], 100_001, 200_000), "data"),
    ];
    for (sent, field) in faults {
        assert_eq!(told(filed.send(sent).await).fields(), [field]);
    }
    let received = filed
        .get(&filed.provider, &name)
        .await
        .unwrap()
        .received_size;
    assert_eq!(received, 300_001);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_uploads_at_the_same_time_one_wins() {
    let filed = Filed::start().await;
    let content = text(8 * 1024 * 1024 + 500_000);
    let name = filed.begin(filed.file(content.len())).await.unwrap().name;
    let upload = || filed.upload(&name, &content, 0, 262_144);
    let ended = kit::together((0..4).map(|_| upload())).await;
    let won = ended.iter().filter(|ended| ended.is_ok()).count();
    assert_eq!(won, 1, "{ended:?}");
    for lost in ended.into_iter().filter_map(Result::err) {
        assert_eq!(Told::of(&lost).reason, "FILE_OFFSET_WRONG");
    }
    filed.complete(&name).await.unwrap();
    let (bytes, _) = filed.read(filed.read_request(&name, 0)).await;
    assert!(bytes == content);
}
