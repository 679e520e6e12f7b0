//! What was brought or refused is put away beside the others.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use super::{Found, entries, is_left_alone};
use crate::Failure;

/// Where files go that are with the gateway, each day into a folder of its own.
const SENT: &str = "sent";
/// Where files go that the gateway refused.
const REFUSED: &str = "refused";
/// What the name of a text about a refused file ends with.
const WHY: &str = ".why.txt";
/// Bytes of a name to which that ending can be put.
const NAME_BYTES: usize = 240;
/// Files of one name that are put away in one folder.
const SAME_NAMES: u32 = 10_000;

/// Whether a file was put away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::files) enum Away {
    /// It was.
    Put,
    /// Something was written to it meanwhile: it is another file, and stays for the next round.
    Changed,
}

impl Found {
    /// Puts it away as brought on a day.
    ///
    /// # Errors
    /// A sentence that says what could not be done.
    pub(in crate::files) fn sent(&self, today: Date) -> Result<Away, Failure> {
        if !self.is_unchanged() {
            return Ok(Away::Changed);
        }
        let folder = self.folder().join(SENT);
        let day = folder.join(today.to_string());
        make(&folder)?;
        make(&day)?;
        self.put_into(&day, None)
    }

    /// Puts it away as refused, with a text that says why.
    ///
    /// # Errors
    /// As [`Found::sent`].
    pub(in crate::files) fn refused(&self, why: &str) -> Result<Away, Failure> {
        if !self.is_unchanged() {
            return Ok(Away::Changed);
        }
        let folder = self.folder().join(REFUSED);
        make(&folder)?;
        self.put_into(&folder, Some(why))
    }

    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    /// Moves it into a folder under a name that is free there; the text about it comes first, so that no file lies
    /// there without one.
    fn put_into(&self, folder: &Path, why: Option<&str>) -> Result<Away, Failure> {
        let place = free(folder, &self.name)?;
        let text = why.map(|why| (about(&place), why));
        if let Some((text, why)) = &text {
            fs::write(text, format!("{why}\n")).map_err(|e| cannot("write", text, &e))?;
        }
        fs::rename(&self.path, &place).map_err(|error| {
            if !place.exists() {
                forget(text.as_ref());
            }
            cannot("move", &self.path, &error)
        })?;
        // Whoever replaced it between two steps of ours gets it back.
        let here = Self {
            path: place.clone(),
            ..self.clone()
        };
        if here.is_unchanged() || self.path.exists() {
            return Ok(Away::Put);
        }
        forget(text.as_ref());
        fs::rename(&place, &self.path).map_err(|error| cannot("move back", &place, &error))?;
        Ok(Away::Changed)
    }
}

/// How many refused files lie in the folder of a resource.
pub(super) fn count_refused(folder: &Path) -> usize {
    let is_file =
        |name: &std::ffi::OsStr| !is_left_alone(name) && !name.to_string_lossy().ends_with(WHY);
    let refused = entries(&folder.join(REFUSED)).unwrap_or_default();
    refused
        .iter()
        .filter(|entry| is_file(&entry.file_name()))
        .count()
}

/// Removes what was brought more than so many days before today, in all folders of a drop.
///
/// # Errors
/// A sentence about what could not be removed.
pub(in crate::files) fn forget_sent(drop: &Path, today: Date, days: u32) -> Result<(), Failure> {
    let first = today.checked_sub(jiff::Span::new().days(i64::from(days)));
    let first = first.unwrap_or(today);
    for resource in entries(drop).map_err(Failure::Message)? {
        let sent = resource.path().join(SENT);
        // What leads elsewhere is not ours to empty.
        let is_ours = |kind: std::io::Result<fs::FileType>| kind.is_ok_and(|kind| kind.is_dir());
        let kind = fs::symlink_metadata(&sent).map(|about| about.file_type());
        if !is_ours(resource.file_type()) || !is_ours(kind) {
            continue;
        }
        for day in entries(&sent).unwrap_or_default() {
            let name = day.file_name().to_string_lossy().into_owned();
            let is_old = name.parse::<Date>().is_ok_and(|day| day < first);
            if is_old && day.file_type().is_ok_and(|kind| kind.is_dir()) {
                fs::remove_dir_all(day.path()).map_err(|e| cannot("remove", &day.path(), &e))?;
            }
        }
    }
    Ok(())
}

/// Makes a folder, if it is not there; what leads elsewhere is none.
fn make(folder: &Path) -> Result<(), Failure> {
    match fs::symlink_metadata(folder) {
        Ok(about) if about.is_dir() => Ok(()),
        Ok(_) => Err(Failure::Message(format!(
            "{} is no folder; remove it",
            folder.display()
        ))),
        Err(_) => match fs::create_dir(folder) {
            // Another that looks after the folder was faster.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
            made => made.map_err(|error| cannot("make", folder, &error)),
        },
    }
}

/// A place in a folder under a name, or under one with a number before it.
fn free(folder: &Path, name: &str) -> Result<PathBuf, Failure> {
    let numbered = |number: u32| match number {
        0 => folder.join(name),
        number => folder.join(format!("{number}-{name}")),
    };
    let free = (0..SAME_NAMES).map(numbered).find(|place| !place.exists());
    free.ok_or_else(|| {
        let text = format!(
            "{} holds too many files of the name {name}",
            folder.display()
        );
        Failure::Message(text)
    })
}

/// Where the text about a refused file stands.
fn about(place: &Path) -> PathBuf {
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    let most = name.floor_char_boundary(NAME_BYTES);
    let name = name.get(..most).unwrap_or_default();
    place.with_file_name(format!("{name}{WHY}"))
}

fn forget(text: Option<&(PathBuf, &str)>) {
    if let Some((text, _)) = text {
        // A text without a file misleads nobody for long.
        let _ = fs::remove_file(text);
    }
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::Message(format!("cannot {what} {}: {error}", path.display()))
}
