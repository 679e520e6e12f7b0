//! Imports: many rows in one step. All of them or none, and every fault of every row at once
//! ([ADR 24](../../../docs/adr/0024-imports-answer-with-every-fault.md)).

use domain::fault::Faults;
use domain::policy::Refusal;
use domain::reason::Reason;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use store::Tx;

use crate::failure::Failure;
use crate::gateway::{Act, Begun, Gateway};

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was written anew.
    Created,
    /// Fields of it changed.
    Updated,
    /// It stands as it stood.
    Unchanged,
}

/// What became of an import: every row taken, or every fault.
pub type Imported<T> = Result<Vec<T>, Faults>;

/// The transaction of an import.
pub(crate) enum BegunImport<T> {
    /// It is to be carried out.
    New(Tx),
    /// It was carried out before, with this answer.
    Before(Vec<T>),
}

impl Gateway {
    /// Begins an import, and looks whether it was carried out before under its request id.
    ///
    /// # Errors
    /// `REQUEST_ID_REUSED`, the store's.
    pub(crate) async fn begin_import<T: DeserializeOwned>(
        &self,
        act: &Act<'_>,
    ) -> Result<BegunImport<T>, Failure> {
        Ok(match self.begin(act).await? {
            Begun::New(tx) => BegunImport::New(tx),
            Begun::Before(_, answer) => {
                BegunImport::Before(serde_json::from_str(&answer).map_err(|_| unreadable())?)
            }
        })
    }

    /// Makes an import durable, or takes it back where nothing was to be stored.
    ///
    /// # Errors
    /// The store's; nothing is stored then, or the request id decides it.
    pub(crate) async fn end_import<T: Serialize>(
        &self,
        act: &Act<'_>,
        mut tx: Tx,
        imported: Vec<T>,
    ) -> Result<Imported<T>, Failure> {
        if act.validate_only {
            tx.forget().await;
            return Ok(Ok(imported));
        }
        let answer = serde_json::to_string(&imported).map_err(|_| unreadable())?;
        self.remember(&mut tx, act, &answer).await?;
        tx.save().await?;
        self.refresh_after_change().await;
        tracing::info!(method = act.method, rows = imported.len(), "imported");
        Ok(Ok(imported))
    }
}

/// Whoever may write none of the rows is refused; a row of another department among one's own is a fault. Where no
/// row could be read, `otherwise` says who may hear why.
pub(crate) fn must_may_some(
    rows: impl Iterator<Item = Result<(), Refusal>>,
    otherwise: Result<(), Refusal>,
) -> Result<(), Failure> {
    let mut first = None;
    for row in rows {
        match row {
            Ok(()) => return Ok(()),
            Err(refusal) => {
                first.get_or_insert(refusal);
            }
        }
    }
    match first {
        Some(refusal) => Err(refusal.into()),
        None => Ok(otherwise?),
    }
}

fn unreadable() -> Failure {
    Failure::new(
        Reason::Internal,
        "the answer of an import could not be kept or read",
    )
}
