//! Interfaces: what a system's own services look like, as their proto files or documents say.

mod method;
pub mod reflected;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost_reflect::DescriptorPool;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::fault::{Cause, Faults};
use crate::http_api::{Document, DocumentPath, HttpApi, LeftOut, Servers};
use crate::name::{EndpointId, InterfaceId, SystemName};
use crate::subject::hex;

pub use method::{Method, MethodPath};

/// The largest descriptor set, in bytes.
pub const DESCRIPTOR_BYTES: usize = 512 * 1024;

/// Packages that are served by the gateway itself, or belong to gRPC.
const RESERVED: [&str; 2] = ["shuqiao.", "grpc."];

/// The description of a system's own services. It never changes: another description is another
/// interface, so that what a resource was published with stays what it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    /// `interfaces/{system}.{id}`.
    pub name: InterfaceId,
    /// The system.
    pub system: SystemName,
    /// The compiled proto files.
    pub descriptors: Descriptors,
    /// The endpoint that told them by server reflection, or serves the document; nothing when somebody sent them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reflected_from: Option<EndpointId>,
    /// Where that endpoint serves the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_path: Option<DocumentPath>,
}

/// A checked description: a `google.protobuf.FileDescriptorSet` that is complete and has a service of
/// its own, or an `OpenAPI` document.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Descriptors {
    bytes: Vec<u8>,
    form: Form,
}

#[derive(Clone)]
enum Form {
    Proto(DescriptorPool),
    OpenApi(HttpApi, Servers),
}

/// What a stored document begins with: one whose servers count, and one that was taken when they did not.
const OPENAPI: [(&str, Servers); 2] = [
    ("openapi-servers:", Servers::Count),
    ("openapi:", Servers::Ignored),
];

impl Descriptors {
    /// Reads a descriptor set as `protoc --include_imports --descriptor_set_out` or `buf build`
    /// write it.
    ///
    /// # Errors
    /// `TOO_LARGE`, `NOT_A_DESCRIPTOR_SET`, `NO_SERVICE` or `RESERVED_PACKAGE`.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, Cause> {
        Self::read(bytes, "compile the proto files with --include_imports")
    }

    /// The same, with what to do about a set that is none.
    fn read(bytes: Vec<u8>, advice: &str) -> Result<Self, Cause> {
        if bytes.len() > DESCRIPTOR_BYTES {
            let message = format!(
                "{} bytes; at most {DESCRIPTOR_BYTES} are taken",
                bytes.len()
            );
            return Err(Cause::new("TOO_LARGE", message));
        }
        let pool = DescriptorPool::decode(bytes.as_slice())
            .map_err(|error| Cause::new("NOT_A_DESCRIPTOR_SET", format!("{error}; {advice}")))?;
        if pool.services().len() == 0 {
            return Err(Cause::new(
                "NO_SERVICE",
                "the descriptor set describes no service",
            ));
        }
        let reserved = |name: &str| RESERVED.iter().any(|prefix| name.starts_with(prefix));
        if let Some(service) = pool.services().find(|s| reserved(s.full_name())) {
            let message = format!(
                "{} lies in a package that is not yours",
                service.full_name()
            );
            return Err(Cause::new("RESERVED_PACKAGE", message));
        }
        Ok(Self {
            bytes,
            form: Form::Proto(pool),
        })
    }

    /// Reads an `OpenAPI` 3 document in JSON, as somebody registers it.
    ///
    /// # Errors
    /// Every fault of the document, as one of `field`: `TOO_LARGE`, or as [`HttpApi::register`].
    pub fn parse_openapi(bytes: Vec<u8>, field: &str) -> Result<Self, Faults> {
        if bytes.len() > DESCRIPTOR_BYTES {
            let mut faults = Faults::default();
            let length = bytes.len();
            let text = format!("{length} bytes; at most {DESCRIPTOR_BYTES} are taken");
            faults.add(field, "TOO_LARGE", text);
            return Err(faults);
        }
        let api = HttpApi::register(&bytes, field)?;
        Ok(Self {
            bytes,
            form: Form::OpenApi(api, Servers::Count),
        })
    }

    /// Reads a document as an endpoint serves it now, to be held against a registered one: nothing calls by it.
    ///
    /// # Errors
    /// `NOT_OPENAPI` or `TOO_MANY`.
    pub fn served_openapi(bytes: Vec<u8>) -> Result<Self, Cause> {
        let api = HttpApi::served(&bytes)?;
        Ok(Self {
            bytes,
            form: Form::OpenApi(api, Servers::Count),
        })
    }

    /// Whether it is an `OpenAPI` document.
    pub fn is_openapi(&self) -> bool {
        matches!(self.form, Form::OpenApi(..))
    }

    /// The document that entries are held to: none of one that was taken before documents were, since what was
    /// published with it stays as it was.
    pub fn binding_document(&self) -> Option<Document> {
        match &self.form {
            Form::Proto(_) | Form::OpenApi(_, Servers::Ignored) => None,
            Form::OpenApi(_, Servers::Count) => self.document(),
        }
    }

    /// The document as a whole, where it is one. It is read anew: what is asked of it is asked when an entry is written.
    pub fn document(&self) -> Option<Document> {
        match &self.form {
            Form::Proto(_) => None,
            Form::OpenApi(..) => Document::read(&self.bytes),
        }
    }

    /// What a document describes and nobody can call.
    pub fn left_out(&self) -> &[LeftOut] {
        match &self.form {
            Form::Proto(_) => &[],
            Form::OpenApi(api, _) => &api.left_out,
        }
    }

    /// The bytes as they came.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA-256 of the bytes, in hexadecimal.
    pub fn digest(&self) -> String {
        hex(&Sha256::digest(&self.bytes))
    }

    /// All methods, in the order of the files.
    pub fn methods(&self) -> impl Iterator<Item = Method> + '_ {
        let methods: Vec<Method> = match &self.form {
            Form::Proto(pool) => {
                let services = pool.services();
                let methods = services.flat_map(|service| service.methods().collect::<Vec<_>>());
                methods.map(Method::Grpc).collect()
            }
            Form::OpenApi(api, _) => api.operations.iter().cloned().map(Method::Http).collect(),
        };
        methods.into_iter()
    }

    /// One method.
    pub fn method(&self, path: &MethodPath) -> Option<Method> {
        match &self.form {
            Form::Proto(pool) => {
                let (service, method) = path.parts()?;
                let service = pool.get_service_by_name(service)?;
                let mut methods = service.methods();
                methods
                    .find(|found| found.name() == method)
                    .map(Method::Grpc)
            }
            Form::OpenApi(api, _) => {
                let (verb, template) = path.http()?;
                let mut operations = api.operations.iter();
                let found = operations
                    .find(|own| own.verb.as_str() == verb && own.path.as_str() == template);
                found.cloned().map(Method::Http)
            }
        }
    }
}

impl PartialEq for Descriptors {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for Descriptors {}

/// Shows the services only: the whole would fill screens, and of a recursive message never end.
impl fmt::Debug for Descriptors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.form {
            Form::Proto(pool) => {
                let services = pool.services();
                let names = services.map(|service| service.full_name().to_owned());
                f.debug_list().entries(names).finish()
            }
            Form::OpenApi(api, _) => write!(f, "OpenApi({} operations)", api.operations.len()),
        }
    }
}

impl TryFrom<String> for Descriptors {
    type Error = Cause;
    fn try_from(text: String) -> Result<Self, Cause> {
        let document = OPENAPI
            .iter()
            .find_map(|(prefix, servers)| Some((text.strip_prefix(prefix)?, *servers)));
        let encoded = document.map_or(text.as_str(), |(encoded, _)| encoded);
        let bytes = STANDARD
            .decode(encoded)
            .map_err(|_| Cause::new("NOT_BASE64", "the stored description is not base64"))?;
        match document {
            None => Self::parse(bytes),
            Some((_, servers)) => {
                let api = HttpApi::stored(&bytes, servers)?;
                Ok(Self {
                    bytes,
                    form: Form::OpenApi(api, servers),
                })
            }
        }
    }
}

impl From<Descriptors> for String {
    fn from(descriptors: Descriptors) -> String {
        let encoded = STANDARD.encode(&descriptors.bytes);
        let prefix = match &descriptors.form {
            Form::Proto(_) => "",
            Form::OpenApi(_, own) => {
                let mut all = OPENAPI.iter();
                all.find(|(_, servers)| servers == own)
                    .map_or("", |(prefix, _)| prefix)
            }
        };
        format!("{prefix}{encoded}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::FaultCause as _;
    use crate::test_world::insurance;

    #[test]
    fn methods_are_found_by_their_path() {
        let descriptors = insurance();
        let paths: Vec<String> = descriptors
            .methods()
            .map(|m| m.path().to_string())
            .collect();
        assert_eq!(paths, ["/t.Insurance/Get", "/t.Insurance/List"]);
        let list = descriptors
            .method(&MethodPath::parse("/t.Insurance/List").unwrap())
            .unwrap();
        assert!(list.is_server_streaming() && !list.is_client_streaming());
        assert!(list.is_free_of_effects());
        let get = descriptors
            .method(&MethodPath::parse("/t.Insurance/Get").unwrap())
            .unwrap();
        assert!(!get.is_free_of_effects());
        assert!(
            descriptors
                .method(&MethodPath::parse("/t.Insurance/Put").unwrap())
                .is_none()
        );
    }

    #[test]
    fn a_stored_interface_is_what_it_was() {
        let descriptors = insurance();
        let text = serde_json::to_string(&descriptors).unwrap();
        assert_eq!(
            serde_json::from_str::<Descriptors>(&text).unwrap(),
            descriptors
        );
        assert_eq!(format!("{descriptors:?}"), r#"["t.Insurance"]"#);
    }

    #[test]
    fn what_is_no_description_is_refused_with_its_fault() {
        for (bytes, code) in [
            (vec![1, 2, 3], "NOT_A_DESCRIPTOR_SET"),
            (Vec::new(), "NO_SERVICE"),
            (vec![0; DESCRIPTOR_BYTES + 1], "TOO_LARGE"),
        ] {
            assert_eq!(Descriptors::parse(bytes).unwrap_err().code(), code);
        }
        for text in ["", "/", "a/b", "/a", "/a/b/c", "/a b/c", "/a/b.c", "/a../b"] {
            assert!(MethodPath::parse(text).is_err(), "{text}");
        }
    }
}
