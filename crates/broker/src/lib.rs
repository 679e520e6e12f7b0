//! The use cases, one file each, and the connectors to providers.
