//! Issuers announce changes of certificates: what is kept of them is dropped on every gateway, and their
//! states enter the status list of the type.

use std::collections::BTreeMap;

use domain::announcement::{Announcement, ChangeKind, MOST_CHANGES};
use domain::caller::Caller;
use domain::certificate::Key;
use domain::fault::Faults;
use domain::name::{CertificateTypeName, SystemName};
use domain::policy::{Refusal, Rule, shaoyang_date};
use domain::reason::Reason;
use domain::status::{StatusHistory, StatusStep, entry_hash};
use domain::subject::hex;
use jiff::Timestamp;
use ledger::entry::{Draft, limits};
use store::{StatusList, Tx};

use crate::cache::Tag;
use crate::failure::Failure;
use crate::gateway::{Act, Begun, Gateway};

/// Certificates of one list.
const MOST_LISTED: u64 = 10_000_000;

/// What is announced, as the store and the ledger take it.
struct Marks {
    /// Keyed hashes of identifiers.
    certificates: Vec<String>,
    /// Keyed hashes of holders.
    subjects: Vec<String>,
}

impl Gateway {
    /// Takes an issuer's announcement. When this returns, this gateway serves nothing of it that is old,
    /// and the others serve nothing within a second. Returns the index of its entry.
    ///
    /// # Errors
    /// A refusal for who provides no certificate of the type, all faults, a reused request id, the store.
    pub async fn announce_changes(
        &self,
        act: &Act<'_>,
        announcement: &Announcement,
    ) -> Result<u64, Failure> {
        let kind = &announcement.certificate_type;
        let system = self.must_provide(act.caller, kind)?;
        let today = shaoyang_date(self.now());
        let faults = announcement.faults(&self.reference.regions, today);
        if !faults.is_empty() {
            return Err(faults.into());
        }
        let marks = self.marks(announcement);
        let caller = act.caller.principal().to_string();
        let request = act.request_id.as_str();
        let mut tx = match self.begin(act).await? {
            Begun::New(tx) => tx,
            Begun::Before(_, entry) => return Ok(entry.parse().unwrap_or_default()),
        };
        let now = self.now();
        let listed = self.list(&mut tx, &system, announcement).await?;
        let draft = self.announced_draft(act, &system, announcement, &marks);
        let entry = tx.record(draft, now).await?;
        if let Some((rows, list)) = listed {
            let list = StatusList {
                update_time: now,
                update_entry: entry,
                ..list
            };
            let (kind, system) = (kind.as_str(), system.as_str());
            tx.put_statuses(kind, system, &rows, &list).await?;
        }
        let tags: Vec<String> = [marks.certificates, marks.subjects].concat();
        tx.announce(kind.as_str(), entry, &tags).await?;
        tx.remember(&caller, request, &self.digest_of(act), &entry.to_string())
            .await?;
        tx.save().await?;
        // At once here, even where the store cannot be read again now.
        self.cache
            .forget(kind, tags.iter().map(|digest| Tag::of(kind, digest)));
        self.refresh_after_change().await;
        Ok(entry)
    }

    /// The calling system, which must provide certificates of the type.
    fn must_provide(
        &self,
        caller: &Caller,
        kind: &CertificateTypeName,
    ) -> Result<SystemName, Failure> {
        let system = caller.system()?.clone();
        let snapshot = self.snapshot();
        let provides = snapshot
            .resources_of_type(kind)
            .iter()
            .filter_map(|name| snapshot.resource(name))
            .any(|resource| resource.system == system);
        if provides {
            return Ok(system);
        }
        let message = format!("{system} provides no certificates of {kind}");
        Err(Refusal::of(Rule::Role, message).into())
    }

    fn marks(&self, announcement: &Announcement) -> Marks {
        let changes = &announcement.changes;
        let certificates = changes
            .iter()
            .filter_map(|change| change.identifier.clone());
        let subjects = changes.iter().flat_map(|change| change.holders.clone());
        let mut marks = Marks {
            certificates: certificates
                .map(|id| self.key_digest(&Key::Identifier(id)))
                .collect(),
            subjects: subjects
                .map(|subject| self.key_digest(&Key::Holder(subject)))
                .collect(),
        };
        for digests in [&mut marks.certificates, &mut marks.subjects] {
            digests.sort_unstable();
            digests.dedup();
        }
        marks
    }

    /// The entry: how many changes of which kind, and of which certificates and holders, as keyed hashes.
    fn announced_draft(
        &self,
        act: &Act<'_>,
        system: &SystemName,
        announcement: &Announcement,
        marks: &Marks,
    ) -> Draft {
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let mut draft = Draft::change("certificate.changes_announced", act.request_id.as_str())
            .with_fact("actor", act.caller.principal().to_string())
            .with_fact("system", system.as_str())
            .with_fact("certificate_type", announcement.certificate_type.as_str())
            .with_fact("changes", count(announcement.changes.len()))
            .with_fact("listed", count(announcement.steps().count()));
        if let Some(found) = self.snapshot().system(system) {
            draft = draft.with_fact("department", found.department.as_str());
        }
        for kind in [ChangeKind::Issued, ChangeKind::State, ChangeKind::Data] {
            draft = draft.with_fact(kind.as_str(), count(announcement.of_kind(kind)));
        }
        draft = with_list(draft, "certificate", &marks.certificates);
        with_list(draft, "subject", &marks.subjects)
    }

    /// What the announcement makes of the list: rows by hash, and the list with its new size.
    async fn list(
        &self,
        tx: &mut Tx,
        system: &SystemName,
        announcement: &Announcement,
    ) -> Result<Option<(Vec<(String, String)>, StatusList)>, Failure> {
        if announcement.steps().next().is_none() {
            return Ok(None);
        }
        let kind = announcement.certificate_type.as_str();
        let mut list = match tx.status_list(kind).await? {
            Some(list) => list,
            None => StatusList {
                salt: hex(self.new_secret().get(..16).unwrap_or_default()),
                entries: 0,
                update_time: Timestamp::UNIX_EPOCH,
                update_entry: 0,
            },
        };
        let mut steps: Vec<(usize, String, &StatusStep)> = Vec::with_capacity(MOST_CHANGES);
        for (place, change) in announcement.changes.iter().enumerate() {
            if let (Some(identifier), Some(step)) = (&change.identifier, &change.step) {
                steps.push((place, entry_hash(&list.salt, identifier), step));
            }
        }
        let hashes = steps.iter().map(|(_, hash, _)| hash.as_str());
        let known = tx.statuses(kind, hashes).await?;
        let mut faults = Faults::default();
        let mut histories: BTreeMap<String, StatusHistory> = BTreeMap::new();
        for row in known {
            let history = StatusHistory::parse(&row.history)
                .ok_or_else(|| Failure::new(Reason::Internal, "a kept state cannot be read"))?;
            if row.system != system.as_str() {
                let of_it = steps.iter().filter(|(_, hash, _)| *hash == row.hash);
                for (place, _, _) in of_it {
                    let field = format!("changes[{place}].identifier");
                    let message = "another system announced this certificate first";
                    faults.add(&field, "OTHER_ISSUER", message);
                }
            }
            histories.insert(row.hash, history);
        }
        let before = histories.len();
        for (place, hash, step) in steps {
            let history = match histories.remove(&hash) {
                Some(history) => history.with(step),
                None => Some(StatusHistory::begin(step)),
            };
            if let Some(history) = history {
                histories.insert(hash, history);
            } else {
                let field = format!("changes[{place}].effective_date");
                faults.add(&field, "TOO_MANY", "its state changed too often");
            }
        }
        let added = histories.len().saturating_sub(before);
        list.entries = list
            .entries
            .saturating_add(u64::try_from(added).unwrap_or_default());
        if list.entries > MOST_LISTED {
            faults.add(
                "changes",
                "LIST_FULL",
                "the list holds 10000000 certificates",
            );
        }
        if !faults.is_empty() {
            return Err(faults.into());
        }
        let line = |(hash, history): (String, StatusHistory)| (hash, history.line());
        Ok(Some((histories.into_iter().map(line).collect(), list)))
    }
}

/// States a list in as many facts as it needs: a fact holds so many texts at most.
fn with_list(mut draft: Draft, what: &'static str, digests: &[String]) -> Draft {
    for (number, part) in digests.chunks(limits::LIST_ITEMS).enumerate() {
        let key = match number {
            0 => format!("{what}s"),
            _ => format!("{what}s_{}", number.saturating_add(1)),
        };
        draft = draft.with_fact(key, part.to_vec());
    }
    draft
}
