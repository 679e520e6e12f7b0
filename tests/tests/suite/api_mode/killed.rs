//! The real program, killed in the middle of a call of a provider's own method.

use broker::Step;
use kit::world::answer::Told;
use kit::world::insured::{Insured, call};
use kit::world::{Client, World, new_id};
use ledger::entry::{Entry, Kind};
use sandbox::insurance as pb;
use sandbox::people::HUSBAND;
use tonic::metadata::MetadataValue;
use tonic::{Response, Status};

async fn get(
    platform: &Client,
    request_id: &str,
) -> Result<Response<pb::GetInsuredResponse>, Status> {
    let mut request = call(pb::GetInsuredRequest {
        id_number: HUSBAND.code.clone().into_owned(),
    });
    let id = MetadataValue::try_from(request_id).unwrap();
    request.metadata_mut().insert("shuqiao-request-id", id);
    platform.insurance().get_insured(request).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_asked_has_its_intent_and_what_was_not_recorded_was_not_delivered() {
    for (step, asked, kinds) in [
        (Step::Decided, 0, 0),
        (Step::IntentRecorded, 0, 1),
        (Step::Answered, 1, 1),
        (Step::OutcomeRecorded, 1, 2),
    ] {
        let insured = Insured::granting(World::start().await, &["name"]).await;
        let Insured {
            world,
            platform,
            provider,
            auditor,
            ..
        } = insured;
        let world = World::open_on(world.kill(), None, Some(step)).await;
        let platform = world.connect(platform.identity).await;
        let id = new_id();
        let killed = {
            let (platform, id) = (world.connect(platform.identity.clone()).await, id.clone());
            tokio::spawn(async move { get(&platform, &id).await })
        };
        world.wait_for_pause(step);
        let world = World::open_on(world.kill(), None, None).await;
        assert!(killed.await.unwrap().is_err(), "{step:?}: it was delivered");
        assert_eq!(provider.running().asked(), asked, "{step:?}");
        let auditor = world.connect(auditor.identity).await;
        let entries = auditor.entries().await;
        let of_call: Vec<&Entry> = entries.iter().filter(|e| e.request_id() == id).collect();
        assert_eq!(of_call.len(), kinds, "{step:?}: {of_call:?}");
        if let [intent, rest @ ..] = of_call.as_slice() {
            assert_eq!(*intent.kind(), Kind::Intent, "{step:?}");
            let intent = intent.index();
            assert!(rest.iter().all(|e| *e.kind() == Kind::Outcome { intent }));
        }
        // The program goes on, and data is not delivered twice under one id.
        let platform = world.connect(platform.identity).await;
        let again = get(&platform, &id).await;
        match again {
            Ok(_) => assert_eq!(kinds, 0, "{step:?}"),
            Err(status) => {
                assert_eq!(Told::of(&status).reason, "REQUEST_ID_REUSED", "{step:?}");
                assert!(kinds > 0, "{step:?}");
            }
        }
        assert!(get(&platform, &new_id()).await.is_ok(), "{step:?}");
    }
}
