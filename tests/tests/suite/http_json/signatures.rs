//! Request signatures of the national platform: beside the certificate, each good for once.

use std::os::unix::fs::PermissionsExt as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use broker::clock::{Clock, SystemClock};
use hmac::{Hmac, Mac as _};
use http::Method;
use kit::folder::Folder;
use kit::world::json::{Http, Reply, Speaks};
use kit::world::terms::PLATFORM;
use kit::world::{Client, World};
use sha2::Sha256;

const KEY: &str = "a-key-of-the-platform-0001";
const REQUIRED: &str = "[request_signatures]\ndemand = 'required'";

/// The headers of a signed request.
#[derive(Clone)]
struct Signed {
    requester: String,
    time: String,
    sign: String,
}

fn now() -> i64 {
    Clock::now(&SystemClock).as_millisecond()
}

fn sign(requester: &str, key: &str, time: i64) -> Signed {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(format!("s_1_1{requester}{time}").as_bytes());
    Signed {
        requester: requester.to_owned(),
        time: time.to_string(),
        sign: STANDARD.encode(mac.finalize().into_bytes()),
    }
}

/// Asks for something that every system may read.
async fn get(world: &World, client: &Client, signed: Option<&Signed>) -> Reply {
    let mut open = Http::open(&world.gateway, Some(&client.identity), Speaks::Http1).await;
    let headers: Vec<(&str, &str)> = match signed {
        None => Vec::new(),
        Some(signed) => vec![
            ("gjgxjhpt_rid", &signed.requester),
            ("gjgxjhpt_sid", "s_1_1"),
            ("gjgxjhpt_rtime", &signed.time),
            ("gjgxjhpt_sign", &signed.sign),
        ],
    };
    open.send(Method::GET, "/v1/certificateTypes", &headers, "")
        .await
}

fn put_key(world: &World, requester: &str, system: &str, key: &str, mode: u32) {
    let folder = world.folder().join("signing-keys");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join(requester);
    std::fs::write(&file, format!("systems/{system}\n{key}\n")).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn told(reply: &Reply) -> (u16, String, String) {
    let message = reply.json()["message"].as_str().unwrap().to_owned();
    (reply.code, reply.reason(), message)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signed_request_is_taken_once_and_never_after_a_restart() {
    let world = World::open_with(Folder::new("signed"), None, None, REQUIRED).await;
    put_key(&world, "platform", PLATFORM, KEY, 0o600);
    let platform = world.enrol_system(PLATFORM).await;
    let (code, reason, _) = told(&get(&world, &platform, None).await);
    assert_eq!((code, reason.as_str()), (401, "SIGNATURE_REFUSED"));

    let signed = sign("platform", KEY, now());
    assert_eq!(get(&world, &platform, Some(&signed)).await.code, 200);
    let again = told(&get(&world, &platform, Some(&signed)).await);
    assert_eq!(again.2, "this signature was used before");
    // Another way to write the same bytes is the same signature, or none.
    let unpadded = Signed {
        sign: signed.sign.trim_end_matches('=').to_owned(),
        ..signed.clone()
    };
    assert_eq!(
        told(&get(&world, &platform, Some(&unpadded)).await).1,
        "REQUEST_INVALID"
    );

    let identity = platform.identity.clone();
    let folder = world.kill();
    let world = World::open_with(folder, None, None, REQUIRED).await;
    let platform = world.connect(identity).await;
    let again = told(&get(&world, &platform, Some(&signed)).await);
    assert_eq!(again.2, "this signature was used before");
    let next = sign("platform", KEY, now());
    assert_eq!(get(&world, &platform, Some(&next)).await.code, 200);
    // People and gRPC are as before; the key is in no log.
    assert_eq!(get(&world, &world.operator, None).await.code, 200);
    assert!(!world.log().contains(KEY));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_signed_as_agreed_is_refused() {
    let world = World::open_with(Folder::new("unsigned"), None, None, REQUIRED).await;
    let other = "another-key-of-somebody-0002";
    put_key(&world, "platform", PLATFORM, KEY, 0o600);
    put_key(&world, "open", PLATFORM, KEY, 0o644);
    put_key(&world, "short", PLATFORM, "short", 0o600);
    put_key(&world, "another", "marriage-registry", other, 0o600);
    let platform = world.enrol_system(PLATFORM).await;
    let minutes = 60_000;
    for (what, signed) in [
        ("another key", sign("platform", other, now())),
        ("an unknown requester", sign("nobody", KEY, now())),
        ("another system's", sign("another", other, now())),
        ("a key that others can read", sign("open", KEY, now())),
        ("a short key", sign("short", "short", now())),
        ("too old", sign("platform", KEY, now() - 11 * minutes)),
        (
            "from the future",
            sign("platform", KEY, now() + 11 * minutes),
        ),
    ] {
        let (code, reason, _) = told(&get(&world, &platform, Some(&signed)).await);
        assert_eq!(
            (code, reason.as_str()),
            (401, "SIGNATURE_REFUSED"),
            "{what}"
        );
    }
    // Well within the window, both ways.
    for minute in [-9, 9] {
        let signed = sign("platform", KEY, now() + minute * minutes);
        assert_eq!(
            get(&world, &platform, Some(&signed)).await.code,
            200,
            "{minute}"
        );
    }
    // A signature is no certificate.
    let mut open = Http::open(&world.gateway, None, Speaks::Http1).await;
    assert_eq!(
        open.get("/v1/certificateTypes").await.reason(),
        "TLS_CERTIFICATE_MISSING"
    );
    // All unreadable headers at once.
    let junk = Signed {
        requester: "../x".to_owned(),
        time: "soon".to_owned(),
        sign: "x".to_owned(),
    };
    let reply = get(&world, &platform, Some(&junk)).await;
    assert_eq!(
        (reply.code, reply.violations().len()),
        (400, 3),
        "{reply:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signatures_are_not_looked_at_unless_switched_on() {
    let world = World::start().await;
    let platform = world.enrol_system(PLATFORM).await;
    let signed = sign("nobody", KEY, 0);
    assert_eq!(get(&world, &platform, Some(&signed)).await.code, 200);

    let accepted = "[request_signatures]\ndemand = 'accepted'";
    let world = World::open_with(Folder::new("accepted"), None, None, accepted).await;
    let platform = world.enrol_system(PLATFORM).await;
    assert_eq!(get(&world, &platform, None).await.code, 200);
    let signed = sign("nobody", KEY, now());
    let (_, reason, _) = told(&get(&world, &platform, Some(&signed)).await);
    assert_eq!(reason, "SIGNATURE_REFUSED");
}
