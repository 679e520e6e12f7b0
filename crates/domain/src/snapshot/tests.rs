//! One change after another makes the picture that would be built anew.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::correction::{Closed, Correction, CorrectionState};
use crate::grant::GrantState;
use crate::resource::ResourceState;
use crate::test_world::{correction, endpoint, grant, marriages, suspended, system, system_name};

const RESOURCES: [&str; 2] = ["105001-000001", "105001-000002"];
const TYPES: [&str; 2] = ["11100000MB0143028R001", "11100000MB0143028R002"];
const SYSTEMS: [&str; 2] = ["yjs-platform", "marriage-registry"];

#[derive(Clone, Debug)]
enum Change {
    System(Box<System>),
    Endpoint(Box<Endpoint>),
    Resource(Box<Resource>),
    Grant(Box<Grant>),
    Correction(Box<Correction>),
}

fn change() -> impl Strategy<Value = Change> {
    (0..5, 0..4_u32, 0..2_usize, 0..2_usize, any::<bool>()).prop_map(
        |(noun, number, one, other, flag)| match noun {
            0 => {
                let mut system = system(SYSTEMS[one], crate::test_world::APPROVAL);
                if flag {
                    system.state = suspended();
                }
                Change::System(Box::new(system))
            }
            1 => {
                let mut endpoint = endpoint(&format!("{}.e{other}", SYSTEMS[one]));
                if flag {
                    endpoint.health = crate::endpoint::Health::Unknown;
                    endpoint.protocol = crate::endpoint::Protocol::NetworkIdentity;
                }
                if number == 3 {
                    endpoint = endpoint.remove(crate::test_world::at("2022-06-01T00:00:00Z"));
                }
                Change::Endpoint(Box::new(endpoint))
            }
            2 => {
                let mut resource = marriages(RESOURCES[one]);
                resource.certificate_type = CertificateTypeName::from_id(TYPES[other]).ok();
                if flag {
                    resource.state = ResourceState::Draft;
                }
                Change::Resource(Box::new(resource))
            }
            3 => {
                let record = format!("record {other}");
                let mut correction = correction(number, RESOURCES[one], &record);
                if other == 1 {
                    correction.named_by = crate::test_world::keys(&["registration_number"]);
                }
                if flag {
                    correction.state = CorrectionState::Withdrawn(Closed {
                        accepted: None,
                        closed: correction.raised.clone(),
                        answer: None,
                    });
                }
                Change::Correction(Box::new(correction))
            }
            _ => {
                let mut grant = grant(number, RESOURCES[one]);
                grant.terms.consumer = system_name(SYSTEMS[other]);
                if flag {
                    grant.state = GrantState::Suspended {
                        reason: String::new(),
                        by: String::new(),
                        order: None,
                    };
                }
                Change::Grant(Box::new(grant))
            }
        },
    )
}

fn one(change: Change) -> Contents {
    let mut contents = Contents::default();
    match change {
        Change::System(system) => contents.systems.push(*system),
        Change::Endpoint(endpoint) => contents.endpoints.push(*endpoint),
        Change::Resource(resource) => contents.resources.push(*resource),
        Change::Grant(grant) => contents.grants.push(*grant),
        Change::Correction(correction) => contents.corrections.push(*correction),
    }
    contents
}

/// What stands in the end, in an order of its own.
fn last_of_each(changes: &[Change]) -> Contents {
    let mut last: BTreeMap<String, Change> = BTreeMap::new();
    for change in changes {
        let name = match change {
            Change::System(system) => system.name.to_string(),
            Change::Endpoint(endpoint) => endpoint.name.to_string(),
            Change::Resource(resource) => resource.name.to_string(),
            Change::Grant(grant) => grant.name.to_string(),
            // It never goes over to another record.
            Change::Correction(one) => format!("{} {} {}", one.name, one.resource, one.record),
        };
        last.insert(name, change.clone());
    }
    let mut contents = Contents::default();
    for change in last.into_values().rev() {
        let Contents {
            systems,
            endpoints,
            resources,
            grants,
            corrections,
            ..
        } = one(change);
        contents.corrections.extend(corrections);
        contents.systems.extend(systems);
        contents.endpoints.extend(endpoints);
        contents.resources.extend(resources);
        contents.grants.extend(grants);
    }
    contents
}

/// Everything that can be asked of a snapshot about these names.
fn answers(snapshot: &Snapshot) -> String {
    let mut answers: Vec<String> = Vec::new();
    answers.extend(snapshot.systems().map(|system| format!("{system:?}")));
    answers.extend(snapshot.resources().map(|resource| format!("{resource:?}")));
    for id in TYPES {
        let kind = CertificateTypeName::from_id(id).unwrap();
        answers.push(format!("{id} {:?}", snapshot.resources_of_type(&kind)));
    }
    for id in SYSTEMS {
        let name = system_name(id);
        answers.push(format!("{id} {:?}", snapshot.system(&name)));
        answers.push(format!("{id} {:?}", snapshot.endpoints(&name)));
        for code in RESOURCES {
            let resource = ResourceName::from_id(code).unwrap();
            let grants = snapshot.grants_of(&name, &resource);
            answers.push(format!("{id} {code} {grants:?}"));
            for listed in grants {
                assert!(Arc::ptr_eq(listed, snapshot.grant(&listed.name).unwrap()));
            }
        }
    }
    for code in RESOURCES {
        let resource = ResourceName::from_id(code).unwrap();
        answers.push(format!("{code} {:?}", snapshot.disputes(&resource)));
    }
    answers.push(format!("{:?}", snapshot.resolver()));
    answers.join("\n")
}

proptest! {
    #[test]
    fn changes_one_by_one_make_what_is_built_anew(
        changes in prop::collection::vec(change(), 0..24),
    ) {
        let mut pictures = vec![Snapshot::default()];
        for change in &changes {
            let next = pictures[pictures.len() - 1].with(one(change.clone()));
            pictures.push(next);
        }
        // Later changes left every earlier picture as it was.
        for (count, picture) in pictures.iter().enumerate() {
            let anew = Snapshot::new(last_of_each(&changes[..count]));
            prop_assert_eq!(answers(picture), answers(&anew));
        }
    }
}
