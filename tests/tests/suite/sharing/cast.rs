//! Who takes part: two people of each side, a stranger, two entries, and a clock that is moved by hand.

use broker::{Failure, Stored};
use domain::application::{Application, Content, Terms};
use domain::caller::Caller;
use domain::name::{ApplicationName, RequestId};
use domain::resource::{Resource, ResourceState, ShareMode, ShareType};
use jiff::Timestamp;
use jiff::civil::Date;
use kit::city;
use kit::databases::Database;
use kit::gateway::{TestGateway, act};
use kit::tables::{CONSUMER, PROVIDER, Tables};

/// Who does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// Writes and submits.
    Applicant,
    /// Signs off for the applicant; of the competent department too.
    Consenter,
    /// Of the provider.
    Owner,
    /// A second person of the provider.
    Second,
    /// Of neither side.
    Stranger,
}

/// A system of whose department the stranger is.
pub(super) const STRANGER: &str = "marriage-registry";

pub(super) const EVERYBODY: [Who; 5] = [
    Who::Applicant,
    Who::Consenter,
    Who::Owner,
    Who::Second,
    Who::Stranger,
];

pub(super) struct Cast {
    pub(super) tables: Tables,
    /// An entry that is shared on conditions, and one that is shared without.
    pub(super) entries: [Resource; 2],
    people: Vec<Caller>,
}

impl Cast {
    /// Publishes both entries; everybody is there.
    pub(super) async fn enter(database: &Database) -> Self {
        let tables = Tables::start(database).await;
        let bound = Resource {
            name: domain::name::ResourceName::from_id("307009-000077").unwrap(),
            title: "有条件共享的登记信息".to_owned(),
            share_type: ShareType::Conditional {
                condition: "依法履行职责".to_owned(),
            },
            state: ResourceState::Draft,
            ..tables.resource.clone()
        };
        let bound = tables.publish(bound).await;
        let entries = [bound, tables.resource.clone()];
        let mut cast = Self {
            tables,
            entries,
            people: Vec::new(),
        };
        cast.enrol().await;
        cast
    }

    /// Everybody gets a certificate of today: one lives 30 days.
    pub(super) async fn enrol(&mut self) {
        let gateway = &self.tables.gateway;
        let operator = gateway.operator("root").await;
        let (consumer, provider) = (city::owner_of(CONSUMER), city::owner_of(PROVIDER));
        let stranger = city::owner_of(STRANGER);
        if gateway.snapshot().department(&stranger).is_none() {
            let seeds = &city::SEEDS.departments;
            let place = seeds
                .iter()
                .position(|seed| seed.uscc.as_str() == stranger.id());
            let request = gateway.new_request();
            let registering = act(&operator, &request, "CreateDepartment");
            let department = city::department(place.unwrap());
            gateway
                .create_department(&registering, department)
                .await
                .unwrap();
        }
        self.people.clear();
        for (of, account) in [
            (&consumer, "zhang"),
            (&consumer, "li"),
            (&provider, "wang"),
            (&provider, "sun"),
            (&stranger, "zhou"),
        ] {
            let gateway = &self.tables.gateway;
            self.people
                .push(gateway.officer(&operator, of, account).await);
        }
        self.tables.operator = operator;
    }

    /// The same, where those of before have ended.
    pub(super) async fn enrol_if_need_be(&mut self) {
        let own = self.caller(Who::Applicant).fingerprint().clone();
        if self.gateway().authenticate(&own).is_err() {
            self.enrol().await;
        }
    }

    pub(super) fn gateway(&self) -> &TestGateway {
        &self.tables.gateway
    }

    pub(super) fn caller(&self, who: Who) -> &Caller {
        &self.people[who as usize]
    }

    /// Goes to a moment; also back, before anybody came.
    pub(super) fn go_to(&self, moment: Timestamp) {
        let gateway = self.gateway();
        gateway.clock.advance(moment.duration_since(gateway.now()));
    }

    /// What is asked for of an entry, from a day on for a year.
    pub(super) fn terms(&self, entry: usize, from: Date) -> Terms {
        let resource = &self.entries[entry];
        Terms {
            share_modes: vec![ShareMode::Table],
            start: from,
            end: from + jiff::Span::new().days(200),
            ..city::terms(CONSUMER, resource)
        }
    }

    /// The applicant writes an application.
    pub(super) async fn written(&self, terms: Terms) -> Stored<Application> {
        let scene = "一件事一次办".to_owned();
        self.write(Content::new(terms, scene)).await.unwrap()
    }

    /// The applicant tries to write one of this content.
    pub(super) async fn write(&self, content: Content) -> Tried {
        let gateway = self.gateway();
        let name = gateway.new_application_name().unwrap();
        let draft = Application::draft(name, content);
        let request = gateway.new_request();
        let writing = act(self.caller(Who::Applicant), &request, "CreateApplication");
        gateway.create_application(&writing, draft).await
    }

    /// Reads it as the applicant does.
    pub(super) async fn read(&self, name: &ApplicationName) -> Stored<Application> {
        let reader = self.caller(Who::Applicant);
        self.gateway().application(reader, name).await.unwrap()
    }

    pub(super) fn request(&self) -> RequestId {
        self.gateway().new_request()
    }
}

/// What came of a step.
pub(super) type Tried = Result<Stored<Application>, Failure>;
