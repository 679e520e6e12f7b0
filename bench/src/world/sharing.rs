//! The steps from an endpoint to a grant.

use std::net::SocketAddr;

use api::catalogue::v1 as catalogue;
use api::catalogue::v1::resource_service_client::ResourceServiceClient;
use api::registry::v1 as registry;
use api::registry::v1::endpoint_service_client::EndpointServiceClient;
use api::registry::v1::interface_service_client::InterfaceServiceClient;
use api::sharing::v1 as pb;
use api::sharing::v1::application_service_client::ApplicationServiceClient;
use api::sharing::v1::grant_service_client::GrantServiceClient;

use super::people::{Member, People, ask, new_id, refused};
use super::records::Shared;
use super::{CONSUMER, MATTER, PROVIDER};
use crate::{Error, echo};

/// Registers the provider's endpoint; the gateway probes it.
pub(super) async fn connect(provider: &Member, address: SocketAddr) -> Result<(), Error> {
    let parent = format!("systems/{PROVIDER}");
    let request = registry::CreateEndpointRequest {
        endpoint: Some(registry::Endpoint {
            name: format!("{parent}/endpoints/main"),
            protocol: registry::endpoint::Protocol::Grpc.into(),
            address: address.to_string(),
            ..registry::Endpoint::default()
        }),
        parent,
        request_id: new_id(),
        validate_only: false,
    };
    let endpoint = EndpointServiceClient::new(provider.channel.clone())
        .create_endpoint(ask(request))
        .await
        .map_err(refused("registering the endpoint"))?
        .into_inner();
    if endpoint.health() == registry::endpoint::Health::Serving {
        return Ok(());
    }
    Err(format!("the endpoint is not serving: {}", endpoint.last_error).into())
}

/// Registers what the echo service looks like. Returns the interface's name.
pub(super) async fn describe(provider: &Member) -> Result<String, Error> {
    let parent = format!("systems/{PROVIDER}");
    let name = format!("{parent}/interfaces/v1");
    let request = registry::CreateInterfaceRequest {
        interface: Some(registry::Interface {
            name: name.clone(),
            descriptor_set: echo::DESCRIPTOR_SET.to_vec(),
            ..registry::Interface::default()
        }),
        parent,
        request_id: new_id(),
    };
    InterfaceServiceClient::new(provider.channel.clone())
        .create_interface(ask(request))
        .await
        .map_err(refused("registering the interface"))?;
    Ok(name)
}

/// A resource goes from draft to published, by people of two departments.
pub(super) async fn publish(people: &People, shared: &Shared) -> Result<(), Error> {
    let name = shared.resource.name.clone();
    let mut owner = ResourceServiceClient::new(people.owner.channel.clone());
    let mut competent = ResourceServiceClient::new(people.publisher.channel.clone());
    let request = catalogue::CreateResourceRequest {
        resource: Some(shared.resource.clone()),
        request_id: new_id(),
        validate_only: false,
    };
    owner
        .create_resource(ask(request))
        .await
        .map_err(refused("drafting a resource"))?;
    let request = catalogue::RegisterResourceRequest {
        name: name.clone(),
        request_id: new_id(),
        etag: String::new(),
    };
    owner
        .register_resource(ask(request))
        .await
        .map_err(refused("registering a resource"))?;
    let request = catalogue::PublishResourceRequest {
        name,
        request_id: new_id(),
        etag: String::new(),
    };
    competent
        .publish_resource(ask(request))
        .await
        .map_err(refused("publishing a resource"))?;
    Ok(())
}

/// The consumer applies for some of the items, the provider agrees. Returns the grant's name.
pub(super) async fn agree(people: &People, shared: &Shared) -> Result<String, Error> {
    let mut applicant = ApplicationServiceClient::new(people.applicant.channel.clone());
    let request = pb::CreateApplicationRequest {
        application: Some(application(shared)),
        request_id: new_id(),
        validate_only: false,
    };
    let name = applicant
        .create_application(ask(request))
        .await
        .map_err(refused("applying"))?
        .into_inner()
        .name;
    let request = pb::SignOffApplicationRequest {
        name: name.clone(),
        request_id: new_id(),
        etag: String::new(),
    };
    ApplicationServiceClient::new(people.publisher.channel.clone())
        .sign_off_application(ask(request))
        .await
        .map_err(refused("signing an application off"))?;
    let request = pb::SubmitApplicationRequest {
        name: name.clone(),
        request_id: new_id(),
        etag: String::new(),
    };
    applicant
        .submit_application(ask(request))
        .await
        .map_err(refused("submitting"))?;
    let mut grant = None;
    for who in [&people.owner, &people.colleague] {
        let request = pb::ApproveApplicationRequest {
            name: name.clone(),
            request_id: new_id(),
            ..pb::ApproveApplicationRequest::default()
        };
        let approved = ApplicationServiceClient::new(who.channel.clone())
            .approve_application(ask(request))
            .await
            .map_err(refused("approving"))?
            .into_inner();
        grant = approved.grant;
    }
    Ok(grant.ok_or("the approval names no grant")?.name)
}

/// The provider suspends a grant.
pub(super) async fn suspend(owner: &Member, grant: &str) -> Result<(), Error> {
    let request = pb::SuspendGrantRequest {
        name: grant.to_owned(),
        reason: "测量变更何时生效".to_owned(),
        request_id: new_id(),
    };
    GrantServiceClient::new(owner.channel.clone())
        .suspend_grant(ask(request))
        .await
        .map_err(refused("suspending a grant"))?;
    Ok(())
}

/// The provider lets a suspended grant be used again.
pub(super) async fn resume(owner: &Member, grant: &str) -> Result<(), Error> {
    let request = pb::ResumeGrantRequest {
        name: grant.to_owned(),
        request_id: new_id(),
    };
    GrantServiceClient::new(owner.channel.clone())
        .resume_grant(ask(request))
        .await
        .map_err(refused("resuming a grant"))?;
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the bench is a client of its own, and its grant begins today"
)]
fn application(shared: &Shared) -> pb::Application {
    let today = domain::policy::shaoyang_date(jiff::Timestamp::now());
    pb::Application {
        consumer: format!("systems/{CONSUMER}"),
        resource: shared.resource.name.clone(),
        items: shared.wanted.clone(),
        share_modes: shared.resource.share_modes.clone(),
        matters: vec![MATTER.to_owned()],
        legal_basis: "国务院令第809号第二十条".to_owned(),
        scene: "测量网关的开销".to_owned(),
        start_date: today.to_string(),
        end_date: today.saturating_add(jiff::Span::new().years(1)).to_string(),
        operator_required: true,
        ..pb::Application::default()
    }
}
