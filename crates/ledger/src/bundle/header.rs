//! The second line of a bundle: what it claims to be.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::json::Object;

const SCHEMA: u64 = 1;

/// What part of a log a bundle holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Every entry from 0 to the size of the checkpoint: completeness is proven.
    Log,
    /// Every intent and outcome of one grant name, over all its versions. That none is missing
    /// before the last one is proven by its numbers; that none came after it is what the exporter
    /// states and signs.
    Grant(String),
}

/// The header as read or to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) origin: String,
    pub(super) vkey: String,
    pub(super) scope: Scope,
    pub(super) size: u64,
    pub(super) entries: u64,
    pub(super) exported: Timestamp,
}

impl Header {
    pub(super) fn encode(&self) -> String {
        let head = Object::open()
            .number("schema", SCHEMA)
            .text("origin", &self.origin)
            .text("vkey", &self.vkey);
        let scoped = match &self.scope {
            Scope::Log => head.text("scope", "log"),
            Scope::Grant(name) => head.text("scope", "grant").text("grant", name),
        };
        scoped
            .number("size", self.size)
            .number("entries", self.entries)
            .text("exported", &format!("{:.6}", self.exported))
            .close()
    }

    /// Reads a header; `None` for anything but what [`Header::encode`] writes.
    pub(super) fn decode(line: &[u8]) -> Option<Self> {
        let raw: Raw = serde_json::from_slice(line).ok()?;
        let scope = match (raw.scope.as_str(), raw.grant) {
            ("log", None) => Scope::Log,
            ("grant", Some(name)) if crate::entry::is_name(&name) => Scope::Grant(name),
            _ => return None,
        };
        let header = Self {
            origin: raw.origin,
            vkey: raw.vkey,
            scope,
            size: raw.size,
            entries: raw.entries,
            exported: raw.exported.parse().ok()?,
        };
        (raw.schema == SCHEMA && header.encode().as_bytes() == line).then_some(header)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    schema: u64,
    origin: String,
    vkey: String,
    scope: String,
    grant: Option<String>,
    size: u64,
    entries: u64,
    exported: String,
}
