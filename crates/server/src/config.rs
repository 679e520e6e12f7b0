//! Configuration: one TOML file, unknown keys refused, units in the names.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use broker::{Networks, Step, Zones};
use jiff::SignedDuration;
use serde::Deserialize;
use store::DatabaseUrl;

use crate::signatures::{Demand, Signatures};

/// What the file holds. Every key but `data` has a default.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// The folder of keys, and of the embedded database.
    data: PathBuf,
    /// `sqlite:PATH` or `postgres://…`; by default a file in the data folder.
    database: Option<String>,
    /// Name of this gateway in certificates and in the ledger's origin.
    #[serde(default = "default_trust_domain")]
    trust_domain: String,
    /// Where gRPC is served.
    #[serde(default = "default_grpc")]
    grpc_listen: SocketAddr,
    /// Where the console is served. It must be a loopback address: it speaks plain HTTP.
    #[serde(default = "default_admin")]
    admin_listen: SocketAddr,
    /// Names and addresses under which callers reach gRPC.
    #[serde(default = "default_hosts")]
    hosts: Vec<String>,
    /// Networks in which endpoints may lie; none by default. None of them may hold loopback, link-local,
    /// unspecified, multicast or broadcast addresses.
    #[serde(default)]
    endpoint_networks: Vec<String>,
    /// Endpoints may lie on this machine itself, where `endpoint_networks` names it: only for demonstrations and
    /// tests, since databases and the console listen there too.
    #[serde(default)]
    endpoint_loopback: bool,
    /// Which addresses callers have in which part of the network; whoever calls from elsewhere counts as where its system
    /// is registered.
    #[serde(default)]
    network_zones: Vec<ZoneFile>,
    /// How often providers are probed.
    #[serde(default = "default_probe")]
    probe_interval_s: u64,
    /// How often the registry's revision is looked at.
    #[serde(default = "default_refresh")]
    refresh_interval_ms: u64,
    /// How often a checkpoint is signed when entries wait for one.
    #[serde(default = "default_publish")]
    publish_interval_ms: u64,
    /// Threads that serve connections; by default one for each core.
    workers: Option<u64>,
    /// Calls in API mode that one endpoint may hold at once.
    #[serde(default = "default_calls")]
    calls_per_endpoint: u64,
    /// The folder of the objects in which files lie; by default `files` in the data folder. Gateways that
    /// share a database share it too.
    files: Option<PathBuf>,
    /// How often files are looked at whose term has ended or whose upload nobody went on with.
    #[serde(default = "default_tidy")]
    tidy_interval_s: u64,
    /// A folder of seeds instead of those built in.
    seeds: Option<PathBuf>,
    /// Request signatures over HTTP/JSON; absent means that none is looked at.
    request_signatures: Option<SignatureFile>,
    /// Authorities besides those of the gateway.
    #[serde(default)]
    authority: AuthorityFile,
}

/// The part on certificate authorities.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct AuthorityFile {
    /// A PEM file of external authorities. The operator registers certificates of theirs one by one.
    external: Option<PathBuf>,
}

/// One part of the network.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ZoneFile {
    /// `public`, `private` or `internet`.
    zone: String,
    /// Its networks, such as `10.1.0.0/16`.
    networks: Vec<String>,
}

/// The part on request signatures.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignatureFile {
    /// `accepted` or `required`.
    demand: Demand,
    /// How long before and after its time a signature is taken, in seconds.
    #[serde(default = "default_window")]
    window_s: u32,
}

/// The configuration, checked.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) data: PathBuf,
    pub(crate) database: DatabaseUrl,
    pub(crate) trust_domain: String,
    pub(crate) grpc_listen: SocketAddr,
    pub(crate) admin_listen: SocketAddr,
    pub(crate) hosts: Vec<String>,
    pub(crate) endpoint_networks: Networks,
    pub(crate) zones: Zones,
    pub(crate) probe_interval_s: u64,
    pub(crate) refresh_interval_ms: u64,
    pub(crate) publish_interval_ms: u64,
    pub(crate) workers: usize,
    pub(crate) calls_per_endpoint: usize,
    pub(crate) files: PathBuf,
    pub(crate) tidy_interval_s: u64,
    pub(crate) seeds: Option<PathBuf>,
    pub(crate) signatures: Option<Signatures>,
    pub(crate) external_authority: Option<PathBuf>,
    pub(crate) pause_at: Option<Step>,
}

/// Said where endpoints may lie on this machine.
pub(crate) const ON_THIS_MACHINE: &str = "endpoints may lie on this machine itself (endpoint_loopback): \
    whoever registers one reaches what listens here; use it for demonstrations and tests only";

/// Everything that is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
#[error("the configuration {file} cannot be used:\n  {}", faults.join("\n  "))]
pub(crate) struct ConfigError {
    file: String,
    faults: Vec<String>,
}

impl Config {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// All faults at once.
    pub(crate) fn read(path: &Path) -> Result<Self, ConfigError> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError {
            file: file.clone(),
            faults: vec![format!("it cannot be read: {error}")],
        })?;
        Self::parse(&text).map_err(|faults| ConfigError { file, faults })
    }

    /// Checks the text of a file.
    ///
    /// # Errors
    /// All faults at once.
    pub(crate) fn parse(text: &str) -> Result<Self, Vec<String>> {
        let file: File = toml::from_str(text).map_err(|error| vec![error.to_string()])?;
        let mut faults = Vec::new();
        let url = file
            .database
            .clone()
            .unwrap_or_else(|| format!("sqlite:{}", file.data.join("shuqiao.db").display()));
        let database = DatabaseUrl::parse(&url)
            .map_err(|e| faults.push(format!("database: {e}")))
            .ok();
        let networks = Networks::parse(&file.endpoint_networks, file.endpoint_loopback)
            .unwrap_or_else(|wrong| {
                faults.extend(
                    wrong
                        .iter()
                        .map(|fault| format!("endpoint_networks: {fault}")),
                );
                Networks::default()
            });
        let zones = file.network_zones.iter();
        let zones: Vec<_> = zones
            .map(|part| (part.zone.clone(), part.networks.clone()))
            .collect();
        let zones = Zones::parse(&zones).unwrap_or_else(|wrong| {
            faults.extend(wrong.iter().map(|fault| format!("network_zones: {fault}")));
            Zones::default()
        });
        if !file.admin_listen.ip().is_loopback() {
            faults.push(
                "admin_listen: the console speaks plain HTTP; use a loopback address".to_owned(),
            );
        }
        if file.hosts.is_empty() {
            faults.push("hosts: name at least one host under which callers reach gRPC".to_owned());
        }
        for (key, value, least) in [
            ("probe_interval_s", file.probe_interval_s, 1),
            ("refresh_interval_ms", file.refresh_interval_ms, 10),
            ("publish_interval_ms", file.publish_interval_ms, 10),
            ("calls_per_endpoint", file.calls_per_endpoint, 1),
            ("tidy_interval_s", file.tidy_interval_s, 1),
        ] {
            if value < least || value > 1_000_000 {
                faults.push(format!("{key}: give {least} to 1000000"));
            }
        }
        if file
            .workers
            .is_some_and(|count| !(1..=256).contains(&count))
        {
            faults.push("workers: give 1 to 256".to_owned());
        }
        let window = file.request_signatures.as_ref().map(|part| part.window_s);
        if window.is_some_and(|window| !(1..=3600).contains(&window)) {
            faults.push("request_signatures.window_s: give 1 to 3600".to_owned());
        }
        // A revocation must be seen everywhere within one second.
        if file.refresh_interval_ms > 1000 {
            faults.push(
                "refresh_interval_ms: at most 1000, or a revocation comes too late".to_owned(),
            );
        }
        match database {
            Some(database) if faults.is_empty() => Ok(Self::new(file, database, (networks, zones))),
            _ => Err(faults),
        }
    }

    fn new(
        file: File,
        database: DatabaseUrl,
        (endpoint_networks, zones): (Networks, Zones),
    ) -> Self {
        let signatures = file.request_signatures.map(|part| {
            let window = SignedDuration::from_secs(part.window_s.into());
            Signatures::new(part.demand, window, &file.data)
        });
        Self {
            files: file.files.unwrap_or_else(|| file.data.join("files")),
            tidy_interval_s: file.tidy_interval_s,
            signatures,
            external_authority: file.authority.external,
            data: file.data,
            database,
            trust_domain: file.trust_domain,
            grpc_listen: file.grpc_listen,
            admin_listen: file.admin_listen,
            hosts: file.hosts,
            endpoint_networks,
            zones,
            probe_interval_s: file.probe_interval_s,
            refresh_interval_ms: file.refresh_interval_ms,
            publish_interval_ms: file.publish_interval_ms,
            workers: file
                .workers
                .and_then(|count| usize::try_from(count).ok())
                .unwrap_or_else(cores),
            calls_per_endpoint: usize::try_from(file.calls_per_endpoint).unwrap_or(usize::MAX),
            seeds: file.seeds,
            pause_at: pause_from_environment(),
        }
    }
}

/// A debug build can be told to stop at a step, so that a test can kill it there.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment"
)]
fn pause_from_environment() -> Option<Step> {
    if !cfg!(debug_assertions) {
        return None;
    }
    Step::parse(&std::env::var("SHUQIAO_PAUSE_AT").ok()?)
}

fn default_trust_domain() -> String {
    "shuqiao.shaoyang".to_owned()
}

fn default_grpc() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 9443))
}

fn default_admin() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 9480))
}

fn default_hosts() -> Vec<String> {
    vec!["localhost".to_owned(), "127.0.0.1".to_owned()]
}

fn default_probe() -> u64 {
    30
}

fn default_refresh() -> u64 {
    250
}

/// Ten minutes, as the gateway of Shandong takes them; the national platform names no time.
fn default_window() -> u32 {
    600
}

fn default_calls() -> u64 {
    256
}

fn default_tidy() -> u64 {
    60
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn default_publish() -> u64 {
    500
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_files_can_be_used() {
        for text in [
            include_str!("../../../deploy/shuqiao.sqlite.toml"),
            include_str!("../../../deploy/shuqiao.postgres.toml"),
        ] {
            Config::parse(text).unwrap();
        }
    }

    #[test]
    fn all_faults_are_listed_at_once() {
        let faults = Config::parse(
            "data = 'd'\ndatabase = 'mysql://x'\nadmin_listen = '0.0.0.0:1'\nendpoint_networks = ['x']\nrefresh_interval_ms = 5000\n\
             network_zones = [{ zone = 'moon', networks = ['10.0.0.0/8'] }, { zone = 'public', networks = ['x'] }]\n",
        )
        .unwrap_err();
        assert_eq!(faults.len(), 6, "{faults:?}");
        assert!(Config::parse("data = 'd'\nunknown = 1").is_err());
    }

    #[test]
    fn this_machine_is_reached_only_where_the_file_says_so() {
        let parse = |more: &str| Config::parse(&format!("data = 'd'\n{more}"));
        for (networks, unsaid, said) in [
            ("'10.0.0.0/8'", true, true),
            ("'10.0.0.0/8', '127.0.0.0/8'", false, true),
            ("'::ffff:127.0.0.1'", false, true),
            ("'169.254.0.0/16'", false, false),
            ("'0.0.0.0/0'", false, false),
        ] {
            let networks = format!("endpoint_networks = [{networks}]");
            for (more, good) in [
                ("", unsaid),
                ("endpoint_loopback = false", unsaid),
                ("endpoint_loopback = true", said),
            ] {
                let parsed = parse(&format!("{networks}\n{more}"));
                assert_eq!(parsed.is_ok(), good, "{networks} {more}");
            }
        }
        let faults = parse("endpoint_networks = ['127.0.0.1', 'fe80::/10']").unwrap_err();
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(faults[0].starts_with("endpoint_networks: 127.0.0.1/32 holds"));
        assert!(faults[0].contains("endpoint_loopback = true"));
    }

    #[test]
    fn request_signatures_are_off_unless_the_file_says_how() {
        let parse = |part: &str| Config::parse(&format!("data = 'd'\n{part}"));
        assert!(parse("").unwrap().signatures.is_none());
        let on = parse("[request_signatures]\ndemand = 'required'").unwrap();
        let on = on.signatures.unwrap();
        assert_eq!(
            (on.demand, on.window),
            (Demand::Required, SignedDuration::from_mins(10))
        );
        for wrong in [
            "window_s = 60",
            "demand = 'off'",
            "demand = 'accepted'\nwindow_s = 0",
        ] {
            assert!(
                parse(&format!("[request_signatures]\n{wrong}")).is_err(),
                "{wrong}"
            );
        }
    }
}
