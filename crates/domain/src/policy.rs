//! The decision: may this system use this resource for this matter now. Default deny.
//!
//! One pure function serves the real call, the dry run and the explanation, so the three cannot
//! differ: `weigh` asks rule after rule, [`decide`] reads yes or no off it, and [`explain`] what each
//! rule saw. Every refusal carries its rule, whose fault it is and the next step.

mod explain;
mod facts;
mod gone;
mod judge;
mod limit;
mod remedy;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::basis::Basis;
use crate::endpoint::Endpoint;
use crate::filter::Filter;
use crate::grant::Grant;
use crate::item::ItemKey;
use crate::name::{GrantName, MatterName, ResourceName, SystemName};
use crate::quota::Used;
use crate::reason::Reason;
use crate::resource::{Resource, ShareMode};
use crate::snapshot::Snapshot;
use crate::system::Origin;

pub use explain::{Background, Explanation, Finding, MOST_OTHERS, OtherGrant, Standing, explain};
pub use facts::Fact;
pub use gone::Gone;
pub use limit::LegalLimit;
pub use remedy::{Act, Remedy, Who};

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

            /// What it says, in one sentence.
            pub fn says(self) -> &'static str {
                match self { $(Self::$name => $doc,)+ }
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
    ZoneCovered = "grant.zone-covered", ZoneNotCovered, "The call comes from a network that the grant names.";
    OperatorNamed = "grant.operator-named", OperatorMissing, "A clerk is named where the grant demands one.";
    BasisGiven = "resource.basis-given", AuthorisationMissing, "The use rests on what the catalogue entry demands: PIPL art. 13, 23, 29.";
    UseCodeHolds = "use-code.holds", UseCodeRefused, "The use-code is for this use, unused and in time.";
    ItemsCovered = "grant.items-covered", ItemNotCovered, "Only granted items are asked for.";
    InQuota = "grant.in-quota", QuotaSpent, "The grant's quota of the second and of the day is not used up.";
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
        let passes = |obstacle: &Obstacle| {
            matches!(
                obstacle.rule,
                Rule::ProviderNotInMaintenance | Rule::InQuota
            )
        };
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

/// In what circumstances a system asks: when, from where, and after how much use. It is nothing that it says of itself.
#[derive(Clone, Debug)]
pub struct Circumstances {
    /// When.
    pub now: Timestamp,
    /// From where the call comes.
    pub origin: Origin,
    /// What was used of the consumer's grants that have a quota, as far as it is counted.
    pub used: Vec<(GrantName, Used)>,
}

impl Circumstances {
    /// A moment of which nothing else is known.
    pub fn at(now: Timestamp) -> Self {
        Self {
            now,
            origin: Origin::Registered,
            used: Vec::new(),
        }
    }
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

/// Decides. Pure: the same snapshot, ask and circumstances give the same answer.
///
/// With several grants the first that permits is used; when none does, the refusal is the one that
/// came furthest in the order of the rules, and of equals the one with the fewest obstacles.
pub fn decide(snapshot: &Snapshot, ask: &Ask, circumstances: &Circumstances) -> Decision {
    judge::weigh(snapshot, ask, circumstances).decision()
}

/// The day in Shaoyang: deadlines and windows are days in the zone Asia/Shanghai, which has kept
/// UTC+8 without daylight saving since 1991.
pub fn shaoyang_date(at: Timestamp) -> Date {
    at.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(8)))
        .date()
}

/// The moment at which a day begins in Shaoyang; none beyond the end of all dates.
pub fn shaoyang_start(day: Date) -> Option<Timestamp> {
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
    Some(day.to_zoned(zone).ok()?.timestamp())
}
