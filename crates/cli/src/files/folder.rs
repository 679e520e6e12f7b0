//! The folder of a file drop: a folder for each resource, and in it what is to be brought, what was, and what was
//! refused.

use std::fs::{self, DirEntry, Metadata};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use domain::name::ResourceName;
use serde::Deserialize;

use crate::Failure;

/// Where files go that are with the gateway.
const SENT: &str = "sent";
/// Where files go that the gateway refused.
const REFUSED: &str = "refused";
/// What the name of a text about a refused file ends with.
const WHY: &str = ".why.txt";
/// What a department says of all files in a folder.
const SETTINGS: &str = ".drop.toml";
/// Endings of files that something else is still writing.
const UNFINISHED: [&str; 4] = [".part", ".tmp", ".filepart", ".crdownload"];

/// Files of one name that are put away.
const SAME_NAMES: u32 = 10_000;

/// A file that is to be brought.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) name: String,
    pub(super) resource: ResourceName,
    /// Keys of the items that it holds; all of the resource where none is named.
    pub(super) items: Vec<String>,
    pub(super) mark: Mark,
}

/// What tells a file from another of the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
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

    /// The moment of its last change in nanoseconds, as a text that is the same for the same file.
    pub(super) fn text(&self) -> String {
        let since = self
            .modified
            .and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
        format!("{} {}", self.size, since.unwrap_or_default().as_nanos())
    }
}

/// What lies in a folder.
#[derive(Debug, Default)]
pub(super) struct Lying {
    /// Files that nobody has written to for a while, in the order of their names.
    pub(super) ready: Vec<Found>,
    /// How many something may still write to.
    pub(super) unsettled: usize,
    /// How many were refused.
    pub(super) refused: usize,
    /// What is wrong with folders, in a sentence each; nothing in them is brought.
    pub(super) wrong: Vec<String>,
}

/// Looks at a folder. A file is ready when nothing was written to it for so long before `now`.
pub(super) fn look(folder: &Path, settle: Duration, now: SystemTime) -> Result<Lying, Failure> {
    let mut lying = Lying::default();
    for entry in entries(folder)? {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || !entry.path().is_dir() {
            continue;
        }
        let Ok(resource) = ResourceName::from_id(&name) else {
            let text = "is no folder of a resource, such as 102001-000091; it is left alone";
            lying.wrong.push(format!("{name} {text}"));
            continue;
        };
        match Settings::read(&entry.path()) {
            Ok(settings) => {
                let place = Place {
                    folder: &entry.path(),
                    resource,
                    settings,
                };
                place.look_into(settle, now, &mut lying)?;
            }
            Err(wrong) => lying.wrong.push(wrong),
        }
    }
    Ok(lying)
}

/// The folder of one resource.
struct Place<'a> {
    folder: &'a Path,
    resource: ResourceName,
    settings: Settings,
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
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            read => read.map_err(|error| error.to_string()),
        };
        let settings = text.and_then(|text| toml::from_str(&text).map_err(|e| e.to_string()));
        settings.map_err(|error| format!("{}: {error}", path.display()))
    }
}

impl Place<'_> {
    fn look_into(
        self,
        settle: Duration,
        now: SystemTime,
        lying: &mut Lying,
    ) -> Result<(), Failure> {
        for entry in entries(self.folder)? {
            let name = entry.file_name().to_string_lossy().into_owned();
            let unfinished = UNFINISHED.iter().any(|ending| name.ends_with(ending));
            // Links are not followed: they may lead anywhere.
            let about = fs::symlink_metadata(entry.path())?;
            if name.starts_with('.') || unfinished || !about.is_file() {
                continue;
            }
            let mark = Mark::of(&about);
            let age = mark.modified.and_then(|at| now.duration_since(at).ok());
            if age.unwrap_or_default() < settle {
                lying.unsettled += 1;
                continue;
            }
            lying.ready.push(Found {
                path: entry.path(),
                name,
                resource: self.resource.clone(),
                items: self.settings.items.clone(),
                mark,
            });
        }
        lying.refused += refused_in(self.folder)?;
        Ok(())
    }
}

fn refused_in(folder: &Path) -> Result<usize, Failure> {
    let folder = folder.join(REFUSED);
    if !folder.is_dir() {
        return Ok(0);
    }
    let files = entries(&folder)?;
    let is_file = |entry: &&DirEntry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        !name.ends_with(WHY) && !name.starts_with('.')
    };
    Ok(files.iter().filter(is_file).count())
}

impl Found {
    /// Whether it is as it was found.
    pub(super) fn is_unchanged(&self) -> bool {
        fs::symlink_metadata(&self.path).is_ok_and(|about| Mark::of(&about) == self.mark)
    }

    /// Puts it away as brought.
    pub(super) fn sent(&self) -> Result<(), Failure> {
        self.put_away(SENT).map(drop)
    }

    /// Puts it away as refused, with a text that says why.
    pub(super) fn refused(&self, why: &str) -> Result<(), Failure> {
        let at = self.put_away(REFUSED)?;
        let mut text = at.into_os_string();
        text.push(WHY);
        Ok(fs::write(text, format!("{why}\n"))?)
    }

    /// Moves it into a folder beside it, under a name that is free there.
    fn put_away(&self, folder: &str) -> Result<PathBuf, Failure> {
        let folder = self.path.parent().unwrap_or(Path::new(".")).join(folder);
        fs::create_dir_all(&folder)?;
        let free = (0..SAME_NAMES)
            .map(|number| match number {
                0 => folder.join(&self.name),
                number => folder.join(format!("{number}-{}", self.name)),
            })
            .find(|place| !place.exists());
        let place = free.ok_or_else(|| {
            Failure::Message(format!("{} holds too many files", folder.display()))
        })?;
        fs::rename(&self.path, &place)?;
        Ok(place)
    }
}

/// What lies in a folder, in the order of the names.
fn entries(folder: &Path) -> Result<Vec<DirEntry>, Failure> {
    let unread = |error: std::io::Error| {
        Failure::Message(format!("{} cannot be read: {error}", folder.display()))
    };
    let mut entries: Vec<DirEntry> = fs::read_dir(folder)
        .and_then(Iterator::collect)
        .map_err(unread)?;
    entries.sort_by_key(DirEntry::file_name);
    Ok(entries)
}
