//! Titles as they are found, and what is said when they are not.

use rust_xlsxwriter::Format;

use super::made::{COLUMNS, by_hand, lines, made, opened};
use crate::{Code, Fault, Table, find};

/// What stands in a column of a table, row by row.
fn column(table: &Table<'_>, key: &str) -> Vec<String> {
    let texts = table.rows().map(|row| row.field(key).text());
    texts
        .map(|text| text.unwrap().unwrap_or_default())
        .collect()
}

fn told(faults: &[Fault]) -> Vec<(Code, String)> {
    let told = faults.iter();
    told.map(|fault| (fault.cause.code, fault.place.to_string()))
        .collect()
}

#[test]
fn titles_are_found_below_what_stands_above_them() {
    for above in [
        &[][..],
        &["2022年信息系统清单,,"],
        &[
            "信息系统清单",
            "",
            "填表说明：系统名称请填全称，主管部门请填规范简称",
            "填表人：,,电话：",
        ],
    ] {
        let mut all = above.to_vec();
        all.extend([
            "序号,＊系统名称（全称）,主管 部门",
            "1,婚姻登记,民政局",
            "2,殡葬,民政局",
        ]);
        let book = lines(&all);
        let found = find(&book, &COLUMNS);
        assert_eq!(found.faults, [], "{above:?}");
        assert_eq!(found.tables[0].header_row(), above.len());
        assert_eq!(column(&found.tables[0], "name"), ["婚姻登记", "殡葬"]);
        assert_eq!(column(&found.tables[0], "department"), ["民政局", "民政局"]);
        let warned = told(&found.warnings);
        let place = format!("系统清单!A{}", above.len() + 1);
        assert_eq!(warned, [(Code::UnknownColumn, place)]);
    }
}

#[test]
fn titles_in_two_lines_are_read_with_what_stands_above_them() {
    let bytes = made(|sheet| {
        let format = Format::new();
        sheet.merge_range(0, 0, 0, 4, "资源清单", &format)?;
        sheet.merge_range(1, 0, 2, 0, "系统名称", &format)?;
        sheet.merge_range(1, 1, 2, 1, "主管部门", &format)?;
        sheet.merge_range(1, 2, 1, 3, "共享属性", &format)?;
        sheet.write_string(2, 2, "类型")?;
        sheet.write_string(2, 3, "共享条件")?;
        sheet.write_string(3, 0, "婚姻登记")?;
        sheet.merge_range(3, 1, 4, 1, "民政局", &format)?;
        sheet.write_string(3, 2, "有条件共享")?;
        sheet.write_string(4, 0, "殡葬")?;
        Ok(())
    });
    let book = opened(&bytes, "a.xlsx");
    let found = find(&book, &COLUMNS);
    assert_eq!(found.faults, []);
    let table = &found.tables[0];
    assert_eq!(table.header_row(), 2);
    assert_eq!(column(table, "share"), ["有条件共享", ""]);
    assert_eq!(column(table, "department"), ["民政局", "民政局"]);
    assert_eq!(
        told(&found.warnings),
        [(Code::UnknownColumn, "系统清单!D3".to_owned())]
    );
}

#[test]
fn titles_in_two_lines_are_read_from_text_files_too() {
    let book = lines(&[
        "系统名称,主管部门,信息格式,,共享属性,",
        ",,分类,类型,类型,条件",
        "婚姻登记,民政局,数据库,oracle,无条件共享,",
    ]);
    let found = find(&book, &COLUMNS);
    assert_eq!(found.faults, []);
    assert_eq!(found.tables[0].header_row(), 1);
    assert_eq!(column(&found.tables[0], "share"), ["无条件共享"]);
    assert_eq!(column(&found.tables[0], "name"), ["婚姻登记"]);
}

#[test]
fn what_is_wrong_with_titles_is_all_told_at_once() {
    let twice = [
        COLUMNS[0],
        COLUMNS[1],
        crate::Column {
            key: "other",
            title: "上线时间",
            aliases: &[],
            required: false,
        },
        COLUMNS[3],
    ];
    let book = lines(&["信息系统名称,系统名称,上线时间,备注", "a,b,2022-05-12,c"]);
    let found = find(&book, &twice);
    assert_eq!(
        told(&found.faults),
        [
            (Code::RepeatedColumn, "系统清单!B1".to_owned()),
            (Code::AmbiguousColumn, "系统清单!C1".to_owned()),
            (Code::MissingColumn, "系统清单!第1行".to_owned()),
        ]
    );
    assert!(found.faults[0].cause.sentence.contains("系统清单!A1"));
    assert!(found.faults[2].cause.sentence.contains("主管部门"));
    assert_eq!(
        told(&found.warnings),
        [(Code::UnknownColumn, "系统清单!D1".to_owned())]
    );
    // The rows are read all the same, so that their faults are told too.
    assert_eq!(column(&found.tables[0], "name"), ["a"]);
}

#[test]
fn brackets_tell_titles_apart_that_are_alike_without_them() {
    let columns = ["甲方", "乙方"].map(|party| crate::Column {
        key: party,
        title: if party == "甲方" {
            "负责人（甲方）"
        } else {
            "负责人（乙方）"
        },
        aliases: &[],
        required: true,
    });
    let book = lines(&["负责人(乙方),负责人 （甲方）", "乙,甲"]);
    let found = find(&book, &columns);
    assert_eq!(found.faults, []);
    assert_eq!(column(&found.tables[0], "甲方"), ["甲"]);
}

#[test]
fn a_file_without_titles_is_at_fault_and_the_nearest_row_is_named() {
    for (rows, place) in [
        (&["甲,乙", "1,2"][..], "系统清单"),
        (&["说明", "上线日期,备注", "1,2"], "系统清单!第2行"),
        (&[], "系统清单"),
    ] {
        let book = lines(rows);
        let found = find(&book, &COLUMNS);
        assert!(found.tables.is_empty());
        assert_eq!(told(&found.faults), [(Code::NoHeader, place.to_owned())]);
    }
}

#[test]
fn titles_further_down_than_twenty_rows_are_not_looked_for() {
    for (above, found) in [(19, true), (20, false)] {
        let mut rows = vec!["说明"; above];
        rows.extend(["系统名称,主管部门", "a,b"]);
        assert_eq!(find(&lines(&rows), &COLUMNS).tables.len() == 1, found);
    }
}

#[test]
fn every_sheet_with_titles_is_read_and_the_others_are_named() {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    for (name, first, hidden) in [
        ("市直", "系统名称", false),
        ("说明", "请逐行填写", false),
        ("空表", "", false),
        ("旧数据", "系统名称", true),
        ("县区", "系统名称", false),
    ] {
        let sheet = workbook.add_worksheet();
        sheet.set_name(name).unwrap().set_hidden(hidden);
        sheet.write_string(0, 0, first).unwrap();
        if first == "系统名称" {
            sheet.write_string(0, 1, "主管部门").unwrap();
            sheet.write_string(1, 0, name).unwrap();
        }
    }
    let book = opened(&workbook.save_to_buffer().unwrap(), "a.xlsx");
    let found = find(&book, &COLUMNS);
    let names: Vec<&str> = found.tables.iter().map(|t| t.sheet().name()).collect();
    assert_eq!(names, ["市直", "县区"]);
    assert_eq!(found.faults, []);
    assert_eq!(
        told(&found.warnings),
        [
            (Code::HiddenSheet, "旧数据".to_owned()),
            (Code::NoHeader, "说明".to_owned()),
        ]
    );
}

#[test]
fn rows_that_hold_nothing_of_their_own_are_passed_over() {
    let book = lines(&[
        "序号,系统名称,主管部门",
        "1,婚姻登记,民政局",
        ",,",
        "2,,",
        "序号,系统名称,主管部门",
        "3,  ,民政局",
    ]);
    let found = find(&book, &COLUMNS);
    let places: Vec<String> = found.tables[0]
        .rows()
        .map(|row| row.field("name").place().to_string())
        .collect();
    assert_eq!(places, ["系统清单!B2", "系统清单!B6"]);
    let bytes = made(|sheet| {
        sheet.write_string(0, 0, "系统名称")?;
        sheet.write_string(0, 1, "主管部门")?;
        sheet.write_string(1, 0, "婚姻登记")?;
        sheet.merge_range(1, 1, 3, 1, "民政局", &Format::new())?;
        sheet.write_string(5, 0, "殡葬")?;
        Ok(())
    });
    let book = opened(&bytes, "a.xlsx");
    let found = find(&book, &COLUMNS);
    assert_eq!(column(&found.tables[0], "name"), ["婚姻登记", "殡葬"]);
}

#[test]
fn a_column_without_title_that_holds_something_is_named() {
    let found_in = |rows: &[&str]| told(&find(&lines(rows), &COLUMNS).warnings);
    assert_eq!(
        found_in(&["系统名称,,主管部门", "a,x,b"]),
        [(Code::UnknownColumn, "系统清单!B1".to_owned())]
    );
    assert_eq!(found_in(&["系统名称,,主管部门", "a,,b"]), []);
}

#[test]
fn wide_sheets_and_long_titles_are_no_trouble() {
    let long = "长".repeat(5_000);
    let cells = "<c t=\"str\"><v>系统名称</v></c><c t=\"str\"><v>主管部门</v></c>";
    let filler = format!("<c t=\"str\"><v>{long}</v></c>").repeat(40);
    let data = format!("<sheetData><row>{cells}{filler}</row></sheetData>");
    let book = opened(&by_hand("", &data, None), "a.xlsx");
    assert_eq!(find(&book, &COLUMNS).tables.len(), 1);
}
