//! The fault matrix: whatever a provider does, its caller gets a reason of the closed list that
//! names the provider, nothing is released, and the outcome says so.

use kit::world::World;
use kit::world::answer::Told;
use kit::world::hostile::{Act, End, Hostile, framed, good_head, status};
use kit::world::insured::{Insured, call};
use sandbox::insurance as pb;
use sandbox::people::HUSBAND;
use std::time::Duration;
use tonic::Status;

/// A text that a provider puts everywhere, and that must come out nowhere.
const MARK: &str = "MARKED-BY-THE-PROVIDER";

const UNAVAILABLE: &str = "PROVIDER_UNAVAILABLE";
const BAD: &str = "PROVIDER_BAD_ANSWER";
const TIMEOUT: &str = "PROVIDER_TIMEOUT";
const ERROR: &str = "PROVIDER_ERROR";

fn fields(fields: &[(&'static str, &str)], end: End) -> Act {
    Act::Fields(
        fields.iter().map(|(k, v)| (*k, (*v).to_owned())).collect(),
        end,
    )
}

/// A good answer to GetInsured: `register_version` 7.
fn good() -> Vec<Act> {
    vec![
        good_head(),
        Act::Data(framed(&[0x10, 7]), End::No),
        status("0"),
    ]
}

fn matrix() -> Vec<(&'static str, Vec<Act>, &'static [&'static str])> {
    let data = |bytes: Vec<u8>| Act::Data(bytes, End::No);
    let whole = framed(&[0x10, 7]);
    vec![
        (
            "bytes that are no frames",
            vec![
                Act::Raw(b"HTTP/1.1 200 OK\r\n\r\nhello".repeat(50)),
                Act::Close,
            ],
            &[BAD, UNAVAILABLE],
        ),
        (
            "a frame of an impossible size",
            vec![Act::Raw(vec![0xff; 64]), Act::Close],
            &[BAD, UNAVAILABLE],
        ),
        (
            "a page of a web server",
            vec![
                fields(
                    &[(":status", "200"), ("content-type", "text/html")],
                    End::No,
                ),
                data(MARK.into()),
                Act::Reset(0),
            ],
            &[BAD],
        ),
        (
            "a content type that only begins like gRPC",
            vec![fields(
                &[(":status", "200"), ("content-type", "application/grpc-web")],
                End::Yes,
            )],
            &[BAD],
        ),
        (
            "an error of a web server",
            vec![fields(&[(":status", "503"), ("x-why", MARK)], End::Yes)],
            &[BAD],
        ),
        (
            "a head that ends without a status",
            vec![fields(
                &[(":status", "200"), ("content-type", "application/grpc")],
                End::Yes,
            )],
            &[BAD],
        ),
        (
            "an error in the head",
            vec![fields(
                &[
                    (":status", "200"),
                    ("content-type", "application/grpc"),
                    ("grpc-status", "5"),
                    ("grpc-message", MARK),
                ],
                End::Yes,
            )],
            &[ERROR],
        ),
        (
            "an error in the trailers",
            vec![
                good_head(),
                data(whole.clone()),
                fields(&[("grpc-status", "9"), ("grpc-message", MARK)], End::Yes),
            ],
            &[ERROR],
        ),
        (
            "a status that is no number",
            vec![good_head(), data(whole.clone()), status("fine")],
            &[BAD],
        ),
        (
            "a status that does not exist",
            vec![good_head(), data(whole.clone()), status("99")],
            &[BAD],
        ),
        (
            "no trailers",
            vec![good_head(), Act::Data(whole.clone(), End::Yes)],
            &[BAD],
        ),
        (
            "trailers without a status",
            vec![
                good_head(),
                data(whole.clone()),
                fields(&[("x-mark", MARK)], End::Yes),
            ],
            &[BAD],
        ),
        ("no message", vec![good_head(), status("0")], &[BAD]),
        (
            "two messages",
            vec![good_head(), data(whole.repeat(2)), status("0")],
            &[BAD],
        ),
        (
            "half a message",
            vec![good_head(), data(whole[..6].to_vec()), status("0")],
            &[BAD],
        ),
        (
            "a message that is no protobuf",
            vec![good_head(), data(framed(&[0x0f, 0xff])), status("0")],
            &[BAD],
        ),
        (
            "messages in each other without end",
            vec![good_head(), data(framed(&[0x0b; 4000])), status("0")],
            &[BAD],
        ),
        (
            "a compressed bomb",
            vec![
                fields(
                    &[
                        (":status", "200"),
                        ("content-type", "application/grpc"),
                        ("grpc-encoding", "gzip"),
                    ],
                    End::No,
                ),
                data([&[1, 0, 0, 0, 4][..], &[0x1f, 0x8b, 8, 0]].concat()),
                status("0"),
            ],
            &[BAD],
        ),
        (
            "a message of four gigabytes",
            vec![
                good_head(),
                data(vec![0, 0xff, 0xff, 0xff, 0xff]),
                Act::Forever(vec![0; 16_000]),
            ],
            &[BAD, UNAVAILABLE],
        ),
        (
            "an answer without end",
            vec![
                good_head(),
                data(vec![0, 0, 0x3f, 0xff, 0xff]),
                Act::Forever(vec![0; 16_000]),
            ],
            &[BAD, UNAVAILABLE],
        ),
        (
            "a head without end",
            vec![Act::EndlessFields],
            &[BAD, UNAVAILABLE],
        ),
        (
            "a head that is too large",
            vec![Act::Fields(
                vec![(":status", "200".to_owned()), ("x-more", MARK.repeat(2000))],
                End::No,
            )],
            &[BAD, UNAVAILABLE],
        ),
        ("a reset at once", vec![Act::Reset(2)], &[BAD]),
        (
            "a reset that refuses the stream",
            vec![Act::Reset(7)],
            &[UNAVAILABLE],
        ),
        (
            "a reset within the answer",
            vec![good_head(), data(whole[..6].to_vec()), Act::Reset(8)],
            &[UNAVAILABLE],
        ),
        (
            "a connection given up",
            vec![Act::GoAway(0), Act::Close],
            &[UNAVAILABLE],
        ),
        (
            "a connection given up for calm",
            vec![Act::GoAway(11), Act::Close],
            &[UNAVAILABLE, BAD],
        ),
        (
            "a connection closed at once",
            vec![Act::Close],
            &[UNAVAILABLE],
        ),
        (
            "a connection closed within the answer",
            vec![good_head(), data(whole[..6].to_vec()), Act::Close],
            &[UNAVAILABLE],
        ),
        ("silence", vec![], &[TIMEOUT]),
        ("silence after the head", vec![good_head()], &[TIMEOUT]),
        (
            "a drip that stops",
            vec![good_head(), data(vec![0]), data(vec![0]), data(vec![0])],
            &[TIMEOUT],
        ),
    ]
}

async fn ask(insured: &Insured, wait: Duration) -> Result<i64, Status> {
    let mut request = call(pb::GetInsuredRequest {
        id_number: HUSBAND.code.clone().into_owned(),
    });
    request.set_timeout(wait);
    let answer = insured.platform.insurance().get_insured(request).await?;
    Ok(answer.into_inner().register_version)
}

/// Asks until the old connection is known to be gone.
async fn until_served(insured: &Insured, wait: Duration) -> i64 {
    for _ in 0..4 {
        match ask(insured, wait).await {
            Ok(version) => return version,
            Err(status) => assert_eq!(Told::of(&status).reason, UNAVAILABLE),
        }
    }
    panic!("the provider was not reached again");
}

async fn read(insured: &Insured, wait: Duration) -> Status {
    let mut request = call(pb::ListPaymentsRequest {
        id_number: HUSBAND.code.clone().into_owned(),
        limit: 1,
    });
    request.set_timeout(wait);
    let mut payments = match insured.platform.insurance().list_payments(request).await {
        Ok(answer) => answer.into_inner(),
        Err(status) => return status,
    };
    loop {
        match payments.message().await {
            Ok(Some(_)) => {}
            Ok(None) => return Status::ok("it ended well"),
            Err(status) => return status,
        }
    }
}

fn holds(what: &str, status: &Status, expected: &[&str]) {
    let told = Told::of(status);
    assert!(expected.contains(&told.reason.as_str()), "{what}: {told:?}");
    assert_eq!(told.fault, "provider", "{what}");
    assert!(!format!("{status:?}").contains(MARK), "{what}: {status:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_of_a_provider_is_named_and_releases_nothing() {
    let mut insured = Insured::granting(World::start().await, &["name", "amount"]).await;
    let (identity, address) = (
        insured.provider.client.identity.clone(),
        insured.provider.address(),
    );
    insured.provider.stop().await;
    let hostile = Hostile::start(&identity, address).await;
    // Longer than the margin for the outcome; silence is waited for as long.
    let wait = Duration::from_millis(1500);
    for (what, acts, expected) in matrix() {
        hostile.set(acts);
        let status = ask(&insured, wait)
            .await
            .err()
            .unwrap_or_else(|| panic!("{what} was served"));
        holds(what, &status, expected);
        let outcome = insured.auditor.latest_outcome().await;
        assert_eq!(outcome.facts().text("fault"), Some("provider"), "{what}");
        assert!(outcome.facts().text("digest").is_none(), "{what}");
        // A good answer closes the breaker again: each fault is met by a gateway that asks.
        hostile.set(good());
        assert_eq!(until_served(&insured, wait).await, 7, "after {what}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_within_a_stream_is_named_too() {
    let mut insured = Insured::granting(World::start().await, &["name", "amount"]).await;
    let (identity, address) = (
        insured.provider.client.identity.clone(),
        insured.provider.address(),
    );
    insured.provider.stop().await;
    let hostile = Hostile::start(&identity, address).await;
    let wait = Duration::from_millis(1500);
    for (what, acts, expected) in matrix() {
        // Of a stream, any number of messages is right.
        if ["no message", "two messages"].contains(&what) {
            continue;
        }
        hostile.set(acts);
        holds(what, &read(&insured, wait).await, expected);
        hostile.set(good());
        assert_eq!(until_served(&insured, wait).await, 7, "after {what}");
    }
}
