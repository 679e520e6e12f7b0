//! `shuqiaoctl certificates status`: one certificate against a list of states.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;

use api::certificate::v1::GetStatusListRequest;
use domain::id::CertificateId;
use domain::policy::shaoyang_date;
use domain::status::{StatusHistory, entry_hash};
use jiff::civil::Date;
use ledger::checkpoint::LogVerifier;
use ledger::signed_list;

use super::{client, download};
use crate::connection::{Connection, Options};
use crate::input::read_text;
use crate::output::{Format, Output};
use crate::{Ending, Failure};

/// Tell whether a certificate was in force on a day, without asking its issuer.
///
/// With --list a file is looked into, offline. Otherwise the shard of the list that may hold the
/// certificate is fetched; the gateway learns the first digits of a hash, which a thousand certificates
/// or more share. Exit code 0 when it was in force, 1 when not, or when the list does not know.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The identifier (电子证照标识), or - to read it from standard input.
    #[arg(long, value_name = "ID")]
    identifier: String,

    /// The day; today if left out.
    #[arg(long, value_name = "DAY")]
    on: Option<Date>,

    /// A list that was downloaded before.
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,

    /// The log's verifier key, as the gateway's keeper gave it to you; needed with --list.
    #[arg(long, value_name = "KEY", conflicts_with = "key_file")]
    key: Option<String>,

    /// A file with that key, such as keys/log.vkey in the gateway's data folder.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Example:
  shuqiaoctl certificates status --on 2025-03-01 --list licences.list --key-file log.vkey \\
    --identifier 1.2.156.3005.2.11100000MB0143028R001.11430500XY0000055Q.20220000001.001.L";

/// What a list says of one certificate.
struct Said {
    history: Option<StatusHistory>,
    /// The moment up to which the list knows what was announced.
    as_of: String,
    /// The day of that moment.
    known_until: Date,
}

pub(super) async fn run<W: Write>(
    args: &Args,
    gateway: &Options,
    today: Date,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let identifier = args.identifier()?;
    let trusted = args.trusted()?;
    let said = match (&args.list, &trusted) {
        (Some(list), Some(key)) => {
            let file = File::open(list).map_err(|error| {
                Failure::Message(format!("{} cannot be read: {error}", list.display()))
            })?;
            look(BufReader::new(file), key, &identifier)?
        }
        (Some(_), None) => {
            let message = "give the key that lists are signed with: --key or --key-file";
            return Err(Failure::Message(message.to_owned()));
        }
        (None, _) => fetch(&identifier, trusted, &gateway.connect().await?).await?,
    };
    tell(&said, args.on.unwrap_or(today), output)
}

impl Args {
    fn identifier(&self) -> Result<CertificateId, Failure> {
        let text = match self.identifier.as_str() {
            "-" => {
                let mut line = String::new();
                std::io::stdin().lock().read_line(&mut line)?;
                line
            }
            given => given.to_owned(),
        };
        CertificateId::parse(text.trim())
            .map_err(|error| Failure::Message(format!("the identifier cannot be one: {error}")))
    }

    fn trusted(&self) -> Result<Option<LogVerifier>, Failure> {
        let text = match &self.key_file {
            Some(path) => Some(read_text(path)?),
            None => self.key.clone(),
        };
        text.map(|text| verifier(text.trim())).transpose()
    }
}

fn verifier(text: &str) -> Result<LogVerifier, Failure> {
    LogVerifier::parse(text)
        .map_err(|error| Failure::Message(format!("the verifier key cannot be used: {error}")))
}

/// Fetches the shard that may hold the certificate and looks into it.
async fn fetch(
    identifier: &CertificateId,
    trusted: Option<LogVerifier>,
    connection: &Connection,
) -> Result<Said, Failure> {
    let certificate_type = format!("certificateTypes/{}", identifier.type_code());
    let request = GetStatusListRequest {
        certificate_type: certificate_type.clone(),
    };
    let info = client(connection)
        .get_status_list(connection.ask(request))
        .await?
        .into_inner();
    // Without a key of one's own, the word of the gateway that TLS vouches for.
    let key = match trusted {
        Some(key) => key,
        None => verifier(&info.verifier_key)?,
    };
    let digits = usize::try_from(info.prefix_digits).unwrap_or_default();
    let hash = entry_hash(&info.salt, identifier);
    let prefix = hash.get(..digits).unwrap_or_default();
    let mut list = Vec::new();
    download(connection, &certificate_type, prefix, &mut list).await?;
    look(list.as_slice(), &key, identifier)
}

/// Looks into a list; what it says counts only when all of it holds.
fn look(
    list: impl BufRead,
    key: &LogVerifier,
    identifier: &CertificateId,
) -> Result<Said, Failure> {
    let mut hash: Option<String> = None;
    let mut lines: Vec<String> = Vec::new();
    let head = signed_list::read(list, key, |fields, line| {
        let hash = hash.get_or_insert_with(|| {
            let salt = fields.iter().find(|(name, _)| name == "salt");
            entry_hash(salt.map_or("", |(_, salt)| salt), identifier)
        });
        if line.starts_with(hash.as_str()) {
            lines.push(line.to_owned());
        }
    })
    .map_err(|error| Failure::Message(error.to_string()))?;
    let field = |name: &str| {
        let missing = || Failure::Message(format!("the list does not name its {name}"));
        head.field(name).ok_or_else(missing)
    };
    let kind = format!("certificateTypes/{}", identifier.type_code());
    if field("certificate_type")? != kind {
        let message = "the list is of another certificate type";
        return Err(Failure::Message(message.to_owned()));
    }
    if !entry_hash(field("salt")?, identifier).starts_with(field("prefix")?) {
        let message = "the list is a shard that does not hold this certificate; fetch another";
        return Err(Failure::Message(message.to_owned()));
    }
    let as_of = field("as_of")?.to_owned();
    let moment: jiff::Timestamp = as_of.parse().map_err(|_| bad_line())?;
    let history = match lines.as_slice() {
        [] => None,
        [line] => {
            let history = line.split_once(' ').map(|(_, history)| history);
            Some(
                history
                    .and_then(StatusHistory::parse)
                    .ok_or_else(bad_line)?,
            )
        }
        _ => return Err(Failure::Message("the list contradicts itself".to_owned())),
    };
    Ok(Said {
        history,
        as_of,
        known_until: shaoyang_date(moment),
    })
}

fn bad_line() -> Failure {
    Failure::Message("the list has a line that cannot be read; a newer client may".to_owned())
}

fn tell<W: Write>(said: &Said, on: Date, output: &mut Output<W>) -> Result<Ending, Failure> {
    let known = said.history.is_some();
    // What comes after the list was made is not in it.
    let ahead = on > said.known_until;
    let state = said.history.as_ref().and_then(|history| history.on(on));
    let word = match state {
        Some(state) => state.as_str(),
        None if known => "not_issued",
        None => "unknown",
    };
    match output.format() {
        Format::Json => output.json(&serde_json::json!({
            "state": word,
            "on": on.to_string(),
            "as_of": said.as_of,
            "after_as_of": ahead,
        }))?,
        Format::Table => {
            let mut fields = vec![
                ("state", word.to_owned()),
                ("on", on.to_string()),
                ("as of", said.as_of.clone()),
            ];
            if ahead {
                let note = "the day lies behind the list; this is what was announced until then";
                fields.push(("note", note.to_owned()));
            }
            output.fields(&fields)?;
        }
    }
    let good = state == Some(domain::certificate::CertificateState::Valid) && !ahead;
    Ok(if good { Ending::Good } else { Ending::Bad })
}
