//! `credentials.toml`: when TLS certificates may be renewed, and when it is warned of their end.

use super::entry::Entry;
use super::provenance::Provenance;
use crate::credential::{CredentialRule, CredentialTerms};

/// Reads the file.
pub(super) fn read(root: &Entry<'_>) -> Vec<CredentialRule> {
    root.each("credential", "from", |entry| {
        // Later than that, one missed night of the timer is the end.
        let renewable_after_percent = entry.number("renewable_after_percent", 0..96);
        let warning_days = entry.number("warning_days", 1..366);
        let authority_warning_days = entry.number("authority_warning_days", 1..3651);
        // Old and new overlap, so two at least.
        let most_live = entry.number("most_live", 2..1001);
        let (from, until) = entry.term();
        let provenance = Provenance::read(entry)?;
        Some(CredentialRule {
            terms: CredentialTerms {
                renewable_after_percent: renewable_after_percent?,
                warning_days: warning_days?,
                authority_warning_days: authority_warning_days?,
                most_live: most_live?,
            },
            from: from?,
            until,
            source: provenance.source,
            assumed: provenance.assumed,
        })
    })
}
