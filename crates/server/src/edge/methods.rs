//! The methods that exist, for logs.

use std::collections::HashSet;

use prost::Message as _;

/// The paths of all methods in our packages.
///
/// A path can hold anything, and whoever is refused chose it: only a known one is logged.
pub(crate) struct Methods(HashSet<String>);

impl Methods {
    /// Reads the descriptor set that is built in.
    pub(crate) fn of_descriptors() -> Self {
        // Built in and read by a test; without it, logs would say less.
        let set = prost_types::FileDescriptorSet::decode(api::DESCRIPTOR_SET).unwrap_or_default();
        let mut paths = HashSet::new();
        for file in &set.file {
            for service in &file.service {
                let (package, service_name) = (file.package(), service.name());
                let path = |method: &prost_types::MethodDescriptorProto| {
                    format!("/{package}.{service_name}/{}", method.name())
                };
                paths.extend(service.method.iter().map(path));
            }
        }
        Self(paths)
    }

    /// The path if it is a method's.
    pub(crate) fn known<'a>(&self, path: &'a str) -> &'a str {
        if self.0.contains(path) {
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
