//! What is asked for: the requests and terms of a story, in order unless a test changes them.

use api::catalogue::v1 as catalogue;
use api::certificate::v1 as certificate;
use api::registry::v1 as registry;
use api::sharing::v1 as sharing;
use api::value::v1::Purpose;
use domain::basis::BasisKind;
use domain::name::{CertificateTypeName, ResourceName};
use domain::resource::{ShareMode, ShareType};
use sandbox::people::Holder;

use super::new_id;
use crate::city;

/// The system that uses the data.
pub const PLATFORM: &str = "yjs-platform";
/// The clerk on whose behalf the platform asks.
pub const CLERK: &str = "clerk-zh-0731";
/// The case for which it asks.
pub const CASE: &str = "CASE-SY-2022-7731";
/// The department of the platform, competent for data sharing too.
pub const COMPETENT: &str = "市行政审批服务局";
/// Items that no test applies for: they are granted to nobody.
pub const WITHHELD: [&str; 4] = [
    "husband_id_number",
    "wife_id_number",
    "holder_code",
    "legal_representative",
];

/// The purpose of every call.
#[must_use]
pub fn purpose() -> Purpose {
    Purpose {
        matter: city::matter(0).name.to_string(),
        case_number: CASE.to_owned(),
        operator: CLERK.to_owned(),
    }
}

/// A lookup of the certificate of a holder that is in order.
#[must_use]
pub fn lookup_request(
    certificate_type: &str,
    holder: &Holder,
) -> certificate::LookupCertificateRequest {
    use certificate::lookup_certificate_request::Key;
    certificate::LookupCertificateRequest {
        certificate_type: certificate_type.to_owned(),
        key: Some(Key::Holder(holder.to_wire())),
        purpose: Some(purpose()),
        request_id: new_id(),
        ..certificate::LookupCertificateRequest::default()
    }
}

/// What the platform applies for: all items but those that nobody is granted, for a year.
///
/// # Panics
/// Never.
#[must_use]
pub fn application(resource: &catalogue::Resource) -> sharing::Application {
    let keys = resource.items.iter().map(|item| item.key.clone());
    let now = broker::clock::Clock::now(&broker::clock::SystemClock);
    let today = domain::policy::shaoyang_date(now);
    sharing::Application {
        consumer: format!("systems/{PLATFORM}"),
        resource: resource.name.clone(),
        items: keys
            .filter(|key| !WITHHELD.contains(&key.as_str()))
            .collect(),
        share_modes: resource.share_modes.clone(),
        matters: vec![city::matter(0).name.to_string()],
        legal_basis: "国务院令第809号第二十条".to_owned(),
        scene: "一件事一次办".to_owned(),
        start_date: today.to_string(),
        end_date: today
            .checked_add(jiff::Span::new().years(1))
            .unwrap()
            .to_string(),
        operator_required: true,
        ..sharing::Application::default()
    }
}

/// A resource of the seeds that is shared by file too.
#[must_use]
pub fn with_files(id: &str) -> catalogue::Resource {
    let mut resource = wire_resource(id);
    resource.share_modes.push(catalogue::ShareMode::File.into());
    resource
}

/// What the platform applies for when it needs the whole: every item.
#[must_use]
pub fn whole_application(resource: &catalogue::Resource) -> sharing::Application {
    let keys = resource.items.iter().map(|item| item.key.clone());
    sharing::Application {
        items: keys.collect(),
        ..application(resource)
    }
}

/// A system of the seeds for the wire.
#[must_use]
pub fn wire_system(id: &str) -> registry::System {
    let system = city::system(id);
    registry::System {
        name: system.name.to_string(),
        display_name: system.display_name,
        department: system.department.to_string(),
        self_built: system.self_built,
        network_zone: system.network_zone.to_string(),
        hosting: system.hosting.to_string(),
        ..registry::System::default()
    }
}

/// Registers the one endpoint of a system.
#[must_use]
pub fn endpoint_request(id: &str, address: &str) -> registry::CreateEndpointRequest {
    let parent = format!("systems/{id}");
    let endpoint = registry::Endpoint {
        name: format!("{parent}/endpoints/main"),
        protocol: registry::endpoint::Protocol::Grpc.into(),
        address: address.to_owned(),
        ..registry::Endpoint::default()
    };
    registry::CreateEndpointRequest {
        parent,
        endpoint: Some(endpoint),
        request_id: new_id(),
        validate_only: false,
    }
}

/// A resource of the seeds for the wire.
///
/// # Panics
/// When the seeds have no such resource.
#[must_use]
pub fn wire_resource(id: &str) -> catalogue::Resource {
    let resource = city::resource(id);
    let (share_type, share_condition) = match resource.share_type {
        ShareType::Unconditional => (catalogue::ShareType::Unconditional, String::new()),
        ShareType::Conditional { condition } => (catalogue::ShareType::Conditional, condition),
        ShareType::NotShared { legal_basis } => (catalogue::ShareType::NotShared, legal_basis),
    };
    let mode = |mode: &ShareMode| match mode {
        ShareMode::Table => catalogue::ShareMode::Table.into(),
        ShareMode::File => catalogue::ShareMode::File.into(),
        ShareMode::Api => catalogue::ShareMode::Api.into(),
        ShareMode::Mail => catalogue::ShareMode::Mail.into(),
        ShareMode::Medium => catalogue::ShareMode::Medium.into(),
    };
    let basis = match resource.basis {
        BasisKind::Duty => catalogue::Basis::Duty,
        BasisKind::Authorisation => catalogue::Basis::Authorisation,
    };
    let item = |item: domain::item::Item| catalogue::ResourceItem {
        key: item.key.to_string(),
        title: item.title,
        data_type: item.data_type.as_str().to_owned(),
        sensitive: item.sensitive,
        ..catalogue::ResourceItem::default()
    };
    catalogue::Resource {
        name: ResourceName::to_string(&resource.name),
        title: resource.title,
        summary: resource.summary,
        system: resource.system.to_string(),
        items: resource.items.into_iter().map(item).collect(),
        share_type: share_type.into(),
        share_condition,
        share_modes: resource.share_modes.iter().map(mode).collect(),
        certificate_type: resource
            .certificate_type
            .map(CertificateTypeName::into)
            .unwrap_or_default(),
        format_class: resource.format_class.into(),
        update_cycle: resource.update_cycle.into(),
        data_level: resource.data_level,
        cache_seconds: i32::try_from(resource.cache_seconds).unwrap(),
        open: resource.open,
        basis: basis.into(),
        ..reviewed()
    }
}

/// An entry whose reviews are recorded, and nothing else: what every entry needs before it is signed off.
#[must_use]
pub fn reviewed() -> catalogue::Resource {
    catalogue::Resource {
        share_scope: "本市政府部门".to_owned(),
        share_purpose: "办理政务服务事项".to_owned(),
        data_class: "测试".to_owned(),
        secrecy_review: "虚构数据，保密审查记录".to_owned(),
        impact_assessment: "虚构数据，影响评估记录".to_owned(),
        head_approval: "虚构数据，审签文件".to_owned(),
        ..catalogue::Resource::default()
    }
}
