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

use api::registry::v1 as registry;
use kit::world::{Client, World, ask, new_id};

/// The operator takes a system out of service, once that was decided.
async fn retire(world: &World, system: &str) {
    let decided = registry::RecordSystemStepRequest {
        name: system.to_owned(),
        step: Some(registry::record_system_step_request::Step::Disposal(
            registry::DisposalStep {
                disposal: registry::Disposal::Retire.into(),
                statement: Some(registry::Statement {
                    document: "邵民函〔2022〕1号".to_owned(),
                    ..registry::Statement::default()
                }),
                ..registry::DisposalStep::default()
            },
        )),
        request_id: new_id(),
        etag: String::new(),
    };
    let mut operator = world.operator.systems();
    operator.record_system_step(ask(decided)).await.unwrap();
    let request = registry::RetireSystemRequest {
        name: system.to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    operator.retire_system(ask(request)).await.unwrap();
}

/// Registers an interface.
async fn create_interface(
    who: &Client,
    request: &registry::CreateInterfaceRequest,
) -> Result<tonic::Response<registry::Interface>, tonic::Status> {
    let request = ask(request.clone());
    who.interfaces().create_interface(request).await
}

/// What a change is called; none for what is no change.
fn event(entry: &ledger::entry::Entry) -> Option<&str> {
    match entry.kind() {
        ledger::entry::Kind::Change { event } => Some(event),
        _ => None,
    }
}
