//! The first page: the ledger's head, the progress board, the latest calls.

use askama::Template;
use broker::{Alarm, Board, Call, Failure, Gateway, SignedCheckpoint, Warning};
use domain::caller::Caller;
use domain::name::PlanName;
use domain::reason::Reason;
use domain::snapshot::Snapshot;
use jiff::Timestamp;

use super::board::{self, BoardView};
use super::calls::{CallView, call_view};
use super::{Frame, names};
use crate::words;

/// The plan whose board is shown.
const PLAN: &str = "plans/2022";
/// Alarms shown.
const ALARMS: u32 = 5;
/// Calls shown.
const CALLS: usize = 20;

/// What the first page shows.
#[derive(Template)]
#[template(path = "home.html")]
pub(crate) struct HomePage {
    frame: Frame,
    now: String,
    ledger: Option<LedgerView>,
    board: Option<BoardView>,
    alarms: Vec<AlarmView>,
    warnings: Vec<WarningView>,
    calls: Vec<CallView>,
}

/// One certificate that ends soon.
pub(crate) struct WarningView {
    department: String,
    holder: String,
    ends: String,
    /// Whole days that are left; none where it is over.
    days: Option<i64>,
}

/// One alarm.
pub(crate) struct AlarmView {
    index: u64,
    time: String,
    consumer: String,
    scope: &'static str,
    counted: &'static str,
    most: i64,
}

/// The head of the ledger.
pub(crate) struct LedgerView {
    origin: String,
    size: u64,
    last: Option<u64>,
    signed: String,
}

/// Everything the first page is made from. What is about everybody is empty for who does not oversee.
struct Facts {
    now: Timestamp,
    checkpoint: Option<SignedCheckpoint>,
    board: Option<Board>,
    alarms: Vec<Alarm>,
    warnings: Vec<Warning>,
    calls: Vec<Call>,
}

/// Reads the facts and lays them out.
///
/// # Errors
/// The store.
pub(crate) async fn page(gateway: &Gateway, caller: &Caller) -> Result<HomePage, Failure> {
    let plan = PlanName::parse(PLAN).map_err(|cause| Failure::field("plan", &cause))?;
    let (alarms, calls) = if caller.oversees() {
        let alarms = gateway.latest_alarms(ALARMS).await?;
        (alarms, gateway.latest_calls(CALLS).await?)
    } else {
        (Vec::new(), Vec::new())
    };
    let mut warnings = gateway.warnings();
    warnings.retain(|warning| concerns(caller, warning));
    let facts = Facts {
        now: gateway.now(),
        checkpoint: if_found(gateway.checkpoint().await)?,
        board: if_found(gateway.progress(&plan).await)?,
        alarms,
        warnings,
        calls,
    };
    let snapshot = gateway.snapshot();
    let frame = Frame::at("home", caller, &snapshot);
    Ok(lay_out(frame, &facts, &snapshot))
}

/// Whether somebody sees that a certificate ends: who oversees, and the department whose it is.
pub(super) fn concerns(caller: &Caller, warning: &Warning) -> bool {
    let of = warning.department.as_ref();
    caller.oversees() || of.is_some_and(|department| caller.is_of(department))
}

/// Lays the facts out, with names from the registry.
fn lay_out(frame: Frame, facts: &Facts, snapshot: &Snapshot) -> HomePage {
    HomePage {
        frame,
        now: words::moment(facts.now),
        ledger: facts.checkpoint.as_ref().map(ledger_view),
        board: facts
            .board
            .as_ref()
            .map(|board| BoardView::new(board, snapshot, facts.now)),
        alarms: facts
            .alarms
            .iter()
            .map(|alarm| alarm_view(alarm, snapshot))
            .collect(),
        warnings: facts
            .warnings
            .iter()
            .map(|warning| warning_view(warning, snapshot, facts.now))
            .collect(),
        calls: facts
            .calls
            .iter()
            .map(|call| call_view(call, snapshot))
            .collect(),
    }
}

fn alarm_view(alarm: &Alarm, snapshot: &Snapshot) -> AlarmView {
    AlarmView {
        index: alarm.index,
        time: words::moment(alarm.time),
        consumer: names::shown(&alarm.consumer, snapshot),
        scope: words::budget_scope(&alarm.scope),
        counted: words::budget_counted(&alarm.counted),
        most: alarm.most,
    }
}

fn warning_view(warning: &Warning, snapshot: &Snapshot, now: Timestamp) -> WarningView {
    let department = warning.department.as_ref();
    let department = department.and_then(|name| snapshot.department(name));
    let holder = match warning.name.strip_prefix("authorities/") {
        Some("callers") => "调用方证书机构".to_owned(),
        Some(_) => "网关证书机构".to_owned(),
        None if warning.name == "gateway" => "网关服务证书".to_owned(),
        None if warning.name == "gateway/providers" => "网关对提供方的证书".to_owned(),
        None => names::shown(&warning.holder, snapshot),
    };
    let left = warning.ends.duration_since(now).as_hours();
    WarningView {
        department: department
            .map_or_else(|| "网关运维方".to_owned(), |one| one.short_name.clone()),
        holder,
        ends: words::moment(warning.ends),
        days: (left >= 0).then_some(left / 24),
    }
}

fn ledger_view(checkpoint: &SignedCheckpoint) -> LedgerView {
    let size = checkpoint.published.size;
    LedgerView {
        origin: checkpoint.origin.clone(),
        size,
        last: size.checked_sub(1),
        signed: words::moment(checkpoint.published.time),
    }
}

/// An empty ledger and a plan not yet loaded are states to show, not faults.
fn if_found<T>(result: Result<T, Failure>) -> Result<Option<T>, Failure> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(failure) if failure.reason == Reason::NotFound => Ok(None),
        Err(failure) => Err(failure),
    }
}
