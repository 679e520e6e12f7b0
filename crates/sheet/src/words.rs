//! Words of code lists.

use crate::field::shown;
use crate::place::{Cause, Code};
use crate::plain;

/// Labels that a message names; of longer lists the first ones.
const NAMED: usize = 20;

/// A word of a code list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word<'a, T> {
    /// What it stands for.
    pub value: T,
    /// The word itself, as templates offer it and messages name it.
    pub label: &'a str,
    /// Codes and other words that mean the same.
    pub also: &'a [&'a str],
}

/// Yes and no, as people write them in sheets.
pub const YES_NO: &[Word<'static, bool>] = &[
    Word {
        value: true,
        label: "是",
        also: &["1", "√", "✓", "✔", "☑", "有", "y", "yes", "true", "t"],
    },
    Word {
        value: false,
        label: "否",
        also: &["0", "×", "✗", "✘", "☒", "无", "n", "no", "false", "f"],
    },
];

/// The value of a word; letters and digits count, in any width and case.
///
/// # Errors
///
/// [`Code::NotChoice`] for what is not on the list.
pub fn choose<T: Copy>(text: &str, words: &[Word<'_, T>]) -> Result<T, Cause> {
    let typed = key(text);
    let found = words.iter().find(|word| {
        let label = key(word.label);
        let mut also = word.also.iter().map(|also| key(also));
        typed == label
            || also.any(|also| {
                typed == also
                    || typed == format!("{also}{label}")
                    || typed == format!("{label}{also}")
            })
    });
    found.map(|word| word.value).ok_or_else(|| {
        let labels: Vec<&str> = words.iter().take(NAMED).map(|word| word.label).collect();
        let more = if words.len() > NAMED { "等" } else { "" };
        Cause::new(
            Code::NotChoice,
            format!(
                "“{}”不在可选内容中；应为：{}{more}",
                shown(text),
                labels.join("、")
            ),
        )
    })
}

/// A word as it is compared. A mark such as √ is all punctuation and stays what it is.
fn key(text: &str) -> String {
    let letters: String = plain::half_width(text)
        .chars()
        .filter(|char| char.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    if letters.is_empty() {
        text.trim().to_owned()
    } else {
        letters
    }
}
