//! The steps from registration to a grant, and the uses of it.

use api::catalogue::v1 as catalogue;
use api::certificate::v1 as certificate;
use api::exchange::v1 as exchange;
use api::sharing::v1 as sharing;
use api::value::v1::ItemValue;
use sandbox::people::Holder;
use tonic::{Response, Status};

use super::terms::{
    COMPETENT, PLATFORM, application, lookup_request, purpose, whole_application, wire_resource,
    with_files,
};
use super::{Client, Department, World, ask, new_id};

/// A provider whose resource is granted to the platform.
#[derive(Debug)]
pub struct Story {
    /// The world it plays in.
    pub world: World,
    /// The consumer.
    pub platform: Client,
    /// The provider.
    pub provider: Department,
    /// Somebody who sees all evidence.
    pub auditor: Client,
    /// An officer of the provider's department.
    pub owner: Client,
    /// Who publishes for the competent department.
    pub publisher: Client,
    /// Who applies for the platform.
    pub applicant: Client,
    /// What is shared.
    pub resource: catalogue::Resource,
    /// What was agreed.
    pub grant: sharing::Grant,
}

// === impl Story ===

impl Story {
    /// Certificates of marriage, looked up one by one.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn of_marriages() -> Self {
        Self::of_marriages_in(World::start().await).await
    }

    /// Certificates of marriage, in a world of one's own.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn of_marriages_in(world: World) -> Self {
        let resource = wire_resource("marriage-registrations");
        Self::of(world, "marriage-registry", resource, "市民政局").await
    }

    /// Certificates of marriage whose issuer lets answers be kept for so many seconds.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn of_cached_marriages_in(world: World, cache_seconds: i32) -> Self {
        let resource = catalogue::Resource {
            cache_seconds,
            ..wire_resource("marriage-registrations")
        };
        Self::of(world, "marriage-registry", resource, "市民政局").await
    }

    /// Business licences, looked up one by one and read as a table.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn of_enterprises() -> Self {
        Self::of(
            World::start().await,
            "enterprise-registry",
            wire_resource("enterprise-registrations"),
            "市市场监管局",
        )
        .await
    }

    /// Titles to property, looked up one by one; an owner may hold several.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn of_properties() -> Self {
        Self::of(
            World::start().await,
            "realestate-registry",
            wire_resource("realestate-registrations"),
            "市自然资源和规划局",
        )
        .await
    }

    /// Household books, each about several people.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn of_households() -> Self {
        let resource = wire_resource("household-population");
        Self::of(
            World::start().await,
            "household-registry",
            resource,
            "市公安局",
        )
        .await
    }

    /// Social security cards, whose catalogue entry demands the holder's authorisation.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn of_cards() -> Self {
        Self::of_cards_in(World::start().await).await
    }

    /// Social security cards, in a world of one's own.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn of_cards_in(world: World) -> Self {
        let resource = wire_resource("social-security-cards");
        Self::of(world, "social-security", resource, "市人社局").await
    }

    /// Certificates of marriage whose files are granted too, with every item.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn of_certificate_files() -> Self {
        Self::of_certificate_files_in(World::start().await).await
    }

    /// The same in a world of one's own.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn of_certificate_files_in(world: World) -> Self {
        let resource = with_files("marriage-registrations");
        let terms = whole_application(&resource);
        Self::of_terms(world, "marriage-registry", resource, "市民政局", terms).await
    }

    /// The same where the entry demands the holder's authorisation.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn of_authorised_files() -> Self {
        let mut resource = with_files("marriage-registrations");
        resource.set_basis(catalogue::Basis::Authorisation);
        let terms = whole_application(&resource);
        let world = World::start().await;
        Self::of_terms(world, "marriage-registry", resource, "市民政局", terms).await
    }

    async fn of(world: World, system: &str, resource: catalogue::Resource, owner: &str) -> Self {
        let terms = application(&resource);
        Self::of_terms(world, system, resource, owner, terms).await
    }

    async fn of_terms(
        world: World,
        system: &str,
        resource: catalogue::Resource,
        owner: &str,
        terms: sharing::Application,
    ) -> Self {
        let platform = world.enrol_system(PLATFORM).await;
        let provider = world.provider(system).await;
        let owner = world.enrol_officer(owner, "wang").await;
        let publisher = world.enrol_officer(COMPETENT, "li").await;
        let applicant = world.enrol_officer(COMPETENT, "zhang").await;
        let auditor = world.enrol_auditor("audit").await;
        publish(&owner, &publisher, &resource).await;
        let grant = agree(&applicant, &owner, terms).await;
        Self {
            world,
            platform,
            provider,
            auditor,
            owner,
            publisher,
            applicant,
            resource,
            grant,
        }
    }

    /// Looks up the certificate of a holder.
    ///
    /// # Errors
    /// As the gateway answers.
    pub async fn lookup(
        &self,
        holder: &Holder,
    ) -> Result<Response<certificate::LookupCertificateResponse>, Status> {
        self.send(self.lookup_request(holder)).await
    }

    /// Sends a lookup as the platform.
    ///
    /// # Errors
    /// As the gateway answers.
    pub async fn send(
        &self,
        request: certificate::LookupCertificateRequest,
    ) -> Result<Response<certificate::LookupCertificateResponse>, Status> {
        self.platform
            .certificates()
            .lookup_certificate(ask(request))
            .await
    }

    /// Sends a lookup, under the same request id, until the provider is reached again.
    ///
    /// # Panics
    /// When it is refused for another reason, or the provider stays away.
    pub async fn until_reached(
        &self,
        request: &certificate::LookupCertificateRequest,
    ) -> certificate::LookupCertificateResponse {
        for _ in 0..20 {
            match self.send(request.clone()).await {
                Ok(answer) => return answer.into_inner(),
                Err(status) => {
                    let told = super::answer::Told::of(&status);
                    assert_eq!(told.reason, "PROVIDER_UNAVAILABLE", "{told:?}");
                }
            }
        }
        panic!("the provider was not reached again");
    }

    /// A lookup that is in order.
    #[must_use]
    pub fn lookup_request(&self, holder: &Holder) -> certificate::LookupCertificateRequest {
        lookup_request(&self.resource.certificate_type, holder)
    }

    /// A lookup within a batch, which says the purpose once for all.
    #[must_use]
    pub fn part_request(&self, holder: &Holder) -> certificate::LookupCertificateRequest {
        certificate::LookupCertificateRequest {
            purpose: None,
            ..self.lookup_request(holder)
        }
    }

    /// A read of all granted items that is in order.
    #[must_use]
    pub fn read_request(&self, limit: i32) -> exchange::ReadRowsRequest {
        exchange::ReadRowsRequest {
            resource: self.resource.name.clone(),
            purpose: Some(purpose()),
            limit,
            request_id: new_id(),
            ..exchange::ReadRowsRequest::default()
        }
    }

    /// Reads rows to the end: the rows that came, and how it ended.
    pub async fn read(
        &self,
        request: exchange::ReadRowsRequest,
    ) -> (Vec<Vec<ItemValue>>, Result<api::value::v1::Receipt, Status>) {
        use exchange::read_rows_response::Part;
        let mut rows = Vec::new();
        let mut parts = match self.platform.exchange().read_rows(ask(request)).await {
            Ok(answer) => answer.into_inner(),
            Err(status) => return (rows, Err(status)),
        };
        loop {
            match parts.message().await {
                Err(status) => return (rows, Err(status)),
                Ok(message) => match message.and_then(|message| message.part) {
                    Some(Part::Batch(batch)) => {
                        rows.extend(batch.rows.into_iter().map(|row| row.values));
                    }
                    Some(Part::Receipt(receipt)) => return (rows, Ok(receipt)),
                    None => return (rows, Err(Status::internal("no receipt"))),
                },
            }
        }
    }
}

/// The department signs off what is written of a resource.
///
/// # Panics
/// When that is refused.
pub async fn sign_off(owner: &Client, name: &str) {
    let request = catalogue::RegisterResourceRequest {
        name: name.to_owned(),
        request_id: new_id(),
        etag: String::new(),
    };
    owner
        .resources()
        .register_resource(ask(request))
        .await
        .unwrap();
}

/// A resource goes from draft to published, by two people.
///
/// # Panics
/// When a step is refused.
pub async fn publish(owner: &Client, publisher: &Client, resource: &catalogue::Resource) {
    let name = resource.name.clone();
    let request = catalogue::CreateResourceRequest {
        resource: Some(resource.clone()),
        request_id: new_id(),
        validate_only: false,
    };
    owner
        .resources()
        .create_resource(ask(request))
        .await
        .unwrap();
    sign_off(owner, &name).await;
    let request = catalogue::PublishResourceRequest {
        name,
        request_id: new_id(),
        etag: String::new(),
    };
    publisher
        .resources()
        .publish_resource(ask(request))
        .await
        .unwrap();
}

/// An application is written, signed off, submitted and approved, by two people on either side.
///
/// # Panics
/// When a step is refused.
pub async fn agree(
    applicant: &Client,
    owner: &Client,
    application: sharing::Application,
) -> sharing::Grant {
    let name = submitted(applicant, application).await;
    approved(owner, &name).await
}

/// Two people of a department approve.
///
/// # Panics
/// When one is refused.
pub async fn approved(owner: &Client, name: &str) -> sharing::Grant {
    let first = approve(owner, name).await.unwrap();
    assert_eq!(first.into_inner().grant, None, "one person alone");
    let second = approve(owner.colleague().await, name).await.unwrap();
    second.into_inner().grant.unwrap()
}

/// One person approves.
///
/// # Errors
/// As the gateway answers.
pub async fn approve(
    who: &Client,
    name: &str,
) -> Result<Response<sharing::ApproveApplicationResponse>, Status> {
    let request = sharing::ApproveApplicationRequest {
        name: name.to_owned(),
        request_id: new_id(),
        ..sharing::ApproveApplicationRequest::default()
    };
    who.applications().approve_application(ask(request)).await
}

/// An application is written, signed off by a second person, and submitted.
///
/// # Panics
/// When a step is refused.
pub async fn submitted(applicant: &Client, application: sharing::Application) -> String {
    let name = signed_off(applicant, application).await;
    let request = sharing::SubmitApplicationRequest {
        name: name.clone(),
        request_id: new_id(),
        etag: String::new(),
    };
    let mut applications = applicant.applications();
    applications.submit_application(ask(request)).await.unwrap();
    name
}

/// An application is written, and signed off by a second person.
///
/// # Panics
/// When a step is refused.
pub async fn signed_off(applicant: &Client, application: sharing::Application) -> String {
    let request = sharing::CreateApplicationRequest {
        application: Some(application),
        request_id: new_id(),
        validate_only: false,
    };
    let mut applications = applicant.applications();
    let made = applications.create_application(ask(request)).await;
    let name = made.unwrap().into_inner().name;
    let request = sharing::SignOffApplicationRequest {
        name: name.clone(),
        request_id: new_id(),
        etag: String::new(),
    };
    let colleague = applicant.colleague().await;
    let mut applications = colleague.applications();
    applications
        .sign_off_application(ask(request))
        .await
        .unwrap();
    name
}
