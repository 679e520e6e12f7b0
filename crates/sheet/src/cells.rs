//! Cells of a workbook that is being written. None is ever a formula.

use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Note, Workbook,
    Worksheet, XlsxError,
};

use crate::place::Place;
use crate::separated::like_a_formula;
use crate::write::WriteError;

/// UTF-16 units that Excel keeps of one cell.
pub(crate) const LONGEST: usize = 32_767;
/// Rows of a worksheet.
pub(crate) const ROWS: usize = 1_048_576;
const PINK: Color = Color::RGB(0xFF_C7_CE);
const GREY: Color = Color::RGB(0xE7_EC_F2);
const AMBER: Color = Color::RGB(0xFF_E8_B3);

/// How a cell looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// A cell with data.
    Data,
    /// A cell with a fault.
    Faulty,
    /// A title.
    Heading,
    /// The title of a required column.
    Required,
    /// A line above everything.
    Banner,
}

impl Look {
    /// Text format throughout: Excel then keeps all digits of what is typed, and takes nothing for a formula.
    pub(crate) fn format(self) -> Format {
        let text = Format::new()
            .set_num_format("@")
            .set_text_wrap()
            .set_align(FormatAlign::Top);
        match self {
            Self::Data => text,
            Self::Faulty => text.set_background_color(PINK),
            Self::Heading => heading(text).set_background_color(GREY),
            Self::Required => heading(text).set_background_color(AMBER),
            Self::Banner => text.set_bold().set_font_size(14),
        }
    }
}

fn heading(text: Format) -> Format {
    text.set_bold()
        .set_border(FormatBorder::Thin)
        .set_align(FormatAlign::Center)
}

/// A worksheet with the name of its places.
pub(crate) struct Page {
    pub(crate) sheet: Worksheet,
    name: String,
}

impl Page {
    pub(crate) fn new(name: &str) -> Result<Self, WriteError> {
        let mut sheet = Worksheet::new();
        sheet
            .set_name(name)
            .map_err(|_| WriteError::SheetName(name.to_owned()))?;
        Ok(Self {
            sheet,
            name: name.to_owned(),
        })
    }

    /// Writes a text.
    pub(crate) fn text(
        &mut self,
        row: usize,
        column: usize,
        text: &str,
        look: Look,
    ) -> Result<(), WriteError> {
        let (at, to) = self.within(row, column)?;
        let format = formatted(text, look);
        let written = self.sheet.write_string_with_format(at, to, text, &format);
        written.map(|_| ()).map_err(|e| self.error(&e, row, column))
    }

    /// Writes a number in full; only for what was a number and must stay one.
    pub(crate) fn number(
        &mut self,
        row: usize,
        column: usize,
        number: f64,
        look: Look,
    ) -> Result<(), WriteError> {
        let (at, to) = self.within(row, column)?;
        let format = look.format().set_num_format("0");
        let written = self.sheet.write_number_with_format(at, to, number, &format);
        written.map(|_| ()).map_err(|e| self.error(&e, row, column))
    }

    /// Writes a text over several cells merged into one.
    pub(crate) fn merged(
        &mut self,
        (top, left): (usize, usize),
        (bottom, right): (usize, usize),
        text: &str,
        look: Look,
    ) -> Result<(), WriteError> {
        if (top, left) == (bottom, right) {
            return self.text(top, left, text, look);
        }
        let (first_row, first_column) = self.within(top, left)?;
        let (last_row, last_column) = self.within(bottom, right)?;
        let format = formatted(text, look);
        let written = self.sheet.merge_range(
            first_row,
            first_column,
            last_row,
            last_column,
            text,
            &format,
        );
        written.map(|_| ()).map_err(|e| self.error(&e, top, left))
    }

    /// Puts a note on a cell.
    pub(crate) fn note(&mut self, row: usize, column: usize, text: &str) -> Result<(), WriteError> {
        let (at, to) = self.within(row, column)?;
        let lines = u32::try_from(text.lines().count() + text.chars().count() / 20).unwrap_or(20);
        let note = Note::new(short(text))
            .set_author("数桥")
            .add_author_prefix(false)
            .set_width(260)
            .set_height(24 + 18 * lines.min(20));
        let written = self.sheet.insert_note(at, to, &note);
        written.map(|_| ()).map_err(|e| self.error(&e, row, column))
    }

    /// Sets the width of a column in characters, and its format for cells that hold nothing yet.
    pub(crate) fn column(&mut self, column: usize, width: usize) -> Result<(), WriteError> {
        let (_, to) = self.within(0, column)?;
        let width = u32::try_from(width).unwrap_or(u32::MAX).min(255);
        self.sheet
            .set_column_width(to, width)
            .and_then(|sheet| sheet.set_column_format(to, &Look::Data.format()))
            .map(|_| ())
            .map_err(|error| self.error(&error, 0, column))
    }

    /// Keeps the rows above in sight.
    pub(crate) fn freeze(&mut self, rows: usize) -> Result<(), WriteError> {
        let (at, _) = self.within(rows, 0)?;
        let frozen = self.sheet.set_freeze_panes(at, 0);
        frozen.map(|_| ()).map_err(|e| self.error(&e, rows, 0))
    }

    /// The numbers in the types of the library.
    pub(crate) fn within(&self, row: usize, column: usize) -> Result<(u32, u16), WriteError> {
        let outside = || WriteError::TooManyRows {
            sheet: self.name.clone(),
        };
        if row >= ROWS {
            return Err(outside());
        }
        let row = u32::try_from(row).map_err(|_| outside())?;
        Ok((row, u16::try_from(column).map_err(|_| outside())?))
    }

    pub(crate) fn error(&self, error: &XlsxError, row: usize, column: usize) -> WriteError {
        if matches!(error, XlsxError::MaxStringLengthExceeded) {
            WriteError::CellTooLong {
                place: Place::cell(&self.name, row, column).to_string(),
            }
        } else {
            WriteError::Library(error.to_string())
        }
    }
}

/// The mark that Excel sets when a person types an apostrophe first: the text stays one when it is edited.
fn formatted(text: &str, look: Look) -> Format {
    if like_a_formula(text) {
        look.format().set_quote_prefix()
    } else {
        look.format()
    }
}

/// A text that surely fits a cell or a note.
pub(crate) fn short(text: &str) -> String {
    let most = LONGEST - 100;
    let mut units = 0;
    let kept: String = text
        .chars()
        .take_while(|char| {
            units += char.len_utf16();
            units <= most
        })
        .collect();
    if kept.len() == text.len() {
        kept
    } else {
        format!("{kept}……（未完）")
    }
}

/// The bytes of a workbook of these pages; the first is in front when it is opened.
pub(crate) fn save(pages: Vec<Page>, created: jiff::Timestamp) -> Result<Vec<u8>, WriteError> {
    let library = |error: XlsxError| WriteError::Library(error.to_string());
    let created = ExcelDateTime::from_timestamp(created.as_second()).map_err(library)?;
    let mut workbook = Workbook::new();
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
    for page in pages {
        workbook.push_worksheet(page.sheet);
    }
    workbook.save_to_buffer().map_err(library)
}
