//! The cases of one exam.

use std::time::Duration;

use domain::conformance::{Case, Exam, Report, Verdict};
use futures_util::future::join_all;
use http::HeaderValue;

use crate::answers;
use crate::examine::{Run, dial};
use crate::line::Said;
use crate::question::{About, Asked, question};
use crate::reach::{NoWay, Reach, Shown};

/// Questions that are asked at once.
const AT_ONCE: usize = 16;
/// Questions that are given up: more than a connection has streams as a rule.
const GIVEN_UP: usize = 120;
/// After how long.
const MOMENT: Duration = Duration::from_micros(500);
/// What the slow reader takes ahead, in bytes.
const NARROW: u32 = 1024;

/// Tries all cases of an exam. Where the right question gets no answer, the others have nothing to compare with.
pub(crate) async fn all<R: Reach>(run: &mut Run<'_, R>, exam: &Exam, report: &mut Report) {
    let first = answered(run, exam).await;
    let count = match &first {
        Ok(judged) if judged.broken.is_empty() => {
            report.note(Case::Found, Some(exam), Verdict::Passed);
            judged.count
        }
        Ok(judged) => {
            report.note(
                Case::Found,
                Some(exam),
                Verdict::failed(judged.broken.join("; ")),
            );
            judged.count
        }
        Err(saw) => {
            report.note(Case::Found, Some(exam), Verdict::failed(saw.clone()));
            let why = Verdict::not_applicable("the question of the sample was not answered");
            for case in OTHERS {
                report.note(case, Some(exam), why.clone());
            }
            return;
        }
    };
    if let Some(judged) = first.as_ref().ok().filter(|judged| judged.is_good()) {
        let kept = judged.shape.as_ref().and_then(|shape| exam.to_keep(shape));
        report.see(exam, judged.drift.clone(), kept);
    }
    let schema = first.map_or_else(Verdict::failed, |judged| Verdict::of_changes(&judged.drift));
    report.note(Case::Schema, Some(exam), schema);
    report.note(Case::NotFound, Some(exam), not_found(run, exam).await);
    if !exam.may_repeat() {
        let why = Verdict::not_applicable(
            "the method may have an effect, so it is asked no more than it must be",
        );
        for case in [
            Case::Malformed,
            Case::Oversized,
            Case::Slow,
            Case::Cancelled,
        ] {
            report.note(case, Some(exam), why.clone());
        }
        return;
    }
    for (case, about) in [
        (Case::Malformed, About::Malformed),
        (Case::Oversized, About::Oversized),
    ] {
        report.note(case, Some(exam), refused(run, exam, about).await);
    }
    report.note(Case::Slow, Some(exam), slow(run, exam, count).await);
    report.note(Case::Cancelled, Some(exam), cancelled(run, exam).await);
}

const OTHERS: [Case; 6] = [
    Case::Schema,
    Case::NotFound,
    Case::Malformed,
    Case::Oversized,
    Case::Slow,
    Case::Cancelled,
];

/// Asks the right question and judges its answer.
async fn answered<R: Reach>(run: &mut Run<'_, R>, exam: &Exam) -> Result<answers::Judged, String> {
    run.renew().await?;
    let asked = question(exam, About::Found, run.setting).ok_or("there is no question")?;
    judged(run, exam, asked).await
}

async fn judged<R: Reach>(
    run: &Run<'_, R>,
    exam: &Exam,
    asked: Asked,
) -> Result<answers::Judged, String> {
    let Asked { asking, request_id } = asked;
    match run.line.ask(asking).await.map_err(|unsaid| unsaid.saw)? {
        Said::Answer(messages) => Ok(answers::found(exam, &messages, &request_id, run.setting)),
        Said::No(code) => Err(format!("it answered {code}")),
    }
}

async fn not_found<R: Reach>(run: &mut Run<'_, R>, exam: &Exam) -> Verdict {
    let Some(Asked { asking, request_id }) = question(exam, About::Absent, run.setting) else {
        return Verdict::not_applicable("no question about what is not there was given");
    };
    let said = match run.line.ask(asking).await {
        Ok(said) => said,
        Err(unsaid) => return Verdict::failed(unsaid.saw),
    };
    if let Err(saw) = answers::absent(exam, &said, &request_id, run.setting) {
        return Verdict::failed(saw);
    }
    let Some(unknown) = question(exam, About::Unknown, run.setting) else {
        return Verdict::Passed;
    };
    match run.line.ask(unknown.asking).await {
        Ok(Said::No(_)) => Verdict::Passed,
        Ok(Said::Answer(_)) => Verdict::failed("it answered for a resource that it does not have"),
        Err(unsaid) => Verdict::failed(unsaid.saw),
    }
}

/// A request that breaks a rule is refused, and the right question answered afterwards.
async fn refused<R: Reach>(run: &mut Run<'_, R>, exam: &Exam, about: About) -> Verdict {
    let Some(asked) = question(exam, about, run.setting) else {
        return Verdict::not_applicable("the method takes no message");
    };
    // What the case before did to the connection is its own fault.
    if let Err(saw) = run.renew().await {
        return Verdict::failed(saw);
    }
    let is_large = about == About::Oversized && !asked.asking.body.is_empty();
    match run.line.ask(asked.asking).await {
        Ok(Said::Answer(_)) => return Verdict::failed("it answered"),
        Ok(Said::No(code)) if code.starts_with("HTTP 5") => {
            return Verdict::failed(format!("it answered {code}: the request broke it"));
        }
        Err(unsaid) if unsaid.late => return Verdict::failed(unsaid.saw),
        // A reset of the stream is a refusal too, and so is one of the connection where it could not read on: no
        // message, or a header that is too long.
        Ok(Said::No(_)) | Err(_) => {}
    }
    if is_large && has_ended(run, exam).await {
        return Verdict::failed("it ended the connection, on which others had questions too");
    }
    goes_on(run, exam, "after the request that it refused").await
}

/// Whether the connection takes no further question.
async fn has_ended<R: Reach>(run: &Run<'_, R>, exam: &Exam) -> bool {
    let Some(asked) = question(exam, About::Found, run.setting) else {
        return false;
    };
    // A stream of its own may be reset for whatever reason; what counts is the connection.
    let _ = run.line.ask(asked.asking).await;
    run.line.is_closed()
}

async fn goes_on<R: Reach>(run: &mut Run<'_, R>, exam: &Exam, when: &str) -> Verdict {
    match answered(run, exam).await {
        Ok(judged) if judged.is_good() => Verdict::Passed,
        Ok(judged) => Verdict::failed(format!(
            "{when} the right question: {}",
            judged.broken.join("; ")
        )),
        Err(saw) => Verdict::failed(format!("{when} the right question: {saw}")),
    }
}

async fn slow<R: Reach>(run: &mut Run<'_, R>, exam: &Exam, count: usize) -> Verdict {
    if let Err(saw) = run.renew().await {
        return Verdict::failed(saw);
    }
    let asking = (0..AT_ONCE).filter_map(|_| question(exam, About::Found, run.setting));
    let all = join_all(asking.map(|asked| judged(run, exam, asked))).await;
    let unanswered = all
        .iter()
        .filter(|one| !matches!(one, Ok(judged) if judged.is_good()));
    let unanswered = unanswered.count();
    if unanswered > 0 {
        return Verdict::failed(format!(
            "{unanswered} of {AT_ONCE} questions at once got no good answer"
        ));
    }
    if let Err(saw) = narrow(run, exam, count).await {
        return Verdict::failed(saw);
    }
    let Some(mut asked) = question(exam, About::Found, run.setting) else {
        return Verdict::Passed;
    };
    // A caller that has a millisecond: whatever comes of it, the endpoint goes on.
    let short = HeaderValue::from_static("1m");
    asked.asking.headers.insert("grpc-timeout", short);
    run.line.give_up(asked.asking, MOMENT).await;
    goes_on(run, exam, "after a caller whose time was over").await
}

/// A reader that takes a kibibyte at a time gets as much as one that takes all.
async fn narrow<R: Reach>(run: &Run<'_, R>, exam: &Exam, count: usize) -> Result<(), String> {
    let asked = question(exam, About::Found, run.setting).ok_or("there is no question")?;
    let line = dial(run.reach, Shown::Gateway, Some(NARROW)).await;
    let line = line.map_err(NoWay::into_text)?;
    let run = Run {
        reach: run.reach,
        line,
        setting: run.setting,
    };
    let judged = judged(&run, exam, asked).await;
    match judged
        .map_err(|saw| format!("a reader that reads slowly: {saw}"))?
        .count
    {
        got if got == count => Ok(()),
        got => Err(format!("a reader that reads slowly got {got} of {count}")),
    }
}

async fn cancelled<R: Reach>(run: &mut Run<'_, R>, exam: &Exam) -> Verdict {
    for _ in 0..GIVEN_UP {
        if let Err(saw) = run.renew().await {
            return Verdict::failed(saw);
        }
        let Some(asked) = question(exam, About::Found, run.setting) else {
            return Verdict::Passed;
        };
        run.line.give_up(asked.asking, MOMENT).await;
    }
    goes_on(run, exam, "after 120 requests that were given up").await
}
