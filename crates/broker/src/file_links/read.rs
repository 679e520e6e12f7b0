//! Giving the file of a link out: to its one system, while the right stands, once.

use std::sync::Arc;

use bytes::Bytes;
use domain::basis::{Authorisation, Basis, BasisKind};
use domain::caller::Caller;
use domain::file_link::{FileLink, LinkEnded};
use domain::policy::{Ask, Circumstances, Decision, decide};
use domain::reason::Reason;
use domain::resource::ShareMode;
use domain::subject::hex;
use domain::system::Origin;
use sha2_kept::Sha256;
use sm3::Digest as _;

use super::keeping::{name_of, object_of};
use crate::exchange::Place;
use crate::failure::Failure;
use crate::gateway::Gateway;

/// What is asked of a link.
#[derive(Clone)]
pub struct ReadLink {
    /// The secret of the link.
    pub secret: String,
    /// The first byte wanted.
    pub start: u64,
}

/// The secret is not printed.
impl std::fmt::Debug for ReadLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ReadLink(…, from {})", self.start)
    }
}

/// The bytes of a file from an offset to its end.
#[derive(Debug)]
pub struct LinkedFile {
    /// The link.
    pub link: FileLink,
    /// The bytes.
    pub bytes: Bytes,
    /// Its place among the transfers: to be held until the bytes have left.
    pub place: Place,
}

impl Gateway {
    /// Gives the bytes of a link's file, after the entry that tells of it.
    ///
    /// # Errors
    /// `NOT_FOUND` for a link that is not there or is another system's; `FILE_LINK_ENDED`; a refusal by
    /// policy, when the grant ended meanwhile; an offset behind the end; the store's.
    pub async fn read_file_link(
        &self,
        caller: &Caller,
        read: &ReadLink,
    ) -> Result<LinkedFile, Failure> {
        let system = caller.system()?;
        // Neither the secret nor its digest is told: it may be another's.
        let missing = || Failure::not_found("the link");
        let known = read.secret.len() == 64 && read.secret.bytes().all(|b| b.is_ascii_hexdigit());
        if !known {
            return Err(missing());
        }
        let name = name_of(&read.secret)?;
        let place = self.vault.place(system)?;
        let row = self.store.get::<FileLink>(name.as_str()).await?;
        let row = row.filter(|row| row.value.consumer == *system);
        let link = row.ok_or_else(missing)?.value;
        self.may_still_read(&link, caller.origin())?;
        if read.start >= link.size {
            let cause = domain::fault::Cause::new("OUT_OF_RANGE", "the file ends before that byte");
            return Err(Failure::field("range", &cause));
        }
        let link = self.count_read(&link, read.start).await?;
        let bytes = self.vault.get(&object_of(&link)).await?;
        let hashed = bytes.clone();
        let digest = tokio::task::spawn_blocking(move || hex(&Sha256::digest(&hashed))).await;
        if digest.ok().as_deref() != Some(link.digests.sha256.as_str()) {
            let message = "the file of a link is not what was fetched";
            tracing::error!(message);
            return Err(Failure::new(Reason::Internal, message));
        }
        let start = usize::try_from(read.start).unwrap_or(usize::MAX);
        let bytes = bytes.slice(start.min(bytes.len())..);
        Ok(LinkedFile {
            link,
            bytes,
            place: Arc::new(place),
        })
    }

    /// A grant that ended since the link was made ends the link too.
    fn may_still_read(&self, link: &FileLink, origin: Origin) -> Result<(), Failure> {
        self.must_be_fresh()?;
        let snapshot = self.snapshot();
        let ask = Ask {
            consumer: link.consumer.clone(),
            resources: vec![link.resource.clone()],
            mode: ShareMode::File,
            matter: Some(link.matter.clone()),
            operator_named: link.operator_named,
            items: Vec::new(),
            whole: true,
            compared: Vec::new(),
            grant: Some(link.grant.clone()),
            basis: match link.basis {
                BasisKind::Duty => Basis::Duty,
                // It was given when the link was made, and stands in that intent.
                BasisKind::Authorisation => Basis::Authorisation(Authorisation::supposed()),
            },
            issuing: false,
        };
        // The call was counted when the link was made.
        let circumstances = Circumstances {
            origin,
            ..Circumstances::at(self.now())
        };
        match decide(&snapshot, &ask, &circumstances) {
            Decision::Permit(_) => Ok(()),
            Decision::Refusal(refusal) => Err(refusal.into()),
        }
    }

    /// Counts an answer, with its entry, before a byte of it leaves. Of two at once one loses.
    async fn count_read(&self, link: &FileLink, start: u64) -> Result<FileLink, Failure> {
        let ended = |why: &str| {
            Failure::new(
                Reason::FileLinkEnded,
                format!("the link serves no more: {why}"),
            )
        };
        let now = self.now();
        let mut tx = self.store.begin("reading a file link").await?;
        let row = tx.get::<FileLink>(link.name.as_str()).await?;
        let before = row.ok_or_else(|| ended("it is gone"))?;
        let after = before.value.read_from(start, now);
        let after = after.map_err(|LinkEnded(why)| ended(why))?;
        let draft = self
            .link_draft("exchange.file_link.read", &after)
            .with_fact("offset", i64::try_from(start).unwrap_or(i64::MAX));
        let entry = tx.record(draft, now).await?;
        match tx.update(&before, &after, Some(entry), now).await {
            Err(store::StoreError::Changed(_)) => return Err(ended("it is being used")),
            written => written?,
        };
        tx.save().await?;
        Ok(after)
    }
}
