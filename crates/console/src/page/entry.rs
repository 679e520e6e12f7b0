//! One entry of the ledger: what it states, and the stored bytes that are the evidence.

use std::collections::BTreeMap;

use askama::Template;
use broker::{Failure, Gateway, SignedCheckpoint};
use domain::caller::Caller;
use domain::reason::Reason;
use domain::snapshot::Snapshot;
use domain::subject::hex;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{Frame, names};
use crate::words;

/// What the page of an entry shows.
#[derive(Template)]
#[template(path = "entry.html")]
pub(crate) struct EntryPage {
    frame: Frame,
    index: u64,
    previous: Option<u64>,
    next: Option<u64>,
    kind: &'static str,
    what: String,
    event: String,
    intent: Option<u64>,
    time: String,
    time_utc: String,
    request_id: String,
    grant: Option<GrantUse>,
    facts: Vec<FactView>,
    leaf_hash: String,
    bytes: String,
    size: u64,
    origin: String,
}

struct FactView {
    key: String,
    label: &'static str,
    values: Vec<ValueView>,
}

struct ValueView {
    text: String,
    /// What people call it, where the text is a name the registry knows.
    known_as: String,
    /// Its page, where it has one.
    link: Option<String>,
}

/// The stored form of an entry, as docs/EVIDENCE.md describes it. The page reads the bytes and
/// not the gateway's own types: it shows what a verifier elsewhere will see.
#[derive(Deserialize)]
struct Stored {
    time: Timestamp,
    kind: String,
    #[serde(default)]
    event: String,
    intent: Option<u64>,
    request_id: String,
    grant: Option<GrantUse>,
    facts: BTreeMap<String, Value>,
}

/// One numbered use of a grant.
#[derive(Deserialize)]
pub(crate) struct GrantUse {
    name: String,
    version: u32,
    sequence: u64,
}

/// Reads an entry and lays it out.
///
/// # Errors
/// `NOT_FOUND`; the store.
pub(crate) async fn page(
    gateway: &Gateway,
    caller: &Caller,
    index: u64,
) -> Result<EntryPage, Failure> {
    let found = gateway.entry(caller, index).await?;
    let checkpoint = gateway.checkpoint().await?;
    let snapshot = gateway.snapshot();
    let frame = Frame::below("ledger", caller, &snapshot);
    lay_out(frame, index, &found.body, &checkpoint, &snapshot)
}

fn lay_out(
    frame: Frame,
    index: u64,
    body: &[u8],
    checkpoint: &SignedCheckpoint,
    snapshot: &Snapshot,
) -> Result<EntryPage, Failure> {
    let stored: Stored = serde_json::from_slice(body)
        .map_err(|_| Failure::new(Reason::Internal, "a stored entry is not of the known form"))?;
    let size = checkpoint.published.size;
    let following = index.saturating_add(1);
    let facts = stored
        .facts
        .iter()
        .map(|(key, value)| fact_view(key, value, snapshot))
        .collect();
    Ok(EntryPage {
        frame,
        index,
        previous: index.checked_sub(1),
        next: (following < size).then_some(following),
        kind: words::kind(&stored.kind),
        what: heading(&stored).to_owned(),
        event: stored.event,
        intent: stored.intent,
        time: words::moment(stored.time),
        time_utc: stored.time.to_string(),
        request_id: stored.request_id,
        grant: stored.grant,
        facts,
        leaf_hash: leaf_hash(body),
        bytes: String::from_utf8_lossy(body).into_owned(),
        size,
        origin: checkpoint.origin.clone(),
    })
}

fn heading(stored: &Stored) -> &str {
    match stored.kind.as_str() {
        "intent" => "交换意图：询问提供方之前已落账",
        "outcome" => "交换结果：放行之前已落账",
        "served" => "交换：由网关留存的答复提供，放行之前已落账",
        _ if words::event(&stored.event).is_empty() => &stored.event,
        _ => words::event(&stored.event),
    }
}

fn fact_view(key: &str, value: &Value, snapshot: &Snapshot) -> FactView {
    let values = match value {
        Value::Array(list) => list
            .iter()
            .map(|value| value_view(key, value, snapshot))
            .collect(),
        other => vec![value_view(key, other, snapshot)],
    };
    FactView {
        key: key.to_owned(),
        label: words::fact(key),
        values,
    }
}

fn value_view(key: &str, value: &Value, snapshot: &Snapshot) -> ValueView {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let known_as = match (key, value) {
        (_, Value::Bool(true)) => "是".to_owned(),
        (_, Value::Bool(false)) => "否".to_owned(),
        ("fault" | "fault_side", _) => words::fault(&text).to_owned(),
        ("mode", _) => words::mode(&text).to_owned(),
        ("rule", _) => words::refusal(&text).to_owned(),
        ("disposition", _) => words::disposition(&text).to_owned(),
        _ => names::known(&text, snapshot).unwrap_or_default(),
    };
    let link = names::link(&text, snapshot);
    ValueView {
        text,
        known_as,
        link,
    }
}

/// RFC 6962: the hash of a leaf is over a zero byte and the stored bytes.
fn leaf_hash(body: &[u8]) -> String {
    hex(&Sha256::new()
        .chain_update([0])
        .chain_update(body)
        .finalize())
}
