//! Repeated requests, stale etags, page tokens of other lists.

use api::catalogue::v1 as catalogue;
use api::registry::v1 as pb;
use kit::together;
use kit::world::answer::refused;
use kit::world::story::Story;
use kit::world::terms::{PLATFORM, wire_resource, wire_system};
use kit::world::wire::Connection;
use kit::world::{World, ask, new_id};
use ledger::entry::Kind;
use prost::Message;
use prost_types::FieldMask;
use sandbox::people;
use tonic::Code;

use super::descriptors::methods;

/// The fields that every request for a page has (AIP-158).
#[derive(Clone, PartialEq, Message)]
struct PageRequest {
    #[prost(int32, tag = "1")]
    page_size: i32,
    #[prost(string, tag = "2")]
    page_token: String,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_request_gets_the_first_answer_and_one_entry() {
    let world = World::start().await;
    world.register_system("marriage-registry").await;
    let before = world.operator.entries().await.len();
    let request = pb::CreateSystemRequest {
        system: Some(pb::System {
            name: "systems/new-registry".to_owned(),
            ..wire_system("marriage-registry")
        }),
        request_id: new_id(),
        validate_only: false,
        document: "虚构系统底数清单".to_owned(),
    };
    let create = async || {
        let answer = world
            .operator
            .systems()
            .create_system(ask(request.clone()))
            .await;
        answer.unwrap().into_inner()
    };
    let first = create().await;
    for again in together((0..8).map(|_| create())).await {
        assert_eq!(again, first);
    }
    assert_eq!(world.operator.entries().await.len(), before + 1);

    let other = pb::CreateSystemRequest {
        system: Some(pb::System {
            name: "systems/other-registry".to_owned(),
            ..wire_system("marriage-registry")
        }),
        ..request.clone()
    };
    let told = refused(world.operator.systems().create_system(ask(other)).await);
    assert_eq!(
        (told.code, told.reason.as_str()),
        (Code::AlreadyExists, "REQUEST_ID_REUSED")
    );
    // The id belongs to its caller: another's use of it is another request.
    let officer = world.enrol_officer("市民政局", "wang").await;
    let told = refused(officer.systems().create_system(ask(request)).await);
    assert_eq!(told.reason, "ALREADY_EXISTS");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_who_send_the_first_request_at_once_make_one_thing() {
    let world = World::start().await;
    world.register_system("marriage-registry").await;
    let before = world.operator.entries().await.len();
    let request = pb::CreateSystemRequest {
        system: Some(pb::System {
            name: "systems/new-registry".to_owned(),
            ..wire_system("marriage-registry")
        }),
        request_id: new_id(),
        validate_only: false,
        document: "虚构系统底数清单".to_owned(),
    };
    let create = async || {
        world
            .operator
            .systems()
            .create_system(ask(request.clone()))
            .await
    };
    for answer in together((0..10).map(|_| create())).await {
        assert_eq!(answer.unwrap().into_inner().name, "systems/new-registry");
    }
    assert_eq!(world.operator.entries().await.len(), before + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivered_lookup_is_not_delivered_again_under_its_request_id() {
    let mut story = Story::of_marriages().await;
    let request = story.lookup_request(&people::HUSBAND);
    let receipt = story
        .send(request.clone())
        .await
        .unwrap()
        .into_inner()
        .receipt
        .unwrap();
    for again in [request.clone(), {
        let mut other = story.lookup_request(&people::WIFE);
        other.request_id.clone_from(&request.request_id);
        other
    }] {
        let told = refused(story.send(again).await);
        assert_eq!(told.reason, "REQUEST_ID_REUSED");
        assert_eq!(told.entry, u64::try_from(receipt.intent_index).ok());
    }
    assert_eq!(story.provider.running().asked(), 1);
    let intents = story.auditor.entries().await;
    assert_eq!(
        intents
            .iter()
            .filter(|entry| *entry.kind() == Kind::Intent)
            .count(),
        1
    );

    // One that released nothing may be tried again under its id.
    story.provider.stop().await;
    let retried = story.lookup_request(&people::WIFE);
    let told = refused(story.send(retried.clone()).await);
    assert_eq!(told.reason, "PROVIDER_UNAVAILABLE");
    let own = story.provider.client.identity.clone();
    story.provider.answer_as(&own).await;
    story.until_reached(&retried).await;
    assert_eq!(
        refused(story.send(retried).await).reason,
        "REQUEST_ID_REUSED"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_lookups_under_one_request_id_one_reaches_the_provider() {
    let story = Story::of_marriages().await;
    let request = story.lookup_request(&people::HUSBAND);
    let answers = together((0..10).map(|_| story.send(request.clone()))).await;
    let (served, refusals): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!((served.len(), story.provider.running().asked()), (1, 1));
    for refusal in refusals {
        assert_eq!(refused(refusal).reason, "REQUEST_ID_REUSED");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stale_etag_changes_nothing() {
    let story = Story::of_marriages().await;
    let update = |display_name: &str, etag: &str| pb::UpdateSystemRequest {
        system: Some(pb::System {
            name: format!("systems/{PLATFORM}"),
            display_name: display_name.to_owned(),
            etag: etag.to_owned(),
            ..pb::System::default()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["display_name".to_owned()],
        }),
        request_id: new_id(),
        document: String::new(),
    };
    let mut systems = story.applicant.systems();
    let get = pb::GetSystemRequest {
        name: format!("systems/{PLATFORM}"),
    };
    let read = systems
        .get_system(ask(get.clone()))
        .await
        .unwrap()
        .into_inner();
    systems
        .update_system(ask(update("第一", &read.etag)))
        .await
        .unwrap();
    for etag in [read.etag.as_str(), "0", "没有"] {
        let told = refused(systems.update_system(ask(update("第二", etag))).await);
        assert_eq!(
            (told.code, told.reason.as_str()),
            (Code::Aborted, "ETAG_MISMATCH"),
            "{etag}"
        );
    }
    let kept = systems.get_system(ask(get)).await.unwrap().into_inner();
    assert_eq!(kept.display_name, "第一");

    let resource = catalogue::Resource {
        name: "resources/105001-000099".to_owned(),
        title: "补领登记信息".to_owned(),
        ..wire_resource("marriage-registrations")
    };
    let request = catalogue::CreateResourceRequest {
        resource: Some(resource.clone()),
        request_id: new_id(),
        validate_only: false,
    };
    story
        .owner
        .resources()
        .create_resource(ask(request))
        .await
        .unwrap();
    let request = catalogue::RegisterResourceRequest {
        name: resource.name,
        request_id: new_id(),
        etag: "0".to_owned(),
    };
    let told = refused(
        story
            .owner
            .resources()
            .register_resource(ask(request))
            .await,
    );
    assert_eq!(told.reason, "ETAG_MISMATCH");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_list_refuses_a_negative_page_and_a_token_of_another_list() {
    let world = World::start().await;
    world.register_system("marriage-registry").await;
    world.register_system(PLATFORM).await;
    let first = pb::ListSystemsRequest {
        page_size: 1,
        ..pb::ListSystemsRequest::default()
    };
    let page = world
        .operator
        .systems()
        .list_systems(ask(first))
        .await
        .unwrap()
        .into_inner();
    assert!(!page.next_page_token.is_empty());
    let token = page.next_page_token;

    let mut open = Connection::open(&world.gateway, Some(&world.operator.identity)).await;
    let lists: Vec<_> = methods()
        .into_iter()
        .filter(|method| method.is_paged)
        .collect();
    assert!(lists.len() >= 8, "{lists:?}");
    for list in lists {
        let negative = PageRequest {
            page_size: -1,
            ..PageRequest::default()
        };
        let told = open.call(&list.path, &negative).await.told();
        assert_eq!(
            (told.reason.as_str(), told.fields()),
            ("REQUEST_INVALID", vec!["page_size"])
        );
        let mut tokens = vec!["x", "x.y", ".", "000000000000.systems/a"];
        if !list.path.ends_with("/ListSystems") {
            tokens.push(&token);
        }
        for token in tokens {
            let foreign = PageRequest {
                page_token: token.to_owned(),
                ..PageRequest::default()
            };
            let told = open.call(&list.path, &foreign).await.told();
            let said = (told.reason.as_str(), told.fields());
            assert_eq!(
                said,
                ("REQUEST_INVALID", vec!["page_token"]),
                "{}: {token}",
                list.path
            );
        }
    }
    // Nor is a token of the same list with another filter.
    let filtered = pb::ListSystemsRequest {
        page_token: token,
        department: world.register_department("市民政局").await,
        ..pb::ListSystemsRequest::default()
    };
    let told = refused(world.operator.systems().list_systems(ask(filtered)).await);
    assert_eq!(told.fields(), ["page_token"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_one_are_together_the_whole_list() {
    let world = World::start().await;
    for system in ["marriage-registry", "enterprise-registry", PLATFORM] {
        world.register_system(system).await;
    }
    let mut systems = world.operator.systems();
    let whole = systems
        .list_systems(ask(pb::ListSystemsRequest::default()))
        .await
        .unwrap();
    let mut request = pb::ListSystemsRequest {
        page_size: 1,
        ..pb::ListSystemsRequest::default()
    };
    let mut found = Vec::new();
    loop {
        let page = systems
            .list_systems(ask(request.clone()))
            .await
            .unwrap()
            .into_inner();
        assert!(page.systems.len() <= 1);
        found.extend(page.systems);
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(found, whole.into_inner().systems);
}
