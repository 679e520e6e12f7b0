//! Operations: how a resource is reached in API mode, and where its items stand in the answers.

use serde::{Deserialize, Serialize};

use crate::fault::{Cause, Faults};
use crate::http_api::{Answers, Document};
use crate::interface::{Descriptors, Method, MethodPath};
use crate::item::{Item, ItemKey};
use crate::mask::{FieldPath, Mask};
use crate::name::InterfaceId;

/// How a resource is reached in API mode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Api {
    /// The interface that describes the methods.
    pub interface: InterfaceId,
    /// The methods through which the resource is reached.
    pub operations: Vec<Operation>,
}

/// One method of a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// The method.
    pub method: MethodPath,
    /// Where the items stand in its answer. An item may stand in several places, a place belongs to
    /// one item.
    pub fields: Vec<ItemField>,
    /// What leaves under every grant: page tokens, counts, and other parts that hold no item.
    pub structure: Vec<FieldPath>,
}

/// One place of one item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemField {
    /// The item.
    pub item: ItemKey,
    /// The place.
    pub path: FieldPath,
}

impl Operation {
    /// The mask of these items.
    ///
    /// # Errors
    /// `UNKNOWN_FIELD`; never for an operation without faults.
    pub fn mask(&self, method: &Method, items: &[ItemKey]) -> Result<Mask, Cause> {
        let granted = self
            .fields
            .iter()
            .filter(|field| items.contains(&field.item));
        let paths = granted.map(|field| &field.path).chain(&self.structure);
        method.mask(paths)
    }
}

impl Api {
    /// Checks it against the items of the resource and the described methods.
    pub fn check(&self, items: &[Item], descriptors: &Descriptors, faults: &mut Faults) {
        if self.operations.is_empty() || self.operations.len() > 64 {
            faults.add(
                "resource.api.operations",
                "REQUIRED",
                "give 1 to 64 operations",
            );
        }
        let document = descriptors.binding_document();
        let mut answers = document.as_ref().map(Document::answers);
        for (index, operation) in self.operations.iter().enumerate() {
            let at = format!("resource.api.operations[{index}]");
            let earlier = self.operations.iter().take(index);
            if earlier
                .clone()
                .any(|other| other.method == operation.method)
            {
                let text = format!("{} stands twice", operation.method);
                faults.add(&format!("{at}.method"), "DUPLICATE", text);
            }
            if let Some(method) = descriptors.method(&operation.method) {
                operation.check(&at, items, &method, answers.as_mut(), faults);
            } else {
                let own = operation.method.as_str();
                let mut left_out = descriptors.left_out().iter();
                let text = match left_out.find(|left| left.method == own) {
                    Some(left) => format!("{own} cannot be called: {}", left.why),
                    None => format!("{} does not describe {own}", self.interface),
                };
                faults.add(&format!("{at}.method"), "UNKNOWN_METHOD", text);
            }
        }
        for item in items {
            let bound = |operation: &Operation| operation.fields.iter().any(|f| f.item == item.key);
            if !self.operations.iter().any(bound) {
                let text = format!("no operation says where item {} stands", item.key);
                faults.add("resource.api.operations", "ITEM_NOT_BOUND", text);
            }
        }
    }
}

impl Operation {
    fn check(
        &self,
        at: &str,
        items: &[Item],
        method: &Method,
        mut answers: Option<&mut Answers<'_>>,
        faults: &mut Faults,
    ) {
        for (index, field) in self.fields.iter().enumerate() {
            let at = format!("{at}.fields[{index}]");
            if !items.iter().any(|item| item.key == field.item) {
                let text = format!("the resource has no item {}", field.item);
                faults.add(&format!("{at}.item"), "UNKNOWN_ITEM", text);
            }
            let led = method.leads(&field.path, answers.as_deref_mut());
            faults.check(&format!("{at}.path"), led);
            let overlaps = |other: &FieldPath| overlap(other, &field.path);
            let others = self.fields.iter().take(index).map(|f| &f.path);
            if others.chain(&self.structure).any(overlaps) {
                let text = format!("{} lies in a place that is named already", field.path);
                faults.add(&format!("{at}.path"), "PLACE_TAKEN", text);
            }
        }
        for (index, path) in self.structure.iter().enumerate() {
            let led = method.leads(path, answers.as_deref_mut());
            faults.check(&format!("{at}.structure[{index}]"), led);
        }
    }
}

/// Whether one path leads into the other: then a grant of the one would give the other away.
fn overlap(one: &FieldPath, other: &FieldPath) -> bool {
    one.holds(other) || other.holds(one)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::{api, insurance, insured_items};

    type Change = Box<dyn FnOnce(&mut Api)>;

    /// Codes of the faults after one change of a good binding.
    fn faults(change: impl FnOnce(&mut Api)) -> Vec<String> {
        let mut api = api();
        change(&mut api);
        let mut faults = Faults::default();
        api.check(&insured_items(), &insurance(), &mut faults);
        faults
            .as_slice()
            .iter()
            .map(|fault| fault.code.clone())
            .collect()
    }

    #[test]
    fn each_fault_of_a_binding_is_named() {
        let path = |text: &str| FieldPath::parse(text).unwrap();
        let key = |text: &str| ItemKey::parse(text).unwrap();
        assert!(faults(|_| ()).is_empty());
        let cases: Vec<(&str, Change)> = vec![
            ("REQUIRED", Box::new(|api| api.operations.clear())),
            (
                "DUPLICATE",
                Box::new(|api| api.operations.push(api.operations[0].clone())),
            ),
            (
                "UNKNOWN_METHOD",
                Box::new(|api| {
                    api.operations[1].method = MethodPath::parse("/t.Insurance/Put").unwrap();
                }),
            ),
            (
                "UNKNOWN_ITEM",
                Box::new(move |api| api.operations[1].fields[0].item = key("nobody")),
            ),
            (
                "UNKNOWN_FIELD",
                Box::new(move |api| api.operations[1].fields[0].path = path("nowhere")),
            ),
            (
                "UNKNOWN_FIELD",
                Box::new(move |api| api.operations[0].structure.push(path("no"))),
            ),
            (
                "ITEM_NOT_BOUND",
                Box::new(|api| {
                    for operation in &mut api.operations {
                        operation
                            .fields
                            .retain(|field| field.item.as_str() != "base");
                    }
                }),
            ),
            (
                "PLACE_TAKEN",
                Box::new(|api| {
                    let twice = api.operations[0].fields[0].clone();
                    api.operations[0].fields.push(twice);
                }),
            ),
        ];
        for (code, change) in cases {
            assert!(faults(change).contains(&code.to_owned()), "{code}");
        }
        let into = |one: &str, other: &str| overlap(&path(one), &path(other));
        assert!(into("a.b", "a") && into("a", "a.b") && !into("a.b", "a.bc"));
    }

    #[test]
    fn the_mask_of_fewer_items_lets_less_out() {
        let api = api();
        let descriptors = insurance();
        let method = descriptors.method(&api.operations[0].method).unwrap();
        // name "A", base 7
        let whole = [0x0a, 1, b'A', 0x10, 7];
        for (items, expected) in [
            (vec!["name", "base"], whole.to_vec()),
            (vec!["base"], vec![0x10, 7]),
            (vec![], vec![]),
        ] {
            let items: Vec<ItemKey> = items
                .into_iter()
                .map(|i| ItemKey::parse(i).unwrap())
                .collect();
            let mut out = Vec::new();
            api.operations[0]
                .mask(&method, &items)
                .unwrap()
                .apply(&whole, &mut out)
                .unwrap();
            assert_eq!(out, expected);
        }
    }
}
