//! What the ledger says of a complaint: what it is about, with whom it lies, until when. Nothing of what people wrote.

use domain::complaint::Complaint;
use domain::name::SystemName;
use ledger::entry::Draft;

use crate::gateway::{Act, Gateway};

impl Gateway {
    /// The entry of a step. The department that has to answer finds it.
    pub(super) fn complaint_draft(
        &self,
        request_id: &str,
        act: &Act<'_>,
        event: &str,
        complaint: &Complaint,
    ) -> Draft {
        let mut draft = Draft::change(format!("sharing.complaint.{event}"), request_id)
            .with_fact("actor", act.caller.principal().to_string())
            .with_fact("complaint", complaint.name.as_str())
            .with_fact("kind", complaint.kind.as_str())
            .with_fact("state", complaint.state.as_str())
            .with_fact("entering_department", complaint.entered_by.as_str())
            .with_fact("received", complaint.received.to_string());
        // A portal is told how it goes on, as a department's people are.
        if let Ok(system) = SystemName::parse(&complaint.entered.by) {
            draft = draft.with_fact("system", system.as_str());
        }
        if let Some(about) = complaint.about.first() {
            draft = draft.with_fact("about", about);
        }
        if let Some(department) = self.responsible_for(complaint) {
            draft = draft.with_fact("department", department.as_str());
        }
        if let Some(last) = complaint.routing.last() {
            draft = draft.with_fact("routed_by", last.why.as_str());
        }
        if let Some(clock) = complaint.state.clock() {
            let due = clock.due.map_or_else(String::new, |due| due.to_string());
            draft = draft
                .with_fact("due", due)
                .with_fact("due_rule", clock.rule.as_str());
        }
        match complaint.state.answered() {
            Some(answered) => draft.with_fact("outcome", answered.outcome.as_str()),
            None => draft,
        }
    }
}
