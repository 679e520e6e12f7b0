//! Region code 行政区划代码, GB/T 2260.

use super::error::{IdError, IdKind};
use super::scan;
use crate::text;

const LENGTH: usize = 6;

/// A region code: six digits, two each for province, prefecture and county.
///
/// The shape alone does not say that the region exists or existed: ask a
/// [`RegionTable`](super::RegionTable).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegionCode(String);

impl RegionCode {
    /// Reads six digits.
    ///
    /// # Errors
    /// [`Reason::Empty`](super::Reason::Empty), [`Reason::Character`](super::Reason::Character)
    /// for anything but a digit, [`Reason::Length`](super::Reason::Length).
    pub fn parse(typed: &str) -> Result<Self, IdError> {
        let cleaned = text::clean(typed);
        Self::read(cleaned.as_str()).map_err(|error| error.shifted(cleaned.cut()))
    }

    fn read(text: &str) -> Result<Self, IdError> {
        scan::not_empty(IdKind::Region, text)?;
        scan::only(IdKind::Region, text, 0, &scan::DIGITS)?;
        scan::exactly(IdKind::Region, text, LENGTH)?;
        Ok(Self(text.to_owned()))
    }

    /// The region digits of another identifier, which has already read them as six digits.
    pub(super) fn of_checked(digits: &str) -> Self {
        Self(digits.to_owned())
    }

    /// The six digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this region is `other` or lies in it: 430502 is within 430500 and 430000.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        let mut prefix = other.as_str();
        while let Some(shorter) = prefix.strip_suffix("00") {
            prefix = shorter;
        }
        self.0.starts_with(prefix)
    }
}

super::printable!(RegionCode);

#[cfg(test)]
mod tests {
    use super::super::Reason;
    use super::*;

    #[test]
    fn reads_six_digits_in_any_width() {
        assert_eq!(
            RegionCode::parse(" ４３０５８２ ").unwrap().as_str(),
            "430582"
        );
    }

    #[test]
    fn refuses_other_lengths_and_characters_by_position() {
        let refused = |typed| {
            let error = RegionCode::parse(typed).unwrap_err();
            (error.reason, error.position)
        };
        assert_eq!(refused(""), (Reason::Empty, None));
        assert_eq!(refused("43058"), (Reason::Length, None));
        assert_eq!(refused("4305822"), (Reason::Length, Some(7)));
        assert_eq!(refused("  43O582"), (Reason::Character, Some(5)));
    }

    #[test]
    fn knows_what_lies_within_what() {
        let region = |code| RegionCode::parse(code).unwrap();
        assert!(region("430502").is_within(&region("430500")));
        assert!(region("430502").is_within(&region("430000")));
        assert!(region("430502").is_within(&region("430502")));
        assert!(!region("430602").is_within(&region("430500")));
        assert!(!region("430500").is_within(&region("430502")));
    }
}
