//! Many at once, on two replicas of one database, after a kill, and when the issuer fails.

use api::certificate::v1::Disposition;
use futures_util::future::join_all;
use kit::databases::Database;
use kit::folder::Folder;
use kit::world::answer::{Told, refused};
use kit::world::coded::Coded;
use kit::world::{World, ask, new_id};
use sandbox::provider::Behaviour;

/// So many race for one code.
const RACERS: usize = 50;

kit::on_each_database!(of_many_on_two_replicas_one_gets_it);

async fn of_many_on_two_replicas_one_gets_it(database: &Database) {
    let url = database.url_text();
    let first = World::open_on(Folder::new("one"), Some(&url), None).await;
    let coded = Coded::start_in(first).await;
    let copy = coded.story.world.folder().copy("two");
    let second = World::open_on(copy, Some(&url), None).await;
    let elsewhere = second.connect(coded.story.platform.identity.clone()).await;
    let made = coded.code().await;
    let race = (0..RACERS).map(|number| {
        let replica = [&coded.story.platform, &elsewhere][number % 2];
        let mut certificates = replica.certificates();
        let mut request = coded.lookup_by(&made.code);
        request.request_id = new_id();
        async move { certificates.lookup_certificate(ask(request)).await }
    });
    let mut found = 0;
    for answer in join_all(race).await {
        match answer {
            Ok(answer) => {
                assert_eq!(answer.into_inner().disposition(), Disposition::Found);
                found += 1;
            }
            Err(status) => {
                let told = Told::of(&status);
                // Losing the race counts as a miss, so the last ones meet the budget of the case.
                let expected = ["USE_CODE_REFUSED", "BUDGET_SPENT"];
                assert!(expected.contains(&told.reason.as_str()), "{told:?}");
            }
        }
    }
    assert_eq!(found, 1);
    assert_eq!(coded.story.provider.running().asked(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_failed_or_is_pending_may_be_asked_for_again_by_the_same_request() {
    let coded = Coded::start().await;
    let made = coded.code().await;
    let request = coded.lookup_by(&made.code);
    let provider = coded.story.provider.running();
    provider.set_behaviour(Behaviour::Pending);
    for _ in 0..2 {
        let answer = coded
            .story
            .send(request.clone())
            .await
            .unwrap()
            .into_inner();
        assert_eq!(answer.disposition(), Disposition::Pending);
    }
    let told = refused(coded.story.send(coded.lookup_by(&made.code)).await);
    assert_eq!(told.reason, "USE_CODE_REFUSED");
    provider.set_behaviour(Behaviour::BreakOff);
    let told = refused(coded.story.send(request.clone()).await);
    assert_eq!(told.fault, "provider");
    provider.set_behaviour(Behaviour::Normal);
    let answer = coded
        .story
        .send(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(answer.disposition(), Disposition::Found);
    let told = refused(coded.story.send(request).await);
    assert_eq!(told.reason, "REQUEST_ID_REUSED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_policy_refuses_does_not_use_the_code_up() {
    let coded = Coded::start().await;
    let made = coded.code().await;
    let mut request = coded.lookup_by(&made.code);
    request.items = vec!["holder_code".to_owned()];
    let told = refused(coded.story.send(request).await);
    assert_eq!(told.reason, "ITEM_NOT_COVERED");
    let answer = coded.story.send(coded.lookup_by(&made.code)).await;
    assert_eq!(
        answer.unwrap().into_inner().disposition(),
        Disposition::Found
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_forgets_neither_that_it_is_open_nor_that_it_was_used() {
    let coded = Coded::start().await;
    let (open, used) = (coded.code().await, coded.code().await);
    coded.story.send(coded.lookup_by(&used.code)).await.unwrap();
    let requests = [&open, &used].map(|made| coded.lookup_by(&made.code));
    let identity = coded.story.platform.identity.clone();
    let (provider, world) = (coded.story.provider, coded.story.world);
    let world = World::open(world.kill()).await;
    let platform = world.connect(identity).await;
    let [open, used] = requests;
    let told = refused(platform.certificates().lookup_certificate(ask(used)).await);
    assert_eq!(told.reason, "USE_CODE_REFUSED");
    let answer = platform.certificates().lookup_certificate(ask(open)).await;
    assert_eq!(
        answer.unwrap().into_inner().disposition(),
        Disposition::Found
    );
    drop(provider);
}
