//! The steps of an application after it is written.

use api::sharing::v1 as pb;

use super::{Client, Which};
use crate::Failure;
use crate::connection::Connection;
use crate::terms::Less;

/// A step.
#[derive(clap::Subcommand)]
pub(super) enum Act {
    /// Consent inside the applying department: a second person.
    SignOff(Which),
    /// Hand it to the provider; the provider's clock starts.
    Submit(Which),
    /// Take it back, until it is answered.
    Withdraw(Said),
    /// Provider: say, once, everything that is missing; your clock stands still until it is supplied.
    RequestMaterial {
        #[command(flatten)]
        which: Which,
        /// What is missing; may be repeated. There is no second time.
        #[arg(long = "missing", value_name = "TEXT", required = true)]
        missing: Vec<String>,
    },
    /// Supply what was missing.
    SupplyMaterial {
        #[command(flatten)]
        which: Which,
        /// What is supplied, or where it is found.
        #[arg(long, value_name = "TEXT")]
        statement: String,
    },
    /// Provider: ask for a longer time for the answer. It counts once the competent department consented and the applicant
    /// was told.
    RequestExtension {
        #[command(flatten)]
        said: Said,
        /// How much longer, in working days.
        #[arg(long, value_name = "DAYS")]
        days: i32,
    },
    /// Competent department: consent to a longer time.
    ConsentExtension(Which),
    /// Competent department: do not consent to a longer time.
    DeclineExtension(Said),
    /// Provider: tell the applicant of a longer time.
    NotifyExtension(Which),
    /// Provider: agree. The first person proposes it, a second one makes it count.
    Approve {
        #[command(flatten)]
        which: Which,
        /// The last day of an entry that is retired before the term ends, as a sign that you know it.
        #[arg(long, value_name = "DAY", default_value = "")]
        resource_last_day: String,
    },
    /// Provider: propose to grant less. A second person approves it, and then it lies with the applicant.
    Offer(Box<Offer>),
    /// Take what is offered.
    AcceptOffer(Which),
    /// Do not take what is offered.
    DeclineOffer(Said),
    /// Provider: take back what is offered, as long as the applicant has not taken it.
    WithdrawOffer(Said),
    /// Provider: decline on a ground of the law; `grounds` lists them.
    Refuse {
        #[command(flatten)]
        said: Said,
        /// The ground.
        #[arg(long, value_name = "ID")]
        ground: String,
        /// The law that forbids to share, where that is the ground.
        #[arg(long, value_name = "TEXT", default_value = "")]
        law: String,
    },
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

/// What is offered; what is left out stays as it was asked for.
#[derive(clap::Args)]
pub(super) struct Offer {
    #[command(flatten)]
    which: Which,
    /// Why it is less.
    #[arg(long, value_name = "TEXT")]
    note: String,
    #[command(flatten)]
    less: Less,
}

/// A request that says which application it is about, and what else it carries.
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
    /// Takes the step: the application after it, and the grant where one came of it.
    pub(super) async fn run(
        &self,
        client: &mut Client,
        connection: &Connection,
    ) -> Result<(pb::Application, Option<pb::Grant>), Failure> {
        let c = connection;
        let answer = match self {
            Self::Approve {
                which,
                resource_last_day,
            } => {
                let last_day = resource_last_day.clone();
                let request =
                    request!(which, ApproveApplicationRequest, resource_last_day: last_day);
                let made = client
                    .approve_application(c.ask(request))
                    .await?
                    .into_inner();
                return Ok((made.application.unwrap_or_default(), made.grant));
            }
            Self::AcceptOffer(which) => {
                let request = request!(which, AcceptOfferRequest);
                let made = client.accept_offer(c.ask(request)).await?.into_inner();
                return Ok((made.application.unwrap_or_default(), made.grant));
            }
            Self::SignOff(which) => {
                let request = request!(which, SignOffApplicationRequest);
                client.sign_off_application(c.ask(request)).await?
            }
            Self::Submit(which) => {
                let request = request!(which, SubmitApplicationRequest);
                client.submit_application(c.ask(request)).await?
            }
            Self::SupplyMaterial { which, statement } => {
                let said = statement.clone();
                let request = request!(which, SupplyMaterialRequest, statement: said);
                client.supply_material(c.ask(request)).await?
            }
            Self::Withdraw(said) => {
                let request =
                    request!(said.which, WithdrawApplicationRequest, reason: said.reason.clone());
                client.withdraw_application(c.ask(request)).await?
            }
            Self::DeclineOffer(said) => {
                let request =
                    request!(said.which, DeclineOfferRequest, reason: said.reason.clone());
                client.decline_offer(c.ask(request)).await?
            }
            other => other.answer(client, c).await?,
        };
        Ok((answer.into_inner(), None))
    }

    /// The steps of who answers, and of who leads.
    async fn answer(
        &self,
        client: &mut Client,
        c: &Connection,
    ) -> Result<tonic::Response<pb::Application>, Failure> {
        Ok(match self {
            Self::RequestMaterial { which, missing } => {
                let request = request!(which, RequestMaterialRequest, missing: missing.clone());
                client.request_material(c.ask(request)).await?
            }
            Self::RequestExtension { said, days } => {
                let (days, why) = (*days, said.reason.clone());
                let request =
                    request!(said.which, RequestExtensionRequest, working_days: days, reason: why);
                client.request_extension(c.ask(request)).await?
            }
            Self::ConsentExtension(which) => {
                let request = request!(which, ConsentExtensionRequest);
                client.consent_extension(c.ask(request)).await?
            }
            Self::DeclineExtension(said) => {
                let request =
                    request!(said.which, DeclineExtensionRequest, reason: said.reason.clone());
                client.decline_extension(c.ask(request)).await?
            }
            Self::WithdrawOffer(said) => {
                let request =
                    request!(said.which, WithdrawOfferRequest, reason: said.reason.clone());
                client.withdraw_offer(c.ask(request)).await?
            }
            Self::NotifyExtension(which) => {
                let request = request!(which, NotifyExtensionRequest);
                client.notify_extension(c.ask(request)).await?
            }
            Self::Offer(offer) => {
                let (terms, note) = (Some(offer.less.message()), offer.note.clone());
                let request = request!(offer.which, OfferTermsRequest, terms: terms, note: note);
                client.offer_terms(c.ask(request)).await?
            }
            Self::Refuse { said, ground, law } => {
                let (ground, basis, why) = (ground.clone(), law.clone(), said.reason.clone());
                let request = request!(
                    said.which, RefuseApplicationRequest, ground: ground, basis: basis, reason: why
                );
                client.refuse_application(c.ask(request)).await?
            }
            Self::Approve { .. }
            | Self::AcceptOffer(_)
            | Self::SignOff(_)
            | Self::Submit(_)
            | Self::SupplyMaterial { .. }
            | Self::Withdraw(_)
            | Self::DeclineOffer(_) => {
                return Err(Failure::Message(
                    "this step is taken by who applies".to_owned(),
                ));
            }
        })
    }
}
