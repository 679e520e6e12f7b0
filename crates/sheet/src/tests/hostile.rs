//! Files made to harm: refused before a parser sees them, without taking memory for what they claim.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::made::{archive, by_hand, made, parts, refused};
use crate::{Limits, OpenError, open};

const MEBIBYTE: usize = 1024 * 1024;

#[test]
fn bombs_are_refused_while_they_unpack() {
    let zeros = vec![b' '; 48 * MEBIBYTE];
    let bomb = archive(&[("[Content_Types].xml", b"<Types/>"), ("xl/a.xml", &zeros)]);
    assert!(bomb.len() < MEBIBYTE, "{}", bomb.len());
    let error = refused(&bomb, &Limits::default());
    assert!(matches!(error, OpenError::Expands { .. }), "{error}");
}

#[test]
fn parts_and_their_sum_have_limits_of_their_own() {
    let limits = Limits {
        unpacked_bytes: 3_000,
        part_bytes: 2_000,
        ..Limits::default()
    };
    let types: (&str, &[u8]) = ("[Content_Types].xml", b"<Types/>");
    let part = vec![b' '; 2_000];
    let longer = vec![b' '; 2_001];
    let error = refused(&archive(&[types, ("a.xml", &longer)]), &limits);
    assert!(matches!(error, OpenError::PartTooLarge { .. }), "{error}");
    let error = refused(
        &archive(&[types, ("a.xml", &part), ("b.xml", &part)]),
        &limits,
    );
    assert!(
        matches!(error, OpenError::TooLargeUnpacked { .. }),
        "{error}"
    );
    // At the limit it goes on, and the parser finds that it is no workbook.
    let error = refused(&archive(&[types, ("a.xml", &part)]), &limits);
    assert!(matches!(error, OpenError::Damaged(_)), "{error}");
}

#[test]
fn what_an_archive_says_of_its_sizes_is_not_believed() {
    let zeros = vec![b' '; 8 * MEBIBYTE];
    let mut bomb = archive(&[("[Content_Types].xml", b"<Types/>"), ("xl/a.xml", &zeros)]);
    let real = 8_388_608_u32.to_le_bytes();
    let mut at = 0;
    while let Some(found) = bomb[at..].windows(4).position(|four| four == real) {
        at += found;
        bomb[at..at + 4].copy_from_slice(&10_u32.to_le_bytes());
    }
    assert!(at > 0);
    let error = open(&bomb, "a.xlsx", &Limits::default()).unwrap_err();
    assert!(
        matches!(error, OpenError::Expands { .. } | OpenError::Damaged(_)),
        "{error}"
    );
}

#[test]
fn a_file_a_byte_too_long_is_refused() {
    let bytes = made(|sheet| sheet.write_string(0, 0, "a").map(|_| ()));
    let at = |file_bytes| Limits {
        file_bytes,
        ..Limits::default()
    };
    assert!(open(&bytes, "a.xlsx", &at(bytes.len())).is_ok());
    let error = refused(&bytes, &at(bytes.len() - 1));
    assert!(matches!(error, OpenError::FileTooLarge { .. }));
}

#[test]
fn parts_beyond_their_number_are_refused() {
    let names: Vec<String> = (0..20).map(|index| format!("a{index}.xml")).collect();
    let many: Vec<(&str, &[u8])> = names
        .iter()
        .map(|name| (name.as_str(), &b"<a/>"[..]))
        .collect();
    let limits = Limits {
        entries: 19,
        ..Limits::default()
    };
    let error = refused(&archive(&many), &limits);
    assert_eq!(error, OpenError::TooManyParts { limit: 19 });
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    let deep = "a/".repeat(40) + "b.xml";
    for name in [
        "../../etc/passwd",
        "/etc/passwd",
        "xl/../../a.xml",
        "c:\\a.xml",
        &deep,
    ] {
        let bytes = archive(&[("[Content_Types].xml", b"<Types/>"), (name, b"<a/>")]);
        let error = refused(&bytes, &Limits::default());
        assert!(
            matches!(error, OpenError::StrangePart(_)),
            "{name}: {error}"
        );
    }
}

#[test]
fn document_types_and_other_encodings_are_refused() {
    let utf16: Vec<u8> = "<!DOCTYPE a>"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for (name, part, doctype) in [
        (
            "xl/a.xml",
            b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>".to_vec(),
            true,
        ),
        (
            "xl/a.xml",
            b"<?xml version='1.0'?>\n<!doctype a><a/>".to_vec(),
            true,
        ),
        (
            "xl/a.jpg",
            b"\xEF\xBB\xBF <a><!ENTITY b SYSTEM 'file:///etc/passwd'></a>".to_vec(),
            true,
        ),
        ("xl/a.xml", utf16, false),
    ] {
        let bytes = archive(&[("[Content_Types].xml", b"<Types/>"), (name, &part)]);
        let error = refused(&bytes, &Limits::default());
        let fits = match error {
            OpenError::Doctype(_) => doctype,
            OpenError::NotUtf8(_) => !doctype,
            _ => false,
        };
        assert!(fits, "{error}");
    }
}

#[test]
fn other_archives_are_named() {
    for (parts, says) in [
        (vec!["mimetype", "content.xml"], "OpenDocument"),
        (vec!["[Content_Types].xml", "word/document.xml"], ".docx"),
        (vec!["[Content_Types].xml", "xl/workbook.bin"], ".xlsb"),
        (vec!["readme.txt"], "no workbook"),
    ] {
        let parts: Vec<(&str, &[u8])> = parts.into_iter().map(|name| (name, &b"a"[..])).collect();
        let error = refused(&archive(&parts), &Limits::default());
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[test]
fn numbers_that_are_only_announced_take_no_memory() {
    // Without the check the parser would ask for twenty terabytes and end the process.
    let data = "<sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c></row></sheetData>";
    for count in ["1000000000000", "99999999999999999999999999"] {
        let strings = format!("<sst uniqueCount = \"{count}\"><si><t>a</t></si></sst>");
        let error = refused(&by_hand("", data, Some(&strings)), &Limits::default());
        assert!(matches!(error, OpenError::TooManyCells { .. }), "{error}");
    }
}

#[test]
fn cell_formats_cannot_multiply_a_long_name() {
    let long = "a".repeat(100_000);
    let mut styles = format!("<styleSheet><fonts><font><name val=\"{long}\"/></font></fonts>");
    styles.push_str("<cellXfs>");
    styles.push_str(&"<x:xf fontId=\"0\"/>".repeat(10_000));
    styles.push_str("</cellXfs></styleSheet>");
    let bytes = archive(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("xl/styles.xml", styles.as_bytes()),
    ]);
    let error = refused(&bytes, &Limits::default());
    assert!(matches!(error, OpenError::TooManyFormats(_)), "{error}");
}

#[test]
fn sparse_sheets_cost_what_they_hold() {
    let one = |reference: &str| {
        let data = format!(
            "<sheetData><row><c r=\"A1\"><v>1</v></c></row><row><c r=\"{reference}\"><v>1</v></c>\
             </row></sheetData>"
        );
        open(&by_hand("", &data, None), "a.xlsx", &Limits::default())
    };
    assert!(one("SR100000").is_ok());
    let rows = one("A100001").unwrap_err();
    assert!(matches!(rows, OpenError::TooManyRows { .. }), "{rows}");
    let columns = one("SS1").unwrap_err();
    assert!(
        matches!(columns, OpenError::TooManyColumns { .. }),
        "{columns}"
    );
    for reference in [
        "XFD1048576",
        "ZZZZZZZZZZZZ1",
        "A99999999999999",
        "A0",
        "1A",
        "",
    ] {
        assert!(one(reference).is_err(), "{reference}");
    }
}

#[test]
fn one_text_shared_by_many_cells_counts_for_each() {
    let long = "长".repeat(10_000);
    let strings = format!("<sst><si><t>{long}</t></si></sst>");
    let mut data = "<sheetData>".to_owned();
    for row in 1..=3_000 {
        let _ = write!(data, "<row><c r=\"A{row}\" t=\"s\"><v>0</v></c></row>");
    }
    data.push_str("</sheetData>");
    let error = refused(&by_hand("", &data, Some(&strings)), &Limits::default());
    assert!(matches!(error, OpenError::TooMuchText { .. }), "{error}");
}

#[test]
fn merged_areas_count_as_the_cells_they_fill() {
    let cell = |row: usize, column: &str| {
        format!("<row><c r=\"{column}{row}\" t=\"str\"><v>a</v></c></row>")
    };
    let data = |merged: &str| {
        let data = format!(
            "<sheetData>{}{}{}</sheetData><mergeCells>{merged}</mergeCells>",
            cell(1, "A"),
            cell(50_000, "A"),
            cell(1, "DZ")
        );
        open(&by_hand("", &data, None), "a.xlsx", &Limits::default())
    };
    assert!(data("<mergeCell ref=\"A1:C50000\"/>").is_ok());
    let error = data("<mergeCell ref=\"A1:XFD1048576\"/>").unwrap_err();
    assert!(matches!(error, OpenError::TooManyCells { .. }), "{error}");
}

#[test]
fn cells_have_a_length_and_files_a_number_of_cells() {
    let limits = Limits {
        cell_chars: 3,
        cells: 12,
        ..Limits::default()
    };
    let fits = "一二三,b,c,d,e";
    assert!(open(fits.as_bytes(), "a.csv", &limits).is_ok());
    let error = open("一二三四".as_bytes(), "a.csv", &limits).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a!A1 holds more than 3 characters: shorten it"
    );
    let error = open("a\n".repeat(20).as_bytes(), "a.csv", &limits).unwrap_err();
    assert!(matches!(error, OpenError::TooManyCells { .. }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_bytes_make_it_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..2_000),
        start in prop::sample::select(vec![&b""[..], b"PK\x03\x04", b"\xD0\xCF\x11\xE0", b"\xFF\xFE"]),
        name in prop::sample::select(vec!["a.csv", "a.xlsx", "", "/"]),
    ) {
        let _ = open(&[start, &bytes].concat(), name, &Limits::default());
    }

    #[test]
    fn no_damage_makes_it_panic(
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = whole();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = open(&bytes, "a.xlsx", &Limits::default());
        let _ = open(&bytes[..cut.index(bytes.len())], "a.xlsx", &Limits::default());
    }

    #[test]
    fn no_damage_within_a_part_makes_it_panic(
        part in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        text in prop::sample::select(vec!["<", ">", "\"", "999999999999", "ZZZZZZZZZZ9", "&", "/", "<c", "="]),
    ) {
        let mut parts = parts(&whole());
        let index = part.index(parts.len());
        let bytes = &mut parts[index].1;
        let at = at.index(bytes.len() + 1);
        bytes.splice(at..at, text.bytes());
        let parts: Vec<(&str, &[u8])> =
            parts.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        let _ = open(&archive(&parts), "a.xlsx", &Limits::default());
    }
}

fn whole() -> Vec<u8> {
    made(|sheet| {
        sheet.merge_range(0, 0, 0, 3, "系统清单", &rust_xlsxwriter::Format::new())?;
        sheet.write_string(1, 0, "系统名称")?;
        sheet.write_number(2, 1, 12.5)?;
        sheet.write_formula(2, 2, "=1+1")?;
        Ok(())
    })
}
