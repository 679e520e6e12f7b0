//! What holds in the end: of every clock, of every state, of the ledger, and of what was refused on the way.

use std::collections::BTreeMap;

use broker::{ClockFilter, Failure};
use domain::clock::card::Level;
use domain::policy::shaoyang_date;
use domain::reason::Reason;
use jiff::civil::Date;
use kit::gateway::{first_page, log_signer, verified};

use super::{LAST, Play};
use crate::sharing::cast::Cast;
use crate::sharing::model::{Card, ModelClock, Outcome};

/// A clock as it should be, and what it is kept for.
pub(super) type Expected<'a> = (&'a str, &'a ModelClock);

/// Kept clocks by what they are for, their rule and their first day: their cards, and whether they ended.
type Clocks = BTreeMap<(String, &'static str, Date), (Vec<Card>, bool)>;

pub(super) async fn all(play: &Play) {
    let applications = play.applications.expected();
    let expected = applications
        .chain(play.grants.expected())
        .chain(play.corrections.expected())
        .chain(play.disputes.expected())
        .chain(play.complaints.expected());
    cards_are_right(&play.cast, expected).await;
    play.applications.states_are_right();
    play.grants.states_are_right(&play.cast).await;
    play.corrections.states_are_right();
    play.disputes.states_are_right();
    play.complaints.states_are_right(&play.cast).await;
    let cast = &play.cast;
    let gateway = cast.gateway();
    assert_eq!(shaoyang_date(gateway.now()), LAST);
    gateway.publish_checkpoints().await.unwrap();
    let bundle = gateway.export(&cast.tables.operator, None).await;
    let report = verified(&bundle, &log_signer(1).verifier_key());
    assert!(report.ok, "{:?}", report.faults);
}

/// Every clock has the cards that it should have, each on its day, and no other clock was kept.
async fn cards_are_right(cast: &Cast, expected: impl Iterator<Item = Expected<'_>>) {
    let mut kept = kept_clocks(cast).await;
    let mut red: BTreeMap<&str, usize> = RED.iter().map(|rule| (*rule, 0)).collect();
    for (about, clock) in expected {
        let key = (about.to_owned(), clock.rule, clock.began);
        let (cards, ended) = kept.remove(&key).unwrap_or_else(|| panic!("{key:?}"));
        assert_eq!((&cards, ended), (&clock.cards, clock.ended), "{key:?}");
        let late = clock.cards.iter().filter(|card| card.0 == Level::Red);
        *red.entry(clock.rule).or_default() += late.count();
    }
    assert!(kept.is_empty(), "no other clock was kept: {kept:?}");
    let least = RED.iter().map(|rule| red[rule]).min();
    assert!(least > Some(0), "none of a kind was late enough: {red:?}");
    let all: usize = red.values().sum();
    assert!(all > 100, "too few were late to prove anything: {red:?}");
}

/// Rules of each noun of which some clock should have run out long ago.
const RED: [&str; 7] = [
    "APP-CON", "RECTIFY", "CORR", "DISP-1", "DISP-2", "DISP-3", "COMPL",
];

async fn kept_clocks(cast: &Cast) -> Clocks {
    let mut given = Clocks::new();
    let mut page = first_page();
    let (gateway, operator) = (cast.gateway(), &cast.tables.operator);
    loop {
        let all = ClockFilter::default();
        let found = gateway.kept_clocks(operator, &all, &page).await.unwrap();
        // Those of the entries themselves were reviewed before it began.
        let own = found.rows.into_iter().map(|row| row.value);
        for kept in own.filter(|kept| !kept.about.starts_with("resources/")) {
            let cards = kept.cards.iter();
            let cards = cards.map(|card| (card.level, card.day, card.due));
            let began = shaoyang_date(kept.clock.received);
            let key = (kept.about.clone(), kept.rule.id(), began);
            let told = (cards.collect(), kept.ended.is_some());
            let twice = given.insert(key, told);
            assert_eq!(twice, None, "{}", kept.name);
        }
        if found.next.is_empty() {
            return given;
        }
        page = broker::PageRequest::new(1000, &found.next).unwrap();
    }
}

/// What was refused is what should have been, and says why, by which rule, and what would be legal.
pub(super) fn must_be_explained(
    failure: &Failure,
    expected: Outcome,
    (state, legal): (&str, &[&str]),
) {
    let (reason, rule) = match expected {
        Outcome::Made => panic!("{state}: {failure:?}"),
        Outcome::WrongRole => {
            assert!(failure.rule.is_some(), "{failure:?}");
            (Reason::RoleNotAllowed, None)
        }
        Outcome::Unknown => (Reason::NotFound, None),
        Outcome::Faulty => {
            assert!(!failure.faults.is_empty(), "{failure:?}");
            (Reason::RequestInvalid, None)
        }
        Outcome::Illegal(rule) => (Reason::StateConflict, Some(rule)),
        Outcome::SecondPerson(rule) => (Reason::SecondPersonNeeded, Some(rule)),
    };
    assert_eq!(failure.reason, reason, "{state}: {failure:?}");
    let Some(rule) = rule else {
        assert_eq!(failure.legal, None, "{failure:?}");
        return;
    };
    let told = failure.legal.as_ref().unwrap();
    assert_eq!(failure.rule, Some(rule), "{state}: {failure:?}");
    assert_eq!((told.rule, told.state), (rule, state));
    assert_eq!(told.methods, legal, "{failure:?}");
    assert!(failure.message.contains(state), "{failure:?}");
}

/// Each of some words was reached.
pub(super) fn must_all_be_reached<'a>(wanted: &[&str], reached: impl Iterator<Item = &'a str>) {
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for word in reached {
        *count.entry(word).or_default() += 1;
    }
    let missing = wanted.iter().find(|word| !count.contains_key(*word));
    assert_eq!(missing, None, "{count:?}");
}
