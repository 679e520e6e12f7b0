//! What a file must be to become visible.

use api::exchange::v1 as pb;
use api::exchange::v1::file::{Removal, State};
use kit::world::answer::Told;
use kit::world::filed::Filed;
use kit::world::{ask, new_id};
use sandbox::files::{archive, workbook};
use tonic::Code;

use super::text;

async fn judged(filed: &Filed, file: pb::File, content: &[u8]) -> Result<pb::File, Told> {
    let begun = filed.begin(file).await.unwrap();
    filed
        .upload(&begun.name, content, 0, 262_144)
        .await
        .unwrap();
    filed
        .complete(&begun.name)
        .await
        .map_err(|status| Told::of(&status))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_is_wrong_with_a_content_is_told_at_once_and_the_file_goes() {
    let filed = Filed::start().await;
    let good = text(3_000);
    let digests = judged(&filed, filed.file(good.len()), &good).await.unwrap();
    let claimed = pb::File {
        sha256: digests.sha256.clone(),
        sm3: digests.sm3.to_uppercase(),
        ..filed.file(good.len())
    };
    let done = judged(&filed, claimed.clone(), &good).await.unwrap();
    assert_eq!(done.state(), State::Visible);

    let mut wrong = good.clone();
    wrong[1_000] = 0xff;
    let told = judged(&filed, claimed, &wrong).await.unwrap_err();
    assert_eq!(
        (told.code, told.reason.as_str()),
        (Code::FailedPrecondition, "FILE_CONTENT_REFUSED")
    );
    assert_eq!(told.fields(), ["sha256", "sm3", "content_type"]);
    let entry = &filed.auditor.entries().await[usize::try_from(told.entry.unwrap()).unwrap()];
    assert!(format!("{entry:?}").contains("exchange.file.rejected"));
    // Two are visible; of the third its provider sees what became of it.
    assert_eq!(filed.list(&filed.platform).await.len(), 2);
    let all = filed.list(&filed.provider).await;
    let gone = filed
        .get(&filed.provider, all.last().unwrap())
        .await
        .unwrap();
    assert_eq!(
        (gone.state(), gone.removal()),
        (State::Deleted, Removal::Rejected)
    );
    let hidden = filed.get(&filed.platform, &gone.name).await.unwrap_err();
    assert_eq!(Told::of(&hidden).reason, "NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn types_are_judged_by_their_bytes() {
    let filed = Filed::start().await;
    let xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let cases: [(&str, Vec<u8>, bool); 9] = [
        ("text/csv", "名称,代码\n".as_bytes().to_vec(), true),
        ("text/csv", b"\xc3\xfb\xb3\xc6\n".to_vec(), false),
        ("text/csv", b"a\0b".to_vec(), false),
        (xlsx, workbook(&[&["名称"], &["邵阳示例厂"]]), true),
        (xlsx, archive(&[("OFD.xml", b"<ofd/>")]), false),
        (xlsx, b"PK\x03\x04 and no end".to_vec(), false),
        ("application/zip", archive(&[("a.txt", b"a")]), true),
        ("application/zip", b"MZ".to_vec(), false),
        ("application/vnd.ms-excel", workbook(&[&["a"]]), false),
    ];
    for (content_type, content, good) in cases {
        let file = pb::File {
            content_type: content_type.to_owned(),
            ..filed.file(content.len())
        };
        let judged = judged(&filed, file, &content).await;
        assert_eq!(judged.is_ok(), good, "{content_type}: {judged:?}");
        if let Err(told) = judged {
            assert_eq!(told.fields(), ["content_type"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_said_of_a_file_is_held_against_the_catalogue_all_at_once() {
    let filed = Filed::start().await;
    let told = async |file: pb::File| {
        let refused = filed.begin(file).await.unwrap_err();
        let told = Told::of(&refused);
        assert_eq!(told.reason, "REQUEST_INVALID");
        let mut fields: Vec<String> = told.fields().into_iter().map(str::to_owned).collect();
        fields.sort_unstable();
        fields
    };
    let garbled = pb::File {
        resource: "resources/1".to_owned(),
        display_name: "../etc/passwd".to_owned(),
        content_type: "text/elvish".to_owned(),
        size: 0,
        items: vec!["No Key".to_owned()],
        sha256: "abc".to_owned(),
        sm3: "xyz".to_owned(),
        retention_date: "soon".to_owned(),
        ..pb::File::default()
    };
    let all = [
        "file.content_type",
        "file.display_name",
        "file.items",
        "file.resource",
        "file.retention_date",
        "file.sha256",
        "file.size",
        "file.sm3",
    ];
    assert_eq!(told(garbled).await, all);
    // In order by itself, and not what the catalogue says.
    let other = pb::File {
        content_type: "application/pdf".to_owned(),
        items: vec!["unknown_item".to_owned()],
        retention_date: "2999-01-01".to_owned(),
        ..filed.file(1)
    };
    let all = ["file.content_type", "file.items[0]", "file.retention_date"];
    assert_eq!(told(other).await, all);
    let request = pb::BeginFileRequest {
        file: Some(filed.file(1)),
        request_id: new_id(),
    };
    let begin = async || {
        filed
            .provider
            .files()
            .begin_file(ask(request.clone()))
            .await
    };
    let first = begin().await.unwrap().into_inner();
    assert_eq!(begin().await.unwrap().into_inner(), first);
    for _ in 1..16 {
        filed.begin(filed.file(1)).await.unwrap();
    }
    let many = filed.begin(filed.file(1)).await.unwrap_err();
    assert_eq!(Told::of(&many).reason, "STATE_CONFLICT");
}
