//! What the connections of one peer hold together: nobody holds everything.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::name::Fingerprint;

use crate::edge::Holding;
use crate::tls::Peer;

/// Connections under one certificate. A system that needs more streams opens them on these.
const OF_ONE_CERTIFICATE: usize = 64;
/// Connections without a usable certificate, all together: for enrolment, health and reflection.
const WITHOUT_CERTIFICATE: usize = 256;

/// Counts the connections of each peer.
#[derive(Clone, Default)]
pub(crate) struct Peers(Arc<Mutex<HashMap<Option<Fingerprint>, Count>>>);

#[derive(Default)]
struct Count {
    connections: usize,
    /// Requests at work, and watches.
    held: Holding,
}

/// A connection's place; given back when dropped.
pub(crate) struct Place {
    peers: Peers,
    peer: Option<Fingerprint>,
    held: Holding,
}

impl Place {
    /// How many requests of this peer are at work, and watches under way, over all its connections.
    pub(crate) fn held(&self) -> &Holding {
        &self.held
    }
}

impl Peers {
    /// Takes a place for a connection of this peer, if there is one.
    pub(crate) fn take(&self, peer: &Peer) -> Option<Place> {
        let (key, most) = match peer {
            Peer::Certificate(fingerprint) => (Some(fingerprint.clone()), OF_ONE_CERTIFICATE),
            Peer::Anonymous | Peer::Unfit(_) => (None, WITHOUT_CERTIFICATE),
        };
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(key.clone()).or_default();
        if count.connections >= most {
            return None;
        }
        count.connections += 1;
        Some(Place {
            held: count.held.clone(),
            peers: self.clone(),
            peer: key,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.peers.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.peer) {
            count.connections = count.connections.saturating_sub(1);
            // Work that goes on without its connections is counted on: or coming again would clear it.
            if count.connections == 0 && count.held.is_nothing() {
                counts.remove(&self.peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_limited_by_peer_and_given_back() {
        let peers = Peers::default();
        let one = Peer::Certificate(Fingerprint::from_id(&"a".repeat(64)).unwrap());
        let two = Peer::Certificate(Fingerprint::from_id(&"b".repeat(64)).unwrap());
        let held: Vec<_> = (0..OF_ONE_CERTIFICATE)
            .map(|_| peers.take(&one).unwrap())
            .collect();
        assert!(peers.take(&one).is_none());
        let other = peers.take(&two);
        assert!(other.is_some(), "another peer is not affected");
        drop((held, other));
        assert!(peers.take(&one).is_some());
        let strangers: Vec<_> = (0..WITHOUT_CERTIFICATE)
            .map(|_| peers.take(&Peer::Anonymous).unwrap())
            .collect();
        assert!(
            peers.take(&Peer::Unfit("any")).is_none(),
            "{} strangers",
            strangers.len()
        );
        drop(strangers);
        assert_eq!(
            peers.0.lock().unwrap().len(),
            0,
            "nothing is kept of those who left"
        );
    }
}
