//! Verification: what a certificate says to claimed values, without telling its own.

use crate::fault::Cause;
use crate::filter::order;
use crate::item::{ItemKey, ItemValue};
use crate::policy::Permit;
use crate::release::BadAnswer;
use crate::resource::Resource;

/// The most claimed values of one verification; with each item once, they bound what one call can
/// guess. Assumed: no published limit is known.
pub const MOST: usize = 16;

/// Claimed values: 1 to [`MOST`], each item once.
#[derive(Clone, Debug)]
pub struct Claimed(Vec<ItemValue>);

/// What the certificate says to one claimed value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It has this value.
    Matches,
    /// It has another one.
    Differs,
    /// It has no value of this item.
    Absent,
}

impl Claimed {
    /// Takes the values.
    ///
    /// # Errors
    /// `REQUIRED`, `TOO_MANY` or `DUPLICATE`; never a value.
    pub fn new(values: Vec<ItemValue>) -> Result<Self, Cause> {
        if values.is_empty() {
            return Err(Cause::new("REQUIRED", "claim at least one value"));
        }
        if values.len() > MOST {
            return Err(Cause::new("TOO_MANY", format!("at most {MOST} values")));
        }
        for (place, value) in values.iter().enumerate() {
            if values
                .iter()
                .take(place)
                .any(|other| other.key == value.key)
            {
                let message = format!("{} stands twice", value.key);
                return Err(Cause::new("DUPLICATE", message));
            }
        }
        Ok(Self(values))
    }

    /// The claimed items, in the order given.
    pub fn keys(&self) -> Vec<ItemKey> {
        self.0.iter().map(|value| value.key.clone()).collect()
    }

    /// Whether each value is of its item's data type.
    ///
    /// # Errors
    /// `WRONG_TYPE` with the place of the value, for each that is not.
    pub fn check(&self, resource: &Resource) -> Result<(), Vec<(usize, Cause)>> {
        let faults: Vec<_> = self
            .0
            .iter()
            .enumerate()
            .filter(|(_, value)| !admitted(resource, value))
            .map(|(place, value)| {
                let message = format!("the value of item {} is not of its data type", value.key);
                (place, Cause::new("WRONG_TYPE", message))
            })
            .collect();
        if faults.is_empty() {
            Ok(())
        } else {
            Err(faults)
        }
    }
}

/// Compares. Text must be the same character for character, since a name that merely looks alike
/// is another name; numbers, days and moments must mean the same. The certificate's values end here.
///
/// # Errors
/// [`BadAnswer`] when a compared item stands twice or is not of its data type.
pub fn verify(
    permit: &Permit,
    claimed: &Claimed,
    answer: &[ItemValue],
) -> Result<Vec<(ItemKey, Verdict)>, BadAnswer> {
    let judge = |wanted: &ItemValue| {
        let bad = |what: &str| BadAnswer {
            message: format!("item {} {what}", wanted.key),
        };
        if !permit.compared().contains(&wanted.key) {
            return Err(bad("may not be compared with"));
        }
        let mut found = answer.iter().filter(|value| value.key == wanted.key);
        let verdict = match (found.next(), found.next()) {
            (None, _) => Verdict::Absent,
            (Some(_), Some(_)) => return Err(bad("stands twice")),
            (Some(value), None) if !admitted(permit.resource(), value) => {
                return Err(bad("is not of its data type"));
            }
            (Some(value), None) => match order(&value.value, &wanted.value) {
                Some(order) if order.is_eq() => Verdict::Matches,
                _ => Verdict::Differs,
            },
        };
        Ok((wanted.key.clone(), verdict))
    };
    claimed.0.iter().map(judge).collect()
}

fn admitted(resource: &Resource, value: &ItemValue) -> bool {
    resource
        .item(&value.key)
        .is_some_and(|item| item.data_type.admits(&value.value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::FaultCause as _;
    use crate::item::{DataType, Value};
    use crate::policy::Decision;
    use crate::test_world::{GRANTED, World, keys};

    const KEY: &str = GRANTED[0];

    fn value(key: &str, value: Value) -> ItemValue {
        let key = ItemKey::parse(key).unwrap();
        ItemValue { key, value }
    }

    fn permit(data_type: DataType) -> Permit {
        let mut world = World::good();
        world.contents.resources[0].items[0].data_type = data_type;
        world.ask.compared = keys(&[KEY]);
        match world.decide() {
            Decision::Permit(permit) => permit.comparing_only(),
            Decision::Refusal(refusal) => panic!("refused by {}", refusal.rule()),
        }
    }

    fn claim(wanted: Value) -> Claimed {
        Claimed::new(vec![value(KEY, wanted)]).unwrap()
    }

    /// What is claimed, what the certificate holds, and what is said of it.
    const CASES: [(&str, DataType, &str, &str, Verdict); 18] = [
        (
            "same text",
            DataType::C,
            "测试甲",
            "测试甲",
            Verdict::Matches,
        ),
        (
            "other text",
            DataType::C,
            "测试乙",
            "测试甲",
            Verdict::Differs,
        ),
        ("another case", DataType::C, "j1", "J1", Verdict::Differs),
        ("a blank more", DataType::C, "J1 ", "J1", Verdict::Differs),
        (
            "composed otherwise",
            DataType::C,
            "e\u{301}",
            "é",
            Verdict::Differs,
        ),
        ("same whole number", DataType::I, "2", "2", Verdict::Matches),
        (
            "other whole number",
            DataType::I,
            "3",
            "2",
            Verdict::Differs,
        ),
        ("zeros behind", DataType::Y, "1.50", "1.5", Verdict::Matches),
        ("zeros before", DataType::Y, "001", "1.0", Verdict::Matches),
        ("one zero", DataType::Y, "-0", "0", Verdict::Matches),
        ("a last digit", DataType::Y, "1.51", "1.5", Verdict::Differs),
        ("a sign", DataType::Y, "-1.5", "1.5", Verdict::Differs),
        ("same answer", DataType::L, "true", "true", Verdict::Matches),
        (
            "other answer",
            DataType::L,
            "false",
            "true",
            Verdict::Differs,
        ),
        (
            "same day",
            DataType::D,
            "2022-02-22",
            "2022-02-22",
            Verdict::Matches,
        ),
        (
            "day before",
            DataType::D,
            "2022-02-21",
            "2022-02-22",
            Verdict::Differs,
        ),
        (
            "same moment elsewhere",
            DataType::T,
            "2022-05-12T09:30:00+08:00",
            "2022-05-12T01:30:00Z",
            Verdict::Matches,
        ),
        (
            "same clock elsewhere",
            DataType::T,
            "2022-05-12T09:30:00+08:00",
            "2022-05-12T09:30:00Z",
            Verdict::Differs,
        ),
    ];

    fn read(kind: DataType, text: &str) -> Value {
        match kind {
            DataType::I => Value::Integer(text.parse().unwrap()),
            DataType::L => Value::Logical(text.parse().unwrap()),
            DataType::D => Value::Date(text.to_owned()),
            DataType::T => Value::Time(text.to_owned()),
            DataType::N | DataType::Y | DataType::B | DataType::F => {
                Value::Decimal(text.to_owned())
            }
            DataType::C | DataType::M | DataType::G => Value::Text(text.to_owned()),
        }
    }

    #[test]
    fn values_are_compared_by_what_they_mean() {
        for (case, kind, claimed, held, verdict) in CASES {
            let answer = [value(KEY, read(kind, held))];
            let claimed = claim(read(kind, claimed));
            let verdicts = verify(&permit(kind), &claimed, &answer).unwrap();
            assert_eq!(verdicts, [(keys(&[KEY])[0].clone(), verdict)], "{case}");
        }
    }

    #[test]
    fn what_the_certificate_does_not_say_is_absent() {
        let claimed = claim(Value::Text("J1".to_owned()));
        let verdicts = verify(&permit(DataType::C), &claimed, &[]).unwrap();
        assert_eq!(verdicts, [(keys(&[KEY])[0].clone(), Verdict::Absent)]);
    }

    #[test]
    fn an_answer_that_breaks_the_contract_is_not_compared() {
        let claimed = claim(Value::Text("J1".to_owned()));
        let good = value(KEY, Value::Text("J1".to_owned()));
        for (case, answer) in [
            ("twice", vec![good.clone(), good]),
            ("mistyped", vec![value(KEY, Value::Integer(1))]),
        ] {
            assert!(
                verify(&permit(DataType::C), &claimed, &answer).is_err(),
                "{case}"
            );
        }
    }

    #[test]
    fn a_permit_that_compares_only_releases_nothing() {
        let answer = vec![value(KEY, Value::Text("J1".to_owned()))];
        let release = crate::release::release(&permit(DataType::C), answer).unwrap();
        assert!(release.into_values().is_empty());
    }

    #[test]
    fn claims_are_at_least_one_at_most_sixteen_and_each_item_once() {
        let some = |count: usize| {
            let each = |place| value(&format!("item_{place}"), Value::Integer(1));
            Claimed::new((0..count).map(each).collect())
        };
        assert!(some(1).is_ok() && some(MOST).is_ok());
        assert_eq!(some(0).unwrap_err().code(), "REQUIRED");
        assert_eq!(some(MOST + 1).unwrap_err().code(), "TOO_MANY");
        let twice = vec![value(KEY, Value::Integer(1)), value(KEY, Value::Integer(2))];
        assert_eq!(Claimed::new(twice).unwrap_err().code(), "DUPLICATE");
    }

    #[test]
    fn a_claimed_value_of_another_type_is_told_with_its_place() {
        let permit = permit(DataType::C);
        let faults = claim(Value::Integer(1))
            .check(permit.resource())
            .unwrap_err();
        let told: Vec<_> = faults
            .iter()
            .map(|(place, cause)| (*place, cause.code()))
            .collect();
        assert_eq!(told, [(0, "WRONG_TYPE")]);
        assert!(
            claim(Value::Text("J1".to_owned()))
                .check(permit.resource())
                .is_ok()
        );
    }
}
