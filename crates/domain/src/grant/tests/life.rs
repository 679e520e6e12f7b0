//! A grant taken through any row of steps, beside a picture of it that is kept on its own.

use jiff::civil::date;
use proptest::prelude::*;

use super::super::*;
use crate::application::Statement;
use crate::test_world::{NOON, at, grant};

/// Two of them can stand in the way of a resumption (who suspended, who ordered); the third is free to end it.
const PEOPLE: [&str; 3] = ["wang", "li", "zhang"];

/// What is known of the grant without asking it.
#[derive(Clone, Default)]
struct Picture {
    narrowed: u32,
    suspended_by: Option<&'static str>,
    order: Option<Ordered>,
    over: bool,
    ended_with_order: bool,
    disposed: bool,
}

#[derive(Clone)]
struct Ordered {
    by: &'static str,
    reports: usize,
    open: bool,
}

impl Picture {
    fn allows(&self, step: GrantStep, by: &str) -> bool {
        let order = self.order.as_ref();
        match step {
            GrantStep::Narrow | GrantStep::Order => !self.over && order.is_none(),
            GrantStep::Suspend => !self.over && self.suspended_by.is_none(),
            GrantStep::Report => order.is_some_and(|one| !one.open && one.reports < MOST_REPORTS),
            GrantStep::Reject => order.is_some_and(|one| one.open),
            GrantStep::Resume => {
                let another = self.suspended_by.is_some_and(|one| one != by)
                    && order.is_none_or(|one| one.by != by);
                another && order.is_none_or(|one| one.open || one.reports == MOST_REPORTS)
            }
            GrantStep::Revoke => !self.over,
            GrantStep::Dispose => self.over && !self.disposed,
        }
    }

    fn take(&mut self, step: GrantStep, by: &'static str) {
        match step {
            GrantStep::Narrow => self.narrowed += 1,
            GrantStep::Suspend => self.suspended_by = Some(by),
            GrantStep::Order => {
                self.suspended_by.get_or_insert(by);
                self.order = Some(Ordered {
                    by,
                    reports: 0,
                    open: false,
                });
            }
            GrantStep::Report | GrantStep::Reject => {
                if let Some(order) = &mut self.order {
                    order.open = step == GrantStep::Report;
                    order.reports += usize::from(order.open);
                }
            }
            GrantStep::Resume => (self.suspended_by, self.order) = (None, None),
            GrantStep::Revoke => self.end(),
            GrantStep::Dispose => self.disposed = true,
        }
    }

    fn end(&mut self) {
        self.ended_with_order = self.order.take().is_some();
        (self.suspended_by, self.over) = (None, true);
    }

    fn state_is(&self, state: &GrantState) -> bool {
        match state {
            GrantState::Active => !self.over && self.suspended_by.is_none(),
            GrantState::Suspended { by, .. } => self.suspended_by == Some(by.as_str()),
            GrantState::Revoked { .. } | GrantState::Expired => self.over,
        }
    }
}

fn signed(by: &str) -> Signed {
    Signed {
        by: by.to_owned(),
        at: at(NOON),
    }
}

fn said(by: &str) -> Statement {
    Statement {
        signed: signed(by),
        text: "说明".to_owned(),
    }
}

fn tried(grant: Grant, step: GrantStep, by: &str) -> Result<Grant, GrantError> {
    let until = || Clock::new(at(NOON), Some(date(2022, 6, 20)), "RECTIFY");
    let text = || "why".to_owned();
    match step {
        GrantStep::Narrow => {
            let change = Changed {
                kind: ChangeKind::Narrowed,
                signed: signed(by),
                reason: text(),
                consultation: String::new(),
            };
            let terms = grant.terms.clone();
            grant.narrow(terms, change).map(|(next, _)| next)
        }
        GrantStep::Suspend => grant.suspend(text(), by.to_owned()),
        GrantStep::Order => grant.order_rectification(said(by), until()),
        GrantStep::Report => grant.report_rectification(said(by)),
        GrantStep::Reject => grant.reject_rectification(said(by), until()),
        GrantStep::Resume => grant.resume(signed(by), |before| before == by),
        GrantStep::Revoke => grant.revoke(text(), by.to_owned(), String::new()),
        GrantStep::Dispose => grant.dispose(Disposal {
            said: said(by),
            done_on: date(2022, 6, 30),
        }),
    }
}

/// The steps that somebody could take now.
fn open_steps(picture: &Picture) -> Vec<GrantStep> {
    let all = GrantStep::ALL.iter().copied();
    all.filter(|step| PEOPLE.iter().any(|by| picture.allows(*step, by)))
        .collect()
}

/// A step, which seldom ends the grant, and who takes it.
fn any_step() -> impl Strategy<Value = (Option<GrantStep>, &'static str)> {
    let ending = |step: &GrantStep| matches!(step, GrantStep::Revoke | GrantStep::Dispose);
    let (last, mid): (Vec<_>, Vec<_>) = GrantStep::ALL.iter().copied().partition(ending);
    let step = prop_oneof![
        30 => proptest::sample::select(mid).prop_map(Some),
        2 => proptest::sample::select(last).prop_map(Some),
        // Its last day is over: nobody's step.
        1 => Just(None),
    ];
    (step, proptest::sample::select(&PEOPLE[..]))
}

proptest! {
    #[test]
    fn no_row_of_steps_reaches_what_is_not_allowed(
        steps in proptest::collection::vec(any_step(), 0..80),
    ) {
        let (mut kept, mut picture) = (grant(1, "105001-000001"), Picture::default());
        for (step, by) in steps {
            let Some(step) = step else {
                let ended = kept.clone().expired(date(2022, 7, 1));
                prop_assert_eq!(ended.is_some(), !picture.over);
                if let Some(ended) = ended {
                    kept = ended;
                    picture.end();
                }
                continue;
            };
            match tried(kept.clone(), step, by) {
                Ok(next) => {
                    prop_assert!(picture.allows(step, by), "{:?} by {} was taken", step, by);
                    kept = next;
                    picture.take(step, by);
                }
                Err(refused) => {
                    prop_assert!(!picture.allows(step, by), "{:?} by {} was refused", step, by);
                    prop_assert_eq!((refused.step, refused.state), (step, kept.state.as_str()));
                    let methods: Vec<_> = open_steps(&picture).iter().map(|one| one.method()).collect();
                    prop_assert_eq!(refused.legal_moves().methods, methods);
                }
            }
            prop_assert!(picture.state_is(&kept.state));
            prop_assert_eq!(kept.legal(), open_steps(&picture));
            prop_assert_eq!(kept.version, 1 + picture.narrowed);
            prop_assert_eq!(kept.unrectified.is_some(), picture.ended_with_order);
            // The consumer's clock is kept while an order stands, and stands still while a report waits to be judged.
            prop_assert_eq!(kept.running().len(), usize::from(picture.order.is_some()));
            let still = kept.order().map(|order| order.clock.paused().is_some());
            prop_assert_eq!(still, picture.order.as_ref().map(|order| order.open));
        }
    }
}
