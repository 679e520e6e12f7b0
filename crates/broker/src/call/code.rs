//! A provider's own errors: the code goes on, the text never.

/// A gRPC status code by which a provider refuses or fails by itself (google.rpc.Code).
///
/// The text beside it can hold anything, a person's data too, so it stays behind. Codes that speak
/// of the line and not of the question (`UNAVAILABLE`, `DEADLINE_EXCEEDED`, `CANCELLED`) have
/// reasons of their own and are not here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderCode {
    /// 2.
    Unknown,
    /// 3.
    InvalidArgument,
    /// 5.
    NotFound,
    /// 6.
    AlreadyExists,
    /// 7.
    PermissionDenied,
    /// 8.
    ResourceExhausted,
    /// 9.
    FailedPrecondition,
    /// 10.
    Aborted,
    /// 11.
    OutOfRange,
    /// 12.
    Unimplemented,
    /// 13.
    Internal,
    /// 15.
    DataLoss,
    /// 16.
    Unauthenticated,
}

impl ProviderCode {
    /// From the number on the wire.
    pub(super) fn of_number(number: u32) -> Option<Self> {
        Some(match number {
            2 => Self::Unknown,
            3 => Self::InvalidArgument,
            5 => Self::NotFound,
            6 => Self::AlreadyExists,
            7 => Self::PermissionDenied,
            8 => Self::ResourceExhausted,
            9 => Self::FailedPrecondition,
            10 => Self::Aborted,
            11 => Self::OutOfRange,
            12 => Self::Unimplemented,
            13 => Self::Internal,
            15 => Self::DataLoss,
            16 => Self::Unauthenticated,
            _ => return None,
        })
    }

    /// Whether it says something about what was asked, and not about the provider's own trouble.
    pub fn is_about_the_question(self) -> bool {
        match self {
            Self::InvalidArgument
            | Self::NotFound
            | Self::AlreadyExists
            | Self::PermissionDenied
            | Self::FailedPrecondition
            | Self::Aborted
            | Self::OutOfRange => true,
            Self::Unknown
            | Self::ResourceExhausted
            | Self::Unimplemented
            | Self::Internal
            | Self::DataLoss
            | Self::Unauthenticated => false,
        }
    }

    /// The name in google.rpc.Code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "UNKNOWN",
            Self::InvalidArgument => "INVALID_ARGUMENT",
            Self::NotFound => "NOT_FOUND",
            Self::AlreadyExists => "ALREADY_EXISTS",
            Self::PermissionDenied => "PERMISSION_DENIED",
            Self::ResourceExhausted => "RESOURCE_EXHAUSTED",
            Self::FailedPrecondition => "FAILED_PRECONDITION",
            Self::Aborted => "ABORTED",
            Self::OutOfRange => "OUT_OF_RANGE",
            Self::Unimplemented => "UNIMPLEMENTED",
            Self::Internal => "INTERNAL",
            Self::DataLoss => "DATA_LOSS",
            Self::Unauthenticated => "UNAUTHENTICATED",
        }
    }
}
