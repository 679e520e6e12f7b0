//! What is disputed, read from where nobody else reads along.

use std::io::Read as _;
use std::path::Path;

use api::sharing::v1 as pb;
use api::sharing::v1::disputed_record::Kind;
use api::value::v1::ItemValue;
use api::value::v1::item_value::Kind as Value;

use crate::Failure;
use crate::connection::new_request_id;
use crate::input::read_at_most;

/// Dispute a record: a certificate, or a row of a table.
///
/// Which record and what is wrong with it are read from files, or from standard input for -, since others can read command
/// lines. Where both come from standard input, the record stands first: a certificate's identifier on one line, or a row as
/// lines of KEY=VALUE with an empty line behind them; the rest is the statement.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Raise {
    /// The certificate type; its identifier is read from --record.
    #[arg(long = "type", value_name = "certificateTypes/CODE")]
    certificate_type: Option<String>,

    /// The entry: needed for a row, and for a certificate that several entries share.
    #[arg(
        long,
        value_name = "resources/CODE",
        required_unless_present = "certificate_type"
    )]
    resource: Option<String>,

    /// The system whose data it is about; needed unless you call as that system.
    #[arg(long, value_name = "systems/ID", default_value = "")]
    consumer: String,

    /// The record: a file, or - for standard input.
    #[arg(long, value_name = "FILE", default_value = "-")]
    record: String,

    /// What is wrong and what would be right: a file, or - for standard input.
    #[arg(long, value_name = "FILE", default_value = "-")]
    statement: String,

    /// Keys of the items that are wrong, separated by commas; the record as a whole if left out.
    #[arg(long, value_name = "KEYS", value_delimiter = ',')]
    items: Vec<String>,

    /// The outcome that the receipt of the use names, as a number.
    #[arg(long, value_name = "INDEX", default_value_t = 0)]
    evidence: i64,

    /// A UUID, the same again for a retry; a new one if left out.
    #[arg(long, value_name = "UUID")]
    request_id: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  shuqiaoctl corrections raise --type certificateTypes/11100000MB0143028R001 \\
    --consumer systems/yjs-platform --items registration_date --evidence 812 < doubt.txt
      doubt.txt: the identifier on its first line, the statement behind it
  shuqiaoctl corrections raise --resource resources/102001-000001 --record row.txt --statement - < statement.txt
      row.txt: lines such as credit_code=91430502XYXYXY016N";

/// Bytes of a record or a statement that are read; what is longer is refused anyway.
const MOST: usize = 64 * 1024;

/// The request.
pub(super) fn raised(raise: &Raise) -> Result<pb::RaiseCorrectionRequest, Failure> {
    let is_row = raise.certificate_type.is_none();
    let (record, statement) = if raise.record == "-" && raise.statement == "-" {
        parted(&read("-")?, is_row)
    } else {
        (read(&raise.record)?, read(&raise.statement)?)
    };
    let kind = match &raise.certificate_type {
        Some(certificate_type) => Kind::Certificate(pb::DisputedCertificate {
            certificate_type: certificate_type.clone(),
            identifier: record.trim().to_owned(),
        }),
        None => Kind::Row(pb::DisputedRow {
            values: values(&record)?,
        }),
    };
    Ok(pb::RaiseCorrectionRequest {
        correction: Some(pb::Correction {
            resource: raise.resource.clone().unwrap_or_default(),
            consumer: raise.consumer.clone(),
            record: Some(pb::DisputedRecord { kind: Some(kind) }),
            items: raise.items.clone(),
            statement: one_line(&statement),
            evidence_index: raise.evidence,
            ..pb::Correction::default()
        }),
        request_id: raise.request_id.clone().unwrap_or_else(new_request_id),
        validate_only: false,
    })
}

/// A record and the statement behind it.
fn parted(text: &str, is_row: bool) -> (String, String) {
    let between = if is_row { "\n\n" } else { "\n" };
    let (record, statement) = text.split_once(between).unwrap_or((text, ""));
    (record.to_owned(), statement.to_owned())
}

/// The values of a row: a line of `KEY=VALUE` for each. What is wrong is told without the value.
fn values(text: &str) -> Result<Vec<ItemValue>, Failure> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let value = |(place, line): (usize, &str)| {
        let (key, text) = line.split_once('=').ok_or_else(|| {
            let place = place + 1;
            Failure::Message(format!("line {place} of the record: write KEY=VALUE"))
        })?;
        Ok(ItemValue {
            key: key.trim().to_owned(),
            kind: Some(Value::Text(text.to_owned())),
        })
    };
    lines.enumerate().map(value).collect()
}

/// What is said, where something is.
pub(super) fn said(from: Option<&str>) -> Result<String, Failure> {
    from.map_or_else(|| Ok(String::new()), |from| Ok(one_line(&read(from)?)))
}

/// Lines of a file become one: what is said is kept as one.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A file, or standard input for `-`, with line ends as here.
fn read(from: &str) -> Result<String, Failure> {
    let bytes = if from == "-" {
        let mut bytes = Vec::new();
        let most = u64::try_from(MOST).unwrap_or(u64::MAX);
        std::io::stdin().lock().take(most).read_to_end(&mut bytes)?;
        bytes
    } else {
        read_at_most(Path::new(from), MOST)?
    };
    let text =
        String::from_utf8(bytes).map_err(|_| Failure::Message(format!("{from} is not UTF-8")))?;
    Ok(text.replace("\r\n", "\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_stands_before_its_statement() {
        for (text, is_row, record, statement) in [
            (
                "1.2.3\nthe day is wrong\n",
                false,
                "1.2.3",
                "the day is wrong\n",
            ),
            ("1.2.3", false, "1.2.3", ""),
            ("a=1\nb=2\n\nthe day", true, "a=1\nb=2", "the day"),
        ] {
            let own = (record.to_owned(), statement.to_owned());
            assert_eq!(parted(text, is_row), own, "{text}");
        }
    }

    #[test]
    fn a_row_is_read_line_by_line_and_a_fault_is_told_without_it() {
        let values = |text| super::values(text).ok();
        let own = |key: &str, text: &str| ItemValue {
            key: key.to_owned(),
            kind: Some(Value::Text(text.to_owned())),
        };
        let expected = vec![own("a", "x=1"), own("b", " y")];
        assert!(values("a=x=1\n\nb= y\n") == Some(expected));
        let Err(Failure::Message(told)) = super::values("a=1\n430502190102030017") else {
            panic!("it was read");
        };
        assert!(
            told.contains("line 2") && !told.contains("430502"),
            "{told}"
        );
    }

    #[test]
    fn what_is_said_becomes_one_line() {
        assert_eq!(one_line(" the day\r\nis wrong \n"), "the day is wrong");
    }
}
