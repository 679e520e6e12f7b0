//! The needs of a matter on the wire: a method of the certificate service.

use api::certificate::v1 as pb;
use broker::{
    Attempt, AttemptAnswer, Failure, ListedAlternative, ListedNeed, ListedNeeds, NeedAnswer, Use,
    Without,
};
use domain::item;
use domain::name::{CertificateTypeName, HolderRole, MatterName, SystemName};
use domain::need::{AttemptResult, NeedState, RoleHolder, Wish};
use domain::policy::Decision;
use domain::reason::Retry;
use tonic::Status;

use super::Adapter;
use super::catalogue::wire_basis;
use super::certificates::{Told, max_age, wire_certificate, wire_seconds};
use super::exchange::{parse_use, wire_receipt};
use super::incoming::{Fields, Incoming};

impl Adapter {
    pub(super) fn parse_wish(
        &self,
        incoming: &Incoming<pb::LookupForMatterRequest>,
    ) -> Result<(Use, Wish), Status> {
        let message = &incoming.message;
        let mut fields = Fields::default();
        let used = parse_use(
            incoming,
            &mut fields,
            &message.request_id,
            message.purpose.as_ref(),
        );
        let holders: Vec<_> = message
            .holders
            .iter()
            .enumerate()
            .map(|(place, given)| {
                let field = format!("holders[{place}]");
                let role = fields.name(&format!("{field}.role"), &given.role, HolderRole::parse);
                let field = format!("{field}.holder");
                let holder = fields.message(&field, given.holder.as_ref());
                let holder =
                    holder.and_then(|holder| self.holder_from(&mut fields, &field, holder));
                let authorisation = self.authorisation_from(
                    &mut fields,
                    &format!("holders[{place}].authorisation"),
                    given.authorisation.as_ref(),
                );
                Some(RoleHolder {
                    role: role?,
                    holder: holder?,
                    authorisation,
                })
            })
            .collect();
        let items: Vec<_> = message
            .items
            .iter()
            .enumerate()
            .map(|(place, wanted)| {
                let field = format!("items[{place}].certificate_type");
                let name = &wanted.certificate_type;
                let kind = fields.name(&field, name, CertificateTypeName::parse);
                let field = format!("items[{place}].items");
                kind.zip(fields.take(&field, item::keys(&wanted.items)))
            })
            .collect();
        let max_age_s = fields.take("max_age_s", max_age(message.max_age_s));
        let whole = (|| {
            let wish = Wish {
                holders: holders.into_iter().collect::<Option<_>>()?,
                items: items.into_iter().collect::<Option<_>>()?,
                max_age_s: max_age_s?,
            };
            Some((used?, wish))
        })();
        fields.finish(whole)
    }
}

pub(super) fn parse_listing(
    message: &pb::GetMatterNeedsRequest,
) -> Result<(MatterName, Option<SystemName>), Status> {
    let mut fields = Fields::default();
    let matter = fields.name("name", &message.name, MatterName::parse);
    let consumer = fields.optional("consumer", &message.consumer, SystemName::parse);
    fields.finish(matter.map(|matter| (matter, consumer)))
}

/// What a matter needs, for the wire.
pub(super) fn wire_listed(listed: ListedNeeds) -> pb::MatterNeeds {
    let need = |need: ListedNeed| pb::MatterNeed {
        role: need.role.to_string(),
        alternatives: need
            .alternatives
            .into_iter()
            .map(wire_alternative)
            .collect(),
    };
    pb::MatterNeeds {
        name: listed.matter.to_string(),
        title: listed.title,
        needs: listed.needs.into_iter().map(need).collect(),
    }
}

fn wire_alternative(alternative: ListedAlternative) -> pb::NeedAlternative {
    use pb::need_alternative::Coverage;
    let mut wire = pb::NeedAlternative {
        certificate_type: alternative.certificate_type.to_string(),
        display_name: alternative.display_name,
        ..pb::NeedAlternative::default()
    };
    match alternative.decision {
        _ if !alternative.shared => wire.set_coverage(Coverage::NotShared),
        None => {}
        Some(Decision::Permit(permit)) => {
            wire.set_coverage(Coverage::Covered);
            wire.grant = permit.grant().name.to_string();
            wire.set_basis(wire_basis(permit.resource().basis));
        }
        Some(Decision::Refusal(refusal)) => {
            wire.set_coverage(Coverage::Refused);
            let grant = refusal.grant().map(|grant| grant.name.to_string());
            wire.grant = grant.unwrap_or_default();
            refusal.rule().id().clone_into(&mut wire.rule);
            refusal.message().clone_into(&mut wire.message);
            let next = refusal.rule().reason().next();
            next.clone_into(&mut wire.next);
        }
    }
    wire
}

/// The answer for the wire.
pub(super) fn wire_answer(needs: Vec<NeedAnswer>) -> pb::LookupForMatterResponse {
    pb::LookupForMatterResponse {
        complete: needs.iter().all(|need| need.state == NeedState::Met),
        needs: needs.into_iter().map(wire_need).collect(),
    }
}

fn wire_need(need: NeedAnswer) -> pb::NeedAnswer {
    let state = match need.state {
        NeedState::Met => pb::NeedState::Met,
        NeedState::Missing => pb::NeedState::Missing,
        NeedState::Uncovered => pb::NeedState::Uncovered,
    };
    pb::NeedAnswer {
        role: need.role.to_string(),
        state: state.into(),
        substituted: need.state == NeedState::Met && need.attempts.len() > 1,
        attempts: need.attempts.into_iter().map(wire_attempt).collect(),
    }
}

fn wire_attempt(attempt: Attempt) -> pb::Attempt {
    let mut wire = pb::Attempt {
        certificate_type: attempt.certificate_type.to_string(),
        result: wire_result(attempt.came.result()).into(),
        ..pb::Attempt::default()
    };
    let receipt = match attempt.came {
        AttemptAnswer::Found(certificate, receipt) => {
            wire.certificate = Some(wire_certificate(*certificate));
            receipt
        }
        AttemptAnswer::Without(without, receipt) => {
            let told = Told::of(without);
            wire.set_state(told.state);
            wire.retry = matches!(without, Without::Pending(_));
            wire.retry_after_s = told.retry_after_s;
            receipt
        }
        AttemptAnswer::Not(failure) => {
            tell(&mut wire, &failure);
            return wire;
        }
        AttemptAnswer::Uncovered => return wire,
    };
    wire.receipt = Some(wire_receipt(&receipt));
    wire
}

fn wire_result(result: AttemptResult) -> pb::AttemptResult {
    match result {
        AttemptResult::Found => pb::AttemptResult::Found,
        AttemptResult::NotInForce(_) => pb::AttemptResult::NotInForce,
        AttemptResult::NoMatch => pb::AttemptResult::NoMatch,
        AttemptResult::Ambiguous => pb::AttemptResult::Ambiguous,
        AttemptResult::Pending => pb::AttemptResult::Pending,
        AttemptResult::Refused => pb::AttemptResult::Refused,
        AttemptResult::Failed => pb::AttemptResult::Failed,
        AttemptResult::AnsweredBefore => pb::AttemptResult::AnsweredBefore,
        AttemptResult::Uncovered => pb::AttemptResult::Uncovered,
    }
}

/// What a status would say, as a part of an answer.
fn tell(wire: &mut pb::Attempt, failure: &Failure) {
    let reason = failure.reason;
    reason.as_str().clone_into(&mut wire.reason);
    reason.fault().as_str().clone_into(&mut wire.fault);
    reason.next().clone_into(&mut wire.next);
    failure.rule.unwrap_or_default().clone_into(&mut wire.rule);
    wire.retry_after_s = failure.retry_after_s.map(wire_seconds).unwrap_or_default();
    wire.retry = reason.retry() == Retry::SameRequestId;
}
