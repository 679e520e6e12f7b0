//! Fields of an entry that could not be read. The others are judged all the same, so that every fault is told at once.

use std::collections::BTreeSet;

use crate::fault::{Faults, FieldFault};

/// The fields of an entry that have a stand-in, because what was said in them could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unread(BTreeSet<String>);

impl Unread {
    /// The fields that these faults of form are about; `place` is where the entry stands in its request.
    pub fn of(place: &str, faults: &[FieldFault]) -> Self {
        let field = |fault: &FieldFault| {
            let own = fault.field.strip_prefix(place)?.strip_prefix('.')?;
            Some(first(own).to_owned())
        };
        Self(faults.iter().filter_map(field).collect())
    }

    /// Whether a field could not be read.
    pub fn has(&self, field: &str) -> bool {
        self.0.contains(field)
    }

    /// Whether everything could be read.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those faults of an entry with stand-ins that would be found whatever was meant in the fields that could not be
    /// read.
    pub fn judged(&self, found: &Faults) -> Faults {
        let mut judged = Faults::default();
        for fault in found.as_slice() {
            let field = first(fault.field.strip_prefix("resource.").unwrap_or_default());
            let stands = !self.0.contains(field)
                && rests_on(field).iter().all(|other| !self.0.contains(*other));
            if stands {
                judged.add_by(
                    &fault.field,
                    &fault.code,
                    fault.message.as_str(),
                    &fault.source,
                );
            }
        }
        judged
    }
}

/// The field of an entry that a path begins with.
fn first(path: &str) -> &str {
    path.split(['.', '[']).next().unwrap_or_default()
}

/// The other fields that decide whether one is at fault, of all rules together.
fn rests_on(field: &str) -> &'static [&'static str] {
    match field {
        "name" | "etag" => &["name", "system", "title"],
        "title" => &["system"],
        "share_modes" => &["share_type", "format_class", "api"],
        "share_scope" | "share_purpose" | "refusal_reason" | "open" | "auto_approve" => {
            &["share_type"]
        }
        "impact_assessment" => &["items"],
        "basis" | "cache_seconds" => &["certificate_type"],
        "api" => &["items", "system"],
        "related_resources" => &["name"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(fields: &[&str]) -> Faults {
        let mut faults = Faults::default();
        for field in fields {
            faults.add_by(field, "CODE", "text", "a law");
        }
        faults
    }

    #[test]
    fn what_rests_on_an_unread_field_is_not_judged() {
        let form = faults(&[
            "resources[3].share_type",
            "resources[3].items[2].data_type",
            "resources[30].title",
            "request_id",
        ]);
        let unread = Unread::of("resources[3]", form.as_slice());
        let found = faults(&[
            "resource.title",
            "resource.items[0].sensitive",
            "resource.share_scope",
            "resource.impact_assessment",
            "resource.share_modes[1]",
            "resource.data_class",
        ]);
        let judged = unread.judged(&found);
        let kept: Vec<&str> = judged
            .as_slice()
            .iter()
            .map(|fault| {
                assert_eq!(fault.source, "a law");
                fault.field.as_str()
            })
            .collect();
        assert_eq!(kept, ["resource.title", "resource.data_class"]);
        assert_eq!(Unread::default().judged(&found), found);
    }
}
