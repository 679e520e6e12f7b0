//! The gateway's own certificate towards callers, over its life: made when the gateway starts, and made anew
//! while it serves.

use std::sync::Arc;

use arc_swap::ArcSwap;
use broker::Gateway;
use broker::authorities::Basis;
use jiff::Timestamp;
use rustls::ServerConfig;

use crate::tls::{TlsError, server_config};

/// The listener's TLS, which is made anew while it serves: its own certificate lives a month, and the authorities
/// change. Connections that are open keep what they began with.
pub(crate) struct Listening {
    hosts: Vec<String>,
    made: ArcSwap<Made>,
}

/// One TLS configuration, and what it was made of.
struct Made {
    config: Arc<ServerConfig>,
    basis: Basis,
    renew_after: Timestamp,
    ends: Timestamp,
}

impl Listening {
    /// Makes the first configuration, for these names and addresses.
    ///
    /// # Errors
    /// [`TlsError`].
    pub(crate) fn new(gateway: &Gateway, hosts: &[String]) -> Result<Self, TlsError> {
        let made = make(gateway, hosts)?;
        gateway.note_own_end(made.ends);
        Ok(Self {
            hosts: hosts.to_vec(),
            made: ArcSwap::new(Arc::new(made)),
        })
    }

    /// The configuration for the next connection.
    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.made.load().config)
    }

    /// Makes another one where the certificate is in the last third of its life or the authorities changed.
    /// Returns whether.
    ///
    /// # Errors
    /// [`TlsError`]; the present one goes on.
    pub(crate) fn follow(&self, gateway: &Gateway) -> Result<bool, TlsError> {
        let (present, now) = (self.made.load(), gateway.now());
        let basis = gateway.authorities().basis(&gateway.snapshot(), now);
        if now < present.renew_after && present.basis == basis {
            return Ok(false);
        }
        let made = make(gateway, &self.hosts)?;
        tracing::info!(ends = %made.ends, "the gateway has a new certificate towards callers");
        gateway.note_own_end(made.ends);
        self.made.store(Arc::new(made));
        Ok(true)
    }
}

fn make(gateway: &Gateway, hosts: &[String]) -> Result<Made, TlsError> {
    let (authorities, snapshot, now) = (gateway.authorities(), gateway.snapshot(), gateway.now());
    let own = authorities.own.issuer(now).own_certificate(hosts, now)?;
    let (renew_after, ends) = (own.renew_after(), own.not_after);
    let roots = authorities.roots(&snapshot, now);
    Ok(Made {
        config: Arc::new(server_config(roots, own)?),
        basis: authorities.basis(&snapshot, now),
        renew_after,
        ends,
    })
}

#[cfg(test)]
mod tests {
    use broker::clock::Clock as _;
    use jiff::SignedDuration;

    use super::*;
    use crate::testing::{ManualClock, gateway};
    use crate::{authorities, keys};

    #[tokio::test]
    async fn the_own_certificate_is_made_anew_in_time_and_when_its_authority_changes() {
        let folder = std::env::temp_dir().join(format!("shuqiao-listening-{}", std::process::id()));
        keys::make_folder(&folder).unwrap();
        let clock = ManualClock::at("2022-06-01T00:00:00Z");
        let advance = |days: i64| clock.advance(SignedDuration::from_hours(24 * days));
        let gateway = gateway(&folder, &clock).await;
        let listening = Listening::new(&gateway, &["localhost".to_owned()]).unwrap();
        let first = listening.config();
        advance(19);
        assert!(!listening.follow(&gateway).unwrap());
        assert!(Arc::ptr_eq(&first, &listening.config()));
        assert!(gateway.warnings().is_empty());
        // Where nobody looks for long it is warned of, and the next look helps.
        advance(5);
        let names: Vec<String> = gateway.warnings().into_iter().map(|one| one.name).collect();
        assert_eq!(names, ["gateway", "gateway/providers"]);
        gateway
            .follow_authorities(gateway.authorities().as_ref().clone())
            .unwrap();
        assert!(listening.follow(&gateway).unwrap());
        assert!(!Arc::ptr_eq(&first, &listening.config()));
        assert!(gateway.warnings().is_empty() && !listening.follow(&gateway).unwrap());

        // A new key of the own authority signs from tomorrow on.
        let own = keys::folder(&folder);
        let next = authorities::made_for_tests(&own, clock.now() + SignedDuration::from_hours(24));
        let read = || authorities::load(&own, "test", None, clock.now()).unwrap();
        gateway.follow_authorities(read()).unwrap();
        assert!(
            !listening.follow(&gateway).unwrap(),
            "callers trust it already, nothing else is new"
        );
        assert_eq!(gateway.own_trust_pem().matches("BEGIN").count(), 2);
        advance(1);
        gateway.follow_authorities(read()).unwrap();
        assert!(listening.follow(&gateway).unwrap());
        let authorities = gateway.authorities();
        assert_eq!(authorities.own.issuer(clock.now()).id(), next);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
