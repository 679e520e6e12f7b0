//! The city of the seeds as domain values, for tests that register them.

use std::sync::LazyLock;

use domain::application::{Application, Content, Signed, Terms};
use domain::certificate::CertificateType;
use domain::clock::Clock;
use domain::clock::kept::WaitsFor;
use domain::complaint::{
    About, Complaint, ComplaintKind, ComplaintState, Routed, RoutedBy, Sealed,
};
use domain::credential::{Credential, EnrolmentToken, Principal};
use domain::department::Department;
use domain::dispute::{self, Dispute, DisputeState, DisputeSubject, Negotiation};
use domain::endpoint::{Address, Endpoint, Health};
use domain::grant::{Grant, GrantState};
use domain::matter::Matter;
use domain::name::{
    ApplicationName, CertificateTypeName, ComplaintName, DepartmentName, DisputeName, EndpointId,
    Fingerprint, GrantName, MatterName, ResourceName, SystemName,
};
use domain::plan::Plan;
use domain::resource::{Resource, ResourceState, ShareMode};
use domain::seed::{Party, Seeds};
use domain::system::{System, SystemState};
use jiff::civil::date;

use crate::drafts::{grant_name, noon};

/// The embedded seeds, parsed once.
pub static SEEDS: LazyLock<Seeds> = LazyLock::new(|| Seeds::embedded().unwrap());

/// The number of departments in the seeds.
#[must_use]
pub fn department_count() -> usize {
    SEEDS.departments.len()
}

/// A department of the seeds.
///
/// # Panics
/// When there are not so many.
#[must_use]
pub fn department(index: usize) -> Department {
    let seed = &SEEDS.departments[index];
    Department {
        name: DepartmentName::from_id(seed.uscc.as_str()).unwrap(),
        full_name: seed.full_name.clone(),
        short_name: seed.short_names[0].clone(),
        vertical: seed.vertical,
        party_body: seed.party_body,
        competent: seed.competent,
        valid_from: seed.valid_from,
        valid_until: seed.valid_until,
        successor: None,
        area: None,
        end_document: String::new(),
    }
}

/// The department that owns a system of the seeds.
///
/// # Panics
/// When the seeds have no such system, or it is not a department's.
#[must_use]
pub fn owner_of(system: &str) -> DepartmentName {
    let seed = SEEDS
        .systems
        .iter()
        .find(|seed| seed.name.id() == system)
        .unwrap();
    match &seed.owner {
        Party::Department(code) => DepartmentName::from_id(code.as_str()).unwrap(),
        other => panic!("{system} belongs to {other:?}"),
    }
}

/// A system of the seeds.
///
/// # Panics
/// As [`owner_of`].
#[must_use]
pub fn system(id: &str) -> System {
    let seed = SEEDS
        .systems
        .iter()
        .find(|seed| seed.name.id() == id)
        .unwrap();
    System {
        name: seed.name.clone(),
        display_name: seed.display_name.clone(),
        department: owner_of(id),
        self_built: seed.self_built,
        unclassified: seed.unclassified,
        network_zone: seed.network_zone,
        hosting: seed.hosting,
        builder: String::new(),
        maintainer: String::new(),
        state: SystemState::Active,
        inventory: domain::system::Inventory::default(),
        steps: domain::system::Steps::default(),
    }
}

/// An endpoint that was not probed yet, for example `marriage-registry.main`.
///
/// # Panics
/// When the id is not one.
#[must_use]
pub fn endpoint(id: &str, address: &str) -> Endpoint {
    let name = EndpointId::from_id(id).unwrap();
    Endpoint {
        system: name.system().unwrap(),
        name,
        address: Address::parse(address).unwrap(),
        health: Health::Unknown,
        protocol: domain::endpoint::Protocol::Grpc,
        maintenance: Vec::new(),
        conformance: None,
        examined_until: None,
        removed: None,
    }
}

/// A draft of a resource of the seeds, by its short id.
///
/// # Panics
/// When the seeds have no such resource.
#[must_use]
pub fn resource(id: &str) -> Resource {
    let seed = SEEDS.resources.iter().find(|seed| seed.id == id).unwrap();
    let kind = seed.certificate_type.as_ref();
    Resource {
        name: ResourceName::from_id(&seed.code.as_str().replacen('/', "-", 1)).unwrap(),
        title: seed.name.clone(),
        summary: seed.summary.clone(),
        system: seed.system.clone(),
        department: DepartmentName::from_id(seed.provider.as_str()).unwrap(),
        items: seed.items.iter().map(|item| item.item.clone()).collect(),
        share_type: seed.share_type.clone(),
        share_modes: seed.share_modes.clone(),
        certificate_type: kind.map(|code| CertificateTypeName::from_id(code.as_str()).unwrap()),
        api: None,
        cache_seconds: seed.cache_seconds,
        basis: seed.basis,
        format_class: 7,
        update_cycle: 1,
        data_level: seed.data_level.clone(),
        open: seed.open,
        metadata: domain::resource::Metadata::default(),
        state: ResourceState::Draft,
        progress: domain::resource::Progress::default(),
    }
}

/// What a system asks for: all items of a resource by API for the year 2022 and the first matter.
///
/// # Panics
/// Never, with seeds that have no fault.
#[must_use]
pub fn terms(consumer: &str, resource: &Resource) -> Terms {
    Terms {
        consumer: SystemName::from_id(consumer).unwrap(),
        resource: resource.name.clone(),
        items: resource.items.iter().map(|item| item.key.clone()).collect(),
        share_modes: vec![ShareMode::Api],
        matters: vec![matter(0).name],
        legal_basis: "国务院令第809号第二十条".to_owned(),
        start: date(2022, 1, 1),
        end: date(2022, 12, 31),
        operator_required: false,
        row_filter: None,
        issues_use_codes: false,
        network_zones: Vec::new(),
        quota: domain::quota::Quota::default(),
    }
}

/// A draft of an application.
///
/// # Panics
/// Never.
#[must_use]
pub fn application(number: usize, terms: Terms) -> Application {
    let id = grant_name(number);
    let name = ApplicationName::from_id(id.trim_start_matches("grants/")).unwrap();
    let mut draft = Application::draft(name, Content::new(terms, "一件事一次办".to_owned()));
    draft.applicant = "tests".to_owned();
    draft
}

/// A grant.
///
/// # Panics
/// Never.
#[must_use]
pub fn grant(number: usize, terms: Terms, provider: &str) -> Grant {
    Grant {
        name: GrantName::parse(&grant_name(number)).unwrap(),
        version: 1,
        application: application(number, terms.clone()).name,
        terms,
        resource_version: 1,
        provider: SystemName::from_id(provider).unwrap(),
        approvers: vec!["approver".to_owned()],
        created: noon(),
        change: None,
        resumed: None,
        unrectified: None,
        disposal_demand: String::new(),
        disposal: None,
        provision: None,
        state: GrantState::Active,
    }
}

/// A dispute about a grant, as it was raised.
///
/// # Panics
/// Never.
#[must_use]
pub fn dispute(number: usize, terms: &Terms) -> Dispute {
    let id = grant_name(number);
    let due = date(2022, 6, 16);
    let clock = Clock::new(noon(), Some(due), "CN-2016-51 DISP-1 none");
    Dispute {
        name: DisputeName::from_id(id.trim_start_matches("grants/")).unwrap(),
        subject: DisputeSubject::parse(&id).unwrap(),
        consumer: terms.consumer.clone(),
        resource: terms.resource.clone(),
        raiser: dispute::Party::Consumer,
        raised: Signed {
            by: "tests".to_owned(),
            at: noon(),
        },
        statement: "数据长期未更新".to_owned(),
        state: DisputeState::Negotiating(Box::new(Negotiation::begin(clock))),
    }
}

/// A complaint of a person, as it was entered; its texts open under no key.
///
/// # Panics
/// Never.
#[must_use]
pub fn complaint(number: usize) -> Complaint {
    let id = grant_name(number);
    let entered = Signed {
        by: "tests".to_owned(),
        at: noon(),
    };
    Complaint {
        name: ComplaintName::from_id(id.trim_start_matches("grants/")).unwrap(),
        receipt: format!("{number:032x}"),
        kind: ComplaintKind::WrongData,
        about: About::default(),
        entered_by: department(0).name,
        received: date(2022, 6, 1),
        statement: Sealed::new("c2VhbGVk".to_owned()),
        contact: None,
        routing: vec![Routed {
            to: WaitsFor::Competent,
            why: RoutedBy::NothingNamed,
            signed: entered.clone(),
            reason: None,
        }],
        entered,
        state: ComplaintState::Received {
            clock: Clock::new(noon(), Some(date(2022, 6, 23)), "CN-2016-51 COMPL none"),
        },
    }
}

/// A matter of the seeds, without its needs.
///
/// # Panics
/// When there are not so many.
#[must_use]
pub fn matter(index: usize) -> Matter {
    let seed = &SEEDS.matters[index];
    Matter {
        name: MatterName::from_id(seed.code.as_str()).unwrap(),
        title: seed.name.clone(),
        department: DepartmentName::from_id(seed.department.as_str()).unwrap(),
        needs: Vec::new(),
        source: String::new(),
        assumed: false,
    }
}

/// A certificate type of the seeds.
///
/// # Panics
/// When there are not so many.
#[must_use]
pub fn certificate_type(index: usize) -> CertificateType {
    let seed = &SEEDS.certificate_types[index];
    CertificateType {
        name: CertificateTypeName::from_id(seed.code.as_str()).unwrap(),
        display_name: seed.name.clone(),
        synthetic: seed.provenance.synthetic,
        definer: seed.code.definer().clone(),
    }
}

/// The plan of the seeds.
///
/// # Panics
/// Never.
#[must_use]
pub fn plan() -> Plan {
    let seed = &SEEDS.plans[0];
    Plan {
        name: seed.name.clone(),
        title: seed.title.clone(),
        due: seed.deadline,
        milestones: seed
            .milestones
            .iter()
            .map(|milestone| milestone.title.clone())
            .collect(),
        source: seed.provenance.source.clone(),
    }
}

/// A TLS certificate of the gateway itself, as the registry would keep one.
///
/// # Panics
/// Never.
#[must_use]
pub fn credential(number: u32) -> Credential {
    Credential {
        name: Fingerprint::from_id(&format!("{number:064x}")).unwrap(),
        principal: Principal::Gateway,
        key_digest: format!("{number:064x}"),
        not_before: noon(),
        not_after: noon() + jiff::SignedDuration::from_hours(24),
        revoked: None,
        issuance: None,
    }
}

/// A one-time token.
#[must_use]
pub fn enrolment_token(number: u32) -> EnrolmentToken {
    EnrolmentToken {
        digest: format!("{number:064x}"),
        principal: Principal::Gateway,
        expires: noon() + jiff::SignedDuration::from_mins(15),
        used: None,
    }
}
