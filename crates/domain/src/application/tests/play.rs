//! An application that is moved along, by whom and when, for the tables of cases.

use jiff::civil::{Date, date};

use super::super::*;
use crate::clock::Law;
use crate::reference::EMBEDDED;
use crate::regime::Rule;
use crate::test_world::{at, grant};

pub(super) fn law() -> Law<'static> {
    Law {
        regimes: &EMBEDDED.regimes,
        calendar: &EMBEDDED.calendar,
    }
}

/// Noon in Shaoyang.
pub(super) fn noon(day: Date) -> Timestamp {
    at(&format!("{day}T04:00:00Z"))
}

pub(super) fn march(day: i8) -> Date {
    date(2026, 3, day)
}

pub(super) fn ground(id: &str, cites: bool, unsupplied: bool) -> RefusalGround {
    RefusalGround {
        id: id.to_owned(),
        title: id.to_owned(),
        article: "21".to_owned(),
        cites,
        unsupplied,
        from: date(2016, 9, 5),
        until: None,
        source: "test".to_owned(),
        assumed: true,
    }
}

pub(super) fn grounds() -> [RefusalGround; 3] {
    [
        ground("no-duty", false, false),
        ground("law-forbids", true, false),
        ground("unsupplied", false, true),
    ]
}

/// An application of which somebody says what is done with it, by whom and when.
pub(super) struct Play {
    pub(super) application: Application,
    rule: Rule,
}

impl Play {
    pub(super) fn begin() -> Self {
        let agreed = grant(1, "105001-000001");
        let content = Content::new(agreed.terms, "二手房转移登记".to_owned());
        let mut application = Application::draft(agreed.application, content);
        application.applicant = "zhang".to_owned();
        Self {
            application,
            rule: Rule::AnswerConditional,
        }
    }

    /// Submitted on Monday, 2 March 2026: due on Monday the 16th.
    pub(super) fn submitted() -> Self {
        let mut play = Self::begin();
        play.done(MoveKind::SignOff, "zhao", march(2));
        play.done(MoveKind::Submit, "zhang", march(2));
        play
    }

    pub(super) fn step(kind: MoveKind, day: Date, rule: Rule, terms: &Terms) -> Move {
        let clock = |rule| law().begin(rule, noon(day)).unwrap();
        let offer = || grant(2, "105001-000001").name;
        match kind {
            MoveKind::Edit => {
                Move::Edit(Box::new(Content::new(terms.clone(), "另一场景".to_owned())))
            }
            MoveKind::SignOff => Move::SignOff,
            MoveKind::Submit => Move::Submit(clock(rule)),
            MoveKind::AutoApprove => Move::AutoApprove(offer(), ["wang", "li"].map(str::to_owned)),
            MoveKind::Withdraw => Move::Withdraw("不再需要".to_owned()),
            MoveKind::RequestMaterial => {
                Move::RequestMaterial(vec!["缺职责依据".to_owned()], clock(Rule::SupplyMaterial))
            }
            MoveKind::SupplyMaterial => Move::SupplyMaterial("三定方案第三条".to_owned()),
            MoveKind::RequestExtension => Move::RequestExtension(5, "核对范围".to_owned()),
            MoveKind::ConsentExtension => Move::ConsentExtension,
            MoveKind::DeclineExtension => Move::DeclineExtension("理由不足".to_owned()),
            MoveKind::NotifyExtension => Move::NotifyExtension,
            MoveKind::Approve => Move::Approve(offer(), clock(Rule::AnswerOffer)),
            MoveKind::Offer => {
                let mut less = terms.clone();
                less.items.truncate(1);
                Move::Offer(Box::new(less), "最小必要".to_owned())
            }
            MoveKind::AcceptOffer => Move::AcceptOffer(offer()),
            MoveKind::DeclineOffer => Move::DeclineOffer("缺关键项".to_owned()),
            MoveKind::WithdrawOffer => Move::WithdrawOffer("有误".to_owned()),
            MoveKind::Refuse => Move::Refuse {
                ground: Box::new(grounds()[0].clone()),
                law: String::new(),
                reason: "不属于职责".to_owned(),
            },
        }
    }

    pub(super) fn make(&self, step: Move, by: &str, day: Date) -> Result<Application, Illegal> {
        let is_same = |before: &str| before == by;
        let act = Act {
            by,
            now: noon(day),
            law: law(),
            is_same: &is_same,
        };
        self.application.make(step, &act)
    }

    pub(super) fn tried(
        &self,
        kind: MoveKind,
        by: &str,
        day: Date,
    ) -> Result<Application, Illegal> {
        let step = Self::step(kind, day, self.rule, &self.application.terms);
        self.make(step, by, day)
    }

    pub(super) fn done(&mut self, kind: MoveKind, by: &str, day: Date) -> &mut Self {
        self.application = self.tried(kind, by, day).unwrap();
        self
    }

    pub(super) fn state(&self) -> &'static str {
        self.application.state.as_str()
    }

    pub(super) fn due(&self) -> Option<Date> {
        self.application.state.clock().and_then(|clock| clock.due)
    }

    pub(super) fn rule_against(&self, kind: MoveKind, by: &str, day: Date) -> &'static str {
        self.tried(kind, by, day).unwrap_err().rule.id()
    }
}
