//! Cells read as what their column is for.

use super::made::{by_hand, opened};
use crate::{Cause, Code, Column, Field, Word, YES_NO, find};

/// Reads one cell, given as XML, below a title.
fn read<T>(
    title: &str,
    cell: &str,
    get: impl Fn(&Field<'_>) -> Result<T, Cause>,
) -> Result<T, Code> {
    let columns = [Column {
        key: "value",
        title: "值",
        aliases: &[],
        required: false,
    }];
    let data = format!(
        "<sheetData><row r=\"1\"><c t=\"str\"><v>{title}</v></c></row>\
         <row r=\"2\"><c t=\"str\"><v>x</v></c></row><row r=\"3\">{cell}</row></sheetData>"
    );
    let book = opened(&by_hand("", &data, None), "a.xlsx");
    let found = find(&book, &columns);
    let row = found.tables[0].rows().nth(1);
    let read = match row {
        Some(row) => get(&row.field("value")),
        // A blank cell is no row; the field of a column that is not there is as blank.
        None => get(&found.tables[0].rows().next().unwrap().field("none")),
    };
    read.map_err(|cause| {
        assert!(!cause.sentence.is_empty());
        cause.code
    })
}

// A method named by its path is bound to one lifetime; these are not.
fn as_text(field: &Field<'_>) -> Result<Option<String>, Cause> {
    field.text()
}

fn as_code(field: &Field<'_>) -> Result<Option<String>, Cause> {
    field.code()
}

fn as_number(field: &Field<'_>) -> Result<Option<i64>, Cause> {
    field.number()
}

fn as_date(field: &Field<'_>) -> Result<Option<jiff::civil::Date>, Cause> {
    field.date()
}

fn as_list(field: &Field<'_>) -> Result<Vec<String>, Cause> {
    field.list()
}

fn typed<T>(text: &str, get: impl Fn(&Field<'_>) -> Result<T, Cause>) -> Result<T, Code> {
    read("值", &format!("<c t=\"str\"><v>{text}</v></c>"), get)
}

#[test]
fn texts_lose_blanks_around_them_only() {
    for (text, value) in [
        ("  婚姻  登记&#10;系统 ", Some("婚姻  登记\n系统")),
        ("　", None),
        ("", None),
    ] {
        let value = value.map(str::to_owned);
        assert_eq!(typed(text, as_text), Ok(value), "{text:?}");
    }
}

#[test]
fn codes_are_half_width_and_of_one_piece() {
    for (text, value) in [
        (
            " １１４３０５００ＭＢ１２３４５６７Ｘ ",
            Ok(Some("11430500MB1234567X")),
        ),
        ("430502199901010011", Ok(Some("430502199901010011"))),
        ("301001／000012", Ok(Some("301001/000012"))),
        ("1143 0500", Err(Code::NotCode)),
        ("A&#10;B", Err(Code::NotCode)),
        ("", Ok(None)),
    ] {
        let value = value.map(|value| value.map(str::to_owned));
        assert_eq!(typed(text, as_code), value, "{text:?}");
    }
}

#[test]
fn codes_that_lost_digits_are_never_passed_on() {
    let cell = "<c><v>430502199901010000</v></c>";
    assert_eq!(read("值", cell, as_code), Err(Code::LostDigits));
    assert_eq!(read("值", cell, as_text), Err(Code::LostDigits));
    assert_eq!(read("值", cell, as_number), Err(Code::LostDigits));
    assert_eq!(read("值", cell, as_date), Err(Code::LostDigits));
}

#[test]
fn failed_formulas_are_faults_in_every_getter() {
    for cell in [
        "<c t=\"e\"><v>#REF!</v></c>",
        "<c><f>1+1</f></c>",
        "<c t=\"str\"><v>#N/A</v></c>",
    ] {
        assert_eq!(read("值", cell, as_text), Err(Code::Formula), "{cell}");
        assert_eq!(read("值", cell, as_list), Err(Code::Formula), "{cell}");
        assert_eq!(
            read("值", cell, |f| f.choice(YES_NO)),
            Err(Code::Formula),
            "{cell}"
        );
    }
}

#[test]
fn numbers_are_whole_and_without_words() {
    for (text, value) in [
        ("１２", Ok(Some(12))),
        ("1,234", Ok(Some(1_234))),
        ("１，２３４", Ok(Some(1_234))),
        ("-3", Ok(Some(-3))),
        ("12.0", Ok(Some(12))),
        ("12.5", Err(Code::NotNumber)),
        ("12台", Err(Code::NotNumber)),
        ("约12", Err(Code::NotNumber)),
        ("1.2E+10", Err(Code::NotNumber)),
        ("", Ok(None)),
    ] {
        assert_eq!(typed(text, as_number), value, "{text:?}");
    }
    assert_eq!(read("值", "<c><v>400</v></c>", as_number), Ok(Some(400)));
    assert_eq!(
        read("值", "<c s=\"3\"><v>0.5</v></c>", as_number),
        Err(Code::NotNumber)
    );
}

#[test]
fn amounts_heed_the_unit_in_the_title_and_behind_the_number() {
    for (title, text, value) in [
        ("值（万元）", "12.5", Ok(Some("12.5"))),
        ("值（元）", "125,000", Ok(Some("12.5"))),
        ("值", "１２．５万元", Ok(Some("12.5"))),
        ("值（万元）", "125000元", Ok(Some("12.5"))),
        ("值（TB）", "3", Err(Code::NotAmount)),
        ("值", "3台", Err(Code::NotAmount)),
        ("值", "10-20", Err(Code::NotAmount)),
        ("值", "", Ok(None)),
    ] {
        let cell = format!("<c t=\"str\"><v>{text}</v></c>");
        let read = read(title, &cell, |field| field.amount("万元"));
        let read = read.map(|amount| amount.map(|amount| amount.to_string()));
        assert_eq!(
            read,
            value.map(|value| value.map(str::to_owned)),
            "{title} {text}"
        );
    }
}

#[test]
fn dates_are_read_in_every_form_that_people_write() {
    for text in [
        "2022-05-12",
        "2022/5/12",
        "2022.5.12",
        "2022年5月12日",
        "2022 年 5 月 12 日",
        "20220512",
        "２０２２－０５－１２",
        "２０２２年５月１２日",
        "2022-05-12 08:30:00",
        "2022/5/12 8:30",
        "2022-05-12T00:00:00Z",
        "44693",
    ] {
        let day = typed(text, as_date).map(|day| day.map(|day| day.to_string()));
        assert_eq!(day, Ok(Some("2022-05-12".to_owned())), "{text}");
    }
    for cell in [
        "<c s=\"1\"><v>44693.5</v></c>",
        "<c><v>44693</v></c>",
        "<c><v>20220512</v></c>",
    ] {
        let day = read("值", cell, as_date).map(|day| day.map(|day| day.to_string()));
        assert_eq!(day, Ok(Some("2022-05-12".to_owned())), "{cell}");
    }
    for text in [
        "2022",
        "2022-05",
        "2022年5月",
        "5月12日",
        "2022-02-30",
        "20221312",
        "12/5/2022",
        "长期",
        "22-5-12",
        "2022-5-12-1",
        "446930",
        "4469",
        "-44693",
    ] {
        assert_eq!(typed(text, as_date), Err(Code::NotDate), "{text}");
    }
    assert_eq!(
        read("值", "<c><v>2022</v></c>", as_date),
        Err(Code::NotDate)
    );
    assert_eq!(typed("", as_date), Ok(None));
}

#[test]
fn words_are_found_by_label_code_or_both() {
    const TYPES: &[Word<'_, u8>] = &[
        Word {
            value: 1,
            label: "无条件共享",
            also: &["1", "无条件"],
        },
        Word {
            value: 2,
            label: "有条件共享",
            also: &["2"],
        },
    ];
    for (text, value) in [
        ("无条件共享", Ok(Some(1))),
        (" １ ", Ok(Some(1))),
        ("1.无条件共享", Ok(Some(1))),
        ("（2）有条件共享", Ok(Some(2))),
        ("有条件共享 2", Ok(Some(2))),
        ("不予共享", Err(Code::NotChoice)),
        ("12", Err(Code::NotChoice)),
        ("√", Err(Code::NotChoice)),
        ("", Ok(None)),
    ] {
        assert_eq!(typed(text, |field| field.choice(TYPES)), value, "{text:?}");
    }
    for (text, value) in [
        ("是", Ok(Some(true))),
        ("√", Ok(Some(true))),
        ("Ｙ", Ok(Some(true))),
        ("1", Ok(Some(true))),
        ("否", Ok(Some(false))),
        ("×", Ok(Some(false))),
        ("0", Ok(Some(false))),
        ("不详", Err(Code::NotChoice)),
        ("？", Err(Code::NotChoice)),
    ] {
        assert_eq!(typed(text, |field| field.choice(YES_NO)), value, "{text:?}");
    }
    let flag = "<c t=\"b\"><v>1</v></c>";
    assert_eq!(
        read("值", flag, |field| field.choice(YES_NO)),
        Ok(Some(true))
    );
}

#[test]
fn lists_are_divided_where_people_divide_them() {
    let list = typed("民政局、 公安局，教育局;卫健委；&#10;医保局,,", as_list);
    let wanted = ["民政局", "公安局", "教育局", "卫健委", "医保局"];
    assert_eq!(list, Ok(wanted.map(str::to_owned).to_vec()));
    assert_eq!(typed("", as_list), Ok(Vec::new()));
}

#[test]
fn a_required_cell_must_hold_something() {
    assert_eq!(typed("", |f| f.required(Field::code)), Err(Code::Blank));
    assert_eq!(
        typed("A1", |f| f.required(Field::code)),
        Ok("A1".to_owned())
    );
    assert_eq!(
        typed("A 1", |f| f.required(Field::code)),
        Err(Code::NotCode)
    );
}
