//! The ledger as a whole.

use api::evidence::v1 as evidence;

use super::Role::{Auditor, Operator};
use super::{Row, Things, row};

impl Things {
    /// Who may take evidence away that is about everybody.
    pub(super) fn evidence(&self) -> Vec<Row> {
        vec![
            row(
                "evidence.v1.EvidenceService/ExportBundle",
                &evidence::ExportBundleRequest::default(),
                &[Operator, Auditor],
            ),
            row(
                "evidence.v1.EvidenceService/GetInclusionProof",
                // The first entry is the operator's own certificate.
                &evidence::GetInclusionProofRequest {
                    name: "entries/0".to_owned(),
                },
                &[Operator, Auditor],
            ),
        ]
    }
}
