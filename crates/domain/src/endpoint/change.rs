//! What may change about an endpoint, and its end.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Address, Endpoint, Health, Protocol};
use crate::fault::Faults;
use crate::file_drop::FileDrop;
use crate::grant::Grant;
use crate::library::Library;
use crate::name::{EndpointId, ResourceName};
use crate::resource::{Resource, ShareMode};
use crate::source::SqlSource;

/// The new values of the masked fields of an endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointPatch {
    /// Where it is now.
    pub address: Option<Address>,
    /// The views of a database; its engine stays the one that is registered.
    pub sql: Option<SqlSource>,
    /// The account, the key and the holdings of a certificate library.
    pub library: Option<Library>,
    /// How a system that brings files shows that it is there.
    pub file_drop: Option<FileDrop>,
}

impl Endpoint {
    /// The same endpoint with new values. What was seen at the old place says nothing about the new one: where
    /// anything differs, health and conformance are unknown. Planned maintenance stays.
    ///
    /// # Errors
    /// `NOT_OF_PROTOCOL` for a description of another protocol, `NOT_AN_ADDRESS` for a file where a host is
    /// needed and the other way round; all at once.
    pub fn changed(&self, patch: EndpointPatch) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let mut value = self.clone();
        if let Some(address) = patch.address {
            let kind = |address: &Address| (address.is_here(), address.file().is_some());
            if kind(&address) != kind(&self.address) {
                let text = "a SQLite database is at file:NAME, a file drop nowhere, everything else at host:port";
                faults.add("endpoint.address", "NOT_AN_ADDRESS", text);
            }
            value.address = address;
        }
        match (patch.sql, &self.protocol) {
            (Some(sql), Protocol::Sql(before)) => {
                let engine = before.engine;
                value.protocol = Protocol::Sql(SqlSource { engine, ..sql });
            }
            (Some(_), _) => {
                let text = "it is no database; register another endpoint for one";
                faults.add("endpoint.sql", "NOT_OF_PROTOCOL", text);
            }
            (None, _) => {}
        }
        match (patch.library, &self.protocol) {
            (Some(library), Protocol::CertificateLibrary(_)) => {
                value.protocol = Protocol::CertificateLibrary(library);
            }
            (Some(_), _) => {
                let text = "it is no certificate library; register another endpoint for one";
                faults.add("endpoint.library", "NOT_OF_PROTOCOL", text);
            }
            (None, _) => {}
        }
        match (patch.file_drop, &self.protocol) {
            (Some(drop), Protocol::FileDrop(_)) => value.protocol = Protocol::FileDrop(drop),
            (Some(_), _) => {
                let text = "it is no file drop; register another endpoint for one";
                faults.add("endpoint.file_drop", "NOT_OF_PROTOCOL", text);
            }
            (None, _) => {}
        }
        if !value.is_where(self) {
            value.health = Health::Unknown;
            value.conformance = None;
        }
        if value.address != self.address {
            // A run that is under way asks another place.
            value.examined_until = None;
        }
        faults.finish(Some(value))
    }

    /// Whether it is reached at the same place in the same way as another.
    pub fn is_where(&self, other: &Self) -> bool {
        self.address == other.address && self.protocol == other.protocol
    }

    /// The same endpoint, removed: it is not probed, not asked, not counted, and its name is free.
    #[must_use]
    pub fn remove(self, now: Timestamp) -> Self {
        Self {
            health: Health::Unknown,
            maintenance: Vec::new(),
            conformance: None,
            examined_until: None,
            removed: Some(now),
            ..self
        }
    }

    /// What would not be reached any longer if only the others were there: published entries of its system, and
    /// those that standing grants read from it, in the order of their names. `over_http` tells of an entry whether its
    /// methods are called by HTTP/JSON.
    pub fn alone_reaches<'a>(
        &self,
        others: &[Arc<Self>],
        published: impl Iterator<Item = &'a Arc<Resource>>,
        granted: impl Iterator<Item = (&'a Arc<Grant>, &'a Arc<Resource>)>,
        over_http: impl Fn(&Resource) -> bool,
    ) -> Vec<ResourceName> {
        let lost = |mode: &ShareMode, resource: &Resource| {
            let over_http = over_http(resource);
            let is_asked = |one: &Self| one.is_asked(*mode, resource, over_http);
            is_asked(self) && !others.iter().any(|other| is_asked(other))
        };
        let published = published.filter(|resource| {
            let mut modes = resource.share_modes.iter();
            modes.any(|mode| lost(mode, resource))
        });
        let granted = granted.filter(|(grant, resource)| {
            let mut modes = grant.terms.share_modes.iter();
            modes.any(|mode| lost(mode, resource))
        });
        let granted = granted.map(|(_, resource)| resource);
        let mut names: Vec<_> = published
            .chain(granted)
            .map(|one| one.name.clone())
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Whether it can be asked by a mode. Files are with the gateway, but for those of certificates, which their
    /// issuer makes when they are wanted.
    fn is_asked(&self, mode: ShareMode, resource: &Resource, over_http: bool) -> bool {
        match mode {
            ShareMode::Api | ShareMode::Table => {
                self.serves(mode, resource) && self.speaks_to(mode, resource, over_http)
            }
            ShareMode::File => {
                resource.certificate_type.is_some() && self.serves(ShareMode::Api, resource)
            }
            ShareMode::Mail | ShareMode::Medium => false,
        }
    }

    /// Whether it speaks as the methods of an entry's own are called; what has none is asked by the contract.
    pub(super) fn speaks_to(&self, mode: ShareMode, resource: &Resource, over_http: bool) -> bool {
        let own = resource.api.is_some() && mode == ShareMode::Api;
        !own || (self.protocol == Protocol::HttpJson) == over_http
    }
}

/// The endpoints of before that are gone or elsewhere now: what is kept of them is of no use.
pub fn left<'a>(
    before: impl Iterator<Item = &'a Arc<Endpoint>>,
    now: impl Fn(&Endpoint) -> Option<&'a Arc<Endpoint>>,
) -> Vec<EndpointId> {
    let gone = |endpoint: &&Arc<Endpoint>| {
        let present = now(endpoint);
        !present.is_some_and(|present| present.is_where(endpoint))
    };
    before.filter(gone).map(|one| one.name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::Conformance;
    use crate::source::Engine;
    use crate::test_world::{at, endpoint, marriages};

    fn address(text: &str) -> EndpointPatch {
        EndpointPatch {
            address: Some(Address::try_from(text.to_owned()).unwrap()),
            ..EndpointPatch::default()
        }
    }

    fn examined() -> Endpoint {
        Endpoint {
            conformance: Some(Conformance {
                at: at("2022-06-01T00:00:00Z"),
                passed: true,
                resources: std::collections::BTreeMap::new(),
                failed: Vec::new(),
                saw: Vec::new(),
            }),
            ..endpoint("marriage-registry.main")
        }
    }

    #[test]
    fn another_place_has_to_prove_itself_anew_and_the_same_has_not() {
        let before = examined();
        let moved = before.changed(address("10.9.9.9:9443")).unwrap();
        assert_eq!(moved.address.to_string(), "10.9.9.9:9443");
        assert_eq!(
            (moved.health.clone(), moved.conformance.clone()),
            (Health::Unknown, None)
        );
        assert!(!moved.is_where(&before));
        let same = before
            .changed(address(&before.address.to_string()))
            .unwrap();
        assert_eq!(same, before);
    }

    #[test]
    fn what_does_not_fit_the_protocol_is_named_at_once() {
        let before = examined();
        let patch = EndpointPatch {
            sql: Some(SqlSource {
                engine: Engine::Sqlite,
                database: "main".to_owned().try_into().unwrap(),
                secret: None,
                views: Vec::new(),
            }),
            ..address("file:registry.db")
        };
        let faults = before.changed(patch).unwrap_err();
        let codes: Vec<&str> = faults
            .as_slice()
            .iter()
            .map(|one| one.code.as_str())
            .collect();
        assert_eq!(codes, ["NOT_AN_ADDRESS", "NOT_OF_PROTOCOL"]);
    }

    #[test]
    fn an_endpoint_is_needed_while_no_other_can_be_asked() {
        let main = Arc::new(endpoint("marriage-registry.main"));
        let spare = Arc::new(endpoint("marriage-registry.spare"));
        let resource = Arc::new(marriages("105001-000001"));
        let lost = |others: &[Arc<Endpoint>]| {
            let published = std::iter::once(&resource);
            main.alone_reaches(others, published, std::iter::empty(), |_| false)
        };
        let needed = vec![resource.name.clone()];
        assert_eq!(lost(&[]), needed);
        assert_eq!(lost(&[spare]), []);
        // One that cannot be asked for it is no other.
        let resolver = Endpoint {
            protocol: Protocol::NetworkIdentity,
            ..endpoint("marriage-registry.resolver")
        };
        assert_eq!(lost(&[Arc::new(resolver)]), needed);
    }

    #[test]
    fn methods_of_its_own_are_reached_by_what_speaks_as_they_are_called() {
        let grpc = Arc::new(endpoint("marriage-registry.main"));
        let web = Arc::new(Endpoint {
            protocol: Protocol::HttpJson,
            ..endpoint("marriage-registry.web")
        });
        let mut entry = marriages("105001-000001");
        entry.certificate_type = None;
        entry.share_modes = vec![ShareMode::Api];
        entry.api = Some(crate::test_world::api());
        let entry = Arc::new(entry);
        let lost = |one: &Endpoint, other: &Arc<Endpoint>, over_http: bool| {
            let others = std::slice::from_ref(other);
            let published = std::iter::once(&entry);
            let lost = one.alone_reaches(others, published, std::iter::empty(), |_| over_http);
            !lost.is_empty()
        };
        assert!(lost(&web, &grpc, true) && !lost(&web, &grpc, false));
        assert!(lost(&grpc, &web, false) && !lost(&grpc, &web, true));
    }

    #[test]
    fn a_removed_endpoint_keeps_nothing_that_was_seen_of_it() {
        let now = at("2022-06-01T00:00:00Z");
        let removed = examined().remove(now);
        assert_eq!((removed.removed, removed.conformance), (Some(now), None));
        assert_eq!(removed.health, Health::Unknown);
    }
}
