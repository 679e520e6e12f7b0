//! Explain: the same decision as the real call, without the call.

use domain::application::Application;
use domain::basis::{Authorisation, Basis};
use domain::caller::Caller;
use domain::credential::Principal;
use domain::item::ItemKey;
use domain::name::{CertificateTypeName, GrantName, MatterName, ResourceName, SystemName};
use domain::policy::{Ask, Background, Circumstances, Decision, Explanation, decide, explain};
use domain::reason::Reason;
use domain::resource::ShareMode;
use domain::snapshot::Snapshot;
use domain::system::Origin;
use jiff::Timestamp;

use crate::call::{reached, routes_of};
use crate::failure::Failure;
use crate::gateway::Gateway;

/// What would be asked for.
#[derive(Clone, Debug)]
pub enum Target {
    /// A resource.
    Resource(ResourceName),
    /// A certificate type.
    CertificateType(CertificateTypeName),
    /// A method of a provider's own: `/package.Service/Method`, or verb and path on this gateway.
    Method(String),
}

/// What would be had of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Its items.
    Items,
    /// The whole of a certificate, as its file shows it.
    Whole,
    /// A use-code for it.
    UseCode,
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
    /// The items that would be compared with.
    pub compared: Vec<ItemKey>,
    /// What would be had.
    pub wanted: Wanted,
    /// The one grant that would be named.
    pub grant: Option<GrantName>,
    /// At which moment; now when absent.
    pub at: Option<Timestamp>,
}

/// The answer.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The system that was decided for.
    pub consumer: SystemName,
    /// The moment that was decided for.
    pub at: Timestamp,
    /// As of when the registry is.
    pub registry_time: Timestamp,
    /// Why.
    pub why: Explanation,
}

impl Explain {
    /// The question about all granted items, by whoever calls, now.
    pub fn of(target: Target, mode: ShareMode) -> Self {
        Self {
            consumer: None,
            target,
            mode,
            matter: None,
            operator_named: false,
            authorised: false,
            items: Vec::new(),
            compared: Vec::new(),
            wanted: Wanted::Items,
            grant: None,
            at: None,
        }
    }

    /// What the use would rest on. Rows, files that a provider left and methods of its own are asked for without an
    /// authorisation, so that none counts.
    fn basis(&self) -> Basis {
        let of_certificate = match (&self.target, self.mode) {
            (Target::Resource(_) | Target::CertificateType(_), ShareMode::Api) => true,
            (Target::Resource(_) | Target::CertificateType(_), ShareMode::File) => {
                self.wanted == Wanted::Whole
            }
            (Target::Method(_), _)
            | (_, ShareMode::Table | ShareMode::Mail | ShareMode::Medium) => false,
        };
        // A use-code is the authorisation.
        let is_code = self.wanted == Wanted::UseCode;
        if is_code || (self.authorised && of_certificate) {
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
    /// A refusal to tell: a stranger may not learn what others hold. A method that nothing stands behind, or several.
    pub fn would(&self, caller: &Caller, question: &Explain) -> Result<Decision, Failure> {
        let snapshot = self.snapshot();
        let ask = ask(&snapshot, caller, question)?;
        Ok(decide(
            &snapshot,
            &ask,
            &self.supposed(&snapshot, caller, &ask, question),
        ))
    }

    /// The same, and why: what each rule saw, and who removes what stands in the way.
    ///
    /// # Errors
    /// As [`Gateway::would`]; the store, and a registry that is not fresh, by which no call passes either.
    pub async fn explain(&self, caller: &Caller, question: &Explain) -> Result<Explained, Failure> {
        self.must_be_fresh()?;
        let snapshot = self.snapshot();
        let ask = ask(&snapshot, caller, question)?;
        let registry_time = self.now();
        let mut circumstances = self.supposed(&snapshot, caller, &ask, question);
        if question.at.is_none() {
            circumstances.now = registry_time;
        }
        let at = circumstances.now;
        let applications = match decide(&snapshot, &ask, &circumstances) {
            Decision::Permit(_) => Vec::new(),
            Decision::Refusal(_) => self.with_providers(&ask).await?,
        };
        let own = is_itself(caller, &snapshot, &ask.consumer);
        let background = Background {
            reference: &self.reference,
            applications: &applications,
            shows_certificates: own || caller.oversees(),
            registry_time,
        };
        let why = explain(&snapshot, &ask, &circumstances, &background);
        Ok(Explained {
            consumer: ask.consumer,
            at,
            registry_time,
            why,
        })
    }

    /// In what circumstances the call would be made: from where the system itself asks, if it does, else from where it is
    /// registered. What is used now says nothing of another moment.
    fn supposed(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        ask: &Ask,
        question: &Explain,
    ) -> Circumstances {
        let is_itself = caller.system().is_ok_and(|system| *system == ask.consumer);
        let origin = if is_itself {
            caller.origin()
        } else {
            Origin::Registered
        };
        match question.at {
            Some(at) => Circumstances {
                origin,
                ..Circumstances::at(at)
            },
            None => self.circumstances(snapshot, ask, origin),
        }
    }

    /// The consumer's applications for what is asked that are under way.
    async fn with_providers(&self, ask: &Ask) -> Result<Vec<Application>, Failure> {
        let mut open = self.applications_under_way(Some(&ask.consumer)).await?;
        open.retain(|application| ask.resources.contains(&application.terms.resource));
        Ok(open)
    }
}

/// The question to policy, as the real call would put it.
fn ask(snapshot: &Snapshot, caller: &Caller, question: &Explain) -> Result<Ask, Failure> {
    let consumer = match &question.consumer {
        Some(system) => system.clone(),
        None => caller.system()?.clone(),
    };
    let sees_all = caller.oversees() || is_itself(caller, snapshot, &consumer);
    let sees = |name: &ResourceName| {
        let public = snapshot.resource(name).filter(|one| one.state.is_public());
        // A provider may ask what others get of its own resources, and of nothing else.
        public.is_some_and(|resource| sees_all || caller.is_of(&resource.department))
    };
    let resources = meant(snapshot, &consumer, question, sees)?;
    if resources.is_empty() && !sees_all {
        return Err(Failure::not_found(consumer.as_str()));
    }
    let issuing = question.wanted == Wanted::UseCode;
    Ok(Ask {
        consumer,
        resources,
        mode: question.mode,
        matter: question.matter.clone(),
        // Where a use-code is handed out the holder acts in person.
        operator_named: question.operator_named || issuing,
        items: question.items.clone(),
        whole: question.wanted == Wanted::Whole,
        compared: question.compared.clone(),
        grant: question.grant.clone(),
        basis: question.basis(),
        issuing,
    })
}

/// What is asked about, as far as the caller sees it. What was never published looks as if it were not there.
fn meant(
    snapshot: &Snapshot,
    consumer: &SystemName,
    question: &Explain,
    sees: impl Fn(&ResourceName) -> bool,
) -> Result<Vec<ResourceName>, Failure> {
    let visible =
        |names: &[ResourceName]| names.iter().filter(|name| sees(name)).cloned().collect();
    match &question.target {
        Target::Resource(name) => Ok(visible(std::slice::from_ref(name))),
        Target::CertificateType(kind) => Ok(visible(snapshot.resources_of_type(kind))),
        Target::Method(method) => {
            let routes = routes_of(snapshot, method);
            if routes.is_empty() {
                let message = format!("no published entry is reached by {method}");
                return Err(Failure::new(Reason::MethodUnknown, message));
            }
            let routes = routes.into_iter().filter(|route| sees(route.resource()));
            reached(snapshot, consumer, routes, question.grant.as_ref(), "grant")
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use domain::basis::BasisKind;

    #[test]
    fn an_authorisation_counts_where_the_call_could_give_one() {
        let resource = ResourceName::parse("resources/105001-000001").unwrap();
        let entry = || Target::Resource(resource.clone());
        let method = || Target::Method("/a.B/C".to_owned());
        for (target, mode, wanted, counts) in [
            (entry(), ShareMode::Api, Wanted::Items, true),
            (entry(), ShareMode::File, Wanted::Whole, true),
            // A file that a provider left is about many.
            (entry(), ShareMode::File, Wanted::Items, false),
            (entry(), ShareMode::Table, Wanted::Items, false),
            (method(), ShareMode::Api, Wanted::Items, false),
        ] {
            let question = Explain {
                authorised: true,
                wanted,
                ..Explain::of(target, mode)
            };
            let found = question.basis().kind() == BasisKind::Authorisation;
            assert_eq!(found, counts, "{question:?}");
        }
        let code = Explain {
            wanted: Wanted::UseCode,
            ..Explain::of(entry(), ShareMode::Api)
        };
        assert_eq!(code.basis().kind(), BasisKind::Authorisation);
    }
}
