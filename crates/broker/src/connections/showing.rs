//! Connections that show another certificate than the gateway's, to see whether they are let in.

use std::sync::Arc;

use arc_swap::ArcSwap;
use contract::Shown;
use domain::credential::Principal;
use domain::endpoint::Endpoint;
use domain::reason::Reason;

use super::{Connections, Dialer, OwnTls, showing};
use crate::authorities::Authorities;
use crate::authority::{Authority, AuthorityError, OwnCertificate};
use crate::failure::Failure;

impl Connections {
    /// What makes connections to an endpoint that show something else.
    pub(crate) fn dialer_showing(
        &self,
        shown: Shown,
        authorities: &Authorities,
        endpoint: &Endpoint,
    ) -> Result<Dialer, Failure> {
        let now = self.clock.now();
        let broken = |error: AuthorityError| Failure::new(Reason::Internal, error.to_string());
        let own: Option<OwnCertificate> = match shown {
            Shown::Gateway => Some(authorities.own.issuer(now).own_certificate(&[], now)),
            Shown::Nothing => None,
            // It says that it is the gateway, and nobody vouches for it.
            Shown::Stranger => Some(
                Authority::generate("shuqiao.conformance", now)
                    .and_then(|stranger| stranger.own_certificate(&[], now)),
            ),
            Shown::System => {
                let principal = Principal::System {
                    system: endpoint.system.clone(),
                };
                Some(
                    authorities
                        .callers
                        .issuer(now)
                        .certificate_of(&principal, &[], now),
                )
            }
        }
        .transpose()
        .map_err(broken)?;
        let snapshot = self.registry.load();
        let config = showing(own, authorities, &snapshot, now)?;
        let tls = OwnTls {
            config: Arc::new(config),
            basis: authorities.basis(&snapshot, now),
            renew_after: now,
            ends: now,
        };
        Ok(Dialer {
            tls: Arc::new(ArcSwap::new(Arc::new(tls))),
            ..self.dialer(endpoint)
        })
    }
}
