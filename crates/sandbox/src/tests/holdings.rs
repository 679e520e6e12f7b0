//! Every record agrees with the seeds.

use std::collections::BTreeSet;

use domain::certificate::CertificateState;
use domain::id::CertificateId;
use domain::item::ItemValue;
use domain::seed::ItemSeed;
use jiff::civil::date;

use crate::data::{DataError, Holdings, holdings_for, seeds};
use crate::people;
use crate::roster;

fn check(values: &[ItemValue], items: &[ItemSeed], what: &str) {
    let mut seen = BTreeSet::new();
    for value in values {
        assert!(
            seen.insert(value.key.clone()),
            "{what}: {} stands twice",
            value.key
        );
        let item = items.iter().find(|item| item.item.key == value.key);
        let item = item.unwrap_or_else(|| panic!("{what}: unknown item {}", value.key));
        assert!(
            item.item.data_type.admits(&value.value),
            "{what}: {}",
            value.key
        );
    }
    for item in items.iter().filter(|item| item.mandatory) {
        assert!(
            seen.contains(&item.item.key),
            "{what}: {} is missing",
            item.item.key
        );
    }
}

#[test]
fn every_certificate_agrees_with_its_type() {
    let seeds = seeds().unwrap();
    let mut identifiers = BTreeSet::new();
    for simulated in roster().unwrap() {
        let system = simulated.system.id();
        let holdings = simulated.holdings().unwrap();
        assert!(!holdings.certificates.is_empty(), "{system}");
        for record in &holdings.certificates {
            let what = format!("{system}: {}", record.identifier);
            assert!(
                simulated
                    .certificate_types
                    .contains(&record.certificate_type),
                "{what}"
            );
            let kind = seeds.certificate_types.iter();
            let kind = kind
                .clone()
                .find(|kind| kind.code.as_str() == record.certificate_type.id());
            let kind = kind.unwrap();
            check(&record.items, &kind.items, &what);
            // Parsing computes the check character again.
            assert_eq!(
                CertificateId::parse(record.identifier.as_str()).unwrap(),
                record.identifier
            );
            assert_eq!(record.identifier.type_code(), &kind.code, "{what}");
            assert_eq!(
                Some(record.identifier.issuer()),
                kind.issuer.as_ref(),
                "{what}"
            );
            record
                .identifier
                .check_regions(&seeds.reference.regions)
                .unwrap();
            assert!(
                identifiers.insert(record.identifier.clone()),
                "{what}: issued twice"
            );
            let most = usize::try_from(kind.max_holders).unwrap();
            assert!((1..=most).contains(&record.holders.len()), "{what}");
            for holder in &record.holders {
                assert!(
                    kind.holder_types
                        .iter()
                        .any(|code| code == holder.type_code()),
                    "{what}"
                );
            }
        }
    }
}

#[test]
fn every_row_agrees_with_its_resource() {
    let seeds = seeds().unwrap();
    let mut rows = 0;
    for simulated in roster().unwrap() {
        for row in simulated.holdings().unwrap().rows {
            assert!(simulated.resources.contains(&row.resource));
            let code = row.resource.id().replacen('-', "/", 1);
            let resource = seeds
                .resources
                .iter()
                .find(|resource| resource.code.as_str() == code);
            check(&row.values, &resource.unwrap().items, row.resource.as_str());
            rows += 1;
        }
    }
    assert!(rows >= 200, "{rows}");
}

#[test]
fn the_items_of_every_resource_have_values_somewhere() {
    let seeds = seeds().unwrap();
    for simulated in roster().unwrap() {
        let holdings = simulated.holdings().unwrap();
        let own = seeds
            .resources
            .iter()
            .filter(|resource| resource.system == simulated.system);
        for item in own.flat_map(|resource| &resource.items) {
            let found = holdings.certificates.iter().any(|record| {
                let own = record.own.iter().map(|own| &own.item);
                let mut items = record.items.iter().chain(own);
                items.any(|value| value.key == item.item.key)
            });
            assert!(found, "{}: nobody has {}", simulated.system, item.item.key);
        }
    }
}

#[test]
fn the_published_test_identifiers_are_among_them() {
    for (system, identifier) in [
        (
            "enterprise-registry",
            "11100000MB0143028R001.11430500XY0000055Q.20220000001.001.L",
        ),
        (
            "realestate-registry",
            "11100000MB03271699001.11430500XY0000100R.0000000019.001.2",
        ),
        (
            "household-registry",
            "11100000000013127D001.11430500XY0000135C.20220000000000000001.001.U",
        ),
        (
            "birth-registry",
            "11100000XY9000019E001.11430500XY0000186L.43050020220001.001.1",
        ),
        (
            "marriage-registry",
            "11100000XY9000051R001.11430500XY00001437.J4305002022000001.001.U",
        ),
    ] {
        let wanted = CertificateId::parse(&format!("1.2.156.3005.2.{identifier}")).unwrap();
        let held = holdings_for(system).unwrap().certificates;
        assert!(
            held.iter().any(|record| record.identifier == wanted),
            "{system}"
        );
    }
}

#[test]
fn the_special_cases_are_there() {
    let today = date(2022, 6, 1);
    let all: Vec<_> = roster()
        .unwrap()
        .iter()
        .flat_map(|one| one.holdings().unwrap().certificates)
        .collect();
    let states: Vec<_> = all
        .iter()
        .map(|record| record.state.on(today, record.expires))
        .collect();
    for state in [
        CertificateState::Valid,
        CertificateState::Suspended,
        CertificateState::Expired,
        CertificateState::Cancelled,
        CertificateState::Revoked,
    ] {
        assert!(states.contains(&state), "{state:?}");
    }
    assert!(
        all.iter()
            .all(|record| record.state != CertificateState::Expired),
        "never stored"
    );
    let held = |holder: &people::Holder| {
        all.iter()
            .filter(|one| one.holders.iter().any(|h| h.expose() == holder.code))
            .count()
    };
    assert_eq!(held(&people::STRANGER), 0);
    assert!(
        people::NAMED
            .iter()
            .filter(|one| **one != people::STRANGER)
            .all(|one| held(one) > 0)
    );
}

#[test]
fn two_runs_hold_the_same() {
    let text = |holdings: Holdings| {
        let ids = holdings
            .certificates
            .iter()
            .map(|record| record.identifier.to_string());
        ids.collect::<Vec<_>>()
    };
    let (one, two) = (
        holdings_for("enterprise-registry").unwrap(),
        holdings_for("enterprise-registry").unwrap(),
    );
    for (left, right) in one.rows.iter().zip(&two.rows) {
        assert!(left.values == right.values);
    }
    assert_eq!(text(one), text(two));
}

#[test]
fn the_roster_names_seven_systems_or_more_and_no_others_are_held() {
    let roster = roster().unwrap();
    assert!(roster.len() >= 7);
    assert_eq!(roster[0].display_name, "婚姻登记管理系统");
    assert_eq!(
        roster[0].department.as_str(),
        "departments/11430500XY00001437"
    );
    assert!(matches!(
        holdings_for("yjs-platform"),
        Err(DataError::Unknown(_))
    ));
    assert!(matches!(holdings_for("nobody"), Err(DataError::Unknown(_))));
}
