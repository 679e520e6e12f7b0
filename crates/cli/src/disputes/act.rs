//! The steps of a dispute after it was raised.

use api::sharing::v1 as pb;

use super::{Client, Which};
use crate::Failure;
use crate::connection::Connection;

/// A step.
#[derive(clap::Subcommand)]
pub(super) enum Act {
    /// Propose how to settle it, while no other proposal lies open.
    ///
    /// Example: shuqiaoctl disputes propose disputes/UUID --terms 月底前补齐三月以来的记录
    Propose {
        #[command(flatten)]
        which: Which,
        /// What you propose.
        #[arg(long, value_name = "TEXT")]
        terms: String,
    },
    /// Agree to what the other party proposed: the dispute is settled.
    Accept(Which),
    /// Do not agree to what the other party proposed.
    Decline(Said),
    /// Say that negotiation failed. Once both parties say so it may be taken further; who proposes anew takes it back.
    GiveUp(Which),
    /// Take it to the next level: the competent department once negotiation failed, then the people's government.
    Escalate(Which),
    /// Competent department: record the decision, at level 3 that of the people's government.
    ///
    /// Example: shuqiaoctl disputes decide disputes/UUID --favour raiser --text 应当恢复提供 --document 邵数协〔2026〕3号
    Decide(Box<Decide>),
    /// Take it back as the party that raised it, until it is settled, decided by the competent department or taken to the
    /// people's government.
    Withdraw(Said),
}

/// A step with a reason.
#[derive(clap::Args)]
pub(super) struct Said {
    #[command(flatten)]
    which: Which,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// For whom it is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Favour {
    /// The party that raised it.
    Raiser,
    /// The other party.
    Other,
    /// Partly either.
    Partly,
}

/// A decision.
#[derive(clap::Args)]
pub(super) struct Decide {
    #[command(flatten)]
    which: Which,
    /// For whom.
    #[arg(long, value_enum)]
    favour: Favour,
    /// What it says.
    #[arg(long, value_name = "TEXT")]
    text: String,
    /// The number of its document.
    #[arg(long, value_name = "NUMBER")]
    document: String,
    /// The date of that document; required at level 3.
    #[arg(long, value_name = "DAY", default_value = "")]
    document_date: String,
    /// The common superior that coordinated, where the parties are of different areas or the competent department is one of
    /// them.
    #[arg(long, value_name = "NAME", default_value = "")]
    forwarded_to: String,
}

/// A request that says which dispute it is about, and what else it carries.
macro_rules! request {
    ($which:expr, $message:ident $(, $field:ident: $value:expr)*) => {
        pb::$message {
            name: $which.name.clone(),
            request_id: $which.request_id(),
            etag: $which.etag.clone(),
            $($field: $value,)*
        }
    };
}

impl Act {
    /// Takes the step: the dispute after it.
    pub(super) async fn run(
        &self,
        client: &mut Client,
        connection: &Connection,
    ) -> Result<pb::Dispute, Failure> {
        let c = connection;
        let answer = match self {
            Self::Propose { which, terms } => {
                let request = request!(which, ProposeSettlementRequest, terms: terms.clone());
                client.propose_settlement(c.ask(request)).await?
            }
            Self::Accept(which) => {
                let request = request!(which, AcceptSettlementRequest);
                client.accept_settlement(c.ask(request)).await?
            }
            Self::Decline(Said { which, reason }) => {
                let request = request!(which, DeclineSettlementRequest, reason: reason.clone());
                client.decline_settlement(c.ask(request)).await?
            }
            Self::GiveUp(which) => {
                let request = request!(which, GiveUpNegotiationRequest);
                client.give_up_negotiation(c.ask(request)).await?
            }
            Self::Escalate(which) => {
                let request = request!(which, EscalateDisputeRequest);
                client.escalate_dispute(c.ask(request)).await?
            }
            Self::Decide(decide) => client.decide_dispute(c.ask(decide.request())).await?,
            Self::Withdraw(Said { which, reason }) => {
                let request = request!(which, WithdrawDisputeRequest, reason: reason.clone());
                client.withdraw_dispute(c.ask(request)).await?
            }
        };
        Ok(answer.into_inner())
    }
}

impl Decide {
    fn request(&self) -> pb::DecideDisputeRequest {
        let favour = match self.favour {
            Favour::Raiser => pb::dispute::Favour::Raiser,
            Favour::Other => pb::dispute::Favour::Other,
            Favour::Partly => pb::dispute::Favour::Partly,
        };
        request!(
            self.which, DecideDisputeRequest,
            favour: favour.into(),
            text: self.text.clone(),
            document: self.document.clone(),
            document_date: self.document_date.clone(),
            forwarded_to: self.forwarded_to.clone()
        )
    }
}
