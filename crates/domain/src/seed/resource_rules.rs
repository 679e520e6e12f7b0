//! What reviewers refuse in a catalogue entry.

use super::codes::{Codes, ListId};
use super::entry::Entry;
use super::fault::Spot;
use super::items::ItemSeed;
use crate::resource::{ShareMode, ShareType, mode_fits};

/// What an unconditionally shared entry writes as its condition (guide 1272, 共享条件).
const NO_CONDITION: &str = "无条件";

/// Names of at most 50 and summaries of at most 256 characters (a ministry's profile of the guide).
pub(super) fn check_lengths(
    entry: &Entry<'_>,
    name: Option<&Spot<String>>,
    summary: Option<&Spot<String>>,
) {
    for (key, text, most) in [("name", name, 50), ("summary", summary, 256)] {
        let length = text.map_or(0, |text| text.value.chars().count());
        if length > most {
            entry.fault_at(
                key,
                format!("`{key}` has {length} characters, at most {most} are allowed"),
            );
        }
    }
}

/// The share type with what it must cite: a condition, or the legal basis for not sharing.
pub(super) fn read_share_type(entry: &Entry<'_>, codes: &Codes) -> Option<ShareType> {
    let word = codes.member(ListId::ShareType, entry.text("share_type"));
    let condition = entry
        .optional_text("share_condition")
        .map(|condition| condition.value);
    let legal_basis = entry.optional_text("legal_basis").map(|basis| basis.value);
    match (word?.as_str(), condition, legal_basis) {
        ("unconditional", Some(condition), _) if condition == NO_CONDITION => {
            Some(ShareType::Unconditional)
        }
        ("unconditional", ..) => {
            let message =
                format!("an unconditional resource writes `share_condition = \"{NO_CONDITION}\"`");
            entry.fault_at("share_condition", message);
            None
        }
        ("conditional", Some(condition), _) if condition != NO_CONDITION => {
            Some(ShareType::Conditional { condition })
        }
        ("conditional", ..) => {
            entry.fault_at(
                "share_condition",
                "a conditional resource states scope and use in `share_condition`",
            );
            None
        }
        (_, _, Some(legal_basis)) => Some(ShareType::NotShared { legal_basis }),
        (_, _, None) => {
            let message =
                "a resource that is not shared cites the law in `legal_basis` (Order 809 art. 15)";
            entry.fault_at("share_type", message);
            None
        }
    }
}

/// The modes of sharing, which must fit the share type and the format.
pub(super) fn read_share_modes(
    entry: &Entry<'_>,
    codes: &Codes,
    share_type: Option<&ShareType>,
    format_class: Option<&str>,
) -> Vec<ShareMode> {
    let words = codes.members(ListId::ShareMode, entry.texts("share_modes"));
    let not_shared = matches!(share_type, Some(ShareType::NotShared { .. }));
    if !entry.has("share_modes") && !not_shared {
        entry.fault("`share_modes` is missing: a shared resource needs at least one mode");
    }
    let mut modes = Vec::new();
    for word in words {
        let Some(mode) = ShareMode::of_word(&word) else {
            entry.fault_at(
                "share_modes",
                format!("the gateway does not know the mode `{word}`"),
            );
            continue;
        };
        if let Some(class) = format_class.filter(|class| !fits(class, mode)) {
            let message = format!("a resource of format `{class}` cannot be shared as `{word}`");
            entry.fault_at("share_modes", message);
        }
        modes.push(mode);
    }
    modes
}

/// Whether data of the format class with this word can be shared by a mode.
fn fits(format_class: &str, mode: ShareMode) -> bool {
    const WORDS: [&str; 7] = [
        "document",
        "spreadsheet",
        "database",
        "image",
        "stream",
        "self_described",
        "service",
    ];
    let mut numbered = (1..).zip(WORDS);
    let class = numbered.find(|(_, word)| *word == format_class);
    class.is_none_or(|(class, _)| mode_fits(class, mode))
}

/// Whether the entry is open to the public; what is sensitive cannot be.
pub(super) fn read_open(entry: &Entry<'_>, items: &[ItemSeed]) -> (Option<bool>, Option<String>) {
    let open = entry.stated_flag("open");
    let condition = entry
        .optional_text("open_condition")
        .map(|condition| condition.value);
    if open == Some(false) && condition.is_some() {
        entry.fault_at(
            "open_condition",
            "`open_condition` is for open resources only",
        );
    }
    if open == Some(true) {
        for item in items.iter().filter(|item| item.item.sensitive) {
            let message = format!(
                "the open resource contains the sensitive item `{}`",
                item.item.key
            );
            entry.fault_at("open", message);
        }
    }
    (open, condition)
}
