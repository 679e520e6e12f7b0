//! Corrections over gRPC, and what answers say of disputed records.

use std::sync::Arc;

use api::sharing::v1 as pb;
use api::sharing::v1::correction::State;
use api::sharing::v1::correction_service_server::CorrectionService;
use api::sharing::v1::disputed_record::Kind;
use api::value::v1::item_value::Kind as Value;
use api::value::v1::{Dispute as WireDispute, ItemValue};
use broker::{CorrectionFilter, CorrectionResult, Failure, NewCorrection, SeenCorrection};
use domain::application::Signed;
use domain::correction::{
    Correction, CorrectionState, Dispute, MOST_ITEMS, MOST_ROW_ITEMS, MOST_ROW_VALUE,
    MOST_STATEMENT, MoveKind, Record,
};
use domain::fault::{self, Cause};
use domain::id::CertificateId;
use domain::item::{self, ItemKey};
use domain::name::{CertificateTypeName, CorrectionName, RequestId, ResourceName, SystemName};
use domain::policy::shaoyang_date;
use tonic::{Request, Response, Status};

use super::Adapter;
use super::incoming::{Fields, Incoming, page, wire_index, wire_time};
use crate::status::status_of;

#[tonic::async_trait]
impl CorrectionService for Adapter {
    async fn raise_correction(
        &self,
        request: Request<pb::RaiseCorrectionRequest>,
    ) -> Result<Response<pb::Correction>, Status> {
        let incoming = Incoming::of(request)?;
        let (new, id) = parse(&incoming.message)?;
        let mut act = incoming.act("RaiseCorrection", &id);
        act.validate_only = incoming.message.validate_only;
        self.answer_correction(self.gateway.raise_correction(&act, new).await)
    }

    async fn accept_correction(
        &self,
        request: Request<pb::AcceptCorrectionRequest>,
    ) -> Result<Response<pb::Correction>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let mut fields = Fields::default();
        let step = fields.step(&message.name, &message.request_id, CorrectionName::parse);
        let (name, id) = fields.finish(step)?;
        let act = incoming.act("AcceptCorrection", &id);
        let gateway = &self.gateway;
        self.answer_correction(gateway.accept_correction(&act, &name, &message.etag).await)
    }

    async fn close_correction(
        &self,
        request: Request<pb::CloseCorrectionRequest>,
    ) -> Result<Response<pb::Correction>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let mut fields = Fields::default();
        let step = fields.step(&message.name, &message.request_id, CorrectionName::parse);
        let result = result(&mut fields, message);
        let ((name, id), result) = fields.finish(step.zip(result))?;
        let act = incoming.act("CloseCorrection", &id);
        let closed = self
            .gateway
            .close_correction(&act, &name, &message.etag, result);
        self.answer_correction(closed.await)
    }

    async fn withdraw_correction(
        &self,
        request: Request<pb::WithdrawCorrectionRequest>,
    ) -> Result<Response<pb::Correction>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let mut fields = Fields::default();
        let step = fields.step(&message.name, &message.request_id, CorrectionName::parse);
        let reason = fields.take(
            "reason",
            fault::optional_line(&message.reason, MOST_STATEMENT),
        );
        let ((name, id), reason) = fields.finish(step.zip(reason))?;
        let act = incoming.act("WithdrawCorrection", &id);
        let withdrawn = self
            .gateway
            .withdraw_correction(&act, &name, &message.etag, &reason);
        self.answer_correction(withdrawn.await)
    }

    async fn get_correction(
        &self,
        request: Request<pb::GetCorrectionRequest>,
    ) -> Result<Response<pb::Correction>, Status> {
        let incoming = Incoming::of(request)?;
        let mut fields = Fields::default();
        let name = fields.name("name", &incoming.message.name, CorrectionName::parse);
        let name = fields.finish(name)?;
        self.answer_correction(self.gateway.correction(&incoming.caller, &name).await)
    }

    async fn list_corrections(
        &self,
        request: Request<pb::ListCorrectionsRequest>,
    ) -> Result<Response<pb::ListCorrectionsResponse>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let page = page(message.page_size, &message.page_token)?;
        let mut fields = Fields::default();
        let filter = CorrectionFilter {
            resource: fields.optional("resource", &message.resource, ResourceName::parse),
            consumer: fields.optional("consumer", &message.consumer, SystemName::parse),
            open_only: message.open_only,
        };
        let filter = fields.finish(Some(filter))?;
        let listed = self
            .gateway
            .corrections(&incoming.caller, &page, &filter)
            .await;
        let listed = listed.map_err(status_of)?;
        let rows = listed.rows.into_iter();
        Ok(Response::new(pb::ListCorrectionsResponse {
            corrections: rows.map(|row| self.wire_correction(row)).collect(),
            next_page_token: listed.next,
        }))
    }
}

fn result(fields: &mut Fields, message: &pb::CloseCorrectionRequest) -> Option<CorrectionResult> {
    use pb::close_correction_request::Result as Wire;
    let required = message.result() == Wire::Confirmed;
    let answer = if required {
        fault::line(&message.answer, MOST_STATEMENT)
    } else {
        fault::optional_line(&message.answer, MOST_STATEMENT)
    };
    let answer = fields.take("answer", answer);
    match message.result() {
        Wire::Corrected => answer.map(CorrectionResult::Corrected),
        Wire::Confirmed => answer.map(CorrectionResult::Confirmed),
        Wire::Unspecified => {
            let cause = Cause::new("REQUIRED", "say whether the data is corrected or was right");
            fields.fault("result", &cause);
            None
        }
    }
}

fn parse(message: &pb::RaiseCorrectionRequest) -> Result<(NewCorrection, RequestId), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(&message.request_id);
    let given = fields
        .message("correction", message.correction.clone())
        .unwrap_or_default();
    let resource = fields.optional("correction.resource", &given.resource, ResourceName::parse);
    let consumer = fields.optional("correction.consumer", &given.consumer, SystemName::parse);
    let record = record(&mut fields, given.record.unwrap_or_default());
    let items = fields.take("correction.items", items(&given.items));
    let statement = fields.take(
        "correction.statement",
        fault::line(&given.statement, MOST_STATEMENT),
    );
    let index = u64::try_from(given.evidence_index);
    let index = index.map_err(|_| Cause::new("OUT_OF_RANGE", "give 0 or more"));
    let index = fields.take("correction.evidence_index", index);
    let whole = (|| {
        let new = NewCorrection {
            resource,
            consumer,
            record: record?,
            items: items?,
            statement: statement?,
            // The first entries of a ledger are no uses.
            evidence_index: Some(index?).filter(|index| *index > 0),
        };
        Some((new, id?))
    })();
    fields.finish(whole)
}

fn items(given: &[String]) -> Result<Vec<ItemKey>, Cause> {
    if given.len() > MOST_ITEMS {
        let text = format!("name at most {MOST_ITEMS} items, or none for the record as a whole");
        return Err(Cause::new("TOO_MANY", text));
    }
    item::keys(given)
}

/// The record; its values are told in no fault.
fn record(fields: &mut Fields, given: pb::DisputedRecord) -> Option<Record> {
    const PLACE: &str = "correction.record";
    match given.kind {
        Some(Kind::Certificate(given)) => {
            let field = format!("{PLACE}.certificate.certificate_type");
            let kind = fields.name(&field, &given.certificate_type, CertificateTypeName::parse);
            let parsed = CertificateId::parse(&given.identifier)
                .map_err(|error| Cause::new("INVALID_ID", error.to_string()));
            let identifier = fields.take(&format!("{PLACE}.certificate.identifier"), parsed);
            Some(Record::Certificate {
                certificate_type: kind?,
                identifier: identifier?.as_str().to_owned(),
            })
        }
        Some(Kind::Row(given)) => row(fields, &format!("{PLACE}.row.values"), &given.values),
        None => {
            let cause = Cause::new("REQUIRED", "name a certificate, or a row by its values");
            fields.fault(PLACE, &cause);
            None
        }
    }
}

fn row(fields: &mut Fields, place: &str, given: &[ItemValue]) -> Option<Record> {
    if !(1..=MOST_ROW_ITEMS).contains(&given.len()) {
        let text = format!("give the values of 1 to {MOST_ROW_ITEMS} items");
        fields.fault(place, &Cause::new("TOO_MANY", text));
        return None;
    }
    let mut values: Vec<(ItemKey, String)> = Vec::with_capacity(given.len());
    let mut is_whole = true;
    for (index, value) in given.iter().enumerate() {
        let field = format!("{place}[{index}]");
        match fields.take(&field, named(value)) {
            Some((key, _)) if values.iter().any(|(own, _)| *own == key) => {
                let cause = Cause::new("DUPLICATE", format!("{key} stands twice"));
                fields.fault(&field, &cause);
                is_whole = false;
            }
            Some(value) => values.push(value),
            None => is_whole = false,
        }
    }
    values.sort_unstable();
    is_whole.then_some(Record::Row { values })
}

/// An item and its text, as it stands in the row: nothing is trimmed.
fn named(value: &ItemValue) -> Result<(ItemKey, String), Cause> {
    let key = ItemKey::parse(&value.key)?;
    let Some(Value::Text(text)) = &value.kind else {
        return Err(Cause::new("NOT_TEXT", "a row is named by values of text"));
    };
    if !(1..=MOST_ROW_VALUE).contains(&text.chars().count()) {
        let text = format!("give 1 to {MOST_ROW_VALUE} characters");
        return Err(Cause::new("OUT_OF_RANGE", text));
    }
    Ok((key, text.clone()))
}

impl Adapter {
    fn answer_correction(
        &self,
        seen: Result<SeenCorrection, Failure>,
    ) -> Result<Response<pb::Correction>, Status> {
        let seen = seen.map_err(status_of)?;
        Ok(Response::new(self.wire_correction(seen)))
    }

    fn wire_correction(&self, seen: SeenCorrection) -> pb::Correction {
        let SeenCorrection {
            row,
            content,
            answer,
        } = seen;
        let mut wire = pb::Correction {
            etag: row.etag(),
            overdue: row.value.is_overdue(shaoyang_date(self.gateway.now())),
            ..wire_row(row.value)
        };
        if let Some(content) = content {
            wire.record = Some(wire_record(content.record));
            wire.statement = content.statement;
        }
        wire.answer = answer.map(|answer| answer.0).unwrap_or_default();
        wire
    }
}

/// What everybody sees who sees it at all.
fn wire_row(correction: Correction) -> pb::Correction {
    let signed = |signed: Option<&Signed>| match signed {
        Some(signed) => (signed.by.clone(), Some(wire_time(signed.at))),
        None => (String::new(), None),
    };
    let state = match &correction.state {
        CorrectionState::Raised => State::Raised,
        CorrectionState::Accepted { .. } => State::Accepted,
        CorrectionState::Corrected(_) => State::Corrected,
        CorrectionState::Confirmed(_) => State::Confirmed,
        CorrectionState::Withdrawn(_) => State::Withdrawn,
    };
    let (accepted_by, accept_time) = signed(correction.state.accepted());
    let closed = correction.state.closed();
    let (closed_by, close_time) = signed(closed.map(|closed| &closed.closed));
    let legal = correction.legal().map(MoveKind::method);
    pb::Correction {
        legal_methods: legal.map(str::to_owned).collect(),
        state: state.into(),
        due_date: correction
            .clock
            .due
            .map(|day| day.to_string())
            .unwrap_or_default(),
        due_rule: correction.clock.rule,
        raise_time: Some(wire_time(correction.raised.at)),
        raised_by: correction.raised.by,
        accepted_by,
        accept_time,
        closed_by,
        close_time,
        name: correction.name.into(),
        resource: correction.resource.into(),
        consumer: correction.consumer.into(),
        items: correction.items.into_iter().map(String::from).collect(),
        evidence_index: correction.evidence_index.map_or(0, wire_index),
        ..pb::Correction::default()
    }
}

fn wire_record(record: Record) -> pb::DisputedRecord {
    let kind = match record {
        Record::Certificate {
            certificate_type,
            identifier,
        } => Kind::Certificate(pb::DisputedCertificate {
            certificate_type: certificate_type.into(),
            identifier,
        }),
        Record::Row { values } => {
            let value = |(key, text): (ItemKey, String)| ItemValue {
                key: key.into(),
                kind: Some(Value::Text(text)),
            };
            Kind::Row(pb::DisputedRow {
                values: values.into_iter().map(value).collect(),
            })
        }
    };
    pb::DisputedRecord { kind: Some(kind) }
}

/// What an answer says of a disputed record.
pub(super) fn wire_disputes(disputes: &[Arc<Dispute>]) -> Vec<WireDispute> {
    let wire = |dispute: &Arc<Dispute>| WireDispute {
        correction: dispute.correction.to_string(),
        since: Some(wire_time(dispute.since)),
        items: dispute.items.iter().map(ToString::to_string).collect(),
    };
    disputes.iter().map(wire).collect()
}
