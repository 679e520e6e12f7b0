//! Files of sheets on this machine. What is written is new and its owner's alone, as every file of a command.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use jiff::Timestamp;
use sheet::{Book, Layout, Limits, Merge, WriteError};

use crate::output::{Format, Output};
use crate::{Ending, Failure, input};

/// Reads a sheet.
pub(crate) fn read(path: &Path) -> Result<Book, Failure> {
    let shown = path.display();
    let limits = Limits::default();
    let bytes = input::read_at_most(path, limits.file_bytes)?;
    let name = path.file_name().map(|name| name.to_string_lossy());
    sheet::open(&bytes, &name.unwrap_or_default(), &limits)
        .map_err(|error| Failure::Message(format!("{shown}: {error}")))
}

/// Refuses a name that is taken, before anything is asked for.
pub(crate) fn must_be_new(path: &Path) -> Result<(), Failure> {
    if path.exists() {
        let path = path.display();
        return Err(Failure::Message(format!(
            "{path} is there already, move it away first"
        )));
    }
    Ok(())
}

/// The ending of a file to be written, when it is one of these.
pub(crate) fn must_end_in<'e>(path: &Path, endings: &[&'e str]) -> Result<&'e str, Failure> {
    let own = path.extension().and_then(|ending| ending.to_str());
    let found = endings
        .iter()
        .find(|ending| own.is_some_and(|own| own.eq_ignore_ascii_case(ending)));
    found.copied().ok_or_else(|| {
        let wanted = endings.join(" or .");
        let path = path.display();
        Failure::Message(format!("{path} is to be written: name a .{wanted} file"))
    })
}

/// Writes a new file.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = File::options();
    let opened = options.write(true).create_new(true).mode(0o600).open(path);
    let written = opened.and_then(|mut file| file.write_all(bytes));
    written.map_err(|error| {
        let path = path.display();
        Failure::Message(format!("{path} cannot be written: {error}"))
    })
}

/// Writes rows under titles, in the format that the file's name asks for.
pub(crate) fn write_rows(
    path: &Path,
    layout: &Layout<'_>,
    rows: &[Vec<String>],
    merges: &[Merge],
) -> Result<(), Failure> {
    let bytes = match must_end_in(path, &["xlsx", "csv"])? {
        "csv" => sheet::separated_text(layout, rows),
        _ => sheet::workbook(layout, rows, merges, now()),
    };
    write_new(path, &bytes.map_err(|error| not_written(&error))?)
}

/// Writes an empty sheet to fill in.
pub(crate) fn write_template(path: &Path, layout: &Layout<'_>) -> Result<(), Failure> {
    must_end_in(path, &["xlsx"])?;
    let bytes = sheet::template(layout, now()).map_err(|error| not_written(&error))?;
    write_new(path, &bytes)
}

/// Tells what was written.
pub(crate) fn tell<W: Write>(
    path: &Path,
    count: Option<(&str, usize)>,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let path = path.display().to_string();
    match output.format() {
        Format::Json => {
            let mut line = serde_json::json!({ "written": path });
            if let (Some((noun, count)), Some(fields)) = (count, line.as_object_mut()) {
                fields.insert(noun.to_owned(), count.into());
            }
            output.json(&line)?;
        }
        Format::Table => {
            if let Some((noun, count)) = count {
                output.fields(&[(noun, count.to_string())])?;
            }
            output.fields(&[("written to", path)])?;
        }
    }
    Ok(Ending::Good)
}

/// A sheet that could not be made.
pub(crate) fn not_written(error: &WriteError) -> Failure {
    Failure::Message(error.to_string())
}

/// The time that a sheet tells as the time of its writing.
#[expect(
    clippy::disallowed_methods,
    reason = "the edge: a command writes its file now"
)]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}
