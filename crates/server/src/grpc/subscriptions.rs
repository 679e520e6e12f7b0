//! Subscriptions over gRPC.

use api::sharing::v1 as pb;
use api::sharing::v1::subscription_service_server::SubscriptionService;
use broker::{NewSubscription, Stored};
use domain::fault::Cause;
use domain::name::{DepartmentName, RequestId, SubscriptionName, SystemName};
use domain::subscription::{Owner, Subscription, SubscriptionState, WebhookUrl};
use tonic::{Request, Response, Status};

use super::Adapter;
use super::events::parse_filter;
use super::incoming::{Fields, Incoming, page, wire_time};
use crate::status::status_of;

#[tonic::async_trait]
impl SubscriptionService for Adapter {
    async fn create_subscription(
        &self,
        request: Request<pb::CreateSubscriptionRequest>,
    ) -> Result<Response<pb::Subscription>, Status> {
        let incoming = Incoming::of(request)?;
        let (new, id) = parse(&incoming.message)?;
        let act = incoming.act("CreateSubscription", &id);
        self.told_of(self.gateway.create_subscription(&act, new).await)
    }

    async fn get_subscription(
        &self,
        request: Request<pb::GetSubscriptionRequest>,
    ) -> Result<Response<pb::Subscription>, Status> {
        let Incoming {
            caller, message, ..
        } = Incoming::of(request)?;
        let name = named(&message.name)?;
        self.told_of(self.gateway.subscription(&caller, &name).await)
    }

    async fn list_subscriptions(
        &self,
        request: Request<pb::ListSubscriptionsRequest>,
    ) -> Result<Response<pb::ListSubscriptionsResponse>, Status> {
        let Incoming {
            caller, message, ..
        } = Incoming::of(request)?;
        let page = page(message.page_size, &message.page_token)?;
        let page = self.gateway.subscriptions(&caller, &page).await;
        let page = page.map_err(status_of)?;
        let rows = page.rows.into_iter();
        Ok(Response::new(pb::ListSubscriptionsResponse {
            subscriptions: rows.map(|row| self.wire_subscription(row)).collect(),
            next_page_token: page.next,
        }))
    }

    async fn resume_subscription(
        &self,
        request: Request<pb::ResumeSubscriptionRequest>,
    ) -> Result<Response<pb::Subscription>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let (name, id) = step(&message.name, &message.request_id)?;
        let act = incoming.act("ResumeSubscription", &id);
        self.told_of(self.gateway.resume_subscription(&act, &name).await)
    }

    async fn end_subscription(
        &self,
        request: Request<pb::EndSubscriptionRequest>,
    ) -> Result<Response<pb::Subscription>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let (name, id) = step(&message.name, &message.request_id)?;
        let act = incoming.act("EndSubscription", &id);
        self.told_of(self.gateway.end_subscription(&act, &name).await)
    }

    async fn test_subscription(
        &self,
        request: Request<pb::TestSubscriptionRequest>,
    ) -> Result<Response<pb::TestSubscriptionResponse>, Status> {
        let Incoming {
            caller, message, ..
        } = Incoming::of(request)?;
        let name = named(&message.name)?;
        let tested = self.gateway.test_subscription(&caller, &name).await;
        let wrong = tested.map_err(status_of)?;
        Ok(Response::new(pb::TestSubscriptionResponse {
            taken: wrong.is_none(),
            reason: wrong.unwrap_or_default(),
        }))
    }
}

fn named(name: &str) -> Result<SubscriptionName, Status> {
    let mut fields = Fields::default();
    let name = fields.name("name", name, SubscriptionName::parse);
    fields.finish(name)
}

fn step(name: &str, request_id: &str) -> Result<(SubscriptionName, RequestId), Status> {
    let mut fields = Fields::default();
    let step = fields.step(name, request_id, SubscriptionName::parse);
    fields.finish(step)
}

fn parse(message: &pb::CreateSubscriptionRequest) -> Result<(NewSubscription, RequestId), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(&message.request_id);
    let given = fields.message("subscription", message.subscription.clone());
    let given = given.unwrap_or_default();
    let mut own = Fields::default();
    let owner = own.take("owner", owner(&given.owner));
    let receiver = own.optional("receiver", &given.receiver, SystemName::parse);
    let url = own.take("url", WebhookUrl::parse(&given.url));
    let filter = parse_filter(&mut own, given.filter);
    fields.within("subscription", &own);
    let new = owner
        .zip(url)
        .zip(filter)
        .map(|((owner, url), filter)| NewSubscription {
            owner,
            receiver,
            url,
            filter,
        });
    fields.finish(new.zip(id))
}

fn owner(text: &str) -> Result<Owner, Cause> {
    if text.starts_with(DepartmentName::COLLECTION) {
        let department = DepartmentName::parse(text)?;
        return Ok(Owner::Department { department });
    }
    let system = SystemName::parse(text)?;
    Ok(Owner::System { system })
}

impl Adapter {
    fn told_of(
        &self,
        done: Result<Stored<Subscription>, broker::Failure>,
    ) -> Result<Response<pb::Subscription>, Status> {
        done.map(|row| Response::new(self.wire_subscription(row)))
            .map_err(status_of)
    }

    fn wire_subscription(&self, row: Stored<Subscription>) -> pb::Subscription {
        let cursor = self.gateway.subscription_cursor(&row.value);
        let public_key = self.gateway.webhook_key(&row.value.name);
        let value = row.value;
        let (state, reason) = match value.state {
            SubscriptionState::Active => (pb::subscription::State::Active, None),
            SubscriptionState::Paused { reason } => (pb::subscription::State::Paused, Some(reason)),
            SubscriptionState::Failing { reason } => {
                (pb::subscription::State::Failing, Some(reason))
            }
            SubscriptionState::Ended => (pb::subscription::State::Ended, None),
        };
        let trouble = value.trouble.as_ref();
        let reason = reason.or_else(|| trouble.map(|trouble| trouble.reason.clone()));
        pb::Subscription {
            name: value.name.into(),
            owner: value.owner.as_str().to_owned(),
            receiver: value.receiver.into(),
            url: value.url.to_string(),
            filter: Some(pb::EventFilter {
                kinds: value.filter.kinds,
                system: value.filter.system.map(String::from).unwrap_or_default(),
                resource: value.filter.resource.map(String::from).unwrap_or_default(),
                grant: value.filter.grant.map(String::from).unwrap_or_default(),
            }),
            state: state.into(),
            state_reason: reason.unwrap_or_default(),
            cursor,
            failed_attempts: trouble
                .and_then(|trouble| i32::try_from(trouble.attempts).ok())
                .unwrap_or_default(),
            retry_time: trouble.map(|trouble| wire_time(trouble.retry_at)),
            create_time: Some(wire_time(row.create_time)),
            public_key,
        }
    }
}
