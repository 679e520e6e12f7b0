//! Terms: what is asked for, and what may be offered instead.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::filter::Filter;
use crate::item::ItemKey;
use crate::name::{MatterName, ResourceName, SystemName};
use crate::quota::Quota;
use crate::resource::{Resource, ShareMode};
use crate::system::NetworkZone;

/// What is asked for (Order 809 art. 20).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The system that will use the data.
    pub consumer: SystemName,
    /// The resource.
    pub resource: ResourceName,
    /// The items.
    pub items: Vec<ItemKey>,
    /// By which ways.
    pub share_modes: Vec<ShareMode>,
    /// The matters it is for.
    pub matters: Vec<MatterName>,
    /// The law, regulation or duty it rests on.
    pub legal_basis: String,
    /// First day of use.
    pub start: Date,
    /// Last day of use.
    pub end: Date,
    /// Each call must name the clerk it is made for.
    pub operator_required: bool,
    /// Which rows are covered; none means all. Its items need not be among the granted ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row_filter: Option<Filter>,
    /// It lets the system hand out use-codes to holders, and releases nothing to the system itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub issues_use_codes: bool,
    /// From which parts of the network it may be used; none named means any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub network_zones: Vec<NetworkZone>,
    /// How much of it may be used.
    #[serde(default, skip_serializing_if = "Quota::is_unlimited")]
    pub quota: Quota,
}

/// Why terms cannot be agreed on as they stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// On the first day of use the entry is suspended or retired: why, and what to do.
    Stopped(String),
    /// The entry is retired within the term, after this day, and whoever agrees has not said that they know.
    EndsBefore(Date),
}

impl Terms {
    /// Why these terms do not fit an entry as it is now: what was applied for may have gone since.
    pub fn misfit(&self, resource: &Resource) -> Option<String> {
        let name = &resource.name;
        let filtered = self
            .row_filter
            .as_ref()
            .map(Filter::keys)
            .unwrap_or_default();
        let mut asked = self.items.iter().chain(&filtered);
        if let Some(gone) = asked.find(|key| resource.item(key).is_none()) {
            return Some(format!(
                "{name} has no item {gone} any more; apply for what it has now"
            ));
        }
        let mut modes = self.share_modes.iter();
        let gone = modes.find(|mode| !resource.share_modes.contains(mode))?;
        Some(format!(
            "{name} is not shared by {} mode any more",
            gone.as_str()
        ))
    }

    /// Whether an agreement made today can be used from its first day on, and to its end. `known` is the last day
    /// of the entry as whoever agrees was told of it.
    ///
    /// # Errors
    /// [`Unusable`].
    pub fn must_be_usable(
        &self,
        resource: &Resource,
        today: Date,
        known: Option<Date>,
    ) -> Result<(), Unusable> {
        let first = self.start.max(today);
        let retiring = resource.progress.retiring.as_ref();
        if let Some(why) = resource.stopped_on(today) {
            return Err(Unusable::Stopped(why));
        }
        let Some(retiring) = retiring else {
            return Ok(());
        };
        let last = retiring.last_day;
        if last < first {
            let (name, why) = (&resource.name, &retiring.why.reason);
            return Err(Unusable::Stopped(format!(
                "{name} can be used until {last} ({why}), and the first use would be on {first}; apply for a term \
                 that begins earlier, or for another entry"
            )));
        }
        if last < self.end && known != Some(last) {
            return Err(Unusable::EndsBefore(last));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::test_world::{NOON, at, grant, keys};

    fn asked() -> Terms {
        grant(1, "105001-000001").terms
    }

    type Change = fn(&mut Terms);

    /// What an offer changes, and which fields of it go beyond what was asked for.
    const OFFERS: [(&str, Change, &[&str]); 11] = [
        ("an item less", |t| drop(t.items.pop()), &[]),
        ("later", |t| t.start = date(2022, 4, 1), &[]),
        ("shorter", |t| t.end = date(2022, 4, 1), &[]),
        ("the same", |_| {}, &["terms"]),
        ("no item", |t| t.items.clear(), &["items"]),
        (
            "another item",
            |t| t.items = keys(&["holder_name"]),
            &["items"],
        ),
        (
            "another mode",
            |t| t.share_modes = vec![ShareMode::Table],
            &["share_modes"],
        ),
        ("no matter", |t| t.matters.clear(), &["matters"]),
        ("longer", |t| t.end = date(2023, 4, 1), &["end_date"]),
        ("earlier", |t| t.start = date(2022, 1, 1), &["start_date"]),
        (
            "over at once",
            |t| t.start = date(2022, 7, 1),
            &["end_date"],
        ),
    ];

    #[test]
    fn an_offer_grants_less_and_nothing_more() {
        let asked = asked();
        let fields = |offer: &Terms, than: &Terms| -> Vec<String> {
            let faults = offer.faults_as_less(than, "terms");
            let fields = faults.as_slice().iter();
            let fields = fields.map(|fault| fault.field.replace("terms.", ""));
            fields.collect()
        };
        for (case, change, expected) in OFFERS {
            let mut offer = asked.clone();
            change(&mut offer);
            assert_eq!(fields(&offer, &asked), expected, "{case}");
        }
        let mut unsworn = asked.clone();
        unsworn.operator_required = false;
        assert!(
            fields(&asked, &unsworn).is_empty(),
            "a clerk each time is less"
        );
        assert_eq!(fields(&unsworn, &asked), ["operator_required"]);
    }

    #[test]
    fn rows_are_narrowed_and_never_widened() {
        let absent = |key: &str| Filter::Absent(ItemKey::parse(key).unwrap());
        let one = asked().with_rows(Some(absent("children")));
        assert_eq!(one.row_filter, Some(absent("children")));
        assert_eq!(one.clone().with_rows(None), one);
        let both = one.with_rows(Some(absent("holder_name")));
        assert_eq!(
            both.row_filter,
            Some(Filter::AllOf(vec![
                absent("children"),
                absent("holder_name")
            ]))
        );
    }

    /// The entry as published; to be retired after 30 September; suspended; retired.
    fn entries() -> [Resource; 4] {
        use crate::resource::{Retiring, Why};
        let why = Why {
            by: "wang".to_owned(),
            at: at(NOON),
            reason: "职责划转".to_owned(),
        };
        let published = crate::test_world::marriages("105001-000001");
        let retiring = Retiring {
            last_day: date(2022, 9, 30),
            why: why.clone(),
        };
        let ending = published.clone().announce_retirement(retiring).unwrap();
        let suspended = published.clone().suspend(why).unwrap();
        let retired = ending.clone().retire(date(2022, 10, 1)).unwrap();
        [published, ending, suspended, retired]
    }

    #[test]
    fn terms_are_agreed_on_only_while_and_as_long_as_the_entry_is_there() {
        let [published, ending, suspended, retired] = entries();
        let (june, last, next) = (date(2022, 6, 1), date(2022, 9, 30), date(2022, 10, 1));
        let (told, year) = (Some(last), date(2022, 12, 31));
        let (ends, stopped) = (Err(Some(last)), Err(None));
        // First and last day of the term, today, what is known.
        for (case, resource, days, known, expected) in [
            ("no end", &published, [june, year, june], None, Ok(())),
            ("over in time", &ending, [june, last, june], None, Ok(())),
            ("one day only", &ending, [last, last, june], None, Ok(())),
            ("on that day", &ending, [june, last, last], None, Ok(())),
            ("a day late", &ending, [next, year, june], told, stopped),
            ("agreed late", &ending, [june, year, next], told, stopped),
            ("longer", &ending, [june, next, june], None, ends),
            ("misled", &ending, [june, next, june], Some(next), ends),
            ("told", &ending, [june, next, june], told, Ok(())),
            ("suspended", &suspended, [next, year, june], None, stopped),
            ("retired", &retired, [june, year, june], None, stopped),
        ] {
            let [start, end, today] = days;
            let terms = Terms {
                start,
                end,
                ..grant(1, "105001-000001").terms
            };
            let found = terms.must_be_usable(resource, today, known);
            let found = found.map_err(|why| match why {
                Unusable::Stopped(_) => None,
                Unusable::EndsBefore(day) => Some(day),
            });
            assert_eq!(found, expected, "{case}");
        }
    }
}
