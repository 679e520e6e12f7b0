//! The methods that exist, for logs, and which take a stream of messages.

use std::collections::HashMap;

use prost::Message as _;

/// The paths of all methods in our packages, and whether each takes a stream.
///
/// A path can hold anything, and whoever is refused chose it: only a known one is logged.
pub(crate) struct Methods(HashMap<String, bool>);

impl Methods {
    /// Reads the descriptor set that is built in.
    pub(crate) fn of_descriptors() -> Self {
        // Built in and read by a test; without it, logs would say less.
        let set = prost_types::FileDescriptorSet::decode(api::DESCRIPTOR_SET).unwrap_or_default();
        let mut paths = HashMap::new();
        for file in &set.file {
            for service in &file.service {
                let (package, service_name) = (file.package(), service.name());
                let path = |method: &prost_types::MethodDescriptorProto| {
                    let path = format!("/{package}.{service_name}/{}", method.name());
                    (path, method.client_streaming())
                };
                paths.extend(service.method.iter().map(path));
            }
        }
        Self(paths)
    }

    /// Whether a method takes a stream of messages.
    pub(crate) fn takes_stream(&self, path: &str) -> bool {
        self.0.get(path).copied().unwrap_or_default()
    }

    /// The path if it is a method's.
    pub(crate) fn known<'a>(&self, path: &'a str) -> &'a str {
        if self.0.contains_key(path) {
            path
        } else {
            "no method of ours"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uploads_take_streams_and_questions_do_not() {
        let methods = Methods::of_descriptors();
        assert!(methods.takes_stream("/shuqiao.exchange.v1.FileService/UploadFile"));
        assert!(!methods.takes_stream("/shuqiao.exchange.v1.FileService/ReadFile"));
        assert!(!methods.takes_stream("/t.Nothing/Here"));
    }

    #[test]
    fn only_known_paths_are_repeated() {
        let methods = Methods::of_descriptors();
        let known = "/shuqiao.registry.v1.EnrolmentService/Enrol";
        assert_eq!(methods.known(known), known);
        for other in [
            "/430502190102030017",
            "/shuqiao.registry.v1.EnrolmentService/X",
            "",
        ] {
            assert_eq!(methods.known(other), "no method of ours");
        }
    }
}
