//! One ask against one entry and one grant on it: what every rule says, and which case decides.

mod rules;

use std::cmp::Reverse;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use super::{Ask, Circumstances, Decision, Obstacle, Permit, Refusal, Rule, shaoyang_date};
use crate::endpoint::Endpoint;
use crate::grant::Grant;
use crate::item::ItemKey;
use crate::name::SystemName;
use crate::quota::Used;
use crate::resource::{Resource, ShareMode};
use crate::snapshot::Snapshot;
use crate::system::{NetworkZone, Origin};

/// What one rule says of one case. No text is made for a rule that holds: a permitted call needs none.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It holds.
    Holds,
    /// It stands in the way, and why.
    Stands(String),
    /// There was nothing to ask it about, and why.
    NotAsked(&'static str),
}

/// An ask held against one entry and one grant: all that a rule may look at.
#[derive(Debug)]
pub(super) struct Case<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) ask: &'a Ask,
    /// None where nothing that was ever published is asked for.
    pub(super) resource: Option<&'a Arc<Resource>>,
    /// None where the consumer holds none that could be used.
    pub(super) grant: Option<&'a Arc<Grant>>,
    pub(super) circumstances: &'a Circumstances,
    pub(super) now: Timestamp,
    pub(super) today: Date,
    /// Whom to ask; in file mode the gateway itself.
    pub(super) endpoint: Option<Arc<Endpoint>>,
}

/// A case with everything that stands in its way.
#[derive(Debug)]
pub(super) struct Weighed<'a> {
    pub(super) case: Case<'a>,
    pub(super) obstacles: Vec<Obstacle>,
}

/// Asks every rule, and gives the case that decides: the first with nothing in its way, else the nearest.
pub(super) fn weigh<'a>(
    snapshot: &'a Snapshot,
    ask: &'a Ask,
    circumstances: &'a Circumstances,
) -> Weighed<'a> {
    let mut nearest: Option<Weighed<'a>> = None;
    for case in cases(snapshot, ask, circumstances) {
        let weighed = case.weighed();
        if weighed.obstacles.is_empty() {
            return weighed;
        }
        nearest = Some(weighed.or_nearer(nearest));
    }
    if let Some(nearest) = nearest {
        return nearest;
    }
    // Nobody agreed on anything: what else would stand in the way of it.
    let case = |resource| Case::new(snapshot, ask, circumstances, resource, None).weighed();
    let bare = public(snapshot, ask).map(|resource| case(Some(resource)));
    let nearest = bare.fold(None, |nearest, weighed: Weighed<'a>| {
        Some(weighed.or_nearer(nearest))
    });
    nearest.unwrap_or_else(|| case(None))
}

/// One case for each grant that could serve, in the order in which they are tried.
pub(super) fn cases<'a>(
    snapshot: &'a Snapshot,
    ask: &'a Ask,
    circumstances: &'a Circumstances,
) -> impl Iterator<Item = Case<'a>> {
    public(snapshot, ask).flat_map(move |resource| {
        let grants = snapshot.grants_of(&ask.consumer, &resource.name).iter();
        let meant = grants.filter(|grant| ask.grant.as_ref().is_none_or(|n| *n == grant.name));
        meant.map(move |grant| Case::new(snapshot, ask, circumstances, Some(resource), Some(grant)))
    })
}

/// What is asked for and was published once: nothing else can be shared, whatever grant somebody wrote on it.
fn public<'a>(snapshot: &'a Snapshot, ask: &'a Ask) -> impl Iterator<Item = &'a Arc<Resource>> {
    let known = ask.resources.iter();
    let known = known.filter_map(|name| snapshot.resource(name));
    known.filter(|resource| resource.state.is_public())
}

impl<'a> Case<'a> {
    fn new(
        snapshot: &'a Snapshot,
        ask: &'a Ask,
        circumstances: &'a Circumstances,
        resource: Option<&'a Arc<Resource>>,
        grant: Option<&'a Arc<Grant>>,
    ) -> Self {
        let now = circumstances.now;
        let mut case = Self {
            snapshot,
            ask,
            resource,
            grant,
            circumstances,
            now,
            today: shaoyang_date(now),
            endpoint: None,
        };
        case.endpoint = case.chosen_endpoint();
        case
    }

    /// The system that would be asked: the grant's, or the one that the entry names now.
    pub(super) fn provider(&self) -> Option<&'a SystemName> {
        let granted = self.grant.map(|grant| &grant.provider);
        granted.or(self.resource.map(|resource| &resource.system))
    }

    pub(super) fn weighed(self) -> Weighed<'a> {
        let obstacles = self.obstacles();
        Weighed {
            case: self,
            obstacles,
        }
    }

    fn obstacles(&self) -> Vec<Obstacle> {
        let mut obstacles = Vec::new();
        for rule in Rule::ALL {
            if let Verdict::Stands(message) = self.check(*rule) {
                let rule = *rule;
                obstacles.push(Obstacle { rule, message });
            }
        }
        obstacles
    }

    /// The items that would be released.
    pub(super) fn items(&self) -> Vec<ItemKey> {
        let (Some(grant), Some(resource)) = (self.grant, self.resource) else {
            return Vec::new();
        };
        if !self.ask.items.is_empty() {
            return self.ask.items.clone();
        }
        let granted = grant.terms.items.iter();
        let present = granted.filter(|key| resource.item(key).is_some());
        present.cloned().collect()
    }

    fn chosen_endpoint(&self) -> Option<Arc<Endpoint>> {
        let provider = self.provider()?;
        // The provider left its files with the gateway: it need not answer, and may have no endpoint.
        if self.ask.mode == ShareMode::File {
            return Endpoint::kept_here(provider).ok().map(Arc::new);
        }
        let resource = self.resource?;
        let over_http = self.snapshot.is_over_http(resource);
        let endpoints = self.snapshot.endpoints(provider);
        Endpoint::chosen(endpoints, self.ask.mode, resource, over_http, self.now).cloned()
    }

    /// The part of the network that the call comes from: as the gateway sees it, else as the system is registered.
    pub(super) fn zone(&self) -> Option<NetworkZone> {
        match self.circumstances.origin {
            Origin::Registered => {
                let system = self.snapshot.system(&self.ask.consumer);
                system.map(|system| system.network_zone)
            }
            Origin::Zone(zone) => Some(zone),
            Origin::Elsewhere => None,
        }
    }

    /// What was used of a grant.
    pub(super) fn used(&self, grant: &Grant) -> Used {
        let mut counted = self.circumstances.used.iter();
        let found = counted.find(|(name, _)| *name == grant.name);
        found.map_or_else(Used::default, |(_, used)| *used)
    }

    /// Whole seconds until the end of what ends by itself, at least one: of a maintenance, and of the second or the day
    /// of a quota.
    fn seconds_left(&self) -> Option<u32> {
        let endpoint = self.endpoint.as_ref();
        let window = endpoint.and_then(|endpoint| endpoint.in_maintenance(self.now));
        let maintenance = window.map(|window| {
            let left = window.end.duration_since(self.now).as_secs();
            u32::try_from(left).unwrap_or(u32::MAX).saturating_add(1)
        });
        let spent = self
            .grant
            .and_then(|grant| grant.terms.quota.spent(&self.used(grant)));
        let quota = spent.map(|(limit, _)| limit.wait_s(self.now));
        maintenance.max(quota)
    }

    fn permit(self) -> Option<Permit> {
        let items = self.items();
        Some(Permit {
            grant: Arc::clone(self.grant?),
            resource: Arc::clone(self.resource?),
            endpoint: self.endpoint?,
            items,
            compared: self.ask.compared.clone(),
            matter: self.ask.matter.clone()?,
            mode: self.ask.mode,
            basis: self.ask.basis.clone(),
        })
    }
}

impl Weighed<'_> {
    pub(super) fn decision(self) -> Decision {
        let (grant, wait_s) = (self.case.grant, self.case.seconds_left());
        let permit = if self.obstacles.is_empty() {
            self.case.permit()
        } else {
            None
        };
        match permit {
            Some(permit) => Decision::Permit(Box::new(permit)),
            None => Decision::Refusal(Refusal {
                obstacles: self.obstacles,
                grant: grant.cloned(),
                wait_s,
            }),
        }
    }

    /// Of equals the earlier one stays.
    fn or_nearer(self, earlier: Option<Self>) -> Self {
        match earlier {
            Some(earlier) if earlier.nearness() >= self.nearness() => earlier,
            _ => self,
        }
    }

    /// How near it came to a permit. What is wrong with the caller is wrong with all cases alike.
    fn nearness(&self) -> (bool, Option<Rule>, Reverse<usize>) {
        let mut rules = self.obstacles.iter().map(|obstacle| obstacle.rule);
        let first = rules.find(|rule| *rule >= Rule::GrantExists);
        (first.is_none(), first, Reverse(self.obstacles.len()))
    }
}
