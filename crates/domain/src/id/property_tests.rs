//! What must hold for every identifier, on generated ones.
//!
//! Which errors the check characters can and cannot catch is proved in `check`; here the same is
//! seen from outside, through `parse`.

use proptest::prelude::*;

use super::check::{USCC_ALPHABET, mod_11, mod_11_2, mod_31, mod_37_36};
use super::*;
use crate::reference::EMBEDDED;

const BASE_36: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

fn uscc() -> impl Strategy<Value = String> {
    "[0-9A-HJ-NP-RTUWXY]{2}[0-9]{6}[0-9A-HJ-NP-RTUWXY]{9}"
        .prop_map(|body| format!("{body}{}", mod_31(&body)))
}

fn org_code() -> impl Strategy<Value = String> {
    "[0-9A-Z]{8}".prop_map(|body| format!("{body}-{}", mod_11(&body)))
}

fn citizen() -> impl Strategy<Value = String> {
    let date = (1850..2022_u16, 1..=12_u8, 1..=28_u8);
    ("[1-8][0-9]{5}", date, "[0-9]{3}").prop_map(|(region, (year, month, day), sequence)| {
        let body = format!("{region}{year}{month:02}{day:02}{sequence}");
        format!("{body}{}", mod_11_2(&body))
    })
}

fn certificate() -> impl Strategy<Value = String> {
    (uscc(), "[0-9]{3}", uscc(), "[0-9A-Z]{1,32}", 1..1000_u16).prop_map(
        |(definer, kind, issuer, serial, version)| {
            let body = format!("{definer}{kind}{issuer}{serial}{version:03}");
            let check = mod_37_36(body.chars());
            format!("1.2.156.3005.2.{definer}{kind}.{issuer}.{serial}.{version:03}.{check}")
        },
    )
}

/// The text with another character at one place.
fn substitute(text: &str, at: usize, character: char) -> String {
    text.chars()
        .enumerate()
        .map(|(i, c)| if i == at { character } else { c })
        .collect()
}

/// The text with one place and the next exchanged.
fn swap(text: &str, at: usize) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    characters.swap(at, at + 1);
    characters.into_iter().collect()
}

/// Every text that differs from this one by one substitution or one swap of neighbours.
fn slips(text: &str, alphabet: &str) -> Vec<String> {
    let length = text.chars().count();
    let substituted = (0..length)
        .flat_map(|at| alphabet.chars().map(move |c| (at, c)))
        .map(|(at, c)| substitute(text, at, c));
    let swapped = (0..length - 1).map(|at| swap(text, at));
    substituted
        .chain(swapped)
        .filter(|slip| slip != text)
        .collect()
}

fn value(character: char) -> u32 {
    character.to_digit(36).unwrap()
}

proptest! {
    // Each case tries every slip of one identifier: few cases are many trials.
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_credit_code_catches_every_substitution_and_swap(code in uscc()) {
        prop_assert_eq!(Uscc::parse(&code).unwrap().to_string(), code.clone());
        for slip in slips(&code, USCC_ALPHABET) {
            prop_assert!(Uscc::parse(&slip).is_err(), "{} for {}", slip, code);
        }
    }

    #[test]
    fn a_citizen_number_catches_every_substitution_and_swap(number in citizen()) {
        let parsed = CitizenId::parse_text(&number).unwrap();
        prop_assert_eq!(parsed.expose(), number.as_str());
        for slip in slips(&number, "0123456789X") {
            prop_assert!(CitizenId::parse_text(&slip).is_err(), "{} for {}", slip, number);
        }
    }

    #[test]
    fn an_organisation_code_catches_what_differs_modulo_11(code in org_code()) {
        prop_assert_eq!(OrgCode::parse(&code).unwrap().to_string(), code.clone());
        let characters: Vec<char> = code.chars().collect();
        for (at, other) in (0..8).flat_map(|at| BASE_36.chars().map(move |c| (at, c))) {
            let alike = value(other) % 11 == value(characters[at]) % 11;
            let accepted = OrgCode::parse(&substitute(&code, at, other)).is_ok();
            prop_assert_eq!(accepted, alike, "{} at {} for {}", other, at, code);
        }
        for at in 0..7 {
            let alike = value(characters[at]) % 11 == value(characters[at + 1]) % 11;
            prop_assert_eq!(OrgCode::parse(&swap(&code, at)).is_ok(), alike, "{} in {}", at, code);
        }
    }

    #[test]
    fn a_certificate_identifier_catches_every_substitution(id in certificate()) {
        prop_assert_eq!(CertificateId::parse(&id).unwrap().to_string(), id.clone());
        for (at, other) in (0..id.len()).flat_map(|at| BASE_36.chars().map(move |c| (at, c))) {
            let slip = substitute(&id, at, other);
            prop_assert!(slip == id || CertificateId::parse(&slip).is_err(), "{}", slip);
        }
    }

    #[test]
    fn a_certificate_identifier_misses_a_swap_only_of_neighbouring_values(id in certificate()) {
        let characters: Vec<char> = id.chars().collect();
        for at in 0..id.len() - 1 {
            let pair = (characters[at], characters[at + 1]);
            let slip = swap(&id, at);
            if slip == id || CertificateId::parse(&slip).is_err() {
                continue;
            }
            prop_assert!(pair.0 != '.' && pair.1 != '.', "{}", slip);
            let distance = (36 + value(pair.0) - value(pair.1)) % 36;
            prop_assert!(distance == 1 || distance == 35, "{:?} in {}", pair, id);
        }
    }

}

proptest! {
    #[test]
    fn catalogue_and_matter_codes_print_what_they_read(
        classification in "[1-3][0-9]{5,12}", sequence in "[0-9]{1,12}",
        body in uscc(), number in "[0-9]{13}",
    ) {
        let catalogue = format!("{classification}/{sequence}");
        prop_assert_eq!(CatalogueCode::parse(&catalogue).unwrap().to_string(), catalogue);
        let matter = format!("{body}{number}");
        prop_assert_eq!(MatterCode::parse(&matter).unwrap().to_string(), matter);
    }

    #[test]
    fn surrounding_spaces_and_width_change_nothing(code in uscc(), before in "[ \u{3000}\t]{0,3}") {
        let wide: String = code.chars().map(|c| char::from_u32(c as u32 + 0xFEE0).unwrap()).collect();
        prop_assert_eq!(Uscc::parse(&format!("{before}{wide} ")).unwrap().to_string(), code);
    }

    #[test]
    fn nothing_panics_and_positions_lie_in_the_text(
        typed in prop_oneof![any::<String>(), "[0-9A-Za-z./ -]{0,80}", "[0-9X]{15,19}"],
    ) {
        let errors = [
            Uscc::parse(&typed).err(),
            CitizenId::parse_text(&typed).err(),
            OrgCode::parse(&typed).err(),
            RegionCode::parse(&typed).err(),
            CertificateId::parse(&typed).err(),
            CertificateTypeCode::parse(&typed).err(),
            CatalogueCode::parse(&typed).err(),
            MatterCode::parse(&typed).err(),
        ];
        for error in errors.into_iter().flatten() {
            let length = typed.chars().count();
            prop_assert!(error.position.is_none_or(|at| (1..=length).contains(&at)), "{error}");
        }
    }

    #[test]
    fn no_error_repeats_a_citizen_number(number in "[0-9]{17}[0-9X]") {
        let regions = &EMBEDDED.regions;
        let today = jiff::civil::date(2022, 5, 12);
        if let Err(error) = CitizenId::parse(&number, regions, today) {
            let told = format!("{error} {error:?}");
            for at in 0..=number.len() - 4 {
                prop_assert!(!told.contains(&number[at..at + 4]), "{}", told);
            }
        }
    }
}
