//! The evidence ledger: entry encoding, Merkle tree, signed checkpoints, proofs, offline verification.
//!
//! Three words carry every promise made here. An entry is *recorded* when it is durable and has
//! its index; *integrated* when its leaf is in the Merkle tree; *published* when a signed
//! checkpoint covers it. A receipt promises *recorded*. A bundle proves *published*.
//!
//! This crate only computes. It opens no file, reads no clock, draws no randomness of its own and
//! knows nothing of storage: the store keeps the bytes and hashes that it is told to keep, and the
//! offline verifier shares no code with it. The formats are described in docs/EVIDENCE.md.

pub mod bundle;
pub mod checkpoint;
pub mod entry;
pub mod receipt;
pub mod signed_list;
pub mod tree;
pub mod webhook;

mod json;
