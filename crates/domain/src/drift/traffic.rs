//! Live traffic of values under names: certificates, rows, the metadata of libraries.

use super::{CHANGES, Change, PATHS, Shape, new_beside, of_values, renamed};
use crate::item::ItemValue;
use crate::resource::Resource;

/// What a look at an answer shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Glance {
    /// Where it differs: a value of another type, a place that seems to have another name.
    pub changes: Vec<Change>,
    /// The places that it could show; of others it says nothing.
    pub places: Vec<String>,
    /// New names that stand beside a place with a value: they are not what that place is called now.
    pub beside: Vec<(String, String)>,
}

/// Values that are of another type than their items.
pub fn in_traffic<'a>(
    resource: &Resource,
    values: impl IntoIterator<Item = &'a ItemValue>,
) -> Glance {
    let mut changes = of_values(resource, values);
    changes.retain(|change| matches!(change, Change::Retyped { .. }));
    Glance {
        changes,
        ..Glance::default()
    }
}

impl Glance {
    /// Holds names against those of an answer in which every place had a value. That a place is empty alone says nothing,
    /// it may have no value: empty beside a name that did not stand there before, it was renamed. Where several such
    /// names came, nobody knows.
    #[must_use]
    pub fn with_names<'a>(
        mut self,
        places: impl Iterator<Item = &'a str>,
        seen: &Shape,
        before: &Shape,
    ) -> Self {
        for path in places.filter(|path| before.holds(path)).take(PATHS) {
            self.places.push(path.to_owned());
            if seen.holds(path) {
                let new = new_beside(path, seen, before).map(|(name, _)| name.to_owned());
                let new = new.take(CHANGES.saturating_sub(self.beside.len()));
                self.beside.extend(new.map(|name| (path.to_owned(), name)));
                continue;
            }
            let change = renamed(path, seen, before);
            let change = change.filter(|change| matches!(change, Change::Renamed { .. }));
            self.changes.extend(change);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::shape_of_values;
    use crate::item::{ItemKey, Value};
    use crate::test_world::marriages;

    fn value(key: &str, value: Value) -> ItemValue {
        let key = ItemKey::parse(key).unwrap();
        ItemValue { key, value }
    }

    fn text(key: &str) -> ItemValue {
        value(key, Value::Text("synthetic".to_owned()))
    }

    #[test]
    fn an_empty_place_beside_one_new_name_of_its_kind_was_renamed() {
        // What came with the good answer is nothing new, whatever it is.
        let before = shape_of_values(&[text("one"), text("other"), text("remark")]);
        let one_renamed = "one seems to be called title now";
        for (case, answer, expected) in [
            ("all there", vec![text("one"), text("other")], ""),
            ("absent alone", vec![text("other")], ""),
            (
                "absent, and what came before",
                vec![text("other"), text("remark")],
                "",
            ),
            (
                "more than was asked",
                vec![text("one"), text("other"), text("more")],
                "",
            ),
            ("renamed", vec![text("other"), text("title")], one_renamed),
            (
                "of another kind",
                vec![text("other"), value("title", Value::Integer(1))],
                "",
            ),
            ("two names", vec![text("other"), text("a"), text("b")], ""),
            (
                "a name that could be data",
                vec![text("other"), text("x430502190001")],
                "",
            ),
            (
                "a new name beside one that could be data",
                vec![text("other"), text("x430502190001"), text("title")],
                one_renamed,
            ),
        ] {
            let seen = shape_of_values(&answer);
            let places = ["one", "other", "unknown"].into_iter();
            let glance = Glance::default().with_names(places, &seen, &before);
            let told: Vec<String> = glance.changes.iter().map(ToString::to_string).collect();
            assert_eq!(told.join("; "), expected, "{case}");
            assert_eq!(glance.places, ["one", "other"], "{case}");
        }
    }

    #[test]
    fn a_new_name_beside_a_value_is_not_its_new_name() {
        let before = shape_of_values(&[text("one"), text("other")]);
        let seen = shape_of_values(&[text("one"), text("more")]);
        let glance = Glance::default().with_names(["one", "other"].into_iter(), &seen, &before);
        let beside = ("one".to_owned(), "more".to_owned());
        assert_eq!(glance.beside, [beside]);
        assert_eq!(glance.changes.len(), 1, "of the other it may be");
    }

    #[test]
    fn without_a_good_answer_only_types_are_told() {
        let resource = marriages("105001-000001");
        let key = resource.items[0].key.as_str();
        assert_eq!(in_traffic(&resource, &[text("title")]), Glance::default());
        let glance = in_traffic(&resource, &[value(key, Value::Logical(true))]);
        assert!(
            matches!(glance.changes.as_slice(), [Change::Retyped { .. }]),
            "{glance:?}"
        );
    }
}
