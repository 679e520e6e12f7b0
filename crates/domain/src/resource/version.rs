//! Versions of an entry as they were published, and the grants that a next version hits.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::api::ApiChanges;
use super::diff::broken_items;
use super::{Change, Resource, ShareMode, ShareType};
use crate::filter::Filter;
use crate::grant::Grant;
use crate::item::ItemKey;
use crate::name::{GrantName, ResourceName, SystemName};
use crate::snapshot::Snapshot;

/// A version as it was published. It never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceVersion {
    /// `resources/{code}/versions/{number}`, the number with six digits so that names are in order.
    pub name: String,
    /// The entry.
    pub resource: ResourceName,
    /// From 1.
    pub version: u32,
    /// What was published, whole.
    pub content: Resource,
    /// What changed since the version before.
    pub changes: Vec<Change>,
    /// When it was published.
    pub published: Timestamp,
}

impl ResourceVersion {
    /// The name of a version.
    pub fn name_of(resource: &ResourceName, version: u32) -> String {
        format!("{resource}/versions/{version:06}")
    }

    /// The version of a published entry with what it changed; none for what is not published.
    pub fn of(content: &Resource, changes: Vec<Change>, at: Timestamp) -> Option<Self> {
        let version = content.version()?;
        Some(Self {
            name: Self::name_of(&content.name, version),
            resource: content.name.clone(),
            version,
            content: content.clone(),
            changes,
            published: at,
        })
    }
}

/// A grant whose use a next version breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The grant.
    pub grant: GrantName,
    /// The system that holds it.
    pub consumer: SystemName,
    /// Granted items that go, are of another type, or stand elsewhere in the answers of a method or no more.
    pub items: Vec<ItemKey>,
    /// Granted modes that go.
    pub modes: Vec<ShareMode>,
    /// The whole is not shared any more, or is reached elsewhere, or by methods that go, or take or give something else.
    pub whole: bool,
}

/// Which of these grants a next version hits, and by what. How methods are called and answer concerns only grants by API;
/// the interfaces that describe them are read from the snapshot.
pub fn hits<'a>(
    before: &Resource,
    after: &Resource,
    snapshot: &Snapshot,
    grants: impl IntoIterator<Item = &'a Grant>,
) -> Vec<Hit> {
    let broken = broken_items(before, after);
    let closed = matches!(after.share_type, ShareType::NotShared { .. })
        || before.system != after.system
        || before.certificate_type != after.certificate_type
        || after.basis > before.basis;
    let api = ApiChanges::between(before, after, snapshot);
    let hit = |grant: &Grant| {
        let terms = &grant.terms;
        // Rows that are picked by an item that is gone cannot be picked any more.
        let picked_by = terms
            .row_filter
            .as_ref()
            .map(Filter::keys)
            .unwrap_or_default();
        let calls = terms.share_modes.contains(&ShareMode::Api);
        let gone = broken
            .iter()
            .filter(|key| terms.items.contains(key) || picked_by.contains(key));
        let moved = api.moved.iter();
        let moved = moved.filter(|key| calls && terms.items.contains(key) && !broken.contains(key));
        let items: Vec<ItemKey> = gone.chain(moved).cloned().collect();
        let closed = closed || (calls && api.whole);
        let gone = |mode: &&ShareMode| !after.share_modes.contains(mode);
        let modes: Vec<ShareMode> = terms.share_modes.iter().filter(gone).copied().collect();
        let is_hit = closed || !items.is_empty() || !modes.is_empty();
        is_hit.then(|| Hit {
            grant: grant.name.clone(),
            consumer: terms.consumer.clone(),
            items,
            modes,
            whole: closed,
        })
    };
    grants.into_iter().filter_map(hit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::{GRANTED, WITHHELD, grant, marriages};

    fn hit_by(change: impl FnOnce(&mut Resource)) -> Vec<Hit> {
        let before = marriages("105001-000001");
        let mut after = before.clone();
        change(&mut after);
        hits(
            &before,
            &after,
            &Snapshot::default(),
            [&grant(1, "105001-000001")],
        )
    }

    #[test]
    fn a_grant_is_hit_by_what_it_covers_and_by_nothing_else() {
        let without =
            |key: &'static str| hit_by(move |r| r.items.retain(|item| item.key.as_str() != key));
        assert_eq!(without(GRANTED[0])[0].items[0].as_str(), GRANTED[0]);
        assert_eq!(without(WITHHELD), []);
        assert_eq!(hit_by(|r| r.title = "新名".to_owned()), []);
        assert!(!hit_by(|r| r.share_modes.clear())[0].modes.is_empty());
        let closed = hit_by(|r| {
            r.share_type = ShareType::NotShared {
                legal_basis: "l".to_owned(),
            }
        });
        assert!(closed[0].whole);
    }

    #[test]
    fn a_method_that_is_gone_hits_who_calls_and_a_filtering_item_who_filters() {
        let mut before = marriages("105001-000001");
        before.api = Some(crate::test_world::api());
        let mut after = before.clone();
        after.api.as_mut().unwrap().operations.remove(0);
        let mut held = grant(1, "105001-000001");
        held.terms.share_modes = vec![ShareMode::Api];
        assert!(hits(&before, &after, &Snapshot::default(), [&held])[0].whole);
        held.terms.share_modes = vec![ShareMode::Table];
        assert_eq!(hits(&before, &after, &Snapshot::default(), [&held]), []);
        held.terms.row_filter = ItemKey::parse(WITHHELD).ok().map(Filter::Absent);
        let mut without = before.clone();
        without.items.retain(|item| item.key.as_str() != WITHHELD);
        assert_eq!(
            hits(&before, &without, &Snapshot::default(), [&held])[0].items[0].as_str(),
            WITHHELD
        );
    }

    #[test]
    fn a_version_is_made_of_what_is_published_alone() {
        let published = marriages("105001-000001");
        let at = crate::test_world::at(crate::test_world::NOON);
        let mut next = published.clone();
        next.title = "新名".to_owned();
        let changes = crate::resource::diff(&published, &next, &Snapshot::default());
        let version = ResourceVersion::of(&next, changes, at).unwrap();
        assert_eq!(
            (version.name.as_str(), version.changes.len()),
            ("resources/105001-000001/versions/000001", 1)
        );
        next.state = super::super::ResourceState::Draft;
        assert_eq!(ResourceVersion::of(&next, Vec::new(), at), None);
    }
}
