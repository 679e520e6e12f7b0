//! One durable commit of many entries: a few statements, whatever their number.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use ledger::entry::Sealed;

use crate::Store;
use crate::counts::{Counted, Numbers};
use crate::error::StoreError;
use crate::progress::{ByUse, proved_by_use};
use crate::recorder::{Done, Job, RecordError, Recorded, Work};
use crate::segment::Segment;
use crate::tx::Tx;

/// What a caller is told after the commit.
pub(crate) type Answer = (Done, Recorded);

pub(crate) struct Item {
    pub(crate) sealed: Sealed,
    pub(crate) now: Timestamp,
    pub(crate) done: Done,
}

/// The jobs of one commit. Intents stand first: the indexes of their claims then follow each other.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) intents: Vec<(String, Item)>,
    pub(crate) others: Vec<Item>,
    /// Intents whose request ids are free again.
    pub(crate) frees: Vec<u64>,
    /// Those that came with the request id of another intent of this batch.
    pub(crate) repeated: Vec<(String, Done)>,
}

impl Batch {
    pub(crate) fn sort(jobs: Vec<Job>) -> Self {
        let mut batch = Self::default();
        let mut claimed: HashSet<String> = HashSet::new();
        for job in jobs {
            let item = Item {
                sealed: job.sealed,
                now: job.now,
                done: job.done,
            };
            match job.work {
                // Its caller gave up before anything was written: there is nothing to record.
                Work::Intent { .. } if item.done.is_closed() => {}
                Work::Intent { claim } if claimed.contains(&claim) => {
                    batch.repeated.push((claim, item.done));
                }
                Work::Intent { claim } => {
                    claimed.insert(claim.clone());
                    batch.intents.push((claim, item));
                }
                Work::Outcome { frees } => {
                    batch.frees.extend(frees);
                    batch.others.push(item);
                }
                Work::Refusal => batch.others.push(item),
            }
        }
        batch
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.intents.is_empty() && self.others.is_empty()
    }

    pub(crate) fn counted(&self) -> Counted {
        let intents = self.intents.iter().map(|(_, item)| item);
        let mut counted = Counted::default();
        for item in intents.chain(&self.others) {
            counted.add(item.sealed.draft().takes_sequence_of());
        }
        counted
    }

    pub(crate) fn claims(&self) -> impl Iterator<Item = &str> {
        self.intents.iter().map(|(claim, _)| claim.as_str())
    }

    /// Takes out the intents whose request ids are held, and counts them.
    fn take_held(&mut self, held: &HashMap<String, u64>) -> (Counted, Vec<(Done, u64)>) {
        let mut counted = Counted::default();
        let mut refused = Vec::new();
        for (claim, item) in std::mem::take(&mut self.intents) {
            match held.get(&claim) {
                None => self.intents.push((claim, item)),
                Some(intent) => {
                    counted.add(item.sealed.draft().takes_sequence_of());
                    refused.push((item.done, *intent));
                }
            }
        }
        (counted, refused)
    }
}

/// Records a batch. Nobody is told anything before the commit: the intent that holds a request id may
/// be of the same batch.
///
/// # Errors
/// [`StoreError`]; nothing of the batch is recorded then, or it is unknown whether it is.
pub(crate) async fn record(store: &Store, mut batch: Batch) -> Result<Vec<Answer>, StoreError> {
    let counted = batch.counted();
    let mut tx = store.begin("recording exchanges").await?;
    let mut answers = Vec::with_capacity(batch.intents.len() + batch.others.len());
    let place = settle(&mut tx, &mut batch, counted, &mut answers).await?;
    let proved = write(&mut tx, store, batch, place, &mut answers).await?;
    tx.commit().await?;
    store.memory.keep_proved(proved);
    Ok(answers)
}

/// The place of a batch: its first index, and the numbers of its uses.
struct Place {
    first: u64,
    numbers: Numbers,
}

/// Counts the batch and claims its request ids. Nearly always all are free; if not, those that are
/// held leave the batch, and it moves together.
async fn settle(
    tx: &mut Tx,
    batch: &mut Batch,
    mut counted: Counted,
    answers: &mut Vec<Answer>,
) -> Result<Place, StoreError> {
    // What a failed use frees may be claimed again in the same commit, so it is freed before.
    let at_once = batch.frees.is_empty();
    let claims = batch.claims().take_while(|_| at_once);
    let (mut counts, mut claimed) = tx.count(&counted, claims).await?;
    let first = counts.size().saturating_sub(counted.entries.unsigned_abs());
    if !at_once {
        tx.free(&batch.frees).await?;
        claimed = tx.claim(first, batch.claims()).await?;
    }
    let mut holders = HashMap::new();
    if usize::try_from(claimed) != Ok(batch.intents.len()) {
        holders.extend(tx.holders(first, batch.claims()).await?);
        let (taken, refused) = batch.take_held(&holders);
        counts.replace(tx.count(&taken.negative(), std::iter::empty()).await?.0);
        tx.claim(first, batch.claims()).await?;
        counted = batch.counted();
        answers.extend(refused.into_iter().map(already_used));
    }
    if !batch.repeated.is_empty() {
        let own = batch.intents.iter().map(|(claim, _)| claim.clone());
        holders.extend(own.zip(first..));
        let repeated = std::mem::take(&mut batch.repeated);
        let held = |(claim, done)| Some((done, *holders.get::<String>(&claim)?));
        answers.extend(repeated.into_iter().filter_map(held).map(already_used));
    }
    let numbers = counts.numbers(&counted);
    Ok(Place { first, numbers })
}

fn already_used((done, intent): (Done, u64)) -> Answer {
    (done, Err(RecordError::AlreadyUsed { intent }))
}

/// Places the entries and writes them as one segment, with what they prove. Returns what
/// this commit proves of which systems.
async fn write(
    tx: &mut Tx,
    store: &Store,
    batch: Batch,
    mut place: Place,
    answers: &mut Vec<Answer>,
) -> Result<Vec<(String, ByUse)>, StoreError> {
    if batch.is_empty() {
        return Ok(Vec::new());
    }
    let mut segment = Segment::new(place.first);
    let mut proved: BTreeMap<(String, ByUse), u64> = BTreeMap::new();
    let (claims, intents): (Vec<_>, Vec<_>) = batch.intents.into_iter().unzip();
    segment.claims(claims);
    segment.frees(batch.frees);
    for item in intents.into_iter().chain(batch.others) {
        let takes = item.sealed.draft().takes_sequence_of();
        let number = takes.and_then(|grant| place.numbers.next(grant));
        let entry = segment.push(item.sealed, item.now, number)?;
        let told = proved_by_use(entry.kind(), entry.facts())
            .into_iter()
            .flatten();
        for (system, fact) in store.memory.unproved(told) {
            let first = proved.entry((system.to_owned(), fact));
            first.or_insert(entry.index());
        }
        answers.push((item.done, Ok(entry)));
    }
    tx.write_segment(segment).await?;
    for ((system, fact), entry) in &proved {
        tx.prove_by_use(system, *fact, *entry).await?;
    }
    Ok(proved.into_keys().collect())
}
