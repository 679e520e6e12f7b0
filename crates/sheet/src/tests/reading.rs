//! What cells say, whatever the file.

use encoding_rs::GB18030;
use rust_xlsxwriter::{ExcelDateTime, Format};

use super::made::{by_hand, lines, made, opened, texts};
use crate::{Kind, Limits, OpenError, open};

fn kinds_of(cells: &str, workbook: &str) -> Vec<(String, Kind)> {
    let data = format!("<sheetData><row r=\"1\">{cells}</row></sheetData>");
    let book = opened(&by_hand(workbook, &data, None), "a.xlsx");
    let sheet = &book.sheets()[0];
    (0..sheet.width())
        .map(|column| sheet.cell(0, column))
        .map(|cell| (cell.text().to_owned(), cell.kind()))
        .collect()
}

#[test]
fn cells_read_as_people_see_them() {
    for (cell, text, kind) in [
        ("<c r=\"A1\"><v>12</v></c>", "12", Kind::Number),
        ("<c r=\"A1\"><v>12.50</v></c>", "12.5", Kind::Number),
        ("<c r=\"A1\"><v>1E-3</v></c>", "0.001", Kind::Number),
        (
            "<c r=\"A1\"><v>430502199901011</v></c>",
            "430502199901011",
            Kind::Number,
        ),
        (
            "<c r=\"A1\"><v>4.3050219990101E+17</v></c>",
            "430502199901010000",
            Kind::Rounded,
        ),
        (
            "<c r=\"A1\"><v>1000000000000000</v></c>",
            "1000000000000000",
            Kind::Rounded,
        ),
        (
            "<c r=\"A1\" s=\"1\"><v>44693</v></c>",
            "2022-05-12",
            Kind::Date,
        ),
        (
            "<c r=\"A1\" s=\"1\"><v>44693.25</v></c>",
            "2022-05-12T06:00:00",
            Kind::Date,
        ),
        ("<c r=\"A1\" s=\"2\"><v>42</v></c>", "000042", Kind::Number),
        ("<c r=\"A1\" s=\"3\"><v>0.075</v></c>", "7.5%", Kind::Number),
        ("<c r=\"A1\" t=\"b\"><v>1</v></c>", "是", Kind::Flag),
        ("<c r=\"A1\" t=\"b\"><v>0</v></c>", "否", Kind::Flag),
        ("<c r=\"A1\" t=\"e\"><v>#REF!</v></c>", "#REF!", Kind::Error),
        (
            "<c r=\"A1\" t=\"d\"><v>2022-05-12T00:00:00</v></c>",
            "2022-05-12",
            Kind::Date,
        ),
        (
            "<c r=\"A1\" t=\"str\"><f>A2</f><v>值</v></c>",
            "值",
            Kind::Text,
        ),
        (
            "<c r=\"A1\"><f>A2&amp;A3</f></c>",
            "（公式）",
            Kind::Uncomputed,
        ),
        (
            "<c r=\"A1\" t=\"inlineStr\"><is><t>430502199901010011</t></is></c>",
            "430502199901010011",
            Kind::Text,
        ),
    ] {
        assert_eq!(kinds_of(cell, ""), [(text.to_owned(), kind)], "{cell}");
    }
}

#[test]
fn days_count_from_1904_where_the_workbook_says_so() {
    let read = kinds_of(
        "<c r=\"A1\" s=\"1\"><v>43231</v></c>",
        "<workbookPr date1904=\"1\"/>",
    );
    assert_eq!(read, [("2022-05-12".to_owned(), Kind::Date)]);
}

#[test]
fn a_merged_area_counts_for_every_cell_and_blank_ends_are_dropped() {
    let bytes = made(|sheet| {
        let format = Format::new();
        sheet.merge_range(0, 0, 2, 0, "民政局", &format)?;
        sheet.write_string(0, 1, "婚姻")?;
        sheet.write_string(2, 1, "殡葬")?;
        sheet.write_blank(9, 9, &format)?;
        // It reaches beyond what is used and adds nothing.
        sheet.merge_range(3, 0, 50, 5, "", &format)?;
        Ok(())
    });
    let book = opened(&bytes, "a.xlsx");
    assert_eq!(
        texts(&book),
        [["民政局", "婚姻"], ["民政局", ""], ["民政局", "殡葬"]]
    );
}

#[test]
fn dates_of_the_writing_library_come_back() {
    let bytes = made(|sheet| {
        let day = Format::new().set_num_format("yyyy\"年\"m\"月\"d\"日\"");
        let time = Format::new().set_num_format("[h]:mm");
        sheet.write_datetime_with_format(0, 0, &ExcelDateTime::from_ymd(2024, 2, 29)?, &day)?;
        sheet.write_number_with_format(0, 1, 1.5, &time)?;
        Ok(())
    });
    assert_eq!(
        texts(&opened(&bytes, "a.xlsx")),
        [["2024-02-29", "36:00:00"]]
    );
}

#[test]
fn text_files_are_read_in_every_encoding_that_excel_writes() {
    let text = "系统名称,主管部门\r\n婚姻登记,民政局\r\n";
    let utf16 = |text: &str, bytes: fn(u16) -> [u8; 2], mark: [u8; 2]| {
        let mut encoded = mark.to_vec();
        encoded.extend(text.encode_utf16().flat_map(bytes));
        encoded
    };
    let tabs = text.replace(',', "\t");
    let (gbk, _, _) = GB18030.encode(text);
    for (name, bytes) in [
        ("UTF-8", text.as_bytes().to_vec()),
        ("marked", [b"\xEF\xBB\xBF", text.as_bytes()].concat()),
        ("GBK", gbk.into_owned()),
        ("little", utf16(&tabs, u16::to_le_bytes, [0xFF, 0xFE])),
        ("big", utf16(&tabs, u16::to_be_bytes, [0xFE, 0xFF])),
        ("semicolons", text.replace(',', ";").into_bytes()),
    ] {
        let book = opened(&bytes, "目录/系统清单.csv");
        assert_eq!(book.sheets()[0].name(), "系统清单");
        assert_eq!(
            texts(&book),
            [["系统名称", "主管部门"], ["婚姻登记", "民政局"]],
            "{name}"
        );
    }
}

#[test]
fn rows_of_text_files_are_counted_as_a_spreadsheet_counts_them() {
    for (text, row) in [
        ("a,b\r\n\r\n\r\nc,d", 3),
        ("\n\na,b\nc,d", 3),
        ("a,b\n\"x\n\ny\",z\n\nc,d\n\n", 3),
        ("\"\"\r\n\r\nc,d", 2),
        ("a\r\rc,d", 2),
    ] {
        let book = opened(text.as_bytes(), "a.csv");
        let sheet = &book.sheets()[0];
        assert_eq!(sheet.cell(row, 0).text(), "c", "{text:?}");
        assert_eq!(sheet.height(), row + 1, "{text:?}");
    }
}

#[test]
fn failed_formulas_stay_faults_in_text_files() {
    let book = lines(&["#N/A,普通"]);
    assert_eq!(book.sheets()[0].cell(0, 0).kind(), Kind::Error);
    assert_eq!(book.sheets()[0].cell(0, 1).kind(), Kind::Text);
}

#[test]
fn what_is_no_sheet_is_named_with_what_to_do() {
    let encrypted: Vec<u8> = "EncryptedPackage"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let compound = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
    for (name, bytes, says) in [
        ("旧.xls", compound.clone(), "old format"),
        ("密.xlsx", [compound, encrypted].concat(), "password"),
        ("a.pdf", b"%PDF-1.7".to_vec(), "PDF"),
        ("导出.xls", b"\r\n<HTML><table>".to_vec(), "web page"),
        ("a.xlsx", b"name,code".to_vec(), "damaged"),
        ("a.csv", b"\xFF\xFF\xFF".to_vec(), "UTF-8"),
        ("a.csv", b"a\0b".to_vec(), "UTF-8"),
    ] {
        let error = open(&bytes, name, &Limits::default()).unwrap_err();
        let message = error.to_string();
        assert!(message.contains(says), "{name}: {message}");
        assert!(
            message.contains("save") || error == OpenError::Encoding,
            "{name}: {message}"
        );
    }
}

#[test]
fn an_empty_text_file_is_an_empty_sheet() {
    assert_eq!(opened(b"", "a.csv").sheets()[0].height(), 0);
    assert_eq!(opened(b"\xEF\xBB\xBF", "a.csv").sheets()[0].height(), 0);
}
