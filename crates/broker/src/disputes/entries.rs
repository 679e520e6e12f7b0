//! What the ledger says of a dispute: who, about what, how far, until when. What people wrote stays with it.

use domain::dispute::Dispute;
use ledger::entry::Draft;

use crate::exchange::with_parties;
use crate::gateway::Gateway;

impl Gateway {
    /// The entry of a step. Both parties find it.
    pub(super) fn dispute_draft(
        &self,
        request_id: &str,
        by: &str,
        event: &str,
        dispute: &Dispute,
    ) -> Draft {
        let event = format!("sharing.dispute.{event}");
        let snapshot = self.snapshot();
        let mut draft = Draft::change(event, request_id)
            .with_fact("actor", by)
            .with_fact("dispute", dispute.name.as_str())
            .with_fact("about", dispute.subject.as_str())
            .with_fact("resource", dispute.resource.as_str())
            .with_fact("raiser", dispute.raiser.as_str())
            .with_fact("state", dispute.state.as_str())
            .with_fact("level", i64::from(dispute.state.level().number()))
            .with_fact(
                "statement",
                self.keys
                    .pseudonyms
                    .text("dispute statement", &dispute.statement),
            );
        if let Some(clock) = dispute.state.clock() {
            let due = clock.due.map_or_else(String::new, |due| due.to_string());
            draft = draft
                .with_fact("due", due)
                .with_fact("due_rule", clock.rule.as_str());
        }
        if let Some((_, ruling)) = dispute.state.rulings().last() {
            draft = draft
                .with_fact("favour", ruling.favour.as_str())
                .with_fact("document", ruling.document.as_str());
            if let Some(day) = ruling.document_date {
                draft = draft.with_fact("document_date", day.to_string());
            }
            if !ruling.forwarded_to.is_empty() {
                draft = draft.with_fact("forwarded_to", ruling.forwarded_to.as_str());
            }
        }
        let proposals = dispute.state.negotiation().proposals.len();
        if proposals > 0 {
            let count = i64::try_from(proposals).unwrap_or(i64::MAX);
            draft = draft.with_fact("proposals", count);
        }
        let entry = snapshot.resource(&dispute.resource);
        let provider = entry.map(|entry| &entry.system);
        with_parties(draft, &snapshot, &dispute.consumer, provider)
    }
}
