//! `shuqiaoctl due`: by when must it be done, and which article says so?

use std::io::Write;

use domain::reference::Reference;
use domain::regime::{Due, Extension, Limit, Rule};
use jiff::civil::Date;
use serde::Serialize;

use crate::output::{Format, Output};
use crate::{Ending, Failure};

/// Tell the due date of a rule, and the regime and article it rests on; offline.
///
/// The day of receipt is day 0. Working days follow the State Council's yearly notices. The regime
/// is the one in force on the day of receipt: 国发〔2016〕51号 until 2025-07-31, the regulation of
/// 国务院令第809号 since. Where the regime sets no number, that is the answer, with exit code 1.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The day the application, request or change was received, YYYY-MM-DD.
    #[arg(long, value_name = "DATE", value_parser = read_date)]
    received: Date,

    /// The rule; see the list below.
    #[arg(long, value_name = "RULE")]
    rule: Rule,
}

const EXAMPLES: &str = "\
Rules:
  CAT-UPD   update the catalogue after a change of law or duties
  CAT-REV   review and publish an updated catalogue
  APP-UNC   answer an application for unconditionally shared data
  APP-CON   answer an application for conditionally shared data
  APP-MISS  tell, once, everything an application lacks
  SHARE     share, after agreeing
  CORR      verify, correct and answer a correction request
  RECORD    keep the records of use
  CHANGE    stop or alter a service

Examples:
  shuqiaoctl due --received 2026-03-02 --rule APP-CON
  shuqiaoctl due --received 2022-09-26 --rule APP-CON --output json";

/// The JSON form; its keys are a promise to programs.
#[derive(Serialize)]
struct DueLine<'a> {
    rule: &'static str,
    received: Date,
    due: Date,
    working_days: Option<u16>,
    days: Option<u16>,
    years: Option<u16>,
    regime: &'a str,
    document: &'a str,
    article: &'a str,
    assumed: bool,
    extension: Option<ExtensionLine<'a>>,
}

#[derive(Serialize)]
struct ExtensionLine<'a> {
    working_days: u16,
    /// Absent when the calendar does not reach that far.
    until: Option<Date>,
    needs: &'a [String],
}

/// Prints the due date.
pub(crate) fn run<W: Write>(args: &Args, output: &mut Output<W>) -> Result<Ending, Failure> {
    let reference = Reference::embedded().map_err(|faults| Failure::Message(faults.to_string()))?;
    let due = reference
        .regimes
        .due(args.rule, args.received, &reference.calendar);
    let due = due.map_err(|error| Failure::Message(error.to_string()))?;
    // The due date stands even where the calendar does not reach the end of the extension.
    let extended = due.extended(&reference.calendar).ok().flatten();
    match output.format() {
        Format::Json => output.json(&line(&due, extended))?,
        Format::Table => output.fields(&fields(&due, extended))?,
    }
    Ok(Ending::Good)
}

fn read_date(value: &str) -> Result<Date, String> {
    crate::check::date(value).ok_or_else(|| "write a date as YYYY-MM-DD".to_owned())
}

fn line(due: &Due, extended: Option<Date>) -> DueLine<'_> {
    let (working_days, days, years) = match due.limit {
        Limit::WorkingDays(days) => (Some(days), None, None),
        Limit::Days(days) => (None, Some(days), None),
        Limit::Years(years) => (None, None, Some(years)),
        Limit::Minutes(_) | Limit::Unset(_) => (None, None, None),
    };
    DueLine {
        rule: due.rule.id(),
        received: due.received,
        due: due.date,
        working_days,
        days,
        years,
        regime: &due.regime,
        document: &due.document,
        article: &due.article,
        assumed: due.assumed,
        extension: due.extension.as_ref().map(|extension| ExtensionLine {
            working_days: extension.working_days,
            until: extended,
            needs: &extension.needs,
        }),
    }
}

fn fields(due: &Due, extended: Option<Date>) -> Vec<(&'static str, String)> {
    let assumed = if due.assumed {
        "yes: not read in the text of the law"
    } else {
        "no"
    };
    let mut fields = vec![
        ("rule", due.rule.to_string()),
        ("received", format!("{} (day 0)", due.received)),
        ("due", due.date.to_string()),
        ("limit", limit(&due.limit)),
        ("regime", format!("{} {}", due.regime, due.document)),
        ("article", due.article.clone()),
        ("assumed", assumed.to_owned()),
    ];
    if let Some(extension) = &due.extension {
        fields.push(("extension", extension_line(extension, extended)));
    }
    fields
}

fn limit(limit: &Limit) -> String {
    match limit {
        Limit::WorkingDays(1) => "1 working day".to_owned(),
        Limit::WorkingDays(days) => format!("{days} working days"),
        Limit::Days(days) => format!("{days} days at most"),
        Limit::Years(years) => format!("{years} years at least"),
        Limit::Minutes(minutes) => format!("{minutes} minutes at most, from the moment itself"),
        Limit::Unset(why) => why.clone(),
    }
}

fn extension_line(extension: &Extension, extended: Option<Date>) -> String {
    let until = extended.map_or_else(
        || "beyond the loaded calendar".to_owned(),
        |date| format!("until {date}"),
    );
    let needs = extension.needs.join(" and ");
    format!(
        "up to {} more working days, {until}; needs {needs}",
        extension.working_days
    )
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn printed(received: Date, rule: Rule, format: Format) -> Result<String, String> {
        let mut bytes = Vec::new();
        match run(
            &Args { received, rule },
            &mut Output::new(&mut bytes, format),
        ) {
            Ok(_) => Ok(String::from_utf8(bytes).unwrap()),
            Err(Failure::Message(message)) => Err(message),
            Err(Failure::Io(error)) => Err(error.to_string()),
        }
    }

    #[test]
    fn prints_date_regime_and_article() {
        let text = printed(date(2026, 3, 2), Rule::Share, Format::Table).unwrap();
        assert!(text.contains("due       2026-03-30\n"), "{text}");
        assert!(
            text.contains("regime    CN-2025-809 国务院令第809号\n"),
            "{text}"
        );
        assert!(text.contains("article   22\n"), "{text}");
    }

    #[test]
    fn json_carries_the_extension_and_what_it_needs() {
        let text = printed(date(2026, 3, 2), Rule::CatalogueUpdate, Format::Json).unwrap();
        assert_eq!(
            text,
            "{\"rule\":\"CAT-UPD\",\"received\":\"2026-03-02\",\"due\":\"2026-03-16\",\
             \"working_days\":10,\"days\":null,\"years\":null,\"regime\":\"CN-2025-809\",\
             \"document\":\"国务院令第809号\",\"article\":\"17\",\"assumed\":false,\
             \"extension\":{\"working_days\":5,\"until\":\"2026-03-23\",\
             \"needs\":[\"consent of the competent department\"]}}\n"
        );
    }

    #[test]
    fn says_when_a_number_is_assumed() {
        let text = printed(date(2022, 9, 26), Rule::AnswerConditional, Format::Table).unwrap();
        assert!(text.contains("assumed   yes"), "{text}");
    }

    #[test]
    fn says_when_there_is_no_limit_or_no_calendar() {
        let error = printed(date(2022, 9, 26), Rule::Share, Format::Json).unwrap_err();
        assert!(
            error.contains("CN-2016-51 sets no limit for SHARE"),
            "{error}"
        );
        let error = printed(date(2026, 12, 30), Rule::Share, Format::Json).unwrap_err();
        assert!(error.contains("notice for 2027 is missing"), "{error}");
    }

    #[test]
    fn an_extension_past_the_calendar_does_not_hide_the_due_date() {
        let text = printed(date(2026, 12, 16), Rule::AnswerConditional, Format::Table).unwrap();
        assert!(text.contains("due        2026-12-30"), "{text}");
        assert!(text.contains("beyond the loaded calendar"), "{text}");
    }
}
