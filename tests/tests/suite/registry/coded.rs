//! Sheets that keep the code of an entry in parts: 类, 项, 目, 细目 and 顺序码 in columns of their own.

use kit::world::command::Ran;
use kit::world::story::Story;
use sheet::{Column, Layout, Merge, Shown};

use super::sheets::{entry, faults, new_file};

/// What stands behind the code in each row.
const TITLES: &str = "信息资源名称,信息资源摘要,信息资源格式分类,信息项名称,信息项标识,数据类型,共享类型,共享条件,共享方式,是否向社会开放,更新周期,数据级别,所属系统";

/// An entry of that title, with the code in front of it.
fn row(code: &str, title: &str) -> String {
    format!(
        "{code},{title},摘要,数据库,编号,number,C,无条件,无条件,库表,否,每月,一般,marriage-registry"
    )
}

fn import(story: &Story, name: &str, heads: &str, rows: &[String]) -> Ran {
    let path = story.world.folder().join(name);
    std::fs::write(&path, format!("{heads},{TITLES}\n{}\n", rows.join("\n"))).unwrap();
    import_file(story, path.to_str().unwrap())
}

fn import_file(story: &Story, file: &str) -> Ran {
    let command = ["--output", "json", "catalogue", "import", file];
    story.world.shuqiaoctl(&story.owner, &command)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_in_parts_is_joined_and_held_against_the_whole() {
    let story = Story::of_marriages().await;
    let heads = "类,项（2位）,目代码,细目,顺序码,信息资源代码";
    let taken = import(
        &story,
        "分列.csv",
        heads,
        &[
            // Zeros that a spreadsheet dropped are put back where the number of digits is fixed.
            row("3,14,1,,,", "低保对象"),
            // Names may stand behind the digits, and the class may be told by its name.
            row("部门信息资源,１４ 民政,001社会救助,02,000007,", "收养登记"),
            // Where only names stand the whole code is needed.
            row("部门信息资源,民政,婚姻,,,314001/000009", "殡葬服务"),
            row("3,14,1,无,9,314001/9", "养老机构"),
        ],
    );
    assert_eq!((taken.code, taken.told.as_str()), (0, ""), "{taken:?}");
    for (name, title) in [
        ("314001-000001", "低保对象"),
        ("31400102-000007", "收养登记"),
        ("314001-000009", "殡葬服务"),
        ("314001-9", "养老机构"),
    ] {
        let stored = entry(&story.owner, &format!("resources/{name}")).await;
        assert_eq!(stored.title, title);
    }

    let refused = import(
        &story,
        "错.csv",
        heads,
        &[
            row("4,14,1,,,", "甲"),
            row("3,140,1,,,", "乙"),
            row("3,,1,,,", "丙"),
            row("3,民政,1,,,", "丁"),
            row("3,15,1,03,8,314001/000009", "戊"),
            row("3,14,1,,7号,", "己"),
            // It would stand beside 31400102/000007, which it surely means.
            row("3,14,1,02,7,", "收养登记变更"),
            row(",,,,,", "庚"),
        ],
    );
    let expected = [
        ("错!A2", "NOT_A_CODE"),
        ("错!B3", "NOT_A_CODE"),
        ("错!B4", "REQUIRED"),
        ("错!B5", "REQUIRED"),
        ("错!B6", "CONTRADICTION"),
        ("错!D6", "CONTRADICTION"),
        ("错!E6", "CONTRADICTION"),
        ("错!E7", "NOT_A_CODE"),
        ("错!E8", "LOST_DIGITS"),
        ("错!A9", "REQUIRED"),
    ];
    let expected = expected.map(|(place, code)| (place.to_owned(), code.to_owned()));
    assert_eq!(faults(&refused), expected);
    assert!(refused.said.contains("1272"), "{}", refused.said);

    // The two halves of a code, under the names that they have beside the guide; and what contradicts a half.
    let halves = import(
        &story,
        "两段.csv",
        "前段码,后段码",
        &[row("314001,000009", "殡葬服务"), row(",000008", "辛")],
    );
    let expected = [("两段!A3".to_owned(), "REQUIRED".to_owned())];
    assert_eq!(faults(&halves), expected);
    let heads = "信息资源分类,类,项,目";
    let both = import(&story, "并列.csv", heads, &[row("314001,3,14,2", "壬")]);
    let expected = [("并列!D2".to_owned(), "CONTRADICTION".to_owned())];
    assert_eq!(faults(&both), expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn merged_cells_of_a_code_hold_for_the_entries_below() {
    let story = Story::of_marriages().await;
    let heads = ["类", "项", "目", "顺序码"];
    let columns: Vec<Shown<'_>> = heads
        .into_iter()
        .chain(TITLES.split(','))
        .map(shown)
        .collect();
    let layout = Layout {
        sheet: "目录",
        title: Some("信息资源目录"),
        columns: &columns,
    };
    let cells = |row: String| row.split(',').map(str::to_owned).collect();
    let second_item = ["日期", "handled_on", "D"].map(str::to_owned);
    let mut below = vec![String::new(); columns.len()];
    below[7..10].clone_from_slice(&second_item);
    let rows: Vec<Vec<String>> = vec![
        cells(row("3 部门信息资源,14 民政,001 救助,1", "低保对象")),
        below,
        cells(row(",,,2", "特困人员")),
        cells(row(",,002 婚姻,1", "收养登记")),
    ];
    let merge = |column, row, rows| Merge { column, row, rows };
    let merges = [
        merge(0, 0, 4),
        merge(1, 0, 4),
        merge(2, 0, 3),
        merge(3, 0, 2),
    ];
    let bytes = sheet::workbook(&layout, &rows, &merges, jiff::Timestamp::UNIX_EPOCH).unwrap();
    let file = new_file(&story.world, "合并.xlsx");
    std::fs::write(&file, bytes).unwrap();
    let taken = import_file(&story, &file);
    assert_eq!((taken.code, taken.told.as_str()), (0, ""), "{taken:?}");
    for (name, title, items) in [
        ("314001-1", "低保对象", 2),
        ("314001-2", "特困人员", 1),
        ("314002-1", "收养登记", 1),
    ] {
        let stored = entry(&story.owner, &format!("resources/{name}")).await;
        assert_eq!((stored.title.as_str(), stored.items.len()), (title, items));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subcategory_of_one_digit_is_taken_as_text_and_not_as_a_number() {
    let story = Story::of_marriages().await;
    let import = |name: &str, is_number: bool| {
        let mut workbook = rust_xlsxwriter::Workbook::new();
        let sheet = workbook.add_worksheet();
        let titles = ["类", "项", "目", "细目"].into_iter();
        let titles = titles.chain(TITLES.split(','));
        for (column, title) in (0..).zip(titles) {
            sheet.write_string(0, column, title).unwrap();
        }
        for (column, text) in (0..).zip(row("3,14,001,2", "低保对象").split(',')) {
            if is_number && column == 3 {
                sheet.write_number(1, column, 2).unwrap();
            } else {
                sheet.write_string(1, column, text).unwrap();
            }
        }
        let file = new_file(&story.world, name);
        workbook.save(&file).unwrap();
        import_file(&story, &file)
    };
    let refused = import("数字.xlsx", true);
    let places = faults(&refused).into_iter();
    let places: Vec<_> = places
        .map(|(place, code)| (place.ends_with("!D2"), code))
        .collect();
    assert_eq!(places, [(true, "LOST_DIGITS".to_owned())], "{refused:?}");
    let taken = import("文本.xlsx", false);
    assert_eq!((taken.code, taken.told.as_str()), (0, ""), "{taken:?}");
    let stored = entry(&story.owner, "resources/3140012-000001").await;
    assert_eq!(stored.title, "低保对象");
}

fn shown(title: &'static str) -> Shown<'static> {
    Shown {
        column: Column {
            key: title,
            title,
            aliases: &[],
            required: false,
        },
        width: 10,
        note: "",
        choices: &[],
        source: "",
    }
}
