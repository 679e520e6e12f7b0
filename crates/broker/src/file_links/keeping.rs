//! Keeping the file of a link: the row first, then the object. Nobody knows the secret before the outcome
//! is durable.

use bytes::Bytes;
use domain::file::{Digests, Format};
use domain::file_link::{FileLink, LinkState};
use domain::name::FileLinkName;
use domain::policy::{Permit, shaoyang_date};
use domain::reason::Reason;
use domain::regime::Rule;
use domain::subject::hex;
use jiff::SignedDuration;
use ledger::entry::Draft;
use sha2_kept::Sha256;
use sm3::Digest as _;

use super::MadeLink;
use crate::exchange::{Use, with_parties};
use crate::failure::Failure;
use crate::gateway::Gateway;

impl Gateway {
    /// Keeps the bytes under a new link. Nobody knows the secret yet: what is kept and not given out goes
    /// at the link's end, as everything.
    pub(super) async fn keep_linked(
        &self,
        used: &Use,
        permit: &Permit,
        format: Format,
        bytes: &Bytes,
        digests: &Digests,
    ) -> Result<MadeLink, Failure> {
        let now = self.now();
        let internal = |what: String| Failure::new(Reason::Internal, what);
        let regimes = &self.reference.regimes;
        let (minutes, regime, assumed) = regimes
            .minutes(Rule::UseLink, shaoyang_date(now))
            .map_err(|error| internal(error.to_string()))?;
        let ends = now
            .checked_add(SignedDuration::from_mins(minutes.into()))
            .map_err(|error| internal(error.to_string()))?;
        let secret = hex(&self.ids.secret());
        let link = FileLink {
            name: name_of(&secret)?,
            consumer: permit.grant().terms.consumer.clone(),
            resource: permit.resource().name.clone(),
            grant: permit.grant().name.clone(),
            matter: permit.matter().clone(),
            operator_named: used.purpose.operator.is_some(),
            basis: permit.basis().kind(),
            request_id: used.request_id.clone(),
            format,
            size: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            digests: digests.clone(),
            object: self.ids.uuid(),
            ends,
            state: LinkState::Open { reads: 0 },
        };
        // The row first: whatever happens then, the job finds it and removes what there is.
        let mut tx = self.store.begin("making a file link").await?;
        let draft = self
            .link_draft("exchange.file_link.made", &link)
            .with_fact("ends", link.ends.to_string())
            .with_fact("regime", regime)
            .with_fact("assumed", assumed);
        let entry = tx.record(draft, now).await?;
        tx.insert(&link, Some(entry), now).await?;
        tx.set_link_due(&link.name, Some(link.ends)).await?;
        tx.save().await?;
        self.vault.put(&object_of(&link), bytes.clone()).await?;
        Ok(MadeLink {
            secret,
            ends,
            format,
            size: link.size,
            digests: link.digests,
        })
    }

    /// What every entry about a link states.
    pub(super) fn link_draft(&self, event: &str, link: &FileLink) -> Draft {
        let draft = Draft::change(event, link.request_id.as_str())
            .with_fact("link", link.name.as_str())
            .with_fact("resource", link.resource.as_str())
            .with_fact("grant", link.grant.as_str())
            .with_fact("content_type", link.format.content_type())
            .with_fact("bytes", i64::try_from(link.size).unwrap_or(i64::MAX))
            .with_fact("sha256", link.digests.sha256.as_str())
            .with_fact("sm3", link.digests.sm3.as_str());
        let snapshot = self.snapshot();
        let resource = snapshot.resource(&link.resource);
        let provider = resource.map(|resource| &resource.system);
        with_parties(draft, &snapshot, &link.consumer, provider)
    }
}

/// The name of a link by its secret.
pub(super) fn name_of(secret: &str) -> Result<FileLinkName, Failure> {
    FileLinkName::from_id(&hex(&Sha256::digest(secret.as_bytes())))
        .map_err(|cause| Failure::new(Reason::Internal, cause.to_string()))
}

pub(super) fn object_of(link: &FileLink) -> String {
    format!("{}/whole", link.object)
}
