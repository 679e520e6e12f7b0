//! `events verify-webhook`: whether a message that was brought is to be believed, offline.

use std::io::Write;
use std::path::PathBuf;

use jiff::Timestamp;
use ledger::webhook::{WebhookHeaders, WebhookVerifier};
use serde_json::json;

use crate::output::{Format, Output};
use crate::{Ending, Failure};

#[derive(clap::Args)]
pub(super) struct Args {
    /// The file with the body, byte for byte as it came.
    #[arg(value_name = "FILE")]
    body: PathBuf,
    /// The header `webhook-id`.
    #[arg(long, value_name = "ID")]
    id: String,
    /// The header `webhook-timestamp`.
    #[arg(long, value_name = "SECONDS")]
    timestamp: String,
    /// The header `webhook-signature`.
    #[arg(long, value_name = "SIGNATURE")]
    signature: String,
    /// The public key of the subscription, as `shuqiaoctl subscriptions show` prints it.
    #[arg(long, value_name = "whpk_…")]
    key: String,
    /// When it came; now if left out. A message is believed for five minutes either way.
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
}

pub(super) fn run<W: Write>(args: &Args, output: &mut Output<W>) -> Result<Ending, Failure> {
    let wrong = |error: ledger::webhook::WebhookError| Failure::Message(error.to_string());
    let key = WebhookVerifier::parse(&args.key).map_err(wrong)?;
    let body = std::fs::read(&args.body)?;
    let headers = WebhookHeaders {
        id: &args.id,
        timestamp: &args.timestamp,
        signature: &args.signature,
    };
    let at = args.at.unwrap_or_else(crate::now).as_second();
    let verified = key.verify(&headers, &body, at);
    let reason = verified.map_or_else(|error| error.to_string(), |()| String::new());
    match output.format() {
        Format::Json => output.json(&json!({"verified": reason.is_empty(), "reason": reason}))?,
        Format::Table if reason.is_empty() => {
            output.text("verified; take it unless this webhook-id was taken before")?;
        }
        Format::Table => output.text(&format!("not verified: {reason}"))?,
    }
    Ok(if reason.is_empty() {
        Ending::Good
    } else {
        Ending::Bad
    })
}
