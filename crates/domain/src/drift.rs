//! Drift: what a provider serves is no longer what is registered.
//!
//! An answer has a [`Shape`]: the paths that stand in it, each with a kind, and no value. Shapes are held against
//! the description of a message, against the items of the catalogue, or against the shape of an earlier answer.

mod columns;
mod json;
mod message;
mod promised;
mod traffic;
mod values;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

pub use columns::of_columns;
pub use json::{against_items, shape_of_json, shape_of_metadata};
pub use message::{
    against_description, against_message, against_whole_description, shape_of_message,
};
pub use promised::of_answer;
pub use traffic::{Glance, in_traffic};
pub use values::{kind_of, of_values, shape_of_values};

/// Paths of one shape; what lies beyond is not looked at.
pub const PATHS: usize = 2000;
/// Changes that are kept of one resource.
pub const CHANGES: usize = 100;

/// What stands in an answer: each path with the kind of what stands there.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Shape(BTreeMap<String, String>);

/// A path can be a key that is made of data.
impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shape({} paths)", self.0.len())
    }
}

/// One difference between what is registered and what was seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// Something is served that is not registered.
    Added {
        /// Where, or a number of a field without a name.
        path: String,
    },
    /// Something is registered that is not served.
    Missing {
        /// Where.
        path: String,
    },
    /// It seems to be served under another name.
    Renamed {
        /// As it is registered.
        path: String,
        /// As it was seen.
        seen: String,
    },
    /// It is served as another kind of value.
    Retyped {
        /// Where.
        path: String,
        /// As it is registered.
        registered: String,
        /// As it was seen.
        seen: String,
    },
}

impl Shape {
    /// Whether a path stands in it.
    pub fn holds(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    /// The kind of what stands at a path.
    pub fn kind(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// Paths and kinds.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(path, kind)| (path.as_str(), kind.as_str()))
    }

    /// Whether nothing stands in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes in what else stands there.
    pub fn extend(&mut self, other: &Self) {
        for (path, kind) in other.iter() {
            self.note(path, kind);
        }
    }

    /// The paths that were registered and those of plain field names: all that may be kept.
    #[must_use]
    pub fn to_keep(&self, registered: &[&str]) -> Self {
        let keeps = |path: &str| registered.contains(&path) || path.split('.').all(is_field_name);
        let kept = self.0.iter().filter(|(path, _)| keeps(path));
        Self(
            kept.map(|(path, kind)| (path.clone(), kind.clone()))
                .collect(),
        )
    }

    /// Notes a path. Of several kinds at one path the first that is not `null` stays.
    pub fn note(&mut self, path: &str, kind: &str) {
        if let Some(known) = self.0.get_mut(path) {
            if known == NULL {
                kind.clone_into(known);
            }
        } else if self.0.len() < PATHS {
            self.0.insert(path.to_owned(), kind.to_owned());
        }
    }
}

/// The kind of what has no value.
pub(crate) const NULL: &str = "null";

/// What the path of a change in files begins with: no path of an answer has a blank.
const COLUMN: &str = "column ";

impl Change {
    /// Whether it was seen in the columns of files.
    pub fn is_of_files(&self) -> bool {
        match self {
            Self::Added { path }
            | Self::Missing { path }
            | Self::Renamed { path, .. }
            | Self::Retyped { path, .. } => path.starts_with(COLUMN),
        }
    }

    /// The word for programs.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Added { .. } => "added",
            Self::Missing { .. } => "missing",
            Self::Renamed { .. } => "renamed",
            Self::Retyped { .. } => "retyped",
        }
    }

    /// Where.
    pub fn path(&self) -> &str {
        match self {
            Self::Added { path }
            | Self::Missing { path }
            | Self::Renamed { path, .. }
            | Self::Retyped { path, .. } => path,
        }
    }

    /// What is registered there; empty where nothing is.
    pub fn registered(&self) -> &str {
        match self {
            Self::Added { .. } => "",
            Self::Missing { path } | Self::Renamed { path, .. } => path,
            Self::Retyped { registered, .. } => registered,
        }
    }

    /// What was seen instead; empty where nothing was.
    pub fn seen(&self) -> &str {
        match self {
            Self::Added { path } => path,
            Self::Missing { .. } => "",
            Self::Renamed { seen, .. } | Self::Retyped { seen, .. } => seen,
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added { path } => write!(f, "{path} is served and not registered"),
            Self::Missing { path } => write!(f, "{path} is registered and not served"),
            Self::Renamed { path, seen } => write!(f, "{path} seems to be called {seen} now"),
            Self::Retyped {
                path,
                registered,
                seen,
            } => {
                write!(
                    f,
                    "{path} is registered as {registered} and served as {seen}"
                )
            }
        }
    }
}

/// Whether a name can only be one of a field: what is keyed by data could hold anything, and stays where it is.
pub(crate) fn is_field_name(name: &str) -> bool {
    let good = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    (1..=64).contains(&name.len())
        && name.bytes().all(good)
        && name.bytes().filter(u8::is_ascii_digit).count() <= 4
}

/// The path of a name under a parent; the parent of the whole is empty.
fn under(parent: &str, name: &str) -> String {
    if parent.is_empty() {
        name.to_owned()
    } else {
        format!("{parent}.{name}")
    }
}

/// What a path lies in.
fn parent(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(parent, _)| parent)
}

/// The one new name of the same kind beside a place that is empty, where its parent is there. A name that could be a key
/// made of data is none: it is in no shape that was kept, so nobody knows whether it is new.
fn renamed(path: &str, seen: &Shape, before: &Shape) -> Option<Change> {
    let of_kind = |(_, kind): &(&str, &str)| Some(*kind) == before.kind(path);
    let mut candidates = new_beside(path, seen, before).filter(of_kind);
    let (found, _) = candidates.next()?;
    if candidates.next().is_some() {
        return Some(Change::Missing {
            path: path.to_owned(),
        });
    }
    Some(Change::Renamed {
        path: path.to_owned(),
        seen: found.to_owned(),
    })
}

/// The names of fields in what a path lies in that were not there before.
fn new_beside<'a>(
    path: &'a str,
    seen: &'a Shape,
    before: &'a Shape,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    seen.iter().filter(move |(other, _)| {
        let name = other.rsplit('.').next().unwrap_or_default();
        parent(other) == parent(path) && !before.holds(other) && is_field_name(name)
    })
}
