//! The file that goes back, and what happens when it comes again.

use rust_xlsxwriter::Format;

use super::made::{COLUMNS, CREATED, lines, made, opened, parts};
use crate::{Book, Fault, Field, Kind, Place, Tables, find, result_sheet};

/// All faults of a file, as an import would find them.
fn faults(tables: &Tables<'_>) -> Vec<Fault> {
    let mut faults = tables.faults.clone();
    for table in &tables.tables {
        for row in table.rows() {
            for key in ["name", "department"] {
                let field = row.field(key);
                if let Err(cause) = field.required(Field::text) {
                    faults.push(field.fault(cause));
                }
            }
            let (code, online) = (row.field("code"), row.field("online"));
            faults.extend(code.code().err().map(|cause| code.fault(cause)));
            faults.extend(online.date().err().map(|cause| online.fault(cause)));
        }
    }
    faults
}

fn returned(book: &Book) -> Vec<u8> {
    let tables = find(book, &COLUMNS);
    result_sheet(book, &tables, &faults(&tables), CREATED).unwrap()
}

fn faulty() -> Vec<u8> {
    made(|sheet| {
        let format = Format::new();
        sheet.merge_range(0, 0, 0, 3, "信息系统清单", &format)?;
        for (column, title) in (0..).zip(["系统名称", "主管部门", "统一社会信用代码", "上线日期"])
        {
            sheet.write_string(1, column, title)?;
        }
        sheet.write_string(2, 0, "婚姻登记")?;
        sheet.merge_range(2, 1, 3, 1, "民政局", &format)?;
        sheet.write_number(2, 2, 430_502_199_901_010_011.0)?;
        sheet.write_string(2, 3, "2022年")?;
        sheet.write_string(3, 3, "2022-05-12")?;
        sheet.write_string(4, 0, "=低保")?;
        Ok(())
    })
}

#[test]
fn every_fault_stands_in_its_row_on_its_cell_and_in_the_summary() {
    let book = opened(&faulty(), "清单.xlsx");
    let bytes = returned(&book);
    let back = opened(&bytes, "结果.xlsx");
    let names: Vec<&str> = back.sheets().iter().map(crate::Sheet::name).collect();
    assert_eq!(names, ["汇总", "系统清单"]);

    let summary = &back.sheets()[0];
    assert_eq!(summary.cell(1, 0).text(), "共 4 个问题，涉及 3 行");
    let listed: Vec<&str> = (5..summary.height())
        .map(|row| summary.cell(row, 1).text())
        .collect();
    let places = ["系统清单!C3", "系统清单!D3", "系统清单!A4", "系统清单!B5"];
    assert_eq!(listed, places);

    let sheet = &back.sheets()[1];
    assert_eq!(sheet.cell(1, 4).text(), "问题");
    let told = sheet.cell(2, 4).text();
    assert!(
        told.contains("C列统一社会信用代码：") && told.contains("D列上线日期："),
        "{told}"
    );
    assert!(sheet.cell(3, 4).text().contains("A列系统名称：必填"));
    assert!(sheet.cell(4, 4).text().contains("B列主管部门：必填"));
    // What was read before is still there, merged areas too.
    assert_eq!(sheet.cell(0, 3).text(), "信息系统清单");
    assert_eq!(sheet.cell(3, 1).text(), "民政局");
    assert_eq!(sheet.cell(4, 0).text(), "=低保");
    assert_eq!(sheet.cell(2, 2).kind(), Kind::Rounded);

    let parts = parts(&bytes);
    let text = |end: &str| {
        let found = parts.iter().find(|(name, _)| name.ends_with(end)).unwrap();
        String::from_utf8(found.1.clone()).unwrap()
    };
    let notes = text("comments1.xml");
    for cell in ["C3", "D3", "A4", "B5"] {
        assert!(notes.contains(&format!("ref=\"{cell}\"")), "{cell}");
    }
    assert!(!text("sheet2.xml").contains("<f>"));
    assert!(text("styles.xml").contains("FFFFC7CE"));
}

#[test]
fn a_result_that_comes_back_uncorrected_has_the_same_faults() {
    let book = opened(&faulty(), "清单.xlsx");
    let first = find(&book, &COLUMNS);
    let back = opened(&returned(&book), "结果.xlsx");
    let second = find(&back, &COLUMNS);
    assert_eq!(faults(&first), faults(&second));
    assert_eq!(second.warnings, []);
    // A result of the result has one summary and one column, and says the same.
    let third = opened(&returned(&back), "结果.xlsx");
    assert_eq!(third, back);
}

#[test]
fn a_corrected_result_is_without_faults() {
    let book = opened(&faulty(), "清单.xlsx");
    let mut back = opened(&returned(&book), "结果.xlsx");
    let cells = [
        (2, 2, "11430500MB1234567X"),
        (2, 3, "2022-01-01"),
        (3, 0, "殡葬"),
        (4, 1, "民政局"),
    ];
    for (row, column, text) in cells {
        let row: &mut Vec<crate::Cell> = &mut back.sheets[1].rows[row];
        row.resize_with(row.len().max(column + 1), crate::Cell::default);
        row[column] = crate::Cell::of_text(text.to_owned());
    }
    let tables = find(&back, &COLUMNS);
    assert_eq!((faults(&tables), tables.warnings.clone()), (vec![], vec![]));
    let clean = result_sheet(&back, &tables, &[], CREATED).unwrap();
    let clean = opened(&clean, "结果.xlsx");
    assert_eq!(clean.sheets()[0].cell(1, 0).text(), "没有发现问题");
    assert_eq!(clean.sheets()[1].cell(2, 4).text(), "");
}

#[test]
fn faults_of_rows_titles_sheets_and_unknown_places_are_told() {
    let book = lines(&["系统名称,上线日期", "婚姻登记,x", "殡葬,y"]);
    let tables = find(&book, &COLUMNS);
    let mut all = tables.faults.clone();
    let cause = |sentence: &str| crate::Cause {
        code: crate::Code::Blank,
        sentence: sentence.to_owned(),
    };
    for (place, sentence) in [
        (Place::row("系统清单", 2), "整行重复"),
        (Place::sheet("系统清单"), "整表问题"),
        (Place::cell("系统清单", 1, 30), "远处"),
        (Place::cell("没有的表", 1, 1), "别处"),
    ] {
        all.push(Fault {
            place,
            cause: cause(sentence),
        });
    }
    let bytes = result_sheet(&book, &tables, &all, CREATED).unwrap();
    let back = opened(&bytes, "a.xlsx");
    let summary = &back.sheets()[0];
    let all: Vec<&str> = (0..summary.height())
        .map(|row| summary.cell(row, 3).text())
        .collect();
    for sentence in ["整行重复", "整表问题", "远处", "别处"] {
        assert!(all.contains(&sentence), "{sentence}");
    }
    let sheet = &back.sheets()[1];
    assert_eq!(sheet.cell(2, 2).text(), "整行重复");
    let notes = parts(&bytes)
        .into_iter()
        .find(|(name, _)| name.ends_with("comments1.xml"))
        .unwrap();
    let notes = String::from_utf8(notes.1).unwrap();
    assert!(notes.contains("整表问题") && notes.contains("缺少必填列“主管部门”"));
}

#[test]
fn a_column_called_like_ours_is_only_ours_in_a_result() {
    let book = lines(&["系统名称,主管部门,问题", "a,b,c"]);
    assert_eq!(find(&book, &COLUMNS).warnings.len(), 1);
}

#[test]
fn sheets_whose_names_are_taken_are_named_apart() {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name("汇总").unwrap();
    sheet.write_string(0, 0, "系统名称").unwrap();
    sheet.write_string(0, 1, "主管部门").unwrap();
    let book = opened(&workbook.save_to_buffer().unwrap(), "a.xlsx");
    let back = opened(&returned(&book), "a.xlsx");
    let names: Vec<&str> = back.sheets().iter().map(crate::Sheet::name).collect();
    assert_eq!(names, ["汇总 2", "汇总"]);
    assert_eq!(find(&back, &COLUMNS).tables.len(), 1);
}
