//! Departments and classes of the credit code, from `seeds/uscc-kinds.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use crate::reference::{Faults, SeedText};

/// The table of registering departments (first character) and classes (second character).
#[derive(Clone, Debug)]
pub struct UsccKinds {
    departments: BTreeMap<char, Department>,
}

/// What the table says about the first two characters of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsccClass<'a> {
    /// Both are in the table: the Chinese names of department and class.
    Named(&'a str, &'a str),
    /// The department's letter occurs in real codes, but its classes are not published.
    Observed,
    /// The department is in the table, the class is not.
    UnknownClass,
    /// The department is not in the table.
    UnknownDepartment,
}

#[derive(Clone, Debug)]
struct Department {
    name: String,
    classes: BTreeMap<char, String>,
    observed: bool,
}

impl UsccKinds {
    /// Looks the first two characters of a code up.
    #[must_use]
    pub fn class(&self, department: char, class: char) -> UsccClass<'_> {
        let Some(row) = self.departments.get(&department) else {
            return UsccClass::UnknownDepartment;
        };
        match row.classes.get(&class) {
            Some(name) => UsccClass::Named(&row.name, name),
            None if row.observed => UsccClass::Observed,
            None => UsccClass::UnknownClass,
        }
    }

    /// Reads `seeds/uscc-kinds.toml`.
    pub(crate) fn parse(seed: SeedText<'_>) -> Result<Self, Faults> {
        let raw: RawTable = seed.read()?;
        let mut faults = Faults::default();
        let mut departments = BTreeMap::new();
        for spanned in raw.department {
            let at = spanned.span();
            let RawDepartment {
                code,
                name,
                classes,
                observed,
            } = spanned.into_inner();
            if classes.is_empty() && !observed {
                faults.push(seed.fault(at.clone(), format!("{code}: no classes, not observed")));
            }
            if departments
                .insert(
                    code,
                    Department {
                        name,
                        classes,
                        observed,
                    },
                )
                .is_some()
            {
                faults.push(seed.fault(at, format!("{code} is listed twice")));
            }
        }
        faults.or(Self { departments })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTable {
    department: Vec<Spanned<RawDepartment>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDepartment {
    code: char,
    name: String,
    #[serde(default)]
    classes: BTreeMap<char, String>,
    #[serde(default)]
    observed: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::EMBEDDED;

    #[test]
    fn tells_named_observed_and_unknown_apart() {
        let kinds = &EMBEDDED.uscc_kinds;
        assert_eq!(kinds.class('1', '1'), UsccClass::Named("机构编制", "机关"));
        assert_eq!(kinds.class('9', '9'), UsccClass::UnknownClass);
        assert_eq!(kinds.class('G', '7'), UsccClass::Observed);
        assert_eq!(kinds.class('B', '1'), UsccClass::UnknownDepartment);
    }

    #[test]
    fn refuses_a_department_listed_twice() {
        let text = "department = [\n{ code = \"1\", name = \"a\", observed = true },\n\
                    { code = \"1\", name = \"a\", observed = true },\n]";
        let faults = UsccKinds::parse(SeedText { file: "k", text }).unwrap_err();
        assert_eq!(faults.iter().next().unwrap().line, 3);
    }
}
