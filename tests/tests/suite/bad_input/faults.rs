//! Faults of a request: all of them in one answer, with their fields, and nothing is stored.

use api::certificate::v1::lookup_certificate_request::Key;
use api::certificate::v1::{Holder, LookupCertificateRequest};
use api::registry::v1 as pb;
use kit::world::answer::{Told, refused};
use kit::world::story::Story;
use kit::world::terms::{application, wire_resource, wire_system};
use kit::world::{World, ask, new_id};
use prost_types::FieldMask;
use sandbox::people;
use tonic::Code;

fn sorted(told: &Told) -> Vec<&str> {
    let mut fields = told.fields();
    fields.sort_unstable();
    fields
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_faults_of_a_registration_are_told_at_once_and_nothing_is_stored() {
    let world = World::start().await;
    let before = world.operator.entries().await.len();
    let system = pb::System {
        name: "systems/Ä".to_owned(),
        display_name: "婚姻\u{202e}登记".to_owned(),
        department: "departments/11430500XY0000012X".to_owned(),
        network_zone: "moon".to_owned(),
        hosting: String::new(),
        builder: "x".repeat(101),
        ..wire_system("marriage-registry")
    };
    let request = pb::CreateSystemRequest {
        system: Some(system),
        request_id: "1".to_owned(),
        validate_only: false,
        document: String::new(),
    };
    let told = refused(world.operator.systems().create_system(ask(request)).await);
    assert_eq!(
        (told.code, told.reason.as_str()),
        (Code::InvalidArgument, "REQUEST_INVALID")
    );
    assert_eq!(
        sorted(&told),
        [
            "document",
            "request_id",
            "system.builder",
            "system.department",
            "system.display_name",
            "system.hosting",
            "system.name",
            "system.network_zone",
        ]
    );
    for (field, code) in [
        ("document", "REQUIRED"),
        ("request_id", "NOT_A_UUID"),
        ("system.builder", "TOO_LONG"),
        ("system.department", "INVALID_ID"),
        ("system.display_name", "CONTROL_CHARACTER"),
        ("system.name", "NOT_A_SLUG"),
    ] {
        assert!(
            told.of_field(field).starts_with(code),
            "{field}: {}",
            told.of_field(field)
        );
    }
    assert_eq!(world.operator.entries().await.len(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_faults_of_a_lookup_are_told_at_once_and_the_holder_is_not_repeated() {
    let story = Story::of_marriages().await;
    let before = story.auditor.entries().await.len();
    let asked = story.provider.running().asked();
    // The last character is the check character; this one belongs to somebody else.
    let mistyped = "430502190102030018";
    let mut request = LookupCertificateRequest {
        certificate_type: "certificateTypes/1".to_owned(),
        key: Some(Key::Holder(Holder {
            type_code: "111".to_owned(),
            code: mistyped.to_owned(),
        })),
        items: vec!["Husband Name".to_owned()],
        request_id: String::new(),
        ..story.lookup_request(&people::HUSBAND)
    };
    let purpose = request.purpose.as_mut().unwrap();
    purpose.matter = "matters/marriage".to_owned();
    purpose.case_number = String::new();
    purpose.operator = "x".repeat(65);
    let told = refused(story.send(request).await);
    assert_eq!(
        (told.code, told.reason.as_str()),
        (Code::InvalidArgument, "REQUEST_INVALID")
    );
    assert_eq!(
        sorted(&told),
        [
            "certificate_type",
            "holder",
            "items",
            "purpose.case_number",
            "purpose.matter",
            "purpose.operator",
            "request_id",
        ]
    );
    let said = told.of_field("holder");
    assert!(
        said.contains("CHECK_CHARACTER") && said.contains("18"),
        "{said}"
    );
    assert!(!format!("{told:?}").contains(mistyped));
    assert_eq!(story.auditor.entries().await.len(), before);
    assert_eq!(story.provider.running().asked(), asked);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lookup_without_any_part_is_refused_with_every_part_named() {
    let story = Story::of_marriages().await;
    let told = refused(story.send(LookupCertificateRequest::default()).await);
    for field in ["certificate_type", "key", "purpose", "request_id"] {
        assert!(
            told.of_field(field).starts_with("REQUIRED"),
            "{field}: {told:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_classified_system_is_refused_at_registration_and_leaves_no_trace() {
    let world = World::start().await;
    world.register_system("marriage-registry").await;
    let before = world.operator.entries().await.len();
    let system = pb::System {
        name: "systems/secret-registry".to_owned(),
        display_name: "涉密系统".to_owned(),
        classified: true,
        ..wire_system("marriage-registry")
    };
    for validate_only in [true, false] {
        let request = pb::CreateSystemRequest {
            system: Some(system.clone()),
            request_id: new_id(),
            validate_only,
            document: "虚构系统底数清单".to_owned(),
        };
        let told = refused(world.operator.systems().create_system(ask(request)).await);
        let expected = (Code::FailedPrecondition, "CLASSIFIED_REFUSED");
        assert_eq!((told.code, told.reason.as_str()), expected);
    }
    let list = pb::ListSystemsRequest::default();
    let listed = world
        .operator
        .systems()
        .list_systems(ask(list))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(listed.systems.len(), 1);
    assert_eq!(world.operator.entries().await.len(), before);
    assert!(!world.log().contains("secret-registry"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_field_mask_with_an_unknown_or_fixed_path_changes_nothing() {
    let world = World::start().await;
    let name = world.register_system("marriage-registry").await;
    let before = world.operator.entries().await.len();
    let request = pb::UpdateSystemRequest {
        system: Some(pb::System {
            name: name.clone(),
            display_name: "另一个名字".to_owned(),
            ..pb::System::default()
        }),
        update_mask: Some(FieldMask {
            paths: ["display_name", "state", "no_such", "*"]
                .map(str::to_owned)
                .to_vec(),
        }),
        request_id: new_id(),
        document: String::new(),
    };
    let told = refused(
        world
            .operator
            .systems()
            .update_system(ask(request.clone()))
            .await,
    );
    let wrong = [
        "update_mask.paths[1]",
        "update_mask.paths[2]",
        "update_mask.paths[3]",
    ];
    assert_eq!(
        (told.reason.as_str(), told.fields()),
        ("REQUEST_INVALID", wrong.to_vec())
    );
    for field in wrong {
        assert!(
            told.of_field(field).starts_with("FIELD_MASK_PATH_UNKNOWN"),
            "{told:?}"
        );
    }
    let without = pb::UpdateSystemRequest {
        update_mask: None,
        ..request
    };
    let told = refused(world.operator.systems().update_system(ask(without)).await);
    assert_eq!(told.fields(), ["update_mask"]);
    let get = pb::GetSystemRequest { name };
    let kept = world
        .operator
        .systems()
        .get_system(ask(get))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        kept.display_name,
        wire_system("marriage-registry").display_name
    );
    assert_eq!(world.operator.entries().await.len(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn validate_only_checks_everything_and_stores_nothing() {
    let story = Story::of_marriages().await;
    let before = story.auditor.entries().await.len();
    let system = pb::System {
        name: "systems/new-registry".to_owned(),
        ..wire_system("marriage-registry")
    };
    let mut request = pb::CreateSystemRequest {
        system: Some(system),
        request_id: new_id(),
        validate_only: true,
        document: "虚构系统底数清单".to_owned(),
    };
    let mut systems = story.owner.systems();
    let shown = systems
        .create_system(ask(request.clone()))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(shown.name, "systems/new-registry");
    let get = pb::GetSystemRequest { name: shown.name };
    assert_eq!(
        refused(systems.get_system(ask(get)).await).reason,
        "NOT_FOUND"
    );

    // It checks what the real one checks, up to the register itself.
    let taken = pb::CreateSystemRequest {
        system: Some(wire_system("marriage-registry")),
        request_id: new_id(),
        validate_only: true,
        document: "虚构系统底数清单".to_owned(),
    };
    assert_eq!(
        refused(systems.create_system(ask(taken)).await).reason,
        "ALREADY_EXISTS"
    );
    let resource = api::catalogue::v1::CreateResourceRequest {
        resource: Some(api::catalogue::v1::Resource {
            name: "resources/105001-000099".to_owned(),
            title: "补领登记信息".to_owned(),
            ..wire_resource("marriage-registrations")
        }),
        request_id: new_id(),
        validate_only: true,
    };
    story
        .owner
        .resources()
        .create_resource(ask(resource))
        .await
        .unwrap();
    let wanted = api::sharing::v1::CreateApplicationRequest {
        application: Some(application(&story.resource)),
        request_id: new_id(),
        validate_only: true,
    };
    story
        .applicant
        .applications()
        .create_application(ask(wanted))
        .await
        .unwrap();
    assert_eq!(story.auditor.entries().await.len(), before);

    // The request id is as fresh as before.
    request.validate_only = false;
    systems.create_system(ask(request)).await.unwrap();
    assert_eq!(story.auditor.entries().await.len(), before + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_application_is_checked_against_the_catalogue_with_all_faults_at_once() {
    let story = Story::of_marriages().await;
    let before = story.auditor.entries().await.len();
    let good = application(&story.resource);
    let bad = api::sharing::v1::Application {
        items: vec!["husband_name".to_owned(), "bank_account".to_owned()],
        share_modes: vec![api::catalogue::v1::ShareMode::File.into()],
        matters: Vec::new(),
        start_date: "2022-06-01".to_owned(),
        end_date: "2036-06-02".to_owned(),
        ..good.clone()
    };
    let create = |application| api::sharing::v1::CreateApplicationRequest {
        application: Some(application),
        request_id: new_id(),
        validate_only: false,
    };
    let mut applications = story.applicant.applications();
    let told = refused(applications.create_application(ask(create(bad))).await);
    assert_eq!(
        sorted(&told),
        [
            "application.end_date",
            "application.items[1]",
            "application.matters",
            "application.share_modes",
        ]
    );
    let unpublished = api::sharing::v1::Application {
        resource: "resources/105001-000099".to_owned(),
        ..good
    };
    let told = refused(
        applications
            .create_application(ask(create(unpublished)))
            .await,
    );
    assert!(
        told.of_field("application.resource")
            .starts_with("NOT_PUBLISHED"),
        "{told:?}"
    );
    assert_eq!(story.auditor.entries().await.len(), before);
}
