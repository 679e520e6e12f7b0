//! The catalogue over gRPC.

use api::catalogue::v1 as pb;
use api::catalogue::v1::resource_service_server::ResourceService;
use broker::Stored;
use domain::basis::BasisKind;
use domain::fault::{self, Cause};
use domain::item::{DataType, Item, ItemKey};
use domain::name::{CertificateTypeName, DepartmentName, RequestId, ResourceName, SystemName};
use domain::resource::{Resource, ResourceState, ShareMode, ShareType};
use domain::snapshot::Snapshot;
use tonic::{Request, Response, Status};

use super::Adapter;
use super::incoming::{Fields, Incoming, page, seconds, wire_time};
use super::{operations, search};
use crate::status::status_of;

#[tonic::async_trait]
impl ResourceService for Adapter {
    async fn create_resource(
        &self,
        request: Request<pb::CreateResourceRequest>,
    ) -> Result<Response<pb::Resource>, Status> {
        let incoming = Incoming::of(request)?;
        let (resource, id) = parse(&incoming.message, &self.gateway.snapshot())?;
        let mut act = incoming.act("CreateResource", &id);
        act.validate_only = incoming.message.validate_only;
        let row = self
            .gateway
            .create_resource(&act, resource)
            .await
            .map_err(status_of)?;
        Ok(Response::new(wire(row)))
    }

    async fn get_resource(
        &self,
        request: Request<pb::GetResourceRequest>,
    ) -> Result<Response<pb::Resource>, Status> {
        let incoming = Incoming::of(request)?;
        let mut fields = Fields::default();
        let name = fields.name("name", &incoming.message.name, ResourceName::parse);
        let name = fields.finish(name)?;
        let row = self
            .gateway
            .resource(&incoming.caller, &name)
            .await
            .map_err(status_of)?;
        Ok(Response::new(wire(row)))
    }

    async fn list_resources(
        &self,
        request: Request<pb::ListResourcesRequest>,
    ) -> Result<Response<pb::ListResourcesResponse>, Status> {
        let Incoming {
            caller, message, ..
        } = Incoming::of(request)?;
        let page = page(message.page_size, &message.page_token)?;
        let mut fields = Fields::default();
        let department = fields.optional("department", &message.department, DepartmentName::parse);
        let department = fields.finish(Some(department))?;
        let page = self
            .gateway
            .resources(&caller, &page, department.as_ref())
            .await
            .map_err(status_of)?;
        Ok(Response::new(pb::ListResourcesResponse {
            resources: page.rows.into_iter().map(wire).collect(),
            next_page_token: page.next,
        }))
    }

    async fn search_resources(
        &self,
        request: Request<pb::SearchResourcesRequest>,
    ) -> Result<Response<pb::SearchResourcesResponse>, Status> {
        let Incoming {
            caller, message, ..
        } = Incoming::of(request)?;
        let wanted = search::parse(&message)?;
        let found = self.gateway.search_resources(&caller, &wanted).await;
        let found = found.map_err(status_of)?;
        Ok(Response::new(search::wire_found(
            found,
            &self.gateway.snapshot(),
        )))
    }

    async fn register_resource(
        &self,
        request: Request<pb::RegisterResourceRequest>,
    ) -> Result<Response<pb::Resource>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let (name, id) = step(&message.name, &message.request_id)?;
        let act = incoming.act("RegisterResource", &id);
        let row = self
            .gateway
            .register_resource(&act, &name, &message.etag)
            .await
            .map_err(status_of)?;
        Ok(Response::new(wire(row)))
    }

    async fn publish_resource(
        &self,
        request: Request<pb::PublishResourceRequest>,
    ) -> Result<Response<pb::Resource>, Status> {
        let incoming = Incoming::of(request)?;
        let message = &incoming.message;
        let (name, id) = step(&message.name, &message.request_id)?;
        let act = incoming.act("PublishResource", &id);
        let row = self
            .gateway
            .publish_resource(&act, &name, &message.etag)
            .await
            .map_err(status_of)?;
        Ok(Response::new(wire(row)))
    }
}

fn step(name: &str, request_id: &str) -> Result<(ResourceName, RequestId), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(request_id);
    let name = fields.name("name", name, ResourceName::parse);
    fields.finish(name.zip(id))
}

fn parse(
    message: &pb::CreateResourceRequest,
    snapshot: &Snapshot,
) -> Result<(Resource, RequestId), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(&message.request_id);
    let part = fields
        .message("resource", message.resource.clone())
        .unwrap_or_default();
    let name = fields.name("resource.name", &part.name, ResourceName::parse);
    let title = fields.take("resource.title", fault::line(&part.title, 50));
    let summary = fields.take("resource.summary", fault::line(&part.summary, 256));
    let system = fields.name("resource.system", &part.system, SystemName::parse);
    let department = system.as_ref().and_then(|system| {
        let known = snapshot
            .system(system)
            .map(|system| system.department.clone());
        let cause = || {
            Cause::new(
                "UNKNOWN_SYSTEM",
                "the system is not registered; register it first",
            )
        };
        fields.take("resource.system", known.ok_or_else(cause))
    });
    let items = items(&mut fields, &part.items);
    let share_type = fields.take("resource.share_type", share_type(&part));
    let share_modes = fields.take("resource.share_modes", modes_from(part.share_modes()));
    let kind = "resource.certificate_type";
    let certificate_type =
        fields.optional(kind, &part.certificate_type, CertificateTypeName::parse);
    let api = match &part.api {
        None => Some(None),
        Some(wire) => operations::api_from(&mut fields, wire).map(Some),
    };
    let basis = fields.take("resource.basis", basis_from(part.basis));
    let cache_seconds = fields.take("resource.cache_seconds", seconds(part.cache_seconds));
    let whole = (|| {
        let resource = Resource {
            name: name?,
            title: title?,
            summary: summary?,
            system: system?,
            department: department?,
            items: items?,
            share_type: share_type?,
            share_modes: share_modes?,
            certificate_type,
            api: api?,
            cache_seconds: cache_seconds?,
            basis: basis?,
            // Numbers beyond their lists are named by the entry's own rules.
            format_class: u8::try_from(part.format_class).unwrap_or_default(),
            update_cycle: u8::try_from(part.update_cycle).unwrap_or_default(),
            data_level: part.data_level,
            open: part.open,
            state: ResourceState::Draft,
        };
        Some((resource, id?))
    })();
    fields.finish(whole)
}

/// What a use must at least rest on. A number that is not known may demand more than the duty does.
fn basis_from(wire: i32) -> Result<BasisKind, Cause> {
    match pb::Basis::try_from(wire) {
        Ok(pb::Basis::Unspecified | pb::Basis::Duty) => Ok(BasisKind::Duty),
        Ok(pb::Basis::Authorisation) => Ok(BasisKind::Authorisation),
        Err(_) => Err(Cause::new("UNKNOWN_BASIS", "choose duty or authorisation")),
    }
}

fn items(fields: &mut Fields, wire: &[pb::ResourceItem]) -> Option<Vec<Item>> {
    let mut items = Some(Vec::with_capacity(wire.len()));
    for (index, item) in wire.iter().enumerate() {
        let at = |field: &str| format!("resource.items[{index}].{field}");
        let key = fields.take(&at("key"), ItemKey::parse(&item.key));
        let title = fields.take(&at("title"), fault::line(&item.title, 50));
        let data_type = fields.take(&at("data_type"), DataType::parse(&item.data_type));
        let parsed = (|| {
            Some(Item {
                key: key?,
                title: title?,
                data_type: data_type?,
                sensitive: item.sensitive,
            })
        })();
        items = items.zip(parsed).map(|(mut items, item)| {
            items.push(item);
            items
        });
    }
    items
}

fn share_type(part: &pb::Resource) -> Result<ShareType, Cause> {
    let text = || {
        fault::line(&part.share_condition, 300).map_err(|_| {
            Cause::new(
                "REQUIRED",
                "share_condition: state the condition or the legal basis",
            )
        })
    };
    match part.share_type() {
        pb::ShareType::Unspecified => {
            Err(Cause::new("REQUIRED", "choose how the resource is shared"))
        }
        pb::ShareType::Unconditional => Ok(ShareType::Unconditional),
        pb::ShareType::Conditional => Ok(ShareType::Conditional { condition: text()? }),
        pb::ShareType::NotShared => Ok(ShareType::NotShared {
            legal_basis: text()?,
        }),
    }
}

/// Modes from the wire, each once.
pub(super) fn modes_from(
    wire: impl Iterator<Item = pb::ShareMode>,
) -> Result<Vec<ShareMode>, Cause> {
    let mut modes = Vec::new();
    for mode in wire {
        let mode = mode_from(mode)?;
        if !modes.contains(&mode) {
            modes.push(mode);
        }
    }
    Ok(modes)
}

/// One mode from the wire.
pub(super) fn mode_from(wire: pb::ShareMode) -> Result<ShareMode, Cause> {
    match wire {
        pb::ShareMode::Unspecified => Err(Cause::new("REQUIRED", "choose table, file or api")),
        pb::ShareMode::Table => Ok(ShareMode::Table),
        pb::ShareMode::File => Ok(ShareMode::File),
        pb::ShareMode::Api => Ok(ShareMode::Api),
    }
}

/// Modes for the wire.
pub(super) fn wire_modes(modes: &[ShareMode]) -> Vec<i32> {
    let wire = |mode: &ShareMode| match mode {
        ShareMode::Table => pb::ShareMode::Table.into(),
        ShareMode::File => pb::ShareMode::File.into(),
        ShareMode::Api => pb::ShareMode::Api.into(),
    };
    modes.iter().map(wire).collect()
}

/// What a use must rest on, for the wire.
pub(crate) fn wire_basis(basis: BasisKind) -> pb::Basis {
    match basis {
        BasisKind::Duty => pb::Basis::Duty,
        BasisKind::Authorisation => pb::Basis::Authorisation,
    }
}

/// An entry for the wire.
pub(super) fn wire(row: Stored<Resource>) -> pb::Resource {
    let etag = row.etag();
    let resource = row.value;
    let (share_type, share_condition) = match resource.share_type {
        ShareType::Unconditional => (pb::ShareType::Unconditional, String::new()),
        ShareType::Conditional { condition } => (pb::ShareType::Conditional, condition),
        ShareType::NotShared { legal_basis } => (pb::ShareType::NotShared, legal_basis),
    };
    let (state, version, publish_time) = match resource.state {
        ResourceState::Draft => (pb::resource::State::Draft, 0, None),
        ResourceState::Registered { .. } => (pb::resource::State::Registered, 0, None),
        ResourceState::Published { version, at, .. } => {
            let version = i32::try_from(version).unwrap_or(i32::MAX);
            (pb::resource::State::Published, version, Some(wire_time(at)))
        }
    };
    let item = |item: Item| pb::ResourceItem {
        key: item.key.into(),
        title: item.title,
        data_type: item.data_type.as_str().to_owned(),
        sensitive: item.sensitive,
    };
    pb::Resource {
        name: resource.name.into(),
        title: resource.title,
        summary: resource.summary,
        system: resource.system.into(),
        department: resource.department.into(),
        items: resource.items.into_iter().map(item).collect(),
        share_type: share_type.into(),
        share_condition,
        share_modes: wire_modes(&resource.share_modes),
        certificate_type: resource
            .certificate_type
            .map(String::from)
            .unwrap_or_default(),
        format_class: resource.format_class.into(),
        update_cycle: resource.update_cycle.into(),
        data_level: resource.data_level,
        open: resource.open,
        state: state.into(),
        version,
        publish_time,
        etag,
        api: resource.api.map(operations::wire_api),
        cache_seconds: i32::try_from(resource.cache_seconds).unwrap_or(i32::MAX),
        basis: wire_basis(resource.basis).into(),
    }
}
