//! Applications from the wire: every fault of the message at once.

use api::sharing::v1 as pb;
use broker::{OfferedTerms, wire};
use domain::application::{Content, MOST_MISSING, Terms, Volume};
use domain::fault::{self, Cause};
use domain::item;
use domain::name::{ApplicationName, GrantName, MatterName, RequestId, ResourceName, SystemName};
use tonic::Status;

use super::super::incoming::Fields;
use super::super::terms;

/// A step that carries nothing but which application it is about.
pub(super) fn step(name: &str, request_id: &str) -> Result<(ApplicationName, RequestId), Status> {
    let mut fields = Fields::default();
    let step = fields.step(name, request_id, ApplicationName::parse);
    fields.finish(step)
}

/// A step with a text.
pub(super) fn said(
    name: &str,
    request_id: &str,
    (field, text, most): (&str, &str, usize),
) -> Result<(ApplicationName, RequestId, String), Status> {
    let mut fields = Fields::default();
    let step = fields.step(name, request_id, ApplicationName::parse);
    let text = fields.take(field, fault::line(text, most));
    let whole = step.zip(text);
    fields.finish(whole.map(|((name, id), text)| (name, id, text)))
}

/// What is missing, point by point.
pub(super) fn missing(
    message: &pb::RequestMaterialRequest,
) -> Result<(ApplicationName, RequestId, Vec<String>), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(&message.request_id);
    let name = fields.name("name", &message.name, ApplicationName::parse);
    if !(1..=MOST_MISSING).contains(&message.missing.len()) {
        let text = format!("give 1 to {MOST_MISSING} points");
        fields.fault("missing", &Cause::new("OUT_OF_RANGE", text));
    }
    let points = message
        .missing
        .iter()
        .enumerate()
        .map(|(index, text)| fields.take(&format!("missing[{index}]"), fault::line(text, 300)));
    let points: Option<Vec<String>> = points.collect::<Vec<_>>().into_iter().collect();
    let whole = name.zip(id).zip(points);
    fields.finish(whole.map(|((name, id), points)| (name, id, points)))
}

/// A longer time: working days and why.
pub(super) fn extension(
    message: &pb::RequestExtensionRequest,
) -> Result<(ApplicationName, RequestId, (u16, String)), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(&message.request_id);
    let name = fields.name("name", &message.name, ApplicationName::parse);
    let days = u16::try_from(message.working_days)
        .ok()
        .filter(|days| *days > 0);
    let days = days.ok_or_else(|| Cause::new("OUT_OF_RANGE", "give 1 or more working days"));
    let days = fields.take("working_days", days);
    let reason = fields.take("reason", fault::line(&message.reason, 300));
    let whole = name.zip(id).zip(days.zip(reason));
    fields.finish(whole.map(|((name, id), asked)| (name, id, asked)))
}

/// What is offered in the place of what was asked for.
pub(super) fn offer(
    message: &pb::OfferTermsRequest,
) -> Result<(ApplicationName, RequestId, OfferedTerms), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(&message.request_id);
    let name = fields.name("name", &message.name, ApplicationName::parse);
    let note = fields.take("note", fault::line(&message.note, 300));
    let change = terms::narrowing(&mut fields, message.terms.clone());
    let whole = (|| {
        let (change, note) = (change?, note?);
        Some((name?, id?, OfferedTerms { change, note }))
    })();
    fields.finish(whole)
}

/// An application that is written.
pub(super) fn created(
    message: &pb::CreateApplicationRequest,
) -> Result<(Content, RequestId), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(&message.request_id);
    let part = fields
        .message("application", message.application.clone())
        .unwrap_or_default();
    let content = content(&mut fields, &part);
    fields.finish(content.zip(id))
}

/// An application that is written anew.
pub(super) fn updated(
    message: &pb::UpdateApplicationRequest,
) -> Result<(ApplicationName, RequestId, Content), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(&message.request_id);
    let part = fields
        .message("application", message.application.clone())
        .unwrap_or_default();
    let name = fields.name("application.name", &part.name, ApplicationName::parse);
    let content = content(&mut fields, &part);
    let whole = name.zip(id).zip(content);
    fields.finish(whole.map(|((name, id), content)| (name, id, content)))
}

fn content(fields: &mut Fields, part: &pb::Application) -> Option<Content> {
    let consumer = fields.name("application.consumer", &part.consumer, SystemName::parse);
    let resource = fields.name("application.resource", &part.resource, ResourceName::parse);
    let items = fields.take("application.items", item::keys(&part.items));
    let share_modes = fields.take(
        "application.share_modes",
        wire::modes_from(part.share_modes()),
    );
    let matters = fields.names("application.matters", &part.matters, MatterName::parse);
    let legal_basis = fields.take(
        "application.legal_basis",
        fault::line(&part.legal_basis, 300),
    );
    let scene = fields.take("application.scene", fault::line(&part.scene, 300));
    let start = fields.take("application.start_date", fault::date(&part.start_date));
    let end = fields.take("application.end_date", fault::date(&part.end_date));
    let row_filter = match part.row_filter.clone() {
        None => Some(None),
        Some(filter) => fields
            .take("application.row_filter", wire::filter_from(filter))
            .map(Some),
    };
    let calls = volume(
        fields,
        "expected_calls_per_day",
        part.expected_calls_per_day,
    );
    let rows = volume(fields, "expected_rows_per_day", part.expected_rows_per_day);
    let zones = terms::zones(fields, "application", &part.network_zones);
    let quota = terms::quota(fields, "application", part.quota.as_ref());
    let amends = fields.optional("application.amends", &part.amends, GrantName::parse);
    let terms = Terms {
        consumer: consumer?,
        resource: resource?,
        items: items?,
        share_modes: share_modes?,
        matters: matters?,
        legal_basis: legal_basis?,
        start: start?,
        end: end?,
        operator_required: part.operator_required,
        row_filter: row_filter?,
        issues_use_codes: part.issues_use_codes,
        network_zones: zones?,
        quota: quota?,
    };
    let volume = Volume {
        calls_per_day: calls?,
        rows_per_day: rows?,
    };
    Some(Content {
        terms,
        scene: scene?,
        volume,
        amends,
        base: None,
    })
}

fn volume(fields: &mut Fields, field: &str, wire: i64) -> Option<u64> {
    let count = u64::try_from(wire).map_err(|_| Cause::new("NEGATIVE", "give 0 or more"));
    fields.take(&format!("application.{field}"), count)
}
