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

use std::sync::OnceLock;

use bytes::Bytes;
use prost_reflect::{DescriptorError, DescriptorPool, DynamicMessage, MessageDescriptor};

use rules::{BadRules, Rules};

/// What is served over HTTP/JSON.
#[derive(Debug)]
pub(crate) struct Front {
    /// The methods.
    pub(crate) rules: Rules,
    /// The `OpenAPI` document of them.
    pub(crate) document: Bytes,
}

/// Our own proto files, read once.
fn pool() -> Result<DescriptorPool, DescriptorError> {
    static POOL: OnceLock<DescriptorPool> = OnceLock::new();
    if let Some(pool) = POOL.get() {
        return Ok(pool.clone());
    }
    let read = DescriptorPool::decode(api::DESCRIPTOR_SET)?;
    Ok(POOL.get_or_init(|| read).clone())
}

/// A message of our own proto files.
pub(crate) fn described(name: &str) -> Option<MessageDescriptor> {
    pool().ok()?.get_message_by_name(name)
}

/// A message in its JSON form (proto3 JSON mapping: fields at their default are left out, 64-bit
/// numbers are texts).
pub(crate) fn encode(kind: &MessageDescriptor, message: &[u8]) -> Option<Bytes> {
    let message = DynamicMessage::decode(kind.clone(), message).ok()?;
    serde_json::to_vec(&message).ok().map(Bytes::from)
}

impl Front {
    /// Reads the descriptor set that is built in.
    ///
    /// # Errors
    /// [`BadRules`] when our own proto files do not hold together.
    pub(crate) fn of_descriptors() -> Result<Self, BadRules> {
        let pool = pool()?;
        let rules = Rules::of(&pool)?;
        let document = openapi::document(&pool, &rules).to_string().into();
        Ok(Self { rules, document })
    }
}
