//! Corrections of rows that are doubted: raised over and over, taken up, answered, taken back, and some forgotten.

use broker::{CorrectionResult, Failure, NewCorrection, SeenCorrection, Stored};
use domain::correction::{Correction, MoveKind, Record};
use domain::name::SystemName;
use domain::reason::Reason;
use jiff::civil::Date;
use kit::gateway::act;
use kit::tables::{CONSUMER, key};

use super::checks::{Expected, must_all_be_reached, must_be_explained};
use super::grants::Grants;
use super::{Agenda, Dice};
use crate::sharing::cast::{Cast, EVERYBODY, Who};
use crate::sharing::model::correction::{STATES, is_open, legal, outcome};
use crate::sharing::model::{Desk, ModelClock, Outcome, is_new};

/// Rows of an entry that are doubted: few, so that some are while they are disputed already.
const ROWS: u64 = 40;

/// The corrections, and when each is taken up again.
pub(super) struct Corrections {
    dice: Dice,
    agenda: Agenda,
    cases: Vec<Case>,
    /// How often one was to be raised, whatever came of it.
    pub(super) tried: usize,
    /// How often there was one of the row already, and how often no grant.
    refused: [usize; 2],
}

/// One correction, and what it should be.
struct Case {
    row: Stored<Correction>,
    /// The place of the entry, and the row.
    record: (usize, u64),
    state: &'static str,
    clock: ModelClock,
}

impl Corrections {
    pub(super) fn new() -> Self {
        Self {
            dice: Dice(26),
            agenda: Agenda::default(),
            cases: Vec::new(),
            tried: 0,
            refused: [0; 2],
        }
    }

    pub(super) fn look(&mut self, today: Date) {
        self.cases
            .iter_mut()
            .for_each(|case| case.clock.look(today));
    }

    /// What the clocks should be.
    pub(super) fn expected(&self) -> impl Iterator<Item = Expected<'_>> {
        let cases = self.cases.iter();
        cases.map(|case| (case.row.value.name.as_str(), &case.clock))
    }

    /// Raises some, and takes up those whose day it is.
    pub(super) async fn day(
        &mut self,
        cast: &Cast,
        grants: &Grants,
        (today, begin): (Date, usize),
    ) {
        for _ in 0..begin {
            self.tried += 1;
            self.raise(cast, grants, today).await;
        }
        for number in self.agenda.take(today) {
            let moves = 1 + self.dice.below(4) / 3;
            for _ in 0..moves {
                self.step(cast, number).await;
            }
            let goes_on = if is_open(self.cases[number].state) {
                self.dice.below(4) != 0
            } else {
                self.dice.below(20) == 0
            };
            if goes_on {
                self.agenda.put_later(&mut self.dice, today, number);
            }
        }
    }

    async fn raise(&mut self, cast: &Cast, grants: &Grants, today: Date) {
        let entry = usize::from(self.dice.below(4) == 0);
        let record = (entry, self.dice.below(ROWS));
        let who = match self.dice.below(8) {
            0 => *self.dice.of(&EVERYBODY),
            _ => *self.dice.of(&[Who::Applicant, Who::Consenter]),
        };
        let mut cases = self.cases.iter();
        let disputed = cases.any(|case| case.record == record && is_open(case.state));
        let held = grants.hold(&cast.entries[entry].name, today);
        match cast.raise_correction(who, record).await {
            Ok(seen) => {
                assert!(
                    Desk::of(who) == Desk::Consumer && held && !disputed,
                    "{who:?}"
                );
                self.agenda.put(today, self.cases.len());
                self.cases.push(Case {
                    row: seen.row,
                    record,
                    state: "raised",
                    clock: ModelClock::begin("CORR", today, is_new(today).then_some(10)),
                });
            }
            Err(failure) if Desk::of(who) != Desk::Consumer => {
                must_be_explained(&failure, Outcome::WrongRole, ("", &[]));
            }
            Err(failure) if !held => {
                assert_eq!(failure.reason, Reason::GrantMissing, "{failure:?}");
                self.refused[1] += 1;
            }
            Err(failure) => {
                assert!(disputed, "{failure:?}");
                assert_eq!(failure.reason, Reason::AlreadyExists, "{failure:?}");
                self.refused[0] += 1;
            }
        }
    }

    async fn step(&mut self, cast: &Cast, number: usize) {
        let case = &self.cases[number];
        let before = case.row.clone();
        let kind = match (legal(case.state), self.dice.below(4)) {
            ([], _) | (_, 0) => *self.dice.of(MoveKind::ALL),
            ([first, ..], 1 | 2) => *first,
            (legal, _) => *self.dice.of(legal),
        };
        let who = match (kind, self.dice.below(8)) {
            (_, 0) => *self.dice.of(&EVERYBODY),
            (MoveKind::Withdraw, _) => *self.dice.of(&[Who::Applicant, Who::Consenter]),
            (MoveKind::Accept | MoveKind::Close, _) => *self.dice.of(&[Who::Owner, Who::Second]),
        };
        let expected = outcome(case.state, kind, who);
        let right = self.dice.below(2) == 0;
        match cast.move_correction(kind, who, (&before, right)).await {
            Ok(after) => {
                assert_eq!(expected, Outcome::Made, "{kind:?} of {}", case.state);
                self.follow(number, (kind, right), after.row);
            }
            Err(failure) => {
                let methods: Vec<_> = legal(case.state).iter().map(|kind| kind.method()).collect();
                must_be_explained(&failure, expected, (case.state, &methods));
                if self.dice.below(8) == 0 {
                    let reader = cast.caller(Who::Second);
                    let now = cast.gateway().correction(reader, &before.value.name).await;
                    assert_eq!(now.unwrap().row, before, "a refused move changed it");
                }
            }
        }
    }

    fn follow(&mut self, number: usize, (kind, right): (MoveKind, bool), row: Stored<Correction>) {
        let case = &mut self.cases[number];
        case.state = match kind {
            MoveKind::Accept => "accepted",
            MoveKind::Close if right => "confirmed",
            MoveKind::Close => "corrected",
            MoveKind::Withdraw => "withdrawn",
        };
        assert_eq!(row.value.state.as_str(), case.state);
        assert_eq!(row.value.clock.due, case.clock.due);
        case.clock.ended = !is_open(case.state);
        case.row = row;
    }

    /// Every state was reached, and one was refused for either reason.
    pub(super) fn states_are_right(&self) {
        must_all_be_reached(&STATES, self.cases.iter().map(|case| case.state));
        let [again, without] = self.refused;
        assert!(again > 0 && without > 0, "{:?}", self.refused);
    }
}

impl Cast {
    /// Disputes a row of an entry.
    async fn raise_correction(
        &self,
        who: Who,
        (entry, row): (usize, u64),
    ) -> Result<SeenCorrection, Failure> {
        let request = self.request();
        let act = act(self.caller(who), &request, "RaiseCorrection");
        let new = NewCorrection {
            resource: Some(self.entries[entry].name.clone()),
            consumer: Some(SystemName::from_id(CONSUMER).unwrap()),
            record: Record::Row {
                values: vec![(key("row_id"), row.to_string())],
            },
            items: Vec::new(),
            statement: "名称不对".to_owned(),
            evidence_index: None,
        };
        self.gateway().raise_correction(&act, new).await
    }

    /// Makes a move of a kind; a provider says whether its data is right.
    async fn move_correction(
        &self,
        kind: MoveKind,
        who: Who,
        (before, right): (&Stored<Correction>, bool),
    ) -> Result<SeenCorrection, Failure> {
        let (gateway, request) = (self.gateway(), self.request());
        let act = act(self.caller(who), &request, kind.method());
        let (name, etag) = (&before.value.name, before.etag());
        match kind {
            MoveKind::Accept => gateway.accept_correction(&act, name, &etag).await,
            MoveKind::Close => {
                let result = if right {
                    CorrectionResult::Confirmed("与原始档案一致".to_owned())
                } else {
                    CorrectionResult::Corrected(String::new())
                };
                gateway.close_correction(&act, name, &etag, result).await
            }
            MoveKind::Withdraw => gateway.withdraw_correction(&act, name, &etag, "").await,
        }
    }
}
