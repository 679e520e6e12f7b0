//! Electronic certificate identifier 电子证照标识, GB/T 36904.

use super::certificate_type::{self, CertificateTypeCode};
use super::check::mod_37_36;
use super::error::{IdError, IdKind, Reason};
use super::region_table::RegionTable;
use super::scan::{self, Alphabet};
use super::uscc::{self, Uscc};
use crate::text;

const ROOT: &str = "1.2.156.3005.2.";
const KIND: IdKind = IdKind::CertificateId;

/// Serials of 32 characters are in use; the standard's own limit is not known (assumed).
const LONGEST_SERIAL: usize = 64;

const ALPHABET: Alphabet = Alphabet {
    holds: is_certificate,
    name: "a digit, a capital letter or a dot",
};

/// The identifier of one issue of one electronic certificate.
///
/// `1.2.156.3005.2.TYPE.ISSUER.SERIAL.VERSION.CHECK`: the object identifier, a
/// [`CertificateTypeCode`], the issuer's [`Uscc`], a serial of `0-9A-Z` (1–64), three digits of
/// version from 001, and a check character by ISO 7064 MOD 37,36 over the four parts, without dots
/// and without the object identifier. Upper case only. The version is part of the check, so a
/// re-issue has another check character.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CertificateId {
    text: String,
    type_code: CertificateTypeCode,
    issuer: Uscc,
    serial: String,
    version: u16,
    check: char,
}

impl CertificateId {
    /// Reads an identifier in its full dotted form.
    ///
    /// # Errors
    /// [`Reason::Empty`], [`Reason::LowerCase`], [`Reason::Character`], [`Reason::OidRoot`],
    /// [`Reason::SegmentCount`], [`Reason::Length`] of a part, [`Reason::Version`],
    /// [`Reason::CheckCharacter`] of a part or of the whole. The faulty part is named.
    pub fn parse(typed: &str) -> Result<Self, IdError> {
        let cleaned = text::clean(typed);
        Self::read(cleaned.as_str()).map_err(|error| error.shifted(cleaned.cut()))
    }

    /// Puts an identifier together, with its check character: for those who issue.
    ///
    /// # Errors
    /// As [`CertificateId::parse`] for the serial; [`Reason::Version`] outside 1–999.
    pub fn compose(
        type_code: &CertificateTypeCode,
        issuer: &Uscc,
        serial: &str,
        version: u16,
    ) -> Result<Self, IdError> {
        let check = check_of(
            type_code.as_str(),
            issuer.as_str(),
            serial,
            &version_text(version),
        );
        Self::read(&format!(
            "{ROOT}{type_code}.{issuer}.{serial}.{version:03}.{check}"
        ))
    }

    fn read(text: &str) -> Result<Self, IdError> {
        scan::not_empty(KIND, text)?;
        scan::only(KIND, text, 0, &ALPHABET)?;
        let Some(rest) = text.strip_prefix(ROOT) else {
            let expected = ROOT.trim_end_matches('.');
            return Err(IdError::new(KIND, Reason::OidRoot)
                .at(differs_at(text))
                .expected(expected));
        };
        let parts: Vec<&str> = rest.split('.').collect();
        let [type_text, issuer_text, serial, version_text, check_text] = parts.as_slice() else {
            let expected = "type, issuer, serial, version and check after 1.2.156.3005.2";
            return Err(IdError::new(KIND, Reason::SegmentCount).expected(expected));
        };
        let issuer_at = ROOT.len() + type_text.len() + 1;
        let serial_at = issuer_at + issuer_text.len() + 1;
        let version_at = serial_at + serial.len() + 1;
        let check_at = version_at + version_text.len() + 1;
        let type_code = read_type(type_text)?;
        let issuer = read_issuer(issuer_text, issuer_at)?;
        check_serial(serial, serial_at)?;
        let version = read_version(version_text, version_at)?;
        let computed = check_of(type_text, issuer_text, serial, version_text);
        let check = read_check(check_text, check_at, computed)?;
        let (text, serial) = (text.to_owned(), (*serial).to_owned());
        Ok(Self {
            text,
            type_code,
            issuer,
            serial,
            version,
            check,
        })
    }

    /// The whole identifier.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The type of certificate.
    #[must_use]
    pub fn type_code(&self) -> &CertificateTypeCode {
        &self.type_code
    }

    /// The authority that issued it.
    #[must_use]
    pub fn issuer(&self) -> &Uscc {
        &self.issuer
    }

    /// The issuer's serial: 1–64 digits and capital letters.
    #[must_use]
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// The version, 1–999: one more with each re-issue.
    #[must_use]
    pub fn version(&self) -> u16 {
        self.version
    }

    /// The check character.
    #[must_use]
    pub fn check(&self) -> char {
        self.check
    }

    /// Checks that the regions of definer and issuer exist or existed.
    ///
    /// # Errors
    /// [`Reason::UnknownRegion`], as [`Uscc::check_region`]; the faulty part is named.
    pub fn check_regions(&self, regions: &RegionTable) -> Result<(), IdError> {
        let type_at = ROOT.len();
        let issuer_at = type_at + certificate_type::LENGTH + 1;
        let definer = self.type_code.check_region(regions);
        definer.map_err(|error| error.inside(KIND, "definer's region", type_at))?;
        let issuer = self.issuer.check_region(regions);
        issuer.map_err(|error| error.inside(KIND, "issuer's region", issuer_at))?;
        Ok(())
    }
}

super::printable!(CertificateId);

fn read_type(text: &str) -> Result<CertificateTypeCode, IdError> {
    // The length first: a type code cut short would otherwise look like a wrong check character.
    scan::exactly(KIND, text, certificate_type::LENGTH)
        .and_then(|()| CertificateTypeCode::read(text))
        .map_err(|error| error.inside(KIND, "type code", ROOT.len()))
}

fn read_issuer(text: &str, start: usize) -> Result<Uscc, IdError> {
    scan::exactly(KIND, text, uscc::LENGTH)
        .and_then(|()| Uscc::read(text))
        .map_err(|error| error.inside(KIND, "issuer", start))
}

fn check_serial(serial: &str, start: usize) -> Result<(), IdError> {
    if (1..=LONGEST_SERIAL).contains(&serial.len()) {
        return Ok(());
    }
    let expected = format!("1 to {LONGEST_SERIAL} characters, not {}", serial.len());
    Err(IdError::new(KIND, Reason::Length)
        .part("serial")
        .at(start)
        .expected(expected))
}

fn read_version(text: &str, start: usize) -> Result<u16, IdError> {
    let digits = text.len() == 3 && text.chars().all(|c| c.is_ascii_digit());
    match text.parse() {
        Ok(version) if digits && version > 0 => Ok(version),
        _ => Err(IdError::new(KIND, Reason::Version)
            .part("version")
            .at(start)
            .expected("three digits, 001 upward")),
    }
}

fn read_check(text: &str, start: usize, computed: char) -> Result<char, IdError> {
    scan::exactly(KIND, text, 1)
        .and_then(|()| scan::check_character(KIND, text, 0, computed))
        .map_err(|error| error.inside(KIND, "check", start))?;
    Ok(computed)
}

fn check_of(type_code: &str, issuer: &str, serial: &str, version: &str) -> char {
    mod_37_36(
        [type_code, issuer, serial, version]
            .into_iter()
            .flat_map(str::chars),
    )
}

fn version_text(version: u16) -> String {
    format!("{version:03}")
}

/// The index of the first character that is not the object identifier's; of one that breaks off, its
/// last.
fn differs_at(text: &str) -> usize {
    let same = text
        .chars()
        .zip(ROOT.chars())
        .take_while(|(found, wanted)| found == wanted)
        .count();
    same.min(text.chars().count().saturating_sub(1))
}

fn is_certificate(character: char) -> bool {
    (scan::CAPITALS.holds)(character) || character == '.'
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::EMBEDDED;

    const LICENCE: &str =
        "1.2.156.3005.2.11100000MB0143028R001.11430500XY0000055Q.20220000001.001.L";

    fn refused(typed: &str) -> (Reason, Option<&'static str>, Option<String>) {
        let error = CertificateId::parse(typed).unwrap_err();
        (error.reason, error.part, error.expected)
    }

    fn after_root(rest: &str) -> String {
        format!("{ROOT}{rest}")
    }

    #[test]
    fn accepts_a_business_licence_and_gives_its_parts() {
        let id = CertificateId::parse(LICENCE).unwrap();
        assert_eq!(id.type_code().as_str(), "11100000MB0143028R001");
        assert_eq!(id.issuer().as_str(), "11430500XY0000055Q");
        assert_eq!(
            (id.serial(), id.version(), id.check()),
            ("20220000001", 1, 'L')
        );
    }

    #[test]
    fn accepts_a_real_estate_certificate() {
        let id = "11100000MB03271699001.11430500XY0000100R.0000000019.001.2";
        assert!(CertificateId::parse(&after_root(id)).is_ok());
    }

    #[test]
    fn accepts_a_second_version() {
        let id = "11100000MB03271699022.11430500XY0000100R.0000000017.002.5";
        assert_eq!(CertificateId::parse(&after_root(id)).unwrap().version(), 2);
    }

    #[test]
    fn accepts_a_serial_of_20_characters() {
        let id = "11100000000013127D001.11430500XY0000135C.20220000000000000001.001.U";
        assert!(CertificateId::parse(&after_root(id)).is_ok());
    }

    #[test]
    fn accepts_a_synthetic_definer() {
        let id = "11100000XY9000019E001.11430500XY0000186L.43050020220001.001.1";
        assert!(CertificateId::parse(&after_root(id)).is_ok());
    }

    #[test]
    fn accepts_letters_in_the_serial() {
        let id = "11100000XY9000051R001.11430500XY00001437.J4305002022000001.001.U";
        assert!(CertificateId::parse(&after_root(id)).is_ok());
    }

    #[test]
    fn names_the_expected_check_character_and_its_position() {
        let id = "11100000MB0143028R001.11430500XY0000055Q.20220000001.001.A";
        let error = CertificateId::parse(&after_root(id)).unwrap_err();
        assert_eq!(error.reason, Reason::CheckCharacter);
        assert_eq!(error.expected.as_deref(), Some("L"));
        assert_eq!(error.position, Some(LICENCE.len()));
    }

    #[test]
    fn refuses_a_transposed_serial() {
        let id = "11100000MB0143028R001.11430500XY0000055Q.20220000010.001.L";
        let expected = Some("5".to_owned());
        assert_eq!(
            refused(&after_root(id)),
            (Reason::CheckCharacter, Some("check"), expected)
        );
    }

    #[test]
    fn refuses_a_version_of_one_digit_though_the_check_is_right() {
        let id = "11100000MB0143028R001.11430500XY0000055Q.20220000001.1.D";
        assert_eq!(refused(&after_root(id)).0, Reason::Version);
    }

    #[test]
    fn refuses_a_type_code_of_20_characters_though_the_check_is_right() {
        let id = "11100000MB0143028R01.11430500XY0000055Q.20220000001.001.B";
        let (reason, part, _) = refused(&after_root(id));
        assert_eq!((reason, part), (Reason::Length, Some("type code")));
    }

    #[test]
    fn refuses_a_wrong_definer_though_the_outer_check_is_right() {
        let id = "11100000MB0143028X001.11430500XY0000055Q.20220000001.001.1";
        let expected = Some("R".to_owned());
        let error = CertificateId::parse(&after_root(id)).unwrap_err();
        assert_eq!(error.position, Some(ROOT.len() + 18));
        assert_eq!(
            refused(&after_root(id)),
            (Reason::CheckCharacter, Some("type code"), expected)
        );
    }

    #[test]
    fn refuses_another_object_identifier() {
        let id = LICENCE.replace("3005.2", "3005.1");
        let error = CertificateId::parse(&id).unwrap_err();
        assert_eq!((error.reason, error.position), (Reason::OidRoot, Some(14)));
    }

    #[test]
    fn the_position_of_one_that_breaks_off_lies_within_it() {
        for (id, position) in [("1", 1), ("1.2.156", 7), ("2", 1)] {
            let error = CertificateId::parse(id).unwrap_err();
            let expected = (Reason::OidRoot, Some(position));
            assert_eq!((error.reason, error.position), expected, "{id}");
        }
    }

    #[test]
    fn refuses_a_missing_segment() {
        let id = "11100000MB0143028R001.11430500XY0000055Q.20220000001.L";
        assert_eq!(refused(&after_root(id)).0, Reason::SegmentCount);
    }

    #[test]
    fn refuses_what_is_met_in_the_wild() {
        assert_eq!(refused(&format!("{LICENCE}.OFD")).0, Reason::SegmentCount);
        assert_eq!(refused(&LICENCE.to_lowercase()).0, Reason::LowerCase);
        let region_as_issuer = LICENCE.replace("11430500XY0000055Q", "430500");
        let (reason, part, _) = refused(&region_as_issuer);
        assert_eq!((reason, part), (Reason::Length, Some("issuer")));
        assert_eq!(
            refused(&LICENCE.replace("20220000001", "2022_1")).0,
            Reason::Character
        );
    }

    #[test]
    fn refuses_version_000_and_an_empty_or_endless_serial() {
        assert_eq!(
            refused(&LICENCE.replace(".001.L", ".000.L")).0,
            Reason::Version
        );
        assert_eq!(
            refused(&LICENCE.replace("20220000001", "")).1,
            Some("serial")
        );
        let endless = LICENCE.replace("20220000001", &"1".repeat(LONGEST_SERIAL + 1));
        assert_eq!(refused(&endless).1, Some("serial"));
    }

    #[test]
    fn refuses_an_issuer_in_a_region_that_never_existed() {
        let licence = CertificateId::parse(LICENCE).unwrap();
        licence.check_regions(&EMBEDDED.regions).unwrap();
        let issuer = Uscc::parse("91439999XYXYXY016B").unwrap();
        let id = CertificateId::compose(licence.type_code(), &issuer, "1", 1).unwrap();
        let error = id.check_regions(&EMBEDDED.regions).unwrap_err();
        assert_eq!(
            (error.reason, error.part),
            (Reason::UnknownRegion, Some("issuer's region"))
        );
        let position = error.position.unwrap();
        assert_eq!(&id.as_str()[position - 1..position + 5], "439999");
    }

    #[test]
    fn composes_what_it_reads() {
        let id = CertificateId::parse(LICENCE).unwrap();
        let again = CertificateId::compose(id.type_code(), id.issuer(), id.serial(), 1).unwrap();
        assert_eq!(again, id);
        let second = CertificateId::compose(id.type_code(), id.issuer(), id.serial(), 2).unwrap();
        assert_ne!(second.check(), id.check());
        let refused = CertificateId::compose(id.type_code(), id.issuer(), "a", 1000);
        assert!(refused.is_err());
    }
}
