//! Request ids: a new UUID for each call, as cheaply as can be.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::atomic::{AtomicU64, Ordering};

use http::HeaderValue;
use uuid::fmt::Hyphenated;

/// Random ids (version 4), the ones that most client libraries make. They fall anywhere into an
/// index, so they are the harder case for whoever stores them.
#[derive(Debug)]
pub struct RequestIds {
    run: u64,
    next: AtomicU64,
}

impl RequestIds {
    /// A row of ids that no other run has.
    pub fn new() -> Self {
        Self {
            run: RandomState::new().build_hasher().finish(),
            next: AtomicU64::new(0),
        }
    }

    /// The next id, as a header.
    pub fn next(&self) -> HeaderValue {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (high, low) = (
            scatter(self.run ^ number),
            scatter(number.wrapping_add(self.run)),
        );
        let mut bytes = [0; 16];
        let (left, right) = bytes.split_at_mut(8);
        left.copy_from_slice(&high.to_be_bytes());
        right.copy_from_slice(&low.to_be_bytes());
        let id = uuid::Builder::from_random_bytes(bytes).into_uuid();
        let mut text = [0; Hyphenated::LENGTH];
        let text = id.hyphenated().encode_lower(&mut text);
        // 36 characters of hexadecimal and hyphens are always a header's value.
        HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("unreachable"))
    }
}

impl Default for RequestIds {
    fn default() -> Self {
        Self::new()
    }
}

/// The finalizer of `SplitMix64`: each number goes to another, and neighbours go far apart.
fn scatter(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_uuids_and_never_come_twice() {
        let ids = RequestIds::new();
        let made: HashSet<_> = (0..10_000)
            .map(|_| {
                let id: uuid::Uuid = ids.next().to_str().unwrap().parse().unwrap();
                assert_eq!(id.get_version_num(), 4);
                id
            })
            .collect();
        assert_eq!(made.len(), 10_000);
    }
}
