//! What was permitted may be lost while it is under way: a read of rows or of a file can last for long.

use jiff::civil::Date;

use super::Permit;
use crate::grant::{Grant, GrantState};
use crate::reason::Reason;

/// Why what was permitted is so no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// The grant was suspended.
    Suspended,
    /// The grant was revoked.
    Revoked,
    /// The grant's last day is over.
    Ended,
    /// A next version covers other items, or none of the mode.
    Narrowed(Reason),
    /// A next version covers other rows.
    OtherRows,
    /// A next version asks for a clerk, a network or a provider that was not looked at.
    OtherConditions,
}

impl Gone {
    /// The reason that the caller is told.
    pub fn reason(self) -> Reason {
        match self {
            Self::Suspended => Reason::GrantSuspended,
            Self::Revoked => Reason::GrantRevoked,
            Self::Ended => Reason::GrantOutsideWindow,
            Self::Narrowed(reason) => reason,
            Self::OtherRows | Self::OtherConditions => Reason::StateConflict,
        }
    }

    /// In one sentence.
    pub fn message(self) -> &'static str {
        match self {
            Self::Suspended => "the grant was suspended meanwhile",
            Self::Revoked => "the grant was revoked meanwhile",
            Self::Ended => "the grant came to its last day meanwhile",
            Self::Narrowed(_) => "the grant was narrowed meanwhile; ask for what it covers now",
            Self::OtherRows => "the grant covers other rows since; ask again",
            Self::OtherConditions => "the grant has other conditions since; ask again",
        }
    }
}

impl Permit {
    /// Why the grant, as it is now, does not cover what was permitted; none where it does.
    pub fn gone_from(&self, now: &Grant, today: Date) -> Option<Gone> {
        match now.state {
            GrantState::Active => {}
            GrantState::Suspended { .. } => return Some(Gone::Suspended),
            GrantState::Revoked { .. } => return Some(Gone::Revoked),
            GrantState::Expired => return Some(Gone::Ended),
        }
        let terms = &now.terms;
        if !(terms.start..=terms.end).contains(&today) {
            return Some(Gone::Ended);
        }
        if now.version == self.grant.version {
            return None;
        }
        let mut keys = self.items.iter().chain(&self.compared);
        if !terms.share_modes.contains(&self.mode) {
            return Some(Gone::Narrowed(Reason::ModeNotCovered));
        }
        if !terms.matters.contains(&self.matter) {
            return Some(Gone::Narrowed(Reason::MatterNotCovered));
        }
        if !keys.all(|key| terms.items.contains(key)) {
            return Some(Gone::Narrowed(Reason::ItemNotCovered));
        }
        let was = &self.grant.terms;
        // What was looked at when it began: by whom, from where, for what.
        let other_conditions = terms.network_zones != was.network_zones
            || terms.operator_required != was.operator_required
            || terms.issues_use_codes != was.issues_use_codes
            || now.provider != self.grant.provider;
        if other_conditions {
            return Some(Gone::OtherConditions);
        }
        (terms.row_filter != was.row_filter).then_some(Gone::OtherRows)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::filter::Filter;
    use crate::item::ItemKey;
    use crate::policy::Decision;
    use crate::resource::ShareMode;
    use crate::test_world::{FOOD_LICENCE, World, grant, keys, matter};

    type Change = fn(&mut Grant);

    #[test]
    fn what_is_under_way_goes_on_as_long_as_the_grant_covers_it() {
        let Decision::Permit(permit) = World::good().decide() else {
            panic!("nothing is in its way");
        };
        let next = |grant: &mut Grant| grant.version += 1;
        let cases: [(&str, Change, Option<Reason>); 9] = [
            ("the same", |_| {}, None),
            (
                "an item less that was not asked for",
                |g| drop(g.terms.items.pop()),
                None,
            ),
            (
                "the item less",
                |g| g.terms.items = keys(&["children"]),
                Some(Reason::ItemNotCovered),
            ),
            (
                "the mode less",
                |g| g.terms.share_modes = vec![ShareMode::Table],
                Some(Reason::ModeNotCovered),
            ),
            (
                "the matter less",
                |g| g.terms.matters = vec![matter(FOOD_LICENCE)],
                Some(Reason::MatterNotCovered),
            ),
            (
                "fewer rows",
                |g| {
                    let key = ItemKey::parse("children").unwrap();
                    g.terms.row_filter = Some(Filter::Absent(key));
                },
                Some(Reason::StateConflict),
            ),
            (
                "a network",
                |g| g.terms.network_zones = vec![crate::system::NetworkZone::Public],
                Some(Reason::StateConflict),
            ),
            (
                "shorter",
                |g| g.terms.end = date(2022, 5, 31),
                Some(Reason::GrantOutsideWindow),
            ),
            (
                "expired",
                |g| g.state = GrantState::Expired,
                Some(Reason::GrantOutsideWindow),
            ),
        ];
        for (case, change, expected) in cases {
            let mut now = grant(1, "105001-000001");
            next(&mut now);
            change(&mut now);
            let gone = permit.gone_from(&now, date(2022, 6, 1));
            assert_eq!(gone.map(Gone::reason), expected, "{case}");
        }
    }
}
