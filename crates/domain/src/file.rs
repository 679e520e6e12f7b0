//! Files: what a provider leaves with the gateway for those who hold a grant in file mode.
//!
//! A file is seen by nobody but its provider until it is complete: as long as it was said to be, with
//! the digests that were said, and of the type that was said.

mod format;
mod text;
mod zip;

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::fault::{self, Cause};
use crate::item::ItemKey;
use crate::name::{DepartmentName, FileName, ResourceName, SystemName};
use crate::policy::shaoyang_date;

pub use format::Format;
pub use text::TextCheck;
pub use zip::{Directory, END_BYTES, directory};

/// The longest file, in bytes: 1 TiB.
pub const MOST_BYTES: u64 = 1 << 40;
/// A part in the store, in bytes: 8 MiB. The last one of an upload may be shorter.
pub const PART_BYTES: u32 = 8 * 1024 * 1024;
/// Parts of one file; far more than a whole file needs, since every upload that breaks off leaves a
/// short one.
pub const MOST_PARTS: u32 = 200_000;
/// What one message carries of a file, in bytes: 256 KiB.
pub const CHUNK_BYTES: usize = 256 * 1024;
/// Files of one resource that may be on their way at once.
pub const MOST_RECEIVING: u32 = 16;
/// An upload that nobody went on with for so many days is taken away. Assumed: no source names a time.
pub const UNFINISHED_DAYS: i64 = 7;

/// What people call a file. It is the provider's text and may name a person, so it is shown to those
/// who may see the file and to nobody else: no `Display`, and no name in `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Title(String);

impl Title {
    /// 1 to 200 characters, one line, and nothing that a file system would take for a way: `/`, `\`, or
    /// a name of points alone.
    ///
    /// # Errors
    /// `REQUIRED`, `TOO_LONG`, `CONTROL_CHARACTER` or `NOT_A_FILE_NAME`.
    pub fn parse(text: &str) -> Result<Self, Cause> {
        let text = fault::line(text, 200)?;
        if text.contains(['/', '\\']) || text.chars().all(|c| c == '.') {
            let message = "give the name of a file without its folders";
            return Err(Cause::new("NOT_A_FILE_NAME", message));
        }
        Ok(Self(text))
    }

    /// The text, for those who may see the file.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Title {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Title(…)")
    }
}

/// A digest of 256 bits in 64 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(String);

impl Digest {
    /// Parses the digits, in either case.
    ///
    /// # Errors
    /// `NOT_A_DIGEST`.
    pub fn parse(text: &str) -> Result<Self, Cause> {
        let text = text.trim();
        if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            let message = "give 64 hexadecimal digits";
            return Err(Cause::new("NOT_A_DIGEST", message));
        }
        Ok(Self(text.to_ascii_lowercase()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Digest {
    type Error = Cause;
    fn try_from(text: String) -> Result<Self, Cause> {
        Self::parse(&text)
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> String {
        digest.0
    }
}

/// What the provider says of the content beforehand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claimed {
    /// Its SHA-256; none leaves it to the gateway.
    pub sha256: Option<Digest>,
    /// Its SM3 (GB/T 32905-2016); none leaves it to the gateway.
    pub sm3: Option<Digest>,
}

/// What the content turned out to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digests {
    /// Its SHA-256.
    pub sha256: Digest,
    /// Its SM3.
    pub sm3: Digest,
}

/// Until when a file is kept, and by which regime.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// The last day, in Shaoyang.
    pub until: Date,
    /// The regime that sets the longest term.
    pub regime: String,
    /// The number of days is assumed rather than read.
    pub assumed: bool,
}

/// How far an upload has come. The digests are those of all committed bytes, in a form from which they
/// go on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Committed bytes: the offset at which the next chunk begins.
    pub received: u64,
    /// Committed parts.
    pub parts: u32,
    /// The state of the SHA-256, in hexadecimal; empty before the first part.
    pub sha256: String,
    /// The state of the SM3, in hexadecimal; empty before the first part.
    pub sm3: String,
    /// Whether it is UTF-8 so far, where the type demands it.
    pub text: TextCheck,
}

/// Why a file goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Its term of keeping is over.
    Expired,
    /// Its provider took it back.
    Withdrawn,
    /// It was not what it was said to be.
    Rejected,
    /// Nobody went on with the upload.
    Abandoned,
}

impl Why {
    /// The word in the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
            Self::Rejected => "rejected",
            Self::Abandoned => "abandoned",
        }
    }
}

/// That a file goes, and what it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    /// Why.
    pub why: Why,
    /// By whom: a system, or the gateway itself.
    pub by: String,
    /// The request that asked for it.
    pub request_id: String,
    /// Since when nobody sees it.
    pub at: Timestamp,
    /// The digests of its content, when it was complete.
    pub digests: Option<Digests>,
    /// The bytes that had been received.
    pub bytes: u64,
}

/// The stage of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum FileState {
    /// On its way; only its provider sees it.
    Receiving(Progress),
    /// Complete; a grant in file mode opens it.
    Visible {
        /// Its digests.
        digests: Digests,
        /// Its parts.
        parts: u32,
        /// Since when.
        since: Timestamp,
    },
    /// Nobody sees it any more; its bytes are being removed.
    Deleting(Removal),
    /// Its bytes are gone, and an entry proves it.
    Deleted {
        /// How it went.
        removal: Removal,
        /// When the last byte was gone.
        at: Timestamp,
    },
}

impl FileState {
    /// The word for people and programs.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Receiving(_) => "receiving",
            Self::Visible { .. } => "visible",
            Self::Deleting(_) => "deleting",
            Self::Deleted { .. } => "deleted",
        }
    }
}

/// A file of a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// `files/{UUID}`.
    pub name: FileName,
    /// The resource it belongs to.
    pub resource: ResourceName,
    /// The published version of the resource when the upload began.
    pub resource_version: u32,
    /// The providing system.
    pub system: SystemName,
    /// Its department.
    pub department: DepartmentName,
    /// What people call it.
    pub title: Title,
    /// Its type.
    pub format: Format,
    /// The items it holds; a grant must cover them all.
    pub items: Vec<ItemKey>,
    /// Bytes when complete.
    pub size: u64,
    /// What was said of the content.
    pub claimed: Claimed,
    /// Until when it is kept.
    pub retention: Retention,
    /// The stage.
    pub state: FileState,
}

impl File {
    /// Whether a consumer may see it at this moment, as far as the file itself is concerned.
    pub fn is_visible(&self, now: Timestamp) -> bool {
        matches!(self.state, FileState::Visible { .. }) && !self.is_over(now)
    }

    /// Whether its last day has passed.
    pub fn is_over(&self, now: Timestamp) -> bool {
        shaoyang_date(now) > self.retention.until
    }

    /// Committed bytes.
    pub fn received(&self) -> u64 {
        match &self.state {
            FileState::Receiving(progress) => progress.received,
            FileState::Visible { .. } => self.size,
            FileState::Deleting(removal) | FileState::Deleted { removal, .. } => removal.bytes,
        }
    }

    /// Its digests, once it was complete.
    pub fn digests(&self) -> Option<&Digests> {
        match &self.state {
            FileState::Receiving(_) => None,
            FileState::Visible { digests, .. } => Some(digests),
            FileState::Deleting(removal) | FileState::Deleted { removal, .. } => {
                removal.digests.as_ref()
            }
        }
    }

    /// How it went, once it is going.
    pub fn removal(&self) -> Option<&Removal> {
        match &self.state {
            FileState::Deleting(removal) | FileState::Deleted { removal, .. } => Some(removal),
            FileState::Receiving(_) | FileState::Visible { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::FaultCause as _;

    #[test]
    fn a_title_is_a_name_and_never_a_way() {
        for (text, code) in [
            ("", "REQUIRED"),
            ("a/b", "NOT_A_FILE_NAME"),
            ("..\\b", "NOT_A_FILE_NAME"),
            ("..", "NOT_A_FILE_NAME"),
            (".", "NOT_A_FILE_NAME"),
            ("a\u{0}b", "CONTROL_CHARACTER"),
            ("a\nb", "CONTROL_CHARACTER"),
            ("gnp.\u{202E}vsc", "CONTROL_CHARACTER"),
        ] {
            assert_eq!(Title::parse(text).unwrap_err().code(), code, "{text:?}");
        }
        assert_eq!(
            Title::parse(&"长".repeat(201)).unwrap_err().code(),
            "TOO_LONG"
        );
        for text in ["企业名录.csv", ".hidden", "a..b", &"长".repeat(200)] {
            assert_eq!(Title::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn what_is_logged_of_a_title_does_not_tell_it() {
        let title = Title::parse("张三.pdf").unwrap();
        assert_eq!(format!("{title:?}"), "Title(…)");
    }

    #[test]
    fn a_digest_has_64_digits() {
        let good = "AB".repeat(32);
        assert_eq!(Digest::parse(&good).unwrap().as_str(), "ab".repeat(32));
        for bad in ["", "ab", &"g".repeat(64), &"a".repeat(65)] {
            assert_eq!(Digest::parse(bad).unwrap_err().code(), "NOT_A_DIGEST");
        }
    }
}
