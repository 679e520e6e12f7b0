//! What may be a change of what is served, until enough answers say so.

use std::collections::HashMap;

use domain::drift::Change;
use domain::name::ResourceName;

/// Answers in a row that must say so before a field counts as renamed (assumed).
const IN_A_ROW: u32 = 10;

/// What may be a change: an absent field beside a new one can be two fields that seldom have a value.
#[derive(Default)]
pub(super) struct Suspicions(HashMap<ResourceName, Vec<(Change, u32)>>);

impl Suspicions {
    /// What is sure after one more answer: another kind at once, another name when so many in a row say so.
    pub(super) fn after(&mut self, resource: &ResourceName, seen: Vec<Change>) -> Vec<Change> {
        let (sure, unsure): (Vec<Change>, Vec<Change>) = seen
            .into_iter()
            .partition(|change| matches!(change, Change::Retyped { .. }));
        let before = self.0.remove(resource).unwrap_or_default();
        let times = |change: &Change| {
            let known = before.iter().find(|(known, _)| known == change);
            known.map_or(1, |(_, times)| times + 1)
        };
        let counted: Vec<(Change, u32)> = unsure
            .into_iter()
            .map(|change| (change.clone(), times(&change)))
            .collect();
        let proved = counted.iter().filter(|(_, times)| *times >= IN_A_ROW);
        let proved: Vec<Change> = proved.map(|(change, _)| change.clone()).collect();
        if !counted.is_empty() {
            self.0.insert(resource.clone(), counted);
        }
        [sure, proved].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_counts_as_changed_when_ten_answers_in_a_row_say_so() {
        let renamed = || {
            vec![Change::Renamed {
                path: "a".to_owned(),
                seen: "b".to_owned(),
            }]
        };
        let retyped = || {
            vec![Change::Retyped {
                path: "c".to_owned(),
                registered: "string".to_owned(),
                seen: "number".to_owned(),
            }]
        };
        let name = ResourceName::from_id("105001-000001").unwrap();
        let mut suspicions = Suspicions::default();
        for _ in 1..IN_A_ROW {
            assert_eq!(suspicions.after(&name, renamed()), []);
        }
        // One answer as it was, and it begins anew.
        assert_eq!(suspicions.after(&name, Vec::new()), []);
        for _ in 1..IN_A_ROW {
            assert_eq!(suspicions.after(&name, renamed()), []);
        }
        assert_eq!(suspicions.after(&name, renamed()), renamed());
        assert_eq!(suspicions.after(&name, retyped()), retyped());
    }
}
