//! What people give beside a document: on the command line, and in a file that names datasets.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use api::catalogue::v1::{Resource, ResourceItem};
use sheet::YES_NO;
use toml::{Table, Value};

use super::key::{Key, word};
use crate::Failure;
use crate::catalogue::words::TYPES;
use crate::input;

/// Most bytes of a file.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// What holds where a dataset does not say it, and what holds of one dataset whatever it says.
#[derive(Default)]
pub(super) struct Given {
    pub(super) default: Said,
    /// By the address of the dataset.
    pub(super) named: BTreeMap<String, Said>,
}

/// Some of what there is to say.
#[derive(Clone, Default)]
pub(super) struct Said {
    pub(super) resource: Resource,
    keys: BTreeSet<Key>,
}

impl Said {
    /// Whether this is among it.
    pub(super) fn says(&self, key: Key) -> bool {
        self.keys.contains(&key)
    }

    fn say(&mut self, key: Key, text: &str) -> Result<(), String> {
        key.read(text, &mut self.resource)?;
        self.keys.insert(key);
        Ok(())
    }
}

/// Reads all that is given. Of what is given twice for all datasets the command line counts.
///
/// # Errors
/// Everything that is wrong with it.
pub(super) fn read(file: Option<&Path>, options: &[(String, String)]) -> Result<Given, Failure> {
    let mut given = Given::default();
    let mut faults = Vec::new();
    if let Some(path) = file {
        given = of_file(&text(path)?, &mut faults)
            .map_err(|error| Failure::Message(format!("{}: {error}", path.display())))?;
        let place = path.display();
        faults = faults
            .iter()
            .map(|fault| format!("{place}: {fault}"))
            .collect();
    }
    for (word, text) in options {
        faults.extend(default(&mut given.default, word, text).err());
    }
    if faults.is_empty() {
        return Ok(given);
    }
    Err(Failure::Message(faults.join("\n")))
}

fn text(path: &Path) -> Result<String, Failure> {
    let bytes = input::read_at_most(path, MOST_BYTES)?;
    let refused = |why: &str| Failure::Message(format!("{} is {why}", path.display()));
    if bytes.len() > MOST_BYTES {
        return Err(refused("longer than 16 MiB"));
    }
    String::from_utf8(bytes).map_err(|_| refused("not UTF-8 text"))
}

fn default(into: &mut Said, word: &str, text: &str) -> Result<(), String> {
    let key = key(word)?;
    if !key.may_be_default() {
        return Err(format!(
            "{word} is of one dataset: give it in a file, under [dataset.\"IRI\"]"
        ));
    }
    if key == Key::Classification && text.contains(['/', '-']) && !text.trim().ends_with('-') {
        let text = "classification: of all datasets give the classification alone, as in 301001";
        return Err(text.to_owned());
    }
    into.say(key, text)
        .map_err(|fault| format!("{word}: {fault}"))
}

fn key(word: &str) -> Result<Key, String> {
    Key::of_word(word).ok_or_else(|| {
        let words: Vec<String> = Key::ALL.into_iter().map(Key::word).collect();
        format!("{word} is not known; give any of {}", words.join(", "))
    })
}

/// `[default]` and one `[dataset."IRI"]` for each dataset that is named.
fn of_file(text: &str, faults: &mut Vec<String>) -> Result<Given, toml::de::Error> {
    let mut given = Given::default();
    for (name, value) in text.parse::<Table>()? {
        match (name.as_str(), value) {
            ("default", Value::Table(table)) => {
                for (word, value) in table {
                    let text = plain(&value).ok_or_else(|| format!("{word}: not a plain value"));
                    let said = text.and_then(|text| default(&mut given.default, &word, &text));
                    faults.extend(said.err().map(|fault| format!("[default] {fault}")));
                }
            }
            ("dataset", Value::Table(datasets)) => {
                for (dataset, value) in datasets {
                    let said = of_dataset(&dataset, value, faults);
                    given.named.insert(dataset, said);
                }
            }
            (other, _) => faults.push(format!(
                "[{other}] is not known; write [default] and [dataset.\"IRI\"]"
            )),
        }
    }
    Ok(given)
}

fn of_dataset(dataset: &str, value: Value, faults: &mut Vec<String>) -> Said {
    let mut said = Said::default();
    let mut fault = |text: String| faults.push(format!("[dataset.\"{dataset}\"] {text}"));
    let Value::Table(table) = value else {
        fault("not a table of what holds of the dataset".to_owned());
        return said;
    };
    for (word, value) in table {
        let key = match key(&word) {
            Ok(key) => key,
            Err(text) => {
                fault(text);
                continue;
            }
        };
        match (key, &value) {
            (Key::Items, Value::Array(tables)) => {
                said.keys.insert(key);
                for (number, table) in tables.iter().enumerate() {
                    match item(table) {
                        Ok(item) => said.resource.items.push(item),
                        Err(text) => fault(format!("items[{number}]: {text}")),
                    }
                }
            }
            _ => match plain(&value).ok_or_else(|| "not a plain value".to_owned()) {
                Ok(text) => {
                    let said = said.say(key, &text);
                    said.unwrap_or_else(|text| fault(format!("{word}: {text}")));
                }
                Err(text) => fault(format!("{word}: {text}")),
            },
        }
    }
    said
}

/// A value as people would write it on the command line; lists with commas.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Boolean(flag) => Some(flag.to_string()),
        Value::Array(values) => {
            let texts: Option<Vec<String>> = values.iter().map(plain).collect();
            Some(texts?.join(","))
        }
        Value::Float(_) | Value::Datetime(_) | Value::Table(_) => None,
    }
}

fn item(value: &Value) -> Result<ResourceItem, String> {
    let table = value
        .as_table()
        .ok_or("not a table of key, title and data-type")?;
    let mut item = ResourceItem::default();
    for (name, value) in table {
        let text = plain(value).ok_or_else(|| format!("{name}: not a plain value"))?;
        let of_name = |fault: String| format!("{name}: {fault}");
        match name.as_str() {
            "key" => item.key = text,
            "title" => item.title = text,
            "data-type" => word(&text, TYPES)
                .map_err(of_name)?
                .clone_into(&mut item.data_type),
            "length" => {
                let bad = |_| format!("length: “{text}” is no number");
                item.length = text.parse().map_err(bad)?;
            }
            "sensitive" => item.sensitive = word(&text, YES_NO).map_err(of_name)?,
            "personal" => item.personal = word(&text, YES_NO).map_err(of_name)?,
            other => {
                return Err(format!(
                    "{other} is not known; give key, title, data-type, length, sensitive and personal"
                ));
            }
        }
    }
    Ok(item)
}

#[cfg(test)]
mod tests {
    use api::catalogue::v1::ShareType;

    use super::*;

    fn of(text: &str) -> (Given, Vec<String>) {
        let mut faults = Vec::new();
        let given = of_file(text, &mut faults);
        (given.unwrap_or_else(|error| panic!("{error}")), faults)
    }

    #[test]
    fn a_file_names_datasets_and_says_what_holds_for_all() {
        let (given, faults) = of(r#"
            [default]
            share-type = "unconditional"
            update-cycle = 4
            open = true
            share-modes = ["file", "api"]
            [dataset."http://x.example/d"]
            title = "道路"
            classification = "314001/000002"
            [[dataset."http://x.example/d".items]]
            key = "length_km"
            title = "长度"
            data-type = "B"
            length = 8
        "#);
        assert_eq!(faults, [""; 0]);
        let default = &given.default.resource;
        assert_eq!(
            (default.share_type(), default.update_cycle, default.open),
            (ShareType::Unconditional, 4, true)
        );
        assert_eq!(default.share_modes, [2, 3]);
        let named = &given.named["http://x.example/d"];
        assert_eq!(named.resource.name, "resources/314001-000002");
        assert_eq!(named.resource.items[0].length, 8);
        assert!(named.says(Key::Items) && !named.says(Key::Open));
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let (_, faults) = of(r#"
            [default]
            title = "all the same"
            classification = "314001/000001"
            share-type = "perhaps"
            [dataset.d]
            colour = "red"
            data-grade = 9
            open = 1.5
            [[dataset.d.items]]
            name = "x"
            [[dataset.d.items]]
            data-type = "Z"
            [[dataset.d.items]]
            length = "long"
            [others]
        "#);
        assert_eq!(faults.len(), 10, "{faults:#?}");
        let options = [("share-type", "no idea"), ("name", "x")];
        let options = options.map(|(key, value)| (key.to_owned(), value.to_owned()));
        match read(None, &options) {
            Err(Failure::Message(text)) => assert_eq!(text.lines().count(), 2, "{text}"),
            _ => panic!("what is wrong was taken"),
        }
    }
}
