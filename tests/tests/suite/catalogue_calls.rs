//! A next version whose methods answer otherwise: whoever calls them is waited for, and told where.

use api::catalogue::v1 as pb;
use api::registry::v1 as registry;
use kit::world::answer::refused;
use kit::world::insured::{Insured, SYSTEM, resource};
use kit::world::{Client, World, ask, new_id};
use prost::Message as _;
use prost_types::FileDescriptorSet;
use prost_types::field_descriptor_proto::Type;
use sandbox::insurance::DESCRIPTOR_SET;
use tonic::{Response, Status};

const SERVICE: &str = "/shaoyang.insurance.v1.InsuranceService";

/// Writes the next version and signs it off.
async fn sign_off(insured: &Insured, next: &pb::Resource) {
    let mut owner = insured.owner.resources();
    let request = pb::UpdateResourceRequest {
        resource: Some(next.clone()),
        request_id: new_id(),
        validate_only: false,
    };
    owner.update_resource(ask(request)).await.unwrap();
    let request = pb::RegisterResourceRequest {
        name: next.name.clone(),
        request_id: new_id(),
        etag: String::new(),
    };
    owner.register_resource(ask(request)).await.unwrap();
}

async fn put_out(insured: &Insured) -> Result<Response<pb::Resource>, Status> {
    let request = pb::PublishResourceRequest {
        name: insured.grant.resource.clone(),
        request_id: new_id(),
        etag: String::new(),
    };
    let mut publisher = insured.publisher.resources();
    publisher.publish_resource(ask(request)).await
}

/// What the holder of the grant is told.
async fn told(insured: &Insured) -> pb::ResourceChange {
    let request = pb::GetResourceChangeRequest {
        name: insured.grant.resource.clone(),
    };
    let mut holder = insured.applicant.resources();
    let told = holder.get_resource_change(ask(request)).await;
    told.unwrap().into_inner()
}

async fn acknowledge(insured: &Insured) {
    let request = pb::AcknowledgeResourceChangeRequest {
        name: insured.grant.resource.clone(),
        request_id: new_id(),
    };
    let mut holder = insured.applicant.resources();
    let noted = holder.acknowledge_resource_change(ask(request)).await;
    assert!(noted.unwrap().into_inner().broken_grants[0].acknowledged);
}

/// Each difference: field, before, after, and whether it breaks a use.
fn lines(changes: &[pb::FieldChange]) -> Vec<(&str, &str, &str, bool)> {
    changes
        .iter()
        .map(|c| (&*c.field, &*c.before, &*c.after, c.breaking))
        .collect()
}

/// Registers the bureau's interface once more, with an insured person's name as bytes.
async fn describe_anew(owner: &Client) -> String {
    let mut set = FileDescriptorSet::decode(DESCRIPTOR_SET).unwrap();
    let messages = set.file.iter_mut().flat_map(|file| &mut file.message_type);
    for message in messages.filter(|message| message.name() == "Insured") {
        let mut fields = message.field.iter_mut();
        let name = fields.find(|field| field.name() == "name").unwrap();
        name.set_type(Type::Bytes);
    }
    let parent = format!("systems/{SYSTEM}");
    let interface = registry::Interface {
        name: format!("{parent}/interfaces/v2"),
        descriptor_set: set.encode_to_vec(),
        ..registry::Interface::default()
    };
    let request = registry::CreateInterfaceRequest {
        parent,
        interface: Some(interface),
        request_id: new_id(),
    };
    let made = owner.interfaces().create_interface(ask(request)).await;
    made.unwrap().into_inner().name
}

/// Refused until the holder has taken note, then published; the version shows the same differences.
async fn waits_for_the_holder(insured: &Insured, version: i32) {
    let name = &insured.grant.resource;
    let differences = told(insured).await.changes;
    let early = refused(put_out(insured).await);
    assert_eq!(early.reason, "STATE_CONFLICT", "{early:?}");
    assert!(early.message.contains(&insured.grant.name), "{early:?}");
    acknowledge(insured).await;
    let published = put_out(insured).await.unwrap().into_inner();
    assert_eq!(published.version, version);
    let request = pb::ListResourceVersionsRequest {
        parent: name.clone(),
        ..pb::ListResourceVersionsRequest::default()
    };
    let mut holder = insured.applicant.resources();
    let listed = holder.list_resource_versions(ask(request)).await;
    let versions = listed.unwrap().into_inner().versions;
    assert_eq!(versions.last().unwrap().changes, differences);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_calls_is_waited_for_when_a_place_moves_or_a_message_is_another_one() {
    let insured = Insured::granting(World::start().await, &["name", "employer"]).await;
    let mut next = resource();

    // That a method drops an item concerns nobody who does not hold it.
    let api = next.api.as_mut().unwrap();
    let checks = api.operations.last_mut().unwrap();
    checks.fields.retain(|field| field.item != "base");
    sign_off(&insured, &next).await;
    assert_eq!(put_out(&insured).await.unwrap().into_inner().version, 2);

    let api = next.api.as_mut().unwrap();
    let mut places = api.operations[0].fields.iter_mut();
    let employer = places.find(|field| field.item == "employer").unwrap();
    employer.path = "insured.employments.employer_code".to_owned();
    sign_off(&insured, &next).await;
    let change = told(&insured).await;
    let at = format!("api.operations[{SERVICE}/GetInsured]");
    let field = format!("{at}.fields[employer]");
    let places = ["employer_name", "employer_code"].map(|n| format!("insured.employments.{n}"));
    assert_eq!(
        lines(&change.changes),
        [(&*field, &*places[0], &*places[1], true)]
    );
    let broken = &change.broken_grants[0];
    assert_eq!(broken.items, ["employer"]);
    assert!(!broken.whole);
    assert_ne!(change.notice_end_date, "");
    let arguments = ["catalogue", "change", &insured.grant.resource];
    let ran = insured.world.shuqiaoctl(&insured.applicant, &arguments);
    assert_eq!(ran.code, 1, "{ran:?}");
    for part in places {
        assert!(ran.said.contains(&part), "{}", ran.said);
    }
    waits_for_the_holder(&insured, 3).await;

    let another = describe_anew(&insured.owner).await;
    let api = next.api.as_mut().unwrap();
    let first = std::mem::replace(&mut api.interface, another.clone());
    sign_off(&insured, &next).await;
    let change = told(&insured).await;
    let field = format!("{at}.output[insured.name]");
    assert_eq!(
        lines(&change.changes),
        [
            ("api.interface", &*first, &*another, false),
            (&*field, "string", "bytes", true),
        ]
    );
    assert!(change.broken_grants[0].whole);
    waits_for_the_holder(&insured, 4).await;
}
