//! Departments: organisations with a unified social credit code.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::fault::{Cause, Faults};
use crate::id::RegionCode;
use crate::name::DepartmentName;

/// An organisation that owns systems.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Department {
    /// `departments/{unified social credit code}`.
    pub name: DepartmentName,
    /// The full official name.
    pub full_name: String,
    /// The name people use.
    pub short_name: String,
    /// Directly under a national or provincial body (垂直管理).
    pub vertical: bool,
    /// A party or discipline body; Order 809 art. 43 lets it follow the rules.
    pub party_body: bool,
    /// Competent for data sharing in this city.
    pub competent: bool,
    /// First day of existence.
    pub valid_from: Date,
    /// Last day of existence; it may lie ahead, where the city knows it beforehand.
    pub valid_until: Option<Date>,
    /// Who took over when it was merged; none where nobody did.
    pub successor: Option<DepartmentName>,
    /// Where it is competent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<Area>,
    /// The document its end rests on; empty until its end is recorded.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub end_document: String,
}

/// Where a department is competent: a region of GB/T 2260, or a place that standard has no code for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Area(String);

impl Area {
    /// Reads a region code of six digits, or a local code of 3 to 40 of `a-z 0-9 -` that begins with a letter.
    ///
    /// # Errors
    /// `NOT_AN_AREA`.
    pub fn parse(text: &str) -> Result<Self, Cause> {
        let text = text.trim();
        let local = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let is_local = (3..=40).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(local);
        if is_local || RegionCode::parse(text).is_ok() {
            return Ok(Self(text.to_owned()));
        }
        let message =
            "write a region code of six digits, such as 430502, or a local code of a-z, 0-9 and -";
        Err(Cause::new("NOT_AN_AREA", message))
    }

    /// The region, where it is one of the standard.
    pub fn region(&self) -> Option<RegionCode> {
        RegionCode::parse(&self.0).ok()
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Area {
    type Error = Cause;
    fn try_from(text: String) -> Result<Self, Cause> {
        Self::parse(&text)
    }
}

impl From<Area> for String {
    fn from(area: Area) -> String {
        area.0
    }
}

/// Why the end of a department cannot be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndError {
    /// It has ended already, on this day.
    Ended(Date),
    /// A department cannot go over into itself.
    IntoItself,
    /// The successor has ended itself.
    SuccessorEnded,
    /// The successor begins on a later day.
    SuccessorNotBegun(Date),
    /// The last day is before its first.
    BeforeItBegan,
    /// The last day has not come yet.
    NotYet,
    /// It is competent for data sharing, and no successor is: another has to take that over first.
    Competent,
}

impl Department {
    /// Whether it exists on a day.
    pub fn exists_on(&self, day: Date) -> bool {
        self.valid_from <= day && self.valid_until.is_none_or(|last| day <= last)
    }

    /// What is wrong with the days of a department that is registered or changed today. Its last day may lie ahead; who
    /// takes over is told by the merger, when that day has come.
    pub fn day_faults(&self, today: Date) -> Faults {
        let mut faults = Faults::default();
        if self.valid_until.is_some_and(|last| last < self.valid_from) {
            faults.add(
                "department.valid_until",
                "OUT_OF_RANGE",
                "it ends before it begins",
            );
        }
        if self.competent && self.valid_until.is_some_and(|last| today <= last) {
            let text = "it is competent for data sharing; the city would have nobody who publishes from then on: let \
                        another department take that over first";
            faults.add("department.valid_until", "COMPETENT", text);
        }
        if self.successor.as_ref() == Some(&self.name) {
            faults.add(
                "department.successor",
                "INTO_ITSELF",
                "it cannot succeed itself",
            );
        } else if self.successor.is_some() && self.valid_until.is_none_or(|last| today < last) {
            let text = "one that has not ended has no successor yet; record the merger on its last day or later";
            faults.add("department.successor", "STILL_EXISTS", text);
        }
        faults
    }

    /// Whether its last day has passed, or its end is recorded: that takes effect at once, so that nothing new becomes its
    /// own on that day.
    pub fn has_ended(&self, today: Date) -> bool {
        self.end_is_recorded() || self.last_day_passed(today)
    }

    /// Whether its last day has passed, whatever is recorded of it beside.
    pub fn last_day_passed(&self, today: Date) -> bool {
        self.valid_until.is_some_and(|last| last < today)
    }

    /// Whether its end is recorded: it went over into another, or nothing was left of it. A last day alone that was
    /// stated beforehand is none.
    pub fn end_is_recorded(&self) -> bool {
        self.valid_until.is_some() && (self.successor.is_some() || !self.end_document.is_empty())
    }

    /// States its days otherwise.
    ///
    /// # Errors
    /// The field, the code and what to do instead.
    pub fn with_days(
        mut self,
        from: Option<Date>,
        until: Option<Option<Date>>,
        today: Date,
    ) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        if let Some(from) = from {
            if self.valid_from <= today && today < from {
                let text = "it has begun already; a first day ahead would leave what it owns without anybody who acts";
                faults.add("department.valid_from", "ALREADY_BEGUN", text);
            }
            self.valid_from = from;
        }
        if let Some(until) = until {
            if self.end_is_recorded() {
                let text = "its end is recorded; it does not change any more";
                faults.add("department.valid_until", "ENDED", text);
            } else if until.is_some_and(|last| last < today) {
                let text =
                    "that day has passed: record the merger or the end of the department instead";
                faults.add("department.valid_until", "PASSED", text);
            } else if until.is_none() && self.competent && self.valid_until.is_some() {
                let text = "it was competent for data sharing, and another is now: state that it is not, first";
                faults.add("department.valid_until", "COMPETENT", text);
            }
            self.valid_until = until;
        }
        faults.within("", "", &self.day_faults(today));
        faults.finish(Some(self))
    }

    /// Ends it on its last day and names who takes over.
    ///
    /// # Errors
    /// What stands in the way; it is as it was.
    pub fn merge(
        mut self,
        successor: &Self,
        last: Date,
        document: String,
        today: Date,
    ) -> Result<Self, EndError> {
        self.must_not_be_recorded()?;
        if successor.name == self.name {
            return Err(EndError::IntoItself);
        }
        if successor.has_ended(today) {
            return Err(EndError::SuccessorEnded);
        }
        if today < successor.valid_from {
            // Nobody could act for what goes over until then.
            return Err(EndError::SuccessorNotBegun(successor.valid_from));
        }
        self.can_end_on(last, today)?;
        if self.competent && !successor.competent {
            return Err(EndError::Competent);
        }
        self.valid_until = Some(last);
        self.successor = Some(successor.name.clone());
        self.end_document = document;
        Ok(self)
    }

    /// Ends it on its last day, and nobody takes over: whoever asks for it has seen that nothing is left.
    ///
    /// # Errors
    /// What stands in the way; it is as it was.
    pub fn end(mut self, last: Date, document: String, today: Date) -> Result<Self, EndError> {
        self.must_not_be_recorded()?;
        self.can_end_on(last, today)?;
        if self.competent {
            return Err(EndError::Competent);
        }
        self.valid_until = Some(last);
        self.end_document = document;
        Ok(self)
    }

    fn must_not_be_recorded(&self) -> Result<(), EndError> {
        match self.valid_until {
            Some(day) if self.end_is_recorded() => Err(EndError::Ended(day)),
            Some(_) | None => Ok(()),
        }
    }

    fn can_end_on(&self, last: Date, today: Date) -> Result<(), EndError> {
        if last < self.valid_from {
            return Err(EndError::BeforeItBegan);
        }
        if last > today {
            return Err(EndError::NotYet);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::{APPROVAL, CIVIL_AFFAIRS, department};
    use jiff::civil::date;

    fn merged(before: Department, into: &Department, last: Date) -> Result<Department, EndError> {
        before.merge(into, last, "邵编〔2022〕1号".to_owned(), date(2022, 6, 1))
    }

    #[test]
    fn a_merged_department_keeps_its_dates_and_names_its_successor() {
        let (ends, stays) = (department(CIVIL_AFFAIRS), department(APPROVAL));
        let after = merged(ends.clone(), &stays, date(2022, 5, 31)).unwrap();
        assert_eq!(after.successor.as_ref(), Some(&stays.name));
        assert!(after.exists_on(date(2022, 5, 31)) && !after.exists_on(date(2022, 6, 1)));
        assert_eq!(
            (after.valid_from, after.full_name),
            (ends.valid_from, ends.full_name)
        );
    }

    #[test]
    fn a_department_is_registered_as_of_today_or_as_of_the_past() {
        let today = date(2026, 3, 2);
        let told = |change: fn(&mut Department)| {
            let mut one = department(CIVIL_AFFAIRS);
            change(&mut one);
            let faults = one.day_faults(today);
            let codes = faults.as_slice().iter().map(|fault| fault.code.clone());
            codes.collect::<Vec<_>>()
        };
        assert_eq!(told(|_| ()), Vec::<String>::new());
        assert_eq!(
            told(|d| d.valid_until = Some(date(2024, 6, 30))),
            Vec::<String>::new()
        );
        // Its last day is known beforehand, but not who will take over.
        assert_eq!(
            told(|d| d.valid_until = Some(date(2026, 3, 2))),
            Vec::<String>::new()
        );
        assert_eq!(
            told(|d| {
                d.valid_until = Some(date(2026, 3, 3));
                d.successor = Some(department(APPROVAL).name);
            }),
            ["STILL_EXISTS"]
        );
        assert_eq!(
            told(|d| {
                d.valid_until = Some(date(2026, 3, 2));
                d.competent = true;
            }),
            ["COMPETENT"]
        );
        assert_eq!(
            told(|d| d.valid_until = Some(date(1900, 1, 1))),
            ["OUT_OF_RANGE"]
        );
        assert_eq!(
            told(|d| d.successor = Some(d.name.clone())),
            ["INTO_ITSELF"]
        );
    }

    #[test]
    fn a_merger_that_cannot_be_is_refused() {
        let (ends, stays) = (department(CIVIL_AFFAIRS), department(APPROVAL));
        let day = date(2022, 5, 31);
        let gone = merged(ends.clone(), &stays, day).unwrap();
        let competent = Department {
            competent: true,
            ..ends.clone()
        };
        let plain = Department {
            competent: false,
            ..stays.clone()
        };
        let early = ends.valid_from.yesterday().unwrap();
        let cases = [
            (gone.clone(), stays.clone(), day, EndError::Ended(day)),
            (ends.clone(), ends.clone(), day, EndError::IntoItself),
            (stays.clone(), gone, day, EndError::SuccessorEnded),
            (
                ends.clone(),
                Department {
                    valid_from: date(2022, 6, 2),
                    ..stays.clone()
                },
                day,
                EndError::SuccessorNotBegun(date(2022, 6, 2)),
            ),
            (ends.clone(), stays.clone(), early, EndError::BeforeItBegan),
            (ends, stays, date(2022, 6, 2), EndError::NotYet),
            (competent, plain, day, EndError::Competent),
        ];
        for (before, into, last, expected) in cases {
            assert_eq!(merged(before, &into, last), Err(expected));
        }
    }

    #[test]
    fn one_of_the_past_does_not_come_back_as_competent() {
        let today = date(2026, 3, 2);
        let mut past = department(CIVIL_AFFAIRS);
        past.competent = true;
        past.valid_until = Some(date(2020, 1, 1));
        assert!(
            past.day_faults(today).is_empty(),
            "it was, while it existed"
        );
        for until in [None, Some(date(2027, 1, 1))] {
            let faults = past
                .clone()
                .with_days(None, Some(until), today)
                .unwrap_err();
            assert_eq!(faults.as_slice()[0].code, "COMPETENT", "{until:?}");
        }
        past.competent = false;
        assert!(past.with_days(None, Some(None), today).is_ok());
    }

    #[test]
    fn an_end_that_is_recorded_on_the_last_day_takes_effect_at_once() {
        let today = date(2026, 6, 30);
        let document = || "邵编〔2026〕1号".to_owned();
        let into = department(APPROVAL);
        let merged = department(CIVIL_AFFAIRS).merge(&into, today, document(), today);
        let merged = merged.unwrap();
        assert!(merged.has_ended(today) && !merged.last_day_passed(today));
        let mut other = department(CIVIL_AFFAIRS);
        other.name = DepartmentName::from_id("11430500XY0000055Q").unwrap();
        let refused = other.merge(&merged, today, document(), today);
        assert_eq!(refused, Err(EndError::SuccessorEnded));
        // Its first day may be corrected all the same.
        assert!(
            merged
                .with_days(Some(date(2019, 1, 1)), None, today)
                .is_ok()
        );
    }

    #[test]
    fn a_last_day_ahead_ends_a_department_when_it_has_passed() {
        let (day, today) = (date(2026, 6, 30), date(2026, 3, 2));
        let one = department(CIVIL_AFFAIRS);
        let planned = one.with_days(None, Some(Some(day)), today).unwrap();
        assert!(!planned.has_ended(today) && !planned.has_ended(day));
        let after = day.tomorrow().unwrap();
        assert!(planned.has_ended(after) && !planned.end_is_recorded());
        // It is put off while nothing is recorded, and its end is recorded all the same.
        let later = Some(Some(date(2026, 12, 31)));
        assert!(planned.clone().with_days(None, later, after).is_ok());
        let ended = planned
            .clone()
            .end(day, "邵编〔2026〕1号".to_owned(), after)
            .unwrap();
        assert!(ended.end_is_recorded() && ended.successor.is_none());
        let again = ended.clone().end(day, "邵编〔2026〕2号".to_owned(), after);
        assert_eq!(again, Err(EndError::Ended(day)));
        let into = planned.merge(
            &department(APPROVAL),
            day,
            "邵编〔2026〕1号".to_owned(),
            after,
        );
        assert!(into.is_ok());

        let codes = |one: Department, from, until| {
            let faults = one.with_days(from, until, after).unwrap_err();
            let codes = faults.as_slice().iter().map(|fault| fault.code.clone());
            codes.collect::<Vec<_>>()
        };
        let one = || department(CIVIL_AFFAIRS);
        assert_eq!(codes(ended, None, Some(None)), ["ENDED"]);
        assert_eq!(codes(one(), None, Some(Some(day))), ["PASSED"]);
        assert_eq!(codes(one(), after.tomorrow().ok(), None), ["ALREADY_BEGUN"]);
    }

    #[test]
    fn the_competent_department_hands_over_before_it_ends() {
        let today = date(2022, 6, 1);
        let competent = Department {
            competent: true,
            ..department(CIVIL_AFFAIRS)
        };
        let ended = competent.end(today, "邵编〔2022〕1号".to_owned(), today);
        assert_eq!(ended, Err(EndError::Competent));
    }

    #[test]
    fn an_area_is_a_region_or_a_local_code() {
        for good in ["430502", "shaoyang-etdz"] {
            assert_eq!(Area::parse(good).unwrap().as_str(), good);
        }
        assert!(Area::parse("430502").unwrap().region().is_some());
        assert!(Area::parse("shaoyang-etdz").unwrap().region().is_none());
        for bad in ["", "43050", "4305021", "Etdz", "邵阳"] {
            assert!(Area::parse(bad).is_err(), "{bad}");
        }
    }
}
