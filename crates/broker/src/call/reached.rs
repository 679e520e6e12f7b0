//! Which entries a method of a provider's own stands for, to one consumer.

use std::sync::Arc;

use domain::fault::Cause;
use domain::grant::GrantState;
use domain::http_api::Verb;
use domain::name::{GrantName, ResourceName, SystemName};
use domain::route::Route;
use domain::snapshot::Snapshot;

use crate::failure::Failure;

/// The entries that policy is asked about. Where several departments serve one method, those of which the consumer
/// holds a grant in force; where it holds none, all of them, so that policy says what is the matter.
///
/// # Errors
/// A fault of this field where grants of several are in force and none is named: the gateway would have to guess whom
/// to ask.
pub(crate) fn reached<'a>(
    snapshot: &Snapshot,
    consumer: &SystemName,
    routes: impl Iterator<Item = &'a Arc<Route>>,
    grant: Option<&GrantName>,
    field: &str,
) -> Result<Vec<ResourceName>, Failure> {
    let all: Vec<ResourceName> = routes.map(|route| route.resource().clone()).collect();
    if grant.is_some() || all.len() < 2 {
        return Ok(all);
    }
    let in_force = |name: &&ResourceName| {
        let mut grants = snapshot.grants_of(consumer, name).iter();
        grants.any(|grant| grant.state == GrantState::Active)
    };
    let held: Vec<ResourceName> = all.iter().filter(in_force).cloned().collect();
    match held.len() {
        0 => Ok(all),
        1 => Ok(held),
        _ => {
            let text = "you hold grants on several resources with this method; name one of them";
            Err(Failure::field(field, &Cause::new("AMBIGUOUS", text)))
        }
    }
}

/// The routes of a method as it is called: `/package.Service/Method`, or verb and path on the gateway.
pub(crate) fn routes_of<'a>(snapshot: &'a Snapshot, method: &str) -> Vec<&'a Arc<Route>> {
    let Some((verb, path)) = method.split_once(' ') else {
        return snapshot.routes(method).iter().collect();
    };
    let path = path.split('?').next().unwrap_or_default();
    let own = path.strip_prefix('/').and_then(|path| path.find('/'));
    let own = own.and_then(|end| path.get(1 + end..));
    let (Some(verb), Some(own)) = (Verb::parse(verb), own) else {
        return Vec::new();
    };
    let called = snapshot.http_path(verb, path);
    let routes = called.map_or(&[][..], |called| snapshot.routes(called.as_str()));
    routes
        .iter()
        .filter(|route| route.takes(verb, own))
        .collect()
}
