//! Explain: the same decision as the real call, without the call.

use domain::basis::{Authorisation, Basis};
use domain::caller::Caller;
use domain::credential::Principal;
use domain::item::ItemKey;
use domain::name::{CertificateTypeName, MatterName, ResourceName, SystemName};
use domain::policy::{Ask, Decision, decide};
use domain::resource::ShareMode;
use domain::snapshot::Snapshot;
use jiff::Timestamp;

use crate::failure::Failure;
use crate::gateway::Gateway;

/// What would be asked for.
#[derive(Clone, Debug)]
pub enum Target {
    /// A resource.
    Resource(ResourceName),
    /// A certificate type.
    CertificateType(CertificateTypeName),
}

/// The question.
#[derive(Clone, Debug)]
pub struct Explain {
    /// The system to decide for; the caller itself when absent.
    pub consumer: Option<SystemName>,
    /// What would be asked for.
    pub target: Target,
    /// By which way.
    pub mode: ShareMode,
    /// The purpose.
    pub matter: Option<MatterName>,
    /// A clerk would be named.
    pub operator_named: bool,
    /// The holder's authorisation would be given.
    pub authorised: bool,
    /// The items.
    pub items: Vec<ItemKey>,
    /// At which moment; now when absent.
    pub at: Option<Timestamp>,
}

impl Explain {
    fn basis(&self) -> Basis {
        if self.authorised {
            Basis::Authorisation(Authorisation::supposed())
        } else {
            Basis::Duty
        }
    }
}

impl Gateway {
    /// Decides as the real call would.
    ///
    /// # Errors
    /// A refusal to tell: a stranger may not learn what others hold.
    pub fn explain(&self, caller: &Caller, question: &Explain) -> Result<Decision, Failure> {
        let snapshot = self.snapshot();
        let consumer = match &question.consumer {
            Some(system) => system.clone(),
            None => caller.system()?.clone(),
        };
        let named = match &question.target {
            Target::Resource(name) => vec![name.clone()],
            Target::CertificateType(kind) => snapshot.resources_of_type(kind).to_vec(),
        };
        let published = |name: &ResourceName| {
            snapshot
                .resource(name)
                .is_some_and(|resource| resource.version().is_some())
        };
        let mut resources: Vec<ResourceName> = named.into_iter().filter(published).collect();
        if !(caller.oversees() || is_itself(caller, &snapshot, &consumer)) {
            // A provider may ask what others get of its own resources, and of nothing else.
            resources.retain(|name| {
                snapshot
                    .resource(name)
                    .is_some_and(|resource| caller.is_of(&resource.department))
            });
            if resources.is_empty() {
                return Err(Failure::not_found(consumer.as_str()));
            }
        }
        let ask = Ask {
            consumer,
            resources,
            mode: question.mode,
            matter: question.matter.clone(),
            operator_named: question.operator_named,
            items: question.items.clone(),
            whole: false,
            compared: Vec::new(),
            grant: None,
            basis: question.basis(),
            issuing: false,
        };
        Ok(decide(
            &snapshot,
            &ask,
            question.at.unwrap_or_else(|| self.now()),
        ))
    }
}

/// Whether the question is about the caller itself: the very system, or one of an officer's
/// department.
fn is_itself(caller: &Caller, snapshot: &Snapshot, consumer: &SystemName) -> bool {
    match caller.principal() {
        Principal::System { system } => system == consumer,
        _ => snapshot
            .system(consumer)
            .is_some_and(|system| caller.is_of(&system.department)),
    }
}
