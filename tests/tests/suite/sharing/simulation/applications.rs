//! Applications through their moves, and the grants that come of them.

mod moves;

use broker::{Failure, Stored};
use domain::application::{Application, Content, MoveKind};
use domain::name::GrantName;
use jiff::civil::Date;

use super::checks::{Expected, must_all_be_reached};
use super::grants::Grants;
use super::{Agenda, Dice};
use crate::sharing::cast::{Cast, EVERYBODY, Who};
use crate::sharing::model::application::Case;
use moves::{must_be_explained, pick, right};

/// The applications, and when each is taken up again.
pub(super) struct Applications {
    dice: Dice,
    agenda: Agenda,
    pub(super) cases: Vec<Case>,
    /// How many were written to amend a grant.
    pub(super) amending: usize,
}

impl Applications {
    pub(super) fn new() -> Self {
        Self {
            dice: Dice(20_220_512),
            agenda: Agenda::default(),
            cases: Vec::new(),
            amending: 0,
        }
    }

    /// How many were written of themselves.
    pub(super) fn written(&self) -> usize {
        self.cases.len() - self.amending
    }

    pub(super) fn look(&mut self, today: Date) {
        let clocks = self.cases.iter_mut().flat_map(|case| &mut case.clocks);
        clocks.for_each(|clock| clock.look(today));
    }

    /// What the clocks should be.
    pub(super) fn expected(&self) -> impl Iterator<Item = Expected<'_>> {
        self.cases.iter().flat_map(|case| {
            let about = case.row.value.name.as_str();
            case.clocks.iter().map(move |clock| (about, clock))
        })
    }

    /// Writes some, and takes up those whose day it is.
    pub(super) async fn day(
        &mut self,
        cast: &Cast,
        grants: &mut Grants,
        (today, begin): (Date, usize),
    ) {
        for _ in 0..begin {
            let entry = usize::from(self.dice.below(4) == 0);
            let row = cast.written(cast.terms(entry, today)).await;
            self.agenda.put(today, self.cases.len());
            self.cases.push(Case::new(row, entry == 1));
        }
        for number in self.agenda.take(today) {
            let moves = 1 + self.dice.below(2);
            for _ in 0..moves {
                self.step(cast, grants, number, today).await;
            }
            let is_over = self.cases[number].row.value.state.is_over();
            // What is over is tried again once in a while, and nothing of it moves; some are left lying for good.
            let goes_on = if is_over {
                self.dice.below(40) == 0
            } else {
                self.dice.below(4) != 0
            };
            if goes_on {
                self.agenda.put_later(&mut self.dice, today, number);
            }
        }
    }

    async fn step(&mut self, cast: &Cast, grants: &mut Grants, number: usize, today: Date) {
        let case = &self.cases[number];
        let before = case.row.clone();
        let kind = pick(&before.value, &mut self.dice);
        let who = match self.dice.below(8) {
            0 => *self.dice.of(&EVERYBODY),
            _ => right(kind, &mut self.dice),
        };
        let name = before.value.name.clone();
        match cast.make(kind, who, &name, &before.etag()).await {
            Ok(after) => {
                let case = &mut self.cases[number];
                case.follow(kind, after, today);
                grants.begin(cast, case, today).await;
            }
            Err(failure) => {
                must_be_explained(&failure, &before.value, (kind, today));
                // One look in eight: that nothing changed is the transaction's promise.
                if self.dice.below(8) == 0 {
                    let now = cast.read(&name).await;
                    assert_eq!(now, before, "a refused move changed it");
                }
            }
        }
    }

    /// Every state was reached, and each says what is legal.
    pub(super) fn states_are_right(&self) {
        let all = || self.cases.iter().map(|case| &case.row.value);
        for application in all() {
            assert_eq!(application.legal().is_empty(), application.state.is_over());
        }
        let wanted = [
            "draft",
            "signed_off",
            "submitted",
            "material_requested",
            "offered",
            "approved",
            "refused",
            "withdrawn",
        ];
        must_all_be_reached(&wanted, all().map(|one| one.state.as_str()));
    }

    /// Agrees within a day on the whole entry in the place of what a grant says. What is refused in the end is taken back.
    pub(super) async fn amend(
        &mut self,
        cast: &Cast,
        (entry, grant): (usize, &GrantName),
        today: Date,
    ) -> Result<Stored<Application>, Failure> {
        let content = Content {
            amends: Some(grant.clone()),
            ..Content::new(cast.terms(entry, today), "补充所需数据项".to_owned())
        };
        let row = cast.write(content).await?;
        self.amending += 1;
        self.cases.push(Case::new(row, entry == 1));
        let case = self.cases.last_mut().unwrap();
        for (kind, who) in [
            (MoveKind::SignOff, Who::Consenter),
            (MoveKind::Submit, Who::Applicant),
            (MoveKind::Approve, Who::Owner),
            (MoveKind::Approve, Who::Second),
        ] {
            let (name, etag) = (case.row.value.name.clone(), case.row.etag());
            match cast.make(kind, who, &name, &etag).await {
                Ok(after) => case.follow(kind, after, today),
                Err(failure) => {
                    let kind = MoveKind::Withdraw;
                    let after = cast.make(kind, Who::Applicant, &name, &etag).await.unwrap();
                    case.follow(kind, after, today);
                    return Err(failure);
                }
            }
        }
        Ok(case.row.clone())
    }
}
