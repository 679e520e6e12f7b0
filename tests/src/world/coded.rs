//! Social security cards, and a portal that hands use-codes out for them.

use api::certificate::v1 as pb;
use api::certificate::v1::create_use_code_request::Addressee;
use api::certificate::v1::lookup_certificate_request::Key;
use api::sharing::v1 as sharing;
use sandbox::people::{self, Holder};
use tonic::Status;

use super::story::{Story, agree};
use super::terms::{CASE, PLATFORM, application};
use super::{Client, World, ask, new_id};
use crate::city;

/// The system that knows who holders are.
pub const PORTAL: &str = "city-portal";

/// A story with a portal in it.
#[derive(Debug)]
pub struct Coded {
    /// The cards, granted to the platform.
    pub story: Story,
    /// Who hands codes out.
    pub portal: Client,
}

/// Somebody who holds one card.
#[must_use]
pub fn cardholder() -> Holder {
    people::background_citizen(1)
}

impl Coded {
    /// Publishes, grants and lets the portal in.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn start_in(world: World) -> Self {
        let story = Story::of_cards_in(world).await;
        let portal = story.world.enrol_system(PORTAL).await;
        let terms = sharing::Application {
            consumer: format!("systems/{PORTAL}"),
            issues_use_codes: true,
            ..application(&story.resource)
        };
        agree(&story.applicant, &story.owner, terms).await;
        Self { story, portal }
    }

    /// The same on a new folder.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn start() -> Self {
        Self::start_in(World::start().await).await
    }

    /// A request for a code that is in order.
    #[must_use]
    pub fn code_request(&self) -> pb::CreateUseCodeRequest {
        pb::CreateUseCodeRequest {
            holder: Some(cardholder().to_wire()),
            certificate_type: self.story.resource.certificate_type.clone(),
            matter: city::matter(0).name.to_string(),
            case_number: CASE.to_owned(),
            addressee: Some(Addressee::System(format!("systems/{PLATFORM}"))),
            life_s: 0,
            request_id: new_id(),
        }
    }

    /// Asks for a code as the portal.
    ///
    /// # Errors
    /// As the gateway answers.
    pub async fn ask_for(
        &self,
        request: pb::CreateUseCodeRequest,
    ) -> Result<pb::NewUseCode, Status> {
        let made = self.portal.use_codes().create_use_code(ask(request)).await;
        made.map(tonic::Response::into_inner)
    }

    /// A code for the platform's lookup.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn code(&self) -> pb::NewUseCode {
        self.ask_for(self.code_request()).await.unwrap()
    }

    /// A lookup by a code that is in order.
    #[must_use]
    pub fn lookup_by(&self, code: &str) -> pb::LookupCertificateRequest {
        pb::LookupCertificateRequest {
            key: Some(Key::UseCode(code.to_owned())),
            ..self.story.lookup_request(&cardholder())
        }
    }
}
