//! Text with separators (.csv): what Excel in China writes, and what we write.
//!
//! A text that a spreadsheet would take for a formula gets an apostrophe in front when it is written, and loses one
//! when it is read, so what was written is what is read. A text that begins with apostrophes before such a character
//! is treated alike and gains one more.

use csv::{QuoteStyle, Reader, ReaderBuilder, StringRecord, Terminator, WriterBuilder};
use encoding_rs::{GB18030, UTF_8, UTF_16BE, UTF_16LE};

use crate::book::{Book, Cell, Epoch, Sheet};
use crate::budget::Budget;
use crate::limits::Limits;
use crate::open::OpenError;
use crate::write::WriteError;

const MARK: char = '\u{FEFF}';
/// How much of a file is read to find its separator.
const SAMPLE: usize = 64 * 1024;

/// Reads the one sheet of a text file.
pub(crate) fn read(bytes: &[u8], name: &str, limits: &Limits) -> Result<Book, OpenError> {
    let text = decode(bytes)?;
    if text.contains('\0') {
        return Err(OpenError::Encoding);
    }
    let mut sheet = Sheet {
        name: crate::names::tab(name),
        hidden: false,
        rows: Vec::new(),
        merged: Vec::new(),
        epoch: Epoch::Year1900,
    };
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator(&text))
        .from_reader(text.as_bytes());
    let mut budget = Budget::new(limits);
    let mut record = StringRecord::new();
    let mut row = 0;
    loop {
        let start = place(&reader);
        if !reader
            .read_record(&mut record)
            .map_err(|error| damaged(&error))?
        {
            break;
        }
        row += blank_lines(&text, start, place(&reader));
        for (column, text) in record.iter().enumerate() {
            let cell = Cell::of_text(bare(text).to_owned());
            budget.put(&mut sheet, row, column, cell)?;
        }
        row += 1;
    }
    sheet.trim();
    Ok(Book {
        sheets: vec![sheet],
    })
}

fn damaged(error: &csv::Error) -> OpenError {
    OpenError::Damaged(error.to_string())
}

fn place(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.position().byte()).unwrap_or(usize::MAX)
}

/// The library passes over blank lines; a spreadsheet counts them, and so do the places we name.
fn blank_lines(text: &str, start: usize, end: usize) -> usize {
    let passed = text.get(start..end).unwrap_or_default();
    let before = text.get(..start).unwrap_or_default();
    // The second half of the line end before.
    let passed = match passed.strip_prefix('\n') {
        Some(rest) if before.ends_with('\r') => rest,
        _ => passed,
    };
    let first = passed.find(|char| char != '\r' && char != '\n');
    let breaks = passed.get(..first.unwrap_or(0)).unwrap_or_default();
    breaks.replace("\r\n", "\n").chars().count()
}

fn decode(bytes: &[u8]) -> Result<String, OpenError> {
    let marked = [
        (b"\xEF\xBB\xBF".as_slice(), UTF_8),
        (b"\xFF\xFE", UTF_16LE),
        (b"\xFE\xFF", UTF_16BE),
    ];
    let found = marked
        .iter()
        .find_map(|(mark, encoding)| Some((bytes.strip_prefix(*mark)?, *encoding)));
    let (rest, encodings) = match &found {
        Some((rest, encoding)) => (*rest, vec![*encoding]),
        // Chinese text in GB18030 is next to never valid UTF-8, so the order decides.
        None => (bytes, vec![UTF_8, GB18030]),
    };
    encodings
        .into_iter()
        .find_map(|encoding| encoding.decode_without_bom_handling_and_without_replacement(rest))
        .map(std::borrow::Cow::into_owned)
        .ok_or(OpenError::Encoding)
}

/// Of comma, tab and semicolon the one that stands most often outside quotes.
fn separator(text: &str) -> u8 {
    let mut counts = [(b',', 0), (b'\t', 0), (b';', 0)];
    let mut quoted = false;
    for byte in text.bytes().take(SAMPLE) {
        quoted ^= byte == b'"';
        for (separator, count) in &mut counts {
            *count += usize::from(!quoted && byte == *separator);
        }
    }
    // The first of equals: comma before the others.
    let most = counts.iter().map(|(_, count)| *count).max();
    counts
        .iter()
        .find(|(_, count)| Some(*count) == most)
        .map_or(b',', |(separator, _)| *separator)
}

/// Writes rows as UTF-8 with a mark, by which Excel knows it, and with the line ends of Windows.
pub(crate) fn write<'t>(rows: impl Iterator<Item = Vec<&'t str>>) -> Result<Vec<u8>, WriteError> {
    let mut bytes = Vec::new();
    bytes.extend_from_slice(MARK.encode_utf8(&mut [0; 4]).as_bytes());
    let mut writer = WriterBuilder::new()
        .flexible(true)
        // With every cell in quotes no separator inside one can be miscounted.
        .quote_style(QuoteStyle::Always)
        .terminator(Terminator::CRLF)
        .from_writer(bytes);
    for row in rows {
        let cells = row.into_iter().map(guarded);
        let written = writer.write_record(cells.collect::<Vec<_>>());
        written.map_err(|error| WriteError::Library(error.to_string()))?;
    }
    writer
        .into_inner()
        .map_err(|error| WriteError::Library(error.to_string()))
}

/// Whether a spreadsheet may take the text for a formula, or drops the character that hides one.
pub(crate) fn like_a_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

fn guarded(text: &str) -> String {
    if like_a_formula(text.trim_start_matches('\'')) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn bare(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if like_a_formula(rest.trim_start_matches('\'')) => rest,
        _ => text,
    }
}
