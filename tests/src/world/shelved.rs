//! Certificates of marriage in a library of the national standard, in place of a registry's own service.

use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt as _;

use api::catalogue::v1 as catalogue;
use api::certificate::v1 as certificate;
use api::registry::v1 as registry;
use api::sharing::v1 as sharing;
use sandbox::library::{Library, place_of};
use sandbox::people::Holder;
use tonic::{Response, Status};

use super::story::{agree, publish};
use super::terms::{
    COMPETENT, PLATFORM, application, lookup_request, whole_application, wire_resource, with_files,
};
use super::{Client, World, ask, new_id};
use crate::city;

/// The system that the library stands for.
pub const SYSTEM: &str = "marriage-registry";
/// The name of the gateway's account there.
pub const SECRET: &str = "certificate-library";

/// A library whose certificates are granted to the platform.
#[derive(Debug)]
pub struct Shelved {
    /// The world it plays in.
    pub world: World,
    /// The library.
    pub library: Library,
    /// The consumer.
    pub platform: Client,
    /// Somebody who sees all evidence.
    pub auditor: Client,
    /// An officer of the department whose library it is.
    pub owner: Client,
    /// Who publishes for the competent department.
    pub publisher: Client,
    /// Who applies for the platform.
    pub applicant: Client,
    /// What is shared.
    pub resource: catalogue::Resource,
}

impl Shelved {
    /// A library that encrypts its answers, registered and granted.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn start() -> Self {
        let resource = wire_resource("marriage-registrations");
        let terms = application(&resource);
        Self::registered(resource, terms).await
    }

    /// The same with the files of certificates, every item granted.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn start_with_files() -> Self {
        let resource = with_files("marriage-registrations");
        let terms = whole_application(&resource);
        Self::registered(resource, terms).await
    }

    /// A library of certificates of divorce alone, in the name of the same registry.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn of_divorces() -> Self {
        let divorced = city::SEEDS.certificate_type("离婚证").unwrap();
        let resource = catalogue::Resource {
            name: "resources/105001-000009".to_owned(),
            title: "离婚登记信息".to_owned(),
            certificate_type: format!("certificateTypes/{}", divorced.code),
            ..wire_resource("marriage-registrations")
        };
        let terms = application(&resource);
        Self::registered(resource, terms).await
    }

    async fn registered(resource: catalogue::Resource, terms: sharing::Application) -> Self {
        let shelved = Self::of(resource, terms).await;
        let made = shelved.register(shelved.endpoint()).await;
        let made = made.unwrap().into_inner();
        let serving = registry::endpoint::Health::Serving;
        assert_eq!(made.health(), serving, "{}", made.last_error);
        shelved
    }

    /// The same before the library is registered.
    ///
    /// # Panics
    /// When a step is refused.
    pub async fn unregistered() -> Self {
        let resource = wire_resource("marriage-registrations");
        let terms = application(&resource);
        Self::of(resource, terms).await
    }

    async fn of(resource: catalogue::Resource, terms: sharing::Application) -> Self {
        let world = World::start().await;
        let platform = world.enrol_system(PLATFORM).await;
        world.register_system(SYSTEM).await;
        let holdings = sandbox::data::holdings_for(SYSTEM).unwrap();
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let library = Library::start(anywhere, holdings).await.unwrap();
        let owner = world.enrol_officer("市民政局", "wang").await;
        let publisher = world.enrol_officer(COMPETENT, "li").await;
        let applicant = world.enrol_officer(COMPETENT, "zhang").await;
        let auditor = world.enrol_auditor("audit").await;
        publish(&owner, &publisher, &resource).await;
        agree(&applicant, &owner, terms).await;
        let shelved = Self {
            world,
            library,
            platform,
            auditor,
            owner,
            publisher,
            applicant,
            resource,
        };
        shelved.keep_secret(&shelved.library.account(), 0o600);
        let authority = shelved.library.authority_pem().to_owned();
        shelved.keep(&format!("{SECRET}.pem"), &authority, 0o644);
        shelved
    }

    /// Writes the account's file with a mode.
    pub fn keep_secret(&self, text: &str, mode: u32) {
        self.keep(SECRET, text, mode);
    }

    /// Writes a file into the system's folder of the gateway's secrets.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn keep(&self, name: &str, text: &str, mode: u32) {
        let folder = self.world.folder().join("secrets").join(SYSTEM);
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join(name);
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    /// The library as an endpoint.
    #[must_use]
    pub fn endpoint(&self) -> registry::Endpoint {
        let (key_id, public_key) = self.library.signer();
        let keys = self.resource.items.iter().map(|item| item.key.as_str());
        let holding = registry::LibraryHolding {
            resource: self.resource.name.clone(),
            fields: keys.map(|key| (key.to_owned(), place_of(key))).collect(),
        };
        registry::Endpoint {
            name: format!("systems/{SYSTEM}/endpoints/library"),
            protocol: registry::endpoint::Protocol::CertificateLibrary.into(),
            address: self.library.address().to_string(),
            library: Some(registry::CertificateLibrary {
                secret: SECRET.to_owned(),
                key_id,
                public_key,
                encrypted: true,
                holdings: vec![holding],
                ..registry::CertificateLibrary::default()
            }),
            ..registry::Endpoint::default()
        }
    }

    /// Registers an endpoint as an officer of the owner.
    ///
    /// # Errors
    /// As the gateway answers.
    pub async fn register(
        &self,
        endpoint: registry::Endpoint,
    ) -> Result<Response<registry::Endpoint>, Status> {
        let request = registry::CreateEndpointRequest {
            parent: format!("systems/{SYSTEM}"),
            endpoint: Some(endpoint),
            request_id: new_id(),
            validate_only: false,
        };
        self.owner.endpoints().create_endpoint(ask(request)).await
    }

    /// A lookup that is in order.
    #[must_use]
    pub fn request(&self, holder: &Holder) -> certificate::LookupCertificateRequest {
        lookup_request(&self.resource.certificate_type, holder)
    }

    /// Sends a lookup as the platform.
    ///
    /// # Errors
    /// As the gateway answers.
    pub async fn send(
        &self,
        request: certificate::LookupCertificateRequest,
    ) -> Result<Response<certificate::LookupCertificateResponse>, Status> {
        let mut certificates = self.platform.certificates();
        certificates.lookup_certificate(ask(request)).await
    }

    /// Looks up the certificate of a holder.
    ///
    /// # Errors
    /// As the gateway answers.
    pub async fn lookup(
        &self,
        holder: &Holder,
    ) -> Result<Response<certificate::LookupCertificateResponse>, Status> {
        self.send(self.request(holder)).await
    }
}
