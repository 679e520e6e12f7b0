//! HTTP/JSON: which method a request is for, its message from JSON, and statuses in JSON.
//!
//! Driven by the descriptors of our own proto files, so a method that is added there is served here.
//! The edge makes a gRPC request of it, which passes what every gRPC request passes.

mod openapi;
mod parameter;
pub(crate) mod request;
pub(crate) mod rules;
pub(crate) mod status;
mod template;

use bytes::Bytes;
use prost_reflect::DescriptorPool;

use rules::{BadRules, Rules};

/// What is served over HTTP/JSON.
#[derive(Debug)]
pub(crate) struct Front {
    /// The methods.
    pub(crate) rules: Rules,
    /// The `OpenAPI` document of them.
    pub(crate) document: Bytes,
}

impl Front {
    /// Reads the descriptor set that is built in.
    ///
    /// # Errors
    /// [`BadRules`] when our own proto files do not hold together.
    pub(crate) fn of_descriptors() -> Result<Self, BadRules> {
        let pool = DescriptorPool::decode(api::DESCRIPTOR_SET)?;
        let rules = Rules::of(&pool)?;
        let document = openapi::document(&pool, &rules).to_string().into();
        Ok(Self { rules, document })
    }
}
