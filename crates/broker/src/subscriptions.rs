//! Subscriptions: make, read, list, resume, end; bringing the events is [`delivery`]'s.

mod delivery;
mod post;

use domain::caller::Caller;
use domain::event::{EventFilter, Viewer};
use domain::fault::Cause;
use domain::name::{DepartmentName, SubscriptionName, SystemName};
use domain::reason::Reason;
use domain::subscription::{MOST, Owner, Subscription, SubscriptionState, WebhookUrl};
use ledger::entry::Draft;
use ledger::webhook::WebhookSigner;
use store::{Stored, Tx};

use crate::connections::resolve;
use crate::events::cursor;
use crate::failure::Failure;
use crate::gateway::{Act, Gateway};
use crate::page::{Page, PageRequest};

pub(crate) use delivery::Deliveries;

/// What is subscribed to, before it has a name.
#[derive(Clone, Debug)]
pub struct NewSubscription {
    /// Whose events.
    pub owner: Owner,
    /// The system that takes them; none for the owning system.
    pub receiver: Option<SystemName>,
    /// Where.
    pub url: WebhookUrl,
    /// Which.
    pub filter: EventFilter,
}

impl Gateway {
    /// Makes a subscription; it begins with what happens from now on.
    ///
    /// # Errors
    /// A refusal, all faults, `STATE_CONFLICT` where the owner has too many.
    pub async fn create_subscription(
        &self,
        act: &Act<'_>,
        new: NewSubscription,
    ) -> Result<Stored<Subscription>, Failure> {
        self.may_subscribe(act.caller, &new.owner)?;
        let receiver = self.receiver_of(&new)?;
        self.must_be_receivable(&new.url).await?;
        let name = SubscriptionName::from_id(&self.ids.uuid())
            .map_err(|cause| Failure::field("subscription.name", &cause))?;
        self.change(act, async |tx, now| {
            must_have_room(tx, &new.owner).await?;
            let mut value = Subscription {
                name,
                owner: new.owner,
                receiver,
                url: new.url,
                filter: new.filter,
                state: SubscriptionState::Active,
                next: 0,
                trouble: None,
                lease: None,
            };
            let draft = subscription_draft(act, "created", &value);
            let entry = tx.record(draft, now).await?;
            // Its own making is the first event of it.
            value.next = entry;
            Ok(tx.insert(&value, Some(entry), now).await?)
        })
        .await
    }

    /// One subscription.
    ///
    /// # Errors
    /// `NOT_FOUND`.
    pub async fn subscription(
        &self,
        caller: &Caller,
        name: &SubscriptionName,
    ) -> Result<Stored<Subscription>, Failure> {
        let found: Option<Stored<Subscription>> = self.store.get(name.as_str()).await?;
        found
            .filter(|row| self.sees_subscription(caller, &row.value))
            .ok_or_else(|| Failure::not_found(name.as_str()))
    }

    /// The subscriptions that a caller may see, oldest first.
    ///
    /// # Errors
    /// A bad page token; the store.
    pub async fn subscriptions(
        &self,
        caller: &Caller,
        page: &PageRequest,
    ) -> Result<Page<Subscription>, Failure> {
        page.read_visible(&self.store, "subscriptions", "", |subscription| {
            self.sees_subscription(caller, subscription)
        })
        .await
    }

    /// Brings events again: all that was missed first.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`.
    pub async fn resume_subscription(
        &self,
        act: &Act<'_>,
        name: &SubscriptionName,
    ) -> Result<Stored<Subscription>, Failure> {
        self.move_subscription(act, name, "resumed", "paused or failing", |subscription| {
            subscription.resumed()
        })
        .await
    }

    /// Ends a subscription for good.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `STATE_CONFLICT`.
    pub async fn end_subscription(
        &self,
        act: &Act<'_>,
        name: &SubscriptionName,
    ) -> Result<Stored<Subscription>, Failure> {
        self.move_subscription(act, name, "ended", "not ended", |subscription| {
            subscription.ended()
        })
        .await
    }

    /// The cursor of its owner behind everything that is done with.
    pub fn subscription_cursor(&self, subscription: &Subscription) -> String {
        cursor(&self.viewer_of(subscription), subscription.next)
    }

    /// The public key by which its messages are verified.
    pub fn webhook_key(&self, name: &SubscriptionName) -> String {
        self.webhook_signer(name).public_key()
    }

    /// Made of a secret that all gateways of the city share, for this subscription alone: under a common key one
    /// receiver could pass its messages on to another as the gateway's.
    fn webhook_signer(&self, name: &SubscriptionName) -> WebhookSigner {
        let keys = &self.keys.pseudonyms;
        WebhookSigner::from_seed(keys.derive("webhook signing key", &[name.as_str().as_bytes()]))
    }

    fn viewer_of(&self, subscription: &Subscription) -> Viewer {
        match &subscription.owner {
            Owner::System { system } => Viewer::system(system),
            Owner::Department { department } => Viewer::department(department, &self.snapshot()),
        }
    }

    async fn move_subscription(
        &self,
        act: &Act<'_>,
        name: &SubscriptionName,
        event: &str,
        allowed: &str,
        step: impl FnOnce(Subscription) -> Result<Subscription, SubscriptionState> + Send,
    ) -> Result<Stored<Subscription>, Failure> {
        self.change(act, async |tx, now| {
            let found: Option<Stored<Subscription>> = tx.get(name.as_str()).await?;
            let before = found.filter(|row| self.sees_subscription(act.caller, &row.value));
            let before = before.ok_or_else(|| Failure::not_found(name.as_str()))?;
            self.may_subscribe(act.caller, &before.value.owner)?;
            let value = step(before.value.clone())
                .map_err(|state| Failure::state(name.as_str(), state.as_str(), allowed))?;
            let entry = tx
                .record(subscription_draft(act, event, &value), now)
                .await?;
            Ok(tx.update(&before, &value, Some(entry), now).await?)
        })
        .await
    }

    /// The system itself, its department's officers and the operator; of a department, its officers and the operator.
    fn may_subscribe(&self, caller: &Caller, owner: &Owner) -> Result<(), Failure> {
        match owner {
            Owner::System { system } => self.may_manage_endpoints(caller, system),
            Owner::Department { department } => Ok(caller.must_manage(department)?),
        }
    }

    fn sees_subscription(&self, caller: &Caller, subscription: &Subscription) -> bool {
        caller.oversees() || self.may_subscribe(caller, &subscription.owner).is_ok()
    }

    /// The system whose certificate must stand at the URL: the owner's own.
    fn receiver_of(&self, new: &NewSubscription) -> Result<SystemName, Failure> {
        let refused = |code, message: String| {
            Failure::field("subscription.receiver", &Cause::new(code, message))
        };
        let snapshot = self.snapshot();
        let of = |department: &DepartmentName, system: &SystemName| {
            let row = snapshot.system(system);
            row.is_some_and(|row| row.department == *department)
        };
        match (&new.owner, &new.receiver) {
            (Owner::System { system }, None) => Ok(system.clone()),
            (Owner::System { system }, Some(receiver)) if system == receiver => Ok(system.clone()),
            (Owner::Department { department }, Some(receiver)) if of(department, receiver) => {
                Ok(receiver.clone())
            }
            (Owner::Department { .. }, None) => {
                let message = "name the system of the department that takes the events";
                Err(refused("REQUIRED", message.to_owned()))
            }
            (owner, Some(receiver)) => {
                let message = format!("{receiver} is not a system of {}", owner.as_str());
                Err(refused("NOT_OWNED", message))
            }
        }
    }

    async fn must_be_receivable(&self, url: &WebhookUrl) -> Result<(), Failure> {
        let resolved = resolve(url.address(), &self.settings.endpoint_networks).await;
        resolved.map(drop).map_err(|error| {
            let cause = Cause::new("ADDRESS_NOT_ALLOWED", error.to_string());
            Failure::field("subscription.url", &cause)
        })
    }
}

/// What every entry about a subscription states; its owner is told of it as of any event.
fn subscription_draft(act: &Act<'_>, event: &str, value: &Subscription) -> Draft {
    owned_draft(event, act.request_id.as_str(), value)
        .with_fact("actor", act.caller.principal().to_string())
}

fn owned_draft(event: &str, request_id: &str, value: &Subscription) -> Draft {
    let owner = match &value.owner {
        Owner::System { .. } => "system",
        Owner::Department { .. } => "department",
    };
    Draft::change(format!("sharing.subscription.{event}"), request_id)
        .with_fact("subscription", value.name.as_str())
        .with_fact(owner, value.owner.as_str())
        .with_fact("receiver", value.receiver.as_str())
        .with_fact("address", value.url.address().to_string())
        .with_fact("state", value.state.as_str())
}

/// Counted where nobody else writes.
async fn must_have_room(tx: &mut Tx, owner: &Owner) -> Result<(), Failure> {
    let all = tx.under::<Subscription>(owner.as_str()).await?;
    let open = all
        .iter()
        .filter(|row| row.value.state != SubscriptionState::Ended)
        .count();
    if open < MOST {
        return Ok(());
    }
    let message = format!("an owner has at most {MOST} subscriptions; end one that is not needed");
    Err(Failure::new(Reason::StateConflict, message))
}
