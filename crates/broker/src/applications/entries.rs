//! What the ledger says of an application.

use domain::application::{Application, ApplicationState, Terms};
use ledger::entry::Draft;

use crate::exchange::{with_parties, with_provider};
use crate::failure::Failure;
use crate::gateway::{Act, Gateway};

impl Gateway {
    /// Says of terms what is not the rule. The row filter is named by a keyed hash: its values can be a
    /// person's. Its items are names.
    pub(crate) fn with_special_terms(&self, mut draft: Draft, terms: &Terms) -> Draft {
        if terms.issues_use_codes {
            draft = draft.with_fact("issues_use_codes", true);
        }
        let Some(filter) = &terms.row_filter else {
            return draft;
        };
        let items: Vec<String> = filter.keys().iter().map(ToString::to_string).collect();
        draft
            .with_fact("row_filter", self.row_filter_digest(filter))
            .with_fact("row_filter_items", items)
    }

    /// The entry of a step. Until an application is handed over it names its own side alone.
    pub(super) fn application_draft(
        &self,
        act: &Act<'_>,
        event: &str,
        application: &Application,
    ) -> Result<Draft, Failure> {
        let terms = application.agreed();
        let event = format!("sharing.application.{event}");
        let draft = Draft::change(&*event, act.request_id.as_str())
            .with_fact("actor", act.caller.principal().to_string())
            .with_fact("application", application.name.as_str())
            .with_fact("resource", terms.resource.as_str())
            .with_fact("state", application.state.as_str());
        let snapshot = self.snapshot();
        let entry = snapshot.resource(&terms.resource);
        let handed_over = entry.filter(|_| application.state.answering().is_some());
        let provider = handed_over.map(|entry| &entry.system);
        // The consumer is registered, or nothing could be applied for.
        self.owner_of(&terms.consumer)?;
        let mut draft = match provider {
            Some(provider) if is_inside(&event) => with_provider(draft, &snapshot, provider),
            provider => with_parties(draft, &snapshot, &terms.consumer, provider),
        };
        let retiring = entry.and_then(|entry| entry.progress.retiring.as_ref());
        if let (ApplicationState::Approved { .. }, Some(retiring)) = (&application.state, retiring)
        {
            draft = draft.with_fact("resource_last_day", retiring.last_day.to_string());
        }
        Ok(with_answer(
            self.with_special_terms(draft, terms),
            application,
        ))
    }
}

/// What the provider's people agree to among themselves: its entry names their side alone, so that the other side finds
/// neither it nor an event of it.
fn is_inside(event: &str) -> bool {
    event.ends_with(".approval_proposed") || event.ends_with(".offer_proposed")
}

/// The clock, and what was said by which rule. What people wrote stays with the application.
fn with_answer(mut draft: Draft, application: &Application) -> Draft {
    let Some(answering) = application.state.answering() else {
        return draft;
    };
    let clock = &answering.clock;
    let due = clock.due.map_or_else(String::new, |due| due.to_string());
    draft = draft
        .with_fact("due", due)
        .with_fact("due_rule", clock.rule.as_str());
    if clock.paused().is_some() {
        draft = draft.with_fact("clock_state", "paused");
    }
    if let Some(days) = clock.extended {
        draft = draft.with_fact("extended_days", i64::from(days));
    }
    let offers = i64::try_from(answering.offers.len()).unwrap_or(i64::MAX);
    if offers > 0 {
        draft = draft.with_fact("offers", offers);
    }
    match &application.state {
        ApplicationState::Approved { grant, by, .. } => draft
            .with_fact("approvers", answering.approvers(by))
            .with_fact("grant", grant.as_str()),
        ApplicationState::Refused { ground, law, .. } => {
            let draft = draft.with_fact("refusal_ground", ground.as_str());
            if law.is_empty() {
                draft
            } else {
                draft.with_fact("refusal_basis", law.as_str())
            }
        }
        ApplicationState::Draft
        | ApplicationState::SignedOff(_)
        | ApplicationState::Submitted(_)
        | ApplicationState::MaterialRequested(_)
        | ApplicationState::Offered(_)
        | ApplicationState::Withdrawn { .. } => draft,
    }
}
