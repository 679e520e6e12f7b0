//! Generated protobuf and gRPC types, the descriptor set, and the closed list of error reasons.
