//! Catalogues of others taken in as drafts by `shuqiaoctl catalogue import-dcat`: all of it or every fault.

use api::catalogue::v1 as pb;
use kit::world::command::Ran;
use kit::world::story::{Story, publish};
use kit::world::terms::reviewed;
use kit::world::{Client, World, ask};
use serde_json::Value;

const SYSTEM: &str = "systems/marriage-registry";

/// A catalogue as portals elsewhere publish it: nothing of sharing, and no codes of ours.
const FOREIGN: &str = r#"@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> . @prefix csvw: <http://www.w3.org/ns/csvw#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix eu: <http://publications.europa.eu/resource/authority/> .
<https://portal.example/roads> a dcat:Dataset ; dct:title "Roads"@en, "道路名录"@zh ; dct:description "城市道路"@zh ;
    dct:publisher [ foaf:name "Office of Roads" ] ; dct:accessRights eu:access-right\/PUBLIC ;
    dct:accrualPeriodicity eu:frequency\/BIWEEKLY ;
    dcat:distribution [ dcat:downloadURL <https://portal.example/roads.csv> ; dct:format eu:file-type\/CSV ;
        csvw:tableSchema [ csvw:column ( [ csvw:name "road_name" ; csvw:title "路名"@zh ; csvw:datatype xsd:string ]
            [ csvw:name "length_km" ; csvw:title "长度"@zh ; csvw:datatype xsd:double ] ) ] ] .
<https://portal.example/bridges> a dcat:Dataset ; dct:title "桥梁名录"@zh ;
    dct:accrualPeriodicity eu:frequency\/BIENNIAL ;
    dcat:distribution [ dcat:downloadURL <https://portal.example/bridges.csv> ; dct:format "CSV" ;
        csvw:tableSchema [ csvw:column ( [ csvw:name "Bridge Name" ; csvw:title "桥名"@zh ; csvw:datatype xsd:string ] ) ] ] .
"#;

/// What the two datasets above do not say, for both.
const DEFAULTS: [&str; 8] = [
    "--system",
    SYSTEM,
    "--default",
    "share-type=unconditional",
    "--default",
    "data-level=general",
    "--default",
    "classification=314001",
];

/// And for the second alone.
const GIVEN: &str = r#"
[default]
data-class = "测试"
[dataset."https://portal.example/bridges"]
summary = "城市桥梁"
update-cycle = "yearly"
open = false
[[dataset."https://portal.example/bridges".items]]
key = "bridge_name"
title = "桥名"
data-type = "C"
length = 40
"#;

/// A world with a bureau that takes catalogues in.
async fn bureau() -> (World, Client) {
    let world = World::start().await;
    world.register_system("marriage-registry").await;
    let officer = world.enrol_officer("市民政局", "wang").await;
    (world, officer)
}

fn saved(world: &World, name: &str, text: &str) -> String {
    let path = world.folder().join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn import(world: &World, who: &Client, file: &str, more: &[&str]) -> Ran {
    let command = ["--output", "json", "catalogue", "import-dcat", file];
    world.shuqiaoctl(who, &[&command[..], more].concat())
}

async fn entries(who: &Client) -> Vec<pb::Resource> {
    let request = pb::ListResourcesRequest::default();
    let listed = who.resources().list_resources(ask(request)).await;
    listed.unwrap().into_inner().resources
}

/// Datasets, properties and codes of all faults.
fn faults(ran: &Ran) -> Vec<(String, String, String)> {
    let text = |line: &Value, key: &str| line[key].as_str().unwrap().to_owned();
    let lines = ran
        .said
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let faults = lines.filter(|line: &Value| line["kind"] == "fault");
    faults
        .map(|line| {
            let dataset = text(&line, "dataset");
            let dataset = dataset.rsplit('/').next().unwrap().to_owned();
            (dataset, text(&line, "property"), text(&line, "code"))
        })
        .collect()
}

/// What an entry says, without its stage and what follows from it.
fn said(entry: &pb::Resource) -> pb::Resource {
    pb::Resource {
        state: 0,
        version: 0,
        publish_time: None,
        etag: String::new(),
        // These never leave.
        secrecy_review: String::new(),
        impact_assessment: String::new(),
        head_approval: String::new(),
        ..entry.clone()
    }
}

fn item(key: &str, title: &str, data_type: &str) -> pb::ResourceItem {
    pb::ResourceItem {
        key: key.to_owned(),
        title: title.to_owned(),
        data_type: data_type.to_owned(),
        ..pb::ResourceItem::default()
    }
}

/// Two open entries that belong together, with everything that an open entry can say.
fn open_entries() -> [pb::Resource; 2] {
    let first = pb::Resource {
        name: "resources/314001-000701".to_owned(),
        title: "婚姻登记机关名录".to_owned(),
        summary: "登记机关的名称和地址".to_owned(),
        system: SYSTEM.to_owned(),
        items: vec![
            pb::ResourceItem {
                length: 40,
                ..item("office", "登记机关", "C")
            },
            item("opened_on", "设立日期", "D"),
        ],
        share_type: pb::ShareType::Conditional.into(),
        share_condition: "凭事项核验".to_owned(),
        share_modes: vec![pb::ShareMode::Table.into(), pb::ShareMode::Api.into()],
        format_class: 3,
        format_type: "mysql".to_owned(),
        update_cycle: 5,
        data_level: "general".to_owned(),
        data_grade: 1,
        open: true,
        open_condition: "注明来源".to_owned(),
        inner_department: "婚姻登记处".to_owned(),
        volume: Some(pb::DataVolume {
            stored_gigabytes: 0.5,
            stored_records: 12,
            ..pb::DataVolume::default()
        }),
        ..reviewed()
    };
    let second = pb::Resource {
        name: "resources/314001-000702".to_owned(),
        title: "婚姻登记机关办公时间".to_owned(),
        share_type: pb::ShareType::Unconditional.into(),
        share_condition: String::new(),
        share_scope: String::new(),
        share_purpose: String::new(),
        share_modes: vec![pb::ShareMode::File.into()],
        format_class: 2,
        format_type: "csv".to_owned(),
        related_resources: vec![first.name.clone()],
        ..first.clone()
    };
    [first, second]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_gateway_exports_another_takes_in_the_same() {
    let story = Story::of_marriages().await;
    for entry in open_entries() {
        publish(&story.owner, &story.publisher, &entry).await;
    }
    let published = entries(&story.owner).await;
    let published = published.iter().filter(|entry| entry.open).map(said);
    let published: Vec<pb::Resource> = published.collect();
    assert_eq!(published.len(), 2);
    let (world, officer) = bureau().await;
    for (syntax, name) in [("turtle", "open.ttl"), ("json-ld", "open.jsonld")] {
        let file = world.folder().join(name);
        let file = file.to_str().unwrap();
        let export = ["catalogue", "export", "--as", syntax, "--out", file];
        let ran = story.world.shuqiaoctl(&story.owner, &export);
        assert_eq!(ran.code, 0, "{ran:?}");
        let dry = import(&world, &officer, file, &["--system", SYSTEM, "--dry-run"]);
        assert_eq!((dry.code, &dry.json()["stored"]), (0, &false.into()));
        let taken = import(&world, &officer, file, &["--system", SYSTEM]);
        assert_eq!(taken.code, 0, "{taken:?}");
        // The second document says the same in another form.
        let outcome = if syntax == "turtle" {
            "created"
        } else {
            "unchanged"
        };
        assert_eq!(taken.json()[outcome], 2, "{taken:?}");
        let stored = entries(&officer).await;
        let drafts = stored.iter().map(said).collect::<Vec<_>>();
        assert_eq!(drafts, published, "{syntax}");
    }
    let stored = entries(&officer).await;
    assert!(
        stored
            .iter()
            .all(|entry| entry.state() == pb::resource::State::Draft)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_catalogue_of_others_is_taken_in_with_what_people_give() {
    let (world, officer) = bureau().await;
    let file = saved(&world, "roads.ttl", FOREIGN);
    let given = saved(&world, "roads.toml", GIVEN);
    let more = [&DEFAULTS[..], &["--given", &given]].concat();
    let taken = import(&world, &officer, &file, &more);
    assert_eq!(
        (taken.code, &taken.json()["created"]),
        (0, &2.into()),
        "{taken:?}"
    );
    let stored = entries(&officer).await;
    let [bridges, roads] = stored.as_slice() else {
        panic!("{stored:?}")
    };
    let short = |entry: &pb::Resource| {
        (
            entry.title.clone(),
            entry.update_cycle,
            entry.open,
            entry.data_class.clone(),
            entry.share_type(),
        )
    };
    let unconditional = pb::ShareType::Unconditional;
    assert_eq!(
        (short(roads), short(bridges)),
        (
            (
                "道路名录".to_owned(),
                4,
                true,
                "测试".to_owned(),
                unconditional
            ),
            (
                "桥梁名录".to_owned(),
                6,
                false,
                "测试".to_owned(),
                unconditional
            ),
        )
    );
    let columns = [
        item("road_name", "路名", "C"),
        item("length_km", "长度", "B"),
    ];
    assert_eq!(roads.items, columns);
    assert_eq!(
        (bridges.items[0].length, roads.name.as_str()),
        (40, "resources/314001-000002")
    );

    // Again it changes nothing, with what was given and without what the catalogue knows by now.
    for more in [
        &more[..],
        &[
            "--department",
            "市民政局",
            "--only",
            "https://portal.example/roads",
        ],
    ] {
        let again = import(&world, &officer, &file, more);
        assert_eq!(
            (again.code, &again.json()["updated"]),
            (0, &0.into()),
            "{again:?}"
        );
        assert_eq!(&again.json()["created"], 0);
    }
    assert_eq!(entries(&officer).await, stored);

    // What the department decided meanwhile stays; what the source says anew is taken.
    let decided = pb::Resource {
        share_type: pb::ShareType::Conditional.into(),
        share_condition: "凭事项核验".to_owned(),
        ..roads.clone()
    };
    let request = pb::UpdateResourceRequest {
        resource: Some(decided.clone()),
        request_id: kit::world::new_id(),
        validate_only: false,
    };
    officer
        .resources()
        .update_resource(ask(request))
        .await
        .unwrap();
    // Under another title at the source it is the same entry, since its address is.
    let renamed = &FOREIGN.replace("道路名录", "道路清单");
    let file = saved(&world, "renamed.ttl", renamed);
    let again = import(&world, &officer, &file, &more);
    let outcome = again.json();
    assert_eq!(
        (
            &outcome["created"],
            &outcome["updated"],
            &outcome["unchanged"]
        ),
        (&0.into(), &1.into(), &1.into()),
        "{again:?}"
    );
    let titled = entries(&officer).await;
    assert_eq!((titled.len(), titled[1].title.as_str()), (2, "道路清单"));
    let address = "https://portal.example/roads";
    assert_eq!(titled[1].source_identifier, address);
    let file = saved(&world, "new.ttl", &FOREIGN.replace("城市道路", "全市道路"));
    let ran = import(&world, &officer, &file, &more);
    assert_eq!(
        (ran.code, &ran.json()["updated"]),
        (0, &1.into()),
        "{ran:?}"
    );
    let expected = pb::Resource {
        summary: "全市道路".to_owned(),
        ..decided
    };
    assert_eq!(said(&entries(&officer).await[1]), said(&expected));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_of_a_catalogue_is_told_by_dataset_and_property_and_nothing_is_stored() {
    let (world, officer) = bureau().await;
    let other = FOREIGN
        .replace(
            r#"foaf:name "Office of Roads""#,
            r#"dct:identifier "11430500XY00001512""#,
        )
        .replace("\"道路名录\"@zh", "\"婚姻登记管理系统\"@zh");
    let file = saved(&world, "roads.ttl", &other);
    let refused = import(&world, &officer, &file, &DEFAULTS[..6]);
    assert_eq!(refused.code, 1, "{refused:?}");
    let expected = [
        ("bridges", "dct:identifier", "REQUIRED"),
        ("bridges", "dct:description", "REQUIRED"),
        ("bridges", "csvw:column[0]/csvw:name", "NOT_A_KEY"),
        ("bridges", "dct:accessRights", "REQUIRED"),
        ("bridges", "dct:accrualPeriodicity", "REQUIRED"),
        ("roads", "dct:identifier", "REQUIRED"),
        ("roads", "dct:publisher", "CONTRADICTION"),
        // This one only the gateway can know.
        ("roads", "dct:title", "NAME_OF_SYSTEM"),
    ];
    let expected = expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned()));
    assert_eq!(faults(&refused), expected);
    assert_eq!(refused.json()["stored"], false);
    assert_eq!(entries(&officer).await, [], "nothing is stored");
    let shown = world.shuqiaoctl(&officer, &["catalogue", "import-dcat", &file]);
    assert_eq!(shown.line("DATASET")[..3], ["DATASET", "PROPERTY", "CODE"]);
    assert!(
        shown.said.contains("--default classification=…"),
        "{shown:?}"
    );

    // An unknown system is told once a dataset, by the gateway.
    let unknown = [&["--system", "systems/nowhere"], &DEFAULTS[2..]].concat();
    let unknown = import(&world, &officer, &file, &unknown);
    let systems = faults(&unknown)
        .into_iter()
        .filter(|(_, property, _)| property == "system");
    assert_eq!(systems.count(), 2, "{unknown:?}");

    // What is given is checked before anybody is asked.
    let given = saved(
        &world,
        "bad.toml",
        "[dataset.\"https://portal.example/rivers\"]\nopen = true\n",
    );
    let nowhere = import(&world, &officer, &file, &["--given", &given]);
    assert!(
        nowhere.told.contains("portal.example/rivers"),
        "{nowhere:?}"
    );
    let bad = ["--default", "share-type=perhaps", "--default", "colour=red"];
    let bad = import(&world, &officer, &file, &bad);
    assert_eq!((bad.code, bad.said.as_str()), (1, ""));
    assert!(
        bad.told.contains("perhaps") && bad.told.contains("colour"),
        "{bad:?}"
    );
    let none = import(
        &world,
        &officer,
        &file,
        &["--only", "https://other.example/"],
    );
    assert!(none.told.contains("no such dataset"), "{none:?}");
}
