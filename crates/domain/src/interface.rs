//! Interfaces: what a system's own gRPC services look like, as their proto files say.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost_reflect::prost_types::MethodOptions;
use prost_reflect::prost_types::method_options::IdempotencyLevel;
use prost_reflect::{DescriptorPool, MethodDescriptor};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::fault::Cause;
use crate::name::{InterfaceId, SystemName};
use crate::subject::hex;

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
}

/// A `google.protobuf.FileDescriptorSet` that was checked: complete, and with a service of its own.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Descriptors {
    bytes: Vec<u8>,
    pool: DescriptorPool,
}

/// A method of an interface.
#[derive(Clone)]
pub struct Method(MethodDescriptor);

/// The path of a gRPC method, `/package.Service/Method`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MethodPath(String);

// === impl Descriptors ===

impl Descriptors {
    /// Reads a descriptor set as `protoc --include_imports --descriptor_set_out` or `buf build`
    /// write it.
    ///
    /// # Errors
    /// `TOO_LARGE`, `NOT_A_DESCRIPTOR_SET`, `NO_SERVICE` or `RESERVED_PACKAGE`.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, Cause> {
        if bytes.len() > DESCRIPTOR_BYTES {
            let message = format!(
                "{} bytes; at most {DESCRIPTOR_BYTES} are taken",
                bytes.len()
            );
            return Err(Cause::new("TOO_LARGE", message));
        }
        let pool = DescriptorPool::decode(bytes.as_slice()).map_err(|error| {
            let advice = "compile the proto files with --include_imports";
            Cause::new("NOT_A_DESCRIPTOR_SET", format!("{error}; {advice}"))
        })?;
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
        Ok(Self { bytes, pool })
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
        self.pool
            .services()
            .flat_map(|service| service.methods().map(Method).collect::<Vec<_>>())
    }

    /// One method.
    pub fn method(&self, path: &MethodPath) -> Option<Method> {
        let (service, method) = path.parts()?;
        let service = self.pool.get_service_by_name(service)?;
        service
            .methods()
            .find(|found| found.name() == method)
            .map(Method)
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
        let services = self
            .pool
            .services()
            .map(|service| service.full_name().to_owned());
        f.debug_list().entries(services).finish()
    }
}

impl TryFrom<String> for Descriptors {
    type Error = Cause;
    fn try_from(text: String) -> Result<Self, Cause> {
        let bytes = STANDARD
            .decode(text)
            .map_err(|_| Cause::new("NOT_BASE64", "the stored descriptor set is not base64"))?;
        Self::parse(bytes)
    }
}

impl From<Descriptors> for String {
    fn from(descriptors: Descriptors) -> String {
        STANDARD.encode(descriptors.bytes)
    }
}

// === impl Method ===

impl Method {
    /// Its path.
    pub fn path(&self) -> MethodPath {
        let service = self.0.parent_service().full_name();
        MethodPath(format!("/{service}/{}", self.0.name()))
    }

    /// The consumer sends several messages.
    pub fn is_client_streaming(&self) -> bool {
        self.0.is_client_streaming()
    }

    /// The provider sends several messages.
    pub fn is_server_streaming(&self) -> bool {
        self.0.is_server_streaming()
    }

    /// The provider declared in its proto file that the method changes nothing
    /// (`idempotency_level = NO_SIDE_EFFECTS`), so it may be asked twice.
    pub fn is_free_of_effects(&self) -> bool {
        let proto = self.0.method_descriptor_proto();
        let level = proto.options.as_ref().map(MethodOptions::idempotency_level);
        level == Some(IdempotencyLevel::NoSideEffects)
    }

    /// What the provider answers with.
    pub fn output(&self) -> prost_reflect::MessageDescriptor {
        self.0.output()
    }

    /// What the consumer asks with.
    pub fn input(&self) -> prost_reflect::MessageDescriptor {
        self.0.input()
    }
}

impl fmt::Debug for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Method({})", self.0.full_name())
    }
}

// === impl MethodPath ===

impl MethodPath {
    /// Parses the path.
    ///
    /// # Errors
    /// `NOT_A_METHOD`.
    pub fn parse(text: &str) -> Result<Self, Cause> {
        let path = Self(text.trim().to_owned());
        let is_name = |name: &str| {
            !name.is_empty()
                && name.split('.').all(|part| {
                    part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                        && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
                })
        };
        match path.parts() {
            Some((service, method))
                if path.0.len() <= 255
                    && is_name(service)
                    && is_name(method)
                    && !method.contains('.') =>
            {
                Ok(path)
            }
            _ => Err(Cause::new("NOT_A_METHOD", "write /package.Service/Method")),
        }
    }

    /// The path as it stands in a request.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn parts(&self) -> Option<(&str, &str)> {
        self.0.strip_prefix('/')?.split_once('/')
    }
}

impl std::borrow::Borrow<str> for MethodPath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MethodPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for MethodPath {
    type Error = Cause;
    fn try_from(text: String) -> Result<Self, Cause> {
        Self::parse(&text)
    }
}

impl From<MethodPath> for String {
    fn from(path: MethodPath) -> String {
        path.0
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
