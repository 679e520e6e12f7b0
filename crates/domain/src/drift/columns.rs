//! Files of values between commas: the titles of their columns. Of a column without an item its place is told and not
//! its title: in a file without titles that would be a value of its first row.

use super::{COLUMN, Change};
use crate::item::ItemKey;
use crate::resource::Resource;

/// Where the columns of a file differ from the items that it was said to hold: an item without a column, and a column
/// without an item, which would leave with the file although nobody may have been granted it. A column is called by
/// the key of its item or by its title.
pub fn of_columns(resource: &Resource, items: &[ItemKey], columns: &[&str]) -> Vec<Change> {
    let is_of = |column: &str, key: &ItemKey| {
        let titled = resource.item(key).is_some_and(|item| item.title == column);
        titled || key.as_str().eq_ignore_ascii_case(column)
    };
    let missing = items
        .iter()
        .filter(|key| !columns.iter().any(|column| is_of(column, key)));
    let mut changes: Vec<Change> = missing
        .map(|key| Change::Missing {
            path: format!("{COLUMN}{key}"),
        })
        .collect();
    if changes.len() == items.len() {
        // It has no titles: the places of values say nothing more.
        return changes;
    }
    let beyond = columns.iter().enumerate().filter(|(place, column)| {
        let mut earlier = columns.iter().take(*place);
        !items.iter().any(|key| is_of(column, key)) || earlier.any(|other| other == *column)
    });
    changes.extend(beyond.map(|(place, _)| Change::Added {
        path: format!("{COLUMN}{}", place + 1),
    }));
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::marriages;

    #[test]
    fn columns_are_known_by_key_or_title_and_no_title_of_theirs_is_told() {
        let resource = marriages("105001-000001");
        let items: Vec<ItemKey> = resource
            .items
            .iter()
            .take(2)
            .map(|item| item.key.clone())
            .collect();
        let (one, other) = (&resource.items[0], &resource.items[1]);
        let keys = [one.key.as_str(), other.key.as_str()];
        let missing = |key: &ItemKey| Change::Missing {
            path: format!("column {key}"),
        };
        let added = |place: usize| Change::Added {
            path: format!("column {place}"),
        };
        for (case, columns, wanted) in [
            ("keys", keys.to_vec(), vec![]),
            (
                "titles",
                vec![one.title.as_str(), other.title.as_str()],
                vec![],
            ),
            ("another order", vec![keys[1], one.title.as_str()], vec![]),
            ("one lacks", vec![keys[0]], vec![missing(&other.key)]),
            ("one more", vec![keys[0], "王小明", keys[1]], vec![added(2)]),
            ("one twice", vec![keys[0], keys[1], keys[1]], vec![added(3)]),
            (
                "no titles",
                vec!["王小明", "1900-01-01"],
                vec![missing(&one.key), missing(&other.key)],
            ),
        ] {
            assert_eq!(of_columns(&resource, &items, &columns), wanted, "{case}");
        }
    }
}
