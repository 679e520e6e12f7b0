//! Disputes about applications and grants: talked over, taken to the competent department and further, and taken back.

mod moves;

use std::collections::BTreeSet;

use broker::Stored;
use domain::dispute::{Dispute, DisputeSubject, MoveKind};
use domain::reason::Reason;
use jiff::civil::Date;

use super::applications::Applications;
use super::checks::{Expected, must_all_be_reached, must_be_explained};
use super::grants::Grants;
use super::{Agenda, Dice};
use crate::sharing::cast::{Cast, EVERYBODY, Who};
use crate::sharing::model::dispute::{Picture, RULES, STATES};
use crate::sharing::model::{Desk, Outcome};
use moves::{pick, ruling};

/// The disputes, and when each is taken up again.
pub(super) struct Disputes {
    dice: Dice,
    agenda: Agenda,
    cases: Vec<Case>,
    reached: BTreeSet<&'static str>,
    /// The rules by which something was refused.
    told: BTreeSet<&'static str>,
    /// How often one was to be raised, whatever came of it.
    pub(super) tried: usize,
    /// How often the same party had one about it already.
    again: usize,
    /// How many decisions stand because nobody took them further.
    stand: usize,
}

/// One dispute, and what it should be.
struct Case {
    row: Stored<Dispute>,
    picture: Picture,
}

impl Disputes {
    pub(super) fn new() -> Self {
        Self {
            dice: Dice(28),
            agenda: Agenda::default(),
            cases: Vec::new(),
            reached: BTreeSet::new(),
            told: BTreeSet::new(),
            tried: 0,
            again: 0,
            stand: 0,
        }
    }

    pub(super) fn look(&mut self, today: Date) {
        let clocks = self
            .cases
            .iter_mut()
            .flat_map(|case| &mut case.picture.clocks);
        clocks.for_each(|clock| clock.look(today));
    }

    /// What the clocks should be.
    pub(super) fn expected(&self) -> impl Iterator<Item = Expected<'_>> {
        self.cases.iter().flat_map(|case| {
            let about = case.row.value.name.as_str();
            case.picture.clocks.iter().map(move |clock| (about, clock))
        })
    }

    /// Decisions that nobody can take further any more stand from today on.
    pub(super) async fn stand(&mut self, cast: &Cast, today: Date) {
        for case in &mut self.cases {
            if case.picture.stands(today) {
                case.row = cast.dispute(&case.row.value).await;
                assert_eq!(case.row.value.state.as_str(), "decided");
                self.stand += 1;
            }
        }
    }

    /// Raises some, and takes up those whose day it is.
    pub(super) async fn day(
        &mut self,
        cast: &Cast,
        about: (&Applications, &Grants),
        (today, begin): (Date, usize),
    ) {
        for _ in 0..begin {
            self.tried += 1;
            self.raise(cast, about, today).await;
        }
        for number in self.agenda.take(today) {
            let moves = 1 + self.dice.below(4) / 3;
            for _ in 0..moves {
                self.step(cast, number, today).await;
            }
            let goes_on = if self.cases[number].picture.is_open() {
                self.dice.below(6) != 0
            } else {
                self.dice.below(20) == 0
            };
            if goes_on {
                self.agenda.put_later(&mut self.dice, today, number);
            }
        }
    }

    /// What one is raised about, and whether both sides know of it: one of the last few, which are in dispute again and
    /// again.
    fn subject(
        &mut self,
        (applications, grants): (&Applications, &Grants),
    ) -> (DisputeSubject, bool) {
        let back = usize::try_from(self.dice.below(20)).unwrap();
        let grant = grants.cases.iter().rev().nth(back);
        if let Some(grant) = grant.filter(|_| self.dice.below(2) == 0) {
            return (DisputeSubject::Grant(grant.name.clone()), true);
        }
        let application = &self.dice.of(&applications.cases).row.value;
        let handed_over = application.state.answering().is_some();
        (
            DisputeSubject::Application(application.name.clone()),
            handed_over,
        )
    }

    async fn raise(&mut self, cast: &Cast, about: (&Applications, &Grants), today: Date) {
        let (subject, handed_over) = self.subject(about);
        let who = *self.dice.of(&EVERYBODY);
        let desk = Desk::of(who);
        let is_same = |case: &&Case| {
            let picture = &case.picture;
            case.row.value.subject == subject && picture.is_raised_by(desk) && picture.is_open()
        };
        let again = self.cases.iter().any(|case| is_same(&case));
        match cast.raise_dispute(who, subject).await {
            Ok(row) => {
                assert!(desk != Desk::Stranger && handed_over && !again, "{who:?}");
                let picture = Picture::new(desk, today);
                self.agenda.put(today, self.cases.len());
                self.reached.insert(picture.state);
                self.cases.push(Case { row, picture });
            }
            Err(failure) if desk == Desk::Stranger || (!handed_over && desk == Desk::Provider) => {
                must_be_explained(&failure, Outcome::Unknown, ("", &[]));
            }
            Err(failure) if !handed_over => {
                must_be_explained(&failure, Outcome::Faulty, ("", &[]));
            }
            Err(failure) => {
                assert!(again, "{failure:?}");
                assert_eq!(failure.reason, Reason::StateConflict, "{failure:?}");
                self.again += 1;
            }
        }
    }

    async fn step(&mut self, cast: &Cast, number: usize, today: Date) {
        let case = &self.cases[number];
        let before = case.row.clone();
        let kind = pick(&case.picture, &mut self.dice, today);
        let who = match (kind, self.dice.below(8)) {
            (MoveKind::Decide, 1..) => Who::Consenter,
            (_, 0) => *self.dice.of(&EVERYBODY),
            _ => *self.dice.of(&[Who::Applicant, Who::Owner]),
        };
        let (ruling, faulty) = ruling(case.picture.state, &mut self.dice, today);
        let faulty = faulty && kind == MoveKind::Decide;
        let expected = case.picture.may(kind, who);
        let expected = expected
            .or(faulty.then_some(Outcome::Faulty))
            .unwrap_or_else(|| case.picture.outcome(kind, who, today));
        match cast.move_dispute(kind, who, &before, ruling).await {
            Ok(after) => {
                assert_eq!(expected, Outcome::Made, "{kind:?} of {:?}", case.picture);
                let case = &mut self.cases[number];
                case.picture.take(kind, who, today);
                assert_eq!(after.value.state.as_str(), case.picture.state);
                let clock = after.value.state.clock();
                let due = clock.and_then(|clock| clock.due);
                assert_eq!(due, case.picture.due().filter(|_| case.picture.is_open()));
                case.row = after;
                self.reached.insert(case.picture.state);
            }
            Err(failure) => {
                let legal = case.picture.legal(today);
                let methods: Vec<_> = legal.iter().map(|kind| kind.method()).collect();
                self.told.extend(expected.rule());
                must_be_explained(&failure, expected, (case.picture.state, &methods));
                if self.dice.below(8) == 0 {
                    let now = cast.dispute(&before.value).await;
                    assert_eq!(now, before, "a refused move changed it");
                }
            }
        }
    }

    /// Every state was reached, and some ended without anybody.
    pub(super) fn states_are_right(&self) {
        must_all_be_reached(&RULES, self.told.iter().copied());
        must_all_be_reached(&STATES, self.reached.iter().copied());
        assert!(
            self.stand > 0 && self.again > 0,
            "{} {}",
            self.stand,
            self.again
        );
    }
}
