//! Applications: a system asks for a resource for a purpose.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::filter::Filter;
use crate::item::ItemKey;
use crate::name::{ApplicationName, GrantName, MatterName, ResourceName, SystemName};
use crate::resource::{Resource, ShareMode};

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

/// The provider's clock: when it began and when it ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// When the application was received.
    pub received: Timestamp,
    /// Last day for the answer; none where the regime sets no limit.
    pub due: Option<Date>,
    /// Regime, rule and article that set it.
    pub rule: String,
}

/// The stage of an application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ApplicationState {
    /// Written, not signed off.
    Draft,
    /// With the provider; its clock runs.
    Submitted {
        /// The clock.
        clock: Clock,
    },
    /// Agreed.
    Approved {
        /// The clock, stopped.
        clock: Clock,
        /// The grant that came of it.
        grant: GrantName,
        /// By whom.
        by: String,
    },
    /// Declined.
    Refused {
        /// The clock, stopped.
        clock: Clock,
        /// Why.
        reason: String,
        /// By whom.
        by: String,
    },
}

impl ApplicationState {
    /// The word for people and programs.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Submitted { .. } => "submitted",
            Self::Approved { .. } => "approved",
            Self::Refused { .. } => "refused",
        }
    }

    /// The provider's clock, once it has begun.
    pub fn clock(&self) -> Option<&Clock> {
        match self {
            Self::Draft => None,
            Self::Submitted { clock }
            | Self::Approved { clock, .. }
            | Self::Refused { clock, .. } => Some(clock),
        }
    }
}

/// A request for sharing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// `applications/{UUID}`.
    pub name: ApplicationName,
    /// What is asked for.
    pub terms: Terms,
    /// How the data will be used.
    pub scene: String,
    /// Who wrote it.
    pub applicant: String,
    /// The stage.
    pub state: ApplicationState,
}

impl Application {
    /// Hands it to the provider.
    ///
    /// # Errors
    /// The present state, when it is not a draft.
    pub fn submit(mut self, clock: Clock) -> Result<Self, ApplicationState> {
        match self.state {
            ApplicationState::Draft => {
                self.state = ApplicationState::Submitted { clock };
                Ok(self)
            }
            other => Err(other),
        }
    }

    /// Agrees.
    ///
    /// # Errors
    /// The present state, when it is not submitted.
    pub fn approve(mut self, grant: GrantName, by: String) -> Result<Self, ApplicationState> {
        match self.state {
            ApplicationState::Submitted { clock } => {
                self.state = ApplicationState::Approved { clock, grant, by };
                Ok(self)
            }
            other => Err(other),
        }
    }

    /// Declines.
    ///
    /// # Errors
    /// The present state, when it is not submitted.
    pub fn refuse(mut self, reason: String, by: String) -> Result<Self, ApplicationState> {
        match self.state {
            ApplicationState::Submitted { clock } => {
                self.state = ApplicationState::Refused { clock, reason, by };
                Ok(self)
            }
            other => Err(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::test_world::{NOON, at, grant};

    fn clock() -> Clock {
        Clock {
            received: at(NOON),
            due: Some(date(2022, 6, 10)),
            rule: "order-809 answer art. 21".to_owned(),
        }
    }

    fn grant_name() -> GrantName {
        grant(1, "105001-000001").name
    }

    fn in_states() -> [Application; 4] {
        let agreed = grant(1, "105001-000001");
        let draft = Application {
            name: agreed.application,
            terms: agreed.terms,
            scene: "二手房转移登记".to_owned(),
            applicant: "wang".to_owned(),
            state: ApplicationState::Draft,
        };
        let submitted = draft.clone().submit(clock()).unwrap();
        let approved = submitted
            .clone()
            .approve(grant_name(), "li".to_owned())
            .unwrap();
        let refused = submitted
            .clone()
            .refuse("why".to_owned(), "li".to_owned())
            .unwrap();
        [draft, submitted, approved, refused]
    }

    #[test]
    fn each_state_allows_its_own_steps() {
        let words = in_states().map(|application| application.state.as_str());
        assert_eq!(words, ["draft", "submitted", "approved", "refused"]);
        let submitted = in_states().map(|a| a.submit(clock()).is_ok());
        assert_eq!(submitted, [true, false, false, false]);
        let approved = in_states().map(|a| a.approve(grant_name(), "li".to_owned()).is_ok());
        assert_eq!(approved, [false, true, false, false]);
        let refused = in_states().map(|a| a.refuse("why".to_owned(), "li".to_owned()).is_ok());
        assert_eq!(refused, [false, true, false, false]);
    }

    #[test]
    fn the_clock_runs_from_submission_and_is_kept_by_the_answer() {
        let clocks = in_states().map(|application| application.state.clock().cloned());
        assert_eq!(clocks, [None, Some(clock()), Some(clock()), Some(clock())]);
    }

    #[test]
    fn a_wrong_step_gives_the_present_state_back() {
        for application in in_states() {
            let state = application.state.clone();
            let steps = [
                application.clone().submit(clock()),
                application.clone().approve(grant_name(), "li".to_owned()),
                application.refuse("why".to_owned(), "li".to_owned()),
            ];
            for refused in steps.into_iter().filter_map(Result::err) {
                assert_eq!(refused, state);
            }
        }
    }

    #[test]
    fn no_step_touches_what_was_asked_for() {
        let [draft, ..] = in_states();
        for application in in_states() {
            assert_eq!(
                Application {
                    state: ApplicationState::Draft,
                    ..application
                },
                draft
            );
        }
    }

    #[test]
    fn an_application_is_read_back_as_it_was_written() {
        for application in in_states() {
            let text = serde_json::to_string(&application).unwrap();
            assert_eq!(
                serde_json::from_str::<Application>(&text).unwrap(),
                application
            );
        }
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
