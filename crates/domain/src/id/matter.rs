//! Matter code 政务服务事项实施编码, GB/T 39554.1-2020.

use super::error::{IdError, IdKind};
use super::region_table::{RegionStanding, RegionTable};
use super::scan;
use super::uscc::{self, Uscc};
use crate::text;

const LENGTH: usize = 31;
const KIND: IdKind = IdKind::MatterCode;

/// The code of a service matter as one body implements it: its credit code and 13 digits.
///
/// 31 characters; lower case is turned into upper case. The purpose of a call is such a code.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MatterCode {
    text: String,
    body: Uscc,
}

impl MatterCode {
    /// Reads a code.
    ///
    /// # Errors
    /// [`Reason::Empty`](super::Reason::Empty), [`Reason::Length`](super::Reason::Length),
    /// [`Reason::Character`](super::Reason::Character), and what the implementing body's credit
    /// code is refused for.
    pub fn parse(typed: &str) -> Result<Self, IdError> {
        let cleaned = text::clean(typed).upper();
        Self::read(cleaned.as_str()).map_err(|error| error.shifted(cleaned.cut()))
    }

    fn read(text: &str) -> Result<Self, IdError> {
        scan::not_empty(KIND, text)?;
        scan::only(KIND, text, 0, &scan::CAPITALS)?;
        scan::exactly(KIND, text, LENGTH)?;
        let body = Uscc::read(scan::slice(text, 0, uscc::LENGTH))
            .map_err(|error| error.inside(KIND, "implementing body", 0))?;
        scan::only(
            KIND,
            scan::slice(text, uscc::LENGTH, LENGTH),
            uscc::LENGTH,
            &scan::DIGITS,
        )?;
        Ok(Self {
            text: text.to_owned(),
            body,
        })
    }

    /// The 31 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The body that implements the matter.
    #[must_use]
    pub fn body(&self) -> &Uscc {
        &self.body
    }

    /// Says whether the implementing body's region exists or existed.
    ///
    /// # Errors
    /// [`Reason::UnknownRegion`](super::Reason::UnknownRegion), as [`Uscc::check_region`].
    pub fn check_region(&self, regions: &RegionTable) -> Result<RegionStanding, IdError> {
        let standing = self.body.check_region(regions);
        standing.map_err(|error| error.inside(KIND, "implementing body's region", 0))
    }
}

super::printable!(MatterCode);

#[cfg(test)]
mod tests {
    use super::super::Reason;
    use super::*;

    fn refused(typed: &str) -> (Reason, Option<usize>) {
        let error = MatterCode::parse(typed).unwrap_err();
        (error.reason, error.position)
    }

    #[test]
    fn accepts_a_credit_code_and_13_digits() {
        let code = MatterCode::parse("11430500XY0000012B0000112000001").unwrap();
        assert_eq!(code.body().as_str(), "11430500XY0000012B");
        assert!(MatterCode::parse("11100000MB032716990000000000001").is_ok());
    }

    #[test]
    fn refuses_other_shapes() {
        assert_eq!(refused("11430500XY0000012B"), (Reason::Length, None));
        assert_eq!(
            refused("11430500XY0000012B00001120000011"),
            (Reason::Length, Some(32))
        );
        assert_eq!(
            refused("11430500XY0000012C0000112000001"),
            (Reason::CheckCharacter, Some(18))
        );
        assert_eq!(
            refused("11430500XY0000012B000011200000X"),
            (Reason::Character, Some(31))
        );
    }
}
