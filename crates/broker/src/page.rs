//! Pages of lists (AIP-158): opaque tokens that are bound to the list they came from.

use domain::fault::Cause;
use domain::subject::hex;
use sha2::{Digest as _, Sha256};
use store::{Noun, Store, Stored};

use crate::failure::Failure;

/// Which page is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    size: u32,
    token: String,
}

/// One page.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<Stored<T>>,
    /// Token of the next page; empty on the last.
    pub next: String,
}

impl PageRequest {
    /// Checks the size: 0 means 100, more than 1000 is cut.
    ///
    /// # Errors
    /// `NEGATIVE`.
    pub fn new(size: i32, token: &str) -> Result<Self, Cause> {
        let size = u32::try_from(size).map_err(|_| Cause::new("NEGATIVE", "give 0 to 1000"))?;
        let size = if size == 0 { 100 } else { size.min(1000) };
        Ok(Self {
            size,
            token: token.to_owned(),
        })
    }

    /// Rows of the page.
    pub fn size(&self) -> u32 {
        self.size
    }

    /// The same with fewer rows, where each costs more than a row.
    #[must_use]
    pub(crate) fn at_most(mut self, size: u32) -> Self {
        self.size = self.size.min(size);
        self
    }

    /// What the token points behind, for a list of this kind; empty for the first page.
    ///
    /// # Errors
    /// `PAGE_TOKEN_INVALID` for a token of another list or none at all.
    pub fn after(&self, list: &str) -> Result<String, Failure> {
        if self.token.is_empty() {
            return Ok(String::new());
        }
        let wrong = || {
            let cause = Cause::new(
                "PAGE_TOKEN_INVALID",
                "pass on next_page_token of the same list",
            );
            Failure::field("page_token", &cause)
        };
        Self::behind(list, &self.token)
            .map(str::to_owned)
            .ok_or_else(wrong)
    }

    /// What a token of this list points behind; none where it is of another one.
    pub(crate) fn behind<'a>(list: &str, token: &'a str) -> Option<&'a str> {
        let (mark, after) = token.split_once('.')?;
        (mark == list_mark(list, after)).then_some(after)
    }

    /// The token that points behind a row of this list.
    pub fn token(list: &str, after: &str) -> String {
        format!("{}.{after}", list_mark(list, after))
    }

    pub(crate) async fn read<T: Noun>(
        &self,
        store: &Store,
        list: &str,
        parent: &str,
    ) -> Result<Page<T>, Failure> {
        self.read_visible(store, list, parent, |_| true).await
    }

    /// Reads on until the page is full of rows that the caller may see.
    pub(crate) async fn read_visible<T: Noun>(
        &self,
        store: &Store,
        list: &str,
        parent: &str,
        visible: impl Fn(&T) -> bool,
    ) -> Result<Page<T>, Failure> {
        let list = format!("{list}?{parent}");
        let mut after = self.after(&list)?;
        let size = usize::try_from(self.size).unwrap_or(1000);
        let mut rows: Vec<Stored<T>> = Vec::new();
        loop {
            // In large steps: a caller who may see little must not cost a query a row.
            let step = self.size.max(200);
            let found = store.page::<T>(&after, parent, step).await?;
            let ended = u32::try_from(found.len()).is_ok_and(|count| count < step);
            for row in found {
                row.value.key().clone_into(&mut after);
                if visible(&row.value) {
                    rows.push(row);
                }
                if rows.len() == size {
                    return Ok(Page {
                        rows,
                        next: Self::token(&list, &after),
                    });
                }
            }
            if ended {
                return Ok(Page {
                    rows,
                    next: String::new(),
                });
            }
        }
    }
}

fn list_mark(list: &str, after: &str) -> String {
    let digest = Sha256::new()
        .chain_update(list)
        .chain_update([0])
        .chain_update(after)
        .finalize();
    hex(digest.get(..6).unwrap_or_default())
}
