//! Raising a correction: whose, of which entry, of which record.

use std::sync::Arc;

use domain::application::Signed;
use domain::correction::{Content, Correction, CorrectionState, Record};
use domain::fault::{Cause, Faults};
use domain::grant::{Grant, GrantState};
use domain::item::{DataType, ItemKey};
use domain::name::{CertificateTypeName, CorrectionName, ResourceName, SystemName};
use domain::policy::shaoyang_date;
use domain::reason::Reason;
use domain::regime::Rule;
use domain::resource::Resource;
use domain::snapshot::Snapshot;
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::entry::Kind;
use store::StoredEntry;

use super::room::must_have_room;
use super::seal::Text;
use super::seen::{SeenCorrection, must_act_for};
use crate::budgets::Paid;
use crate::failure::Failure;
use crate::gateway::{Act, Gateway};

/// What is raised, before it has a name and a clock.
#[derive(Clone)]
pub struct NewCorrection {
    /// The entry; none where it follows from the certificate's type.
    pub resource: Option<ResourceName>,
    /// The system whose data it is about; none for the calling system.
    pub consumer: Option<SystemName>,
    /// The record.
    pub record: Record,
    /// What is wrong of it; none where it is the record as a whole.
    pub items: Vec<ItemKey>,
    /// What is wrong, and what would be right.
    pub statement: String,
    /// The ledger entry of the use in which it was seen.
    pub evidence_index: Option<u64>,
}

impl Gateway {
    /// Disputes a record: from now on every answer that holds it says so.
    ///
    /// # Errors
    /// A refusal, `NOT_FOUND`, `GRANT_MISSING`, all faults, `ALREADY_EXISTS` where the consumer disputes the record
    /// already, `STATE_CONFLICT` where too many are open, `BUDGET_SPENT` for who guesses which record a use brought.
    pub async fn raise_correction(
        &self,
        act: &Act<'_>,
        new: NewCorrection,
    ) -> Result<SeenCorrection, Failure> {
        let consumer = match (&new.consumer, act.caller.system()) {
            (Some(consumer), _) => consumer.clone(),
            (None, Ok(own)) => own.clone(),
            (None, Err(_)) => {
                act.caller.must_be_officer()?;
                let cause = Cause::new("REQUIRED", "name the system that uses the data");
                return Err(Failure::field("correction.consumer", &cause));
            }
        };
        must_act_for(act.caller, &consumer, &self.owner_of(&consumer)?)?;
        // Read before the transaction, which holds a connection of its own.
        let seen_in = self.entry_named(new.evidence_index).await?;
        // Whether a record is the one that a use brought tells something to whoever guesses.
        let paid = match new.evidence_index {
            Some(_) => Some(self.spend_on_guess(act, &consumer).await?),
            None => None,
        };
        let row = self
            .change(act, async |tx, now| {
                // The registry is as new as this transaction, and nobody else writes until it ends.
                let snapshot = self.snapshot();
                let today = shaoyang_date(now);
                let resource = disputable(&snapshot, &consumer, &new, today)?;
                if let Some(paid) = paid {
                    let of = (&consumer, &*resource);
                    self.must_be_use(seen_in.as_ref(), of, &new.record, paid)?;
                }
                let certificate = self.certificate_digest(&new.record);
                let correction = self.made(act, consumer, resource.name.clone(), new, now)?;
                if let Some(disputes) = snapshot.disputes(&correction.resource) {
                    must_have_room(&correction, disputes)?;
                }
                let mut draft =
                    self.correction_draft(act, "sharing.correction.raised", &correction);
                if let Some(certificate) = certificate {
                    draft = draft.with_fact("certificate", certificate);
                }
                let entry = tx.record(draft, now).await?;
                Ok(tx.insert(&correction, Some(entry), now).await?)
            })
            .await?;
        self.seen(act.caller, row)
    }

    /// The keyed hash by which the entries of lookups name a certificate: by it is found who got it before.
    fn certificate_digest(&self, record: &Record) -> Option<String> {
        match record {
            Record::Certificate { identifier, .. } => {
                Some(self.keys.pseudonyms.text("certificate", identifier))
            }
            Record::Row { .. } => None,
        }
    }

    /// A correction that was just raised, with what is said sealed and its clock begun.
    fn made(
        &self,
        act: &Act<'_>,
        consumer: SystemName,
        resource: ResourceName,
        new: NewCorrection,
        now: Timestamp,
    ) -> Result<Correction, Failure> {
        let name = CorrectionName::from_id(&self.ids.uuid())
            .map_err(|cause| Failure::field("correction.name", &cause))?;
        let record = new.record.digest(&resource, &self.keys.pseudonyms);
        let named_by = new.record.named_by();
        let content = Content {
            record: new.record,
            statement: new.statement,
        };
        let content = serde_json::to_string(&content).map_err(|_| unsealable())?;
        Ok(Correction {
            mark: format!("{consumer} {record}"),
            sealed: self.sealed_text(&name, Text::Content, &content)?,
            name,
            resource,
            consumer,
            named_by,
            record,
            items: new.items,
            evidence_index: new.evidence_index,
            raised: Signed {
                by: act.caller.principal().to_string(),
                at: now,
            },
            clock: self.limit(Rule::Correct, now)?,
            state: CorrectionState::Raised,
        })
    }

    /// The entry of the ledger at an index, where there is one.
    async fn entry_named(&self, index: Option<u64>) -> Result<Option<StoredEntry>, Failure> {
        let Some(index) = index else {
            return Ok(None);
        };
        let until = index.saturating_add(1);
        let mut found = self.store.entries_between(index, until, "", 1).await?;
        Ok(found.pop())
    }

    /// Checks that an entry of the ledger is one of this use: of the system, of the catalogue's entry, and of the
    /// certificate where it is one. That it is another one counts as a miss, of a dry run too.
    fn must_be_use(
        &self,
        found: Option<&StoredEntry>,
        (consumer, resource): (&SystemName, &Resource),
        record: &Record,
        paid: Paid,
    ) -> Result<(), Failure> {
        let fault = |code, text: String| {
            let cause = Cause::new(code, text);
            Err(Failure::field("correction.evidence_index", &cause))
        };
        let is_own = |stored: &&StoredEntry| {
            let facts = stored.entry.facts();
            let is_use = matches!(stored.entry.kind(), Kind::Outcome { .. } | Kind::Served);
            is_use
                && facts.text("consumer") == Some(consumer.as_str())
                && facts.text("resource") == Some(resource.name.as_str())
        };
        let Some(found) = found.filter(is_own) else {
            let text = format!(
                "the ledger has no outcome of a use of {} by {consumer} at this index; give outcome_index of the receipt",
                resource.name
            );
            return fault("NOT_A_USE", text);
        };
        let told = found.entry.facts().text("certificate");
        if told == self.certificate_digest(record).as_deref() {
            return Ok(());
        }
        paid.missed();
        fault(
            "OTHER_RECORD",
            "that use did not bring this record".to_owned(),
        )
    }
}

fn unsealable() -> Failure {
    Failure::new(Reason::Internal, "what is said cannot be sealed")
}

/// The entry of which the consumer disputes a record: one that it holds a grant on.
fn disputable(
    snapshot: &Snapshot,
    consumer: &SystemName,
    new: &NewCorrection,
    today: Date,
) -> Result<Arc<Resource>, Failure> {
    let name = match (&new.resource, &new.record) {
        (Some(name), _) => name.clone(),
        (
            None,
            Record::Certificate {
                certificate_type, ..
            },
        ) => of_type(snapshot, consumer, certificate_type, today)?,
        (None, Record::Row { .. }) => {
            let cause = Cause::new("REQUIRED", "name the entry that the row is of");
            return Err(Failure::field("correction.resource", &cause));
        }
    };
    let found = snapshot.resource(&name);
    let resource = found.filter(|resource| resource.state.is_public());
    let resource = resource.ok_or_else(|| Failure::not_found(name.as_str()))?;
    let grants = held(snapshot, consumer, &name, today);
    if grants.is_empty() {
        return Err(no_grant(consumer, name.as_str()));
    }
    let faults = faults_of(new, resource, &grants);
    if faults.is_empty() {
        return Ok(Arc::clone(resource));
    }
    Err(faults.into())
}

fn no_grant(consumer: &SystemName, on: &str) -> Failure {
    let message = format!("{consumer} holds no grant on {on}; who uses data may dispute it");
    Failure::new(Reason::GrantMissing, message)
}

/// The one entry of a certificate type that the consumer holds a grant on.
fn of_type(
    snapshot: &Snapshot,
    consumer: &SystemName,
    kind: &CertificateTypeName,
    today: Date,
) -> Result<ResourceName, Failure> {
    let all = snapshot.resources_of_type(kind).iter();
    let own: Vec<_> = all
        .filter(|name| !held(snapshot, consumer, name, today).is_empty())
        .collect();
    match own.as_slice() {
        [] => Err(no_grant(
            consumer,
            &format!("an entry of {}", kind.as_str()),
        )),
        [one] => Ok((*one).clone()),
        several => {
            let names: Vec<&str> = several.iter().map(|name| name.as_str()).collect();
            let text = format!(
                "several entries share this type; name one: {}",
                names.join(", ")
            );
            let cause = Cause::new("AMBIGUOUS", text);
            Err(Failure::field("correction.resource", &cause))
        }
    }
}

/// The grants that a consumer holds on an entry: one that is suspended was used until then, and one that is revoked or over
/// gives no more say.
fn held<'a>(
    snapshot: &'a Snapshot,
    consumer: &SystemName,
    resource: &ResourceName,
    today: Date,
) -> Vec<&'a Arc<Grant>> {
    let stands = |grant: &&Arc<Grant>| {
        let is_revoked = matches!(grant.state, GrantState::Revoked { .. });
        !is_revoked && (grant.terms.start..=grant.terms.end).contains(&today)
    };
    let all = snapshot.grants_of(consumer, resource).iter();
    all.filter(stands).collect()
}

/// What does not fit the entry or the grants.
fn faults_of(new: &NewCorrection, resource: &Resource, grants: &[&Arc<Grant>]) -> Faults {
    let mut faults = Faults::default();
    let mut must_be_granted = |field: &str, key: &ItemKey| {
        if !grants.iter().any(|grant| grant.terms.items.contains(key)) {
            let text = format!("item {key} is not granted to the system");
            faults.add(field, "ITEM_NOT_GRANTED", text);
        }
    };
    for (index, key) in new.items.iter().enumerate() {
        must_be_granted(&format!("correction.items[{index}]"), key);
    }
    match &new.record {
        Record::Certificate {
            certificate_type, ..
        } => {
            if resource.certificate_type.as_ref() != Some(certificate_type) {
                let field = "correction.record.certificate.certificate_type";
                let text = format!("{} is of another certificate type", resource.name);
                faults.add(field, "OTHER_TYPE", text);
            }
        }
        Record::Row { values } => {
            let field = |index| format!("correction.record.row.values[{index}]");
            for (index, (key, _)) in values.iter().enumerate() {
                must_be_granted(&field(index), key);
            }
            for (index, (key, _)) in values.iter().enumerate() {
                let kind = resource.item(key).map(|item| item.data_type);
                let is_text = |kind| matches!(kind, DataType::C | DataType::M | DataType::G);
                if kind.is_some_and(|kind| !is_text(kind)) {
                    let text = format!("item {key} holds no text; name the row by others");
                    faults.add(&field(index), "NOT_TEXT", text);
                }
            }
        }
    }
    faults
}
