//! Table mode in process: a resource with items of every type, a view that holds it, and a grant.

pub mod mariadb;
pub mod source;
pub mod vouched;

use std::sync::Arc;
use std::time::Duration;

use broker::{Failure, Part, Purpose, ReadRows, Receipt, Use};
use domain::application::{Application, Content, Terms};
use domain::caller::Caller;
use domain::endpoint::Endpoint;
use domain::filter::Filter;
use domain::grant::Grant;
use domain::item::{DataType, Item, ItemKey, Value};
use domain::resource::{Resource, ShareMode};
use domain::rows::OrderBy;
use tokio::time::Instant;

use crate::city;
use crate::databases::Database;
use crate::gateway::{TestGateway, act};
use source::Source;

/// A row: a cell for each of [`ITEMS`].
pub type Row = Vec<Option<Value>>;

/// The items of the resource, the unique key first.
pub const ITEMS: [(&str, DataType); 10] = [
    ("row_id", DataType::C),
    ("name", DataType::C),
    ("note", DataType::M),
    ("count", DataType::I),
    ("fund", DataType::N),
    ("ratio", DataType::F),
    ("open", DataType::L),
    ("day", DataType::D),
    ("at", DataType::T),
    ("amount", DataType::Y),
];

/// The system that provides.
pub const PROVIDER: &str = "enterprise-registry";
/// The system that uses.
pub const CONSUMER: &str = "yjs-platform";

/// A gateway with a table behind it.
#[derive(Debug)]
pub struct Tables {
    /// The gateway.
    pub gateway: TestGateway,
    /// Its operator.
    pub operator: Caller,
    /// The consumer.
    pub platform: Caller,
    /// An officer of the provider.
    pub owner: Caller,
    /// A second officer of the provider.
    pub second: Caller,
    /// Who publishes for the competent department.
    pub publisher: Caller,
    /// The resource, published.
    pub resource: Resource,
    applicant: Caller,
}

/// What came of a read.
#[derive(Debug)]
pub struct Answer {
    /// The rows batch by batch.
    pub batches: Vec<Vec<Row>>,
    /// The cursor of each batch.
    pub cursors: Vec<Option<String>>,
    /// How it ended.
    pub ended: Result<Receipt, Failure>,
}

impl Answer {
    /// All rows.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        self.batches.concat()
    }

    /// The first cell of each row: the unique key, when it was asked for first.
    ///
    /// # Panics
    /// When it is no text.
    #[must_use]
    pub fn ids(&self) -> Vec<String> {
        let id = |row: &Row| match row.first() {
            Some(Some(Value::Text(id))) => id.clone(),
            other => panic!("{other:?}"),
        };
        self.batches.iter().flatten().map(id).collect()
    }
}

/// An item's key.
///
/// # Panics
/// When it is none.
#[must_use]
pub fn key(text: &str) -> ItemKey {
    ItemKey::parse(text).unwrap()
}

/// The value of an item in a row.
#[must_use]
pub fn value<'a>(row: &'a Row, key: &ItemKey) -> Option<&'a Value> {
    let place = ITEMS.iter().position(|(own, _)| *own == key.as_str())?;
    row.get(place)?.as_ref()
}

impl Tables {
    /// Registers everything up to a published resource.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn start(database: &Database) -> Self {
        let gateway = TestGateway::start(database).await;
        let operator = gateway.operator("root").await;
        for id in [PROVIDER, CONSUMER] {
            let owner = city::owner_of(id);
            let index = city::SEEDS
                .departments
                .iter()
                .position(|seed| owner.id() == seed.uscc.as_str());
            let department = city::department(index.unwrap());
            let request = gateway.new_request();
            let registering = act(&operator, &request, "CreateDepartment");
            gateway
                .create_department(&registering, department)
                .await
                .unwrap();
            let request = gateway.new_request();
            let registering = act(&operator, &request, "CreateSystem");
            gateway
                .create_system(
                    &registering,
                    city::system(id),
                    "虚构系统底数清单".to_owned(),
                )
                .await
                .unwrap();
        }
        let platform = gateway.system_caller(&operator, CONSUMER).await;
        let owner = gateway
            .officer(&operator, &city::owner_of(PROVIDER), "wang")
            .await;
        let second = gateway
            .officer(&operator, &city::owner_of(PROVIDER), "sun")
            .await;
        let competent = city::owner_of(CONSUMER);
        let applicant = gateway.officer(&operator, &competent, "zhang").await;
        let publisher = gateway.officer(&operator, &competent, "li").await;
        let draft = table();
        let resource = publish(&gateway, &owner, &publisher, draft).await;
        Self {
            publisher,
            gateway,
            operator,
            platform,
            owner,
            second,
            resource,
            applicant,
        }
    }

    /// Starts with a table in a database of this kind, and a grant on all of it.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn over(database: &Database, source: &Source, rows: &[Row]) -> Self {
        let tables = Self::start(database).await;
        source.load(rows).await;
        let endpoint = source.endpoint(&tables);
        tables.register(endpoint).await.unwrap();
        tables.agree(None, &[]).await;
        tables
    }

    /// Publishes a further resource of the provider.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn publish(&self, draft: Resource) -> Resource {
        publish(&self.gateway, &self.owner, &self.publisher, draft).await
    }

    /// Registers an endpoint as the provider.
    ///
    /// # Errors
    /// As the gateway answers.
    pub async fn register(&self, endpoint: Endpoint) -> Result<Endpoint, Failure> {
        let request = self.gateway.new_request();
        let registering = act(&self.owner, &request, "CreateEndpoint");
        let made = self.gateway.create_endpoint(&registering, endpoint).await;
        made.map(|probed| probed.endpoint.value)
    }

    /// The terms of the grant: these items, or all when none is named.
    #[must_use]
    pub fn terms(&self, row_filter: Option<Filter>, items: &[&str]) -> Terms {
        let named: Vec<ItemKey> = items.iter().map(|item| key(item)).collect();
        let all = city::terms(CONSUMER, &self.resource);
        Terms {
            items: if named.is_empty() {
                all.items.clone()
            } else {
                named
            },
            share_modes: vec![ShareMode::Table],
            row_filter,
            issues_use_codes: false,
            network_zones: Vec::new(),
            quota: domain::quota::Quota::default(),
            ..all
        }
    }

    /// Writes an application.
    ///
    /// # Errors
    /// As the gateway answers.
    pub async fn apply(&self, terms: Terms) -> Result<Application, Failure> {
        let request = self.gateway.new_request();
        let applying = act(&self.applicant, &request, "CreateApplication");
        let name = self.gateway.new_application_name().unwrap();
        let scene = "一件事一次办".to_owned();
        let application = Application::draft(name, Content::new(terms, scene));
        let made = self
            .gateway
            .create_application(&applying, application)
            .await;
        made.map(|row| row.value)
    }

    /// Makes a grant.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn agree(&self, row_filter: Option<Filter>, items: &[&str]) -> Grant {
        self.agree_on(self.terms(row_filter, items)).await
    }

    /// Makes a grant on these terms.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn agree_on(&self, terms: Terms) -> Grant {
        let gateway = &self.gateway;
        let application = self.apply(terms).await.unwrap();
        let name = application.name;
        let request = gateway.new_request();
        let signing = act(&self.publisher, &request, "SignOffApplication");
        gateway
            .sign_off_application(&signing, &name, "")
            .await
            .unwrap();
        let request = gateway.new_request();
        let submitting = act(&self.applicant, &request, "SubmitApplication");
        gateway
            .submit_application(&submitting, &name, "")
            .await
            .unwrap();
        let mut made = None;
        for who in [&self.owner, &self.second] {
            let request = gateway.new_request();
            let approving = act(who, &request, "ApproveApplication");
            let approved = gateway.approve_application(&approving, &name, None, "");
            made = approved.await.unwrap().1;
        }
        made.unwrap().value
    }

    /// A read of all granted items.
    #[must_use]
    pub fn wish(&self, filter: Option<Filter>, order: Vec<OrderBy>) -> ReadRows {
        ReadRows {
            resource: self.resource.name.clone(),
            items: Vec::new(),
            filter,
            order,
            limit: 100_000,
            resume: None,
        }
    }

    /// Reads to the end.
    pub async fn read(&self, wish: ReadRows) -> Answer {
        self.read_at(&self.gateway, wish).await
    }

    /// Reads to the end, at another gateway over the same database too.
    pub async fn read_at(&self, gateway: &TestGateway, wish: ReadRows) -> Answer {
        let used = Use {
            caller: self.platform.clone(),
            request_id: self.gateway.new_request(),
            purpose: Purpose {
                matter: city::matter(0).name,
                case_number: "CASE-1".to_owned(),
                operator: None,
            },
            deadline: Instant::now() + Duration::from_secs(60),
            place: None,
        };
        let mut answer = Answer {
            batches: Vec::new(),
            cursors: Vec::new(),
            ended: Err(Failure::new(
                domain::reason::Reason::Internal,
                "the stream ended without a last part",
            )),
        };
        let gateway = Arc::clone(gateway);
        let mut reading = match gateway.read_rows(used, wish).await {
            Ok(reading) => reading,
            Err(failure) => {
                answer.ended = Err(failure);
                return answer;
            }
        };
        while let Some(part) = reading.parts.recv().await {
            match part {
                Ok(Part::Rows(batch)) => {
                    let rows = batch.rows.rows().map(<[Option<Value>]>::to_vec).collect();
                    answer.batches.push(rows);
                    answer.cursors.push(batch.cursor);
                }
                Ok(Part::Receipt(receipt)) => answer.ended = Ok(*receipt),
                Err(failure) => answer.ended = Err(failure),
            }
        }
        answer
    }
}

/// The draft of the resource with every type of items.
fn table() -> Resource {
    let item = |(text, data_type): (&str, DataType)| Item {
        key: key(text),
        title: text.to_owned(),
        data_type,
        sensitive: false,
        personal: false,
        length: None,
    };
    Resource {
        items: ITEMS.into_iter().map(item).collect(),
        share_modes: vec![ShareMode::Table],
        certificate_type: None,
        ..city::resource("enterprise-registrations")
    }
}

async fn publish(
    gateway: &TestGateway,
    owner: &Caller,
    publisher: &Caller,
    resource: Resource,
) -> Resource {
    let name = resource.name.clone();
    let request = gateway.new_request();
    let creating = act(owner, &request, "CreateResource");
    gateway.create_resource(&creating, resource).await.unwrap();
    let request = gateway.new_request();
    let registering = act(owner, &request, "RegisterResource");
    gateway
        .register_resource(&registering, &name, "")
        .await
        .unwrap();
    let request = gateway.new_request();
    let publishing = act(publisher, &request, "PublishResource");
    gateway
        .publish_resource(&publishing, &name, "")
        .await
        .unwrap()
        .value
}
