//! Departments as people write them: by code, full name or short name.

use std::collections::HashMap;

use api::registry::v1::Department;
use domain::policy::shaoyang_date;
use domain::system::bare;
use jiff::civil::Date;

use super::finding::Wrong;
use crate::Failure;
use crate::connection::Connection;

/// Names that a fault offers.
const OFFERED: usize = 3;

/// The departments of the register.
pub(crate) struct Departments {
    all: Vec<Department>,
    /// Places in `all` by every way to write a department.
    by_name: HashMap<String, Vec<usize>>,
    /// The day in the city, by which departments have ended or not.
    today: String,
}

impl Departments {
    /// Asks for them.
    pub(crate) async fn ask(connection: &Connection) -> Result<Self, Failure> {
        let today = shaoyang_date(super::file::now());
        Ok(Self::of(crate::departments::all(connection).await?, today))
    }

    /// None at all.
    #[cfg(test)]
    pub(crate) fn none() -> Self {
        Self::of(Vec::new(), Date::ZERO)
    }

    fn of(all: Vec<Department>, today: Date) -> Self {
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, department) in all.iter().enumerate() {
            let short = bare(&department.short_name);
            let own = short.strip_prefix('市').map(str::to_owned);
            let names = [bare(code(department)), bare(&department.full_name), short];
            for name in names.into_iter().chain(own) {
                let known = by_name.entry(name).or_default();
                if known.last() != Some(&place) {
                    known.push(place);
                }
            }
        }
        Self {
            all,
            by_name,
            today: today.to_string(),
        }
    }

    /// The resource name of a department.
    pub(crate) fn resolve(&self, text: &str) -> Result<String, Wrong> {
        let text = text.trim();
        let typed = bare(text.strip_prefix("departments/").unwrap_or(text));
        let found = self.by_name.get(&typed).map_or(&[][..], Vec::as_slice);
        let found: Vec<&Department> = found.iter().filter_map(|at| self.all.get(*at)).collect();
        let is_there = |one: &&&Department| self.stands(one);
        let there: Vec<&&Department> = found.iter().filter(is_there).collect();
        match (there.as_slice(), found.as_slice()) {
            // What ended does not stand in the way of what has its name now.
            ([one], _) => Ok(one.name.clone()),
            ([], [one, ..]) if one.successor.is_empty() => {
                let text = format!("“{text}”已撤销，请填写现在履行其职责的部门");
                Err(Wrong::new("DEPARTMENT_ENDED", text))
            }
            ([], [one, ..]) => {
                let successor = self.short_name(&one.successor);
                let text = format!("“{text}”已并入“{successor}”，请填写“{successor}”");
                Err(Wrong::new("DEPARTMENT_ENDED", text))
            }
            ([], []) => {
                let near = self.nearest(&typed).join("”或“");
                let text = format!("“{text}”不是已登记的部门；是不是“{near}”？");
                Err(Wrong::new("UNKNOWN_DEPARTMENT", text))
            }
            (several, _) => {
                let names: Vec<&str> = several.iter().map(|d| d.full_name.as_str()).collect();
                let names = names.join("”或“");
                let text = format!("“{text}”可能是“{names}”，请写全称或代码");
                Err(Wrong::new("AMBIGUOUS_DEPARTMENT", text))
            }
        }
    }

    /// The name that sheets show; the resource name of one that is not known.
    pub(crate) fn short_name<'a>(&'a self, name: &'a str) -> &'a str {
        let found = self.all.iter().find(|department| department.name == name);
        found.map_or(name, |department| department.short_name.as_str())
    }

    /// The name that a sheet is written with: the short or the full one, where reading it gives this department
    /// again, else the code.
    pub(crate) fn written(&self, name: &str) -> String {
        let Some(one) = self.all.iter().find(|one| one.name == name) else {
            return name.to_owned();
        };
        let names = [&one.short_name, &one.full_name];
        let readable = |text: &&&String| self.resolve(text).is_ok_and(|read| read == one.name);
        let found = names.iter().find(readable).map(|text| (*text).clone());
        found.unwrap_or_else(|| code(one).to_owned())
    }

    /// Whether somebody acts for it today. Days compare as they are written.
    fn stands(&self, one: &Department) -> bool {
        let last = &one.valid_until;
        one.successor.is_empty() && (last.is_empty() || *last >= self.today)
    }

    fn nearest(&self, typed: &str) -> Vec<&str> {
        let names = self.all.iter().filter(|one| self.stands(one));
        nearest(typed, names.map(|one| one.short_name.as_str()))
    }
}

/// A department's code.
pub(crate) fn code(department: &Department) -> &str {
    let name = &department.name;
    name.strip_prefix("departments/").unwrap_or(name)
}

/// The names most like what was typed: those that share most characters, and of these the shortest.
pub(crate) fn nearest<'a>(typed: &str, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let shared = |name: &str| typed.chars().filter(|char| name.contains(*char)).count();
    let mut ranked: Vec<&str> = names.collect();
    ranked.sort_by_key(|name| (std::cmp::Reverse(shared(name)), name.chars().count(), *name));
    ranked.truncate(OFFERED);
    ranked
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn department(code: &str, full_name: &str, short_name: &str) -> Department {
        Department {
            name: format!("departments/{code}"),
            full_name: full_name.to_owned(),
            short_name: short_name.to_owned(),
            ..Department::default()
        }
    }

    fn known() -> Departments {
        let mut ended = department("11430500XY0000231M", "邵阳市乡村振兴局", "市乡村振兴局");
        ended.successor = "departments/11430500XY0000223T".to_owned();
        let mut renamed = department("3", "邵阳市民政局", "市民政局");
        renamed.successor = "departments/11430500XY00001437".to_owned();
        let mut abolished = department("4", "邵阳市丙办", "丙办");
        abolished.valid_until = "2026-03-01".to_owned();
        let mut ending = department("5", "邵阳市丁办", "丁办");
        ending.valid_until = "2026-03-02".to_owned();
        let all = vec![
            department("11430500XY00001437", "邵阳市民政局", "市民政局"),
            department(
                "11430500XY00001512",
                "邵阳市人力资源和社会保障局",
                "市人社局",
            ),
            department("11430500XY0000223T", "邵阳市农业农村局", "市农业农村局"),
            department("1", "邵阳市甲办", "甲办"),
            department("2", "邵阳市乙办", "市甲办"),
            ended,
            renamed,
            abolished,
            ending,
        ];
        Departments::of(all, date(2026, 3, 2))
    }

    #[test]
    fn a_department_is_known_by_any_of_its_names() {
        let civil = "departments/11430500XY00001437";
        for text in [
            civil,
            "11430500XY00001437",
            "11430500xy00001437",
            "邵阳市民政局",
            " 市民政局 ",
            "民政局",
        ] {
            assert_eq!(known().resolve(text).ok().unwrap(), civil, "{text}");
        }
    }

    #[test]
    fn a_department_is_written_so_that_it_is_read_again() {
        let departments = known();
        for (name, text) in [
            ("departments/11430500XY00001437", "市民政局"),
            ("departments/1", "邵阳市甲办"),
            ("departments/2", "市甲办"),
            ("departments/3", "3"),
            ("departments/unknown", "departments/unknown"),
        ] {
            assert_eq!(departments.written(name), text);
        }
    }

    #[test]
    fn what_names_no_department_is_told_with_the_nearest() {
        let departments = known();
        let wrong = |text: &str| {
            let wrong = departments.resolve(text).err().unwrap();
            let finding = super::super::finding::Finding::new(sheet::Place::sheet("s"), wrong);
            (finding.code, finding.sentence)
        };
        let (code, sentence) = wrong("市民政府");
        assert_eq!(code, "UNKNOWN_DEPARTMENT");
        assert!(sentence.contains("是不是“市民政局”"), "{sentence}");
        let (code, sentence) = wrong("甲办");
        assert_eq!(code, "AMBIGUOUS_DEPARTMENT");
        assert!(sentence.contains("邵阳市甲办”或“邵阳市乙办"), "{sentence}");
        let (code, sentence) = wrong("市乡村振兴局");
        assert_eq!(code, "DEPARTMENT_ENDED");
        assert!(sentence.contains("请填写“市农业农村局”"), "{sentence}");
        let (code, sentence) = wrong("丙办");
        assert_eq!(code, "DEPARTMENT_ENDED");
        assert!(sentence.contains("已撤销"), "{sentence}");
        assert!(
            departments.resolve("丁办").is_ok(),
            "on its last day it stands"
        );
    }
}
