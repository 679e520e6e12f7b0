//! The file of samples.

use api::registry::v1::{ConformanceSample, SampleCall, SampleHolder, SampleQuestion};
use serde::Deserialize;

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
  absent = { path = "/persons/430529190211300039" }"#;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "sample")]
    samples: Vec<Sample>,
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
pub(super) fn parse(text: &str) -> Result<Vec<ConformanceSample>, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
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
    let samples = file.samples.into_iter().map(|sample| ConformanceSample {
        resource: sample.resource,
        holder: sample.holder.map(holder),
        absent_holder: sample.absent_holder.map(holder),
        holder_item: sample.holder_item,
        calls: sample.calls.into_iter().map(call).collect(),
    });
    Ok(samples.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_such_a_file() {
        let text = EXAMPLE.split_once("\n\n").unwrap().1;
        let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
        let text = lines.join("\n");
        let samples = parse(&text).unwrap();
        let [certificates, own] = samples.as_slice() else {
            panic!("two samples")
        };
        assert_eq!(certificates.holder.as_ref().unwrap().type_code, "111");
        assert_eq!(own.calls.len(), 2);
    }

    #[test]
    fn a_word_that_is_none_is_told_with_its_place() {
        let told = parse("[[sample]]\nresource = \"r\"\nholdr = 1\n").unwrap_err();
        assert!(told.contains("line 3") && told.contains("holdr"), "{told}");
    }
}
