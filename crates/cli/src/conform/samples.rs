//! The file of samples, which may also say what is promised.

use api::registry::v1::{ConformanceSample, SampleCall, SampleHolder, SampleQuestion};
use serde::Deserialize;

use super::entries::Entry;

pub(super) const EXAMPLE: &str = r#"A file of samples:

  # Certificates: who holds one in which every item has a value, and who holds none.
  [[sample]]
  resource = "resources/307502-000001"
  holder = { type_code = "111", code = "430502190102030017" }
  absent_holder = { type_code = "111", code = "430524190002150028" }

  # An API of the system's own: a question for each method that is free of effects.
  [[sample]]
  resource = "resources/307502-000002"

  [[sample.call]]
  method = "/shaoyang.insurance.v1.InsuranceService/GetInsured"
  found = { json = ['{"idNumber": "430502190102030017"}'] }
  absent = { json = ['{"idNumber": "430529190211300039"}'] }

  [[sample.call]]
  method = "GET /persons/{id}"
  found = { path = "/persons/430502190102030017" }
  absent = { path = "/persons/430529190211300039" }

  # For a rehearsal without a gateway: what the catalogue will say of each entry.
  [[entry]]
  resource = "resources/307502-000001"
  modes = ["api"]
  certificate_type = "certificateTypes/11100000XY9000051R001"
  items = [{ key = "holder_name", data_type = "C", personal = true }]

  [[entry]]
  resource = "resources/307502-000002"
  modes = ["api"]
  interface = "openapi.json" # or in YAML, or compiled proto files; beside this file
  items = [{ key = "name", data_type = "C", personal = true }]

  [[entry.operation]]
  method = "GET /persons/{id}"
  fields = [{ item = "name", path = "person.name" }]"#;

/// The whole file.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default, rename = "sample")]
    samples: Vec<Sample>,
    /// What is promised; none where a gateway says it.
    #[serde(default, rename = "entry")]
    pub(super) entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    resource: String,
    holder: Option<Holder>,
    absent_holder: Option<Holder>,
    #[serde(default)]
    holder_item: String,
    #[serde(default, rename = "call")]
    calls: Vec<Call>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Holder {
    type_code: String,
    code: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    method: String,
    found: Question,
    absent: Option<Question>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    #[serde(default)]
    json: Vec<String>,
    #[serde(default)]
    path: String,
}

/// Reads the file.
///
/// # Errors
/// Where it is no such file: line and column, and what was expected there.
pub(super) fn parse(text: &str) -> Result<File, String> {
    toml::from_str(text).map_err(|error| error.to_string())
}

impl File {
    /// The samples, for the wire.
    pub(super) fn into_samples(self) -> Vec<ConformanceSample> {
        let holder = |holder: Holder| SampleHolder {
            type_code: holder.type_code,
            code: holder.code,
        };
        let question = |question: Question| SampleQuestion {
            json: question.json,
            path: question.path,
        };
        let call = |call: Call| SampleCall {
            method: call.method,
            found: Some(question(call.found)),
            absent: call.absent.map(question),
        };
        let samples = self.samples.into_iter().map(|sample| ConformanceSample {
            resource: sample.resource,
            holder: sample.holder.map(holder),
            absent_holder: sample.absent_holder.map(holder),
            holder_item: sample.holder_item,
            calls: sample.calls.into_iter().map(call).collect(),
        });
        samples.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_such_a_file() {
        let text = EXAMPLE.split_once("\n\n").unwrap().1;
        let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
        let text = lines.join("\n");
        let file = parse(&text).unwrap();
        assert_eq!(file.entries.len(), 2);
        let samples = file.into_samples();
        let [certificates, own] = samples.as_slice() else {
            panic!("two samples")
        };
        assert_eq!(certificates.holder.as_ref().unwrap().type_code, "111");
        assert_eq!(own.calls.len(), 2);
    }

    #[test]
    fn a_word_that_is_none_is_told_with_its_place() {
        let told = parse("[[sample]]\nresource = \"r\"\nholdr = 1\n");
        let told = told.err().unwrap();
        assert!(told.contains("line 3") && told.contains("holdr"), "{told}");
    }
}
