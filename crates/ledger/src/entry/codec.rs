//! The bytes of an entry: version 1 of the canonical form.

use jiff::fmt::temporal::DateTimePrinter;
use serde::Deserialize;

use super::{Entry, EntryError, Facts, GrantUse, Kind, limits};
use crate::json::{push_number, push_string};

const SCHEMA: u64 = 1;
/// UTC, always six decimals and `Z`.
const TIME: DateTimePrinter = DateTimePrinter::new().precision(Some(6));

pub(super) fn encode(entry: &Entry) -> String {
    let mut out = String::with_capacity(1024);
    push_head(&mut out, entry);
    entry.facts.push_json(&mut out);
    push_end(&mut out);
    out
}

/// Everything before the facts: what is known only when the entry has its place.
pub(super) fn push_head(out: &mut String, entry: &Entry) {
    out.push_str("{\"schema\":");
    push_number(out, SCHEMA);
    out.push_str(",\"index\":");
    push_number(out, entry.index);
    out.push_str(",\"time\":\"");
    // Writing to a string does not fail.
    let _ = TIME.print_timestamp(&entry.time, &mut *out);
    match &entry.kind {
        Kind::Change { event } => {
            out.push_str("\",\"kind\":\"change\",\"event\":");
            push_string(out, event);
        }
        Kind::Intent => out.push_str("\",\"kind\":\"intent\""),
        Kind::Served => out.push_str("\",\"kind\":\"served\""),
        Kind::Outcome { intent } => {
            out.push_str("\",\"kind\":\"outcome\",\"intent\":");
            push_number(out, intent);
        }
    }
    out.push_str(",\"request_id\":");
    push_string(out, &entry.request_id);
    if let Some(grant) = &entry.grant {
        out.push_str(",\"grant\":{\"name\":");
        push_string(out, &grant.name);
        out.push_str(",\"version\":");
        push_number(out, grant.version);
        out.push_str(",\"sequence\":");
        push_number(out, grant.sequence);
        out.push('}');
    }
    out.push_str(",\"facts\":");
}

/// Everything behind the facts.
pub(super) fn push_end(out: &mut String) {
    out.push('}');
}

pub(super) fn decode(bytes: &[u8]) -> Result<Entry, EntryError> {
    if bytes.len() > limits::ENTRY_BYTES {
        return Err(EntryError::TooLong(bytes.len()));
    }
    let raw: Raw = serde_json::from_slice(bytes).map_err(|_| EntryError::NotCanonical)?;
    let entry = raw.into_entry()?.checked()?;
    // One comparison instead of a rule for every freedom that JSON gives: order, white space,
    // escapes, repeated members, other spellings of numbers and times.
    if encode(&entry).as_bytes() == bytes {
        Ok(entry)
    } else {
        Err(EntryError::NotCanonical)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    schema: u64,
    index: u64,
    time: String,
    kind: String,
    event: Option<String>,
    intent: Option<u64>,
    request_id: String,
    grant: Option<RawGrant>,
    facts: Facts,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGrant {
    name: String,
    version: u32,
    sequence: u64,
}

impl Raw {
    fn into_entry(self) -> Result<Entry, EntryError> {
        if self.schema != SCHEMA {
            return Err(EntryError::Schema(self.schema));
        }
        let kind = match (self.kind.as_str(), self.event, self.intent) {
            ("change", Some(event), None) => Kind::Change { event },
            ("intent", None, None) => Kind::Intent,
            ("served", None, None) => Kind::Served,
            ("outcome", None, Some(intent)) => Kind::Outcome { intent },
            _ => return Err(EntryError::NotCanonical),
        };
        let grant = self.grant.map(|raw| GrantUse {
            name: raw.name,
            version: raw.version,
            sequence: raw.sequence,
        });
        Ok(Entry {
            index: self.index,
            time: self.time.parse().map_err(|_| EntryError::Time)?,
            kind,
            request_id: self.request_id,
            grant,
            facts: self.facts,
        })
    }
}
