//! Unified social credit code 统一社会信用代码, GB 32100-2015.

use std::fmt;

use super::check::{USCC_ALPHABET, mod_11, mod_31};
use super::error::{IdError, IdKind};
use super::region::RegionCode;
use super::region_table::{RegionStanding, RegionTable};
use super::scan::{self, Alphabet};
use super::uscc_kinds::{UsccClass, UsccKinds};
use crate::text;

pub(super) const LENGTH: usize = 18;

const ALPHABET: Alphabet = Alphabet {
    holds: is_uscc,
    name: "a digit or a capital letter other than I, O, S, V, Z",
};

/// A unified social credit code: the identity of every organisation.
///
/// 18 characters of `0-9A-Z` without I, O, S, V, Z: registering department, class, six digits of
/// region, nine of organisation code, and a MOD 31 check character. Lower case is accepted and
/// turned into upper case. The text alone decides; regions and departments are looked up by
/// [`Uscc::check_region`] and [`Uscc::warnings`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uscc(String);

/// What is odd about a code that is not refused for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsccWarning {
    /// The first character is not in the table of departments.
    UnknownDepartment(char),
    /// The second character is not a class of its department.
    UnknownClass(char),
    /// The embedded organisation code's own check fails, as in a few legacy codes: the character
    /// that its eight characters ask for.
    OrgCodeMismatch(char),
    /// The region is in no list, in a part of the country where ours is not complete.
    UnlistedRegion,
}

impl Uscc {
    /// Reads a code.
    ///
    /// # Errors
    /// [`Reason::Empty`](super::Reason::Empty), [`Reason::Length`](super::Reason::Length),
    /// [`Reason::Character`](super::Reason::Character) (also for a letter among the six region
    /// digits), [`Reason::CheckCharacter`](super::Reason::CheckCharacter) with the expected one.
    pub fn parse(typed: &str) -> Result<Self, IdError> {
        let cleaned = text::clean(typed).upper();
        Self::read(cleaned.as_str()).map_err(|error| error.shifted(cleaned.cut()))
    }

    /// Reads clean text; positions count from its start.
    pub(super) fn read(text: &str) -> Result<Self, IdError> {
        let kind = IdKind::Uscc;
        scan::not_empty(kind, text)?;
        scan::only(kind, text, 0, &ALPHABET)?;
        scan::exactly(kind, text, LENGTH)?;
        scan::only(kind, scan::slice(text, 2, 8), 2, &scan::DIGITS)?;
        scan::check_character(kind, text, LENGTH - 1, mod_31(text))?;
        Ok(Self(text.to_owned()))
    }

    /// The 18 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The region of the registering authority, characters 3–8.
    #[must_use]
    pub fn region(&self) -> RegionCode {
        RegionCode::of_checked(scan::slice(&self.0, 2, 8))
    }

    /// Says whether the region exists or existed.
    ///
    /// # Errors
    /// [`Reason::UnknownRegion`](super::Reason::UnknownRegion) where the table is complete and has no such region.
    pub fn check_region(&self, regions: &RegionTable) -> Result<RegionStanding, IdError> {
        regions
            .standing(&self.region())
            .map_err(|error| error.inside(IdKind::Uscc, "region", 2))
    }

    /// What is odd about the code without making it wrong.
    #[must_use]
    pub fn warnings(&self, kinds: &UsccKinds, regions: &RegionTable) -> Vec<UsccWarning> {
        let mut warnings = Vec::new();
        let mut characters = self.0.chars();
        if let (Some(department), Some(class)) = (characters.next(), characters.next()) {
            match kinds.class(department, class) {
                UsccClass::Named(..) | UsccClass::Observed => {}
                UsccClass::UnknownClass => warnings.push(UsccWarning::UnknownClass(class)),
                UsccClass::UnknownDepartment => {
                    warnings.push(UsccWarning::UnknownDepartment(department));
                }
            }
        }
        if self.check_region(regions) == Ok(RegionStanding::Unlisted) {
            warnings.push(UsccWarning::UnlistedRegion);
        }
        let org_check = mod_11(scan::slice(&self.0, 8, 16));
        if self.0.chars().nth(16) != Some(org_check) {
            warnings.push(UsccWarning::OrgCodeMismatch(org_check));
        }
        warnings
    }
}

super::printable!(Uscc);

// === impl UsccWarning ===

impl UsccWarning {
    /// The stable machine code, such as `ORG_CODE_MISMATCH`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::UnknownDepartment(_) => "UNKNOWN_DEPARTMENT",
            Self::UnknownClass(_) => "UNKNOWN_CLASS",
            Self::OrgCodeMismatch(_) => "ORG_CODE_MISMATCH",
            Self::UnlistedRegion => "UNLISTED_REGION",
        }
    }

    /// The place in the code, counted from 1.
    #[must_use]
    pub fn position(self) -> usize {
        match self {
            Self::UnknownDepartment(_) => 1,
            Self::UnknownClass(_) => 2,
            Self::UnlistedRegion => 3,
            Self::OrgCodeMismatch(_) => 17,
        }
    }

    /// The character that would be right, where there is one.
    #[must_use]
    pub fn expected(self) -> Option<char> {
        match self {
            Self::OrgCodeMismatch(expected) => Some(expected),
            Self::UnknownDepartment(_) | Self::UnknownClass(_) | Self::UnlistedRegion => None,
        }
    }
}

impl fmt::Display for UsccWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownDepartment(found) => {
                write!(f, "no registering department has the character {found:?}")
            }
            Self::UnknownClass(found) => {
                write!(f, "the registering department has no class {found:?}")
            }
            Self::OrgCodeMismatch(expected) => write!(
                f,
                "the embedded organisation code asks for the check character {expected}; a few \
                 old codes break this rule, most often it is a typing error"
            ),
            Self::UnlistedRegion => {
                f.write_str("the region is not in our list, which is not complete there")
            }
        }
    }
}

fn is_uscc(character: char) -> bool {
    USCC_ALPHABET.contains(character)
}

#[cfg(test)]
mod tests {
    use super::super::Reason;
    use super::*;
    use crate::reference::EMBEDDED;

    fn refused(typed: &str) -> (Reason, Option<usize>, Option<String>) {
        let error = Uscc::parse(typed).unwrap_err();
        (error.reason, error.position, error.expected)
    }

    fn warnings(typed: &str) -> Vec<UsccWarning> {
        let code = Uscc::parse(typed).unwrap();
        code.check_region(&EMBEDDED.regions).unwrap();
        code.warnings(&EMBEDDED.uscc_kinds, &EMBEDDED.regions)
    }

    #[test]
    fn accepts_synthetic_firms_and_bodies_without_a_warning() {
        let codes = "91430502XYXYXY016N 91430524XYXYXY024D 92430582XYXYXY0325 \
            93430581XYXYXY040E 52430500XYXYXY0598 12430529XYXYXY0678";
        for code in codes.split_whitespace() {
            assert_eq!(warnings(code), [], "{code}");
        }
    }

    #[test]
    fn accepts_the_synthetic_codes_of_the_23_departments_and_the_definers() {
        let codes = "11430500XY0000012B 11430500XY00000206 11430500XY00000393 \
            11430500XY0000047X 11430500XY0000055Q 11430500XY0000063K 11430500XY0000071E \
            11430500XY000008X6 11430500XY00000986 11430500XY0000100R 11430500XY0000119N \
            11430500XY0000127H 11430500XY0000135C 11430500XY00001437 11430500XY00001512 \
            11430500XY000016XR 11430500XY0000178R 11430500XY0000186L 11430500XY0000194F \
            11430500XY00002075 11430500XY00002150 11430500XY0000223T 11430500XY0000231M \
            11100000XY9000019E 11100000XY90000279 11100000XY90000354 11100000XY9000043Y \
            11100000XY9000051R 11100000XY900006XH 11100000XY9000078H 11100000XY9000086C \
            11100000XY90000947";
        for code in codes.split_whitespace() {
            assert_eq!(warnings(code), [], "{code}");
        }
    }

    #[test]
    fn names_the_expected_check_character() {
        assert_eq!(
            refused("91430502XYXYXY016P"),
            (Reason::CheckCharacter, Some(18), Some("N".to_owned()))
        );
    }

    #[test]
    fn refuses_the_letter_o_by_position() {
        let (reason, position, _) = refused("91430502XYXYXYO16N");
        assert_eq!((reason, position), (Reason::Character, Some(15)));
    }

    #[test]
    fn refuses_a_region_that_never_existed_though_the_check_is_right() {
        let code = Uscc::parse("91439999XYXYXY016B").unwrap();
        let error = code.check_region(&EMBEDDED.regions).unwrap_err();
        assert_eq!(
            (error.kind, error.reason, error.position),
            (IdKind::Uscc, Reason::UnknownRegion, Some(3))
        );
    }

    #[test]
    fn warns_of_an_embedded_organisation_code_that_does_not_check() {
        assert_eq!(
            warnings("91430502XYXYXY017R"),
            [UsccWarning::OrgCodeMismatch('6')]
        );
    }

    #[test]
    fn warns_of_an_unknown_department() {
        assert_eq!(
            warnings("B1430502XYXYXY016L"),
            [UsccWarning::UnknownDepartment('B')]
        );
    }

    #[test]
    fn refuses_17_and_19_characters() {
        let expected = Some("18 characters, not 17".to_owned());
        assert_eq!(
            refused("91430502XYXYXY016"),
            (Reason::Length, None, expected)
        );
        assert_eq!(refused("91430502XYXYXY016NN").1, Some(19));
        assert_eq!(refused(" \u{3000}"), (Reason::Empty, None, None));
    }

    #[test]
    fn turns_lower_case_and_full_width_into_the_one_form() {
        let code = Uscc::parse("91430502xyxyxy016n").unwrap();
        assert_eq!(code.as_str(), "91430502XYXYXY016N");
        assert_eq!(
            Uscc::parse("　９１４３０５０２ｘｙＸＹＸＹ０１６Ｎ ").unwrap(),
            code
        );
    }

    #[test]
    fn counts_positions_in_what_was_typed() {
        assert_eq!(refused("\u{3000} 91430502XYXYXY016P").1, Some(20));
        assert_eq!(refused("9143 0502XYXYXY016N").1, Some(5));
        assert_eq!(refused("91X30502XYXYXY016N").1, Some(3));
    }
}
