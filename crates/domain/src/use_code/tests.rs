//! Codes as people type them, and the uses that they open.

use proptest::prelude::*;

use super::*;
use crate::fault::FaultCause as _;
use crate::test_world::{
    CIVIL_AFFAIRS, FOOD_LICENCE, HOUSE_TRANSFER, NOON, at, department_name, grant, matter,
    system_name,
};

fn code(number: u128) -> PlainCode {
    PlainCode::new(number.to_be_bytes())
}

proptest! {
    #[test]
    fn what_is_shown_is_read_back_however_it_is_typed(number in any::<u128>(), lower in any::<bool>()) {
        let shown = code(number).expose();
        prop_assert_eq!(shown.len(), 29);
        let mut typed = format!("  {}\u{3000}", shown.replace('-', " - "));
        if lower {
            typed = typed.to_lowercase().replace('0', "o").replace('1', "i");
        }
        prop_assert!(PlainCode::parse(&typed) == Ok(code(number)));
    }

    #[test]
    fn every_slip_of_one_character_and_every_swap_is_noticed(number in any::<u128>()) {
        let shown: Vec<char> = code(number).expose().replace('-', "").chars().collect();
        for place in 0..shown.len() {
            for other in USCC_ALPHABET.chars().filter(|other| *other != shown[place]) {
                let mut slip = shown.clone();
                slip[place] = other;
                prop_assert!(PlainCode::parse(&String::from_iter(slip)).is_err());
            }
            let mut swapped = shown.clone();
            swapped.swap(place, (place + 1).min(shown.len() - 1));
            prop_assert!(swapped == shown || PlainCode::parse(&String::from_iter(swapped)).is_err());
        }
    }

    #[test]
    fn nothing_breaks_the_reader(typed in any::<String>()) {
        let _ = PlainCode::parse(&typed);
    }
}

#[test]
fn what_is_no_code_is_told_without_it() {
    let shown = code(7).expose();
    let most = "Y".repeat(27);
    for (typed, told) in [
        ("", "NOT_A_USE_CODE"),
        (&shown[1..], "NOT_A_USE_CODE"),
        (&format!("{shown}0"), "NOT_A_USE_CODE"),
        (&shown.replace('0', "Z"), "NOT_A_USE_CODE"),
        (&format!("{}Y", &shown[..28]), "CHECK_CHARACTER"),
        // In order, and yet more than 128 bits.
        (&most, "NOT_A_USE_CODE"),
        (&"0".repeat(10_000), "NOT_A_USE_CODE"),
    ] {
        let typed = if typed == most {
            with_check(&most[1..])
        } else {
            typed.to_owned()
        };
        let cause = PlainCode::parse(&typed).unwrap_err();
        assert_eq!(cause.code(), told, "{typed}");
        assert!(typed.is_empty() || !cause.to_string().contains(&typed));
    }
    assert_eq!(format!("{:?}", code(7)), "PlainCode(…)");
}

/// A body with the check character that fits.
fn with_check(body: &str) -> String {
    let fits = |check: &char| {
        let values: Vec<u128> = format!("{body}{check}")
            .chars()
            .filter_map(value_of)
            .collect();
        sum(&values).is_multiple_of(31)
    };
    let check = USCC_ALPHABET.chars().find(fits).unwrap();
    format!("{body}{check}")
}

const TYPE: &str = "certificateTypes/11100000XY9000051R001";

fn kept() -> KeptCode {
    let keys = PseudonymKey::new([1; 32]);
    KeptCode {
        code: UseCode {
            name: code(7).name(&keys).unwrap(),
            issuer: system_name("holder-portal"),
            grant: grant(1, "105001-000001").name,
            addressee: Addressee::System {
                system: system_name("yjs-platform"),
            },
            certificate_type: CertificateTypeName::parse(TYPE).unwrap(),
            matter: matter(HOUSE_TRANSFER),
            case: "case".to_owned(),
            sealed: String::new(),
            ends: at(NOON) + SignedDuration::from_mins(30),
        },
        taken: None,
    }
}

/// Whether a code opens a use that differs from the right one by one change.
fn opens(kept: &KeptCode, minutes: i64, change: impl FnOnce(&mut Redemption<'static>)) -> bool {
    let leak = |name: SystemName| &*Box::leak(Box::new(name));
    let department = Box::leak(Box::new(department_name(CIVIL_AFFAIRS)));
    let mut asked = Redemption {
        system: leak(system_name("yjs-platform")),
        department,
        certificate_type: Box::leak(Box::new(CertificateTypeName::parse(TYPE).unwrap())),
        matter: Box::leak(Box::new(matter(HOUSE_TRANSFER))),
        case: "case",
        by: "systems/yjs-platform 1",
    };
    change(&mut asked);
    kept.opens(&asked, at(NOON) + SignedDuration::from_mins(minutes))
}

#[test]
fn a_code_opens_the_use_that_it_is_for_and_no_other() {
    type Change = fn(&mut Redemption<'static>);
    let cases: [(&str, Change, bool); 5] = [
        ("the right use", |_| {}, true),
        (
            "another system",
            |asked| asked.system = Box::leak(Box::new(system_name("marriage-registry"))),
            false,
        ),
        (
            "another type",
            |asked| {
                let other = CertificateTypeName::parse("certificateTypes/11100000MB0143028R001");
                asked.certificate_type = Box::leak(Box::new(other.unwrap()));
            },
            false,
        ),
        (
            "another matter",
            |asked| asked.matter = Box::leak(Box::new(matter(FOOD_LICENCE))),
            false,
        ),
        ("another case", |asked| asked.case = "other", false),
    ];
    for (case, change, expected) in cases {
        assert_eq!(opens(&kept(), 0, change), expected, "{case}");
    }
}

#[test]
fn a_department_uses_it_with_any_of_its_systems() {
    let mut kept = kept();
    let department = department_name(CIVIL_AFFAIRS);
    kept.code.addressee = Addressee::Department { department };
    let other = |asked: &mut Redemption<'static>| {
        asked.system = Box::leak(Box::new(system_name("marriage-registry")));
    };
    assert!(opens(&kept, 0, other));
    let department = department_name("11430500XY0000055Q");
    kept.code.addressee = Addressee::Department { department };
    assert!(!opens(&kept, 0, other));
}

#[test]
fn it_ends_and_whoever_took_it_in_time_may_repeat_itself() {
    let mut kept = kept();
    for (minutes, open) in [(29, true), (30, false), (31, false)] {
        assert_eq!(opens(&kept, minutes, |_| {}), open, "{minutes}");
    }
    kept.taken = Some(Taken {
        by: "systems/yjs-platform 1".to_owned(),
        at: at(NOON),
    });
    for (minutes, open) in [(0, true), (31, true), (23 * 60 - 1, true), (23 * 60, false)] {
        assert_eq!(opens(&kept, minutes, |_| {}), open, "{minutes}");
    }
    let other = |asked: &mut Redemption<'static>| asked.by = "systems/yjs-platform 2";
    assert!(!opens(&kept, 1, other));
}
