//! Certificate type code 证照类型代码, GB/T 36904.

use super::error::{IdError, IdKind};
use super::region_table::{RegionStanding, RegionTable};
use super::scan;
use super::uscc::{self, Uscc};
use crate::text;

pub(super) const LENGTH: usize = 21;
const KIND: IdKind = IdKind::CertificateTypeCode;

/// A certificate type code: the credit code of the authority that defines the type, and three
/// digits. 21 characters; lower case is turned into upper case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CertificateTypeCode {
    text: String,
    definer: Uscc,
}

impl CertificateTypeCode {
    /// Reads a code.
    ///
    /// # Errors
    /// [`Reason::Empty`](super::Reason::Empty), [`Reason::Length`](super::Reason::Length),
    /// [`Reason::Character`](super::Reason::Character), and what the definer's credit code is
    /// refused for.
    pub fn parse(typed: &str) -> Result<Self, IdError> {
        let cleaned = text::clean(typed).upper();
        Self::read(cleaned.as_str()).map_err(|error| error.shifted(cleaned.cut()))
    }

    pub(super) fn read(text: &str) -> Result<Self, IdError> {
        scan::not_empty(KIND, text)?;
        scan::only(KIND, text, 0, &scan::CAPITALS)?;
        scan::exactly(KIND, text, LENGTH)?;
        let definer = Uscc::read(scan::slice(text, 0, uscc::LENGTH))
            .map_err(|error| error.inside(KIND, "definer", 0))?;
        scan::only(
            KIND,
            scan::slice(text, uscc::LENGTH, LENGTH),
            uscc::LENGTH,
            &scan::DIGITS,
        )?;
        Ok(Self {
            text: text.to_owned(),
            definer,
        })
    }

    /// The 21 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The authority that defines the type.
    #[must_use]
    pub fn definer(&self) -> &Uscc {
        &self.definer
    }

    /// Says whether the definer's region exists or existed.
    ///
    /// # Errors
    /// [`Reason::UnknownRegion`](super::Reason::UnknownRegion), as [`Uscc::check_region`].
    pub fn check_region(&self, regions: &RegionTable) -> Result<RegionStanding, IdError> {
        let standing = self.definer.check_region(regions);
        standing.map_err(|error| error.inside(KIND, "definer's region", 0))
    }
}

super::printable!(CertificateTypeCode);

#[cfg(test)]
mod tests {
    use super::super::Reason;
    use super::*;

    fn refused(typed: &str) -> (Reason, Option<usize>) {
        let error = CertificateTypeCode::parse(typed).unwrap_err();
        (error.reason, error.position)
    }

    #[test]
    fn accepts_the_national_codes_that_are_known() {
        let codes = "11100000000013127D001 11100000MB03271699001 11100000MB03271699022 \
            11100000MB0143028R001 11100000000013338W011";
        for code in codes.split_whitespace() {
            let code = CertificateTypeCode::parse(code).unwrap();
            assert_eq!(code.definer().as_str(), &code.as_str()[..18]);
        }
    }

    #[test]
    fn refuses_a_transposition_in_the_definer() {
        assert_eq!(
            refused("1110000000001333W8011"),
            (Reason::CheckCharacter, Some(18))
        );
        // Met in documentation, taken for a slip of the line above; its check is right.
        assert!(CertificateTypeCode::parse("1110000000001332XW059").is_ok());
    }

    #[test]
    fn refuses_a_wrong_length_and_a_letter_among_the_digits() {
        assert_eq!(refused("11100000MB0143028R01"), (Reason::Length, None));
        assert_eq!(
            refused("11100000MB0143028R0A1"),
            (Reason::Character, Some(20))
        );
        assert_eq!(
            refused("11100000MB0143028X001"),
            (Reason::CheckCharacter, Some(18))
        );
    }
}
