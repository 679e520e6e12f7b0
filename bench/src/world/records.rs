//! What the provider shares: the catalogue entries of the echo service's two records.

use api::catalogue::v1 as pb;
use domain::seed::{ItemSeed, Seeds};

use super::PROVIDER;
use crate::{Error, echo};

/// A shared record: its entry in the catalogue, and the items that the consumer applies for.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) resource: pb::Resource,
    pub(super) wanted: Vec<String>,
}

/// Items of the licence, with their data types of the national guide. The last three are not
/// applied for, so the mask has something to remove.
const LICENCE: [(&str, &str); 10] = [
    ("code", "C"),
    ("name", "C"),
    ("kind", "C"),
    ("address", "C"),
    ("founded", "C"),
    ("valid_until", "C"),
    ("trading", "L"),
    ("scope", "C"),
    ("capital", "N"),
    ("authority", "C"),
];

/// How many items of the licence are applied for.
const LICENCE_WANTED: usize = 7;

/// Items of the wide record, and how many of them are applied for: half of its bytes.
const WIDE: usize = 20;
const WIDE_WANTED: usize = 10;

/// The licence that Echo answers with.
pub(super) fn licence(interface: &str) -> Shared {
    let items = LICENCE.map(|(key, kind)| (key.to_owned(), kind));
    shared(
        "102001-900001",
        echo::ECHO,
        interface,
        &items,
        LICENCE_WANTED,
    )
}

/// The wide record of which Stream answers many.
pub(super) fn wide(interface: &str) -> Shared {
    let items: Vec<_> = (1..=WIDE)
        .map(|number| (format!("item_{number:02}"), "C"))
        .collect();
    shared(
        "102001-900002",
        echo::STREAM,
        interface,
        &items,
        WIDE_WANTED,
    )
}

fn shared(
    code: &str,
    method: &str,
    interface: &str,
    items: &[(String, &str)],
    wanted: usize,
) -> Shared {
    let keys = || items.iter().map(|(key, _)| key.clone());
    let item = |(key, kind): &(String, &str)| pb::ResourceItem {
        key: key.clone(),
        title: key.clone(),
        data_type: (*kind).to_owned(),
        sensitive: false,
        ..pb::ResourceItem::default()
    };
    // The fields of the messages are named as the items are.
    let place = |key: String| pb::ItemField {
        item: key.clone(),
        path: key,
    };
    let operation = pb::Operation {
        method: method.to_owned(),
        fields: keys().map(place).collect(),
        structure: Vec::new(),
    };
    Shared {
        resource: pb::Resource {
            name: format!("resources/{code}"),
            title: format!("对比测试 {code}"),
            summary: "只用于测量网关的开销，数据均为虚构".to_owned(),
            system: format!("systems/{PROVIDER}"),
            items: items.iter().map(item).collect(),
            share_type: pb::ShareType::Unconditional.into(),
            share_modes: vec![pb::ShareMode::Api.into()],
            format_class: 7,
            update_cycle: 1,
            data_level: "general".to_owned(),
            api: Some(pb::Api {
                interface: interface.to_owned(),
                operations: vec![operation],
            }),
            ..reviewed()
        },
        wanted: keys().take(wanted).collect(),
    }
}

/// The items of a licence that a lookup asks for: as many bytes as the echo backend's record has, about.
pub const LICENCES: [&str; 7] = [
    "enterprise_name",
    "credit_code",
    "enterprise_kind",
    "established_date",
    "business_scope",
    "domicile",
    "registration_authority",
];

/// The licences of the seeds, as certificates that may be kept for an hour.
pub(super) fn licences() -> Result<Shared, Error> {
    let seeds = Seeds::embedded().map_err(|faults| format!("the seeds: {faults:?}"))?;
    let found = seeds.resources.iter();
    let seed = found
        .clone()
        .find(|seed| seed.id == "enterprise-registrations")
        .ok_or("the seeds know no licences")?;
    let code = seed.certificate_type.as_ref();
    let code = code.ok_or("the licences are no certificates")?;
    let item = |item: &ItemSeed| pb::ResourceItem {
        key: item.item.key.to_string(),
        title: item.item.title.clone(),
        data_type: item.item.data_type.as_str().to_owned(),
        sensitive: item.item.sensitive,
        ..pb::ResourceItem::default()
    };
    Ok(Shared {
        resource: pb::Resource {
            name: "resources/102001-900003".to_owned(),
            title: "对比测试 营业执照".to_owned(),
            summary: "只用于测量网关的开销，数据均为虚构".to_owned(),
            system: format!("systems/{PROVIDER}"),
            items: seed.items.iter().map(item).collect(),
            share_type: pb::ShareType::Unconditional.into(),
            share_modes: vec![pb::ShareMode::Api.into()],
            certificate_type: format!("certificateTypes/{code}"),
            format_class: 7,
            update_cycle: 1,
            data_level: "general".to_owned(),
            cache_seconds: 3600,
            ..reviewed()
        },
        wanted: LICENCES.map(str::to_owned).to_vec(),
    })
}

/// An entry whose reviews are recorded, and nothing else: no such entry is published without.
fn reviewed() -> pb::Resource {
    pb::Resource {
        share_scope: "对比测试".to_owned(),
        share_purpose: "对比测试".to_owned(),
        data_class: "对比测试".to_owned(),
        secrecy_review: "虚构数据".to_owned(),
        impact_assessment: "虚构数据".to_owned(),
        head_approval: "虚构数据".to_owned(),
        ..pb::Resource::default()
    }
}
