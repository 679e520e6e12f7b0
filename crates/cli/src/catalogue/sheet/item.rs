//! One item of an entry, from its own row.

use api::catalogue::v1::ResourceItem;
use sheet::{Field, Row, YES_NO};

use crate::catalogue::words::TYPES;
use crate::sheets::finding::Wrong;
use crate::sheets::read::Reader;

/// Reads the item of a row. What is at fault is replaced by a value that the gateway takes.
pub(super) fn read<'t>(
    row: Row<'t>,
    number: usize,
    known: &[ResourceItem],
) -> (ResourceItem, Reader<'t>) {
    let mut reader = Reader::new(row, super::columns::source);
    let mut title = reader.required_text("item_title");
    let by_title = known.iter().find(|item| item.title == title);
    let key = reader.take("item_key", |field| match field.code()? {
        Some(key) => Ok(key),
        // The key that an item of this title has already, before one that would be made anew.
        None => by_title
            .map(|item| item.key.clone())
            .or_else(|| made(&title))
            .ok_or_else(|| {
                let text = "必填：用小写字母、数字、下划线写出信息项标识，如 holder_name";
                Wrong::new("REQUIRED", text)
            }),
    });
    if title.is_empty() {
        title = format!("信息项{number}");
    }
    let key = key.unwrap_or_else(|| format!("item_{number}"));
    let before = known.iter().find(|item| item.key == key);
    let mut item = ResourceItem {
        key,
        title,
        ..before.cloned().unwrap_or_default()
    };
    let data_type = reader.word("item_data_type", TYPES);
    data_type.unwrap_or("C").clone_into(&mut item.data_type);
    if reader.has("item_length") {
        let length = reader.take("item_length", length);
        item.length = length.unwrap_or_default();
    }
    for (key, flag) in [
        ("item_sensitive", &mut item.sensitive),
        ("item_personal", &mut item.personal),
    ] {
        if reader.has(key) {
            let read = reader.take(key, |field| Ok(field.choice(YES_NO)?));
            *flag = read.flatten().unwrap_or_default();
        }
    }
    (item, reader)
}

fn length(field: &Field<'_>) -> Result<i32, Wrong> {
    let number = field.number()?.unwrap_or_default();
    i32::try_from(number).map_err(|_| Wrong::new("OUT_OF_RANGE", "数据长度超出范围"))
}

/// The key of an item whose name is English already.
fn made(title: &str) -> Option<String> {
    if title.is_empty() || !title.is_ascii() {
        return None;
    }
    let title = title.to_ascii_lowercase();
    let words = title.split(|char: char| !char.is_ascii_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    (!words.is_empty()).then(|| words.join("_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_made_of_english_names_alone() {
        assert_eq!(made("Holder Name").as_deref(), Some("holder_name"));
        assert_eq!(made("ID-number").as_deref(), Some("id_number"));
        for none in ["持证人", "", "--", "姓名 name"] {
            assert_eq!(made(none), None, "{none}");
        }
    }
}
