//! `shuqiaoctl lookup`: look one certificate up under a grant.

use std::io::{BufRead as _, Write};

use api::certificate::v1::certificate_service_client::CertificateServiceClient;
use api::certificate::v1::lookup_certificate_request::Key;
use api::certificate::v1::{
    Disposition, Holder, HolderAuthorisation, LookupCertificateRequest, LookupCertificateResponse,
};
use api::value::v1::{ItemValue, Purpose, Receipt, item_value::Kind};
use serde_json::{Map, Value};

use crate::connection::{Connection, new_request_id};
use crate::corrections::{dispute, disputes};
use crate::output::{Format, Output, word};
use crate::{Ending, Failure};

/// Look one certificate up under a grant of your system.
///
/// The lookup is recorded before the issuer is asked and before anything is released; the receipt
/// names the entries. A holder's code is best given on standard input (`--holder -`), since other
/// users of a machine can read command lines.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    question: Question,

    /// Keys of the items wanted, separated by commas; all granted ones if left out.
    #[arg(long, value_name = "KEYS", value_delimiter = ',')]
    items: Vec<String>,

    /// How old the issuer's answer may be, in seconds; 0 asks the issuer now. As old as the issuer
    /// allows if left out.
    #[arg(long, value_name = "SECONDS")]
    max_age_s: Option<i32>,
}

/// Which certificate, and why: what lookups, verifications and files ask alike.
#[derive(clap::Args)]
pub(crate) struct Question {
    /// The certificate type, certificateTypes/CODE.
    #[arg(long = "type", value_name = "certificateTypes/CODE")]
    certificate_type: String,

    /// The holder's code, or - to read it from standard input.
    #[arg(
        long,
        value_name = "CODE",
        conflicts_with_all = ["identifier", "use_code", "network_identity"],
        required_unless_present_any = ["identifier", "use_code", "network_identity"]
    )]
    holder: Option<String>,

    /// Holder type code: 111 citizen identity number, 001 unified social credit code …
    #[arg(long, value_name = "CODE", default_value = "111")]
    holder_type: String,

    /// The certificate's identifier (电子证照标识), instead of a holder.
    #[arg(long, value_name = "ID")]
    identifier: Option<String>,

    /// The use-code (用证码) that the holder gave you, or - to read it from standard input; it says who
    /// the holder is, and that they authorised this use.
    #[arg(long, value_name = "CODE", conflicts_with_all = ["identifier", "network_identity"])]
    use_code: Option<String>,

    #[command(flatten)]
    authorisation: Authorisation,

    /// The network identity code (网络身份码) that the person gave you, instead of a holder; - reads it
    /// from standard input.
    #[arg(long, value_name = "CODE", conflicts_with = "identifier")]
    network_identity: Option<String>,

    /// The matter the citizen or firm came for, matters/CODE.
    #[arg(long, value_name = "matters/CODE")]
    matter: String,

    /// The case number in your system.
    #[arg(long = "case", value_name = "NUMBER")]
    case_number: String,

    /// The clerk on whose behalf you ask.
    #[arg(long, value_name = "ACCOUNT", default_value = "")]
    operator: String,

    /// A UUID, the same again for a retry; a new one if left out.
    #[arg(long, value_name = "UUID")]
    request_id: Option<String>,
}

/// A paper or an online consent of the holder that you keep.
#[derive(clap::Args)]
pub(crate) struct Authorisation {
    /// Where you keep the holder's authorisation, if the use rests on one: a paper or an online consent.
    /// The gateway keeps a keyed hash of it.
    #[arg(
        long = "authorisation",
        value_name = "REFERENCE",
        requires = "authorised_on",
        conflicts_with = "use_code"
    )]
    reference: Option<String>,

    /// The day on which the holder gave it, such as 2022-05-12.
    #[arg(long, value_name = "DAY", requires = "reference")]
    authorised_on: Option<String>,
}

const EXAMPLES: &str = "\
Example:
  shuqiaoctl lookup --type certificateTypes/11100000MB0143028R001 \\
    --holder 92430582XYXYXY0325 --holder-type 001 \\
    --matter matters/11430500XY0000055Q2022000000002 --case SY-2022-000001 --operator window-07
  shuqiaoctl lookup --type certificateTypes/11100000XY90000354001 --use-code - \\
    --matter matters/11430500XY0000055Q2022000000002 --case SY-2022-000001 --operator window-07";

/// Runs the command.
pub(crate) async fn run<W: Write>(
    args: &Args,
    connection: &Connection,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let request = LookupCertificateRequest {
        certificate_type: args.question.certificate_type(),
        key: Some(args.question.key()?),
        purpose: Some(args.question.purpose()),
        items: args.items.clone(),
        request_id: args.question.request_id(),
        max_age_s: args.max_age_s,
        authorisation: args.question.authorisation(),
    };
    let answer = CertificateServiceClient::new(connection.channel.clone())
        .lookup_certificate(connection.ask(request))
        .await?
        .into_inner();
    let found = answer.disposition() == Disposition::Found;
    match output.format() {
        Format::Json => output.json(&json(&answer))?,
        Format::Table => print(&answer, output)?,
    }
    Ok(if found { Ending::Good } else { Ending::Bad })
}

impl Question {
    /// The certificate type.
    pub(crate) fn certificate_type(&self) -> String {
        self.certificate_type.clone()
    }

    /// How the certificate is found; a holder or a use-code of `-` is read from standard input.
    pub(crate) fn key(&self) -> Result<Key, Failure> {
        if let Some(identifier) = &self.identifier {
            return Ok(Key::Identifier(identifier.clone()));
        }
        if let Some(code) = &self.use_code {
            return Ok(Key::UseCode(typed(code)?));
        }
        if let Some(code) = &self.network_identity {
            return Ok(Key::NetworkIdentity(typed(code)?));
        }
        let code = typed(self.holder.as_deref().unwrap_or_default())?;
        Ok(Key::Holder(Holder {
            type_code: self.holder_type.clone(),
            code,
        }))
    }

    /// What the holder authorised, where that is said.
    pub(crate) fn authorisation(&self) -> Option<HolderAuthorisation> {
        let given = &self.authorisation;
        let reference = given.reference.clone()?;
        Some(HolderAuthorisation {
            reference,
            granted_on: given.authorised_on.clone().unwrap_or_default(),
        })
    }

    /// Why it is asked for.
    pub(crate) fn purpose(&self) -> Purpose {
        Purpose {
            matter: self.matter.clone(),
            case_number: self.case_number.clone(),
            operator: self.operator.clone(),
        }
    }

    /// The request id given, or a new one.
    pub(crate) fn request_id(&self) -> String {
        self.request_id.clone().unwrap_or_else(new_request_id)
    }
}

/// What was given, or a line of standard input for `-`: others can read command lines.
pub(crate) fn typed(given: &str) -> Result<String, Failure> {
    if given != "-" {
        return Ok(given.to_owned());
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

fn print<W: Write>(
    answer: &LookupCertificateResponse,
    output: &mut Output<W>,
) -> Result<(), Failure> {
    let disposition = word(answer.disposition().as_str_name(), "DISPOSITION_");
    let mut fields: Vec<(&str, String)> = vec![("disposition", disposition)];
    if let Some(certificate) = &answer.certificate {
        fields.push(("identifier", certificate.identifier.clone()));
        fields.push((
            "state",
            word(certificate.state().as_str_name(), "CERTIFICATE_STATE_"),
        ));
        if let Some(signature) = &certificate.signature {
            let by = format!("{} by {}", signature.algorithm, signature.key_id);
            fields.push(("signature", by));
        }
        let from_cache = certificate.from_cache;
        fields.push(("as of", as_of(certificate.as_of.as_ref(), from_cache)));
        let disputes = certificate.disputes.iter();
        fields.extend(disputes.map(|one| ("disputed", dispute(one))));
        fields.extend(
            certificate
                .items
                .iter()
                .map(|item| (item.key.as_str(), text(item))),
        );
    }
    if answer.disposition() == Disposition::NotInForce {
        let state = word(answer.state().as_str_name(), "CERTIFICATE_STATE_");
        fields.push(("state", state));
    }
    if answer.disposition() == Disposition::Pending {
        fields.push(("again in", format!("{} s", answer.retry_after_s)));
    }
    if let Some(receipt) = &answer.receipt {
        let index = format!(
            "intent #{}, outcome #{}",
            receipt.intent_index, receipt.outcome_index
        );
        fields.push(("recorded", index));
        let used = format!(
            "{} version {}, use {}",
            receipt.grant, receipt.grant_version, receipt.grant_sequence
        );
        fields.push(("grant", used));
    }
    Ok(output.fields(&fields)?)
}

/// An answer for programs.
pub(crate) fn json(answer: &LookupCertificateResponse) -> Value {
    let certificate = answer.certificate.as_ref().map(|certificate| {
        let items: Map<String, Value> = certificate
            .items
            .iter()
            .map(|item| (item.key.clone(), value(item)))
            .collect();
        serde_json::json!({
            "certificate_type": certificate.certificate_type,
            "identifier": certificate.identifier,
            "state": word(certificate.state().as_str_name(), "CERTIFICATE_STATE_"),
            "items": items,
            "signature": certificate.signature.as_ref().map(|signature| serde_json::json!({
                "algorithm": signature.algorithm,
                "key_id": signature.key_id,
                "verified": signature.verified,
            })),
            "as_of": moment(certificate.as_of.as_ref()),
            "from_cache": certificate.from_cache,
            "disputes": disputes(&certificate.disputes),
        })
    });
    let receipt = answer.receipt.as_ref().map(receipt_json);
    let ended = answer.disposition() == Disposition::NotInForce;
    let state = ended.then(|| word(answer.state().as_str_name(), "CERTIFICATE_STATE_"));
    serde_json::json!({
        "disposition": word(answer.disposition().as_str_name(), "DISPOSITION_"),
        "certificate": certificate,
        "state": state,
        "retry_after_s": answer.retry_after_s,
        "receipt": receipt,
    })
}

/// When the issuer answered, and whether that was for an earlier question.
pub(crate) fn as_of(wire: Option<&prost_types::Timestamp>, from_cache: bool) -> String {
    let asked = if from_cache {
        "kept from an earlier answer"
    } else {
        "asked now"
    };
    format!("{} ({asked})", moment(wire).unwrap_or_default())
}

/// A moment for programs.
pub(crate) fn moment(wire: Option<&prost_types::Timestamp>) -> Option<String> {
    let wire = wire?;
    let moment = jiff::Timestamp::new(wire.seconds, wire.nanos).ok()?;
    Some(moment.to_string())
}

/// A receipt for programs.
pub(crate) fn receipt_json(receipt: &Receipt) -> Value {
    serde_json::json!({
        "request_id": receipt.request_id,
        "intent_index": receipt.intent_index,
        "outcome_index": receipt.outcome_index,
        "grant": receipt.grant,
        "grant_version": receipt.grant_version,
        "grant_sequence": receipt.grant_sequence,
        "rule": receipt.rule,
    })
}

/// A value for programs.
pub(crate) fn value(item: &ItemValue) -> Value {
    match &item.kind {
        Some(Kind::Integer(number)) => (*number).into(),
        Some(Kind::Logical(yes)) => (*yes).into(),
        _ => text(item).into(),
    }
}

/// A value for people.
pub(crate) fn text(item: &ItemValue) -> String {
    match &item.kind {
        Some(Kind::Text(text) | Kind::Decimal(text) | Kind::Date(text) | Kind::Time(text)) => {
            text.clone()
        }
        Some(Kind::Integer(number)) => number.to_string(),
        Some(Kind::Logical(yes)) => yes.to_string(),
        None => String::new(),
    }
}
