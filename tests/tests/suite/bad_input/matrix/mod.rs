//! The rows and columns of the authorization matrix: the rows of each package in a file of their own.

mod applications;
mod certificate;
mod complaints;
mod corrections;
mod disputes;
mod evidence;
mod exchange;
mod registry;
mod sharing;
mod subscriptions;
mod use_records;

use api::catalogue::v1::Resource;
use api::exchange::v1::File;
use api::sharing::v1::{Application, CreateApplicationRequest};
use kit::world::story::{self, Story};
use kit::world::terms::{application, wire_resource};
use kit::world::wire::Connection;
use kit::world::{Client, ask, new_id};

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    Operator,
    Auditor,
    /// Officer of the providing department.
    Owner,
    /// Officer of the consuming department, competent for data sharing too.
    Applicant,
    /// Officer of a department that has no part in it.
    Bystander,
    /// The consuming system.
    Platform,
    /// The providing system.
    Provider,
    /// A system that has no part in it.
    Stranger,
}

use Role::{Applicant, Auditor, Bystander, Operator, Owner, Platform, Provider, Stranger};

const SYSTEMS: [Role; 3] = [Platform, Provider, Stranger];
/// Everybody who has a part in the story's grant, and who sees to the order of all.
const PARTIES: [Role; 6] = [Operator, Auditor, Owner, Applicant, Platform, Provider];

/// A method, a message for it that is in order but for who sends it, and who may.
pub(super) struct Row {
    pub(super) method: &'static str,
    pub(super) message: Vec<u8>,
    pub(super) may: Vec<Role>,
}

/// What the rows are about.
pub(super) struct Things {
    pub(super) story: Story,
    actors: Vec<(Role, Client)>,
    /// An application that was written.
    draft: String,
    /// Applications that were submitted.
    submitted: [String; 2],
    /// The clock of the first one's answer.
    clock: String,
    /// A resource that was written, and one that was registered.
    resources: [String; 2],
    /// A need that the providing department has to answer.
    demand: String,
    /// A dispute that the consuming department raised about the grant.
    dispute: String,
    /// A record of the consuming department about its use of the grant.
    use_record: String,
    /// A complaint that the bystander entered, and its receipt.
    complaint: (String, String),
    /// A second certificate of the provider.
    spare: Client,
    /// A file that is on its way, and one that is there.
    files: [File; 2],
    /// A use-code that the platform handed out.
    use_code: String,
    /// A subscription of the platform.
    subscription: String,
    /// A correction that was raised, and one that was taken up.
    corrections: [String; 2],
}

impl Things {
    /// Makes them, by the callers who may.
    pub(super) async fn make() -> Self {
        let story = Story::of_marriages().await;
        let world = &story.world;
        let actors = vec![
            (Operator, world.operator.clone()),
            (Auditor, story.auditor.clone()),
            (Owner, story.owner.clone()),
            (Applicant, story.publisher.clone()),
            (Bystander, world.enrol_officer("市教育局", "zhou").await),
            (Platform, story.platform.clone()),
            (Provider, story.provider.client.clone()),
            (Stranger, world.enrol_system("enterprise-registry").await),
        ];
        let create = CreateApplicationRequest {
            application: Some(application(&story.resource)),
            request_id: new_id(),
            validate_only: false,
        };
        let draft = story
            .applicant
            .applications()
            .create_application(ask(create))
            .await
            .unwrap();
        let submit =
            async || story::submitted(&story.applicant, application(&story.resource)).await;
        let submitted = [submit().await, submit().await];
        let clock = applications::clock_of(&story, &submitted[0]).await;
        let resources = sharing::make_resources(&story.owner).await;
        sharing::make_change(&story).await;
        let demand = sharing::make_demand(&story).await;
        let dispute = disputes::make(&story).await;
        let use_record = use_records::make(&story).await;
        let (_, window) = actors.iter().find(|(role, _)| *role == Bystander).unwrap();
        let complaint = complaints::make(&story, window).await;
        let spare = world.enrol_system("marriage-registry").await;
        let draft = draft.into_inner().name;
        let files = exchange::make_files(&story).await;
        registry::make_drop(&story).await;
        let issuing = Application {
            issues_use_codes: true,
            ..application(&story.resource)
        };
        story::agree(&story.applicant, &story.owner, issuing).await;
        let mut codes = story.platform.use_codes();
        let made = codes
            .create_use_code(ask(certificate::code_request(&story)))
            .await;
        Self {
            files,
            use_code: made.unwrap().into_inner().name,
            subscription: subscriptions::make(&story.platform).await,
            corrections: corrections::make(&story).await,
            story,
            actors,
            draft,
            submitted,
            clock,
            resources,
            demand,
            dispute,
            use_record,
            complaint,
            spare,
        }
    }

    /// New messages, each with a request id of its own.
    pub(super) fn rows(&self) -> Vec<Row> {
        let mut rows = self.registry();
        rows.extend(self.access());
        rows.extend(self.catalogue());
        rows.extend(self.catalogue_life());
        rows.extend(self.demands());
        rows.extend(self.applications());
        rows.extend(self.answers());
        rows.extend(self.grants());
        rows.extend(self.use_records());
        rows.extend(self.disputes());
        rows.extend(self.complaints());
        rows.extend(self.subscriptions());
        rows.extend(self.corrections());
        rows.extend(self.certificates());
        rows.extend(self.around_certificates());
        rows.extend(self.rows_of_tables());
        rows.extend(self.files());
        rows.extend(self.evidence());
        rows
    }

    /// The roles on connections of their own.
    pub(super) async fn connect(&self) -> Vec<(Role, Connection)> {
        let mut connections = Vec::new();
        for (role, client) in &self.actors {
            let gateway = &self.story.world.gateway;
            connections.push((
                *role,
                Connection::open(gateway, Some(&client.identity)).await,
            ));
        }
        connections
    }
}

fn resource(name: &str) -> Resource {
    Resource {
        name: name.to_owned(),
        title: format!("婚姻登记 {name}"),
        ..wire_resource("marriage-registrations")
    }
}

fn row(method: &'static str, message: &impl prost::Message, may: &[Role]) -> Row {
    Row {
        method,
        message: message.encode_to_vec(),
        may: may.to_vec(),
    }
}
