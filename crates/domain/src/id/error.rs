//! Why a text is not the identifier it should be.

use std::fmt;

/// The identifiers this gateway reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdKind {
    /// Unified social credit code 统一社会信用代码.
    Uscc,
    /// Citizen identification number 公民身份号码.
    CitizenId,
    /// Organisation code 组织机构代码.
    OrgCode,
    /// Region code 行政区划代码.
    Region,
    /// Electronic certificate identifier 电子证照标识.
    CertificateId,
    /// Certificate type code 证照类型代码.
    CertificateTypeCode,
    /// Catalogue code 信息资源代码.
    CatalogueCode,
    /// Service matter code 政务服务事项实施编码.
    MatterCode,
}

impl IdKind {
    /// The name of the identifier in messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Uscc => "unified social credit code",
            Self::CitizenId => "citizen identification number",
            Self::OrgCode => "organisation code",
            Self::Region => "region code",
            Self::CertificateId => "certificate identifier",
            Self::CertificateTypeCode => "certificate type code",
            Self::CatalogueCode => "catalogue code",
            Self::MatterCode => "matter code",
        }
    }
}

/// What is wrong with the text. Closed: programs branch on it through [`Reason::code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Nothing but spaces.
    Empty,
    /// Too short or too long.
    Length,
    /// A character that cannot stand at this place.
    Character,
    /// A lower-case letter in an identifier that is upper case only.
    LowerCase,
    /// The check character does not belong to the rest.
    CheckCharacter,
    /// A region that never existed.
    UnknownRegion,
    /// A birth date that is on no calendar.
    ImpossibleDate,
    /// A birth date that lies ahead.
    FutureDate,
    /// The 15-digit citizen number, which only archive imports may carry.
    ArchiveForm,
    /// A certificate identifier that starts with another object identifier.
    OidRoot,
    /// A certificate identifier with a part too many or too few.
    SegmentCount,
    /// A certificate version that is not three digits, 001 upward.
    Version,
}

impl Reason {
    /// The stable machine code: what programs, error documents and translations are keyed by.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "EMPTY",
            Self::Length => "LENGTH",
            Self::Character => "CHARACTER",
            Self::LowerCase => "LOWER_CASE",
            Self::CheckCharacter => "CHECK_CHARACTER",
            Self::UnknownRegion => "UNKNOWN_REGION",
            Self::ImpossibleDate => "IMPOSSIBLE_DATE",
            Self::FutureDate => "FUTURE_DATE",
            Self::ArchiveForm => "ARCHIVE_FORM",
            Self::OidRoot => "OID_ROOT",
            Self::SegmentCount => "SEGMENT_COUNT",
            Self::Version => "VERSION",
        }
    }

    fn what(self) -> &'static str {
        match self {
            Self::Empty => "nothing was given",
            Self::Length => "the length is wrong",
            Self::Character => "this character cannot stand here",
            Self::LowerCase => "this letter must be upper case",
            Self::CheckCharacter => "the check character does not fit the rest",
            Self::UnknownRegion => "this region never existed",
            Self::ImpossibleDate => "the birth date is on no calendar",
            Self::FutureDate => "the birth date lies in the future",
            Self::ArchiveForm => "this is the 15-digit form, out of use since 2013",
            Self::OidRoot => "the object identifier in front is another one",
            Self::SegmentCount => "the number of parts is wrong",
            Self::Version => "the version is malformed",
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Self::Empty => "give the value",
            Self::Length => "look for a dropped or doubled character",
            Self::Character => "look for a letter typed for a digit, or a space inside",
            Self::LowerCase => "type it in upper case, as it was issued",
            Self::CheckCharacter => {
                "some other character may be mistyped or two swapped: compare with the original"
            }
            Self::UnknownRegion => {
                "compare with the original; a missing region is added in seeds/regions.toml"
            }
            Self::ImpossibleDate | Self::FutureDate => "compare the eight date digits",
            Self::ArchiveForm => "give the 18-character number; imports convert the old form",
            Self::OidRoot => "only identifiers of GB/T 36904 are served",
            Self::SegmentCount => "keep the dots and drop any file name ending",
            Self::Version => "write the version with leading zeros",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A refused identifier: which, why, where, and what was expected instead.
///
/// It is safe to log: it never repeats the text it refuses, at most the one offending character,
/// and of a citizen identification number not even that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdError {
    /// Which identifier was being read.
    pub kind: IdKind,
    /// The part of it that is wrong, where it has parts: `issuer`, `type code`, `version`.
    pub part: Option<&'static str>,
    /// What is wrong.
    pub reason: Reason,
    /// Where: the place of the character in what the user typed, counted from 1.
    pub position: Option<usize>,
    /// What should stand there: for [`Reason::CheckCharacter`] exactly the one character.
    pub expected: Option<String>,
    found: Option<char>,
}

impl IdError {
    pub(crate) fn new(kind: IdKind, reason: Reason) -> Self {
        Self {
            kind,
            part: None,
            reason,
            position: None,
            expected: None,
            found: None,
        }
    }

    /// Names the offending character by its index (from 0) in the clean text.
    pub(crate) fn at(mut self, index: usize) -> Self {
        self.position = Some(index + 1);
        self
    }

    pub(crate) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    pub(crate) fn found(mut self, character: char) -> Self {
        // A citizen's number is not repeated, not even by one character.
        self.found = (self.kind != IdKind::CitizenId).then_some(character);
        self
    }

    pub(crate) fn part(mut self, part: &'static str) -> Self {
        self.part = Some(part);
        self
    }

    /// Turns the error of an embedded identifier into one of the identifier around it.
    pub(crate) fn inside(mut self, kind: IdKind, part: &'static str, start: usize) -> Self {
        self.kind = kind;
        self.part = Some(part);
        self.shifted(start)
    }

    /// Moves the position to the right by the characters that stood before the checked text.
    ///
    /// The checks that run after parsing (regions, dates) count in the clean text; whoever still
    /// holds the typed text shifts by [`crate::text::Cleaned::cut`].
    #[must_use]
    pub fn shifted(mut self, by: usize) -> Self {
        self.position = self.position.map(|position| position.saturating_add(by));
        self
    }

    /// The stable machine code of the reason, such as `CHECK_CHARACTER`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.reason.code()
    }
}

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.name())?;
        if let Some(part) = self.part {
            write!(f, ", {part}")?;
        }
        write!(f, ": {}", self.reason.what())?;
        if let Some(position) = self.position {
            write!(f, ", at character {position}")?;
        }
        if let Some(found) = self.found {
            // Quoted by Debug, so that no control character reaches a terminal or a log.
            write!(f, ", found {found:?}")?;
        }
        if let Some(expected) = &self.expected {
            write!(f, ", expected {expected}")?;
        }
        write!(f, "; {}", self.reason.advice())
    }
}

impl std::error::Error for IdError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_where_and_what_to_do() {
        let error = IdError::new(IdKind::Uscc, Reason::CheckCharacter)
            .at(17)
            .found('P')
            .expected('N')
            .inside(IdKind::MatterCode, "implementing body", 2);
        assert_eq!(
            error.to_string(),
            "matter code, implementing body: the check character does not fit the rest, at \
             character 20, found 'P', expected N; some other character may be mistyped or two \
             swapped: compare with the original"
        );
        assert_eq!(error.code(), "CHECK_CHARACTER");
    }

    #[test]
    fn never_repeats_a_character_of_a_citizen_number() {
        let error = IdError::new(IdKind::CitizenId, Reason::Character)
            .at(3)
            .found('7');
        assert!(!error.to_string().contains('7'));
        assert!(!format!("{error:?}").contains('7'));
    }

    #[test]
    fn quotes_control_characters() {
        let error = IdError::new(IdKind::Uscc, Reason::Character).found('\u{1b}');
        assert!(!error.to_string().contains('\u{1b}'));
    }
}
