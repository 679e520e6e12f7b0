//! Systems: a department's information systems.

mod asset;
mod inventory;
mod nothing_to_share;
mod steps;

pub use asset::{Asset, AssetCounts, AssetKind, MOST_ASSETS, StatedAsset};
pub use inventory::{Inventory, MOST_DATABASES, MOST_YEARLY_COST, ProtectionLevel};
pub use nothing_to_share::NothingToShare;
pub use steps::{Cloud, Disposal, Stage, Stated, Statement, Step, StepError, Steps};

use serde::{Deserialize, Serialize};

use crate::fault::Cause;
use crate::name::{DepartmentName, SystemName};

/// The part of the e-government network a system stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkZone {
    /// 公用网络区.
    Public,
    /// 专用网络区.
    Private,
    /// 互联网接入区.
    Internet,
}

/// Where a system runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hosting {
    /// The city's government cloud.
    CityCloud,
    /// A machine room of the department.
    MachineRoom,
    /// Elsewhere.
    Other,
}

/// Writes `parse` and `as_str` of a small word list.
macro_rules! words {
    ($type:ident, $code:literal, $($word:literal => $variant:ident),+) => {
        impl $type {
            /// Parses the word.
            ///
            /// # Errors
            /// A cause that lists the words there are.
            pub fn parse(text: &str) -> Result<Self, $crate::fault::Cause> {
                match text.trim() {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::fault::Cause::new($code, concat!("choose one of:", $(" ", $word),+))),
                }
            }

            /// The word.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
use words;

words!(NetworkZone, "UNKNOWN_ZONE", "public" => Public, "private" => Private, "internet" => Internet);
words!(Hosting, "UNKNOWN_HOSTING",
    "city-cloud" => CityCloud, "machine-room" => MachineRoom, "other" => Other);

/// From where a call comes, as far as its address tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// Nobody told the gateway which addresses lie where: what the system is registered in counts.
    #[default]
    Registered,
    /// From a part of the network.
    Zone(NetworkZone),
    /// From none of those that the gateway was told of.
    Elsewhere,
}

/// Whether a system may call and be called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum SystemState {
    /// Registered and usable.
    Active,
    /// Stopped by the operator.
    Suspended {
        /// Why.
        reason: String,
    },
    /// Taken out of service for good.
    Retired,
}

/// A department's information system. A classified one cannot be made: see [`Unclassified`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct System {
    /// `systems/{id}`.
    pub name: SystemName,
    /// What people call it.
    pub display_name: String,
    /// The owner.
    pub department: DepartmentName,
    /// Built by the department itself; only such systems count in plan 2022.
    pub self_built: bool,
    /// The proof that it was declared non-classified.
    pub unclassified: Unclassified,
    /// The part of the network it stands in.
    pub network_zone: NetworkZone,
    /// Where it runs.
    pub hosting: Hosting,
    /// Who built it; may be empty.
    pub builder: String,
    /// Who operates and maintains it; may be empty.
    pub maintainer: String,
    /// Whether it may call and be called.
    pub state: SystemState,
    /// What it is for, on what it rests and what it costs.
    #[serde(default, skip_serializing_if = "Inventory::is_empty")]
    pub inventory: Inventory,
    /// What was stated of its way through the plan.
    #[serde(default)]
    pub steps: Steps,
}

/// What a sheet or a request says of a system, before it is known which one it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// What people call it.
    pub display_name: String,
    /// The owner.
    pub department: DepartmentName,
    /// Built by the department itself.
    pub self_built: bool,
    /// The proof that it was declared non-classified.
    pub unclassified: Unclassified,
    /// The part of the network it stands in.
    pub network_zone: NetworkZone,
    /// Where it runs.
    pub hosting: Hosting,
    /// Who built it; may be empty.
    pub builder: String,
    /// Who operates and maintains it; may be empty.
    pub maintainer: String,
    /// What it is for, on what it rests and what it costs.
    pub inventory: Inventory,
}

impl Description {
    /// The name without punctuation, spaces and case: two systems of one department whose names differ by no
    /// more are taken for one.
    pub fn bare_name(&self) -> String {
        bare(&self.display_name)
    }

    /// A new system that is described so.
    pub fn registered(self, name: SystemName) -> System {
        System {
            name,
            display_name: self.display_name,
            department: self.department,
            self_built: self.self_built,
            unclassified: self.unclassified,
            network_zone: self.network_zone,
            hosting: self.hosting,
            builder: self.builder,
            maintainer: self.maintainer,
            state: SystemState::Active,
            inventory: self.inventory,
            steps: Steps::default(),
        }
    }
}

/// A name without punctuation, spaces and case.
pub fn bare(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// The declaration that a system holds no state or work secret (Order 809 art. 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unclassified(());

impl Unclassified {
    /// Takes the declaration.
    ///
    /// # Errors
    /// `CLASSIFIED_REFUSED` for a classified system: the gateway keeps nothing about it.
    pub fn declared(classified: bool) -> Result<Self, Cause> {
        if classified {
            return Err(Cause::new(
                "CLASSIFIED_REFUSED",
                "classified systems are not registered here; remove the request",
            ));
        }
        Ok(Self(()))
    }
}

impl System {
    /// The same system as it is described now. Its name, state and steps stay.
    #[must_use]
    pub fn described(self, as_it_is: Description) -> Self {
        Self {
            state: self.state,
            steps: self.steps,
            ..as_it_is.registered(self.name)
        }
    }

    /// Enters it into the inventory, on a document. That says nothing about its way through the plan yet.
    #[must_use]
    pub fn inventoried(mut self, statement: Statement) -> Self {
        self.steps.inventoried = Some(statement);
        self
    }

    /// Stops it.
    ///
    /// # Errors
    /// The present state, when it is not active.
    pub fn suspend(mut self, reason: String) -> Result<Self, SystemState> {
        match self.state {
            SystemState::Active => {
                self.state = SystemState::Suspended { reason };
                Ok(self)
            }
            other => Err(other),
        }
    }

    /// Ends a suspension.
    ///
    /// # Errors
    /// The present state, when it is not suspended.
    pub fn resume(mut self) -> Result<Self, SystemState> {
        match self.state {
            SystemState::Suspended { .. } => {
                self.state = SystemState::Active;
                Ok(self)
            }
            other => Err(other),
        }
    }

    /// Takes it out of service for good, once that was decided.
    ///
    /// # Errors
    /// `None` when nobody decided to merge or retire it; the present state when it is retired.
    pub fn retire(mut self) -> Result<Self, Option<SystemState>> {
        let decided = self.steps.disposal.as_ref().map(|stated| &stated.what);
        if self.state == SystemState::Retired {
            return Err(Some(self.state));
        }
        match decided {
            Some(Disposal::Merge { .. } | Disposal::Retire) => {
                self.state = SystemState::Retired;
                Ok(self)
            }
            Some(Disposal::Keep | Disposal::Exempt) | None => Err(None),
        }
    }

    /// Whether it may call and be called.
    pub fn is_active(&self) -> bool {
        self.state == SystemState::Active
    }
}

impl SystemState {
    /// The word for people and programs.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended { .. } => "suspended",
            Self::Retired => "retired",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::FaultCause as _;
    use crate::test_world::{APPROVAL, suspended, system};

    fn in_states() -> [System; 3] {
        [SystemState::Active, suspended(), SystemState::Retired].map(|state| System {
            state,
            ..system("one", APPROVAL)
        })
    }

    #[test]
    fn each_state_allows_its_own_steps() {
        assert_eq!(
            in_states().map(|s| s.state.as_str()),
            ["active", "suspended", "retired"]
        );
        assert_eq!(in_states().map(|s| s.is_active()), [true, false, false]);
        let stopped = in_states().map(|s| s.suspend("why".to_owned()).is_ok());
        assert_eq!(stopped, [true, false, false]);
        assert_eq!(
            in_states().map(|s| s.resume().is_ok()),
            [false, true, false]
        );
    }

    #[test]
    fn a_wrong_step_gives_the_present_state_back() {
        for system in in_states() {
            let state = system.state.clone();
            let steps = [system.clone().suspend("why".to_owned()), system.resume()];
            for refused in steps.into_iter().filter_map(Result::err) {
                assert_eq!(refused, state);
            }
        }
    }

    #[test]
    fn a_suspension_and_its_end_leave_the_system_as_it_was() {
        let before = system("one", APPROVAL);
        let after = before
            .clone()
            .suspend("why".to_owned())
            .unwrap()
            .resume()
            .unwrap();
        assert_eq!(after, before);
    }

    #[test]
    fn a_classified_system_cannot_be_made() {
        assert_eq!(
            Unclassified::declared(true).unwrap_err().code(),
            "CLASSIFIED_REFUSED"
        );
        assert!(Unclassified::declared(false).is_ok());
    }

    #[test]
    fn words_are_parsed_and_printed_alike() {
        for word in ["public", "private", "internet"] {
            assert_eq!(
                NetworkZone::parse(&format!(" {word} "))
                    .unwrap()
                    .to_string(),
                word
            );
        }
        for word in ["city-cloud", "machine-room", "other"] {
            assert_eq!(Hosting::parse(word).unwrap().to_string(), word);
        }
        let cause = Hosting::parse("cloud").unwrap_err();
        assert_eq!(cause.code(), "UNKNOWN_HOSTING");
        assert_eq!(
            cause.to_string(),
            "choose one of: city-cloud machine-room other"
        );
        assert_eq!(NetworkZone::parse("").unwrap_err().code(), "UNKNOWN_ZONE");
    }

    #[test]
    fn a_system_is_read_back_as_it_was_written() {
        for system in in_states() {
            let text = serde_json::to_string(&system).unwrap();
            assert_eq!(serde_json::from_str::<System>(&text).unwrap(), system);
        }
    }
}
