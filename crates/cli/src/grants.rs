//! `shuqiaoctl grants`: what was agreed, and whether it may be used.

use std::io::Write;

use api::sharing::v1 as pb;
use api::sharing::v1::grant_service_client::GrantServiceClient;

use crate::connection::{Connection, PAGE, all_pages, new_request_id};
use crate::lookup::moment;
use crate::output::{Format, Output, Table, word};
use crate::terms::{self, Less, modes};
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
    Revoke {
        #[command(flatten)]
        step: Stopping,
        /// What you demand of the data (Order 809 art. 27); the consumer sees it.
        #[arg(long, value_name = "TEXT", default_value = "")]
        disposal_demand: String,
    },
    /// Provider, competent department: stop its use and order a misuse to be put right until a day.
    OrderRectification {
        #[command(flatten)]
        step: Stopping,
        /// The last day to put it right.
        #[arg(long, value_name = "DAY")]
        due: String,
    },
    /// Consumer: say how the misuse was put right.
    ReportRectification {
        #[command(flatten)]
        step: Stating,
    },
    /// Say that what was reported does not do, and set another day; `resume` says that it does.
    RejectRectification {
        #[command(flatten)]
        step: Stopping,
        /// The next last day.
        #[arg(long, value_name = "DAY")]
        due: String,
    },
    /// Consumer: say what became of the data of a grant that is over.
    StateDisposal {
        #[command(flatten)]
        step: Stating,
        /// On which day that was done.
        #[arg(long, value_name = "DAY")]
        done_on: String,
    },
    Narrow(Box<Narrowing>),
    /// Show what was agreed before, and how it changed.
    Versions {
        /// The grant.
        #[arg(value_name = "grants/UUID")]
        name: String,
    },
}

/// Give up what is not needed, or take a part back: a next version of less takes the place of the present one, at once.
///
/// Whoever needs more writes an application with --amends.
///
/// Example: shuqiaoctl grants narrow grants/UUID --items `registration_number` --reason 实际只核验登记字号
#[derive(clap::Args)]
struct Narrowing {
    /// The grant.
    #[arg(value_name = "grants/UUID")]
    name: String,
    #[command(flatten)]
    less: Less,
    /// Why; both sides see it.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Provider: how the consumer was consulted (Order 809 art. 27).
    #[arg(long, value_name = "TEXT", default_value = "")]
    consultation: String,
    /// Only if nobody changed it since it was read with this etag.
    #[arg(long, value_name = "ETAG", default_value = "")]
    etag: String,
    /// Check everything and store nothing.
    #[arg(long)]
    validate_only: bool,
    /// A UUID, the same again for a retry; a new one if left out.
    #[arg(long, value_name = "UUID")]
    request_id: Option<String>,
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

/// A step with what the consumer states.
#[derive(clap::Args)]
struct Stating {
    /// The grant.
    #[arg(value_name = "grants/UUID")]
    name: String,
    /// What you state, without anybody's data.
    #[arg(long, value_name = "TEXT")]
    statement: String,
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
        Command::Versions { name } => {
            return versions(&mut client, connection, name, output).await;
        }
        Command::Narrow(step) => {
            let request = pb::NarrowGrantRequest {
                name: step.name.clone(),
                terms: Some(step.less.message()),
                reason: step.reason.clone(),
                consultation: step.consultation.clone(),
                request_id: id(&step.request_id),
                etag: step.etag.clone(),
                validate_only: step.validate_only,
            };
            client.narrow_grant(connection.ask(request)).await?
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
        Command::OrderRectification { step, due } => {
            let request = pb::OrderRectificationRequest {
                name: step.name.clone(),
                misuse: step.reason.clone(),
                due_date: due.clone(),
                request_id: id(&step.request_id),
                etag: String::new(),
            };
            client.order_rectification(connection.ask(request)).await?
        }
        Command::ReportRectification { step } => {
            let request = pb::ReportRectificationRequest {
                name: step.name.clone(),
                statement: step.statement.clone(),
                request_id: id(&step.request_id),
                etag: String::new(),
            };
            client.report_rectification(connection.ask(request)).await?
        }
        Command::RejectRectification { step, due } => {
            let request = pb::RejectRectificationRequest {
                name: step.name.clone(),
                reason: step.reason.clone(),
                due_date: due.clone(),
                request_id: id(&step.request_id),
                etag: String::new(),
            };
            client.reject_rectification(connection.ask(request)).await?
        }
        Command::StateDisposal { step, done_on } => {
            let request = pb::StateDisposalRequest {
                name: step.name.clone(),
                statement: step.statement.clone(),
                done_on: done_on.clone(),
                request_id: id(&step.request_id),
                etag: String::new(),
            };
            client.state_disposal(connection.ask(request)).await?
        }
        Command::Revoke {
            step,
            disposal_demand,
        } => {
            let request = pb::RevokeGrantRequest {
                name: step.name.clone(),
                reason: step.reason.clone(),
                request_id: id(&step.request_id),
                disposal_demand: disposal_demand.clone(),
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

async fn versions<W: Write>(
    client: &mut Client,
    connection: &Connection,
    name: &str,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let found = all_pages(async |page_token| {
        let request = pb::ListGrantVersionsRequest {
            parent: name.to_owned(),
            page_size: PAGE,
            page_token,
        };
        let page = client.list_grant_versions(connection.ask(request)).await?;
        let page = page.into_inner();
        Ok((page.versions, page.next_page_token))
    })
    .await?;
    let mut table = Table::new(["VERSION", "FROM", "BY", "WHY", "COVERS"]);
    for one in &found {
        let began = moment(one.begin_time.as_ref()).unwrap_or_default();
        let covers = one.terms.as_ref().map(terms::said).unwrap_or_default();
        let (by, why) = match &one.change {
            None => (one.approvers.join(", "), one.application.clone()),
            Some(change) => {
                let kind = word(change.kind().as_str_name(), "KIND_");
                let why = format!("{kind}: {} {}", change.reason, change.consultation);
                (change.by.clone(), why.trim_end().to_owned())
            }
        };
        match output.format() {
            Format::Json => output.json(&version_json(one))?,
            Format::Table => table.push([one.version.to_string(), began, by, why, covers]),
        }
    }
    output.table(&table)?;
    Ok(Ending::Good)
}

fn version_json(one: &pb::GrantVersion) -> serde_json::Value {
    serde_json::json!({
        "name": one.name,
        "version": one.version,
        "application": one.application,
        "resource_version": one.resource_version,
        "terms": one.terms.as_ref().map(terms::json),
        "legal_basis": one.legal_basis,
        "approvers": one.approvers,
        "change": one.change.as_ref().map(change_json),
        "begin_time": moment(one.begin_time.as_ref()),
        "end_time": moment(one.end_time.as_ref()),
    })
}

fn change_json(change: &pb::grant::Change) -> serde_json::Value {
    serde_json::json!({
        "kind": word(change.kind().as_str_name(), "KIND_"),
        "by": change.by,
        "time": moment(change.time.as_ref()),
        "reason": change.reason,
        "consultation": change.consultation,
    })
}

fn state(grant: &pb::Grant) -> String {
    word(grant.state().as_str_name(), "STATE_")
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
    let zones = match grant.network_zones.as_slice() {
        [] => "any".to_owned(),
        named => named.join(", "),
    };
    let quota = grant.quota.as_ref();
    let quota = quota.map_or_else(|| "none".to_owned(), terms::quota_said);
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
        ("modes", modes(grant.share_modes()).join(", ")),
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
        ("networks", zones),
        ("quota", quota),
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
        "share_modes": modes(grant.share_modes()),
        "matters": grant.matters,
        "legal_basis": grant.legal_basis,
        "start_date": grant.start_date,
        "end_date": grant.end_date,
        "operator_required": grant.operator_required,
        "network_zones": grant.network_zones,
        "quota": terms::quota_json(grant.quota.as_ref()),
        "change": grant.change.as_ref().map(change_json),
        "resumed_by": grant.resumed_by,
        "approvers": grant.approvers,
        "provide_due_date": grant.provide_due_date,
        "provide_due_rule": grant.provide_due_rule,
        "provide_time": moment(grant.provide_time.as_ref()),
        "etag": grant.etag,
    })
}
