//! Endpoints: where and how a system is reached.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::fault::Cause;
use crate::name::{EndpointId, SystemName};

/// Host and port of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    host: String,
    port: u16,
}

impl Address {
    /// Parses `host:port`. No scheme, user, path or query: an endpoint is a place, not a URL.
    ///
    /// # Errors
    /// `NOT_AN_ADDRESS` with what is wrong.
    pub fn parse(text: &str) -> Result<Self, Cause> {
        let wrong = |what: &str| {
            Cause::new(
                "NOT_AN_ADDRESS",
                format!("{what}; write host:port, for example 10.1.2.3:9443"),
            )
        };
        let (host, port) = text
            .trim()
            .rsplit_once(':')
            .ok_or_else(|| wrong("the port is missing"))?;
        let port: u16 = port
            .parse()
            .map_err(|_| wrong("the port is not a number up to 65535"))?;
        let bare = host
            .strip_prefix('[')
            .and_then(|h| h.strip_suffix(']'))
            .unwrap_or(host);
        let is_ip = bare.parse::<std::net::IpAddr>().is_ok();
        if port == 0 || !(is_ip || is_dns_name(bare)) {
            return Err(wrong("the host is neither an IP address nor a DNS name"));
        }
        Ok(Self {
            host: bare.to_owned(),
            port,
        })
    }

    /// The host: an IP address without brackets, or a DNS name.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl TryFrom<String> for Address {
    type Error = Cause;
    fn try_from(text: String) -> Result<Self, Cause> {
        Self::parse(&text)
    }
}

impl From<Address> for String {
    fn from(address: Address) -> String {
        address.to_string()
    }
}

fn is_dns_name(host: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // A name that ends in a number, decimal or hexadecimal, is an odd spelling of an IPv4 address.
    let last = host.rsplit('.').next().unwrap_or_default();
    let numeric = match last.strip_prefix("0x") {
        Some(digits) => digits.bytes().all(|b| b.is_ascii_hexdigit()),
        None => last.bytes().all(|b| b.is_ascii_digit()),
    };
    host.len() <= 253 && !numeric && host.split('.').all(label)
}

/// What the last probe saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "health", rename_all = "snake_case")]
pub enum Health {
    /// Not probed yet.
    Unknown,
    /// TLS, identity and the gRPC health check were good.
    Serving {
        /// When.
        at: Timestamp,
    },
    /// Something failed.
    Failing {
        /// When.
        at: Timestamp,
        /// What, in one sentence, without data.
        error: String,
    },
}

impl Health {
    /// Whether the last probe was good.
    pub fn is_serving(&self) -> bool {
        matches!(self, Self::Serving { .. })
    }
}

/// Where a system is reached by gRPC over mutual TLS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// `endpoints/{system}.{id}`.
    pub name: EndpointId,
    /// The system.
    pub system: SystemName,
    /// Host and port.
    pub address: Address,
    /// What the last probe saw; only the gateway writes it.
    pub health: Health,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_place_not_a_url() {
        for good in ["10.1.2.3:9443", "[::1]:80", "marriage.gov.example:9443"] {
            assert_eq!(Address::parse(good).unwrap().to_string(), good);
        }
        for bad in [
            "10.1.2.3",
            "http://a:80",
            "a b:80",
            "user@h:80",
            "h:0",
            "h:70000",
            "0x7f.1:80",
            "0x7f000001:80",
            "a.0x7f:80",
            "2130706433:80",
            ":80",
        ] {
            assert!(Address::parse(bad).is_err(), "{bad}");
        }
    }
}
