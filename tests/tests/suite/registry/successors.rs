//! What a department that ended left undone: its successor does it, at whichever gateway.

use api::catalogue::v1 as catalogue;
use api::catalogue::v1::demand::{Kind, State};
use api::registry::v1 as registry;
use api::sharing::v1 as sharing;
use kit::databases::on_postgresql;
use kit::folder::Folder;
use kit::world::answer::{Told, refused};
use kit::world::story::{Story, agree, submitted};
use kit::world::terms::{COMPETENT, PLATFORM, application, wire_resource};
use kit::world::{Client, World, ask, new_id};

use super::event;

/// Of the department that has two entries of this title after the merger.
const TWIN: &str = "resources/314001-000077";

async fn merge(operator: &Client, name: &str, successor: &str) {
    let request = registry::MergeDepartmentRequest {
        name: name.to_owned(),
        successor: successor.to_owned(),
        valid_until: "2026-01-31".to_owned(),
        document: "邵编发〔2026〕2号（虚构）".to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    let merged = operator.departments().merge_department(ask(request)).await;
    merged.unwrap();
}

async fn raise(who: &Client, title: &str) -> String {
    let demand = catalogue::Demand {
        kind: Kind::Need.into(),
        title: title.to_owned(),
        description: "核验".to_owned(),
        legal_basis: "公共租赁住房管理办法第八条".to_owned(),
        ..catalogue::Demand::default()
    };
    let request = catalogue::CreateDemandRequest {
        demand: Some(demand),
        request_id: new_id(),
        validate_only: false,
    };
    let made = who.demands().create_demand(ask(request)).await;
    made.unwrap().into_inner().name
}

async fn assign(who: &Client, name: &str, owner: &str) -> catalogue::Demand {
    let request = catalogue::AssignDemandRequest {
        name: name.to_owned(),
        owner: owner.to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    let assigned = who.demands().assign_demand(ask(request)).await;
    assigned.unwrap().into_inner()
}

async fn department_of(who: &Client, system: &str) -> String {
    let request = registry::GetSystemRequest {
        name: system.to_owned(),
    };
    let found = who.systems().get_system(ask(request)).await;
    found.unwrap().into_inner().department
}

/// An entry of another system with the title of the marriages.
fn twin(system: &str) -> catalogue::Resource {
    catalogue::Resource {
        name: TWIN.to_owned(),
        system: system.to_owned(),
        certificate_type: String::new(),
        format_class: 3,
        share_modes: vec![catalogue::ShareMode::Table.into()],
        ..wire_resource("marriage-registrations")
    }
}

async fn create(who: &Client, resource: catalogue::Resource) {
    let request = catalogue::CreateResourceRequest {
        resource: Some(resource),
        request_id: new_id(),
        validate_only: false,
    };
    let made = who.resources().create_resource(ask(request)).await;
    made.unwrap();
}

async fn update(who: &Client, resource: catalogue::Resource) {
    let request = catalogue::UpdateResourceRequest {
        resource: Some(resource),
        request_id: new_id(),
        validate_only: false,
    };
    let written = who.resources().update_resource(ask(request)).await;
    written.unwrap();
}

fn register(name: &str) -> tonic::Request<catalogue::RegisterResourceRequest> {
    ask(catalogue::RegisterResourceRequest {
        name: name.to_owned(),
        request_id: new_id(),
        etag: String::new(),
    })
}

fn approve(name: &str) -> tonic::Request<sharing::ApproveApplicationRequest> {
    ask(sharing::ApproveApplicationRequest {
        name: name.to_owned(),
        request_id: new_id(),
        ..sharing::ApproveApplicationRequest::default()
    })
}

/// Asks until the gateway has heard of the merger; it looks at the store by itself.
async fn until_ended(officer: &Client) -> Told {
    for _ in 0..5_000 {
        let list = ask(catalogue::ListResourcesRequest::default());
        if let Err(status) = officer.resources().list_resources(list).await {
            return Told::of(&status);
        }
    }
    panic!("it was never heard of");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_successor_takes_up_at_one_gateway_what_another_was_told_to_merge() {
    on_postgresql(async |database| {
        let url = database.url_text();
        let first = World::open_on(Folder::new("one"), Some(&url), None).await;
        let story = Story::of_marriages_in(first).await;
        let world = &story.world;
        world.register_system("social-security").await;
        let heir = world.enrol_officer("市人社局", "heir").await;
        let asker = world.enrol_officer("市住建局", "zhao").await;
        let ended = department_of(&heir, "systems/marriage-registry").await;
        let successor = department_of(&heir, "systems/social-security").await;

        let wanted = raise(&asker, "婚姻登记结果").await;
        let due = assign(&story.publisher, &wanted, &ended).await.due_date;
        let own = raise(&story.owner, "户籍人口信息").await;
        let pending = submitted(&story.applicant, application(&story.resource)).await;
        let mut next = story.resource.clone();
        next.summary = "婚姻登记的结果，每日更新。".to_owned();
        update(&story.owner, next).await;
        create(&heir, twin("systems/social-security")).await;

        let copy = world.folder().copy("two");
        let second = World::open_on(copy, Some(&url), None).await;
        let owner = second.connect(story.owner.identity.clone()).await;
        let colleague = heir.colleague().await.identity.clone();
        let colleague = second.connect(colleague).await;
        let heir = second.connect(heir.identity.clone()).await;
        let publisher = second.connect(story.publisher.identity.clone()).await;
        merge(&world.operator, &ended, &successor).await;
        let told = until_ended(&owner).await;
        assert_eq!(told.reason, "CALLER_SUSPENDED", "{told:?}");
        assert!(told.message.contains(&successor), "{}", told.message);

        // The demand that was assigned, with its clock; and the own one, which is not needed any more.
        let meet = catalogue::MeetDemandRequest {
            name: wanted.clone(),
            resource: story.resource.name.clone(),
            request_id: new_id(),
            etag: String::new(),
        };
        let list = catalogue::ListDemandsRequest {
            owner: successor.clone(),
            ..catalogue::ListDemandsRequest::default()
        };
        let open = heir.demands().list_demands(ask(list)).await.unwrap();
        let open = open.into_inner().demands;
        assert_eq!(
            open.iter()
                .map(|demand| (&demand.name, &demand.due_date))
                .collect::<Vec<_>>(),
            [(&wanted, &due)]
        );
        let met = heir.demands().meet_demand(ask(meet)).await.unwrap();
        let met = met.into_inner();
        assert_eq!((met.state(), met.owner), (State::Met, successor.clone()));
        let withdraw = catalogue::WithdrawDemandRequest {
            name: own,
            reason: "已由户籍系统提供".to_owned(),
            request_id: new_id(),
            etag: String::new(),
        };
        let withdrawn = heir.demands().withdraw_demand(ask(withdraw)).await;
        assert_eq!(withdrawn.unwrap().into_inner().department, successor);

        let mut applications = heir.applications();
        applications
            .approve_application(approve(&pending))
            .await
            .unwrap();
        let mut applications = colleague.applications();
        let approved = applications.approve_application(approve(&pending)).await;
        let grant = approved.unwrap().into_inner().grant.unwrap();
        assert_eq!(grant.application, pending);

        // Two entries have one title now. What is written is signed off once one of them has another.
        let mut resources = heir.resources();
        let signed = resources
            .register_resource(register(&story.resource.name))
            .await;
        let told = refused(signed);
        assert!(told.of_field("resource.title").contains(TWIN), "{told:?}");
        let renamed = catalogue::Resource {
            title: "婚姻登记信息（社保核验用）".to_owned(),
            ..twin("systems/social-security")
        };
        update(&heir, renamed).await;
        let signed = resources
            .register_resource(register(&story.resource.name))
            .await;
        signed.unwrap();
        let publish = catalogue::PublishResourceRequest {
            name: story.resource.name.clone(),
            request_id: new_id(),
            etag: String::new(),
        };
        let published = publisher.resources().publish_resource(ask(publish)).await;
        let published = published.unwrap().into_inner();
        assert_eq!(
            (published.version, published.department),
            (2, successor.clone())
        );

        let entries = story.auditor.entries().await;
        let of = |named: &str| {
            let found = entries.iter().filter(|entry| event(entry) == Some(named));
            found.collect::<Vec<_>>()
        };
        let demands = of("catalogue.demand.taken_over");
        assert_eq!(demands.len(), 2);
        for entry in demands {
            assert_eq!(entry.facts().text("department"), Some(ended.as_str()));
            assert_eq!(entry.facts().text("successor"), Some(successor.as_str()));
        }
        let merged = of("registry.department.merged");
        assert_eq!(merged[0].facts().integer("demands"), Some(2));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_approves_their_own_application_once_both_sides_are_one_department() {
    let story = Story::of_marriages().await;
    let world = &story.world;
    let platform = format!("systems/{PLATFORM}");
    let ended = department_of(&story.owner, "systems/marriage-registry").await;
    let successor = department_of(&story.owner, &platform).await;
    let [one, two] = [
        submitted(&story.applicant, application(&story.resource)).await,
        submitted(&story.applicant, application(&story.resource)).await,
    ];
    merge(&world.operator, &ended, &successor).await;
    let mut applications = story.applicant.applications();
    let told = refused(applications.approve_application(approve(&one)).await);
    assert_eq!(told.reason, "SECOND_PERSON_NEEDED", "{told:?}");
    // Nor does whoever signed it off for the applicant.
    let mut applications = story.applicant.colleague().await.applications();
    let told = refused(applications.approve_application(approve(&one)).await);
    assert_eq!(told.reason, "SECOND_PERSON_NEEDED", "{told:?}");
    let colleague = world.enrol_officer(COMPETENT, "zhou").await;
    kit::world::story::approved(&colleague, &one).await;
    let mut applications = colleague.applications();
    let refuse = sharing::RefuseApplicationRequest {
        name: two,
        ground: "no-duty".to_owned(),
        reason: "同一部门，无需申请".to_owned(),
        request_id: new_id(),
        ..sharing::RefuseApplicationRequest::default()
    };
    applications.refuse_application(ask(refuse)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sheet_does_not_choose_among_entries_and_systems_of_one_name() {
    let story = Story::of_marriages().await;
    let world = &story.world;
    let ended = department_of(&story.owner, "systems/marriage-registry").await;
    world.register_system("social-security").await;
    let heir = world.enrol_officer("市人社局", "heir").await;
    let successor = department_of(&heir, "systems/social-security").await;
    create(&heir, twin("systems/social-security")).await;
    let registered = registry::GetSystemRequest {
        name: "systems/marriage-registry".to_owned(),
    };
    let registered = heir.systems().get_system(ask(registered)).await;
    let registered = registered.unwrap().into_inner();
    let same_name = registry::System {
        name: "systems/second-marriages".to_owned(),
        department: successor.clone(),
        ..registered.clone()
    };
    let made = registry::CreateSystemRequest {
        system: Some(same_name),
        request_id: new_id(),
        validate_only: false,
        document: "虚构系统底数清单".to_owned(),
    };
    heir.systems().create_system(ask(made)).await.unwrap();
    merge(&world.operator, &ended, &successor).await;

    let row = catalogue::Resource {
        name: "resources/314001-".to_owned(),
        ..twin("systems/social-security")
    };
    let sheet = catalogue::ImportResourcesRequest {
        resources: vec![row],
        request_id: new_id(),
        validate_only: false,
    };
    let answer = heir.resources().import_resources(ask(sheet)).await.unwrap();
    let faults = answer.into_inner().faults;
    let several = faults.iter().find(|fault| fault.code == "SEVERAL").unwrap();
    assert_eq!(several.field, "resources[0].name");
    let sheet = registry::ImportSystemsRequest {
        systems: vec![registry::System {
            name: String::new(),
            department: successor,
            ..registered
        }],
        request_id: new_id(),
        validate_only: false,
        document: "虚构系统底数清单".to_owned(),
    };
    let answer = heir.systems().import_systems(ask(sheet)).await.unwrap();
    let faults = answer.into_inner().faults;
    let several = faults.iter().find(|fault| fault.code == "SEVERAL").unwrap();
    assert_eq!(several.field, "systems[0].name");
    assert!(several.message.contains("systems/"), "{several:?}");

    // A use of what went over stands, and another is agreed on with the successor.
    agree(&story.applicant, &heir, application(&story.resource)).await;
}
