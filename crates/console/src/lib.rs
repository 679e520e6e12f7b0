//! Web pages for engineers and auditors, over the same use cases as gRPC.
