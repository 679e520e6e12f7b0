//! Generated protobuf and gRPC types, the descriptor set, and the closed list of error reasons.
//!
//! Each module is one package of `proto/shuqiao`. Messages that can hold a person's identifier or
//! a record's value have no field-printing `Debug`, so they cannot reach a log by accident.

/// The descriptor set of all packages with their options and comments, for reflection.
pub const DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptor.bin"));

/// The domain of every `google.rpc.ErrorInfo` this gateway sends.
pub const ERROR_DOMAIN: &str = "shuqiao.gov";

macro_rules! package {
    ($area:ident, $name:literal, $what:literal) => {
        #[doc = $what]
        pub mod $area {
            #[doc = $what]
            pub mod v1 {
                tonic::include_proto!($name);
            }
        }
    };
}

package!(
    catalogue,
    "shuqiao.catalogue.v1",
    "The data resource catalogue."
);
package!(
    certificate,
    "shuqiao.certificate.v1",
    "Electronic certificates."
);
package!(compliance, "shuqiao.compliance.v1", "Plans and progress.");
package!(error, "shuqiao.error.v1", "Error reasons.");
package!(evidence, "shuqiao.evidence.v1", "The evidence ledger.");
package!(exchange, "shuqiao.exchange.v1", "The use of a grant.");
package!(
    provider,
    "shuqiao.provider.v1",
    "The contract of a provider."
);
package!(
    registry,
    "shuqiao.registry.v1",
    "Departments, systems, endpoints, enrolment."
);
package!(sharing, "shuqiao.sharing.v1", "Applications and grants.");
package!(
    value,
    "shuqiao.value.v1",
    "Values and proofs that several areas share."
);

/// What people call a file may name somebody.
impl std::fmt::Debug for exchange::v1::File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "File({}, {:?})", self.name, self.state())
    }
}

/// Grants and applications show that they have a row filter, and not which: it can name a person.
impl std::fmt::Debug for exchange::v1::Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Filter(…)")
    }
}
