//! The regions from `seeds/regions.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::{LocalArea, Region, RegionLevel, RegionTable};
use crate::id::{IdError, RegionCode};
use crate::reference::{Faults, SeedText};

pub(super) fn read(seed: SeedText<'_>) -> Result<RegionTable, Faults> {
    let raw: RawTable = seed.read()?;
    let mut faults = Faults::default();
    let mut by_code: BTreeMap<String, Vec<Region>> = BTreeMap::new();
    for spanned in raw.region {
        let at = spanned.span();
        match spanned.into_inner().convert() {
            Ok(region) => by_code
                .entry(region.code.to_string())
                .or_default()
                .push(region),
            Err(message) => faults.push(seed.fault(at, message)),
        }
    }
    for prefix in &raw.complete_prefixes {
        if !matches!(prefix.len(), 0 | 2 | 4) {
            faults.push(seed.fault(
                0..0,
                format!("complete prefix {prefix:?}: 0, 2 or 4 digits"),
            ));
        }
    }
    let mut local_areas = Vec::new();
    for spanned in raw.local_area {
        let at = spanned.span();
        match spanned.into_inner().convert() {
            Ok(area) => local_areas.push(area),
            Err(error) => faults.push(seed.fault(at, error.to_string())),
        }
    }
    check_history(&by_code, &mut faults, seed);
    faults.or(RegionTable {
        by_code,
        complete_prefixes: raw.complete_prefixes,
        local_areas,
    })
}

/// At most one entry of a code is in force, and successors are listed.
fn check_history(by_code: &BTreeMap<String, Vec<Region>>, faults: &mut Faults, seed: SeedText<'_>) {
    for (code, entries) in by_code {
        if entries
            .iter()
            .filter(|region| region.until.is_none())
            .count()
            > 1
        {
            faults.push(seed.fault_near(code, format!("{code} is in force under two names")));
        }
        for successor in entries.iter().flat_map(|region| &region.successors) {
            if !by_code.contains_key(successor.as_str()) {
                faults
                    .push(seed.fault_near(code, format!("{code}: successor {successor} unlisted")));
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTable {
    complete_prefixes: Vec<String>,
    region: Vec<Spanned<RawRegion>>,
    #[serde(default)]
    local_area: Vec<Spanned<RawArea>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRegion {
    code: String,
    name: String,
    level: RegionLevel,
    from: Option<i16>,
    until: Option<i16>,
    #[serde(default)]
    successors: Vec<String>,
    #[serde(default)]
    assumed: bool,
}

impl RawRegion {
    fn convert(self) -> Result<Region, String> {
        if self
            .from
            .zip(self.until)
            .is_some_and(|(from, until)| from > until)
        {
            return Err(format!("{}: from is after until", self.code));
        }
        let code = RegionCode::parse(&self.code).map_err(|error| error.to_string())?;
        let successors = self.successors.iter().map(|code| RegionCode::parse(code));
        let successors = successors
            .collect::<Result<_, _>>()
            .map_err(|error| error.to_string())?;
        let Self {
            name,
            level,
            from,
            until,
            assumed,
            ..
        } = self;
        Ok(Region {
            code,
            name,
            level,
            from,
            until,
            successors,
            assumed,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawArea {
    id: String,
    name: String,
    parent: String,
    #[serde(default)]
    assumed: bool,
}

impl RawArea {
    fn convert(self) -> Result<LocalArea, IdError> {
        let parent = RegionCode::parse(&self.parent)?;
        Ok(LocalArea {
            id: self.id,
            name: self.name,
            parent,
            assumed: self.assumed,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_every_faulty_line() {
        let text = "complete_prefixes = [\"\", \"4\"]\nregion = [\n\
            { code = \"43050\", name = \"a\", level = \"county\" },\n\
            { code = \"430502\", name = \"a\", level = \"county\" },\n\
            { code = \"430502\", name = \"b\", level = \"county\" },\n\
            { code = \"430503\", name = \"c\", level = \"county\", from = 2, until = 1 },\n]\n";
        let faults = read(SeedText {
            file: "r.toml",
            text,
        })
        .unwrap_err();
        let lines: Vec<_> = faults.iter().map(|fault| fault.line).collect();
        assert_eq!(lines, [1, 3, 4, 6], "{faults}");
    }
}
