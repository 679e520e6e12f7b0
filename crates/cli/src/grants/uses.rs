//! What is used of grants, and a grant narrowed to that in one step.

use std::io::Write;

use api::sharing::v1 as pb;
use serde_json::json;

use super::Client;
use crate::connection::{Connection, PAGE, all_pages, new_request_id};
use crate::output::{Format, Output, Table, word};
use crate::terms;
use crate::{Ending, Failure};

/// Show what was used of grants in their last days, and what could go. Exit code 1 when something could.
///
/// What is proposed is done by `narrow-to-use`.
///
/// Example: shuqiaoctl grants uses --only-proposals
#[derive(clap::Args)]
pub(super) struct Uses {
    /// Only this grant.
    #[arg(value_name = "grants/UUID", default_value = "")]
    grant: String,
    /// How many days are looked at, up to 1096; 0 for as many as the city's rule says. Of fewer nothing is proposed.
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    days: i32,
    /// Only those of which something could go.
    #[arg(long)]
    only_proposals: bool,
}

/// Narrow a grant to what was used of it; of a grant that nobody used, today becomes the last day.
///
/// Example: shuqiaoctl grants narrow-to-use grants/0191f7a2-5b7e-7c3a-9d53-0c8f5e2b7a11 --validate-only
#[derive(clap::Args)]
pub(super) struct NarrowToUse {
    /// The grant.
    #[arg(value_name = "grants/UUID")]
    grant: String,
    /// How many days are looked at, up to 1096; 0 for as many as the city's rule says.
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    days: i32,
    /// Provider: how the consumer was consulted (Order 809 art. 27).
    #[arg(long, value_name = "TEXT", default_value = "")]
    consultation: String,
    /// Check everything and store nothing.
    #[arg(long)]
    validate_only: bool,
}

impl Uses {
    pub(super) async fn run<W: Write>(
        &self,
        client: &mut Client,
        connection: &Connection,
        output: &mut Output<W>,
    ) -> Result<Ending, Failure> {
        let found = all_pages(async |page_token| {
            let request = pb::ListGrantUsesRequest {
                page_size: PAGE,
                page_token,
                days: self.days,
                grant: self.grant.clone(),
                only_proposals: self.only_proposals,
            };
            let page = client.list_grant_uses(connection.ask(request)).await?;
            let page = page.into_inner();
            Ok((page.uses, page.next_page_token))
        })
        .await?;
        write(&found, output)?;
        let some = found.iter().any(|one| one.proposal.is_some());
        Ok(if some { Ending::Bad } else { Ending::Good })
    }
}

fn write<W: Write>(found: &[pb::GrantUse], output: &mut Output<W>) -> Result<(), Failure> {
    let mut table = Table::new([
        "GRANT", "CONSUMER", "RESOURCE", "SINCE", "CALLS", "ROWS", "LAST", "COULD GO",
    ]);
    for one in found {
        match output.format() {
            Format::Json => output.json(&json(one))?,
            Format::Table => table.push([
                one.grant.clone(),
                one.consumer.clone(),
                one.resource.clone(),
                one.since_date.clone(),
                one.calls.to_string(),
                one.rows.to_string(),
                said_or(&one.last_use_date, "never"),
                could_go(one),
            ]),
        }
    }
    output.table(&table)?;
    Ok(())
}

impl NarrowToUse {
    /// Takes the proposal as it stands: the grant after it.
    pub(super) async fn run(
        &self,
        client: &mut Client,
        connection: &Connection,
    ) -> Result<pb::Grant, Failure> {
        let request = pb::ListGrantUsesRequest {
            days: self.days,
            grant: self.grant.clone(),
            ..pb::ListGrantUsesRequest::default()
        };
        let found = client.list_grant_uses(connection.ask(request)).await?;
        let found = found.into_inner().uses.into_iter().next();
        let proposal = found.as_ref().and_then(|one| one.proposal.clone());
        let Some(proposal) = proposal else {
            let why = found.map_or_else(String::new, |one| could_go(&one));
            return Err(Failure::Message(format!(
                "nothing is proposed to go: {why}"
            )));
        };
        let request = pb::NarrowGrantRequest {
            request_id: new_request_id(),
            consultation: self.consultation.clone(),
            validate_only: self.validate_only,
            ..proposal
        };
        let narrowed = client.narrow_grant(connection.ask(request)).await?;
        Ok(narrowed.into_inner())
    }
}

fn said_or(text: &str, none: &str) -> String {
    if text.is_empty() { none } else { text }.to_owned()
}

/// What could go, or why nothing does.
fn could_go(one: &pb::GrantUse) -> String {
    use pb::grant_use::Verdict;
    let terms = match (one.verdict(), &one.proposal) {
        (Verdict::LessWouldDo, Some(proposal)) => proposal.terms.clone().unwrap_or_default(),
        (Verdict::TooEarly, _) => return "too early to say".to_owned(),
        (Verdict::Stopped, _) => return "nothing while it is stopped".to_owned(),
        (Verdict::NotSeen, _) => return "not seen by the gateway".to_owned(),
        (Verdict::NoRule, _) => return "no rule says".to_owned(),
        (Verdict::AllIsUsed | Verdict::LessWouldDo | Verdict::Unspecified, _) => {
            return "nothing".to_owned();
        }
    };
    if !terms.end_date.is_empty() {
        return "the whole grant".to_owned();
    }
    let mut parts = Vec::new();
    for (gone, unused) in [
        (!terms.items.is_empty(), one.unused_items.join(", ")),
        (
            !terms.share_modes.is_empty(),
            terms::modes(one.unused_share_modes()).join(", "),
        ),
        (!terms.matters.is_empty(), one.unused_matters.join(", ")),
    ] {
        if gone {
            parts.push(unused);
        }
    }
    if let Some(quota) = &terms.quota {
        parts.push(format!("all above {}", terms::quota_said(quota)));
    }
    parts.join("; ")
}

fn json(one: &pb::GrantUse) -> serde_json::Value {
    let proposal = one.proposal.as_ref().map(|proposal| {
        json!({
            "terms": proposal.terms.as_ref().map(terms::json),
            "reason": proposal.reason,
            "etag": proposal.etag,
        })
    });
    json!({
        "grant": one.grant,
        "version": one.version,
        "consumer": one.consumer,
        "provider": one.provider,
        "resource": one.resource,
        "state": word(one.state().as_str_name(), "STATE_"),
        "since_date": one.since_date,
        "until_date": one.until_date,
        "verdict": word(one.verdict().as_str_name(), "VERDICT_"),
        "calls": one.calls,
        "rows": one.rows,
        "last_use_date": one.last_use_date,
        "busiest_day_calls": one.busiest_day_calls,
        "busiest_day_rows": one.busiest_day_rows,
        "unused_items": one.unused_items,
        "unused_share_modes": terms::modes(one.unused_share_modes()),
        "unused_matters": one.unused_matters,
        "proposal": proposal,
    })
}
