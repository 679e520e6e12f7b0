//! An endpoint that moves, and one that is removed.

use std::time::Duration;

use api::compliance::v1 as compliance;
use api::registry::v1 as registry;
use kit::databases::Database;
use kit::folder::Folder;
use kit::world::answer::refused;
use kit::world::story::Story;
use kit::world::terms::endpoint_request;
use kit::world::{World, ask, new_id};
use sandbox::people::HUSBAND;
use tonic::{Code, Response, Status};

use super::event;

const ENDPOINT: &str = "systems/marriage-registry/endpoints/main";
const SYSTEM: &str = "systems/marriage-registry";
/// Longer than a gateway takes to look at the registry again.
const WAIT: Duration = Duration::from_secs(50);
/// No server listens there.
const NOBODY: &str = "127.0.0.1:9";

fn move_to(address: &str) -> registry::UpdateEndpointRequest {
    registry::UpdateEndpointRequest {
        endpoint: Some(registry::Endpoint {
            name: ENDPOINT.to_owned(),
            address: address.to_owned(),
            ..registry::Endpoint::default()
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["address".to_owned()],
        }),
        request_id: new_id(),
        validate_only: false,
    }
}

fn remove(name: &str) -> registry::DeleteEndpointRequest {
    registry::DeleteEndpointRequest {
        name: name.to_owned(),
        request_id: new_id(),
        etag: String::new(),
        validate_only: false,
    }
}

/// Another endpoint of the story's provider, at the same server.
fn spare(id: &str, address: &str) -> registry::CreateEndpointRequest {
    let mut request = endpoint_request("marriage-registry", address);
    if let Some(endpoint) = &mut request.endpoint {
        endpoint.name = format!("{SYSTEM}/endpoints/{id}");
    }
    request
}

async fn update(
    story: &Story,
    request: registry::UpdateEndpointRequest,
) -> Result<Response<registry::Endpoint>, Status> {
    story.owner.endpoints().update_endpoint(ask(request)).await
}

async fn delete(
    story: &Story,
    request: registry::DeleteEndpointRequest,
) -> Result<Response<registry::Endpoint>, Status> {
    story.owner.endpoints().delete_endpoint(ask(request)).await
}

async fn listed(story: &Story, show_deleted: bool) -> Vec<registry::Endpoint> {
    let request = registry::ListEndpointsRequest {
        parent: SYSTEM.to_owned(),
        show_deleted,
    };
    let listed = story.owner.endpoints().list_endpoints(ask(request)).await;
    listed.unwrap().into_inner().endpoints
}

/// The facts of the provider that are proved.
async fn proved(story: &Story) -> Vec<String> {
    let request = compliance::GetProgressRequest {
        name: "plans/2022".to_owned(),
    };
    let board = story.auditor.plans().get_progress(ask(request)).await;
    let rows = board.unwrap().into_inner().departments.into_iter();
    let mut systems = rows.flat_map(|row| row.systems);
    let row = systems.find(|row| row.system == SYSTEM).unwrap();
    let proved = row.facts.into_iter().filter(|fact| fact.proved);
    proved.map(|fact| fact.key).collect()
}

fn has(facts: &[String], fact: &str) -> bool {
    facts.iter().any(|one| one == fact)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_go_on_at_the_new_address_and_what_was_passed_has_to_be_passed_again() {
    let mut story = Story::of_marriages().await;
    story.lookup(&HUSBAND).await.unwrap();
    story.conform().await;
    assert!(has(&proved(&story).await, "conformed"));
    let old = story.provider.address().to_string();
    let line = story.provider.answer_through_a_line().await;
    let new = story.provider.address().to_string();
    assert_ne!(old, new);
    line.cut();

    // Tried first: the gateway looks at the new place, and nothing is stored.
    let tried = registry::UpdateEndpointRequest {
        validate_only: true,
        ..move_to(&new)
    };
    let tried = update(&story, tried).await.unwrap().into_inner();
    assert_eq!(tried.health(), registry::endpoint::Health::Serving);
    assert_eq!(tried.observation.unwrap().tls_version, "TLSv1_3");
    assert_eq!(listed(&story, false).await[0].address, old);
    let etag = listed(&story, false).await[0].etag.clone();

    let mut request = move_to(&new);
    request.endpoint.as_mut().unwrap().etag.clone_from(&etag);
    let moved = update(&story, request.clone()).await.unwrap().into_inner();
    assert_eq!(
        moved.health(),
        registry::endpoint::Health::Serving,
        "{}",
        moved.last_error
    );
    assert_eq!(
        (moved.address.as_str(), moved.conformance.clone()),
        (new.as_str(), None)
    );
    story.lookup(&HUSBAND).await.unwrap();
    let facts = proved(&story).await;
    assert!(
        has(&facts, "answering") && !has(&facts, "conformed"),
        "{facts:?}"
    );
    // A repetition has no second effect; the mark of before is not good for another change.
    let again = update(&story, request).await.unwrap().into_inner();
    assert_eq!(again.address, new);
    let mut stale = move_to(NOBODY);
    stale.endpoint.as_mut().unwrap().etag = etag;
    assert_eq!(refused(update(&story, stale).await).reason, "ETAG_MISMATCH");

    story.conform().await;
    assert!(has(&proved(&story).await, "conformed"));
    // The same once more changes nothing, and takes nothing away.
    update(&story, move_to(&new)).await.unwrap();
    assert!(has(&proved(&story).await, "conformed"));
    let entries = story.auditor.entries().await;
    let told: Vec<_> = entries
        .iter()
        .filter(|entry| event(entry) == Some("registry.endpoint.changed"))
        .collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].facts().text("former_address"), Some(old.as_str()));
    assert_eq!(told[0].facts().text("address"), Some(new.as_str()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_cannot_be_is_refused_with_every_fault_and_changes_nothing() {
    let story = Story::of_marriages().await;
    let before = listed(&story, true).await[0].etag.clone();
    let far = refused(update(&story, move_to("192.0.2.1:9443")).await);
    assert!(
        far.of_field("endpoint.address")
            .starts_with("ADDRESS_NOT_ALLOWED"),
        "{far:?}"
    );
    let file = refused(update(&story, move_to("file:registry.db")).await);
    assert!(
        file.of_field("endpoint.address")
            .starts_with("NOT_AN_ADDRESS"),
        "{file:?}"
    );
    let mut several = move_to("nowhere");
    several.update_mask = Some(prost_types::FieldMask {
        paths: ["address", "protocol", "health"].map(str::to_owned).into(),
    });
    let told = refused(update(&story, several).await);
    let fields = [
        "endpoint.address",
        "update_mask.paths[1]",
        "update_mask.paths[2]",
    ];
    assert_eq!(told.fields(), fields);
    let nothing = registry::UpdateEndpointRequest {
        update_mask: None,
        ..move_to(NOBODY)
    };
    assert_eq!(
        refused(update(&story, nothing).await).fields(),
        ["update_mask"]
    );
    let mut unknown = move_to(NOBODY);
    unknown.endpoint.as_mut().unwrap().name = format!("{SYSTEM}/endpoints/other");
    assert_eq!(refused(update(&story, unknown).await).reason, "NOT_FOUND");
    let after = listed(&story, true).await;
    assert_eq!((after.len(), after[0].etag.as_str()), (1, before.as_str()));
    story.lookup(&HUSBAND).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_needed_stays_and_what_is_removed_is_gone_until_it_is_registered_again() {
    let story = Story::of_marriages().await;
    story.conform().await;
    let needed = refused(delete(&story, remove(ENDPOINT)).await);
    assert_eq!(needed.reason, "STATE_CONFLICT");
    assert!(
        needed.message.contains(&story.resource.name),
        "{}",
        needed.message
    );

    // One that never answered is removed at once; so is the first when another took its place.
    let mut endpoints = story.owner.endpoints();
    let address = story.provider.address().to_string();
    endpoints
        .create_endpoint(ask(spare("lost", NOBODY)))
        .await
        .unwrap();
    let lost = format!("{SYSTEM}/endpoints/lost");
    let tried = registry::DeleteEndpointRequest {
        validate_only: true,
        ..remove(&lost)
    };
    delete(&story, tried).await.unwrap();
    assert_eq!(listed(&story, false).await.len(), 2);
    let request = remove(&lost);
    let gone = delete(&story, request.clone()).await.unwrap().into_inner();
    assert!(
        gone.delete_time.is_some() && gone.observation.is_none(),
        "{gone:?}"
    );
    delete(&story, request).await.unwrap();
    assert!(
        has(&proved(&story).await, "conformed"),
        "the other one passed"
    );
    endpoints
        .create_endpoint(ask(spare("second", &address)))
        .await
        .unwrap();
    delete(&story, remove(ENDPOINT)).await.unwrap();
    let facts = proved(&story).await;
    assert!(
        has(&facts, "answering") && !has(&facts, "conformed"),
        "{facts:?}"
    );
    story.lookup(&HUSBAND).await.unwrap();

    let names = |all: Vec<registry::Endpoint>| -> Vec<String> {
        all.into_iter().map(|one| one.name).collect()
    };
    let second = format!("{SYSTEM}/endpoints/second");
    assert_eq!(names(listed(&story, false).await), vec![second]);
    assert_eq!(listed(&story, true).await.len(), 3);
    // There is nothing to do with it any more, but its name is free.
    assert_eq!(
        refused(delete(&story, remove(ENDPOINT)).await).reason,
        "NOT_FOUND"
    );
    assert_eq!(
        refused(update(&story, move_to(NOBODY)).await).reason,
        "NOT_FOUND"
    );
    let probe = registry::ProbeEndpointRequest {
        name: ENDPOINT.to_owned(),
        request_id: new_id(),
    };
    assert_eq!(
        refused(endpoints.probe_endpoint(ask(probe)).await).reason,
        "NOT_FOUND"
    );
    let again = endpoint_request("marriage-registry", &address);
    let again = endpoints
        .create_endpoint(ask(again))
        .await
        .unwrap()
        .into_inner();
    assert!(again.delete_time.is_none() && again.conformance.is_none());
    assert_eq!(listed(&story, false).await.len(), 2);
    let taken = refused(
        endpoints
            .create_endpoint(ask(spare("second", &address)))
            .await,
    );
    assert_eq!(taken.reason, "ALREADY_EXISTS");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_removed_takes_no_place_among_those_that_a_system_may_have() {
    let story = Story::of_marriages().await;
    let mut endpoints = story.owner.endpoints();
    for number in 1..16 {
        let request = spare(&format!("e{number}"), NOBODY);
        endpoints.create_endpoint(ask(request)).await.unwrap();
    }
    let full = refused(endpoints.create_endpoint(ask(spare("more", NOBODY))).await);
    assert_eq!(full.reason, "STATE_CONFLICT");
    delete(&story, remove(&format!("{SYSTEM}/endpoints/e1")))
        .await
        .unwrap();
    endpoints
        .create_endpoint(ask(spare("more", NOBODY)))
        .await
        .unwrap();
    let full = refused(endpoints.create_endpoint(ask(spare("e1", NOBODY))).await);
    assert_eq!(full.reason, "STATE_CONFLICT");
}

kit::on_each_database!(another_gateway_on_the_same_database_follows);

async fn another_gateway_on_the_same_database_follows(database: &Database) {
    let url = database.url_text();
    let first = World::open_on(Folder::new("one"), Some(&url), None).await;
    let mut story = Story::of_marriages_in(first).await;
    let copy = story.world.folder().copy("two");
    let second = World::open_on(copy, Some(&url), None).await;
    let there = second.connect(story.platform.identity.clone()).await;
    let look = async |story: &Story| {
        let request = ask(story.lookup_request(&HUSBAND));
        there.certificates().lookup_certificate(request).await
    };
    look(&story).await.unwrap();
    let line = story.provider.answer_through_a_line().await;
    line.cut();
    let told = refused(look(&story).await);
    assert_eq!(
        (told.fault.as_str(), told.code),
        ("provider", Code::Unavailable)
    );
    let new = story.provider.address().to_string();
    update(&story, move_to(&new)).await.unwrap();
    story.lookup(&HUSBAND).await.unwrap();
    // The second asks at the old place until its next look at the registry.
    let follows = async { while look(&story).await.is_err() {} };
    tokio::time::timeout(WAIT, follows).await.unwrap();

    // Neither asks at one that is gone.
    let mut endpoints = story.owner.endpoints();
    let spare = spare("second", &new);
    endpoints.create_endpoint(ask(spare)).await.unwrap();
    delete(&story, remove(ENDPOINT)).await.unwrap();
    story.lookup(&HUSBAND).await.unwrap();
    look(&story).await.unwrap();
}
