//! The open corrections of one entry, as answers are held against them.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::record::{of_certificate, of_row};
use super::{Correction, MOST_OF_RECORD};
use crate::item::{ItemKey, Value};
use crate::name::{CorrectionName, ResourceName, SystemName};
use crate::rows::Rows;
use crate::subject::PseudonymKey;

/// What an answer says of a record that is disputed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispute {
    /// The open correction.
    pub correction: CorrectionName,
    /// Whose it is; not told.
    pub consumer: SystemName,
    /// Since when.
    pub since: Timestamp,
    /// What is said to be wrong; none where it is the record as a whole.
    pub items: Vec<ItemKey>,
}

/// A row that is disputed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisputedRow {
    /// Its place among the rows, from 0.
    pub row: usize,
    /// By which corrections.
    pub disputes: Vec<Arc<Dispute>>,
}

/// The open corrections of one entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disputes {
    by_record: BTreeMap<String, Vec<Arc<Dispute>>>,
    /// By which items rows are named, and of how many corrections.
    ways: BTreeMap<Vec<ItemKey>, usize>,
}

impl Disputes {
    /// Puts an open correction in.
    pub(crate) fn put(&mut self, correction: &Correction) {
        self.remove(correction);
        let dispute = Dispute {
            correction: correction.name.clone(),
            consumer: correction.consumer.clone(),
            since: correction.since(),
            items: correction.items.clone(),
        };
        let of_record = self.by_record.entry(correction.record.clone());
        let of_record = of_record.or_default();
        let place = of_record.partition_point(|known| known.correction < dispute.correction);
        of_record.insert(place, Arc::new(dispute));
        if !correction.named_by.is_empty() {
            *self.ways.entry(correction.named_by.clone()).or_default() += 1;
        }
    }

    /// Takes a correction out, if it is in.
    pub(crate) fn remove(&mut self, correction: &Correction) {
        let Some(of_record) = self.by_record.get_mut(&correction.record) else {
            return;
        };
        let before = of_record.len();
        of_record.retain(|known| known.correction != correction.name);
        if of_record.len() == before {
            return;
        }
        if of_record.is_empty() {
            self.by_record.remove(&correction.record);
        }
        if let Some(count) = self.ways.get_mut(&correction.named_by) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.ways.remove(&correction.named_by);
            }
        }
    }

    /// Whether nothing is disputed.
    pub fn is_empty(&self) -> bool {
        self.by_record.is_empty()
    }

    /// What is disputed of a record, by its keyed hash.
    pub fn of(&self, record: &str) -> &[Arc<Dispute>] {
        self.by_record.get(record).map_or(&[], Vec::as_slice)
    }

    /// What is disputed of a certificate, by its identifier.
    pub fn of_certificate(
        &self,
        resource: &ResourceName,
        identifier: &str,
        keys: &PseudonymKey,
    ) -> &[Arc<Dispute>] {
        self.of(&of_certificate(resource, identifier, keys))
    }

    /// How many a consumer has open.
    pub fn raised_by(&self, consumer: &SystemName) -> usize {
        let all = self.by_record.values().flatten();
        all.filter(|dispute| dispute.consumer == *consumer).count()
    }

    /// By which items rows are named: each choice of them once.
    pub fn ways(&self) -> impl ExactSizeIterator<Item = &[ItemKey]> {
        self.ways.keys().map(Vec::as_slice)
    }

    /// The items by which rows are named, each once.
    pub fn named_by(&self) -> Vec<ItemKey> {
        let mut keys: Vec<ItemKey> = self.ways.keys().flatten().cloned().collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// The disputed ones of some rows. A row is found where every item that names it came with the rows.
    pub fn among(
        &self,
        rows: &Rows,
        resource: &ResourceName,
        keys: &PseudonymKey,
    ) -> Vec<DisputedRow> {
        let mut found: BTreeMap<usize, Vec<Arc<Dispute>>> = BTreeMap::new();
        for way in self.ways() {
            let place = |key: &ItemKey| rows.columns().iter().position(|own| own == key);
            let Some(places) = way.iter().map(place).collect::<Option<Vec<_>>>() else {
                continue;
            };
            for (at, row) in rows.rows().enumerate() {
                let text = |place: &usize| match row.get(*place) {
                    Some(Some(Value::Text(text))) => Some(text.as_str()),
                    _ => None,
                };
                let Some(texts) = places.iter().map(text).collect::<Option<Vec<_>>>() else {
                    continue;
                };
                let record = of_row(resource, way.iter().zip(texts), keys);
                let disputes = self.of(&record);
                if !disputes.is_empty() {
                    found.entry(at).or_default().extend_from_slice(disputes);
                }
            }
        }
        let rows = found.into_iter();
        rows.map(|(row, mut disputes)| {
            // One row can be named in several ways.
            disputes.truncate(MOST_OF_RECORD);
            DisputedRow { row, disputes }
        })
        .collect()
    }
}
