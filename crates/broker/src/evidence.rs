//! Evidence: list entries, checkpoint, inclusion proof, bundle, and the latest calls.

use std::sync::Arc;
use std::time::Duration;

use domain::caller::Caller;
use domain::credential::Principal;
use domain::name::GrantName;
use domain::reason::Reason;
use jiff::Timestamp;
use ledger::bundle::{BundleWriter, Export, Scope};
use ledger::entry::{Entry, Kind};
use ledger::tree::Hash;
use store::{EntryFilter, Hashes, Published, StoredEntry};
use tokio::sync::mpsc;

use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::page::PageRequest;

/// Entries read from the store at a time while a bundle is written.
const BATCH: u32 = 200;
/// A piece of a bundle waits so long for its reader.
const PIECE: Duration = Duration::from_secs(30);
/// Batches looked through for the latest calls.
const LATEST_BATCHES: usize = 10;

/// One page of entries, newest first.
#[derive(Clone, Debug)]
pub struct EntryPage {
    /// The entries.
    pub entries: Vec<StoredEntry>,
    /// Token of the next page; empty on the last.
    pub next: String,
}

/// A checkpoint with the key that verifies it.
#[derive(Clone, Debug)]
pub struct SignedCheckpoint {
    /// The name of the log.
    pub origin: String,
    /// The key, in the text form of C2SP signed-note.
    pub verifier_key: String,
    /// The checkpoint.
    pub published: Published,
}

/// One call as people read it: the outcome of an exchange, or a refusal.
#[derive(Clone, Debug)]
pub struct Call {
    /// Index of the entry.
    pub index: u64,
    /// When.
    pub time: Timestamp,
    /// Who asked.
    pub consumer: String,
    /// Who was asked; empty when nobody was.
    pub provider: String,
    /// For what.
    pub resource: String,
    /// Whether policy permitted it.
    pub permitted: bool,
    /// The rule that decided, or how the exchange ended.
    pub result: String,
    /// Whose fault it is; empty when nothing went wrong.
    pub fault: String,
}

impl Gateway {
    /// Entries that the caller may see, newest first.
    ///
    /// # Errors
    /// A bad page token; the store.
    pub async fn entries(
        &self,
        caller: &Caller,
        page: &PageRequest,
        grant: Option<&GrantName>,
        event: Option<&str>,
    ) -> Result<EntryPage, Failure> {
        let filter = EntryFilter {
            grant: grant.map(ToString::to_string),
            event: event.map(str::to_owned),
            ..visible_to(caller)
        };
        let grant = filter.grant.as_deref().unwrap_or_default();
        let list = format!("entries?{grant}&{}", event.unwrap_or_default());
        let before = match page.after(&list)?.as_str() {
            "" => u64::MAX,
            index => index.parse().unwrap_or_default(),
        };
        let entries = self
            .store
            .entries_before(before, &filter, page.size())
            .await?;
        let full = u32::try_from(entries.len()).is_ok_and(|count| count == page.size());
        let token = match entries.last() {
            Some(end) if full => PageRequest::token(&list, &end.entry.index().to_string()),
            _ => String::new(),
        };
        Ok(EntryPage {
            entries,
            next: token,
        })
    }

    /// The latest signed checkpoint, made now if entries wait for one.
    ///
    /// # Errors
    /// `NOT_FOUND` while the ledger is empty; the store.
    pub async fn checkpoint(&self) -> Result<SignedCheckpoint, Failure> {
        // As far as the ledger goes now: under load it would never be done with the newest entry.
        let wanted = self.store.ledger_size().await?;
        let mut published = self.store.checkpoint().await?;
        while published.as_ref().map_or(0, |checkpoint| checkpoint.size) < wanted {
            self.publish_checkpoint().await?;
            published = self.store.checkpoint().await?;
        }
        let signer = &self.keys.log_signer;
        published
            .map(|published| SignedCheckpoint {
                origin: signer.origin().to_owned(),
                verifier_key: signer.verifier_key(),
                published,
            })
            .ok_or_else(|| Failure::not_found("checkpoint"))
    }

    /// The entry at an index with its proof under the latest checkpoint.
    ///
    /// # Errors
    /// `NOT_FOUND`, also for an entry that the caller may not see.
    pub async fn inclusion_proof(
        &self,
        caller: &Caller,
        index: u64,
    ) -> Result<(StoredEntry, Vec<Hash>, SignedCheckpoint), Failure> {
        let checkpoint = self.checkpoint().await?;
        let entry = self.entry(caller, index).await?;
        let proof = self
            .store
            .inclusion_proof(checkpoint.published.size, index, &mut Hashes::default())
            .await?;
        Ok((entry, proof, checkpoint))
    }

    /// Writes a bundle of the whole ledger or of one grant, piece by piece.
    ///
    /// # Errors
    /// A refusal for anybody but the operator and auditors; `NOT_FOUND` while the ledger is empty.
    pub async fn export_bundle(
        self: &Arc<Self>,
        caller: &Caller,
        grant: Option<GrantName>,
    ) -> Result<mpsc::Receiver<Result<Vec<u8>, Failure>>, Failure> {
        caller.must_oversee()?;
        let checkpoint = self.checkpoint().await?;
        let (pieces, bundle) = mpsc::channel(4);
        let gateway = Arc::clone(self);
        tokio::spawn(async move {
            if let Err(failure) = gateway.write_bundle(checkpoint, grant, &pieces).await {
                let _ = pieces.send(Err(failure)).await;
            }
        });
        Ok(bundle)
    }

    async fn write_bundle(
        &self,
        checkpoint: SignedCheckpoint,
        grant: Option<GrantName>,
        pieces: &mpsc::Sender<Result<Vec<u8>, Failure>>,
    ) -> Result<(), Failure> {
        let size = checkpoint.published.size;
        let about = grant.as_ref().map_or("", GrantName::as_str);
        let (scope, entries) = match &grant {
            None => (Scope::Log, size),
            Some(name) => {
                let count = self.store.count_entries(size, about).await?;
                (Scope::Grant(name.to_string()), count)
            }
        };
        let note = &checkpoint.published.note;
        let export = Export {
            checkpoint: note,
            scope,
            entries,
            exported: self.now(),
        };
        let signer = &self.keys.log_signer;
        let mut writer = BundleWriter::start(Vec::new(), signer, &export).map_err(unwritable)?;
        let mut hashes = Hashes::default();
        let mut from = 0;
        loop {
            let entries = self.store.entries_between(from, size, about, BATCH).await?;
            let Some(last) = entries.last() else { break };
            from = last.entry.index().saturating_add(1);
            for stored in entries {
                let index = stored.entry.index();
                let proof = self.store.inclusion_proof(size, index, &mut hashes).await?;
                writer
                    .entry(index, &proof, &stored.body)
                    .map_err(unwritable)?;
            }
            // An auditor who went away, or does not read on, needs no more pieces.
            let piece = Ok(std::mem::take(writer.get_mut()));
            let sent = tokio::time::timeout(PIECE, pieces.send(piece)).await;
            if !matches!(sent, Ok(Ok(()))) {
                return Ok(());
            }
        }
        let rest = writer.finish(signer).map_err(unwritable)?;
        let _ = tokio::time::timeout(PIECE, pieces.send(Ok(rest))).await;
        Ok(())
    }

    /// One entry as stored.
    ///
    /// # Errors
    /// `NOT_FOUND`, also for an entry that the caller may not see; the store.
    pub async fn entry(&self, caller: &Caller, index: u64) -> Result<StoredEntry, Failure> {
        let before = index.saturating_add(1);
        let found = self
            .store
            .entries_before(before, &visible_to(caller), 1)
            .await?;
        let entry = found.into_iter().find(|found| found.entry.index() == index);
        entry.ok_or_else(|| Failure::not_found(&format!("entries/{index}")))
    }

    /// The latest calls, newest first, for the console and the operator.
    ///
    /// # Errors
    /// The store.
    pub async fn latest_calls(&self, limit: usize) -> Result<Vec<Call>, Failure> {
        let mut calls = Vec::with_capacity(limit);
        let mut before = u64::MAX;
        // A ledger with few calls is not walked to its beginning for a page.
        for _ in 0..LATEST_BATCHES {
            if calls.len() >= limit {
                break;
            }
            let entries = self
                .store
                .entries_before(before, &EntryFilter::default(), BATCH)
                .await?;
            let Some(last) = entries.last() else { break };
            before = last.entry.index();
            calls.extend(entries.iter().filter_map(|stored| call_of(&stored.entry)));
        }
        calls.truncate(limit);
        Ok(calls)
    }
}

fn visible_to(caller: &Caller) -> EntryFilter {
    match caller.principal() {
        Principal::Operator { .. } | Principal::Auditor { .. } => EntryFilter::default(),
        Principal::System { system } => EntryFilter {
            system: Some(system.to_string()),
            ..EntryFilter::default()
        },
        Principal::Officer { department, .. } => EntryFilter {
            department: Some(department.to_string()),
            ..EntryFilter::default()
        },
        // Sees nothing: no entry names it.
        Principal::Gateway => EntryFilter {
            system: Some("gateway".to_owned()),
            ..EntryFilter::default()
        },
    }
}

fn call_of(entry: &Entry) -> Option<Call> {
    let text = |key: &str| entry.facts().text(key).unwrap_or_default().to_owned();
    let (permitted, result) = match entry.kind() {
        Kind::Outcome { .. } | Kind::Served => (true, text("disposition")),
        Kind::Change { event } if event == "exchange.refused" => (false, text("rule")),
        Kind::Change { .. } | Kind::Intent => return None,
    };
    Some(Call {
        index: entry.index(),
        time: entry.time(),
        consumer: text("consumer"),
        provider: text("provider"),
        resource: text("resource"),
        permitted,
        result,
        fault: text("fault"),
    })
}

fn unwritable(error: impl std::fmt::Display) -> Failure {
    Failure::new(
        Reason::Internal,
        format!("the bundle cannot be written: {error}"),
    )
}
