//! What the gateway answers when it does not do what was asked.

use tonic::{Code, Response, Status};
use tonic_types::StatusExt as _;

/// A refusal with every detail that the gateway promises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The gRPC code.
    pub code: Code,
    /// The reason of the closed list.
    pub reason: String,
    /// What is said to people.
    pub message: String,
    /// Whose fault it is.
    pub fault: String,
    /// The rule that decided, where one did.
    pub rule: String,
    /// The state, where it does not allow a move, and the methods that it does allow, with commas.
    pub legal: [String; 2],
    /// The entry that tells of it, where there is one.
    pub entry: Option<u64>,
    /// The provider's own status, where it answered with one.
    pub provider_code: String,
    /// The faults of the request: field and description.
    pub violations: Vec<(String, String)>,
}

impl Told {
    /// Reads a status.
    ///
    /// # Panics
    /// When a part is missing that every status must have.
    #[must_use]
    pub fn of(status: &Status) -> Self {
        let details = status.get_error_details();
        let info = details
            .error_info()
            .unwrap_or_else(|| panic!("no reason in {status:?}"));
        assert_eq!(info.domain, api::ERROR_DOMAIN);
        let text = |key: &str| info.metadata.get(key).cloned().unwrap_or_default();
        for key in ["fault", "retry", "next"] {
            assert!(!text(key).is_empty(), "{} has no {key}", info.reason);
        }
        let violations = details.bad_request().map(|bad| &bad.field_violations);
        let violation = |v: &tonic_types::FieldViolation| (v.field.clone(), v.description.clone());
        Self {
            code: status.code(),
            reason: info.reason.clone(),
            message: status.message().to_owned(),
            fault: text("fault"),
            rule: text("rule"),
            legal: [text("state"), text("legal")],
            entry: text("entry").parse().ok(),
            provider_code: text("provider_code"),
            violations: violations.into_iter().flatten().map(violation).collect(),
        }
    }

    /// The fields that are wrong, in order.
    #[must_use]
    pub fn fields(&self) -> Vec<&str> {
        self.violations
            .iter()
            .map(|(field, _)| field.as_str())
            .collect()
    }

    /// What is said of one field.
    ///
    /// # Panics
    /// When nothing is said of it.
    #[must_use]
    pub fn of_field(&self, field: &str) -> &str {
        let found = self.violations.iter().find(|(name, _)| name == field);
        &found
            .unwrap_or_else(|| panic!("nothing on {field}: {self:?}"))
            .1
    }
}

/// The refusal.
///
/// # Panics
/// When it was not refused.
pub fn refused<T>(answer: Result<Response<T>, Status>) -> Told {
    match answer {
        Ok(_) => panic!("it was served"),
        Err(status) => Told::of(&status),
    }
}

/// Takes a thing that exists already for made.
///
/// # Panics
/// When it was refused for another reason.
pub fn made<T>(answer: Result<Response<T>, Status>) {
    if let Err(status) = answer {
        assert_eq!(status.code(), Code::AlreadyExists, "{status:?}");
    }
}
