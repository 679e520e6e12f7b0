//! What the inventory of systems (系统底数) says of a system beside its identity.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Hosting;
use crate::fault::{Cause, Faults};

/// Most kinds of database of one system.
pub const MOST_DATABASES: usize = 10;
/// The highest yearly cost that is taken, in yuan: ten thousand million is a slip of the unit.
pub const MOST_YEARLY_COST: u64 = 10_000_000_000;

/// What a system is for, on what it rests and what it costs. Empty texts and absent values are not known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Inventory {
    /// What it is for, up to 300 characters.
    pub purpose: String,
    /// Who uses it, up to 100 characters.
    pub users: String,
    /// First day in use.
    pub launched: Option<Date>,
    /// Last day of the contract with the maintainer.
    pub maintenance_ends: Option<Date>,
    /// The level of protection it is filed under.
    pub protection: Option<ProtectionLevel>,
    /// Kinds of database, at most [`MOST_DATABASES`].
    pub databases: Vec<String>,
    /// What operation and maintenance cost in a year, in yuan.
    pub yearly_cost: Option<u64>,
    /// The machine room it stands in; only where it is hosted in one.
    pub machine_room: String,
}

impl Inventory {
    /// Whether nothing beyond the identity is known.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What cannot be true of a system that runs there; places begin with `system.`.
    pub fn faults(&self, hosting: Hosting) -> Faults {
        let mut faults = Faults::default();
        if !self.machine_room.is_empty() && hosting != Hosting::MachineRoom {
            let message = format!("a system hosted in {hosting} stands in no machine room");
            faults.add("system.machine_room", "NOT_IN_A_MACHINE_ROOM", message);
        }
        if let (Some(launched), Some(ends)) = (self.launched, self.maintenance_ends)
            && ends < launched
        {
            let message = format!(
                "the contract ends on {ends}, before the system went into use on {launched}"
            );
            faults.add("system.maintenance_end_date", "ENDS_BEFORE_LAUNCH", message);
        }
        faults
    }
}

/// Level of protection (等级保护) of GB/T 22240-2020, 1 to 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct ProtectionLevel(u8);

impl ProtectionLevel {
    /// A level.
    ///
    /// # Errors
    /// `UNKNOWN_LEVEL` outside 1 to 5. Level 5 is for state secrets' surroundings and is refused with
    /// the classified systems, not here.
    pub fn of(level: u8) -> Result<Self, Cause> {
        if (1..=5).contains(&level) {
            return Ok(Self(level));
        }
        let message = "choose 1 to 5, or 0 for not graded (GB/T 22240)";
        Err(Cause::new("UNKNOWN_LEVEL", message))
    }

    /// The level.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for ProtectionLevel {
    type Error = Cause;
    fn try_from(level: u8) -> Result<Self, Cause> {
        Self::of(level)
    }
}

impl From<ProtectionLevel> for u8 {
    fn from(level: ProtectionLevel) -> Self {
        level.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn codes(inventory: &Inventory, hosting: Hosting) -> Vec<String> {
        let faults = inventory.faults(hosting);
        faults.as_slice().iter().map(|f| f.code.clone()).collect()
    }

    #[test]
    fn a_machine_room_belongs_to_a_system_that_stands_in_one() {
        let inventory = Inventory {
            machine_room: "市政务大楼 3 楼".to_owned(),
            ..Inventory::default()
        };
        assert_eq!(codes(&inventory, Hosting::MachineRoom), [""; 0]);
        for elsewhere in [Hosting::CityCloud, Hosting::Other] {
            assert_eq!(codes(&inventory, elsewhere), ["NOT_IN_A_MACHINE_ROOM"]);
        }
    }

    #[test]
    fn a_contract_does_not_end_before_its_system_begins() {
        let ends_on = |ends| Inventory {
            launched: Some(date(2020, 1, 2)),
            maintenance_ends: Some(ends),
            ..Inventory::default()
        };
        assert_eq!(
            codes(&ends_on(date(2020, 1, 1)), Hosting::Other),
            ["ENDS_BEFORE_LAUNCH"]
        );
        assert_eq!(codes(&ends_on(date(2020, 1, 2)), Hosting::Other), [""; 0]);
    }

    #[test]
    fn levels_of_protection_are_one_to_five() {
        for level in 0..=255_u8 {
            assert_eq!(ProtectionLevel::of(level).is_ok(), (1..=5).contains(&level));
        }
        assert!(serde_json::from_str::<ProtectionLevel>("6").is_err());
    }

    #[test]
    fn an_inventory_of_before_is_read_as_unknown() {
        assert!(serde_json::from_str::<Inventory>("{}").unwrap().is_empty());
    }
}
