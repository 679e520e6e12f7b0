//! A small world in which everything is in order, for the tests to take things out of.
//!
//! The “一件事一次办” platform holds a grant on the marriage register for one matter; nothing
//! stands in the way of its call at [`NOON`].

use jiff::Timestamp;
use jiff::civil::date;

use crate::application::{Signed, Terms};
use crate::basis::{Basis, BasisKind};
use crate::clock::Clock;
use crate::correction::{Correction, CorrectionState};
use crate::credential::{Credential, Principal};
use crate::department::Department;
use crate::endpoint::{Address, Endpoint, Health, Protocol};
use crate::grant::{Grant, GrantState};
use crate::item::{DataType, Item, ItemKey};
use crate::name::{
    Account, ApplicationName, CorrectionName, DepartmentName, EndpointId, Fingerprint, GrantName,
    MatterName, ResourceName, SystemName,
};
use crate::policy::{Ask, Circumstances, Decision, decide};
use crate::progress::Proofs;
use crate::quota::{Quota, Used};
use crate::resource::{Metadata, Resource, ResourceState, ShareMode, ShareType};
use crate::snapshot::{Contents, Snapshot};
use crate::system::{
    Hosting, Inventory, NetworkZone, Origin, Steps, System, SystemState, Unclassified,
};

/// A day inside of every window of the world.
pub(crate) const NOON: &str = "2022-06-01T04:00:00Z";
/// The department that uses the data.
pub(crate) const APPROVAL: &str = "11430500XY0000012B";
/// The department that provides it.
pub(crate) const CIVIL_AFFAIRS: &str = "11430500XY00001437";
/// The matter of the grant.
pub(crate) const HOUSE_TRANSFER: &str = "11430500XY0000100R2022000000001";
/// A matter that no grant covers.
pub(crate) const FOOD_LICENCE: &str = "11430500XY0000055Q2022000000003";
/// The granted items, in the order of the grant.
pub(crate) const GRANTED: [&str; 3] = ["registration_number", "registration_date", "children"];
/// An item of the resource that the grant leaves out.
pub(crate) const WITHHELD: &str = "holder_name";

/// The registry, what is asked of it, and when.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) contents: Contents,
    pub(crate) ask: Ask,
    pub(crate) now: Timestamp,
    pub(crate) origin: Origin,
    pub(crate) used: Vec<(GrantName, Used)>,
}

impl World {
    /// Everything in order.
    pub(crate) fn good() -> Self {
        let contents = Contents {
            departments: vec![department(APPROVAL), department(CIVIL_AFFAIRS)],
            systems: vec![
                system("yjs-platform", APPROVAL),
                system("marriage-registry", CIVIL_AFFAIRS),
            ],
            endpoints: vec![endpoint("marriage-registry.main")],
            resources: vec![marriages("105001-000001")],
            grants: vec![grant(1, "105001-000001")],
            ..Contents::default()
        };
        Self {
            contents,
            ask: ask("105001-000001"),
            now: at(NOON),
            origin: Origin::Registered,
            used: Vec::new(),
        }
    }

    /// Decides in this world.
    pub(crate) fn decide(&self) -> Decision {
        decide(&self.snapshot(), &self.ask, &self.circumstances())
    }

    /// When it is asked, from where and after how much use.
    pub(crate) fn circumstances(&self) -> Circumstances {
        Circumstances {
            now: self.now,
            origin: self.origin,
            used: self.used.clone(),
        }
    }

    /// The registry as policy sees it.
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot::new(self.contents.clone())
    }

    /// The one grant.
    pub(crate) fn grant(&mut self) -> &mut Grant {
        &mut self.contents.grants[0]
    }

    /// The using system.
    pub(crate) fn consumer(&mut self) -> &mut System {
        &mut self.contents.systems[0]
    }

    /// The providing system.
    pub(crate) fn provider(&mut self) -> &mut System {
        &mut self.contents.systems[1]
    }
}

/// A moment.
pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Item keys.
pub(crate) fn keys(texts: &[&str]) -> Vec<ItemKey> {
    texts
        .iter()
        .map(|text| ItemKey::parse(text).unwrap())
        .collect()
}

/// A system name.
pub(crate) fn system_name(id: &str) -> SystemName {
    SystemName::from_id(id).unwrap()
}

/// A matter name.
pub(crate) fn matter(code: &str) -> MatterName {
    MatterName::from_id(code).unwrap()
}

/// A department name.
pub(crate) fn department_name(code: &str) -> DepartmentName {
    DepartmentName::from_id(code).unwrap()
}

/// A department.
pub(crate) fn department(code: &str) -> Department {
    Department {
        name: department_name(code),
        full_name: code.to_owned(),
        short_name: code.to_owned(),
        vertical: false,
        party_body: false,
        competent: code == APPROVAL,
        valid_from: date(2019, 3, 1),
        valid_until: None,
        successor: None,
        area: None,
        end_document: String::new(),
    }
}

/// An active, self-built system.
pub(crate) fn system(id: &str, department: &str) -> System {
    System {
        name: system_name(id),
        display_name: id.to_owned(),
        department: department_name(department),
        self_built: true,
        unclassified: Unclassified::declared(false).unwrap(),
        network_zone: NetworkZone::Public,
        hosting: Hosting::CityCloud,
        builder: String::new(),
        maintainer: String::new(),
        state: SystemState::Active,
        inventory: Inventory::default(),
        steps: Steps::default(),
    }
}

/// Every fact of a system proved by itself.
pub(crate) const ALL_PROVED: Proofs = Proofs {
    registered: Some(1),
    published: Some(2),
    conformed: Some(6),
    answering: Some(3),
    exchanged: Some(4),
    provided: Some(5),
    nothing_to_share: None,
};

/// A suspended state.
pub(crate) fn suspended() -> SystemState {
    SystemState::Suspended {
        reason: "audit".to_owned(),
    }
}

/// An endpoint that answered its last probe.
pub(crate) fn endpoint(id: &str) -> Endpoint {
    let name = EndpointId::from_id(id).unwrap();
    Endpoint {
        system: name.system().unwrap(),
        name,
        address: Address::parse("10.1.2.3:9443").unwrap(),
        health: Health::Serving { at: at(NOON) },
        protocol: Protocol::Grpc,
        maintenance: Vec::new(),
        conformance: None,
        examined_until: None,
        removed: None,
    }
}

/// A published resource with items of several data types.
pub(crate) fn marriages(code: &str) -> Resource {
    let item = |key: &str, data_type| Item {
        key: ItemKey::parse(key).unwrap(),
        title: key.to_owned(),
        data_type,
        sensitive: false,
        personal: false,
        length: None,
    };
    Resource {
        name: ResourceName::from_id(code).unwrap(),
        title: "结婚登记信息".to_owned(),
        summary: String::new(),
        system: system_name("marriage-registry"),
        department: department_name(CIVIL_AFFAIRS),
        items: vec![
            item(GRANTED[0], DataType::C),
            item(GRANTED[1], DataType::D),
            item(GRANTED[2], DataType::I),
            item(WITHHELD, DataType::C),
        ],
        share_type: ShareType::Unconditional,
        share_modes: vec![ShareMode::Api, ShareMode::Table],
        certificate_type: None,
        api: None,
        cache_seconds: 0,
        basis: BasisKind::Duty,
        format_class: 7,
        update_cycle: 1,
        data_level: "general".to_owned(),
        open: false,
        metadata: Metadata::default(),
        state: ResourceState::Published {
            registered_by: "clerk".to_owned(),
            by: "publisher".to_owned(),
            at: at("2022-01-01T00:00:00Z"),
            version: 1,
        },
        progress: crate::resource::Progress::default(),
    }
}

/// The grant of the platform on a resource; grants are tried in the order of their numbers.
pub(crate) fn grant(number: u32, resource: &str) -> Grant {
    let id = format!("00000000-0000-4000-8000-{number:012}");
    Grant {
        name: GrantName::from_id(&id).unwrap(),
        version: 1,
        application: ApplicationName::from_id(&id).unwrap(),
        terms: Terms {
            consumer: system_name("yjs-platform"),
            resource: ResourceName::from_id(resource).unwrap(),
            items: keys(&GRANTED),
            share_modes: vec![ShareMode::Api],
            matters: vec![matter(HOUSE_TRANSFER)],
            legal_basis: "不动产登记暂行条例第十六条".to_owned(),
            start: date(2022, 3, 1),
            end: date(2022, 6, 30),
            operator_required: true,
            row_filter: None,
            issues_use_codes: false,
            network_zones: Vec::new(),
            quota: Quota::default(),
        },
        resource_version: 1,
        provider: system_name("marriage-registry"),
        approvers: vec!["approver".to_owned()],
        created: at("2022-02-28T00:00:00Z"),
        change: None,
        resumed: None,
        unrectified: None,
        disposal_demand: String::new(),
        disposal: None,
        provision: None,
        state: GrantState::Active,
    }
}

/// The platform's call.
pub(crate) fn ask(resource: &str) -> Ask {
    Ask {
        consumer: system_name("yjs-platform"),
        resources: vec![ResourceName::from_id(resource).unwrap()],
        mode: ShareMode::Api,
        matter: Some(matter(HOUSE_TRANSFER)),
        operator_named: true,
        items: keys(&GRANTED[..1]),
        whole: false,
        compared: Vec::new(),
        grant: None,
        basis: Basis::Duty,
        issuing: false,
    }
}

/// A TLS certificate of the platform, valid for the month around [`NOON`].
pub(crate) fn credential() -> Credential {
    Credential {
        name: Fingerprint::from_id(&"a1".repeat(32)).unwrap(),
        principal: Principal::System {
            system: system_name("yjs-platform"),
        },
        key_digest: "b2".repeat(32),
        not_before: at("2022-05-15T00:00:00Z"),
        not_after: at("2022-06-14T00:00:00Z"),
        revoked: None,
        issuance: None,
    }
}

/// An account.
pub(crate) fn account(text: &str) -> Account {
    Account::parse(text).unwrap()
}

/// The compiled description of `t.Insurance`: `Get` gives one person, `List` streams them and is
/// declared free of effects.
pub(crate) fn insurance() -> crate::interface::Descriptors {
    use prost_reflect::prost::Message as _;
    use prost_reflect::prost_types::field_descriptor_proto::{Label, Type};
    use prost_reflect::prost_types::{
        DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet,
        MethodDescriptorProto, MethodOptions, ServiceDescriptorProto,
    };
    let field = |name: &str, number, kind: Type| FieldDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        label: Some(Label::Optional.into()),
        r#type: Some(kind.into()),
        ..FieldDescriptorProto::default()
    };
    let method = |name: &str, server_streaming, level| MethodDescriptorProto {
        name: Some(name.to_owned()),
        input_type: Some(".t.Person".to_owned()),
        output_type: Some(".t.Person".to_owned()),
        server_streaming: Some(server_streaming),
        options: Some(MethodOptions {
            idempotency_level: Some(level),
            ..MethodOptions::default()
        }),
        ..MethodDescriptorProto::default()
    };
    let file = FileDescriptorProto {
        name: Some("t.proto".to_owned()),
        package: Some("t".to_owned()),
        syntax: Some("proto3".to_owned()),
        message_type: vec![DescriptorProto {
            name: Some("Person".to_owned()),
            field: vec![
                field("name", 1, Type::String),
                field("base", 2, Type::Int64),
            ],
            ..DescriptorProto::default()
        }],
        service: vec![ServiceDescriptorProto {
            name: Some("Insurance".to_owned()),
            method: vec![method("Get", false, 0), method("List", true, 1)],
            ..ServiceDescriptorProto::default()
        }],
        ..FileDescriptorProto::default()
    };
    let set = FileDescriptorSet { file: vec![file] };
    crate::interface::Descriptors::parse(set.encode_to_vec()).unwrap()
}

/// A message with these fields of text, by name and number.
pub(crate) fn described_as(fields: &[(&str, i32)]) -> prost_reflect::MessageDescriptor {
    use prost_reflect::prost_types::field_descriptor_proto::{Label, Type};
    use prost_reflect::prost_types::{
        DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet,
    };
    let field = |(name, number): &(&str, i32)| FieldDescriptorProto {
        name: Some((*name).to_owned()),
        number: Some(*number),
        label: Some(Label::Optional.into()),
        r#type: Some(Type::String.into()),
        ..FieldDescriptorProto::default()
    };
    let file = FileDescriptorProto {
        name: Some("o.proto".to_owned()),
        package: Some("o".to_owned()),
        syntax: Some("proto3".to_owned()),
        message_type: vec![DescriptorProto {
            name: Some("Person".to_owned()),
            field: fields.iter().map(field).collect(),
            ..DescriptorProto::default()
        }],
        ..FileDescriptorProto::default()
    };
    let set = FileDescriptorSet { file: vec![file] };
    let pool = prost_reflect::DescriptorPool::from_file_descriptor_set(set).unwrap();
    pool.get_message_by_name("o.Person").unwrap()
}

/// The items of a resource behind [`insurance`].
pub(crate) fn insured_items() -> Vec<Item> {
    let item = |key: &str, data_type| Item {
        key: ItemKey::parse(key).unwrap(),
        title: key.to_owned(),
        data_type,
        sensitive: false,
        personal: false,
        length: None,
    };
    vec![item("name", DataType::C), item("base", DataType::I)]
}

/// How those items stand in the answers of [`insurance`].
pub(crate) fn api() -> crate::operation::Api {
    use crate::operation::{Api, ItemField, Operation};
    let operation = |method: &str| Operation {
        method: crate::interface::MethodPath::parse(method).unwrap(),
        fields: ["name", "base"]
            .map(|key| ItemField {
                item: ItemKey::parse(key).unwrap(),
                path: crate::mask::FieldPath::parse(key).unwrap(),
            })
            .into(),
        structure: Vec::new(),
    };
    Api {
        interface: crate::name::InterfaceId::from_id("marriage-registry.v1").unwrap(),
        operations: vec![
            operation("/t.Insurance/Get"),
            operation("/t.Insurance/List"),
        ],
    }
}

/// An open correction of the platform, of the record with this keyed hash.
pub(crate) fn correction(number: u32, resource: &str, record: &str) -> Correction {
    let id = format!("00000000-0000-4000-8000-{number:012}");
    let consumer = system_name("yjs-platform");
    Correction {
        name: CorrectionName::from_id(&id).unwrap(),
        resource: ResourceName::from_id(resource).unwrap(),
        mark: format!("{consumer} {record}"),
        consumer,
        named_by: Vec::new(),
        record: record.to_owned(),
        items: keys(&["registration_date"]),
        evidence_index: Some(7),
        sealed: "c2VhbGVk".to_owned(),
        raised: Signed {
            by: "departments/x/officers/zhang".to_owned(),
            at: at(NOON),
        },
        clock: Clock::new(at(NOON), Some(date(2022, 6, 16)), "CN-2025-809 CORR 26"),
        state: CorrectionState::Raised,
    }
}
