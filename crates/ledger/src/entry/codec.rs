//! The bytes of an entry: version 1 of the canonical form.

use serde::Deserialize;

use super::{Entry, EntryError, Facts, GrantUse, Kind, limits};
use crate::json::Object;

const SCHEMA: u64 = 1;

pub(super) fn encode(entry: &Entry) -> Vec<u8> {
    let head = Object::open()
        .number("schema", SCHEMA)
        .number("index", entry.index)
        .text("time", &format!("{:.6}", entry.time));
    let with_kind = match &entry.kind {
        Kind::Change { event } => head.text("kind", "change").text("event", event),
        Kind::Intent => head.text("kind", "intent"),
        Kind::Outcome { intent } => head.text("kind", "outcome").number("intent", intent),
    };
    let with_request = with_kind.text("request_id", &entry.request_id);
    let with_grant = match &entry.grant {
        None => with_request,
        Some(grant) => with_request.raw("grant", &grant_json(grant)),
    };
    with_grant
        .raw("facts", &entry.facts.to_json())
        .close()
        .into_bytes()
}

pub(super) fn decode(bytes: &[u8]) -> Result<Entry, EntryError> {
    if bytes.len() > limits::ENTRY_BYTES {
        return Err(EntryError::TooLong(bytes.len()));
    }
    let raw: Raw = serde_json::from_slice(bytes).map_err(|_| EntryError::NotCanonical)?;
    let entry = raw.into_entry()?.checked()?;
    // One comparison instead of a rule for every freedom that JSON gives: order, white space,
    // escapes, repeated members, other spellings of numbers and times.
    if encode(&entry) == bytes {
        Ok(entry)
    } else {
        Err(EntryError::NotCanonical)
    }
}

fn grant_json(grant: &GrantUse) -> String {
    Object::open()
        .text("name", &grant.name)
        .number("version", grant.version)
        .number("sequence", grant.sequence)
        .close()
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
