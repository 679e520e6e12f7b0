//! Steps in the life of an entry, from the wire.

use api::catalogue::v1 as pb;
use domain::fault::{self, Cause};
use domain::name::{RequestId, ResourceName};
use jiff::civil::Date;
use tonic::Status;

use super::super::incoming::Fields;

/// Most things that a reviewer wants changed at once.
const MOST_REASONS: usize = 50;

/// Which entry, and under which request.
pub(super) fn step(name: &str, request_id: &str) -> Result<(ResourceName, RequestId), Status> {
    let mut fields = Fields::default();
    let step = fields.step(name, request_id, ResourceName::parse);
    fields.finish(step)
}

/// A step that says why.
pub(super) fn stop(
    name: &str,
    request_id: &str,
    reason: &str,
) -> Result<(ResourceName, RequestId, String), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(request_id);
    let name = fields.name("name", name, ResourceName::parse);
    let reason = fields.take("reason", fault::line(reason, 200));
    let ((name, id), reason) = fields.finish(name.zip(id).zip(reason))?;
    Ok((name, id, reason))
}

/// A retirement.
pub(super) fn retired(
    message: &pb::RetireResourceRequest,
) -> Result<(ResourceName, RequestId, String, Date), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(&message.request_id);
    let name = fields.name("name", &message.name, ResourceName::parse);
    let reason = fields.take("reason", fault::line(&message.reason, 200));
    let last = fields.take("last_day", fault::date(&message.last_day));
    let whole = name.zip(id).zip(reason.zip(last));
    let ((name, id), (reason, last)) = fields.finish(whole)?;
    Ok((name, id, reason, last))
}

/// A change of law or duties: its document, and the day it took effect.
pub(super) fn required(
    message: &pb::RequireResourceUpdateRequest,
) -> Result<(ResourceName, RequestId, String, Date), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(&message.request_id);
    let name = fields.name("name", &message.name, ResourceName::parse);
    let document = fields.take("document", fault::line(&message.document, 200));
    let effective = fields.take("effective_date", fault::date(&message.effective_date));
    let whole = name.zip(id).zip(document.zip(effective));
    let ((name, id), (document, effective)) = fields.finish(whole)?;
    Ok((name, id, document, effective))
}

/// What a reviewer wants changed: fields and sentences.
type Reasons = Vec<(String, String)>;

/// An entry given back.
pub(super) fn returned(
    message: &pb::ReturnResourceRequest,
) -> Result<(ResourceName, RequestId, Reasons), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(&message.request_id);
    let name = fields.name("name", &message.name, ResourceName::parse);
    if message.reasons.is_empty() || message.reasons.len() > MOST_REASONS {
        let text = format!("say what is to be changed, 1 to {MOST_REASONS} things");
        fields.fault("reasons", &Cause::new("REQUIRED", text));
    }
    let reasons: Vec<Option<(String, String)>> = message
        .reasons
        .iter()
        .enumerate()
        .map(|(index, reason)| {
            let place = format!("reasons[{index}].field");
            let field = fields.take(&place, fault::optional_line(&reason.field, 100));
            let place = format!("reasons[{index}].text");
            let text = fields.take(&place, fault::line(&reason.text, 200));
            field.zip(text)
        })
        .collect();
    let reasons: Option<Reasons> = reasons.into_iter().collect();
    let ((name, id), reasons) = fields.finish(name.zip(id).zip(reasons))?;
    Ok((name, id, reasons))
}
