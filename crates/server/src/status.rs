//! From a [`Failure`] to a gRPC status: code, `ErrorInfo`, `BadRequest`, and what to do next.

use std::collections::HashMap;
use std::time::Duration;

use broker::Failure;
use broker::call::ProviderCode;
use domain::reason::{Reason, Retry};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt as _};

/// The one place where a reason gets its gRPC code.
pub(crate) fn code_of(reason: Reason) -> Code {
    match reason {
        Reason::TlsCertificateMissing
        | Reason::TlsCertificateUnknown
        | Reason::TlsCertificateExpired
        | Reason::TlsCertificateRevoked
        | Reason::TlsCertificateProfile
        | Reason::SignatureRefused => Code::Unauthenticated,
        Reason::CallerSuspended
        | Reason::RoleNotAllowed
        | Reason::SecondPersonNeeded
        | Reason::EnrolmentTokenInvalid
        | Reason::GrantMissing
        | Reason::GrantSuspended
        | Reason::GrantRevoked
        | Reason::GrantOutsideWindow
        | Reason::MatterNotCovered
        | Reason::ZoneNotCovered
        | Reason::ItemNotCovered
        | Reason::ModeNotCovered
        | Reason::OperatorMissing
        | Reason::AuthorisationMissing
        | Reason::UseCodeRefused
        | Reason::UseCodesNotCovered => Code::PermissionDenied,
        Reason::RequestInvalid
        | Reason::RequestMalformed
        | Reason::DeadlineMissing
        | Reason::SigningRequestRefused => Code::InvalidArgument,
        Reason::MessageTooLarge | Reason::Overloaded | Reason::BudgetSpent | Reason::QuotaSpent => {
            Code::ResourceExhausted
        }
        Reason::DeadlineExceeded | Reason::ProviderTimeout => Code::DeadlineExceeded,
        Reason::MethodUnknown => Code::Unimplemented,
        Reason::NotFound | Reason::FileDeleted | Reason::FileLinkEnded => Code::NotFound,
        Reason::AlreadyExists | Reason::RequestIdReused => Code::AlreadyExists,
        Reason::EtagMismatch | Reason::FileOffsetWrong => Code::Aborted,
        Reason::StateConflict
        | Reason::ClassifiedRefused
        | Reason::FileContentRefused
        | Reason::ProviderNotConnected
        | Reason::ResourceStopped
        | Reason::LibraryAccessRefused
        | Reason::LibraryNotReady
        | Reason::RenewalTooEarly
        | Reason::TlsCertificatesTooMany
        | Reason::EffectUnknown => Code::FailedPrecondition,
        Reason::ProviderUnavailable | Reason::ProviderMaintenance | Reason::LedgerUnavailable => {
            Code::Unavailable
        }
        Reason::ProviderBadAnswer
        | Reason::ProviderSignatureWrong
        | Reason::ProviderError
        | Reason::Internal => Code::Internal,
    }
}

/// The status of a failure. Every part of it that varies stands in the metadata too (AIP-193).
pub(crate) fn status_of(failure: Failure) -> Status {
    let reason = failure.reason;
    let mut metadata = HashMap::from([
        ("fault".to_owned(), reason.fault().as_str().to_owned()),
        ("retry".to_owned(), reason.retry().as_str().to_owned()),
        ("next".to_owned(), reason.next().to_owned()),
    ]);
    if let Some(rule) = failure.rule {
        metadata.insert("rule".to_owned(), rule.to_owned());
    }
    if let Some(legal) = failure.legal {
        metadata.insert("state".to_owned(), legal.state.to_owned());
        metadata.insert("legal".to_owned(), legal.list());
    }
    if let Some(entry) = failure.entry {
        metadata.insert("entry".to_owned(), entry.to_string());
    }
    if let Some(code) = failure.provider_code {
        metadata.insert("provider_code".to_owned(), code.as_str().to_owned());
    }
    if failure.obstacles.len() > 1 {
        let rules: Vec<&str> = failure
            .obstacles
            .iter()
            .map(|obstacle| obstacle.rule.id())
            .collect();
        metadata.insert("obstacles".to_owned(), rules.join(","));
    }
    let mut details = ErrorDetails::with_error_info(reason.as_str(), api::ERROR_DOMAIN, metadata);
    if reason.retry() == Retry::SameRequestId {
        let seconds = failure.retry_after_s.unwrap_or(1);
        details.set_retry_info(Some(Duration::from_secs(seconds.into())));
    }
    if !failure.faults.is_empty() {
        let violation = |fault: domain::fault::FieldFault| {
            let mut text = format!("{}: {}", fault.code, fault.message);
            if !fault.source.is_empty() {
                text = format!("{text} ({})", fault.source);
            }
            FieldViolation::new(fault.field, text)
        };
        details.set_bad_request(
            failure
                .faults
                .into_iter()
                .map(violation)
                .collect::<Vec<_>>(),
        );
    }
    let code = failure.provider_code.and_then(passed_on);
    Status::with_error_details(
        code.unwrap_or_else(|| code_of(reason)),
        failure.message,
        details,
    )
}

/// A provider's status about the question is the status of the answer: its clients branch on it.
fn passed_on(code: ProviderCode) -> Option<Code> {
    let number = match code {
        ProviderCode::InvalidArgument => Code::InvalidArgument,
        ProviderCode::NotFound => Code::NotFound,
        ProviderCode::AlreadyExists => Code::AlreadyExists,
        ProviderCode::PermissionDenied => Code::PermissionDenied,
        ProviderCode::FailedPrecondition => Code::FailedPrecondition,
        ProviderCode::Aborted => Code::Aborted,
        ProviderCode::OutOfRange => Code::OutOfRange,
        ProviderCode::Unknown
        | ProviderCode::ResourceExhausted
        | ProviderCode::Unimplemented
        | ProviderCode::Internal
        | ProviderCode::DataLoss
        | ProviderCode::Unauthenticated => return None,
    };
    Some(number)
}

/// The status of a reason with a sentence.
pub(crate) fn refused(reason: Reason, message: impl Into<String>) -> Status {
    status_of(Failure::new(reason, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::error::v1::Reason as Wire;

    #[test]
    fn the_reasons_are_those_of_the_proto_file() {
        for reason in Reason::ALL {
            let name = format!("REASON_{reason}");
            assert!(
                Wire::from_str_name(&name).is_some(),
                "{name} is not in reason.proto"
            );
        }
        // Numbers have gaps.
        let wire = (1..1000)
            .filter(|number| Wire::try_from(*number).is_ok())
            .count();
        assert_eq!(
            wire,
            Reason::ALL.len(),
            "reason.proto has reasons that nothing gives"
        );
    }

    #[test]
    fn every_reason_is_described() {
        let text = include_str!("../../../docs/ERRORS.md");
        for reason in Reason::ALL {
            assert!(
                text.contains(&format!("\n## {reason}\n")),
                "docs/ERRORS.md has no section {reason}"
            );
        }
    }

    #[test]
    fn a_status_says_what_to_do() {
        let status = refused(Reason::MatterNotCovered, "no");
        let details = status.get_error_details();
        let info = details.error_info().unwrap();
        assert_eq!(info.reason, "MATTER_NOT_COVERED");
        assert_eq!(info.metadata["fault"], "consumer");
        assert!(!info.metadata["next"].is_empty());
    }
}
