//! A department merges into another: what it answered for goes over, and nothing of its past is lost.

use api::compliance::v1 as compliance;
use api::registry::v1 as registry;
use kit::databases::Database;
use kit::folder::Folder;
use kit::world::answer::refused;
use kit::world::story::Story;
use kit::world::{Client, World, ask, new_id};
use sandbox::people::HUSBAND;

use super::event;

fn merger(name: &str, successor: &str) -> registry::MergeDepartmentRequest {
    registry::MergeDepartmentRequest {
        name: name.to_owned(),
        successor: successor.to_owned(),
        valid_until: "2026-01-31".to_owned(),
        document: "邵编发〔2026〕1号（虚构）".to_owned(),
        request_id: new_id(),
        etag: String::new(),
    }
}

/// The progress of the one system of the story, with the department that it stands under.
async fn progress_of(auditor: &Client, system: &str) -> (String, compliance::SystemProgress) {
    let request = compliance::GetProgressRequest {
        name: "plans/2022".to_owned(),
    };
    let board = auditor.plans().get_progress(ask(request)).await.unwrap();
    let rows = board.into_inner().departments.into_iter();
    let mut found = rows.flat_map(|row| {
        let department = row.department;
        row.systems
            .into_iter()
            .map(move |system| (department.clone(), system))
    });
    found.find(|(_, row)| row.system == system).unwrap()
}

async fn system(who: &Client, name: &str) -> registry::System {
    let request = registry::GetSystemRequest {
        name: name.to_owned(),
    };
    who.systems()
        .get_system(ask(request))
        .await
        .unwrap()
        .into_inner()
}

kit::on_each_database!(a_merger_keeps_history_grants_and_progress);

async fn a_merger_keeps_history_grants_and_progress(database: &Database) {
    let folder = Folder::new("merger");
    let url = database.url_text();
    let story = Story::of_marriages_in(World::open_on(folder, Some(&url), None).await).await;
    story.lookup(&HUSBAND).await.unwrap();
    story.conform().await;
    let operator = &story.world.operator;
    let successor = story.world.register_department("市人社局").await;
    let before = system(operator, "systems/marriage-registry").await;
    let (owner, row) = progress_of(&story.auditor, "systems/marriage-registry").await;
    assert_eq!(
        (owner.as_str(), row.connected),
        (before.department.as_str(), true)
    );

    let asked = merger(&before.department, &successor);
    let merged = operator
        .departments()
        .merge_department(ask(asked.clone()))
        .await;
    let merged = merged.unwrap().into_inner();
    assert_eq!(
        (merged.successor.as_str(), merged.valid_until.as_str()),
        (successor.as_str(), "2026-01-31")
    );
    let again = operator.departments().merge_department(ask(asked)).await;
    assert_eq!(again.unwrap().into_inner(), merged, "repeated");

    // Who answers has changed, and nothing else.
    let after = system(operator, "systems/marriage-registry").await;
    assert_eq!(after.department, successor);
    let (owner, moved) = progress_of(&story.auditor, "systems/marriage-registry").await;
    assert_eq!((owner, moved.facts), (successor.clone(), row.facts));
    story.lookup(&HUSBAND).await.unwrap();
    // Nobody acts for what has ended; an officer of the successor does what its officer did.
    let told = refused(
        story
            .owner
            .resources()
            .list_resources(ask(Default::default()))
            .await,
    );
    assert_eq!(told.reason, "CALLER_SUSPENDED");
    assert!(told.message.contains(&successor), "{}", told.message);
    let heir = story.world.enrol_officer("市人社局", "heir").await;
    let renamed = registry::UpdateSystemRequest {
        system: Some(registry::System {
            purpose: "婚姻登记".to_owned(),
            ..after
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["purpose".to_owned()],
        }),
        request_id: new_id(),
        document: String::new(),
    };
    heir.systems().update_system(ask(renamed)).await.unwrap();
    let wanted = api::catalogue::v1::GetResourceRequest {
        name: story.resource.name.clone(),
    };
    let entry = heir
        .resources()
        .get_resource(ask(wanted))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(entry.department, successor);

    // The entries of before stand as they stood; each that went over has one of its own.
    let entries = story.auditor.entries().await;
    let of = |named: &str, department: &str| {
        let mut found = entries.iter().filter(|entry| event(entry) == Some(named));
        found.any(|entry| entry.facts().text("department") == Some(department))
    };
    for named in [
        "registry.system.created",
        "catalogue.resource.published",
        "registry.system.taken_over",
        "catalogue.resource.taken_over",
        "registry.department.merged",
    ] {
        assert!(of(named, &before.department), "{named}");
    }

    // People know departments by the names of before, however often they were merged.
    let third = story.world.register_department("市教育局").await;
    let again = merger(&successor, &third);
    let merged = operator.departments().merge_department(ask(again)).await;
    merged.unwrap();
    for name in ["市民政局", "市人社局", "市教育局"] {
        let wanted = api::catalogue::v1::SearchResourcesRequest {
            query: name.to_owned(),
            ..Default::default()
        };
        let found = story
            .auditor
            .resources()
            .search_resources(ask(wanted))
            .await;
        let found = found.unwrap().into_inner().results;
        let names = found.iter().filter_map(|one| one.resource.as_ref());
        let names: Vec<&str> = names.map(|one| one.name.as_str()).collect();
        assert_eq!(names, [story.resource.name.as_str()], "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_merger_that_cannot_be_changes_nothing_and_says_why() {
    let world = World::start().await;
    let ends = world.register_department("市民政局").await;
    let stays = world.register_department("市人社局").await;
    let competent = world.register_department("市行政审批服务局").await;
    let unknown = kit::city::SEEDS.department("市财政局").unwrap();
    let unknown = format!("departments/{}", unknown.uscc);
    let tried = async |request: registry::MergeDepartmentRequest| {
        refused(
            world
                .operator
                .departments()
                .merge_department(ask(request))
                .await,
        )
    };
    for (request, field, code) in [
        (merger(&ends, &ends), "successor", "INTO_ITSELF"),
        (merger(&ends, &unknown), "successor", "UNKNOWN_DEPARTMENT"),
        (
            registry::MergeDepartmentRequest {
                valid_until: "2999-01-01".to_owned(),
                ..merger(&ends, &stays)
            },
            "valid_until",
            "NOT_YET",
        ),
        (
            registry::MergeDepartmentRequest {
                valid_until: "2001-01-01".to_owned(),
                ..merger(&ends, &stays)
            },
            "valid_until",
            "BEFORE_IT_BEGAN",
        ),
        (
            registry::MergeDepartmentRequest {
                document: String::new(),
                ..merger(&ends, &stays)
            },
            "document",
            "REQUIRED",
        ),
    ] {
        let told = tried(request).await;
        assert!(told.of_field(field).starts_with(code), "{field}: {told:?}");
    }
    assert_eq!(tried(merger(&unknown, &ends)).await.reason, "NOT_FOUND");
    assert_eq!(
        tried(merger(&competent, &ends)).await.reason,
        "STATE_CONFLICT"
    );
    let get = registry::GetDepartmentRequest { name: ends.clone() };
    let found = world
        .operator
        .departments()
        .get_department(ask(get))
        .await
        .unwrap();
    assert_eq!(found.into_inner().valid_until, "");

    world
        .operator
        .departments()
        .merge_department(ask(merger(&ends, &stays)))
        .await
        .unwrap();
    assert_eq!(
        tried(merger(&ends, &competent)).await.reason,
        "STATE_CONFLICT"
    );
    let told = tried(merger(&competent, &ends)).await;
    assert!(
        told.of_field("successor").starts_with("DEPARTMENT_ENDED"),
        "{told:?}"
    );
    // What has ended owns nothing new.
    let system = registry::CreateSystemRequest {
        system: Some(kit::world::terms::wire_system("marriage-registry")),
        request_id: new_id(),
        validate_only: false,
        document: "虚构系统底数清单".to_owned(),
    };
    let told = refused(world.operator.systems().create_system(ask(system)).await);
    let said = told.of_field("system.department");
    assert!(
        said.starts_with("DEPARTMENT_ENDED") && said.contains(&stays),
        "{said}"
    );
}
