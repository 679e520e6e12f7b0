//! Every simulated department is reached through the gateway, in each mode that it offers.

use std::collections::BTreeMap;

use api::catalogue::v1 as catalogue;
use api::certificate::v1 as certificate;
use api::exchange::v1 as exchange;
use domain::certificate::CertificateRecord;
use domain::item::{DataType, Value};
use domain::name::CertificateTypeName;
use kit::world::insured::{Insured, SYSTEM};
use kit::world::story::{agree, publish};
use kit::world::terms::{application, purpose, reviewed, wire_resource};
use kit::world::{Client, World, ask, new_id};
use kit::{city, world};
use sandbox::people::HUSBAND;
use sandbox::{Simulated, roster};

/// The short name of a system's department.
fn short_name(system: &str) -> String {
    let owner = city::owner_of(system);
    let mut all = city::SEEDS.departments.iter();
    let seed = all.find(|seed| seed.uscc.as_str() == owner.id()).unwrap();
    seed.short_names[0].clone()
}

/// The first certificate of each type that a system issues.
fn samples(simulated: &Simulated) -> BTreeMap<CertificateTypeName, CertificateRecord> {
    let mut samples = BTreeMap::new();
    for record in simulated.holdings().unwrap().certificates {
        let kind = record.certificate_type.clone();
        samples.entry(kind).or_insert(record);
    }
    samples
}

/// The resource of the seeds with this type, or one made after a certificate of it.
fn resource_of(system: &str, number: usize, record: &CertificateRecord) -> catalogue::Resource {
    let kind = record.certificate_type.to_string();
    let mut seeds = city::SEEDS.resources.iter();
    if let Some(seed) = seeds.find(|seed| wire_resource(&seed.id).certificate_type == kind) {
        return wire_resource(&seed.id);
    }
    let item = |item: &domain::item::ItemValue| catalogue::ResourceItem {
        key: item.key.to_string(),
        title: item.key.to_string(),
        data_type: data_type(&item.value).as_str().to_owned(),
        sensitive: false,
        ..catalogue::ResourceItem::default()
    };
    catalogue::Resource {
        name: format!("resources/105099-{number:06}"),
        title: format!("证照 {number}"),
        summary: "按证照样例登记".to_owned(),
        system: format!("systems/{system}"),
        items: record.items.iter().map(item).collect(),
        share_type: catalogue::ShareType::Unconditional.into(),
        share_modes: vec![catalogue::ShareMode::Api.into()],
        certificate_type: kind,
        format_class: 7,
        update_cycle: 1,
        data_level: "general".to_owned(),
        ..reviewed()
    }
}

fn data_type(value: &Value) -> DataType {
    match value {
        Value::Text(_) => DataType::C,
        Value::Integer(_) => DataType::I,
        Value::Decimal(_) => DataType::N,
        Value::Logical(_) => DataType::L,
        Value::Date(_) => DataType::D,
        Value::Time(_) => DataType::T,
    }
}

async fn look_up(platform: &Client, record: &CertificateRecord) {
    let request = certificate::LookupCertificateRequest {
        certificate_type: record.certificate_type.to_string(),
        key: Some(certificate::lookup_certificate_request::Key::Identifier(
            record.identifier.to_string(),
        )),
        purpose: Some(purpose()),
        items: Vec::new(),
        request_id: new_id(),
        // Some entries demand it, and where the duty would do it serves too.
        authorisation: Some(certificate::HolderAuthorisation {
            reference: "SQ-1".to_owned(),
            granted_on: "2022-01-01".to_owned(),
        }),
        ..certificate::LookupCertificateRequest::default()
    };
    let mut certificates = platform.certificates();
    let found = certificates.lookup_certificate(ask(request)).await;
    let found = found.unwrap_or_else(|status| panic!("{}: {status:?}", record.certificate_type));
    let found = found.into_inner();
    assert_eq!(found.disposition(), certificate::Disposition::Found);
    assert!(!found.certificate.unwrap().items.is_empty());
}

async fn read_table(platform: &Client, resource: &str) {
    let request = exchange::ReadRowsRequest {
        resource: resource.to_owned(),
        purpose: Some(purpose()),
        limit: 5,
        request_id: new_id(),
        ..exchange::ReadRowsRequest::default()
    };
    let mut parts = platform.exchange().read_rows(ask(request)).await;
    let parts = parts.as_mut().unwrap().get_mut();
    let (mut rows, mut receipts) = (0, 0);
    while let Some(message) = parts.message().await.unwrap() {
        match message.part {
            Some(exchange::read_rows_response::Part::Batch(batch)) => rows += batch.rows.len(),
            Some(exchange::read_rows_response::Part::Receipt(_)) => receipts += 1,
            None => {}
        }
    }
    assert_eq!((rows > 0, receipts), (true, 1), "{resource}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_department_is_reached_in_its_modes() {
    // API mode: the social insurance bureau, by its own service.
    let insured = Insured::granting(World::start().await, &["name"]).await;
    insured.get(&HUSBAND.code).await.unwrap();
    let mut reached = Vec::new();
    for simulated in roster().unwrap() {
        let system = simulated.system.id().to_owned();
        let _provider: Option<world::Department> = match system.as_str() {
            SYSTEM => None,
            other => Some(insured.world.provider(other).await),
        };
        let owner = insured
            .world
            .enrol_officer(&short_name(&system), &format!("{system}-officer"))
            .await;
        for (number, record) in samples(&simulated).values().enumerate() {
            let resource = resource_of(&system, reached.len() * 10 + number, record);
            publish(&owner, &insured.publisher, &resource).await;
            agree(&insured.applicant, &owner, application(&resource)).await;
            look_up(&insured.platform, record).await;
            let table = i32::from(catalogue::ShareMode::Table);
            if resource.share_modes.contains(&table) {
                read_table(&insured.platform, &resource.name).await;
            }
        }
        reached.push(system);
    }
    assert_eq!(reached.len(), 9, "{reached:?}");
}
