//! A department's own interface: social insurance, as the bureau's system speaks it.
//!
//! Nothing in it knows of the gateway. Consumers use the client generated from the bureau's own proto
//! file, with the address of the gateway and the metadata of the call.

tonic::include_proto!("shaoyang.insurance.v1");

/// The compiled proto file, to be registered as the system's interface.
pub const DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/insurance.bin"));
