//! Entries from the wire.

use api::catalogue::v1 as pb;
use broker::wire;
use domain::basis::BasisKind;
use domain::cited;
use domain::fault::{self, Cause, Faults};
use domain::name::{CertificateTypeName, DepartmentName, RequestId, ResourceName, SystemName};
use domain::resource::{
    Amount, DataGrade, MOST_RELATED, Metadata, Progress, Resource, ResourceState, ShareType,
    Unread, Volume,
};
use domain::snapshot::Snapshot;

use super::super::incoming::{Fields, seconds};

/// A request with faults of form. What of its entry could be read is judged all the same, so that every fault is told
/// at once.
pub(super) struct Unfit {
    /// What is wrong with the form.
    pub(super) faults: Faults,
    /// The entry with stand-ins for what could not be read, and which fields have one.
    pub(super) entry: Option<(Resource, Unread)>,
}

/// An entry to be written.
pub(super) fn created(
    message: &pb::CreateResourceRequest,
    around: Around<'_>,
) -> Result<(Resource, RequestId), Box<Unfit>> {
    let (resource, id, _) = written(&message.request_id, message.resource.as_ref(), around)?;
    Ok((resource, id))
}

/// An entry to be written anew.
pub(super) fn updated(
    message: &pb::UpdateResourceRequest,
    around: Around<'_>,
) -> Result<(Resource, RequestId, String), Box<Unfit>> {
    written(&message.request_id, message.resource.as_ref(), around)
}

fn written(
    request_id: &str,
    message: Option<&pb::Resource>,
    around: Around<'_>,
) -> Result<(Resource, RequestId, String), Box<Unfit>> {
    let mut fields = Fields::default();
    let id = fields.request_id(request_id);
    let part = fields
        .message("resource", message.cloned())
        .unwrap_or_default();
    let name = fields.name("resource.name", &part.name, ResourceName::parse);
    let resource = entry(&mut fields, "resource", &part, name, around);
    let faults = fields.into_faults();
    match (resource, id) {
        (Some(resource), Some(id)) if faults.is_empty() => Ok((resource, id, part.etag)),
        (resource, _) => {
            let unread = Unread::of("resource", faults.as_slice());
            let entry = resource.map(|resource| (resource, unread));
            Err(Box::new(Unfit { faults, entry }))
        }
    }
}

/// What an entry is read against.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    /// The systems that there are.
    pub(super) snapshot: &'a Snapshot,
    /// The department of whoever asks; it stands in for that of an unknown system.
    pub(super) own: Option<&'a DepartmentName>,
}

/// What a message says of an entry; `place` is where it stands in the request. Fields that cannot be read are noted
/// as faults and have a stand-in. None where the system is unknown and there is no department to stand in.
pub(super) fn entry(
    fields: &mut Fields,
    place: &str,
    part: &pb::Resource,
    name: Option<ResourceName>,
    around: Around<'_>,
) -> Option<Resource> {
    let at = |field: &str| format!("{place}.{field}");
    let title = fields.take(&at("title"), fault::line(&part.title, 50));
    let summary = fields.take(&at("summary"), fault::line(&part.summary, 256));
    let system = fields.name(&at("system"), &part.system, SystemName::parse);
    let department = system.as_ref().and_then(|system| {
        let known = around.snapshot.system(system);
        let department = known.map(|system| system.department.clone());
        let text = "the system is not registered; register it first";
        let cause = || Cause::new("UNKNOWN_SYSTEM", text);
        fields.take(&at("system"), department.ok_or_else(cause))
    });
    let items = wire::items_from(fields.faults(), place, &part.items);
    let share_type = share_type(fields, place, part);
    let share_modes = fields.take(&at("share_modes"), wire::modes_from(part.share_modes()));
    let kind = &part.certificate_type;
    let certificate_type =
        fields.optional(&at("certificate_type"), kind, CertificateTypeName::parse);
    let api = part.api.as_ref();
    let api = api.and_then(|api| wire::api_from(fields.faults(), place, api));
    let basis = fields.take(&at("basis"), basis_from(part.basis));
    let cache_seconds = fields.take(&at("cache_seconds"), seconds(part.cache_seconds));
    let metadata = metadata(fields, place, part);
    Some(Resource {
        name: name.or_else(|| ResourceName::parse("resources/399999-0").ok())?,
        title: title.unwrap_or_default(),
        summary: summary.unwrap_or_default(),
        system: system.or_else(|| SystemName::from_id("unread").ok())?,
        department: department.or_else(|| around.own.cloned())?,
        items: items.unwrap_or_default(),
        share_type: share_type.unwrap_or(ShareType::Unconditional),
        share_modes: share_modes.unwrap_or_default(),
        certificate_type,
        api,
        cache_seconds: cache_seconds.unwrap_or_default(),
        basis: basis.unwrap_or_default(),
        // Numbers beyond their lists are named by the entry's own rules.
        format_class: u8::try_from(part.format_class).unwrap_or_default(),
        update_cycle: u8::try_from(part.update_cycle).unwrap_or_default(),
        data_level: part.data_level.clone(),
        open: part.open,
        metadata,
        state: ResourceState::Draft,
        progress: Progress::default(),
    })
}

fn metadata(fields: &mut Fields, place: &str, part: &pb::Resource) -> Metadata {
    let mut line = |field: &str, text: &str, most| {
        fields.take(
            &format!("{place}.{field}"),
            fault::optional_line(text, most),
        )
    };
    let inner_department = line("inner_department", &part.inner_department, 50);
    let format_type = line("format_type", &part.format_type, 40);
    let data_class = line("data_class", &part.data_class, 60);
    let share_scope = line("share_scope", &part.share_scope, 200);
    let share_purpose = line("share_purpose", &part.share_purpose, 200);
    let refusal_reason = line("refusal_reason", &part.refusal_reason, 200);
    let open_condition = line("open_condition", &part.open_condition, 200);
    let secrecy_review = line("secrecy_review", &part.secrecy_review, 200);
    let impact_assessment = line("impact_assessment", &part.impact_assessment, 200);
    let head_approval = line("head_approval", &part.head_approval, 200);
    let source_identifier = line("source_identifier", &part.source_identifier, 500);
    let at = |field: &str| format!("{place}.{field}");
    let data_grade = fields.take(&at("data_grade"), grade(part.data_grade));
    let related = &part.related_resources;
    if related.len() > MOST_RELATED {
        let text = format!("{} entries; at most {MOST_RELATED} are kept", related.len());
        fields.fault(&at("related_resources"), &Cause::new("TOO_MANY", text));
    }
    let related = fields.names(&at("related_resources"), related, ResourceName::parse);
    let volume = fields.take(&at("volume"), volume(part.volume));
    Metadata {
        inner_department: inner_department.unwrap_or_default(),
        format_type: format_type.unwrap_or_default(),
        data_class: data_class.unwrap_or_default(),
        data_grade: data_grade.unwrap_or_default(),
        share_scope: share_scope.unwrap_or_default(),
        share_purpose: share_purpose.unwrap_or_default(),
        refusal_reason: refusal_reason.unwrap_or_default(),
        open_condition: open_condition.unwrap_or_default(),
        related: related.unwrap_or_default(),
        secrecy_review: secrecy_review.unwrap_or_default(),
        impact_assessment: impact_assessment.unwrap_or_default(),
        head_approval: head_approval.unwrap_or_default(),
        volume: volume.unwrap_or_default(),
        source_identifier: source_identifier.unwrap_or_default(),
        auto_approve: part.auto_approve,
    }
}

fn grade(wire: i32) -> Result<Option<DataGrade>, Cause> {
    if wire == 0 {
        return Ok(None);
    }
    // What is no byte is no grade either.
    DataGrade::of(u8::try_from(wire).unwrap_or_default()).map(Some)
}

fn volume(wire: Option<pb::DataVolume>) -> Result<Option<Volume>, Cause> {
    let Some(wire) = wire.filter(|wire| *wire != pb::DataVolume::default()) else {
        return Ok(None);
    };
    let amount = |gigabytes, records| {
        let negative = |_| Cause::new("OUT_OF_RANGE", "give counts of 0 or more");
        let records = u64::try_from(records).map_err(negative)?;
        Ok(Amount { gigabytes, records })
    };
    let stored = amount(wire.stored_gigabytes, wire.stored_records)?;
    let shared = amount(wire.shared_gigabytes, wire.shared_records)?;
    let open = amount(wire.open_gigabytes, wire.open_records)?;
    Volume::of(stored, shared, open).map(Some)
}

/// What a use must at least rest on. A number that is not known may demand more than the duty does.
fn basis_from(wire: i32) -> Result<BasisKind, Cause> {
    match pb::Basis::try_from(wire) {
        Ok(pb::Basis::Unspecified | pb::Basis::Duty) => Ok(BasisKind::Duty),
        Ok(pb::Basis::Authorisation) => Ok(BasisKind::Authorisation),
        Err(_) => Err(Cause::new("UNKNOWN_BASIS", "choose duty or authorisation")),
    }
}

/// How it is shared. A condition or legal basis that cannot be read has an empty stand-in, so that the rest is judged.
fn share_type(fields: &mut Fields, place: &str, part: &pb::Resource) -> Option<ShareType> {
    let mut text = |what: &str| {
        let line = fault::line(&part.share_condition, 300).map_err(|cause| {
            let text = format!("{what}: {cause}");
            Cause::new("REQUIRED", text).by(cited::SHARE_TYPE)
        });
        let field = format!("{place}.share_condition");
        fields.take(&field, line).unwrap_or_default()
    };
    match part.share_type() {
        pb::ShareType::Unspecified => {
            let text = "choose how the resource is shared";
            let cause = Cause::new("REQUIRED", text).by(cited::SHARE_TYPE);
            fields.take(&format!("{place}.share_type"), Err(cause))
        }
        pb::ShareType::Unconditional => Some(ShareType::Unconditional),
        pb::ShareType::Conditional => Some(ShareType::Conditional {
            condition: text("state the condition on which it is shared"),
        }),
        pb::ShareType::NotShared => Some(ShareType::NotShared {
            legal_basis: text("state the law or decision by which it is not shared"),
        }),
    }
}
