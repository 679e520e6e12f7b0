//! Organisation code 组织机构代码, GB 11714.

use super::check::mod_11;
use super::error::{IdError, IdKind, Reason};
use super::scan::{self, Alphabet};
use crate::text;

const LENGTH: usize = 10;
const HYPHEN_AT: usize = 8;

const ALPHABET: Alphabet = Alphabet {
    holds: is_org_code,
    name: "a digit, a capital letter or the hyphen",
};
const CHECK: Alphabet = Alphabet {
    holds: is_check,
    name: "a digit or X",
};

/// An organisation code: eight characters, a hyphen and a MOD 11 check character.
///
/// Upper case only. The older identity of organisations; credit codes carry it inside.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrgCode(String);

impl OrgCode {
    /// Reads a code with its hyphen.
    ///
    /// # Errors
    /// [`Reason::Empty`], [`Reason::LowerCase`], [`Reason::Length`], [`Reason::Character`],
    /// [`Reason::CheckCharacter`] with the expected character.
    pub fn parse(typed: &str) -> Result<Self, IdError> {
        let cleaned = text::clean(typed);
        Self::read(cleaned.as_str()).map_err(|error| error.shifted(cleaned.cut()))
    }

    fn read(text: &str) -> Result<Self, IdError> {
        let kind = IdKind::OrgCode;
        scan::not_empty(kind, text)?;
        scan::only(kind, text, 0, &ALPHABET)?;
        if text.len() != LENGTH {
            return Err(IdError::new(kind, Reason::Length)
                .expected("8 characters, a hyphen and a check character, as in XYXYXY01-6"));
        }
        scan::only(kind, scan::slice(text, 0, HYPHEN_AT), 0, &scan::CAPITALS)?;
        if !scan::slice(text, HYPHEN_AT, LENGTH).starts_with('-') {
            return Err(IdError::new(kind, Reason::Character)
                .at(HYPHEN_AT)
                .expected("a hyphen"));
        }
        scan::only(
            kind,
            scan::slice(text, LENGTH - 1, LENGTH),
            LENGTH - 1,
            &CHECK,
        )?;
        scan::check_character(kind, text, LENGTH - 1, mod_11(text))?;
        Ok(Self(text.to_owned()))
    }

    /// The ten characters, hyphen included.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

super::printable!(OrgCode);

fn is_org_code(character: char) -> bool {
    (scan::CAPITALS.holds)(character) || character == '-'
}

fn is_check(character: char) -> bool {
    character.is_ascii_digit() || character == 'X'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(typed: &str) -> (Reason, Option<usize>, Option<String>) {
        let error = OrgCode::parse(typed).unwrap_err();
        (error.reason, error.position, error.expected)
    }

    #[test]
    fn accepts_synthetic_codes() {
        let codes = "XYXYXY01-6 XYXYXY02-4 XY000001-2 XY000002-0 XY000008-X XY000011-9";
        for code in codes.split_whitespace() {
            assert_eq!(OrgCode::parse(code).unwrap().as_str(), code);
        }
    }

    #[test]
    fn names_the_expected_check_character() {
        assert_eq!(
            refused("XYXYXY01-5"),
            (Reason::CheckCharacter, Some(10), Some("6".to_owned()))
        );
        assert_eq!(
            refused("XY000008-0"),
            (Reason::CheckCharacter, Some(10), Some("X".to_owned()))
        );
    }

    #[test]
    fn refuses_a_wrong_length_and_a_missing_hyphen() {
        assert_eq!(refused("XY00001-2").0, Reason::Length);
        assert_eq!(refused("XYXYXY016").0, Reason::Length);
        assert_eq!(refused("XYXYXY0116").1, Some(9));
        assert_eq!(refused("XYXY-Y01-6").1, Some(5));
    }

    #[test]
    fn refuses_lower_case() {
        assert_eq!(
            refused("xy000001-2"),
            (Reason::LowerCase, Some(1), Some("X".to_owned()))
        );
    }

    #[test]
    fn reads_a_full_width_hyphen() {
        assert_eq!(
            OrgCode::parse("ＸＹＸＹＸＹ０１－６").unwrap().as_str(),
            "XYXYXY01-6"
        );
    }
}
