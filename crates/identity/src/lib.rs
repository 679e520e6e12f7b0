//! TLS identities: the authority that certifies a key ([`Authority`]), and the folder in which one is kept ([`Folder`]),
//! as the gateway leaves it and as whoever holds it renews it: one layout, which changes over in one step.
//!
//! ```text
//! certificate.pem  -> current/certificate.pem
//! key.pem          -> current/key.pem
//! authority.pem    -> current/authority.pem
//! current          -> versions/…
//! versions/…/         the three files of one certificate
//! renewal/            a key, its request and the request id, until they are certified
//! ```
//!
//! Three files cannot be replaced at once, one link can: whoever stops between two steps finds an identity that works.
//! A folder of three plain files, as people make them and as we once left them, becomes one like this when it changes
//! for the first time. Keys are made with mode 0600, in folders of mode 0700.
//!
//! No network, no clock, and nothing of who a certificate stands for but a name and a URI.

mod authority;
mod disk;
mod fault;
mod folder;
mod key;

pub use authority::{Authority, AuthorityError, LEAF_DAYS, OwnCertificate, Signed, StandsFor};
pub use fault::FolderError;
pub use folder::{Certified, Folder, Identity, Pending};

#[cfg(test)]
mod tests;
