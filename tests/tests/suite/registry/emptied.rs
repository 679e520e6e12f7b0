//! A system is proved to have published while something of it stands in the catalogue, and no longer.

use domain::caller::Caller;
use domain::name::{PlanName, SystemName};
use domain::policy::shaoyang_date;
use domain::resource::Resource;
use jiff::{SignedDuration, ToSpan as _};
use kit::city;
use kit::databases::Database;
use kit::gateway::{TestGateway, act};
use kit::tables::{PROVIDER, Tables};

kit::on_each_database!(
    the_end_of_the_last_entry_ends_the_proof_on_the_day_it_leaves,
    an_entry_that_goes_to_another_system_takes_the_proof_along,
);

async fn has_published(gateway: &TestGateway, system: &SystemName) -> bool {
    let plan = PlanName::from_id("2022").unwrap();
    let board = gateway.progress(&plan).await.unwrap();
    let mut systems = board.departments.iter().flat_map(|row| &row.systems);
    let own = systems.find(|row| row.system == *system).unwrap();
    own.proofs.published.is_some()
}

/// The next version of an entry, signed off and published.
async fn publish_next(tables: &Tables, next: Resource) {
    let gateway = &tables.gateway;
    let name = next.name.clone();
    let with = |who: &Caller, method| (who.clone(), gateway.new_request(), method);
    let (who, id, method) = with(&tables.owner, "UpdateResource");
    let updating = act(&who, &id, method);
    gateway.update_resource(&updating, next, "").await.unwrap();
    let (who, id, method) = with(&tables.owner, "RegisterResource");
    let registering = act(&who, &id, method);
    let registered = gateway.register_resource(&registering, &name, "").await;
    registered.unwrap();
    let (who, id, method) = with(&tables.publisher, "PublishResource");
    let publishing = act(&who, &id, method);
    let published = gateway.publish_resource(&publishing, &name, "").await;
    published.unwrap();
}

async fn the_end_of_the_last_entry_ends_the_proof_on_the_day_it_leaves(database: &Database) {
    let tables = Tables::start(database).await;
    let gateway = &tables.gateway;
    let system = SystemName::from_id(PROVIDER).unwrap();
    assert!(has_published(gateway, &system).await);
    let last_day = shaoyang_date(gateway.now()) + 60.days();
    let request = gateway.new_request();
    let retiring = act(&tables.owner, &request, "RetireResource");
    let name = &tables.resource.name;
    let reason = "数据并入省级系统".to_owned();
    let announced = gateway
        .retire_resource(&retiring, name, reason, last_day, "")
        .await;
    announced.unwrap();
    gateway.clock.advance(SignedDuration::from_hours(24 * 60));
    gateway.retire_due_resources().await.unwrap();
    assert!(has_published(gateway, &system).await, "its last day");
    gateway.clock.advance(SignedDuration::from_hours(24));
    gateway.retire_due_resources().await.unwrap();
    assert!(!has_published(gateway, &system).await);
}

async fn an_entry_that_goes_to_another_system_takes_the_proof_along(database: &Database) {
    let tables = Tables::start(database).await;
    let gateway = &tables.gateway;
    let (one, other) = (
        SystemName::from_id(PROVIDER).unwrap(),
        SystemName::from_id("enterprise-archive").unwrap(),
    );
    let successor = domain::system::System {
        name: other.clone(),
        display_name: "企业登记新系统".to_owned(),
        ..city::system(PROVIDER)
    };
    let request = gateway.new_request();
    let creating = act(&tables.operator, &request, "CreateSystem");
    let document = "虚构系统底数清单".to_owned();
    gateway
        .create_system(&creating, successor, document)
        .await
        .unwrap();
    assert!(!has_published(gateway, &other).await);
    let next = Resource {
        system: other.clone(),
        ..tables.resource.clone()
    };
    publish_next(&tables, next).await;
    assert!(has_published(gateway, &other).await);
    assert!(!has_published(gateway, &one).await);
}
