//! The rows and columns of the authorization matrix.

use api::catalogue::v1 as catalogue;
use api::certificate::v1 as certificate;
use api::evidence::v1 as evidence;
use api::exchange::v1 as exchange;
use api::registry::v1 as registry;
use api::registry::v1::create_enrolment_token_request::Subject;
use api::sharing::v1 as sharing;
use api::value::v1::{ItemValue, item_value};
use kit::world::story::{self, Story};
use kit::world::terms::{self, PLATFORM, application, wire_resource, wire_system};
use kit::world::wire::Connection;
use kit::world::{Client, ask, new_id};
use prost_types::FieldMask;
use sandbox::people;

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
    /// A resource that was written, and one that was registered.
    resources: [String; 2],
    /// A second certificate of the provider.
    spare: Client,
    /// A file that is on its way, and one that is there.
    files: [exchange::File; 2],
    /// A use-code that the platform handed out.
    use_code: String,
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
        let create = sharing::CreateApplicationRequest {
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
        let resources = ["resources/105001-000091", "resources/105001-000092"].map(str::to_owned);
        for name in &resources {
            let request = catalogue::CreateResourceRequest {
                resource: Some(resource(name)),
                request_id: new_id(),
                validate_only: false,
            };
            story
                .owner
                .resources()
                .create_resource(ask(request))
                .await
                .unwrap();
        }
        let request = catalogue::RegisterResourceRequest {
            name: resources[1].clone(),
            request_id: new_id(),
            etag: String::new(),
        };
        story
            .owner
            .resources()
            .register_resource(ask(request))
            .await
            .unwrap();
        let spare = world.enrol_system("marriage-registry").await;
        let draft = draft.into_inner().name;
        let files = files(&story).await;
        let issuing = sharing::Application {
            issues_use_codes: true,
            ..application(&story.resource)
        };
        story::agree(&story.applicant, &story.owner, issuing).await;
        let mut codes = story.platform.use_codes();
        let made = codes.create_use_code(ask(code_request(&story))).await;
        Self {
            files,
            use_code: made.unwrap().into_inner().name,
            story,
            actors,
            draft,
            submitted,
            resources,
            spare,
        }
    }

    /// New messages, each with a request id of its own.
    pub(super) fn rows(&self) -> Vec<Row> {
        let mut rows = self.registry();
        rows.extend(self.access());
        rows.extend(self.catalogue());
        rows.extend(self.sharing());
        rows.extend(self.reads());
        rows.extend(self.files());
        rows
    }

    fn files(&self) -> Vec<Row> {
        let [coming, there] = &self.files;
        let begin = exchange::BeginFileRequest {
            file: Some(new_file(&coming.resource)),
            request_id: new_id(),
        };
        let chunk = exchange::UploadFileRequest {
            name: coming.name.clone(),
            offset: 0,
            data: b"a,b".to_vec().into(),
        };
        let complete = exchange::CompleteFileRequest {
            name: coming.name.clone(),
            request_id: new_id(),
        };
        let get = exchange::GetFileRequest {
            name: there.name.clone(),
        };
        let read = exchange::ReadFileRequest {
            name: there.name.clone(),
            purpose: Some(terms::purpose()),
            request_id: new_id(),
            ..exchange::ReadFileRequest::default()
        };
        let delete = exchange::DeleteFileRequest {
            name: coming.name.clone(),
            request_id: new_id(),
            etag: String::new(),
        };
        let keep = [Operator, Auditor, Owner, Platform, Provider];
        vec![
            row("exchange.v1.FileService/BeginFile", &begin, &[Provider]),
            row("exchange.v1.FileService/UploadFile", &chunk, &[Provider]),
            row(
                "exchange.v1.FileService/CompleteFile",
                &complete,
                &[Provider],
            ),
            row("exchange.v1.FileService/GetFile", &get, &keep),
            row("exchange.v1.FileService/ReadFile", &read, &SYSTEMS),
            row(
                "exchange.v1.FileService/DeleteFile",
                &delete,
                &[Owner, Provider],
            ),
        ]
    }

    fn registry(&self) -> Vec<Row> {
        let spare_system = || registry::System {
            name: "systems/spare-registry".to_owned(),
            ..wire_system("marriage-registry")
        };
        let name = || "systems/marriage-registry".to_owned();
        let seed = kit::city::SEEDS.department("市财政局").unwrap();
        vec![
            row(
                "registry.v1.DepartmentService/CreateDepartment",
                &registry::CreateDepartmentRequest {
                    department: Some(registry::Department {
                        name: format!("departments/{}", seed.uscc),
                        full_name: seed.full_name.clone(),
                        short_name: "市财政局".to_owned(),
                        valid_from: seed.valid_from.to_string(),
                        ..registry::Department::default()
                    }),
                    request_id: new_id(),
                },
                &[Operator],
            ),
            row(
                "registry.v1.SystemService/CreateSystem",
                &registry::CreateSystemRequest {
                    system: Some(spare_system()),
                    request_id: new_id(),
                    validate_only: false,
                },
                &[Operator, Owner],
            ),
            row(
                "registry.v1.SystemService/UpdateSystem",
                &registry::UpdateSystemRequest {
                    system: Some(registry::System {
                        name: name(),
                        ..spare_system()
                    }),
                    update_mask: Some(FieldMask {
                        paths: vec!["builder".to_owned()],
                    }),
                    request_id: new_id(),
                },
                &[Operator, Owner],
            ),
            row(
                "registry.v1.SystemService/SuspendSystem",
                &registry::SuspendSystemRequest {
                    name: "systems/spare-registry".to_owned(),
                    reason: "整改".to_owned(),
                    request_id: new_id(),
                },
                &[Operator],
            ),
            row(
                "registry.v1.SystemService/ResumeSystem",
                &registry::ResumeSystemRequest {
                    name: "systems/spare-registry".to_owned(),
                    request_id: new_id(),
                },
                &[Operator],
            ),
        ]
    }

    fn access(&self) -> Vec<Row> {
        vec![
            row(
                "registry.v1.EndpointService/CreateEndpoint",
                &terms::endpoint_request("marriage-registry", "127.0.0.1:9"),
                &[Operator, Owner, Provider],
            ),
            row(
                "registry.v1.InterfaceService/CreateInterface",
                &registry::CreateInterfaceRequest {
                    parent: "systems/marriage-registry".to_owned(),
                    interface: Some(registry::Interface {
                        name: "systems/marriage-registry/interfaces/v1".to_owned(),
                        descriptor_set: sandbox::insurance::DESCRIPTOR_SET.to_vec(),
                        ..registry::Interface::default()
                    }),
                    request_id: new_id(),
                },
                &[Operator, Owner, Provider],
            ),
            row(
                "registry.v1.EndpointService/ProbeEndpoint",
                &registry::ProbeEndpointRequest {
                    name: "systems/marriage-registry/endpoints/main".to_owned(),
                    request_id: new_id(),
                },
                &[Operator, Owner, Provider],
            ),
            row(
                "registry.v1.EnrolmentService/CreateEnrolmentToken",
                &registry::CreateEnrolmentTokenRequest {
                    subject: Some(Subject::System("systems/marriage-registry".to_owned())),
                    request_id: new_id(),
                },
                &[Operator, Owner],
            ),
            row(
                "registry.v1.EnrolmentService/RevokeTlsCertificate",
                &registry::RevokeTlsCertificateRequest {
                    name: self.spare.certificate_name(),
                    reason: "不再使用".to_owned(),
                    request_id: new_id(),
                },
                &[Operator, Owner],
            ),
        ]
    }

    fn catalogue(&self) -> Vec<Row> {
        let [draft, registered] = &self.resources;
        let etag = String::new;
        vec![
            row(
                "catalogue.v1.ResourceService/CreateResource",
                &catalogue::CreateResourceRequest {
                    resource: Some(resource("resources/105001-000093")),
                    request_id: new_id(),
                    validate_only: false,
                },
                &[Owner],
            ),
            row(
                "catalogue.v1.ResourceService/RegisterResource",
                &catalogue::RegisterResourceRequest {
                    name: draft.clone(),
                    request_id: new_id(),
                    etag: etag(),
                },
                &[Owner],
            ),
            row(
                "catalogue.v1.ResourceService/PublishResource",
                &catalogue::PublishResourceRequest {
                    name: registered.clone(),
                    request_id: new_id(),
                    etag: etag(),
                },
                &[Applicant],
            ),
        ]
    }

    fn sharing(&self) -> Vec<Row> {
        let [first, second] = &self.submitted;
        let grant = &self.story.grant.name;
        let (reason, etag) = (|| "整改".to_owned(), String::new);
        vec![
            row(
                "sharing.v1.ApplicationService/CreateApplication",
                &sharing::CreateApplicationRequest {
                    application: Some(application(&self.story.resource)),
                    request_id: new_id(),
                    validate_only: false,
                },
                &[Applicant],
            ),
            row(
                "sharing.v1.ApplicationService/SubmitApplication",
                &sharing::SubmitApplicationRequest {
                    name: self.draft.clone(),
                    request_id: new_id(),
                    etag: etag(),
                },
                &[Applicant],
            ),
            row(
                "sharing.v1.ApplicationService/ApproveApplication",
                &sharing::ApproveApplicationRequest {
                    name: first.clone(),
                    request_id: new_id(),
                    etag: etag(),
                },
                &[Owner],
            ),
            row(
                "sharing.v1.ApplicationService/RefuseApplication",
                &sharing::RefuseApplicationRequest {
                    name: second.clone(),
                    reason: reason(),
                    request_id: new_id(),
                    etag: etag(),
                },
                &[Owner],
            ),
            row(
                "sharing.v1.GrantService/SuspendGrant",
                &sharing::SuspendGrantRequest {
                    name: grant.clone(),
                    reason: reason(),
                    request_id: new_id(),
                },
                &[Operator, Owner],
            ),
            row(
                "sharing.v1.GrantService/ResumeGrant",
                &sharing::ResumeGrantRequest {
                    name: grant.clone(),
                    request_id: new_id(),
                },
                &[Operator, Owner],
            ),
            row(
                "sharing.v1.GrantService/RevokeGrant",
                &sharing::RevokeGrantRequest {
                    name: grant.clone(),
                    reason: reason(),
                    request_id: new_id(),
                },
                &[Operator, Owner],
            ),
        ]
    }

    fn reads(&self) -> Vec<Row> {
        let parties = [Operator, Auditor, Owner, Applicant, Platform, Provider];
        let story = &self.story;
        let question = exchange::ExplainRequest {
            consumer: format!("systems/{PLATFORM}"),
            target: Some(exchange::explain_request::Target::Resource(
                story.resource.name.clone(),
            )),
            purpose: Some(terms::purpose()),
            ..exchange::ExplainRequest::default()
        };
        let holder = &people::HUSBAND;
        vec![
            row(
                "registry.v1.EndpointService/ListEndpoints",
                &registry::ListEndpointsRequest {
                    parent: "systems/marriage-registry".to_owned(),
                },
                &[Operator, Auditor, Owner, Provider],
            ),
            row(
                "sharing.v1.ApplicationService/GetApplication",
                &sharing::GetApplicationRequest {
                    name: story.grant.application.clone(),
                },
                &parties,
            ),
            row(
                "sharing.v1.GrantService/GetGrant",
                &sharing::GetGrantRequest {
                    name: story.grant.name.clone(),
                },
                &parties,
            ),
            row("exchange.v1.ExchangeService/Explain", &question, &parties),
            row(
                "certificate.v1.CertificateService/GetMatterNeeds",
                &certificate::GetMatterNeedsRequest {
                    name: terms::purpose().matter,
                    consumer: format!("systems/{PLATFORM}"),
                },
                &[Operator, Auditor, Applicant, Platform],
            ),
            row(
                "evidence.v1.EvidenceService/ExportBundle",
                &evidence::ExportBundleRequest::default(),
                &[Operator, Auditor],
            ),
            row(
                "evidence.v1.EvidenceService/GetInclusionProof",
                // The first entry is the operator's own certificate.
                &evidence::GetInclusionProofRequest {
                    name: "entries/0".to_owned(),
                },
                &[Operator, Auditor],
            ),
            row(
                "certificate.v1.CertificateService/LookupCertificate",
                &story.lookup_request(holder),
                &SYSTEMS,
            ),
            row(
                "certificate.v1.UseCodeService/CreateUseCode",
                &code_request(story),
                &SYSTEMS,
            ),
            row(
                "certificate.v1.UseCodeService/WithdrawUseCode",
                &certificate::WithdrawUseCodeRequest {
                    name: self.use_code.clone(),
                    request_id: new_id(),
                },
                &[Platform],
            ),
            row(
                "certificate.v1.CertificateService/BatchLookupCertificates",
                &certificate::BatchLookupCertificatesRequest {
                    purpose: Some(terms::purpose()),
                    requests: vec![story.part_request(holder)],
                },
                &SYSTEMS,
            ),
            row(
                "certificate.v1.CertificateService/LookupForMatter",
                &crate::needs::request(holder),
                &SYSTEMS,
            ),
            row(
                "certificate.v1.CertificateFileService/CreateCertificateFileLink",
                &file_link(&story.lookup_request(holder)),
                &SYSTEMS,
            ),
            row(
                "certificate.v1.CertificateStatusService/AnnounceCertificateChanges",
                &certificate::AnnounceCertificateChangesRequest {
                    certificate_type: story.resource.certificate_type.clone(),
                    changes: vec![certificate::CertificateChange {
                        kind: certificate::certificate_change::Kind::Data.into(),
                        holders: vec![holder.to_wire()],
                        ..certificate::CertificateChange::default()
                    }],
                    listed: false,
                    request_id: new_id(),
                },
                &[Provider],
            ),
            row(
                "certificate.v1.CertificateService/VerifyCertificate",
                &verification(&story.lookup_request(holder)),
                &SYSTEMS,
            ),
            row(
                "exchange.v1.ExchangeService/ReadRows",
                &story.read_request(1),
                &SYSTEMS,
            ),
        ]
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

fn new_file(resource: &str) -> exchange::File {
    exchange::File {
        resource: resource.to_owned(),
        display_name: "名录.csv".to_owned(),
        content_type: "text/csv".to_owned(),
        items: vec!["registration_number".to_owned()],
        size: 3,
        ..exchange::File::default()
    }
}

/// Files of a resource that is granted to the platform.
async fn files(story: &Story) -> [exchange::File; 2] {
    let shared = catalogue::Resource {
        certificate_type: String::new(),
        share_modes: vec![catalogue::ShareMode::File.into()],
        format_class: 2,
        ..resource("resources/105001-000094")
    };
    story::publish(&story.owner, &story.publisher, &shared).await;
    story::agree(&story.applicant, &story.owner, application(&shared)).await;
    let begin = async || {
        let request = exchange::BeginFileRequest {
            file: Some(new_file(&shared.name)),
            request_id: new_id(),
        };
        let mut files = story.provider.client.files();
        files.begin_file(ask(request)).await.unwrap().into_inner()
    };
    let ids = sandbox::files::RequestIds {
        begin: new_id(),
        complete: new_id(),
    };
    let provider = story.provider.client.channel();
    let there = sandbox::files::leave(provider, new_file(&shared.name), b"a,b", ids);
    [begin().await, there.await.unwrap()]
}

fn resource(name: &str) -> catalogue::Resource {
    catalogue::Resource {
        name: name.to_owned(),
        ..wire_resource("marriage-registrations")
    }
}

fn code_request(story: &Story) -> certificate::CreateUseCodeRequest {
    use certificate::create_use_code_request::Addressee;
    certificate::CreateUseCodeRequest {
        holder: Some(people::HUSBAND.to_wire()),
        certificate_type: story.resource.certificate_type.clone(),
        matter: terms::purpose().matter,
        case_number: terms::CASE.to_owned(),
        addressee: Some(Addressee::System(format!("systems/{PLATFORM}"))),
        life_s: 0,
        request_id: new_id(),
    }
}

fn file_link(lookup: &certificate::LookupCertificateRequest) -> impl prost::Message + use<> {
    use certificate::create_certificate_file_link_request::Key;
    certificate::CreateCertificateFileLinkRequest {
        certificate_type: lookup.certificate_type.clone(),
        key: Some(Key::Holder(people::HUSBAND.to_wire())),
        purpose: lookup.purpose.clone(),
        format: certificate::CertificateFileFormat::Ofd.into(),
        request_id: new_id(),
        authorisation: None,
    }
}

fn verification(lookup: &certificate::LookupCertificateRequest) -> impl prost::Message + use<> {
    certificate::VerifyCertificateRequest {
        certificate_type: lookup.certificate_type.clone(),
        key: Some(certificate::verify_certificate_request::Key::Holder(
            people::HUSBAND.to_wire(),
        )),
        purpose: lookup.purpose.clone(),
        claimed: vec![ItemValue {
            key: "registration_number".to_owned(),
            kind: Some(item_value::Kind::Text("J430502-2022-000001".to_owned())),
        }],
        request_id: new_id(),
        ..certificate::VerifyCertificateRequest::default()
    }
}

fn row(method: &'static str, message: &impl prost::Message, may: &[Role]) -> Row {
    Row {
        method,
        message: message.encode_to_vec(),
        may: may.to_vec(),
    }
}
