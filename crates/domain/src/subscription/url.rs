//! The URL of a receiver: https, a place in an allowed network, a path, and nothing else.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::endpoint::Address;
use crate::fault::Cause;

const SCHEME: &str = "https://";
/// The port where none is given.
const PORT: u16 = 443;
/// The longest path.
const PATH_BYTES: usize = 255;

/// Where a subscription's events are posted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WebhookUrl {
    address: Address,
    path: String,
}

impl WebhookUrl {
    /// Parses `https://host:port/path`. A user, a query or a fragment could hold a secret, which nothing here keeps.
    ///
    /// # Errors
    /// `NOT_A_WEBHOOK_URL`, `NOT_AN_ADDRESS`.
    pub fn parse(text: &str) -> Result<Self, Cause> {
        let rest = text.trim().strip_prefix(SCHEME).ok_or_else(wrong)?;
        let (place, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, "/"),
        };
        let plain =
            |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'.' | b'_' | b'~');
        let climbs = path.split('/').any(|segment| matches!(segment, "." | ".."));
        if path.len() > PATH_BYTES || climbs || !path.bytes().all(plain) {
            return Err(wrong());
        }
        let has_port = place
            .rsplit_once(':')
            .is_some_and(|(_, port)| !port.ends_with(']'));
        let address = if has_port {
            Address::parse(place)?
        } else {
            Address::parse(&format!("{place}:{PORT}"))?
        };
        Ok(Self {
            address,
            path: path.to_owned(),
        })
    }

    /// Host and port.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The path, which begins with `/`.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}{}", self.address, self.path)
    }
}

impl TryFrom<String> for WebhookUrl {
    type Error = Cause;
    fn try_from(text: String) -> Result<Self, Cause> {
        Self::parse(&text)
    }
}

impl From<WebhookUrl> for String {
    fn from(url: WebhookUrl) -> Self {
        url.to_string()
    }
}

fn wrong() -> Cause {
    Cause::new(
        "NOT_A_WEBHOOK_URL",
        "write https://host:port/path; the path takes a-z A-Z 0-9 - . _ ~, and there is no user, query or fragment",
    )
}
