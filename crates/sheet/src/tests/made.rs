//! Files for the tests: workbooks by the library that writes ours, and archives by hand where no library would.

use std::io::{Cursor, Read, Write};

use rust_xlsxwriter::Workbook;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::{Book, Column, Limits, OpenError, open};

pub(super) const CREATED: jiff::Timestamp = jiff::Timestamp::constant(1_652_313_600, 0);

pub(super) const COLUMNS: [Column; 6] = [
    Column {
        key: "name",
        title: "系统名称",
        aliases: &["信息系统名称", "系统全称"],
        required: true,
    },
    Column {
        key: "department",
        title: "主管部门",
        aliases: &["所属单位"],
        required: true,
    },
    Column {
        key: "code",
        title: "统一社会信用代码",
        aliases: &[],
        required: false,
    },
    Column {
        key: "online",
        title: "上线日期",
        aliases: &["上线时间"],
        required: false,
    },
    Column {
        key: "cost",
        title: "年运维费（万元）",
        aliases: &[],
        required: false,
    },
    Column {
        key: "share",
        title: "共享类型",
        aliases: &["共享属性类型"],
        required: false,
    },
];

pub(super) fn opened(bytes: &[u8], name: &str) -> Book {
    open(bytes, name, &Limits::default()).unwrap()
}

pub(super) fn refused(bytes: &[u8], limits: &Limits) -> OpenError {
    open(bytes, "清单.xlsx", limits).unwrap_err()
}

/// The texts of all rows of the first sheet.
pub(super) fn texts(book: &Book) -> Vec<Vec<String>> {
    let sheet = &book.sheets()[0];
    (0..sheet.height())
        .map(|row| {
            (0..sheet.width())
                .map(|column| sheet.cell(row, column).text().to_owned())
                .collect()
        })
        .collect()
}

/// A text file of these lines.
pub(super) fn lines(lines: &[&str]) -> Book {
    opened(lines.join("\r\n").as_bytes(), "系统清单.csv")
}

/// A workbook whose one sheet is filled by a function.
pub(super) fn made(
    fill: impl FnOnce(&mut rust_xlsxwriter::Worksheet) -> Result<(), rust_xlsxwriter::XlsxError>,
) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name("系统清单").unwrap();
    fill(sheet).unwrap();
    workbook.save_to_buffer().unwrap()
}

/// An archive of these parts.
pub(super) fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        writer
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The parts of an archive.
pub(super) fn parts(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..archive.len())
        .map(|index| {
            let mut file = archive.by_index(index).unwrap();
            let mut part = Vec::new();
            file.read_to_end(&mut part).unwrap();
            (file.name().unwrap().into_owned(), part)
        })
        .collect()
}

/// A workbook of one sheet with this XML inside its worksheet element.
pub(super) fn by_hand(workbook: &str, sheet: &str, strings: Option<&str>) -> Vec<u8> {
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
    let workbook = format!(
        "<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\">{workbook}<sheets>\
         <sheet name=\"表\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
    );
    let relations = format!(
        "<Relationships xmlns=\"{PACKAGE}\"><Relationship Id=\"rId1\" Type=\"{OFFICE}/worksheet\" \
         Target=\"worksheets/sheet1.xml\"/></Relationships>"
    );
    let package = format!(
        "<Relationships xmlns=\"{PACKAGE}\"><Relationship Id=\"rId1\" \
         Type=\"{OFFICE}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
    );
    let sheet = format!("<worksheet xmlns=\"{MAIN}\">{sheet}</worksheet>");
    let styles = format!(
        "<styleSheet xmlns=\"{MAIN}\"><numFmts count=\"2\"><numFmt numFmtId=\"164\" \
         formatCode=\"yyyy-mm-dd\"/><numFmt numFmtId=\"165\" formatCode=\"000000\"/></numFmts>\
         <cellXfs count=\"4\"><xf numFmtId=\"0\"/><xf numFmtId=\"164\"/><xf numFmtId=\"165\"/>\
         <xf numFmtId=\"10\"/></cellXfs></styleSheet>"
    );
    let mut parts: Vec<(&str, &[u8])> = vec![
        ("[Content_Types].xml", b"<Types/>"),
        ("_rels/.rels", package.as_bytes()),
        ("xl/workbook.xml", workbook.as_bytes()),
        ("xl/_rels/workbook.xml.rels", relations.as_bytes()),
        ("xl/styles.xml", styles.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ];
    if let Some(strings) = strings {
        parts.push(("xl/sharedStrings.xml", strings.as_bytes()));
    }
    archive(&parts)
}
