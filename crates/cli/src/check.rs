//! `shuqiaoctl check`: is this identifier right, and if not, where and what should stand there?

mod verdict;

use std::io::{self, BufRead, IsTerminal, Read, Write};

use clap::ValueEnum;
use domain::reference::Reference;
use jiff::civil::Date;
use serde::Serialize;

use crate::output::{Format, Output, Table};
use crate::{Ending, Failure};
use verdict::Verdict;
pub(crate) use verdict::date;

/// Longer lines are no identifiers; they are cut here and refused for their length.
const LONGEST_LINE_BYTES: u64 = 4096;

/// Check identifiers and dates, offline.
///
/// Values come as arguments or, without any, one a line on standard input. Surrounding spaces and
/// full-width characters are normalised; everything else is refused with its position, and with
/// the expected check character where that is what is wrong.
///
/// With `--output json` each value gives one line
///     {"value":…,"valid":true|false,"normalized":…,"reason":…,"expected":…}
/// where null stands for absent. A reason begins with a stable code and a colon. A valid value
/// with a reason carries a warning.
///
/// The value is printed as it was typed, citizen numbers included: mind where you send the output.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// What the values are meant to be.
    #[arg(value_enum)]
    kind: Kind,

    /// The values; without any, standard input is read, one value a line.
    #[arg(value_name = "VALUE")]
    values: Vec<String>,
}

const EXAMPLES: &str = "\
Examples:
  shuqiaoctl check uscc 91430502XYXYXY016N 91430502XYXYXY016P
  shuqiaoctl check region 430521                 # valid, and tells what it is now
  shuqiaoctl check workday 2022-10-08            # a Saturday that is worked
  cut -d, -f3 firms.csv | shuqiaoctl check uscc --output json

Exit codes: 0 all valid, 1 some invalid, 2 the command line is wrong.";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Unified social credit code 统一社会信用代码, 18 characters
    Uscc,
    /// Citizen identification number 公民身份号码, 18 characters
    CitizenId,
    /// Organisation code 组织机构代码, as in XYXYXY01-6
    OrgCode,
    /// Region code 行政区划代码, 6 digits, present or past
    Region,
    /// Certificate identifier 电子证照标识, 1.2.156.3005.2.…
    Certificate,
    /// Certificate type code 证照类型代码, 21 characters
    CertificateType,
    /// Catalogue code 信息资源代码, as in 301001/000012
    Catalogue,
    /// Matter code 政务服务事项实施编码, 31 characters
    Matter,
    /// A date YYYY-MM-DD: valid if it is a working day, else the next one is expected
    Workday,
}

/// One line of the JSON form; its keys are a promise to programs.
#[derive(Serialize)]
struct Line<'a> {
    value: &'a str,
    valid: bool,
    normalized: Option<&'a str>,
    reason: Option<&'a str>,
    expected: Option<&'a str>,
}

/// Checks all values; [`Ending::Bad`] if one is invalid.
pub(crate) fn run<W: Write>(
    args: &Args,
    today: Date,
    output: &mut Output<W>,
) -> Result<Ending, Failure> {
    let reference = Reference::embedded().map_err(|faults| Failure::Message(faults.to_string()))?;
    let mut report = Report {
        output,
        table: Table::new(HEADING),
        ending: Ending::Good,
    };
    let judge = |value: &str| args.kind.judge(value, &reference, today);
    if args.values.is_empty() {
        let stdin = io::stdin();
        if stdin.is_terminal() {
            let hint = "reading values from the keyboard, one a line; Ctrl-D ends";
            writeln!(io::stderr(), "{hint}")?;
        }
        each_line(stdin.lock(), |value| report.add(value, &judge(value)))?;
    } else {
        for value in &args.values {
            report.add(value, &judge(value))?;
        }
    }
    report.output.table(&report.table)?;
    Ok(report.ending)
}

/// What is expected has no column: the reason says it, and some are half a sentence.
const HEADING: [&str; 4] = ["VALUE", "VERDICT", "NORMALIZED", "REASON"];

/// Prints JSON at once and gathers rows of a table.
struct Report<'a, W> {
    output: &'a mut Output<W>,
    table: Table<4>,
    ending: Ending,
}

impl<W: Write> Report<'_, W> {
    fn add(&mut self, value: &str, verdict: &Verdict) -> io::Result<()> {
        if !verdict.valid {
            self.ending = Ending::Bad;
        }
        let Verdict {
            valid,
            normalized,
            reason,
            expected,
        } = verdict;
        match self.output.format() {
            Format::Json => self.output.json(&Line {
                value,
                valid: *valid,
                normalized: normalized.as_deref(),
                reason: reason.as_deref(),
                expected: expected.as_deref(),
            }),
            Format::Table => {
                let word = match (valid, reason) {
                    (true, None) => "valid",
                    (true, Some(_)) => "warning",
                    (false, _) => "invalid",
                };
                let cell = |text: &Option<String>| text.clone().unwrap_or_default();
                let row = [
                    value.to_owned(),
                    word.to_owned(),
                    cell(normalized),
                    cell(reason),
                ];
                self.table.push(row);
                Ok(())
            }
        }
    }
}

impl Kind {
    fn judge(self, value: &str, reference: &Reference, today: Date) -> Verdict {
        match self {
            Self::Uscc => verdict::uscc(value, reference),
            Self::CitizenId => verdict::citizen_id(value, reference, today),
            Self::OrgCode => verdict::org_code(value),
            Self::Region => verdict::region(value, reference),
            Self::Certificate => verdict::certificate(value, reference),
            Self::CertificateType => verdict::certificate_type(value, reference),
            Self::Catalogue => verdict::catalogue(value),
            Self::Matter => verdict::matter(value, reference),
            Self::Workday => verdict::workday(value, reference),
        }
    }
}

/// Gives every line without its end; an empty line is a value too, so that line and answer match.
fn each_line(
    mut input: impl BufRead,
    mut take: impl FnMut(&str) -> io::Result<()>,
) -> io::Result<()> {
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        if input
            .by_ref()
            .take(LONGEST_LINE_BYTES)
            .read_until(b'\n', &mut bytes)?
            == 0
        {
            return Ok(());
        }
        let is_whole = bytes.last() == Some(&b'\n');
        // What is not UTF-8 becomes U+FFFD, which no identifier holds: refused by position.
        let text = String::from_utf8_lossy(&bytes);
        take(text.trim_end_matches(['\n', '\r']))?;
        if !is_whole {
            skip_line(&mut input)?;
        }
    }
}

/// Reads past the next line end without keeping anything.
fn skip_line(input: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let (used, done) = end.map_or((buffer.len(), buffer.is_empty()), |at| (at + 1, true));
        input.consume(used);
        if done {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn checked(kind: Kind, values: &[&str], format: Format) -> (Ending, String) {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        let mut bytes = Vec::new();
        let mut output = Output::new(&mut bytes, format);
        let ending = run(&Args { kind, values }, date(2022, 5, 12), &mut output).unwrap();
        (ending, String::from_utf8(bytes).unwrap())
    }

    fn lines(input: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        each_line(input, |line| {
            lines.push(line.to_owned());
            Ok(())
        })
        .unwrap();
        lines
    }

    #[test]
    fn json_has_exactly_the_promised_keys_in_order() {
        let (ending, text) = checked(Kind::Uscc, &["91430502xyxyxy016n"], Format::Json);
        assert_eq!(ending, Ending::Good);
        assert_eq!(
            text,
            "{\"value\":\"91430502xyxyxy016n\",\"valid\":true,\
             \"normalized\":\"91430502XYXYXY016N\",\"reason\":null,\"expected\":null}\n"
        );
    }

    #[test]
    fn one_invalid_value_makes_the_ending_bad() {
        let values = ["91430502XYXYXY016P", "91430502XYXYXY016N"];
        let (ending, text) = checked(Kind::Uscc, &values, Format::Json);
        assert_eq!(ending, Ending::Bad);
        assert!(text.starts_with(
            "{\"value\":\"91430502XYXYXY016P\",\"valid\":false,\"normalized\":null,\
             \"reason\":\"CHECK_CHARACTER: "
        ));
        assert!(
            text.lines()
                .next()
                .unwrap()
                .ends_with("\"expected\":\"N\"}")
        );
    }

    #[test]
    fn a_table_has_a_heading_and_a_word_for_each_value() {
        let values = ["91430502XYXYXY016N", "91430502XYXYXY017R", ""];
        let (_, text) = checked(Kind::Uscc, &values, Format::Table);
        let words: Vec<_> = text
            .lines()
            .map(|line| line[20..].split_whitespace().next().unwrap())
            .collect();
        assert_eq!(words, ["VERDICT", "valid", "warning", "invalid"]);
    }

    #[test]
    fn reads_lines_with_any_ending_and_keeps_empty_ones() {
        assert_eq!(lines(b"a\r\n\nb"), ["a", "", "b"]);
        assert_eq!(lines(b""), [""; 0]);
        assert_eq!(lines(b"\xff\n"), ["\u{fffd}"]);
    }

    #[test]
    fn cuts_an_endless_line_and_goes_on_after_it() {
        let mut input = vec![b'1'; 100_000];
        input.extend(b"\nb\n");
        let read = lines(&input);
        assert_eq!(
            (read.len(), read[0].len(), read[1].as_str()),
            (2, 4096, "b")
        );
    }

    #[test]
    fn a_line_of_exactly_the_limit_does_not_swallow_the_next() {
        let mut input = vec![b'1'; 4095];
        input.extend(b"\nb\n");
        assert_eq!(lines(&input).len(), 2);
        assert_eq!(lines(&[b'1'; 4096]).len(), 1);
    }
}
