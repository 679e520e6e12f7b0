//! The steps of a grant, one command each.

use api::sharing::v1 as pb;

use super::Client;
use crate::Failure;
use crate::connection::{Connection, new_request_id};
use crate::terms::Less;

/// A step.
#[derive(clap::Subcommand)]
pub(super) enum Act {
    /// Stop its use at once.
    Suspend(Stopping),
    /// End a suspension: another person than the one who suspended.
    Resume(Which),
    /// End it for good.
    Revoke {
        #[command(flatten)]
        step: Stopping,
        /// What you demand of the data (Order 809 art. 27); the consumer sees it.
        #[arg(long, value_name = "TEXT", default_value = "")]
        disposal_demand: String,
    },
    /// Provider, competent department: stop its use and order a misuse to be put right until a day.
    OrderRectification {
        #[command(flatten)]
        step: Stopping,
        /// The last day to put it right.
        #[arg(long, value_name = "DAY")]
        due: String,
    },
    /// Consumer: say how the misuse was put right.
    ReportRectification {
        #[command(flatten)]
        step: Stating,
    },
    /// Say that what was reported does not do, and set another day; `resume` says that it does.
    RejectRectification {
        #[command(flatten)]
        step: Stopping,
        /// The next last day.
        #[arg(long, value_name = "DAY")]
        due: String,
    },
    /// Consumer: say what became of the data of a grant that is over.
    StateDisposal {
        #[command(flatten)]
        step: Stating,
        /// On which day that was done.
        #[arg(long, value_name = "DAY")]
        done_on: String,
    },
    Narrow(Box<Narrowing>),
}

/// Which grant.
#[derive(clap::Args)]
pub(super) struct Which {
    /// The grant.
    #[arg(value_name = "grants/UUID")]
    name: String,
    /// Only if nobody changed it since it was read with this etag; not looked at by suspend, resume and revoke.
    #[arg(long, value_name = "ETAG", default_value = "")]
    etag: String,
    /// A UUID, the same again for a retry; a new one if left out.
    #[arg(long, value_name = "UUID")]
    request_id: Option<String>,
}

/// Give up what is not needed, or take a part back: a next version of less takes the place of the present one, at once.
///
/// Whoever needs more writes an application with --amends.
///
/// Example: shuqiaoctl grants narrow grants/UUID --items `registration_number` --reason 实际只核验登记字号
#[derive(clap::Args)]
pub(super) struct Narrowing {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    less: Less,
    /// Why; both sides see it.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Provider: how the consumer was consulted (Order 809 art. 27).
    #[arg(long, value_name = "TEXT", default_value = "")]
    consultation: String,
    /// Check everything and store nothing.
    #[arg(long)]
    validate_only: bool,
}

/// A step with a reason, which the consumer sees.
#[derive(clap::Args)]
pub(super) struct Stopping {
    #[command(flatten)]
    which: Which,
    /// Why; the consumer sees it.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// A step with what the consumer states.
#[derive(clap::Args)]
pub(super) struct Stating {
    #[command(flatten)]
    which: Which,
    /// What you state, without anybody's data.
    #[arg(long, value_name = "TEXT")]
    statement: String,
}

/// A request that says which grant it is about, and what else it carries.
macro_rules! request {
    ($which:expr, $message:ident $(, $field:ident: $value:expr)*) => {
        pb::$message {
            name: $which.name.clone(),
            request_id: $which.request_id.clone().unwrap_or_else(new_request_id),
            $($field: $value,)*
        }
    };
}

impl Act {
    /// Takes the step: the grant after it.
    pub(super) async fn run(
        &self,
        client: &mut Client,
        connection: &Connection,
    ) -> Result<pb::Grant, Failure> {
        let c = connection;
        let answer = match self {
            Self::Suspend(said) => {
                let request =
                    request!(said.which, SuspendGrantRequest, reason: said.reason.clone());
                client.suspend_grant(c.ask(request)).await?
            }
            Self::Resume(which) => {
                let request = request!(which, ResumeGrantRequest);
                client.resume_grant(c.ask(request)).await?
            }
            Self::Revoke {
                step,
                disposal_demand,
            } => {
                let (reason, demand) = (step.reason.clone(), disposal_demand.clone());
                let request = request!(
                    step.which, RevokeGrantRequest, reason: reason, disposal_demand: demand
                );
                client.revoke_grant(c.ask(request)).await?
            }
            Self::Narrow(step) => {
                let request = request!(
                    step.which,
                    NarrowGrantRequest,
                    terms: Some(step.less.message()),
                    reason: step.reason.clone(),
                    consultation: step.consultation.clone(),
                    etag: step.which.etag.clone(),
                    validate_only: step.validate_only
                );
                client.narrow_grant(c.ask(request)).await?
            }
            other => return other.rectify(client, connection).await,
        };
        Ok(answer.into_inner())
    }

    /// The steps about a misuse, and about the data in the end.
    async fn rectify(
        &self,
        client: &mut Client,
        connection: &Connection,
    ) -> Result<pb::Grant, Failure> {
        let c = connection;
        let answer = match self {
            Self::OrderRectification { step, due } => {
                let (misuse, etag) = (step.reason.clone(), step.which.etag.clone());
                let request = request!(
                    step.which, OrderRectificationRequest, misuse: misuse, due_date: due.clone(), etag: etag
                );
                client.order_rectification(c.ask(request)).await?
            }
            Self::ReportRectification { step } => {
                let (statement, etag) = (step.statement.clone(), step.which.etag.clone());
                let request = request!(
                    step.which, ReportRectificationRequest, statement: statement, etag: etag
                );
                client.report_rectification(c.ask(request)).await?
            }
            Self::RejectRectification { step, due } => {
                let (reason, etag) = (step.reason.clone(), step.which.etag.clone());
                let request = request!(
                    step.which, RejectRectificationRequest, reason: reason, due_date: due.clone(), etag: etag
                );
                client.reject_rectification(c.ask(request)).await?
            }
            Self::StateDisposal { step, done_on } => {
                let (statement, etag) = (step.statement.clone(), step.which.etag.clone());
                let request = request!(
                    step.which, StateDisposalRequest, statement: statement, done_on: done_on.clone(), etag: etag
                );
                client.state_disposal(c.ask(request)).await?
            }
            Self::Suspend(_) | Self::Resume(_) | Self::Revoke { .. } | Self::Narrow(_) => {
                return Err(Failure::Message(
                    "this is no step about a misuse".to_owned(),
                ));
            }
        };
        Ok(answer.into_inner())
    }
}
