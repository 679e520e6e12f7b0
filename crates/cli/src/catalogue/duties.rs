//! Bringing an entry up to date after a change of law or duties.

use std::io::Write;

use api::catalogue::v1 as pb;

use super::life::Client;
use crate::connection::{Connection, new_request_id};
use crate::output::{Format, Output, Table};
use crate::{Ending, Failure};

#[derive(clap::Subcommand)]
pub(crate) enum Duty {
    /// Record that a law or duty changed, so that a published entry must be brought up to date.
    ///
    /// An officer of the providing or of the competent department. The answer says by when the next version is signed
    /// off, and by when it is published; that publication ends the duty.
    ///
    /// Example: shuqiaoctl catalogue require-update resources/105001-000001 --document 国务院令第809号
    /// --effective 2025-08-01
    RequireUpdate {
        /// The entry.
        #[arg(value_name = "resources/CODE")]
        name: String,
        /// The law, decision or document that changed.
        #[arg(long, value_name = "TEXT")]
        document: String,
        /// The day it took effect; today or before.
        #[arg(long, value_name = "YYYY-MM-DD")]
        effective: String,
    },
    /// Consent to a longer time for that: an officer of the competent department, once and in time.
    ///
    /// Example: shuqiaoctl catalogue extend-update resources/105001-000001 --reason 涉及多个系统
    ExtendUpdate {
        /// The entry.
        #[arg(value_name = "resources/CODE")]
        name: String,
        /// Why.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

/// Runs the command.
pub(super) async fn run<W: Write>(
    step: &Duty,
    client: &mut Client,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let (request_id, etag) = (new_request_id(), String::new());
    let answer = match step {
        Duty::RequireUpdate {
            name,
            document,
            effective,
        } => {
            let request = pb::RequireResourceUpdateRequest {
                name: name.clone(),
                document: document.clone(),
                effective_date: effective.clone(),
                request_id,
                etag,
            };
            let request = connection.ask(request);
            client.require_resource_update(request).await?
        }
        Duty::ExtendUpdate { name, reason } => {
            let request = pb::ExtendResourceUpdateRequest {
                name: name.clone(),
                reason: reason.clone(),
                request_id,
                etag,
            };
            client
                .extend_resource_update(connection.ask(request))
                .await?
        }
    };
    show(&answer.into_inner(), output)
}

fn show<W: Write>(resource: &pb::Resource, output: &mut Output<W>) -> Result<Ending, Failure> {
    let mut table = Table::new([
        "RESOURCE",
        "DOCUMENT",
        "IN EFFECT",
        "UPDATE BY",
        "PUBLISH BY",
        "EXTENDED",
        "RULE",
    ]);
    match output.format() {
        Format::Json => output.json(&super::json(resource))?,
        Format::Table => {
            if let Some(duty) = &resource.update_duty {
                table.push([
                    resource.name.clone(),
                    duty.document.clone(),
                    duty.effective_date.clone(),
                    duty.due_date.clone(),
                    duty.publish_due_date.clone(),
                    duty.extension_reason.clone(),
                    duty.due_rule.clone(),
                ]);
            }
        }
    }
    output.table(&table)?;
    Ok(Ending::Good)
}

/// The duty as JSON.
pub(super) fn json(duty: &pb::UpdateDuty) -> serde_json::Value {
    serde_json::json!({
        "document": duty.document,
        "effective_date": duty.effective_date,
        "due_date": duty.due_date,
        "due_rule": duty.due_rule,
        "publish_due_date": duty.publish_due_date,
        "publish_due_rule": duty.publish_due_rule,
        "extension_reason": duty.extension_reason,
    })
}
