//! The inventory as a sheet, taken in and given out by `shuqiaoctl` as an engineer runs it.

use api::catalogue::v1 as catalogue;
use api::registry::v1 as registry;
use kit::world::command::{Ran, shuqiaoctl};
use kit::world::insured::Insured;
use kit::world::story::Story;
use kit::world::terms::wire_system;
use kit::world::{Client, World, ask, new_id};
use serde_json::Value;

use super::retire;

/// The document by which systems enter the inventory.
const GROUND: &str = "虚构系统底数清单";

/// Titles as a bureau has them: its own words, its own order.
const TITLES: &str = "序号,单位名称,信息系统名称,系统简介,建设性质,涉密情况,网络环境,部署方式,机房,承建单位,运维公司,运维到期时间,上线日期,等保等级,数据库,年运维费（万元）";

fn lines(ran: &Ran) -> Vec<Value> {
    let lines = ran.said.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().unwrap()
}

/// Places and codes of all faults.
pub(super) fn faults(ran: &Ran) -> Vec<(String, String)> {
    let text = |line: &Value, key: &str| line[key].as_str().unwrap().to_owned();
    let all = lines(ran);
    let faults = all.iter().filter(|line| line["kind"] == "fault");
    faults
        .map(|line| (text(line, "place"), text(line, "code")))
        .collect()
}

async fn systems(who: &Client) -> Vec<registry::System> {
    let request = registry::ListSystemsRequest::default();
    let listed = who.systems().list_systems(ask(request)).await.unwrap();
    listed.into_inner().systems
}

fn written(world: &World, name: &str, rows: &[&str]) -> String {
    let path = world.folder().join(name);
    let text = format!("{TITLES}\n{}\n", rows.join("\n"));
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

pub(super) fn new_file(world: &World, name: &str) -> String {
    world.folder().join(name).to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_of_a_sheet_is_named_by_its_cell_and_nothing_is_stored() {
    let world = World::start().await;
    world.register_department("市民政局").await;
    let officer = world.enrol_officer("市民政局", "wang").await;
    let file = written(
        &world,
        "清单.csv",
        &[
            "1,市民政局,婚姻登记系统,登记,自建,否,公用网络区,市政务云,,甲公司,乙公司,2023年1月31日,２０２０．５．１,三级,达梦、MySQL,12.5",
            "2,市民政,低保系统,,自建,否,公用网络区,市政务云,,,,,,,,",
            "3,民政局,,,自建,否,公用网络区,市政务云,,,,,,,,",
            "4,邵阳市民政局,内部系统,,自建,是,公用网络区,市政务云,,,,,,,,",
            "5,市民政局,殡葬系统,,自建,否,政务外网,市政务云,,,,,,,,",
            "6,市民政局,救助系统,,自筹,否,专用网,机房,三楼,,,去年,,,,",
            "7,市民政局,养老系统,,自建,否,互联网,政务云,三楼,,,,,六级,,十万",
            "8,市民政局,婚姻登记 系统,,自建,否,互联网,其它,,,,,,,,",
        ],
    );
    let result = new_file(&world, "清单-问题.xlsx");
    let import = [
        "--output",
        "json",
        "systems",
        "import",
        &file,
        "--document",
        GROUND,
    ];
    let ran = world.shuqiaoctl(&officer, &[&import[..], &["--result", &result]].concat());
    assert_eq!(ran.code, 1, "{ran:?}");
    let expected = [
        ("清单!B3", "UNKNOWN_DEPARTMENT"),
        ("清单!C4", "REQUIRED"),
        ("清单!F5", "CLASSIFIED_REFUSED"),
        ("清单!G6", "AMBIGUOUS_ZONE"),
        ("清单!E7", "NOT_A_CHOICE"),
        ("清单!L7", "NOT_A_DATE"),
        ("清单!I8", "NOT_IN_A_MACHINE_ROOM"),
        ("清单!N8", "NOT_A_CHOICE"),
        ("清单!P8", "NOT_AN_AMOUNT"),
        ("清单!C9", "DUPLICATE"),
    ];
    let expected = expected.map(|(place, code)| (place.to_owned(), code.to_owned()));
    assert_eq!(faults(&ran), expected);
    assert_eq!(systems(&officer).await, [], "nothing is stored");
    assert_eq!(lines(&ran).last().unwrap()["stored"], false);

    // The file that goes back holds them all, and is refused for the same reasons as it stands.
    let back = [
        "--output",
        "json",
        "systems",
        "import",
        &result,
        "--document",
        GROUND,
    ];
    let again = world.shuqiaoctl(&officer, &back);
    assert_eq!((again.code, faults(&again)), (1, expected.to_vec()));
    // For people, the same in a table.
    let shown = world.shuqiaoctl(
        &officer,
        &["systems", "import", &file, "--document", GROUND],
    );
    assert_eq!(shown.line("PLACE")[..2], ["PLACE", "CODE"]);
    assert_eq!(shown.line("faults"), ["faults", "10"]);
    assert!(shown.said.contains("与 清单!第2行 重复"), "{shown:?}");
    // Each with where its rule stands, also what the client finds by itself.
    assert!(shown.said.contains("邵放组办字〔2022〕7号"), "{shown:?}");
    assert!(shown.told.contains("序号"), "what was not read is told");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sheet_goes_in_and_comes_out_the_same() {
    let world = World::start().await;
    let department = world.register_department("市民政局").await;
    let officer = world.enrol_officer("市民政局", "wang").await;
    let file = written(
        &world,
        "清单.csv",
        &[
            "1,,婚姻登记系统,\"婚姻\n登记\",自建,否,公用网络区,市政务云,,甲公司,乙公司,2023年1月31日,２０２０．５．１,三级,\"达梦、MySQL\",12.5",
            "2,,殡葬系统,'=SUM(A1),上级统建,否,专用网,部门机房,三楼,,,,,未定级,,",
        ],
    );
    let owned = ["--department", &department];
    let import = |file: &str, more: &[&str]| {
        let command = [
            "--output",
            "json",
            "systems",
            "import",
            file,
            "--document",
            GROUND,
        ];
        world.shuqiaoctl(&officer, &[&command[..], &owned, more].concat())
    };
    let dry = import(&file, &["--dry-run"]);
    assert_eq!(
        (dry.code, dry.json()["stored"].clone()),
        (0, false.into()),
        "{dry:?}"
    );
    assert_eq!(systems(&officer).await, []);
    let result = new_file(&world, "结果.xlsx");
    let taken = import(&file, &["--result", &result]);
    assert_eq!(
        (taken.code, taken.json()["created"].clone()),
        (0, 2.into()),
        "{taken:?}"
    );
    let stored = systems(&officer).await;
    let marriage = &stored[1];
    assert_eq!(
        (
            marriage.name.as_str(),
            marriage.purpose.as_str(),
            marriage.maintenance_end_date.as_str(),
            marriage.launch_date.as_str(),
            marriage.protection_level,
            marriage.yearly_cost,
            marriage.databases.as_slice(),
        ),
        (
            "systems/smzj-hydjxt",
            "婚姻 登记",
            "2023-01-31",
            "2020-05-01",
            3,
            125_000,
            &["达梦".to_owned(), "MySQL".to_owned()][..],
        )
    );
    assert_eq!(
        (stored[0].purpose.as_str(), stored[0].self_built),
        ("=SUM(A1)", false)
    );

    // Out of the register, and what came of the rows: each goes in again and changes nothing.
    let mut files = vec![result];
    for name in ["出.xlsx", "出.csv"] {
        let out = new_file(&world, name);
        let ran = world.shuqiaoctl(&officer, &["systems", "export", "--out", &out]);
        assert_eq!(
            (ran.code, ran.line("systems")),
            (0, vec!["systems", "2"]),
            "{ran:?}"
        );
        files.push(out);
    }
    for file in &files {
        let again = import(file, &[]);
        assert_eq!((again.code, again.told.as_str()), (0, ""), "{file}");
        let told = again.json();
        assert_eq!(
            (&told["unchanged"], &told["updated"]),
            (&2.into(), &0.into()),
            "{file}"
        );
    }
    assert_eq!(systems(&officer).await, stored);
    let taken = import(&files[1], &["--result", &files[0]]);
    assert!(
        taken.code == 1 && taken.told.contains("move it away"),
        "{taken:?}"
    );

    // A sheet with fewer columns leaves the rest as it is.
    let few = world.folder().join("少.csv");
    let text = "系统名称,建设方式,是否涉密,所在网络,部署位置,运维单位\n\
                婚姻登记系统,自建,否,公用网络区,市政务云,丙公司\n";
    std::fs::write(&few, text).unwrap();
    let ran = import(few.to_str().unwrap(), &[]);
    assert_eq!(
        (ran.code, ran.json()["updated"].clone()),
        (0, 1.into()),
        "{ran:?}"
    );
    let changed = &systems(&officer).await[1];
    let expected = registry::System {
        maintainer: "丙公司".to_owned(),
        etag: changed.etag.clone(),
        ..marriage.clone()
    };
    assert_eq!(*changed, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_template_has_the_titles_and_asks_nobody() {
    let world = World::start().await;
    let department = world.register_department("市民政局").await;
    let out = new_file(&world, "模板.xlsx");
    let ran = shuqiaoctl(&["systems", "template", "--out", &out]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let command = [
        "systems",
        "import",
        &out,
        "--department",
        &department,
        "--document",
        GROUND,
    ];
    let empty = world.shuqiaoctl(&world.operator, &command);
    assert_eq!((empty.code, empty.said.as_str()), (1, ""), "{empty:?}");
    assert!(empty.told.contains("no rows"), "{}", empty.told);
    let command = [
        "systems",
        "import",
        &out,
        "--department",
        "民政",
        "--document",
        GROUND,
    ];
    let unknown = world.shuqiaoctl(&world.operator, &command);
    assert!(unknown.told.contains("是不是“市民政局”"), "{unknown:?}");
    // A name that is taken, and one of no sheet.
    let taken = shuqiaoctl(&["systems", "template", "--out", &out]);
    assert_eq!(taken.code, 1);
    let other = shuqiaoctl(&["systems", "template", "--out", "a.pdf"]);
    assert!(other.told.contains("name a .xlsx file"), "{}", other.told);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_rows_than_one_import_takes_are_refused_with_advice() {
    let world = World::start().await;
    let department = world.register_department("市民政局").await;
    let row = |number: usize| format!("{number},,系统{number},,自建,否,互联网,其它,,,,,,,,");
    let rows: Vec<String> = (1..=1001).map(row).collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let import = |name: &str, rows: &[&str]| {
        let file = written(&world, name, rows);
        let command = ["--timeout", "60", "systems", "import", &file, "--dry-run"];
        let command = [&command[..], &["--department", &department]].concat();
        world.shuqiaoctl(&world.operator, &command)
    };
    let most = import("千.csv", &rows[..1000]);
    assert_eq!(
        (most.code, most.line("created")),
        (0, vec!["created", "1000"])
    );
    let more = import("多.csv", &rows);
    assert_eq!((more.code, more.said.as_str()), (1, ""));
    assert!(
        more.told
            .contains("split it by department, or before 多!第1002行"),
        "{}",
        more.told
    );
}

/// One entry with many items, whose titles make it long.
fn long_entry(number: usize) -> String {
    let items = (0..200).map(|item| {
        let title = format!("{item:03}{}", "名".repeat(47));
        let whole = if item == 0 {
            format!("314001,资源{number:04},摘要,数据库,{title},item_{item},C,无条件,无条件,库表,否,每月,一般,marriage-registry")
        } else {
            format!(",,,,{title},item_{item},C,,,,,,,")
        };
        whole + "\n"
    });
    items.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_bytes_than_one_import_takes_are_refused_with_the_row_to_split_at() {
    let world = World::start().await;
    world.register_system("marriage-registry").await;
    let officer = world.enrol_officer("市民政局", "wang").await;
    let titles = ENTRIES.lines().next().unwrap();
    let import = |name: &str, numbers: std::ops::Range<usize>| {
        let entries: String = numbers.map(long_entry).collect();
        let path = world.folder().join(name);
        std::fs::write(&path, format!("{titles}\n{entries}")).unwrap();
        let path = path.to_str().unwrap();
        let command = ["--timeout", "60", "catalogue", "import", path, "--dry-run"];
        world.shuqiaoctl(&officer, &command)
    };
    let more = import("长.csv", 0..40);
    assert_eq!((more.code, more.said.as_str()), (1, ""));
    let row = more.told.split("长!第").nth(1).unwrap();
    let row: usize = row.split('行').next().unwrap().parse().unwrap();
    assert_eq!((row - 2) % 200, 0, "an entry stays whole: {}", more.told);
    // Divided there, each part is taken.
    let first = (row - 2) / 200;
    for (name, numbers) in [("前.csv", 0..first), ("后.csv", first..40)] {
        let count = numbers.len().to_string();
        let part = import(name, numbers);
        assert_eq!(part.line("created"), ["created", &count], "{part:?}");
    }
}

async fn system(world: &World, name: &str, display_name: &str) -> registry::System {
    let request = registry::CreateSystemRequest {
        system: Some(registry::System {
            name: name.to_owned(),
            display_name: display_name.to_owned(),
            ..wire_system("marriage-registry")
        }),
        request_id: new_id(),
        validate_only: false,
        document: "虚构系统底数清单".to_owned(),
    };
    let made = world.operator.systems().create_system(ask(request)).await;
    made.unwrap().into_inner()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_of_systems_with_one_name_come_out_and_go_in_unchanged() {
    let story = Story::of_marriages().await;
    let out = new_file(&story.world, "出.csv");
    let export = |out: &str| {
        let export = ["catalogue", "export-sheet", "--out", out];
        let ran = story.world.shuqiaoctl(&story.owner, &export);
        assert_eq!(ran.code, 0, "{ran:?}");
        std::fs::read_to_string(out).unwrap()
    };
    assert!(export(&out).contains("婚姻登记管理系统"));
    // A second one of the name: the id tells them apart.
    system(&story.world, "systems/marriage-second", "婚姻登记管理系统").await;
    let second = new_file(&story.world, "出二.csv");
    assert!(export(&second).contains("marriage-registry"));
    let import = |file: &str| {
        let import = ["--output", "json", "catalogue", "import", file];
        story.world.shuqiaoctl(&story.owner, &import)
    };
    assert_eq!(import(&second).json()["unchanged"], 1);
    assert_eq!(faults(&import(&out))[0].1, "AMBIGUOUS_SYSTEM");

    // Out of service it has given its name away.
    retire(&story.world, "systems/marriage-second").await;
    assert_eq!(import(&out).json()["unchanged"], 1);
    let third = new_file(&story.world, "出三.csv");
    assert!(export(&third).contains("婚姻登记管理系统"));
}

pub(super) async fn entry(who: &Client, name: &str) -> catalogue::Resource {
    let request = catalogue::GetResourceRequest {
        name: name.to_owned(),
    };
    let read = who.resources().get_resource(ask(request)).await;
    read.unwrap().into_inner()
}

/// Entries as a bureau writes them: of the first the cells are repeated, of the second left blank below.
const ENTRIES: &str = "\
信息资源分类,信息资源名称,信息资源摘要,信息资源格式分类,信息项名称,信息项标识,数据类型,共享类型,共享条件,共享方式,是否向社会开放,更新周期,数据级别,所属系统
314001,低保对象,低保对象名单,数据库,Holder Name,,字符型,有条件共享,凭事项核验,库表、接口,否,每月,一般数据,婚姻登记管理系统
314001,低保对象,低保对象名单,数据库,金额,amount,N,有条件共享,凭事项核验,库表、接口,否,每月,一般数据,婚姻登记管理系统
314001,收养登记,收养关系,电子表格,编号,number,C 字符型,无条件,无条件,文件,0,６,一般,marriage-registry
,,,,日期,handled_on,日期型,,,,,,,
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_are_told_apart_however_their_cells_are_shared() {
    let story = Story::of_marriages().await;
    let file = story.world.folder().join("目录.csv");
    std::fs::write(&file, ENTRIES).unwrap();
    let import = |file: &str, more: &[&str]| {
        let command = ["--output", "json", "catalogue", "import", file];
        let command = [&command[..], more].concat();
        story.world.shuqiaoctl(&story.owner, &command)
    };
    let file = file.to_str().unwrap();
    let result = new_file(&story.world, "目录-结果.xlsx");
    let taken = import(file, &["--result", &result]);
    assert_eq!(
        (taken.code, taken.json()["created"].clone()),
        (0, 2.into()),
        "{taken:?}"
    );
    let first = entry(&story.owner, "resources/314001-000001").await;
    let keys = |entry: &catalogue::Resource| {
        let items = entry.items.iter();
        items.map(|item| item.key.clone()).collect::<Vec<_>>()
    };
    assert_eq!(keys(&first), ["holder_name", "amount"]);
    assert_eq!(first.share_condition, "凭事项核验");
    let second = entry(&story.owner, "resources/314001-000002").await;
    assert_eq!(keys(&second), ["number", "handled_on"]);
    assert_eq!(
        (second.share_condition.as_str(), second.update_cycle),
        ("", 6)
    );

    // What came of it goes in again, codes and all, and so does the file itself.
    for file in [&result, file] {
        let again = import(file, &[]);
        assert_eq!(again.json()["unchanged"], 2, "{again:?}");
        assert_eq!(again.told, "", "{file}");
    }

    // Faults of an item stand in its own row, those of the entry in its first, each with the source of its rule.
    let spoiled = ENTRIES
        .replace("金额,amount", "数额,")
        .replace("库表、接口", "文件")
        .replace("无条件,文件", "无条件,文件、纸质")
        .replace("６", "每世纪")
        .replace("handled_on", "number");
    let file = story.world.folder().join("错.csv");
    std::fs::write(&file, spoiled).unwrap();
    let refused = import(file.to_str().unwrap(), &[]);
    let expected = [
        ("错!J2", "DOES_NOT_FIT"),
        ("错!F3", "REQUIRED"),
        ("错!J4", "NOT_A_CHOICE"),
        ("错!L4", "NOT_A_CHOICE"),
        ("错!F5", "DUPLICATE"),
    ];
    let expected = expected.map(|(place, code)| (place.to_owned(), code.to_owned()));
    assert_eq!(faults(&refused), expected);
    let source = lines(&refused)[0]["source"].clone();
    assert!(source.as_str().unwrap().contains("1272"), "{source}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_published_certificate_comes_out_and_goes_in_unchanged() {
    let story = Story::of_marriages().await;
    let stored = entry(&story.owner, &story.resource.name).await;
    for name in ["出.xlsx", "出.csv"] {
        let out = new_file(&story.world, name);
        let export = ["catalogue", "export-sheet", "--out", &out];
        let ran = story.world.shuqiaoctl(&story.owner, &export);
        assert_eq!((ran.code, ran.line("entries")), (0, vec!["entries", "1"]));
        let import = ["--output", "json", "catalogue", "import", &out];
        let again = story.world.shuqiaoctl(&story.owner, &import);
        assert_eq!(again.json()["unchanged"], 1, "{again:?}");
    }
    assert_eq!(entry(&story.owner, &stored.name).await, stored);
    // With the day of its publication, which no import reads.
    let published = stored.publish_time.unwrap();
    let published = jiff::Timestamp::from_second(published.seconds).unwrap();
    let day = domain::policy::shaoyang_date(published).to_string();
    let text = std::fs::read_to_string(story.world.folder().join("出.csv")).unwrap();
    assert!(text.contains("发布日期") && text.contains(&day), "{text}");
}

#[test]
fn a_template_of_the_catalogue_asks_nobody() {
    let folder = kit::folder::Folder::new("template");
    let out = folder.join("目录.xlsx");
    let out = out.to_str().unwrap();
    let ran = shuqiaoctl(&["catalogue", "template", "--out", out]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let bytes = std::fs::read(out).unwrap();
    let book = sheet::open(&bytes, "目录.xlsx", &sheet::Limits::default()).unwrap();
    let names: Vec<&str> = book.sheets().iter().map(sheet::Sheet::name).collect();
    assert_eq!(names, ["信息资源目录", "填写说明"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn how_a_service_is_reached_stays_though_no_sheet_tells_it() {
    let insured = Insured::granting(World::start().await, &["name"]).await;
    let request = catalogue::ListResourcesRequest::default();
    let listed = insured.owner.resources().list_resources(ask(request)).await;
    let stored = listed.unwrap().into_inner().resources.remove(0);
    assert!(stored.api.is_some());
    let out = new_file(&insured.world, "出.xlsx");
    let export = ["catalogue", "export-sheet", "--out", &out];
    let ran = insured.world.shuqiaoctl(&insured.owner, &export);
    assert_eq!(ran.code, 0, "{ran:?}");
    let import = ["--output", "json", "catalogue", "import", &out];
    let again = insured.world.shuqiaoctl(&insured.owner, &import);
    assert_eq!(again.json()["unchanged"], 1, "{again:?}");
    assert_eq!(entry(&insured.owner, &stored.name).await, stored);
}
