//! What fetching a file came to, before its outcome is recorded.

use bytes::Bytes;
use domain::certificate::CertificateState;
use domain::file::{Digest, Digests, Format};
use domain::policy::shaoyang_date;
use domain::reason::Reason;
use domain::subject::hex;
use sha2_kept::Sha256;
use sm3::{Digest as _, Sm3};

use super::fetch::Fetched;
use super::{Linked, MadeLink};
use crate::connections::ProviderFault;
use crate::exchange::Ending;
use crate::gateway::Gateway;
use crate::lookup::{Proof, Sole, Sought, Without};

/// What the fetching came to, before its outcome is recorded.
pub(super) enum Chosen {
    File {
        bytes: Bytes,
        digests: Digests,
        certificate: String,
    },
    Without(Without),
}

impl Gateway {
    /// Takes the one certificate's file, if it is in force, and checks that it is one.
    pub(super) fn choose_file(
        &self,
        sought: &Sought<'_>,
        format: Format,
        fetched: Fetched,
    ) -> Result<(Chosen, Proof), ProviderFault> {
        let proof = fetched.answer.proof;
        let record = match sought.sole(fetched.answer.came)? {
            Sole::One(record) => *record,
            Sole::Without(without) => return Ok((Chosen::Without(without), proof)),
        };
        let state = record.state.on(shaoyang_date(self.now()), record.expires);
        if state != CertificateState::Valid {
            return Ok((Chosen::Without(Without::NotInForce(state)), proof));
        }
        let bytes = fetched.bytes;
        if !format.recognises(&bytes) {
            let message = format!("the file is no {}", format.content_type());
            return Err(ProviderFault::bad_answer(message));
        }
        let keys = &self.keys.pseudonyms;
        let chosen = Chosen::File {
            digests: digests_of(&bytes)?,
            certificate: keys.text("certificate", record.identifier.as_str()),
            bytes,
        };
        Ok((chosen, proof))
    }
}

impl Chosen {
    pub(super) fn ending(&self, made: Option<&MadeLink>) -> Ending {
        match self {
            Self::Without(without) => without.ending(),
            Self::File {
                digests,
                certificate,
                ..
            } => Ending {
                facts: vec![
                    ("certificate", certificate.as_str().into()),
                    ("sha256", digests.sha256.as_str().into()),
                    ("sm3", digests.sm3.as_str().into()),
                    // That values of a record leave with it; the same as the file's own digest.
                    ("digest", digests.sha256.as_str().into()),
                    (
                        "bytes",
                        made.map_or(0, |made| i64::try_from(made.size).unwrap_or(i64::MAX))
                            .into(),
                    ),
                ],
                ..Ending::bare("found")
            },
        }
    }

    pub(super) fn into_linked(self, made: Option<MadeLink>) -> Linked {
        match (self, made) {
            (Self::File { .. }, Some(made)) => Linked::Made(made),
            // A file always has its link: without one it was not concluded.
            (Self::File { .. }, None) => Linked::Without(Without::NoMatch),
            (Self::Without(without), _) => Linked::Without(without),
        }
    }
}

fn digests_of(bytes: &[u8]) -> Result<Digests, ProviderFault> {
    let internal =
        |cause: domain::fault::Cause| ProviderFault::new(Reason::Internal, cause.to_string());
    Ok(Digests {
        sha256: Digest::parse(&hex(&Sha256::digest(bytes))).map_err(internal)?,
        sm3: Digest::parse(&hex(&Sm3::digest(bytes))).map_err(internal)?,
    })
}
