//! `shuqiaoctl credentials renew`: a new key and a new TLS certificate in place of the present one.

use std::io::Write;

use api::registry::v1::tls_certificate_service_client::TlsCertificateServiceClient;
use api::registry::v1::{GetTlsCertificateRequest, RenewTlsCertificateRequest, TlsCertificate};
use identity::{Certified, Folder};
use tonic::Status;
use tonic_types::StatusExt as _;

use super::list;
use crate::connection::{Connection, Options, new_request_id};
use crate::lookup::moment;
use crate::output::{Format, Output};
use crate::{Ending, Failure};

/// Renew the identity named by --identity: a new key is made here, and the folder changes over in one step.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Do nothing, and say from when on, where it is too early. For timers.
    #[arg(long)]
    if_due: bool,
}

/// Runs the command.
pub(super) async fn run<W: Write>(
    args: &Args,
    gateway: &Options,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let folder = Folder::new(gateway.identity()?);
    let connection = gateway.connect().await?;
    let present = present(&folder, &connection).await?;
    if args.if_due && !is_due(&present, now()) {
        return told(output, "not due", &folder, Some(&present));
    }
    let pending = folder.pending(new_request_id)?;
    let request = RenewTlsCertificateRequest {
        signing_request: pending.signing_request,
        request_id: pending.request_id,
    };
    let answer = TlsCertificateServiceClient::new(connection.channel.clone())
        .renew_tls_certificate(connection.ask(request))
        .await;
    let answer = match answer {
        Ok(answer) => answer.into_inner(),
        Err(status) if args.if_due && reason(&status) == "RENEWAL_TOO_EARLY" => {
            // The two clocks differ; the gateway's counts.
            return told(output, "not due", &folder, Some(&present));
        }
        Err(status) => return Err(refused(&folder, status)?),
    };
    folder.adopt(&Certified {
        certificate: answer.certificate,
        authority: answer.authority,
    })?;
    told(output, "renewed", &folder, answer.tls_certificate.as_ref())
}

/// What the gateway knows of the certificate in the folder.
async fn present(folder: &Folder, connection: &Connection) -> Result<TlsCertificate, Failure> {
    let request = GetTlsCertificateRequest {
        name: format!("tlsCertificates/{}", folder.fingerprint()?),
    };
    let found = TlsCertificateServiceClient::new(connection.channel.clone())
        .get_tls_certificate(connection.ask(request))
        .await?;
    Ok(found.into_inner())
}

fn is_due(present: &TlsCertificate, now: jiff::Timestamp) -> bool {
    // One that cannot be renewed has no such time: asking tells why.
    let from = present.renewable_time.as_ref();
    from.is_none_or(|from| from.seconds <= now.as_second())
}

/// A refusal as the failure of the command. Where the waiting key will never be certified, it is dropped, so that
/// the next run makes another.
pub(super) fn refused(folder: &Folder, status: Status) -> Result<Failure, Failure> {
    if ["SIGNING_REQUEST_REFUSED", "REQUEST_ID_REUSED"].contains(&reason(&status).as_str()) {
        folder.forget_pending()?;
    }
    Ok(status.into())
}

fn reason(status: &Status) -> String {
    let details = status.get_error_details();
    details
        .error_info()
        .map(|info| info.reason.clone())
        .unwrap_or_default()
}

/// Says what became of an identity.
pub(super) fn told<W: Write>(
    output: &mut Output<W>,
    what: &'static str,
    folder: &Folder,
    certificate: Option<&TlsCertificate>,
) -> Result<Ending, Failure> {
    let at = |time: Option<&prost_types::Timestamp>| moment(time).unwrap_or_default();
    let certificate = certificate.cloned().unwrap_or_default();
    match output.format() {
        Format::Json => output.json(&serde_json::json!({
            "done": what,
            "identity": folder.path(),
            "tls_certificate": list::json(&certificate),
        }))?,
        Format::Table => output.fields(&[
            ("done", what.to_owned()),
            ("identity", folder.path().display().to_string()),
            ("subject", certificate.subject),
            ("ends", at(certificate.expire_time.as_ref())),
            ("renewable from", at(certificate.renewable_time.as_ref())),
        ])?,
    }
    Ok(Ending::Good)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the edge: what is due is decided by a parameter"
)]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renewal_is_due_from_its_moment_on_and_where_nobody_says() {
        let now: jiff::Timestamp = "2022-06-01T00:00:00Z".parse().unwrap();
        let from = |seconds| TlsCertificate {
            renewable_time: Some(prost_types::Timestamp { seconds, nanos: 0 }),
            ..TlsCertificate::default()
        };
        assert!(is_due(&from(now.as_second()), now));
        assert!(!is_due(&from(now.as_second() + 1), now));
        assert!(is_due(&TlsCertificate::default(), now));
    }
}
