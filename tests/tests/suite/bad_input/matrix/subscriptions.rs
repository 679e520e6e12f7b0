//! Subscriptions.

use api::sharing::v1 as pb;
use kit::world::terms::PLATFORM;
use kit::world::{Client, ask, new_id};

use super::Role::{Applicant, Auditor, Operator, Platform};
use super::{Row, Things, row};

impl Things {
    /// Who may have events brought, and stop it.
    pub(super) fn subscriptions(&self) -> Vec<Row> {
        let name = || self.subscription.clone();
        let own = &[Operator, Applicant, Platform];
        vec![
            row(
                "sharing.v1.SubscriptionService/CreateSubscription",
                &request(),
                own,
            ),
            row(
                "sharing.v1.SubscriptionService/GetSubscription",
                &pb::GetSubscriptionRequest { name: name() },
                &[Operator, Auditor, Applicant, Platform],
            ),
            row(
                "sharing.v1.SubscriptionService/TestSubscription",
                &pb::TestSubscriptionRequest { name: name() },
                own,
            ),
            row(
                "sharing.v1.SubscriptionService/ResumeSubscription",
                &pb::ResumeSubscriptionRequest {
                    name: name(),
                    request_id: new_id(),
                },
                own,
            ),
            row(
                "sharing.v1.SubscriptionService/EndSubscription",
                &pb::EndSubscriptionRequest {
                    name: name(),
                    request_id: new_id(),
                },
                own,
            ),
        ]
    }
}

/// The platform's, where nobody listens.
fn request() -> pb::CreateSubscriptionRequest {
    pb::CreateSubscriptionRequest {
        subscription: Some(pb::Subscription {
            owner: format!("systems/{PLATFORM}"),
            url: "https://127.0.0.1:9/events".to_owned(),
            ..pb::Subscription::default()
        }),
        request_id: new_id(),
    }
}

/// A subscription of the platform.
pub(super) async fn make(platform: &Client) -> String {
    let mut subscriptions = platform.subscriptions();
    let made = subscriptions.create_subscription(ask(request())).await;
    made.unwrap().into_inner().name
}
