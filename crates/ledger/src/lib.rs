//! The evidence ledger: entry encoding, Merkle tree, signed checkpoints, proofs, offline verification.
