//! Whole sheets: all rows or none, every fault of every row at once, and the same sheet twice changes nothing.

use api::catalogue::v1 as catalogue;
use api::registry::v1 as registry;
use kit::world::answer::refused;
use kit::world::story::Story;
use kit::world::terms::{reviewed, wire_resource, wire_system};
use kit::world::{Client, World, ask, new_id};

use super::event;

/// A row of a sheet: no id, as bureaux keep it.
fn row(display_name: &str, department: &str) -> registry::System {
    registry::System {
        name: String::new(),
        display_name: display_name.to_owned(),
        department: department.to_owned(),
        purpose: "办理业务".to_owned(),
        yearly_cost: 120_000,
        ..wire_system("marriage-registry")
    }
}

async fn import(
    who: &Client,
    systems: Vec<registry::System>,
    validate_only: bool,
) -> registry::ImportSystemsResponse {
    let request = registry::ImportSystemsRequest {
        systems,
        request_id: new_id(),
        validate_only,
        document: "虚构系统底数清单".to_owned(),
    };
    who.systems()
        .import_systems(ask(request))
        .await
        .unwrap()
        .into_inner()
}

async fn count(who: &Client) -> usize {
    let request = registry::ListSystemsRequest::default();
    let listed = who.systems().list_systems(ask(request)).await.unwrap();
    listed.into_inner().systems.len()
}

fn places(faults: &[api::error::v1::FieldFault]) -> Vec<(&str, &str)> {
    faults
        .iter()
        .map(|fault| (fault.field.as_str(), fault.code.as_str()))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sheet_of_systems_is_taken_whole_or_not_at_all() {
    use registry::imported_system::Outcome::{Created, Unchanged, Updated};
    let world = World::start().await;
    let department = world.register_department("市民政局").await;
    let others = world.register_department("市人社局").await;
    let officer = world.enrol_officer("市民政局", "wang").await;

    let bad = vec![
        row("婚姻登记系统", &department),
        registry::System {
            hosting: "cloud".to_owned(),
            protection_level: 6,
            ..row("", &department)
        },
        registry::System {
            classified: true,
            ..row("内部系统", &department)
        },
        row("婚姻登记 系统", &department),
        row("别人的系统", &others),
        registry::System {
            machine_room: "三楼".to_owned(),
            hosting: "city-cloud".to_owned(),
            ..row("殡葬系统", &department)
        },
        row("无主系统", "departments/11430500XY00000206"),
    ];
    let answer = import(&officer, bad, false).await;
    assert_eq!(answer.systems, []);
    let expected = [
        ("systems[1].display_name", "REQUIRED"),
        ("systems[1].hosting", "UNKNOWN_HOSTING"),
        ("systems[1].protection_level", "UNKNOWN_LEVEL"),
        ("systems[2].classified", "CLASSIFIED_REFUSED"),
        ("systems[3].display_name", "DUPLICATE"),
        ("systems[4].department", "NOT_YOURS"),
        ("systems[5].machine_room", "NOT_IN_A_MACHINE_ROOM"),
        ("systems[6].department", "UNKNOWN_DEPARTMENT"),
        ("systems[6].department", "NOT_YOURS"),
    ];
    assert_eq!(places(&answer.faults), expected);
    assert_eq!(count(&officer).await, 0, "nothing of it is stored");

    let good = || {
        vec![
            row("婚姻登记系统", &department),
            row("殡葬管理系统", &department),
        ]
    };
    let dry = import(&officer, good(), true).await;
    assert_eq!(
        (dry.systems.len(), count(&officer).await),
        (2, 0),
        "a dry run"
    );
    let taken = import(&officer, good(), false).await;
    let names: Vec<&str> = taken.systems.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["systems/smzj-hydjxt", "systems/smzj-bzglxt"]);
    assert!(taken.systems.iter().all(|row| row.outcome() == Created));

    // The sheet again, with one cell corrected and one row new that would get an id in use.
    let mut next = good();
    next[1].maintainer = "虚构运维公司".to_owned();
    next.push(row("婚姻登记新台", &department));
    next.push(row("婚姻登记信台", &department));
    let taken = import(&officer, next, false).await;
    let outcomes: Vec<_> = taken.systems.iter().map(|row| row.outcome()).collect();
    assert_eq!(outcomes, [Unchanged, Updated, Created, Created]);
    let new: Vec<&str> = taken
        .systems
        .iter()
        .skip(2)
        .map(|row| row.name.as_str())
        .collect();
    assert_eq!(new, ["systems/smzj-hydjxt-2", "systems/smzj-hydjxt-3"]);
    let events: Vec<_> = world.operator.entries().await;
    let created = events
        .iter()
        .filter(|entry| event(entry) == Some("registry.system.created"));
    assert_eq!(created.count(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_import_gives_the_earlier_answer() {
    let world = World::start().await;
    let department = world.register_department("市民政局").await;
    let request = registry::ImportSystemsRequest {
        systems: vec![row("婚姻登记系统", &department)],
        request_id: new_id(),
        validate_only: false,
        document: "虚构系统底数清单".to_owned(),
    };
    let send = async |request: &registry::ImportSystemsRequest| {
        world
            .operator
            .systems()
            .import_systems(ask(request.clone()))
            .await
    };
    let first = send(&request).await.unwrap().into_inner();
    assert_eq!(send(&request).await.unwrap().into_inner(), first);
    let other = registry::ImportSystemsRequest {
        systems: vec![row("殡葬管理系统", &department)],
        ..request
    };
    assert_eq!(refused(send(&other).await).reason, "REQUEST_ID_REUSED");
    let empty = registry::ImportSystemsRequest {
        systems: Vec::new(),
        ..other
    };
    assert_eq!(refused(send(&empty).await).fields(), ["systems"]);
}

fn entry(title: &str) -> catalogue::Resource {
    catalogue::Resource {
        name: "resources/314001-".to_owned(),
        title: title.to_owned(),
        certificate_type: String::new(),
        format_class: 3,
        share_modes: vec![catalogue::ShareMode::Table.into()],
        ..wire_resource("marriage-registrations")
    }
}

async fn import_entries(
    who: &Client,
    resources: Vec<catalogue::Resource>,
) -> catalogue::ImportResourcesResponse {
    let request = catalogue::ImportResourcesRequest {
        resources,
        request_id: new_id(),
        validate_only: false,
    };
    who.resources()
        .import_resources(ask(request))
        .await
        .unwrap()
        .into_inner()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sheet_of_entries_names_each_fault_with_the_source_of_its_rule() {
    use catalogue::imported_resource::Outcome::{Created, Unchanged, Updated};
    let story = Story::of_marriages().await;
    let mut retyped = entry("收养登记");
    retyped.items[0].data_type = "X".to_owned();
    let bad = vec![
        entry("低保对象"),
        retyped,
        catalogue::Resource {
            share_modes: vec![catalogue::ShareMode::File.into()],
            ..entry("殡葬服务")
        },
        catalogue::Resource {
            open_condition: "实名".to_owned(),
            ..entry("低保 对象")
        },
        catalogue::Resource {
            system: "systems/nobody".to_owned(),
            ..entry("社会组织")
        },
    ];
    let answer = import_entries(&story.owner, bad).await;
    assert_eq!(answer.resources, []);
    let expected = [
        ("resources[1].items[0].data_type", "UNKNOWN_DATA_TYPE"),
        ("resources[4].system", "UNKNOWN_SYSTEM"),
        ("resources[2].share_modes[0]", "DOES_NOT_FIT"),
        ("resources[3].title", "DUPLICATE"),
        ("resources[3].open_condition", "NOT_OPEN"),
    ];
    assert_eq!(places(&answer.faults), expected);
    let by_rule = answer
        .faults
        .iter()
        .find(|fault| fault.code == "DOES_NOT_FIT")
        .unwrap();
    assert!(by_rule.source.contains("1272"), "{}", by_rule.source);

    let good = vec![entry("低保对象"), entry("收养登记")];
    let taken = import_entries(&story.owner, good).await;
    let names: Vec<&str> = taken
        .resources
        .iter()
        .map(|row| row.name.as_str())
        .collect();
    assert_eq!(
        names,
        ["resources/314001-000001", "resources/314001-000002"]
    );
    assert!(taken.resources.iter().all(|row| row.outcome() == Created));
    let mut again = vec![entry("低保对象"), entry("收养登记"), entry("殡葬服务")];
    again[1].summary = "收养关系的成立与解除".to_owned();
    let taken = import_entries(&story.owner, again).await;
    let outcomes: Vec<_> = taken.resources.iter().map(|row| row.outcome()).collect();
    assert_eq!(outcomes, [Unchanged, Updated, Created]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_without_its_reviews_is_not_signed_off() {
    let story = Story::of_marriages().await;
    let plain = catalogue::Resource {
        data_class: String::new(),
        secrecy_review: String::new(),
        impact_assessment: String::new(),
        head_approval: String::new(),
        share_scope: String::new(),
        ..entry("低保对象")
    };
    let draft = |resource: catalogue::Resource| async {
        let taken = import_entries(&story.owner, vec![resource]).await;
        assert_eq!(taken.faults, []);
        let request = catalogue::RegisterResourceRequest {
            name: taken.resources[0].name.clone(),
            request_id: new_id(),
            etag: String::new(),
        };
        story
            .owner
            .resources()
            .register_resource(ask(request))
            .await
    };
    let told = refused(draft(plain.clone()).await);
    let fields = [
        "resource.share_scope",
        "resource.data_class",
        "resource.secrecy_review",
        "resource.impact_assessment",
        "resource.head_approval",
    ];
    assert_eq!(told.fields(), fields);
    for field in ["resource.data_class", "resource.head_approval"] {
        assert!(told.of_field(field).contains("809"), "{told:?}");
    }
    let complete = catalogue::Resource {
        data_class: "社会救助".to_owned(),
        ..plain
    };
    let complete = catalogue::Resource {
        share_scope: reviewed().share_scope,
        secrecy_review: reviewed().secrecy_review,
        impact_assessment: reviewed().impact_assessment,
        head_approval: reviewed().head_approval,
        ..complete
    };
    draft(complete).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_was_read_before_somebody_elses_change_is_a_fault() {
    let story = Story::of_marriages().await;
    let get = registry::GetSystemRequest {
        name: "systems/marriage-registry".to_owned(),
    };
    let read = story
        .owner
        .systems()
        .get_system(ask(get))
        .await
        .unwrap()
        .into_inner();
    let changed = registry::UpdateSystemRequest {
        system: Some(registry::System {
            maintainer: "虚构运维公司".to_owned(),
            ..read.clone()
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["maintainer".to_owned()],
        }),
        request_id: new_id(),
        document: String::new(),
    };
    story
        .owner
        .systems()
        .update_system(ask(changed))
        .await
        .unwrap();
    let stale = import(&story.owner, vec![read.clone()], false).await;
    assert_eq!(places(&stale.faults), [("systems[0].etag", "CHANGED")]);
    // Whoever names no etag writes what the sheet says.
    let blind = registry::System {
        etag: String::new(),
        ..read
    };
    let taken = import(&story.owner, vec![blind], false).await;
    assert_eq!((taken.systems.len(), taken.faults.len()), (1, 0));
    let stale = catalogue::Resource {
        etag: "r0".to_owned(),
        ..story.resource.clone()
    };
    let stale = import_entries(&story.owner, vec![stale]).await;
    assert_eq!(places(&stale.faults), [("resources[0].etag", "CHANGED")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_name_of_what_is_out_of_service_is_free_again() {
    use registry::record_system_step_request::Step;
    let world = World::start().await;
    let department = world.register_department("市民政局").await;
    let operator = &world.operator;
    let old = import(operator, vec![row("殡葬系统", &department)], false).await;
    let old = old.systems[0].name.clone();
    let step = registry::RecordSystemStepRequest {
        name: old.clone(),
        step: Some(Step::Disposal(registry::DisposalStep {
            disposal: registry::Disposal::Retire.into(),
            merged_into: String::new(),
            statement: Some(registry::Statement {
                document: "撤并方案".to_owned(),
                ..registry::Statement::default()
            }),
        })),
        request_id: new_id(),
        etag: String::new(),
    };
    operator
        .systems()
        .record_system_step(ask(step))
        .await
        .unwrap();
    let retire = registry::RetireSystemRequest {
        name: old.clone(),
        request_id: new_id(),
        etag: String::new(),
    };
    operator.systems().retire_system(ask(retire)).await.unwrap();
    let new = import(operator, vec![row("殡葬系统", &department)], false).await;
    assert_eq!(new.faults, []);
    assert_eq!(new.systems[0].name, format!("{old}-2"));
    let named = registry::System {
        name: old,
        ..row("殡葬系统", &department)
    };
    let refused = import(operator, vec![named], false).await;
    assert!(places(&refused.faults).contains(&("systems[0].name", "RETIRED")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_rows_about_one_system_are_told_and_two_that_swap_their_names_are_taken() {
    let world = World::start().await;
    let department = world.register_department("市民政局").await;
    let officer = world.enrol_officer("市民政局", "wang").await;
    let sheet = vec![
        row("婚姻登记系统", &department),
        row("殡葬管理系统", &department),
    ];
    let taken = import(&officer, sheet, false).await.systems;
    let named = |number: usize, display_name: &str| registry::System {
        name: taken[number].name.clone(),
        ..row(display_name, &department)
    };

    let renamed = vec![
        named(0, "婚姻登记平台"),
        row("殡葬管理系统", &department),
        named(1, "殡葬平台"),
    ];
    let answer = import(&officer, renamed, false).await;
    assert_eq!(answer.faults, [], "a name that a row gives up is free");
    assert_eq!(answer.systems.len(), 3);
    let twice = vec![named(0, "婚姻登记平台"), named(0, "婚姻登记台")];
    let answer = import(&officer, twice, false).await;
    assert_eq!(places(&answer.faults), [("systems[1].name", "DUPLICATE")]);

    let swapped = vec![named(0, "殡葬平台"), named(1, "婚姻登记平台")];
    let answer = import(&officer, swapped, false).await;
    assert_eq!((answer.faults.len(), answer.systems.len()), (0, 2));
}

async fn sign_off_and_publish(story: &Story, name: &str) {
    let (name, etag) = (name.to_owned(), String::new());
    let signed = catalogue::RegisterResourceRequest {
        name: name.clone(),
        request_id: new_id(),
        etag: etag.clone(),
    };
    let put_out = catalogue::PublishResourceRequest {
        name,
        request_id: new_id(),
        etag,
    };
    let mut owner = story.owner.resources();
    owner.register_resource(ask(signed)).await.unwrap();
    let mut publisher = story.publisher.resources();
    publisher.publish_resource(ask(put_out)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_entries_swap_their_titles_in_one_sheet() {
    let story = Story::of_marriages().await;
    let good = vec![entry("低保对象"), entry("收养登记")];
    let taken = import_entries(&story.owner, good).await.resources;
    let named = |number: usize, title: &str| catalogue::Resource {
        name: taken[number].name.clone(),
        ..entry(title)
    };
    let swapped = vec![named(0, "收养登记"), named(1, "低保对象")];
    let answer = import_entries(&story.owner, swapped).await;
    assert_eq!((answer.faults.len(), answer.resources.len()), (0, 2));
    let one = vec![named(0, "低保对象")];
    let answer = import_entries(&story.owner, one).await;
    assert_eq!(
        places(&answer.faults),
        [("resources[0].title", "DUPLICATE")]
    );

    // A title that is published is given up by the publication of the next version, not by a sheet.
    for row in &taken {
        sign_off_and_publish(&story, &row.name).await;
    }
    let swapped = vec![named(0, "低保对象"), named(1, "收养登记")];
    let answer = import_entries(&story.owner, swapped).await;
    let duplicate = |row| format!("resources[{row}].title");
    let told: Vec<&str> = answer
        .faults
        .iter()
        .map(|fault| fault.field.as_str())
        .collect();
    assert_eq!(told, [duplicate(0), duplicate(1)]);
    // The title of a next version finds its entry, as that of what is published does.
    let renamed = import_entries(&story.owner, vec![named(0, "特困人员")]).await;
    assert_eq!(renamed.faults, []);
    let again = import_entries(&story.owner, vec![entry("特困人员")]).await;
    assert_eq!(again.resources[0].name, taken[0].name);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_system_leaves_the_plan_by_a_document_alone() {
    let world = World::start().await;
    let department = world.register_department("市民政局").await;
    let officer = world.enrol_officer("市民政局", "wang").await;
    let sheet = vec![row("婚姻登记系统", &department)];
    import(&officer, sheet, false).await;
    let flipped = vec![registry::System {
        self_built: false,
        ..row("婚姻登记系统", &department)
    }];
    let answer = import(&officer, flipped, false).await;
    let expected = [("systems[0].self_built", "NEEDS_DOCUMENT")];
    assert_eq!(places(&answer.faults), expected);

    let update = |document: &str| registry::UpdateSystemRequest {
        system: Some(registry::System {
            name: "systems/smzj-hydjxt".to_owned(),
            ..registry::System::default()
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["self_built".to_owned()],
        }),
        request_id: new_id(),
        document: document.to_owned(),
    };
    let mut systems = officer.systems();
    let told = refused(systems.update_system(ask(update(""))).await);
    assert_eq!(told.fields(), ["document"]);
    let left = systems.update_system(ask(update("省厅统建系统清单"))).await;
    assert!(!left.unwrap().into_inner().self_built);
    let entries = world.operator.entries().await;
    let facts = entries.last().unwrap().facts();
    assert_eq!(
        (facts.flag("self_built"), facts.text("document")),
        (Some(false), Some("省厅统建系统清单"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_tells_what_keeps_a_draft_from_being_signed_off() {
    let story = Story::of_marriages().await;
    let bare = catalogue::Resource {
        data_class: String::new(),
        secrecy_review: String::new(),
        head_approval: String::new(),
        ..entry(&wire_system("marriage-registry").display_name)
    };
    let bare = || catalogue::Resource {
        title: "低保对象".to_owned(),
        ..bare.clone()
    };
    let answer = import_entries(&story.owner, vec![bare()]).await;
    assert_eq!(answer.faults, []);
    let open = |answer: &catalogue::ImportResourcesResponse| -> Vec<String> {
        let faults = answer.sign_off_faults.iter();
        assert!(faults.clone().all(|fault| !fault.source.is_empty()));
        faults.map(|fault| fault.field.clone()).collect()
    };
    let missing = [
        "resources[0].data_class",
        "resources[0].secrecy_review",
        "resources[0].head_approval",
    ];
    assert_eq!(open(&answer), missing);
    let unapproved = answer.sign_off_faults.last().unwrap();
    let law = "政务数据共享条例（国务院令第809号）第十三条";
    assert_eq!(
        (unapproved.code.as_str(), unapproved.source.as_str()),
        ("REQUIRED", law)
    );
    // Those that signing off names, and none where there is nothing more to say.
    let name = answer.resources[0].name.clone();
    let register = catalogue::RegisterResourceRequest {
        name: name.clone(),
        request_id: new_id(),
        etag: String::new(),
    };
    let told = refused(
        story
            .owner
            .resources()
            .register_resource(ask(register))
            .await,
    );
    assert_eq!(
        told.fields(),
        missing.map(|field| field.replacen("resources[0]", "resource", 1))
    );
    let whole = catalogue::Resource {
        name,
        data_class: "民政".to_owned(),
        secrecy_review: "保审〔2026〕1号".to_owned(),
        head_approval: "审签〔2026〕1号".to_owned(),
        ..bare()
    };
    let answer = import_entries(&story.owner, vec![whole]).await;
    assert_eq!((open(&answer), answer.faults), (Vec::new(), Vec::new()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_could_be_read_is_judged_beside_what_could_not() {
    let story = Story::of_marriages().await;
    let unfit = || catalogue::Resource {
        summary: String::new(),
        share_type: catalogue::ShareType::Unspecified.into(),
        share_scope: String::new(),
        format_class: 3,
        open_condition: "实名".to_owned(),
        update_cycle: 8,
        ..entry(&wire_system("marriage-registry").display_name)
    };
    let expected = [
        ("summary", "REQUIRED"),
        ("share_type", "REQUIRED"),
        ("update_cycle", "UNKNOWN_CODE"),
        ("title", "NAME_OF_SYSTEM"),
        ("open_condition", "NOT_OPEN"),
    ];
    let answer = import_entries(&story.owner, vec![entry("低保对象"), unfit()]).await;
    let told: Vec<(String, &str)> = answer
        .faults
        .iter()
        .map(|fault| (fault.field.clone(), fault.code.as_str()))
        .collect();
    let in_row = expected.map(|(field, code)| (format!("resources[1].{field}"), code));
    assert_eq!(told, in_row);
    // Whatever is more than form says where its rule stands.
    let source = |field: &str| {
        let mut faults = answer.faults.iter();
        let fault = faults.find(|fault| fault.field.ends_with(field)).unwrap();
        fault.source.clone()
    };
    assert!(source("share_type").contains("政务数据共享条例 art. 14"));
    for field in ["update_cycle", "title", "open_condition"] {
        assert!(!source(field).is_empty(), "{field}");
    }

    let request = catalogue::CreateResourceRequest {
        resource: Some(catalogue::Resource {
            name: "resources/314001-000001".to_owned(),
            ..unfit()
        }),
        request_id: new_id(),
        validate_only: false,
    };
    let mut resources = story.owner.resources();
    let told = refused(resources.create_resource(ask(request.clone())).await);
    let fields = expected.map(|(field, _)| format!("resource.{field}"));
    assert_eq!(told.fields(), fields);
    // What it is called and whose it is decides little: the rest is told beside.
    let lost = catalogue::Resource {
        name: "resources/x".to_owned(),
        system: "systems/nobody".to_owned(),
        ..unfit()
    };
    let answer = import_entries(&story.owner, vec![lost.clone(), lost]).await;
    let expected = [
        ("name", "INVALID_ID"),
        ("summary", "REQUIRED"),
        ("system", "UNKNOWN_SYSTEM"),
        ("share_type", "REQUIRED"),
        ("update_cycle", "UNKNOWN_CODE"),
        ("open_condition", "NOT_OPEN"),
    ];
    let mut told: Vec<(String, &str)> = answer
        .faults
        .iter()
        .map(|fault| (fault.field.clone(), fault.code.as_str()))
        .collect();
    told.sort_unstable();
    let mut all: Vec<(String, &str)> = [0, 1]
        .into_iter()
        .flat_map(|row| expected.map(|(field, code)| (format!("resources[{row}].{field}"), code)))
        .collect();
    all.sort_unstable();
    assert_eq!(told, all);
    // Of the rules of an entry that is not theirs others hear nothing.
    let mut others = story.applicant.resources();
    let told = refused(others.create_resource(ask(request)).await);
    assert_eq!(told.fields(), fields[..2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn systems_enter_the_inventory_on_a_document() {
    let world = World::start().await;
    world.register_department("市民政局").await;
    let operator = &world.operator;
    let send = async |validate_only| {
        let request = registry::ImportSystemsRequest {
            systems: vec![wire_system("marriage-registry")],
            request_id: new_id(),
            validate_only,
            document: String::new(),
        };
        operator.systems().import_systems(ask(request)).await
    };
    // What is only looked at needs none yet.
    assert!(send(true).await.unwrap().into_inner().faults.is_empty());
    assert!(
        refused(send(false).await)
            .of_field("document")
            .contains("REQUIRED")
    );
    let sheet = world.folder().join("systems.csv");
    std::fs::write(&sheet, "系统名称\n").unwrap();
    let ran = world.shuqiaoctl(operator, &["systems", "import", sheet.to_str().unwrap()]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.told.contains("--document"), "{}", ran.told);
    assert_eq!(count(operator).await, 0);
}
