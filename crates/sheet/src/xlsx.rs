//! Workbooks, cell by cell; the archive was looked through before.

use std::collections::HashSet;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{
    DataRef, Dimensions, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx, XlsxError,
};

use crate::archive::Seen;
use crate::book::{Area, Book, Cell, Epoch, Kind, Sheet, UNCOMPUTED};
use crate::budget::Budget;
use crate::limits::Limits;
use crate::open::OpenError;
use crate::serial;

type Workbook<'a> = Xlsx<Cursor<&'a [u8]>>;

/// Reads all worksheets.
pub(crate) fn read(bytes: &[u8], seen: Seen, limits: &Limits) -> Result<Book, OpenError> {
    // Arithmetic on cell references overflows inside the parser when they are absurdly long, which is a panic where
    // it is built with checks. A damaged file must not end the client.
    catch_unwind(AssertUnwindSafe(|| workbook(bytes, seen, limits)))
        .unwrap_or_else(|_| Err(OpenError::Damaged("a cell reference is no such".to_owned())))
}

fn workbook(bytes: &[u8], seen: Seen, limits: &Limits) -> Result<Book, OpenError> {
    let mut workbook: Workbook<'_> = Xlsx::new(Cursor::new(bytes)).map_err(|e| damaged(&e))?;
    let sheets: Vec<(String, bool)> = workbook
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet)
        .map(|sheet| (sheet.name.clone(), sheet.visible != SheetVisible::Visible))
        .collect();
    let mut names = HashSet::new();
    if !sheets
        .iter()
        .all(|(name, _)| names.insert(name.to_lowercase()))
    {
        return Err(OpenError::Damaged("two sheets have one name".to_owned()));
    }
    let epoch = if workbook.has_1904_epoch() {
        Epoch::Year1904
    } else {
        Epoch::Year1900
    };
    let mut budget = Budget::new(limits);
    let mut book = Book { sheets: Vec::new() };
    for (name, hidden) in sheets {
        let mut sheet = Sheet {
            name,
            hidden,
            rows: Vec::new(),
            merged: Vec::new(),
            epoch,
        };
        cells(&mut workbook, &mut sheet, &mut budget)?;
        if seen.formulas {
            uncomputed(&mut workbook, &mut sheet, &mut budget)?;
        }
        sheet.trim();
        merge(&mut workbook, &mut sheet, &mut budget)?;
        book.sheets.push(sheet);
    }
    Ok(book)
}

fn damaged(error: &XlsxError) -> OpenError {
    match error {
        XlsxError::Password => OpenError::Encrypted,
        error => OpenError::Damaged(error.to_string()),
    }
}

fn cells(
    workbook: &mut Workbook<'_>,
    sheet: &mut Sheet,
    budget: &mut Budget<'_>,
) -> Result<(), OpenError> {
    let mut reader = workbook
        .worksheet_cells_reader(&sheet.name)
        .map_err(|e| damaged(&e))?;
    let shapes: Vec<Shape> = reader
        .styles()
        .iter()
        .map(|style| {
            let code = style.number_format.as_ref();
            Shape::of(code.map_or("", |format| &format.format_code))
        })
        .collect();
    loop {
        match reader.next_cell_with_style_id() {
            Ok(None) => return Ok(()),
            Ok(Some((cell, style))) => {
                let shape = shapes.get(style).copied().unwrap_or_default();
                let (row, column) = cell.get_position();
                let value = value(cell.get_value(), shape, sheet.epoch);
                budget.put(sheet, index(row), index(column), value)?;
            }
            Err(error) => return Err(in_sheet(&sheet.name, &error)),
        }
    }
}

fn in_sheet(name: &str, error: &XlsxError) -> OpenError {
    match damaged(error) {
        OpenError::Damaged(reason) => OpenError::Damaged(format!("sheet {name}: {reason}")),
        other => other,
    }
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// How a number is shown, as far as it changes what people read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Shape {
    /// As it is.
    #[default]
    Plain,
    /// With zeros in front, up to so many digits: the format `000000` of short codes.
    Padded(usize),
    /// A hundredfold with a percent sign.
    Percent,
}

impl Shape {
    fn of(format: &str) -> Self {
        let zeros = format.len();
        if (2..=15).contains(&zeros) && format.bytes().all(|byte| byte == b'0') {
            Self::Padded(zeros)
        } else if format.ends_with('%') && !format.contains('"') {
            Self::Percent
        } else {
            Self::Plain
        }
    }
}

fn value(value: &DataRef<'_>, shape: Shape, epoch: Epoch) -> Cell {
    match value {
        DataRef::Empty => Cell::default(),
        DataRef::String(text) | DataRef::DurationIso(text) => Cell::of_text(text.clone()),
        DataRef::SharedString(text) => Cell::of_text((*text).to_owned()),
        DataRef::Int(number) => self::number(to_float(*number), shape),
        DataRef::Float(number) => self::number(*number, shape),
        DataRef::Bool(true) => Cell::new("是".to_owned(), Kind::Flag),
        DataRef::Bool(false) => Cell::new("否".to_owned(), Kind::Flag),
        DataRef::DateTime(moment) => self::moment(moment, epoch),
        DataRef::DateTimeIso(text) => {
            let day = text.strip_suffix("T00:00:00").unwrap_or(text);
            Cell::new(day.to_owned(), Kind::Date)
        }
        DataRef::Error(error) => Cell::new(error.to_string(), Kind::Error),
    }
}

/// Whole numbers beyond 2⁵³ are rounded; they are flagged as such long before.
fn to_float(number: i64) -> f64 {
    number.to_string().parse().unwrap_or(f64::NAN)
}

fn number(number: f64, shape: Shape) -> Cell {
    let kind = if number.abs() < serial::ROUNDED_FROM {
        Kind::Number
    } else {
        Kind::Rounded
    };
    let plain = serial::plain(number);
    let text = match shape {
        Shape::Padded(digits) if plain.bytes().all(|byte| byte.is_ascii_digit()) => {
            return Cell::new(format!("{plain:0>digits$}"), kind);
        }
        Shape::Percent => return Cell::new(format!("{}%", serial::plain(number * 100.0)), kind),
        Shape::Plain | Shape::Padded(_) => plain,
    };
    Cell::new(text, kind)
}

fn moment(moment: &ExcelDateTime, epoch: Epoch) -> Cell {
    let stored = moment.as_f64();
    let text = if moment.is_duration() {
        serial::duration(stored)
    } else {
        serial::moment(stored, epoch)
    };
    match text {
        Some(text) if moment.is_duration() || !text.contains('-') => Cell::new(text, Kind::Text),
        Some(text) => Cell::new(text, Kind::Date),
        // A number outside the calendar; spreadsheets show a row of #.
        None => number(stored, Shape::Plain),
    }
}

/// Marks formulas without a result: a program wrote them, and no spreadsheet has opened the file since.
fn uncomputed(
    workbook: &mut Workbook<'_>,
    sheet: &mut Sheet,
    budget: &mut Budget<'_>,
) -> Result<(), OpenError> {
    let mut found = Vec::new();
    let mut reader = workbook
        .worksheet_cells_reader(&sheet.name)
        .map_err(|e| damaged(&e))?;
    while let Some(record) = reader
        .next_cell_with_formula_metadata()
        .map_err(|e| in_sheet(&sheet.name, &e))?
    {
        if record.formula.is_some() && matches!(record.value, DataRef::Empty) {
            found.push(record.pos);
        }
    }
    for (row, column) in found {
        let cell = Cell::of_text(UNCOMPUTED.to_owned());
        budget.put(sheet, index(row), index(column), cell)?;
    }
    Ok(())
}

/// Gives every cell of a merged area what the area shows, within the rows and columns that are used at all.
fn merge(
    workbook: &mut Workbook<'_>,
    sheet: &mut Sheet,
    budget: &mut Budget<'_>,
) -> Result<(), OpenError> {
    let areas = workbook
        .merge_cells_by_sheet_name(&sheet.name)
        .map_err(|e| in_sheet(&sheet.name, &e))?;
    let (height, width) = (sheet.height(), sheet.width());
    for area in areas {
        let Some(area) = clipped(&area, height, width) else {
            continue;
        };
        let mut shown = sheet.cell(area.top, area.left).clone();
        // What shows nothing fills nothing, however large it is; writing it back would cost every cell of it.
        if shown.kind == Kind::Blank {
            continue;
        }
        for row in area.top..=area.bottom {
            shown.inherited = row > area.top;
            for column in area.left..=area.right {
                budget.put(sheet, row, column, shown.clone())?;
            }
        }
        sheet.merged.push(area);
    }
    Ok(())
}

fn clipped(area: &Dimensions, height: usize, width: usize) -> Option<Area> {
    let clipped = Area {
        top: index(area.start.0),
        left: index(area.start.1),
        bottom: index(area.end.0).min(height.checked_sub(1)?),
        right: index(area.end.1).min(width.checked_sub(1)?),
    };
    (clipped.top <= clipped.bottom && clipped.left <= clipped.right).then_some(clipped)
}
