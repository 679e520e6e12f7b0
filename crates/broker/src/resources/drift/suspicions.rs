//! What may be a change of what is served, until enough answers say so.

use std::collections::{BTreeSet, HashMap};

use domain::drift::{Change, Glance, PATHS};
use domain::name::ResourceName;

/// Answers in a row that must say so before a field counts as renamed (assumed).
const IN_A_ROW: u32 = 10;

/// What may be a change: an absent field beside a new one can be two fields that seldom have a value.
#[derive(Default)]
pub(super) struct Suspicions(HashMap<(ResourceName, String), Suspected>);

/// Of one entry, by one way in which it is served.
#[derive(Default)]
struct Suspected {
    /// How many answers in a row say so.
    counted: Vec<(Change, u32)>,
    /// Places and names that stood beside each other with a value once: the one is not what the other is called now.
    disproved: BTreeSet<(String, String)>,
}

impl Suspicions {
    /// What is sure after one more answer that shows all places of its method.
    pub(super) fn after(
        &mut self,
        resource: &ResourceName,
        way: &str,
        seen: Vec<Change>,
    ) -> Vec<Change> {
        self.of(resource, way, |known| known.after(seen, |_| true))
    }

    /// What is sure after one more look at values. It ends no suspicion about a place that it could not show.
    pub(super) fn after_values(
        &mut self,
        resource: &ResourceName,
        way: &str,
        glance: Glance,
    ) -> Vec<Change> {
        let Glance {
            changes,
            places,
            beside,
        } = glance;
        self.of(resource, way, |known| {
            let room = PATHS.saturating_sub(known.disproved.len());
            known.disproved.extend(beside.into_iter().take(room));
            known.after(changes, |path| places.iter().any(|place| place == path))
        })
    }

    fn of<T>(
        &mut self,
        resource: &ResourceName,
        way: &str,
        act: impl FnOnce(&mut Suspected) -> T,
    ) -> T {
        let key = (resource.clone(), way.to_owned());
        let mut known = self.0.remove(&key).unwrap_or_default();
        let done = act(&mut known);
        if !known.counted.is_empty() || !known.disproved.is_empty() {
            self.0.insert(key, known);
        }
        done
    }
}

impl Suspected {
    /// Another kind is sure at once, another name when so many in a row say so.
    fn after(&mut self, seen: Vec<Change>, shows: impl Fn(&str) -> bool) -> Vec<Change> {
        let is_sure = |change: &Change| matches!(change, Change::Retyped { .. });
        let (sure, unsure): (Vec<Change>, Vec<Change>) = seen.into_iter().partition(is_sure);
        let before = std::mem::take(&mut self.counted);
        let times = |change: &Change| {
            let known = before.iter().find(|(known, _)| known == change);
            known.map_or(1, |(_, times)| times + 1)
        };
        let told = unsure
            .into_iter()
            .filter(|change| !self.is_disproved(change));
        let mut counted: Vec<(Change, u32)> = told
            .map(|change| {
                let times = times(&change);
                (change, times)
            })
            .collect();
        let proved = counted.iter().filter(|(_, times)| *times >= IN_A_ROW);
        let proved: Vec<Change> = proved.map(|(change, _)| change.clone()).collect();
        // What this answer could not show stands as it stood.
        counted.extend(
            before
                .into_iter()
                .filter(|(change, _)| !shows(change.path())),
        );
        self.counted = counted;
        [sure, proved].concat()
    }

    fn is_disproved(&self, change: &Change) -> bool {
        let pair = (change.path().to_owned(), change.seen().to_owned());
        self.disproved.contains(&pair)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAY: &str = "GET /a";

    fn renamed(path: &str) -> Change {
        Change::Renamed {
            path: path.to_owned(),
            seen: "b".to_owned(),
        }
    }

    fn name() -> ResourceName {
        ResourceName::from_id("105001-000001").unwrap()
    }

    fn glance(changes: Vec<Change>, places: &[&str]) -> Glance {
        Glance {
            changes,
            places: places.iter().map(ToString::to_string).collect(),
            beside: Vec::new(),
        }
    }

    #[test]
    fn a_name_counts_as_changed_when_ten_answers_in_a_row_say_so() {
        let retyped = || {
            vec![Change::Retyped {
                path: "c".to_owned(),
                registered: "string".to_owned(),
                seen: "number".to_owned(),
            }]
        };
        let name = name();
        let mut suspicions = Suspicions::default();
        for _ in 1..IN_A_ROW {
            assert_eq!(suspicions.after(&name, WAY, vec![renamed("a")]), []);
        }
        // One answer as it was, and it begins anew; another method says nothing of this one.
        assert_eq!(suspicions.after(&name, WAY, Vec::new()), []);
        for _ in 1..IN_A_ROW {
            assert_eq!(suspicions.after(&name, WAY, vec![renamed("a")]), []);
            assert_eq!(suspicions.after(&name, "GET /b", Vec::new()), []);
        }
        let sure = suspicions.after(&name, WAY, vec![renamed("a")]);
        assert_eq!(sure, [renamed("a")]);
        assert_eq!(suspicions.after(&name, WAY, retyped()), retyped());
    }

    #[test]
    fn an_answer_that_could_not_show_a_place_ends_nothing() {
        let name = name();
        let mut suspicions = Suspicions::default();
        let mut look = |glance| suspicions.after_values(&name, "rows", glance);
        for _ in 1..IN_A_ROW {
            assert_eq!(look(glance(vec![renamed("a")], &["a"])), []);
            assert_eq!(look(glance(Vec::new(), &["z"])), []);
        }
        assert_eq!(look(glance(vec![renamed("a")], &["a"])), [renamed("a")]);
    }

    #[test]
    fn a_name_that_stood_beside_the_place_is_not_its_new_one() {
        let name = name();
        let mut suspicions = Suspicions::default();
        let both = Glance {
            beside: vec![("a".to_owned(), "b".to_owned())],
            ..glance(Vec::new(), &["a"])
        };
        suspicions.after_values(&name, "rows", both);
        for _ in 0..2 * IN_A_ROW {
            let told = glance(vec![renamed("a")], &["a"]);
            assert_eq!(suspicions.after_values(&name, "rows", told), []);
        }
    }
}
