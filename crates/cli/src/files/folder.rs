//! The folder of a file drop: a folder for each resource, and in it what is to be brought, what was, and what was
//! refused. Whatever is wrong with one file or folder is told, and the others are brought all the same.

mod away;

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, DirEntry, Metadata};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use domain::name::ResourceName;
use serde::Deserialize;
use tokio::time::Instant;

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

/// What was seen at each look, and since when it is as it is. Whoever dates files may have another clock, so the time
/// is that of this program.
#[derive(Debug)]
pub(super) struct Patience {
    settle: Duration,
    seen: HashMap<PathBuf, (Mark, Instant)>,
}

impl Patience {
    /// Files are ready that did not change for so long.
    pub(super) fn new(settle: Duration) -> Self {
        Self {
            settle,
            seen: HashMap::new(),
        }
    }

    /// Leaves as ready what has not changed for long enough; whatever else was found is unsettled.
    pub(super) fn sort(&mut self, lying: &mut Lying, now: Instant) {
        let mut seen = HashMap::with_capacity(lying.ready.len());
        let found = std::mem::take(&mut lying.ready);
        for found in found {
            let before = self.seen.get(&found.path);
            let before = before.filter(|(mark, _)| *mark == found.mark);
            let since = before.map_or(now, |(_, since)| *since);
            seen.insert(found.path.clone(), (found.mark, since));
            if now.duration_since(since) >= self.settle {
                lying.ready.push(found);
            } else {
                lying.unsettled.push(found.path);
            }
        }
        self.seen = seen;
    }
}

/// What lies in a folder.
#[derive(Debug, Default)]
pub(super) struct Lying {
    /// Files that can be brought, in the order of their names.
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

/// Looks at a folder. Whether something still writes to a file shows at the next look ([`Patience`]).
pub(super) fn look(folder: &Path) -> Result<Lying, Failure> {
    let entries = entries(folder).map_err(Failure::Message)?;
    let mut lying = Lying::default();
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name());
        if is_left_alone(&name) {
            continue;
        }
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            lying.look_into(&path);
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
        let path = folder.join(SETTINGS);
        let read = match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => Err(error.to_string()),
            // A link leads elsewhere, and a pipe has no end.
            Ok(about) if !about.is_file() => Err("it is no plain file".to_owned()),
            Ok(_) => fs::read_to_string(&path).map_err(|error| error.to_string()),
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
    fn look_into(&mut self, folder: &Path) {
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
            self.look_at(&file.path(), &resource, &settings);
        }
    }

    /// Looks at one file.
    fn look_at(&mut self, path: &Path, resource: &ResourceName, settings: &Settings) {
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
        if mark.size == 0 {
            // Whoever opened it has written nothing yet.
            self.unsettled.push(path.to_path_buf());
            return;
        }
        self.ready.push(Found {
            path: path.to_path_buf(),
            name: name.to_owned(),
            resource: resource.clone(),
            items: settings.items.clone(),
            mark,
        });
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

    /// Bytes when it was found.
    pub(super) fn size(&self) -> u64 {
        self.mark.size
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
