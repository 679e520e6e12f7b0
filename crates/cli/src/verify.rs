//! `shuqiaoctl verify`: compare claimed values with one certificate; no value of it comes back.

use std::io::Write;

use api::certificate::v1::certificate_service_client::CertificateServiceClient;
use api::certificate::v1::lookup_certificate_request::Key as LookupKey;
use api::certificate::v1::verify_certificate_request::Key;
use api::certificate::v1::{
    Disposition, Verdict, VerifyCertificateRequest, VerifyCertificateResponse,
};
use api::value::v1::{ItemValue, item_value::Kind};
use serde_json::{Map, Value};

use crate::connection::Connection;
use crate::corrections::{dispute, disputes};
use crate::lookup::{Question, as_of, moment, receipt_json};
use crate::output::{Format, Output, word};
use crate::{Ending, Failure};

/// Compare claimed values with one certificate under a grant of your system.
///
/// Each claim is answered by matches, differs or absent; what the certificate says is not told. The
/// verification is recorded like a lookup. The exit code is 0 when every claim matches.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    question: Question,

    /// A claimed value, up to 16 times. The kind of the item stands behind the key where it is not
    /// text: `KEY:integer=2`, also decimal, logical, date and time.
    #[arg(long = "claim", value_name = "KEY[:KIND]=VALUE", required = true, value_parser = claim)]
    claims: Vec<ItemValue>,

    /// How old the issuer's answer may be, in seconds; 0 asks the issuer now. As old as the issuer
    /// allows if left out.
    #[arg(long, value_name = "SECONDS")]
    max_age_s: Option<i32>,
}

const EXAMPLES: &str = "\
Example:
  shuqiaoctl verify --type certificateTypes/11100000MB0143028R001 --holder - \\
    --matter matters/11430500XY0000055Q2022000000002 --case SY-2022-000001 --operator window-07 \\
    --claim registration_number=J430502-2022-000001 --claim registration_date:date=2022-02-22";

/// Runs the command.
pub(crate) async fn run<W: Write>(
    args: &Args,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let key = match args.question.key()? {
        LookupKey::Holder(holder) => Key::Holder(holder),
        LookupKey::Identifier(text) => Key::Identifier(text),
        LookupKey::UseCode(text) => Key::UseCode(text),
        LookupKey::NetworkIdentity(code) => Key::NetworkIdentity(code),
    };
    let request = VerifyCertificateRequest {
        certificate_type: args.question.certificate_type(),
        key: Some(key),
        purpose: Some(args.question.purpose()),
        claimed: args.claims.clone(),
        request_id: args.question.request_id(),
        max_age_s: args.max_age_s,
        authorisation: args.question.authorisation(),
    };
    let answer = CertificateServiceClient::new(connection.channel.clone())
        .verify_certificate(connection.ask(request))
        .await?
        .into_inner();
    match output.format() {
        Format::Json => output.json(&json(&answer))?,
        Format::Table => output.fields(&fields(&answer))?,
    }
    let matches = |item: &api::certificate::v1::VerifiedItem| item.verdict() == Verdict::Matches;
    let good = answer.disposition() == Disposition::Verified && answer.items.iter().all(matches);
    Ok(if good { Ending::Good } else { Ending::Bad })
}

fn fields(answer: &VerifyCertificateResponse) -> Vec<(&str, String)> {
    let disposition = word(answer.disposition().as_str_name(), "DISPOSITION_");
    let mut fields = vec![("disposition", disposition)];
    if has_state(answer) {
        let state = word(answer.state().as_str_name(), "CERTIFICATE_STATE_");
        fields.push(("state", state));
    }
    if answer.disposition() == Disposition::Verified {
        fields.push(("as of", as_of(answer.as_of.as_ref(), answer.from_cache)));
    }
    let disputes = answer.disputes.iter();
    fields.extend(disputes.map(|one| ("disputed", dispute(one))));
    let verdicts = answer.items.iter();
    fields.extend(verdicts.map(|item| {
        let verdict = word(item.verdict().as_str_name(), "VERDICT_");
        (item.key.as_str(), verdict)
    }));
    if let Some(receipt) = &answer.receipt {
        let (intent, outcome) = (receipt.intent_index, receipt.outcome_index);
        fields.push(("recorded", format!("intent #{intent}, outcome #{outcome}")));
    }
    fields
}

fn json(answer: &VerifyCertificateResponse) -> Value {
    let verified = answer.disposition() == Disposition::Verified;
    let items: Map<String, Value> = answer
        .items
        .iter()
        .map(|item| {
            let verdict = word(item.verdict().as_str_name(), "VERDICT_");
            (item.key.clone(), verdict.into())
        })
        .collect();
    serde_json::json!({
        "disposition": word(answer.disposition().as_str_name(), "DISPOSITION_"),
        "state": has_state(answer).then(|| word(answer.state().as_str_name(), "CERTIFICATE_STATE_")),
        "items": items,
        "as_of": moment(answer.as_of.as_ref()),
        "from_cache": verified && answer.from_cache,
        "disputes": disputes(&answer.disputes),
        "retry_after_s": answer.retry_after_s,
        "receipt": answer.receipt.as_ref().map(receipt_json),
    })
}

/// Whether the answer says in which state the certificate is.
fn has_state(answer: &VerifyCertificateResponse) -> bool {
    matches!(
        answer.disposition(),
        Disposition::Verified | Disposition::NotInForce
    )
}

/// Reads `KEY[:KIND]=VALUE`. What is wrong with a value is told without it.
fn claim(given: &str) -> Result<ItemValue, String> {
    let (item, value) = given.split_once('=').ok_or("write KEY=VALUE")?;
    let (key, kind) = item.split_once(':').unwrap_or((item, "text"));
    let kind = match kind {
        "text" => Kind::Text(value.to_owned()),
        "integer" => Kind::Integer(value.parse().map_err(|_| "not a whole number")?),
        "decimal" => Kind::Decimal(value.to_owned()),
        "logical" => Kind::Logical(value.parse().map_err(|_| "write true or false")?),
        "date" => Kind::Date(value.to_owned()),
        "time" => Kind::Time(value.to_owned()),
        _ => return Err("choose text, integer, decimal, logical, date or time".to_owned()),
    };
    Ok(ItemValue {
        key: key.to_owned(),
        kind: Some(kind),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_read_by_their_kind() {
        for (given, kind) in [
            ("name=a=b", Kind::Text("a=b".to_owned())),
            ("count:integer=-2", Kind::Integer(-2)),
            ("fund:decimal=1.50", Kind::Decimal("1.50".to_owned())),
            ("only:logical=true", Kind::Logical(true)),
            ("day:date=2022-02-22", Kind::Date("2022-02-22".to_owned())),
        ] {
            assert!(claim(given).unwrap().kind == Some(kind), "{given}");
        }
        for given in ["name", "count:integer=two", "only:logical=yes", "a:b=c"] {
            assert!(claim(given).is_err(), "{given}");
        }
    }
}
