//! Applications for the wire.

use api::sharing::v1 as pb;
use api::sharing::v1::application as parts;
use broker::{Stored, wire};
use domain::application::{
    Answering, Application, ApplicationState, Consent, ExtensionRequest, MaterialRequest, MoveKind,
    Offer, OfferAnswer, Proposal, RefusalGround, Step,
};
use domain::clock::Clock;
use jiff::civil::Date;

use super::super::catalogue::wire_modes;
use super::super::incoming::wire_time;
use super::super::terms::{wire_quota, wire_terms, wire_zones};

/// How an application is shown: to whom, and on which day.
#[derive(Clone, Copy)]
pub(super) struct View {
    /// What the provider's people agree to among themselves is shown.
    pub(super) inside: bool,
    /// The present day.
    pub(super) today: Date,
}

/// An application for the wire.
pub(super) fn wire_application(row: Stored<Application>, view: View) -> pb::Application {
    let etag = row.etag();
    let application = row.value;
    let legal = application.legal();
    let answering = application.state.answering();
    let clock = answering.map(|answering| &answering.clock);
    let head = head_of(&application.state);
    let is_open = !application.state.is_over();
    let shown = |step: &&Step| view.inside || !is_inside(step);
    let history = application.history.iter().filter(shown);
    let terms = &application.terms;
    pb::Application {
        name: application.name.to_string(),
        consumer: terms.consumer.to_string(),
        resource: terms.resource.to_string(),
        items: terms.items.iter().map(ToString::to_string).collect(),
        share_modes: wire_modes(&terms.share_modes),
        matters: terms.matters.iter().map(ToString::to_string).collect(),
        legal_basis: terms.legal_basis.clone(),
        scene: application.scene.clone(),
        start_date: terms.start.to_string(),
        end_date: terms.end.to_string(),
        operator_required: terms.operator_required,
        row_filter: terms.row_filter.clone().map(wire::filter_to),
        issues_use_codes: terms.issues_use_codes,
        network_zones: wire_zones(&terms.network_zones),
        quota: wire_quota(&terms.quota),
        amends: application
            .amends
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        expected_calls_per_day: count(application.volume.calls_per_day),
        expected_rows_per_day: count(application.volume.rows_per_day),
        state: head.state.into(),
        receive_time: clock.map(|clock| wire_time(clock.received)),
        due_date: clock.map(due).unwrap_or_default(),
        due_rule: clock.map(|clock| clock.rule.clone()).unwrap_or_default(),
        paused: clock.is_some_and(|clock| clock.paused().is_some()),
        overdue: is_open && clock.is_some_and(|clock| clock.is_overdue(view.today)),
        grant: head.grant,
        refuse_reason: head.reason,
        refusal_ground: head.ground,
        refusal_basis: head.law,
        applicant: application.applicant.clone(),
        material_request: answering
            .and_then(|one| one.material.as_ref())
            .map(material),
        extension: answering
            .and_then(|one| one.extension.as_ref())
            .map(extension),
        proposal: answering.and_then(|one| proposal(one, is_open && view.inside)),
        offers: answering.map(offers).unwrap_or_default(),
        history: history.map(step).collect(),
        legal_methods: legal.iter().map(|kind| kind.method().to_owned()).collect(),
        etag,
    }
}

/// A ground for the wire.
pub(super) fn wire_ground(ground: RefusalGround) -> pb::RefusalGround {
    pb::RefusalGround {
        id: ground.id,
        title: ground.title,
        article: ground.article,
        source: ground.source,
        assumed: ground.assumed,
        cites: ground.cites,
        unsupplied: ground.unsupplied,
    }
}

/// What a state says beside the answering.
#[derive(Default)]
struct Head {
    state: parts::State,
    grant: String,
    reason: String,
    ground: String,
    law: String,
}

fn head_of(state: &ApplicationState) -> Head {
    use parts::State;
    let of = |state| Head {
        state,
        ..Head::default()
    };
    match state {
        ApplicationState::Draft => of(State::Draft),
        ApplicationState::SignedOff(_) => of(State::SignedOff),
        ApplicationState::Submitted(_) => of(State::Submitted),
        ApplicationState::MaterialRequested(_) => of(State::MaterialRequested),
        ApplicationState::Offered(_) => of(State::Offered),
        ApplicationState::Approved { grant, .. } => Head {
            grant: grant.to_string(),
            ..of(State::Approved)
        },
        ApplicationState::Refused {
            ground,
            law,
            reason,
            ..
        } => Head {
            reason: reason.clone(),
            ground: ground.clone(),
            law: law.clone(),
            ..of(State::Refused)
        },
        ApplicationState::Withdrawn { reason, .. } => Head {
            reason: reason.clone(),
            ..of(State::Withdrawn)
        },
    }
}

/// What the provider's people do among themselves before it counts.
fn is_inside(step: &Step) -> bool {
    match step.kind {
        MoveKind::Approve | MoveKind::Offer => true,
        MoveKind::Edit
        | MoveKind::SignOff
        | MoveKind::Submit
        | MoveKind::AutoApprove
        | MoveKind::Withdraw
        | MoveKind::RequestMaterial
        | MoveKind::SupplyMaterial
        | MoveKind::RequestExtension
        | MoveKind::ConsentExtension
        | MoveKind::DeclineExtension
        | MoveKind::NotifyExtension
        | MoveKind::AcceptOffer
        | MoveKind::DeclineOffer
        | MoveKind::WithdrawOffer
        | MoveKind::Refuse => false,
    }
}

fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn due(clock: &Clock) -> String {
    clock.due.map_or_else(String::new, |day| day.to_string())
}

fn step(step: &Step) -> parts::Step {
    parts::Step {
        kind: step.kind.as_str().to_owned(),
        by: step.signed.by.clone(),
        time: Some(wire_time(step.signed.at)),
        note: step.note.clone(),
    }
}

fn material(asked: &MaterialRequest) -> parts::MaterialRequest {
    let supplied = asked.supplied.as_ref();
    parts::MaterialRequest {
        missing: asked.missing.clone(),
        by: asked.signed.by.clone(),
        time: Some(wire_time(asked.signed.at)),
        due_date: due(&asked.clock),
        due_rule: asked.clock.rule.clone(),
        statement: supplied.map(|said| said.text.clone()).unwrap_or_default(),
        supply_time: supplied.map(|said| wire_time(said.signed.at)),
    }
}

fn extension(asked: &ExtensionRequest) -> parts::Extension {
    let (consented, declined) = match &asked.consent {
        Consent::Open => (None, String::new()),
        Consent::Given(signed) => (Some(signed), String::new()),
        Consent::Declined(why) => (None, why.text.clone()),
    };
    parts::Extension {
        working_days: asked.days.into(),
        reason: asked.asked.text.clone(),
        by: asked.asked.signed.by.clone(),
        time: Some(wire_time(asked.asked.signed.at)),
        consented_by: consented.map(|one| one.by.clone()).unwrap_or_default(),
        consent_time: consented.map(|one| wire_time(one.at)),
        decline_reason: declined,
        notice_time: asked.notice.as_ref().map(|told| wire_time(told.at)),
        counts: asked.counts(),
    }
}

fn proposal(answering: &Answering, is_shown: bool) -> Option<parts::Proposal> {
    let first: &Proposal = answering.proposal.as_ref().filter(|_| is_shown)?;
    Some(parts::Proposal {
        by: first.signed.by.clone(),
        time: Some(wire_time(first.signed.at)),
        terms: first.terms.as_ref().map(wire_terms),
        note: first.note.clone(),
    })
}

fn offers(answering: &Answering) -> Vec<parts::Offer> {
    answering.offers.iter().map(offer).collect()
}

fn offer(offer: &Offer) -> parts::Offer {
    use parts::offer::Answer;
    let (answer, reason) = match &offer.answer {
        OfferAnswer::Open => (Answer::Open, String::new()),
        OfferAnswer::Accepted(_) => (Answer::Accepted, String::new()),
        OfferAnswer::Declined(why) => (Answer::Declined, why.text.clone()),
        OfferAnswer::Withdrawn => (Answer::Withdrawn, String::new()),
    };
    let made = offer.approvers.last();
    parts::Offer {
        terms: Some(wire_terms(&offer.terms)),
        note: offer.note.clone(),
        approvers: offer.approvers.iter().map(|one| one.by.clone()).collect(),
        time: made.map(|signed| wire_time(signed.at)),
        due_date: due(&offer.clock),
        answer: answer.into(),
        decline_reason: reason,
    }
}
