//! One grant against one ask: everything that stands in the way, in the order of the rules.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use super::{Ask, Obstacle, Permit, Refusal, Rule, shaoyang_date};
use crate::endpoint::Endpoint;
use crate::grant::{Grant, GrantState};
use crate::item::ItemKey;
use crate::resource::{Resource, ShareMode};
use crate::snapshot::Snapshot;

pub(super) fn judge(
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
        .chain(grant_obstacles(ask, grant, resource, today))
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

fn grant_obstacles(ask: &Ask, grant: &Grant, resource: &Resource, today: Date) -> Vec<Obstacle> {
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
    } else if !resource.share_modes.contains(&ask.mode) {
        // A later version of the entry dropped it.
        let message = format!(
            "{} is not shared by {} mode any more",
            resource.name,
            ask.mode.as_str()
        );
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
    let over_http = snapshot.is_over_http(resource);
    let chosen = Endpoint::chosen(endpoints, ask.mode, resource, over_http, now);
    if chosen.is_none() {
        let message = format!("{} has no endpoint for it", grant.provider);
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
