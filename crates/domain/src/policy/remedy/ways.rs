//! Who removes what: one place for each rule.

use super::{Act, Remedy, Who, command};
use crate::application::{Application, ApplicationState};
use crate::clock::Clock;
use crate::grant::Grant;
use crate::item::ItemKey;
use crate::name::DepartmentName;
use crate::policy::judge::Case;
use crate::policy::{Background, LegalLimit, Rule, shaoyang_date, shaoyang_start};
use crate::regime;
use crate::resource::{Resource, ResourceState, ShareMode, ShareType};
use crate::system::SystemState;

/// A case and what is known around it.
struct Ways<'a> {
    case: &'a Case<'a>,
    background: &'a Background<'a>,
}

impl Case<'_> {
    /// Who can remove this rule from the way.
    pub(in crate::policy) fn remedies(
        &self,
        rule: Rule,
        background: &Background<'_>,
    ) -> Vec<Remedy> {
        let ways = Ways {
            case: self,
            background,
        };
        match rule {
            // Policy never refuses by these: whoever calls is looked at before.
            Rule::CertificateKnown
            | Rule::CertificateNotRevoked
            | Rule::CertificateInWindow
            | Rule::Role
            | Rule::UseCodeHolds => Vec::new(),
            Rule::CallerActive => ways.of_consumer(),
            Rule::GrantExists => ways.grant(),
            Rule::ResourceUsable => ways.entry(),
            Rule::GrantNotRevoked => ways.agreed_anew("apply again"),
            Rule::GrantNotSuspended => ways.suspended(),
            Rule::GrantInWindow => ways.window(),
            Rule::ModeCovered => ways.mode(),
            Rule::UseCodesCovered => {
                ways.agreed_anew("apply for a grant that lets the system hand out use-codes")
            }
            Rule::MatterCovered => ways.matter(),
            Rule::OperatorNamed => vec![ways.ask_otherwise("name the clerk on whose behalf you ask")],
            Rule::BasisGiven => vec![ways.step(
                Who::Consumer,
                Act::GetAuthorisation,
                "get a use-code from the holder, or name the authorisation that they signed and you keep",
            )],
            Rule::ItemsCovered => ways.items(),
            Rule::ZoneCovered => ways.zone(),
            Rule::InQuota => ways.quota(),
            Rule::ProviderActive => ways.of_provider(),
            Rule::ProviderHasEndpoint => ways.endpoint(),
            Rule::ProviderNotInMaintenance => ways.maintenance(),
        }
    }
}

impl Ways<'_> {
    fn step(&self, who: Who, act: Act, what: impl Into<String>) -> Remedy {
        Remedy {
            who,
            department: self.department(who),
            act,
            what: what.into(),
            command: command(act, ""),
            limit: None,
            until: None,
        }
    }

    fn ask_otherwise(&self, what: impl Into<String>) -> Remedy {
        self.step(Who::Consumer, Act::AskOtherwise, what)
    }

    fn department(&self, who: Who) -> Option<DepartmentName> {
        let snapshot = self.case.snapshot;
        let department = match who {
            Who::Consumer => &snapshot.system(&self.case.ask.consumer)?.department,
            Who::Provider => &self.case.resource?.department,
            Who::Competent => &snapshot.competent()?.name,
            Who::Operator | Who::Nobody => return None,
        };
        Some(department.clone())
    }

    fn limit(&self, rule: regime::Rule) -> Option<LegalLimit> {
        LegalLimit::of(self.background.reference, rule, self.case.today)
    }

    fn of_consumer(&self) -> Vec<Remedy> {
        let name = &self.case.ask.consumer;
        let system = self.case.snapshot.system(name);
        vec![match system.map(|system| &system.state) {
            None => self.step(
                Who::Operator,
                Act::RegisterSystem,
                format!("register {name}"),
            ),
            Some(SystemState::Retired) => {
                let what = format!("ask by a system that is in service; {name} does not come back");
                self.ask_otherwise(what)
            }
            Some(SystemState::Suspended { .. } | SystemState::Active) => {
                let what = format!("end the suspension of {name}");
                let resume = self.step(Who::Operator, Act::ResumeSystem, what);
                resume.on(name.as_str())
            }
        }]
    }

    fn of_provider(&self) -> Vec<Remedy> {
        let Some(name) = self.case.provider() else {
            return Vec::new();
        };
        let system = self.case.snapshot.system(name);
        vec![match system.map(|system| &system.state) {
            None => self.step(
                Who::Operator,
                Act::RegisterSystem,
                format!("register {name}"),
            ),
            Some(SystemState::Retired) => {
                let what = format!(
                    "publish a version of the entry that another system serves; {name} is out of service"
                );
                self.step(Who::Provider, Act::PublishVersion, what)
                    .on(self.entry_name())
            }
            Some(SystemState::Suspended { .. } | SystemState::Active) => {
                let what = format!("end the suspension of {name}");
                let resume = self.step(Who::Operator, Act::ResumeSystem, what);
                resume.on(name.as_str())
            }
        }]
    }

    fn entry_name(&self) -> &str {
        self.case.resource.map_or("", |entry| entry.name.as_str())
    }

    fn grant(&self) -> Vec<Remedy> {
        if self.case.ask.grant.is_some() {
            let mut ways = vec![
                self.ask_otherwise("name a grant that the system holds on this entry, or none"),
            ];
            ways.extend(self.agreed_anew("apply for it"));
            return ways;
        }
        self.agreed_anew("apply for it")
    }

    /// A new agreement: what the consumer writes and what the provider has to answer by when, as far as the entry can
    /// be applied for.
    fn agreed_anew(&self, what: &str) -> Vec<Remedy> {
        let Some(entry) = self.case.resource else {
            let mut ways = vec![self.step(
                Who::Consumer,
                Act::SearchCatalogue,
                "look for an entry that holds it",
            )];
            ways.extend(self.demand("raise a demand for it, if no entry holds it"));
            return ways;
        };
        let rule = match &entry.share_type {
            ShareType::Unconditional => regime::Rule::AnswerUnconditional,
            ShareType::Conditional { .. } => regime::Rule::AnswerConditional,
            ShareType::NotShared { .. } => return self.demand("raise a demand for it"),
        };
        if entry.is_retired() {
            return self.demand("raise a demand for it: its entry does not come back");
        }
        if entry.shared_outside().is_some() {
            let what = format!("ask {} for it, outside of the gateway", entry.department);
            return vec![self.step(Who::Consumer, Act::AskDepartment, what)];
        }
        let pending = self.case.pending(self.background);
        let pending: Vec<&Application> = pending.filter(|one| self.would_do(one)).collect();
        if !pending.is_empty() {
            let answers = pending.into_iter();
            return answers.map(|one| self.answer_of(one, rule)).collect();
        }
        let stopped = entry.stopped_on(self.case.today).is_some();
        let when = if stopped {
            ", once the entry goes on"
        } else {
            ""
        };
        let apply = format!("{what} ({}){when}", self.what_to_apply_for(entry));
        let answer = "answer the application, or say once all that it lacks";
        vec![
            self.step(Who::Consumer, Act::Apply, apply),
            self.step(Who::Provider, Act::AnswerApplication, answer)
                .on("applications/UUID")
                .within(self.limit(rule)),
        ]
    }

    /// Whose turn it is about an application that is under way, and until when.
    fn answer_of(&self, application: &Application, rule: regime::Rule) -> Remedy {
        use ApplicationState as State;
        let (name, answering) = (&application.name, application.state.answering());
        let own = match &application.state {
            State::MaterialRequested(answering) => answering.material.as_ref().map(|asked| {
                let what = format!("supply what {name} lacks, which would do");
                (
                    Act::SupplyMaterial,
                    regime::Rule::SupplyMaterial,
                    what,
                    &asked.clock,
                )
            }),
            State::Offered(answering) => answering.offers.last().map(|offer| {
                let what =
                    format!("look whether what is offered for {name} would do, and accept it");
                (
                    Act::AnswerOffer,
                    regime::Rule::AnswerOffer,
                    what,
                    &offer.clock,
                )
            }),
            State::Draft
            | State::SignedOff(_)
            | State::Submitted(_)
            | State::Approved { .. }
            | State::Refused { .. }
            | State::Withdrawn { .. } => None,
        };
        if let Some((act, rule, what, clock)) = own {
            let limit = self.limit_by(rule, Some(clock));
            return self
                .step(Who::Consumer, act, what)
                .on(name.as_str())
                .within(limit);
        }
        let what = format!("answer {name}, which would do");
        let limit = self.limit_by(rule, answering.map(|one| &one.clock));
        self.step(Who::Provider, Act::AnswerApplication, what)
            .on(name.as_str())
            .within(limit)
    }

    /// The limit of a rule as a clock has it: what was told to both sides stands, whatever the law says of it today.
    fn limit_by(&self, rule: regime::Rule, clock: Option<&Clock>) -> Option<LegalLimit> {
        let received = clock.map_or(self.case.today, |clock| shaoyang_date(clock.received));
        let mut limit = LegalLimit::of(self.background.reference, rule, received);
        if let (Some(limit), Some(due)) = (&mut limit, clock.and_then(|clock| clock.due)) {
            (limit.due, limit.undated) = (Some(due), String::new());
        }
        limit
    }

    /// Whether an application that is under way would cover what is asked.
    fn would_do(&self, application: &Application) -> bool {
        let (terms, ask) = (&application.terms, self.case.ask);
        let mut keys = ask.items.iter().chain(&ask.compared);
        let matter = ask.matter.as_ref();
        terms.share_modes.contains(&ask.mode)
            && matter.is_none_or(|matter| terms.matters.contains(matter))
            && keys.all(|key| terms.items.contains(key))
            && terms.issues_use_codes == ask.issuing
            && terms.end >= self.case.today
    }

    fn what_to_apply_for(&self, entry: &Resource) -> String {
        let ask = self.case.ask;
        let mode = format!("{} mode", ask.mode.as_str());
        let shared = entry.share_modes.contains(&ask.mode);
        let mut parts = vec![if shared {
            mode
        } else {
            format!("not {mode}, by which it is not shared")
        }];
        let keys = ask.items.iter().chain(&ask.compared);
        let keys: Vec<&str> = keys
            .filter(|key| entry.item(key).is_some())
            .map(ItemKey::as_str)
            .collect();
        if !keys.is_empty() {
            parts.push(format!("items {}", keys.join(", ")));
        }
        parts.extend(ask.matter.as_ref().map(ToString::to_string));
        parts.join("; ")
    }

    fn demand(&self, what: &str) -> Vec<Remedy> {
        vec![
            self.step(Who::Consumer, Act::RaiseDemand, what),
            self.step(
                Who::Competent,
                Act::AssignDemand,
                "name the department that has to answer",
            )
            .within(self.limit(regime::Rule::AssignDemand)),
            self.step(
                Who::Provider,
                Act::AnswerDemand,
                "whichever department was named answers the demand",
            )
            .within(self.limit(regime::Rule::AnswerDemand)),
        ]
    }

    fn entry(&self) -> Vec<Remedy> {
        let Some(entry) = self.case.resource else {
            return Vec::new();
        };
        if matches!(entry.state, ResourceState::Suspended { .. }) {
            let resume = self.step(Who::Provider, Act::ResumeResource, "let the entry go on");
            let resume = resume.on(self.entry_name());
            return vec![resume.within(self.limit(regime::Rule::ChangeService))];
        }
        let mut ways = vec![self.step(
            Who::Consumer,
            Act::SearchCatalogue,
            "look for another entry",
        )];
        ways.extend(self.demand("raise a demand for it, if no other entry holds it"));
        ways
    }

    fn suspended(&self) -> Vec<Remedy> {
        let what = "end the suspension; another person than the one who ordered it";
        vec![
            self.step(Who::Provider, Act::ResumeGrant, what)
                .within(self.limit(regime::Rule::ChangeService)),
        ]
    }

    fn window(&self) -> Vec<Remedy> {
        let first = self.case.grant.map(|grant| grant.terms.start);
        if let Some(first) = first.filter(|first| self.case.today < *first) {
            let what = format!("the grant can be used from {first} on");
            let wait = self.step(Who::Nobody, Act::Wait, what);
            return vec![wait.until(shaoyang_start(first))];
        }
        self.agreed_anew("apply for a new term")
    }

    fn mode(&self) -> Vec<Remedy> {
        let (Some(grant), Some(entry)) = (self.case.grant, self.case.resource) else {
            return Vec::new();
        };
        let mut ways: Vec<Remedy> = self.other_mode(grant, entry).into_iter().collect();
        if entry.share_modes.contains(&self.case.ask.mode) {
            ways.extend(self.agreed_anew("apply for a grant that covers it"));
            return ways;
        }
        let what = format!(
            "publish a version of the entry that is shared by {} mode",
            self.case.ask.mode.as_str()
        );
        let review = self.step(
            Who::Competent,
            Act::ReviewVersion,
            "publish that version, or give it back",
        );
        ways.push(
            self.step(Who::Provider, Act::PublishVersion, what)
                .on(self.entry_name()),
        );
        ways.push(
            review
                .on(self.entry_name())
                .within(self.limit(regime::Rule::CatalogueReview)),
        );
        ways
    }

    /// The modes by which the grant serves as it is.
    fn other_mode(&self, grant: &Grant, entry: &Resource) -> Option<Remedy> {
        let terms = &grant.terms;
        if terms.issues_use_codes != self.case.ask.issuing {
            return None;
        }
        let serves = |mode: &&ShareMode| {
            let filtered = terms.row_filter.is_none() || **mode == ShareMode::Table;
            **mode != self.case.ask.mode && filtered && entry.share_modes.contains(mode)
        };
        let modes = terms.share_modes.iter().filter(serves);
        let modes: Vec<&str> = modes.map(|mode| mode.as_str()).collect();
        let what = format!("ask by {} mode", modes.join(" or "));
        (!modes.is_empty()).then(|| self.ask_otherwise(what))
    }

    fn zone(&self) -> Vec<Remedy> {
        let mut ways = vec![self.ask_otherwise("ask from a network that the grant names")];
        ways.extend(self.agreed_anew("apply for this network"));
        ways
    }

    /// It ends by itself; whoever needs more agrees on more.
    fn quota(&self) -> Vec<Remedy> {
        let Some(grant) = self.case.grant else {
            return Vec::new();
        };
        let spent = grant.terms.quota.spent(&self.case.used(grant));
        let wait = spent.map(|(limit, _)| i64::from(limit.wait_s(self.case.now)));
        let end = wait.and_then(|wait| {
            let wait = jiff::SignedDuration::from_secs(wait);
            self.case.now.checked_add(wait).ok()
        });
        let wait = self.step(Who::Nobody, Act::Wait, "the quota begins anew by itself");
        let mut ways = vec![wait.until(end)];
        ways.extend(self.agreed_anew("apply for more"));
        ways
    }

    fn matter(&self) -> Vec<Remedy> {
        if self.case.ask.matter.is_none() {
            return vec![self.ask_otherwise("name the matter that the data is for")];
        }
        let mut ways = vec![self.ask_otherwise("use the data for an agreed matter only")];
        ways.extend(self.agreed_anew("apply for this matter"));
        ways
    }

    fn items(&self) -> Vec<Remedy> {
        let (Some(grant), Some(entry)) = (self.case.grant, self.case.resource) else {
            return Vec::new();
        };
        let mut ways = Vec::new();
        if !self.case.ask.whole {
            ways.push(self.ask_otherwise("ask for granted items only, that the entry has"));
        }
        let mut beyond = self.case.not_granted(grant, entry);
        if beyond.any(|key| entry.item(key).is_some()) {
            ways.extend(self.agreed_anew("apply for the others"));
        }
        ways
    }

    /// Who agreed has a time for sharing, which began then; where nobody agreed, there is none yet.
    fn endpoint(&self) -> Vec<Remedy> {
        let name = self.case.provider().map_or("", |name| name.as_str());
        let agreed = self.case.grant.map(|grant| shaoyang_date(grant.created));
        let limit = agreed
            .and_then(|day| LegalLimit::of(self.background.reference, regime::Rule::Share, day));
        let what = format!("register an endpoint of {name} that serves the entry");
        let register = self.step(Who::Provider, Act::RegisterEndpoint, what);
        vec![register.on(name).within(limit)]
    }

    fn maintenance(&self) -> Vec<Remedy> {
        let endpoint = self.case.endpoint.as_ref();
        let window = endpoint.and_then(|endpoint| endpoint.in_maintenance(self.case.now));
        let end = window.map(|window| window.end);
        vec![
            self.step(Who::Nobody, Act::Wait, "the maintenance ends by itself")
                .until(end),
        ]
    }
}
