//! HTTP/JSON: the same rules as over gRPC, for those who speak neither protobuf nor HTTP/2.

mod calls;
mod certificates;
mod described;
mod drifting;
mod methods;
mod providers;
mod refusals;
mod signatures;
mod uses;
mod version_one;
