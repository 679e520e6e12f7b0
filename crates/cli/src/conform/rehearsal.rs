//! A rehearsal: the cases straight from this machine, of an endpoint that no gateway knows.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use api::registry::v1::CheckConformanceResponse;
use contract::{Direct, Rehearsal, Setting, client_config, examine, wire};
use domain::endpoint::{Address, Protocol};
use domain::fault::Faults;
use domain::reference::Reference;
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};

use super::folder::{Certificates, open};
use super::{Args, entries, samples};
use crate::connection::{self, new_request_id};
use crate::input::read_text;
use crate::{Failure, now, today};

const FOLDER: &str = "shuqiao-rehearsal";
const TRUST_DOMAIN: &str = "shuqiao.shaoyang";

/// What only a rehearsal takes.
#[derive(clap::Args)]
pub(super) struct Options {
    /// Of a rehearsal: the folder of its certificates, made on first use [default: shuqiao-rehearsal].
    #[arg(long = "rehearsal", value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Of a rehearsal: how the endpoint is spoken to, as at its registration [default: grpc].
    #[arg(long, value_enum, value_name = "PROTOCOL")]
    protocol: Option<Spoken>,
    /// Of a rehearsal: the name or address in the endpoint's certificate, where it is another than that of --endpoint.
    #[arg(long, value_name = "HOST")]
    endpoint_host: Option<String>,
    /// Of a rehearsal: the authority of the endpoint's certificate, PEM, where it does not show that of
    /// DIR/provider.
    #[arg(long, value_name = "FILE")]
    endpoint_ca: Option<PathBuf>,
    /// Of a rehearsal: the trust domain that the endpoint expects in the gateway's URI,
    /// `spiffe://NAME/gateway` [default: shuqiao.shaoyang].
    #[arg(long, value_name = "NAME")]
    trust_domain: Option<String>,
}

/// How an endpoint is spoken to that is driven, not only looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Spoken {
    Grpc,
    HttpJson,
}

impl Options {
    /// Refuses what only a rehearsal takes, where the endpoint is a registered one.
    ///
    /// # Errors
    /// The first that was given.
    pub(super) fn must_be_bare(&self) -> Result<(), Failure> {
        let given = [
            ("--rehearsal", self.folder.is_some()),
            ("--protocol", self.protocol.is_some()),
            ("--endpoint-host", self.endpoint_host.is_some()),
            ("--endpoint-ca", self.endpoint_ca.is_some()),
            ("--trust-domain", self.trust_domain.is_some()),
        ];
        let given: Vec<&str> = given
            .iter()
            .filter(|(_, given)| *given)
            .map(|(name, _)| *name)
            .collect();
        if given.is_empty() {
            return Ok(());
        }
        Err(Failure::Message(format!(
            "{} is for a rehearsal: a registered endpoint is asked by the gateway. Leave it out, or give \
             --endpoint HOST:PORT",
            given.join(", ")
        )))
    }
}

/// Runs the cases, unless only the input is to be checked.
pub(super) async fn run(
    args: &Args,
    file: samples::File,
    gateway: &connection::Options,
) -> Result<CheckConformanceResponse, Failure> {
    let options = &args.rehearsal;
    let protocol = match options.protocol {
        Some(Spoken::HttpJson) => Protocol::HttpJson,
        Some(Spoken::Grpc) | None => Protocol::Grpc,
    };
    let reference = Reference::embedded().map_err(|faults| Failure::Message(faults.to_string()))?;
    let regions = &reference.regions;
    let (promised, samples) = promised(args, file, gateway).await?;
    let rehearsal = contract::rehearsal(
        &args.endpoint,
        protocol,
        &promised,
        &samples,
        regions,
        today(),
    )
    .map_err(|faults| unfit(&faults))?;
    let way = way(options, &rehearsal)?;
    if args.dry_run {
        return Ok(CheckConformanceResponse::default());
    }
    let setting = Setting {
        // There is no ledger here, so no entry says that it is asked.
        intent_index: 0,
        consumer: rehearsal.endpoint.system.as_str(),
        grpc: rehearsal.endpoint.protocol != Protocol::HttpJson,
        request_ids: &new_request_id,
        regions,
        today: today(),
    };
    let report = examine(&way, &rehearsal.examination, &setting).await;
    Ok(CheckConformanceResponse {
        endpoint: None,
        passed: report.passed(),
        findings: report.findings.into_iter().map(wire::finding_to).collect(),
    })
}

/// What is promised, by the file or by a gateway, and what is asked about.
async fn promised(
    args: &Args,
    mut file: samples::File,
    gateway: &connection::Options,
) -> Result<
    (
        Vec<contract::Entry>,
        Vec<api::registry::v1::ConformanceSample>,
    ),
    Failure,
> {
    let own = std::mem::take(&mut file.entries);
    let samples = file.into_samples();
    if own.is_empty() && gateway.is_named() {
        let entries = entries::ask(&gateway.connect().await?, &samples).await?;
        return Ok((entries, samples));
    }
    if own.is_empty() {
        return Err(Failure::Message(
            "nothing says what the endpoint promises: put an [[entry]] for each resource into the file of --samples \
             (`shuqiaoctl conform --help` has one), or name a gateway that has them in its catalogue by --server and \
             --identity"
                .to_owned(),
        ));
    }
    let folder = args.samples.as_deref().and_then(Path::parent);
    let folder = folder.unwrap_or(Path::new(""));
    let promised = own
        .into_iter()
        .enumerate()
        .map(|(number, entry)| entry.into_promised(number, folder));
    Ok((promised.collect(), samples))
}

/// All faults of the input, as a gateway tells them.
fn unfit(faults: &Faults) -> Failure {
    let mut lines = vec!["entries and samples do not fit; nothing was asked".to_owned()];
    let told = faults.as_slice().iter();
    lines.extend(told.map(|one| format!("  {}: {}: {}", one.field, one.code, one.message)));
    Failure::Message(lines.join("\n"))
}

/// The way to the endpoint, by the certificates of the rehearsal.
fn way(options: &Options, rehearsal: &Rehearsal) -> Result<Direct, Failure> {
    let address = rehearsal.endpoint.address.clone();
    let host = options.endpoint_host.as_deref().unwrap_or(address.host());
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| Failure::Message(format!("{host} is no name of a server")))?;
    let mut hosts = vec![host.to_owned()];
    for more in [address.host(), "localhost", "127.0.0.1"] {
        if !hosts.iter().any(|known| known == more) {
            hosts.push(more.to_owned());
        }
    }
    let folder = options.folder.as_deref().unwrap_or(Path::new(FOLDER));
    let trust_domain = options.trust_domain.as_deref().unwrap_or(TRUST_DOMAIN);
    let shown = open(folder, trust_domain, &hosts, now())?;
    let place = folder.display();
    eprintln!(
        "a rehearsal: let the provider trust {place}/authority.pem in place of the gateway's, and show \
         {place}/provider/certificate.pem with the key.pem beside it (or name its own authority by --endpoint-ca)"
    );
    dialling(options, address, name, shown)
}

fn dialling(
    options: &Options,
    address: Address,
    name: ServerName<'static>,
    shown: Certificates,
) -> Result<Direct, Failure> {
    let trusted = match &options.endpoint_ca {
        Some(file) => read_text(file)?,
        None => shown.callers,
    };
    let roots = roots(&trusted)?;
    let config = |own: Option<(CertificateDer<'static>, Vec<u8>)>| {
        let made = client_config(roots.clone(), own);
        let broken = |error: rustls::Error| Failure::Message(format!("no TLS: {error}"));
        made.map(Arc::new).map_err(broken)
    };
    let gateway = pair(&shown.gateway)?;
    Ok(Direct {
        address,
        name,
        gateway: config(Some(gateway))?,
        nothing: config(None)?,
        stranger: config(Some((shown.stranger.der, shown.stranger.key)))?,
        system: config(Some((shown.system.der, shown.system.key)))?,
    })
}

fn pair(own: &identity::Identity) -> Result<(CertificateDer<'static>, Vec<u8>), Failure> {
    let broken = || Failure::Message("the rehearsal's certificate or key is not PEM".to_owned());
    let der = CertificateDer::from_pem_slice(own.certificate.as_bytes()).map_err(|_| broken())?;
    let key = PrivatePkcs8KeyDer::from_pem_slice(own.key.as_bytes()).map_err(|_| broken())?;
    Ok((der, key.secret_pkcs8_der().to_vec()))
}

fn roots(pem: &str) -> Result<RootCertStore, Failure> {
    let broken = || {
        let message = "the authority of the endpoint's certificate is no certificate in PEM";
        Failure::Message(message.to_owned())
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        roots
            .add(certificate.map_err(|_| broken())?)
            .map_err(|_| broken())?;
    }
    if roots.is_empty() {
        return Err(broken());
    }
    Ok(roots)
}
