//! What an archive must be before a parser sees it.
//!
//! Each part is unpacked here once, under the limits, and looked through for what would make the parser behind this
//! door take memory without bound. The archive is read by the very library that the parser uses, so both see the same.

use std::io::{Cursor, Read};

use memchr::memmem;
use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

use crate::limits::Limits;
use crate::open::OpenError;

const MEBIBYTE: usize = 1024 * 1024;
/// Definitions that the parser copies into every cell format which uses them: bytes of all copies together.
const STYLE_BYTES: usize = 64 * MEBIBYTE;
/// Folders in a part's name. Excel writes four.
const DEPTH: usize = 8;

/// What was seen on the way.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Seen {
    /// Some cell holds a formula.
    pub(crate) formulas: bool,
}

/// Unpacks every part under the limits and throws it away again.
pub(crate) fn check(bytes: &[u8], limits: &Limits) -> Result<Seen, OpenError> {
    // Each part has a header with this mark. Counting them first keeps the index of the parts itself small.
    let marks = memmem::find_iter(bytes, b"PK\x01\x02").count();
    if marks > limits.entries {
        return Err(OpenError::TooManyParts {
            limit: limits.entries,
        });
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    kind(&archive)?;
    let mut seen = Seen::default();
    let mut part = Vec::new();
    let mut left = limits.unpacked_bytes;
    for index in 0..archive.len() {
        let file = archive.by_index(index).map_err(damaged)?;
        let name = name(&file)?;
        part.clear();
        unpack(file, &name, &mut part, left, limits)?;
        left = left.saturating_sub(part.len());
        if is_xml(&name, &part) {
            look(&name, &part, limits, &mut seen)?;
        }
    }
    Ok(seen)
}

fn damaged(error: ZipError) -> OpenError {
    match error {
        ZipError::UnsupportedArchive(text) if text == ZipError::PASSWORD_REQUIRED => {
            OpenError::Encrypted
        }
        error => OpenError::Damaged(error.to_string()),
    }
}

/// Other formats that are archives too are told apart by their parts.
fn kind(archive: &ZipArchive<Cursor<&[u8]>>) -> Result<(), OpenError> {
    let has = |wanted: &str| {
        archive
            .file_names()
            .filter_map(Result::ok)
            .any(|name| name.eq_ignore_ascii_case(wanted))
    };
    let other = if has("xl/workbook.bin") {
        "a binary workbook (.xlsb)"
    } else if has("word/document.xml") {
        "a text document (.docx)"
    } else if has("mimetype") && has("content.xml") {
        "an OpenDocument file (.ods)"
    } else if has("[Content_Types].xml") {
        return Ok(());
    } else {
        "an archive that holds no workbook"
    };
    Err(OpenError::OtherFormat(other))
}

/// Names are never used as paths here; one that tries to be a path elsewhere was not written by a spreadsheet.
fn name<R: Read>(file: &ZipFile<'_, R>) -> Result<String, OpenError> {
    let name = file.name().map_err(damaged)?.into_owned();
    let strange = file.enclosed_name().is_none()
        || name.starts_with('/')
        || name.contains(['\\', '\0', ':'])
        || name.split('/').any(|folder| folder == "..")
        || name.split('/').count() > DEPTH;
    if strange {
        return Err(OpenError::StrangePart(name.escape_default().to_string()));
    }
    Ok(name)
}

/// Unpacks one part and stops at the first byte too many.
fn unpack<R: Read>(
    mut file: ZipFile<'_, R>,
    name: &str,
    part: &mut Vec<u8>,
    left: usize,
    limits: &Limits,
) -> Result<(), OpenError> {
    let packed = usize::try_from(file.compressed_size()).unwrap_or(usize::MAX);
    let ratio = packed.saturating_mul(limits.ratio).max(MEBIBYTE);
    let most = left.min(limits.part_bytes).min(ratio);
    let take = u64::try_from(most.saturating_add(1)).unwrap_or(u64::MAX);
    file.by_ref()
        .take(take)
        .read_to_end(part)
        .map_err(|error| OpenError::Damaged(format!("{name}: {error}")))?;
    if part.len() <= most {
        return Ok(());
    }
    Err(if most == left {
        OpenError::TooLargeUnpacked {
            limit: limits.unpacked_bytes,
        }
    } else if most == ratio {
        OpenError::Expands {
            part: name.to_owned(),
            limit: limits.ratio,
        }
    } else {
        OpenError::PartTooLarge {
            part: name.to_owned(),
            limit: limits.part_bytes,
        }
    })
}

/// The parser takes what the archive's own table of contents calls a worksheet, whatever its name ends in.
fn is_xml(name: &str, part: &[u8]) -> bool {
    let named = [".xml", ".rels", ".vml"]
        .iter()
        .any(|ending| name.to_ascii_lowercase().ends_with(ending));
    let start = part.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(part);
    let first = start.iter().find(|byte| !byte.is_ascii_whitespace());
    named || first == Some(&b'<')
}

/// Looks through a part for what a parser must not be given. Comments and texts are looked through too: rather one
/// file refused that nobody writes than one tag missed.
fn look(name: &str, part: &[u8], limits: &Limits, seen: &mut Seen) -> Result<(), OpenError> {
    if part.contains(&0) || part.starts_with(b"\xFE\xFF") || part.starts_with(b"\xFF\xFE") {
        return Err(OpenError::NotUtf8(name.to_owned()));
    }
    let mut count = Count::default();
    let mut previous = 0;
    for at in memchr::memchr_iter(b'<', part) {
        count.longest = count.longest.max(at - previous);
        previous = at;
        let rest = part.get(at + 1..).unwrap_or_default();
        if rest.starts_with(b"!") && !rest.starts_with(b"!--") && !rest.starts_with(b"![CDATA[") {
            return Err(OpenError::Doctype(name.to_owned()));
        }
        count.tag(rest);
    }
    count.longest = count.longest.max(part.len() - previous);
    seen.formulas |= count.formulas > 0;
    if count.formats.saturating_mul(count.longest) > STYLE_BYTES {
        return Err(OpenError::TooManyFormats(name.to_owned()));
    }
    if count.sheets > limits.sheets {
        return Err(OpenError::TooManySheets {
            limit: limits.sheets,
        });
    }
    let announced = announced(part, limits.cells);
    if count.strings > limits.cells || count.merged > limits.cells || announced {
        return Err(OpenError::TooManyCells {
            limit: limits.cells,
        });
    }
    Ok(())
}

/// The parser makes room for as many strings as the part announces, before it has seen one.
fn announced(part: &[u8], most: usize) -> bool {
    memmem::find_iter(part, b"uniqueCount").any(|at| {
        let rest = part.get(at + b"uniqueCount".len()..).unwrap_or_default();
        let digits = rest
            .iter()
            .skip_while(|byte| matches!(byte, b'=' | b'"' | b'\'') || byte.is_ascii_whitespace())
            .take_while(|byte| byte.is_ascii_digit())
            .fold(0usize, |number, digit| {
                number
                    .saturating_mul(10)
                    .saturating_add(usize::from(digit - b'0'))
            });
        digits > most
    })
}

/// Tags that cost more memory than they are long.
#[derive(Default)]
struct Count {
    formats: usize,
    strings: usize,
    sheets: usize,
    merged: usize,
    formulas: usize,
    longest: usize,
}

impl Count {
    fn tag(&mut self, rest: &[u8]) {
        let end = rest
            .iter()
            .take(64)
            .position(|byte| matches!(byte, b'>' | b'/' | b' ' | b'\t' | b'\r' | b'\n'));
        let name = end.and_then(|end| rest.get(..end)).unwrap_or_default();
        // A name may come with a prefix: `x:si` is `si`.
        let local = name.rsplit(|byte| *byte == b':').next().unwrap_or_default();
        match local {
            b"xf" | b"font" | b"fill" | b"border" | b"numFmt" => self.formats += 1,
            b"si" => self.strings += 1,
            b"sheet" => self.sheets += 1,
            b"mergeCell" => self.merged += 1,
            b"f" => self.formulas += 1,
            _ => {}
        }
    }
}
