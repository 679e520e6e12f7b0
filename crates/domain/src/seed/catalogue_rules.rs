//! `catalogue-rules.toml`: when the rules across the fields of an entry are in force, and where they stand.

use super::entry::Entry;
use super::provenance::Provenance;
use crate::resource::{Asked, EntryRule, RuleId};

/// Reads the file. A rule that it leaves out is not asked.
pub(super) fn read(root: &Entry<'_>) -> Vec<EntryRule> {
    root.each("rule", "id", |entry| {
        let id = entry.text("id").and_then(|id| {
            let found = RuleId::parse(&id.value);
            if found.is_none() {
                entry.fault_at("id", format!("the gateway knows no rule `{}`", id.value));
            }
            found
        });
        let asked = entry
            .text("asked")
            .and_then(|asked| match asked.value.as_str() {
                "always" => Some(Asked::Always),
                "to-register" => Some(Asked::ToRegister),
                _ => {
                    entry.fault_at("asked", "choose `always` or `to-register`");
                    None
                }
            });
        let (from, until) = entry.term();
        let cycles: Vec<u8> = entry.parsed_texts("cycles", str::parse);
        if cycles.is_empty() == (id == Some(RuleId::CycleListed)) {
            let text =
                "the codes of update cycles stand in the rule `cycle-listed`, and in no other";
            entry.fault_at("cycles", text);
        }
        let provenance = Provenance::read(entry)?;
        Some(EntryRule {
            id: id?,
            cycles,
            asked: asked?,
            from: from?,
            until,
            source: provenance.source,
            assumed: provenance.assumed,
        })
    })
}
