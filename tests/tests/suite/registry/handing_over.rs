//! Who publishes for the city: one department, which another takes over from.

use api::catalogue::v1 as catalogue;
use api::registry::v1 as registry;
use kit::world::answer::refused;
use kit::world::story::Story;
use kit::world::terms::{COMPETENT, wire_resource};
use kit::world::{Client, ask, new_id};
use tonic::{Response, Status};

use super::event;

async fn make(
    who: &Client,
    name: &str,
    competent: bool,
) -> Result<Response<registry::Department>, Status> {
    let request = registry::UpdateDepartmentRequest {
        department: Some(registry::Department {
            name: name.to_owned(),
            competent,
            ..registry::Department::default()
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["competent".to_owned()],
        }),
        request_id: new_id(),
    };
    who.departments().update_department(ask(request)).await
}

async fn competent(who: &Client) -> Vec<String> {
    let request = registry::ListDepartmentsRequest::default();
    let listed = who.departments().list_departments(ask(request)).await;
    let all = listed.unwrap().into_inner().departments.into_iter();
    all.filter(|department| department.competent && department.valid_until.is_empty())
        .map(|department| department.name)
        .collect()
}

async fn publish(who: &Client, name: &str) -> Result<Response<catalogue::Resource>, Status> {
    let request = catalogue::PublishResourceRequest {
        name: name.to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    who.resources().publish_resource(ask(request)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_department_publishes_and_another_takes_over_from_it() {
    let story = Story::of_marriages().await;
    let operator = &story.world.operator;
    let before = competent(operator).await;
    assert_eq!(before.len(), 1);
    let heir = story.world.register_department("市财政局").await;
    let officer = story.world.enrol_officer("市财政局", "zhang").await;
    let draft = catalogue::Resource {
        name: "resources/105001-000301".to_owned(),
        title: "收养登记信息".to_owned(),
        ..wire_resource("marriage-registrations")
    };
    let written = catalogue::CreateResourceRequest {
        resource: Some(draft.clone()),
        request_id: new_id(),
        validate_only: false,
    };
    let signed = catalogue::RegisterResourceRequest {
        name: draft.name.clone(),
        request_id: new_id(),
        etag: String::new(),
    };
    let mut owner = story.owner.resources();
    owner.create_resource(ask(written)).await.unwrap();
    owner.register_resource(ask(signed)).await.unwrap();

    // It is given up in no other way, a second one is not registered, and no officer decides it.
    let told = refused(make(operator, &before[0], false).await);
    assert!(
        told.of_field("department.competent")
            .starts_with("REQUIRED"),
        "{told:?}"
    );
    let second = registry::CreateDepartmentRequest {
        department: Some(registry::Department {
            name: "departments/11430500XY00000206".to_owned(),
            full_name: "虚构局".to_owned(),
            short_name: "虚构局".to_owned(),
            competent: true,
            valid_from: "2020-01-01".to_owned(),
            ..registry::Department::default()
        }),
        request_id: new_id(),
    };
    let told = refused(operator.departments().create_department(ask(second)).await);
    let said = told.of_field("department.competent");
    assert!(
        said.starts_with("ALREADY") && said.contains(&before[0]),
        "{said}"
    );
    let told = refused(make(&officer, &heir, true).await);
    assert_eq!(told.reason, "ROLE_NOT_ALLOWED");
    assert_eq!(
        refused(publish(&officer, &draft.name).await).reason,
        "ROLE_NOT_ALLOWED"
    );
    assert_eq!(competent(operator).await, before);

    let ended = registry::CreateDepartmentRequest {
        department: Some(registry::Department {
            name: "departments/11430500XY00000206".to_owned(),
            full_name: "虚构局".to_owned(),
            short_name: "虚构局".to_owned(),
            // It was, while it existed.
            competent: true,
            valid_from: "2010-01-01".to_owned(),
            valid_until: "2020-01-01".to_owned(),
            ..registry::Department::default()
        }),
        request_id: new_id(),
    };
    let ended = operator.departments().create_department(ask(ended)).await;
    let ended = ended.unwrap().into_inner().name;
    let told = refused(make(operator, &ended, true).await);
    let said = told.of_field("department.competent");
    assert!(said.starts_with("DOES_NOT_EXIST"), "{said}");

    let made = make(operator, &heir, true).await.unwrap().into_inner();
    assert!(made.competent);
    assert_eq!(competent(operator).await, [heir.as_str()]);
    make(operator, &heir, true).await.unwrap();
    let told = refused(publish(&story.publisher, &draft.name).await);
    assert_eq!(told.reason, "ROLE_NOT_ALLOWED", "{COMPETENT} did before");
    publish(&officer, &draft.name).await.unwrap();
    let entries = story.auditor.entries().await;
    let handed = entries
        .iter()
        .find(|entry| event(entry) == Some("registry.department.handed_over"));
    assert_eq!(
        handed.unwrap().facts().text("successor"),
        Some(heir.as_str())
    );
}
