//! A bureau comes on board by commands alone.

use kit::world::command::Ran;
use kit::world::story::Story;
use kit::world::{Client, World};
use serde_json::Value;

const FINANCE: &str = "市财政局";
const ENDPOINT: &str = "systems/marriage-registry/endpoints/main";

fn done(ran: &Ran) -> Value {
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.json()
}

/// A command whose answer is JSON.
fn json(world: &World, who: &Client, arguments: &[&str]) -> Ran {
    world.shuqiaoctl(who, &[&["--output", "json"], arguments].concat())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_department_is_registered_and_corrected_by_the_operator() {
    let world = World::start().await;
    let seed = kit::city::SEEDS.department(FINANCE).unwrap();
    let name = format!("departments/{}", seed.uscc);
    let day = seed.valid_from.to_string();
    let register = [
        "departments",
        "register",
        &name,
        "--full-name",
        &seed.full_name,
        "--short-name",
        "市财政",
        "--valid-from",
        &day,
        "--vertical",
    ];
    let made = done(&json(&world, &world.operator, &register));
    assert_eq!(
        (made["name"].as_str(), made["vertical"].as_bool()),
        (Some(name.as_str()), Some(true))
    );
    let change = ["departments", "change", &name];
    let fields = ["--short-name", FINANCE, "--vertical", "false"];
    let changed = [&change[..], &fields, &["--area", "430500"]].concat();
    let changed = done(&json(&world, &world.operator, &changed));
    assert_eq!(changed["short_name"], FINANCE);
    assert_eq!(
        (&changed["vertical"], &changed["area"]),
        (&false.into(), &"430500".into())
    );
    assert_eq!(
        changed["full_name"],
        seed.full_name.as_str(),
        "what is not named stays"
    );
    let stale = [&change[..], &["--area", "", "--etag", "r1"]].concat();
    let stale = json(&world, &world.operator, &stale);
    assert_eq!(stale.code, 1);
    assert!(stale.told.contains("ETAG_MISMATCH"), "{}", stale.told);
    let nothing = json(&world, &world.operator, &change);
    assert_eq!(nothing.code, 1);
    assert!(nothing.told.contains("update_mask"), "{}", nothing.told);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_system_is_stopped_and_started_by_command() {
    let story = Story::of_marriages().await;
    let world = &story.world;
    let name = "systems/marriage-registry";
    let suspend = ["systems", "suspend", name, "--reason", "安全事件处置"];
    let stopped = done(&json(world, &world.operator, &suspend));
    assert_eq!(stopped["state"], "suspended");
    assert!(story.lookup(&sandbox::people::HUSBAND).await.is_err());
    let resumed = done(&json(world, &world.operator, &["systems", "resume", name]));
    assert_eq!(resumed["state"], "active");
    story.lookup(&sandbox::people::HUSBAND).await.unwrap();
    let unasked = world.shuqiaoctl(&story.owner, &suspend);
    assert_eq!(unasked.code, 1);
    assert!(
        unasked.told.contains("ROLE_NOT_ALLOWED"),
        "{}",
        unasked.told
    );
    let without = world.shuqiaoctl(&world.operator, &suspend[..3]);
    assert_eq!(without.code, 2, "a reason is needed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endpoint_is_registered_moved_and_removed_by_command() {
    let mut story = Story::of_marriages().await;
    let old = story.provider.address().to_string();
    let second = "systems/marriage-registry/endpoints/second";
    let register = ["endpoints", "register", second, "--protocol", "grpc"];
    let register = [&register[..], &["--address", &old]].concat();
    let world = &story.world;
    let tried = [&register[..], &["--dry-run"]].concat();
    let tried = done(&json(world, &story.owner, &tried));
    assert_eq!(
        (&tried["health"], &tried["etag"]),
        (&"serving".into(), &"r1".into())
    );
    let list = ["endpoints", "list", "systems/marriage-registry"];
    let listed = world.shuqiaoctl(&story.owner, &list);
    assert!(!listed.said.contains(second), "{}", listed.said);
    let made = done(&json(world, &story.owner, &register));
    let seen = &made["observation"];
    assert_eq!(
        (&made["health"], &seen["tls_version"]),
        (&"serving".into(), &"TLSv1_3".into())
    );
    assert!(seen["latency_ms"].is_u64());
    let away = ["endpoints", "change", second, "--address", "127.0.0.1:9"];
    let away = json(world, &story.owner, &away);
    assert_eq!((away.code, &away.json()["health"]), (1, &"failing".into()));
    let removed = done(&json(world, &story.owner, &["endpoints", "remove", second]));
    assert_eq!(removed["health"], "removed");
    let needed = world.shuqiaoctl(&story.owner, &["endpoints", "remove", ENDPOINT]);
    assert_eq!(needed.code, 1);
    assert!(
        needed.told.contains(&story.resource.name),
        "{}",
        needed.told
    );

    story.provider.answer_through_a_line().await.cut();
    let new = story.provider.address().to_string();
    let change = ["endpoints", "change", ENDPOINT, "--address", &new];
    done(&json(&story.world, &story.owner, &change));
    story.lookup(&sandbox::people::HUSBAND).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_is_described_in_a_file_and_every_fault_of_it_is_told() {
    let story = Story::of_marriages().await;
    let world = &story.world;
    let name = "systems/marriage-registry/endpoints/views";
    let file = world.folder().join("views.toml");
    let register = ["endpoints", "register", name, "--protocol", "sql-sqlite"];
    let described = file.display().to_string();
    let more = ["--address", "file:none.db", "--description", &described];
    let register = [&register[..], &more].concat();
    let text = "[sql]\ndatabase = \"main\"\n[[sql.views]]\nresource = \"resources/9\"\nview = \"1st\"\n\
                columns = { a = \"b\" }\nkey = [\"b\"]\n";
    std::fs::write(&file, text).unwrap();
    let ran = world.shuqiaoctl(&story.owner, &register);
    assert_eq!(ran.code, 1);
    for field in [
        "endpoint.sql.views[0].resource",
        "endpoint.sql.views[0].view",
    ] {
        assert!(ran.told.contains(field), "{}", ran.told);
    }
    // A password has no place in it.
    std::fs::write(&file, format!("[sql]\npassword = \"x\"\n{}", &text[6..])).unwrap();
    let ran = world.shuqiaoctl(&story.owner, &register);
    assert_eq!(ran.code, 1);
    assert!(ran.told.contains("unknown field"), "{}", ran.told);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_entries_of_a_department_are_signed_off_and_published_by_one_command_each() {
    let story = Story::of_marriages().await;
    let (world, owner, publisher) = (&story.world, &story.owner, &story.publisher);
    let names = ["resources/105001-000701", "resources/105001-000702"];
    for (number, name) in names.iter().enumerate() {
        let draft = api::catalogue::v1::Resource {
            name: (*name).to_owned(),
            title: format!("婚姻登记档案{number}"),
            ..kit::world::terms::wire_resource("marriage-registrations")
        };
        let request = api::catalogue::v1::CreateResourceRequest {
            resource: Some(draft),
            request_id: kit::world::new_id(),
            validate_only: false,
        };
        let made = owner
            .resources()
            .create_resource(kit::world::ask(request))
            .await;
        made.unwrap();
    }
    let department = story.resource.department.as_str();
    let of = |step| ["catalogue", step, "--department", department];
    let lines = |ran: &Ran| ran.said.lines().count();
    let signed = json(world, owner, &of("register"));
    assert_eq!((signed.code, lines(&signed)), (0, 2), "{signed:?}");
    let none = json(world, owner, &of("register"));
    assert!(
        none.code == 1 && none.told.contains("waits for it"),
        "{none:?}"
    );

    // Each that can be published is; the others are named.
    let some = ["catalogue", "publish", names[0], "resources/105001-000999"];
    let some = json(world, publisher, &some);
    assert_eq!((some.code, lines(&some)), (1, 1), "{some:?}");
    assert!(some.told.contains("105001-000999"), "{some:?}");
    let rest = json(world, publisher, &of("publish"));
    assert_eq!((rest.code, lines(&rest)), (0, 1), "{rest:?}");
    assert_eq!(rest.json()["name"], names[1]);
}
