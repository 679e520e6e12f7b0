//! Systems from the wire.

use api::registry::v1 as pb;
use broker::SystemPatch;
use domain::fault::{self, Cause};
use domain::name::{DepartmentName, RequestId, SystemName};
use domain::system::{
    Description, Hosting, Inventory, MOST_DATABASES, MOST_YEARLY_COST, NetworkZone,
    ProtectionLevel, System, Unclassified,
};
use jiff::civil::Date;
use tonic::Status;

use super::super::incoming::Fields;

/// The fields that can be changed.
const CHANGEABLE: &str = "display_name, self_built, network_zone, hosting, builder, maintainer, purpose, users, \
    launch_date, maintenance_end_date, protection_level, databases, yearly_cost, machine_room";

/// A system to be registered.
pub(super) fn created(
    message: &pb::CreateSystemRequest,
) -> Result<(System, RequestId, String), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(&message.request_id);
    let part = fields
        .message("system", message.system.clone())
        .unwrap_or_default();
    let name = fields.name("system.name", &part.name, SystemName::parse);
    let described = description(&mut fields, "system", &part);
    let system = name
        .zip(described)
        .map(|(name, described)| described.registered(name));
    let document = fields.take("document", fault::line(&message.document, 200));
    let ((system, id), document) = fields.finish(system.zip(id).zip(document))?;
    Ok((system, id, document))
}

/// What a message says of a system; `place` is where it stands in the request.
pub(super) fn description(
    fields: &mut Fields,
    place: &str,
    part: &pb::System,
) -> Option<Description> {
    let at = |field: &str| format!("{place}.{field}");
    let display_name = fields.take(&at("display_name"), fault::line(&part.display_name, 100));
    let department = fields.name(&at("department"), &part.department, DepartmentName::parse);
    let unclassified = fields.take(&at("classified"), Unclassified::declared(part.classified));
    let network_zone = fields.take(&at("network_zone"), NetworkZone::parse(&part.network_zone));
    let hosting = fields.take(&at("hosting"), Hosting::parse(&part.hosting));
    let builder = fields.take(&at("builder"), fault::optional_line(&part.builder, 100));
    let maintainer = fields.take(
        &at("maintainer"),
        fault::optional_line(&part.maintainer, 100),
    );
    let inventory = inventory(fields, place, part);
    Some(Description {
        display_name: display_name?,
        department: department?,
        self_built: part.self_built,
        unclassified: unclassified?,
        network_zone: network_zone?,
        hosting: hosting?,
        builder: builder?,
        maintainer: maintainer?,
        inventory: inventory?,
    })
}

fn inventory(fields: &mut Fields, place: &str, part: &pb::System) -> Option<Inventory> {
    let at = |field: &str| format!("{place}.{field}");
    let purpose = fields.take(&at("purpose"), fault::optional_line(&part.purpose, 300));
    let users = fields.take(&at("users"), fault::optional_line(&part.users, 100));
    let launched = fields.take(&at("launch_date"), day(&part.launch_date));
    let ends = fields.take(&at("maintenance_end_date"), day(&part.maintenance_end_date));
    let protection = fields.take(&at("protection_level"), level(part.protection_level));
    let databases = fields.take(&at("databases"), databases(&part.databases));
    let yearly_cost = fields.take(&at("yearly_cost"), yuan(part.yearly_cost));
    let room = fault::optional_line(&part.machine_room, 100);
    let machine_room = fields.take(&at("machine_room"), room);
    Some(Inventory {
        purpose: purpose?,
        users: users?,
        launched: launched?,
        maintenance_ends: ends?,
        protection: protection?,
        databases: databases?,
        yearly_cost: yearly_cost?,
        machine_room: machine_room?,
    })
}

fn day(text: &str) -> Result<Option<Date>, Cause> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    fault::date(text).map(Some)
}

fn level(wire: i32) -> Result<Option<ProtectionLevel>, Cause> {
    if wire == 0 {
        return Ok(None);
    }
    // What is no byte is no level either.
    ProtectionLevel::of(u8::try_from(wire).unwrap_or_default()).map(Some)
}

fn databases(wire: &[String]) -> Result<Vec<String>, Cause> {
    if wire.len() > MOST_DATABASES {
        let text = format!("{} kinds; at most {MOST_DATABASES} are kept", wire.len());
        return Err(Cause::new("TOO_MANY", text));
    }
    wire.iter().map(|kind| fault::line(kind, 40)).collect()
}

fn yuan(wire: i64) -> Result<Option<u64>, Cause> {
    match u64::try_from(wire) {
        Ok(0) => Ok(None),
        Ok(yuan) if yuan <= MOST_YEARLY_COST => Ok(Some(yuan)),
        _ => {
            let text = format!("give yuan, 0 to {MOST_YEARLY_COST}");
            Err(Cause::new("OUT_OF_RANGE", text))
        }
    }
}

/// What is to be changed, and of which system.
pub(super) fn updated(
    message: &pb::UpdateSystemRequest,
) -> Result<(SystemName, RequestId, SystemPatch, String), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(&message.request_id);
    let part = fields
        .message("system", message.system.clone())
        .unwrap_or_default();
    let name = fields.name("system.name", &part.name, SystemName::parse);
    let mask = message.update_mask.clone().unwrap_or_default();
    if mask.paths.is_empty() {
        let cause = Cause::new("REQUIRED", "name the fields to change");
        fields.fault("update_mask", &cause);
    }
    let document = fields.take("document", fault::optional_line(&message.document, 200));
    let mut patch = SystemPatch {
        document: document.unwrap_or_default(),
        ..SystemPatch::default()
    };
    for (index, path) in mask.paths.iter().enumerate() {
        if !(identity(&mut fields, &mut patch, path, &part)
            || inventoried(&mut fields, &mut patch, path, &part))
        {
            let text = format!("no field that can be changed; choose among {CHANGEABLE}");
            let cause = Cause::new("FIELD_MASK_PATH_UNKNOWN", text);
            fields.fault(&format!("update_mask.paths[{index}]"), &cause);
        }
    }
    let whole = id.zip(name).map(|(id, name)| (name, id, patch, part.etag));
    fields.finish(whole)
}

/// Takes a field of those that every system has; false for another.
fn identity(fields: &mut Fields, patch: &mut SystemPatch, field: &str, part: &pb::System) -> bool {
    let place = format!("system.{field}");
    match field {
        "display_name" => {
            patch.display_name = fields.take(&place, fault::line(&part.display_name, 100));
        }
        "self_built" => patch.self_built = Some(part.self_built),
        "network_zone" => {
            patch.network_zone = fields.take(&place, NetworkZone::parse(&part.network_zone));
        }
        "hosting" => patch.hosting = fields.take(&place, Hosting::parse(&part.hosting)),
        "builder" => {
            patch.builder = fields.take(&place, fault::optional_line(&part.builder, 100));
        }
        "maintainer" => {
            patch.maintainer = fields.take(&place, fault::optional_line(&part.maintainer, 100));
        }
        _ => return false,
    }
    true
}

/// Takes a field of the inventory; false for another.
fn inventoried(
    fields: &mut Fields,
    patch: &mut SystemPatch,
    field: &str,
    part: &pb::System,
) -> bool {
    let place = format!("system.{field}");
    match field {
        "purpose" => patch.purpose = fields.take(&place, fault::optional_line(&part.purpose, 300)),
        "users" => patch.users = fields.take(&place, fault::optional_line(&part.users, 100)),
        "launch_date" => patch.launched = fields.take(&place, day(&part.launch_date)),
        "maintenance_end_date" => {
            patch.maintenance_ends = fields.take(&place, day(&part.maintenance_end_date));
        }
        "protection_level" => patch.protection = fields.take(&place, level(part.protection_level)),
        "databases" => patch.databases = fields.take(&place, databases(&part.databases)),
        "yearly_cost" => patch.yearly_cost = fields.take(&place, yuan(part.yearly_cost)),
        "machine_room" => {
            patch.machine_room = fields.take(&place, fault::optional_line(&part.machine_room, 100));
        }
        _ => return false,
    }
    true
}
