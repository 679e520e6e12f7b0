//! The data items of certificate types and resources.

use super::codes::{Codes, ListId};
use super::entry::Entry;
use super::fault::{FaultList, Place, Spot};
use super::names::Names;
use crate::item::{DataType, Item, ItemKey};

/// A data item 信息项.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemSeed {
    /// Its key, title, type and whether it is masked unless a grant names it.
    pub item: Item,
    /// The greatest length in characters, where the entry states one.
    pub length: Option<u32>,
    /// A certificate without it is refused.
    pub mandatory: bool,
    /// Its key inside a certificate file (GB/T 36903), for example `ZZMC`.
    pub standard_key: Option<String>,
}

/// Reads the items under a key.
pub(super) fn read(entry: &Entry<'_>, key: &'static str, codes: &Codes) -> Vec<(ItemSeed, Place)> {
    entry.each(key, "key", |row| {
        let item_key = row.parsed("key", ItemKey::parse);
        let title = row.text("title");
        let data_type = codes.member(ListId::DataType, row.text("type"));
        let data_type = data_type.and_then(|word| {
            DataType::parse(&word)
                .map_err(|cause| row.fault_at("type", cause.to_string()))
                .ok()
        });
        let sensitive = row.flag("sensitive");
        let mandatory = row.flag("mandatory");
        let length = row.optional_number("length", 1..100_001);
        let standard_key = row
            .optional_text("standard_key")
            .map(|standard| standard.value);
        let item = Item {
            key: item_key?,
            title: title?.value,
            data_type: data_type?,
            sensitive,
            personal: false,
            length,
        };
        Some((
            ItemSeed {
                item,
                length,
                mandatory,
                standard_key,
            },
            row.place(),
        ))
    })
}

/// The items without their places; a key that stands twice is a fault.
pub(super) fn distinct(items: Vec<(ItemSeed, Place)>, faults: &FaultList) -> Vec<ItemSeed> {
    let mut names = Names::<()>::new("item", "its entry", faults);
    let mut distinct = Vec::with_capacity(items.len());
    for (item, place) in items {
        names.define(item.item.key.as_str(), None, place);
        distinct.push(item);
    }
    distinct
}

/// Picks items of a certificate type by their keys; a key that it does not have is a fault.
pub(super) fn pick(
    keys: &[Spot<String>],
    from: &[ItemSeed],
    owner: &str,
    faults: &FaultList,
) -> Vec<(ItemSeed, Place)> {
    let mut picked = Vec::with_capacity(keys.len());
    for key in keys {
        match from.iter().find(|item| item.item.key.as_str() == key.value) {
            Some(item) => picked.push((item.clone(), key.place.clone())),
            None => faults.add(
                &key.place,
                format!("the certificate type {owner} has no item `{}`", key.value),
            ),
        }
    }
    picked
}
