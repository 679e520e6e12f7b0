//! Names of resources (AIP-122): a collection and an id, parsed once and compared as wholes. A clone
//! shares the text.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::fault::{Cause, FaultCause};
use crate::id::{CatalogueCode, CertificateTypeCode, MatterCode, Uscc};

/// Writes a name type: `$collection` before the id, `$check` to make the id canonical.
macro_rules! name_type {
    ($(#[$doc:meta])* $type:ident, $collection:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(Arc<str>);

        impl $type {
            /// What stands before the id.
            pub const COLLECTION: &'static str = $collection;

            /// Parses the whole name.
            ///
            /// # Errors
            /// `REQUIRED` when empty, `WRONG_COLLECTION`, or what the id's own rule says.
            pub fn parse(text: &str) -> Result<Self, Cause> {
                let id = id_within($collection, text)?;
                Self::from_id(id)
            }

            /// Makes the name from its id alone.
            ///
            /// # Errors
            /// What the id's own rule says.
            pub fn from_id(id: &str) -> Result<Self, Cause> {
                let check: fn(&str) -> Result<String, Cause> = $check;
                Ok(Self([$collection, &check(id)?].concat().into()))
            }

            /// The whole name.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The id alone.
            pub fn id(&self) -> &str {
                self.0.strip_prefix($collection).unwrap_or(&self.0)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $type {
            type Error = Cause;
            fn try_from(text: String) -> Result<Self, Cause> {
                Self::parse(&text)
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> String {
                name.0.as_ref().to_owned()
            }
        }
    };
}

name_type!(
    /// `departments/{unified social credit code}`.
    DepartmentName, "departments/", |id| Uscc::parse(id)
        .map(|code| code.as_str().to_owned())
        .map_err(from_id_error)
);
name_type!(
    /// `systems/{id}`, the id 3 to 40 of `a-z 0-9 -`.
    SystemName, "systems/", |id| slug(id, 3)
);
name_type!(
    /// `endpoints/{system id}.{id}` inside the gateway; on the wire `systems/{id}/endpoints/{id}`.
    EndpointId, "endpoints/", endpoint_id
);
name_type!(
    /// `interfaces/{system id}.{id}` inside the gateway; on the wire `systems/{id}/interfaces/{id}`.
    InterfaceId, "interfaces/", endpoint_id
);
name_type!(
    /// `resources/{catalogue code}` with `-` for `/`.
    ResourceName, "resources/", |id| CatalogueCode::parse(&id.replacen('-', "/", 1))
        .map(|code| code.as_str().replacen('/', "-", 1))
        .map_err(from_id_error)
);
name_type!(
    /// `applications/{UUID}`.
    ApplicationName, "applications/", uuid
);
name_type!(
    /// `grants/{UUID}`.
    GrantName, "grants/", uuid
);
name_type!(
    /// `clocks/{rule}.{id}.{microseconds}`: the rule in lower case, what it runs for, when it began.
    ClockName, "clocks/", |id| if (5..=160).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.'))
    {
        Ok(id.to_owned())
    } else {
        Err(Cause::new("NOT_A_CLOCK", "give the name of a clock as ListClocks has it"))
    }
);
name_type!(
    /// `subscriptions/{UUID}`.
    SubscriptionName, "subscriptions/", uuid
);
name_type!(
    /// `demands/{UUID}`.
    DemandName, "demands/", uuid
);
name_type!(
    /// `complaints/{UUID}`.
    ComplaintName, "complaints/", uuid
);
name_type!(
    /// `useRecords/{UUID}`.
    UseRecordName, "useRecords/", uuid
);
name_type!(
    /// `disputes/{UUID}`.
    DisputeName, "disputes/", uuid
);
name_type!(
    /// `corrections/{UUID}`.
    CorrectionName, "corrections/", uuid
);
name_type!(
    /// `files/{UUID}`.
    FileName, "files/", uuid
);
name_type!(
    /// `useCodes/{keyed hash in 32 hexadecimal digits}`.
    UseCodeName, "useCodes/", |id| if id.len() == 32
        && id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    {
        Ok(id.to_owned())
    } else {
        Err(Cause::new("NOT_A_HASH", "give the 32 lower-case hexadecimal digits of the code's name"))
    }
);
name_type!(
    /// `fileLinks/{SHA-256 of the link's secret in hexadecimal}`.
    FileLinkName, "fileLinks/", |id| if id.len() == 64
        && id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    {
        Ok(id.to_owned())
    } else {
        Err(Cause::new("NOT_A_LINK", "a link is 64 lower-case hexadecimal digits"))
    }
);
name_type!(
    /// `certificateTypes/{21-character code}`.
    CertificateTypeName, "certificateTypes/", |id| CertificateTypeCode::parse(id)
        .map(|code| code.as_str().to_owned())
        .map_err(from_id_error)
);
name_type!(
    /// `matters/{31-character code}`.
    MatterName, "matters/", |id| MatterCode::parse(id)
        .map(|code| code.as_str().to_owned())
        .map_err(from_id_error)
);
name_type!(
    /// `plans/{id}`, for example `plans/2022`.
    PlanName, "plans/", |id| if id.len() == 4 && id.bytes().all(|b| b.is_ascii_digit()) {
        Ok(id.to_owned())
    } else {
        Err(Cause::new("NOT_A_YEAR", "the id of a plan is its year, for example plans/2022"))
    }
);
name_type!(
    /// `tlsCertificates/{SHA-256 of the certificate in hexadecimal}`.
    Fingerprint, "tlsCertificates/", |id| if id.len() == 64
        && id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    {
        Ok(id.to_owned())
    } else {
        Err(Cause::new("NOT_A_FINGERPRINT", "give the SHA-256 in 64 lower-case hexadecimal digits"))
    }
);
name_type!(
    /// A request id: a UUID, chosen by the caller (AIP-155).
    RequestId, "", uuid
);
name_type!(
    /// Whose certificate a matter needs: `applicant`, `spouse`, `enterprise` …, 2 to 40 of `a-z 0-9 -`.
    HolderRole, "", |id| slug(id, 2)
);
name_type!(
    /// An account of a person within a department, 2 to 40 of `a-z 0-9 -`.
    Account, "", |id| slug(id, 2)
);

impl RequestId {
    /// The id of a part of this request: the same part has the same id each time, so that a repetition
    /// of the whole repeats its parts. A UUID of version 8 from SHA-256.
    #[must_use]
    pub fn part(&self, what: &[&str]) -> Self {
        let mut digest = Sha256::new();
        for text in [self.as_str()].iter().chain(what) {
            digest.update((text.len() as u64).to_be_bytes());
            digest.update(text.as_bytes());
        }
        let mut bytes = [0; 16];
        for (byte, digested) in bytes.iter_mut().zip(digest.finalize()) {
            *byte = digested;
        }
        let id = uuid::Builder::from_custom_bytes(bytes).into_uuid();
        Self(id.hyphenated().to_string().into())
    }
}

/// What lies under a system has its path on the wire: `systems/{id}/$kind/{id}`.
macro_rules! under_a_system {
    ($type:ident, $kind:literal) => {
        impl $type {
            /// From the wire form.
            ///
            /// # Errors
            /// `WRONG_COLLECTION` or a slug's faults.
            pub fn from_path(text: &str) -> Result<Self, Cause> {
                let wrong = || {
                    Cause::new(
                        "WRONG_COLLECTION",
                        concat!("write systems/{id}/", $kind, "/{id}"),
                    )
                };
                let (system, own) = text
                    .split_once(concat!("/", $kind, "/"))
                    .ok_or_else(wrong)?;
                let system = SystemName::parse(system)?;
                Self::from_id(&format!("{}.{own}", system.id()))
            }

            /// The wire form.
            pub fn path(&self) -> String {
                let (system, own) = self.id().split_once('.').unwrap_or((self.id(), ""));
                format!(concat!("systems/{}/", $kind, "/{}"), system, own)
            }

            /// The system it belongs to.
            ///
            /// # Errors
            /// Never for a parsed id; the slug's rule is asked once more.
            pub fn system(&self) -> Result<SystemName, Cause> {
                SystemName::from_id(self.id().split_once('.').map_or("", |(system, _)| system))
            }
        }
    };
}

under_a_system!(EndpointId, "endpoints");
under_a_system!(InterfaceId, "interfaces");

fn id_within<'a>(collection: &str, text: &'a str) -> Result<&'a str, Cause> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Cause::new(
            "REQUIRED",
            format!("give a name such as {collection}…"),
        ));
    }
    text.strip_prefix(collection).ok_or_else(|| {
        Cause::new(
            "WRONG_COLLECTION",
            format!("the name must begin with {collection:?}"),
        )
    })
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "used as a function value in map_err"
)]
fn from_id_error(error: crate::id::IdError) -> Cause {
    // The id's own code is kept in the sentence; names share one code.
    Cause::new(
        "INVALID_ID",
        format!("{error} ({})", FaultCause::code(&error)),
    )
}

fn slug(id: &str, least: usize) -> Result<String, Cause> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let starts = id.as_bytes().first().is_some_and(u8::is_ascii_lowercase);
    if (least..=40).contains(&id.len()) && starts && id.bytes().all(allowed) && !id.ends_with('-') {
        Ok(id.to_owned())
    } else {
        Err(Cause::new(
            "NOT_A_SLUG",
            format!(
                "the id takes {least} to 40 of a-z, 0-9 and -, begins with a letter and does not end with -"
            ),
        ))
    }
}

fn endpoint_id(id: &str) -> Result<String, Cause> {
    let (system, endpoint) = id.split_once('.').unwrap_or((id, ""));
    Ok(format!("{}.{}", slug(system, 3)?, slug(endpoint, 2)?))
}

fn uuid(id: &str) -> Result<String, Cause> {
    match uuid::Uuid::try_parse(id) {
        Ok(value) if id.len() == 36 => Ok(value.hyphenated().to_string()),
        _ => Err(Cause::new(
            "NOT_A_UUID",
            "give a UUID such as 0191f7a2-5b7e-7c3a-9d53-0c8f5e2b7a11",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_parsed_and_printed_alike() {
        for text in ["systems/yjs-platform", "systems/abc"] {
            assert_eq!(SystemName::parse(text).unwrap().as_str(), text);
        }
        assert_eq!(
            ResourceName::parse("resources/301001-000012").unwrap().id(),
            "301001-000012"
        );
        let endpoint = EndpointId::from_path("systems/abc/endpoints/main").unwrap();
        assert_eq!(endpoint.path(), "systems/abc/endpoints/main");
        assert_eq!(endpoint.system().unwrap().as_str(), "systems/abc");
    }

    #[test]
    fn parts_of_a_request_have_ids_of_their_own_that_stay() {
        let whole = RequestId::parse("0191f7a2-5b7e-7c3a-9d53-0c8f5e2b7a11").unwrap();
        let part = whole.part(&["spouse", "a"]);
        assert_eq!(part, whole.part(&["spouse", "a"]));
        assert_eq!(RequestId::parse(part.as_str()).unwrap(), part);
        for other in [
            whole.part(&["spouse", "b"]),
            whole.part(&["spous", "ea"]),
            part.part(&["spouse", "a"]),
        ] {
            assert_ne!(other, part);
        }
    }

    #[test]
    fn wrong_names_say_what_is_wrong() {
        for (text, code) in [
            ("", "REQUIRED"),
            ("system/abc", "WRONG_COLLECTION"),
            ("systems/ab", "NOT_A_SLUG"),
            ("systems/Abc", "NOT_A_SLUG"),
            ("systems/abc-", "NOT_A_SLUG"),
        ] {
            assert_eq!(SystemName::parse(text).unwrap_err().code(), code, "{text}");
        }
        assert!(DepartmentName::parse("departments/11430500XY0000012C").is_err());
        assert!(RequestId::parse("1").is_err());
    }
}
