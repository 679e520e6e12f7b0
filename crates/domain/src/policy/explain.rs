//! The explanation: what every rule saw, and who can remove what stands in the way.
//!
//! It weighs the very case that [`super::decide`] reads its answer off, and holds no permit: nobody can be asked
//! with it, whatever moment it was made for.

use jiff::Timestamp;

use super::judge::{self, Case, Verdict};
use super::{Ask, Circumstances, Decision, Fact, PERMIT_RULE, Remedy, Rule, shaoyang_date};
use crate::application::Application;
use crate::grant::Grant;
use crate::item::ItemKey;
use crate::name::{GrantName, ResourceName};
use crate::reference::Reference;
use crate::snapshot::Snapshot;

/// What an explanation tells of beyond the decision itself.
#[derive(Clone, Copy, Debug)]
pub struct Background<'a> {
    /// Legal limits and working days.
    pub reference: &'a Reference,
    /// Applications of the consumer that are with their providers.
    pub applications: &'a [Application],
    /// Whoever asks may hear of the consumer's TLS certificates.
    pub shows_certificates: bool,
    /// As of when the registry is.
    pub registry_time: Timestamp,
}

/// What a rule came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It holds.
    Holds,
    /// It stands in the way.
    InTheWay,
    /// There was nothing to ask it about.
    NotAsked,
}

/// One rule, what it came to and what it looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// What it came to.
    pub standing: Standing,
    /// In one sentence.
    pub message: String,
    /// What it looked at.
    pub facts: Vec<Fact>,
    /// Who can remove it, where it stands in the way; the nearest way first.
    pub remedies: Vec<Remedy>,
}

/// A grant that does not decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherGrant {
    /// The grant.
    pub grant: GrantName,
    /// On which entry.
    pub resource: ResourceName,
    /// The first rule in its way; none where it would permit as well.
    pub rule: Option<Rule>,
    /// In one sentence.
    pub message: String,
}

/// Why a call would pass, or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The call would pass.
    pub permitted: bool,
    /// The entry that decides; none where nothing published is asked for.
    pub resource: Option<ResourceName>,
    /// The grant that decides; none where the consumer holds none.
    pub grant: Option<GrantName>,
    /// The items that would be released; none where it would not pass.
    pub items: Vec<ItemKey>,
    /// Every rule, in the order in which they are asked.
    pub findings: Vec<Finding>,
    /// The consumer's other grants on what is asked for, [`MOST_OTHERS`] at most.
    pub others: Vec<OtherGrant>,
    /// How many more there are.
    pub further_grants: usize,
    /// What the answer does not know, in a sentence each.
    pub warnings: Vec<String>,
}

/// Most grants that are listed beside the one that decides.
pub const MOST_OTHERS: usize = 20;

/// Decides as [`super::decide`] does, and tells why.
pub fn explain(
    snapshot: &Snapshot,
    ask: &Ask,
    circumstances: &Circumstances,
    background: &Background<'_>,
) -> Explanation {
    let weighed = judge::weigh(snapshot, ask, circumstances);
    let case = &weighed.case;
    let findings = Rule::ALL.iter();
    let findings = findings
        .map(|rule| finding(case, *rule, background))
        .collect();
    let warnings = warnings(case, background);
    let (resource, grant) = (case.resource, case.grant);
    let mut others: Vec<OtherGrant> = judge::cases(snapshot, ask, circumstances)
        .filter(|other| other.grant.map(|one| &one.name) != grant.map(|one| &one.name))
        .filter_map(other_grant)
        .collect();
    let further_grants = others.len().saturating_sub(MOST_OTHERS);
    others.truncate(MOST_OTHERS);
    let mut explanation = Explanation {
        permitted: false,
        resource: resource.map(|resource| resource.name.clone()),
        grant: grant.map(|grant| grant.name.clone()),
        items: Vec::new(),
        findings,
        others,
        further_grants,
        warnings,
    };
    if let Decision::Permit(permit) = weighed.decision() {
        explanation.permitted = true;
        explanation.items = permit.items().to_vec();
    }
    explanation
}

impl Explanation {
    /// What stands in the way, the deciding one first.
    pub fn obstacles(&self) -> impl Iterator<Item = &Finding> {
        let all = self.findings.iter();
        all.filter(|finding| finding.standing == Standing::InTheWay)
    }

    /// The id of the rule that decides.
    pub fn rule(&self) -> &'static str {
        let first = self.obstacles().next();
        first.map_or(PERMIT_RULE, |finding| finding.rule.id())
    }

    /// What that rule says.
    pub fn message(&self) -> &str {
        let first = self.obstacles().next();
        first.map_or("the call would pass", |finding| &finding.message)
    }
}

fn finding(case: &Case<'_>, rule: Rule, background: &Background<'_>) -> Finding {
    let (standing, message) = match case.check(rule) {
        Verdict::Holds => (Standing::Holds, rule.says().to_owned()),
        Verdict::Stands(message) => (Standing::InTheWay, message),
        Verdict::NotAsked(why) => (Standing::NotAsked, why.to_owned()),
    };
    let remedies = match standing {
        Standing::InTheWay => case.remedies(rule, background),
        Standing::Holds | Standing::NotAsked => Vec::new(),
    };
    Finding {
        rule,
        standing,
        message,
        facts: case.facts(rule, background),
        remedies,
    }
}

fn other_grant(case: Case<'_>) -> Option<OtherGrant> {
    let (grant, resource) = (case.grant?.name.clone(), case.resource?.name.clone());
    let first = case.weighed().obstacles.into_iter().next();
    let (rule, message) = match first {
        Some(obstacle) => (Some(obstacle.rule), obstacle.message),
        None => (None, "it would permit as well".to_owned()),
    };
    Some(OtherGrant {
        grant,
        resource,
        rule,
        message,
    })
}

/// What the answer does not know.
fn warnings(case: &Case<'_>, background: &Background<'_>) -> Vec<String> {
    let (now, today) = (case.now, case.today);
    let mut warnings = Vec::new();
    if now != background.registry_time {
        warnings.push(format!(
            "decided for {now} on the registry as of {}: what was registered otherwise then, or will be, is not kept",
            background.registry_time
        ));
    }
    let late = |grant: &&Grant| grant.created > now;
    if let Some(grant) = case.grant.map(AsRef::as_ref).filter(late) {
        let (name, made) = (&grant.name, shaoyang_date(grant.created));
        warnings.push(format!(
            "{name} was agreed on {made}, after the moment that is asked about"
        ));
    }
    if let Some(entry) = case.resource {
        let late = entry.first_published().filter(|first| *first > now);
        warnings.extend(late.map(|first| {
            let (name, day) = (&entry.name, shaoyang_date(first));
            format!("{name} was first published on {day}, after the moment that is asked about")
        }));
    }
    if background.shows_certificates && case.good_certificates().is_empty() {
        let consumer = &case.ask.consumer;
        warnings.push(format!(
            "{consumer} has no TLS certificate that is good at that moment and could not call at all: renew one in time, or \
             ask the operator for a one-time token"
        ));
    }
    let reference = background.reference;
    if let Err(error) = reference.regimes.at(today) {
        warnings.push(error.to_string());
    } else if let Err(error) = reference.calendar.is_working_day(today) {
        warnings.push(error.to_string());
    }
    warnings
}
