//! What does not pass, and why it says so.

use kit::world::answer::Told;
use kit::world::insured::{Insured, call, describe, resource};
use kit::world::story::{agree, publish};
use kit::world::terms::application;
use kit::world::wire::{Connection, framed};
use kit::world::{World, ask, new_id};
use prost::Message as _;
use sandbox::insurance as pb;
use sandbox::people::HUSBAND;
use tonic::Code;
use tonic::metadata::MetadataValue;

fn request() -> tonic::Request<pb::GetInsuredRequest> {
    call(pb::GetInsuredRequest {
        id_number: HUSBAND.code.clone().into_owned(),
    })
}

#[tokio::test]
async fn all_faults_of_the_metadata_are_named_at_once() {
    let insured = Insured::granting(World::start().await, &["name"]).await;
    let mut request = request();
    let metadata = request.metadata_mut();
    metadata.insert("shuqiao-matter", MetadataValue::from_static("matters/1"));
    metadata.insert("shuqiao-request-id", MetadataValue::from_static("1"));
    metadata.insert("shuqiao-items", MetadataValue::from_static("Name"));
    metadata.remove("shuqiao-case");
    let status = insured
        .platform
        .insurance()
        .get_insured(request)
        .await
        .err()
        .unwrap();
    let told = Told::of(&status);
    assert_eq!(told.reason, "REQUEST_INVALID");
    assert_eq!(
        told.fields(),
        [
            "shuqiao-request-id",
            "shuqiao-matter",
            "shuqiao-case",
            "shuqiao-items"
        ]
    );
    assert_eq!(insured.provider.running().asked(), 0);
}

#[tokio::test]
async fn each_rule_that_is_broken_refuses_and_nobody_is_asked() {
    let insured = Insured::granting(World::start().await, &["name"]).await;
    let foreign = kit::city::matter(1).name.to_string();
    for (key, value, reason) in [
        ("shuqiao-matter", foreign.as_str(), "MATTER_NOT_COVERED"),
        ("shuqiao-items", "base", "ITEM_NOT_COVERED"),
        (
            "shuqiao-grant",
            "grants/0191f7a2-5b7e-7c3a-9d53-0c8f5e2b7a11",
            "GRANT_MISSING",
        ),
        ("shuqiao-operator", "", "OPERATOR_MISSING"),
    ] {
        let mut request = request();
        request
            .metadata_mut()
            .insert(key, MetadataValue::try_from(value).unwrap());
        let status = insured
            .platform
            .insurance()
            .get_insured(request)
            .await
            .err()
            .unwrap();
        let told = Told::of(&status);
        assert_eq!(told.reason, reason);
        assert!(told.entry.is_some(), "a refusal is an entry: {told:?}");
    }
    let status = insured
        .owner
        .insurance()
        .get_insured(request())
        .await
        .err()
        .unwrap();
    assert_eq!(Told::of(&status).reason, "ROLE_NOT_ALLOWED");
    assert_eq!(insured.provider.running().asked(), 0);
}

#[tokio::test]
async fn a_text_in_chinese_comes_as_binary_metadata() {
    let insured = Insured::granting(World::start().await, &["name"]).await;
    let mut request = request();
    let metadata = request.metadata_mut();
    metadata.remove("shuqiao-case");
    metadata.remove("shuqiao-operator");
    metadata.insert_bin(
        "shuqiao-case-bin",
        MetadataValue::from_bytes("邵市监〔2022〕1号".as_bytes()),
    );
    metadata.insert_bin(
        "shuqiao-operator-bin",
        MetadataValue::from_bytes("张三丰".as_bytes()),
    );
    insured
        .platform
        .insurance()
        .get_insured(request)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_method_that_nobody_published_is_unknown() {
    let world = World::start().await;
    let platform = world.enrol_system(kit::world::terms::PLATFORM).await;
    let status = platform
        .insurance()
        .get_insured(request())
        .await
        .err()
        .unwrap();
    assert_eq!(
        (status.code(), Told::of(&status).reason.as_str()),
        (Code::Unimplemented, "METHOD_UNKNOWN")
    );
}

#[tokio::test]
async fn a_provider_that_is_away_is_at_fault_and_is_then_left_alone() {
    let mut insured = Insured::granting(World::start().await, &["name"]).await;
    insured.provider.stop().await;
    for _ in 0..5 {
        let status = insured
            .platform
            .insurance()
            .get_insured(request())
            .await
            .err()
            .unwrap();
        assert_eq!(Told::of(&status).reason, "PROVIDER_UNAVAILABLE");
    }
    let status = insured
        .platform
        .insurance()
        .get_insured(request())
        .await
        .err()
        .unwrap();
    let told = Told::of(&status);
    assert_eq!(told.reason, "PROVIDER_UNAVAILABLE");
    assert!(
        status.message().contains("in a row"),
        "{}",
        status.message()
    );
}

#[tokio::test]
async fn a_binding_with_faults_is_refused_with_all_of_them() {
    let world = World::start().await;
    let owner = world
        .enrol_officer(kit::world::insured::OWNER, "zhao")
        .await;
    world.register_system(kit::world::insured::SYSTEM).await;
    describe(&owner).await;
    let mut wrong = resource();
    let api = wrong.api.as_mut().unwrap();
    api.operations[0].fields[0].path = "insured.nobody".to_owned();
    api.operations[1].method = "/shaoyang.insurance.v1.InsuranceService/Nothing".to_owned();
    let request = api::catalogue::v1::CreateResourceRequest {
        resource: Some(wrong),
        request_id: new_id(),
        validate_only: false,
    };
    let status = owner
        .resources()
        .create_resource(ask(request))
        .await
        .err()
        .unwrap();
    let told = Told::of(&status);
    assert_eq!(told.reason, "REQUEST_INVALID");
    let fields = told.fields();
    assert!(
        fields.contains(&"resource.api.operations[0].fields[0].path"),
        "{fields:?}"
    );
    assert!(
        fields.contains(&"resource.api.operations[1].method"),
        "{fields:?}"
    );
}

#[tokio::test]
async fn a_method_of_several_granted_resources_needs_the_grant_to_be_named() {
    let insured = Insured::granting(World::start().await, &["name"]).await;
    let mut other = resource();
    other.name = "resources/105003-000098".to_owned();
    other.title = "参保人姓名与地址".to_owned();
    publish(&insured.owner, &insured.publisher, &other).await;
    let mut terms = application(&other);
    terms.items = vec!["address".to_owned()];
    let second = agree(&insured.applicant, &insured.owner, terms).await;
    let client = || insured.platform.insurance();
    let status = client().get_insured(request()).await.err().unwrap();
    let told = Told::of(&status);
    assert_eq!(told.reason, "REQUEST_INVALID");
    assert_eq!(told.fields(), ["shuqiao-grant"]);
    for (grant, has_name) in [(&insured.grant, true), (&second, false)] {
        let mut request = request();
        let name = MetadataValue::try_from(&grant.name).unwrap();
        request.metadata_mut().insert("shuqiao-grant", name);
        let answer = client().get_insured(request).await.unwrap().into_inner();
        let person = answer.insured.unwrap();
        assert_eq!(!person.name.is_empty(), has_name);
        assert_eq!(person.address.is_some(), !has_name);
    }
}

#[tokio::test]
async fn a_message_that_breaks_the_framing_ends_the_consumers_own_stream() {
    let insured = Insured::granting(World::start().await, &["name"]).await;
    let identity = Some(&insured.platform.identity);
    let mut open = Connection::open(&insured.world.gateway, identity).await;
    let metadata = call(()).metadata().clone().into_headers();
    let headers: Vec<(&str, &str)> = metadata
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("shuqiao-"))
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
        .collect();
    let good = pb::ReportChangesRequest {
        id_number: HUSBAND.code.clone().into_owned(),
        address: None,
    };
    let mut body = framed(&good.encode_to_vec()).to_vec();
    // A second message, which says that it is compressed.
    body.extend([1, 0, 0, 0, 1, 0]);
    let method = "shaoyang.insurance.v1.InsuranceService/ReportChanges";
    let sent = open.send(method, Some("20S"), &headers, body.into()).await;
    let told = sent.unwrap().told();
    assert_eq!(
        (told.reason.as_str(), told.fault.as_str()),
        ("REQUEST_MALFORMED", "consumer")
    );
    let outcome = insured.auditor.latest_outcome().await;
    assert_eq!(outcome.facts().text("disposition"), Some("cancelled"));
    assert_eq!(outcome.facts().integer("asked_messages"), Some(1));
    assert_eq!(outcome.facts().flag("released"), Some(false));
}
