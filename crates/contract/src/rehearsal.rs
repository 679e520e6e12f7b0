//! A rehearsal: an endpoint that no gateway knows is tried with entries that are given.

use std::sync::Arc;

use api::catalogue::v1 as catalogue;
use api::registry::v1 as registry;
use domain::basis::BasisKind;
use domain::conformance::{Examination, examination};
use domain::endpoint::{Address, Endpoint, Health, Protocol};
use domain::fault::{Cause, Faults};
use domain::id::RegionTable;
use domain::interface::{Descriptors, Interface};
use domain::name::{
    CertificateTypeName, DepartmentName, EndpointId, InterfaceId, ResourceName, SystemName,
};
use domain::resource::{Metadata, Progress, Resource, ResourceState, ShareMode, ShareType};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::wire;

/// Entries of one rehearsal.
const MOST_ENTRIES: usize = 200;
/// Who is asked, as the tickets say; no system of a register has this name.
const SYSTEM: &str = "systems/rehearsal";
/// The department of an entry, which no case looks at: a code that names nobody.
const DEPARTMENT: &str = "departments/11430500XY00001437";

/// What is promised of one entry.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// The entry; what is not about its service may be missing.
    pub resource: catalogue::Resource,
    /// The compiled proto files or the `OpenAPI` document that describe its own methods.
    pub description: Option<Result<Vec<u8>, Cause>>,
}

/// What a rehearsal asks, and of whom.
#[derive(Debug)]
pub struct Rehearsal {
    /// The endpoint, as it would be registered.
    pub endpoint: Endpoint,
    /// What is asked.
    pub examination: Examination,
}

/// Puts a rehearsal together, by the rules by which a gateway puts a run together.
///
/// # Errors
/// Every fault of address, entries and samples at once; also that nothing is left to be asked.
pub fn rehearsal(
    address: &str,
    protocol: Protocol,
    entries: &[Entry],
    samples: &[registry::ConformanceSample],
    regions: &RegionTable,
    today: Date,
) -> Result<Rehearsal, Faults> {
    let mut faults = Faults::default();
    let samples = wire::samples_from(&mut faults, samples, regions, today);
    if entries.is_empty() || entries.len() > MOST_ENTRIES {
        let text = format!("give 1 to {MOST_ENTRIES} entries: nothing else says what is promised");
        faults.add("entries", "REQUIRED", text);
    }
    let endpoint = Address::parse(address).and_then(|address| named(address, protocol));
    let endpoint = faults.check("endpoint", endpoint);
    let (resources, interfaces) = entries_from(&mut faults, entries);
    // An entry that cannot be read would seem to be missing.
    let whole = resources.len() == entries.len();
    let interface = |name: &InterfaceId| {
        let mut known = interfaces.iter();
        known
            .find(|one: &&Arc<Interface>| one.name == *name)
            .cloned()
    };
    let asked = endpoint
        .as_ref()
        .map(|endpoint| examination(endpoint, &resources, interface, &samples));
    let asked = asked.and_then(|asked| {
        let unfit = match asked {
            Ok(asked) => return Some(asked),
            Err(unfit) => unfit,
        };
        let missing = |code: &str| !whole && code == "NOT_PROVIDED";
        for fault in unfit.as_slice().iter().filter(|one| !missing(&one.code)) {
            faults.add(&fault.field, &fault.code, fault.message.as_str());
        }
        None
    });
    let nothing = |asked: &Examination| asked.exams.is_empty() && asked.untried.is_empty();
    if asked.as_ref().is_some_and(nothing) && faults.is_empty() {
        let text = "none of the entries is asked for at such an endpoint: choose another protocol, or modes that it has";
        faults.add("entries", "NOTHING_TO_ASK", text);
    }
    let whole = endpoint.zip(asked);
    let (endpoint, examination) = faults.finish(whole)?;
    Ok(Rehearsal {
        endpoint,
        examination,
    })
}

fn named(address: Address, protocol: Protocol) -> Result<Endpoint, Cause> {
    Ok(Endpoint {
        name: EndpointId::from_path(&format!("{SYSTEM}/endpoints/rehearsed"))?,
        system: SystemName::parse(SYSTEM)?,
        address,
        health: Health::Unknown,
        protocol,
        maintenance: Vec::new(),
        conformance: None,
        removed: None,
        examined_until: None,
    })
}

fn entries_from(
    faults: &mut Faults,
    entries: &[Entry],
) -> (Vec<Arc<Resource>>, Vec<Arc<Interface>>) {
    let mut interfaces = Vec::new();
    let mut resources: Vec<Arc<Resource>> = Vec::new();
    for (place, entry) in entries.iter().take(MOST_ENTRIES).enumerate() {
        let at = format!("entries[{place}]");
        let (read, interface) = entry_from(faults, &at, entry);
        interfaces.extend(interface);
        let Some(read) = read else { continue };
        if resources.iter().any(|other| other.name == read.name) {
            let text = format!("{} stands twice", read.name);
            faults.add(&format!("{at}.name"), "DUPLICATE", text);
        }
        resources.push(Arc::new(read));
    }
    (resources, interfaces)
}

/// An entry with its interface, where it has methods of its own.
fn entry_from(
    faults: &mut Faults,
    at: &str,
    entry: &Entry,
) -> (Option<Resource>, Option<Arc<Interface>>) {
    let part = &entry.resource;
    let name = faults.check(&format!("{at}.name"), ResourceName::parse(&part.name));
    let items = wire::items_from(faults, at, &part.items);
    let modes = wire::modes_from(part.share_modes());
    let share_modes = faults.check(&format!("{at}.share_modes"), modes);
    let kind = Some(&part.certificate_type).filter(|kind| !kind.is_empty());
    let kind = kind.and_then(|kind| {
        let parsed = CertificateTypeName::parse(kind);
        faults.check(&format!("{at}.certificate_type"), parsed)
    });
    let api = part.api.as_ref();
    let api = api.and_then(|api| wire::api_from(faults, at, api));
    let system = faults.check(at, SystemName::parse(SYSTEM));
    let department = faults.check(at, DepartmentName::parse(DEPARTMENT));
    let interface = interface_of(faults, at, entry);
    let resource = (|| {
        Some(Resource {
            name: name?,
            title: part.title.clone(),
            summary: part.summary.clone(),
            system: system?,
            department: department?,
            items: items?,
            share_type: ShareType::Unconditional,
            share_modes: share_modes?,
            certificate_type: kind,
            api,
            cache_seconds: 0,
            basis: BasisKind::Duty,
            format_class: 1,
            update_cycle: 1,
            data_level: "general".to_owned(),
            open: false,
            metadata: Metadata::default(),
            // As if it were signed off: what is still being written is what a rehearsal is for.
            state: ResourceState::Registered {
                by: String::new(),
                at: Timestamp::UNIX_EPOCH,
            },
            progress: Progress::default(),
        })
    })();
    if let Some(resource) = &resource {
        check(faults, at, resource, interface.as_deref());
    }
    (resource, interface)
}

/// The entry's own rules, and whether its methods are described.
fn check(faults: &mut Faults, at: &str, resource: &Resource, interface: Option<&Interface>) {
    let mut own = resource.faults();
    if let (Some(api), Some(interface)) = (&resource.api, interface) {
        api.check(&resource.items, &interface.descriptors, &mut own);
    }
    faults.within("resource", at, &own);
    let nothing_answers = resource.share_modes.contains(&ShareMode::Api)
        && resource.certificate_type.is_none()
        && resource.api.is_none();
    if nothing_answers {
        let text = "say which certificate type it is, or which methods of your own answer";
        faults.add(&format!("{at}.api"), "REQUIRED", text);
    }
}

fn interface_of(faults: &mut Faults, at: &str, entry: &Entry) -> Option<Arc<Interface>> {
    let api = entry.resource.api.as_ref()?;
    let name = InterfaceId::from_path(&api.interface).ok()?;
    let Some(bytes) = entry.description.clone() else {
        let text =
            "give the compiled proto files or the OpenAPI document that describe the methods";
        faults.add(&format!("{at}.interface"), "REQUIRED", text);
        return None;
    };
    let bytes = faults.check(&format!("{at}.interface"), bytes)?;
    let field = format!("{at}.interface");
    let descriptors = if is_json(&bytes) {
        let read = Descriptors::parse_openapi(bytes, &field);
        read.map_err(|found| faults.within("", "", &found)).ok()?
    } else {
        faults.check(&field, Descriptors::parse(bytes))?
    };
    Some(Arc::new(Interface {
        system: name.system().ok()?,
        name,
        descriptors,
        reflected_from: None,
        document_path: None,
    }))
}

/// Whether a description is a document. A compiled set begins with the key of its first file, which in a text ends a
/// line, and where that file is 123 bytes long a brace follows.
fn is_json(bytes: &[u8]) -> bool {
    let is_object = bytes.trim_ascii_start().starts_with(b"{");
    is_object && (bytes.first() != Some(&b'\n') || domain::json::check(bytes).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::reference::Reference;

    #[test]
    fn a_compiled_set_is_no_document_however_long_its_first_file_is() {
        let set =
            |length: u8| [&[10, length + 2, 10, length], &*vec![b'a'; length.into()]].concat();
        for (bytes, expected) in [
            (set(120), false),
            (set(121), false),
            (b"{}".to_vec(), true),
            (b"\n {}\n".to_vec(), true),
            // A document with a fault is told as one.
            (b" {".to_vec(), true),
            (b"".to_vec(), false),
        ] {
            assert_eq!(is_json(&bytes), expected, "{bytes:?}");
        }
    }

    fn entry(change: impl FnOnce(&mut Entry)) -> Entry {
        let item = catalogue::ResourceItem {
            key: "name".to_owned(),
            title: "name".to_owned(),
            data_type: "C".to_owned(),
            ..catalogue::ResourceItem::default()
        };
        let mut entry = Entry {
            resource: catalogue::Resource {
                name: "resources/307502-000001".to_owned(),
                items: vec![item],
                share_modes: vec![catalogue::ShareMode::Table.into()],
                ..catalogue::Resource::default()
            },
            description: None,
        };
        change(&mut entry);
        entry
    }

    /// Fields and codes of what is wrong.
    fn faults(protocol: Protocol, entries: &[Entry]) -> Vec<String> {
        let regions = Reference::embedded().unwrap().regions;
        let today = jiff::civil::date(2026, 1, 1);
        let put = rehearsal("127.0.0.1:9443", protocol, entries, &[], &regions, today);
        let faults = put.err().unwrap_or_default();
        let told = faults.as_slice().iter();
        told.map(|fault| format!("{} {}", fault.field, fault.code))
            .collect()
    }

    #[test]
    fn an_entry_needs_what_its_cases_ask_and_no_more() {
        let good = || entry(|_| {});
        assert_eq!(faults(Protocol::Grpc, &[good()]), Vec::<String>::new());
        assert_eq!(faults(Protocol::Grpc, &[]), ["entries REQUIRED"]);
        let twice = [good(), good()];
        assert_eq!(
            faults(Protocol::Grpc, &twice),
            ["entries[1].name DUPLICATE"]
        );
        // Rows have a contract of gRPC only.
        let told = faults(Protocol::HttpJson, &[good()]);
        assert_eq!(told, ["entries NOTHING_TO_ASK"]);
    }

    #[test]
    fn every_fault_of_every_entry_is_told_at_once() {
        let own = || catalogue::Api {
            interface: "systems/rehearsal/interfaces/e0".to_owned(),
            operations: Vec::new(),
        };
        let entries = [
            entry(|entry| entry.resource.name = "one".to_owned()),
            entry(|entry| entry.resource.items[0].data_type = "Q".to_owned()),
            entry(|entry| {
                entry.resource.name = "resources/307502-000003".to_owned();
                entry.resource.share_modes = vec![catalogue::ShareMode::Api.into()];
            }),
            entry(|entry| {
                entry.resource.name = "resources/307502-000004".to_owned();
                entry.resource.share_modes = vec![catalogue::ShareMode::Api.into()];
                entry.resource.api = Some(own());
            }),
            entry(|entry| {
                entry.resource.name = "resources/307502-000005".to_owned();
                entry.resource.share_modes = vec![catalogue::ShareMode::Api.into()];
                entry.resource.api = Some(own());
                entry.description = Some(Ok(b"no description".to_vec()));
            }),
        ];
        let told = faults(Protocol::Grpc, &entries);
        for expected in [
            "entries[0].name",
            "entries[1].items[0].data_type UNKNOWN_DATA_TYPE",
            "entries[2].api REQUIRED",
            "entries[3].interface REQUIRED",
            "entries[4].interface NOT_A_DESCRIPTOR_SET",
        ] {
            let is_told = told.iter().any(|one| one.starts_with(expected));
            assert!(is_told, "{expected}: {told:?}");
        }
    }
}
