//! `shuqiaoctl grants`: what was agreed, and whether it may be used.

use std::io::Write;

use api::catalogue::v1::ShareMode;
use api::sharing::v1 as pb;
use api::sharing::v1::grant_service_client::GrantServiceClient;

use crate::connection::{Connection, PAGE, all_pages, new_request_id};
use crate::lookup::moment;
use crate::output::{Format, Output, Table, word};
use crate::{Ending, Failure};

/// Show what was agreed, and stop a grant or let it go on.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// List the grants that you may see.
    List {
        /// Only those of this entry.
        #[arg(long, value_name = "resources/CODE", default_value = "")]
        resource: String,
        /// Only those of this system.
        #[arg(long, value_name = "systems/ID", default_value = "")]
        consumer: String,
    },
    /// Show one grant.
    Show {
        /// The grant.
        #[arg(value_name = "grants/UUID")]
        name: String,
    },
    /// Stop its use at once.
    Suspend(Stopping),
    /// End a suspension: another person than the one who suspended.
    Resume {
        /// The grant.
        #[arg(value_name = "grants/UUID")]
        name: String,
        /// A UUID, the same again for a retry; a new one if left out.
        #[arg(long, value_name = "UUID")]
        request_id: Option<String>,
    },
    /// End it for good.
    Revoke(Stopping),
}

/// A step with a reason, which the consumer sees.
#[derive(clap::Args)]
struct Stopping {
    /// The grant.
    #[arg(value_name = "grants/UUID")]
    name: String,
    /// Why; the consumer sees it.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// A UUID, the same again for a retry; a new one if left out.
    #[arg(long, value_name = "UUID")]
    request_id: Option<String>,
}

type Client = GrantServiceClient<tonic::transport::Channel>;

/// Runs the command.
pub(crate) async fn run<W: Write>(
    args: &Args,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let mut client = Client::new(connection.channel.clone());
    let id = |given: &Option<String>| given.clone().unwrap_or_else(new_request_id);
    let grant = match &args.command {
        Command::List { resource, consumer } => {
            return list(&mut client, connection, (resource, consumer), output).await;
        }
        Command::Show { name } => {
            let request = pb::GetGrantRequest { name: name.clone() };
            client.get_grant(connection.ask(request)).await?
        }
        Command::Suspend(step) => {
            let request = pb::SuspendGrantRequest {
                name: step.name.clone(),
                reason: step.reason.clone(),
                request_id: id(&step.request_id),
            };
            client.suspend_grant(connection.ask(request)).await?
        }
        Command::Resume { name, request_id } => {
            let request = pb::ResumeGrantRequest {
                name: name.clone(),
                request_id: id(request_id),
            };
            client.resume_grant(connection.ask(request)).await?
        }
        Command::Revoke(step) => {
            let request = pb::RevokeGrantRequest {
                name: step.name.clone(),
                reason: step.reason.clone(),
                request_id: id(&step.request_id),
            };
            client.revoke_grant(connection.ask(request)).await?
        }
    };
    let grant = grant.into_inner();
    match output.format() {
        Format::Json => output.json(&json(&grant))?,
        Format::Table => output.fields(&fields(&grant))?,
    }
    Ok(Ending::Good)
}

async fn list<W: Write>(
    client: &mut Client,
    connection: &Connection,
    (resource, consumer): (&str, &str),
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let found = all_pages(async |page_token| {
        let request = pb::ListGrantsRequest {
            page_size: PAGE,
            page_token,
        };
        let page = client
            .list_grants(connection.ask(request))
            .await?
            .into_inner();
        Ok((page.grants, page.next_page_token))
    })
    .await?;
    let is_wanted = |one: &&pb::Grant| {
        (resource.is_empty() || one.resource == resource)
            && (consumer.is_empty() || one.consumer == consumer)
    };
    let mut table = Table::new(["GRANT", "STATE", "CONSUMER", "RESOURCE", "UNTIL", "ITEMS"]);
    for one in found.iter().filter(is_wanted) {
        match output.format() {
            Format::Json => output.json(&json(one))?,
            Format::Table => table.push([
                one.name.clone(),
                state(one),
                one.consumer.clone(),
                one.resource.clone(),
                one.end_date.clone(),
                one.items.len().to_string(),
            ]),
        }
    }
    output.table(&table)?;
    Ok(Ending::Good)
}

fn state(grant: &pb::Grant) -> String {
    word(grant.state().as_str_name(), "STATE_")
}

fn modes(grant: &pb::Grant) -> Vec<String> {
    let modes = grant.share_modes();
    modes
        .map(|mode: ShareMode| word(mode.as_str_name(), "SHARE_MODE_"))
        .collect()
}

fn fields(grant: &pb::Grant) -> Vec<(&'static str, String)> {
    let provided = match moment(grant.provide_time.as_ref()) {
        Some(at) => format!("since {at}"),
        None if grant.provide_due_rule.is_empty() => "not said".to_owned(),
        None => format!(
            "until {} ({})",
            grant.provide_due_date, grant.provide_due_rule
        ),
    };
    vec![
        ("grant", format!("{} version {}", grant.name, grant.version)),
        (
            "state",
            format!("{} {}", state(grant), grant.state_reason)
                .trim_end()
                .to_owned(),
        ),
        ("application", grant.application.clone()),
        ("consumer", grant.consumer.clone()),
        ("provider", grant.provider.clone()),
        (
            "resource",
            format!("{} version {}", grant.resource, grant.resource_version),
        ),
        ("items", grant.items.join(", ")),
        ("modes", modes(grant).join(", ")),
        ("matters", grant.matters.join(", ")),
        ("basis", grant.legal_basis.clone()),
        (
            "term",
            format!("{} to {}", grant.start_date, grant.end_date),
        ),
        (
            "clerk named",
            if grant.operator_required { "yes" } else { "no" }.to_owned(),
        ),
        ("approved by", grant.approvers.join(", ")),
        ("provided", provided),
    ]
}

fn json(grant: &pb::Grant) -> serde_json::Value {
    serde_json::json!({
        "name": grant.name,
        "version": grant.version,
        "state": state(grant),
        "state_reason": grant.state_reason,
        "application": grant.application,
        "consumer": grant.consumer,
        "provider": grant.provider,
        "resource": grant.resource,
        "resource_version": grant.resource_version,
        "items": grant.items,
        "share_modes": modes(grant),
        "matters": grant.matters,
        "legal_basis": grant.legal_basis,
        "start_date": grant.start_date,
        "end_date": grant.end_date,
        "operator_required": grant.operator_required,
        "approvers": grant.approvers,
        "provide_due_date": grant.provide_due_date,
        "provide_due_rule": grant.provide_due_rule,
        "provide_time": moment(grant.provide_time.as_ref()),
        "etag": grant.etag,
    })
}
