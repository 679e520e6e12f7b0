//! Minimisation: what of a provider's answer may leave, and nothing else.

use crate::item::{ItemKey, ItemValue};
use crate::policy::Permit;
use crate::subject::PseudonymKey;

/// Values that may leave. Only [`release`] makes one, so an answer cannot be sent uncut.
#[derive(Clone, Debug)]
pub struct Release {
    values: Vec<ItemValue>,
}

impl Release {
    /// The values, in the order of the permit's items.
    pub fn into_values(self) -> Vec<ItemValue> {
        self.values
    }

    /// The keys of the values.
    pub fn keys(&self) -> impl Iterator<Item = &ItemKey> {
        self.values.iter().map(|value| &value.key)
    }

    /// A keyed hash of everything released, for the outcome entry.
    pub fn digest(&self, key: &PseudonymKey) -> String {
        let parts: Vec<Vec<u8>> = self
            .values
            .iter()
            .flat_map(ItemValue::digest_parts)
            .collect();
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        key.digest("release", &parts)
    }
}

/// The provider's answer breaks the contract of the resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadAnswer {
    /// In one sentence, without a value.
    pub message: String,
}

/// Cuts an answer to the permit: items that are not permitted are dropped, the others are checked
/// against their data type and put in the permit's order. An item without a value is left out.
///
/// # Errors
/// [`BadAnswer`] when an item stands twice or a value is not of its item's type.
pub fn release(permit: &Permit, mut answer: Vec<ItemValue>) -> Result<Release, BadAnswer> {
    let mut values = Vec::with_capacity(permit.items().len());
    for key in permit.items() {
        let Some(place) = answer.iter().position(|value| &value.key == key) else {
            continue;
        };
        let found = answer.swap_remove(place);
        if answer.iter().any(|value| &value.key == key) {
            return Err(BadAnswer {
                message: format!("item {key} stands twice"),
            });
        }
        let admitted = permit
            .resource()
            .item(key)
            .is_some_and(|item| item.data_type.admits(&found.value));
        if !admitted {
            let message = format!("the value of item {key} is not of its data type");
            return Err(BadAnswer { message });
        }
        values.push(found);
    }
    Ok(Release { values })
}

impl ItemValue {
    fn digest_parts(&self) -> [Vec<u8>; 2] {
        use crate::item::Value;
        let value = match &self.value {
            Value::Text(text) => format!("C{text}"),
            Value::Integer(number) => format!("I{number}"),
            Value::Decimal(text) => format!("N{text}"),
            Value::Logical(yes) => format!("L{yes}"),
            Value::Date(text) => format!("D{text}"),
            Value::Time(text) => format!("T{text}"),
        };
        [self.key.as_str().as_bytes().to_vec(), value.into_bytes()]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::item::Value;
    use crate::policy::Decision;
    use crate::test_world::{GRANTED, WITHHELD, World, keys};

    fn permit(items: &[&str]) -> Permit {
        let mut world = World::good();
        world.ask.items = keys(items);
        match world.decide() {
            Decision::Permit(permit) => *permit,
            Decision::Refusal(refusal) => panic!("refused by {}", refusal.rule()),
        }
    }

    fn value(key: &str) -> ItemValue {
        let value = match key {
            "registration_date" => Value::Date("2020-05-20".to_owned()),
            "children" => Value::Integer(2),
            _ => Value::Text("J430502-2020-000123".to_owned()),
        };
        ItemValue {
            key: ItemKey::parse(key).unwrap(),
            value,
        }
    }

    fn released(items: &[&str], answer: &[&str]) -> Vec<String> {
        let answer = answer.iter().map(|key| value(key)).collect();
        release(&permit(items), answer)
            .unwrap()
            .keys()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn only_permitted_items_leave_and_in_the_order_of_the_permit() {
        let [number, date, children] = GRANTED;
        assert_eq!(
            released(&GRANTED, &[WITHHELD, children, date, number, "invented"]),
            GRANTED
        );
        assert_eq!(
            released(&[children, number], &[number, date, children]),
            [children, number]
        );
        assert_eq!(released(&[number], &[WITHHELD, date]), Vec::<String>::new());
        assert_eq!(released(&GRANTED, &[date]), [date]);
    }

    #[test]
    fn an_item_that_stands_twice_spoils_the_answer() {
        let [number, date, _] = GRANTED;
        let answer = [number, date, number].map(value).to_vec();
        let bad = release(&permit(&GRANTED), answer).unwrap_err();
        assert!(bad.message.contains("twice"), "{}", bad.message);
        // Nobody asked for the other one, so it cannot be mistaken for it either.
        assert_eq!(released(&[date], &[number, date, number]), [date]);
    }

    #[test]
    fn a_value_of_another_type_spoils_the_answer_and_is_not_repeated() {
        for (key, wrong) in [
            ("children", Value::Text("两个".to_owned())),
            ("children", Value::Decimal("2.0".to_owned())),
            (
                "registration_date",
                Value::Time("2020-05-20T00:00:00Z".to_owned()),
            ),
            ("registration_number", Value::Integer(20_200_520)),
        ] {
            let answer = vec![ItemValue {
                key: ItemKey::parse(key).unwrap(),
                value: wrong,
            }];
            let bad = release(&permit(&GRANTED), answer).unwrap_err();
            assert_eq!(
                bad.message,
                format!("the value of item {key} is not of its data type")
            );
        }
    }

    #[test]
    fn a_withheld_item_of_a_wrong_type_is_dropped_unread() {
        let withheld = ItemValue {
            key: keys(&[WITHHELD]).remove(0),
            value: Value::Logical(true),
        };
        let release = release(&permit(&GRANTED), vec![withheld]).unwrap();
        assert_eq!(release.into_values(), []);
    }

    #[test]
    fn the_digest_tells_apart_what_was_released() {
        let key = PseudonymKey::new([7; 32]);
        let digest =
            |values: Vec<ItemValue>| release(&permit(&GRANTED), values).unwrap().digest(&key);
        let both = digest(vec![value("children"), value("registration_date")]);
        assert_eq!(
            both,
            digest(vec![value("registration_date"), value("children")])
        );
        let mut other = value("children");
        other.value = Value::Integer(3);
        assert_ne!(both, digest(vec![other, value("registration_date")]));
        assert_ne!(both, digest(vec![value("children")]));
    }

    proptest! {
        #[test]
        fn nothing_outside_of_the_permit_is_ever_released(
            asked in proptest::sample::subsequence(GRANTED.to_vec(), 1..=3).prop_shuffle(),
            answer in proptest::collection::vec(
                proptest::sample::select(vec![GRANTED[0], GRANTED[1], GRANTED[2], WITHHELD, "invented"]),
                0..8,
            ),
        ) {
            let values: Vec<ItemValue> = answer.iter().map(|key| value(key)).collect();
            let times = |key: &str| answer.iter().filter(|other| **other == key).count();
            match release(&permit(&asked), values) {
                Ok(release) => {
                    let left: Vec<&str> = release.keys().map(ItemKey::as_str).collect();
                    let expected: Vec<&str> =
                        asked.iter().copied().filter(|key| times(key) == 1).collect();
                    prop_assert_eq!(left, expected);
                }
                Err(_) => prop_assert!(asked.iter().any(|key| times(key) > 1)),
            }
        }
    }
}
