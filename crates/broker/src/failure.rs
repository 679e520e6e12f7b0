//! What a use case answers when it does not do what was asked.

use domain::fault::{Cause, FaultCause as _, Faults, FieldFault};
use domain::legal::LegalMoves;
use domain::policy::{Obstacle, Refusal};
use domain::reason::Reason;
use store::StoreError;

use crate::call::ProviderCode;

/// Why a use case did not do what was asked. Texts hold no value of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The reason, from the closed list.
    pub reason: Reason,
    /// The rule that decided, where one did.
    pub rule: Option<&'static str>,
    /// In one sentence.
    pub message: String,
    /// All faults of the request, when it was invalid.
    pub faults: Vec<FieldFault>,
    /// Everything that stood in the way, when it was refused.
    pub obstacles: Box<[Obstacle]>,
    /// The ledger entry that tells of it.
    pub entry: Option<u64>,
    /// The provider's own status, where it answered with one.
    pub provider_code: Option<ProviderCode>,
    /// What the present state allows, where a move was not legal.
    pub legal: Option<Box<LegalMoves>>,
    /// Seconds to wait before the same request is sent again, where that is known.
    pub retry_after_s: Option<u32>,
}

impl Failure {
    /// A failure with its reason and a sentence.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            rule: None,
            message: message.into(),
            faults: Vec::new(),
            obstacles: Box::default(),
            entry: None,
            provider_code: None,
            legal: None,
            retry_after_s: None,
        }
    }

    /// Something that is not there, or that the caller may not see: the two look alike (AIP-211).
    pub fn not_found(name: &str) -> Self {
        Self::new(
            Reason::NotFound,
            format!("{name} does not exist, or you may not see it"),
        )
    }

    /// A step that the present state does not allow.
    pub fn state(name: &str, state: &str, allowed: &str) -> Self {
        let message = format!("{name} is {state}; this step takes one that is {allowed}");
        Self::new(Reason::StateConflict, message)
    }

    /// A move that the present state does not allow, with what would be legal.
    pub fn illegal(reason: Reason, message: impl Into<String>, legal: LegalMoves) -> Self {
        Self {
            rule: Some(legal.rule),
            legal: Some(Box::new(legal)),
            ..Self::new(reason, message)
        }
    }

    /// One fault of one field.
    pub fn field(field: &str, cause: &Cause) -> Self {
        let mut faults = Faults::default();
        faults.add(field, cause.code(), cause.to_string());
        faults.into()
    }

    /// With the entry that tells of it.
    #[must_use]
    pub fn recorded(mut self, entry: u64) -> Self {
        self.entry = Some(entry);
        self
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self {
            rule: Some(refusal.rule().id()),
            obstacles: refusal.obstacles().into(),
            retry_after_s: refusal.wait_s(),
            ..Self::new(refusal.rule().reason(), refusal.message())
        }
    }
}

impl From<Faults> for Failure {
    fn from(faults: Faults) -> Self {
        let faults = faults.as_slice().to_vec();
        let classified = faults
            .iter()
            .any(|fault| fault.code == "CLASSIFIED_REFUSED");
        let reason = if classified {
            Reason::ClassifiedRefused
        } else {
            Reason::RequestInvalid
        };
        let count = faults.len();
        Self {
            faults,
            ..Self::new(
                reason,
                format!("{count} fields are wrong; nothing was stored"),
            )
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Exists(name) => {
                Self::new(Reason::AlreadyExists, format!("{name} exists already"))
            }
            StoreError::Changed(name) => Self::new(
                Reason::EtagMismatch,
                format!("{name} changed since it was read"),
            ),
            StoreError::Entry(message) => {
                tracing::error!(%message, "an entry broke the ledger's rules");
                Self::new(
                    Reason::Internal,
                    "the gateway made an entry that breaks the ledger's rules",
                )
            }
            other => {
                tracing::error!(error = %other, source = ?std::error::Error::source(&other).map(ToString::to_string), "the store failed");
                Self::new(
                    Reason::LedgerUnavailable,
                    "the store cannot be written or read now",
                )
            }
        }
    }
}
