//! Why something was not served: one closed list, each reason with its fault side and next step.

use std::fmt;

/// Whose fault it is that a request was not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The side that asks.
    Consumer,
    /// The gateway.
    Gateway,
    /// The side that is asked.
    Provider,
}

impl Fault {
    /// The word on the wire and in the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Consumer => "consumer",
            Self::Gateway => "gateway",
            Self::Provider => "provider",
        }
    }
}

/// Whether and how the same request may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// The same request fails again; change something first.
    Never,
    /// Send it again after a while, with the same request id.
    SameRequestId,
}

impl Retry {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::SameRequestId => "same_request_id",
        }
    }
}

/// Writes the enum and the three tables from one list, so that none can be forgotten.
macro_rules! reasons {
    ($($name:ident = $text:literal, $fault:ident, $retry:ident, $next:literal;)+) => {
        /// Why a request was not served. The wire form is the same word in `UPPER_SNAKE`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason { $(#[doc = $next] $name,)+ }

        impl Reason {
            /// All reasons.
            pub const ALL: &'static [Reason] = &[$(Self::$name,)+];

            /// The word on the wire and in the ledger.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// Whose fault it is.
            pub fn fault(self) -> Fault {
                match self { $(Self::$name => Fault::$fault,)+ }
            }

            /// Whether the same request may be sent again.
            pub fn retry(self) -> Retry {
                match self { $(Self::$name => Retry::$retry,)+ }
            }

            /// What to do next.
            pub fn next(self) -> &'static str {
                match self { $(Self::$name => $next,)+ }
            }
        }
    };
}

reasons! {
    TlsCertificateMissing = "TLS_CERTIFICATE_MISSING", Consumer, Never,
        "Enrol with a one-time token and connect with the TLS certificate you get.";
    TlsCertificateUnknown = "TLS_CERTIFICATE_UNKNOWN", Consumer, Never,
        "Use the TLS certificate that this gateway issued, or enrol again.";
    TlsCertificateExpired = "TLS_CERTIFICATE_EXPIRED", Consumer, Never,
        "Enrol again: ask the operator for a one-time token.";
    TlsCertificateRevoked = "TLS_CERTIFICATE_REVOKED", Consumer, Never,
        "Ask the operator why, then enrol again with a new key.";
    TlsCertificateProfile = "TLS_CERTIFICATE_PROFILE", Consumer, Never,
        "Use a caller's TLS certificate of this gateway, not an authority's or a server's.";
    SignatureRefused = "SIGNATURE_REFUSED", Consumer, Never,
        "Sign each request anew, with the agreed key and the present time.";
    CallerSuspended = "CALLER_SUSPENDED", Consumer, Never,
        "Ask the operator to end the suspension of your system.";
    RoleNotAllowed = "ROLE_NOT_ALLOWED", Consumer, Never,
        "Call with the role that the method's description names.";
    RequestInvalid = "REQUEST_INVALID", Consumer, Never,
        "Correct every field that the violations name, then send a new request.";
    RequestMalformed = "REQUEST_MALFORMED", Consumer, Never,
        "Generate the client from this gateway's proto files again.";
    MessageTooLarge = "MESSAGE_TOO_LARGE", Consumer, Never,
        "Send less in one message; large data goes by table or file mode.";
    DeadlineMissing = "DEADLINE_MISSING", Consumer, Never,
        "Set a deadline (grpc-timeout) of at most 60 seconds on the call.";
    DeadlineExceeded = "DEADLINE_EXCEEDED", Consumer, SameRequestId,
        "Give the call more time, or try again with the same request id.";
    MethodUnknown = "METHOD_UNKNOWN", Consumer, Never,
        "Look the method up by reflection or in the proto files.";
    NotFound = "NOT_FOUND", Consumer, Never,
        "Check the name; list the collection to see what you may see.";
    AlreadyExists = "ALREADY_EXISTS", Consumer, Never,
        "Read the existing one, or choose another name.";
    EtagMismatch = "ETAG_MISMATCH", Consumer, Never,
        "Read it again, decide again, and send the new etag.";
    StateConflict = "STATE_CONFLICT", Consumer, Never,
        "Read its state; take the step that this state allows.";
    RequestIdReused = "REQUEST_ID_REUSED", Consumer, Never,
        "Choose a new request id for a new request.";
    ClassifiedRefused = "CLASSIFIED_REFUSED", Consumer, Never,
        "Do not register it here: classified systems and data stay outside this gateway.";
    EnrolmentTokenInvalid = "ENROLMENT_TOKEN_INVALID", Consumer, Never,
        "Ask the operator for a new one-time token and use it once, within 15 minutes.";
    SigningRequestRefused = "SIGNING_REQUEST_REFUSED", Consumer, Never,
        "Make a new ECDSA P-256 key and a signing request signed by it.";
    RenewalTooEarly = "RENEWAL_TOO_EARLY", Consumer, Never,
        "Go on with the certificate you have, and renew it from the moment on that the message names.";
    TlsCertificatesTooMany = "TLS_CERTIFICATES_TOO_MANY", Consumer, Never,
        "List the TLS certificates of this holder and revoke those that nobody uses.";
    SecondPersonNeeded = "SECOND_PERSON_NEEDED", Consumer, Never,
        "Let another authorised person take this step.";
    GrantMissing = "GRANT_MISSING", Consumer, Never,
        "Apply for the resource; its providing department decides.";
    ProviderMaintenance = "PROVIDER_MAINTENANCE", Provider, SameRequestId,
        "Wait until the maintenance is over, then send it again with the same request id.";
    ResourceStopped = "RESOURCE_STOPPED", Provider, Never,
        "Ask the providing department from when the entry can be used again, or look for another one.";
    GrantSuspended = "GRANT_SUSPENDED", Consumer, Never,
        "Ask the providing department what must be put right.";
    GrantRevoked = "GRANT_REVOKED", Consumer, Never,
        "Apply again; the providing department decides.";
    GrantOutsideWindow = "GRANT_OUTSIDE_WINDOW", Consumer, Never,
        "Apply for a new term; the providing department decides.";
    MatterNotCovered = "MATTER_NOT_COVERED", Consumer, Never,
        "Use the data for an agreed matter only, or apply for this matter.";
    ZoneNotCovered = "ZONE_NOT_COVERED", Consumer, Never,
        "Call from a network that the grant names, or apply for this one.";
    QuotaSpent = "QUOTA_SPENT", Consumer, SameRequestId,
        "Wait as long as the answer says, or apply for a larger quota.";
    ItemNotCovered = "ITEM_NOT_COVERED", Consumer, Never,
        "Ask for granted items only, or apply for the others.";
    ModeNotCovered = "MODE_NOT_COVERED", Consumer, Never,
        "Use a granted mode, or apply for this one.";
    OperatorMissing = "OPERATOR_MISSING", Consumer, Never,
        "Name the clerk on whose behalf you ask.";
    AuthorisationMissing = "AUTHORISATION_MISSING", Consumer, Never,
        "Ask the holder for a use-code, or name the authorisation that they signed and you keep.";
    UseCodeRefused = "USE_CODE_REFUSED", Consumer, Never,
        "Check the code, its certificate type, matter, case and system; else ask the holder for a new one.";
    UseCodesNotCovered = "USE_CODES_NOT_COVERED", Consumer, Never,
        "Apply for a grant that lets your system hand out use-codes; the providing department decides.";
    ProviderNotConnected = "PROVIDER_NOT_CONNECTED", Provider, SameRequestId,
        "The providing department must connect its system; ask it, then try again.";
    ProviderUnavailable = "PROVIDER_UNAVAILABLE", Provider, SameRequestId,
        "Try again in a minute with the same request id; if it lasts, tell the providing department.";
    ProviderTimeout = "PROVIDER_TIMEOUT", Provider, SameRequestId,
        "Try again with the same request id and more time.";
    ProviderBadAnswer = "PROVIDER_BAD_ANSWER", Provider, SameRequestId,
        "Tell the providing department: its answer breaks the contract.";
    ProviderError = "PROVIDER_ERROR", Provider, Never,
        "The metadata names the provider's own status; ask the providing department what it means.";
    ProviderSignatureWrong = "PROVIDER_SIGNATURE_WRONG", Provider, SameRequestId,
        "Tell the providing department: its answer is not signed by the key that it registered.";
    LibraryAccessRefused = "LIBRARY_ACCESS_REFUSED", Gateway, SameRequestId,
        "Tell the operator of the gateway: its account with the certificate library must be put right.";
    LibraryNotReady = "LIBRARY_NOT_READY", Provider, SameRequestId,
        "Ask the providing department to put its certificate library in order; the message names its return code.";
    FileOffsetWrong = "FILE_OFFSET_WRONG", Consumer, Never,
        "Read how much of the file was received and go on with the chunk that begins there.";
    FileContentRefused = "FILE_CONTENT_REFUSED", Consumer, Never,
        "Compare your file with what the violations say, then begin a new file.";
    FileDeleted = "FILE_DELETED", Consumer, Never,
        "List the files of the resource; ask the providing department for a newer one.";
    FileLinkEnded = "FILE_LINK_ENDED", Consumer, Never,
        "Ask for a new link; fetch it at once, from its first byte, and go on only where it broke off.";
    EffectUnknown = "EFFECT_UNKNOWN", Provider, Never,
        "Find out from the providing department whether it acted; only then ask again, with a new request id.";
    LedgerUnavailable = "LEDGER_UNAVAILABLE", Gateway, SameRequestId,
        "Nothing was released. Try again in a minute with the same request id.";
    Overloaded = "OVERLOADED", Gateway, SameRequestId,
        "Try again in a few seconds with the same request id.";
    BudgetSpent = "BUDGET_SPENT", Consumer, SameRequestId,
        "Wait as long as the answer says; if the work is rightful, ask the operator of the gateway.";
    Internal = "INTERNAL", Gateway, SameRequestId,
        "Tell the operator the request id; the gateway's log has the cause.";
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
