//! By what the catalogue is narrowed: parsed from the address, shown as links that narrow or widen.

use broker::Failure;
use broker::facet::{self, Facet, Filter};
use domain::fault::Faults;
use domain::name::DepartmentName;
use domain::snapshot::Snapshot;

use super::super::names;
use super::Wanted;
use crate::url;
use crate::words::catalogue as words;

/// The filters, in the order in which they are shown: name in the address, facet, title.
const ALL: [(&str, Facet, &str); 5] = [
    ("department", facet::DEPARTMENT, "提供部门"),
    ("share_type", facet::SHARE_TYPE, "共享类型"),
    ("state", facet::STATE, "阶段"),
    ("format", facet::FORMAT_CLASS, "格式分类"),
    ("cycle", facet::UPDATE_CYCLE, "更新周期"),
];

/// Values of a facet that are shown at once; the others open.
const AT_ONCE: usize = 6;

/// A filter in force.
pub(super) struct Chip {
    pub(super) title: &'static str,
    pub(super) value: String,
    /// The same search without it.
    pub(super) without: String,
}

/// A property by which the search can be narrowed.
pub(super) struct FacetView {
    pub(super) title: &'static str,
    pub(super) first: Vec<FacetValue>,
    pub(super) more: Vec<FacetValue>,
}

/// One value of a facet.
pub(super) struct FacetValue {
    pub(super) shown: String,
    pub(super) count: u64,
    pub(super) link: String,
    /// The search is narrowed to it; the link widens it again.
    pub(super) on: bool,
}

impl Wanted {
    fn value(&self, name: &str) -> &str {
        match name {
            "department" => &self.department,
            "share_type" => &self.share_type,
            "state" => &self.state,
            "format" => &self.format,
            "cycle" => &self.cycle,
            _ => "",
        }
    }
}

/// The filters for the search; all faults at once.
pub(super) fn parse(wanted: &Wanted) -> Result<Vec<Filter>, Failure> {
    let mut faults = Faults::default();
    let mut filters = Vec::new();
    for (name, facet, _) in ALL {
        let typed = wanted.value(name);
        if typed.is_empty() {
            continue;
        }
        match in_index(facet, typed) {
            Some(value) => filters.push(Filter {
                facet,
                values: vec![value],
            }),
            None => faults.add(name, "UNKNOWN_CODE", "this value is not known"),
        }
    }
    if faults.is_empty() {
        return Ok(filters);
    }
    Err(faults.into())
}

/// A value as the index has it; none where there is no such value.
fn in_index(facet: Facet, typed: &str) -> Option<String> {
    let known = |shown: &str| (!shown.is_empty()).then(|| typed.to_owned());
    match facet {
        facet::DEPARTMENT => {
            let name = DepartmentName::from_id(typed).or_else(|_| DepartmentName::parse(typed));
            name.ok().map(String::from)
        }
        facet::SHARE_TYPE => known(words::share_word(typed)),
        facet::STATE => known(words::state_word(typed)),
        facet::FORMAT_CLASS => known(words::format_class(typed)),
        facet::UPDATE_CYCLE => known(words::cycle(typed)),
        _ => None,
    }
}

/// A value of the index as people read it, and as it stands in an address.
fn shown(facet: Facet, value: &str, snapshot: &Snapshot) -> (String, String) {
    if facet == facet::DEPARTMENT {
        let name = DepartmentName::parse(value).or_else(|_| DepartmentName::from_id(value));
        return name.map_or_else(
            |_| (value.to_owned(), value.to_owned()),
            |name| (names::of_department(&name, snapshot), name.id().to_owned()),
        );
    }
    let words = match facet {
        facet::SHARE_TYPE => words::share_word(value),
        facet::STATE => words::state_word(value),
        facet::FORMAT_CLASS => words::format_class(value),
        facet::UPDATE_CYCLE => words::cycle(value),
        _ => "",
    };
    let words = if words.is_empty() { value } else { words };
    (words.to_owned(), value.to_owned())
}

/// The address of the same search with one condition changed. Only a change of the page keeps the page.
pub(super) fn address(wanted: &Wanted, changed: &str, to: &str) -> String {
    let mut pairs = vec![("q", wanted.q.as_str())];
    pairs.extend(ALL.map(|(name, ..)| (name, wanted.value(name))));
    for (name, value) in &mut pairs {
        if *name == changed {
            *value = to;
        }
    }
    if changed == "page_token" {
        pairs.push(("page_token", to));
    }
    url::with_query("/catalogue", &pairs)
}

/// Name and value of each filter in force.
pub(super) fn kept(wanted: &Wanted) -> Vec<(&'static str, String)> {
    let all = ALL.map(|(name, ..)| (name, wanted.value(name).to_owned()));
    all.into_iter()
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

/// The filters in force, each with the way back.
pub(super) fn chips(wanted: &Wanted, snapshot: &Snapshot) -> Vec<Chip> {
    let in_force = ALL
        .into_iter()
        .filter(|(name, ..)| !wanted.value(name).is_empty());
    in_force
        .map(|(name, facet, title)| Chip {
            title,
            value: shown(facet, wanted.value(name), snapshot).0,
            without: address(wanted, name, ""),
        })
        .collect()
}

/// A facet with its counts; none where nothing was counted.
pub(super) fn facet_view(
    facet: Facet,
    values: &[(String, u64)],
    wanted: &Wanted,
    snapshot: &Snapshot,
) -> Option<FacetView> {
    let (name, _, title) = ALL.into_iter().find(|(_, own, _)| *own == facet)?;
    let mut first: Vec<FacetValue> = values
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(value, count)| {
            let (shown, in_address) = shown(facet, value, snapshot);
            let on = wanted.value(name) == in_address;
            FacetValue {
                shown,
                count: *count,
                link: address(wanted, name, if on { "" } else { &in_address }),
                on,
            }
        })
        .collect();
    let more = first.split_off(first.len().min(AT_ONCE));
    (!first.is_empty()).then_some(FacetView { title, first, more })
}
