//! Who gets a file: whom policy permits, as long as it does.

use api::catalogue::v1::ShareMode;
use api::exchange::v1 as pb;
use api::exchange::v1::read_file_response::Part;
use api::sharing::v1 as sharing;
use kit::world::answer::Told;
use kit::world::filed::{Filed, resource};
use kit::world::story::{agree, publish};
use kit::world::terms::application;
use kit::world::{ask, new_id};

use super::text;

fn reason<T: std::fmt::Debug>(answer: Result<T, tonic::Status>) -> String {
    Told::of(&answer.unwrap_err()).reason
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_is_decided_like_any_other_use_of_a_grant() {
    let filed = Filed::start().await;
    let file = filed.put(&text(10_000)).await;
    let read = async |change: fn(&mut pb::ReadFileRequest)| {
        let mut request = filed.read_request(&file.name, 0);
        change(&mut request);
        let (bytes, ended) = filed.read(request).await;
        assert!(bytes.is_empty());
        Told::of(&ended.unwrap_err())
    };
    let foreign = read(|r| {
        let purpose = r.purpose.as_mut().unwrap();
        purpose.matter = kit::city::matter(3).name.to_string();
    });
    let foreign = foreign.await;
    assert_eq!(foreign.reason, "MATTER_NOT_COVERED");
    assert!(foreign.entry.is_some());
    let unnamed = read(|r| r.purpose.as_mut().unwrap().operator.clear()).await;
    assert_eq!(unnamed.reason, "OPERATOR_MISSING");
    let faults = read(|r| {
        (r.offset, r.limit) = (-1, -1);
        r.request_id = String::new();
        r.name = "files/1".to_owned();
    });
    assert_eq!(
        faults.await.fields(),
        ["request_id", "name", "offset", "limit"]
    );

    // An id stands for one read.
    let request = filed.read_request(&file.name, 0);
    assert!(filed.read(request.clone()).await.1.is_ok());
    assert_eq!(reason(filed.read(request).await.1), "REQUEST_ID_REUSED");

    // A file that holds more than the grant releases stays as a whole.
    let all = pb::File {
        items: Vec::new(),
        ..filed.file(3)
    };
    let name = filed.begin(all).await.unwrap().name;
    filed.upload(&name, b"a,b", 0, 3).await.unwrap();
    filed.complete(&name).await.unwrap();
    let (_, ended) = filed.read(filed.read_request(&name, 0)).await;
    assert_eq!(reason(ended), "ITEM_NOT_COVERED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_grant_in_file_mode_there_is_nothing_to_see() {
    let filed = Filed::start().await;
    let stranger = filed.world.enrol_system("marriage-registry").await;
    let file = filed.put(&text(1_000)).await;
    assert_eq!(filed.list(&stranger).await, [""; 0]);
    assert_eq!(reason(filed.get(&stranger, &file.name).await), "NOT_FOUND");
    let read = ask(filed.read_request(&file.name, 0));
    assert_eq!(
        reason(stranger.files().read_file(read).await),
        "GRANT_MISSING"
    );

    // A grant of the same kind of data by table says nothing of its files.
    let both = api::catalogue::v1::Resource {
        title: "企业名录与表".to_owned(),
        format_class: 6,
        share_modes: vec![ShareMode::File.into(), ShareMode::Table.into()],
        ..resource("resources/102001-000092")
    };
    publish(&filed.owner, &filed.publisher, &both).await;
    let by_table = sharing::Application {
        share_modes: vec![ShareMode::Table.into()],
        ..application(&both)
    };
    agree(&filed.applicant, &filed.owner, by_table).await;
    let other = pb::File {
        resource: both.name.clone(),
        ..filed.file(3)
    };
    let name = filed.begin(other).await.unwrap().name;
    filed.upload(&name, b"a,b", 0, 3).await.unwrap();
    filed.complete(&name).await.unwrap();
    assert_eq!(reason(filed.get(&filed.platform, &name).await), "NOT_FOUND");
    let (_, ended) = filed.read(filed.read_request(&name, 0)).await;
    assert_eq!(reason(ended), "MODE_NOT_COVERED");

    // Only its own system writes to a file, and only its department takes it back.
    let name = filed.begin(filed.file(3)).await.unwrap().name;
    for client in [&filed.platform, &stranger, &filed.owner] {
        let upload = pb::UploadFileRequest {
            name: name.clone(),
            offset: 0,
            data: b"a,b".to_vec().into(),
        };
        let sent = ask(futures_util::stream::iter([upload]));
        let said = reason(client.files().upload_file(sent).await);
        assert!(
            ["NOT_FOUND", "ROLE_NOT_ALLOWED"].contains(&said.as_str()),
            "{said}"
        );
    }
    for client in [&filed.platform, &stranger, &filed.applicant] {
        let delete = pb::DeleteFileRequest {
            name: name.clone(),
            request_id: new_id(),
            etag: String::new(),
        };
        assert_eq!(
            reason(client.files().delete_file(ask(delete)).await),
            "NOT_FOUND"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_loses_the_right_in_the_middle_gets_no_more() {
    let filed = Filed::start().await;
    let content = text(24 * 1024 * 1024);
    let file = filed.put(&content).await;
    let request = ask(filed.read_request(&file.name, 0));
    let mut parts = filed
        .platform
        .files()
        .read_file(request)
        .await
        .unwrap()
        .into_inner();
    let mut received = 0;
    let Some(Part::Chunk(first)) = parts.message().await.unwrap().unwrap().part else {
        panic!("no chunk");
    };
    received += first.data.len();
    let suspend = sharing::SuspendGrantRequest {
        name: filed.grant.name.clone(),
        reason: "核查".to_owned(),
        request_id: new_id(),
    };
    filed
        .owner
        .grants()
        .suspend_grant(ask(suspend))
        .await
        .unwrap();
    let told = loop {
        match parts.message().await {
            Ok(Some(message)) => match message.part {
                Some(Part::Chunk(chunk)) => received += chunk.data.len(),
                other => panic!("{other:?}", other = other.is_some()),
            },
            Ok(None) => panic!("no end"),
            Err(status) => break Told::of(&status),
        }
    };
    assert_eq!(told.reason, "GRANT_SUSPENDED");
    assert!(received < content.len(), "{received}");
    let entry = &filed.auditor.entries().await[usize::try_from(told.entry.unwrap()).unwrap()];
    let facts = format!("{entry:?}");
    assert!(
        facts.contains("GRANT_SUSPENDED") && facts.contains("digest"),
        "{facts}"
    );
}
