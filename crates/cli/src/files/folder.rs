//! The folder of a file drop: a folder for each resource, and in it what is to be brought, what was, and what was
//! refused. Whatever is wrong with one file or folder is told, and the others are brought all the same.

mod away;

use std::ffi::OsStr;
use std::fs::{self, DirEntry, Metadata};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use domain::name::ResourceName;
use serde::Deserialize;

use crate::Failure;

pub(super) use away::Away;
use away::count_refused;
pub(super) use away::forget_sent;

/// What a department says of all files in a folder.
const SETTINGS: &str = ".drop.toml";
/// Endings of files that something else is still writing.
const UNFINISHED: [&str; 4] = [".part", ".tmp", ".filepart", ".crdownload"];
/// What programs leave beside files.
const LEFT_BESIDE: [&str; 2] = ["thumbs.db", "desktop.ini"];
/// So much may the clocks of two machines differ.
const CLOCKS: Duration = Duration::from_mins(1);

/// A file that is to be brought.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) name: String,
    pub(super) resource: ResourceName,
    /// Keys of the items that it holds; all of the resource where none is named.
    pub(super) items: Vec<String>,
    mark: Mark,
}

/// What tells a file from another of the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    size: u64,
    modified: Option<SystemTime>,
}

impl Mark {
    fn of(about: &Metadata) -> Self {
        Self {
            size: about.len(),
            modified: about.modified().ok(),
        }
    }
}

/// What lies in a folder.
#[derive(Debug, Default)]
pub(super) struct Lying {
    /// Files that nobody has written to for a while, in the order of their names.
    pub(super) ready: Vec<Found>,
    /// Files that something may still write to.
    pub(super) unsettled: Vec<PathBuf>,
    /// How many are not brought for what is wrong.
    pub(super) held_up: usize,
    /// How many were refused.
    pub(super) refused: usize,
    /// What is wrong, in a sentence each.
    pub(super) wrong: Vec<String>,
}

/// Looks at a folder. A file is ready when nothing was written to it for so long before `now`.
pub(super) fn look(folder: &Path, settle: Duration, now: SystemTime) -> Result<Lying, Failure> {
    let entries = entries(folder).map_err(Failure::Message)?;
    let mut lying = Lying::default();
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name());
        if is_left_alone(&name) {
            continue;
        }
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            lying.look_into(&path, settle, now);
        } else {
            lying.hold_up(&path, 1, "lies outside of the folders of resources");
        }
    }
    Ok(lying)
}

/// What a department may say of all files in a folder.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    items: Vec<String>,
}

impl Settings {
    /// Those of a folder, or none; a sentence where they cannot be read.
    fn read(folder: &Path) -> Result<Self, String> {
        let read = match fs::read_to_string(folder.join(SETTINGS)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            read => read.map_err(|error| error.to_string()),
        };
        let settings = read.and_then(|text| toml::from_str(&text).map_err(|e| e.to_string()));
        settings.map_err(|error| format!("holds {SETTINGS}, which cannot be read: {error}"))
    }
}

impl Lying {
    fn hold_up(&mut self, path: &Path, files: usize, what: &str) {
        self.held_up += files;
        self.wrong.push(format!("{} {what}", path.display()));
    }

    /// Looks into the folder of one resource.
    fn look_into(&mut self, folder: &Path, settle: Duration, now: SystemTime) {
        let files = match entries(folder) {
            Ok(files) => files,
            Err(wrong) => {
                self.wrong.push(wrong);
                return;
            }
        };
        let files: Vec<DirEntry> = files
            .into_iter()
            .filter(|entry| !is_left_alone(&entry.file_name()))
            .filter(|entry| entry.file_type().is_ok_and(|kind| !kind.is_dir()))
            .collect();
        let name = folder.file_name().and_then(OsStr::to_str);
        let Ok(resource) = ResourceName::from_id(name.unwrap_or_default()) else {
            let what =
                "is no folder of a resource, such as 102001-000091; nothing in it is brought";
            self.hold_up(folder, files.len(), what);
            return;
        };
        self.refused += count_refused(folder);
        let settings = match Settings::read(folder) {
            Ok(settings) => settings,
            Err(wrong) => {
                self.hold_up(folder, files.len(), &wrong);
                return;
            }
        };
        for file in files {
            self.look_at(&file.path(), &resource, &settings, settle, now);
        }
    }

    /// Looks at one file.
    fn look_at(
        &mut self,
        path: &Path,
        resource: &ResourceName,
        settings: &Settings,
        settle: Duration,
        now: SystemTime,
    ) {
        let about = match fs::symlink_metadata(path) {
            Ok(about) => about,
            // It was renamed or taken away since.
            Err(error) if error.kind() == ErrorKind::NotFound => return,
            Err(error) => return self.hold_up(path, 1, &format!("cannot be looked at: {error}")),
        };
        let Some(name) = path.file_name().and_then(OsStr::to_str) else {
            let what = "has a name that is not UTF-8; give it another";
            return self.hold_up(path, 1, what);
        };
        if !about.is_file() {
            let what = "is a link or no plain file, and is not brought: a link can lead anywhere";
            return self.hold_up(path, 1, what);
        }
        let mark = Mark::of(&about);
        let age = mark.modified.map(|at| now.duration_since(at));
        match age {
            Some(Err(ahead)) if ahead.duration() > CLOCKS => {
                let what =
                    "is dated in the future by the clock of this machine; it waits until then";
                self.hold_up(path, 1, what);
            }
            // Whoever opened it has written nothing yet.
            _ if mark.size == 0 => self.unsettled.push(path.to_path_buf()),
            Some(Ok(age)) if age < settle => self.unsettled.push(path.to_path_buf()),
            Some(Err(_)) if !settle.is_zero() => self.unsettled.push(path.to_path_buf()),
            _ => self.ready.push(Found {
                path: path.to_path_buf(),
                name: name.to_owned(),
                resource: resource.clone(),
                items: settings.items.clone(),
                mark,
            }),
        }
    }
}

impl Found {
    /// What tells it from every other file, as texts that are the same for the same file.
    pub(super) fn marks(&self) -> Vec<String> {
        let modified = self.mark.modified;
        let since = modified.and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
        let mut marks = vec![
            self.resource.as_str().to_owned(),
            self.name.clone(),
            self.mark.size.to_string(),
            since.unwrap_or_default().as_nanos().to_string(),
        ];
        marks.extend(self.items.clone());
        marks
    }

    /// Whether it is as it was found.
    pub(super) fn is_unchanged(&self) -> bool {
        fs::symlink_metadata(&self.path).is_ok_and(|about| Mark::of(&about) == self.mark)
    }
}

/// Whether a name is none of a file that is to be brought.
fn is_left_alone(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_lowercase();
    let unfinished = UNFINISHED.iter().any(|ending| name.ends_with(ending));
    // Programs for tables keep a file of this kind beside one that is open.
    let is_lock = name.starts_with("~$");
    unfinished || is_lock || name.starts_with('.') || LEFT_BESIDE.contains(&name.as_str())
}

/// What lies in a folder, in the order of the names; a sentence where it cannot be read.
fn entries(folder: &Path) -> Result<Vec<DirEntry>, String> {
    let mut entries: Vec<DirEntry> = fs::read_dir(folder)
        .and_then(Iterator::collect)
        .map_err(|error| format!("{} cannot be read: {error}", folder.display()))?;
    entries.sort_by_key(DirEntry::file_name);
    Ok(entries)
}

#[cfg(test)]
mod tests;
