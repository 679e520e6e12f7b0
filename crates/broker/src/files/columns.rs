//! The columns of a file of values between commas, held against the items that it was said to hold.

use domain::drift::{self, Change};
use domain::file::{File, Format};
use domain::resource::Resource;

use crate::failure::Failure;
use crate::gateway::Gateway;

/// So much of the beginning holds the titles of the columns.
const TITLES_BYTES: u64 = 64 * 1024;

impl Gateway {
    /// Where the columns of a file differ from its items; none for a type without columns that can be read.
    pub(crate) async fn file_columns(
        &self,
        file: &File,
        resource: &Resource,
    ) -> Result<Option<Vec<Change>>, Failure> {
        if file.format != Format::Csv {
            return Ok(None);
        }
        let head = self.bytes_of(file, 0, TITLES_BYTES).await?;
        let is_whole = u64::try_from(head.len()).is_ok_and(|read| read == file.size);
        let titles = titles(&head, is_whole);
        Ok(titles.map(|titles| {
            let titles: Vec<&str> = titles.iter().map(str::trim).collect();
            drift::of_columns(resource, &file.items, &titles)
        }))
    }
}

/// The first record, if it ends within what was read.
fn titles(head: &[u8], is_whole: bool) -> Option<csv::StringRecord> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(head);
    let mut record = csv::StringRecord::new();
    let found = reader.read_record(&mut record).ok()?;
    let ended = is_whole || reader.position().byte() < u64::try_from(head.len()).ok()?;
    (found && ended).then_some(record)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_the_first_record_as_far_as_it_ends() {
        let of = |text: &str, whole| {
            titles(text.as_bytes(), whole)
                .map(|found| found.iter().map(str::to_owned).collect::<Vec<_>>())
        };
        let some =
            |titles: &[&str]| Some(titles.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>());
        assert_eq!(
            of("\u{feff}名称,代码\n甲,1\n", true),
            some(&["名称", "代码"])
        );
        assert_eq!(of("\"a,\n b\",c\r\n", true), some(&["a,\n b", "c"]));
        assert_eq!(of("only,titles", true), some(&["only", "titles"]));
        assert_eq!(of("cut,off in the mid", false), None);
        assert_eq!(of("", true), None);
    }
}
