//! The book: which subscriptions run, and whose turn it is.
//!
//! The next place is for the department that holds the fewest, and there for the one that waited longest since its last
//! turn. The last places are kept for departments that hold few. So slow receivers, however many, delay those of their own
//! department.

use std::collections::{BTreeMap, HashMap};

use domain::fairness::admits;
use domain::name::{DepartmentName, SubscriptionName};
use domain::subscription::Subscription;
use jiff::Timestamp;

use super::turn::Turn;

/// Subscriptions that are served at once by one gateway.
const AT_ONCE: usize = 32;

/// What a gateway knows of the subscriptions that run.
#[derive(Debug, Default)]
pub(super) struct Book {
    known: BTreeMap<SubscriptionName, Known>,
    /// Whose turn it is, and the department whose place it takes.
    at_work: HashMap<SubscriptionName, DepartmentName>,
    /// Turns that ended.
    ended: u64,
}

/// One that runs.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) subscription: Subscription,
    /// Looked through up to here: nothing of its own is between its row's place and this one.
    pub(super) seen: u64,
    /// Not before.
    due: Option<Timestamp>,
    /// Turns that had ended when its last one had; none before its first.
    last: u64,
}

impl Book {
    /// Takes the rows of those that run; who is not among them does not.
    pub(super) fn replace(&mut self, rows: impl Iterator<Item = Subscription>) {
        let before = std::mem::take(&mut self.known);
        for subscription in rows {
            let known = before.get(&subscription.name);
            let seen = known.map_or(0, |known| known.seen).max(subscription.next);
            let due = subscription.trouble.as_ref();
            let now = Known {
                seen,
                due: due.map(|trouble| trouble.retry_at),
                last: known.map_or(0, |known| known.last),
                subscription,
            };
            self.known.insert(now.subscription.name.clone(), now);
        }
    }

    /// Begins the turns for which there is place, each from the index up to which it was looked. Who wants one tells the
    /// department whose place it takes.
    pub(super) fn begin(
        &mut self,
        now: Timestamp,
        mut wants: impl FnMut(&mut Known) -> Option<DepartmentName>,
    ) -> Vec<(SubscriptionName, u64)> {
        let idle = self
            .known
            .values_mut()
            .filter(|known| !self.at_work.contains_key(&known.subscription.name))
            .filter(|known| known.due.is_none_or(|due| due <= now));
        let mut wanting: Vec<(DepartmentName, &Known)> = idle
            .filter_map(|known| Some((wants(known)?, &*known)))
            .collect();
        wanting.sort_by_key(|(_, known)| known.last);
        let mut taken: HashMap<DepartmentName, usize> = HashMap::new();
        for department in self.at_work.values() {
            *taken.entry(department.clone()).or_default() += 1;
        }
        let mut begun = Vec::new();
        // Of equals the first one, which waited longest.
        while let Some((at, places)) = wanting
            .iter()
            .map(|(department, _)| taken.get(department).copied().unwrap_or(0))
            .enumerate()
            .min_by_key(|(_, places)| *places)
        {
            if !admits(AT_ONCE, self.at_work.len(), places) {
                break;
            }
            let (department, known) = wanting.remove(at);
            let name = known.subscription.name.clone();
            *taken.entry(department.clone()).or_default() += 1;
            self.at_work.insert(name.clone(), department);
            begun.push((name, known.seen));
        }
        begun
    }

    /// Notes how a turn ended.
    pub(super) fn end(&mut self, name: &SubscriptionName, turn: Turn) {
        self.at_work.remove(name);
        self.ended = self.ended.saturating_add(1);
        let Some(known) = self.known.get_mut(name) else {
            return;
        };
        known.last = self.ended;
        match turn {
            Turn::Over => {
                self.known.remove(name);
            }
            Turn::Done { next, seen } => {
                known.subscription.next = next;
                known.seen = known.seen.max(seen);
                known.due = None;
            }
            Turn::Later(due) => known.due = Some(due),
        }
    }

    /// The first moment behind another one at which one of them is due.
    pub(super) fn first_due(&self, then: Timestamp) -> Option<Timestamp> {
        let dues = self.known.values().filter_map(|known| known.due);
        dues.filter(|due| *due > then).min()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::event::EventFilter;
    use domain::name::SystemName;
    use domain::subscription::{Owner, SubscriptionState, WebhookUrl};

    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;
    const DONE: Turn = Turn::Done { next: 1, seen: 1 };

    fn department(id: char) -> DepartmentName {
        let code = match id {
            'a' => "11430500XY00001437",
            'b' => "11430500XY0000223T",
            _ => "11430500XY00000206",
        };
        DepartmentName::from_id(code).unwrap()
    }

    fn name(department: char, number: usize) -> SubscriptionName {
        let first = u32::from(department);
        SubscriptionName::from_id(&format!("{first:08x}-0000-4000-8000-{number:012}")).unwrap()
    }

    fn of(department: char, count: usize) -> impl Iterator<Item = Subscription> {
        (0..count).map(move |number| {
            let system = SystemName::parse("systems/yjs-platform").unwrap();
            Subscription {
                name: name(department, number),
                owner: Owner::System {
                    system: system.clone(),
                },
                receiver: system,
                url: WebhookUrl::parse("https://10.1.2.3:9443/").unwrap(),
                filter: EventFilter::default(),
                state: SubscriptionState::Active,
                next: 1,
                trouble: None,
                lease: None,
            }
        })
    }

    /// Everybody wants a turn.
    fn begun(book: &mut Book) -> Vec<SubscriptionName> {
        let wants = |known: &mut Known| {
            let id = known.subscription.name.as_str();
            let departments = ['a', 'b', 'c'].into_iter();
            let mut own = departments.filter(|one| name(*one, 0).as_str()[..23] == id[..23]);
            own.next().map(department)
        };
        let begun = book.begin(NOW, wants);
        begun.into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn two_departments_of_slow_receivers_leave_places_to_a_third() {
        let mut book = Book::default();
        book.replace(of('a', 32));
        assert_eq!(begun(&mut book).len(), 24, "alone it has three quarters");
        book.replace(of('a', 32).chain(of('b', 32)));
        let second = begun(&mut book);
        assert_eq!(second.len(), 8);
        // All places are taken: the third has the next ones, though its names come last.
        book.replace(of('a', 32).chain(of('b', 32)).chain(of('c', 16)));
        assert_eq!(begun(&mut book), []);
        for (ended, place) in second.iter().take(3).zip(0..) {
            book.end(ended, DONE);
            assert_eq!(begun(&mut book), [name('c', place)]);
        }
    }

    #[test]
    fn who_waited_longest_comes_first_and_nobody_comes_twice_before() {
        let mut book = Book::default();
        book.replace(of('a', 60));
        let mut at_work: std::collections::VecDeque<_> = begun(&mut book).into();
        let mut served = BTreeSet::new();
        while served.len() < 60 {
            let ended = at_work.pop_front().unwrap();
            assert!(served.insert(ended.clone()), "twice: {ended:?}");
            // More of its own is left: it wants another turn at once.
            book.end(&ended, DONE);
            at_work.extend(begun(&mut book));
        }
    }

    #[test]
    fn one_that_waits_is_not_asked_and_one_that_is_over_comes_with_its_row() {
        let mut book = Book::default();
        book.replace(of('a', 2));
        assert_eq!(begun(&mut book).len(), 2);
        assert_eq!(begun(&mut book), [], "both have their turn");
        let later = NOW + jiff::SignedDuration::from_secs(5);
        book.end(&name('a', 0), Turn::Later(later));
        book.end(&name('a', 1), Turn::Over);
        assert_eq!(begun(&mut book), []);
        assert_eq!(book.first_due(NOW), Some(later));
        assert_eq!(book.first_due(later), None);
        // Resumed: read again.
        book.replace(of('a', 2));
        assert_eq!(begun(&mut book).len(), 2);
    }
}
