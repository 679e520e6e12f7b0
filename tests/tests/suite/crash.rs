//! The real program, killed at each boundary of the path of a call, and started again.
//!
//! Whatever the moment: the provider was asked only under a durable intent, nothing was delivered
//! without a durable outcome, no index and no use is skipped, the bundle verifies, and an intent
//! without outcome is listed.

use std::collections::BTreeSet;

use api::certificate::v1::{Disposition, LookupCertificateRequest, LookupCertificateResponse};
use api::value::v1::Receipt;
use broker::Step;
use kit::databases::{Database, on_postgresql};
use kit::drafts::request_id;
use kit::folder::Folder;
use kit::gateway::verified;
use kit::together;
use kit::world::answer::Told;
use kit::world::story::Story;
use kit::world::{Client, Department, World, ask};
use ledger::bundle::Report;
use ledger::entry::{Entry, Kind};
use sandbox::identity::Identity;
use sandbox::people::HUSBAND;
use tonic::{Response, Status};
use tonic_types::StatusExt as _;

/// The request that is under way when the program is killed.
const KILLED: usize = 500;

macro_rules! killed_at {
    ($($test:ident = $step:ident;)+) => {$(
        mod $test {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                kill_at(Step::$step, None).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgresql() {
                super::on_postgresql(async |database| kill_at(Step::$step, Some(database)).await)
                    .await;
            }
        }
    )+

        /// A new step must be tried here too.
        #[test]
        fn every_step_is_tried() {
            let tried = [$(Step::$step),+];
            assert_eq!(tried, Step::ALL);
        }
    };
}

killed_at! {
    killed_when_the_request_was_parsed = Parsed;
    killed_when_policy_had_decided = Decided;
    killed_when_the_intent_was_recorded = IntentRecorded;
    killed_when_the_provider_had_answered = Answered;
    killed_when_the_answer_was_cut = Released;
    killed_when_the_outcome_was_recorded = OutcomeRecorded;
}

/// Everybody who acts; they outlive the program, which is killed and started again on its data.
struct Cast {
    database: Option<String>,
    platform: Identity,
    auditor: Identity,
    provider: Department,
    lookup: LookupCertificateRequest,
    grant: String,
}

impl Cast {
    /// Registers, enrols, publishes and grants, then kills the program.
    async fn set(database: Option<&Database>) -> (Self, Folder) {
        let database = database.map(Database::url_text);
        let folder = Folder::new("killed");
        let world = World::open_on(folder, database.as_deref(), None).await;
        let story = Story::of_marriages_in(world).await;
        let lookup = story.lookup_request(&HUSBAND);
        let Story {
            world,
            platform,
            provider,
            auditor,
            grant,
            ..
        } = story;
        let (platform, auditor) = (platform.identity, auditor.identity);
        let cast = Self {
            database,
            platform,
            auditor,
            provider,
            lookup,
            grant: grant.name,
        };
        (cast, world.kill())
    }

    /// Starts the program again.
    async fn open(&self, folder: Folder, pause_at: Option<Step>) -> World {
        World::open_on(folder, self.database.as_deref(), pause_at).await
    }

    /// The lookups of the platform.
    async fn platform(&self, world: &World) -> Platform {
        let client = world.connect(self.platform.clone()).await;
        Platform {
            client,
            lookup: self.lookup.clone(),
        }
    }

    /// What an auditor has in hand: the verified bundle, and the entries.
    async fn evidence(&self, world: &World) -> (Report, Vec<Entry>) {
        let auditor = world.connect(self.auditor.clone()).await;
        let vkey = std::fs::read_to_string(world.folder().join("keys/log.vkey")).unwrap();
        (
            verified(&auditor.bundle().await, vkey.trim()),
            auditor.entries().await,
        )
    }
}

/// The platform, connected.
struct Platform {
    client: Client,
    lookup: LookupCertificateRequest,
}

impl Platform {
    async fn lookup(&self, number: usize) -> Result<LookupCertificateResponse, Status> {
        let mut request = self.lookup.clone();
        request.request_id = request_id(number);
        // A case of its own: so many questions at once in one case would be stopped as guesses.
        if let Some(purpose) = &mut request.purpose {
            purpose.case_number = format!("case-{number}");
        }
        let answer = self
            .client
            .certificates()
            .lookup_certificate(ask(request))
            .await;
        answer.map(Response::into_inner)
    }
}

async fn kill_at(step: Step, database: Option<&Database>) {
    let (cast, folder) = Cast::set(database).await;
    let world = cast.open(folder, None).await;
    let before = delivered(cast.platform(&world).await.lookup(1).await);
    let folder = world.kill();

    let asked_before = cast.provider.running().asked();
    let world = cast.open(folder, Some(step)).await;
    let platform = cast.platform(&world).await;
    let waiting = tokio::spawn(async move { platform.lookup(KILLED).await });
    world.wait_for_pause(step);
    let folder = world.kill();
    assert!(waiting.await.unwrap().is_err(), "nothing was delivered");
    let asked = cast.provider.running().asked() - asked_before;
    assert_eq!(
        asked,
        u64::from(passed(step, Step::Answered)),
        "whether the provider was asked"
    );

    let world = cast.open(folder, None).await;
    let (report, entries) = cast.evidence(&world).await;
    check_log(&report, &entries, &cast);
    check_receipt(&entries, &before);
    check_killed(&report, &entries, step);
    check_afterwards(&cast.platform(&world).await, step).await;
}

/// Whether the killed request had come at least so far.
fn passed(killed_at: Step, boundary: Step) -> bool {
    let place = |step: Step| Step::ALL.iter().position(|other| *other == step);
    place(killed_at) >= place(boundary)
}

/// The bundle verifies, nothing is skipped, and every question of the provider has its intent.
fn check_log(report: &Report, entries: &[Entry], cast: &Cast) {
    assert!(report.ok, "{report}");
    let indexes = entries.iter().map(Entry::index);
    assert!(indexes.eq(0..report.size.unwrap()), "an index is skipped");
    let uses = entries.iter().filter(|entry| *entry.kind() == Kind::Intent);
    let uses = uses
        .map(|entry| entry.grant().unwrap())
        .inspect(|used| assert_eq!(used.name, cast.grant));
    let numbers: Vec<u64> = uses.map(|used| used.sequence).collect();
    assert_eq!(
        numbers,
        (1..).take(numbers.len()).collect::<Vec<_>>(),
        "a use is skipped"
    );
    for asked in cast.provider.running().latest() {
        let intent = &entries[usize::try_from(asked.intent_index).unwrap()];
        assert_eq!(
            (intent.kind(), intent.request_id()),
            (&Kind::Intent, asked.request_id.as_str())
        );
    }
}

/// A delivered answer has its intent and its outcome.
fn check_receipt(entries: &[Entry], receipt: &Receipt) {
    let entry = |index: i64| &entries[usize::try_from(index).unwrap()];
    let (intent, outcome) = (entry(receipt.intent_index), entry(receipt.outcome_index));
    assert_eq!(
        (intent.kind(), intent.request_id()),
        (&Kind::Intent, receipt.request_id.as_str())
    );
    assert_eq!(
        outcome.kind(),
        &Kind::Outcome {
            intent: intent.index()
        }
    );
    assert_eq!(outcome.facts().flag("released"), Some(true));
}

/// The killed request left what its last boundary promises, and a finding where it was cut off.
fn check_killed(report: &Report, entries: &[Entry], step: Step) {
    let of_request = |entry: &&Entry| entry.request_id() == request_id(KILLED);
    let left: Vec<&Entry> = entries.iter().filter(of_request).collect();
    let kinds: Vec<&Kind> = left.iter().map(|entry| entry.kind()).collect();
    let open: Vec<u64> = report.open_intents.iter().map(|open| open.index).collect();
    if passed(step, Step::OutcomeRecorded) {
        assert_eq!(
            kinds,
            [
                &Kind::Intent,
                &Kind::Outcome {
                    intent: left[0].index()
                }
            ]
        );
        assert!(open.is_empty(), "{open:?}");
    } else if passed(step, Step::IntentRecorded) {
        assert_eq!(kinds, [&Kind::Intent]);
        assert_eq!(open, [left[0].index()]);
    } else {
        assert_eq!(kinds, Vec::<&Kind>::new());
        assert!(open.is_empty(), "{open:?}");
    }
}

/// The program goes on: a new request is served under the next number; the killed one only when it
/// had left nothing.
async fn check_afterwards(platform: &Platform, step: Step) {
    let recorded = passed(step, Step::IntentRecorded);
    let next = delivered(platform.lookup(KILLED + 1).await);
    assert_eq!(next.grant_sequence, if recorded { 3 } else { 2 });
    let again = platform.lookup(KILLED).await;
    if recorded {
        let status = again.err().unwrap();
        assert_eq!(Told::of(&status).reason, "REQUEST_ID_REUSED");
    } else {
        delivered(again);
    }
}

fn delivered(answer: Result<LookupCertificateResponse, Status>) -> Receipt {
    let answer = answer.unwrap();
    assert_eq!(answer.disposition(), Disposition::Found);
    assert!(!answer.certificate.unwrap().items.is_empty());
    answer.receipt.unwrap()
}

// === killed under load ===

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_under_load_on_sqlite() {
    kill_under_load(None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_under_load_on_postgresql() {
    on_postgresql(async |database| kill_under_load(Some(database)).await).await;
}

/// Forty lookups at a time; the program is killed when a few of them are answered.
async fn kill_under_load(database: Option<&Database>) {
    let (cast, mut folder) = Cast::set(database).await;
    let mut receipts = Vec::new();
    for round in 1..=3 {
        let world = cast.open(folder, None).await;
        let platform = cast.platform(&world).await;
        let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
        let lookups = tokio::spawn(async move {
            let one = async |number: usize| {
                let answer = platform.lookup(round * 1000 + number).await;
                // Nobody listens after the kill.
                let _ = told.send(());
                answer
            };
            together((0..40).map(one)).await
        });
        for _ in 0..round * 5 {
            heard.recv().await;
        }
        folder = world.kill();
        let answers = lookups.await.unwrap();
        // What was cut off is no answer of the gateway's.
        assert!(
            answers
                .iter()
                .filter_map(|answer| answer.as_ref().err())
                .all(cut_off)
        );
        receipts.extend(answers.into_iter().filter(Result::is_ok).map(delivered));
    }
    let world = cast.open(folder, None).await;
    let (report, entries) = cast.evidence(&world).await;
    check_log(&report, &entries, &cast);
    assert!(
        receipts.len() >= 30,
        "only {} were answered",
        receipts.len()
    );
    for receipt in &receipts {
        check_receipt(&entries, receipt);
    }
    let outcomes: BTreeSet<i64> = receipts
        .iter()
        .map(|receipt| receipt.outcome_index)
        .collect();
    assert_eq!(
        outcomes.len(),
        receipts.len(),
        "each answer has an outcome of its own"
    );
    delivered(cast.platform(&world).await.lookup(9999).await);
}

fn cut_off(status: &Status) -> bool {
    status.get_error_details().error_info().is_none()
}

// === ended in order ===

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_is_told_to_end_ends_well_and_loses_nothing() {
    let (cast, folder) = Cast::set(None).await;
    let world = cast.open(folder, None).await;
    let platform = cast.platform(&world).await;
    let receipt = delivered(platform.lookup(1).await);
    let (ended_well, folder) = world.terminate();
    assert!(ended_well);
    assert!(cut_off(&platform.lookup(2).await.err().unwrap()));
    let world = cast.open(folder, None).await;
    let (report, entries) = cast.evidence(&world).await;
    check_log(&report, &entries, &cast);
    check_receipt(&entries, &receipt);
    assert_eq!(report.open_intents, []);
}
