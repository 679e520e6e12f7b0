//! What a library answers: a code, the data, and a signature over both and over the question.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::certificate::{CertificateRecord, CertificateState};
use domain::item::Value as ItemValue;
use domain::subject::{Subject, hex};
use serde_json::{Map, Value, json};
use sm3::{Digest as _, Sm3};

use crate::paper;

use super::{ACCESS_ID, ACCESS_TOKEN, Conduct, Shared, keys, place_of};

/// The whole text of an answer.
pub(super) fn to(
    shared: &Shared,
    conduct: &Conduct,
    path: &str,
    question: &Value,
    body: &[u8],
) -> String {
    if *conduct == Conduct::Replay
        && let Some(last) = shared.with(|state| state.last.clone())
    {
        return last;
    }
    let (code, data) = find(shared, conduct, path, question);
    let data = match (conduct, data) {
        (Conduct::NoRecord, _) => Some(b"not json".to_vec()),
        (_, data) => data.map(|data| data.to_string().into_bytes()),
    };
    let data = data.map(|data| match conduct {
        Conduct::Open => data,
        _ => shared.keys.lock(&data),
    });
    let data = data.map(|data| STANDARD.encode(data)).unwrap_or_default();
    let asked: &[u8] = match conduct {
        Conduct::OtherQuestion => b"{}",
        _ => body,
    };
    let request_id = text(question, "requestId");
    let signed = [
        "CERTIFICATE-LIBRARY-ANSWER-1",
        path.trim_start_matches('/'),
        request_id,
        &hex(&Sm3::digest(asked)),
        &code.to_string(),
        &data,
    ]
    .join("\n");
    let mut value = shared.keys.sign(&signed, *conduct == Conduct::OtherKey);
    if *conduct == Conduct::Spoilt {
        let changed = if value.ends_with('0') { "1" } else { "0" };
        value.replace_range(value.len() - 1.., changed);
    }
    let mut answer = json!({
        "code": code,
        "requestId": request_id,
        "signature": {"algorithm": "SM2-SM3", "keyId": keys::KEY_ID, "value": value},
    });
    if let Some(answer) = answer.as_object_mut() {
        if !data.is_empty() {
            answer.insert("data".to_owned(), data.into());
        }
        if *conduct == Conduct::Unsigned {
            answer.remove("signature");
        }
    }
    let whole = answer.to_string();
    shared.with(|state| state.last = Some(whole.clone()));
    whole
}

/// A text of a question; empty when it is not there.
pub(super) fn text<'a>(question: &'a Value, name: &str) -> &'a str {
    question
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Return code and data.
fn find(shared: &Shared, conduct: &Conduct, path: &str, question: &Value) -> (i64, Option<Value>) {
    let text = |name: &str| text(question, name);
    if let Conduct::Code(code) = conduct {
        return (*code, None);
    }
    if text("accessId") != ACCESS_ID || text("accessToken") != ACCESS_TOKEN {
        return (11, None);
    }
    let cause = text("useCause");
    if cause.is_empty() || cause.chars().count() > 200 {
        return (12, None);
    }
    let all = shared.holdings.certificates.iter();
    if path == "/downloadFile" {
        let mut all = all;
        let one = all.find(|record| record.identifier.as_str() == text("certIdentifier"));
        return match (one, text("fileType")) {
            (None, _) => (10, None),
            (Some(record), "ofd") => {
                let file = match conduct {
                    Conduct::NoFile => b"nothing".to_vec(),
                    _ => paper::ofd(record, text("copyCause")),
                };
                (
                    0,
                    Some(json!({ "file": STANDARD.encode(file), "fileType": "ofd" })),
                )
            }
            (Some(_), _) => (102, None),
        };
    }
    let matching: Vec<&CertificateRecord> = match path {
        "/queryCertInfo" => all
            .filter(|record| record.identifier.as_str() == text("certIdentifier"))
            .collect(),
        "/queryCertInfoByHolderCode" => all
            .filter(|record| record.certificate_type.id() == text("certTypeCode"))
            .filter(|record| {
                let held = record.holders.iter().any(|holder| {
                    holder.type_code() == text("holderTypeCode")
                        && holder.expose() == text("holderCode")
                });
                held != (*conduct == Conduct::SwappedHolder)
            })
            .collect(),
        _ => return (12, None),
    };
    answered(matching, conduct)
}

fn answered(matching: Vec<&CertificateRecord>, conduct: &Conduct) -> (i64, Option<Value>) {
    let most = match conduct {
        Conduct::SwappedHolder => 1,
        _ => 16,
    };
    let told = |record| {
        let mut told = record_of(record);
        if *conduct == Conduct::RenamedMetadatum {
            rename(&mut told);
        }
        Value::from(told)
    };
    let in_force = |record: &&CertificateRecord| record.state == CertificateState::Valid;
    let (valid, others): (Vec<_>, Vec<_>) = matching.into_iter().partition(in_force);
    match (valid.is_empty(), others.first()) {
        (false, _) => {
            let records: Vec<Value> = valid.into_iter().take(most).map(told).collect();
            (0, Some(json!({ "certificates": records })))
        }
        (true, None) => (10, None),
        (true, Some(record)) if record.state == CertificateState::Suspended => (23, None),
        (true, Some(_)) => (21, None),
    }
}

/// A record under the metadata keys of GB/T 36903.
fn record_of(record: &CertificateRecord) -> Map<String, Value> {
    let mut out = Map::new();
    let mut further = Map::new();
    for item in &record.items {
        let value = match &item.value {
            ItemValue::Text(text) | ItemValue::Decimal(text) | ItemValue::Time(text) => {
                text.clone()
            }
            // Libraries write days without strokes.
            ItemValue::Date(day) => day.replace('-', ""),
            ItemValue::Integer(number) => number.to_string(),
            ItemValue::Logical(yes) => yes.to_string(),
        };
        match place_of(item.key.as_str()).split_once('.') {
            None => out.insert(place_of(item.key.as_str()), value.into()),
            Some((_, name)) => further.insert(name.to_owned(), value.into()),
        };
    }
    let codes = record.holders.iter().map(Subject::expose);
    let types = record.holders.iter().map(Subject::type_code);
    out.insert("CZZTDM".to_owned(), codes.collect());
    out.insert("CZZTDMLXDM".to_owned(), types.collect());
    out.insert("ZZBS".to_owned(), record.identifier.as_str().into());
    out.insert("ZZLXDM".to_owned(), record.certificate_type.id().into());
    let until = record
        .expires
        .map_or_else(|| "99991231".to_owned(), |day| day.to_string());
    out.insert("ZZYXQJZRQ".to_owned(), until.into());
    out.insert("KZXX".to_owned(), further.into());
    out
}

/// Calls the husband's name otherwise.
fn rename(told: &mut Map<String, Value>) {
    let place = place_of("husband_name");
    let name = place.rsplit('.').next().unwrap_or_default();
    let further = told.get_mut("KZXX").and_then(Value::as_object_mut);
    if let Some(further) = further
        && let Some(value) = further.remove(name)
    {
        further.insert("RENAMED".to_owned(), value);
    }
}
