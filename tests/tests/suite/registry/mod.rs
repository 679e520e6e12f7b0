//! The register: inventories taken whole, the way through the plan, mergers of departments, interfaces.

mod assets;
mod boarding;
mod city_inventory;
mod coded;
mod emptied;
mod ended;
mod handing_over;
mod heartbeats;
mod imports;
mod maintenance;
mod mergers;
mod moving;
mod networks;
mod nothing_to_share;
mod reflection;
mod served;
mod sheets;
mod steps;
mod successors;

/// What a change is called; none for what is no change.
fn event(entry: &ledger::entry::Entry) -> Option<&str> {
    match entry.kind() {
        ledger::entry::Kind::Change { event } => Some(event),
        _ => None,
    }
}
