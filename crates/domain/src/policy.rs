//! The decision: may this system use this resource for this matter now. Default deny.
//!
//! One pure function serves the real call, the dry run and the explanation, so the three cannot
//! differ. Every refusal carries its rule, whose fault it is and the next step.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::basis::Basis;
use crate::endpoint::Endpoint;
use crate::filter::Filter;
use crate::grant::{Grant, GrantState};
use crate::item::ItemKey;
use crate::name::{GrantName, MatterName, ResourceName, SystemName};
use crate::reason::Reason;
use crate::resource::{Resource, ShareMode};
use crate::snapshot::Snapshot;

/// Writes the rules with their ids and reasons from one list.
macro_rules! rules {
    ($($name:ident = $id:literal, $reason:ident, $doc:literal;)+) => {
        /// The rules, in the order in which they are asked.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule { $(#[doc = $doc] $name,)+ }

        impl Rule {
            /// All rules.
            pub const ALL: &'static [Rule] = &[$(Self::$name,)+];

            /// The id in refusals, explanations and the ledger.
            pub fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)+ }
            }

            /// The reason a refusal by this rule carries.
            pub fn reason(self) -> Reason {
                match self { $(Self::$name => Reason::$reason,)+ }
            }
        }
    };
}

rules! {
    CertificateKnown = "caller.certificate-known", TlsCertificateUnknown, "The TLS certificate is in the registry.";
    CertificateNotRevoked = "caller.certificate-not-revoked", TlsCertificateRevoked, "The TLS certificate was not revoked.";
    CertificateInWindow = "caller.certificate-in-window", TlsCertificateExpired, "The TLS certificate is in its window of validity.";
    CallerActive = "caller.active", CallerSuspended, "The calling system is active.";
    Role = "caller.role", RoleNotAllowed, "The caller's role allows the method.";
    GrantExists = "grant.exists", GrantMissing, "There is a grant of this resource to this consumer.";
    ResourceUsable = "resource.usable", ResourceStopped, "The resource is published, and neither suspended nor retired.";
    GrantNotRevoked = "grant.not-revoked", GrantRevoked, "The grant was not revoked.";
    GrantNotSuspended = "grant.not-suspended", GrantSuspended, "The grant is not suspended.";
    GrantInWindow = "grant.in-window", GrantOutsideWindow, "The day lies in the grant's window.";
    ModeCovered = "grant.mode-covered", ModeNotCovered, "The grant covers the mode of exchange.";
    UseCodesCovered = "grant.use-codes-covered", UseCodesNotCovered, "The grant lets the system hand out use-codes.";
    MatterCovered = "grant.matter-covered", MatterNotCovered, "The grant covers the matter: PIPL art. 6, Order 809 art. 25.";
    OperatorNamed = "grant.operator-named", OperatorMissing, "A clerk is named where the grant demands one.";
    BasisGiven = "resource.basis-given", AuthorisationMissing, "The use rests on what the catalogue entry demands: PIPL art. 13, 23, 29.";
    UseCodeHolds = "use-code.holds", UseCodeRefused, "The use-code is for this use, unused and in time.";
    ItemsCovered = "grant.items-covered", ItemNotCovered, "Only granted items are asked for.";
    ProviderActive = "provider.active", ProviderNotConnected, "The providing system is active.";
    ProviderHasEndpoint = "provider.has-endpoint", ProviderNotConnected, "The providing system has an endpoint.";
    ProviderNotInMaintenance = "provider.not-in-maintenance", ProviderMaintenance, "The providing system is not in planned maintenance.";
}

/// The rule a permit carries.
pub const PERMIT_RULE: &str = "grant.all-covered";

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// One thing that stands in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// The rule.
    pub rule: Rule,
    /// In one sentence, without personal data.
    pub message: String,
}

/// The answer "no": an answer, not an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    obstacles: Vec<Obstacle>,
    grant: Option<Arc<Grant>>,
    wait_s: Option<u32>,
}

impl Refusal {
    /// A refusal by one rule.
    pub fn of(rule: Rule, message: impl Into<String>) -> Self {
        Self {
            obstacles: vec![Obstacle {
                rule,
                message: message.into(),
            }],
            grant: None,
            wait_s: None,
        }
    }

    /// Seconds after which the same request may be permitted, where that is all that stands in the way.
    pub fn wait_s(&self) -> Option<u32> {
        let passes = |obstacle: &Obstacle| obstacle.rule == Rule::ProviderNotInMaintenance;
        self.wait_s.filter(|_| self.obstacles.iter().all(passes))
    }

    /// The rule that decides: the first that failed.
    pub fn rule(&self) -> Rule {
        self.obstacles
            .first()
            .map_or(Rule::GrantExists, |obstacle| obstacle.rule)
    }

    /// What the deciding rule says.
    pub fn message(&self) -> &str {
        self.obstacles
            .first()
            .map_or("", |obstacle| &obstacle.message)
    }

    /// Everything that stands in the way, the deciding one first.
    pub fn obstacles(&self) -> &[Obstacle] {
        &self.obstacles
    }

    /// The grant that came nearest, if there is one.
    pub fn grant(&self) -> Option<&Arc<Grant>> {
        self.grant.as_ref()
    }
}

/// What a system asks to do.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The calling system.
    pub consumer: SystemName,
    /// What it asks for; several where a certificate type has several issuers.
    pub resources: Vec<ResourceName>,
    /// By which way.
    pub mode: ShareMode,
    /// The purpose.
    pub matter: Option<MatterName>,
    /// A clerk is named.
    pub operator_named: bool,
    /// The items; none named means all that is granted.
    pub items: Vec<ItemKey>,
    /// Every item of the resource, whatever is named: a certificate's file shows them all.
    pub whole: bool,
    /// Items that a filter or a verification looks at: they must be granted too, but are not released for it.
    pub compared: Vec<ItemKey>,
    /// The one grant to use; none named means any that permits.
    pub grant: Option<GrantName>,
    /// What the use rests on.
    pub basis: Basis,
    /// A use-code is to be handed out for it, and nobody is asked now.
    pub issuing: bool,
}

/// The answer "yes". Only [`decide`] makes one; asking a provider demands it.
#[derive(Clone, Debug)]
pub struct Permit {
    grant: Arc<Grant>,
    resource: Arc<Resource>,
    endpoint: Arc<Endpoint>,
    items: Vec<ItemKey>,
    compared: Vec<ItemKey>,
    matter: MatterName,
    mode: ShareMode,
    basis: Basis,
}

impl Permit {
    /// The grant it rests on.
    pub fn grant(&self) -> &Grant {
        &self.grant
    }

    /// The resource.
    pub fn resource(&self) -> &Resource {
        &self.resource
    }

    /// Where to ask; in file mode nobody is.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The items that may be released, in the order asked for.
    pub fn items(&self) -> &[ItemKey] {
        &self.items
    }

    /// The items that may be compared with, beside those that may be released.
    pub fn compared(&self) -> &[ItemKey] {
        &self.compared
    }

    /// The same permit without the right to release: a permit can be narrowed, never widened.
    #[must_use]
    pub fn comparing_only(mut self) -> Self {
        self.items.clear();
        self
    }

    /// The purpose.
    pub fn matter(&self) -> &MatterName {
        &self.matter
    }

    /// The rows that the grant covers; none means all.
    pub fn row_filter(&self) -> Option<&Filter> {
        self.grant.terms.row_filter.as_ref()
    }

    /// What the use rests on.
    pub fn basis(&self) -> &Basis {
        &self.basis
    }

    /// By which way.
    pub fn mode(&self) -> ShareMode {
        self.mode
    }
}

/// Yes or no.
#[derive(Clone, Debug)]
pub enum Decision {
    /// Yes.
    Permit(Box<Permit>),
    /// No.
    Refusal(Refusal),
}

/// Decides. Pure: the same snapshot, ask and moment give the same answer.
///
/// With several grants the first that permits is used; when none does, the refusal is the one that
/// came furthest in the order of the rules.
pub fn decide(snapshot: &Snapshot, ask: &Ask, now: Timestamp) -> Decision {
    if let Some(refusal) = consumer_obstacle(snapshot, ask) {
        return Decision::Refusal(refusal);
    }
    let mut nearest: Option<Refusal> = None;
    let known = ask
        .resources
        .iter()
        .filter_map(|name| snapshot.resource(name));
    // What was never published cannot be shared, whatever grant somebody wrote on it.
    for resource in known.filter(|resource| resource.state.is_public()) {
        let grants = snapshot.grants_of(&ask.consumer, &resource.name).iter();
        for grant in grants.filter(|grant| ask.grant.as_ref().is_none_or(|n| *n == grant.name)) {
            match judge(snapshot, ask, resource, grant, now) {
                Ok(permit) => return Decision::Permit(Box::new(permit)),
                Err(refusal) => {
                    if nearest
                        .as_ref()
                        .is_none_or(|other| refusal.rule() > other.rule())
                    {
                        nearest = Some(refusal);
                    }
                }
            }
        }
    }
    Decision::Refusal(nearest.unwrap_or_else(|| {
        Refusal::of(
            Rule::GrantExists,
            format!("{} holds no grant of this resource", ask.consumer),
        )
    }))
}

/// The day in Shaoyang: deadlines and windows are days in the zone Asia/Shanghai, which has kept
/// UTC+8 without daylight saving since 1991.
pub fn shaoyang_date(at: Timestamp) -> Date {
    at.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(8)))
        .date()
}

fn consumer_obstacle(snapshot: &Snapshot, ask: &Ask) -> Option<Refusal> {
    let Some(system) = snapshot.system(&ask.consumer) else {
        return Some(Refusal::of(
            Rule::CallerActive,
            format!("{} is not registered", ask.consumer),
        ));
    };
    (!system.is_active()).then(|| {
        Refusal::of(
            Rule::CallerActive,
            format!("{} is {}", system.name, system.state.as_str()),
        )
    })
}

fn judge(
    snapshot: &Snapshot,
    ask: &Ask,
    resource: &Arc<Resource>,
    grant: &Arc<Grant>,
    now: Timestamp,
) -> Result<Permit, Refusal> {
    let today = shaoyang_date(now);
    let stopped = resource.stopped_on(today);
    let mut obstacles: Vec<Obstacle> = stopped
        .map(|message| obstacle(Rule::ResourceUsable, message))
        .into_iter()
        .chain(grant_obstacles(ask, grant, today))
        .chain(purpose_obstacles(ask, grant))
        .chain(basis_obstacle(ask, resource))
        .collect();
    let items = granted_items(ask, grant, resource, &mut obstacles);
    let endpoint = provider_endpoint(snapshot, ask, resource, grant, now, &mut obstacles);
    let wait_s = endpoint
        .as_deref()
        .and_then(|endpoint| seconds_left(endpoint, now));
    match (obstacles.is_empty(), endpoint, ask.matter.clone()) {
        (true, Some(endpoint), Some(matter)) => Ok(Permit {
            grant: Arc::clone(grant),
            resource: Arc::clone(resource),
            endpoint,
            items,
            compared: ask.compared.clone(),
            matter,
            mode: ask.mode,
            basis: ask.basis.clone(),
        }),
        _ => Err(Refusal {
            obstacles,
            grant: Some(Arc::clone(grant)),
            wait_s,
        }),
    }
}

/// Whole seconds until the end of a maintenance, at least one.
fn seconds_left(endpoint: &Endpoint, now: Timestamp) -> Option<u32> {
    let window = endpoint.in_maintenance(now)?;
    let left = window.end.duration_since(now).as_secs();
    Some(u32::try_from(left).unwrap_or(u32::MAX).saturating_add(1))
}

fn grant_obstacles(ask: &Ask, grant: &Grant, today: Date) -> Vec<Obstacle> {
    let mut found = Vec::new();
    match &grant.state {
        GrantState::Active => {}
        GrantState::Suspended { reason, .. } => {
            found.push(obstacle(
                Rule::GrantNotSuspended,
                format!("suspended: {reason}"),
            ));
        }
        GrantState::Revoked { reason, .. } => {
            found.push(obstacle(
                Rule::GrantNotRevoked,
                format!("revoked: {reason}"),
            ));
        }
    }
    let terms = &grant.terms;
    if today < terms.start || today > terms.end {
        let message = format!(
            "the grant runs from {} to {}, today is {today}",
            terms.start, terms.end
        );
        found.push(obstacle(Rule::GrantInWindow, message));
    }
    if !terms.share_modes.contains(&ask.mode) {
        let message = format!("the grant does not cover {} mode", ask.mode.as_str());
        found.push(obstacle(Rule::ModeCovered, message));
    } else if terms.row_filter.is_some() && ask.mode != ShareMode::Table {
        // Where there are no rows the filter could not be applied, so nothing passes.
        let message = "the grant has a row filter, which table mode alone applies".to_owned();
        found.push(obstacle(Rule::ModeCovered, message));
    } else if terms.issues_use_codes && !ask.issuing {
        let message = "the grant lets the system hand out use-codes and releases nothing";
        found.push(obstacle(Rule::ModeCovered, message.to_owned()));
    }
    if ask.issuing && !terms.issues_use_codes {
        let message = "the grant does not let the system hand out use-codes";
        found.push(obstacle(Rule::UseCodesCovered, message.to_owned()));
    }
    found
}

fn purpose_obstacles(ask: &Ask, grant: &Grant) -> Vec<Obstacle> {
    let mut found = Vec::new();
    match &ask.matter {
        Some(matter) if grant.terms.matters.contains(matter) => {}
        Some(matter) => {
            found.push(obstacle(
                Rule::MatterCovered,
                format!("the grant does not cover {matter}"),
            ));
        }
        None => found.push(obstacle(
            Rule::MatterCovered,
            "no matter is named".to_owned(),
        )),
    }
    if grant.terms.operator_required && !ask.operator_named {
        found.push(obstacle(
            Rule::OperatorNamed,
            "the grant demands an operator".to_owned(),
        ));
    }
    found
}

fn basis_obstacle(ask: &Ask, resource: &Resource) -> Option<Obstacle> {
    (!ask.basis.serves(resource.basis)).then(|| {
        obstacle(
            Rule::BasisGiven,
            "the catalogue entry demands the holder's authorisation".to_owned(),
        )
    })
}

fn granted_items(
    ask: &Ask,
    grant: &Grant,
    resource: &Resource,
    obstacles: &mut Vec<Obstacle>,
) -> Vec<ItemKey> {
    let granted = &grant.terms.items;
    let all = resource.items.iter().map(|item| &item.key);
    let all = all.filter(|_| ask.whole);
    let asked = ask.items.iter().chain(&ask.compared).chain(all);
    let beyond: Vec<&str> = asked
        .filter(|key| !granted.contains(key))
        .map(ItemKey::as_str)
        .collect();
    if !beyond.is_empty() {
        let message = format!("not granted: {}", beyond.join(", "));
        obstacles.push(obstacle(Rule::ItemsCovered, message));
    }
    // A version after the grant may have dropped an item.
    let named = ask.items.iter().chain(&ask.compared);
    let gone: Vec<&str> = named
        .filter(|key| granted.contains(key) && resource.item(key).is_none())
        .map(ItemKey::as_str)
        .collect();
    if !gone.is_empty() {
        let message = format!("not in the entry any more: {}", gone.join(", "));
        obstacles.push(obstacle(Rule::ItemsCovered, message));
    }
    if ask.items.is_empty() {
        return granted
            .iter()
            .filter(|key| resource.item(key).is_some())
            .cloned()
            .collect();
    }
    ask.items.clone()
}

fn provider_endpoint(
    snapshot: &Snapshot,
    ask: &Ask,
    resource: &Resource,
    grant: &Grant,
    now: Timestamp,
    obstacles: &mut Vec<Obstacle>,
) -> Option<Arc<Endpoint>> {
    if !snapshot
        .system(&grant.provider)
        .is_some_and(crate::system::System::is_active)
    {
        obstacles.push(obstacle(
            Rule::ProviderActive,
            format!("{} is not active", grant.provider),
        ));
    }
    // The provider left its files with the gateway: it need not answer, and may have no endpoint.
    if ask.mode == ShareMode::File {
        return Endpoint::kept_here(&grant.provider).ok().map(Arc::new);
    }
    let endpoints = snapshot.endpoints(&grant.provider);
    let chosen = Endpoint::chosen(endpoints, ask.mode, resource, now);
    if chosen.is_none() {
        let message = format!("{} has no endpoint", grant.provider);
        obstacles.push(obstacle(Rule::ProviderHasEndpoint, message));
    }
    if let Some(window) = chosen.and_then(|endpoint| endpoint.in_maintenance(now)) {
        let message = format!(
            "{} is in planned maintenance until {}: {}",
            grant.provider, window.end, window.reason
        );
        obstacles.push(obstacle(Rule::ProviderNotInMaintenance, message));
    }
    chosen.cloned()
}

fn obstacle(rule: Rule, message: String) -> Obstacle {
    Obstacle { rule, message }
}

#[cfg(test)]
mod tests;
