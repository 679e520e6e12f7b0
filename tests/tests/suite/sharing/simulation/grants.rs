//! Grants that came of applications: all of them end, and half of them are stopped, narrowed, put right and amended before.

mod steps;

use std::collections::BTreeSet;

use broker::Stored;
use domain::application::ApplicationState;
use domain::grant::{Grant, GrantStep, GrantVersion};
use domain::name::{GrantName, ResourceName};
use jiff::civil::Date;
use kit::gateway::first_page;

use super::applications::Applications;
use super::checks::{Expected, must_all_be_reached, must_be_explained};
use super::{Agenda, Dice};
use crate::sharing::cast::{Cast, EVERYBODY, Who};
use crate::sharing::model::application::Case;
use crate::sharing::model::grant::{PHASES, Phase, Picture, RULES, may, move_clocks, share};
use crate::sharing::model::{ModelClock, Outcome, begin_anew};
use steps::{Said, methods, must_forbid_more, pick, right};

/// The grants, and when each is taken up again.
pub(super) struct Grants {
    dice: Dice,
    agenda: Agenda,
    pub(super) cases: Vec<GrantCase>,
    reached: BTreeSet<(Phase, &'static str)>,
    /// The rules by which something was refused.
    told: BTreeSet<&'static str>,
}

/// One grant, and what it should be.
pub(super) struct GrantCase {
    pub(super) name: GrantName,
    pub(super) entry: ResourceName,
    /// Its first and its last day.
    pub(super) window: (Date, Date),
    pub(super) picture: Picture,
    clocks: Vec<ModelClock>,
    /// As it was read last, and its versions of before.
    row: Stored<Grant>,
    earlier: Vec<GrantVersion>,
}

impl GrantCase {
    /// The next version took the place of the one before.
    fn supersede(&mut self, row: Stored<Grant>) {
        let ended = Some(row.value.began());
        self.earlier.push(GrantVersion {
            ended,
            ..self.row.value.as_version()
        });
        self.row = row;
    }
}

impl Grants {
    pub(super) fn new() -> Self {
        Self {
            dice: Dice(27),
            agenda: Agenda::default(),
            cases: Vec::new(),
            reached: BTreeSet::new(),
            told: BTreeSet::new(),
        }
    }

    /// A grant came of an application, where one did.
    pub(super) async fn begin(&mut self, cast: &Cast, case: &Case, today: Date) {
        let application = &case.row.value;
        let ApplicationState::Approved { grant, .. } = &application.state else {
            return;
        };
        let terms = application.agreed();
        // One in two goes through steps; the other stands until its last day.
        if self.dice.below(2) == 0 {
            let number = self.cases.len();
            self.agenda.put_later(&mut self.dice, today, number);
        }
        self.cases.push(GrantCase {
            name: grant.clone(),
            entry: terms.resource.clone(),
            window: (terms.start, terms.end),
            picture: Picture::new(),
            clocks: vec![share(today)],
            row: cast.grant(grant).await,
            earlier: Vec::new(),
        });
    }

    /// Those whose last day is over have ended by themselves.
    pub(super) async fn expire(&mut self, cast: &Cast, today: Date) {
        for (number, case) in self.cases.iter_mut().enumerate() {
            if case.picture.is_over() || today <= case.window.1 {
                continue;
            }
            case.picture.end("expired");
            case.clocks.iter_mut().for_each(|clock| clock.lapse(today));
            case.row = cast.grant(&case.name).await;
            assert_eq!(case.row.value.state.as_str(), "expired");
            self.reached.insert((Phase::Over, "expired"));
            if self.dice.below(2) == 0 {
                self.agenda.put_later(&mut self.dice, today, number);
            }
        }
    }

    pub(super) fn look(&mut self, today: Date) {
        let clocks = self.cases.iter_mut().flat_map(|case| &mut case.clocks);
        clocks.for_each(|clock| clock.look(today));
    }

    /// Whether a grant on an entry stands on a day, be it suspended.
    pub(super) fn hold(&self, entry: &ResourceName, today: Date) -> bool {
        let stands = |case: &GrantCase| {
            let (from, until) = case.window;
            case.picture.word != "revoked" && (from..=until).contains(&today)
        };
        let mut cases = self.cases.iter();
        cases.any(|case| case.entry == *entry && stands(case))
    }

    /// What the clocks should be.
    pub(super) fn expected(&self) -> impl Iterator<Item = Expected<'_>> {
        self.cases.iter().flat_map(|case| {
            let about = case.name.as_str();
            case.clocks.iter().map(move |clock| (about, clock))
        })
    }

    /// Takes up those whose day it is.
    pub(super) async fn day(&mut self, cast: &Cast, applications: &mut Applications, today: Date) {
        for number in self.agenda.take(today) {
            if self.dice.below(15) == 0 {
                self.amend(cast, applications, number, today).await;
            }
            let steps = 1 + self.dice.below(2);
            for _ in 0..steps {
                self.step(cast, number, today).await;
            }
            let goes_on = if self.cases[number].picture.is_over() {
                self.dice.below(3) == 0
            } else {
                self.dice.below(10) != 0
            };
            if goes_on {
                self.agenda.put_later(&mut self.dice, today, number);
            }
        }
    }

    async fn step(&mut self, cast: &Cast, number: usize, today: Date) {
        let case = &self.cases[number];
        let before = case.row.clone();
        let step = pick(&case.picture, &mut self.dice);
        let who = match self.dice.below(8) {
            0 => *self.dice.of(&EVERYBODY),
            _ => right(step, &mut self.dice),
        };
        let said = Said::with(step, who, &before.value, (today, &mut self.dice));
        let faulty = said.is_faulty(&before.value, (who, today));
        let expected = may(step, who)
            .or(faulty.then_some(Outcome::Faulty))
            .unwrap_or_else(|| case.picture.outcome(step, who));
        match cast.step_grant(step, who, &before, &said).await {
            Ok(after) => {
                assert_eq!(expected, Outcome::Made, "{step:?} of {before:?}");
                self.follow(number, (step, who, &said), after, today);
            }
            Err(failure) => {
                let picture = &self.cases[number].picture;
                self.told.extend(expected.rule());
                must_be_explained(&failure, expected, (picture.word, &methods(picture)));
                if self.dice.below(8) == 0 {
                    let now = cast.grant(&before.value.name).await;
                    assert_eq!(now, before, "a refused step changed it");
                }
            }
        }
    }

    fn follow(
        &mut self,
        number: usize,
        (step, who, said): (GrantStep, Who, &Said),
        after: Stored<Grant>,
        today: Date,
    ) {
        let case = &mut self.cases[number];
        case.picture.take(step, who);
        assert_eq!(after.value.state.as_str(), case.picture.word, "{step:?}");
        case.window.1 = after.value.terms.end;
        move_clocks(&mut case.clocks, (step, said.until()), today);
        if step == GrantStep::Narrow {
            case.supersede(after);
        } else {
            assert_eq!(after.value.version, case.row.value.version);
            case.row = after;
        }
        self.reached.insert((case.picture.phase, case.picture.word));
    }

    /// More of it is agreed on: nothing of a grant that is over, nor before a misuse was put right.
    async fn amend(
        &mut self,
        cast: &Cast,
        applications: &mut Applications,
        number: usize,
        today: Date,
    ) {
        let case = &mut self.cases[number];
        let entry = usize::from(case.entry == cast.entries[1].name);
        let tried = applications.amend(cast, (entry, &case.name), today).await;
        let row = cast.grant(&case.name).await;
        if let Err(failure) = tried {
            must_forbid_more(&case.picture, &failure);
            assert_eq!(row, case.row, "a refused application changed it");
            return;
        }
        assert!(!case.picture.is_over() && !case.picture.is_ordered());
        assert_eq!(row.value.state.as_str(), case.picture.word);
        case.window = (row.value.terms.start, row.value.terms.end);
        begin_anew(&mut case.clocks, share(today));
        case.supersede(row);
    }

    /// Every state was reached, and the versions of each are numbered without a gap and as they were.
    pub(super) async fn states_are_right(&self, cast: &Cast) {
        let phases: BTreeSet<Phase> = self.reached.iter().map(|(phase, _)| *phase).collect();
        let missing = PHASES.iter().find(|phase| !phases.contains(phase));
        assert_eq!(missing, None, "{phases:?}");
        must_all_be_reached(&RULES, self.told.iter().copied());
        let words = self.reached.iter().map(|(_, word)| *word);
        must_all_be_reached(&["active", "suspended", "revoked", "expired"], words);
        let mut most = 0;
        for case in &self.cases {
            let (reader, name) = (cast.caller(Who::Second), &case.name);
            let (gateway, page) = (cast.gateway(), first_page());
            let found = gateway.grant_versions(reader, name, &page).await;
            let found = found.unwrap().rows.into_iter().map(|row| row.value);
            let found: Vec<GrantVersion> = found.collect();
            let numbers = found.iter().map(|one| one.version);
            assert!(numbers.eq(1..=case.row.value.version), "{name}");
            let (last, earlier) = found.split_last().unwrap();
            assert_eq!(*last, case.row.value.as_version());
            assert_eq!(earlier, case.earlier, "{name}");
            most = most.max(last.version);
        }
        assert!(most > 2, "too few were changed to prove anything");
    }
}
