//! `shuqiaoctl grants`: what was agreed, and whether it may be used.

mod act;
mod uses;

use std::io::Write;

use api::sharing::v1 as pb;
use api::sharing::v1::grant_service_client::GrantServiceClient;

use crate::connection::{Connection, PAGE, all_pages};
use crate::lookup::moment;
use crate::output::{Format, Output, Table, word};
use crate::terms::{self, modes};
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
    #[command(flatten)]
    Act(act::Act),
    Uses(uses::Uses),
    NarrowToUse(uses::NarrowToUse),
    /// Show what was agreed before, and how it changed.
    Versions {
        /// The grant.
        #[arg(value_name = "grants/UUID")]
        name: String,
    },
}

type Client = GrantServiceClient<tonic::transport::Channel>;

/// Runs the command.
pub(crate) async fn run<W: Write>(
    args: &Args,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let mut client = Client::new(connection.channel.clone());
    let grant = match &args.command {
        Command::List { resource, consumer } => {
            return list(&mut client, connection, (resource, consumer), output).await;
        }
        Command::Versions { name } => {
            return versions(&mut client, connection, name, output).await;
        }
        Command::Uses(uses) => return uses.run(&mut client, connection, output).await,
        Command::Show { name } => {
            let request = pb::GetGrantRequest { name: name.clone() };
            let shown = client.get_grant(connection.ask(request)).await?;
            shown.into_inner()
        }
        Command::Act(act) => act.run(&mut client, connection).await?,
        Command::NarrowToUse(step) => step.run(&mut client, connection).await?,
    };
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
    let mut last = Vec::new();
    if let Some(order) = &grant.rectification {
        let text = format!("{} (until {}, {})", order.misuse, order.due_date, order.by);
        last.push(("to be put right", text));
        for report in &order.reports {
            let judged = match report.rejection.as_str() {
                "" => "waits to be judged".to_owned(),
                why => format!("rejected: {why}"),
            };
            last.push(("reported", format!("{}; {judged}", report.statement)));
        }
    }
    if !grant.disposal_demand.is_empty() {
        last.push(("to be done with the data", grant.disposal_demand.clone()));
    }
    if let Some(disposal) = &grant.disposal {
        let text = format!("{} on {}", disposal.statement, disposal.done_on);
        last.push(("data", text));
    }
    let zones = match grant.network_zones.as_slice() {
        [] => "any".to_owned(),
        named => named.join(", "),
    };
    let quota = grant.quota.as_ref();
    let quota = quota.map_or_else(|| "none".to_owned(), terms::quota_said);
    let mut all = vec![
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
        ("legal next", grant.legal_methods.join(", ")),
    ];
    all.extend(last);
    all
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
        "rectification": grant.rectification.as_ref().map(order_json),
        "disposal_demand": grant.disposal_demand,
        "disposal": grant.disposal.as_ref().map(|one| serde_json::json!({
            "statement": one.statement, "done_on": one.done_on, "by": one.by,
        })),
        "legal_methods": grant.legal_methods,
        "approvers": grant.approvers,
        "provide_due_date": grant.provide_due_date,
        "provide_due_rule": grant.provide_due_rule,
        "provide_time": moment(grant.provide_time.as_ref()),
        "etag": grant.etag,
    })
}

fn order_json(order: &pb::grant::Rectification) -> serde_json::Value {
    let report = |one: &pb::grant::Report| {
        serde_json::json!({
            "statement": one.statement,
            "by": one.by,
            "time": moment(one.time.as_ref()),
            "rejection": one.rejection,
        })
    };
    serde_json::json!({
        "misuse": order.misuse,
        "by": order.by,
        "time": moment(order.time.as_ref()),
        "due_date": order.due_date,
        "due_rule": order.due_rule,
        "reports": order.reports.iter().map(report).collect::<Vec<_>>(),
    })
}
