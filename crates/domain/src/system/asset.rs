//! Machine rooms and other assets that go with a system: what was taken out of use, when, on what ground.

use std::iter::Sum;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::steps::{Statement, StepError};
use crate::policy::shaoyang_date;

/// Most assets stated of one system, those taken back included.
pub const MOST_ASSETS: usize = 50;

super::words!(AssetKind, "UNKNOWN_ASSET",
    "machine-room" => MachineRoom, "server" => Server, "storage" => Storage, "network" => Network, "other" => Other);

/// What kind of asset was taken out of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AssetKind {
    /// A machine room.
    MachineRoom,
    /// Servers.
    Server,
    /// Storage.
    Storage,
    /// Network equipment.
    Network,
    /// Anything else.
    Other,
}

/// A machine room or other asset taken out of use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asset {
    /// What kind.
    pub kind: AssetKind,
    /// What it was.
    pub description: String,
    /// How many, from 1.
    pub count: u32,
    /// The day on which it was taken out of use; none of what was stated before the day was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired_on: Option<Date>,
}

/// An asset as it was stated. Its number is its place among those of its system, from 1, and never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatedAsset {
    /// What.
    #[serde(flatten)]
    pub what: Asset,
    /// By whom and why.
    pub statement: Statement,
    /// Who took it back, and why. It stays where it is and counts no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<Statement>,
}

/// States one more asset.
///
/// # Errors
/// There are as many as are kept; it is still in use on the day of the statement.
pub(super) fn state(
    assets: &mut Vec<StatedAsset>,
    what: Asset,
    statement: Statement,
) -> Result<(), StepError> {
    if assets.len() >= MOST_ASSETS {
        return Err(StepError::TooManyAssets);
    }
    if what.retired_on > Some(shaoyang_date(statement.at)) {
        return Err(StepError::NotRetiredYet);
    }
    assets.push(StatedAsset {
        what,
        statement,
        withdrawn: None,
    });
    Ok(())
}

/// Takes one back that was stated by mistake.
///
/// # Errors
/// There is none of this number, or it was taken back before.
pub(super) fn withdraw(
    assets: &mut [StatedAsset],
    number: u16,
    statement: Statement,
) -> Result<(), StepError> {
    let place = usize::from(number).checked_sub(1);
    let asset = place.and_then(|place| assets.get_mut(place));
    let asset = asset.ok_or(StepError::NoSuchAsset)?;
    if asset.withdrawn.is_some() {
        return Err(StepError::AlreadyWithdrawn);
    }
    asset.withdrawn = Some(statement);
    Ok(())
}

/// How much was taken out of use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AssetCounts {
    /// Machine rooms.
    pub machine_rooms: u64,
    /// Pieces of everything else.
    pub others: u64,
}

impl AssetCounts {
    /// Those of a system, without what was taken back.
    pub fn of(assets: &[StatedAsset]) -> Self {
        let stand = assets.iter().filter(|asset| asset.withdrawn.is_none());
        stand.map(|asset| Self::from(&asset.what)).sum()
    }
}

impl From<&Asset> for AssetCounts {
    fn from(asset: &Asset) -> Self {
        let count = asset.count.into();
        match asset.kind {
            AssetKind::MachineRoom => Self {
                machine_rooms: count,
                others: 0,
            },
            AssetKind::Server | AssetKind::Storage | AssetKind::Network | AssetKind::Other => {
                Self {
                    machine_rooms: 0,
                    others: count,
                }
            }
        }
    }
}

impl Sum for AssetCounts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |all, one| Self {
            machine_rooms: all.machine_rooms.saturating_add(one.machine_rooms),
            others: all.others.saturating_add(one.others),
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::test_world::at;

    fn on(document: &str) -> Statement {
        Statement {
            document: document.to_owned(),
            by: "wang".to_owned(),
            // The first hour of 2 June in Shaoyang, still the day before by UTC.
            at: at("2022-06-01T16:30:00Z"),
        }
    }

    fn asset(kind: AssetKind, count: u32) -> Asset {
        Asset {
            kind,
            description: "三楼机房".to_owned(),
            count,
            retired_on: Some(date(2022, 6, 2)),
        }
    }

    fn stated(all: &[(AssetKind, u32)]) -> Vec<StatedAsset> {
        let mut assets = Vec::new();
        for (kind, count) in all {
            state(&mut assets, asset(*kind, *count), on("资产处置单")).unwrap();
        }
        assets
    }

    #[test]
    fn nothing_is_out_of_use_before_its_day_has_come() {
        let day = |retired_on| Asset {
            retired_on,
            ..asset(AssetKind::Server, 1)
        };
        let cases = [
            (None, Ok(())),
            (Some(date(2022, 6, 1)), Ok(())),
            (Some(date(2022, 6, 2)), Ok(())),
            (Some(date(2022, 6, 3)), Err(StepError::NotRetiredYet)),
        ];
        for (retired_on, expected) in cases {
            let told = state(&mut Vec::new(), day(retired_on), on("资产处置单"));
            assert_eq!(told, expected, "{retired_on:?}");
        }
    }

    #[test]
    fn machine_rooms_are_counted_apart_and_what_was_taken_back_not_at_all() {
        let mut assets = stated(&[
            (AssetKind::MachineRoom, 1),
            (AssetKind::Server, 12),
            (AssetKind::MachineRoom, 2),
            (AssetKind::Storage, 3),
            (AssetKind::Network, 4),
            (AssetKind::Other, 5),
        ]);
        let counts = |machine_rooms, others| AssetCounts {
            machine_rooms,
            others,
        };
        assert_eq!(AssetCounts::of(&assets), counts(3, 24));
        withdraw(&mut assets, 3, on("更正说明")).unwrap();
        withdraw(&mut assets, 2, on("更正说明")).unwrap();
        assert_eq!(AssetCounts::of(&assets), counts(1, 12));
        assert_eq!(assets.len(), 6, "the others keep their numbers");
        let two = [counts(u64::MAX, 1), counts(1, 1)];
        assert_eq!(two.into_iter().sum::<AssetCounts>(), counts(u64::MAX, 2));
    }

    #[test]
    fn only_what_stands_is_taken_back() {
        let mut assets = stated(&[(AssetKind::Server, 1)]);
        for number in [0, 2, u16::MAX] {
            let told = withdraw(&mut assets, number, on("更正说明"));
            assert_eq!(told, Err(StepError::NoSuchAsset), "{number}");
        }
        withdraw(&mut assets, 1, on("更正说明")).unwrap();
        let again = withdraw(&mut assets, 1, on("另一说明"));
        assert_eq!(again, Err(StepError::AlreadyWithdrawn));
        assert_eq!(assets[0].withdrawn, Some(on("更正说明")));
    }

    #[test]
    fn what_was_stored_without_a_day_is_read() {
        let text = r#"{"kind":"machine-room","description":"三楼机房","count":1,
            "statement":{"document":"资产处置单","by":"wang","at":"2022-06-01T16:30:00Z"}}"#;
        let read: StatedAsset = serde_json::from_str(text).unwrap();
        assert_eq!((read.what.retired_on, &read.withdrawn), (None, &None));
        let mut assets = stated(&[(AssetKind::Server, 2)]);
        withdraw(&mut assets, 1, on("更正说明")).unwrap();
        let text = serde_json::to_string(&assets).unwrap();
        assert_eq!(
            serde_json::from_str::<Vec<StatedAsset>>(&text).unwrap(),
            assets
        );
    }
}
