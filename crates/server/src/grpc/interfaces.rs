//! Interfaces over gRPC.

use api::registry::v1 as pb;
use api::registry::v1::interface_service_server::InterfaceService;
use broker::{Description, NewInterface, Stored};
use domain::fault::Cause;
use domain::http_api::{DocumentPath, LeftOut};
use domain::interface::{Descriptors, Interface, Method};
use domain::name::{EndpointId, InterfaceId, RequestId, SystemName};
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

fn parse(message: &pb::CreateInterfaceRequest) -> Result<(NewInterface, RequestId), Status> {
    let mut fields = Fields::default();
    let id = fields.request_id(&message.request_id);
    let parent = fields.name("parent", &message.parent, SystemName::parse);
    let part = fields
        .message("interface", message.interface.clone())
        .unwrap_or_default();
    let name = fields.name("interface.name", &part.name, InterfaceId::from_path);
    let description = described(&mut fields, part);
    if let Some(parent) = &parent {
        let elsewhere = |system: Result<SystemName, Cause>| system.as_ref() != Ok(parent);
        let cause = Cause::new(
            "WRONG_PARENT",
            format!("the name must begin with {parent}/"),
        );
        if name.as_ref().is_some_and(|name| elsewhere(name.system())) {
            fields.fault("interface.name", &cause);
        }
        if let Some(Description::Told(endpoint, _)) = &description
            && elsewhere(endpoint.system())
        {
            fields.fault("interface.reflected_from", &cause);
        }
    }
    let whole = (|| {
        let interface = NewInterface {
            name: name?,
            system: parent?,
            description: description?,
        };
        Some((interface, id?))
    })();
    fields.finish(whole)
}

/// The one description that a request gives, or where it is to be had.
fn described(fields: &mut Fields, part: pb::Interface) -> Option<Description> {
    let (set, openapi) = (part.descriptor_set, part.openapi);
    let from = part.reflected_from.trim();
    let path = part.document_path.trim();
    if !path.is_empty() && from.is_empty() {
        let message = "give in reflected_from the endpoint that serves the document";
        fields.fault("interface.reflected_from", &Cause::new("REQUIRED", message));
        return None;
    }
    match (set.is_empty(), openapi.is_empty(), from.is_empty()) {
        (false, true, true) => {
            let read = Descriptors::parse(set);
            let read = fields.take("interface.descriptor_set", read);
            read.map(Description::Sent)
        }
        (true, false, true) => {
            let read = Descriptors::parse_openapi(openapi, "interface.openapi");
            let read = read.map_err(|found| fields.faults().within("", "", &found));
            read.ok().map(Description::Sent)
        }
        (true, true, false) => {
            let endpoint = fields.name("interface.reflected_from", from, EndpointId::from_path);
            let read = (!path.is_empty()).then(|| DocumentPath::parse(path));
            let path = read.map(|path| fields.take("interface.document_path", path));
            match path {
                Some(path) => Some(Description::Told(endpoint?, Some(path?))),
                None => Some(Description::Told(endpoint?, None)),
            }
        }
        (no_set, no_openapi, _) => {
            let nothing = no_set && no_openapi && from.is_empty();
            let code = if nothing { "REQUIRED" } else { "ONE_OF_THREE" };
            let message = "give exactly one of descriptor_set, openapi and reflected_from";
            let field = match (no_set, no_openapi) {
                (false, false) => "interface.openapi",
                (true, true) => "interface.descriptor_set",
                _ => "interface.reflected_from",
            };
            fields.fault(field, &Cause::new(code, message));
            None
        }
    }
}

fn wire(row: Stored<Interface>, with_descriptors: bool) -> pb::Interface {
    let interface = row.value;
    let descriptors = &interface.descriptors;
    let method = |method: Method| pb::InterfaceMethod {
        path: method.path().to_string(),
        provider_path: match &method {
            Method::Grpc(_) => String::new(),
            Method::Http(operation) => format!("{}{}", operation.base(), operation.path()),
        },
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
    let left_out = |left: &LeftOut| pb::UncalledOperation {
        method: left.shown().to_owned(),
        reason: left.why.clone(),
    };
    pb::Interface {
        name: interface.name.path(),
        left_out: descriptors.left_out().iter().map(left_out).collect(),
        descriptor_set,
        openapi,
        methods: descriptors.methods().map(method).collect(),
        digest: descriptors.digest(),
        reflected_from: interface
            .reflected_from
            .as_ref()
            .map(EndpointId::path)
            .unwrap_or_default(),
        document_path: interface
            .document_path
            .map(String::from)
            .unwrap_or_default(),
    }
}
