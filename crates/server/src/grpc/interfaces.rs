//! Interfaces over gRPC.

use api::registry::v1 as pb;
use api::registry::v1::interface_service_server::InterfaceService;
use broker::Stored;
use domain::fault::Cause;
use domain::interface::{Descriptors, Interface, Method};
use domain::name::{InterfaceId, RequestId, SystemName};
use tonic::{Request, Response, Status};

use super::Adapter;
use super::incoming::{Fields, Incoming};
use crate::status::status_of;

#[tonic::async_trait]
impl InterfaceService for Adapter {
    async fn create_interface(
        &self,
        request: Request<pb::CreateInterfaceRequest>,
    ) -> Result<Response<pb::Interface>, Status> {
        let incoming = Incoming::of(request)?;
        let (interface, id) = parse(&incoming.message)?;
        let act = incoming.act("CreateInterface", &id);
        let row = self.gateway.create_interface(&act, interface).await;
        Ok(Response::new(wire(row.map_err(status_of)?, true)))
    }

    async fn get_interface(
        &self,
        request: Request<pb::GetInterfaceRequest>,
    ) -> Result<Response<pb::Interface>, Status> {
        let incoming = Incoming::of(request)?;
        let mut fields = Fields::default();
        let name = fields.name("name", &incoming.message.name, InterfaceId::from_path);
        let name = fields.finish(name)?;
        let row = self.gateway.interface(&name).await.map_err(status_of)?;
        Ok(Response::new(wire(row, true)))
    }

    async fn list_interfaces(
        &self,
        request: Request<pb::ListInterfacesRequest>,
    ) -> Result<Response<pb::ListInterfacesResponse>, Status> {
        let incoming = Incoming::of(request)?;
        let mut fields = Fields::default();
        let parent = fields.name("parent", &incoming.message.parent, SystemName::parse);
        let parent = fields.finish(parent)?;
        let rows = self.gateway.interfaces(&parent).await.map_err(status_of)?;
        let interfaces = rows.into_iter().map(|row| wire(row, false)).collect();
        Ok(Response::new(pb::ListInterfacesResponse { interfaces }))
    }
}

fn parse(message: &pb::CreateInterfaceRequest) -> Result<(Interface, RequestId), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(&message.request_id);
    let parent = fields.name("parent", &message.parent, SystemName::parse);
    let part = fields
        .message("interface", message.interface.clone())
        .unwrap_or_default();
    let name = fields.name("interface.name", &part.name, InterfaceId::from_path);
    let descriptors = described(&mut fields, part.descriptor_set, part.openapi);
    if let (Some(name), Some(parent)) = (&name, &parent)
        && name.system().as_ref() != Ok(parent)
    {
        let cause = Cause::new(
            "WRONG_PARENT",
            format!("the name must begin with {parent}/"),
        );
        fields.fault("interface.name", &cause);
    }
    let whole = (|| {
        let interface = Interface {
            name: name?,
            system: parent?,
            descriptors: descriptors?,
        };
        Some((interface, id?))
    })();
    fields.finish(whole)
}

/// The one description that a request gives.
fn described(fields: &mut Fields, set: Vec<u8>, openapi: Vec<u8>) -> Option<Descriptors> {
    if openapi.is_empty() {
        return fields.take("interface.descriptor_set", Descriptors::parse(set));
    }
    if !set.is_empty() {
        let cause = Cause::new("ONE_OF_BOTH", "give descriptor_set or openapi");
        fields.fault("interface.openapi", &cause);
        return None;
    }
    fields.take("interface.openapi", Descriptors::parse_openapi(openapi))
}

fn wire(row: Stored<Interface>, with_descriptors: bool) -> pb::Interface {
    let interface = row.value;
    let descriptors = &interface.descriptors;
    let method = |method: Method| pb::InterfaceMethod {
        path: method.path().to_string(),
        client_streaming: method.is_client_streaming(),
        server_streaming: method.is_server_streaming(),
        free_of_effects: method.is_free_of_effects(),
    };
    let bytes = if with_descriptors {
        descriptors.as_bytes().to_vec()
    } else {
        Vec::new()
    };
    let (descriptor_set, openapi) = if descriptors.is_openapi() {
        (Vec::new(), bytes)
    } else {
        (bytes, Vec::new())
    };
    pb::Interface {
        name: interface.name.path(),
        descriptor_set,
        openapi,
        methods: descriptors.methods().map(method).collect(),
        digest: descriptors.digest(),
    }
}
