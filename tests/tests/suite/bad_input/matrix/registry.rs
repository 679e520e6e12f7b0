//! Departments, systems, endpoints, interfaces and the certificates of callers.

use api::registry::v1 as registry;
use api::registry::v1::create_enrolment_token_request::Subject;
use api::registry::v1::register_tls_certificate_request::Subject as External;
use kit::world::new_id;
use kit::world::terms::{endpoint_request, wire_system};
use prost_types::FieldMask;

use super::Role::{Auditor, Operator, Owner, Provider};
use super::{Row, Things, row};

/// Where the provider brings files.
const DROP: &str = "systems/marriage-registry/endpoints/drop";

pub(super) async fn make_drop(story: &kit::world::story::Story) {
    let request = registry::CreateEndpointRequest {
        parent: "systems/marriage-registry".to_owned(),
        endpoint: Some(registry::Endpoint {
            name: DROP.to_owned(),
            protocol: registry::endpoint::Protocol::FileDrop.into(),
            file_drop: Some(registry::FileDrop { report_seconds: 60 }),
            ..registry::Endpoint::default()
        }),
        request_id: new_id(),
        validate_only: false,
    };
    let made = story
        .owner
        .endpoints()
        .create_endpoint(kit::world::ask(request))
        .await;
    made.unwrap();
}

impl Things {
    /// Who may change the register.
    pub(super) fn registry(&self) -> Vec<Row> {
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
                "registry.v1.DepartmentService/UpdateDepartment",
                &registry::UpdateDepartmentRequest {
                    department: Some(registry::Department {
                        name: format!("departments/{}", seed.uscc),
                        area: "430500".to_owned(),
                        ..registry::Department::default()
                    }),
                    update_mask: Some(FieldMask {
                        paths: vec!["area".to_owned()],
                    }),
                    request_id: new_id(),
                },
                &[Operator],
            ),
            row(
                "registry.v1.DepartmentService/MergeDepartment",
                &registry::MergeDepartmentRequest {
                    name: format!("departments/{}", seed.uscc),
                    successor: format!("departments/{}", seed.uscc),
                    valid_until: "2026-01-01".to_owned(),
                    document: "邵编〔2026〕1号".to_owned(),
                    request_id: new_id(),
                    etag: String::new(),
                },
                &[Operator],
            ),
            row(
                "registry.v1.DepartmentService/EndDepartment",
                &registry::EndDepartmentRequest {
                    name: format!("departments/{}", seed.uscc),
                    valid_until: "2026-01-01".to_owned(),
                    document: "邵编〔2026〕1号".to_owned(),
                    request_id: new_id(),
                    etag: String::new(),
                },
                &[Operator],
            ),
            row(
                "registry.v1.SystemService/ImportSystems",
                &registry::ImportSystemsRequest {
                    systems: vec![spare_system()],
                    request_id: new_id(),
                    validate_only: true,
                    document: "虚构系统底数清单".to_owned(),
                },
                &[Operator, Owner],
            ),
            row(
                "registry.v1.SystemService/RecordSystemStep",
                &registry::RecordSystemStepRequest {
                    name: name(),
                    step: Some(registry::record_system_step_request::Step::Cloud(
                        registry::CloudStep {
                            batch: 1,
                            exempt: false,
                            statement: Some(registry::Statement {
                                document: "迁移验收单".to_owned(),
                                ..registry::Statement::default()
                            }),
                        },
                    )),
                    request_id: new_id(),
                    etag: String::new(),
                },
                &[Operator, Owner],
            ),
            row(
                "registry.v1.SystemService/RetireSystem",
                &registry::RetireSystemRequest {
                    name: name(),
                    request_id: new_id(),
                    etag: String::new(),
                },
                &[Operator],
            ),
            row(
                "registry.v1.SystemService/CreateSystem",
                &registry::CreateSystemRequest {
                    system: Some(spare_system()),
                    request_id: new_id(),
                    validate_only: false,
                    document: "虚构系统底数清单".to_owned(),
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
                    document: String::new(),
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

    /// Who may say where a system is reached, and who comes in as it.
    pub(super) fn access(&self) -> Vec<Row> {
        vec![
            row(
                "registry.v1.EndpointService/ListEndpoints",
                &registry::ListEndpointsRequest {
                    parent: "systems/marriage-registry".to_owned(),
                    show_deleted: false,
                },
                &[Operator, Auditor, Owner, Provider],
            ),
            row(
                "registry.v1.EndpointService/CreateEndpoint",
                &endpoint_request("marriage-registry", "127.0.0.1:9"),
                &[Operator, Owner, Provider],
            ),
            row(
                "registry.v1.EndpointService/UpdateEndpoint",
                &registry::UpdateEndpointRequest {
                    endpoint: Some(registry::Endpoint {
                        name: "systems/marriage-registry/endpoints/main".to_owned(),
                        address: "127.0.0.1:9".to_owned(),
                        ..registry::Endpoint::default()
                    }),
                    update_mask: Some(FieldMask {
                        paths: vec!["address".to_owned()],
                    }),
                    request_id: new_id(),
                    // The rows that follow ask the endpoint where it is.
                    validate_only: true,
                },
                &[Operator, Owner, Provider],
            ),
            row(
                "registry.v1.EndpointService/DeleteEndpoint",
                &registry::DeleteEndpointRequest {
                    name: "systems/marriage-registry/endpoints/main".to_owned(),
                    request_id: new_id(),
                    etag: String::new(),
                    validate_only: true,
                },
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
                "registry.v1.EndpointService/AnnounceMaintenance",
                &registry::AnnounceMaintenanceRequest {
                    name: "systems/marriage-registry/endpoints/main".to_owned(),
                    // In 2100: nobody is kept from the rows that follow.
                    maintenance: Some(registry::Maintenance {
                        start_time: Some(prost_types::Timestamp {
                            seconds: 4_102_444_800,
                            nanos: 0,
                        }),
                        end_time: Some(prost_types::Timestamp {
                            seconds: 4_102_444_860,
                            nanos: 0,
                        }),
                        reason: "升级".to_owned(),
                    }),
                    request_id: new_id(),
                },
                &[Operator, Owner, Provider],
            ),
            row(
                "registry.v1.EndpointService/CancelMaintenance",
                &registry::CancelMaintenanceRequest {
                    name: "systems/marriage-registry/endpoints/main".to_owned(),
                    start_time: Some(prost_types::Timestamp {
                        seconds: 4_102_444_800,
                        nanos: 0,
                    }),
                    request_id: new_id(),
                },
                &[Operator, Owner, Provider],
            ),
            row(
                "registry.v1.EndpointService/CheckConformance",
                &self.story.conformance_request(),
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
                "registry.v1.EndpointService/ReportHeartbeat",
                &registry::ReportHeartbeatRequest {
                    name: DROP.to_owned(),
                    waiting_files: 0,
                    refused_files: 0,
                },
                &[Provider],
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
                    renewals: false,
                },
                &[Operator, Owner],
            ),
            row(
                "registry.v1.TlsCertificateService/RegisterTlsCertificate",
                &registry::RegisterTlsCertificateRequest {
                    subject: Some(External::System("systems/marriage-registry".to_owned())),
                    certificate: self.spare.identity.certificate_pem.clone(),
                    request_id: new_id(),
                },
                &[Operator],
            ),
            row(
                "registry.v1.TlsCertificateService/GetTlsCertificate",
                &registry::GetTlsCertificateRequest {
                    name: self.spare.certificate_name(),
                },
                &[Operator, Auditor, Owner, Provider],
            ),
        ]
    }
}
