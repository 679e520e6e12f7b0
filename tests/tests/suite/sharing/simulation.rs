//! Ten thousand applications through random legal and illegal moves over five years, on each database: no state that is
//! not allowed, every card on its day by a second calendar, every refusal explained, and a ledger that verifies.

use std::collections::BTreeMap;

use broker::{ClockFilter, Failure, Stored};
use domain::application::{Application, ApplicationState, MoveKind, Side};
use domain::policy::shaoyang_date;
use domain::reason::Reason;
use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan as _};
use kit::databases::Database;
use kit::gateway::{first_page, log_signer, verified};

use super::cast::{Cast, EVERYBODY, Who};
use super::model::{ModelClock, answer_limit, is_new, leads_to};
use super::process::LONGER;

kit::on_each_database!(ten_thousand_applications_over_five_years);

const APPLICATIONS: usize = 10_000;
const FIRST: Date = date(2022, 1, 4);
const LAST: Date = date(2026, 12, 31);

/// `SplitMix64`: the same numbers in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % most
    }

    fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let place = self.below(u64::try_from(list.len()).unwrap());
        &list[usize::try_from(place).unwrap()]
    }
}

/// One application, and what its clocks should be.
struct Case {
    row: Stored<Application>,
    unconditional: bool,
    clocks: Vec<ModelClock>,
    /// The clock of the grant that came of it.
    provision: Option<ModelClock>,
}

impl Case {
    fn clock(&mut self, rule: &str) -> Option<&mut ModelClock> {
        let clocks = self.clocks.iter_mut().rev();
        clocks
            .filter(|clock| clock.rule == rule)
            .find(|clock| !clock.ended)
    }

    fn answer(&mut self) -> &mut ModelClock {
        let mut clocks = self.clocks.iter_mut();
        clocks
            .find(|clock| clock.rule.starts_with("APP-CON") || clock.rule.starts_with("APP-UNC"))
            .unwrap()
    }

    /// Follows a move that was made.
    fn follow(&mut self, kind: MoveKind, after: Stored<Application>, today: Date) {
        let before = std::mem::replace(&mut self.row, after);
        let state = self.row.value.state.as_str();
        assert!(
            leads_to(before.value.state.as_str(), kind).contains(&state),
            "{kind:?} to {state}"
        );
        match kind {
            MoveKind::Submit => {
                let (rule, limit) = answer_limit(self.unconditional, today);
                self.clocks
                    .push(ModelClock::begin(rule, today, Some(limit)));
            }
            MoveKind::RequestMaterial => {
                self.answer().pause(today);
                self.clocks
                    .push(ModelClock::begin("APP-SUP", today, Some(10)));
            }
            MoveKind::SupplyMaterial => {
                self.answer().resume(today);
                self.clock("APP-SUP").unwrap().ended = true;
            }
            MoveKind::DeclineOffer | MoveKind::WithdrawOffer => {
                self.answer().resume(today);
                self.clock("APP-OFF").unwrap().ended = true;
            }
            MoveKind::ConsentExtension | MoveKind::NotifyExtension => {
                let answering = self.row.value.state.answering().unwrap();
                if answering.extension.as_ref().unwrap().counts() {
                    self.answer().extend(LONGER);
                }
            }
            MoveKind::Approve if state == "offered" => {
                self.answer().pause(today);
                self.clocks
                    .push(ModelClock::begin("APP-OFF", today, Some(10)));
            }
            _ => {}
        }
        if self.row.value.state.is_over() {
            for clock in &mut self.clocks {
                clock.ended = true;
            }
        }
        if state == "approved" {
            let limit = is_new(today).then_some(20);
            self.provision = Some(ModelClock::begin("SHARE", today, limit));
        }
        let clock = self.row.value.state.clock().and_then(|clock| clock.due);
        if state != "draft" && state != "signed_off" && !self.clocks.is_empty() {
            let expected = self.answer().due;
            assert_eq!(clock, expected, "{kind:?} on {today}: {state}");
        }
    }
}

/// Who a move is for, as a rule.
fn right(kind: MoveKind, dice: &mut Dice) -> Who {
    match kind {
        MoveKind::SignOff | MoveKind::ConsentExtension | MoveKind::DeclineExtension => {
            Who::Consenter
        }
        MoveKind::RequestMaterial
        | MoveKind::RequestExtension
        | MoveKind::NotifyExtension
        | MoveKind::Approve
        | MoveKind::Offer
        | MoveKind::WithdrawOffer
        | MoveKind::Refuse => *dice.of(&[Who::Owner, Who::Second]),
        MoveKind::Edit
        | MoveKind::Submit
        | MoveKind::AutoApprove
        | MoveKind::Withdraw
        | MoveKind::SupplyMaterial
        | MoveKind::AcceptOffer
        | MoveKind::DeclineOffer => *dice.of(&[Who::Applicant, Who::Applicant, Who::Consenter]),
    }
}

/// Seldom taken back, mostly on: else nothing would be old.
const LIKELY: [MoveKind; 12] = [
    MoveKind::SignOff,
    MoveKind::Submit,
    MoveKind::SupplyMaterial,
    MoveKind::Approve,
    MoveKind::RequestMaterial,
    MoveKind::RequestExtension,
    MoveKind::ConsentExtension,
    MoveKind::NotifyExtension,
    MoveKind::Offer,
    MoveKind::AcceptOffer,
    MoveKind::DeclineOffer,
    MoveKind::Refuse,
];

fn pick(application: &Application, dice: &mut Dice) -> MoveKind {
    let own: Vec<MoveKind> = MoveKind::ALL
        .iter()
        .copied()
        .filter(|kind| *kind != MoveKind::AutoApprove)
        .collect();
    if dice.below(5) == 0 {
        return *dice.of(&own);
    }
    let legal = application.legal();
    let likely: Vec<MoveKind> = legal
        .iter()
        .copied()
        .filter(|kind| LIKELY.contains(kind))
        .collect();
    *dice.of(if likely.is_empty() { &own } else { &likely })
}

/// What was refused says why, by which rule, and what would be legal.
fn must_be_explained(failure: &Failure, before: &Application, kind: MoveKind) {
    match failure.reason {
        // A stranger, or a person of the other side.
        Reason::RoleNotAllowed => assert!(failure.rule.is_some()),
        // Until it is handed over the other sides know nothing of it.
        Reason::NotFound => {
            let is_handed_over = before.state.answering().is_some();
            assert!(
                !is_handed_over && kind.side() != Side::Consumer,
                "{failure:?}"
            );
        }
        Reason::SecondPersonNeeded | Reason::StateConflict => {
            let rule = failure.rule.unwrap();
            assert!(rule.starts_with("application."), "{failure:?}");
            let legal: Vec<_> = before.legal().iter().map(|kind| kind.method()).collect();
            let told = failure.legal.as_ref().unwrap();
            assert_eq!((told.rule, told.state), (rule, before.state.as_str()));
            assert_eq!(told.methods, legal, "{failure:?}");
            assert!(
                failure.message.contains(before.state.as_str()),
                "{failure:?}"
            );
            let allowed = !leads_to(before.state.as_str(), kind).is_empty();
            assert!(
                rule != "application.state" || !allowed || is_particular(kind),
                "{failure:?}"
            );
        }
        _ => panic!("{kind:?} of {:?}: {failure:?}", before.state),
    }
}

/// Moves for which more than the state's word counts.
fn is_particular(kind: MoveKind) -> bool {
    matches!(
        kind,
        MoveKind::ConsentExtension | MoveKind::DeclineExtension | MoveKind::NotifyExtension
    )
}

struct Play {
    cast: Cast,
    dice: Dice,
    cases: Vec<Case>,
    /// Which cases are taken up again on which day.
    later: BTreeMap<Date, Vec<usize>>,
}

fn moment(day: Date, hour: i8, minute: i8) -> Timestamp {
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
    day.at(hour, minute, 0, 0)
        .to_zoned(zone)
        .unwrap()
        .timestamp()
}

impl Play {
    async fn day(&mut self, today: Date, begin: usize) {
        self.cast.go_to(moment(today, 0, 0));
        self.cast.gateway().run_clocks().await.unwrap();
        for case in &mut self.cases {
            for clock in case.clocks.iter_mut().chain(&mut case.provision) {
                clock.look(today);
            }
        }
        // At the last second too it is still this day.
        let late = self.dice.below(4) == 0;
        self.cast.go_to(if late {
            moment(today, 23, 59)
        } else {
            moment(today, 9, 0)
        });
        for _ in 0..begin {
            let unconditional = self.dice.below(4) == 0;
            let terms = self.cast.terms(usize::from(unconditional), today);
            let row = self.cast.written(terms).await;
            self.later.entry(today).or_default().push(self.cases.len());
            self.cases.push(Case {
                row,
                unconditional,
                clocks: Vec::new(),
                provision: None,
            });
        }
        for number in self.later.remove(&today).unwrap_or_default() {
            let moves = 1 + self.dice.below(2);
            for _ in 0..moves {
                self.step(number, today).await;
            }
            let is_over = self.cases[number].row.value.state.is_over();
            // What is over is tried again once in a while, and nothing of it moves; some are left lying for good.
            let goes_on = if is_over {
                self.dice.below(40) == 0
            } else {
                self.dice.below(4) != 0
            };
            if goes_on {
                let wait = *self.dice.of(&[1, 1, 2, 3, 5, 8, 13, 30]);
                let day = today + i64::from(wait).days();
                self.later.entry(day).or_default().push(number);
            }
        }
    }

    async fn step(&mut self, number: usize, today: Date) {
        let before = self.cases[number].row.clone();
        let kind = pick(&before.value, &mut self.dice);
        let who = match self.dice.below(8) {
            0 => *self.dice.of(&EVERYBODY),
            _ => right(kind, &mut self.dice),
        };
        let name = before.value.name.clone();
        match self.cast.make(kind, who, &name, &before.etag()).await {
            Ok(after) => self.cases[number].follow(kind, after, today),
            Err(failure) => {
                must_be_explained(&failure, &before.value, kind);
                // One look in eight: that nothing changed is the transaction's promise.
                if self.dice.below(8) == 0 {
                    assert_eq!(
                        self.cast.read(&name).await,
                        before,
                        "a refused move changed it"
                    );
                }
            }
        }
    }
}

async fn ten_thousand_applications_over_five_years(database: &Database) {
    let mut play = Play {
        cast: Cast::enter(database).await,
        dice: Dice(20_220_512),
        cases: Vec::with_capacity(APPLICATIONS),
        later: BTreeMap::new(),
    };
    let days: Vec<Date> = FIRST
        .series(1.day())
        .take_while(|day| *day <= LAST)
        .collect();
    for (number, today) in days.iter().enumerate() {
        if number % 25 == 0 {
            play.cast.go_to(moment(*today, 0, 0));
            play.cast.enrol().await;
        }
        let wanted = APPLICATIONS * (number + 1) / days.len();
        let begin = wanted - play.cases.len();
        play.day(*today, begin).await;
    }
    assert_eq!(play.cases.len(), APPLICATIONS);
    cards_are_right(&play).await;
    states_are_right(&play).await;
    let cast = &play.cast;
    let gateway = cast.gateway();
    gateway.publish_checkpoints().await.unwrap();
    let bundle = gateway.export(&cast.tables.operator, None).await;
    let report = verified(&bundle, &log_signer(1).verifier_key());
    assert!(report.ok, "{:?}", report.faults);
}

/// Every clock has the cards that it should have, each on its day, and no other.
async fn cards_are_right(play: &Play) {
    let mut given = BTreeMap::new();
    let mut page = first_page();
    let operator = &play.cast.tables.operator;
    loop {
        let gateway = play.cast.gateway();
        let found = gateway
            .kept_clocks(operator, &ClockFilter::default(), &page)
            .await
            .unwrap();
        // Those of the entries themselves were reviewed before it began.
        let own = found.rows.into_iter().map(|row| row.value);
        for kept in own.filter(|kept| !kept.about.starts_with("resources/")) {
            let cards = kept
                .cards
                .iter()
                .map(|card| (card.level, card.day, card.due));
            let key = (kept.about.clone(), kept.rule.id(), kept.clock.received);
            given.insert(key, (cards.collect::<Vec<_>>(), kept.ended.is_some()));
        }
        if found.next.is_empty() {
            break;
        }
        page = broker::PageRequest::new(1000, &found.next).unwrap();
    }
    let mut of: BTreeMap<(String, &str), Vec<_>> = BTreeMap::new();
    for ((about, rule, _), cards) in given {
        of.entry((about, rule)).or_default().push(cards);
    }
    let (mut counted, mut red) = (0, 0);
    for case in &play.cases {
        let application = case.row.value.name.to_string();
        let grant = match &case.row.value.state {
            ApplicationState::Approved { grant, .. } => grant.to_string(),
            _ => String::new(),
        };
        let own = case.clocks.iter().map(|clock| (&application, clock));
        let provision = case.provision.iter().map(|clock| (&grant, clock));
        let mut places: BTreeMap<(String, &str), usize> = BTreeMap::new();
        for (about, clock) in own.chain(provision) {
            let key = (about.clone(), clock.rule);
            let place = places.entry(key.clone()).or_default();
            let (cards, ended) = &of[&key][*place];
            *place += 1;
            assert_eq!(
                (cards, ended),
                (&clock.cards, &clock.ended),
                "{} of {about}",
                clock.rule
            );
            counted += 1;
            red += clock
                .cards
                .iter()
                .filter(|card| card.0 == domain::clock::card::Level::Red)
                .count();
        }
    }
    assert_eq!(
        counted,
        of.values().map(Vec::len).sum::<usize>(),
        "no other clock was kept"
    );
    assert!(red > 100, "too few were late to prove anything: {red}");
}

/// Every state was reached, and each says what is legal.
async fn states_are_right(play: &Play) {
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    for case in &play.cases {
        let application = &case.row.value;
        *states.entry(application.state.as_str()).or_default() += 1;
        assert_eq!(application.legal().is_empty(), application.state.is_over());
    }
    for state in [
        "draft",
        "signed_off",
        "submitted",
        "material_requested",
        "offered",
        "approved",
        "refused",
        "withdrawn",
    ] {
        assert!(
            states.get(state).is_some_and(|count| *count > 0),
            "{state}: {states:?}"
        );
    }
    let today = shaoyang_date(play.cast.gateway().now());
    assert_eq!(today, LAST);
}
