//! Citizen identification number 公民身份号码, GB 11643-1999.

use std::fmt;

use jiff::civil::Date;
use serde::de::{self, Deserialize, Deserializer, Visitor};

use super::check::mod_11_2;
use super::error::{IdError, IdKind, Reason};
use super::region::RegionCode;
use super::region_table::{RegionStanding, RegionTable};
use super::scan::{self, Alphabet};
use crate::text;

const LENGTH: usize = 18;
const ARCHIVE_LENGTH: usize = 15;
const BIRTH_AT: usize = 6;

/// Numbers were introduced in 1984; nobody alive then was born before this year (assumed).
const EARLIEST_BIRTH_YEAR: i16 = 1850;

const KIND: IdKind = IdKind::CitizenId;
const ALPHABET: Alphabet = Alphabet {
    holds: is_citizen,
    name: "a digit, or X at the end",
};

/// A citizen identification number: 17 digits and a MOD 11-2 check character.
///
/// Six digits of region, eight of birth date, three of sequence, check (`X` stands for ten; a
/// lower-case x is accepted).
///
/// Privacy is structural: the type has no `Display`, its `Debug` hides the number, it does not
/// serialise, and errors never repeat it. Whoever needs the number calls [`CitizenId::expose`],
/// and that name can be searched for in review.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CitizenId(String);

impl CitizenId {
    /// Reads an 18-character number and checks it against the regions and today.
    ///
    /// # Errors
    /// As [`CitizenId::parse_text`] and [`CitizenId::check`], with positions in what was typed.
    pub fn parse(typed: &str, regions: &RegionTable, today: Date) -> Result<Self, IdError> {
        let id = Self::parse_text(typed)?;
        let cut = text::clean(typed).cut();
        id.check(regions, today)
            .map_err(|error| error.shifted(cut))?;
        Ok(id)
    }

    /// Reads an 18-character number: all that the text alone can tell.
    ///
    /// For data that was checked at the door before, such as a stored record; at the door itself
    /// use [`CitizenId::parse`], which also knows regions and today's date.
    ///
    /// # Errors
    /// [`Reason::Empty`], [`Reason::Character`], [`Reason::Length`], [`Reason::ArchiveForm`] for
    /// 15 digits, [`Reason::CheckCharacter`] with the expected character,
    /// [`Reason::ImpossibleDate`].
    pub fn parse_text(typed: &str) -> Result<Self, IdError> {
        let cleaned = text::clean(typed).upper();
        Self::read(cleaned.as_str()).map_err(|error| error.shifted(cleaned.cut()))
    }

    /// Reads the 15-digit form of before 1999 and gives the 18-character number.
    ///
    /// For archive imports only: the form went out of use in 2013. The century is 19, as the form
    /// says nothing else.
    ///
    /// # Errors
    /// [`Reason::Empty`], [`Reason::Character`], [`Reason::Length`], [`Reason::ImpossibleDate`],
    /// and those of [`CitizenId::check`]. Positions count in the 15 digits.
    pub fn from_archive_15(
        typed: &str,
        regions: &RegionTable,
        today: Date,
    ) -> Result<Self, IdError> {
        let cleaned = text::clean(typed);
        let old = cleaned.as_str();
        let widen = || {
            scan::not_empty(KIND, old)?;
            scan::only(KIND, old, 0, &scan::DIGITS)?;
            scan::exactly(KIND, old, ARCHIVE_LENGTH)?;
            let (region, rest) = (
                scan::slice(old, 0, BIRTH_AT),
                scan::slice(old, BIRTH_AT, 15),
            );
            let body = format!("{region}19{rest}");
            let id = Self::read(&format!("{body}{}", mod_11_2(&body)))?;
            id.check(regions, today)?;
            Ok(id)
        };
        widen().map_err(|error: IdError| error.shifted(cleaned.cut()))
    }

    fn read(text: &str) -> Result<Self, IdError> {
        scan::not_empty(KIND, text)?;
        scan::only(KIND, text, 0, &ALPHABET)?;
        if text.len() == ARCHIVE_LENGTH && (!text.contains('X')) {
            return Err(IdError::new(KIND, Reason::ArchiveForm).expected("18 characters, not 15"));
        }
        scan::exactly(KIND, text, LENGTH)?;
        scan::only(KIND, scan::slice(text, 0, LENGTH - 1), 0, &scan::DIGITS)?;
        scan::check_character(KIND, text, LENGTH - 1, mod_11_2(text))?;
        let id = Self(text.to_owned());
        id.birth_date()?;
        Ok(id)
    }

    /// Checks the region against the table and the birth date against today.
    ///
    /// # Errors
    /// [`Reason::UnknownRegion`] where the table is complete and has no such region, past or
    /// present; [`Reason::FutureDate`] for a birth after `today`.
    pub fn check(&self, regions: &RegionTable, today: Date) -> Result<RegionStanding, IdError> {
        let region = RegionCode::of_checked(scan::slice(&self.0, 0, BIRTH_AT));
        let standing = regions.standing_of_person(&region);
        let standing = standing.map_err(|error| error.inside(KIND, "region", 0))?;
        if self.birth_date()? > today {
            return Err(IdError::new(KIND, Reason::FutureDate)
                .at(BIRTH_AT)
                .part("birth date"));
        }
        Ok(standing)
    }

    /// The number itself. Never for a log, a span, a metric or an error.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The year of birth that stands in it.
    pub fn birth_year(&self) -> Option<i16> {
        self.birth_date().ok().map(Date::year)
    }

    fn birth_date(&self) -> Result<Date, IdError> {
        let impossible = || {
            IdError::new(KIND, Reason::ImpossibleDate)
                .at(BIRTH_AT)
                .part("birth date")
        };
        let year = scan::slice(&self.0, 6, 10)
            .parse()
            .map_err(|_| impossible())?;
        let month = scan::slice(&self.0, 10, 12)
            .parse()
            .map_err(|_| impossible())?;
        let day = scan::slice(&self.0, 12, 14)
            .parse()
            .map_err(|_| impossible())?;
        let date = Date::new(year, month, day).map_err(|_| impossible())?;
        if date.year() < EARLIEST_BIRTH_YEAR {
            Err(impossible())
        } else {
            Ok(date)
        }
    }
}

impl fmt::Debug for CitizenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CitizenId(hidden)")
    }
}

impl<'de> Deserialize<'de> for CitizenId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Not deserialize_str: its refusal of a number would be serde_json's own, with the number.
        deserializer.deserialize_any(TextOnly)
    }
}

/// Reads text and nothing else.
///
/// Serde's own answer to a number in place of text repeats the number, so each such case is
/// answered here.
struct TextOnly;

impl Visitor<'_> for TextOnly {
    type Value = CitizenId;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a citizen identification number as text")
    }

    fn visit_str<E: de::Error>(self, typed: &str) -> Result<CitizenId, E> {
        CitizenId::parse_text(typed).map_err(E::custom)
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<CitizenId, E> {
        Err(not_text())
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<CitizenId, E> {
        Err(not_text())
    }

    fn visit_i128<E: de::Error>(self, _: i128) -> Result<CitizenId, E> {
        Err(not_text())
    }

    fn visit_u128<E: de::Error>(self, _: u128) -> Result<CitizenId, E> {
        Err(not_text())
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<CitizenId, E> {
        Err(not_text())
    }

    fn visit_bytes<E: de::Error>(self, _: &[u8]) -> Result<CitizenId, E> {
        Err(not_text())
    }
}

fn not_text<E: de::Error>() -> E {
    E::custom("citizen identification number: write it as text, in quotes")
}

fn is_citizen(character: char) -> bool {
    character.is_ascii_digit() || character == 'X'
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::reference::EMBEDDED;

    fn read(typed: &str) -> Result<CitizenId, IdError> {
        let regions = &EMBEDDED.regions;
        CitizenId::parse(typed, regions, date(2022, 5, 12))
    }

    fn refused(typed: &str) -> (Reason, Option<usize>, Option<String>) {
        let error = read(typed).unwrap_err();
        (error.reason, error.position, error.expected)
    }

    #[test]
    fn accepts_the_two_examples_of_the_standard() {
        assert!(read("11010519491231002X").is_ok());
        assert!(read("440524188001010014").is_ok());
    }

    #[test]
    fn accepts_synthetic_people_with_present_and_past_regions() {
        let numbers = "430502190102030017 430524190002150028 430529190211300039 \
            432622190305010115 430521190506300131 43050319000101003X";
        for number in numbers.split_whitespace() {
            assert_eq!(read(number).unwrap().expose(), number);
        }
    }

    #[test]
    fn names_the_expected_check_character() {
        assert_eq!(
            refused("430502190102030016"),
            (Reason::CheckCharacter, Some(18), Some("7".to_owned()))
        );
    }

    #[test]
    fn refuses_30_february_though_the_check_is_right() {
        assert_eq!(
            refused("430502190102300013"),
            (Reason::ImpossibleDate, Some(7), None)
        );
    }

    #[test]
    fn refuses_29_february_1900_which_was_no_leap_year() {
        assert_eq!(refused("430502190002290014").0, Reason::ImpossibleDate);
    }

    #[test]
    fn refuses_a_region_that_never_existed() {
        assert_eq!(
            refused("430599190102030016"),
            (Reason::UnknownRegion, Some(1), None)
        );
        assert_eq!(refused("  430599190102030016").1, Some(3));
    }

    #[test]
    fn refuses_a_birth_in_the_future() {
        assert_eq!(
            refused("430502209902030012"),
            (Reason::FutureDate, Some(7), None)
        );
    }

    #[test]
    fn refuses_17_digits() {
        assert_eq!(refused("43050219010203001").0, Reason::Length);
    }

    #[test]
    fn turns_a_lower_case_x_into_the_capital() {
        assert_eq!(
            read("43050319000101003x").unwrap().expose(),
            "43050319000101003X"
        );
        assert_eq!(refused("4305X319000101003X").1, Some(5));
    }

    #[test]
    fn reads_the_15_digit_form_in_imports_only() {
        let regions = &EMBEDDED.regions;
        let import = |typed| CitizenId::from_archive_15(typed, regions, date(2022, 5, 12));
        assert_eq!(
            import("430502010203001").unwrap().expose(),
            "430502190102030017"
        );
        assert_eq!(refused("430502010203001").0, Reason::ArchiveForm);
        assert_eq!(
            import("430502010230001").unwrap_err().reason,
            Reason::ImpossibleDate
        );
        assert_eq!(
            import("430599010203001").unwrap_err().reason,
            Reason::UnknownRegion
        );
        assert_eq!(
            import("430502190102030017").unwrap_err().reason,
            Reason::Length
        );
    }

    #[test]
    fn knows_residence_permits_but_no_citizen_of_the_nation_code() {
        let body = "81000019010203001";
        assert!(read(&format!("{body}{}", mod_11_2(body))).is_ok());
        let nation = "10000019010203001";
        assert_eq!(
            refused(&format!("{nation}{}", mod_11_2(nation))).0,
            Reason::UnknownRegion
        );
    }

    #[test]
    fn hides_the_number_in_debug_and_in_every_error() {
        assert_eq!(
            format!("{:?}", read("430502190102030017").unwrap()),
            "CitizenId(hidden)"
        );
        for json in [
            "430502190102030016",
            "\"430502190102030016\"",
            "4.3e17",
            "-430502190102030016",
        ] {
            let error = serde_json::from_str::<CitizenId>(json)
                .unwrap_err()
                .to_string();
            assert!(
                !error.contains("4305") && !error.contains("4300"),
                "{error}"
            );
        }
    }
}
