//! The run: the endpoint as a whole, then each exam.

use std::time::Duration;

use domain::conformance::{Case, Exam, Examination, Report, Verdict};
use domain::id::RegionTable;
use jiff::civil::Date;
use tokio::time::Instant;

use crate::cases;
use crate::line::{Line, Said};
use crate::question::{About, health, question};
use crate::reach::{NoWay, Reach, Shown};

/// A run ends after so long; what was not tried by then has failed.
const RUN: Duration = Duration::from_secs(45);

/// What all questions of a run have in common.
pub struct Setting<'a> {
    /// The entry of the ledger that says that the endpoint is examined.
    pub intent_index: i64,
    /// The provider itself, which is its own consumer here: `systems/{id}`.
    pub consumer: &'a str,
    /// The endpoint speaks gRPC, so it has a health check.
    pub grpc: bool,
    /// Makes request ids.
    pub request_ids: &'a (dyn Fn() -> String + Sync),
    /// Regions, to read identity numbers.
    pub regions: &'a RegionTable,
    /// Today in Shaoyang.
    pub today: Date,
}

/// Tries an endpoint against the contract. It asks about the samples of the exams, and never about anybody else.
pub async fn examine<R: Reach>(
    reach: &R,
    examination: &Examination,
    setting: &Setting<'_>,
) -> Report {
    let mut report = try_all(reach, &examination.exams, setting).await;
    report.leave_untried(&examination.untried);
    report
}

async fn try_all<R: Reach>(reach: &R, exams: &[Exam], setting: &Setting<'_>) -> Report {
    let mut report = Report::default();
    let began = Instant::now();
    let line = match dial(reach, Shown::Gateway, None).await {
        Ok(line) => line,
        Err(no_way) => {
            report.note(Case::Connection, None, Verdict::failed(no_way.into_text()));
            return report;
        }
    };
    report.note(Case::Connection, None, Verdict::Passed);
    for case in [
        Case::NoCertificate,
        Case::StrangeCertificate,
        Case::OtherCertificate,
    ] {
        report.note(case, None, refuses(reach, case, exams, setting).await);
    }
    report.note(Case::Health, None, health_of(&line, setting).await);
    let mut run = Run {
        reach,
        line,
        setting,
    };
    for exam in exams {
        let ended = tokio::time::timeout_at(began + RUN, cases::all(&mut run, exam, &mut report));
        if ended.await.is_err() {
            let saw = "the run had taken 45 seconds before this was done";
            report.note(Case::Slow, Some(exam), Verdict::failed(saw));
        }
    }
    report
}

/// An endpoint under examination.
pub(crate) struct Run<'a, R> {
    pub(crate) reach: &'a R,
    pub(crate) line: Line,
    pub(crate) setting: &'a Setting<'a>,
}

impl<R: Reach> Run<'_, R> {
    /// Another connection, where the last one ended.
    pub(crate) async fn renew(&mut self) -> Result<(), String> {
        if self.line.is_closed() {
            let dialled = dial(self.reach, Shown::Gateway, None).await;
            self.line = dialled.map_err(NoWay::into_text)?;
        }
        Ok(())
    }
}

pub(crate) async fn dial<R: Reach>(
    reach: &R,
    shown: Shown,
    window: Option<u32>,
) -> Result<Line, NoWay> {
    let stream = reach.dial(shown).await?;
    Line::open(stream, window).await.map_err(NoWay::Theirs)
}

/// Whether a caller who is not the gateway gets no answer: in the handshake, or by a code that says so. It asks about
/// what is not there: whoever is let in learns nothing by it.
async fn refuses<R: Reach>(
    reach: &R,
    case: Case,
    exams: &[Exam],
    setting: &Setting<'_>,
) -> Verdict {
    let shown = match case {
        Case::NoCertificate => Shown::Nothing,
        Case::StrangeCertificate => Shown::Stranger,
        _ => Shown::System,
    };
    let line = match dial(reach, shown, None).await {
        Ok(line) => line,
        Err(NoWay::Theirs(_)) => return Verdict::Passed,
        Err(NoWay::Ours(why)) => return Verdict::not_applicable(why),
    };
    let mut repeatable = exams.iter().filter(|exam| exam.may_repeat());
    let asked = repeatable.find_map(|exam| question(exam, About::Absent, setting));
    let asking = match asked {
        Some(asked) => asked.asking,
        None if setting.grpc => health(setting),
        None => return Verdict::failed("the handshake was taken, and there is nothing to ask"),
    };
    match line.ask(asking).await {
        Err(unsaid) if unsaid.shut => Verdict::Passed,
        Err(unsaid) => Verdict::failed(format!("it let the caller in: {}", unsaid.saw)),
        Ok(Said::No(code)) if REFUSALS.contains(&code.as_str()) => Verdict::Passed,
        Ok(Said::No(code)) => Verdict::failed(format!("it let the caller in, and answered {code}")),
        Ok(Said::Answer(_)) => Verdict::failed("it answered the question"),
    }
}

/// What a server says to whom it does not serve.
const REFUSALS: [&str; 4] = [
    "UNAUTHENTICATED",
    "PERMISSION_DENIED",
    "HTTP 401",
    "HTTP 403",
];

async fn health_of(line: &Line, setting: &Setting<'_>) -> Verdict {
    if !setting.grpc {
        return Verdict::not_applicable("there is no health check that all HTTP services agree on");
    }
    match line.ask(health(setting)).await {
        // One field, `status`, with the value SERVING.
        Ok(Said::Answer(messages)) if matches!(messages.as_slice(), [m] if **m == [8, 1]) => {
            Verdict::Passed
        }
        Ok(Said::Answer(_)) => Verdict::failed("it does not say SERVING"),
        Ok(Said::No(code)) => Verdict::failed(format!("it answered {code}")),
        Err(unsaid) => Verdict::failed(unsaid.saw),
    }
}
