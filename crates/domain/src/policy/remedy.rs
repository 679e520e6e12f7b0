//! Remedies 解决途径: who can remove an obstacle, by what, and how long the law gives them.

mod ways;

use jiff::Timestamp;

use super::LegalLimit;
use crate::name::DepartmentName;

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// The department whose system asks.
    Consumer,
    /// The department whose data it is.
    Provider,
    /// The department competent for data sharing.
    Competent,
    /// The operator of the gateway.
    Operator,
    /// Nobody: time passes.
    Nobody,
}

/// Writes the acts with the method and the command of each from one list.
macro_rules! acts {
    ($($name:ident = $method:literal, $command:literal, $doc:literal;)+) => {
        /// What somebody does about an obstacle.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Act { $(#[doc = $doc] $name,)+ }

        impl Act {
            /// All acts.
            pub const ALL: &'static [Act] = &[$(Self::$name,)+];

            /// The method that does it, `package.Service/Method`; empty where none does.
            pub fn method(self) -> &'static str {
                match self { $(Self::$name => $method,)+ }
            }

            /// The command of `shuqiaoctl` that does it, in which `{}` stands for what it is done to; empty
            /// where none does.
            pub fn command(self) -> &'static str {
                match self { $(Self::$name => $command,)+ }
            }
        }
    };
}

acts! {
    AskOtherwise = "", "", "Send another request.";
    GetAuthorisation = "", "", "Get the holder's authorisation.";
    AskDepartment = "", "", "Ask a department, outside of the gateway.";
    Wait = "", "", "Wait.";
    Apply = "shuqiao.sharing.v1.ApplicationService/CreateApplication", "applications write --consumer SYSTEM --resource RESOURCE", "Write an application and submit it.";
    AnswerApplication = "shuqiao.sharing.v1.ApplicationService/ApproveApplication", "applications approve {}", "Answer an application.";
    SupplyMaterial = "shuqiao.sharing.v1.ApplicationService/SupplyMaterial", "applications supply-material {} --statement TEXT", "Supply what an application lacks.";
    AnswerOffer = "shuqiao.sharing.v1.ApplicationService/AcceptOffer", "applications accept-offer {}", "Take what is offered.";
    ResumeGrant = "shuqiao.sharing.v1.GrantService/ResumeGrant", "grants resume {}", "End the suspension of a grant.";
    ResumeResource = "shuqiao.catalogue.v1.ResourceService/ResumeResource", "catalogue resume {}", "Let a suspended entry go on.";
    PublishVersion = "shuqiao.catalogue.v1.ResourceService/UpdateResource", "catalogue register {}", "Write the next version of an entry.";
    ReviewVersion = "shuqiao.catalogue.v1.ResourceService/PublishResource", "catalogue publish {}", "Publish it.";
    SearchCatalogue = "shuqiao.catalogue.v1.ResourceService/SearchResources", "catalogue search WORD", "Look for another entry.";
    RaiseDemand = "shuqiao.catalogue.v1.DemandService/CreateDemand", "demands raise TITLE --for TEXT --legal-basis TEXT", "Raise a demand.";
    AssignDemand = "shuqiao.catalogue.v1.DemandService/AssignDemand", "demands assign NAME --owner DEPARTMENT", "Name who answers a demand.";
    AnswerDemand = "shuqiao.catalogue.v1.DemandService/MeetDemand", "demands meet NAME --resource RESOURCE", "Answer a demand.";
    RegisterSystem = "shuqiao.registry.v1.SystemService/CreateSystem", "systems import FILE", "Register a system.";
    ResumeSystem = "shuqiao.registry.v1.SystemService/ResumeSystem", "systems resume {}", "End the suspension of a system.";
    RegisterEndpoint = "shuqiao.registry.v1.EndpointService/CreateEndpoint", "endpoints register {}/endpoints/ID --protocol PROTOCOL", "Register an endpoint.";
}

/// One way to remove an obstacle, or one step of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// Whose turn it is.
    pub who: Who,
    /// The department, where one is known.
    pub department: Option<DepartmentName>,
    /// What they do.
    pub act: Act,
    /// The same in one sentence.
    pub what: String,
    /// The command of `shuqiaoctl`; empty where none does it.
    pub command: String,
    /// How long the law gives them; none where no rule speaks of it.
    pub limit: Option<LegalLimit>,
    /// When the obstacle ends by itself.
    pub until: Option<Timestamp>,
}

impl Remedy {
    /// The same, and what its command is done to.
    fn on(mut self, name: &str) -> Self {
        self.command = command(self.act, name);
        self
    }

    /// The same, and how long there is for it.
    fn within(mut self, limit: Option<LegalLimit>) -> Self {
        self.limit = limit;
        self
    }

    /// The same, and when it ends by itself.
    fn until(mut self, end: Option<Timestamp>) -> Self {
        self.until = end;
        self
    }
}

fn command(act: Act, name: &str) -> String {
    match act.command() {
        "" => String::new(),
        command => format!("shuqiaoctl {}", command.replace("{}", name)),
    }
}
