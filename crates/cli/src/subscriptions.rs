//! `shuqiaoctl subscriptions`: have events brought to a receiver.

use std::io::Write;

use api::sharing::v1 as pb;
use api::sharing::v1::subscription_service_client::SubscriptionServiceClient;
use serde_json::{Value, json};
use tonic::transport::Channel;

use crate::connection::{Connection, PAGE, all_pages, new_request_id};
use crate::output::{Format, Output, Table, word};
use crate::{Ending, Failure};

/// Subscriptions: events are posted to a receiver of yours, signed, instead of being watched for.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Make a subscription; it begins with what happens from now on.
    ///
    /// Example: shuqiaoctl subscriptions create --owner systems/yjs-platform --url <https://10.1.2.3:9443/events>
    Create {
        /// Whose events: a system or a department.
        #[arg(long, value_name = "systems/ID")]
        owner: String,
        /// Where they are posted: https, a host and port in the allowed networks, a path.
        #[arg(long, value_name = "URL")]
        url: String,
        /// The system whose TLS certificate stands there; of a department one of its systems.
        #[arg(long, value_name = "systems/ID", default_value = "")]
        receiver: String,
        /// The beginning of an event's name, whole words of it; may be given several times.
        #[arg(long = "kind", value_name = "PREFIX")]
        kinds: Vec<String>,
    },
    /// List subscriptions. The exit code is 1 when there is none.
    List,
    /// Show one.
    Show {
        #[arg(value_name = "subscriptions/ID")]
        name: String,
    },
    /// Bring events again after it was paused or failed: all that was missed first.
    Resume {
        #[arg(value_name = "subscriptions/ID")]
        name: String,
    },
    /// End it for good.
    End {
        #[arg(value_name = "subscriptions/ID")]
        name: String,
    },
    /// Post a signed message about nothing and say what came of it. Exit code 0 it was taken, 1 not.
    Test {
        #[arg(value_name = "subscriptions/ID")]
        name: String,
    },
}

pub(crate) async fn run<W: Write>(
    args: &Args,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let mut client = SubscriptionServiceClient::new(connection.channel.clone());
    let request_id = new_request_id();
    let row = match &args.command {
        Command::List => return list(&mut client, connection, output).await,
        Command::Test { name } => {
            let request = pb::TestSubscriptionRequest { name: name.clone() };
            let answer = client.test_subscription(connection.ask(request)).await?;
            return tested(&answer.into_inner(), output);
        }
        Command::Create {
            owner,
            url,
            receiver,
            kinds,
        } => {
            let request = pb::CreateSubscriptionRequest {
                subscription: Some(pb::Subscription {
                    owner: owner.clone(),
                    url: url.clone(),
                    receiver: receiver.clone(),
                    filter: Some(pb::EventFilter {
                        kinds: kinds.clone(),
                        ..pb::EventFilter::default()
                    }),
                    ..pb::Subscription::default()
                }),
                request_id,
            };
            client.create_subscription(connection.ask(request)).await?
        }
        Command::Show { name } => {
            let request = pb::GetSubscriptionRequest { name: name.clone() };
            client.get_subscription(connection.ask(request)).await?
        }
        Command::Resume { name } => {
            let name = name.clone();
            let request = pb::ResumeSubscriptionRequest { name, request_id };
            client.resume_subscription(connection.ask(request)).await?
        }
        Command::End { name } => {
            let name = name.clone();
            let request = pb::EndSubscriptionRequest { name, request_id };
            client.end_subscription(connection.ask(request)).await?
        }
    };
    show(&row.into_inner(), output)?;
    Ok(Ending::Good)
}

async fn list<W: Write>(
    client: &mut SubscriptionServiceClient<Channel>,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let rows = all_pages(async |page_token| {
        let request = pb::ListSubscriptionsRequest {
            page_size: PAGE,
            page_token,
        };
        let page = client.list_subscriptions(connection.ask(request)).await?;
        let page = page.into_inner();
        Ok((page.subscriptions, page.next_page_token))
    })
    .await?;
    match output.format() {
        Format::Json => {
            for row in &rows {
                output.json(&as_json(row))?;
            }
        }
        Format::Table => {
            let mut table = Table::new(["NAME", "OWNER", "URL", "STATE", "REASON"]);
            for row in &rows {
                table.push([
                    row.name.clone(),
                    row.owner.clone(),
                    row.url.clone(),
                    state(row),
                    row.state_reason.clone(),
                ]);
            }
            output.table(&table)?;
        }
    }
    Ok(if rows.is_empty() {
        Ending::Bad
    } else {
        Ending::Good
    })
}

fn tested<W: Write>(
    answer: &pb::TestSubscriptionResponse,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    match output.format() {
        Format::Json => output.json(&json!({"taken": answer.taken, "reason": answer.reason}))?,
        Format::Table if answer.taken => output.text("the receiver took the message")?,
        Format::Table => output.text(&answer.reason)?,
    }
    Ok(if answer.taken {
        Ending::Good
    } else {
        Ending::Bad
    })
}

fn show<W: Write>(row: &pb::Subscription, output: &mut Output<W>) -> Result<(), Failure> {
    match output.format() {
        Format::Json => output.json(&as_json(row))?,
        Format::Table => output.fields(&[
            ("name", row.name.clone()),
            ("owner", row.owner.clone()),
            ("receiver", row.receiver.clone()),
            ("url", row.url.clone()),
            ("kinds", kinds(row).join(" ")),
            ("state", state(row)),
            ("reason", row.state_reason.clone()),
            ("failed", row.failed_attempts.to_string()),
            ("cursor", row.cursor.clone()),
            ("public key", row.public_key.clone()),
        ])?,
    }
    Ok(())
}

fn as_json(row: &pb::Subscription) -> Value {
    json!({
        "name": row.name,
        "owner": row.owner,
        "receiver": row.receiver,
        "url": row.url,
        "kinds": kinds(row),
        "state": state(row),
        "state_reason": row.state_reason,
        "failed_attempts": row.failed_attempts,
        "cursor": row.cursor,
        "public_key": row.public_key,
    })
}

fn kinds(row: &pb::Subscription) -> Vec<String> {
    let filter = row.filter.as_ref();
    filter
        .map(|filter| filter.kinds.clone())
        .unwrap_or_default()
}

fn state(row: &pb::Subscription) -> String {
    word(row.state().as_str_name(), "STATE_")
}
