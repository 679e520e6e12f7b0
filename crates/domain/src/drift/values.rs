//! Rows and certificates: values under the keys of items.

use std::collections::BTreeSet;

use super::{Change, Shape, renamed};
use crate::item::{ItemKey, ItemValue, Value};
use crate::resource::Resource;

/// Where values differ from the items of the catalogue: a value of another type, and an item that none of them has.
/// More than the items may be sent: what nobody asked for is taken out on the way.
pub fn of_values<'a>(
    resource: &Resource,
    values: impl IntoIterator<Item = &'a ItemValue>,
) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut seen: BTreeSet<&ItemKey> = BTreeSet::new();
    for ItemValue { key, value } in values {
        seen.insert(key);
        let Some(item) = resource.item(key) else {
            continue;
        };
        let change = Change::Retyped {
            path: key.to_string(),
            registered: format!("data type {}", item.data_type.as_str()),
            seen: kind_of(value).to_owned(),
        };
        if !item.data_type.admits(value) && !changes.contains(&change) {
            changes.push(change);
        }
    }
    let missing = resource
        .items
        .iter()
        .filter(|item| !seen.contains(&item.key));
    changes.extend(missing.map(|item| Change::Missing {
        path: item.key.to_string(),
    }));
    changes
}

/// The shape of values: each key with the kind of what stands there.
pub fn shape_of_values<'a>(values: impl IntoIterator<Item = &'a ItemValue>) -> Shape {
    let mut shape = Shape::default();
    for ItemValue { key, value } in values {
        shape.note(key.as_str(), kind_of(value));
    }
    shape
}

/// The same for values of live traffic. That an item is absent says nothing there, it may have no value: absent beside
/// a name that did not stand in an answer in which every item had one (`before`), it was renamed. `beyond` is what
/// came beside the values.
pub fn in_traffic<'a>(
    resource: &Resource,
    asked: &[ItemKey],
    values: impl IntoIterator<Item = &'a ItemValue> + Clone,
    beyond: &Shape,
    before: Option<&Shape>,
) -> Vec<Change> {
    let mut seen = shape_of_values(values.clone());
    seen.extend(beyond);
    let mut changes = of_values(resource, values);
    changes.retain(|change| matches!(change, Change::Retyped { .. }));
    let Some(before) = before else {
        return changes;
    };
    let absent = asked.iter().map(ItemKey::as_str);
    let absent = absent.filter(|key| before.holds(key) && !seen.holds(key));
    changes.extend(absent.filter_map(|key| renamed(key, &seen, before)));
    changes
}

/// The kind of a value, in words.
pub fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Text(_) => "text",
        Value::Integer(_) => "a whole number",
        Value::Decimal(_) => "a decimal number",
        Value::Logical(_) => "true or false",
        Value::Date(_) => "a day",
        Value::Time(_) => "a moment",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::marriages;

    fn value(key: &str, value: Value) -> ItemValue {
        let key = ItemKey::parse(key).unwrap();
        ItemValue { key, value }
    }

    fn text(key: &str) -> ItemValue {
        value(key, Value::Text("synthetic".to_owned()))
    }

    #[test]
    fn an_absent_item_beside_a_new_name_of_its_kind_was_renamed() {
        let resource = marriages("105001-000001");
        let keys: Vec<ItemKey> = resource.items.iter().map(|item| item.key.clone()).collect();
        let (one, other) = (keys[0].as_str(), keys[3].as_str());
        // What came with the good answer is nothing new, whatever it is.
        let before = shape_of_values(&[text(one), text(other), text("remark")]);
        let asked = &[keys[0].clone(), keys[3].clone()];
        let renamed = format!("{one} seems to be called title now");
        let unsure = format!("{one} is registered and not served");
        for (case, answer, expected) in [
            ("all there", vec![text(one), text(other)], ""),
            ("absent alone", vec![text(other)], ""),
            (
                "absent, and what came before",
                vec![text(other), text("remark")],
                "",
            ),
            (
                "more than was asked",
                vec![text(one), text(other), text("more")],
                "",
            ),
            ("renamed", vec![text(other), text("title")], &*renamed),
            (
                "of another kind",
                vec![text(other), value("title", Value::Integer(1))],
                "",
            ),
            (
                "two names",
                vec![text(other), text("a"), text("b")],
                &*unsure,
            ),
            (
                "a name that could be data",
                vec![text(other), text("x430502190001")],
                &*unsure,
            ),
        ] {
            let told = |beyond: &Shape, answer: &[ItemValue]| {
                let changes = in_traffic(&resource, asked, answer, beyond, Some(&before));
                let told: Vec<String> = changes.iter().map(ToString::to_string).collect();
                told.join("; ")
            };
            assert_eq!(told(&Shape::default(), &answer), expected, "{case}");
            // The same where what was not asked for came apart.
            let (of_items, others): (Vec<ItemValue>, Vec<ItemValue>) = answer
                .into_iter()
                .partition(|value| asked.contains(&value.key));
            assert_eq!(
                told(&shape_of_values(&others), &of_items),
                expected,
                "{case}"
            );
        }
    }

    #[test]
    fn without_a_good_answer_only_types_are_told() {
        let resource = marriages("105001-000001");
        let key = resource.items[0].key.clone();
        let asked = std::slice::from_ref(&key);
        let nothing = Shape::default();
        let other = [text("title")];
        assert_eq!(in_traffic(&resource, asked, &other, &nothing, None), []);
        let wrong = [ItemValue {
            key: key.clone(),
            value: Value::Logical(true),
        }];
        let changes = in_traffic(&resource, asked, &wrong, &nothing, None);
        assert!(
            matches!(changes.as_slice(), [Change::Retyped { .. }]),
            "{changes:?}"
        );
    }
}
