//! The methods that exist, as the embedded descriptor set names them: no test can forget one.

use prost::Message as _;
use prost_types::{DescriptorProto, FileDescriptorSet};

/// A method of the gateway.
#[derive(Debug)]
pub(super) struct Method {
    /// For example `shuqiao.registry.v1.SystemService/ListSystems`.
    pub(super) path: String,
    /// Whether its request is for one page of a list.
    pub(super) is_paged: bool,
}

impl Method {
    /// Whether it leaves everything as it was.
    pub(super) fn reads(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap();
        ["Get", "List", "Search", "Explain", "Export", "Watch"]
            .iter()
            .any(|verb| name.starts_with(verb))
    }
}

/// All methods that the gateway serves; those of the provider contract it calls.
pub(super) fn methods() -> Vec<Method> {
    let set = FileDescriptorSet::decode(api::DESCRIPTOR_SET).unwrap();
    let ours = set.file.iter().filter(|file| {
        file.package().starts_with("shuqiao.") && file.package() != "shuqiao.provider.v1"
    });
    let mut methods = Vec::new();
    for file in ours {
        for service in &file.service {
            methods.extend(service.method.iter().map(|method| {
                let input = method.input_type().rsplit('.').next().unwrap();
                let message = file
                    .message_type
                    .iter()
                    .find(|message| message.name() == input);
                Method {
                    path: format!("{}.{}/{}", file.package(), service.name(), method.name()),
                    is_paged: is_page_request(message.unwrap()),
                }
            }));
        }
    }
    assert!(methods.len() > 30, "{methods:?}");
    methods
}

/// AIP-158, with the same field numbers everywhere.
fn is_page_request(message: &DescriptorProto) -> bool {
    let has = |name: &str, number: i32| {
        message
            .field
            .iter()
            .any(|field| field.name() == name && field.number() == number)
    };
    has("page_size", 1) && has("page_token", 2)
}
