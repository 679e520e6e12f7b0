//! Statuses from below the handlers carry our reasons like any other.

use api::registry::v1 as pb;
use api::registry::v1::department_service_client::DepartmentServiceClient;
use bytes::Bytes;
use kit::world::wire::{Connection, LONG, framed};
use kit::world::{World, ask};
use tokio_stream::StreamExt as _;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServiceResponse};

const LIST: &str = "shuqiao.registry.v1.SystemService/ListSystems";
const ENROL: &str = "shuqiao.registry.v1.EnrolmentService/Enrol";
/// The limit of a request message.
const MESSAGE_BYTES: usize = 1024 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_status_carries_a_reason_of_ours() {
    let world = World::start().await;
    let mut open = Connection::open(&world.gateway, Some(&world.operator.identity)).await;
    // Field 1 as a text whose length is more than what follows.
    let malformed = framed(&[0x0a, 0x7f, b'x']);
    // Said to be compressed, without a word by what.
    let compressed = Bytes::from_static(&[1, 0, 0, 0, 0]);
    let too_large = framed(&vec![0; MESSAGE_BYTES + 1]);
    let unknown = "shuqiao.registry.v1.SystemService/DeleteEverything";
    let no_service = "shuqiao.registry.v9.Nothing/At/All";
    let cases = [
        (
            "malformed",
            LIST,
            Some(LONG),
            malformed,
            Code::InvalidArgument,
            "REQUEST_MALFORMED",
        ),
        (
            "compressed",
            LIST,
            Some(LONG),
            compressed,
            Code::InvalidArgument,
            "REQUEST_MALFORMED",
        ),
        (
            "no message",
            LIST,
            Some(LONG),
            Bytes::new(),
            Code::InvalidArgument,
            "REQUEST_MALFORMED",
        ),
        (
            "too large",
            LIST,
            Some(LONG),
            too_large,
            Code::ResourceExhausted,
            "MESSAGE_TOO_LARGE",
        ),
        (
            "no deadline",
            LIST,
            None,
            framed(&[]),
            Code::InvalidArgument,
            "DEADLINE_MISSING",
        ),
        (
            "odd deadline",
            LIST,
            Some("soon"),
            framed(&[]),
            Code::InvalidArgument,
            "DEADLINE_MISSING",
        ),
        (
            "no method",
            unknown,
            Some(LONG),
            framed(&[]),
            Code::Unimplemented,
            "METHOD_UNKNOWN",
        ),
        (
            "no service",
            no_service,
            Some(LONG),
            framed(&[]),
            Code::Unimplemented,
            "METHOD_UNKNOWN",
        ),
        (
            "no time",
            LIST,
            Some("0m"),
            framed(&[]),
            Code::DeadlineExceeded,
            "DEADLINE_EXCEEDED",
        ),
    ];
    for (case, method, deadline, body, code, reason) in cases {
        let answer = open.send(method, deadline, &[], body).await.unwrap();
        assert!(
            !answer.is_ok() && answer.status.is_some(),
            "{case}: {answer:?}"
        );
        let told = answer.told();
        assert_eq!((told.code, told.reason.as_str()), (code, reason), "{case}");
    }
    let served = open.send(LIST, Some(LONG), &[], framed(&[])).await.unwrap();
    assert!(
        served.is_ok(),
        "the connection is as good as before: {served:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_does_not_come_is_waited_for_until_the_deadline() {
    let world = World::start().await;
    let mut open = Connection::open(&world.gateway, Some(&world.operator.identity)).await;
    // Also where a deadline is optional, and nobody is asked who calls.
    let told = open.send_nothing(LIST, "50m").await.unwrap().told();
    let expected = (Code::DeadlineExceeded, "DEADLINE_EXCEEDED");
    assert_eq!((told.code, told.reason.as_str()), expected);
    assert_eq!(told.fault, "consumer");
    let mut anonymous = Connection::open(&world.gateway, None).await;
    for method in [ENROL, "grpc.health.v1.Health/Check"] {
        let told = anonymous.send_nothing(method, "50m").await.unwrap().told();
        assert_eq!(told.reason, "DEADLINE_EXCEEDED", "{method}");
    }
    let served = open.send(LIST, Some(LONG), &[], framed(&[])).await.unwrap();
    assert!(served.is_ok(), "{served:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_in_a_foreign_encoding_is_not_taken_for_an_unknown_method() {
    let world = World::start().await;
    let mut open = Connection::open(&world.gateway, Some(&world.operator.identity)).await;
    let compressed = Bytes::from_static(&[1, 0, 0, 0, 0]);
    let answer = open
        .send(LIST, Some(LONG), &[("grpc-encoding", "gzip")], compressed)
        .await
        .unwrap();
    assert_eq!(answer.told().reason, "REQUEST_MALFORMED");
    assert!(answer.status.unwrap().message().contains("compressed"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_at_the_limit_is_read() {
    let world = World::start().await;
    let mut open = Connection::open(&world.gateway, Some(&world.operator.identity)).await;
    // Field 15 is unknown: its bytes are passed over.
    let mut message = vec![0x7a, 0xfc, 0xff, 0x3f];
    message.resize(MESSAGE_BYTES, 0);
    let served = open
        .send(LIST, Some(LONG), &[], framed(&message))
        .await
        .unwrap();
    assert!(served.is_ok(), "{served:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_and_reflection_answer_without_a_certificate() {
    let world = World::start().await;
    let channel = world.anonymous().await;
    let whole = HealthCheckRequest {
        service: String::new(),
    };
    let health = HealthClient::new(channel.clone())
        .check(whole)
        .await
        .unwrap();
    assert_eq!(health.into_inner().status(), ServingStatus::Serving);

    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let asked = tokio_stream::iter([request]);
    let mut answers = ServerReflectionClient::new(channel.clone())
        .server_reflection_info(asked)
        .await
        .unwrap()
        .into_inner();
    let answer = answers.next().await.unwrap().unwrap().message_response;
    let Some(MessageResponse::ListServicesResponse(services)) = answer else {
        panic!("no list of services");
    };
    let names: Vec<String> = services
        .service
        .into_iter()
        .map(|ServiceResponse { name }| name)
        .collect();
    for service in [
        "shuqiao.certificate.v1.CertificateService",
        "grpc.health.v1.Health",
    ] {
        assert!(names.iter().any(|name| name == service), "{names:?}");
    }
    // And nothing else does.
    let asked = DepartmentServiceClient::new(channel)
        .list_departments(ask(pb::ListDepartmentsRequest::default()))
        .await;
    assert_eq!(
        kit::world::answer::refused(asked).reason,
        "TLS_CERTIFICATE_MISSING"
    );
}
