//! The way out of a read: every batch is cut, counted and sealed here, from whichever connector.

use domain::policy::Permit;
use domain::reason::Reason;
use domain::rows::{Rows, Selection, Tally, release_rows};
use domain::watch::ROWS;
use tokio::sync::mpsc;

use super::cursor::{Position, Seal};
use super::{Batch, Part};
use crate::connections::ProviderFault;
use crate::exchange::Use;
use crate::failure::Failure;
use crate::gateway::Gateway;

/// Whether anybody still waits for rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// Yes.
    Goes,
    /// The consumer went away.
    Gone,
}

/// The way out.
pub(crate) struct Outlet<'a> {
    pub(super) gateway: &'a Gateway,
    pub(super) used: &'a Use,
    pub(super) permit: &'a Permit,
    pub(super) selection: &'a Selection,
    pub(super) seal: &'a Seal<'a>,
    pub(super) parts: &'a mpsc::Sender<Result<Part, Failure>>,
    pub(super) sent: &'a mut Tally,
}

impl Outlet<'_> {
    /// Cuts rows to the permit and sends them, with a cursor for the place behind the last.
    ///
    /// # Errors
    /// Rows that break the contract, or a right that was lost meanwhile; they stay behind as a
    /// whole.
    pub(crate) async fn send(
        &mut self,
        rows: Rows,
        behind: Option<Position>,
    ) -> Result<Flow, ProviderFault> {
        self.gateway.still_permitted(self.used, self.permit)?;
        let resource = self.permit.resource();
        let watching = &self.gateway.watching;
        watching.values(&resource.name, ROWS, |watch| {
            rows.glance(resource, watch.and_then(|watch| watch.shapes.get(ROWS)))
        });
        let mut disputed = self.gateway.disputed_among(&resource.name, &rows);
        let rows = release_rows(self.permit, rows);
        let rows = rows.map_err(|bad| ProviderFault::bad_answer(bad.message))?;
        // Counted when it leaves: a batch with one bad row stays behind.
        let whole = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        if self.sent.rows().saturating_add(whole) > self.selection.limit() {
            let message = "the provider sent more rows than were asked for";
            return Err(ProviderFault::bad_answer(message));
        }
        // Others may have used what was left of the day when the read began.
        let left = self.gateway.take_rows(self.permit, rows.len());
        let all = left == rows.len();
        let rows = rows.first(left);
        disputed.retain(|disputed| disputed.row < left);
        let mut after = self.sent.clone();
        after.add(&rows, &self.gateway.keys.pseudonyms);
        after.add_disputed(&disputed);
        let cursor = behind
            .filter(|_| all)
            .and_then(|position| self.seal.seal(&position));
        if !all && rows.is_empty() {
            return Err(spent());
        }
        let batch = Part::Rows(Batch {
            rows,
            cursor,
            disputed,
        });
        if self.parts.send(Ok(batch)).await.is_err() {
            return Ok(Flow::Gone);
        }
        *self.sent = after;
        if all {
            return Ok(Flow::Goes);
        }
        Err(spent())
    }
}

/// The rows of the day are used.
pub(super) fn spent() -> ProviderFault {
    let message =
        "the rows of the day that the grant allows are used; go on behind the last cursor tomorrow";
    ProviderFault::new(Reason::QuotaSpent, message)
}
