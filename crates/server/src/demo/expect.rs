//! Reading the gateway's answers, and taking "exists already" for done.

use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::Error;

/// What a status says in its details.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    pub(crate) reason: String,
    pub(crate) rule: String,
    pub(crate) fault: String,
    pub(crate) entry: Option<u64>,
    pub(crate) next: String,
}

/// Reads the details of a status.
pub(crate) fn told(status: &Status) -> Told {
    let details = status.get_error_details();
    let Some(info) = details.error_info() else {
        return Told::default();
    };
    let text = |key: &str| info.metadata.get(key).cloned().unwrap_or_default();
    Told {
        reason: info.reason.clone(),
        rule: text("rule"),
        fault: text("fault"),
        entry: text("entry").parse().ok(),
        next: text("next"),
    }
}

/// A status as an error that says which step failed.
pub(crate) fn failed(step: &str) -> impl FnOnce(Status) -> Error {
    let step = step.to_owned();
    move |status| {
        let told = told(&status);
        let violations: Vec<String> = status
            .get_error_details()
            .bad_request()
            .map(|bad| {
                bad.field_violations
                    .iter()
                    .map(|v| format!("{}: {}", v.field, v.description))
                    .collect()
            })
            .unwrap_or_default();
        format!(
            "{step}: {} {} {}",
            told.reason,
            status.message(),
            violations.join("; ")
        )
        .into()
    }
}

/// Takes a thing that exists already for made: the story may be played again on kept data.
pub(crate) fn made<T>(step: &str, answer: Result<T, Status>) -> Result<(), Error> {
    match answer {
        Ok(_) => Ok(()),
        Err(status) if status.code() == Code::AlreadyExists => Ok(()),
        Err(status) => Err(failed(step)(status)),
    }
}
