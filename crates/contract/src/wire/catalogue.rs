//! What an entry of the catalogue says of its service, from the wire.

use api::catalogue::v1 as pb;
use domain::fault::{self, Cause, Faults};
use domain::interface::MethodPath;
use domain::item::{DataType, Item, ItemKey, LONGEST_VALUE};
use domain::mask::FieldPath;
use domain::name::InterfaceId;
use domain::operation::{Api, ItemField, Operation};
use domain::resource::ShareMode;

/// The items of an entry; all faults are noted, under the place of the entry.
pub fn items_from(
    faults: &mut Faults,
    place: &str,
    wire: &[pb::ResourceItem],
) -> Option<Vec<Item>> {
    let items: Vec<Option<Item>> = wire
        .iter()
        .enumerate()
        .map(|(index, item)| {
            let at = |field: &str| format!("{place}.items[{index}].{field}");
            let key = faults.check(&at("key"), ItemKey::parse(&item.key));
            let title = faults.check(&at("title"), fault::line(&item.title, 50));
            let data_type = faults.check(&at("data_type"), DataType::parse(&item.data_type));
            let length = faults.check(&at("length"), length(item.length));
            Some(Item {
                key: key?,
                title: title?,
                data_type: data_type?,
                sensitive: item.sensitive,
                personal: item.personal,
                length: length?,
            })
        })
        .collect();
    items.into_iter().collect()
}

fn length(wire: i32) -> Result<Option<u32>, Cause> {
    match u32::try_from(wire) {
        Ok(0) => Ok(None),
        Ok(length) if length <= LONGEST_VALUE => Ok(Some(length)),
        _ => {
            let text = format!("give 1 to {LONGEST_VALUE}, or 0 when it is not known");
            Err(Cause::new("OUT_OF_RANGE", text))
        }
    }
}

/// Modes, each once.
///
/// # Errors
/// `REQUIRED` where one is none.
pub fn modes_from(wire: impl Iterator<Item = pb::ShareMode>) -> Result<Vec<ShareMode>, Cause> {
    let mut modes = Vec::new();
    for mode in wire {
        let mode = mode_from(mode)?;
        if !modes.contains(&mode) {
            modes.push(mode);
        }
    }
    Ok(modes)
}

/// One mode.
///
/// # Errors
/// `REQUIRED` where it is none.
pub fn mode_from(wire: pb::ShareMode) -> Result<ShareMode, Cause> {
    match wire {
        pb::ShareMode::Unspecified => Err(Cause::new(
            "REQUIRED",
            "choose table, file, api, mail or medium",
        )
        .by(domain::cited::SHARE_MODE)),
        pb::ShareMode::Table => Ok(ShareMode::Table),
        pb::ShareMode::File => Ok(ShareMode::File),
        pb::ShareMode::Api => Ok(ShareMode::Api),
        pb::ShareMode::Mail => Ok(ShareMode::Mail),
        pb::ShareMode::Medium => Ok(ShareMode::Medium),
    }
}

/// How an entry is reached in API mode; all faults are noted, under the place of the entry.
pub fn api_from(faults: &mut Faults, place: &str, wire: &pb::Api) -> Option<Api> {
    let interface = InterfaceId::from_path(&wire.interface);
    let interface = faults.check(&format!("{place}.api.interface"), interface);
    let operations: Vec<Option<Operation>> = wire
        .operations
        .iter()
        .enumerate()
        .map(|(index, wire)| {
            operation_from(faults, &format!("{place}.api.operations[{index}]"), wire)
        })
        .collect();
    Some(Api {
        interface: interface?,
        operations: operations.into_iter().collect::<Option<_>>()?,
    })
}

fn operation_from(faults: &mut Faults, at: &str, wire: &pb::Operation) -> Option<Operation> {
    let method = faults.check(&format!("{at}.method"), MethodPath::parse(&wire.method));
    let structure: Vec<Option<FieldPath>> = wire
        .structure
        .iter()
        .enumerate()
        .map(|(index, path)| {
            faults.check(&format!("{at}.structure[{index}]"), FieldPath::parse(path))
        })
        .collect();
    let places: Vec<Option<ItemField>> = wire
        .fields
        .iter()
        .enumerate()
        .map(|(index, field)| {
            let at = |part: &str| format!("{at}.fields[{index}].{part}");
            let item = faults.check(&at("item"), ItemKey::parse(&field.item));
            let path = faults.check(&at("path"), FieldPath::parse(&field.path));
            Some(ItemField {
                item: item?,
                path: path?,
            })
        })
        .collect();
    Some(Operation {
        method: method?,
        fields: places.into_iter().collect::<Option<_>>()?,
        structure: structure.into_iter().collect::<Option<_>>()?,
    })
}
