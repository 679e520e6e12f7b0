//! What is wrong with a dataset, by its address and property, and how it is told.

use std::io::Write;

use api::error::v1::FieldFault;
use dcat::Lack;

use super::key::Key;
use crate::output::{Format, Output, Table};
use crate::sheets::finding::index;
use crate::{Ending, Failure};

/// Something wrong with a dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The address of the dataset.
    dataset: String,
    /// The field of the entry, for example `items[3].key`.
    pub(super) field: String,
    code: String,
    /// What is wrong and what to do.
    message: String,
    /// Where the rule stands; empty for plain form.
    source: String,
}

impl Fault {
    pub(super) fn new(dataset: &str, field: &str, code: &str, message: String) -> Self {
        Self {
            dataset: dataset.to_owned(),
            field: field.to_owned(),
            code: code.to_owned(),
            message,
            source: String::new(),
        }
    }

    /// What neither the dataset nor anybody says.
    pub(super) fn lacking(dataset: &str, lack: &Lack) -> Self {
        let given = Key::of_field(&lack.field).map(|key| {
            let word = key.word();
            if key.may_be_default() {
                format!("; give it by --default {word}=… or as {word} in the file of --given")
            } else {
                format!("; give it as {word} under [dataset.\"{dataset}\"] in the file of --given")
            }
        });
        let message = format!("{}{}", lack.message, given.unwrap_or_default());
        Self::new(dataset, &lack.field, lack.code, message)
    }

    /// What the gateway found. `other` is the dataset that its words refer to, by index.
    pub(super) fn answered<'d>(
        dataset: &str,
        field: &str,
        fault: &FieldFault,
        other: impl Fn(usize) -> Option<&'d str>,
    ) -> Self {
        let named = index(&fault.message).and_then(|(at, _)| Some((at, other(at)?)));
        let message = match named {
            Some((at, other)) => fault.message.replace(&format!("resources[{at}]"), other),
            None => fault.message.clone(),
        };
        Self {
            source: fault.source.clone(),
            ..Self::new(dataset, field, &fault.code, message)
        }
    }

    /// The property of the dataset; the field itself where no graph says it.
    fn property(&self) -> String {
        let key = Key::of_field(&self.field);
        let property = key.map_or("", |key| key.field().1);
        if property.is_empty() {
            return self.field.clone();
        }
        let Some((number, part)) = index(&self.field).filter(|_| key == Some(Key::Items)) else {
            return property.to_owned();
        };
        let part = match part {
            "key" => "csvw:name",
            "title" => "csvw:title",
            "data_type" => "csvw:datatype",
            "length" => "csvw:maxLength",
            other => other,
        };
        format!("{property}[{number}]/{part}")
    }
}

/// Ends an import with everything that is wrong.
pub(super) fn refuse<W: Write>(
    faults: &[Fault],
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let mut table = Table::new(["DATASET", "PROPERTY", "CODE", "WHAT IS WRONG", "RULE"]);
    for fault in faults {
        match output.format() {
            Format::Json => output.json(&serde_json::json!({
                "kind": "fault", "dataset": fault.dataset, "property": fault.property(),
                "field": fault.field, "code": fault.code, "message": fault.message,
                "source": fault.source,
            }))?,
            Format::Table => table.push([
                fault.dataset.clone(),
                fault.property(),
                fault.code.clone(),
                fault.message.clone(),
                fault.source.clone(),
            ]),
        }
    }
    output.table(&table)?;
    crate::sheets::told::nothing_stored(faults.len(), output)?;
    Ok(Ending::Bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_told_by_the_property_that_a_catalogue_has_for_them() {
        for (field, property) in [
            ("update_cycle", "dct:accrualPeriodicity"),
            ("items", "csvw:column"),
            ("items[3].data_type", "csvw:column[3]/csvw:datatype"),
            ("related_resources[0]", "dct:relation"),
            ("share_type", "ns:shareType"),
            ("system", "system"),
        ] {
            let fault = Fault::new("a:d", field, "REQUIRED", String::new());
            assert_eq!(fault.property(), property);
        }
    }
}
