//! Whether an import fits into one request, and where to divide it when it does not.

use prost::Message;

use crate::Failure;

/// Most bytes of one request, by the contract of the gateway.
const MOST_BYTES: usize = 1024 * 1024;
/// What a request holds beside its rows: its id, and whether to store.
const BESIDE: usize = 64;

/// What one request takes of an import.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// All of it.
    Whole,
    /// As many rows as come before each of these, from the one before it on.
    Divided {
        /// Bytes of all rows.
        bytes: usize,
        /// The first row of each further part.
        before: Vec<usize>,
    },
    /// Nothing, since this row alone is too long.
    TooLong {
        /// Which row it is.
        row: usize,
        /// Its bytes.
        bytes: usize,
    },
}

impl Fit {
    /// Looks at rows as they are sent.
    pub(crate) fn of<'r, M: Message + 'r>(rows: impl Iterator<Item = &'r M>) -> Self {
        Self::of_sizes(rows.map(sent))
    }

    fn of_sizes(sizes: impl Iterator<Item = usize>) -> Self {
        let most = MOST_BYTES - BESIDE;
        let mut before = Vec::new();
        let (mut all, mut rows, mut bytes) = (0, 0, 0);
        for (row, size) in sizes.enumerate() {
            if size > most {
                return Self::TooLong { row, bytes: size };
            }
            if rows == super::MOST || bytes + size > most {
                before.push(row);
                (rows, bytes) = (0, 0);
            }
            rows += 1;
            bytes += size;
            all += size;
        }
        if before.is_empty() {
            return Self::Whole;
        }
        Self::Divided { bytes: all, before }
    }

    /// Refuses what no request can carry, with where to divide it. `place` is where a row stands, and `how` what to
    /// do, before the places.
    pub(crate) fn refuse(
        &self,
        rows: usize,
        nouns: &str,
        how: &str,
        place: impl Fn(usize) -> String,
    ) -> Result<(), Failure> {
        let most = super::MOST;
        match self {
            Self::Whole => Ok(()),
            Self::TooLong { row, bytes } => Err(Failure::Message(format!(
                "{} takes {} KiB alone, and one import takes {} KiB: shorten it",
                place(*row),
                bytes.div_ceil(1024),
                MOST_BYTES / 1024
            ))),
            Self::Divided { bytes, before } => {
                let places: Vec<String> = before.iter().map(|row| place(*row)).collect();
                Err(Failure::Message(format!(
                    "there are {rows} {nouns} in {} KiB, and one import takes {most} in {} KiB: {how} {}",
                    bytes.div_ceil(1024),
                    MOST_BYTES / 1024,
                    places.join(", ")
                )))
            }
        }
    }
}

/// Bytes of a row in its request: its own, and those that say that it is one and how long.
fn sent(row: &impl Message) -> usize {
    let own = row.encoded_len();
    1 + prost::length_delimiter_len(own) + own
}

#[cfg(test)]
mod tests {
    use api::catalogue::v1::{ImportResourcesRequest, Resource};

    use super::*;

    #[test]
    fn a_part_ends_where_the_next_row_has_no_room() {
        let most = MOST_BYTES - BESIDE;
        let half = most / 2;
        for (sizes, fit) in [
            (vec![], Fit::Whole),
            (vec![half, half], Fit::Whole),
            (
                vec![half, half, 10, half, half],
                Fit::Divided {
                    bytes: 4 * half + 10,
                    before: vec![2, 4],
                },
            ),
            (
                vec![1, most + 1],
                Fit::TooLong {
                    row: 1,
                    bytes: most + 1,
                },
            ),
            (vec![1; 1000], Fit::Whole),
            (
                vec![1; 2001],
                Fit::Divided {
                    bytes: 2001,
                    before: vec![1000, 2000],
                },
            ),
        ] {
            assert_eq!(Fit::of_sizes(sizes.into_iter()), fit);
        }
    }

    #[test]
    fn rows_are_counted_as_they_are_sent() {
        for length in [1, 100, 1000, 70_000] {
            let resources = vec![
                Resource {
                    summary: "a".repeat(length),
                    ..Resource::default()
                };
                3
            ];
            let rows: usize = resources.iter().map(sent).sum();
            let request = ImportResourcesRequest {
                resources,
                request_id: crate::connection::new_request_id(),
                validate_only: true,
            };
            let whole = request.encoded_len();
            assert!(rows < whole && whole <= rows + BESIDE, "{length}");
        }
    }
}
