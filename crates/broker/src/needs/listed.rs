//! What a matter needs, and what a system's grants cover of it, before anything is asked for.

use domain::caller::Caller;
use domain::name::{CertificateTypeName, HolderRole, MatterName, SystemName};
use domain::policy::{Decision, Rule};
use domain::resource::ShareMode;
use domain::snapshot::Snapshot;

use crate::explain::{Explain, Target};
use crate::failure::Failure;
use crate::gateway::Gateway;

/// What a matter needs.
#[derive(Debug)]
pub struct ListedNeeds {
    /// The matter.
    pub matter: MatterName,
    /// What people call it.
    pub title: String,
    /// The needs, in the order of its requirements.
    pub needs: Vec<ListedNeed>,
}

/// One need of a matter.
#[derive(Debug)]
pub struct ListedNeed {
    /// Whose certificate is needed.
    pub role: HolderRole,
    /// What meets it, the preferred first.
    pub alternatives: Vec<ListedAlternative>,
}

/// One certificate type that would meet a need.
#[derive(Debug)]
pub struct ListedAlternative {
    /// The certificate type.
    pub certificate_type: CertificateTypeName,
    /// What people call it.
    pub display_name: String,
    /// Some issuer shares it.
    pub shared: bool,
    /// What policy would say to the system; none where no system is named.
    pub decision: Option<Decision>,
}

impl Gateway {
    /// Reads the needs of a matter, with what policy would say to a lookup of each.
    ///
    /// # Errors
    /// An unknown matter, or a system whose grants are none of the caller's business.
    pub fn matter_needs(
        &self,
        caller: &Caller,
        name: &MatterName,
        consumer: Option<&SystemName>,
    ) -> Result<ListedNeeds, Failure> {
        let snapshot = self.snapshot();
        let matter = snapshot
            .matter(name)
            .ok_or_else(|| Failure::not_found(name.as_str()))?;
        let consumer = consumer.or_else(|| caller.system().ok());
        let alternative = |kind: &CertificateTypeName| {
            let display_name = snapshot.certificate_type(kind);
            let decision =
                consumer.map(|consumer| self.would_look_up(caller, consumer, name, kind));
            Ok(ListedAlternative {
                certificate_type: kind.clone(),
                display_name: display_name
                    .map_or_else(String::new, |kind| kind.display_name.clone()),
                shared: is_shared(&snapshot, kind),
                decision: decision.transpose()?,
            })
        };
        let need = |need: &domain::matter::Need| {
            let alternatives = need.any.iter().map(alternative);
            Ok(ListedNeed {
                role: need.role.clone(),
                alternatives: alternatives.collect::<Result<_, Failure>>()?,
            })
        };
        Ok(ListedNeeds {
            matter: name.clone(),
            title: matter.title.clone(),
            needs: matter
                .needs
                .iter()
                .map(need)
                .collect::<Result<_, Failure>>()?,
        })
    }

    /// What policy would say to a lookup in order: with a clerk, and with an authorisation where one is
    /// demanded.
    fn would_look_up(
        &self,
        caller: &Caller,
        consumer: &SystemName,
        matter: &MatterName,
        kind: &CertificateTypeName,
    ) -> Result<Decision, Failure> {
        let mut question = Explain {
            consumer: Some(consumer.clone()),
            matter: Some(matter.clone()),
            operator_named: true,
            ..Explain::of(Target::CertificateType(kind.clone()), ShareMode::Api)
        };
        let decision = self.would(caller, &question)?;
        match decision {
            Decision::Refusal(refusal) if refusal.rule() == Rule::BasisGiven => {
                question.authorised = true;
                self.would(caller, &question)
            }
            decision => Ok(decision),
        }
    }
}

fn is_shared(snapshot: &Snapshot, kind: &CertificateTypeName) -> bool {
    let published = |name| {
        let resource = snapshot.resource(name);
        resource.is_some_and(|resource| resource.version().is_some())
    };
    snapshot.resources_of_type(kind).iter().any(published)
}
