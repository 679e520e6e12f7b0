//! Machine rooms and other assets that go with a system: stated on a document, counted on the board and in the sheet,
//! taken back where they were a mistake.

use kit::world::command::Ran;
use kit::world::story::Story;
use serde_json::{Value, json};

use super::event;

const SYSTEM: &str = "systems/marriage-registry";

fn owner(story: &Story, arguments: &[&str]) -> Ran {
    story.world.shuqiaoctl(&story.owner, arguments)
}

fn state(story: &Story, kind: &str, count: &str, on: &str) -> Ran {
    let what = [
        "systems", "asset", SYSTEM, "--kind", kind, "--count", count, "--on", on,
    ];
    let ground = ["--description", "三楼机房", "--document", "资产处置单"];
    owner(story, &[&what[..], &ground].concat())
}

fn withdraw(story: &Story, number: &str) -> Ran {
    let command = ["systems", "withdraw-asset", SYSTEM, "--number", number];
    owner(story, &[&command[..], &["--document", "更正说明"]].concat())
}

fn systems(row: &Value) -> &[Value] {
    row["systems"].as_array().unwrap()
}

/// The row of the system's department on a board.
fn department(board: &Value) -> Value {
    let owns = |row: &&Value| systems(row).iter().any(|one| one["system"] == SYSTEM);
    let departments = board["departments"].as_array().unwrap();
    departments.iter().find(owns).unwrap().clone()
}

/// What the board counts of assets: of the city, of the department, and of the system.
fn board(story: &Story) -> [Value; 3] {
    let command = ["--output", "json", "progress"];
    let board = story.world.shuqiaoctl(&story.auditor, &command).json();
    let department = department(&board);
    let mut systems = systems(&department).iter();
    let system = systems.find(|one| one["system"] == SYSTEM).unwrap();
    let counts = |row: &Value| json!([row["machine_room_count"], row["other_asset_count"]]);
    [counts(&board), counts(&department), counts(system)]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_asset_is_counted_on_the_board_until_it_is_taken_back() {
    let story = Story::of_marriages().await;
    assert_eq!(board(&story), [json!([0, 0]), json!([0, 0]), json!([0, 0])]);
    for (kind, count) in [("machine-room", "1"), ("server", "12"), ("storage", "3")] {
        let ran = state(&story, kind, count, "2022-05-31");
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    let late = state(&story, "network", "1", "2999-01-01");
    assert_eq!(late.code, 1);
    assert!(late.told.contains("asset.retire_date"), "{late:?}");
    assert_eq!(
        board(&story),
        [json!([1, 15]), json!([1, 15]), json!([1, 15])]
    );

    assert_eq!(withdraw(&story, "3").code, 0);
    let again = withdraw(&story, "3");
    assert!(
        again.code == 1 && again.told.contains("taken back before"),
        "{again:?}"
    );
    let nobody = withdraw(&story, "9");
    assert!(
        nobody.told.contains("asset_withdrawal.number"),
        "{nobody:?}"
    );
    assert_eq!(
        board(&story),
        [json!([1, 12]), json!([1, 12]), json!([1, 12])]
    );
    let listed = owner(&story, &["systems", "assets"]);
    let rows: Vec<Vec<&str>> = listed
        .said
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    let row = |number, kind, count, state| {
        vec![
            SYSTEM,
            number,
            kind,
            "三楼机房",
            count,
            "2022-05-31",
            "资产处置单",
            state,
        ]
    };
    let expected = [
        row("1", "machine-room", "1", "stands"),
        row("2", "server", "12", "stands"),
        row("3", "storage", "3", "withdrawn"),
    ];
    assert_eq!(rows[1..], expected);

    // The ledger tells of both, and says which.
    let entries = story.auditor.entries().await;
    let steps = entries
        .iter()
        .filter(|entry| event(entry) == Some("registry.system.step_recorded"));
    let told: Vec<_> = steps
        .map(|entry| {
            let facts = entry.facts();
            let texts =
                ["step", "asset", "retired_on", "document"].map(|key| facts.text(key).unwrap());
            (texts, facts.integer("asset_number"))
        })
        .collect();
    assert_eq!(
        told[0],
        (
            ["asset", "machine-room", "2022-05-31", "资产处置单"],
            Some(1)
        )
    );
    assert_eq!(
        told[3],
        (
            ["asset-withdrawal", "storage", "2022-05-31", "更正说明"],
            Some(3)
        )
    );
    assert_eq!(told.len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_board_and_the_sheet_tell_stages_and_assets() {
    let story = Story::of_marriages().await;
    let dispose = [
        "systems",
        "dispose",
        SYSTEM,
        "keep",
        "--document",
        "邵放组办字〔2022〕7号",
    ];
    assert_eq!(owner(&story, &dispose).code, 0);
    assert_eq!(state(&story, "machine-room", "1", "2022-05-31").code, 0);
    assert_eq!(state(&story, "server", "12", "2022-05-31").code, 0);
    let progress = |more: &[&str]| {
        story
            .world
            .shuqiaoctl(&story.auditor, &[&["progress"], more].concat())
    };
    let json = progress(&["--output", "json"]).json();
    let counted = json["stages"]
        .as_object()
        .unwrap()
        .values()
        .map(|count| count.as_i64().unwrap());
    assert_eq!(counted.sum::<i64>(), json["system_count"]);
    let city = progress(&[]);
    assert_eq!(city.line("DEPARTMENT")[5..], ["ROOMS", "ASSETS"]);
    let all = city.line("all");
    assert_eq!(all[all.len() - 2..], ["1", "12"]);
    let stages = progress(&["--stages"]);
    assert_eq!(stages.line("NAME")[3], "CATALOGUED");
    assert_eq!(
        stages.line("all")[3],
        json["stages"]["catalogued"].to_string()
    );
    let systems = progress(&["--systems"]);
    assert_eq!(systems.line("SYSTEM")[2], "STAGE");
    assert_eq!(systems.line(SYSTEM)[2], "catalogued");

    // The sheet shows what is known; whoever types over it changes nothing.
    let path = |name: &str| story.world.folder().join(name);
    let out = path("出.csv");
    let department = department(&json);
    let of = ["--department", department["department"].as_str().unwrap()];
    let export = ["systems", "export", "--out", out.to_str().unwrap()];
    assert_eq!(owner(&story, &[&export[..], &of].concat()).code, 0);
    let text = std::fs::read_to_string(&out).unwrap().replace('"', "");
    let titles = text.lines().next().unwrap();
    assert!(
        titles.ends_with("攻坚阶段,机房关停数,IT资产下线数"),
        "{titles}"
    );
    let row = text
        .lines()
        .find(|line| line.contains("marriage-registry"))
        .unwrap();
    assert!(row.ends_with("已编目,1,12"), "{row}");
    let typed = path("改.csv");
    std::fs::write(&typed, text.replace("已编目,1,12", "已验收,3,很多")).unwrap();
    for file in [&out, &typed] {
        let import = [
            "--output",
            "json",
            "systems",
            "import",
            file.to_str().unwrap(),
            "--document",
            "虚构系统底数清单",
        ];
        let ran = owner(&story, &import);
        assert_eq!((ran.code, ran.told.as_str()), (0, ""), "{ran:?}");
        assert_eq!(ran.json()["updated"], 0);
    }
    assert_eq!(
        progress(&["--output", "json"]).json()["stages"],
        json["stages"]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_an_export_has_the_computed_columns_and_they_say_what_they_are() {
    let story = Story::of_marriages().await;
    let file = |command: &str| {
        let path = story.world.folder().join(&format!("{command}.xlsx"));
        let ran = owner(
            &story,
            &["systems", command, "--out", path.to_str().unwrap()],
        );
        assert_eq!(ran.code, 0, "{ran:?}");
        let bytes = std::fs::read(&path).unwrap();
        let book = sheet::open(&bytes, "清单.xlsx", &sheet::Limits::default()).unwrap();
        let sheet = &book.sheets()[0];
        let titles: Vec<String> = (0..sheet.width())
            .map(|column| sheet.cell(0, column).text().to_owned())
            .collect();
        titles
    };
    let computed = ["攻坚阶段", "机房关停数", "IT资产下线数"];
    let template = file("template");
    assert_eq!(template.last().unwrap(), "年运维费用（元）");
    assert_eq!(
        file("export"),
        [&template[..], &computed.map(str::to_owned)].concat()
    );
}
