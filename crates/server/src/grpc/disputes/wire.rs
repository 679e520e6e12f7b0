//! Disputes for the wire.

use api::sharing::v1 as pb;
use api::sharing::v1::dispute as parts;
use broker::{Parties, Stored};
use domain::dispute::{
    Dispute, DisputeState, Escalated, Favour, Level, Party, Proposal, ProposalAnswer, Ruling, Turn,
};
use domain::policy::shaoyang_date;

use super::super::Adapter;
use super::super::incoming::wire_time;

impl Adapter {
    pub(super) fn wire_dispute(&self, row: Stored<Dispute>) -> pb::Dispute {
        let etag = row.etag();
        let dispute = row.value;
        let today = shaoyang_date(self.gateway.now());
        // Who is registered stays so: only a broken registry has no parties.
        let parties = self.gateway.parties_of(&dispute).ok();
        let of = |party| of_party(parties.as_ref(), party);
        let state = &dispute.state;
        let clock = state.clock();
        let negotiation = state.negotiation();
        let due = clock.and_then(|clock| clock.due);
        let levels = [Level::Coordination, Level::Government].into_iter();
        let escalations = levels.zip(state.escalations());
        let waits_for = match dispute.turn() {
            Some(Turn::Party(party)) => of(party),
            Some(Turn::Competent) => self.competent_name(),
            None => String::new(),
        };
        pb::Dispute {
            name: dispute.name.to_string(),
            subject: dispute.subject.to_string(),
            statement: dispute.statement.clone(),
            department: of(dispute.raiser),
            other_department: of(dispute.raiser.other()),
            consumer: dispute.consumer.to_string(),
            resource: dispute.resource.to_string(),
            state: wire_state(state).into(),
            level: state.level().number().into(),
            due_date: due.map(|day| day.to_string()).unwrap_or_default(),
            due_rule: clock.map(|clock| clock.rule.clone()).unwrap_or_default(),
            overdue: dispute.is_overdue(today),
            waits_for,
            proposals: negotiation
                .proposals
                .iter()
                .map(|one| proposal(one, of(one.by)))
                .collect(),
            given_up: negotiation.given_up.iter().map(|one| of(*one)).collect(),
            escalations: escalations
                .map(|(level, one)| escalation(level, one, of(one.by)))
                .collect(),
            rulings: state.rulings().into_iter().map(ruling).collect(),
            withdraw_reason: match state {
                DisputeState::Withdrawn(withdrawn) => withdrawn.why.text.clone(),
                DisputeState::Negotiating(_)
                | DisputeState::Coordinating(_)
                | DisputeState::Coordinated(_)
                | DisputeState::Deciding(_)
                | DisputeState::Settled(_)
                | DisputeState::Decided(_) => String::new(),
            },
            raiser: dispute.raised.by.clone(),
            legal_methods: dispute
                .legal(today)
                .iter()
                .map(|kind| kind.method().to_owned())
                .collect(),
            create_time: Some(wire_time(row.create_time)),
            etag,
        }
    }

    fn competent_name(&self) -> String {
        let snapshot = self.gateway.snapshot();
        let competent = snapshot.competent();
        competent.map_or_else(String::new, |one| one.name.to_string())
    }
}

fn of_party(parties: Option<&Parties>, party: Party) -> String {
    parties.map_or_else(String::new, |both| both.of(party).to_string())
}

fn wire_state(state: &DisputeState) -> parts::State {
    match state {
        DisputeState::Negotiating(_) => parts::State::Negotiating,
        DisputeState::Coordinating(_) => parts::State::Coordinating,
        DisputeState::Coordinated(_) => parts::State::Coordinated,
        DisputeState::Deciding(_) => parts::State::Deciding,
        DisputeState::Settled(_) => parts::State::Settled,
        DisputeState::Decided(_) => parts::State::Decided,
        DisputeState::Withdrawn(_) => parts::State::Withdrawn,
    }
}

fn proposal(one: &Proposal, department: String) -> parts::Proposal {
    use parts::proposal::Answer;
    let (answer, signed, reason) = match &one.answer {
        ProposalAnswer::Open => (Answer::Open, None, String::new()),
        ProposalAnswer::Accepted(signed) => (Answer::Accepted, Some(signed), String::new()),
        ProposalAnswer::Declined(why) => (Answer::Declined, Some(&why.signed), why.text.clone()),
    };
    parts::Proposal {
        department,
        proposer: one.terms.signed.by.clone(),
        propose_time: Some(wire_time(one.terms.signed.at)),
        terms: one.terms.text.clone(),
        answer: answer.into(),
        answerer: signed.map(|signed| signed.by.clone()).unwrap_or_default(),
        answer_time: signed.map(|signed| wire_time(signed.at)),
        reason,
    }
}

fn escalation(level: Level, one: &Escalated, department: String) -> parts::Escalation {
    parts::Escalation {
        level: level.number().into(),
        department,
        escalator: one.signed.by.clone(),
        escalate_time: Some(wire_time(one.signed.at)),
    }
}

fn ruling((level, one): (Level, &Ruling)) -> parts::Ruling {
    let favour = match one.favour {
        Favour::Raiser => parts::Favour::Raiser,
        Favour::Other => parts::Favour::Other,
        Favour::Partly => parts::Favour::Partly,
    };
    let day = one.document_date;
    parts::Ruling {
        level: level.number().into(),
        text: one.text.text.clone(),
        document: one.document.clone(),
        document_date: day.map(|day| day.to_string()).unwrap_or_default(),
        favour: favour.into(),
        forwarded_to: one.forwarded_to.clone(),
        recorder: one.text.signed.by.clone(),
        record_time: Some(wire_time(one.text.signed.at)),
    }
}
