//! The life of an entry: signed off, reviewed, published; changed, stopped, retired.

use std::io::Write;

use api::catalogue::v1 as pb;
use api::catalogue::v1::resource_service_client::ResourceServiceClient;
use tonic::transport::Channel;

use super::duties::{self, Duty};
use super::review::{self, Entries, Step};
use super::show;
use crate::connection::{Connection, new_request_id};
use crate::output::{Format, Output, Table, word};
use crate::{Ending, Failure};

/// Which entry.
#[derive(clap::Args)]
pub(crate) struct Entry {
    /// The entry.
    #[arg(value_name = "resources/CODE")]
    name: String,
}

/// Which entry, and why.
#[derive(clap::Args)]
pub(crate) struct Stop {
    /// The entry.
    #[arg(value_name = "resources/CODE")]
    name: String,
    /// Why; whoever uses it sees it.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    #[command(flatten)]
    Review(Review),
    #[command(flatten)]
    Stopping(Stopping),
    #[command(flatten)]
    Duty(Duty),
    /// Show what the next version of an entry changes, and whose use that breaks.
    ///
    /// Exit code 1 when somebody has not taken note yet.
    ///
    /// Example: shuqiaoctl catalogue change resources/105001-000001
    Change(Entry),
    /// Take note of a change that breaks the use of a grant of your department.
    ///
    /// Example: shuqiaoctl catalogue acknowledge resources/105001-000001
    Acknowledge(Entry),
    /// List the versions of an entry with what each changed.
    ///
    /// Example: shuqiaoctl catalogue versions resources/105001-000001
    Versions(Entry),
}

/// What leads to a publication.
#[derive(clap::Subcommand)]
pub(crate) enum Review {
    /// Sign entries off, or their next versions: an officer of the providing department.
    ///
    /// Of several, each is signed off that can be; the others are named with what is wrong, and the exit code is 1.
    ///
    /// Example: shuqiaoctl catalogue register resources/105001-000001
    Register(Entries),
    /// Publish what was signed off: an officer of the competent department, and another person.
    ///
    /// Of several, as register.
    ///
    /// Example: shuqiaoctl catalogue publish --department departments/11430500XY00001437
    Publish(Entries),
    /// Give back what was signed off, with what is to be changed.
    ///
    /// Example: shuqiaoctl catalogue return resources/105001-000001 --reason 'summary: 写明用途'
    Return {
        /// The entry.
        #[arg(value_name = "resources/CODE")]
        name: String,
        /// What is to be changed, with the field before a colon where it concerns one; may be repeated.
        #[arg(long = "reason", value_name = "[FIELD: ]TEXT", required = true)]
        reasons: Vec<String>,
    },
}

/// What ends one, for a while or for good.
#[derive(clap::Subcommand)]
pub(crate) enum Stopping {
    /// Stop a published entry for a while.
    ///
    /// Example: shuqiaoctl catalogue suspend resources/105001-000001 --reason 数据核查
    Suspend(Stop),
    /// End that.
    ///
    /// Example: shuqiaoctl catalogue resume resources/105001-000001
    Resume(Entry),
    /// Take a publication back, to be corrected. Not while grants on it are in force.
    ///
    /// Example: shuqiaoctl catalogue recall resources/105001-000001 --reason 内容有误
    Recall(Stop),
    /// Announce that an entry leaves the catalogue.
    ///
    /// Example: shuqiaoctl catalogue retire resources/105001-000001 --last-day 2027-03-31 --reason 职责划转
    Retire {
        /// The entry.
        #[arg(value_name = "resources/CODE")]
        name: String,
        /// The last day on which it can be used.
        #[arg(long, value_name = "YYYY-MM-DD")]
        last_day: String,
        /// Why; whoever uses it sees it.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

pub(super) type Client = ResourceServiceClient<Channel>;

/// Runs the command.
pub(super) async fn run<W: Write>(
    command: &Command,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let mut client = Client::new(connection.channel.clone());
    match command {
        Command::Change(entry) => {
            let name = entry.name.clone();
            let request = connection.ask(pb::GetResourceChangeRequest { name });
            let change = client.get_resource_change(request).await?.into_inner();
            show_change(&change, output)
        }
        Command::Acknowledge(entry) => {
            let request = connection.ask(pb::AcknowledgeResourceChangeRequest {
                name: entry.name.clone(),
                request_id: new_request_id(),
            });
            let change = client.acknowledge_resource_change(request).await?;
            show_change(&change.into_inner(), output)?;
            Ok(Ending::Good)
        }
        Command::Versions(entry) => versions(&mut client, connection, &entry.name, output).await,
        Command::Review(step) => review(step, &mut client, connection, output).await,
        Command::Duty(step) => duties::run(step, &mut client, connection, output).await,
        Command::Stopping(step) => {
            let resource = stop(step, &mut client, connection).await?;
            show(&[resource], output)
        }
    }
}

async fn review<W: Write>(
    step: &Review,
    client: &mut Client,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let (done, kept) = match step {
        Review::Register(entries) => {
            review::take(Step::Register, entries, client, connection).await?
        }
        Review::Publish(entries) => {
            review::take(Step::Publish, entries, client, connection).await?
        }
        Review::Return { name, reasons } => {
            let request = pb::ReturnResourceRequest {
                name: name.clone(),
                reasons: reasons.iter().map(|text| reason(text)).collect(),
                request_id: new_request_id(),
                etag: String::new(),
            };
            let answer = client.return_resource(connection.ask(request)).await?;
            (vec![answer.into_inner()], Vec::new())
        }
    };
    show(&done, output)?;
    if kept.is_empty() {
        return Ok(Ending::Good);
    }
    Err(Failure::Message(kept.join("\n")))
}

async fn stop(
    step: &Stopping,
    client: &mut Client,
    connection: &Connection,
) -> Result<pb::Resource, Failure> {
    let (request_id, etag) = (new_request_id(), String::new());
    let answer = match step {
        Stopping::Suspend(of) => {
            let (name, reason) = (of.name.clone(), of.reason.clone());
            let request = pb::SuspendResourceRequest {
                name,
                reason,
                request_id,
                etag,
            };
            client.suspend_resource(connection.ask(request)).await?
        }
        Stopping::Resume(entry) => {
            let name = entry.name.clone();
            let request = pb::ResumeResourceRequest {
                name,
                request_id,
                etag,
            };
            client.resume_resource(connection.ask(request)).await?
        }
        Stopping::Recall(of) => {
            let (name, reason) = (of.name.clone(), of.reason.clone());
            let request = pb::RecallResourceRequest {
                name,
                reason,
                request_id,
                etag,
            };
            client.recall_resource(connection.ask(request)).await?
        }
        Stopping::Retire {
            name,
            last_day,
            reason,
        } => {
            let (name, reason, last_day) = (name.clone(), reason.clone(), last_day.clone());
            let request = pb::RetireResourceRequest {
                name,
                reason,
                last_day,
                request_id,
                etag,
            };
            client.retire_resource(connection.ask(request)).await?
        }
    };
    Ok(answer.into_inner())
}

/// What is to be changed: a field before the first colon, where what stands there could be one.
fn reason(text: &str) -> pb::ReturnReason {
    let is_field = |field: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_.[]".contains(c);
        !field.is_empty() && field.chars().all(plain)
    };
    match text.split_once(':') {
        Some((field, rest)) if is_field(field.trim()) => pb::ReturnReason {
            field: field.trim().to_owned(),
            text: rest.trim().to_owned(),
        },
        _ => pb::ReturnReason {
            field: String::new(),
            text: text.trim().to_owned(),
        },
    }
}

/// The items and modes of a grant that go.
fn broken_parts(grant: &pb::BrokenGrant) -> String {
    let modes = grant.share_modes();
    let modes = modes.map(|mode| word(mode.as_str_name(), "SHARE_MODE_"));
    let parts: Vec<String> = grant.items.iter().cloned().chain(modes).collect();
    parts.join(",")
}

fn show_change<W: Write>(
    change: &pb::ResourceChange,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let broken = change.broken_grants.iter().map(|grant| {
        serde_json::json!({
            "grant": grant.grant,
            "consumer": grant.consumer,
            "items": grant.items,
            "whole": grant.whole,
            "acknowledged": grant.acknowledged,
        })
    });
    let mut fields = Table::new(["FIELD", "BEFORE", "AFTER", "BREAKS"]);
    let mut grants = Table::new([
        "GRANT",
        "CONSUMER",
        "BREAKS",
        "ACKNOWLEDGED",
        "NOTICE UNTIL",
    ]);
    match output.format() {
        Format::Json => output.json(&serde_json::json!({
            "name": change.name,
            "changes": changes_json(&change.changes),
            "broken_grants": broken.collect::<Vec<_>>(),
            "notice_end_date": change.notice_end_date,
        }))?,
        Format::Table => {
            for field in &change.changes {
                fields.push(field_row(field));
            }
            for grant in &change.broken_grants {
                grants.push([
                    grant.grant.clone(),
                    grant.consumer.clone(),
                    if grant.whole {
                        "the whole".to_owned()
                    } else {
                        broken_parts(grant)
                    },
                    if grant.acknowledged { "yes" } else { "no" }.to_owned(),
                    change.notice_end_date.clone(),
                ]);
            }
        }
    }
    output.table(&fields)?;
    output.table(&grants)?;
    let all = change.broken_grants.iter().all(|grant| grant.acknowledged);
    Ok(if all { Ending::Good } else { Ending::Bad })
}

async fn versions<W: Write>(
    client: &mut Client,
    connection: &Connection,
    name: &str,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let mut table = Table::new(["VERSION", "FIELD", "BEFORE", "AFTER", "BREAKS"]);
    let mut page_token = String::new();
    loop {
        let request = pb::ListResourceVersionsRequest {
            parent: name.to_owned(),
            page_size: 0,
            page_token,
        };
        let page = client
            .list_resource_versions(connection.ask(request))
            .await?;
        let page = page.into_inner();
        for version in &page.versions {
            if output.format() == Format::Json {
                output.json(&serde_json::json!({
                    "name": version.name,
                    "version": version.version,
                    "changes": changes_json(&version.changes),
                }))?;
                continue;
            }
            if version.changes.is_empty() {
                let nothing = String::new;
                table.push([
                    version.version.to_string(),
                    nothing(),
                    nothing(),
                    nothing(),
                    nothing(),
                ]);
            }
            for change in &version.changes {
                let [field, before, after, breaks] = field_row(change);
                table.push([version.version.to_string(), field, before, after, breaks]);
            }
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    output.table(&table)?;
    Ok(Ending::Good)
}

fn field_row(change: &pb::FieldChange) -> [String; 4] {
    [
        change.field.clone(),
        change.before.clone(),
        change.after.clone(),
        if change.breaking { "yes" } else { "" }.to_owned(),
    ]
}

fn changes_json(changes: &[pb::FieldChange]) -> Vec<serde_json::Value> {
    let one = |change: &pb::FieldChange| {
        serde_json::json!({
            "field": change.field,
            "before": change.before,
            "after": change.after,
            "breaking": change.breaking,
        })
    };
    changes.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_names_its_field_before_a_colon() {
        for (typed, field, text) in [
            ("summary: 写明用途", "summary", "写明用途"),
            ("items[name].title:改正", "items[name].title", "改正"),
            ("请核对：数据来源", "", "请核对：数据来源"),
            ("参见 9:00 的会议", "", "参见 9:00 的会议"),
            ("再看", "", "再看"),
        ] {
            let reason = reason(typed);
            assert_eq!((reason.field.as_str(), reason.text.as_str()), (field, text));
        }
    }
}
