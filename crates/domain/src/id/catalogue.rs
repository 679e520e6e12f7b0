//! Catalogue code 信息资源代码, guide 发改高技〔2017〕1272号.

use super::error::{IdError, IdKind, Reason};
use super::scan::{self, Alphabet};
use crate::text;

const KIND: IdKind = IdKind::CatalogueCode;
const SHORTEST_CLASSIFICATION: usize = 6;

/// The guide leaves both parts open-ended; real codes are below half of this (assumed).
const LONGEST: usize = 64;

const ALPHABET: Alphabet = Alphabet {
    holds: is_catalogue,
    name: "a digit or the slash",
};

/// The code of a resource in the catalogue: `classification/sequence`, such as `301001/000012`.
///
/// Classification: one digit of class 类 (1–3), two of item 项, three of category 目, and any
/// number for sub-categories 细目. Sequence: digits, unique within the classification.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CatalogueCode {
    text: String,
    class: CatalogueClass,
    slash_at: usize,
}

/// The class 类 of a resource; the digits are assumed, names and order are from the guide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CatalogueClass {
    /// 1 基础信息资源: population, legal persons, land, credit, electronic certificates.
    Base,
    /// 2 主题信息资源: by theme, across departments.
    Theme,
    /// 3 部门信息资源: of one department.
    Department,
}

impl CatalogueCode {
    /// Reads a code.
    ///
    /// # Errors
    /// [`Reason::Empty`], [`Reason::Character`], [`Reason::SegmentCount`] without exactly one
    /// slash, [`Reason::Length`] of a part.
    pub fn parse(typed: &str) -> Result<Self, IdError> {
        let cleaned = text::clean(typed);
        Self::read(cleaned.as_str()).map_err(|error| error.shifted(cleaned.cut()))
    }

    fn read(text: &str) -> Result<Self, IdError> {
        scan::not_empty(KIND, text)?;
        scan::only(KIND, text, 0, &ALPHABET)?;
        let Some((classification, sequence)) = text.split_once('/') else {
            let expected = "classification/sequence, as in 301001/000012";
            return Err(IdError::new(KIND, Reason::SegmentCount).expected(expected));
        };
        let slash_at = classification.len();
        let class = read_class(classification)?;
        if slash_at < SHORTEST_CLASSIFICATION {
            let expected = format!("6 digits or more, not {slash_at}");
            let error = IdError::new(KIND, Reason::Length).part("classification");
            return Err(error.expected(expected));
        }
        scan::only(KIND, sequence, slash_at + 1, &scan::DIGITS)?;
        if sequence.is_empty() || text.len() > LONGEST {
            let expected = format!("1 digit or more, and {LONGEST} characters in all at most");
            return Err(IdError::new(KIND, Reason::Length)
                .part("sequence")
                .expected(expected));
        }
        Ok(Self {
            text: text.to_owned(),
            class,
            slash_at,
        })
    }

    /// The whole code, slash included.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The class 类, first digit.
    #[must_use]
    pub fn class(&self) -> CatalogueClass {
        self.class
    }

    /// The part before the slash, six digits or more.
    #[must_use]
    pub fn classification(&self) -> &str {
        scan::slice(&self.text, 0, self.slash_at)
    }

    /// The part after the slash; leading zeros count.
    #[must_use]
    pub fn sequence(&self) -> &str {
        scan::slice(&self.text, self.slash_at + 1, self.text.len())
    }
}

super::printable!(CatalogueCode);

fn read_class(classification: &str) -> Result<CatalogueClass, IdError> {
    match classification.chars().next() {
        Some('1') => Ok(CatalogueClass::Base),
        Some('2') => Ok(CatalogueClass::Theme),
        Some('3') => Ok(CatalogueClass::Department),
        Some(found) => Err(IdError::new(KIND, Reason::Character)
            .part("class")
            .at(0)
            .found(found)
            .expected("1, 2 or 3")),
        None => Err(IdError::new(KIND, Reason::Length)
            .part("classification")
            .expected("6 digits or more, not 0")),
    }
}

fn is_catalogue(character: char) -> bool {
    character.is_ascii_digit() || character == '/'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(typed: &str) -> (Reason, Option<usize>) {
        let error = CatalogueCode::parse(typed).unwrap_err();
        (error.reason, error.position)
    }

    #[test]
    fn accepts_codes_with_and_without_sub_categories() {
        let code = CatalogueCode::parse(" ３０１００１／000012").unwrap();
        assert_eq!(code.as_str(), "301001/000012");
        assert_eq!(
            (code.classification(), code.sequence()),
            ("301001", "000012")
        );
        assert_eq!(code.class(), CatalogueClass::Department);
        let long = CatalogueCode::parse("1050010203/1").unwrap();
        assert_eq!((long.class(), long.sequence()), (CatalogueClass::Base, "1"));
    }

    #[test]
    fn refuses_other_shapes() {
        assert_eq!(refused(""), (Reason::Empty, None));
        assert_eq!(refused("301001000012"), (Reason::SegmentCount, None));
        assert_eq!(refused("401001/000012"), (Reason::Character, Some(1)));
        assert_eq!(refused("30100/000012"), (Reason::Length, None));
        assert_eq!(refused("/000012"), (Reason::Length, None));
        assert_eq!(refused("301001/"), (Reason::Length, None));
        assert_eq!(refused("301001/0/1"), (Reason::Character, Some(9)));
        assert_eq!(refused("301001-000012"), (Reason::Character, Some(7)));
        assert_eq!(
            refused(&format!("301001/{}", "0".repeat(64))),
            (Reason::Length, None)
        );
    }
}
