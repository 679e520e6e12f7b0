//! Many lookups of one purpose: each of its own, a few at once.

use futures_util::StreamExt as _;
use futures_util::stream;

use super::{Found, Lookup};
use crate::exchange::{Receipt, Use};
use crate::failure::Failure;
use crate::gateway::Gateway;

/// Lookups of one batch under way at once: a batch must not take what others share a provider with.
const AT_ONCE: usize = 8;

impl Gateway {
    /// Looks certificates up, each with its own permit, intent and outcome. The answers stand in the
    /// order of the lookups.
    ///
    /// # Errors
    /// A caller that is no system. What a single lookup runs into stands in its place of the answer.
    pub async fn lookup_batch(
        &self,
        lookups: Vec<(Use, Lookup)>,
    ) -> Result<Vec<Result<(Found, Receipt), Failure>>, Failure> {
        for (used, _) in &lookups {
            used.caller.system()?;
        }
        let each = stream::iter(lookups).map(async |(used, lookup)| {
            // Boxed: a lookup's room is taken while it runs only.
            Box::pin(self.lookup(&used, &lookup)).await
        });
        Ok(each.buffered(AT_ONCE).collect().await)
    }
}
