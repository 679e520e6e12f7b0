//! Sheets written anew: exports, and templates to fill in.

use rust_xlsxwriter::{DataValidation, DataValidationErrorStyle, Formula};
use thiserror::Error;

use crate::book::Sheet;
use crate::cells::{Look, Page, save};
use crate::layout::{Layout, Merge, Shown};
use crate::place::letters;
use crate::{names, separated};

/// First cell of the sheet that explains the columns.
const GUIDE: &str = "数桥填写说明";
/// First cell of the hidden sheet with long lists.
const CHOICES: &str = "数桥选项";
/// UTF-16 units that Excel takes as a list within the cell's own rule.
const INLINE: usize = 255;
/// Rows below the titles that drop-downs reach at least.
const ROWS_TO_FILL: usize = 5_000;

/// Writes rows as an .xlsx file. The same input gives the same bytes.
///
/// Every cell is text: codes keep their digits, and what begins like a formula stays what it is. A row shorter than
/// the columns leaves the rest blank. Merged cells show what stands in their first row. `created` is told as the time
/// of writing.
///
/// # Errors
///
/// [`WriteError`]: rows longer than the columns, texts longer than a cell, a name that no tab can carry.
pub fn workbook(
    layout: &Layout<'_>,
    rows: &[Vec<String>],
    merges: &[Merge],
    created: jiff::Timestamp,
) -> Result<Vec<u8>, WriteError> {
    let mut pages = pages(layout, rows)?;
    let first = layout.header_row() + 1;
    if let Some(page) = pages.first_mut() {
        for merge in merges.iter().filter(|merge| merge.rows > 1) {
            let text = rows.get(merge.row).and_then(|row| row.get(merge.column));
            let (top, bottom) = (first + merge.row, first + merge.row + merge.rows - 1);
            let text = text.map_or("", String::as_str);
            page.merged(
                (top, merge.column),
                (bottom, merge.column),
                text,
                Look::Data,
            )?;
        }
    }
    save(pages, created)
}

/// Writes an empty sheet to fill in, and a second one that explains each column.
///
/// # Errors
///
/// As [`workbook`].
pub fn template(layout: &Layout<'_>, created: jiff::Timestamp) -> Result<Vec<u8>, WriteError> {
    let mut pages = pages(layout, &[])?;
    let taken = ["选项".to_owned(), layout.sheet.to_owned()];
    pages.insert(1, guide(layout, &names::another("填写说明", &taken))?);
    save(pages, created)
}

/// Writes rows as text (.csv): UTF-8 with a mark, without the title line.
///
/// What a spreadsheet would take for a formula gets an apostrophe in front, which [`open`](crate::open) takes away. A
/// spreadsheet that opens this file shortens codes of more than 15 digits; people should be given a [`workbook`].
///
/// # Errors
///
/// [`WriteError`]: rows longer than the columns, a zero character in a text.
pub fn separated_text(layout: &Layout<'_>, rows: &[Vec<String>]) -> Result<Vec<u8>, WriteError> {
    lengths(layout, rows)?;
    for (index, row) in rows.iter().enumerate() {
        if row.iter().any(|text| text.contains('\0')) {
            return Err(WriteError::Zero { row: index });
        }
    }
    let titles = layout.columns.iter().map(|shown| shown.column.title);
    let width = layout.columns.len();
    let rows = rows.iter().map(|row| {
        let texts = row.iter().map(String::as_str);
        texts.chain(std::iter::repeat("")).take(width).collect()
    });
    separated::write(std::iter::once(titles.collect()).chain(rows))
}

/// Whether a sheet is one that [`template`] or [`workbook`] added.
pub(crate) fn is_ours(sheet: &Sheet) -> bool {
    let first = sheet.cell(0, 0).text();
    first == GUIDE || (sheet.hidden && first == CHOICES)
}

/// Whether it is the hidden one, which is made anew when it is needed.
pub(crate) fn is_choices(sheet: &Sheet) -> bool {
    sheet.hidden && sheet.cell(0, 0).text() == CHOICES
}

fn lengths(layout: &Layout<'_>, rows: &[Vec<String>]) -> Result<(), WriteError> {
    let width = layout.columns.len();
    match rows.iter().position(|row| row.len() > width) {
        Some(row) => Err(WriteError::RowTooLong {
            row,
            columns: width,
        }),
        None => Ok(()),
    }
}

fn pages(layout: &Layout<'_>, rows: &[Vec<String>]) -> Result<Vec<Page>, WriteError> {
    lengths(layout, rows)?;
    let mut page = Page::new(layout.sheet)?;
    let header = layout.header_row();
    for (at, shown) in layout.columns.iter().enumerate() {
        page.column(at, usize::from(shown.width))?;
        let look = if shown.column.required {
            Look::Required
        } else {
            Look::Heading
        };
        page.text(header, at, &shown.heading(), look)?;
        let explanation = shown.explanation();
        if !explanation.is_empty() {
            page.note(header, at, &explanation)?;
        }
    }
    if let Some(title) = layout.title {
        let last = layout.columns.len().saturating_sub(1);
        page.merged((0, 0), (0, last), title, Look::Banner)?;
    }
    page.freeze(header + 1)?;
    for (row, texts) in rows.iter().enumerate() {
        for (column, text) in texts.iter().enumerate() {
            page.text(header + 1 + row, column, text, Look::Data)?;
        }
    }
    let lists = drop_downs(layout, &mut page, rows.len())?;
    Ok(std::iter::once(page).chain(lists).collect())
}

/// Sets the drop-downs, and gives the hidden sheet with the lists that are too long to stand in the rule itself.
fn drop_downs(
    layout: &Layout<'_>,
    page: &mut Page,
    rows: usize,
) -> Result<Option<Page>, WriteError> {
    let name = names::another("选项", &[layout.sheet.to_owned()]);
    let mut lists: Option<Page> = None;
    let mut used = 0;
    for (at, shown) in layout.columns.iter().enumerate() {
        if shown.choices.is_empty() {
            continue;
        }
        let rule = if let Some(rule) = inline(shown) {
            rule
        } else {
            let lists = match &mut lists {
                Some(lists) => lists,
                none => none.insert(choices(&name)?),
            };
            used += 1;
            listed(lists, used - 1, shown, &name)?
        };
        let rule = rule
            .set_error_style(DataValidationErrorStyle::Information)
            .set_error_title("不在可选内容中")
            .and_then(|rule| rule.set_error_message("请从下拉列表中选择；其他写法在导入时检查"))
            .map_err(|error| WriteError::Library(error.to_string()))?;
        let first = layout.header_row() + 1;
        let (top, column) = page.within(first, at)?;
        let (bottom, _) = page.within(first + rows.max(ROWS_TO_FILL), at)?;
        let added = page
            .sheet
            .add_data_validation(top, column, bottom, column, &rule);
        added.map_err(|error| WriteError::Library(error.to_string()))?;
    }
    Ok(lists)
}

fn inline(shown: &Shown<'_>) -> Option<DataValidation> {
    let units: usize = shown
        .choices
        .iter()
        .map(|choice| choice.encode_utf16().count() + 1)
        .sum();
    let plain = shown.choices.iter().all(|c| !c.contains([',', '"']));
    if !plain || units > INLINE {
        return None;
    }
    DataValidation::new().allow_list_strings(shown.choices).ok()
}

fn choices(name: &str) -> Result<Page, WriteError> {
    let mut page = Page::new(name)?;
    page.text(0, 0, CHOICES, Look::Data)?;
    page.sheet.set_hidden(true);
    Ok(page)
}

/// Writes a long list and gives the rule that refers to it. That is a reference within the rule, not a cell's formula.
fn listed(
    lists: &mut Page,
    column: usize,
    shown: &Shown<'_>,
    name: &str,
) -> Result<DataValidation, WriteError> {
    for (row, choice) in shown.choices.iter().enumerate() {
        lists.text(row + 1, column, choice, Look::Data)?;
    }
    let letters = letters(column);
    let last = shown.choices.len() + 1;
    let range = Formula::new(format!("='{name}'!${letters}$2:${letters}${last}"));
    Ok(DataValidation::new().allow_list_formula(range))
}

/// The sheet that explains the columns.
fn guide(layout: &Layout<'_>, name: &str) -> Result<Page, WriteError> {
    let mut page = Page::new(name)?;
    page.text(0, 0, GUIDE, Look::Banner)?;
    let heads = ["列", "标题", "必填", "填写内容", "可选内容", "规则依据"];
    for (column, (head, width)) in heads.iter().zip([6, 24, 8, 50, 50, 40]).enumerate() {
        page.column(column, width)?;
        page.text(1, column, head, Look::Heading)?;
    }
    for (at, shown) in layout.columns.iter().enumerate() {
        let required = if shown.column.required { "是" } else { "否" };
        let choices = shown.choices.join("、");
        let texts = [
            &letters(at),
            shown.column.title,
            required,
            shown.note,
            &crate::cells::short(&choices),
            shown.source,
        ];
        for (column, text) in texts.into_iter().enumerate() {
            page.text(at + 2, column, text, Look::Data)?;
        }
    }
    page.freeze(2)?;
    Ok(page)
}

/// Why a sheet was not written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WriteError {
    /// A row has more texts than there are columns.
    #[error("row {row} has more than the {columns} texts that the layout has columns")]
    RowTooLong {
        /// The row, counted from 0.
        row: usize,
        /// Columns of the layout.
        columns: usize,
    },
    /// A text does not fit a cell.
    #[error("{place} would hold more than the 32767 characters that a cell keeps: shorten it")]
    CellTooLong {
        /// The cell.
        place: String,
    },
    /// Text files cannot hold the zero character and still be told from other files.
    #[error("row {row} holds a zero character, which no text file may: remove it")]
    Zero {
        /// The row, counted from 0.
        row: usize,
    },
    /// More rows or columns than a worksheet has.
    #[error("sheet {sheet} would have more rows or columns than a worksheet: divide it")]
    TooManyRows {
        /// The sheet's name.
        sheet: String,
    },
    /// No tab can carry the name.
    #[error("no sheet can be named {0:?}: take 1 to 31 characters without * ? : [ ] \\ /")]
    SheetName(String),
    /// The library refused.
    #[error("cannot write the sheet: {0}")]
    Library(String),
}
