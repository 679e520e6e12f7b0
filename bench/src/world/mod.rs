//! A gateway with everything it takes until a first call passes: two departments, a system of each,
//! an interface, two published resources, two grants. All of it goes over the public gRPC API, each
//! step as the caller who may take it.

mod crowd;
mod people;
mod records;
mod sharing;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use api::certificate::v1::certificate_service_client::CertificateServiceClient;
use api::certificate::v1::{LookupCertificateRequest, LookupCertificateResponse};
use domain::seed::Seeds;
use sandbox::client::GatewayAddress;
use sandbox::identity::Identity;
use serde_json::Value;
use tokio::process::Command;

use crate::Error;
use crate::child::Child;
use crate::evidence::Ledger;
use crate::keys::HOST;
pub use crowd::Crowd;
use people::{Member, People};
pub use people::{Spare, new_id};
pub use records::LICENCES;
use records::Shared;

/// The matter of every call: one of those that the seeds know.
pub const MATTER: &str = "matters/11430500XY0000055Q2022000000002";

/// Calls in API mode that the one endpoint may hold: more than any shape has in flight, since a
/// refusal would end the comparison.
const MOST_IN_FLIGHT: usize = 1024;

/// The system that asks.
const CONSUMER: &str = "yjs-platform";

/// The system that answers.
const PROVIDER: &str = "enterprise-registry";

/// A gateway at work, whose people are known and whose systems hold certificates; nothing is shared
/// yet.
#[derive(Debug)]
pub struct World {
    gateway: Child,
    start: Start,
    at: GatewayAddress,
    people: People,
    operator: Identity,
}

/// A second gateway on the database and with the keys of the first.
#[derive(Debug)]
pub struct Replica {
    /// Where it is called.
    pub address: SocketAddr,
    /// Its process.
    pub process: Child,
}

/// The grants of what the echo backend answers.
#[derive(Debug)]
pub struct Shares {
    /// Of the licence, which unary calls ask for.
    pub licence: String,
    /// Of the wide record, which comes in streams.
    pub wide: String,
}

/// How the gateway is started.
#[derive(Clone, Debug)]
struct Start {
    shuqiao: PathBuf,
    folder: PathBuf,
    /// Another database than the embedded one.
    database: Option<String>,
}

impl World {
    /// Starts `shuqiao serve` on a new data folder, registers the two systems with their
    /// departments, and enrols whoever acts.
    ///
    /// # Errors
    /// When the gateway does not start, with the end of its log; when it refuses a step.
    pub async fn start(shuqiao: &Path, folder: &Path) -> Result<Self, Error> {
        Self::start_on(shuqiao, folder, None).await
    }

    /// The same on another database than the embedded one; it must be empty.
    ///
    /// # Errors
    /// As [`World::start`].
    pub async fn start_on(
        shuqiao: &Path,
        folder: &Path,
        database: Option<&str>,
    ) -> Result<Self, Error> {
        let start = Start {
            shuqiao: shuqiao.to_owned(),
            folder: folder.to_owned(),
            database: database.map(str::to_owned),
        };
        std::fs::create_dir_all(start.data())?;
        write_seeds(&start.seeds())?;
        start.configure()?;
        let (gateway, ready) = start.run().await?;
        let operator = operator(Path::new(ready.text("operator")?))?;
        let at = GatewayAddress {
            address: ready.text("grpc")?.to_owned(),
            server_name: HOST.to_owned(),
            authority_pem: operator.authority_pem.clone(),
        };
        let seeds = Seeds::embedded().map_err(|faults| format!("the seeds: {faults:?}"))?;
        Ok(Self {
            people: People::enter(&at, &operator, &seeds).await?,
            operator,
            at,
            start,
            gateway,
        })
    }

    /// Starts a second gateway with the same keys on the same database.
    ///
    /// # Errors
    /// When the keys cannot be copied, or it does not start.
    pub async fn replica(&self, folder: &Path) -> Result<Replica, Error> {
        let start = Start {
            folder: folder.to_owned(),
            ..self.start.clone()
        };
        copy(&self.start.data().join("keys"), &start.data().join("keys"))?;
        copy(
            &self.start.data().join("clients"),
            &start.data().join("clients"),
        )?;
        write_seeds(&start.seeds())?;
        start.configure()?;
        let (process, ready) = start.run().await?;
        let address = ready.text("grpc")?.parse()?;
        Ok(Replica { address, process })
    }

    /// One more certificate of the consumer, and what revokes it.
    ///
    /// # Errors
    /// When the gateway refuses it.
    pub async fn spare(&self) -> Result<Spare, Error> {
        people::spare(&self.at, &self.operator).await
    }

    /// Stops the gateway, adds a crowd to its registry, and starts it again.
    ///
    /// # Errors
    /// When the database cannot be written, or the gateway does not start again.
    pub async fn settle(mut self, crowd: Crowd) -> Result<Self, Error> {
        self.gateway.stop().await?;
        crowd::settle(&self.start.data(), crowd).await?;
        let (gateway, ready) = self.start.run().await?;
        ready.text("grpc")?.clone_into(&mut self.at.address);
        self.people.consumer = Member::connect(&self.at, self.people.consumer.identity).await?;
        self.people.owner = Member::connect(&self.at, self.people.owner.identity).await?;
        self.people.colleague = Member::connect(&self.at, self.people.colleague.identity).await?;
        Ok(Self { gateway, ..self })
    }

    /// Where callers reach the gateway.
    ///
    /// # Errors
    /// When the gateway did not name an address.
    pub fn address(&self) -> Result<SocketAddr, Error> {
        Ok(self.at.address.parse()?)
    }

    /// The certificate under which the provider answers.
    pub fn provider(&self) -> &Identity {
        &self.people.provider.identity
    }

    /// The certificate under which the consumer calls.
    pub fn consumer(&self) -> &Identity {
        &self.people.consumer.identity
    }

    /// What the gateway recorded.
    pub fn ledger(&self, entries_per_call: u64) -> Ledger {
        Ledger::new(self.people.consumer.channel.clone(), entries_per_call)
    }

    /// Registers the provider's endpoint and interface, and publishes and grants what it shares: of
    /// the licence seven items of ten, of the wide record ten of twenty. Returns the two grants.
    ///
    /// # Errors
    /// When the gateway refuses a step, or does not find the endpoint serving.
    pub async fn share(&self, endpoint: SocketAddr) -> Result<Shares, Error> {
        sharing::connect(&self.people.provider, endpoint).await?;
        let interface = sharing::describe(&self.people.provider).await?;
        Ok(Shares {
            licence: self.shared(&records::licence(&interface)).await?,
            wide: self.shared(&records::wide(&interface)).await?,
        })
    }

    async fn shared(&self, resource: &Shared) -> Result<String, Error> {
        sharing::publish(&self.people, resource).await?;
        sharing::agree(&self.people, resource).await
    }

    /// Suspends a grant as the provider's department.
    ///
    /// # Errors
    /// When the gateway refuses it.
    pub async fn suspend(&self, grant: &str) -> Result<(), Error> {
        sharing::suspend(&self.people.owner, grant).await
    }

    /// Lets a suspended grant be used again, as somebody else of that department.
    ///
    /// # Errors
    /// When the gateway refuses it.
    pub async fn resume(&self, grant: &str) -> Result<(), Error> {
        sharing::resume(&self.people.colleague, grant).await
    }

    /// Registers an issuer's endpoint, and publishes and grants its licences. Answers may be kept for an
    /// hour. Returns the certificate type.
    ///
    /// # Errors
    /// When the gateway refuses a step, or does not find the endpoint serving.
    pub async fn share_licences(&self, endpoint: SocketAddr) -> Result<String, Error> {
        sharing::connect(&self.people.provider, endpoint).await?;
        let shared = records::licences()?;
        self.shared(&shared).await?;
        Ok(shared.resource.certificate_type)
    }

    /// Looks a certificate up as the consumer.
    ///
    /// # Errors
    /// When the gateway refuses it.
    pub async fn look_up(
        &self,
        request: LookupCertificateRequest,
    ) -> Result<LookupCertificateResponse, Error> {
        let answer = CertificateServiceClient::new(self.people.consumer.channel.clone())
            .lookup_certificate(people::ask(request))
            .await
            .map_err(people::refused("looking a licence up"))?;
        Ok(answer.into_inner())
    }

    /// The number of the gateway's process.
    ///
    /// # Errors
    /// When it has ended.
    pub fn pid(&self) -> Result<u32, Error> {
        self.gateway.pid()
    }

    /// The process of the gateway.
    pub fn into_process(self) -> Child {
        self.gateway
    }
}

/// What the gateway printed when it was ready.
struct Ready(Value);

impl Ready {
    fn text(&self, field: &str) -> Result<&str, Error> {
        let text = self.0.get(field).and_then(Value::as_str);
        text.ok_or_else(|| format!("the gateway does not say where its {field} is").into())
    }
}

impl Start {
    fn data(&self) -> PathBuf {
        self.folder.join("gateway")
    }

    fn seeds(&self) -> PathBuf {
        self.folder.join("seeds")
    }

    fn configuration(&self) -> PathBuf {
        self.folder.join("gateway.toml")
    }

    fn configure(&self) -> Result<(), Error> {
        let database = self.database.as_deref();
        let text = configuration(&self.data(), &self.seeds(), database);
        Ok(std::fs::write(self.configuration(), text)?)
    }

    async fn run(&self) -> Result<(Child, Ready), Error> {
        let mut command = Command::new(&self.shuqiao);
        command
            .arg("serve")
            .arg("--config")
            .arg(self.configuration());
        let mut gateway = Child::start("gateway", &mut command, &self.folder)?;
        let ready = serde_json::from_str(&gateway.first_line().await?)?;
        Ok((gateway, Ready(ready)))
    }
}

/// Endpoints are not probed during a measurement: of a crowd's, nobody would answer.
fn configuration(data: &Path, seeds: &Path, database: Option<&str>) -> String {
    // JSON's strings are TOML's too.
    let path = |path: &Path| Value::from(path.display().to_string());
    let (data, seeds) = (path(data), path(seeds));
    let database = database.map_or_else(String::new, |url| {
        format!("database = {}\n", Value::from(url))
    });
    format!(
        "data = {data}\n{database}seeds = {seeds}\ngrpc_listen = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n\
         endpoint_networks = [\"127.0.0.0/8\"]\nendpoint_loopback = true\nprobe_interval_s = 1000000\ncalls_per_endpoint = {MOST_IN_FLIGHT}\n"
    )
}

/// The seeds as they are, but for the budgets of lookups: one clerk who asks ten thousand times a second
/// would be taken for somebody who guesses.
fn write_seeds(folder: &Path) -> Result<(), Error> {
    for file in Seeds::embedded_files() {
        let path = folder.join(&file.path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        let text = if file.path == "budgets.toml" {
            let raised = |line: &str| {
                let most = line.starts_with("most = ");
                let line = if most { "most = 1_000_000_000" } else { line };
                format!("{line}\n")
            };
            file.text.lines().map(raised).collect()
        } else {
            file.text
        };
        std::fs::write(path, text)?;
    }
    Ok(())
}

/// The first operator, as the gateway left it in its data folder.
fn operator(folder: &Path) -> Result<Identity, Error> {
    let read = |name: &str| std::fs::read_to_string(folder.join(name));
    Ok(Identity {
        certificate_pem: read("certificate.pem")?,
        key_pem: read("key.pem")?,
        authority_pem: read("authority.pem")?,
    })
}

/// Copies the files of a folder, with their modes.
fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let path = entry?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            std::fs::copy(&path, &target)?;
        }
    }
    Ok(())
}
