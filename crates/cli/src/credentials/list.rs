//! `shuqiaoctl credentials list`: who holds which TLS certificate, and until when?

use std::io::Write;

use api::registry::v1::tls_certificate_service_client::TlsCertificateServiceClient;
use api::registry::v1::{ListTlsCertificatesRequest, TlsCertificate};

use crate::connection::{Connection, all_pages};
use crate::lookup::moment;
use crate::output::{Format, Output, Table};
use crate::{Ending, Failure};

/// List TLS certificates that you may see, the next to end first.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only those of this holder, for example systems/yjs-platform.
    #[arg(long, value_name = "HOLDER", default_value = "")]
    subject: String,

    /// Only those of this department and its systems.
    #[arg(long, value_name = "departments/CODE", default_value = "")]
    department: String,

    /// Only those that end soon and were not renewed.
    #[arg(long)]
    expires_soon: bool,
}

/// Runs the command.
pub(super) async fn run<W: Write>(
    args: &Args,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let mut client = TlsCertificateServiceClient::new(connection.channel.clone());
    let mut found = all_pages(async |page_token| {
        let request = ListTlsCertificatesRequest {
            subject: args.subject.clone(),
            department: args.department.clone(),
            expires_soon: args.expires_soon,
            page_token,
            ..ListTlsCertificatesRequest::default()
        };
        let page = client
            .list_tls_certificates(connection.ask(request))
            .await?;
        let page = page.into_inner();
        Ok((page.tls_certificates, page.next_page_token))
    })
    .await?;
    found.sort_by_key(|one| one.expire_time.map(|time| (time.seconds, time.nanos)));
    let mut table = Table::new(["SUBJECT", "ENDS", "STATE", "RENEWABLE FROM", "NAME"]);
    for one in &found {
        match output.format() {
            Format::Json => output.json(&json(one))?,
            Format::Table => table.push(row(one)),
        }
    }
    output.table(&table)?;
    Ok(Ending::Good)
}

fn row(one: &TlsCertificate) -> [String; 5] {
    [
        one.subject.clone(),
        moment(one.expire_time.as_ref()).unwrap_or_default(),
        state(one).to_owned(),
        moment(one.renewable_time.as_ref()).unwrap_or_default(),
        one.name.clone(),
    ]
}

/// One TLS certificate as JSON.
pub(super) fn json(one: &TlsCertificate) -> serde_json::Value {
    serde_json::json!({
        "name": one.name,
        "subject": one.subject,
        "department": one.department,
        "starts": moment(one.start_time.as_ref()),
        "ends": moment(one.expire_time.as_ref()),
        "renewable_from": moment(one.renewable_time.as_ref()),
        "revoked": moment(one.revoke_time.as_ref()),
        "revoke_reason": one.revoke_reason,
        "expires_soon": one.expires_soon,
        "renews": one.renews,
        "external": one.external,
        "endpoint_hosts": one.endpoint_hosts,
    })
}

/// Whether it is over says its end, which stands beside.
fn state(one: &TlsCertificate) -> &'static str {
    if one.revoke_time.is_some() {
        "revoked"
    } else if one.expires_soon {
        "ends soon"
    } else {
        "issued"
    }
}
