//! What the demo says: talk as it goes, then the story as a table, or as one JSON document.

use std::io::Write as _;

use api::value::v1::Receipt;
use serde::Serialize;
use tokio::time::Instant;

use super::Error;
use super::width::pad;
use crate::config::Config;
use crate::keys::client_folder;
use crate::serve::Serving;

/// Where the talk goes: stdout for people, stderr when stdout is for a program.
pub(crate) struct Talk {
    to_stderr: bool,
}

impl Talk {
    pub(crate) fn new(to_stderr: bool) -> Self {
        Self { to_stderr }
    }

    /// Says one line.
    pub(crate) fn say(&self, line: &str) {
        // When nobody listens any more, the story goes on all the same.
        let _ = if self.to_stderr {
            writeln!(std::io::stderr(), "{line}")
        } else {
            writeln!(std::io::stdout(), "{line}")
        };
    }

    /// Tells the whole story.
    pub(crate) fn tell(&self, story: &Story) {
        for line in story.lines() {
            self.say(&line);
        }
    }
}

/// One call of the story.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Call {
    what: String,
    caller: String,
    expected: String,
    pub(crate) result: String,
    pub(crate) decision: &'static str,
    pub(crate) rule: String,
    pub(crate) fault: String,
    pub(crate) detail: String,
    latency_ms: f64,
    pub(crate) index: Option<i64>,
}

impl Call {
    /// A call that began at a moment and is answered now.
    pub(crate) fn of(what: &str, caller: &str, expected: &str, begun: Instant) -> Self {
        let micros = u32::try_from(begun.elapsed().as_micros()).unwrap_or(u32::MAX);
        Self {
            what: what.to_owned(),
            caller: caller.to_owned(),
            expected: expected.to_owned(),
            result: String::new(),
            decision: "",
            rule: String::new(),
            fault: String::new(),
            detail: String::new(),
            latency_ms: f64::from(micros) / 1000.0,
            index: None,
        }
    }

    /// The call was permitted and answered.
    pub(crate) fn permitted(
        mut self,
        result: &str,
        detail: &str,
        receipt: Option<&Receipt>,
    ) -> Self {
        result.clone_into(&mut self.result);
        detail.clone_into(&mut self.detail);
        self.decision = "permit";
        if let Some(receipt) = receipt {
            self.rule.clone_from(&receipt.rule);
            self.index = Some(receipt.outcome_index);
        }
        self
    }

    fn as_expected(&self) -> bool {
        self.result == self.expected && self.index.is_some()
    }
}

/// One bureau on the progress board.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Bureau {
    pub(crate) name: String,
    pub(crate) systems: i32,
    pub(crate) connected: i32,
    pub(crate) percent: Option<i32>,
}

/// What the offline verifier said.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Verified {
    pub(crate) ok: bool,
    pub(crate) bundle: String,
    pub(crate) entries: u64,
    pub(crate) open_intents: u64,
    pub(crate) report: String,
}

/// The story as it came out.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Story {
    pub(crate) notes: Vec<String>,
    pub(crate) calls: Vec<Call>,
    pub(crate) plan: String,
    pub(crate) progress: Vec<Bureau>,
    pub(crate) system_count: i32,
    pub(crate) connected_count: i32,
    pub(crate) evidence: Verified,
    pub(crate) surprises: Vec<String>,
}

impl Story {
    /// Notes something that happened.
    pub(crate) fn note(&mut self, line: String) {
        self.notes.push(line);
    }

    /// Whether every step came out as expected.
    pub(crate) fn as_expected(&self) -> bool {
        self.surprises.is_empty()
            && !self.calls.is_empty()
            && self.calls.iter().all(Call::as_expected)
            && self.evidence.ok
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = vec![String::new(), "What was agreed".to_owned()];
        lines.extend(self.notes.iter().map(|note| format!("  {note}")));
        lines.push(String::new());
        lines.push("What was called".to_owned());
        lines.push(row(
            [
                "call", "decision", "rule", "result", "fault", "latency", "ledger",
            ],
            " ",
        ));
        lines.extend(self.calls.iter().map(|call| {
            let mark = if call.as_expected() { " " } else { "!" };
            row(
                [
                    &call.what,
                    call.decision,
                    &call.rule,
                    &format!("{} {}", call.result, short(&call.detail)),
                    &call.fault,
                    &format!("{:.1} ms", call.latency_ms),
                    &call
                        .index
                        .map(|index| format!("#{index}"))
                        .unwrap_or_default(),
                ],
                mark,
            )
        }));
        lines.push(String::new());
        lines.push(format!(
            "Progress of {}: {} of {} self-built systems are connected",
            self.plan, self.connected_count, self.system_count
        ));
        lines.extend(self.progress.iter().map(|bureau| {
            let percent = bureau
                .percent
                .map_or("n/a".to_owned(), |percent| format!("{percent} %"));
            let counts = format!("{} of {}", bureau.connected, bureau.systems);
            format!(
                "  {} {} {}",
                pad(&bureau.name, 24),
                pad(&counts, 9),
                percent
            )
        }));
        lines.push(String::new());
        lines.push("Evidence".to_owned());
        lines.extend(self.evidence.report.lines().map(|line| format!("  {line}")));
        lines.extend(
            self.surprises
                .iter()
                .map(|surprise| format!("! {surprise}")),
        );
        let verdict = if self.as_expected() {
            "Every step came out as expected."
        } else {
            "Something did not come out as expected."
        };
        lines.push(String::new());
        lines.push(verdict.to_owned());
        lines
    }
}

/// Prints the story as one JSON document on stdout.
pub(crate) fn print_json(story: &Story) -> Result<(), Error> {
    let mut document = serde_json::to_value(story)?;
    if let Some(document) = document.as_object_mut() {
        document.insert("as_expected".to_owned(), story.as_expected().into());
    }
    let mut out = std::io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &document)?;
    writeln!(out)?;
    Ok(())
}

/// Says what to try while traffic goes on.
pub(crate) fn say_how_to_try(talk: &Talk, serving: &Serving, config: &Config) {
    let auditor = client_folder(&config.data, "auditor");
    let platform = client_folder(&config.data, super::actor::PLATFORM);
    talk.say("");
    talk.say("The gateway keeps serving, with a loop of lookups behind it. Ctrl-C ends it.");
    talk.say(&format!("  gRPC     {}", serving.grpc));
    talk.say(&format!(
        "  console  {}   (opens once)",
        serving.console_link
    ));
    talk.say("Try, in another shell:");
    talk.say(&format!(
        "  cargo run --release --bin shuqiaoctl -- --server {} --identity {} progress plans/2022",
        serving.grpc,
        auditor.display()
    ));
    talk.say(&format!(
        "  npx @bufbuild/buf curl --cacert {p}/authority.pem --cert {p}/certificate.pem --key {p}/key.pem \\\n      --servername localhost --protocol grpc --timeout 5s --data '{{}}' https://{}/shuqiao.registry.v1.SystemService/ListSystems",
        serving.grpc,
        p = platform.display()
    ));
}

fn row(cells: [&str; 7], mark: &str) -> String {
    let widths = [34, 9, 22, 38, 9, 10, 7];
    let cells: Vec<String> = cells
        .iter()
        .zip(widths)
        .map(|(cell, width)| pad(cell, width))
        .collect();
    format!("{mark} {}", cells.join(" ")).trim_end().to_owned()
}

/// The first sentence, so that a row stays a row.
fn short(text: &str) -> &str {
    let end = text.find(['.', ';', ':']).unwrap_or(text.len());
    let text = text.get(..end).unwrap_or(text);
    if text.len() > 16 { "" } else { text }
}
