//! How many corrections may be open.

use domain::correction::{Correction, Disputes, MOST_OF_RECORD, MOST_OPEN, MOST_WAYS};
use domain::item::ItemKey;
use domain::reason::Reason;

use crate::failure::Failure;

/// Whether one more may be open.
///
/// # Errors
/// `ALREADY_EXISTS` where the consumer disputes the record, `STATE_CONFLICT` where too many are open.
pub(super) fn must_have_room(new: &Correction, disputes: &Disputes) -> Result<(), Failure> {
    let of_record = disputes.of(&new.record);
    if let Some(own) = of_record.iter().find(|one| one.consumer == new.consumer) {
        let message = format!(
            "{} of {} disputes this record already; read it, or take it back first",
            own.correction, new.consumer
        );
        return Err(Failure::new(Reason::AlreadyExists, message));
    }
    let full = |message: String| Err(Failure::new(Reason::StateConflict, message));
    if of_record.len() >= MOST_OF_RECORD {
        return full(format!(
            "{MOST_OF_RECORD} systems dispute this record already; answers that hold it say so, and its provider has to \
             answer them"
        ));
    }
    if disputes.raised_by(&new.consumer) >= MOST_OPEN {
        return full(format!(
            "{MOST_OPEN} corrections of {} on {} are open; wait until some are closed, or take some back",
            new.consumer, new.resource
        ));
    }
    let mut ways = disputes.ways();
    let is_new = !new.named_by.is_empty() && ways.all(|way| way != new.named_by);
    if is_new && disputes.ways().len() >= MOST_WAYS {
        let ways = disputes.ways().map(|way| {
            let keys: Vec<&str> = way.iter().map(ItemKey::as_str).collect();
            keys.join("+")
        });
        let ways: Vec<String> = ways.collect();
        return full(format!(
            "rows of {} are named by {MOST_WAYS} choices of items already; name this one by one of them: {}",
            new.resource,
            ways.join(", ")
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use domain::application::Signed;
    use domain::clock::Clock;
    use domain::correction::{CorrectionState, Record};
    use domain::name::{CorrectionName, ResourceName, SystemName};
    use domain::snapshot::{Contents, Snapshot};
    use domain::subject::PseudonymKey;

    use super::*;

    /// The correction of a number, of one of some systems, of a row by the values of some items.
    fn correction(number: usize, consumer: usize, values: &[(&str, usize)]) -> Correction {
        let resource = ResourceName::from_id("105001-000001").unwrap();
        let consumer = SystemName::from_id(&format!("system-{consumer}")).unwrap();
        let value =
            |(key, value): &(&str, usize)| (ItemKey::parse(key).unwrap(), value.to_string());
        let record = Record::Row {
            values: values.iter().map(value).collect(),
        };
        let digest = record.digest(&resource, &PseudonymKey::new([1; 32]));
        let now = jiff::Timestamp::UNIX_EPOCH;
        Correction {
            name: CorrectionName::from_id(&format!("00000000-0000-4000-8000-{number:012}"))
                .unwrap(),
            named_by: record.named_by(),
            mark: format!("{consumer} {digest}"),
            record: digest,
            resource,
            consumer,
            items: Vec::new(),
            evidence_index: None,
            sealed: String::new(),
            raised: Signed {
                by: "somebody".to_owned(),
                at: now,
            },
            clock: Clock::new(now, None, "CN-2025-809 CORR 26"),
            state: CorrectionState::Raised,
        }
    }

    /// What one more is told where these are open.
    fn told(open: Vec<Correction>, new: &Correction) -> Option<(Reason, String)> {
        let contents = Contents {
            corrections: open,
            ..Contents::default()
        };
        let snapshot = Snapshot::new(contents);
        let disputes = snapshot.disputes(&new.resource).unwrap();
        let refused = must_have_room(new, disputes).err();
        refused.map(|failure| (failure.reason, failure.message))
    }

    /// What is refused, with what is open when one more is let in, and when it is not.
    type Case = (&'static str, Vec<Correction>, Vec<Correction>, Correction);

    #[test]
    fn a_consumer_disputes_a_record_once_and_is_told_by_what() {
        let first = correction(1, 1, &[("a", 7)]);
        let (reason, message) = told(vec![first], &correction(2, 1, &[("a", 7)])).unwrap();
        assert_eq!(reason, Reason::AlreadyExists);
        assert!(message.contains("corrections/00000000-0000-4000-8000-000000000001"));
    }

    #[test]
    fn each_limit_lets_the_last_one_in_and_no_other() {
        let of_one =
            |count: usize| (0..count).map(|number| correction(number, 1, &[("a", number)]));
        let of_record =
            |count: usize| (0..count).map(|number| correction(number, number, &[("a", 7)]));
        let keys = ["a", "b", "c", "d", "e", "f", "g", "h"];
        let ways = |count: usize| {
            let keys = keys.iter().take(count).enumerate();
            keys.map(|(number, key)| correction(number, number, &[(key, 1)]))
        };
        let another = correction(900, 1, &[("a", 900)]);
        let of_seven = correction(900, 900, &[("a", 7)]);
        let by_i = correction(900, 900, &[("i", 1)]);
        let cases: [Case; 3] = [
            (
                "are open",
                of_one(MOST_OPEN - 1).collect(),
                of_one(MOST_OPEN).collect(),
                another,
            ),
            (
                "dispute this record",
                of_record(MOST_OF_RECORD - 1).collect(),
                of_record(MOST_OF_RECORD).collect(),
                of_seven,
            ),
            (
                "one of them: a, b, c",
                ways(MOST_WAYS - 1).collect(),
                ways(MOST_WAYS).collect(),
                by_i,
            ),
        ];
        for (case, few, many, new) in cases {
            assert_eq!(told(few, &new), None, "{case}");
            let (reason, message) = told(many, &new).unwrap();
            assert_eq!(reason, Reason::StateConflict, "{case}");
            assert!(message.contains(case), "{message}");
        }
        // Whoever names the row in a way that is in use is let in.
        let known = correction(900, 900, &[("a", 900)]);
        assert_eq!(told(ways(MOST_WAYS).collect(), &known), None);
    }
}
