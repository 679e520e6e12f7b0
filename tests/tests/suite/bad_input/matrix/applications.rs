//! Applications and the clocks that run for them.

use api::compliance::v1 as compliance;
use api::sharing::v1 as sharing;
use kit::world::story::Story;
use kit::world::terms::application;
use kit::world::{ask, new_id};

use super::Role::{Applicant, Owner};
use super::{PARTIES, Row, Things, row};

/// A row of a step that says nothing but which application it is about, or one text besides.
macro_rules! step {
    ($method:literal, $message:ident, $name:expr, $may:expr $(, $field:ident: $value:expr)*) => {
        row(
            concat!("sharing.v1.ApplicationService/", $method),
            &sharing::$message {
                name: $name.clone(),
                request_id: new_id(),
                $($field: $value,)*
                ..sharing::$message::default()
            },
            &[$may],
        )
    };
}

impl Things {
    /// Who may ask for a grant.
    pub(super) fn applications(&self) -> Vec<Row> {
        let (draft, [first, _]) = (&self.draft, &self.submitted);
        let text = || "整改".to_owned();
        vec![
            row(
                "sharing.v1.ApplicationService/CreateApplication",
                &sharing::CreateApplicationRequest {
                    application: Some(application(&self.story.resource)),
                    request_id: new_id(),
                    validate_only: false,
                },
                &[Applicant],
            ),
            row(
                "sharing.v1.ApplicationService/UpdateApplication",
                &sharing::UpdateApplicationRequest {
                    application: Some(sharing::Application {
                        name: draft.clone(),
                        ..application(&self.story.resource)
                    }),
                    request_id: new_id(),
                    validate_only: true,
                },
                &[Applicant],
            ),
            step!(
                "SignOffApplication",
                SignOffApplicationRequest,
                draft,
                Applicant
            ),
            step!(
                "SubmitApplication",
                SubmitApplicationRequest,
                draft,
                Applicant
            ),
            step!("SupplyMaterial", SupplyMaterialRequest, first, Applicant, statement: text()),
            step!("AcceptOffer", AcceptOfferRequest, first, Applicant),
            step!("DeclineOffer", DeclineOfferRequest, first, Applicant, reason: text()),
            step!("WithdrawApplication", WithdrawApplicationRequest, draft, Applicant, reason: text()),
            row(
                "sharing.v1.ApplicationService/GetApplication",
                &sharing::GetApplicationRequest {
                    name: self.story.grant.application.clone(),
                },
                &PARTIES,
            ),
            row(
                "compliance.v1.ClockService/GetClock",
                &compliance::GetClockRequest {
                    name: self.clock.clone(),
                },
                &PARTIES,
            ),
        ]
    }

    /// Who may decide on it.
    pub(super) fn answers(&self) -> Vec<Row> {
        let [first, second] = &self.submitted;
        let text = || "整改".to_owned();
        let less = sharing::LesserTerms {
            items: self.story.grant.items[..1].to_vec(),
            ..sharing::LesserTerms::default()
        };
        vec![
            step!("RequestExtension", RequestExtensionRequest, second, Owner, working_days: 1, reason: text()),
            step!("NotifyExtension", NotifyExtensionRequest, second, Owner),
            step!(
                "ConsentExtension",
                ConsentExtensionRequest,
                second,
                Applicant
            ),
            step!("DeclineExtension", DeclineExtensionRequest, second, Applicant, reason: text()),
            step!("OfferTerms", OfferTermsRequest, first, Owner, terms: Some(less), note: text()),
            step!(
                "ApproveApplication",
                ApproveApplicationRequest,
                first,
                Owner
            ),
            step!("RequestMaterial", RequestMaterialRequest, first, Owner, missing: vec![text()]),
            step!(
                "WithdrawOffer",
                WithdrawOfferRequest,
                second,
                Owner,
                reason: text()
            ),
            step!(
                "RefuseApplication", RefuseApplicationRequest, second, Owner,
                ground: "no-duty".to_owned(), reason: text()
            ),
        ]
    }
}

/// The clock of an answer that is due.
pub(super) async fn clock_of(story: &Story, application: &str) -> String {
    let request = compliance::ListClocksRequest {
        about: application.to_owned(),
        ..compliance::ListClocksRequest::default()
    };
    let found = story
        .world
        .operator
        .clocks()
        .list_clocks(ask(request))
        .await;
    found.unwrap().into_inner().clocks.remove(0).name
}
