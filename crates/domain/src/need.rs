//! Needs: which certificates a matter asks for, of whom, and when a need is met.
//!
//! A matter needs all of its needs; each is met by any one of its certificate types, tried in the order
//! of preference and only until one is found: what is not needed is not asked for (PIPL art. 6).

use crate::basis::HolderAuthorisation;
use crate::certificate::CertificateState;
use crate::fault::{Cause, FaultCause as _, Faults};
use crate::item::ItemKey;
use crate::matter::{Matter, Need};
use crate::name::{CertificateTypeName, HolderRole};
use crate::snapshot::Snapshot;
use crate::subject::Subject;

/// What a caller says about the needs of a matter.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// Who takes which role.
    pub holders: Vec<RoleHolder>,
    /// The items wanted of some certificate types; of the others all that is granted.
    pub items: Vec<(CertificateTypeName, Vec<ItemKey>)>,
    /// How old an issuer's answer may be, in seconds; none for whatever it allows.
    pub max_age_s: Option<u32>,
}

/// Who takes a role.
#[derive(Clone, Debug)]
pub struct RoleHolder {
    /// The role.
    pub role: HolderRole,
    /// Who it is.
    pub holder: Subject,
    /// What that holder authorised, where it is not the duty alone that all rests on.
    pub authorisation: Option<HolderAuthorisation>,
}

/// A need with its holder, ready to be asked for.
#[derive(Clone, Debug)]
pub struct PlannedNeed {
    /// Whose certificate it is.
    pub role: HolderRole,
    /// Who that is.
    pub holder: Subject,
    /// What that holder authorised.
    pub authorisation: Option<HolderAuthorisation>,
    /// What would meet it, the preferred first.
    pub alternatives: Vec<Alternative>,
}

/// One certificate type that would meet a need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternative {
    /// The certificate type.
    pub certificate_type: CertificateTypeName,
    /// The items wanted; none named means all that is granted.
    pub items: Vec<ItemKey>,
    /// Some issuer shares it.
    pub covered: bool,
}

/// How one attempt to meet a need ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptResult {
    /// Exactly one certificate, in force.
    Found,
    /// Exactly one, but not in force.
    NotInForce(CertificateState),
    /// The issuer has none.
    NoMatch,
    /// The issuer has several.
    Ambiguous,
    /// The issuer is still at work on it.
    Pending,
    /// A rule refused it.
    Refused,
    /// It did not work out.
    Failed,
    /// It was answered before under this request id.
    AnsweredBefore,
    /// No issuer shares this type.
    Uncovered,
}

/// Whether a need is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NeedState {
    /// By a certificate in force.
    Met,
    /// It is not.
    Missing,
    /// No issuer shares any of its types.
    Uncovered,
}

impl AttemptResult {
    /// Whether the next alternative is tried.
    ///
    /// Only when this one is known not to serve. An issuer that failed or is still at work may have the
    /// certificate: asking on would take a second one for the same need once it answers a repetition.
    #[must_use]
    pub fn goes_on(self) -> bool {
        match self {
            Self::NotInForce(_)
            | Self::NoMatch
            | Self::Ambiguous
            | Self::Refused
            | Self::Uncovered => true,
            Self::Found | Self::Pending | Self::Failed | Self::AnsweredBefore => false,
        }
    }
}

impl NeedState {
    /// The state of a need after its attempts.
    #[must_use]
    pub fn after(attempts: &[AttemptResult]) -> Self {
        if attempts.contains(&AttemptResult::Found) {
            Self::Met
        } else if attempts
            .iter()
            .all(|attempt| *attempt == AttemptResult::Uncovered)
        {
            Self::Uncovered
        } else {
            Self::Missing
        }
    }
}

/// Puts the needs of a matter and the wish of a caller together.
///
/// # Errors
/// All faults of the wish: a role without holder, a holder or items that the matter does not need, or
/// anything named twice. Nobody is asked about a person without need.
pub fn plan(snapshot: &Snapshot, matter: &Matter, wish: &Wish) -> Result<Vec<PlannedNeed>, Faults> {
    let mut faults = Faults::default();
    check_holders(matter, wish, &mut faults);
    check_items(matter, wish, &mut faults);
    let planned: Option<Vec<_>> = matter
        .needs
        .iter()
        .map(|need| planned(snapshot, need, wish))
        .collect();
    faults.finish(planned)
}

fn planned(snapshot: &Snapshot, need: &Need, wish: &Wish) -> Option<PlannedNeed> {
    let given = wish.holders.iter().find(|given| given.role == need.role)?;
    let alternative = |name: &CertificateTypeName| {
        let items = wish.items.iter().find(|(kind, _)| kind == name);
        Alternative {
            certificate_type: name.clone(),
            items: items.map(|(_, items)| items.clone()).unwrap_or_default(),
            covered: !snapshot.resources_of_type(name).is_empty(),
        }
    };
    Some(PlannedNeed {
        role: need.role.clone(),
        holder: given.holder.clone(),
        authorisation: given.authorisation.clone(),
        alternatives: need.any.iter().map(alternative).collect(),
    })
}

fn check_holders(matter: &Matter, wish: &Wish, faults: &mut Faults) {
    let given = |role: &HolderRole| wish.holders.iter().any(|other| other.role == *role);
    let mut told: Vec<&HolderRole> = Vec::new();
    for need in &matter.needs {
        if !given(&need.role) && !told.contains(&&need.role) {
            let message = format!("the matter needs a certificate of the {}", need.role);
            faults.add("holders", "REQUIRED", message);
            told.push(&need.role);
        }
    }
    for (place, RoleHolder { role, .. }) in wish.holders.iter().enumerate() {
        let field = format!("holders[{place}].role");
        let needed = matter.needs.iter().any(|need| need.role == *role);
        let before = wish.holders.iter().take(place);
        let cause = if !needed {
            Cause::new(
                "NOT_NEEDED",
                format!("the matter needs nothing of the {role}"),
            )
        } else if before.clone().any(|other| other.role == *role) {
            Cause::new("DUPLICATE", format!("the {role} stands twice"))
        } else {
            continue;
        };
        faults.add(&field, cause.code(), cause.to_string());
    }
}

fn check_items(matter: &Matter, wish: &Wish, faults: &mut Faults) {
    for (place, (kind, items)) in wish.items.iter().enumerate() {
        let types = &mut matter.needs.iter().flat_map(|need| &need.any);
        let twice = wish
            .items
            .iter()
            .take(place)
            .any(|(other, _)| other == kind);
        let field = format!("items[{place}].certificate_type");
        if !types.any(|needed| needed == kind) {
            faults.add(
                &field,
                "NOT_NEEDED",
                format!("the matter does not take {kind}"),
            );
        } else if twice {
            faults.add(&field, "DUPLICATE", format!("{kind} stands twice"));
        }
        if items.is_empty() {
            let field = format!("items[{place}].items");
            faults.add(&field, "REQUIRED", "name at least one item");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Uscc;
    use crate::test_world::{World, department_name, keys, matter as matter_name};

    const MARRIED: &str = "11100000XY9000051R001";
    const DIVORCED: &str = "11100000XY9000051R002";
    const LICENCE: &str = "11100000MB0143028R001";

    fn kind(code: &str) -> CertificateTypeName {
        CertificateTypeName::from_id(code).unwrap()
    }

    fn role(word: &str) -> HolderRole {
        HolderRole::parse(word).unwrap()
    }

    fn holder(word: &str) -> RoleHolder {
        let code = Uscc::parse("91430502XYXYXY016N").unwrap();
        RoleHolder {
            role: role(word),
            holder: Subject::Organisation(code),
            authorisation: None,
        }
    }

    fn need(word: &str, any: &[&str]) -> Need {
        Need {
            role: role(word),
            any: any.iter().copied().map(kind).collect(),
        }
    }

    /// A couple's proof, and a firm's licence that nobody shares.
    fn matter() -> Matter {
        Matter {
            name: matter_name(crate::test_world::HOUSE_TRANSFER),
            title: "二手房转移登记".to_owned(),
            department: department_name(crate::test_world::APPROVAL),
            needs: vec![
                need("spouse", &[DIVORCED, MARRIED]),
                need("enterprise", &[LICENCE]),
            ],
            source: String::new(),
            assumed: true,
        }
    }

    fn snapshot() -> Snapshot {
        let mut world = World::good();
        world.contents.resources[0].certificate_type = Some(kind(MARRIED));
        world.snapshot()
    }

    #[test]
    fn each_need_gets_its_holder_and_its_alternatives_in_order() {
        let wish = Wish {
            holders: vec![holder("enterprise"), holder("spouse")],
            items: vec![(kind(MARRIED), keys(&["registration_date"]))],
            ..Wish::default()
        };
        let plan = plan(&snapshot(), &matter(), &wish).unwrap();
        let seen: Vec<_> = plan
            .iter()
            .flat_map(|need| &need.alternatives)
            .map(|one| (one.certificate_type.id(), one.items.len(), one.covered))
            .collect();
        assert_eq!(
            seen,
            [
                (DIVORCED, 0, false),
                (MARRIED, 1, true),
                (LICENCE, 0, false)
            ]
        );
    }

    #[test]
    fn all_faults_of_a_wish_are_told_at_once() {
        let wish = Wish {
            holders: vec![holder("spouse"), holder("spouse"), holder("child")],
            items: vec![
                (kind("11100000000013127D001"), keys(&["name"])),
                (kind(MARRIED), Vec::new()),
                (kind(MARRIED), keys(&["registration_date"])),
            ],
            ..Wish::default()
        };
        let faults = plan(&snapshot(), &matter(), &wish).unwrap_err();
        let told: Vec<_> = faults
            .as_slice()
            .iter()
            .map(|fault| (fault.field.as_str(), fault.code.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                ("holders", "REQUIRED"),
                ("holders[1].role", "DUPLICATE"),
                ("holders[2].role", "NOT_NEEDED"),
                ("items[0].certificate_type", "NOT_NEEDED"),
                ("items[1].items", "REQUIRED"),
                ("items[2].certificate_type", "DUPLICATE"),
            ]
        );
    }

    #[test]
    fn a_matter_without_needs_asks_for_nobody() {
        let mut bare = matter();
        bare.needs.clear();
        assert!(
            plan(&snapshot(), &bare, &Wish::default())
                .unwrap()
                .is_empty()
        );
        let wish = Wish {
            holders: vec![holder("spouse")],
            ..Wish::default()
        };
        assert!(plan(&snapshot(), &bare, &wish).is_err());
    }

    #[test]
    fn a_substitute_is_tried_only_when_the_preferred_one_is_known_not_to_serve() {
        use AttemptResult as A;
        for (result, goes_on) in [
            (A::Found, false),
            (A::NotInForce(CertificateState::Cancelled), true),
            (A::NoMatch, true),
            (A::Ambiguous, true),
            (A::Refused, true),
            (A::Uncovered, true),
            (A::Pending, false),
            (A::Failed, false),
            (A::AnsweredBefore, false),
        ] {
            assert_eq!(result.goes_on(), goes_on, "{result:?}");
        }
    }

    #[test]
    fn a_need_is_met_by_one_and_uncovered_only_when_nobody_shares_any() {
        use AttemptResult as A;
        for (attempts, state) in [
            (&[A::NoMatch, A::Found][..], NeedState::Met),
            (&[A::Uncovered, A::Uncovered], NeedState::Uncovered),
            (&[A::Uncovered, A::NoMatch], NeedState::Missing),
            (&[A::Failed], NeedState::Missing),
        ] {
            assert_eq!(NeedState::after(attempts), state, "{attempts:?}");
        }
    }
}
