//! `refusal-grounds.toml`: on which grounds an application may be declined.

use super::entry::Entry;
use super::provenance::Provenance;
use crate::application::RefusalGround;

/// Reads the file.
pub(super) fn read(root: &Entry<'_>) -> Vec<RefusalGround> {
    let grounds = root.each("ground", "id", |entry| {
        let id = entry.text("id");
        let title = entry.text("title");
        let article = entry.text("article");
        let cites = entry.flag("cites");
        let unsupplied = entry.flag("unsupplied");
        let (from, until) = entry.term();
        let provenance = Provenance::read(entry)?;
        Some(RefusalGround {
            id: id?.value,
            title: title?.value,
            article: article?.value,
            cites,
            unsupplied,
            from: from?,
            until,
            source: provenance.source,
            assumed: provenance.assumed,
        })
    });
    if grounds.is_empty() {
        root.fault("without a ground no application could ever be declined; give at least one");
    }
    grounds
}
