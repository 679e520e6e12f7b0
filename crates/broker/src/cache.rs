//! Answers of issuers that are kept and served again, under the very grant they were released under
//! ([ADR 17](../../../docs/adr/0017-a-cache-that-leaves-evidence.md)).
//!
//! In the memory of this gateway alone. What is kept is what was released, so a hit can never tell more
//! than an answer that left already; its state is derived anew on the day it is asked for.

mod table;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::caching::CacheLimit;
use domain::certificate::{CertificateState, Key};
use domain::fault::Faults;
use domain::item::{ItemKey, ItemValue};
use domain::name::CertificateTypeName;
use domain::policy::{Permit, shaoyang_date};
use domain::resource::Resource;
use jiff::Timestamp;
use jiff::civil::Date;
use store::Announced;
use tokio::time::Instant;

use crate::gateway::Gateway;
use crate::library::Signed;
use table::{Slot, Table};
pub(crate) use table::{Tag, Turn};

/// A registry that was not compared with the store for so long may have missed that an issuer announced
/// a change: what is kept is not served then.
const HEARD: Duration = Duration::from_secs(1);

/// The answers kept.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    table: Mutex<Table>,
    limits: Mutex<Vec<CacheLimit>>,
}

/// For whom and of what an answer is kept: a keyed hash over the grant and its version, the certificate
/// type, the subject, and the items in the order of their keys.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Scope([u8; 32]);

impl Scope {
    /// Before all others.
    const FIRST: Self = Self([0; 32]);
    /// After all others.
    const LAST: Self = Self([u8::MAX; 32]);
}

/// The exact place of an answer in the cache, and for how long it may be kept.
pub(crate) struct Place {
    pub(crate) scope: Scope,
    pub(crate) lasts: Duration,
    pub(crate) turn: Turn,
}

/// A released answer.
#[derive(Clone)]
pub(crate) struct Kept {
    /// The identifier of the certificate.
    pub(crate) identifier: String,
    /// The state as the issuer stores it.
    pub(crate) state: CertificateState,
    /// The last day of validity.
    pub(crate) expires: Option<Date>,
    /// The items, cut to the grant.
    pub(crate) items: Vec<ItemValue>,
    /// When the issuer answered.
    pub(crate) as_of: Timestamp,
    /// By what that answer was signed, where issuers sign.
    pub(crate) signed: Option<Signed>,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Kept(…)")
    }
}

impl std::fmt::Debug for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scope(…)")
    }
}

impl Kept {
    /// About how many bytes it takes.
    fn size(&self) -> usize {
        use domain::item::Value;
        let text = |item: &ItemValue| match &item.value {
            Value::Text(text) | Value::Decimal(text) | Value::Date(text) | Value::Time(text) => {
                text.len()
            }
            Value::Integer(_) | Value::Logical(_) => 0,
        };
        let item = |item: &ItemValue| {
            size_of::<ItemValue>().saturating_add(item.key.as_str().len() + text(item))
        };
        let items = self.items.iter().map(item).fold(0, usize::saturating_add);
        items.saturating_add(size_of::<Self>() + self.identifier.len())
    }
}

impl Cache {
    /// Sets how long the city lets answers be kept; what was kept under other maxima is dropped.
    pub(crate) fn limit(&self, limits: Vec<CacheLimit>) {
        let mut present = self.limits.lock().unwrap_or_else(PoisonError::into_inner);
        if *present != limits {
            *present = limits;
            self.table().clear();
        }
    }

    /// Keeps an answer that was released, unless a change was announced since the issuer was asked.
    pub(crate) fn keep(
        &self,
        kind: &CertificateTypeName,
        place: &Place,
        answered: Instant,
        kept: Kept,
        tags: Vec<Tag>,
    ) {
        let Some(ends) = answered.checked_add(place.lasts) else {
            return;
        };
        let slot = Slot {
            bytes: kept.size(),
            kept: Arc::new(kept),
            tags,
            answered,
            ends,
        };
        self.table().keep(kind, place.turn, place.scope, slot);
    }

    /// What is kept there, not older than asked for.
    fn get(&self, scope: &Scope, most: Option<Duration>, now: Instant) -> Option<Arc<Kept>> {
        self.table().get(scope, most, now)
    }

    /// Drops what an announced change is about.
    pub(crate) fn forget(&self, kind: &CertificateTypeName, tags: impl IntoIterator<Item = Tag>) {
        self.table().forget(kind, tags);
    }

    /// Drops everything: what was announced is not known.
    pub(crate) fn clear(&self) {
        self.table().clear();
    }

    /// Drops what has ended.
    pub(crate) fn sweep(&self, now: Instant) {
        self.table().sweep(now);
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn limits(&self) -> MutexGuard<'_, Vec<CacheLimit>> {
        self.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gateway {
    /// Where an answer to this permit would be kept; none where its issuer does not allow it, and none for
    /// a network identity code: whom it stands for, and whether it still does, is asked each time. Taken
    /// before the issuer is asked, since from then on an announcement may make the answer old.
    pub(crate) fn cache_place(
        &self,
        permit: &Permit,
        kind: &CertificateTypeName,
        key: &Key,
        items: &[ItemKey],
    ) -> Option<Place> {
        // Nearly all that is shared may not be kept, and needs no look at the limits.
        if permit.resource().cache_seconds == 0 || matches!(key, Key::NetworkIdentity(_)) {
            return None;
        }
        let day = shaoyang_date(self.now());
        let seconds = permit.resource().cached_for_s(&self.cache.limits(), day);
        (seconds > 0).then(|| Place {
            scope: self.cache_scope(permit, kind, &self.key_digest(key), items),
            lasts: Duration::from_secs(seconds.into()),
            turn: self.cache.table().turn(kind),
        })
    }

    fn cache_scope(
        &self,
        permit: &Permit,
        kind: &CertificateTypeName,
        subject: &str,
        items: &[ItemKey],
    ) -> Scope {
        let mut keys: Vec<&str> = items.iter().map(ItemKey::as_str).collect();
        keys.sort_unstable();
        let version = permit.grant().version.to_be_bytes();
        let head = [
            permit.grant().name.as_str().as_bytes(),
            &version,
            kind.as_str().as_bytes(),
            subject.as_bytes(),
        ];
        let items = keys.iter().map(|key| key.as_bytes());
        let parts: Vec<&[u8]> = head.into_iter().chain(items).collect();
        Scope(self.keys.pseudonyms.derive("cache", &parts))
    }

    /// The answer kept there, if it may be served: not older than the caller takes it, and no announced
    /// change can have been missed.
    pub(crate) fn cached(&self, place: &Place, max_age_s: Option<u32>) -> Option<Arc<Kept>> {
        if max_age_s == Some(0) || !self.heard_within(HEARD) {
            return None;
        }
        // Not older than may be kept today either, whatever held when it was kept.
        let asked = max_age_s.map(|seconds| Duration::from_secs(seconds.into()));
        let most = asked.map_or(place.lasts, |most| most.min(place.lasts));
        self.cache.get(&place.scope, Some(most), Instant::now())
    }

    /// The marks by which an announced change finds what is kept of this certificate.
    pub(crate) fn tag(&self, kind: &CertificateTypeName, key: &Key) -> Tag {
        Tag::of(kind, &self.key_digest(key))
    }

    /// Drops what issuers announced to be old.
    pub(crate) fn heard(&self, announced: Announced) {
        let these = match announced {
            Announced::Anything => return self.cache.clear(),
            Announced::These(these) => these,
        };
        for (kind, digests) in these {
            match CertificateTypeName::parse(&kind) {
                Ok(kind) => {
                    let tags = digests.iter().map(|digest| Tag::of(&kind, digest));
                    self.cache.forget(&kind, tags);
                }
                Err(_) => self.cache.clear(),
            }
        }
    }

    /// What is wrong with the caching that a catalogue entry allows.
    pub(crate) fn check_caching(&self, resource: &Resource, faults: &mut Faults) {
        let day = shaoyang_date(self.now());
        resource.caching_faults(&self.cache.limits(), day, faults);
        resource.auto_approve_faults(faults);
    }
}
