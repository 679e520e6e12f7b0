//! The file of a batch: which certificates are wanted.

use std::path::Path;

use api::certificate::v1::lookup_certificate_request::Key;
use api::certificate::v1::{Holder, HolderAuthorisation, LookupCertificateRequest};
use serde::Deserialize;

use super::csv;
use crate::Failure;
use crate::connection::new_request_id;
use crate::input::read_text;

/// One lookup as it is written. What is not there is empty.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Row {
    certificate_type: String,
    holder: String,
    holder_type: String,
    identifier: String,
    use_code: String,
    network_identity: String,
    items: Vec<String>,
    request_id: String,
    authorisation: String,
    authorised_on: String,
}

/// Reads all lookups.
pub(super) fn read(path: &Path) -> Result<Vec<LookupCertificateRequest>, Failure> {
    let name = path.display();
    let text = read_text(path)?;
    let rows = match path.extension().and_then(std::ffi::OsStr::to_str) {
        Some("csv") => from_csv(&text),
        Some("jsonl") => from_json_lines(&text),
        _ => Err("the file must be a .csv or a .jsonl".to_owned()),
    };
    let requests = rows.and_then(|rows| {
        let requests = rows.into_iter().map(|(line, row)| row.request(line));
        requests.collect::<Result<Vec<_>, _>>()
    });
    match requests {
        Ok(requests) if requests.is_empty() => {
            Err(Failure::Message(format!("{name} lists no lookup")))
        }
        Ok(requests) => Ok(requests),
        Err(wrong) => Err(Failure::Message(format!("{name}: {wrong}"))),
    }
}

fn from_json_lines(text: &str) -> Result<Vec<(usize, Row)>, String> {
    let lines = text
        .lines()
        .enumerate()
        .map(|(place, line)| (place + 1, line));
    let written = lines.filter(|(_, line)| !line.trim().is_empty());
    let row = |(line, text): (usize, &str)| match serde_json::from_str(text) {
        Ok(row) => Ok((line, row)),
        // Its own text could repeat a person's code.
        Err(error) => Err(format!(
            "line {line}, column {}: not an object of the known names with texts, items a list of texts",
            error.column()
        )),
    };
    written.map(row).collect()
}

fn from_csv(text: &str) -> Result<Vec<(usize, Row)>, String> {
    let mut records = csv::records(text)?.into_iter();
    let (_, names) = records.next().ok_or("no line of column names")?;
    let row = |(line, fields): (usize, Vec<String>)| {
        if fields.len() != names.len() {
            return Err(format!(
                "line {line}: {} fields under {} names",
                fields.len(),
                names.len()
            ));
        }
        let mut row = Row::default();
        for (name, field) in names.iter().zip(fields) {
            let place = row
                .place(name.trim())
                .ok_or_else(|| format!("no column {name:?}"))?;
            match place {
                Place::Text(text) => field.trim().clone_into(text),
                Place::List(list) => {
                    let keys = field.split([';', ' ']).filter(|key| !key.is_empty());
                    *list = keys.map(str::to_owned).collect();
                }
            }
        }
        Ok((line, row))
    };
    records.map(row).collect()
}

/// Where a column goes.
enum Place<'a> {
    Text(&'a mut String),
    List(&'a mut Vec<String>),
}

impl Row {
    fn place(&mut self, name: &str) -> Option<Place<'_>> {
        Some(match name {
            "certificate_type" => Place::Text(&mut self.certificate_type),
            "holder" => Place::Text(&mut self.holder),
            "holder_type" => Place::Text(&mut self.holder_type),
            "identifier" => Place::Text(&mut self.identifier),
            "use_code" => Place::Text(&mut self.use_code),
            "network_identity" => Place::Text(&mut self.network_identity),
            "items" => Place::List(&mut self.items),
            "request_id" => Place::Text(&mut self.request_id),
            "authorisation" => Place::Text(&mut self.authorisation),
            "authorised_on" => Place::Text(&mut self.authorised_on),
            _ => return None,
        })
    }

    /// The request; what else is wrong with it the gateway tells, for all of them at once.
    fn request(self, line: usize) -> Result<LookupCertificateRequest, String> {
        let holder = Holder {
            type_code: or(self.holder_type, || "111".to_owned()),
            code: self.holder,
        };
        let mut keys = [
            (!holder.code.is_empty()).then_some(Key::Holder(holder)),
            (!self.identifier.is_empty()).then_some(Key::Identifier(self.identifier)),
            (!self.use_code.is_empty()).then_some(Key::UseCode(self.use_code)),
            (!self.network_identity.is_empty())
                .then_some(Key::NetworkIdentity(self.network_identity)),
        ]
        .into_iter()
        .flatten();
        let (Some(key), None) = (keys.next(), keys.next()) else {
            let wrong = "give a holder, an identifier, a use_code or a network_identity";
            return Err(format!("line {line}: {wrong}"));
        };
        let authorised = !self.authorisation.is_empty() || !self.authorised_on.is_empty();
        Ok(LookupCertificateRequest {
            certificate_type: self.certificate_type,
            key: Some(key),
            items: self.items,
            request_id: or(self.request_id, new_request_id),
            authorisation: authorised.then_some(HolderAuthorisation {
                reference: self.authorisation,
                granted_on: self.authorised_on,
            }),
            ..LookupCertificateRequest::default()
        })
    }
}

fn or(text: String, other: impl FnOnce() -> String) -> String {
    if text.is_empty() { other() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_say_the_same() {
        let csv = "certificate_type,holder,items,request_id,authorisation,authorised_on\n\
                   certificateTypes/1,H1,a; b,R1,paper 7,2022-05-12\n";
        let lines = "{\"certificate_type\": \"certificateTypes/1\", \"holder\": \"H1\", \
            \"items\": [\"a\", \"b\"], \"request_id\": \"R1\", \"authorisation\": \"paper 7\", \
            \"authorised_on\": \"2022-05-12\"}\n\n";
        let requests = |rows: Vec<(usize, Row)>| -> Vec<LookupCertificateRequest> {
            rows.into_iter()
                .map(|(line, row)| row.request(line).unwrap())
                .collect()
        };
        let one = requests(from_csv(csv).unwrap());
        assert!(one == requests(from_json_lines(lines).unwrap()));
        assert_eq!((one.len(), one[0].items.len()), (1, 2));
        let holder = Holder {
            type_code: "111".to_owned(),
            code: "H1".to_owned(),
        };
        assert!(one[0].key == Some(Key::Holder(holder)));
    }

    #[test]
    fn what_is_wrong_is_told_by_its_line_and_without_codes() {
        let secret = "430502190102030017";
        for text in [
            format!("holder\n{secret},x\n"),
            format!("holder,identifier\n{secret},1.2\n"),
            "certificate_type\nx\n".to_owned(),
        ] {
            let told = from_csv(&text).and_then(|rows| {
                let requests = rows.into_iter().map(|(line, row)| row.request(line));
                requests.collect::<Result<Vec<_>, _>>()
            });
            let told = told.err().unwrap();
            assert!(
                told.starts_with("line 2:") && !told.contains(secret),
                "{told}"
            );
        }
        for text in [
            format!("{{\"holder\": {secret}}}"),
            "{\"who\": \"x\"}".to_owned(),
        ] {
            let told = from_json_lines(&text).err().unwrap();
            assert!(
                told.starts_with("line 1,") && !told.contains(secret),
                "{told}"
            );
        }
        assert!(from_csv("who\nx\n").is_err());
    }
}
