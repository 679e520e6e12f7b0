//! Complaints of people: entered at any window, passed on, assigned, answered and closed, or left to lie.

mod moves;

use std::collections::BTreeSet;

use broker::Stored;
use domain::complaint::{About, Complaint, ComplaintKind, MoveKind, receipt_of};
use jiff::ToSpan as _;
use jiff::civil::Date;

use super::checks::{Expected, must_all_be_reached, must_be_explained};
use super::grants::Grants;
use super::{Agenda, Dice};
use crate::sharing::cast::{Cast, EVERYBODY, Who};
use crate::sharing::model::complaint::{Names, Picture, RULES, STATES};
use crate::sharing::model::{Desk, Outcome};
use moves::department;

const KINDS: [ComplaintKind; 5] = [
    ComplaintKind::UnlawfulUse,
    ComplaintKind::WrongData,
    ComplaintKind::Disclosure,
    ComplaintKind::NotServed,
    ComplaintKind::Other,
];

const DESKS: [Desk; 3] = [Desk::Consumer, Desk::Provider, Desk::Stranger];

/// The complaints, and when each is taken up again.
pub(super) struct Complaints {
    dice: Dice,
    agenda: Agenda,
    cases: Vec<Case>,
    /// The rules by which something was refused.
    told: BTreeSet<&'static str>,
}

/// One complaint, and what it should be.
struct Case {
    row: Stored<Complaint>,
    receipt: String,
    picture: Picture,
}

impl Complaints {
    pub(super) fn new() -> Self {
        Self {
            dice: Dice(37),
            agenda: Agenda::default(),
            cases: Vec::new(),
            told: BTreeSet::new(),
        }
    }

    pub(super) fn entered(&self) -> usize {
        self.cases.len()
    }

    pub(super) fn look(&mut self, today: Date) {
        let cases = self.cases.iter_mut();
        cases.for_each(|case| case.picture.clock.look(today));
    }

    /// What the clocks should be.
    pub(super) fn expected(&self) -> impl Iterator<Item = Expected<'_>> {
        let cases = self.cases.iter();
        cases.map(|case| (case.row.value.name.as_str(), &case.picture.clock))
    }

    /// Enters some, and takes up those whose day it is.
    pub(super) async fn day(
        &mut self,
        cast: &Cast,
        grants: &Grants,
        (today, begin): (Date, usize),
    ) {
        for _ in 0..begin {
            self.enter(cast, grants, today).await;
        }
        for number in self.agenda.take(today) {
            let moves = 1 + self.dice.below(4) / 3;
            for _ in 0..moves {
                self.step(cast, number).await;
            }
            let goes_on = match self.cases[number].picture.state {
                "received" | "answered" => self.dice.below(4) != 0,
                _ => self.dice.below(20) == 0,
            };
            if goes_on {
                self.agenda.put_later(&mut self.dice, today, number);
            }
        }
    }

    async fn enter(&mut self, cast: &Cast, grants: &Grants, today: Date) {
        let (who, kind) = (*self.dice.of(&EVERYBODY), *self.dice.of(&KINDS));
        let mut about = About::default();
        let grant = (!grants.cases.is_empty()).then(|| self.dice.of(&grants.cases));
        let names = match (self.dice.below(4), grant) {
            (0, Some(grant)) => {
                about.grant = Some(grant.name.clone());
                Names::Grant
            }
            (1, _) => {
                about.resource = Some(cast.entries[0].name.clone());
                Names::Entry
            }
            (2, _) => {
                let desk = *self.dice.of(&DESKS);
                about.department = Some(department(desk));
                Names::Department(desk)
            }
            _ => Names::Nothing,
        };
        // What it lay at a window is not the time of who answers.
        let received = today - i64::from(*self.dice.of(&[0, 0, 3, 90])).days();
        let entered = cast.enter_complaint(who, (kind, about), received).await;
        let desk = Desk::of(who);
        let picture = Picture::new(desk, names.answered_by(kind), today);
        self.agenda.put(today, self.cases.len());
        self.cases.push(Case {
            row: entered.complaint,
            receipt: entered.receipt,
            picture,
        });
        self.must_lie_where_it_should(cast, self.cases.len() - 1);
    }

    fn must_lie_where_it_should(&self, cast: &Cast, number: usize) {
        let case = &self.cases[number];
        let lies_with = cast.gateway().responsible_for(&case.row.value);
        assert_eq!(lies_with, Some(department(case.picture.lies_with)));
        assert_eq!(case.row.value.state.as_str(), case.picture.state);
        if let Some(clock) = case.row.value.state.clock() {
            assert_eq!(clock.due, case.picture.clock.due);
        }
    }

    async fn step(&mut self, cast: &Cast, number: usize) {
        let case = &self.cases[number];
        let (before, legal) = (case.row.clone(), case.picture.legal());
        let kind = match (legal.is_empty(), self.dice.below(4)) {
            (true, _) | (_, 0) => *self.dice.of(MoveKind::ALL),
            _ => *self.dice.of(&legal),
        };
        let lies_with = case.picture.lies_with;
        let mostly = |who: &&Who| match kind {
            MoveKind::Forward | MoveKind::Answer => Desk::of(**who) == lies_with,
            MoveKind::Assign => Desk::of(**who) == Desk::Consumer,
            MoveKind::Close | MoveKind::Withdraw => true,
        };
        let own: Vec<Who> = EVERYBODY.iter().filter(mostly).copied().collect();
        let who = match self.dice.below(6) {
            0 => *self.dice.of(&EVERYBODY),
            _ => *self.dice.of(&own),
        };
        let to = *self.dice.of(&DESKS);
        let expected = case.picture.outcome(kind, who, to);
        match cast.move_complaint(kind, who, (&before, to)).await {
            Ok(after) => {
                assert_eq!(expected, Outcome::Made, "{kind:?} of {:?}", case.picture);
                let case = &mut self.cases[number];
                case.picture.take(kind, to);
                case.row = after;
                self.must_lie_where_it_should(cast, number);
            }
            Err(failure) => {
                let methods: Vec<_> = legal.iter().map(|kind| kind.method()).collect();
                self.told.extend(expected.rule());
                must_be_explained(&failure, expected, (case.picture.state, &methods));
                if self.dice.below(8) == 0 {
                    let (reader, name) = (cast.caller(Who::Consenter), &before.value.name);
                    let now = cast.gateway().complaint(reader, name).await.unwrap();
                    assert_eq!(now, before, "a refused move changed it");
                }
            }
        }
    }

    /// Every state was reached, and any window tells each person how far theirs is.
    pub(super) async fn states_are_right(&self, cast: &Cast) {
        must_all_be_reached(&RULES, self.told.iter().copied());
        must_all_be_reached(&STATES, self.cases.iter().map(|case| case.picture.state));
        let window = cast.caller(Who::Stranger);
        for case in &self.cases {
            let receipt = receipt_of(&case.receipt).unwrap();
            let told = cast.gateway().complaint_by_receipt(window, &receipt).await;
            let told = told.unwrap_or_else(|failure| panic!("{failure:?}"));
            assert_eq!(told.complaint, case.row.value);
            let is_answered = matches!(case.picture.state, "answered" | "closed");
            assert_eq!(told.answer.is_some(), is_answered);
        }
    }
}
