//! The cast: everybody who acts, each with a certificate from the real enrolment.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use api::registry::v1 as pb;
use api::registry::v1::create_enrolment_token_request::Subject;
use api::registry::v1::endpoint_service_client::EndpointServiceClient;
use api::registry::v1::enrolment_service_client::EnrolmentServiceClient;
use domain::seed::Seeds;
use sandbox::client::GatewayAddress;
use sandbox::identity::{Identity, enrol};
use sandbox::provider::{Provider, Running};

use super::actor::{Actor, PLATFORM, ask, new_id};
use super::expect::{failed, made};
use super::report::Talk;
use super::{Error, registry};
use crate::keys::{client_folder, kept_client, read_client, write_client};
use crate::serve::Serving;

/// A simulated provider at work, and what is needed to start it again.
pub(crate) struct Department {
    identity: Identity,
    address: SocketAddr,
    running: Option<Running>,
}

/// Everybody who acts.
pub(crate) struct Stage {
    pub(crate) data: PathBuf,
    gateway: GatewayAddress,
    operator: Actor,
    actors: BTreeMap<String, Actor>,
    departments: BTreeMap<String, Department>,
}

impl Stage {
    /// Registers departments and systems, enrols everybody, starts the simulated systems.
    pub(crate) async fn set(
        data: &Path,
        serving: &Serving,
        seeds: &Seeds,
        talk: &Talk,
    ) -> Result<Self, Error> {
        talk.say("Act 1: departments and systems are registered; systems enrol and connect");
        let own = read_client(&serving.operator)?;
        let gateway = GatewayAddress {
            address: serving.grpc.to_string(),
            server_name: "localhost".to_owned(),
            authority_pem: own.authority_pem.clone(),
        };
        let operator = Actor::enter("operator", &gateway, &own).await?;
        let (departments, systems) = registry::register(&operator, seeds).await?;
        talk.say(&format!(
            "  {departments} departments and {systems} systems are registered"
        ));
        let mut stage = Self {
            data: data.to_owned(),
            gateway,
            operator,
            actors: BTreeMap::new(),
            departments: BTreeMap::new(),
        };
        stage.enrol_people(seeds).await?;
        stage.enrol_systems().await?;
        talk.say(&format!(
            "  {} people and systems hold certificates, {} simulated systems answer over mutual TLS",
            stage.actors.len(),
            stage.departments.len()
        ));
        Ok(stage)
    }

    /// The consuming platform.
    pub(crate) fn platform(&self) -> &Actor {
        // Enrolled by `set`; the operator stands in only if that changed.
        self.actors.get(PLATFORM).unwrap_or(&self.operator)
    }

    /// Somebody by the name under which they enrolled.
    pub(crate) fn actor(&self, name: &str) -> Result<&Actor, Error> {
        self.actors
            .get(name)
            .ok_or_else(|| format!("{name} is not in the cast").into())
    }

    /// Takes a provider down.
    pub(crate) async fn take_down(&mut self, system: &str) -> Result<(), Error> {
        let department = self.departments.get_mut(system).ok_or("no such provider")?;
        if let Some(running) = department.running.take() {
            running.stop().await;
        }
        Ok(())
    }

    /// Brings a provider back where it was.
    pub(crate) async fn bring_back(&mut self, system: &str) -> Result<(), Error> {
        let department = self.departments.get_mut(system).ok_or("no such provider")?;
        let holdings = sandbox::data::holdings_for(system)?;
        let running = Provider::start(&department.identity, department.address, holdings).await?;
        department.running = Some(running);
        self.probe(system).await
    }

    /// Everybody leaves; ports are closed.
    pub(crate) async fn leave(&mut self) {
        for department in self.departments.values_mut() {
            if let Some(running) = department.running.take() {
                running.stop().await;
            }
        }
    }

    async fn enrol_people(&mut self, seeds: &Seeds) -> Result<(), Error> {
        for (name, short_name, account) in [
            ("applicant", "市行政审批服务局", "zhang"),
            ("publisher", "市行政审批服务局", "li"),
            ("civil-affairs", "市民政局", "wang"),
            ("market", "市市场监管局", "zhao"),
            ("land", "市自然资源和规划局", "chen"),
            ("human-resources", "市人社局", "qian"),
            // What is agreed to takes two people.
            ("civil-affairs-second", "市民政局", "sun"),
            ("market-second", "市市场监管局", "wu"),
            ("land-second", "市自然资源和规划局", "zhou"),
            ("human-resources-second", "市人社局", "zheng"),
        ] {
            let department = seeds
                .department(short_name)
                .ok_or("the department is not in the seeds")?;
            let officer = pb::Officer {
                department: format!("departments/{}", department.uscc),
                account: account.to_owned(),
            };
            self.enrol(name, Subject::Officer(officer), &[]).await?;
        }
        self.enrol("auditor", Subject::Auditor("audit".to_owned()), &[])
            .await?;
        Ok(())
    }

    async fn enrol_systems(&mut self) -> Result<(), Error> {
        self.enrol(
            PLATFORM,
            Subject::System(format!("systems/{PLATFORM}")),
            &[],
        )
        .await?;
        for simulated in sandbox::roster()? {
            let slug = simulated.system.id().to_owned();
            if slug == PLATFORM {
                continue;
            }
            let hosts = ["127.0.0.1".to_owned()];
            let identity = self
                .enrol(&slug, Subject::System(simulated.system.to_string()), &hosts)
                .await?;
            let running = self.start_at_kept_address(&slug, &identity).await?;
            let address = running.address();
            self.register_endpoint(&slug, address).await?;
            self.departments.insert(
                slug,
                Department {
                    identity,
                    address,
                    running: Some(running),
                },
            );
        }
        Ok(())
    }

    /// Starts a provider where its endpoint is registered already, or anywhere.
    async fn start_at_kept_address(
        &self,
        slug: &str,
        identity: &Identity,
    ) -> Result<Running, Error> {
        let request = pb::ListEndpointsRequest {
            parent: format!("systems/{slug}"),
            show_deleted: false,
        };
        let kept = EndpointServiceClient::new(self.operator.channel.clone())
            .list_endpoints(ask(request))
            .await
            .map_err(failed("listing endpoints"))?
            .into_inner()
            .endpoints;
        let address = match kept.first() {
            Some(endpoint) => endpoint.address.parse()?,
            None => SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        Ok(Provider::start(identity, address, sandbox::data::holdings_for(slug)?).await?)
    }

    async fn register_endpoint(&self, slug: &str, address: SocketAddr) -> Result<(), Error> {
        let parent = format!("systems/{slug}");
        let endpoint = pb::Endpoint {
            name: format!("{parent}/endpoints/main"),
            protocol: pb::endpoint::Protocol::Grpc.into(),
            address: address.to_string(),
            ..pb::Endpoint::default()
        };
        let request = pb::CreateEndpointRequest {
            parent,
            endpoint: Some(endpoint),
            request_id: new_id(),
            validate_only: false,
        };
        let actor = self.actor(slug)?;
        let answer = EndpointServiceClient::new(actor.channel.clone())
            .create_endpoint(ask(request))
            .await;
        made("registering an endpoint", answer)?;
        // One that was registered in an earlier play is looked at again, now that it answers.
        self.probe(slug).await
    }

    async fn probe(&self, system: &str) -> Result<(), Error> {
        let name = format!("systems/{system}/endpoints/main");
        let request = pb::ProbeEndpointRequest {
            name,
            request_id: new_id(),
        };
        EndpointServiceClient::new(self.actor(system)?.channel.clone())
            .probe_endpoint(ask(request))
            .await
            .map_err(failed("probing an endpoint"))?;
        Ok(())
    }

    /// Gets a certificate by token, key and signing request, or takes the one kept from before.
    async fn enrol(
        &mut self,
        name: &str,
        subject: Subject,
        hosts: &[String],
    ) -> Result<Identity, Error> {
        let folder = client_folder(&self.data, name);
        let identity = if let Some(kept) = kept_client(&folder)? {
            kept
        } else {
            let request = pb::CreateEnrolmentTokenRequest {
                subject: Some(subject),
                request_id: new_id(),
            };
            let token = EnrolmentServiceClient::new(self.operator.channel.clone())
                .create_enrolment_token(ask(request))
                .await
                .map_err(failed("asking for a token"))?
                .into_inner();
            let identity = enrol(&self.gateway, &token.token, hosts).await?;
            write_client(&folder, &identity)?;
            identity
        };
        let actor = Actor::enter(name, &self.gateway, &identity).await?;
        self.actors.insert(name.to_owned(), actor);
        Ok(identity)
    }
}
