//! The regions there are and were, from `seeds/regions.toml`.

mod seed;

use std::collections::BTreeMap;

use serde::Deserialize;

use super::error::{IdError, IdKind, Reason};
use super::region::RegionCode;
use crate::reference::{Faults, SeedText};

/// The layer a region belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RegionLevel {
    /// The whole country: 100000, in credit codes of central bodies; never of a person.
    Nation,
    /// Province, autonomous region, municipality, special administrative region.
    Province,
    /// Prefecture-level city or prefecture.
    Prefecture,
    /// County, district, county-level city.
    County,
    /// A code of statistics without a place, such as 430501 市辖区.
    Placeholder,
}

/// One name of one code over one span of years.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// The code, GB/T 2260.
    pub code: RegionCode,
    /// The Chinese name in those years.
    pub name: String,
    /// Its layer.
    pub level: RegionLevel,
    /// First year of the code with this name; `None`: before the lists of 1980.
    pub from: Option<i16>,
    /// Last year of the code with this name; `None`: still in force.
    pub until: Option<i16>,
    /// The codes that took over when this one ended.
    pub successors: Vec<RegionCode>,
    /// From general knowledge, not read in a list.
    pub assumed: bool,
}

/// A responsible body's area that has no code of GB/T 2260, such as a development zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalArea {
    /// Our own identifier, a lower-case slug.
    pub id: String,
    /// The Chinese name.
    pub name: String,
    /// The region it lies in.
    pub parent: RegionCode,
    /// From general knowledge.
    pub assumed: bool,
}

/// What the table can say about a code that it does not refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegionStanding {
    /// Listed and in force.
    Current,
    /// Listed, ended: identifiers keep such codes for a lifetime.
    Historical,
    /// Not listed, in a part of the country where the table is not complete.
    Unlisted,
}

/// The table of regions with their history.
#[derive(Clone, Debug)]
pub struct RegionTable {
    by_code: BTreeMap<String, Vec<Region>>,
    complete_prefixes: Vec<String>,
    local_areas: Vec<LocalArea>,
}

impl RegionTable {
    /// All entries of a code, oldest first; empty if the table has none.
    #[must_use]
    pub fn entries(&self, code: &RegionCode) -> &[Region] {
        self.by_code.get(code.as_str()).map_or(&[], Vec::as_slice)
    }

    /// The entry in force today, if the code has not ended.
    #[must_use]
    pub fn current(&self, code: &RegionCode) -> Option<&Region> {
        self.entries(code)
            .iter()
            .find(|region| region.until.is_none())
    }

    /// Every entry, by code, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Region> {
        self.by_code.values().flatten()
    }

    /// Areas without a code of GB/T 2260.
    #[must_use]
    pub fn local_areas(&self) -> &[LocalArea] {
        &self.local_areas
    }

    /// Says whether a region exists or existed.
    ///
    /// # Errors
    /// [`Reason::UnknownRegion`] when the code is missing in a part of the country for which the
    /// table is complete; elsewhere a missing code is [`RegionStanding::Unlisted`].
    pub fn standing(&self, code: &RegionCode) -> Result<RegionStanding, IdError> {
        if self.current(code).is_some() {
            return Ok(RegionStanding::Current);
        }
        if !self.entries(code).is_empty() {
            return Ok(RegionStanding::Historical);
        }
        if self
            .complete_prefixes
            .iter()
            .any(|prefix| self.rules_out(prefix, code.as_str()))
        {
            return Err(IdError::new(IdKind::Region, Reason::UnknownRegion).at(0));
        }
        Ok(RegionStanding::Unlisted)
    }

    /// As [`Self::standing`], for the code in a citizen number: the nation is no one's home.
    pub(super) fn standing_of_person(&self, code: &RegionCode) -> Result<RegionStanding, IdError> {
        if self
            .entries(code)
            .iter()
            .any(|region| region.level == RegionLevel::Nation)
        {
            return Err(IdError::new(IdKind::Region, Reason::UnknownRegion).at(0));
        }
        self.standing(code)
    }

    /// Below a complete prefix the next two digits must belong to some entry.
    fn rules_out(&self, prefix: &str, code: &str) -> bool {
        let Some(group) = code.get(..prefix.len() + 2) else {
            return false;
        };
        if !code.starts_with(prefix) {
            return false;
        }
        let next = self.by_code.range(group.to_owned()..).next();
        !next.is_some_and(|(listed, _)| listed.starts_with(group))
    }

    /// Reads `seeds/regions.toml`.
    pub(crate) fn parse(seed: SeedText<'_>) -> Result<Self, Faults> {
        seed::read(seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::EMBEDDED;

    fn standing(code: &str) -> Option<RegionStanding> {
        EMBEDDED
            .regions
            .standing(&RegionCode::parse(code).unwrap())
            .ok()
    }

    #[test]
    fn knows_shaodong_as_a_city_and_as_the_county_it_was() {
        assert_eq!(standing("430582"), Some(RegionStanding::Current));
        assert_eq!(standing("430521"), Some(RegionStanding::Historical));
    }

    #[test]
    fn knows_the_twelve_county_level_units_of_shaoyang() {
        let shaoyang = RegionCode::parse("430500").unwrap();
        let counties = EMBEDDED.regions.iter().filter(|region| {
            let county = region.level == RegionLevel::County;
            county && region.until.is_none() && region.code.is_within(&shaoyang)
        });
        assert_eq!(counties.count(), 12);
    }

    #[test]
    fn keeps_the_codes_of_the_old_prefecture_for_old_numbers() {
        for code in [
            "432600", "432622", "430526", "430504", "432523", "432525", "439011",
        ] {
            assert_eq!(standing(code), Some(RegionStanding::Historical), "{code}");
        }
    }

    #[test]
    fn rules_out_what_is_missing_where_the_table_is_complete() {
        for code in ["430599", "432699", "439999", "990000", "000000"] {
            assert_eq!(standing(code), None, "{code}");
        }
    }

    #[test]
    fn lets_pass_what_lies_outside_the_table() {
        for code in ["440305", "430102", "439001"] {
            assert_eq!(standing(code), Some(RegionStanding::Unlisted), "{code}");
        }
    }

    #[test]
    fn shaoyang_county_is_not_shaoyang_city() {
        let name = |code| {
            let code = RegionCode::parse(code).unwrap();
            EMBEDDED.regions.current(&code).unwrap().name.clone()
        };
        assert_eq!(name("430500"), "邵阳市");
        assert_eq!(name("430523"), "邵阳县");
    }

    #[test]
    fn gives_the_development_zone_an_identifier_of_its_own() {
        assert_eq!(EMBEDDED.regions.local_areas()[0].name, "邵阳经济技术开发区");
    }
}
