//! Demands: data that somebody needs, or has to provide, and that nobody publishes yet.
//!
//! Together with the published entries that are not shared they are the three lists of practice: needs (需求清单),
//! responsibilities (责任清单), and what a law forbids to share (负面清单).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::clock::kept::{Running, WaitsFor};
use crate::name::{DemandName, DepartmentName, MatterName, ResourceName};

/// Most matters of one demand.
pub const MOST_MATTERS: usize = 20;

/// On which list a demand stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DemandKind {
    /// Somebody needs the data.
    Need,
    /// Somebody has to provide it.
    Responsibility,
}

impl DemandKind {
    /// The word in the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Need => "need",
            Self::Responsibility => "responsibility",
        }
    }
}

/// The stage of a demand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum DemandState {
    /// Nobody was named to answer yet; the competent department's clock runs.
    Raised {
        /// The clock.
        clock: Clock,
    },
    /// A department has to answer; its clock runs.
    Assigned {
        /// Which.
        owner: DepartmentName,
        /// The clock.
        clock: Clock,
    },
    /// A resource answers it.
    Met {
        /// Who answered.
        owner: DepartmentName,
        /// The resource.
        resource: ResourceName,
    },
    /// A law forbids to share it.
    Declined {
        /// Who answered.
        owner: DepartmentName,
        /// The law, administrative regulation or State Council decision (Order 809 art. 15).
        basis: String,
        /// Why it applies.
        reason: String,
    },
    /// Taken back.
    Withdrawn {
        /// Why.
        reason: String,
    },
}

impl DemandState {
    /// The word for people and programs.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Raised { .. } => "raised",
            Self::Assigned { .. } => "assigned",
            Self::Met { .. } => "met",
            Self::Declined { .. } => "declined",
            Self::Withdrawn { .. } => "withdrawn",
        }
    }

    /// The clock that runs, if one does.
    pub fn clock(&self) -> Option<&Clock> {
        match self {
            Self::Raised { clock } | Self::Assigned { clock, .. } => Some(clock),
            Self::Met { .. } | Self::Declined { .. } | Self::Withdrawn { .. } => None,
        }
    }

    /// What was said when it ended, to be searched: the law and the reason, or the reason alone.
    pub fn said(&self) -> Vec<&str> {
        match self {
            Self::Declined { basis, reason, .. } => vec![basis, reason],
            Self::Withdrawn { reason } => vec![reason],
            Self::Raised { .. } | Self::Assigned { .. } | Self::Met { .. } => Vec::new(),
        }
    }

    /// Who has to answer, or did.
    pub fn owner(&self) -> Option<&DepartmentName> {
        match self {
            Self::Assigned { owner, .. }
            | Self::Met { owner, .. }
            | Self::Declined { owner, .. } => Some(owner),
            Self::Raised { .. } | Self::Withdrawn { .. } => None,
        }
    }
}

/// A demand for data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Demand {
    /// `demands/{UUID}`.
    pub name: DemandName,
    /// On which list it stands.
    pub kind: DemandKind,
    /// What data it is about.
    pub title: String,
    /// What is needed and what for.
    pub description: String,
    /// The law, duty or document it rests on.
    pub legal_basis: String,
    /// The matters it is for, at most [`MOST_MATTERS`].
    pub matters: Vec<MatterName>,
    /// Who raised it.
    pub department: DepartmentName,
    /// The stage.
    pub state: DemandState,
}

impl Demand {
    /// Whether the last day for the next step has passed.
    pub fn is_overdue(&self, today: Date) -> bool {
        let due = self.state.clock().and_then(|clock| clock.due);
        due.is_some_and(|due| due < today)
    }

    /// The clock that runs, and for whom.
    pub fn running(&self) -> Vec<Running<'_>> {
        let running = match &self.state {
            DemandState::Raised { clock } => Running::of(WaitsFor::Competent, clock),
            DemandState::Assigned { owner, clock } => {
                Running::of(WaitsFor::Department(owner.clone()), clock)
            }
            DemandState::Met { .. }
            | DemandState::Declined { .. }
            | DemandState::Withdrawn { .. } => None,
        };
        running.into_iter().collect()
    }

    /// Names who has to answer. May name another one until it is answered.
    ///
    /// # Errors
    /// The present state, when it was answered or withdrawn.
    pub fn assign(mut self, owner: DepartmentName, clock: Clock) -> Result<Self, DemandState> {
        match self.state {
            DemandState::Raised { .. } | DemandState::Assigned { .. } => {
                self.state = DemandState::Assigned { owner, clock };
                Ok(self)
            }
            other => Err(other),
        }
    }

    /// Goes over from a department that ended: who raised it, or has to answer. Its clock runs on, and what was
    /// answered or withdrawn stays under the names of then.
    ///
    /// Nothing, when it stays as it is.
    pub fn take_over(mut self, from: &DepartmentName, to: &DepartmentName) -> Option<Self> {
        let owner = match &mut self.state {
            DemandState::Raised { .. } => None,
            DemandState::Assigned { owner, .. } => Some(owner),
            DemandState::Met { .. }
            | DemandState::Declined { .. }
            | DemandState::Withdrawn { .. } => return None,
        };
        let mut went = false;
        for department in std::iter::once(&mut self.department).chain(owner) {
            if department == from {
                department.clone_from(to);
                went = true;
            }
        }
        went.then_some(self)
    }

    /// Answers it with a resource.
    ///
    /// # Errors
    /// The present state, when nobody has to answer.
    pub fn meet(mut self, resource: ResourceName) -> Result<Self, DemandState> {
        match self.state {
            DemandState::Assigned { owner, .. } => {
                self.state = DemandState::Met { owner, resource };
                Ok(self)
            }
            other => Err(other),
        }
    }

    /// Declines it by a law.
    ///
    /// # Errors
    /// The present state, when nobody has to answer.
    pub fn decline(mut self, basis: String, reason: String) -> Result<Self, DemandState> {
        match self.state {
            DemandState::Assigned { owner, .. } => {
                self.state = DemandState::Declined {
                    owner,
                    basis,
                    reason,
                };
                Ok(self)
            }
            other => Err(other),
        }
    }

    /// Takes it back.
    ///
    /// # Errors
    /// The present state, when it was answered or withdrawn.
    pub fn withdraw(mut self, reason: String) -> Result<Self, DemandState> {
        match self.state {
            DemandState::Raised { .. } | DemandState::Assigned { .. } => {
                self.state = DemandState::Withdrawn { reason };
                Ok(self)
            }
            other => Err(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::{APPROVAL, CIVIL_AFFAIRS, NOON, at, department_name};
    use jiff::civil::date;

    fn clock() -> Clock {
        Clock::new(
            at(NOON),
            Some(date(2022, 6, 16)),
            "CN-2025-809 DEM-ANS none",
        )
    }

    fn raised() -> Demand {
        Demand {
            name: DemandName::from_id("0191f7a2-5b7e-7c3a-9d53-0c8f5e2b7a11").unwrap(),
            kind: DemandKind::Need,
            title: "收养登记信息".to_owned(),
            description: "核验收养关系".to_owned(),
            legal_basis: "民法典第一千一百零五条".to_owned(),
            matters: Vec::new(),
            department: department_name(APPROVAL),
            state: DemandState::Raised { clock: clock() },
        }
    }

    fn assigned() -> Demand {
        raised()
            .assign(department_name(CIVIL_AFFAIRS), clock())
            .unwrap()
    }

    fn resource() -> ResourceName {
        ResourceName::from_id("105001-000001").unwrap()
    }

    #[test]
    fn each_stage_allows_its_own_steps() {
        let all = [
            raised(),
            assigned(),
            assigned().meet(resource()).unwrap(),
            assigned()
                .decline("法".to_owned(), "理由".to_owned())
                .unwrap(),
            raised().withdraw("不再需要".to_owned()).unwrap(),
        ];
        let can = |step: fn(Demand) -> bool| all.clone().map(step);
        let owner = || department_name(APPROVAL);
        assert_eq!(
            all.clone()
                .map(|demand| demand.assign(owner(), clock()).is_ok()),
            [true, true, false, false, false]
        );
        assert_eq!(
            can(|d| d.meet(resource()).is_ok()),
            [false, true, false, false, false]
        );
        let declined = |d: Demand| d.decline(String::new(), String::new()).is_ok();
        assert_eq!(can(declined), [false, true, false, false, false]);
        assert_eq!(
            can(|d| d.withdraw(String::new()).is_ok()),
            [true, true, false, false, false]
        );
        let words = all.map(|demand| demand.state.as_str());
        assert_eq!(
            words,
            ["raised", "assigned", "met", "declined", "withdrawn"]
        );
    }

    #[test]
    fn a_demand_is_overdue_after_its_last_day_until_it_is_answered() {
        let (last, next) = (date(2022, 6, 16), date(2022, 6, 17));
        assert!(!assigned().is_overdue(last) && assigned().is_overdue(next));
        assert!(!assigned().meet(resource()).unwrap().is_overdue(next));
        let open = Demand {
            state: DemandState::Raised {
                clock: Clock {
                    due: None,
                    ..clock()
                },
            },
            ..raised()
        };
        assert!(!open.is_overdue(next));
    }

    #[test]
    fn what_is_open_goes_over_to_a_successor_with_its_clock() {
        let (raiser, owner) = (department_name(APPROVAL), department_name(CIVIL_AFFAIRS));
        let heir = department_name("11430500XY0000055Q");
        let went = raised().take_over(&raiser, &heir).unwrap();
        assert_eq!((&went.department, went.state), (&heir, raised().state));
        let went = assigned().take_over(&owner, &heir).unwrap();
        assert_eq!(
            (went.department, went.state.owner()),
            (raiser.clone(), Some(&heir))
        );
        assert_eq!(went.state.clock(), assigned().state.clock());
        assert_eq!(raised().take_over(&owner, &heir), None, "of others");
        for over in [
            assigned().meet(resource()).unwrap(),
            assigned().decline(String::new(), String::new()).unwrap(),
            raised().withdraw(String::new()).unwrap(),
        ] {
            assert_eq!(over.clone().take_over(&owner, &heir), None);
            assert_eq!(over.take_over(&raiser, &heir), None);
        }
    }

    #[test]
    fn a_demand_is_read_back_as_it_was_written() {
        for demand in [raised(), assigned(), assigned().meet(resource()).unwrap()] {
            let text = serde_json::to_string(&demand).unwrap();
            assert_eq!(serde_json::from_str::<Demand>(&text).unwrap(), demand);
        }
    }
}
