//! Endpoints: where and how a system is reached.

mod change;
mod maintenance;

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::conformance::Conformance;
use crate::fault::Cause;
use crate::file_drop::FileDrop;
use crate::library::Library;
use crate::name::{EndpointId, SystemName};
use crate::resource::{Resource, ShareMode};
use crate::source::SqlSource;

pub use change::{EndpointPatch, left};
pub use maintenance::{MOST_WINDOWS, Maintenance};

/// Host and port of an endpoint, the name of a file, or the gateway itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    host: String,
    port: u16,
}

/// What the address of a file begins with.
const FILE: &str = "file:";
/// The address of what is with the gateway itself.
const HERE: &str = "gateway";

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

    /// Parses `file:NAME`: a file in the folder that the operator set aside for databases of the system.
    ///
    /// # Errors
    /// `NOT_AN_ADDRESS`: a name takes `a-z A-Z 0-9 . _ -` and does not begin with a point.
    pub fn parse_file(text: &str) -> Result<Self, Cause> {
        let name = text.trim().strip_prefix(FILE).unwrap_or_default();
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if !(1..=100).contains(&name.len()) || name.starts_with('.') || !name.bytes().all(plain) {
            let message =
                "write file:NAME with the name of a file in the gateway's folder sources/SYSTEM";
            return Err(Cause::new("NOT_AN_ADDRESS", message));
        }
        Ok(Self {
            host: name.to_owned(),
            port: 0,
        })
    }

    /// The gateway itself: nothing is connected to.
    pub fn here() -> Self {
        Self {
            host: String::new(),
            port: 0,
        }
    }

    /// Parses the address of what is with the gateway itself: `gateway`, or nothing.
    ///
    /// # Errors
    /// `NOT_AN_ADDRESS` for anything else.
    pub fn parse_here(text: &str) -> Result<Self, Cause> {
        match text.trim() {
            "" | HERE => Ok(Self::here()),
            _ => {
                let message =
                    "a file drop has no address, its system comes to the gateway; leave it empty";
                Err(Cause::new("NOT_AN_ADDRESS", message))
            }
        }
    }

    /// Whether it is the gateway itself.
    pub fn is_here(&self) -> bool {
        // No place has no host.
        self.host.is_empty()
    }

    /// The name of the file, when it is one.
    pub fn file(&self) -> Option<&str> {
        // No place in a network has port 0.
        (self.port == 0 && !self.is_here()).then_some(self.host.as_str())
    }

    /// The host: an IP address without brackets, or a DNS name. The name, when it is a file.
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
        if self.is_here() {
            f.write_str(HERE)
        } else if let Some(name) = self.file() {
            write!(f, "{FILE}{name}")
        } else if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl TryFrom<String> for Address {
    type Error = Cause;
    fn try_from(text: String) -> Result<Self, Cause> {
        if text.starts_with(FILE) {
            return Self::parse_file(&text);
        }
        if text == HERE {
            return Ok(Self::here());
        }
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

    /// The word for it in metrics.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Serving { .. } => "serving",
            Self::Failing { .. } => "failing",
        }
    }
}

/// How an endpoint is spoken to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Protocol {
    /// gRPC over mutual TLS with the provider contract.
    #[default]
    Grpc,
    /// HTTP and JSON over mutual TLS: the methods of an `OpenAPI` interface.
    HttpJson,
    /// Read-only views of a database.
    Sql(SqlSource),
    /// gRPC like [`Protocol::Grpc`], to the one system that resolves network identity codes.
    NetworkIdentity,
    /// A certificate library of the national standard.
    CertificateLibrary(Library),
    /// Nobody connects to the system: it brings its files to the gateway.
    FileDrop(FileDrop),
}

impl Protocol {
    /// The word for it in metrics.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Grpc => "grpc",
            Self::HttpJson => "http_json",
            Self::Sql(_) => "sql",
            Self::NetworkIdentity => "network_identity",
            Self::CertificateLibrary(_) => "certificate_library",
            Self::FileDrop(_) => "file_drop",
        }
    }
}

/// Where and how a system is reached.
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
    /// How it is spoken to.
    #[serde(default)]
    pub protocol: Protocol,
    /// Planned maintenance that is not over, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub maintenance: Vec<Maintenance>,
    /// The latest run of the conformance kit; only the gateway writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conformance: Option<Conformance>,
    /// Until when a run of the kit holds it, so that there is one at a time whichever gateway makes it; a run that
    /// died holds it no longer. None while there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub examined_until: Option<Timestamp>,
    /// When it was removed. Such a row is kept so that other gateways learn of it; nobody is told of it unless
    /// they ask for it, and whoever registers the name again takes its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed: Option<Timestamp>,
}

impl Endpoint {
    /// Where files of a system are: with the gateway itself, which asks nobody for them. It stands in
    /// permits of file mode only; nothing can be connected to under such an address.
    ///
    /// # Errors
    /// Never for a system's name; the rules of its parts are asked once more.
    pub fn kept_here(system: &SystemName) -> Result<Self, Cause> {
        Ok(Self {
            name: EndpointId::from_id(&format!("{}.files", system.id()))?,
            system: system.clone(),
            address: Address::here(),
            health: Health::Unknown,
            protocol: Protocol::default(),
            maintenance: Vec::new(),
            conformance: None,
            examined_until: None,
            removed: None,
        })
    }

    /// Whether a run of the kit is under way.
    pub fn is_examined(&self, now: Timestamp) -> bool {
        self.examined_until.is_some_and(|until| now < until)
    }

    /// Whether a resource can be asked for here by a mode.
    pub fn serves(&self, mode: ShareMode, resource: &Resource) -> bool {
        match &self.protocol {
            // Nobody is asked for files: they are brought.
            Protocol::Grpc => matches!(mode, ShareMode::Api | ShareMode::Table),
            // The contract of certificates is one of gRPC.
            Protocol::HttpJson => mode == ShareMode::Api && resource.certificate_type.is_none(),
            // It says whom a code stands for, and holds no resource.
            Protocol::NetworkIdentity => false,
            Protocol::Sql(source) => {
                mode == ShareMode::Table && source.view(&resource.name).is_some()
            }
            Protocol::CertificateLibrary(library) => {
                mode == ShareMode::Api && library.holding(&resource.name).is_some()
            }
            // Files of certificates are made by their issuer when they are wanted.
            Protocol::FileDrop(_) => mode == ShareMode::File && resource.certificate_type.is_none(),
        }
    }

    /// Whether an entry is answered for by each mode that some endpoint serves; announced maintenance is no silence. By
    /// which endpoint does not matter, as it does not to callers.
    pub fn answer_for(
        endpoints: &[Arc<Self>],
        resource: &Resource,
        over_http: bool,
        now: Timestamp,
    ) -> bool {
        let modes = resource.share_modes.iter();
        let mut asked =
            modes.filter_map(|mode| Self::chosen(endpoints, *mode, resource, over_http, now));
        asked.all(|endpoint| endpoint.health.is_serving() || endpoint.in_maintenance(now).is_some())
    }

    /// Whether it was registered for one resource rather than for whatever its system answers.
    fn is_special(&self) -> bool {
        match self.protocol {
            Protocol::Grpc
            | Protocol::HttpJson
            | Protocol::NetworkIdentity
            | Protocol::FileDrop(_) => false,
            Protocol::Sql(_) | Protocol::CertificateLibrary(_) => true,
        }
    }

    /// The endpoint to ask among those of a system that speak as the resource is called: one made for the
    /// resource before one that may know it, one that is not in maintenance before one that is, and one that
    /// answered its last probe before one that may have recovered. `over_http` tells whether the resource's own
    /// methods are called by HTTP/JSON.
    pub fn chosen<'a>(
        endpoints: &'a [Arc<Self>],
        mode: ShareMode,
        resource: &Resource,
        over_http: bool,
        now: Timestamp,
    ) -> Option<&'a Arc<Self>> {
        let able =
            |e: &&Arc<Self>| e.serves(mode, resource) && e.speaks_to(mode, resource, over_http);
        let serving = endpoints.iter().filter(able);
        // Of equals the first stays: the greatest of a reversed list.
        serving.rev().max_by_key(|e| {
            let works = e.in_maintenance(now).is_none();
            (e.is_special(), works, e.health.is_serving())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_http_endpoint_is_not_asked_for_a_certificate() {
        use crate::test_world;
        let mut resource = test_world::marriages("105001-000001");
        let mut endpoint = test_world::endpoint("marriage-registry.web");
        endpoint.protocol = Protocol::HttpJson;
        assert!(endpoint.serves(ShareMode::Api, &resource));
        let kind = crate::name::CertificateTypeName::from_id("11100000MB0143028R001");
        resource.certificate_type = kind.ok();
        assert!(!endpoint.serves(ShareMode::Api, &resource));
        endpoint.protocol = Protocol::Grpc;
        assert!(endpoint.serves(ShareMode::Api, &resource));
    }

    #[test]
    fn an_entry_is_answered_for_by_every_mode_that_is_served() {
        use crate::test_world::{NOON, at, endpoint, marriages};
        let now = at(NOON);
        let of = |id: &str, serving: bool| {
            let error = "no connection".to_owned();
            let mut one = endpoint(id);
            one.health = if serving {
                Health::Serving { at: now }
            } else {
                Health::Failing { at: now, error }
            };
            one
        };
        let drop = |serving| Endpoint {
            address: Address::here(),
            protocol: Protocol::FileDrop(FileDrop::every(60).unwrap()),
            ..of("marriage-registry.drop", serving)
        };
        let upkeep = |one: Endpoint| {
            let hour = jiff::SignedDuration::from_hours(1);
            let window = Maintenance {
                start: now - hour,
                end: now + hour,
                reason: "升级".to_owned(),
            };
            Endpoint {
                maintenance: vec![window],
                ..one
            }
        };
        let mut resource = marriages("105001-000001");
        resource.share_modes = vec![ShareMode::Api, ShareMode::File];
        let (main, second) = ("marriage-registry.main", "marriage-registry.second");
        for (case, endpoints, answers) in [
            ("nothing is asked", vec![], true),
            ("all answer", vec![of(main, true), drop(true)], true),
            ("files alone do", vec![of(main, false), drop(true)], false),
            ("files do not", vec![of(main, true), drop(false)], false),
            (
                "another does",
                vec![of(main, false), of(second, true)],
                true,
            ),
            ("upkeep", vec![upkeep(of(main, false)), drop(true)], true),
        ] {
            let endpoints: Vec<Arc<Endpoint>> = endpoints.into_iter().map(Arc::new).collect();
            let found = Endpoint::answer_for(&endpoints, &resource, false, now);
            assert_eq!(found, answers, "{case}");
        }
    }

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
