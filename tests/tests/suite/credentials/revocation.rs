//! Revocation reaches what is open: the next request, an answer that is being made, a stream under way, here
//! and on every other gateway.

use std::time::Duration;

use api::exchange::v1 as exchange;
use api::registry::v1 as pb;
use kit::databases::Database;
use kit::folder::Folder;
use kit::world::answer::{Told, refused};
use kit::world::filed::{Filed, messages};
use kit::world::insured::{Insured, call};
use kit::world::story::Story;
use kit::world::{Client, World, ask, new_id};
use sandbox::insurance::CheckInsuredRequest;
use sandbox::people::HUSBAND;
use sandbox::provider::Behaviour;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

const REVOKED: &str = "TLS_CERTIFICATE_REVOKED";

async fn revoke(world: &World, whose: &Client) {
    let request = pb::RevokeTlsCertificateRequest {
        name: whose.certificate_name(),
        reason: "密钥外泄".to_owned(),
        request_id: new_id(),
        renewals: false,
    };
    let mut enrolment = world.operator.enrolment();
    enrolment
        .revoke_tls_certificate(ask(request))
        .await
        .unwrap();
}

async fn next_request(client: &Client) -> String {
    let list = pb::ListSystemsRequest::default();
    refused(client.systems().list_systems(ask(list)).await).reason
}

kit::on_each_database!(what_one_gateway_revokes_ends_on_another);

async fn what_one_gateway_revokes_ends_on_another(database: &Database) {
    let url = database.url_text();
    let first = World::open_on(Folder::new("one"), Some(&url), None).await;
    let insured = Insured::granting(first, &["base"]).await;
    let copy = insured.world.folder().copy("two");
    let second = World::open_on(copy, Some(&url), None).await;
    let elsewhere = second.connect(insured.platform.identity.clone()).await;
    let (questions, waiting) = mpsc::channel(1);
    let question = CheckInsuredRequest {
        id_number: HUSBAND.code.clone().into_owned(),
    };
    questions.send(question).await.unwrap();
    let mut insurance = elsewhere.insurance();
    let answers = insurance.check_insured(call(ReceiverStream::new(waiting)));
    let mut answers = answers.await.unwrap().into_inner();
    assert!(answers.message().await.unwrap().unwrap().insured);

    revoke(&insured.world, &insured.platform).await;
    // Nobody asks, nobody answers: the stream ends by itself.
    let status = answers.message().await.err().unwrap();
    assert_eq!(Told::of(&status).reason, REVOKED);
    assert!(
        status.message().contains("密钥外泄"),
        "{}",
        status.message()
    );
    // Both connections are open still, and serve nothing.
    assert_eq!(next_request(&elsewhere).await, REVOKED);
    assert_eq!(next_request(&insured.platform).await, REVOKED);
    drop(questions);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_under_way_ends_and_what_came_is_kept() {
    let filed = Filed::start().await;
    let content = vec![b'x'; 3000];
    let begun = filed.begin(filed.file(content.len())).await.unwrap();
    let (chunks, waiting) = mpsc::channel(1);
    let mut files = filed.provider.files();
    let sending =
        tokio::spawn(async move { files.upload_file(ask(ReceiverStream::new(waiting))).await });
    let mut all = messages(&begun.name, &content, 0, 1000).into_iter();
    let [first, second] = [all.next().unwrap(), all.next().unwrap()];
    chunks.send(first).await.unwrap();
    chunks.send(second).await.unwrap();
    revoke(&filed.world, &filed.provider).await;
    let told = refused(sending.await.unwrap());
    assert_eq!(told.reason, REVOKED);
    // Who has a new certificate goes on.
    let again = filed.world.enrol_system("enterprise-registry").await;
    let stands = filed.get(&again, &begun.name).await.unwrap().received_size;
    let from = usize::try_from(stands).unwrap();
    assert!(from <= 2000, "{from}");
    let rest = messages(&begun.name, &content, from, 1000);
    let kept = again
        .files()
        .upload_file(ask(tokio_stream::iter(rest)))
        .await;
    assert_eq!(kept.unwrap().into_inner().received_size, 3000);
    drop(chunks);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_download_under_way_ends_before_its_end() {
    let filed = Filed::start().await;
    let content = vec![b'x'; 16 * 1024 * 1024];
    let file = filed.put(&content).await;
    let request = filed.read_request(&file.name, 0);
    let mut parts = filed
        .platform
        .files()
        .read_file(ask(request))
        .await
        .unwrap()
        .into_inner();
    assert!(parts.message().await.unwrap().is_some());
    revoke(&filed.world, &filed.platform).await;
    let mut came = 0;
    let status = loop {
        match parts.message().await {
            Ok(Some(exchange::ReadFileResponse { part: Some(part) })) => match part {
                exchange::read_file_response::Part::Chunk(chunk) => came += chunk.data.len(),
                exchange::read_file_response::Part::Receipt(_) => panic!("it came to its end"),
            },
            Ok(_) => panic!("it came to its end"),
            Err(status) => break status,
        }
    };
    assert_eq!(Told::of(&status).reason, REVOKED);
    assert!(
        came < content.len() / 2,
        "{came} bytes came after the revocation"
    );
    assert_eq!(next_request(&filed.platform).await, REVOKED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_was_being_made_is_not_given() {
    let story = Story::of_marriages().await;
    let slow = Behaviour::Slow(Duration::from_secs(3));
    story.provider.running().set_behaviour(slow);
    let request = story.lookup_request(&HUSBAND);
    let platform = story.platform.clone();
    let asking = tokio::spawn(async move {
        let mut certificates = platform.certificates();
        certificates.lookup_certificate(ask(request)).await
    });
    while story.provider.running().asked() == 0 {
        tokio::task::yield_now().await;
    }
    revoke(&story.world, &story.platform).await;
    assert_eq!(refused(asking.await.unwrap()).reason, REVOKED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_revokes_the_own_certificate_is_told_that_it_is_done() {
    let world = World::start().await;
    let officer = world.enrol_officer("市民政局", "wang").await;
    let token = pb::create_enrolment_token_request::Subject::Operator("second".to_owned());
    let token = world.token(token).await;
    let identity = sandbox::identity::enrol(&world.gateway, &token, &[])
        .await
        .unwrap();
    let second = world.connect(identity).await;
    let request = pb::RevokeTlsCertificateRequest {
        name: second.certificate_name(),
        reason: "换机".to_owned(),
        request_id: new_id(),
        renewals: true,
    };
    let done = second
        .enrolment()
        .revoke_tls_certificate(ask(request))
        .await;
    assert!(done.unwrap().into_inner().revoke_time.is_some());
    assert_eq!(next_request(&second).await, REVOKED);
    // Others feel nothing of it.
    let list = pb::ListSystemsRequest::default();
    officer.systems().list_systems(ask(list)).await.unwrap();
}
