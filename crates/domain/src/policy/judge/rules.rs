//! What each rule looks at.

use super::{Case, Verdict};
use crate::grant::{Grant, GrantState};
use crate::item::ItemKey;
use crate::policy::Rule;
use crate::resource::{Resource, ShareMode};
use crate::system::System;

const NO_GRANT: &str = "there is no grant to look at";
const NO_ENTRY: &str = "nothing that was published is asked for";

impl From<Option<String>> for Verdict {
    fn from(obstacle: Option<String>) -> Self {
        obstacle.map_or(Self::Holds, Self::Stands)
    }
}

impl Case<'_> {
    /// Asks one rule.
    pub(in crate::policy) fn check(&self, rule: Rule) -> Verdict {
        match rule {
            Rule::CertificateKnown
            | Rule::CertificateNotRevoked
            | Rule::CertificateInWindow
            | Rule::Role => Verdict::NotAsked("looked at for whoever calls, before anything else"),
            Rule::CallerActive => self.consumer_at_fault().into(),
            Rule::GrantExists => self.without_grant().into(),
            Rule::ResourceUsable => self.of_entry(|entry| entry.stopped_on(self.today)),
            Rule::GrantNotRevoked => self.of_grant(revoked),
            Rule::GrantNotSuspended => self.of_grant(suspended),
            Rule::GrantInWindow => self.of_grant(|grant| self.outside_window(grant)),
            Rule::ModeCovered => self.of_both(|grant, entry| self.beside_mode(grant, entry)),
            Rule::UseCodesCovered if !self.ask.issuing => {
                Verdict::NotAsked("no use-code is to be handed out")
            }
            Rule::UseCodesCovered => self.of_grant(without_use_codes),
            Rule::MatterCovered => self.of_grant(|grant| self.beside_matter(grant)),
            Rule::ZoneCovered => self.of_grant(|grant| self.outside_zones(grant)),
            Rule::OperatorNamed => self.of_grant(|grant| self.without_operator(grant)),
            Rule::BasisGiven => self.of_entry(|entry| self.without_basis(entry)),
            Rule::UseCodeHolds => Verdict::NotAsked("a use-code is looked at when one is shown"),
            Rule::ItemsCovered => self.of_both(|grant, entry| self.beyond_items(grant, entry)),
            Rule::InQuota if self.ask.issuing => {
                Verdict::NotAsked("nothing is asked for while a use-code is handed out")
            }
            Rule::InQuota => self.of_grant(|grant| self.beyond_quota(grant)),
            Rule::ProviderActive => self.provider_at_fault(),
            Rule::ProviderHasEndpoint => self.unconnected(),
            Rule::ProviderNotInMaintenance => self.in_maintenance(),
        }
    }

    fn of_grant(&self, look: impl FnOnce(&Grant) -> Option<String>) -> Verdict {
        match self.grant {
            Some(grant) => look(grant).into(),
            None => Verdict::NotAsked(NO_GRANT),
        }
    }

    fn of_entry(&self, look: impl FnOnce(&Resource) -> Option<String>) -> Verdict {
        match self.resource {
            Some(entry) => look(entry).into(),
            None => Verdict::NotAsked(NO_ENTRY),
        }
    }

    fn of_both(&self, look: impl FnOnce(&Grant, &Resource) -> Option<String>) -> Verdict {
        self.of_grant(|grant| look(grant, self.resource?))
    }

    fn consumer_at_fault(&self) -> Option<String> {
        let name = &self.ask.consumer;
        match self.snapshot.system(name) {
            None => Some(format!("{name} is not registered")),
            Some(system) if system.is_active() => None,
            Some(system) => Some(format!("{name} is {}", system.state.as_str())),
        }
    }

    fn without_grant(&self) -> Option<String> {
        if self.grant.is_some() {
            return None;
        }
        // Of what was stopped nobody hands anything over.
        let outside = self
            .resource
            .filter(|entry| entry.stopped_on(self.today).is_none())
            .and_then(|entry| entry.shared_outside());
        let consumer = &self.ask.consumer;
        let none = || match &self.ask.grant {
            Some(meant) => format!("{consumer} does not hold {meant} on this resource"),
            None => format!("{consumer} holds no grant of this resource"),
        };
        Some(outside.unwrap_or_else(none))
    }

    fn outside_window(&self, grant: &Grant) -> Option<String> {
        let (start, end, today) = (grant.terms.start, grant.terms.end, self.today);
        // One that has expired stays so, whatever the clock says.
        let outside = today < start || today > end || grant.state == GrantState::Expired;
        outside.then(|| format!("the grant runs from {start} to {end}, today is {today}"))
    }

    fn beside_mode(&self, grant: &Grant, entry: &Resource) -> Option<String> {
        let (terms, mode) = (&grant.terms, self.ask.mode);
        if !terms.share_modes.contains(&mode) {
            return Some(format!("the grant does not cover {} mode", mode.as_str()));
        }
        if !entry.share_modes.contains(&mode) {
            // A later version of the entry dropped it.
            let (name, mode) = (&entry.name, mode.as_str());
            return Some(format!("{name} is not shared by {mode} mode any more"));
        }
        if terms.row_filter.is_some() && mode != ShareMode::Table {
            // Where there are no rows the filter could not be applied, so nothing passes.
            let message = "the grant has a row filter, which table mode alone applies";
            return Some(message.to_owned());
        }
        let only_codes = terms.issues_use_codes && !self.ask.issuing;
        let message = "the grant lets the system hand out use-codes and releases nothing";
        only_codes.then(|| message.to_owned())
    }

    fn beside_matter(&self, grant: &Grant) -> Option<String> {
        match &self.ask.matter {
            Some(matter) if grant.terms.matters.contains(matter) => None,
            Some(matter) => Some(format!("the grant does not cover {matter}")),
            None => Some("no matter is named".to_owned()),
        }
    }

    fn outside_zones(&self, grant: &Grant) -> Option<String> {
        let zones = &grant.terms.network_zones;
        if zones.is_empty() {
            return None;
        }
        let zone = self.zone();
        if zone.is_some_and(|zone| zones.contains(&zone)) {
            return None;
        }
        let named: Vec<&str> = zones.iter().map(|zone| zone.as_str()).collect();
        let named = named.join(", ");
        Some(match zone {
            Some(zone) => {
                format!("the call comes from the network {zone}; the grant names {named}")
            }
            None => {
                format!("nobody knows from which network the call comes; the grant names {named}")
            }
        })
    }

    fn beyond_quota(&self, grant: &Grant) -> Option<String> {
        let (limit, most) = grant.terms.quota.spent(&self.used(grant))?;
        Some(format!(
            "the grant allows {most} {}, which are used",
            limit.as_str()
        ))
    }

    fn without_operator(&self, grant: &Grant) -> Option<String> {
        let missing = grant.terms.operator_required && !self.ask.operator_named;
        missing.then(|| "the grant demands an operator".to_owned())
    }

    fn without_basis(&self, entry: &Resource) -> Option<String> {
        let serves = self.ask.basis.serves(entry.basis);
        let message = "the catalogue entry demands the holder's authorisation";
        (!serves).then(|| message.to_owned())
    }

    fn beyond_items(&self, grant: &Grant, entry: &Resource) -> Option<String> {
        let beyond = list(self.not_granted(grant, entry));
        // A version after the grant may have dropped an item.
        let gone = list(self.gone(grant, entry));
        let beyond = beyond.map(|keys| format!("not granted: {keys}"));
        let gone = gone.map(|keys| format!("not in the entry any more: {keys}"));
        match (beyond, gone) {
            (Some(beyond), Some(gone)) => Some(format!("{beyond}; {gone}")),
            (beyond, gone) => beyond.or(gone),
        }
    }

    /// The items that are asked for, in whatever way, and not granted.
    pub(in crate::policy) fn not_granted<'b>(
        &'b self,
        grant: &'b Grant,
        entry: &'b Resource,
    ) -> impl Iterator<Item = &'b ItemKey> {
        let all = entry.items.iter().map(|item| &item.key);
        let all = all.filter(|_| self.ask.whole);
        let asked = self.ask.items.iter().chain(&self.ask.compared).chain(all);
        asked.filter(|key| !grant.terms.items.contains(key))
    }

    /// The items that are named and granted, and that the entry has no more.
    fn gone<'b>(
        &'b self,
        grant: &'b Grant,
        entry: &'b Resource,
    ) -> impl Iterator<Item = &'b ItemKey> {
        let named = self.ask.items.iter().chain(&self.ask.compared);
        let granted = named.filter(|key| grant.terms.items.contains(key));
        granted.filter(|key| entry.item(key).is_none())
    }

    fn provider_at_fault(&self) -> Verdict {
        let Some(name) = self.provider() else {
            return Verdict::NotAsked(NO_ENTRY);
        };
        let system = self.snapshot.system(name);
        let active = system.is_some_and(System::is_active);
        let obstacle = (!active).then(|| format!("{name} is not active"));
        obstacle.into()
    }

    fn unconnected(&self) -> Verdict {
        match (&self.endpoint, self.provider()) {
            (_, None) => Verdict::NotAsked(NO_ENTRY),
            (None, Some(provider)) => Verdict::Stands(format!("{provider} has no endpoint for it")),
            (Some(_), Some(_)) if self.ask.mode == ShareMode::File => {
                Verdict::NotAsked("files are with the gateway; nobody is asked for them")
            }
            (Some(_), Some(_)) => Verdict::Holds,
        }
    }

    fn in_maintenance(&self) -> Verdict {
        let Some(endpoint) = &self.endpoint else {
            return Verdict::NotAsked("there is no endpoint to ask");
        };
        if self.ask.mode == ShareMode::File {
            return Verdict::NotAsked("files are with the gateway; nobody is asked for them");
        }
        let window = endpoint.in_maintenance(self.now);
        let told = window.map(|window| {
            let (provider, end, reason) = (&endpoint.system, window.end, &window.reason);
            format!("{provider} is in planned maintenance until {end}: {reason}")
        });
        told.into()
    }
}

fn revoked(grant: &Grant) -> Option<String> {
    match &grant.state {
        GrantState::Revoked { reason, .. } => Some(format!("revoked: {reason}")),
        GrantState::Active | GrantState::Suspended { .. } | GrantState::Expired => None,
    }
}

fn suspended(grant: &Grant) -> Option<String> {
    match &grant.state {
        GrantState::Suspended { reason, .. } => Some(format!("suspended: {reason}")),
        GrantState::Active | GrantState::Revoked { .. } | GrantState::Expired => None,
    }
}

fn without_use_codes(grant: &Grant) -> Option<String> {
    let message = "the grant does not let the system hand out use-codes";
    (!grant.terms.issues_use_codes).then(|| message.to_owned())
}

/// Keys in a row, each once; none where there are none.
fn list<'a>(keys: impl Iterator<Item = &'a ItemKey>) -> Option<String> {
    let mut found: Vec<&str> = Vec::new();
    for key in keys {
        if !found.contains(&key.as_str()) {
            found.push(key.as_str());
        }
    }
    (!found.is_empty()).then(|| found.join(", "))
}
