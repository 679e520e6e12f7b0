//! What answers say of disputed records. Where nothing is disputed it costs one look.

use std::sync::Arc;

use domain::correction::{Dispute, DisputedRow, Disputes};
use domain::item::ItemKey;
use domain::name::ResourceName;
use domain::policy::Permit;
use domain::rows::Rows;
use ledger::entry::Fact;

use crate::gateway::Gateway;

impl Gateway {
    /// The open corrections of a certificate, as of now: what is kept of an answer has none of them.
    pub(crate) fn disputes_of(
        &self,
        resource: &ResourceName,
        identifier: &str,
    ) -> Vec<Arc<Dispute>> {
        let snapshot = self.snapshot();
        let Some(disputes) = snapshot.disputes(resource) else {
            return Vec::new();
        };
        let keys = &self.keys.pseudonyms;
        disputes.of_certificate(resource, identifier, keys).to_vec()
    }

    /// The items by which disputed rows of an entry are known again: none that the grant does not cover, or a mark would
    /// tell what a row holds in them.
    pub(crate) fn rows_known_by(&self, permit: &Permit) -> Vec<ItemKey> {
        let resource = permit.resource();
        let granted = &permit.grant().terms.items;
        let snapshot = self.snapshot();
        let disputes = snapshot.disputes(&resource.name);
        let mut keys = disputes.map_or_else(Vec::new, Disputes::named_by);
        // A later version of the entry may not have them any more. What it has, its view has: else it is not read.
        keys.retain(|key| granted.contains(key) && resource.item(key).is_some());
        keys
    }

    /// The disputed ones of some rows.
    pub(crate) fn disputed_among(&self, resource: &ResourceName, rows: &Rows) -> Vec<DisputedRow> {
        let snapshot = self.snapshot();
        let disputes = snapshot.disputes(resource);
        disputes.map_or_else(Vec::new, |disputes| {
            disputes.among(rows, resource, &self.keys.pseudonyms)
        })
    }
}

/// What the outcome says of a disputed record; nothing of another one.
pub(crate) fn told(disputes: &[Arc<Dispute>]) -> Option<(&'static str, Fact)> {
    let names = disputes.iter().map(|one| one.correction.to_string());
    let names: Vec<String> = names.collect();
    (!names.is_empty()).then(|| ("disputed", names.into()))
}
