//! The door: bytes become a [`Book`] here, or an error that says what to do.

use std::path::Path;

use thiserror::Error;

use crate::book::Book;
use crate::limits::Limits;
use crate::{archive, separated, xlsx};

/// How an .xlsx file begins, as every archive does.
const ARCHIVE: &[u8] = b"PK\x03\x04";
/// How files of Excel 97 begin, and those that are encrypted with a password.
const COMPOUND: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";

/// Reads an .xlsx or .csv file.
///
/// What the bytes are is told by the bytes; `name` is the file's name, which gives a .csv its sheet's name. Text may
/// be UTF-8 with or without a mark, UTF-16 with one, or GB18030 and GBK, as Chinese Excel writes it.
///
/// # Errors
///
/// [`OpenError`], when the file is something else, is damaged, or goes beyond a limit.
pub fn open(bytes: &[u8], name: &str, limits: &Limits) -> Result<Book, OpenError> {
    if bytes.len() > limits.file_bytes {
        return Err(OpenError::FileTooLarge {
            limit: limits.file_bytes,
        });
    }
    if bytes.starts_with(ARCHIVE) {
        let seen = archive::check(bytes, limits)?;
        return xlsx::read(bytes, seen, limits);
    }
    not_a_sheet(bytes, name)?;
    let stem = Path::new(name)
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned());
    separated::read(bytes, &stem.unwrap_or_default(), limits)
}

/// Names what is neither an archive nor text.
fn not_a_sheet(bytes: &[u8], name: &str) -> Result<(), OpenError> {
    if bytes.starts_with(COMPOUND) {
        let encrypted: Vec<u8> = "EncryptedPackage"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        return Err(if memchr::memmem::find(bytes, &encrypted).is_some() {
            OpenError::Encrypted
        } else {
            OpenError::OtherFormat("a workbook of the old format (.xls, .et)")
        });
    }
    if bytes.starts_with(b"%PDF") {
        return Err(OpenError::OtherFormat("a PDF document"));
    }
    let start: Vec<u8> = bytes
        .iter()
        .skip_while(|byte| !byte.is_ascii_graphic())
        .take(512)
        .map(u8::to_ascii_lowercase)
        .collect();
    let pages: [&[u8]; 4] = [b"<html", b"<!doctype", b"<table", b"<?xml"];
    if pages.iter().any(|page| start.starts_with(page)) {
        // Many systems export a web page and call it .xls.
        return Err(OpenError::OtherFormat("a web page or XML text"));
    }
    let workbook = Path::new(name).extension().is_some_and(|ending| {
        ["xlsx", "xlsm", "xls", "et", "ods"]
            .iter()
            .any(|known| ending.eq_ignore_ascii_case(known))
    });
    if workbook {
        return Err(OpenError::Damaged(
            "its name is that of a workbook, but its content is not".to_owned(),
        ));
    }
    Ok(())
}

/// Why a file was not read. Nothing of it was.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OpenError {
    /// The file is longer than allowed.
    #[error(
        "the file is larger than {} MiB: remove pictures and unused sheets, or divide it",
        mebibytes(*.limit)
    )]
    FileTooLarge {
        /// Bytes allowed.
        limit: usize,
    },
    /// The archive holds more parts than a workbook has.
    #[error("the file holds more than {limit} parts: save it anew with the spreadsheet program")]
    TooManyParts {
        /// Parts allowed.
        limit: usize,
    },
    /// All parts together are too large.
    #[error(
        "unpacked, the file is larger than {} MiB: remove pictures and unused sheets, or divide it",
        mebibytes(*.limit)
    )]
    TooLargeUnpacked {
        /// Bytes allowed.
        limit: usize,
    },
    /// One part is too large.
    #[error(
        "unpacked, the part {part} is larger than {} MiB: divide the sheet, and delete formatted rows that hold nothing",
        mebibytes(*.limit)
    )]
    PartTooLarge {
        /// The part's name.
        part: String,
        /// Bytes allowed.
        limit: usize,
    },
    /// A part grows like a bomb.
    #[error(
        "unpacked, the part {part} grows more than {limit} times, as bombs do: if the file is honest, delete \
         formatted rows that hold nothing and save it anew"
    )]
    Expands {
        /// The part's name.
        part: String,
        /// Times allowed.
        limit: usize,
    },
    /// A part's name is a path out of the archive, or far too deep.
    #[error("the part {0} has a name that no spreadsheet program gives: do not open this file")]
    StrangePart(String),
    /// A part declares its own document type, by which entities come in.
    #[error(
        "the part {0} declares a document type, which no spreadsheet program does: do not open this file"
    )]
    Doctype(String),
    /// A part is not in UTF-8.
    #[error("the part {0} is not UTF-8 text: save the file anew with the spreadsheet program")]
    NotUtf8(String),
    /// The formats of cells would take too much memory.
    #[error(
        "the part {0} defines too many cell formats: copy the cells as values into a new workbook"
    )]
    TooManyFormats(String),
    /// More worksheets than allowed.
    #[error("the file holds more than {limit} sheets: divide it")]
    TooManySheets {
        /// Sheets allowed.
        limit: usize,
    },
    /// More rows than allowed.
    #[error(
        "sheet {sheet} goes beyond row {limit}: divide it, and delete rows at its end that hold nothing"
    )]
    TooManyRows {
        /// The sheet's name.
        sheet: String,
        /// Rows allowed.
        limit: usize,
    },
    /// More columns than allowed.
    #[error("sheet {sheet} goes beyond {limit} columns: delete those that hold nothing")]
    TooManyColumns {
        /// The sheet's name.
        sheet: String,
        /// Columns allowed.
        limit: usize,
    },
    /// More cells than allowed.
    #[error("the file holds more than {limit} cells: divide it")]
    TooManyCells {
        /// Cells allowed.
        limit: usize,
    },
    /// The text of a cell is too long.
    #[error("{place} holds more than {limit} characters: shorten it")]
    CellTooLong {
        /// The cell.
        place: String,
        /// Characters allowed.
        limit: usize,
    },
    /// All texts together are too long.
    #[error("the texts of the file are longer than {} MiB: divide it", mebibytes(*.limit))]
    TooMuchText {
        /// Bytes allowed.
        limit: usize,
    },
    /// A password is needed.
    #[error(
        "the file is encrypted: open it with its password, remove the password, and save it as .xlsx"
    )]
    Encrypted,
    /// Another format.
    #[error("this is {0}: open it with the spreadsheet program and save it as .xlsx")]
    OtherFormat(&'static str),
    /// Text in no encoding that is known.
    #[error(
        "the text is neither UTF-8 nor GB18030 nor UTF-16 with a mark: save it as .xlsx or as UTF-8"
    )]
    Encoding,
    /// The parser could not read it.
    #[error(
        "the file is damaged ({0}): open it with the spreadsheet program and save it anew as .xlsx"
    )]
    Damaged(String),
}

fn mebibytes(bytes: usize) -> usize {
    bytes / 1024 / 1024
}
