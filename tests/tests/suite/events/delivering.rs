//! Events that are brought to a receiver over real TLS: signed, in order, again where it does not take them.

use api::sharing::v1 as pb;
use api::sharing::v1::subscription::State;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use kit::databases::Database;
use kit::folder::Folder;
use kit::world::answer::refused;
use kit::world::command::shuqiaoctl;
use kit::world::receiver::{NEVER, Posted, Receiver};
use kit::world::story::Story;
use kit::world::{Client, World, ask, new_id};
use ring::signature::{ED25519, UnparsedPublicKey};

use super::{filter, next, resume, revoke, suspend, watch};

/// The seeds of the city, but with a first wait of a second and a short patience.
fn soon(folder: &Folder, give_up_s: u32) -> String {
    let seeds = folder.join("seeds");
    for file in domain::seed::Seeds::embedded_files() {
        let path = seeds.join(&file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let text = file
            .text
            .replace("first_wait_s = 5", "first_wait_s = 1")
            .replace("factor = 4", "factor = 1")
            .replace("give_up_s = 259_200", &format!("give_up_s = {give_up_s}"));
        std::fs::write(path, text).unwrap();
    }
    format!("seeds = {:?}\n", seeds.display().to_string())
}

fn wanted(receiver: &Receiver) -> pb::Subscription {
    pb::Subscription {
        owner: "systems/marriage-registry".to_owned(),
        url: receiver.url(),
        filter: Some(filter(&["sharing.grant"])),
        ..pb::Subscription::default()
    }
}

async fn subscribe(client: &Client, subscription: pb::Subscription) -> pb::Subscription {
    let request = pb::CreateSubscriptionRequest {
        subscription: Some(subscription),
        request_id: new_id(),
    };
    let mut subscriptions = client.subscriptions();
    let made = subscriptions.create_subscription(ask(request)).await;
    made.unwrap().into_inner()
}

async fn shown(client: &Client, name: &str) -> pb::Subscription {
    let request = pb::GetSubscriptionRequest {
        name: name.to_owned(),
    };
    let mut subscriptions = client.subscriptions();
    let shown = subscriptions.get_subscription(ask(request)).await;
    shown.unwrap().into_inner()
}

/// Asks until something more was taken than when it was made: its receiver may be told before its row is.
async fn until_taken(client: &Client, made: &pb::Subscription) {
    for _ in 0..1000 {
        if shown(client, &made.name).await.cursor != made.cursor {
            return;
        }
    }
    panic!("nothing was taken");
}

/// Verified by another implementation than the one that signs.
fn is_signed_by(posted: &Posted, key: &str) -> bool {
    let key = BASE64_STANDARD
        .decode(key.strip_prefix("whpk_").unwrap())
        .unwrap();
    let signature = posted
        .header("webhook-signature")
        .strip_prefix("v1a,")
        .unwrap();
    let signature = BASE64_STANDARD.decode(signature).unwrap();
    let (id, timestamp) = (
        posted.header("webhook-id"),
        posted.header("webhook-timestamp"),
    );
    let signed = [
        id.as_bytes(),
        b".",
        timestamp.as_bytes(),
        b".",
        &posted.body,
    ]
    .concat();
    UnparsedPublicKey::new(&ED25519, key)
        .verify(&signed, &signature)
        .is_ok()
}

fn events(posted: &[Posted]) -> Vec<(String, u16)> {
    posted
        .iter()
        .map(|one| (one.event(), one.answered))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_gets_signed_events_in_order_and_again_where_it_failed() {
    let folder = Folder::new("delivering");
    let more = soon(&folder, 259_200);
    let world = World::open_with(folder, None, None, &more).await;
    let story = Story::of_marriages_in(world).await;
    let system = &story.provider.client;
    let receiver = Receiver::start(&system.identity).await;
    let made = subscribe(system, wanted(&receiver)).await;
    assert_eq!(
        (made.state(), made.receiver.as_str()),
        (State::Active, made.owner.as_str())
    );
    receiver.answer(&[500, 302]);
    suspend(&story, &story.owner).await;
    resume(&story, &story.world.operator).await;
    let posted = receiver.posted(4).await;
    let name = |end: &str| format!("sharing.grant.{end}");
    let expected = [
        (name("suspended"), 500),
        (name("suspended"), 302),
        (name("suspended"), 200),
        (name("resumed"), 200),
    ];
    assert_eq!(events(&posted), expected);
    let public = made.public_key;
    for one in &posted {
        assert!(is_signed_by(one, &public), "{one:?}");
        assert_eq!(one.path, "/events", "no redirection is followed");
        assert_eq!(one.header("content-type"), "application/json");
    }
    let ids: Vec<_> = posted.iter().map(|one| one.header("webhook-id")).collect();
    assert!(
        ids[0] == ids[1] && ids[1] == ids[2] && ids[2] != ids[3],
        "{ids:?}"
    );

    // What the command says of it offline.
    let body = story.world.folder().join("body.json");
    std::fs::write(&body, &posted[3].body).unwrap();
    let verify = |key: &str| {
        let one = &posted[3];
        let ran = shuqiaoctl(&[
            "events",
            "verify-webhook",
            body.to_str().unwrap(),
            "--id",
            one.header("webhook-id"),
            "--timestamp",
            one.header("webhook-timestamp"),
            "--signature",
            one.header("webhook-signature"),
            "--key",
            key,
        ]);
        (ran.code, ran.said)
    };
    assert_eq!(verify(&public).0, 0);
    let other = format!("whpk_{}", BASE64_STANDARD.encode([9; 32]));
    assert_eq!(verify(&other).0, 1);

    // Watched from the place of the last one, there is nothing that was not brought.
    let body: serde_json::Value = serde_json::from_slice(&posted[3].body).unwrap();
    let cursor = body["cursor"].as_str().unwrap().to_owned();
    let start = pb::watch_events_request::Start::Cursor(cursor);
    let (mut watching, _) = watch(system, start, &["sharing.grant"]).await;
    revoke(&story, &story.owner).await;
    assert_eq!(next(&mut watching).await.name, name("revoked"));
    assert_eq!(receiver.posted(5).await.len(), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_taken_with_the_end_of_its_connection_is_not_brought_again() {
    let story = Story::of_marriages().await;
    let system = &story.provider.client;
    let receiver = Receiver::start(&system.identity).await;
    receiver.close_with_each();
    let made = subscribe(system, wanted(&receiver)).await;
    suspend(&story, &story.owner).await;
    resume(&story, &story.world.operator).await;
    let posted = receiver.posted(2).await;
    let names: Vec<_> = posted.iter().map(Posted::event).collect();
    assert_eq!(names, ["sharing.grant.suspended", "sharing.grant.resumed"]);
    assert_eq!(shown(system, &made.name).await.failed_attempts, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_taken_is_not_brought_again_after_a_restart_and_what_was_missed_is() {
    let folder = Folder::new("delivering");
    let more = soon(&folder, 259_200);
    let world = World::open_with(folder, None, None, &more).await;
    let mut story = Story::of_marriages_in(world).await;
    let mut receiver = Receiver::start(&story.provider.client.identity).await;
    let made = subscribe(&story.provider.client, wanted(&receiver)).await;
    suspend(&story, &story.owner).await;
    assert_eq!(receiver.posted(1).await.len(), 1);
    until_taken(&story.provider.client, &made).await;
    // Down while something happens, and up again under a gateway that was restarted.
    receiver.stop().await;
    resume(&story, &story.world.operator).await;
    let identity = story.provider.client.identity.clone();
    let owner = story.owner.identity.clone();
    let grant = story.grant.name.clone();
    story.provider.stop().await;
    let (well, folder) = story.world.terminate();
    assert!(well);
    receiver.answer_as(&identity).await;
    let world = World::open_with(folder, None, None, &more).await;
    let posted = receiver.posted(2).await;
    let names: Vec<_> = posted.iter().map(Posted::event).collect();
    assert_eq!(names, ["sharing.grant.suspended", "sharing.grant.resumed"]);
    let system = world.connect(identity).await;
    assert_eq!(
        shown(&system, &made.name).await.public_key,
        made.public_key,
        "the key stays"
    );
    let owner = world.connect(owner).await;
    let request = pb::RevokeGrantRequest {
        name: grant,
        reason: "不再需要".to_owned(),
        request_id: new_id(),
        disposal_demand: String::new(),
    };
    owner.grants().revoke_grant(ask(request)).await.unwrap();
    let posted = receiver.posted(3).await;
    assert_eq!(posted[2].event(), "sharing.grant.revoked");
    assert_eq!(shown(&system, &made.name).await.failed_attempts, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_wants_no_more_pauses_and_one_that_fails_for_too_long_waits() {
    let folder = Folder::new("delivering");
    let more = soon(&folder, 1);
    let world = World::open_with(folder, None, None, &more).await;
    let story = Story::of_marriages_in(world).await;
    let system = &story.provider.client;
    let receiver = Receiver::start(&system.identity).await;
    let now = || pb::watch_events_request::Start::FromNow(true);
    let (mut told, _) = watch(system, now(), &["sharing.subscription"]).await;
    let made = subscribe(system, wanted(&receiver)).await;
    assert_eq!(next(&mut told).await.name, "sharing.subscription.created");
    receiver.answer(&[410]);
    suspend(&story, &story.owner).await;
    let paused = next(&mut told).await;
    assert_eq!(paused.name, "sharing.subscription.paused");
    assert_eq!(paused.about["subscription"], made.name);
    assert_eq!(shown(system, &made.name).await.state(), State::Paused);
    // Resumed, it gets what it did not take; and gives up after a second of failures.
    receiver.answer(&[503, 503, 503]);
    let request = pb::ResumeSubscriptionRequest {
        name: made.name.clone(),
        request_id: new_id(),
    };
    let mut subscriptions = system.subscriptions();
    subscriptions
        .resume_subscription(ask(request))
        .await
        .unwrap();
    assert_eq!(next(&mut told).await.name, "sharing.subscription.resumed");
    assert_eq!(next(&mut told).await.name, "sharing.subscription.failing");
    let failing = shown(system, &made.name).await;
    assert_eq!(
        (failing.state(), failing.state_reason.as_str()),
        (State::Failing, "the receiver answered HTTP 503")
    );
    let end = pb::EndSubscriptionRequest {
        name: made.name.clone(),
        request_id: new_id(),
    };
    subscriptions.end_subscription(ask(end)).await.unwrap();
    assert_eq!(next(&mut told).await.name, "sharing.subscription.ended");
    let request = pb::ResumeSubscriptionRequest {
        name: made.name,
        request_id: new_id(),
    };
    let told = refused(subscriptions.resume_subscription(ask(request)).await);
    assert_eq!(told.reason, "STATE_CONFLICT");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_owners_receiver_at_an_allowed_place_is_told_anything() {
    let story = Story::of_marriages().await;
    let system = &story.provider.client;
    let mut receiver = Receiver::start(&system.identity).await;
    let made = subscribe(system, wanted(&receiver)).await;
    let test = || pb::TestSubscriptionRequest {
        name: made.name.clone(),
    };
    let mut subscriptions = system.subscriptions();
    let tested = subscriptions.test_subscription(ask(test())).await.unwrap();
    assert!(tested.get_ref().taken, "{tested:?}");
    assert_eq!(
        receiver.posted(1).await[0].event(),
        "sharing.subscription.ping"
    );
    assert!(is_signed_by(&receiver.so_far()[0], &made.public_key));
    // A certificate of the city, but of another system, is not the receiver's.
    let other = story.world.enrol_provider("enterprise-registry").await;
    receiver.answer_as(&other.identity).await;
    let tested = subscriptions.test_subscription(ask(test())).await.unwrap();
    assert!(!tested.get_ref().taken);
    assert_eq!(receiver.so_far().len(), 1, "not a byte was sent");

    let cases = [
        (
            pb::Subscription {
                url: "http://127.0.0.1:1/".to_owned(),
                ..wanted(&receiver)
            },
            "NOT_A_WEBHOOK_URL",
        ),
        (
            pb::Subscription {
                url: "https://10.9.9.9/".to_owned(),
                ..wanted(&receiver)
            },
            "ADDRESS_NOT_ALLOWED",
        ),
        (
            pb::Subscription {
                receiver: "systems/enterprise-registry".to_owned(),
                ..wanted(&receiver)
            },
            "NOT_OWNED",
        ),
    ];
    for (subscription, _) in cases {
        let request = pb::CreateSubscriptionRequest {
            subscription: Some(subscription),
            request_id: new_id(),
        };
        let told = refused(subscriptions.create_subscription(ask(request)).await);
        assert_eq!(told.reason, "REQUEST_INVALID");
    }
    // Nobody else's business, and not found by them.
    let get = pb::GetSubscriptionRequest {
        name: made.name.clone(),
    };
    let mut others = story.platform.subscriptions();
    let told = refused(others.get_subscription(ask(get)).await);
    assert_eq!(told.reason, "NOT_FOUND");
    let all = others
        .list_subscriptions(ask(pb::ListSubscriptionsRequest::default()))
        .await;
    assert_eq!(all.unwrap().into_inner().subscriptions, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_has_sixteen_at_most() {
    let story = Story::of_marriages().await;
    let system = &story.provider.client;
    let receiver = Receiver::start(&system.identity).await;
    let first = subscribe(system, wanted(&receiver)).await;
    let second = subscribe(system, wanted(&receiver)).await;
    assert_ne!(
        first.public_key, second.public_key,
        "no receiver speaks for another"
    );
    for _ in 2..domain::subscription::MOST {
        subscribe(system, wanted(&receiver)).await;
    }
    let request = || pb::CreateSubscriptionRequest {
        subscription: Some(wanted(&receiver)),
        request_id: new_id(),
    };
    let mut subscriptions = system.subscriptions();
    let told = refused(subscriptions.create_subscription(ask(request())).await);
    assert_eq!(told.reason, "STATE_CONFLICT");
    let ran = story
        .world
        .shuqiaoctl(system, &["subscriptions", "end", &first.name]);
    assert_eq!(ran.code, 0, "{}", ran.told);
    subscriptions
        .create_subscription(ask(request()))
        .await
        .unwrap();
    let ran = story
        .world
        .shuqiaoctl(system, &["--output", "json", "subscriptions", "list"]);
    assert_eq!(
        (ran.code, ran.said.lines().count()),
        (0, domain::subscription::MOST + 1)
    );
}

kit::on_each_database!(of_two_gateways_one_brings_each_event);

async fn of_two_gateways_one_brings_each_event(database: &Database) {
    let url = database.url_text();
    let first = World::open_on(Folder::new("one"), Some(&url), None).await;
    let story = Story::of_marriages_in(first).await;
    let copy = story.world.folder().copy("two");
    let second = World::open_on(copy, Some(&url), None).await;
    let elsewhere = second.connect(story.owner.identity.clone()).await;
    let receiver = Receiver::start(&story.provider.client.identity).await;
    subscribe(&story.provider.client, wanted(&receiver)).await;
    for round in 0..3 {
        suspend(&story, if round == 1 { &elsewhere } else { &story.owner }).await;
        resume(&story, &story.world.operator).await;
    }
    revoke(&story, &elsewhere).await;
    let posted = receiver.posted(7).await;
    let ids: std::collections::BTreeSet<_> =
        posted.iter().map(|one| one.header("webhook-id")).collect();
    assert_eq!(ids.len(), 7, "{posted:?}");
    let names: Vec<_> = posted.iter().map(Posted::event).collect();
    let pair = ["sharing.grant.suspended", "sharing.grant.resumed"];
    assert_eq!(
        names,
        [&pair.repeat(3)[..], &["sharing.grant.revoked"]].concat()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_was_killed_in_its_turn_is_followed_by_another() {
    let story = Story::of_marriages().await;
    let receiver = Receiver::start(&story.provider.client.identity).await;
    subscribe(&story.provider.client, wanted(&receiver)).await;
    receiver.answer(&[NEVER]);
    suspend(&story, &story.owner).await;
    resume(&story, &story.world.operator).await;
    receiver.posted(1).await;
    let _again = World::open(story.world.kill()).await;
    // When the turn of the dead one is over: the same message under the same id, and what came after it.
    let posted = receiver.posted(3).await;
    let names: Vec<_> = posted.iter().map(Posted::event).collect();
    let suspended = "sharing.grant.suspended";
    assert_eq!(names, [suspended, suspended, "sharing.grant.resumed"]);
    assert_eq!(
        posted[0].header("webhook-id"),
        posted[1].header("webhook-id")
    );
    assert_eq!(posted[0].body, posted[1].body);
}
