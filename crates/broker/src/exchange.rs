//! The path of a call: decide, record the intent, ask, cut, record the outcome, answer.
//!
//! The steps shared by lookups and reads of rows. Each takes what the step before it proved.

mod counters;
mod served;

use std::any::Any;
use std::sync::Arc;

use domain::caller::Caller;
use domain::name::{MatterName, RequestId, SystemName};
use domain::policy::{Ask, Decision, PERMIT_RULE, Permit, Refusal, Rule, decide};
use domain::snapshot::Snapshot;
use ledger::entry::{Draft, Fact, GrantUse};
use ledger::receipt::{IntentReceipt, OutcomeReceipt, ServedReceipt};
use store::recorder::RecordError;
use tokio::time::Instant;

use crate::call::ProviderCode;
use crate::connections::ProviderFault;
use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::lookup::Proof;
use crate::step::Step;
use domain::reason::Reason;

pub use counters::CallCounts;
pub(crate) use counters::Counters;

/// Why data is asked for.
#[derive(Clone)]
pub struct Purpose {
    /// The matter.
    pub matter: MatterName,
    /// The case in the caller's system; leaves the gateway only as a keyed hash.
    pub case_number: String,
    /// The clerk; leaves the gateway only as a keyed hash. None where no clerk is involved.
    pub operator: Option<String>,
}

/// One use of a grant: what every such call carries.
#[derive(Clone)]
pub struct Use {
    /// The caller.
    pub caller: Caller,
    /// The request id.
    pub request_id: RequestId,
    /// The purpose.
    pub purpose: Purpose,
    /// When the caller stops waiting.
    pub deadline: Instant,
    /// The place among the requests at work, held until the outcome is recorded: whoever asks and goes
    /// away does not get more work done at once than whoever stays. None where nobody counts places.
    pub place: Option<Place>,
}

/// Whatever stands for a place; dropping it gives the place back.
pub type Place = Arc<dyn Any + Send + Sync>;

/// Proof of a finished use.
#[derive(Clone, Debug)]
pub struct Receipt {
    recorded: Recorded,
    /// The rule that permitted it.
    pub rule: &'static str,
}

/// The entries of a finished use.
#[derive(Clone, Debug)]
enum Recorded {
    /// The provider was asked: the intent before, the outcome after.
    Asked(IntentReceipt, OutcomeReceipt),
    /// Nobody had to be asked: one entry.
    Served(ServedReceipt),
}

impl Receipt {
    /// Of a use that the provider was asked for.
    fn asked(intent: IntentReceipt, outcome: OutcomeReceipt) -> Self {
        Self {
            recorded: Recorded::Asked(intent, outcome),
            rule: PERMIT_RULE,
        }
    }

    /// Of a use that nobody was asked for.
    pub(crate) fn served(receipt: ServedReceipt) -> Self {
        Self {
            recorded: Recorded::Served(receipt),
            rule: PERMIT_RULE,
        }
    }

    /// The index of the intent.
    #[must_use]
    pub fn intent_index(&self) -> u64 {
        match &self.recorded {
            Recorded::Asked(intent, _) => intent.index(),
            Recorded::Served(entry) => entry.index(),
        }
    }

    /// The index of the outcome; the same entry where nobody was asked.
    #[must_use]
    pub fn outcome_index(&self) -> u64 {
        match &self.recorded {
            Recorded::Asked(_, outcome) => outcome.index(),
            Recorded::Served(entry) => entry.index(),
        }
    }

    /// The numbered use of a grant.
    #[must_use]
    pub fn grant(&self) -> Option<&GrantUse> {
        match &self.recorded {
            Recorded::Asked(intent, _) => intent.grant(),
            Recorded::Served(entry) => entry.grant(),
        }
    }

    /// The request it belongs to.
    #[must_use]
    pub fn request_id(&self) -> &str {
        match &self.recorded {
            Recorded::Asked(intent, _) => intent.request_id(),
            Recorded::Served(entry) => entry.request_id(),
        }
    }
}

/// How an exchange ended, for its outcome entry.
pub(crate) struct Ending {
    /// In one word: `found`, `no_match`, `ambiguous`, `delivered`, `failed` …
    pub(crate) disposition: &'static str,
    /// An answer is about to leave. "No match" is one too: it tells something about a person. A
    /// digest among the facts says that values of a record leave with it.
    pub(crate) released: bool,
    /// The same request id may ask again: nothing of a record was released, and nothing can have been
    /// done.
    pub(crate) frees: bool,
    /// Why the provider failed, where it did.
    pub(crate) failed: Option<Reason>,
    /// Further facts.
    pub(crate) facts: Vec<(&'static str, Fact)>,
}

impl Ending {
    /// An answer about the question that holds no value of a record.
    pub(crate) fn bare(disposition: &'static str) -> Self {
        Self {
            disposition,
            released: true,
            frees: false,
            failed: None,
            facts: Vec::new(),
        }
    }

    /// The issuer is still at work. That tells something about the holder, but no record was looked at:
    /// the same request id may ask again.
    pub(crate) fn pending() -> Self {
        Self {
            frees: true,
            ..Self::bare("pending")
        }
    }

    /// The same with what vouches for the answer.
    pub(crate) fn proven(mut self, proof: &Proof) -> Self {
        self.facts.extend(proof.facts());
        self
    }

    /// The provider failed. Where it answered with an error about the question, that error leaves
    /// and tells something, as "no match" does.
    pub(crate) fn failed(fault: &ProviderFault) -> Self {
        let mut facts = vec![
            ("reason", fault.reason.as_str().into()),
            ("fault", fault.reason.fault().as_str().into()),
        ];
        if let Some(code) = fault.code {
            facts.push(("provider_code", code.as_str().into()));
        }
        let released = fault.code.is_some_and(ProviderCode::is_about_the_question);
        Self {
            disposition: "failed",
            released,
            frees: !released,
            failed: Some(fault.reason),
            facts,
        }
    }
}

impl Gateway {
    /// Decides, and records a refusal: it is an answer, and answers are evidence.
    pub(crate) async fn permit(&self, used: &Use, ask: &Ask) -> Result<Permit, Failure> {
        self.must_be_fresh()?;
        // Too little time for anybody: that is not the provider's fault, and no use of the grant.
        if used.deadline <= Instant::now() + MARGIN {
            return Err(Failure::new(
                Reason::DeadlineExceeded,
                "too little time is left",
            ));
        }
        self.step(Step::Parsed).await;
        let snapshot = self.snapshot();
        let refusal = loop {
            let circumstances = self.circumstances(&snapshot, ask, used.caller.origin());
            match decide(&snapshot, ask, &circumstances) {
                Decision::Permit(permit) => {
                    if self.begin_use(&permit).is_err() {
                        // Somebody took the last one meanwhile, which is seen now.
                        continue;
                    }
                    self.counters.permit();
                    self.step(Step::Decided).await;
                    return Ok(*permit);
                }
                Decision::Refusal(refusal) => break refusal,
            }
        };
        let spent = refusal.rule() == Rule::InQuota;
        let told = refusal.grant().filter(|_| spent);
        if told.is_some_and(|grant| !self.is_first_stop(grant)) {
            self.counters.refusal(refusal.rule().reason());
            return Err(refusal.into());
        }
        // Boxed like all that is rare: a permitted call need not carry the room for it.
        Err(Box::pin(self.refuse(used, ask, refusal, &snapshot)).await)
    }

    /// Makes the intent durable. Nothing is asked of the provider before.
    pub(crate) async fn intend(
        &self,
        used: &Use,
        permit: &Permit,
        scope: Vec<(&'static str, Fact)>,
    ) -> Result<IntentReceipt, Failure> {
        let draft = Draft::intent(used.request_id.as_str());
        let draft = self.stated(draft, used, permit, scope);
        let caller = used.caller.principal().to_string();
        let written = self.recorder.intent(draft, caller, self.now());
        let intent = self.in_time(used.deadline, written).await?;
        self.step(Step::IntentRecorded).await;
        Ok(intent)
    }

    /// States what is asked for, by whom, why, and on whose approval.
    fn stated(
        &self,
        draft: Draft,
        used: &Use,
        permit: &Permit,
        scope: Vec<(&'static str, Fact)>,
    ) -> Draft {
        let snapshot = self.snapshot();
        let grant = permit.grant();
        let keys = &self.keys.pseudonyms;
        let mut draft = draft
            .with_grant(grant.name.as_str(), grant.version)
            .with_fact("rule", PERMIT_RULE)
            .with_fact("resource", permit.resource().name.as_str())
            .with_fact("mode", permit.mode().as_str())
            .with_fact("items", item_names(permit))
            .with_fact("matter", permit.matter().as_str())
            .with_fact("legal_basis", grant.terms.legal_basis.as_str())
            .with_fact("application", grant.application.as_str())
            .with_fact("approvers", grant.approvers.clone())
            .with_fact("case", keys.text("case", &used.purpose.case_number));
        if let Some(resumed) = &grant.resumed {
            draft = draft.with_fact("resumed_by", resumed.by.as_str());
        }
        if let Some(operator) = &used.purpose.operator {
            draft = draft.with_fact("operator", keys.text("operator", operator));
        }
        for (key, fact) in scope {
            draft = draft.with_fact(key, fact);
        }
        with_parties(
            draft,
            &snapshot,
            &grant.terms.consumer,
            Some(&grant.provider),
        )
    }

    /// Makes the outcome durable. Nothing is released before.
    pub(crate) async fn conclude(
        &self,
        used: &Use,
        permit: &Permit,
        intent: &IntentReceipt,
        ending: Ending,
    ) -> Result<Receipt, Failure> {
        if let Some(reason) = ending.failed {
            self.counters.failure(reason);
        }
        let snapshot = self.snapshot();
        let grant = permit.grant();
        let mut draft = Draft::outcome(intent)
            .with_fact("disposition", ending.disposition)
            .with_fact("released", ending.released)
            .with_fact("resource", permit.resource().name.as_str());
        for (key, fact) in ending.facts {
            draft = draft.with_fact(key, fact);
        }
        let draft = with_parties(
            draft,
            &snapshot,
            &grant.terms.consumer,
            Some(&grant.provider),
        );
        let written = self
            .recorder
            .outcome(draft, intent, ending.frees, self.now());
        let outcome = self.in_time(used.deadline, written).await?;
        self.step(Step::OutcomeRecorded).await;
        Ok(Receipt::asked(intent.clone(), outcome))
    }

    /// Records that the provider failed, and gives the caller the provider's fault.
    pub(crate) async fn fail(
        &self,
        used: &Use,
        permit: &Permit,
        intent: &IntentReceipt,
        fault: ProviderFault,
    ) -> Failure {
        let ending = Ending::failed(&fault);
        self.fail_as(used, permit, intent, fault, ending).await
    }

    /// The same with an ending that knows more of it.
    pub(crate) async fn fail_as(
        &self,
        used: &Use,
        permit: &Permit,
        intent: &IntentReceipt,
        fault: ProviderFault,
        ending: Ending,
    ) -> Failure {
        tracing::warn!(provider = %permit.grant().provider, reason = %fault.reason, "provider failed");
        match self.conclude(used, permit, intent, ending).await {
            Ok(receipt) => Failure::from(fault).recorded(receipt.outcome_index()),
            Err(failure) => failure,
        }
    }

    /// Asks the provider within the caller's deadline.
    pub(crate) async fn ask<T>(
        &self,
        used: &Use,
        asked: impl Future<Output = Result<T, ProviderFault>>,
    ) -> Result<T, ProviderFault> {
        match tokio::time::timeout_at(margin_before(used.deadline), asked).await {
            Ok(answer) => answer,
            Err(_) => Err(ProviderFault::new(
                Reason::ProviderTimeout,
                "the provider did not answer in time",
            )),
        }
    }

    pub(crate) async fn refuse(
        &self,
        used: &Use,
        ask: &Ask,
        refusal: Refusal,
        snapshot: &Snapshot,
    ) -> Failure {
        let rule = refusal.rule();
        self.counters.refusal(rule.reason());
        let grant = refusal.grant().cloned();
        let mut draft = Draft::change("exchange.refused", used.request_id.as_str())
            .with_fact("actor", used.caller.principal().to_string())
            .with_fact("rule", rule.id())
            .with_fact("reason", rule.reason().as_str())
            .with_fact("fault", rule.reason().fault().as_str())
            .with_fact("mode", ask.mode.as_str())
            .with_fact("matter", used.purpose.matter.as_str());
        draft = match ask.resources.as_slice() {
            [] => draft,
            [one] => draft.with_fact("resource", one.as_str()),
            // Several departments serve what was asked for, and none of them permits it.
            several => {
                let names: Vec<String> = several.iter().map(ToString::to_string).collect();
                draft.with_fact("resources", names)
            }
        };
        if let Some(grant) = &grant {
            draft = draft.with_fact("grant", grant.name.as_str());
        }
        let provider = grant.as_ref().map(|grant| &grant.provider);
        let draft = with_parties(draft, snapshot, &ask.consumer, provider);
        let written = self.recorder.refusal(draft, self.now());
        match self.in_time(used.deadline, written).await {
            Ok(receipt) => Failure::from(refusal).recorded(receipt.index()),
            Err(failure) => failure,
        }
    }

    pub(crate) async fn in_time<T>(
        &self,
        deadline: Instant,
        written: impl Future<Output = Result<T, RecordError>>,
    ) -> Result<T, Failure> {
        match tokio::time::timeout_at(deadline, written).await {
            Ok(Ok(receipt)) => Ok(receipt),
            Ok(Err(RecordError::AlreadyUsed { intent })) => {
                let message =
                    "the request id was used for an exchange that is under way or was delivered";
                Err(Failure::new(Reason::RequestIdReused, message).recorded(intent))
            }
            Ok(Err(RecordError::Unavailable(_))) => {
                self.counters.unrecorded();
                Err(Failure::new(
                    Reason::LedgerUnavailable,
                    "the ledger cannot record now",
                ))
            }
            // Whether the entry was written is unknown; nothing is released either way.
            Err(_) => {
                self.counters.unrecorded();
                Err(Failure::new(
                    Reason::LedgerUnavailable,
                    "the ledger did not answer in time",
                ))
            }
        }
    }
}

/// Kept back from the caller's deadline for the outcome entry.
pub(crate) const MARGIN: std::time::Duration = std::time::Duration::from_millis(200);

/// What is left of a deadline when the outcome had its time.
pub(crate) fn margin_before(deadline: Instant) -> Instant {
    deadline.checked_sub(MARGIN).unwrap_or(deadline)
}

fn item_names(permit: &Permit) -> Vec<String> {
    permit.items().iter().map(ToString::to_string).collect()
}

/// Names both sides with their departments, so that each finds the entry.
pub(crate) fn with_parties(
    draft: Draft,
    snapshot: &Snapshot,
    consumer: &SystemName,
    provider: Option<&SystemName>,
) -> Draft {
    let draft = with_side(
        draft,
        snapshot,
        ["consumer", "consumer_department"],
        consumer,
    );
    match provider {
        Some(provider) => with_provider(draft, snapshot, provider),
        None => draft,
    }
}

/// Names the provider's side alone: the other one does not find the entry.
pub(crate) fn with_provider(draft: Draft, snapshot: &Snapshot, provider: &SystemName) -> Draft {
    with_side(
        draft,
        snapshot,
        ["provider", "provider_department"],
        provider,
    )
}

fn with_side(
    draft: Draft,
    snapshot: &Snapshot,
    [system, department]: [&'static str; 2],
    name: &SystemName,
) -> Draft {
    let draft = draft.with_fact(system, name.as_str());
    match snapshot.system(name) {
        Some(row) => draft.with_fact(department, row.department.as_str()),
        None => draft,
    }
}
