//! A crowd in the registry: as many endpoints and grants as a large city has, put straight into the
//! database of a gateway that does not run.

use std::path::Path;

use domain::application::Terms;
use domain::endpoint::{Address, Endpoint, Health};
use domain::grant::{Grant, GrantState};
use domain::item::ItemKey;
use domain::name::{
    ApplicationName, DepartmentName, EndpointId, GrantName, MatterName, ResourceName, SystemName,
};
use domain::resource::ShareMode;
use domain::system::{Hosting, NetworkZone, System, SystemState, Unclassified};
use jiff::Timestamp;
use store::{DatabaseUrl, Noun, Store};

use super::{MATTER, PROVIDER};
use crate::Error;

/// Rows of one transaction.
const ROWS: u32 = 10_000;

/// Grants of one consumer: so many resources it may use.
const GRANTS_OF_ONE: u32 = 100;

/// Any day; rows of the crowd are never used.
const DAY: Timestamp = Timestamp::UNIX_EPOCH;

/// How many rows are added to the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crowd {
    /// Endpoints, each of a system of its own. 0 to 1 000 000.
    pub endpoints: u32,
    /// Grants, 100 to a consumer, each of a resource of its own. 0 to 10 000 000.
    pub grants: u32,
}

/// Adds a crowd to the database in a data folder.
pub(super) async fn settle(data: &Path, crowd: Crowd) -> Result<(), Error> {
    let file = data.join("shuqiao.db").display().to_string();
    let store = Store::open(&DatabaseUrl::parse(&format!("sqlite:{file}"))?).await?;
    let department = DepartmentName::parse("departments/11430500XY0000012B")?;
    fill(&store, crowd.endpoints, |number| {
        system(number, &department)
    })
    .await?;
    fill(&store, crowd.endpoints, endpoint).await?;
    fill(&store, crowd.grants, grant).await?;
    store.close().await;
    Ok(())
}

async fn fill<T: Noun>(
    store: &Store,
    rows: u32,
    make: impl Fn(u32) -> Result<T, Error>,
) -> Result<(), Error> {
    let mut next = 0;
    while next < rows {
        let end = rows.min(next.saturating_add(ROWS));
        let mut tx = store.begin("settling a crowd").await?;
        for number in next..end {
            tx.insert(&make(number)?, None, DAY).await?;
        }
        tx.save().await?;
        next = end;
    }
    Ok(())
}

fn system_name(number: u32) -> Result<SystemName, Error> {
    Ok(SystemName::from_id(&format!("crowd-{number:07}"))?)
}

fn system(number: u32, department: &DepartmentName) -> Result<System, Error> {
    Ok(System {
        name: system_name(number)?,
        display_name: format!("系统 {number}"),
        department: department.clone(),
        self_built: true,
        unclassified: Unclassified::declared(false)?,
        network_zone: NetworkZone::Private,
        hosting: Hosting::CityCloud,
        builder: String::new(),
        maintainer: String::new(),
        state: SystemState::Active,
        inventory: domain::system::Inventory::default(),
        steps: domain::system::Steps::default(),
    })
}

fn endpoint(number: u32) -> Result<Endpoint, Error> {
    let [_, high, middle, low] = number.to_be_bytes();
    Ok(Endpoint {
        name: EndpointId::from_id(&format!("crowd-{number:07}.main"))?,
        system: system_name(number)?,
        // Loopback addresses where nobody listens.
        protocol: domain::endpoint::Protocol::Grpc,
        address: Address::parse(&format!("127.{}.{middle}.{low}:9", high.saturating_add(1)))?,
        health: Health::Unknown,
        maintenance: Vec::new(),
        conformance: None,
        examined_until: None,
        removed: None,
    })
}

fn grant(number: u32) -> Result<Grant, Error> {
    let id = format!("00000000-0000-4000-8000-{number:012x}");
    Ok(Grant {
        name: GrantName::from_id(&id)?,
        version: 1,
        application: ApplicationName::from_id(&id)?,
        terms: Terms {
            consumer: system_name(number / GRANTS_OF_ONE)?,
            resource: ResourceName::from_id(&format!("307009-{:06}", number % GRANTS_OF_ONE))?,
            items: ["code", "name", "kind", "address", "founded"]
                .into_iter()
                .map(ItemKey::parse)
                .collect::<Result<_, _>>()?,
            share_modes: vec![ShareMode::Api],
            matters: vec![MatterName::parse(MATTER)?],
            legal_basis: "国务院令第809号第二十条".to_owned(),
            start: jiff::civil::date(2022, 1, 1),
            end: jiff::civil::date(2024, 12, 31),
            operator_required: true,
            row_filter: None,
            issues_use_codes: false,
            network_zones: Vec::new(),
            quota: domain::quota::Quota::default(),
        },
        resource_version: 1,
        provider: SystemName::from_id(PROVIDER)?,
        approvers: vec!["officers/wang".to_owned()],
        created: DAY,
        change: None,
        resumed: None,
        unrectified: None,
        disposal_demand: String::new(),
        disposal: None,
        provision: None,
        state: GrantState::Active,
    })
}
