//! Who acts: registered by the operator, each with a certificate from the real enrolment.

use std::time::Duration;

use api::registry::v1 as pb;
use api::registry::v1::create_enrolment_token_request::Subject;
use api::registry::v1::department_service_client::DepartmentServiceClient;
use api::registry::v1::enrolment_service_client::EnrolmentServiceClient;
use api::registry::v1::system_service_client::SystemServiceClient;
use domain::seed::{Party, Seeds, SystemSeed};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use sandbox::client::{GatewayAddress, connect, with_deadline};
use sandbox::identity::{Identity, enrol};
use sha2::{Digest as _, Sha256};
use tonic::transport::Channel;
use tonic::{Request, Status};
use tonic_types::StatusExt as _;

use super::{CONSUMER, PROVIDER};
use crate::Error;

/// A step takes milliseconds; this only bounds a gateway that hangs.
const WAIT: Duration = Duration::from_secs(20);

/// Somebody with a certificate, connected.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) identity: Identity,
    pub(super) channel: Channel,
}

impl Member {
    /// Connects with a certificate.
    pub(super) async fn connect(
        gateway: &GatewayAddress,
        identity: Identity,
    ) -> Result<Self, Error> {
        let channel = connect(gateway, Some(&identity)).await?;
        Ok(Self { identity, channel })
    }
}

/// Everybody it takes to share something.
#[derive(Debug)]
pub(super) struct People {
    /// The system that answers.
    pub(super) provider: Member,
    /// The system that asks.
    pub(super) consumer: Member,
    /// Speaks for the provider's department.
    pub(super) owner: Member,
    /// Speaks for it too: who suspends a grant may not resume it.
    pub(super) colleague: Member,
    /// Speaks for the consumer's department, which is also the competent one.
    pub(super) applicant: Member,
    /// Publishes for the competent department.
    pub(super) publisher: Member,
}

impl People {
    /// Registers the two systems and enrols them and the officers of their departments.
    pub(super) async fn enter(
        gateway: &GatewayAddress,
        operator: &Identity,
        seeds: &Seeds,
    ) -> Result<Self, Error> {
        let door = Door {
            operator: connect(gateway, Some(operator)).await?,
            gateway,
        };
        let consumers = door.register(CONSUMER, seeds).await?;
        let providers = door.register(PROVIDER, seeds).await?;
        let host = ["127.0.0.1".to_owned()];
        let system = |id: &str| Subject::System(format!("systems/{id}"));
        let officer = |department: &str, account: &str| {
            Subject::Officer(pb::Officer {
                department: department.to_owned(),
                account: account.to_owned(),
            })
        };
        Ok(Self {
            provider: door.enrol(system(PROVIDER), &host).await?,
            consumer: door.enrol(system(CONSUMER), &[]).await?,
            owner: door.enrol(officer(&providers, "wang"), &[]).await?,
            colleague: door.enrol(officer(&providers, "chen"), &[]).await?,
            applicant: door.enrol(officer(&consumers, "zhang"), &[]).await?,
            publisher: door.enrol(officer(&consumers, "li"), &[]).await?,
        })
    }
}

/// A certificate of the consumer that is there to be revoked.
#[derive(Debug)]
pub struct Spare {
    /// The certificate and its key.
    pub identity: Identity,
    name: String,
    operator: Channel,
}

impl Spare {
    /// Revokes it on the gateway that issued it.
    ///
    /// # Errors
    /// When that refuses it.
    pub async fn revoke(&self) -> Result<(), Error> {
        let request = pb::RevokeTlsCertificateRequest {
            name: self.name.clone(),
            reason: "measured".to_owned(),
            request_id: new_id(),
            renewals: false,
        };
        EnrolmentServiceClient::new(self.operator.clone())
            .revoke_tls_certificate(ask(request))
            .await
            .map_err(refused("revoking a certificate"))?;
        Ok(())
    }
}

/// Enrols the consumer once more.
pub(super) async fn spare(gateway: &GatewayAddress, operator: &Identity) -> Result<Spare, Error> {
    let operator = connect(gateway, Some(operator)).await?;
    let door = Door {
        operator: operator.clone(),
        gateway,
    };
    let consumer = Subject::System(format!("systems/{CONSUMER}"));
    let identity = door.enrol(consumer, &[]).await?.identity;
    let der = CertificateDer::from_pem_slice(identity.certificate_pem.as_bytes())?;
    let digits = domain::subject::hex(&Sha256::digest(&der));
    Ok(Spare {
        identity,
        name: format!("tlsCertificates/{digits}"),
        operator,
    })
}

/// The operator at the door.
struct Door<'a> {
    gateway: &'a GatewayAddress,
    operator: Channel,
}

impl Door<'_> {
    /// Registers a system of the seeds and the department that owns it. Returns the department.
    async fn register(&self, id: &str, seeds: &Seeds) -> Result<String, Error> {
        let mut systems = seeds.systems.iter();
        let system = systems
            .find(|system| system.name.id() == id)
            .ok_or_else(|| format!("{id} is not in the seeds"))?;
        let department = department(system, seeds)?;
        let name = department.name.clone();
        let request = pb::CreateDepartmentRequest {
            department: Some(department),
            request_id: new_id(),
        };
        DepartmentServiceClient::new(self.operator.clone())
            .create_department(ask(request))
            .await
            .map_err(refused("registering a department"))?;
        let request = pb::CreateSystemRequest {
            system: Some(pb::System {
                name: system.name.to_string(),
                display_name: system.display_name.clone(),
                department: name.clone(),
                self_built: system.self_built,
                network_zone: system.network_zone.to_string(),
                hosting: system.hosting.to_string(),
                ..pb::System::default()
            }),
            request_id: new_id(),
            validate_only: false,
            document: "虚构系统底数清单".to_owned(),
        };
        SystemServiceClient::new(self.operator.clone())
            .create_system(ask(request))
            .await
            .map_err(refused("registering a system"))?;
        Ok(name)
    }

    /// Trades a one-time token for a certificate. `hosts` are those under which it is reached.
    async fn enrol(&self, subject: Subject, hosts: &[String]) -> Result<Member, Error> {
        let request = pb::CreateEnrolmentTokenRequest {
            subject: Some(subject),
            request_id: new_id(),
        };
        let token = EnrolmentServiceClient::new(self.operator.clone())
            .create_enrolment_token(ask(request))
            .await
            .map_err(refused("asking for a token"))?
            .into_inner();
        let identity = enrol(self.gateway, &token.token, hosts).await?;
        Member::connect(self.gateway, identity).await
    }
}

fn department(system: &SystemSeed, seeds: &Seeds) -> Result<pb::Department, Error> {
    let Party::Department(owner) = &system.owner else {
        return Err(format!("{} belongs to no department", system.name).into());
    };
    let mut departments = seeds.departments.iter();
    let seed = departments
        .find(|department| department.uscc == *owner)
        .ok_or_else(|| format!("the owner of {} is not in the seeds", system.name))?;
    Ok(pb::Department {
        name: format!("departments/{}", seed.uscc),
        full_name: seed.full_name.clone(),
        short_name: seed.short_names.first().cloned().unwrap_or_default(),
        vertical: seed.vertical,
        party_body: seed.party_body,
        competent: seed.competent,
        valid_from: seed.valid_from.to_string(),
        ..pb::Department::default()
    })
}

/// A request with a deadline.
pub(super) fn ask<T>(message: T) -> Request<T> {
    with_deadline(message, WAIT)
}

/// A request id that was not used before.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "the bench is a client of its own"
)]
pub fn new_id() -> String {
    uuid::Uuid::now_v7().hyphenated().to_string()
}

/// A refused step in words, with every field that is at fault.
pub(super) fn refused(step: &str) -> impl FnOnce(Status) -> Error {
    let step = step.to_owned();
    move |status| {
        let details = status.get_error_details();
        let fields = details.bad_request().map(|bad| {
            let each = bad.field_violations.iter();
            let texts = each.map(|fault| format!("{}: {}", fault.field, fault.description));
            texts.collect::<Vec<_>>().join("; ")
        });
        format!(
            "{step}: {} {}",
            status.message(),
            fields.unwrap_or_default()
        )
        .into()
    }
}
