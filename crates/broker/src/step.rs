//! The steps of a call's path, by name.

/// A boundary between two steps of the path of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The caller is known and the request parsed.
    Parsed,
    /// Policy has decided; nothing is recorded yet.
    Decided,
    /// The intent is durable; the provider was not asked yet.
    IntentRecorded,
    /// The provider has answered; nothing was cut yet.
    Answered,
    /// The answer is cut; its outcome is not recorded yet.
    Released,
    /// The outcome is durable; the response has not left.
    OutcomeRecorded,
}

impl Step {
    /// All steps in their order.
    pub const ALL: [Step; 6] = [
        Self::Parsed,
        Self::Decided,
        Self::IntentRecorded,
        Self::Answered,
        Self::Released,
        Self::OutcomeRecorded,
    ];

    /// The name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Parsed => "parsed",
            Self::Decided => "decided",
            Self::IntentRecorded => "intent-recorded",
            Self::Answered => "answered",
            Self::Released => "released",
            Self::OutcomeRecorded => "outcome-recorded",
        }
    }

    /// The step of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.as_str() == name)
    }
}
