//! Act 1: departments and systems, registered by the operator.

use api::registry::v1 as pb;
use api::registry::v1::department_service_client::DepartmentServiceClient;
use api::registry::v1::system_service_client::SystemServiceClient;
use domain::seed::{Party, Seeds};

use super::Error;
use super::actor::{Actor, ask, new_id};
use super::expect::made;

/// Registers the departments and systems of the source document. Returns how many of each.
pub(crate) async fn register(operator: &Actor, seeds: &Seeds) -> Result<(usize, usize), Error> {
    let mut departments = DepartmentServiceClient::new(operator.channel.clone());
    // Whoever took over is registered before whoever ended.
    let (ended, standing): (Vec<_>, Vec<_>) = seeds
        .departments
        .iter()
        .partition(|seed| seed.successor.is_some());
    for seed in standing.into_iter().chain(ended) {
        let department = pb::Department {
            name: format!("departments/{}", seed.uscc),
            full_name: seed.full_name.clone(),
            short_name: seed.short_names.first().cloned().unwrap_or_default(),
            vertical: seed.vertical,
            party_body: seed.party_body,
            competent: seed.competent,
            valid_from: seed.valid_from.to_string(),
            valid_until: seed
                .valid_until
                .map(|day| day.to_string())
                .unwrap_or_default(),
            successor: seed
                .successor
                .as_ref()
                .map(|code| format!("departments/{code}"))
                .unwrap_or_default(),
            etag: String::new(),
            area: seed.region.to_string(),
            end_document: String::new(),
        };
        let request = pb::CreateDepartmentRequest {
            department: Some(department),
            request_id: new_id(),
        };
        made(
            &seed.full_name,
            departments.create_department(ask(request)).await,
        )?;
    }
    let mut systems = SystemServiceClient::new(operator.channel.clone());
    let mut count = 0;
    for seed in &seeds.systems {
        // Systems of the province and the nation are reached through adapters, not registered here.
        let Party::Department(owner) = &seed.owner else {
            continue;
        };
        let system = pb::System {
            name: seed.name.to_string(),
            display_name: seed.display_name.clone(),
            department: format!("departments/{owner}"),
            self_built: seed.self_built,
            network_zone: seed.network_zone.to_string(),
            hosting: seed.hosting.to_string(),
            ..pb::System::default()
        };
        let request = pb::CreateSystemRequest {
            system: Some(system),
            request_id: new_id(),
            validate_only: false,
            document: "虚构系统底数清单".to_owned(),
        };
        made(
            &seed.display_name,
            systems.create_system(ask(request)).await,
        )?;
        count += 1;
    }
    Ok((seeds.departments.len(), count))
}
