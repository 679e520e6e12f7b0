//! The social insurance bureau's own service behind the gateway: API mode.

use api::catalogue::v1 as catalogue;
use api::registry::v1 as registry;
use api::sharing::v1 as sharing;
use sandbox::insurance as pb;
use tonic::metadata::MetadataValue;
use tonic::{Request, Status};

use super::story::{agree, publish};
use super::terms::{CASE, CLERK, COMPETENT, PLATFORM, application, reviewed};
use super::{Client, Department, World, new_id};
use crate::city;

/// The providing system.
pub const SYSTEM: &str = "social-security";
/// Its department.
pub const OWNER: &str = "市人社局";
/// Its endpoint.
pub const ENDPOINT: &str = "systems/social-security/endpoints/main";

/// Method and path.
type Places = &'static [(&'static str, &'static str)];

/// Items of the resource, each with its places in the answers of the four methods.
const ITEMS: [(&str, &str, Places); 9] = [
    ("name", "C", &[("GetInsured", "insured.name")]),
    ("id_number", "C", &[("GetInsured", "insured.id_number")]),
    ("address", "G", &[("GetInsured", "insured.address")]),
    (
        "base",
        "I",
        &[
            ("GetInsured", "insured.contributions.key"),
            ("GetInsured", "insured.contributions.value.base"),
            ("CheckInsured", "base"),
        ],
    ),
    (
        "employer",
        "C",
        &[("GetInsured", "insured.employments.employer_name")],
    ),
    ("telephone", "C", &[("GetInsured", "insured.telephone")]),
    (
        "months",
        "I",
        &[
            ("GetInsured", "insured.paid_months"),
            ("ListPayments", "month"),
        ],
    ),
    ("amount", "I", &[("ListPayments", "amount")]),
    ("account", "C", &[("ListPayments", "account")]),
];
/// Paths that leave under every grant.
const STRUCTURE: [(&str, &str); 3] = [
    ("GetInsured", "register_version"),
    ("ReportChanges", "taken_count"),
    ("CheckInsured", "insured"),
];

/// The service, granted in part to the platform.
#[derive(Debug)]
pub struct Insured {
    /// The world it plays in.
    pub world: World,
    /// The consumer.
    pub platform: Client,
    /// The provider.
    pub provider: Department,
    /// Somebody who sees all evidence.
    pub auditor: Client,
    /// An officer of the provider's department.
    pub owner: Client,
    /// Who publishes for the competent department.
    pub publisher: Client,
    /// Who applies for the platform.
    pub applicant: Client,
    /// What was agreed.
    pub grant: sharing::Grant,
}

impl Insured {
    /// Registers the interface, publishes the resource, and grants these items.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn granting(world: World, items: &[&str]) -> Self {
        Self::granting_as(world, items, sent()).await
    }

    /// The same, where the endpoint told the interface itself.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn granting_reflected(world: World, items: &[&str]) -> Self {
        let told = registry::Interface {
            reflected_from: ENDPOINT.to_owned(),
            ..registry::Interface::default()
        };
        Self::granting_as(world, items, told).await
    }

    async fn granting_as(world: World, items: &[&str], interface: registry::Interface) -> Self {
        let platform = world.enrol_system(PLATFORM).await;
        let provider = world.provider(SYSTEM).await;
        let owner = world.enrol_officer(OWNER, "zhao").await;
        let publisher = world.enrol_officer(COMPETENT, "li").await;
        let applicant = world.enrol_officer(COMPETENT, "zhang").await;
        let auditor = world.enrol_auditor("audit").await;
        describe_as(&owner, interface).await;
        let resource = resource();
        publish(&owner, &publisher, &resource).await;
        let mut terms = application(&resource);
        terms.items = items.iter().map(|&item| item.to_owned()).collect();
        let grant = agree(&applicant, &owner, terms).await;
        Self {
            world,
            platform,
            provider,
            auditor,
            owner,
            publisher,
            applicant,
            grant,
        }
    }

    /// Asks for one insured person, as the platform.
    ///
    /// # Errors
    /// As the gateway answers.
    pub async fn get(
        &self,
        id_number: &str,
    ) -> Result<tonic::Response<pb::GetInsuredResponse>, Status> {
        let request = pb::GetInsuredRequest {
            id_number: id_number.to_owned(),
        };
        self.platform.insurance().get_insured(call(request)).await
    }
}

/// A call as the metadata of an exchange by API wants it.
///
/// # Panics
/// Never.
pub fn call<T>(message: T) -> Request<T> {
    let mut request = super::ask(message);
    let metadata = request.metadata_mut();
    for (key, value) in [
        ("shuqiao-matter", city::matter(0).name.to_string()),
        ("shuqiao-case", CASE.to_owned()),
        ("shuqiao-operator", CLERK.to_owned()),
        ("shuqiao-request-id", new_id()),
    ] {
        metadata.insert(key, MetadataValue::try_from(value).unwrap());
    }
    request
}

/// Registers the bureau's proto file.
///
/// # Panics
/// When it is refused.
pub async fn describe(owner: &Client) -> registry::Interface {
    describe_as(owner, sent()).await
}

fn sent() -> registry::Interface {
    registry::Interface {
        descriptor_set: pb::DESCRIPTOR_SET.to_vec(),
        ..registry::Interface::default()
    }
}

async fn describe_as(owner: &Client, interface: registry::Interface) -> registry::Interface {
    let parent = format!("systems/{SYSTEM}");
    let interface = registry::Interface {
        name: format!("{parent}/interfaces/v1"),
        ..interface
    };
    let request = registry::CreateInterfaceRequest {
        parent,
        interface: Some(interface),
        request_id: new_id(),
    };
    let made = owner
        .interfaces()
        .create_interface(super::ask(request))
        .await;
    made.unwrap().into_inner()
}

/// The resource behind the service.
#[must_use]
pub fn resource() -> catalogue::Resource {
    let methods = [
        "GetInsured",
        "ListPayments",
        "ReportChanges",
        "CheckInsured",
    ];
    let operation = |method: &str| catalogue::Operation {
        method: format!("/shaoyang.insurance.v1.InsuranceService/{method}"),
        fields: ITEMS
            .iter()
            .flat_map(|(item, _, places)| {
                let here = places.iter().filter(|(at, _)| *at == method);
                here.map(|(_, path)| catalogue::ItemField {
                    item: (*item).to_owned(),
                    path: (*path).to_owned(),
                })
            })
            .collect(),
        structure: STRUCTURE
            .iter()
            .filter(|(at, _)| *at == method)
            .map(|(_, path)| (*path).to_owned())
            .collect(),
    };
    let item = |(key, data_type): (&str, &str)| catalogue::ResourceItem {
        key: key.to_owned(),
        title: key.to_owned(),
        data_type: data_type.to_owned(),
        sensitive: false,
        ..catalogue::ResourceItem::default()
    };
    catalogue::Resource {
        name: "resources/105003-000099".to_owned(),
        title: "社会保险参保信息".to_owned(),
        summary: "参保人、参保单位、缴费基数与缴费记录。".to_owned(),
        system: format!("systems/{SYSTEM}"),
        items: ITEMS
            .map(|(key, data_type, _)| item((key, data_type)))
            .into(),
        share_type: catalogue::ShareType::Unconditional.into(),
        share_modes: vec![catalogue::ShareMode::Api.into()],
        format_class: 7,
        update_cycle: 1,
        data_level: "general".to_owned(),
        api: Some(catalogue::Api {
            interface: format!("systems/{SYSTEM}/interfaces/v1"),
            operations: methods.map(operation).into(),
        }),
        ..reviewed()
    }
}
